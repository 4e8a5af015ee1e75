"""Confidence of proposals, from how often they were right on labelled policies. Pure functions over judgements.

What was right on policies the rules were written on flatters; so it counts less, by the ratio of the agreement on the
held-out policies to theirs, a held-out policy counts as much as several of them, and rare proposals lean towards the
precision of their verdict on the held-out ones. The weights were chosen by cross-validation over held-out policies.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from .accuracy import VERDICTS, Judgement, calibration, is_held_out

HELD_WEIGHT = 6
LEAN = 6  # so many imagined findings at the verdict's general precision stand beside the real ones
HIGHEST = 0.98


def confidences(judgements: list[Judgement]) -> dict[str, dict[str, float]]:
    """Requirement → verdict proposed → share expected to be right, rounded to two places."""
    held = [row for row in judgements if is_held_out(row.policy)]
    written_on = [row for row in judgements if not is_held_out(row.policy)]
    ratio = min(1.0, _right(held) / _right(written_on)) if held and written_on else 1.0
    general = {verdict: _right([row for row in held if row.proposed == verdict] or held) for verdict in VERDICTS}
    by_proposal: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for row in judgements:
        by_proposal[row.code, row.proposed].append(row)
    found: dict[str, dict[str, float]] = {}
    for code in sorted({row.code for row in judgements}):
        found[code] = {}
        for verdict in VERDICTS[:4]:
            rows = by_proposal[code, verdict]
            weights = [(HELD_WEIGHT, HELD_WEIGHT) if is_held_out(row.policy) else (1, ratio) for row in rows]
            right = sum(worth for row, (_, worth) in zip(rows, weights, strict=True) if row.gold == row.proposed)
            share = (right + LEAN * general[verdict]) / (sum(weight for weight, _ in weights) + LEAN)
            found[code][verdict] = round(min(HIGHEST, share), 2)
    return found


def cross_validated(judgements: list[Judgement], folds: int = 7) -> list[dict]:
    """The calibration table of held-out policies, each judged by confidences that were fitted without it."""
    held = sorted({row.policy for row in judgements if is_held_out(row.policy)})
    judged = []
    for fold in range(min(folds, len(held))):
        left_out = set(held[fold::folds])
        stated = confidences([row for row in judgements if row.policy not in left_out])
        judged += [
            replace(row, confidence=stated[row.code][row.proposed])
            for row in judgements
            if row.policy in left_out and row.proposed in VERDICTS[:4]
        ]
    return calibration(judged)


def _right(rows: list[Judgement]) -> float:
    return sum(row.gold == row.proposed for row in rows) / len(rows) if rows else 0.0


def write_confidences(directory: Path, found: dict[str, dict[str, float]]) -> int:
    """Put the figures into the requirement files of a checklist directory, leaving all else as it is.

    Returns how many files changed.
    """
    changed = 0
    for code, shares in found.items():
        path = directory / f"{code}.yaml"
        text = path.read_text("utf-8")
        line = "confidence: {" + ", ".join(f"{verdict}: {share}" for verdict, share in shares.items()) + "}\n"
        if re.search(r"^confidence: .*\n", text, re.M):
            new = re.sub(r"^confidence: .*\n", line, text, count=1, flags=re.M)
        else:
            new = re.sub(r"^decide:", line + "decide:", text, count=1, flags=re.M)
        if new != text:
            path.write_text(new, "utf-8")
            changed += 1
    return changed
