"""The rule laboratory: every sentence that the rules of one element hit, in many texts, while somebody writes them.

A text is made ready once (``prepare``). A ``Corpus`` of a hundred texts is first looked through for the terms that a
rule cannot do without; only texts with all of them in one sentence are read by the matcher that audits use, and what a
line hit is remembered, so that who edits one line of ten waits for one. What was hit is compared with what another
version of the rules hit.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from ahocorasick_rs import AhoCorasick

from .conditions import Condition, Found
from .facts import extract_facts
from .matching import Matcher, Reading, Text, members
from .normal import NormalText
from .outline import build_outline
from .rules import Flag, Node, Placed, RuleError, anchors, needed, nodes_of, parse_placed

Span = tuple[int, int]
KINDS = ("new", "lost", "same")
REMEMBERED = 400  # lines whose sentences a corpus remembers


class Prepared(Text):
    """A text ready for rules; the facts are only read when a rule asks for one."""

    def __init__(self, text: str):
        super().__init__(text, build_outline(text))

    @cached_property
    def metrics(self) -> dict[str, float]:
        return extract_facts(self.original, self.outline, NormalText(self.normal, self.origin)).metrics

    def bits_between(self, start: int, end: int) -> int:
        """The sentences that a stretch of the original touches, as bits."""
        sentences = self.outline.sentences
        first = bisect_right(sentences, start, key=lambda sentence: sentence.end)
        last = bisect_left(sentences, end, key=lambda sentence: sentence.start)
        return (1 << last) - (1 << first) if last > first else 0


def prepare(text: str) -> Prepared:
    """A policy's text made ready for ``Search``."""
    return Prepared(text)


@dataclass(frozen=True, slots=True)
class Hit:
    """One sentence that rules hit: its place in the text, what in it they matched, and which rules did (from 0)."""

    start: int
    end: int
    marks: tuple[Span, ...]
    rules: tuple[int, ...]


class LineError(ValueError):
    """A line that is no rule. ``part`` is "rules" or "unless", ``line`` its number from 0; see RuleError."""

    def __init__(self, part: str, line: int, error: RuleError):
        self.part, self.line, self.position, self.expected = part, line, error.position, error.expected
        super().__init__(str(error))


class Search:
    """The rules of one element, compiled. Raises LineError for the first line that cannot be read."""

    def __init__(
        self,
        rules: Sequence[str],
        groups: dict[str, Sequence[str]],
        *,
        unless: Sequence[str] = (),
        at_least: int = 1,
        headings: bool = False,
        fact: Condition | None = None,
    ):
        terms = {name: tuple(words) for name, words in groups.items()}
        self.rules = _placed("rules", rules, terms)
        self.unless = _placed("unless", unless, terms)
        self.at_least, self.headings, self.fact = at_least, headings, fact
        nodes = [placed.node for placed in (*self.rules, *self.unless)]
        self.matcher = Matcher.compile(nodes)
        self.asks_facts = asks_facts(nodes)

    def read(self, text: Prepared) -> Reading:
        """The matcher's reading of a text; rule numbers are those of ``rules``, those of ``unless`` follow."""
        return self.matcher.read(text, text.metrics if self.asks_facts else {})

    def standing(self, by_rule: Sequence[int], unless: Sequence[int]) -> int:
        """The sentences that count, as bits, of those that each line holds in: the way ``findings`` counts them."""
        if sum(map(bool, by_rule)) < self.at_least:
            return 0
        together = 0
        for sentences in by_rule:
            together |= sentences
        for sentences in unless:
            together &= ~sentences
        return together

    def found(self, text: Prepared) -> tuple[Hit, ...]:
        """Every sentence of the text that counts, in the order of the text."""
        reading = self.read(text)
        by_rule, unless = self._by_line(reading)
        return tuple(self._hits(reading, by_rule, self.standing(by_rule, unless)))

    def hits_in(self, text: Prepared, sentences: int) -> tuple[Hit, ...]:
        """Those of some sentences (as bits) that a rule hits, whatever ``unless`` and ``at_least`` say."""
        reading = self.read(text)
        return tuple(self._hits(reading, self._by_line(reading)[0], sentences))

    def firing(self, text: Prepared) -> tuple[int, ...]:
        """The rules that hit a sentence no ``unless`` line takes away."""
        by_rule, unless = self._by_line(self.read(text))
        taken = 0
        for sentences in unless:
            taken |= sentences
        return tuple(number for number, sentences in enumerate(by_rule) if sentences & ~taken)

    def fact_holds(self, text: Prepared) -> bool:
        """Whether the element counts as found by its fact, whatever its rules say."""
        return self.fact is not None and self.fact(Found({}, {}, (), text.metrics))

    def _by_line(self, reading: Reading) -> tuple[list[int], list[int]]:
        lines = len(self.rules) + len(self.unless)
        masks = [reading.rule(number, headings=self.headings) for number in range(lines)]
        return masks[: len(self.rules)], masks[len(self.rules) :]

    def _hits(self, reading: Reading, by_rule: list[int], sentences: int) -> Iterator[Hit]:
        text = reading.text
        for index in members(sentences):
            rules = tuple(number for number, held in enumerate(by_rule) if held >> index & 1)
            if rules:
                places = sorted({span for number in rules for span in reading.places(number, index)})
                sentence = text.outline.sentences[index]
                marks = joined(text.to_original(*span) for span in places)
                yield Hit(sentence.start, sentence.end, marks, rules)


def asks_facts(nodes: Iterable[Node]) -> bool:
    """Whether a rule asks for a fact of the text."""
    return any(isinstance(part, Flag) and part.kind == "fact" for node in nodes for part in nodes_of(node))


class Corpus:
    """Many texts to hold rules against; what a line hit in them is remembered."""

    def __init__(self, texts: Iterable[Prepared]):
        self.texts = tuple(texts)
        self._lines: OrderedDict[tuple, dict[int, int]] = OrderedDict()
        self._terms: OrderedDict[frozenset[str], np.ndarray] = OrderedDict()
        # All texts one after the other, so that terms are looked for once.
        self._joined = "\n".join(text.normal for text in self.texts)
        sizes = np.asarray([len(text.normal) + 1 for text in self.texts], dtype=np.int64)
        begins = np.cumsum(sizes) - sizes
        counts = [len(text.starts) for text in self.texts]
        self._starts = np.concatenate(
            [np.zeros(0, dtype=np.int64), *(t.starts + b for t, b in zip(self.texts, begins, strict=True))]
        )
        self._text_of = np.arange(len(self.texts)).repeat(counts) if counts else np.zeros(0, dtype=np.int64)

    def found(self, search: Search) -> list[int]:
        """For each text the sentences that count, as bits."""
        lines = self.lines([*search.rules, *search.unless])
        rules, unless = lines[: len(search.rules)], lines[len(search.rules) :]
        masks = []
        for number, text in enumerate(self.texts):
            readable = text.body_mask | text.heading_mask if search.headings else text.body_mask
            by_rule = [line.get(number, 0) & readable for line in rules]
            masks.append(search.standing(by_rule, [line.get(number, 0) for line in unless]))
        return masks

    def lines(self, placed: Sequence[Placed]) -> list[dict[int, int]]:
        """For each line the sentences it holds in, headings too: text → bits, for texts that have any."""
        missing = {each.node: each for each in placed if each.node not in self._lines}
        if missing:
            self._lines |= self._read([each.node for each in missing.values()])
        for each in placed:
            self._lines.move_to_end(each.node)
        found = [self._lines[each.node] for each in placed]
        while len(self._lines) > REMEMBERED:
            self._lines.popitem(last=False)
        return found

    def _read(self, nodes: list[Node]) -> dict[Node, dict[int, int]]:
        wanted = [self.candidates(node) for node in nodes]
        matcher, facts = Matcher.compile(nodes), asks_facts(nodes)
        found: dict[Node, dict[int, int]] = {node: {} for node in nodes}
        for number in sorted(set().union(*wanted)):
            text = self.texts[number]
            reading = matcher.read(text, text.metrics if facts else {})
            for rule, node in enumerate(nodes):
                if number in wanted[rule] and (sentences := reading.rule(rule, headings=True)):
                    found[node][number] = sentences
        return found

    def candidates(self, node: Node) -> set[int]:
        """Texts with one sentence or more that has all that the rule cannot do without; it may still not hold there."""
        together = np.ones(len(self._starts), dtype=bool)
        for part in needed(node):
            terms = anchors(part)
            if not terms:
                continue
            together &= self._with_any(terms)
            if not together.any():
                return set()
        return set(self._text_of[together].tolist())

    def _with_any(self, terms: frozenset[str]) -> np.ndarray:
        """Which sentences have one of the terms; those of groups are asked for again and again."""
        has = self._terms.get(terms)
        if has is None:
            matches = AhoCorasick(sorted(terms)).find_matches_as_indexes(self._joined, overlapping=True)
            places = np.fromiter((start for _, start, _ in matches), dtype=np.int64, count=len(matches))
            has = np.zeros(len(self._starts), dtype=bool)
            if len(has):
                has[np.maximum(self._starts.searchsorted(places, side="right") - 1, 0)] = True
            while len(self._terms) >= REMEMBERED:
                self._terms.popitem(last=False)
            self._terms[terms] = has
        self._terms.move_to_end(terms)
        return has


def _placed(part: str, lines: Sequence[str], groups: dict[str, tuple[str, ...]]) -> tuple[Placed, ...]:
    found = []
    for number, line in enumerate(lines):
        try:
            found.append(parse_placed(line, groups))
        except RuleError as error:
            raise LineError(part, number, error) from error
    return tuple(found)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Spans in their order, those that overlap or touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((start, end))
    return tuple(found)


class Change(NamedTuple):
    """One sentence as two versions of the rules see it: number of the text, of the sentence; new, lost or same."""

    text: int
    sentence: int
    kind: str


def compare(now: Sequence[int], before: Sequence[int], kinds: Iterable[str] = KINDS) -> list[Change]:
    """The sentences that either version counts, text by text; ``now`` and ``before`` as ``Corpus.found`` gives them."""
    wanted = set(kinds)
    return [
        Change(text, index, kind)
        for text, (mine, theirs) in enumerate(zip(now, before, strict=True))
        for index in members(mine | theirs)
        if (kind := "lost" if not mine >> index & 1 else "same" if theirs >> index & 1 else "new") in wanted
    ]


def tally(now: Sequence[int], before: Sequence[int]) -> dict[str, int]:
    """How many sentences are new, lost and the same."""
    pairs = list(zip(now, before, strict=True))
    return {
        "new": sum((mine & ~theirs).bit_count() for mine, theirs in pairs),
        "lost": sum((theirs & ~mine).bit_count() for mine, theirs in pairs),
        "same": sum((mine & theirs).bit_count() for mine, theirs in pairs),
    }


@dataclass(frozen=True, slots=True)
class ExampleResult:
    """One example: what it is for (match, no_match), whether it comes out so, the rules that hit it, and whether the
    element's fact holds in it."""

    kind: str
    text: str
    passes: bool
    rules: tuple[int, ...]
    by_fact: bool = False


def try_examples(search: Search, match: Sequence[str], no_match: Sequence[str]) -> tuple[ExampleResult, ...]:
    """Each example held against the rules, as ``examples.check_examples`` does it for a whole checklist."""
    results = []
    for kind, texts in (("match", match), ("no_match", no_match)):
        for text in texts:
            ready = prepare(text)
            rules, by_fact = search.firing(ready), search.fact_holds(ready)
            # A match is shown for each rule alone, so at_least does not count against it.
            found = by_fact or len(rules) >= (1 if kind == "match" else search.at_least)
            results.append(ExampleResult(kind, text, found is (kind == "match"), rules, by_fact))
    return tuple(results)


def idle_rules(search: Search, results: Sequence[ExampleResult]) -> tuple[int, ...]:
    """Rules that no ``match`` example needs: nothing shows what they are for."""
    shown = {number for result in results if result.kind == "match" for number in result.rules}
    return tuple(number for number in range(len(search.rules)) if number not in shown)
