"""Whether two texts are the same policy at two times: how alike they are, and what differs.

A sketch is the few smallest hashes of a text's five-character pieces (bottom-k MinHash): it is small enough to be kept
beside the text, and two sketches tell the share of pieces that two texts have in common. Sketches are kept with the
policies: change how they are made, and the old ones no longer compare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np

PIECE = 5  # characters
SKETCH = 200  # hashes; the estimate is within about 0.07 of the truth
FACTOR = np.uint64(0x9E3779B97F4A7C15)
ALIKE = 0.5  # of all pieces. Two policies of one template, for two companies, lie below it as a rule
TITLE = re.compile("隐私|个人信息|privacy", re.I)
DECORATION = re.compile(r"20\d\d年.*|v?\d[\d.]*版?|[\s#*_《》“”\"'|【】\[\]()（）-]+")


@dataclass(frozen=True, slots=True)
class Difference:
    """How many lines the newer text adds, takes away, and has in other words."""

    added: int
    removed: int
    changed: int


def sketch(text: str) -> list[int]:
    """The fingerprint of a text; the same text gives the same one everywhere. Empty for a text without letters."""
    plain = "".join(filter(str.isalnum, text)).lower()
    letters = np.frombuffer(plain.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    count = max(1, len(letters) - PIECE + 1)
    if not len(letters):
        return []
    letters = np.pad(letters, (0, max(0, PIECE - len(letters))))
    hashes = np.zeros(count, dtype=np.uint64)
    for at in range(PIECE):
        hashes = hashes * FACTOR + letters[at : at + count]  # wraps around at 64 bits, on every machine
    hashes ^= hashes >> np.uint64(29)  # the upper bits must depend on every letter alike
    hashes *= FACTOR
    return np.unique(hashes >> np.uint64(32))[:SKETCH].tolist()


def likeness(one: list[int], other: list[int]) -> float:
    """From two sketches: about how large a share of all their pieces both texts have, 0..1."""
    if not one or not other:
        return 0.0
    first, second = set(one), set(other)
    union = sorted(first | second)[:SKETCH]
    return len(first.intersection(second, union)) / len(union)


def titles_agree(one: str, other: str) -> bool:
    """Whether two texts may be of the same product: their titles are equal, or one of them has none."""
    first, second = title(one), title(other)
    return not first or not second or first == second


def title(text: str) -> str:
    """The first line that names a policy, without decoration, version and date; "" when there is none near the top."""
    for line in [line.strip() for line in text[:600].splitlines() if line.strip()][:6]:
        if len(line) <= 40 and TITLE.search(line):
            return DECORATION.sub("", line)
    return ""


def difference(older: str, newer: str) -> Difference:
    """What the newer text has otherwise, counted in lines that hold something."""
    lines = [[line.strip() for line in text.splitlines() if line.strip()] for text in (older, newer)]
    added = removed = changed = 0
    for kind, start, end, new_start, new_end in SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = end - start, new_end - new_start
        both = min(gone, come)
        changed += both
        removed += gone - both
        added += come - both
    return Difference(added, removed, changed)
