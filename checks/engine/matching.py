"""One pass of all rules' terms over the text, then each rule on the few sentences that were hit.

All terms of a checklist stand in one Aho-Corasick automaton (Aho & Corasick 1975), so the text is read once however
many rules there are. A rule whose terms do not occur costs nothing; for the others the sentences that can matter come
from a few bit operations, and what two rules share is worked out once per text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ahocorasick_rs import AhoCorasick

from .details import sentences_with
from .entities import Outline, Role
from .normal import NormalText, normal_term, normalise
from .rules import (
    AllOf,
    AnyOf,
    Context,
    Flag,
    Followed,
    Node,
    Not,
    Polarity,
    Terms,
    all_terms,
    anchors,
    explain,
    terms_nodes,
)
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

    def clause_label(self, offset: int) -> str:
        """Label of the clause that holds an offset of the original, or of the nearest one before it."""
        position = bisect_right(self._clause_starts, offset) - 1
        return self.outline.clauses[position].label if position >= 0 else ""

    @cached_property
    def _clause_starts(self) -> list[int]:
        return [clause.start for clause in self.outline.clauses]

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

    def clause_mask(self, index: int) -> int:
        """All sentences of the clause a sentence stands in, as bits."""
        first, after = self.outline.clauses[self.outline.sentences[index].clause].sentences
        return (1 << after) - (1 << first)

    @cached_property
    def below(self) -> dict[int, int]:
        """Sentence that is a heading → all sentences below it, those of lower sections too, as bits."""
        by_start = {self.outline.sentences[index].start: index for index in self.headings}
        below = dict.fromkeys(self.headings, 0)
        for section in self.outline.sections:
            held, above = self.section_masks.get(section.index, 0), section.index
            while above is not None:
                if (heading := by_start.get(self.outline.sections[above].start)) is not None:
                    below[heading] |= held
                above = self.outline.sections[above].parent
        return below


@dataclass(frozen=True)
class Matcher:
    """All rules of a checklist, compiled once: the automaton, and which rules each term can wake."""

    rules: tuple[Node, ...]
    terms: tuple[str, ...]
    automaton: AhoCorasick
    woken_by: tuple[tuple[int, ...], ...]  # term → rules that need it or one of its group
    ids_of: dict[int, frozenset[int]]  # identity of each node of terms → the numbers of its terms

    @classmethod
    def compile(cls, rules: list[Node]) -> Matcher:
        terms = tuple(sorted(frozenset().union(*(all_terms(rule) for rule in rules))))
        ids = {term: i for i, term in enumerate(terms)}
        woken: list[list[int]] = [[] for _ in terms]
        for number, rule in enumerate(rules):
            for term in anchors(rule):
                woken[ids[term]].append(number)
        ids_of = {id(node): frozenset(ids[term] for term in node.terms) for rule in rules for node in terms_nodes(rule)}
        return cls(tuple(rules), terms, AhoCorasick(list(terms)), tuple(map(tuple, woken)), ids_of)

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
        self._details: dict[str, int] = {}  # name of a detail → sentences that hold it
        self._spans: dict[tuple[int, int], Spans | None] = {}
        self._present: dict[int, frozenset[int]] = {}  # terms node → those of its terms that occur
        self._of_term: dict[int, int] = {}  # term → sentences it occurs in
        self._places: dict[int, tuple[int, int]] = {}  # sentence and term as one number → slice of its hits
        self._hits: Spans = []
        self._place_hits(matcher, text)
        self._occur = frozenset(self._of_term)
        self.woken = frozenset(rule for term in self._of_term for rule in matcher.woken_by[term])

    def _place_hits(self, matcher: Matcher, text: Text):
        found = matcher.automaton.find_matches_as_indexes(text.normal, overlapping=True)
        if not found or not len(text.starts):
            return
        hits = np.asarray(found, dtype=np.int64)
        sentence = np.searchsorted(text.starts, hits[:, 1], side="right") - 1
        inside = (sentence >= 0) & (hits[:, 2] <= text.ends[sentence]) & ~text.contents[sentence]
        hits, sentence = hits[inside], sentence[inside]
        place = sentence * len(matcher.terms) + hits[:, 0]
        order = np.lexsort((hits[:, 1], place))
        hits, place = hits[order], place[order]
        self._hits = list(zip(hits[:, 1].tolist(), hits[:, 2].tolist(), strict=True))
        first = np.flatnonzero(np.diff(place, prepend=-1))
        places = place[first]
        self._places = dict(
            zip(places.tolist(), zip(first.tolist(), [*first[1:].tolist(), len(place)], strict=True), strict=True)
        )
        terms, row = np.unique(places % len(matcher.terms), return_inverse=True)
        occurs = np.zeros((len(terms), len(text.starts)), dtype=bool)
        occurs[row, places // len(matcher.terms)] = True
        bits = np.packbits(occurs, axis=1, bitorder="little")
        self._of_term = {
            term: int.from_bytes(line.tobytes(), "little") for term, line in zip(terms.tolist(), bits, strict=True)
        }

    def _occurring(self, node: Terms) -> frozenset[int]:
        present = self._present.get(id(node))
        if present is None:
            present = self._present[id(node)] = self.matcher.ids_of[id(node)] & self._occur
        return present

    def rule(self, number: int, *, headings: bool = False) -> int:
        """The body sentences (with ``headings``, headings too) for which rule ``number`` holds, as a set of bits."""
        if number not in self.woken:
            return 0
        readable = self.text.body_mask | (self.text.heading_mask if headings else 0)
        return self.where(self.matcher.rules[number]) & readable

    def mask(self, node: Node) -> int:
        """Sentences that have what the node needs at least (headings too, contents never)."""
        mask = self._masks.get(id(node))
        if mask is None:
            mask = self._masks[id(node)] = self._mask(node)
        return mask

    def _mask(self, node: Node) -> int:
        if isinstance(node, Terms):
            mask, of_term = 0, self._of_term
            for term in self._occurring(node):
                mask |= of_term[term]
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
        """Sentences for which the node holds (headings too, contents never)."""
        exact = self._exact.get(id(node))
        if exact is None:
            exact = self._exact[id(node)] = self._where(node)
        return exact

    def _where(self, node: Node) -> int:
        mask = self.mask(node)
        if not mask or isinstance(node, Terms):
            return mask
        if isinstance(node, AnyOf):
            mask = 0
            for part in node.parts:
                mask |= self.where(part)
            return mask
        if isinstance(node, AllOf):
            conditions = []
            for part in node.parts:
                if isinstance(part, (Not, Context, Flag)):
                    conditions.append(part)
                else:
                    mask &= self.where(part)
            for condition in conditions:
                mask = self.restrict(mask, condition)
            return mask
        return self._only(mask, lambda index: self.spans(node, index) is not None)

    @staticmethod
    def _only(mask: int, holds: Callable[[int], bool]) -> int:
        kept = 0
        for index in members(mask):
            if holds(index):
                kept |= 1 << index
        return kept

    def spans(self, node: Node, index: int) -> Spans | None:
        """The places that make a node hold in a sentence; None if it does not."""
        key = (id(node), index)
        if key not in self._spans:
            self._spans[key] = _FIND[type(node)](self, node, index)
        return self._spans[key]

    def _terms(self, node: Terms, index: int) -> Spans | None:
        base, places, hits = index * len(self.matcher.terms), self._places, self._hits
        found: Spans = []
        several = 0
        for term in self._occurring(node):
            place = places.get(base + term)
            if place is not None:
                several += 1
                found += hits[place[0] : place[1]]
        return sorted(set(found)) if several > 1 else (found or None)

    def _any(self, node: AnyOf, index: int) -> Spans | None:
        found = {span for part in node.parts for span in self.spans(part, index) or ()}
        return sorted(found) or None

    def _all(self, node: AllOf, index: int) -> Spans | None:
        if not self.where(node) >> index & 1:
            return None
        needed = [part for part in node.parts if not isinstance(part, (Not, Context, Flag))]
        return sorted({span for part in needed for span in self.spans(part, index) or ()})

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
        return bool(self.restrict(1 << index, condition))

    def restrict(self, mask: int, condition: Not | Context | Flag) -> int:
        """Those of a set of sentences for which a condition holds."""
        if not mask:
            return 0
        if isinstance(condition, Context):
            return mask & self._context(condition)
        if isinstance(condition, Flag):
            return self._flagged(mask, condition)
        if isinstance(condition.part, (Context, Flag)):
            return mask & ~self.restrict(mask, condition.part)
        return mask & ~self.where(condition.part) if mask & self.mask(condition.part) else mask

    def _flagged(self, mask: int, flag: Flag) -> int:
        if flag.kind == "fact":
            return mask if self.facts.get(flag.name, 0) > 0 else 0
        if flag.kind == "detail":
            return mask & self._detail(flag.name)
        if flag.kind == "topic":
            topic = TOPICS.index(flag.name)
            return self._only(mask, lambda index: bool(self.text.topics[index, topic] > 0))
        return self._only(mask, lambda index: bool(DEFINITION.search(self.text.sentence(index))))

    def _detail(self, name: str) -> int:
        mask = self._details.get(name)
        if mask is None:
            text = self.text
            mask = self._details[name] = sentences_with(name, text.normal, text.starts.tolist(), text.ends.tolist())
        return mask

    def _context(self, node: Context) -> int:
        """Sentences whose surroundings have what the node asks for."""
        holds = self._exact.get(id(node))
        if holds is None:
            holds = self._exact[id(node)] = self._surrounded(node)
        return holds

    def _surrounded(self, node: Context) -> int:
        there = self.where(node.part)
        if node.kind == "heading":
            return _union(self.text.below[index] for index in members(there & self.text.heading_mask))
        there &= self.text.body_mask
        if node.kind == "document":
            return -1 if there else 0
        if node.kind == "clause":
            return _union(self.text.clause_mask(index) for index in members(there))
        if node.kind == "section":
            return _union(self.text.section_masks[self.text.section_of(index)] for index in members(there))
        around = 0
        for distance in range(1, node.reach + 1):
            if node.kind in ("near", "before"):
                around |= there << distance
            if node.kind in ("near", "after"):
                around |= there >> distance
        return around


_FIND = {
    Terms: Reading._terms,
    AnyOf: Reading._any,
    AllOf: Reading._all,
    Followed: Reading._followed,
    Polarity: Reading._polarity,
}


def members(mask: int) -> Iterator[int]:
    """The sentences of a set, in their order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


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
            for index in members(levels[k] & ~seen):
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
