"""Where the terms of all rules stand in a text, and which of them follow one another, as arrays.

Asking each rule of each sentence costs a few Python calls each time, and a policy makes a thousand rules true. So the
places of one kind of node are worked out for all rules and the whole text together. A table of spans has four columns
(node, sentence, start, end) and a row for each place, so that what belongs together is moved together; rows are sorted
by node, then by place.

Arrays are looked up with ``take``, which costs a quarter of what square brackets do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from .rules import AnyOf, Followed, Node, Polarity, Terms
from .trie import Trie

NODE, SENTENCE, START, END = range(4)
_BITS = (1 << np.arange(8)).astype(np.uint8)
ANYWHERE = 1 << 30  # characters, for "followed" without a distance

# Says of each place of a table whether it has a polarity.
Polar = Callable[[str, np.ndarray], np.ndarray]


def ranges(begin: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The numbers begin, begin + 1, … of each pair, ``counts`` of them, one pair after the other."""
    after = counts.cumsum()
    return np.arange(after[-1] if len(after) else 0) + (begin - after + counts).repeat(counts)


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of numbers for each of 0, 1, 2, …, all in one array."""

    edges: np.ndarray  # where each list begins; one more at the end
    joined: np.ndarray

    @classmethod
    def of(cls, lists: Iterable[Collection[int]]) -> Lists:
        lists = list(lists)
        joined = np.asarray([number for found in lists for number in found], dtype=np.int64)
        return cls(np.cumsum([0, *map(len, lists)]), joined)

    def counts(self, chosen: np.ndarray) -> np.ndarray:
        """How long the lists are."""
        return self.edges.take(chosen + 1) - self.edges.take(chosen)

    def values(self, chosen: np.ndarray) -> np.ndarray:
        """What stands in the lists, one list after the other."""
        return self.joined.take(ranges(self.edges.take(chosen), self.counts(chosen)))

    def pairs(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Everything in the lists: which of the chosen it is from, and what it is."""
        counts = self.counts(chosen)
        return np.arange(len(chosen)).repeat(counts), self.joined.take(ranges(self.edges.take(chosen), counts))


@dataclass(frozen=True, slots=True)
class Wave:
    """Nodes that can be answered together, once those of earlier waves are."""

    followed: np.ndarray  # columns: node, first, then, within
    alternatives: np.ndarray  # columns: node, part
    polarities: dict[str, np.ndarray]  # kind → columns: node, part


@dataclass(frozen=True, slots=True)
class Plan:
    """How to find the nodes of all rules: numbers for nodes and terms, and the waves in their order.

    ``number`` has every node, by identity, that holds no & and no conditions. The others are not in the plan; whoever
    asks for them combines the sentences of their parts.

    A table is looked up by keys: those below ``len(terms)`` are terms, the others nodes. A node of terms has the keys
    of its terms, any other has one of its own.
    """

    number: dict[int, int]
    terms: tuple[str, ...]
    trie: Trie
    keys: Lists  # node → its keys
    of_terms: Lists  # term → the nodes that have it
    waves: tuple[Wave, ...]


def plan(nodes: list[Node]) -> Plan:
    """The plan for these nodes, parts before wholes; equal nodes that are not the same object count twice."""
    depth: dict[int, int] = {}
    for node in nodes:
        parts = _parts(node)
        if parts is not None and all(id(part) in depth for part in parts):
            depth[id(node)] = 1 + max((depth[id(part)] for part in parts), default=-1)
    planned = [node for node in nodes if id(node) in depth]
    number = {id(node): i for i, node in enumerate(planned)}
    terms = tuple(sorted({term for node in planned if isinstance(node, Terms) for term in node.terms}))
    of_term = {term: i for i, term in enumerate(terms)}
    keys: list[list[int]] = []
    of_terms: list[list[int]] = [[] for _ in terms]
    waves = [([], [], {}) for _ in range(max(depth.values(), default=0))]
    for i, node in enumerate(planned):
        keys.append([of_term[term] for term in node.terms] if isinstance(node, Terms) else [len(terms) + i])
        for term in keys[-1] if isinstance(node, Terms) else ():
            of_terms[term].append(i)
        followed, alternatives, polarities = waves[depth[id(node)] - 1] if depth[id(node)] else ([], [], {})
        if isinstance(node, Followed):
            within = ANYWHERE if node.within is None else node.within
            followed.append((i, number[id(node.first)], number[id(node.then)], within))
        elif isinstance(node, AnyOf):
            alternatives += [(i, number[id(part)]) for part in node.parts]
        elif isinstance(node, Polarity):
            polarities.setdefault(node.kind, []).append((i, number[id(node.part)]))
    return Plan(
        number,
        terms,
        Trie(terms),
        Lists.of(keys),
        Lists.of(of_terms),
        tuple(
            Wave(
                np.asarray(followed, dtype=np.int64).reshape(-1, 4).T,
                np.asarray(alternatives, dtype=np.int64).reshape(-1, 2).T,
                {kind: np.asarray(pairs, dtype=np.int64).T for kind, pairs in polarities.items()},
            )
            for followed, alternatives, polarities in waves
        ),
    )


def _parts(node: Node) -> tuple[Node, ...] | None:
    """The parts of a node that a plan can hold; None for one that it cannot."""
    if isinstance(node, Terms):
        return ()
    if isinstance(node, Followed):
        return node.first, node.then
    if isinstance(node, AnyOf):
        return node.parts
    return (node.part,) if isinstance(node, Polarity) else None


class Places:
    """The places of all planned nodes in one text.

    ``starts`` and ``ends`` are those of the sentences, ``readable`` says which of them may be hit. ``words`` has the
    sentences that each node holds in as a row of bits.
    """

    def __init__(self, plan: Plan, text: str, starts: np.ndarray, ends: np.ndarray, readable: np.ndarray, polar: Polar):
        self._plan, self._polar = plan, polar
        self.size = len(text) + 1  # offsets are below it
        keys = len(plan.terms) + len(plan.number)
        self._table = np.zeros((0, 4), dtype=np.int32)
        self._begin = np.zeros(keys, dtype=np.int32)  # key → its rows in the table
        self._count = np.zeros(keys, dtype=np.int32)
        self.words = np.zeros((len(plan.number), len(starts) // 64 + 1), dtype=np.uint64)  # node → its sentences
        self._bits = self.words.view(np.uint8)
        self._holds = np.zeros(len(plan.number), dtype=bool)  # node → whether it holds anywhere
        self._keep(_hits(plan, text, starts, ends, readable))
        self.terms = self._count.nonzero()[0]  # the numbers of those that occur
        if len(self.terms):
            self._mark_terms()
        for wave in plan.waves if len(self.terms) else ():
            found = [table for table in self._found_by(wave) if len(table)]
            if not found:
                continue
            found = np.concatenate(found)
            _mark(self._bits, found)
            self._holds[found[:, NODE]] = True
            found = found.take(_order(found[:, NODE], len(plan.number)), axis=0)
            found[:, NODE] += len(plan.terms)
            self._keep(found)
        self._content, self._width = self._bits.reshape(-1).data, self._bits.shape[1]
        self._anywhere = self._holds.tobytes()

    def _found_by(self, wave: Wave) -> Iterator[np.ndarray]:
        """The places of the nodes of a wave whose parts hold somewhere, a table for each kind of node."""
        holds = self._holds
        for kind, pairs in wave.polarities.items():
            if (met := holds.take(pairs[1])).any():
                yield self._with_polarity(kind, pairs.compress(met, axis=1))
        if (met := holds.take(wave.followed[1]) & holds.take(wave.followed[2])).any():
            yield self._following(wave.followed.compress(met, axis=1))
        if (met := holds.take(wave.alternatives[1])).any():
            yield self._either(wave.alternatives.compress(met, axis=1))

    def sentences(self, number: int) -> int:
        """The sentences that a node holds in, as a set of bits."""
        if not self._anywhere[number]:  # most that are asked for, in order to say what came close
            return 0
        at = number * self._width
        return int.from_bytes(self._content[at : at + self._width], "little")

    def common(self, parts: Lists, excluded: Lists, wholes: np.ndarray) -> dict[int, int]:
        """Of the wholes whose parts all hold in one sentence or more, and nothing excluded: those, as sets of bits."""
        words = self._common(parts, wholes)
        having = excluded.counts(wholes).nonzero()[0]
        if len(having):
            row, number = excluded.pairs(wholes.take(having))
            out = np.bitwise_or.reduceat(self.words.take(number, axis=0), _changes(row), axis=0)
            words[having] &= ~out
        met = occupied(words).nonzero()[0]
        return dict(zip(wholes.take(met).tolist(), _sets(words.take(met, axis=0)), strict=True))

    def _common(self, parts: Lists, wholes: np.ndarray) -> np.ndarray:
        if not len(wholes):
            return self.words[:0]
        counts = parts.counts(wholes)
        found = self.words.take(parts.values(wholes), axis=0)
        return np.bitwise_and.reduceat(found, counts.cumsum() - counts, axis=0)

    def of_wholes(self, parts: Lists, wholes: np.ndarray, merged: np.ndarray) -> np.ndarray:
        """A table, with wholes for nodes, of the places of their parts in the sentences that have all of them.

        Of ``merged`` wholes each place comes once.
        """
        row, part = parts.pairs(wholes)
        found = self._gather(part, _unpacked(self._common(parts, wholes).take(row, axis=0)))
        found[:, NODE] = row.take(found[:, NODE])
        found = in_order(found, self.size)
        found = found.compress(~(_again(found) & merged.take(found[:, NODE])), axis=0)
        found[:, NODE] = wholes.take(found[:, NODE])
        return found

    def of(self, number: int) -> np.ndarray:
        """The table of one node, in the order of the text."""
        return in_order(self._gather(np.asarray([number])), self.size)

    def _keep(self, found: np.ndarray):
        """Add a table, sorted by keys, that has keys for nodes."""
        first = _changes(found[:, NODE])
        keys = found[:, NODE].take(first)
        self._begin[keys] = first + len(self._table)
        self._count[keys[:-1]] = first[1:] - first[:-1]
        self._count[keys[-1:]] = len(found) - first[-1:]
        self._table = np.concatenate((self._table, found))
        self._sentences = self._table[:, SENTENCE].astype(np.int64)  # in one piece: looked up again and again

    def _mark_terms(self):
        """Set the sentences of nodes of terms: all those that one of their terms occurs in."""
        of_term = np.zeros((len(self.terms), self.words.shape[1]), dtype=np.uint64)
        local = np.zeros(len(self._count), dtype=np.int64)
        local[self.terms] = np.arange(len(self.terms))
        hits = self._table.copy()
        hits[:, NODE] = local.take(hits[:, NODE])
        _mark(of_term.view(np.uint8), hits)
        rows, nodes = self._plan.of_terms.pairs(self.terms)
        order = _order(nodes, len(self.words))
        nodes = nodes.take(order)
        first = _changes(nodes)
        found = of_term.take(rows.take(order), axis=0)
        self.words[nodes.take(first)] = np.bitwise_or.reduceat(found, first, axis=0)
        self._holds[nodes] = True

    def _gather(self, nodes: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """The places of nodes, each node's row here for its number; only in the ``needed`` sentences of each row,
        which come unpacked."""
        row, key = self._plan.keys.pairs(nodes)
        counts = self._count.take(key)
        owner, place = row.repeat(counts), ranges(self._begin.take(key), counts)
        if needed is not None:
            cell = owner * needed.shape[1] + self._sentences.take(place)
            kept = needed.reshape(-1).take(cell).nonzero()[0]
            owner, place = owner.take(kept), place.take(kept)
        found = self._table.take(place, axis=0)
        found[:, NODE] = owner
        return found

    def _following(self, followed: np.ndarray) -> np.ndarray:
        """The places of sequences, in sentences that have both parts."""
        both = self.words.take(followed[1], axis=0) & self.words.take(followed[2], axis=0)
        met = occupied(both).nonzero()[0]
        both = _unpacked(both.take(met, axis=0))
        nodes, first, then, within = followed.take(met, axis=1)
        found = follow(self._gather(first, both), self._gather(then, both), within, self.size)
        found[:, NODE] = nodes.take(found[:, NODE])
        return found

    def _either(self, alternatives: np.ndarray) -> np.ndarray:
        """The places of all parts, each once for a node."""
        nodes, parts = alternatives
        found = self._gather(parts)
        found[:, NODE] = nodes.take(found[:, NODE])
        found = in_order(found, self.size)
        return found.compress(~_again(found), axis=0)

    def _with_polarity(self, kind: str, pairs: np.ndarray) -> np.ndarray:
        nodes, parts = pairs
        found = self._gather(parts)
        found = found.compress(self._polar(kind, found), axis=0)
        found[:, NODE] = nodes.take(found[:, NODE])
        return found


def _hits(plan: Plan, text: str, starts: np.ndarray, ends: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Where terms stand inside one sentence: a table with terms for nodes."""
    if not len(starts):
        return np.zeros((0, 4), dtype=np.int32)
    term, start, end = plan.trie.find(text)
    sentence = starts.searchsorted(start, side="right") - 1
    inside = ((sentence >= 0) & (end <= ends.take(sentence)) & readable.take(sentence)).nonzero()[0]
    kept = inside.take(_order(term.take(inside), len(plan.terms)))
    found = np.empty((len(kept), 4), dtype=np.int32)
    for column, values in enumerate((term, sentence, start, end)):
        found[:, column] = values.take(kept)
    return found


def _order(numbers: np.ndarray, limit: int) -> np.ndarray:
    """What sorts numbers below a limit and leaves equal ones in their order."""
    if limit < 1 << 16:
        numbers = numbers.astype(np.uint16)  # which numpy sorts in linear time
    return numbers.argsort(kind="stable")


def occupied(words: np.ndarray) -> np.ndarray:
    """Which rows have any bit set; a fifth of ``any(axis=1)``, for rows are short."""
    return np.bitwise_or.reduce(words.T.copy()) != 0


def _sets(words: np.ndarray) -> list[int]:
    """Each row as one number."""
    content, width = words.tobytes(), words.shape[1] * words.itemsize
    return [int.from_bytes(content[at : at + width], "little") for at in range(0, len(content), width)]


def _unpacked(words: np.ndarray) -> np.ndarray:
    """Rows of bits as rows of true and false."""
    return np.unpackbits(words.view(np.uint8), axis=1, bitorder="little").view(bool)


def _changes(values: np.ndarray) -> np.ndarray:
    """Where each run of equal values begins."""
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins.nonzero()[0]


def _mark(bits: np.ndarray, table: np.ndarray):
    """Set the bit of each place's sentence in its node's row."""
    place = table[:, NODE].astype(np.int64) * bits.shape[1] + (table[:, SENTENCE] >> 3)
    np.bitwise_or.at(bits.reshape(-1), place, _BITS[table[:, SENTENCE] & 7])


def in_order(table: np.ndarray, size: int) -> np.ndarray:
    """The places of each node in the order of the text; all offsets are below ``size``."""
    return table.take(_key(table, size, START, END).argsort(), axis=0)


def _again(table: np.ndarray) -> np.ndarray:
    """Which rows are the same as the one before them."""
    again = np.zeros(len(table), dtype=bool)
    halves = np.ascontiguousarray(table).view(np.int64)
    again[1:] = (halves[1:, 0] == halves[:-1, 0]) & (halves[1:, 1] == halves[:-1, 1])
    return again


def _key(table: np.ndarray, size: int, *rows: int) -> np.ndarray:
    """One number for each place that orders the table by node and the rows named; faster than sorting by each."""
    key = table[:, NODE].astype(np.int64)
    for row in rows:
        key = key * size + table[:, row]
    return key


def follow(first: np.ndarray, then: np.ndarray, within: np.ndarray, size: int) -> np.ndarray:
    """Places from a ``first`` to a ``then`` of the same node and sentence, ``within[node]`` characters apart at most.

    All offsets are below ``size``. Each ``then`` goes with the nearest that precedes it, so that a chain of .. misses
    nothing.
    """
    first = first.take(_key(first, size, END, START).argsort(), axis=0)
    at = _key(first, size, END).searchsorted(_key(then, size, START), side="right") - 1
    preceded = (at >= 0).nonzero()[0]
    then, near = then.take(preceded, axis=0), first.take(at.take(preceded), axis=0)
    holds = (near[:, NODE] == then[:, NODE]) & (near[:, SENTENCE] == then[:, SENTENCE])
    holds &= then[:, START] - near[:, END] <= within.take(then[:, NODE])
    found = then.compress(holds, axis=0)
    found[:, START] = near[:, START].compress(holds)
    return found


def merge(tables: list[np.ndarray], size: int) -> np.ndarray:
    """The different places of several tables, in the order of the text."""
    found = np.concatenate(tables)
    found[:, NODE] = 0
    found = in_order(found, size)
    return found.compress(~_again(found), axis=0)  # a tenth of np.unique by rows
