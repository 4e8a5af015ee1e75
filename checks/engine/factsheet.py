"""Where facts are gathered: a text laid out flat for looking things up, and the sheet that is filled from it.

The flat text is the comparable text of all sentences with one line for each, so a pattern that does not contain a
line end can never run from one sentence into the next, however the document was wrapped.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from .entities import Outline, Role
from .normal import NormalText, normal_term, normalise

_CELL = re.compile(r"[\t|｜]")

Place = tuple[int, int]
Places = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """``values``: for people, JSON-safe. ``metrics``: numbers for ``fact.NAME``. ``places``: evidence for a metric."""

    values: dict[str, list] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    places: dict[str, Places] = field(default_factory=dict)


class Page:
    """A document for looking things up: ``text`` is flat and comparable, ``span`` leads back to the original."""

    def __init__(
        self, original: str, outline: Outline, normal: NormalText | None = None, bounds: list[Place] | None = None
    ):
        self.original, self.outline = original, outline
        normal = normal or normalise(original)
        self._origin = normal.origin
        if bounds is None:
            bounds = normal.bounds([(start, end) for _, start, end, _, _ in outline.sentences])
        self._normal_starts = [start for start, _ in bounds]
        comparable = normal.text
        lines = [comparable[start:end] for start, end in bounds]
        self.starts: list[int] = []  # of each sentence in the flat text
        at = 0
        for line in lines:
            self.starts.append(at)
            at += len(line) + 1
        self.lines = lines
        self.text = "\n".join(lines)
        self.roles = [sentence.role for sentence in outline.sentences]
        self.purposes: dict[int, Place | None] = {}  # what sentences say they are for: asked again and again

    def index(self, offset: int) -> int:
        """The sentence that holds an offset of the flat text."""
        return bisect_right(self.starts, offset) - 1

    def span(self, start: int, end: int) -> Place:
        """A stretch of the flat text as a stretch of the original."""
        return self._original(start), self._original(end - 1) + 1

    def _original(self, offset: int) -> int:
        index = self.index(offset)
        normal = self._normal_starts[index] + offset - self.starts[index]
        return self._origin[min(normal, len(self._origin) - 1)]

    def sentence_span(self, index: int) -> Place:
        sentence = self.outline.sentences[index]
        return sentence.start, sentence.end

    def before(self, offset: int, reach: int) -> str:
        """What stands before an offset in its sentence, at most ``reach`` characters."""
        return self.text[max(self.starts[self.index(offset)], offset - reach) : offset]

    def after(self, offset: int, reach: int) -> str:
        """What stands from an offset on in its sentence, at most ``reach`` characters."""
        index = self.index(offset)
        return self.text[offset : min(self.starts[index] + len(self.lines[index]), offset + reach)]

    def quote(self, start: int, end: int, longest: int) -> Place:
        """The sentence around a stretch of the flat text; of a long sentence, what stands around the stretch."""
        index = self.index(start)
        first, last = self.sentence_span(index)
        if last - first <= longest:
            return first, last
        around = max(0, (longest - (end - start)) // 2)
        line = self.starts[index], self.starts[index] + len(self.lines[index])
        return self.span(max(line[0], start - around), min(line[1], end + around))

    def cells(self, index: int) -> list[str]:
        """The cells of the table row that a sentence stands in, as they are written; empty for other text."""
        clause = self.outline.clauses[self.outline.sentences[index].clause]
        cells = _CELL.split(self.original[clause.start : clause.end])
        return [cell.strip() for cell in cells if cell.strip()] if len(cells) > 2 else []

    def is_body(self, index: int) -> bool:
        return self.roles[index] is Role.BODY


def matches(first: re.Pattern, pattern: re.Pattern, text: str) -> Iterator[re.Match]:
    """What a pattern finds, tried only where ``first`` finds how it begins: many times as fast as searching."""
    at = 0
    for begin in first.finditer(text):
        if begin.start() >= at and (match := pattern.match(text, begin.start())):
            yield match
            at = match.end()


class Lexicon:
    """Many terms looked for in one pass; of terms that overlap the longest counts."""

    def __init__(self, terms: dict[str, list[str]]):
        self._names: list[str] = []
        words: list[str] = []
        for name, group in terms.items():
            for word in group:
                self._names.append(name)
                words.append(normal_term(word))
        # A few hundred terms: the automaton that takes most room is small, and reads twice as fast as the usual one.
        self._automaton = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.DFA)

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """Name of the group, start and end of every hit in comparable text, in order."""
        names = self._names
        return [(names[word], start, end) for word, start, end in self._automaton.find_matches_as_indexes(text)]


class Sheet:
    """Facts while they are being gathered. What is added twice keeps its first place."""

    def __init__(self) -> None:
        self.values: dict[str, list] = {}
        self.metrics: dict[str, float] = {}
        self.places: dict[str, Places] = {}

    def put(self, name: str, values: list, places: list[Place]) -> None:
        """A list for people with its places; the metric of that name is how many different values there are."""
        different: list = []
        for value in values:
            if value not in different:
                different.append(value)
        self.values[name] = different
        self.metrics[name] = len(different)
        self.places[name] = tuple(dict.fromkeys(place for place in places if place[0] < place[1]))

    def count(self, name: str, places: list[Place]) -> None:
        """A metric with evidence that has no list of values."""
        self.places[name] = tuple(dict.fromkeys(place for place in places if place[0] < place[1]))
        self.metrics[name] = len(self.places[name])

    def set(self, name: str, number: float) -> None:
        self.metrics[name] = number

    def facts(self) -> Facts:
        return Facts(self.values, self.metrics, self.places)
