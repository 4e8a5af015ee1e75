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
    sizes: list[int]  # row → how many parts it needs
    columns: list[np.ndarray]  # first, second, … parts of the rows that have so many
    numbers: np.ndarray  # part → its number in the plan; 0 for those of ``others``
    others: dict[int, Node]  # parts that are not terms

    @classmethod
    def of(cls, matcher: Matcher, rules: Iterable[int]) -> Needs:
        parts = sorted(((rule, needed(matcher.rules[rule])) for rule in rules), key=lambda pair: -len(pair[1]))
        rows = {rule: row for row, (rule, _) in enumerate(parts)}
        parts = [found for _, found in parts]
        nodes = list({id(node): node for found in parts for node in found}.values())
        at = {id(node): i for i, node in enumerate(nodes)}
        sizes = list(map(len, parts))
        columns = [[at[id(found[k])] for found in parts if len(found) > k] for k in range(max(sizes, default=0))]
        numbers = [matcher.plan.number[id(node)] if isinstance(node, Terms) else 0 for node in nodes]
        return cls(
            rows,
            sizes,
            [np.asarray(column, dtype=np.int64) for column in columns],
            np.asarray(numbers, dtype=np.int64),
            {i: node for i, node in enumerate(nodes) if not isinstance(node, Terms)},
        )


class Nearness:
    """How close the body sentences of one text come to each rule."""

    def __init__(self, needs: Needs, reading: Reading):
        self._needs = needs
        words = reading.words(needs.numbers)
        self._width = words.shape[1] * words.itemsize
        for part, node in needs.others.items():
            words[part] = self._row(_needed(reading, node))
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
        waiting: dict[float, list[tuple[int, int, int, int, int]]] = {}
        rows, sizes = self._needs.rows, self._needs.sizes
        for at, rule in enumerate(rules):
            row = rows[rule]
            if depth := self._depths[row]:
                waiting.setdefault(depth / sizes[row], []).append((at, row, depth, 0, limit + 1))
        while waiting:
            group = sorted(waiting.pop(max(waiting)))
            room = {at: room for at, _, _, _, room in group}
            best = [(at, self._sentences(row, depth) ^ above) for at, row, depth, above, _ in group]
            union = 0
            for _, sentences in best:
                union |= sentences
            for index in members(union):
                for at, sentences in best:
                    if sentences >> index & 1 and room[at] > 0:
                        room[at] -= 1
                        yield index, at
            for at, row, depth, _, _ in group:
                above = self._sentences(row, depth)
                while depth and self._sentences(row, depth) == above:
                    depth -= 1
                if depth and room[at] > 0:
                    waiting.setdefault(depth / sizes[row], []).append((at, row, depth, above, room[at]))


def _needed(reading: Reading, node: Node) -> int:
    """Sentences that have what a node needs at least (headings too, contents never)."""
    if isinstance(node, Terms):
        return reading.where(node)
    if isinstance(node, Polarity):
        return _needed(reading, node.part)
    parts = (node.first, node.then) if isinstance(node, Followed) else node.parts
    found = [_needed(reading, part) for part in parts if not isinstance(part, CONDITIONS)]
    together = found[0]
    for sentences in found[1:]:
        together = together | sentences if isinstance(node, AnyOf) else together & sentences
    return together


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
