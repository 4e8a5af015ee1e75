"""The proof each rule brings along: example texts that must match and near misses that must not.

An example is a sentence, or a few lines when a rule asks about headings or neighbours. An element's ``match``
examples must each be found by it, its ``no_match`` examples by none of its rules, and every rule must find at least
one ``match`` example by itself: a rule that nothing shows to be needed is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .checklist import Checklist, Detector, Requirement
from .conditions import Found
from .facts import extract_facts
from .matching import Reading, Text
from .outline import build_outline


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    code: str
    detector: str
    problem: str  # not_found, false_alarm, idle_rule, no_examples
    text: str  # the example, or the rule that no example needs

    def __str__(self):
        return f"{self.code} {self.detector}: {self.problem}: {self.text}"


def check_examples(checklist: Checklist, code: str | None = None) -> list[ExampleFailure]:
    """All examples that fail and rules without one, of the whole checklist or of one requirement."""
    return [
        failure
        for requirement in checklist.requirements
        if code in (None, requirement.code)
        for detector in requirement.detectors
        for failure in _check(checklist, requirement, detector)
    ]


def _check(checklist: Checklist, requirement: Requirement, detector: Detector) -> Iterator[ExampleFailure]:
    idle = {rule.number: rule.text for rule in detector.rules}
    for example in detector.match:
        reading, text = _read(checklist, example)
        firing = _firing(reading, detector)
        for number in firing:
            idle.pop(number, None)
        if not firing and not _fact_holds(detector, text):
            yield ExampleFailure(requirement.code, detector.id, "not_found", example)
    for example in detector.no_match:
        reading, text = _read(checklist, example)
        if len(_firing(reading, detector)) >= detector.at_least or _fact_holds(detector, text):
            yield ExampleFailure(requirement.code, detector.id, "false_alarm", example)
    if detector.rules and not (detector.match and detector.no_match):
        yield ExampleFailure(requirement.code, detector.id, "no_examples", detector.title_zh)
    for rule in idle.values():
        yield ExampleFailure(requirement.code, detector.id, "idle_rule", rule)


def _read(checklist: Checklist, example: str) -> tuple[Reading, Text]:
    text = Text(example, build_outline(example))
    return checklist.matcher.read(text, extract_facts(example, text.outline).metrics), text


def _firing(reading: Reading, detector: Detector) -> set[int]:
    """Numbers of the rules that find a sentence no ``unless`` rule takes away."""
    excluded = 0
    for rule in detector.unless:
        excluded |= reading.rule(rule.number, headings=detector.headings)
    return {rule.number for rule in detector.rules if reading.rule(rule.number, headings=detector.headings) & ~excluded}


def _fact_holds(detector: Detector, text: Text) -> bool:
    if detector.fact is None:
        return False
    return detector.fact(Found({}, {}, (), extract_facts(text.original, text.outline).metrics))
