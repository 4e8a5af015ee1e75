"""How often the engine agrees with people: verdicts held against hand-labelled policies. Pure functions, no database.

A labelled policy is ``NAME.txt`` beside ``NAME.gold.json``: ``{"verdicts": {CODE: {"verdict", "evidence": [exact
substrings]}}}``. Items labelled ``disputed`` do not count, nor do those the engine leaves undetermined in agreement.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import sqrt
from pathlib import Path

from .engine import analyse, read_document
from .engine.checklist import Checklist

VERDICTS = ("compliant", "partial", "non_compliant", "not_applicable", "undetermined")
DEFICIENT = {"partial", "non_compliant"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One requirement on one policy: what people said and what the engine said."""

    policy: str
    code: str
    gold: str
    proposed: str
    confidence: float
    overlaps: bool | None  # engine's evidence overlaps the labelled evidence; None where either has none
    rationale: str
    quotes: tuple[str, ...]
    gold_quotes: tuple[str, ...]
    why: str


def is_held_out(policy: str) -> bool:
    """A fixed sixth of the policies, chosen by hash, that rules are not written on."""
    return int(hashlib.sha256(policy.encode()).hexdigest(), 16) % 6 == 0


def policies(folder: Path, part: str = "all") -> list[Path]:
    """Texts with labels beside them. ``part``: all, open (rules may be written on them) or held (the others)."""
    texts = [path for path in sorted(folder.glob("*.txt")) if path.with_suffix(".gold.json").exists()]
    return [path for path in texts if part == "all" or is_held_out(path.stem) == (part == "held")]


def judge(path: Path, checklist: Checklist, *, as_of: date) -> list[Judgement]:
    """Every labelled, undisputed item of one policy with the engine's answer."""
    gold = json.loads(path.with_suffix(".gold.json").read_text("utf-8"))["verdicts"]
    document = read_document(path.read_bytes(), name=path.name)
    found = []
    for finding in analyse(document, checklist, as_of=as_of).findings:
        label = gold.get(finding.code)
        if label is None or label["verdict"] == "disputed":
            continue
        spans = [span for quote in label["evidence"] for span in places(document.text, quote)]
        overlaps = None
        if spans and finding.evidence:
            overlaps = any(e.start < end and start < e.end for e in finding.evidence for start, end in spans)
        found.append(
            Judgement(
                path.stem,
                finding.code,
                label["verdict"],
                finding.verdict.value,
                finding.confidence,
                overlaps,
                finding.rationale,
                tuple(e.quote for e in finding.evidence),
                tuple(label["evidence"]),
                label.get("why") or "",
            )
        )
    return found


def places(text: str, quote: str) -> list[tuple[int, int]]:
    """Where a quote stands in a text, white space aside."""
    kept = [i for i, char in enumerate(text) if not char.isspace()]
    squeezed, wanted = "".join(text[i] for i in kept), "".join(quote.split())
    found, at = [], squeezed.find(wanted) if wanted else -1
    while at >= 0:
        found.append((kept[at], kept[at + len(wanted) - 1] + 1))
        at = squeezed.find(wanted, at + 1)
    return found


def measure(judgements: Iterable[Judgement]) -> dict:
    """All figures of an evaluation as plain values."""
    rows = list(judgements)
    pairs = Counter((row.gold, row.proposed) for row in rows)
    deficient = _scores([(row.gold in DEFICIENT, row.proposed in DEFICIENT) for row in rows])
    verdicts = {v: _scores([(row.gold == v, row.proposed == v) for row in rows]) for v in VERDICTS[:4]}
    agreed = [row for row in rows if row.gold == row.proposed]
    shown = [row.overlaps for row in agreed if row.overlaps is not None]
    by_code: dict[str, list[Judgement]] = defaultdict(list)
    for row in rows:
        by_code[row.code].append(row)
    return {
        "policies": len({row.policy for row in rows}),
        "items": len(rows),
        "agreement": share(len(agreed), len(rows)),
        "kappa": kappa(pairs),
        "macro_f1": sum(score["f1"] for score in verdicts.values()) / 4,
        "verdicts": verdicts,
        "deficiency": deficient,
        "evidence_overlap": share(sum(shown), len(shown)),
        "requirements": sorted(
            (_requirement(code, rows) for code, rows in by_code.items()),
            key=lambda row: (row["agreement"]["share"], row["code"]),
        ),
        "calibration": calibration(rows),
    }


def _requirement(code: str, rows: list[Judgement]) -> dict:
    wrong = Counter(f"{row.gold} → {row.proposed}" for row in rows if row.gold != row.proposed)
    return {
        "code": code,
        "agreement": share(sum(row.gold == row.proposed for row in rows), len(rows)),
        "errors": dict(wrong.most_common(3)),
    }


def share(good: int, total: int) -> dict:
    """A proportion with its 95 % Wilson interval (Wilson 1927)."""
    if total == 0:
        return {"share": 0.0, "good": 0, "total": 0, "low": 0.0, "high": 1.0}
    z, p = 1.959964, good / total
    centre, spread = p + z * z / (2 * total), z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low, high = max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
    return {"share": p, "good": good, "total": total, "low": low, "high": high}


def kappa(pairs: Counter) -> float:
    """Cohen's kappa (Cohen 1960) of counted pairs (one rater's verdict, the other's)."""
    total = sum(pairs.values())
    if not total:
        return 0.0
    agreed = sum(count for (a, b), count in pairs.items() if a == b) / total
    first, second = Counter(), Counter()
    for (a, b), count in pairs.items():
        first[a] += count
        second[b] += count
    expected = sum(first[verdict] * second[verdict] for verdict in first) / total**2
    return 1.0 if expected == 1 else (agreed - expected) / (1 - expected)


def _scores(pairs: list[tuple[bool, bool]]) -> dict:
    true = sum(gold and said for gold, said in pairs)
    said, gold = sum(said for _, said in pairs), sum(gold for gold, _ in pairs)
    precision, recall = (true / said if said else 0.0), (true / gold if gold else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "gold": gold, "said": said}


def calibration(rows: list[Judgement]) -> list[dict]:
    """Findings by stated confidence in tenths, beside how often they were right."""
    bins: dict[int, list[Judgement]] = defaultdict(list)
    for row in rows:
        bins[min(9, int(row.confidence * 10))].append(row)
    return [
        {
            "stated": sum(row.confidence for row in group) / len(group),
            "right": share(sum(row.gold == row.proposed for row in group), len(group)),
        }
        for _, group in sorted(bins.items())
    ]
