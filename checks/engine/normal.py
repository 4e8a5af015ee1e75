"""Comparable text: the same words look the same, however they were typed, and every character knows where it came from.

White space and invisible characters are dropped, full-width forms become half-width, letters lower case, and
punctuation has one shape. Each remaining character maps to exactly one character of the original.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

INVISIBLE = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}
PUNCTUATION = str.maketrans(
    "，。；：！？（）【】［］“”‘’「」『』、．∶﹔﹕－—–／＆｜",
    ',.;:!?()[][]""\'\'"""",.:;:---/&|',
)


@cache
def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in [*range(0x4E00), *range(0xF900, 0x10000)]:  # the gap: ordinary characters, which stay as they are
        char = chr(code)
        if char.isspace() or char in INVISIBLE:
            table[code] = None
            continue
        folded = unicodedata.normalize("NFKC", char).lower()
        if len(folded) == 1 and folded != char:
            table[code] = folded
    for code, char in PUNCTUATION.items():
        table[code] = char if isinstance(char, str) else chr(char)
    return table


@cache
def _dropped() -> frozenset[str]:
    return frozenset(chr(code) for code, char in _table().items() if char is None)


@dataclass(frozen=True, slots=True)
class NormalText:
    """``text`` is for comparing; ``origin[i]`` is where its character ``i`` stands in the original."""

    text: str
    origin: list[int]


def normalise(original: str) -> NormalText:
    """Comparable form of a text with the map back; ``len(origin) == len(text)`` and origin rises strictly."""
    text = original.translate(_table())
    if len(text) == len(original):
        return NormalText(text, list(range(len(original))))
    dropped = _dropped()
    return NormalText(text, [i for i, char in enumerate(original) if char not in dropped])


def normal_term(term: str) -> str:
    """A term as it is looked for in comparable text."""
    return term.translate(_table())
