"""Evidence and facts → one finding per requirement: proposed verdict, why, and where we looked.

Every verdict is argued from what was found: the trigger, the elements, the signals (wording that decides or sharpens),
in the order of the requirement's own ``verdict`` lines; what those leave open follows the convention of the checklist
(all required elements: compliant; at least half: partial; fewer: non-compliant). A requirement without rules is
``undetermined``: never a guess.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import NamedTuple

import numpy as np
import orjson

from .checklist import Checklist, Detector, Requirement
from .conditions import Found
from .entities import (
    Analysis,
    Document,
    Evidence,
    Finding,
    Kind,
    Layout,
    NearMiss,
    Scale,
    Searched,
    Severity,
    Verdict,
)
from .facts import Facts, extract_facts
from .matching import LONG_QUOTE, Reading, Text, members
from .nearmisses import Nearness, failure
from .normal import NormalText
from .outline import build_outline

ENGINE_VERSION = "0.1.0"
SCHEMA = 1
QUOTES = 3  # pieces of evidence for one element; the first ones that speak clearest
NEAREST = 3
LEAST_CHINESE = 0.2  # share of the letters; real Chinese policies have three quarters and more
_CHINESE = 0x4E00, 0x9FFF  # the code points of usual characters
UNREADABLE = 0.1  # share of the text; above it, "not found" may mean "could not look"
GUESSED = 30  # per cent of confidence, below which a word of text recognition says nothing
_NO_PAGES = Layout()
UNMEASURED = {  # absence is surer than degree
    Verdict.COMPLIANT: 0.7,
    Verdict.PARTIAL: 0.6,
    Verdict.NON_COMPLIANT: 0.7,
    Verdict.NOT_APPLICABLE: 0.8,
}


_made = tuple.__new__  # makes a named tuple of its values; by its name it takes twice as long, which hundreds show


class _Result(NamedTuple):
    """What one detector found: sentences (as bits, together and by rule number), or places of a fact; and how many."""

    sentences: int
    by_rule: Sequence[tuple[int, int]]
    fact_places: tuple[tuple[int, int], ...]
    count: int


def analyse(document: Document, checklist: Checklist, *, as_of: date, scale: Scale = Scale.STANDARD) -> Analysis:
    """Hold one document against a checklist.

    Returns a finding for each requirement, in the checklist's order; all offsets are into ``document.text``.
    The result depends on nothing but the arguments; ``as_of`` is the day whose law applies.
    """
    outline = build_outline(document.text)
    text = Text(document.text, outline)
    facts = extract_facts(document.text, outline, NormalText(text.normal, text.origin), text.bounds)
    findings = findings_of(document, checklist, text, facts, scale)
    analysis = Analysis(
        document,
        outline,
        findings,
        facts.values,
        ENGINE_VERSION,
        checklist.slug,
        checklist.version,
        checklist.digest,
    )
    return replace(analysis, digest=_digest(to_json(analysis)))


def findings_of(
    document: Document, checklist: Checklist, text: Text, facts: Facts, scale: Scale
) -> tuple[Finding, ...]:
    """The findings of ``analyse`` on a text that was made ready before: for two checklists, one reading of the text."""
    if not _is_chinese(text.normal):
        return tuple(map(_not_chinese, checklist.requirements))
    reading = checklist.matcher.read(text, facts.metrics)
    unread = unreadable_share(document)
    nearness = Nearness(checklist.needs, reading)
    awake = {checklist.detector_of.get(rule) for rule in reading.holding}
    decisions = [
        _Decision(requirement, reading, nearness, facts, scale, awake) for requirement in checklist.requirements
    ]
    reading.locate({number for decision in decisions for number in decision.quoted_rules(text.long)})
    return tuple(_as_sure_as_read(_could_look(decision.finding(), unread), document) for decision in decisions)


def _as_sure_as_read(finding: Finding, document: Document) -> Finding:
    """Less sure by the share of doubtful characters in the evidence, or in the whole text where there is none."""
    doubtful = document.layout.doubtful
    if not doubtful:
        return finding
    pieces = [(piece.start, piece.end) for piece in finding.evidence] or [(0, len(document.text))]
    length = sum(end - start for start, end in pieces)
    doubt = sum(
        max(0, min(end, stop) - max(start, begin)) * (100 - sure) / 100
        for start, end in pieces
        for begin, stop, sure in _overlapping(doubtful, start, end)
    )
    return finding._replace(confidence=round(finding.confidence * (1 - doubt / max(1, length)), 3))


def unreadable_share(document: Document) -> float:
    """How large a part of the document could not be read: pages left out, characters damaged or without a name, words
    that text recognition only guessed. What was not found may stand there."""
    counts, layout = document.counts, document.layout
    pages = counts.get("pages_not_read", 0) / max(1, len(layout.pages)) if layout.pages else 0.0
    guessed = sum(end - start for start, end, sure in layout.doubtful if sure < GUESSED)
    damaged = document.text.count("\ufffd") + counts.get("garbled_characters", 0) + guessed
    return min(1.0, pages + damaged / max(1, len(document.text)))


def _could_look(finding: Finding, unread: float) -> Finding:
    """What rests on something not being there is undetermined when too much of the text could not be looked at.

    Verdicts that say "it is there" stand: a compliant disclosure, a prohibited wording that was found.
    """
    if unread <= UNREADABLE or finding.verdict is Verdict.UNDETERMINED or not _rests_on_absence(finding):
        return finding
    why, why_en = (_WORDS[language]["unreadable"].format(percent=round(unread * 100)) for language in ("zh", "en"))
    return finding._replace(
        verdict=Verdict.UNDETERMINED,
        confidence=0.0,
        rationale=why + finding.rationale,
        rationale_en=f"{why_en} {finding.rationale_en}",
        elements=tuple(element for element in finding.elements if element.met),
        searched=None,
    )


def _rests_on_absence(finding: Finding) -> bool:
    if finding.verdict is Verdict.COMPLIANT:
        return not finding.evidence
    return finding.verdict is Verdict.NOT_APPLICABLE or any(not element.met for element in finding.elements)


def _overlapping(spans: tuple[tuple[int, int, int], ...], start: int, end: int) -> tuple[tuple[int, int, int], ...]:
    first = bisect_right(spans, start, key=lambda span: span[1])
    return spans[first : bisect_left(spans, end, key=lambda span: span[0])]


def _is_chinese(text: str) -> bool:
    """Whether the rules, which are Chinese, can say anything about a text: else "not found" would mean nothing."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    chinese = np.count_nonzero((codes >= _CHINESE[0]) & (codes <= _CHINESE[1]))
    enough = chinese >= LEAST_CHINESE * len(text)  # then there is no need to tell letters from signs
    return enough or chinese >= LEAST_CHINESE * sum(map(str.isalnum, text))


def _not_chinese(requirement: Requirement) -> Finding:
    why, why_en = (_WORDS[language]["not_chinese"] for language in ("zh", "en"))
    return Finding(requirement.code, Verdict.UNDETERMINED, requirement.severity, 0.0, why, why_en)


class _Decision:
    """One requirement on one text; ``awake`` are the detectors of which a rule holds somewhere, by identity."""

    def __init__(
        self,
        requirement: Requirement,
        reading: Reading,
        nearness: Nearness,
        facts: Facts,
        scale: Scale,
        awake: set[int | None],
    ):
        self.requirement, self.reading, self.nearness, self.facts = requirement, reading, nearness, facts
        self.scale = requirement.scales.get(scale)
        self.required = requirement.required
        if self.scale and self.scale.optional:
            self.required = tuple(e for e in self.required if e.id not in self.scale.optional)
        self.found: dict[str, _Result] = {}  # by id, of the trigger, elements and signals that something was found for
        self.is_met = dict(requirement.when_nothing_is_found)
        self.quotable: list[tuple[str, _Result]] = []
        if requirement.trigger:
            self.look(requirement.trigger)
            if not self.met(requirement.trigger):
                return  # what does not apply is not looked for
        for detector in requirement.looked_at:
            if detector.fact is not None or id(detector) in awake:
                self.look(detector)
        self.quotable = self.worth_quoting()

    def look(self, detector: Detector):
        holding, readable = self.reading.holding, self.reading.readable[detector.headings]
        by_rule: list[tuple[int, int]] = []
        together = 0
        for number in detector.numbers:  # without a call for each: a policy makes hundreds of rules true
            if number in holding and (sentences := holding[number] & readable):
                by_rule.append((number, sentences))
                together |= sentences
        if len(by_rule) < detector.at_least:
            together = 0
        if together:
            for number in detector.excluded:
                if number in holding:
                    together &= ~holding[number]
        holds = detector.fact is not None and detector.fact(_made(Found, ({}, {}, (), self.facts.metrics)))
        if by_rule or holds:
            places = self.facts.places.get(detector.places, ()) if holds else ()
            count = max(together.bit_count(), len(places), int(holds))
            self.found[detector.id] = _made(_Result, (together, by_rule, places, count))
            self.is_met[detector.id] = (count > 0) is not detector.absent

    def met(self, detector: Detector) -> bool:
        return self.is_met[detector.id]

    def verdict(self) -> Verdict:
        requirement = self.requirement
        if not requirement.has_rules:
            return Verdict.UNDETERMINED
        if requirement.trigger and not self.met(requirement.trigger):
            return Verdict.NOT_APPLICABLE
        required = self.required
        if requirement.verdicts:
            hits = {name: result.count for name, result in self.found.items()}
            found = Found(self.is_met, hits, [element.id for element in required], self.facts.metrics)
            for line in requirement.verdicts:
                if line.condition(found):
                    return line.verdict
        if requirement.kind is Kind.PROHIBITION:
            return Verdict.NON_COMPLIANT if any(map(self.met, requirement.signals)) else Verdict.COMPLIANT
        met = sum(map(self.met, required))
        if met == len(required):
            return Verdict.COMPLIANT
        return Verdict.PARTIAL if met * 2 >= len(required) else Verdict.NON_COMPLIANT

    def finding(self) -> Finding:
        requirement, verdict = self.requirement, self.verdict()
        severity = self.scale.severity if self.scale and self.scale.severity else requirement.severity
        elements = ()
        if verdict is not Verdict.UNDETERMINED:  # what was not looked for is not missing
            elements = tuple([element.answers[self.is_met[element.id]] for element in requirement.elements])
        evidence = () if verdict in (Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE) else self.evidence()
        said = self.argument(verdict)
        return Finding(
            requirement.code,
            verdict,
            severity,
            self.confidence(verdict),
            self.rationale(said, "zh"),
            self.rationale(said, "en"),
            elements,
            evidence,
            self.searched(verdict),
        )

    # Evidence

    def evidence(self) -> tuple[Evidence, ...]:
        text, label = self.reading.text.original, self.reading.text.clause_label
        return tuple(
            [
                _made(Evidence, (start, end, text[start:end], label(start), name))
                for name, result in self.quotable
                for start, end in dict.fromkeys(self.spans(result))
            ]
        )

    def worth_quoting(self) -> list[tuple[str, _Result]]:
        """What was found of elements and signals; where that is nothing, of the trigger."""
        trigger = self.requirement.trigger and self.requirement.trigger.id
        found = [pair for pair in self.found.items() if pair[0] != trigger]
        if trigger in self.found and not any(result.count for _, result in found):
            return [(trigger, self.found[trigger])]
        return found

    def quoted_rules(self, long: int) -> Iterator[int]:
        """Rules whose places evidence will ask for: to choose among many sentences, and to cut ``long`` ones."""
        for _, result in self.quotable:
            if result.sentences.bit_count() > QUOTES or result.sentences & long:
                yield from (number for number, _ in result.by_rule)

    def spans(self, result: _Result) -> list[tuple[int, int]]:
        if result.sentences.bit_count() > QUOTES:
            # Sentences that more of a detector's wording fits come first; among equals, the order of the text.
            weights = self.reading.weigh(result.by_rule)
            ranked = sorted((-weight, index) for index, weight in weights.items() if result.sentences >> index & 1)
            chosen = sorted(index for _, index in ranked[:QUOTES])
        else:
            chosen = list(members(result.sentences))
        if result.sentences & self.reading.text.long:
            spans = [self.piece(index, result) for index in chosen]
        else:
            whole = self.reading.text.spans
            spans = [whole[index] for index in chosen]
        return spans + list(result.fact_places[: QUOTES - len(spans)])

    def matched(self, result: _Result, index: int) -> list[tuple[int, int]]:
        """The places in a sentence, in comparable text, that the detector's rules matched."""
        return [
            span
            for number, sentences in result.by_rule
            if sentences >> index & 1
            for span in self.reading.places(number, index)
        ]

    def piece(self, index: int, result: _Result) -> tuple[int, int]:
        """The sentence, or of a long one the stretch between commas that holds what matched."""
        text = self.reading.text
        sentence = text.outline.sentences[index]
        if sentence.end - sentence.start <= LONG_QUOTE:
            return sentence.start, sentence.end
        places = self.matched(result, index)
        start, end = text.to_original(min(p[0] for p in places), max(p[1] for p in places))
        if end - start > LONG_QUOTE:
            start, end = text.to_original(*places[0])
        raw = text.original
        first = max(raw.rfind(sign, sentence.start, start) for sign in "，,：:、")
        first = first + 1 if first >= 0 else sentence.start
        stops = [at for sign in "，,：:" if (at := raw.find(sign, end, sentence.end)) >= 0]
        last = min(stops, default=sentence.end)
        while first < last and raw[first].isspace():
            first += 1
        return first, last

    # Evidence of absence

    def searched(self, verdict: Verdict) -> Searched | None:
        if verdict is Verdict.UNDETERMINED:
            return None
        if verdict is Verdict.NOT_APPLICABLE:
            missing = [self.requirement.trigger] if self.requirement.trigger else []
        else:
            is_met, elements = self.is_met, self.requirement.elements
            missing = [e for e in elements if not is_met[e.id] and not e.absent and e.required]
            if self.requirement.kind is Kind.PROHIBITION and verdict is Verdict.COMPLIANT:
                missing = list(self.requirement.signals)
        if not missing:
            return None
        text = self.reading.text
        return Searched(
            len(text.original),
            len(text.body),
            text.chapters,
            self.requirement.looked_for(tuple([detector.id for detector in missing])),
            self.nearest([detector for detector in missing if detector.required]),
        )

    def nearest(self, missing: list[Detector]) -> tuple[NearMiss, ...]:
        numbers = list(chain.from_iterable([detector.numbers for detector in missing]))
        found: dict[int, NearMiss] = {}
        text, holds = self.reading.text, self.reading.rule
        sentences = text.outline.sentences
        for index, at in self.nearness.nearest(numbers, NEAREST):
            if index in found or holds(numbers[at]) >> index & 1:
                continue
            sentence, rule = sentences[index], self.reading.matcher.rules[numbers[at]]
            for detector in reversed(missing):  # two may share a rule
                if id(rule) in detector.nodes:
                    break
            quote, label = text.original[sentence.start : sentence.end], text.clause_label(sentence.start)
            why = failure(self.reading, rule, index)
            found[index] = NearMiss(sentence.start, sentence.end, quote, label, detector.id, why)
            if len(found) == NEAREST:
                break
        return tuple(found.values())

    # Words

    def confidence(self, verdict: Verdict) -> float:
        """How often this proposal was right on labelled policies; a cautious guess where that was never measured."""
        if verdict is Verdict.UNDETERMINED:
            return 0.0
        return self.requirement.confidence.get(verdict, UNMEASURED[verdict])

    def argument(self, verdict: Verdict) -> list[tuple[str, list[Detector]]]:
        """What speaks for a verdict: keys of ``_WORDS``, each with the detectors it is said of."""
        requirement, is_met = self.requirement, self.is_met
        if verdict is Verdict.UNDETERMINED:
            return [("undetermined", [])]
        if verdict is Verdict.NOT_APPLICABLE and not (requirement.trigger and self.met(requirement.trigger)):
            return [("not_triggered", [])]
        said = [
            ("met", [element for element in requirement.elements if is_met[element.id]]),
            ("missing", [element for element in self.required if not is_met[element.id]]),
            ("seen", [signal for signal in requirement.signals if is_met[signal.id]]),
        ]
        return [pair for pair in said if pair[1]] or [("clean", [])]

    def rationale(self, said: list[tuple[str, list[Detector]]], language: str) -> str:
        words = _WORDS[language]
        key, detectors = said[0]
        if not detectors:
            return words[key].format(sentences=len(self.reading.text.body))
        listed = [(key, words["and"].join([d.named[language] for d in detectors])) for key, detectors in said]
        return words["stop"].join([words[key] + names for key, names in listed]) + words["end"]


_WORDS = {
    "zh": {
        "undetermined": "本项尚无检索规则，系统不作判定，请人工审阅。",
        "not_chinese": "文本大部分不是中文，核查表的规则无从检索，系统不作判定，请人工审阅。",
        "unreadable": "约{percent}%的内容未能读取，未见者或在其中，系统不作判定，请对照原件审阅。能读部分的结果：",
        "not_triggered": "通读全文{sentences}句，未见触发本项的内容。",
        "met": "已写明：",
        "missing": "未见：",
        "seen": "发现：",
        "clean": "通读全文{sentences}句，未发现此类表述。",
        "and": "；",
        "stop": "。",
        "end": "。",
    },
    "en": {
        "undetermined": "This requirement has no rules yet; the system gives no verdict. Please read it yourself.",
        "not_chinese": "Most of the text is not Chinese, so the rules cannot look; the system gives no verdict.",
        "unreadable": (
            "About {percent} % could not be read, and what was not found may stand there; the system gives no verdict. "
            "Please read the original. In what could be read:"
        ),
        "not_triggered": "All {sentences} sentences were read; nothing triggers this requirement.",
        "met": "Stated: ",
        "missing": "Not found: ",
        "seen": "Found: ",
        "clean": "All {sentences} sentences were read; no such wording was found.",
        "and": "; ",
        "stop": ". ",
        "end": ".",
    },
}


def to_json(analysis: Analysis) -> dict:
    """The result as the documented schema (docs/json-schema.md): plain values, in a fixed order."""
    document = analysis.document
    return {
        "schema": SCHEMA,
        "policy": {
            "name": document.name,
            "sha256": document.sha256,
            "characters": len(document.text),
            "facts": analysis.facts,
        },
        "checklist": {
            "slug": analysis.checklist_slug,
            "version": analysis.checklist_version,
            "digest": analysis.checklist_digest,
        },
        "engine": analysis.engine,
        "findings": [_finding_json(finding, document.layout) for finding in analysis.findings],
        "digest": analysis.digest,
    }


def _finding_json(finding: Finding, layout: Layout) -> dict:
    return {
        "code": finding.code,
        "verdict": finding.verdict.value,
        "severity": finding.severity.value,
        "confidence": finding.confidence,
        "rationale": finding.rationale,
        "elements": [{"id": name, "met": met} for name, met in finding.elements],
        "evidence": _with_pages(
            [
                {"start": start, "end": end, "quote": quote, "clause": clause, "element": element}
                for start, end, quote, clause, element in finding.evidence
            ],
            layout,
        ),
        "searched": searched_json(finding.searched, layout),
    }


def _with_pages(pieces: list[dict], layout: Layout) -> list[dict]:
    for piece in pieces if layout.pages else ():
        piece["page"] = layout.page_at(piece["start"])
    return pieces


def searched_json(searched: Searched | None, layout: Layout = _NO_PAGES) -> dict:
    """Evidence of absence as plain values; empty when nothing is missing."""
    if searched is None:
        return {}
    return {
        "characters": searched.characters,
        "sentences": searched.sentences,
        "sections": list(searched.sections),
        "terms": list(searched.terms),
        "nearest": _with_pages(
            [
                {"start": start, "end": end, "quote": quote, "clause": clause, "element": element, "why": why}
                for start, end, quote, clause, element, why in searched.nearest
            ],
            layout,
        ),
    }


def _digest(result: dict) -> str:
    """SHA-256 of the result in canonical JSON: keys sorted, no spaces, UTF-8."""
    content = {**result, "policy": {**result["policy"], "name": ""}}
    content.pop("digest")
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


__all__ = ["ENGINE_VERSION", "Severity", "analyse", "searched_json", "to_json"]
