"""One pass of all rules' terms over the text, then each rule on the few sentences that were hit.

All terms of a checklist stand in one Aho-Corasick automaton (Aho & Corasick 1975), so the text is read once however
many rules there are. A rule whose terms do not occur costs nothing; for the others the sentences that can matter come
from a few bit operations, and what two rules share is worked out once per text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ahocorasick_rs import AhoCorasick

from .entities import Outline, Role
from .normal import NormalText, normal_term, normalise
from .rules import AllOf, AnyOf, Context, Flag, Followed, Node, Not, Polarity, Terms, all_terms, anchors, explain
from .topics import TOPICS, topic_scores

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
        self.body = [i for i, role in enumerate(roles) if role is Role.BODY]
        self.body_mask = sum(1 << i for i in self.body)
        self.headings = [i for i, role in enumerate(roles) if role is Role.HEADING]
        self.heading_mask = sum(1 << i for i in self.headings)
        self.contents = np.asarray([role is Role.CONTENTS for role in roles], dtype=bool)

    def sentence(self, index: int) -> str:
        """Comparable text of a sentence."""
        return self.normal[self.starts[index] : self.ends[index]]

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """A span of comparable text as a span of the original."""
        return self.origin[start], self.origin[end - 1] + 1

    @cached_property
    def topics(self) -> np.ndarray:
        """Scores of every sentence for every topic; see ``topics.topic_scores``."""
        titles = {section.index: normal_term(section.title) for section in self.outline.sections}
        above = [titles.get(self.outline.clauses[s.clause].section, "") for s in self.outline.sentences]
        return topic_scores([self.sentence(i) for i in range(len(self.starts))], above)

    def section_of(self, index: int) -> int | None:
        """Innermost section of a sentence."""
        return self.outline.clauses[self.outline.sentences[index].clause].section

    @cached_property
    def section_masks(self) -> dict[int | None, int]:
        """Section → its sentences as bits."""
        found: dict[int | None, int] = {}
        for sentence in self.outline.sentences:
            section = self.section_of(sentence.index)
            found[section] = found.get(section, 0) | 1 << sentence.index
        return found

    @cached_property
    def _heading_paths(self) -> dict[int | None, tuple[int, ...]]:
        by_start = {self.outline.sentences[index].start: index for index in self.headings}
        paths: dict[int | None, tuple[int, ...]] = {None: ()}
        for section in self.outline.sections:
            own = (by_start[section.start],) if section.start in by_start else ()
            paths[section.index] = paths[section.parent] + own
        return paths

    def headings_above(self, index: int) -> tuple[int, ...]:
        """The sentences that are the headings a sentence stands below, outermost first."""
        return self._heading_paths[self.section_of(index)]


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

    def read(self, text: Text, facts: dict[str, float] | None = None) -> Reading:
        """Read a text once. The result answers which sentences each rule is true of.

        ``facts`` are the numbers that 事实(…) asks about.
        """
        return Reading(self, text, facts or {})


class Reading:
    """Where the terms stand in one text, and the rules' answers.

    Sets of sentences are integers, one bit a sentence. What a rule needs at least is a few ANDs and ORs of such sets;
    only the sentences that are left are looked at one by one.
    """

    def __init__(self, matcher: Matcher, text: Text, facts: dict[str, float]):
        self.matcher, self.text, self.facts = matcher, text, facts
        self._masks: dict[int, int] = {}  # by identity: hashing a deep rule each time would cost more than matching
        self._exact: dict[int, int] = {}
        self._spans: dict[tuple[int, int], Spans | None] = {}
        self._of_term: dict[str, int] = {}
        self._in_sentence: list[dict[str, Spans]] = [{} for _ in text.starts]
        self._place_hits(matcher, text)
        self.woken = frozenset(rule for term in self._of_term for rule in matcher.woken_by[matcher.term_ids[term]])

    def _place_hits(self, matcher: Matcher, text: Text):
        found = matcher.automaton.find_matches_as_indexes(text.normal, overlapping=True)
        if not found or not len(text.starts):
            return
        hits = np.asarray(found, dtype=np.int64)
        sentence = np.searchsorted(text.starts, hits[:, 1], side="right") - 1
        inside = (sentence >= 0) & (hits[:, 2] <= text.ends[sentence]) & ~text.contents[sentence]
        terms = matcher.terms
        for (term, start, end), index in zip(hits[inside].tolist(), sentence[inside].tolist(), strict=True):
            word = terms[term]
            spans = self._in_sentence[index].get(word)
            if spans is None:
                self._in_sentence[index][word] = [(start, end)]
                self._of_term[word] = self._of_term.get(word, 0) | 1 << index
            else:
                spans.append((start, end))

    def rule(self, number: int, *, headings: bool = False) -> Hits:
        """Body sentences (and headings) for which rule ``number`` holds, with the places that made it hold."""
        if number not in self.woken:
            return {}
        node = self.matcher.rules[number]
        found: Hits = {}
        readable = self.text.body_mask | (self.text.heading_mask if headings else 0)
        for index in _bits(self.mask(node) & readable):
            spans = self.spans(node, index)
            if spans is not None:
                found[index] = spans
        return found

    def mask(self, node: Node) -> int:
        """Sentences that have what the node needs at least (headings too, contents never)."""
        mask = self._masks.get(id(node))
        if mask is None:
            mask = self._masks[id(node)] = self._mask(node)
        return mask

    def _mask(self, node: Node) -> int:
        if isinstance(node, Terms):
            mask, of_term = 0, self._of_term
            for term in node.terms:
                mask |= of_term.get(term, 0)
            return mask
        if isinstance(node, Followed):
            mask = self.mask(node.first)
            return mask and mask & self.mask(node.then)
        if isinstance(node, AllOf):
            mask = -1
            for part in node.parts:
                if mask and not isinstance(part, (Not, Context, Flag)):
                    mask &= self.mask(part)
            return mask
        if isinstance(node, AnyOf):
            mask = 0
            for part in node.parts:
                mask |= self.mask(part)
            return mask
        return self.mask(node.part)

    def where(self, node: Node) -> int:
        """Sentences for which the node holds."""
        exact = self._exact.get(id(node))
        if exact is None:
            exact = 0
            for index in _bits(self.mask(node)):
                if self.spans(node, index) is not None:
                    exact |= 1 << index
            self._exact[id(node)] = exact
        return exact

    def spans(self, node: Node, index: int) -> Spans | None:
        """The places that make a node hold in a sentence; None if it does not."""
        key = (id(node), index)
        if key not in self._spans:
            self._spans[key] = _FIND[type(node)](self, node, index)
        return self._spans[key]

    def _terms(self, node: Terms, index: int) -> Spans | None:
        there = self._in_sentence[index]
        found = [there[term] for term in node.terms if term in there]
        if not found:
            return None
        return found[0] if len(found) == 1 else sorted({span for spans in found for span in spans})

    def _any(self, node: AnyOf, index: int) -> Spans | None:
        found = {span for part in node.parts for span in self.spans(part, index) or ()}
        return sorted(found) or None

    def _all(self, node: AllOf, index: int) -> Spans | None:
        found: Spans = []
        conditions = []
        for part in node.parts:
            if isinstance(part, (Not, Context, Flag)):
                conditions.append(part)
                continue
            spans = self.spans(part, index)
            if spans is None:
                return None
            found += spans
        return sorted(found) if all(self.holds(part, index) for part in conditions) else None

    def _followed(self, node: Followed, index: int) -> Spans | None:
        first, then = self.spans(node.first, index), self.spans(node.then, index)
        if first is None or then is None:
            return None
        before = sorted((end, start) for start, end in first)
        found = []
        for start, end in then:  # each with the nearest that precedes it, so that a chain of .. misses nothing
            at = bisect_right(before, (start, start)) - 1
            if at >= 0 and (node.within is None or start - before[at][0] <= node.within):
                found.append((before[at][1], end))
        return found or None

    def _polarity(self, node: Polarity, index: int) -> Spans | None:
        spans = self.spans(node.part, index)
        if spans is None:
            return None
        start, sentence = int(self.text.starts[index]), self.text.sentence(index)
        if node.kind == "quoted":
            kept = [span for span in spans if _in_quotes(sentence, span[0] - start)]
        else:
            kept = [span for span in spans if polarity(sentence, span[0] - start) == node.kind]
        return kept or None

    def holds(self, condition: Not | Context | Flag, index: int) -> bool:
        """Whether a condition holds for a sentence."""
        if isinstance(condition, Not):
            if isinstance(condition.part, (Context, Flag)):
                return not self.holds(condition.part, index)
            return not (self.mask(condition.part) >> index & 1) or self.spans(condition.part, index) is None
        if isinstance(condition, Flag):
            return self._flag(condition, index)
        return self._context(condition, index)

    def _flag(self, flag: Flag, index: int) -> bool:
        if flag.kind == "topic":
            return bool(self.text.topics[index, TOPICS.index(flag.name)] > 0)
        if flag.kind == "fact":
            return self.facts.get(flag.name, 0) > 0
        return bool(DEFINITION.search(self.text.sentence(index)))

    def _context(self, node: Context, index: int) -> bool:
        there = self.where(node.part)
        if not there:
            return False
        if node.kind == "heading":
            return any(there >> heading & 1 for heading in self.text.headings_above(index))
        there &= self.text.body_mask
        if node.kind == "document":
            return bool(there)
        if node.kind == "clause":
            first, last = self.text.outline.clauses[self.text.outline.sentences[index].clause].sentences
            return bool(there & ((1 << last) - (1 << first)))
        if node.kind == "section":
            return bool(there & self.text.section_masks[self.text.section_of(index)])
        first = max(0, index - node.reach) if node.kind in ("near", "before") else index
        last = index + node.reach if node.kind in ("near", "after") else index
        window = (1 << last + 1) - (1 << first)
        return bool(there & window & ~(1 << index))


_FIND = {
    Terms: Reading._terms,
    AnyOf: Reading._any,
    AllOf: Reading._all,
    Followed: Reading._followed,
    Polarity: Reading._polarity,
}


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


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


def _in_quotes(sentence: str, at: int) -> bool:
    before = sentence[:at]
    return before.count('"') % 2 == 1 or before.count("《") > before.count("》")


def why_not(reading: Reading, node: Node, index: int) -> str:
    """The first part of a rule that a sentence fails, in Chinese; empty if it holds."""
    if reading.spans(node, index) is not None:
        return ""
    if isinstance(node, AllOf):
        for part in node.parts:
            if isinstance(part, (Not, Context, Flag)):
                if not reading.holds(part, index):
                    return "条件不成立：" + explain(part).removeprefix("在同一句中")
            elif reason := why_not(reading, part, index):
                return reason
    if isinstance(node, Followed):
        reason = why_not(reading, node.first, index) or why_not(reading, node.then, index)
        return reason or "次序或距离不符：" + explain(node).removeprefix("在同一句中")
    if isinstance(node, Polarity):
        reason = why_not(reading, node.part, index)
        return reason or "语气相反：" + explain(node).removeprefix("在同一句中")
    return "没有" + explain(node).removeprefix("在同一句中")


def nearest(reading: Reading, nodes: list[Node], limit: int) -> list[tuple[int, Node]]:
    """Body sentences that have the largest share of what one of the rules needs, best first, each with that rule."""
    ranked: list[tuple[float, int, int]] = []
    for number, node in enumerate(nodes):
        parts = _required(node)
        # levels[k]: sentences that have at least k of the parts
        levels = [reading.text.body_mask] + [0] * len(parts)
        for part in parts:
            mask = reading.mask(part)
            for k in range(len(parts), 0, -1):
                levels[k] |= levels[k - 1] & mask
        found = 0
        seen = 0
        for k in range(len(parts), 0, -1):
            for index in _bits(levels[k] & ~seen):
                ranked.append((-k / len(parts), index, number))
                found += 1
                if found > limit:
                    break
            seen |= levels[k]
            if found > limit:
                break
    ranked.sort()
    return [(index, nodes[number]) for _, index, number in ranked]


def _required(node: Node) -> list[Node]:
    if isinstance(node, AllOf):
        return [piece for part in node.parts if not isinstance(part, (Not, Context, Flag)) for piece in _required(part)]
    if isinstance(node, Followed):
        return _required(node.first) + _required(node.then)
    if isinstance(node, Polarity):
        return _required(node.part)
    return [node]
