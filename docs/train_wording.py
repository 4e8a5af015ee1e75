"""Make ``checks/engine/data/wording.npz`` from a folder of privacy policies (plain text).

    python docs/train_wording.py CORPUS [--without LABELLED]

Texts that are (nearly) the same as one in LABELLED are left out, so that measuring on those is honest. What is kept
are hashes of short contexts with the one character that nearly always stands there, and bitmaps of hashed pairs and
runs of characters that occur in several texts.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from checks.engine.factsheet import Page
from checks.engine.garbled import LEFT_RIGHT, SLOTS, WEIGHTS, check_of, codes_of, context_hash, is_han, slot_of
from checks.engine.outline import build_outline

CONTEXT_TEXTS = 24  # texts a context must occur in
DOMINANT = 0.985  # share of them with the same character between
PAIR_TEXTS = 3
RUN_TEXTS = 12


def flat(text: str) -> str:
    return "".join(text.split())


def grams(text: str) -> set[int]:
    """Hashes of all stretches of 24 characters."""
    joined = flat(text)
    return {hash(joined[i : i + 24]) for i in range(max(1, len(joined) - 24))}


def sample(text: str) -> set[int]:
    """Hashes of every twelfth stretch: enough to recognise a text by."""
    joined = flat(text)
    return {hash(joined[i : i + 24]) for i in range(0, max(1, len(joined) - 24), 12)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--without", type=Path)
    args = parser.parse_args()
    texts = [path.read_text("utf-8", errors="replace") for path in sorted(args.corpus.glob("*.txt"))]
    if args.without:
        labelled = [grams(path.read_text("utf-8", errors="replace")) for path in sorted(args.without.glob("*.txt"))]
        texts = [text for text in texts if not any(_like(sample(text), other, 0.5) for other in labelled)]
    texts = _different(texts)
    print(len(texts), "texts")
    rows: dict[str, list[np.ndarray]] = {"context": [], "pairs": [], "runs": []}
    for text in texts:
        page = Page(text, build_outline(text))
        codes, n = codes_of(page.text), len(page.text)

        def at(shift: int, codes=codes, n=n) -> np.ndarray:
            return codes[3 + shift : 3 + shift + n]

        han = is_han(at(0))
        found = []
        for kind, (left, right) in enumerate(LEFT_RIGHT):
            columns = [at(i) for i in range(-left, 0)] + [at(i) for i in range(1, right + 1)]
            good = han & np.all([is_han(column) | (column == 44) for column in columns], axis=0)
            found.append(np.stack([context_hash(columns, kind)[good], at(0)[good]]))
        rows["context"].append(np.unique(np.concatenate(found, axis=1), axis=1))
        rows["pairs"].append(np.unique(context_hash([at(0), at(1)], 7)))
        rows["runs"].append(np.unique(context_hash([at(-1), at(0), at(1), at(2)], 7)[han & is_han(at(1))]))
    slots, expected = _contexts(np.concatenate(rows["context"], axis=1))
    WEIGHTS.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        WEIGHTS,
        slots=slots,
        expected=expected,
        pairs=_bitmap(np.concatenate(rows["pairs"]), PAIR_TEXTS),
        runs=_bitmap(np.concatenate(rows["runs"]), RUN_TEXTS),
    )
    print(len(slots), "contexts,", WEIGHTS.stat().st_size, "bytes")


def _like(own: set[int], other: set[int], share: float) -> bool:
    return len(own & other) > share * len(own)


def _different(texts: list[str]) -> list[str]:
    """One of each family of nearly equal texts: their slips would look like usage."""
    kept: list[tuple[str, set[int]]] = []
    for text in texts:
        own = sample(text)
        if not any(_like(own, other, 0.8) for _, other in kept):
            kept.append((text, grams(text)))
    return [text for text, _ in kept]


def _contexts(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.lexsort((rows[1], rows[0]))
    keys, chars = rows[0][order], rows[1][order]
    starts = np.flatnonzero(np.r_[True, (keys[1:] != keys[:-1]) | (chars[1:] != chars[:-1])])
    counts = np.diff(np.r_[starts, len(keys)])
    keys, chars = keys[starts], chars[starts]
    first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    totals = np.add.reduceat(counts, first)
    best = np.maximum.reduceat(counts, first)
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(keys)]))
    good = (totals >= CONTEXT_TEXTS) & (best >= DOMINANT * totals)
    pick = np.flatnonzero(good[group] & (counts == best[group]))
    hashes = keys[pick]
    entries = (check_of(hashes).astype(np.uint32) << np.uint32(16)) | chars[pick].astype(np.uint32)
    slots, at = np.unique(slot_of(hashes), return_index=True)
    return slots.astype(np.uint32), entries[at]


def _bitmap(hashes: np.ndarray, texts: int) -> np.ndarray:
    values, counts = np.unique(hashes, return_counts=True)
    bits = np.zeros(1 << SLOTS, dtype=np.uint8)
    bits[slot_of(values[counts >= texts])] = 1
    return np.packbits(bits)


if __name__ == "__main__":
    main()
