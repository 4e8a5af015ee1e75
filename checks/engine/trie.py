"""Many terms looked for at once, from all characters of a text together.

A double array (Aoe 1989) holds the terms' prefixes: a state's child for a letter stands at ``base[state] + letter``,
and ``parent`` says whether the child that stands there is its own. All characters of the text take one step down at
the same time, as one look-up in an array, and most are out after two. An automaton that goes from character to
character (ahocorasick_rs) hands out a tuple for each find, which for thousands of finds costs seven times as much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_ROOT = 0


class Trie:
    """Terms, each known by its place in their order. Equal terms are one: the last."""

    def __init__(self, terms: Sequence[str]):
        codes = sorted({ord(char) for term in terms for char in term})
        letters = {chr(code): letter for letter, code in enumerate(codes, 1)}  # 0 is a character of no term
        self._letters = np.zeros(max(codes, default=0) + 2, dtype=np.int64)
        self._letters[codes] = range(1, len(codes) + 1)
        children: list[dict[int, int]] = [{}]
        ends: dict[int, int] = {}  # prefix → the term that it is
        for number, term in enumerate(terms):
            at = _ROOT
            for char in term:
                below = children[at]
                at = below.setdefault(letters[char], len(children))
                if at == len(children):
                    children.append({})
            ends[at] = number
        self._longest = max(map(len, terms), default=0)
        bases = _placed(children)
        states = [_ROOT] * len(children)  # prefix → where it stands
        for prefix, below in enumerate(children):
            for letter, child in below.items():
                states[child] = bases[prefix] + letter
        size = max(bases) + len(codes) + 1
        self._base = np.zeros(size, dtype=np.int64)
        self._base[states] = bases
        self._parent = np.full(size, -1)
        for prefix, below in enumerate(children):
            for child in below.values():
                self._parent[states[child]] = states[prefix]
        self._term = np.full(size, -1, dtype=np.int32)
        self._term[[states[prefix] for prefix in ends]] = list(ends.values())
        self._term[_ROOT] = -1

    def find(self, text: str) -> np.ndarray:
        """All finds, also such as overlap: rows for term, start and end; those of one term in the order of the text."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        letters = np.zeros(len(codes) + self._longest, dtype=np.int64)  # beyond the end there is no letter
        letters[: len(codes)] = self._letters.take(codes, mode="clip")
        start = letters.nonzero()[0]
        state = letters.take(start) + self._base[_ROOT]
        parent: np.ndarray | int = _ROOT
        found = [np.zeros((3, 0), dtype=np.int32)]
        for length in range(1, self._longest + 1):
            own = (self._parent.take(state) == parent).nonzero()[0]
            if not len(own):
                break
            start, parent = start.take(own), state.take(own)
            term = self._term.take(parent)
            hit = (term >= 0).nonzero()[0]
            begin = start.take(hit)
            found.append(np.asarray((term.take(hit), begin, begin + length), dtype=np.int32))
            state = self._base.take(parent) + letters.take(start + length)
        return np.concatenate(found, axis=1)


def _placed(children: list[dict[int, int]]) -> list[int]:
    """The lowest base for each prefix that puts no child where another stands; places taken are bits of a number."""
    bases = [0] * len(children)
    taken = 0
    for prefix in sorted(range(len(children)), key=lambda prefix: -len(children[prefix])):
        if not (below := children[prefix]):
            break
        blocked = 0
        for letter in below:
            blocked |= taken >> letter
        base = bases[prefix] = (~blocked & (blocked + 1)).bit_length() - 1
        for letter in below:
            taken |= 1 << base + letter
    return bases
