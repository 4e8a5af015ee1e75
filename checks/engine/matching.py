"""One pass of all rules' terms over the text, and the sentences that each rule is true of.

All terms of a checklist are looked for together (see ``trie``), so the text is read once however many rules there
are. A rule whose terms do not occur costs nothing; of the others, what two rules share is worked out once per text,
and sets of sentences are combined with a few bit operations.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .details import sentences_with
from .entities import Outline, Role
from .normal import NormalText, normalise
from .polarity import NEGATING, NEGATION_REACH, in_quotes, polarity
from .rules import AllOf, AnyOf, Context, Flag, Followed, Node, Not, Polarity, anchors, explain, nodes_of
from .spans import ANYWHERE, NODE, SENTENCE, START, Lists, Places, Plan, follow, merge, plan
from .topics import TOPICS, outline_topics

DEFINITION = re.compile(r"是指|指的是|系指|所称|,指(?!示|引|定|导|纹)|简称为|定义")

LONG_QUOTE = 160  # a longer sentence is cut at its commas around the place that matched
CONDITIONS = (Not, Context, Flag)  # parts of a rule that say nothing of where it matches

Spans = list[tuple[int, int]]


class Text:
    """A policy's text made ready for rules: comparable form, sentences in its offsets, sections and roles."""

    def __init__(self, text: str, outline: Outline):
        self.original = text
        self.outline = outline
        normal: NormalText = normalise(text)
        self.normal, self.origin = normal.text, normal.origin
        self.bounds = normal.bounds(self.spans)  # sentences in offsets of the comparable text
        self.starts = np.asarray([start for start, _ in self.bounds], dtype=np.int64)
        self.ends = np.asarray([end for _, end in self.bounds], dtype=np.int64)
        roles = [sentence.role for sentence in outline.sentences]
        self.body = [i for i, role in enumerate(roles) if role is Role.BODY]
        self.body_mask = _mask(np.asarray([role is Role.BODY for role in roles], dtype=bool))
        self.headings = [i for i, role in enumerate(roles) if role is Role.HEADING]
        self.heading_mask = _mask(np.asarray([role is Role.HEADING for role in roles], dtype=bool))
        self._polarity: dict[int, str] = {}
        self._labels: dict[int, str] = {}  # the same sentences are quoted again and again
        self.contents = np.asarray([role is Role.CONTENTS for role in roles], dtype=bool)

    def sentence(self, index: int) -> str:
        """Comparable text of a sentence."""
        start, end = self.bounds[index]
        return self.normal[start:end]

    @cached_property
    def negating(self) -> np.ndarray:
        """Where the characters stand that a negation cannot do without."""
        return np.asarray([match.start() for match in NEGATING.finditer(self.normal)], dtype=np.int64)

    def polarity(self, index: int, at: int) -> str:
        """Whether what stands at an offset of the comparable text, in this sentence, is negated; see ``polarity``."""
        found = self._polarity.get(at)
        if found is None:
            found = self._polarity[at] = polarity(self.sentence(index), at - self.bounds[index][0])
        return found

    def quoted(self, index: int, at: int) -> bool:
        """Whether what stands at an offset of the comparable text, in this sentence, is in quotes."""
        return in_quotes(self.sentence(index), at - self.bounds[index][0])

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """A span of comparable text as a span of the original."""
        return self.origin[start], self.origin[end - 1] + 1

    @cached_property
    def topics(self) -> np.ndarray:
        """Scores of every sentence for every topic; see ``topics.topic_scores``."""
        return outline_topics([self.sentence(i) for i in range(len(self.starts))], self.outline)

    def clause_label(self, offset: int) -> str:
        """Label of the clause that holds an offset of the original, or of the nearest one before it."""
        label = self._labels.get(offset)
        if label is None:
            position = bisect_right(self._clause_starts, offset) - 1
            label = self._labels[offset] = self.outline.clauses[position].label if position >= 0 else ""
        return label

    @cached_property
    def chapters(self) -> tuple[str, ...]:
        """Titles of the sections of the highest level."""
        return tuple(section.title for section in self.outline.sections if section.level == 1)

    @cached_property
    def _clause_starts(self) -> list[int]:
        return [clause.start for clause in self.outline.clauses]

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Start and end of each sentence in the original."""
        return [(start, end) for _, start, end, _, _ in self.outline.sentences]

    @cached_property
    def long(self) -> int:
        """The sentences that are too long to be quoted whole, as bits."""
        return _mask(np.asarray([end - start > LONG_QUOTE for start, end in self.spans], dtype=bool))

    def section_of(self, index: int) -> int | None:
        """Innermost section of a sentence."""
        return self.outline.clauses[self.outline.sentences[index].clause].section

    @cached_property
    def section_masks(self) -> dict[int | None, int]:
        """Section → its sentences as bits."""
        found: dict[int | None, int] = {}
        for clause in self.outline.clauses:
            first, after = clause.sentences
            found[clause.section] = found.get(clause.section, 0) | (1 << after) - (1 << first)
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
    """All rules of a checklist, compiled once: the plan for their terms, and which rules each term can wake."""

    rules: tuple[Node, ...]
    plan: Plan
    rules_of_terms: Lists  # term → rules that need it or one of its group
    parts: Lists  # rule → numbers, in the plan, of what must hold in a sentence for the rule to hold
    excluded: Lists  # rule with parts in the plan → numbers, in the plan, of what must not hold
    complete: np.ndarray  # rule → whether all its parts but the conditions are in the plan
    conditions: dict[int, list[Node]]  # rule that asks for more → the conditions that ``excluded`` does not tell

    @classmethod
    def compile(cls, rules: list[Node]) -> Matcher:
        planned = plan(list({id(node): node for rule in rules for node in nodes_of(rule)}.values()))
        woken: dict[str, list[int]] = {term: [] for term in planned.terms}
        for number, rule in enumerate(rules):
            for term in anchors(rule):
                woken[term].append(number)
        together = [rule.parts if isinstance(rule, AllOf) else (rule,) for rule in rules]
        parts = [[planned.number[id(part)] for part in found if id(part) in planned.number] for found in together]
        conditions = [[part for part in found if isinstance(part, CONDITIONS)] for found in together]
        told = [  # conditions that the arrays can tell: something in the plan must not hold
            [part for part in found if own and isinstance(part, Not) and id(part.part) in planned.number]
            for own, found in zip(parts, conditions, strict=True)
        ]
        sizes = [tuple(map(len, found)) for found in zip(together, parts, conditions, told, strict=True)]
        return cls(
            tuple(rules),
            planned,
            Lists.of(woken.values()),
            Lists.of(parts),
            Lists.of([planned.number[id(part.part)] for part in found] for found in told),
            np.asarray([every == own + asked for every, own, asked, _ in sizes], dtype=bool),
            {
                rule: [part for part in conditions[rule] if part not in told[rule]]
                for rule, (every, own, _, known) in enumerate(sizes)
                if every > own + known
            },
        )

    def read(self, text: Text, facts: dict[str, float] | None = None) -> Reading:
        """Read a text once. The result answers which sentences each rule is true of.

        ``facts`` are the numbers that 事实(…) asks about.
        """
        return Reading(self, text, facts or {})

    def words(self, node: Node) -> str:
        """What a part of a rule asks for, in Chinese."""
        words = self._words.get(id(node))
        if words is None:
            words = self._words[id(node)] = explain(node).removeprefix("在同一句中")
        return words

    @cached_property
    def _words(self) -> dict[int, str]:
        return {}

    def woken_by(self, places: Places) -> dict[int, int]:
        """Rules that may hold in a text, with the sentences that have all their planned parts (-1: it plans none)."""
        awake = np.zeros(len(self.rules), dtype=bool)
        awake[self.rules_of_terms.values(places.terms)] = True
        rules = np.flatnonzero(awake)
        planned = self.parts.counts(rules) > 0
        common = places.common(self.parts, self.excluded, rules[planned])
        return dict.fromkeys(rules[~planned].tolist(), -1) | common


class Reading:
    """Where the terms stand in one text, and the rules' answers.

    Sets of sentences are integers, one bit a sentence. Terms, sequences and polarities are answered for all rules
    together (see ``spans``); what combines them is worked out when it is asked for, and once for those that share it.
    """

    def __init__(self, matcher: Matcher, text: Text, facts: dict[str, float]):
        self.matcher, self.text, self.facts = matcher, text, facts
        self._number = matcher.plan.number
        self._places = Places(matcher.plan, text.normal, text.starts, text.ends, ~text.contents, self._polar)
        # By identity: hashing a deep rule each time would cost more than matching.
        self._holds: dict[int, int] = {}
        self._details: dict[str, int] = {}  # name of a detail → sentences that hold it
        self._tables: dict[int, np.ndarray] = {}
        self._located: dict[int, PlacesByRule] = {}  # rule → the table it is in
        # What a detector may look at: body sentences, or headings too.
        self.readable = (text.body_mask, text.body_mask | text.heading_mask)
        # Rules that hold somewhere → the sentences they hold in. Nearly all of them are asked for, so all are decided.
        self.holding = matcher.woken_by(self._places)
        for number in self.holding.keys() & matcher.conditions.keys():
            self.holding[number] = self._decided(number, self.holding[number])

    def rule(self, number: int, *, headings: bool = False) -> int:
        """The body sentences (with ``headings``, headings too) for which rule ``number`` holds, as a set of bits."""
        return self.holding.get(number, 0) & self.readable[headings]

    def _decided(self, number: int, sentences: int) -> int:
        """Where a rule with conditions holds, of the sentences that have all its planned parts."""
        node = self.matcher.rules[number]
        if not self.matcher.complete[number]:
            return self.where(node)
        if id(node) not in self._holds:  # two rules may be the same
            for part in self.matcher.conditions[number]:
                sentences = self.restrict(sentences, part)
            self._holds[id(node)] = sentences
        return self._holds[id(node)]

    def words(self, numbers: np.ndarray) -> np.ndarray:
        """The sentences that planned nodes hold in, a row of bits for each."""
        return self._places.words.take(numbers, axis=0)

    def where(self, node: Node) -> int:
        """Sentences for which the node holds (headings too, contents never)."""
        holds = self._holds.get(id(node))
        if holds is None:
            holds = self._holds[id(node)] = self._where(node)
        return holds

    def _where(self, node: Node) -> int:
        number = self._number.get(id(node))
        if number is not None:
            return self._places.sentences(number)
        if isinstance(node, Context):
            return self._surrounded(node)
        if isinstance(node, AnyOf):
            return _union(self.where(part) for part in node.parts)
        if isinstance(node, AllOf):
            holds = _common(self.where(part) for part in node.parts if not isinstance(part, CONDITIONS))
            for part in node.parts:
                if isinstance(part, CONDITIONS):
                    holds = self.restrict(holds, part)
            return holds
        return _union(1 << index for index in self._table(node)[:, SENTENCE].tolist())

    def weigh(self, rules: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Sentence → how many places in it make rules hold; each rule comes with the sentences that count for it."""
        weights: dict[int, int] = {}
        for number, sentences in rules:
            counted = self._found(number).of(number) if self.matcher.complete[number] else None
            if counted is None:
                node = self.matcher.rules[number]
                counted = ((index, len(self.spans(node, index))) for index in members(sentences))
            for index, places in counted:
                if sentences >> index & 1:
                    weights[index] = weights.get(index, 0) + places
        return weights

    def places(self, number: int, index: int) -> Spans:
        """The places in a sentence that make a rule hold that does."""
        if self.matcher.complete[number]:
            return self._found(number).places(number, index)
        return self.spans(self.matcher.rules[number], index)

    def locate(self, numbers: Collection[int]) -> None:
        """Work out the places of rules that will be asked for: together, as one by one each costs as much as all."""
        matcher = self.matcher
        rules = np.asarray([number for number in numbers if matcher.complete[number]], dtype=np.int64)
        merged = np.asarray([isinstance(matcher.rules[rule], AllOf) for rule in rules.tolist()], dtype=bool)
        found = PlacesByRule(self._places.of_wholes(matcher.parts, rules, merged))
        self._located.update(dict.fromkeys(rules.tolist(), found))

    def _found(self, number: int) -> PlacesByRule:
        """Where the places of a rule stand whose parts are in the plan."""
        if number not in self._located:
            self.locate([number])
        return self._located[number]

    def spans(self, node: Node, index: int) -> Spans:
        """The places that make a node hold in a sentence, in their order; none if it does not."""
        table = self._tables.get(id(node))
        if table is None:
            table = self._tables[id(node)] = self._table(node)
        return list(map(tuple, table[table[:, SENTENCE] == index, START:].tolist()))

    def _table(self, node: Node) -> np.ndarray:
        """All places of a node (see ``spans``), those of a node that is not in the plan from its parts."""
        number = self._number.get(id(node))
        if number is not None:
            return self._places.of(number)
        if isinstance(node, Followed):
            first, then = merge([self._table(node.first)], self._places.size), self._table(node.then).copy()
            then[:, NODE] = 0
            within = np.asarray([ANYWHERE if node.within is None else node.within])
            return follow(first, then, within, self._places.size)
        if isinstance(node, Polarity):
            table = self._table(node.part)
            return table.compress(self._polar(node.kind, table), axis=0)
        parts = [self._table(part) for part in node.parts if not isinstance(part, CONDITIONS)]
        table = merge(parts, self._places.size)
        if isinstance(node, AllOf):
            holds = self.where(node)
            table = table.compress([bool(holds >> index & 1) for index in table[:, SENTENCE].tolist()], axis=0)
        return table

    def _polar(self, kind: str, table: np.ndarray) -> np.ndarray:
        """Which places of a table have a polarity."""
        sentences, starts = table[:, SENTENCE], table[:, START]
        if kind == "quoted":
            pairs = zip(sentences.tolist(), starts.tolist(), strict=True)
            return np.asarray([self.text.quoted(sentence, start) for sentence, start in pairs], dtype=bool)
        # Only where a negating character stands close before a place there is more to ask.
        signs = self.text.negating
        doubtful = np.searchsorted(signs, starts) > np.searchsorted(signs, starts - NEGATION_REACH)
        holds = np.full(len(starts), kind == "affirmed")
        pairs = zip(sentences[doubtful].tolist(), starts[doubtful].tolist(), strict=True)
        holds[doubtful] = [self.text.polarity(sentence, start) == kind for sentence, start in pairs]
        return holds

    def holds(self, condition: Not | Context | Flag, index: int) -> bool:
        """Whether a condition holds for a sentence."""
        return bool(self.restrict(1 << index, condition))

    def restrict(self, mask: int, condition: Not | Context | Flag) -> int:
        """Those of a set of sentences for which a condition holds."""
        if not mask:
            return 0
        if isinstance(condition, Context):
            return mask & self.where(condition)
        if isinstance(condition, Flag):
            return self._flagged(mask, condition)
        if isinstance(condition.part, CONDITIONS):
            return mask & ~self.restrict(mask, condition.part)
        return mask & ~self.where(condition.part)

    def _flagged(self, mask: int, flag: Flag) -> int:
        if flag.kind == "fact":
            return mask if self.facts.get(flag.name, 0) > 0 else 0
        if flag.kind == "detail":
            return mask & self._detail(flag.name)
        if flag.kind == "topic":
            topic = TOPICS.index(flag.name)
            return _only(mask, lambda index: bool(self.text.topics[index, topic] > 0))
        return _only(mask, lambda index: bool(DEFINITION.search(self.text.sentence(index))))

    def _detail(self, name: str) -> int:
        mask = self._details.get(name)
        if mask is None:
            text = self.text
            mask = self._details[name] = sentences_with(name, text.normal, text.starts.tolist(), text.ends.tolist())
        return mask

    def _surrounded(self, node: Context) -> int:
        """Sentences whose surroundings have what the node asks for."""
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


class PlacesByRule:
    """A table of the places of rules, looked up by rule and sentence."""

    def __init__(self, table: np.ndarray):
        self._table = table
        pairs = table[:, NODE].astype(np.int64) << 32 | table[:, SENTENCE]
        changes = np.flatnonzero(np.diff(pairs, prepend=-1))
        rules, sentences = table[changes, NODE], table[changes, SENTENCE]
        self._edges = [*changes.tolist(), len(table)]  # where the places of one rule in one sentence begin
        self._sentences = sentences.tolist()
        self._counts = np.diff(changes, append=len(table)).tolist()
        first = np.flatnonzero(np.diff(rules, prepend=-1))
        slices = map(slice, first.tolist(), [*first[1:].tolist(), len(rules)])
        self._of_rule = dict(zip(rules[first].tolist(), slices, strict=True))

    def of(self, rule: int) -> Iterator[tuple[int, int]] | None:
        """The sentences a rule has places in, and how many; None for a rule that is not in the table."""
        own = self._of_rule.get(rule)
        return own and zip(self._sentences[own], self._counts[own], strict=True)

    def places(self, rule: int, sentence: int) -> Spans:
        """Start and end of a rule's places in a sentence."""
        own = self._of_rule[rule]
        at = self._sentences.index(sentence, own.start, own.stop)
        return list(map(tuple, self._table[self._edges[at] : self._edges[at + 1], START:].tolist()))


def _mask(chosen: np.ndarray) -> int:
    """Those of the sentences that are chosen, as bits."""
    return int.from_bytes(np.packbits(chosen, bitorder="little").tobytes(), "little")


def members(mask: int) -> Iterator[int]:
    """The sentences of a set, in their order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _only(mask: int, holds: Callable[[int], bool]) -> int:
    """Those of a set of sentences that something holds for."""
    return _union(1 << index for index in members(mask) if holds(index))


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _common(masks: Iterable[int]) -> int:
    common = -1
    for mask in masks:
        common &= mask
        if not common:
            break
    return common
