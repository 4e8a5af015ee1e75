"""One pass of all rules' terms over the text, then each rule on the few sentences that were hit.

All terms of a checklist stand in one Aho-Corasick automaton (Aho & Corasick 1975), so the text is read once however
many rules there are. A rule whose terms do not occur costs nothing; the others are evaluated a set of sentences at a
time, and what two rules share is worked out once per text.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ahocorasick_rs import AhoCorasick

from .entities import Outline, Role
from .normal import NormalText, normalise
from .rules import AllOf, AnyOf, Context, Flag, Followed, Node, Not, Polarity, Terms, all_terms, anchors, explain

# A negation counts for what follows it in the same comma-free stretch, this many characters away at most.
NEGATION_REACH = 14
NEGATION = re.compile(
    r"不(?!仅|断|限于|限定|同|时|定期|论|少于|超过|晚于|早于|可避免|可抗|可或缺|便|良|当|法|足|过|光|单|管|满|等|妨|利|影响|安全|实|完整|准确|一致)"
    r"|未(?!成年|来|满|必|成功|能)|无需|无须|毋须|没有|并无|从不|禁止|避免|勿|非经"
)
EXCEPTION = re.compile(
    r"除非|除外|除(?:了)?[^,.;:]{1,40}外|另有(?:规定|约定)|但(?:是)?(?:在)?(?:以下|下列)|仅在|只在|只有"
    r"|未(?:经|获|取得|征得|得到)[^,.;]{0,20}(?:同意|授权|许可)|如(?:未|无)[^,.;]{0,12}(?:同意|授权)|(?:事先|另行|再次)(?:征得|取得)"
)
DEFINITION = re.compile(r"是指|指的是|系指|所称|,指(?!示|引|定|导|纹)|简称为|定义")
STRETCH_END = re.compile(r"[,.;:!?]|但是?|而是|并且?会")

Spans = list[tuple[int, int]]
Hits = dict[int, Spans]  # sentence index → spans in comparable text


class Text:
    """A policy's text made ready for rules: comparable form, sentences in its offsets, sections and roles."""

    def __init__(self, text: str, outline: Outline):
        self.original = text
        self.outline = outline
        normal: NormalText = normalise(text)
        self.normal, self.origin = normal.text, normal.origin
        origin = np.asarray(self.origin, dtype=np.int64)
        starts = np.asarray([sentence.start for sentence in outline.sentences], dtype=np.int64)
        ends = np.asarray([sentence.end for sentence in outline.sentences], dtype=np.int64)
        self.starts = np.searchsorted(origin, starts)  # sentences in offsets of the comparable text
        self.ends = np.searchsorted(origin, ends)
        roles = [sentence.role for sentence in outline.sentences]
        self.body = frozenset(i for i, role in enumerate(roles) if role is Role.BODY)
        self.headings = frozenset(i for i, role in enumerate(roles) if role is Role.HEADING)
        self.contents = np.asarray([role is Role.CONTENTS for role in roles], dtype=bool)

    def sentence(self, index: int) -> str:
        """Comparable text of a sentence."""
        return self.normal[self.starts[index] : self.ends[index]]

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """A span of comparable text as a span of the original."""
        return self.origin[start], self.origin[end - 1] + 1

    @cached_property
    def section_sentences(self) -> dict[int | None, list[int]]:
        """Innermost section → its sentences."""
        found: dict[int | None, list[int]] = {}
        for sentence in self.outline.sentences:
            found.setdefault(self.outline.clauses[sentence.clause].section, []).append(sentence.index)
        return found

    @cached_property
    def heading_sentences(self) -> dict[int, int]:
        """Section → the sentence that is its heading."""
        by_start = {section.start: section.index for section in self.outline.sections}
        found = {}
        for index in self.headings:
            sentence = self.outline.sentences[index]
            clause = self.outline.clauses[sentence.clause]
            section = by_start.get(clause.start, clause.section)
            if section is not None:
                found.setdefault(section, index)
        return found


@dataclass(frozen=True)
class Matcher:
    """All rules of a checklist, compiled once: the automaton, and which rules each term can wake."""

    rules: tuple[Node, ...]
    terms: tuple[str, ...]
    automaton: AhoCorasick
    woken_by: tuple[tuple[int, ...], ...]  # term → rules that need it or one of its group
    term_ids: dict[str, int]

    @classmethod
    def compile(cls, rules: list[Node]) -> Matcher:
        terms = tuple(sorted(frozenset().union(*(all_terms(rule) for rule in rules))))
        ids = {term: i for i, term in enumerate(terms)}
        woken: list[list[int]] = [[] for _ in terms]
        for number, rule in enumerate(rules):
            for term in anchors(rule):
                woken[ids[term]].append(number)
        return cls(tuple(rules), terms, AhoCorasick(list(terms)), tuple(map(tuple, woken)), ids)

    def read(self, text: Text) -> Reading:
        """Read a text once. The result answers which sentences each rule is true of."""
        return Reading(self, text)


class Reading:
    """Where the terms stand in one text, and the rules' answers, each worked out when first asked for."""

    def __init__(self, matcher: Matcher, text: Text):
        self.matcher, self.text = matcher, text
        self._answers: dict[Node, Hits] = {}
        self._by_term: dict[int, Hits] = {}
        found = matcher.automaton.find_matches_as_indexes(text.normal, overlapping=True)
        hits = np.asarray(found, dtype=np.int64).reshape(-1, 3)
        sentence = np.searchsorted(text.starts, hits[:, 1], side="right") - 1
        inside = sentence >= 0
        if len(text.ends):
            inside &= hits[:, 2] <= text.ends[sentence]
            inside &= ~text.contents[sentence]
        hits, sentence = hits[inside], sentence[inside]
        order = np.lexsort((hits[:, 1], hits[:, 0]))
        self._hits, self._sentence = hits[order], sentence[order]
        self._bounds = np.searchsorted(self._hits[:, 0], np.arange(len(matcher.terms) + 1))
        present = np.flatnonzero(np.diff(self._bounds))
        self.woken = frozenset(rule for term in present for rule in matcher.woken_by[term])

    def rule(self, number: int) -> Hits:
        """Body sentences for which rule ``number`` holds, with the places that made it hold."""
        if number not in self.woken:
            return {}
        found = self.evaluate(self.matcher.rules[number])
        body = self.text.body
        return {index: spans for index, spans in found.items() if index in body}

    def evaluate(self, node: Node) -> Hits:
        """Sentences (headings too, contents never) for which the node holds."""
        answer = self._answers.get(node)
        if answer is None:
            answer = self._answers[node] = _EVALUATE[type(node)](self, node)
        return answer

    def _terms(self, node: Terms) -> Hits:
        found: Hits = {}
        several = 0
        for term in node.terms:
            hits = self._term(self.matcher.term_ids[term])
            if hits:
                several += 1
                for index, spans in hits.items():
                    if index in found:
                        found[index] = found[index] + spans
                    else:
                        found[index] = spans
        if several > 1:
            for index, spans in found.items():
                if len(spans) > 1:
                    found[index] = sorted(set(spans))
        return found

    def _term(self, term: int) -> Hits:
        hits = self._by_term.get(term)
        if hits is None:
            hits = {}
            first, last = self._bounds[term], self._bounds[term + 1]
            if last > first:
                rows = self._hits[first:last, 1:].tolist()
                for index, (start, end) in zip(self._sentence[first:last].tolist(), rows, strict=True):
                    hits.setdefault(index, []).append((start, end))
            self._by_term[term] = hits
        return hits

    def _any(self, node: AnyOf) -> Hits:
        found: Hits = {}
        for part in node.parts:
            for index, spans in self.evaluate(part).items():
                found[index] = sorted(set(found[index] + spans)) if index in found else spans
        return found

    def _all(self, node: AllOf) -> Hits:
        needed = [part for part in node.parts if not isinstance(part, (Not, Context, Flag))]
        conditions = [part for part in node.parts if isinstance(part, (Not, Context, Flag))]
        found = dict(self.evaluate(needed[0]))
        for part in needed[1:]:
            if not found:
                return found
            other = self.evaluate(part)
            found = {index: spans + other[index] for index, spans in found.items() if index in other}
        for part in conditions:
            if not found:
                return found
            found = self._filter(found, part)
        return found

    def _filter(self, found: Hits, condition: Not | Context | Flag) -> Hits:
        if isinstance(condition, Not):
            if isinstance(condition.part, (Context, Flag)):
                excluded = self._filter(found, condition.part)
            else:
                excluded = self.evaluate(condition.part)
            return {index: spans for index, spans in found.items() if index not in excluded}
        if isinstance(condition, Flag):
            return {i: spans for i, spans in found.items() if DEFINITION.search(self.text.sentence(i))}
        holds = self._context(condition, found)
        return {index: spans for index, spans in found.items() if index in holds}

    def _context(self, node: Context, found: Hits) -> set[int]:
        there = self.evaluate(node.part)
        if not there:
            return set()
        if node.kind == "document":
            return set(found) if any(index in self.text.body for index in there) else set()
        if node.kind == "heading":
            return self._below_headings(there, found)
        clause_of = self.text.outline.sentences
        if node.kind == "clause":
            clauses = {clause_of[index].clause for index in there if index in self.text.body}
            return {index for index in found if clause_of[index].clause in clauses}
        if node.kind == "section":
            section = self.text.outline.clauses
            sections = {section[clause_of[index].clause].section for index in there if index in self.text.body}
            return {index for index in found if section[clause_of[index].clause].section in sections}
        before = node.reach if node.kind in ("near", "before") else 0
        after = node.reach if node.kind in ("near", "after") else 0
        positions = sorted(index for index in there if index in self.text.body)
        holds = set()
        for index in found:
            at = bisect_left(positions, index - before)
            while at < len(positions) and positions[at] <= index + after:
                if positions[at] != index:
                    holds.add(index)
                    break
                at += 1
        return holds

    def _below_headings(self, there: Hits, found: Hits) -> set[int]:
        outline = self.text.outline
        matching = {section for section, index in self.text.heading_sentences.items() if index in there}
        below: dict[int | None, bool] = {None: False}
        for section in outline.sections:
            below[section.index] = section.index in matching or below[section.parent]
        return {index for index in found if below[outline.clauses[outline.sentences[index].clause].section]}

    def _followed(self, node: Followed) -> Hits:
        first, then = self.evaluate(node.first), self.evaluate(node.then)
        found: Hits = {}
        for index in first.keys() & then.keys():
            following = sorted(then[index])
            spans = []
            for start, end in first[index]:
                at = bisect_left(following, (end, 0))
                if at < len(following) and (node.within is None or following[at][0] - end <= node.within):
                    spans.append((start, following[at][1]))
            if spans:
                found[index] = spans
        return found

    def _polarity(self, node: Polarity) -> Hits:
        found: Hits = {}
        for index, spans in self.evaluate(node.part).items():
            start = int(self.text.starts[index])
            sentence = self.text.sentence(index)
            kept = [span for span in spans if polarity(sentence, span[0] - start) == node.kind]
            if kept:
                found[index] = kept
        return found


_EVALUATE = {
    Terms: Reading._terms,
    AnyOf: Reading._any,
    AllOf: Reading._all,
    Followed: Reading._followed,
    Polarity: Reading._polarity,
}


def polarity(sentence: str, at: int) -> str:
    """Whether what stands at ``at`` of a comparable sentence is affirmed, negated, or negated with an exception.

    不会共享 is negated; 未经同意不会共享, 除…外不会共享 and 不会共享，除非… are excepted: they happen after all.
    """
    before = sentence[max(0, at - NEGATION_REACH) : at]
    for end in reversed([match.end() for match in STRETCH_END.finditer(before)]):
        before = before[end:]
        break
    if not NEGATION.search(before):
        return "affirmed"
    return "excepted" if EXCEPTION.search(sentence) else "negated"


def why_not(reading: Reading, node: Node, index: int) -> str:
    """The first part of a rule that a sentence fails, in Chinese; empty if it holds."""
    if isinstance(node, AllOf):
        for part in node.parts:
            if isinstance(part, (Not, Context, Flag)):
                if not reading._filter({index: []}, part):
                    return "条件不成立：" + explain(part).removeprefix("在同一句中")
            elif index not in reading.evaluate(part):
                return why_not(reading, part, index)
        return ""
    if index in reading.evaluate(node):
        return ""
    if isinstance(node, Followed):
        for part in (node.first, node.then):
            if index not in reading.evaluate(part):
                return why_not(reading, part, index)
        return "次序或距离不符：" + explain(node).removeprefix("在同一句中")
    if isinstance(node, Polarity):
        if index in reading.evaluate(node.part):
            return "语气相反：" + explain(node).removeprefix("在同一句中")
        return why_not(reading, node.part, index)
    return "没有" + explain(node).removeprefix("在同一句中")


def closeness(reading: Reading, node: Node) -> dict[int, float]:
    """Body sentences that satisfy part of a rule → share of its required parts found there (0..1)."""
    parts = _required(node)
    counts: dict[int, int] = {}
    for part in parts:
        for index in reading.evaluate(part):
            if index in reading.text.body:
                counts[index] = counts.get(index, 0) + 1
    return {index: count / len(parts) for index, count in counts.items()}


def _required(node: Node) -> list[Node]:
    if isinstance(node, AllOf):
        return [piece for part in node.parts if not isinstance(part, (Not, Context, Flag)) for piece in _required(part)]
    if isinstance(node, Followed):
        return _required(node.first) + _required(node.then)
    if isinstance(node, Polarity):
        return _required(node.part)
    return [node]
