"""Labelled lists: 「接收方：…；目的：…；信息种类：…」, on one line or one field below the other."""

from __future__ import annotations

import re

from .passages import Passage, Reading, passage

_VALUE_END = re.compile(r"[\n；;]|。(?=\s|$)")
APART = 160  # characters; a field that stands further away belongs to another text


def fields(**labels: str) -> re.Pattern:
    """A pattern for the labels of a list, each under the name it is asked for by."""
    words = "|".join(f"(?P<{name}>{label})" for name, label in labels.items())
    return re.compile(rf"(?:(?<=[\n；;，,。|\s、·•.）)])|^)\W{{0,4}}(?:{words})\s*[:：]\s*", re.I)


def read_blocks(page: Reading, pattern: re.Pattern, first: str) -> list[dict[str, Passage]]:
    """The values of each block that begins with the label ``first`` and has at least one more field."""
    text = page.original
    found = list(pattern.finditer(text))
    starts = [number for number, match in enumerate(found) if match.lastgroup == first]
    blocks = []
    for begin, stop in zip(starts, [*starts[1:], len(found)], strict=False):
        held: dict[str, Passage] = {}
        end = found[begin].end()
        for number in range(begin, stop):
            match = found[number]
            if match.start() - end > APART:
                break
            limit = found[number + 1].start() if number + 1 < len(found) else len(text)
            closing = _VALUE_END.search(text, match.end(), limit)
            value = passage(page, (match.end(), closing.start() if closing else limit))
            end = value.end if value else match.end()
            if value:
                held.setdefault(match.lastgroup, value)
        if first in held and len(held) >= 2:
            blocks.append(held)
    return blocks
