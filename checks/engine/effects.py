"""What a new version of a checklist changes: which requirements, and the verdicts of those on a text."""

from __future__ import annotations

from dataclasses import dataclass

from .checklist import Checklist, Detector, Requirement, parse_checklist
from .entities import Document, Evidence, Finding, Scale
from .facts import extract_facts
from .findings import findings_of
from .matching import Text
from .normal import NormalText
from .outline import build_outline


@dataclass(frozen=True, slots=True)
class Difference:
    """Requirements by code. ``decides`` are those of ``added`` and ``changed`` whose verdict can come out otherwise."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    decides: tuple[str, ...]


def difference(before: Checklist | None, after: Checklist) -> Difference:
    """How ``after`` differs from ``before`` (None: from nothing). A changed term group changes who names it."""
    old = {requirement.code: requirement for requirement in before.requirements} if before else {}
    new = {requirement.code: requirement for requirement in after.requirements}
    added = tuple(code for code in new if code not in old)
    both = [code for code in new if code in old]
    decides = [code for code in both if _deciding(old[code]) != _deciding(new[code])]
    changed = tuple(code for code in both if code in decides or old[code].content != new[code].content)
    removed = tuple(code for code in old if code not in new)
    return Difference(added, removed, changed, (*added, *decides))


def _deciding(requirement: Requirement) -> tuple:
    """Everything a verdict depends on."""
    return (
        requirement.kind,
        bool(requirement.trigger),
        tuple(map(_looked_for, requirement.detectors)),
        tuple((line.verdict, line.text) for line in requirement.verdicts),
        [entry.get("fact") for entry in _entries(requirement.content)],
        {scale: change for scale, change in requirement.scales.items() if change.severity or change.optional},
    )


def _entries(content: dict) -> list[dict]:
    return [content.get("trigger") or {}, *content["elements"], *content.get("signals", ())]


def _looked_for(detector: Detector) -> tuple:
    return (
        detector.id,
        detector.required,
        tuple(rule.node for rule in detector.rules),
        tuple(rule.node for rule in detector.unless),
        detector.at_least,
        detector.absent,
        detector.headings,
        detector.places,
    )


def only(checklist: Checklist, codes) -> Checklist:
    """The checklist with these requirements alone, in its order."""
    wanted = set(codes)
    entries = [entry for entry in checklist.source["requirements"] if entry["code"] in wanted]
    return parse_checklist({**checklist.source, "requirements": entries})


@dataclass(frozen=True, slots=True)
class Turn:
    """A verdict that comes out otherwise; a side is None where the requirement does not exist.

    The pieces are the evidence that makes the difference: what only the one side cites; None where there is none.
    """

    code: str
    before: Finding | None
    after: Finding | None
    piece_before: Evidence | None
    piece_after: Evidence | None


def turns(document: Document, before: Checklist | None, after: Checklist, scale: Scale) -> list[Turn]:
    """The verdicts on one text that differ between two versions of a checklist, in the order of ``after``."""
    text = Text(document.text, build_outline(document.text))
    facts = extract_facts(document.text, text.outline, NormalText(text.normal, text.origin))
    old = {}
    if before:
        old = {finding.code: finding for finding in findings_of(document, before, text, facts, scale)}
    new = {finding.code: finding for finding in findings_of(document, after, text, facts, scale)}
    return [
        Turn(code, old.get(code), new.get(code), *_pieces(old.get(code), new.get(code)))
        for code in [*new, *(code for code in old if code not in new)]
        if (old[code].verdict if code in old else None) != (new[code].verdict if code in new else None)
    ]


def _pieces(before: Finding | None, after: Finding | None) -> tuple[Evidence | None, Evidence | None]:
    old, new = (finding.evidence if finding else () for finding in (before, after))
    return _telling(old, new), _telling(new, old)


def _telling(mine: tuple[Evidence, ...], theirs: tuple[Evidence, ...]) -> Evidence | None:
    there = {(piece.start, piece.end, piece.element) for piece in theirs}
    alone = [piece for piece in mine if (piece.start, piece.end, piece.element) not in there]
    return next(iter(alone), None)
