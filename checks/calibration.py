"""Confidence of proposals, from how often they were right on labelled policies. Pure functions over judgements.

What was right on policies the rules were written on flatters; so those count less, by the ratio of the agreement on
the held-out policies to theirs, and rare proposals lean towards the precision of their verdict on the held-out ones.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from .accuracy import VERDICTS, Judgement, is_held_out

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
            right = sum((row.gold == row.proposed) * (1 if is_held_out(row.policy) else ratio) for row in rows)
            share = (right + LEAN * general[verdict]) / (len(rows) + LEAN)
            found[code][verdict] = round(min(HIGHEST, share), 2)
    return found


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
