"""The sentences that came closest to rules that hold nowhere, and why they did not count.

How many of its parts each rule finds in each sentence is counted for all rules together, in sets of sentences as rows
of bits: of a hundred rules that are missing each has some sentence that comes close, and asking one by one costs as
much as matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .matching import CONDITIONS, Matcher, Reading, members
from .rules import AllOf, AnyOf, Followed, Node, Polarity, Terms, needed
from .spans import occupied


@dataclass(frozen=True, slots=True)
class Needs:
    """The parts that each rule needs at least. Rules with most parts come first, so those with ``k`` lead the rows."""

    rows: dict[int, int]  # rule → its row
    sizes: np.ndarray  # row → how many parts it needs
    columns: list[np.ndarray]  # first, second, … parts of the rows that have so many
    numbers: np.ndarray  # part → its number in the plan; 0 for those of ``choices``
    choices: list[Choices]  # parts that are no terms, those inside others first

    @classmethod
    def of(cls, matcher: Matcher, rules: Iterable[int]) -> Needs:
        parts = sorted(((rule, needed(matcher.rules[rule])) for rule in rules), key=lambda pair: -len(pair[1]))
        rows = {rule: row for row, (rule, _) in enumerate(parts)}
        parts = [found for _, found in parts]
        inside: dict[int, list[tuple[Node, ...]]] = {}  # part that is no terms → what each alternative needs
        depths: dict[int, int] = {}
        nodes: dict[int, Node] = {}
        for found in parts:
            for node in found:
                _enter(node, nodes, inside, depths)
        at = {identity: i for i, identity in enumerate(nodes)}
        sizes = list(map(len, parts))
        columns = [[at[id(found[k])] for found in parts if len(found) > k] for k in range(max(sizes, default=0))]
        numbers = [matcher.plan.number[id(node)] if isinstance(node, Terms) else 0 for node in nodes.values()]
        choices = []
        for depth in range(1, max(depths.values(), default=0) + 1):
            alike = [node for node in inside if depths[node] == depth]
            alternatives = [[at[id(part)] for part in found] for node in alike for found in inside[node]]
            choices.append(
                Choices(
                    np.asarray([at[node] for node in alike], dtype=np.int64),
                    _firsts([len(inside[node]) for node in alike]),
                    _firsts(list(map(len, alternatives))),
                    np.asarray([part for found in alternatives for part in found], dtype=np.int64),
                )
            )
        return cls(
            rows,
            np.asarray(sizes, dtype=np.int64),
            [np.asarray(column, dtype=np.int64) for column in columns],
            np.asarray(numbers, dtype=np.int64),
            choices,
        )


@dataclass(frozen=True, slots=True)
class Choices:
    """Parts of which one of some alternatives must be there, all that an alternative needs in the same sentence."""

    parts: np.ndarray
    firsts: np.ndarray  # of each part, its first alternative
    needs: np.ndarray  # of each alternative, where what it needs begins
    needed: np.ndarray

    def answer(self, words: np.ndarray) -> None:
        """Fill in the rows of these parts; the rows of what they need are there."""
        each = np.bitwise_and.reduceat(words.take(self.needed, axis=0), self.needs, axis=0)
        words[self.parts] = np.bitwise_or.reduceat(each, self.firsts, axis=0)


def _firsts(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes[:-1]])


def _enter(node: Node, nodes: dict[int, Node], inside: dict[int, list[tuple[Node, ...]]], depths: dict[int, int]):
    """Note a part, and all that its alternatives need, with how deep these are nested."""
    if id(node) in nodes:
        return
    nodes[id(node)] = node
    depths[id(node)] = 0
    if isinstance(node, AnyOf):
        inside[id(node)] = [needed(part) for part in node.parts]
        for found in inside[id(node)]:
            for part in found:
                _enter(part, nodes, inside, depths)
                depths[id(node)] = max(depths[id(node)], 1 + depths[id(part)])


class Nearness:
    """How close the body sentences of one text come to each rule."""

    def __init__(self, needs: Needs, reading: Reading):
        self._needs = needs
        words = reading.words(needs.numbers)
        self._width = words.shape[1] * words.itemsize
        for choices in needs.choices:
            choices.answer(words)
        words &= self._row(reading.text.body_mask)
        levels: list[np.ndarray] = []  # sentences that have at least one of a rule's parts, two of them, …
        for column in needs.columns:
            mask = words.take(column, axis=0)
            for level in levels:
                above = level[: len(column)]
                more = above & mask  # what had as many before goes up a level
                above |= mask
                mask = more
            levels.append(mask)
        self._levels = [level.tobytes() for level in levels]
        depths = np.zeros(len(needs.rows), dtype=np.int64)
        for level in levels:
            depths[: len(level)] += occupied(level)
        self._depths = depths.tolist()
        self._shares = (depths / needs.sizes).tolist()

    def _row(self, sentences: int) -> np.ndarray:
        return np.frombuffer((sentences & (1 << 8 * self._width) - 1).to_bytes(self._width, "little"), dtype=np.uint64)

    def _sentences(self, row: int, depth: int) -> int:
        """The sentences that have at least ``depth`` of a rule's parts."""
        return int.from_bytes(self._levels[depth - 1][row * self._width : (row + 1) * self._width], "little")

    def nearest(self, rules: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
        """Sentences that have the largest share of what one of the rules needs, best first, with the rule's place.

        Of each rule come its best, at most one more than ``limit``.
        """
        # Each rule waits with the share of its best sentences. Lesser ones are worked out when it is their turn, and
        # come sentence by sentence: whoever asks has mostly enough after a few.
        rows = [self._needs.rows[rule] for rule in rules]
        shares = [self._shares[row] for row in rows]
        depths = [self._depths[row] for row in rows]
        said: dict[int, int] = {}  # sentences of a rule that have come
        room = [limit + 1] * len(rows)
        while (most := max(shares, default=0)) > 0:
            group = [at for at, share in enumerate(shares) if share == most]
            best = [(at, self._sentences(rows[at], depths[at]) & ~said.get(at, 0)) for at in group]
            union = 0
            for _, sentences in best:
                union |= sentences
            for index in members(union):
                for at, sentences in best:
                    if sentences >> index & 1 and room[at] > 0:
                        room[at] -= 1
                        yield index, at
            for at in group:
                row, depth = rows[at], depths[at]
                above = said[at] = self._sentences(row, depth)
                while depth and self._sentences(row, depth) == above:
                    depth -= 1
                depths[at] = depth if room[at] > 0 else 0
                shares[at] = depths[at] / int(self._needs.sizes[row])


def why_not(reading: Reading, node: Node, index: int) -> str:
    """The first part of a rule that a sentence fails, in Chinese; empty if it holds."""
    return "" if reading.where(node) >> index & 1 else failure(reading, node, index)


def failure(reading: Reading, node: Node, index: int) -> str:
    """The first part that a sentence fails of a rule that does not hold in it, in Chinese."""
    if isinstance(node, AllOf):
        for part in node.parts:
            if isinstance(part, CONDITIONS):
                if not reading.holds(part, index):
                    return "条件不成立：" + reading.matcher.words(part)
            elif reason := why_not(reading, part, index):
                return reason
    if isinstance(node, Followed):
        reason = why_not(reading, node.first, index) or why_not(reading, node.then, index)
        return reason or "次序或距离不符：" + reading.matcher.words(node)
    if isinstance(node, Polarity):
        reason = why_not(reading, node.part, index)
        return reason or "语气相反：" + reading.matcher.words(node)
    return "没有" + reading.matcher.words(node)
