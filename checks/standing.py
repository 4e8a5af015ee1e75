"""The evidence that counts now: what the engine found, and what people added to it and took from it.

Pure: rows in, values out. Whoever shows, signs or exports evidence asks here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Piece:
    """One place that counts for one part of a finding; ``added_by`` is the person, None for what the engine found."""

    start: int
    end: int
    quote: str
    clause: str
    element: str
    added_by: Any = None

    @property
    def key(self):
        return self.start, self.end, self.element


def standing(found: Iterable, changes: Iterable) -> list[Piece]:
    """Evidence rows of one finding in their order and its EvidenceChange rows in theirs → the pieces that count now.

    The engine's come first, then what was added. A piece that was removed and restored is whose it was before.
    """
    pieces = {piece.key: piece for piece in map(_piece, found)}
    ever = dict(pieces)
    for change in changes:
        key = (change.start, change.end, change.element)
        if change.kind == "removed":
            pieces.pop(key, None)
        elif change.kind == "restored" and key in ever:
            pieces[key] = ever[key]
        else:
            pieces[key] = ever[key] = _piece(change, change.changed_by)
    return list(pieces.values())


def standing_evidence(finding) -> list[Piece]:
    """The pieces of a finding whose ``evidence`` and ``evidence_changes`` (with their persons) were fetched before."""
    return standing(finding.evidence.all(), finding.evidence_changes.all())


def element_is_met(result: dict, found: Iterable, pieces: Iterable[Piece], *, absent: bool = False) -> bool:
    """Whether a part of the finding is met by the evidence that counts now.

    ``result`` is the engine's ``{"id", "met"}``. It turns when a person added a place for the part, or took away every
    place the engine had found for it. With ``absent`` it is met when nothing is found, and places speak against it.
    """
    if any(piece.element == result["id"] for piece in pieces):
        return not absent
    if any(piece.element == result["id"] for piece in found):
        return absent
    return result["met"]


def revision_of(changes: Iterable) -> int:
    """The number that tells two states of a finding's evidence apart: that of its latest change, 0 before any."""
    return max((change.pk for change in changes), default=0)


def clause_label(outline: dict, offset: int) -> str:
    """The label of the clause that holds this character, "" in front of the first."""
    clauses = outline.get("clauses", ())
    index = bisect_right([clause[0] for clause in clauses], offset) - 1
    return clauses[index][2] if index >= 0 else ""


def _piece(row, added_by=None):
    return Piece(row.start, row.end, row.quote, row.clause, row.element, added_by)
