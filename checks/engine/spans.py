"""Where the terms of all rules stand in a text, and which of them follow one another, as arrays.

Asking each rule of each sentence costs a few Python calls each time, and a policy makes a thousand rules true. So the
places of one kind of node are worked out for all rules and the whole text together. A table of spans has four rows
(node, sentence, start, end) and a column for each place; columns are sorted by node, then by place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from ahocorasick_rs import AhoCorasick

from .rules import AnyOf, Followed, Node, Polarity, Terms

NODE, SENTENCE, START, END = range(4)
ANYWHERE = 1 << 30  # characters, for "followed" without a distance

# Says of each place of a table whether it has a polarity.
Polar = Callable[[str, np.ndarray], np.ndarray]


def ranges(begin: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The numbers begin, begin + 1, … of each pair, ``counts`` of them, one pair after the other."""
    after = np.cumsum(counts)
    return np.arange(after[-1] if len(after) else 0) + np.repeat(begin - after + counts, counts)


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
        return self.edges[chosen + 1] - self.edges[chosen]

    def values(self, chosen: np.ndarray) -> np.ndarray:
        """What stands in the lists, one list after the other."""
        return self.joined[ranges(self.edges[chosen], self.counts(chosen))]


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
    automaton: AhoCorasick
    keys: Lists  # node → its keys
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
    waves = [([], [], {}) for _ in range(max(depth.values(), default=0))]
    for i, node in enumerate(planned):
        keys.append([of_term[term] for term in node.terms] if isinstance(node, Terms) else [len(terms) + i])
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
        AhoCorasick(list(terms)),
        Lists.of(keys),
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

    ``starts`` and ``ends`` are those of the sentences, ``readable`` says which of them may be hit.
    """

    def __init__(self, plan: Plan, text: str, starts: np.ndarray, ends: np.ndarray, readable: np.ndarray, polar: Polar):
        self._plan, self._polar = plan, polar
        keys = len(plan.terms) + len(plan.number)
        self._table = np.zeros((4, 0), dtype=np.int32)
        self._begin = np.zeros(keys, dtype=np.int64)  # key → its columns in the table
        self._count = np.zeros(keys, dtype=np.int64)
        self._words = np.zeros((len(plan.number), len(starts) // 64 + 1), dtype=np.uint64)  # node → its sentences
        self._bits = self._words.view(np.uint8)
        self._holds = np.zeros(len(plan.number), dtype=bool)  # node → whether it holds anywhere
        self._keep(_hits(plan, text, starts, ends, readable))
        self.terms = np.flatnonzero(self._count)  # the numbers of those that occur
        self._mark_terms()
        for wave in plan.waves:
            found = [self._with_polarity(kind, pairs) for kind, pairs in wave.polarities.items()]
            found += [self._following(wave.followed), self._either(wave.alternatives)]
            found = np.concatenate(found, axis=1)
            _mark(self._bits, found)
            self._holds[found[NODE]] = True
            found = found[:, np.argsort(found[NODE], kind="stable")]
            found[NODE] += len(plan.terms)
            self._keep(found)

    def sentences(self, number: int) -> int:
        """The sentences that a node holds in, as a set of bits."""
        return int.from_bytes(self._words[number].tobytes(), "little") if self._holds[number] else 0

    def common(self, parts: Lists, wholes: np.ndarray) -> list[int]:
        """The sentences in which all parts of each whole hold, as sets of bits."""
        return _sets(self._common(parts, wholes))

    def _common(self, parts: Lists, wholes: np.ndarray) -> np.ndarray:
        if not len(wholes):
            return self._words[:0]
        counts = parts.counts(wholes)
        return np.bitwise_and.reduceat(self._words[parts.values(wholes)], np.cumsum(counts) - counts, axis=0)

    def of_wholes(self, parts: Lists, wholes: np.ndarray, merged: np.ndarray) -> np.ndarray:
        """A table, with wholes for nodes, of the places of their parts in the sentences that have all of them.

        Of ``merged`` wholes each place comes once.
        """
        row = np.repeat(np.arange(len(wholes)), parts.counts(wholes))
        found = self._gather(parts.values(wholes), self._common(parts, wholes).view(np.uint8)[row])
        found[NODE] = row[found[NODE]]
        found = in_order(found)
        found = found[:, ~(_again(found) & merged[found[NODE]])]
        found[NODE] = wholes[found[NODE]]
        return found

    def of(self, number: int) -> np.ndarray:
        """The table of one node, in the order of the text."""
        return in_order(self._gather(np.asarray([number])))

    def _keep(self, found: np.ndarray):
        """Add a table, sorted by keys, that has keys for nodes."""
        first = np.flatnonzero(np.diff(found[NODE], prepend=-1))
        keys = found[NODE, first]
        self._begin[keys] = first + self._table.shape[1]
        self._count[keys] = np.diff(first, append=found.shape[1])
        self._table = np.concatenate((self._table, found), axis=1)

    def _mark_terms(self):
        """Set the sentences of nodes of terms: all those that one of their terms occurs in."""
        of_term = np.zeros((len(self.terms) + 1, self._words.shape[1]), dtype=np.uint64)
        local = np.zeros(len(self._count), dtype=np.int64)
        local[self.terms] = np.arange(len(self.terms))
        hits = self._table.copy()
        hits[NODE] = local[hits[NODE]]
        _mark(of_term.view(np.uint8), hits)
        keys = self._plan.keys
        occurs = np.flatnonzero(self._count[keys.joined])
        nodes = np.searchsorted(keys.edges, occurs, side="right") - 1
        first = np.flatnonzero(np.diff(nodes, prepend=-1))
        if len(first):
            rows = of_term[local[keys.joined[occurs]]]
            self._words[nodes[first]] = np.bitwise_or.reduceat(rows, first, axis=0)
        self._holds[nodes] = True

    def _gather(self, nodes: np.ndarray, needed: np.ndarray | None = None) -> np.ndarray:
        """The places of nodes, each node's row here for its number; only in ``needed`` sentences, bits by row."""
        key = self._plan.keys.values(nodes)
        row = np.repeat(np.arange(len(nodes)), self._plan.keys.counts(nodes))
        occur = np.flatnonzero(self._count[key])
        key, row = key[occur], row[occur]
        counts = self._count[key]
        row, column = np.repeat(row, counts), ranges(self._begin[key], counts)
        if needed is not None:
            sentence = self._table[SENTENCE, column]
            kept = np.flatnonzero(needed[row, sentence >> 3] >> (sentence & 7) & 1)
            row, column = row[kept], column[kept]
        found = self._table[:, column]
        found[NODE] = row
        return found

    def _following(self, followed: np.ndarray) -> np.ndarray:
        """The places of sequences, in sentences that have both parts."""
        nodes, first, then, within = followed[:, self._holds[followed[1]] & self._holds[followed[2]]]
        both = self._words[first] & self._words[then]
        met = np.flatnonzero(both.any(axis=1))
        nodes, first, then, within, both = nodes[met], first[met], then[met], within[met], both[met].view(np.uint8)
        found = follow(self._gather(first, both), self._gather(then, both), within)
        found[NODE] = nodes[found[NODE]]
        return found

    def _either(self, alternatives: np.ndarray) -> np.ndarray:
        """The places of all parts, each once for a node."""
        nodes, parts = alternatives
        found = self._gather(parts)
        found[NODE] = nodes[found[NODE]]
        found = in_order(found)
        return found[:, ~_again(found)]

    def _with_polarity(self, kind: str, pairs: np.ndarray) -> np.ndarray:
        nodes, parts = pairs
        found = in_order(self._gather(parts))
        found = found[:, self._polar(kind, found)]
        found[NODE] = nodes[found[NODE]]
        return found


def _hits(plan: Plan, text: str, starts: np.ndarray, ends: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Where terms stand inside one sentence: a table with terms for nodes."""
    found = plan.automaton.find_matches_as_indexes(text, overlapping=True) if len(starts) else []
    flat = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=3 * len(found))
    term, start, end = flat.reshape(-1, 3).T.astype(np.int32)
    sentence = np.searchsorted(starts, start, side="right") - 1
    inside = (sentence >= 0) & (end <= ends[sentence]) & readable[sentence] if len(starts) else slice(0)
    hits = np.stack((term, sentence.astype(np.int32), start, end))[:, inside]
    if len(plan.terms) < 1 << 16:
        term = term.astype(np.uint16)  # which numpy sorts in linear time
    return hits[:, np.argsort(term[inside], kind="stable")]


def _sets(words: np.ndarray) -> list[int]:
    """Each row as one number."""
    content, width = words.tobytes(), words.shape[1] * words.itemsize
    return [int.from_bytes(content[at : at + width], "little") for at in range(0, len(content), width)]


def _mark(bits: np.ndarray, table: np.ndarray):
    """Set the bit of each place's sentence in its node's row."""
    np.bitwise_or.at(bits, (table[NODE], table[SENTENCE] >> 3), (1 << (table[SENTENCE] & 7)).astype(np.uint8))


def in_order(table: np.ndarray) -> np.ndarray:
    """The places of each node in the order of the text."""
    return table[:, np.argsort(_key(table, START, END))]


def _again(table: np.ndarray) -> np.ndarray:
    """Which columns are the same as the one before them."""
    again = np.zeros(table.shape[1], dtype=bool)
    again[1:] = np.all(table[:, 1:] == table[:, :-1], axis=0)
    return again


def _key(table: np.ndarray, *rows: int) -> np.ndarray:
    """One number for each place that orders the table by node and two rows more; faster than sorting by three."""
    size = int(table[END].max(initial=0)) + 1
    key = table[NODE].astype(np.int64)
    for row in rows:
        key = key * size + table[row]
    return key


def follow(first: np.ndarray, then: np.ndarray, within: np.ndarray) -> np.ndarray:
    """Places from a ``first`` to a ``then`` of the same node and sentence, ``within[node]`` characters apart at most.

    Each ``then`` goes with the nearest that precedes it, so that a chain of .. misses nothing.
    """
    first, then = first[:, np.argsort(_key(first, END, START))], in_order(then)
    size = int(max(then[START].max(initial=0), first[END].max(initial=0))) + 1
    ends = first[NODE].astype(np.int64) * size + first[END]
    at = np.searchsorted(ends, then[NODE].astype(np.int64) * size + then[START], side="right") - 1
    then, at = then[:, at >= 0], at[at >= 0]
    near = first[:, at]
    holds = (near[NODE] == then[NODE]) & (near[SENTENCE] == then[SENTENCE])
    holds &= then[START] - near[END] <= within[then[NODE]]
    found = then[:, holds]
    found[START] = near[START, holds]
    return found


def merge(tables: list[np.ndarray]) -> np.ndarray:
    """The different places of several tables, in the order of the text."""
    found = np.concatenate(tables, axis=1)
    found[NODE] = 0
    return np.unique(found, axis=1)
