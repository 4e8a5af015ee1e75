"""What each sentence is about: a linear model over hashed character n-grams, in plain NumPy.

Features of a sentence are its character 1–4-grams, and with less weight the 1–3-grams of the sentence before, the one
after and the heading above it (the hashing trick, Weinberger et al. 2009). One weight vector a topic, eight bits a
weight. The scores rank sentences well and cut them badly: use them to rank and to colour, never as a verdict.

The weights in ``data/topics.npz`` were trained by ``manage.py train_topics`` on CAPP-130 (Zhu et al., NeurIPS 2023,
CC BY 4.0); no sentence of it is in this project. ``docs/topics.md`` tells how, and how well it does.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

WEIGHTS = Path(__file__).parent / "data" / "topics.npz"
TOPICS = (
    "collection",
    "use",
    "sharing",
    "permission",
    "control",
    "security",
    "retention",
    "special_audience",
    "change",
    "contact",
    "cessation",
)
OWN_BITS, OWN_GRAMS = 15, 4
NEAR_BITS, NEAR_GRAMS = 12, 3
NEAR_WEIGHT = 0.5
SIZE = (1 << OWN_BITS) + 3 * (1 << NEAR_BITS)  # own, before, after, heading
_MULTIPLIER = np.uint32(2654435761)
_KEPT = np.zeros(0x10000, dtype=bool)
_KEPT[[c for c in range(0x10000) if chr(c).isalnum()]] = True


class Grams:
    """Hashed n-grams of many strings at once.

    ``rows`` and ``columns``: string number and feature of each n-gram; ``counts``: n-grams of each string.
    """

    def __init__(self, strings: list[str], bits: int, longest: int):
        joined = "".join(strings)
        codes = np.frombuffer(joined.encode("utf-16-le"), dtype=np.uint16)
        if len(codes) != len(joined):  # characters beyond the basic plane: each counts as one
            codes = np.fromiter((min(ord(char), 0xFFFF) for char in joined), dtype=np.uint16, count=len(joined))
        owner = np.repeat(np.arange(len(strings), dtype=np.int32), [len(string) for string in strings])
        kept = _KEPT[codes]
        codes, owner = codes[kept].astype(np.uint32), owner[kept]
        rows, columns = [], []
        hashed = np.zeros(len(codes), dtype=np.uint32)
        for n in range(1, longest + 1):
            length = len(codes) - n + 1
            if length <= 0:
                break
            hashed = (hashed[:length] + codes[n - 1 :]) * _MULTIPLIER
            hashed ^= hashed >> np.uint32(15)
            inside = owner[:length] == owner[n - 1 :]
            rows.append(owner[:length][inside])
            columns.append((hashed[inside] >> np.uint32(32 - bits)).astype(np.int32))
        self.rows = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)
        self.columns = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int32)
        self.counts = np.bincount(self.rows, minlength=len(strings))


def features(sentences: list[str], headings: list[str]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Sparse features of sentences in document order, ``headings[i]`` being the heading above sentence ``i``.

    Four blocks (own, before, after, heading), each as (row, column, value); columns are into the weights.
    """
    own = Grams(sentences, OWN_BITS, OWN_GRAMS)
    near = Grams(sentences, NEAR_BITS, NEAR_GRAMS)
    names = list(dict.fromkeys(headings))
    above = Grams(names, NEAR_BITS, NEAR_GRAMS)
    own_value = 1 / np.sqrt(np.maximum(own.counts, 1))
    near_value = NEAR_WEIGHT / np.sqrt(np.maximum(near.counts, 1))
    above_value = NEAR_WEIGHT / np.sqrt(np.maximum(above.counts, 1))
    base, step = 1 << OWN_BITS, 1 << NEAR_BITS
    blocks = [(own.rows, own.columns, own_value[own.rows])]
    for block, shift in ((0, 1), (1, -1)):
        rows = near.rows + shift
        inside = (rows >= 0) & (rows < len(sentences))
        blocks.append((rows[inside], near.columns[inside] + base + block * step, near_value[near.rows[inside]]))
    of_name = {name: [] for name in names}
    for row, heading in enumerate(headings):
        of_name[heading].append(row)
    starts = np.searchsorted(above.rows, np.arange(len(names) + 1))
    rows, columns, values = [], [], []
    for number, name in enumerate(names):
        part = above.columns[starts[number] : starts[number + 1]] + base + 2 * step
        for row in of_name[name]:
            rows.append(np.full(len(part), row, dtype=np.int32))
            columns.append(part)
            values.append(np.full(len(part), above_value[number]))
    if rows:
        blocks.append((np.concatenate(rows), np.concatenate(columns), np.concatenate(values)))
    return blocks


@cache
def _model() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    with np.load(WEIGHTS) as data:
        weights = data["weights"].astype(np.float32) * data["scale"].astype(np.float32)
        return weights, data["bias"].astype(np.float32), data["threshold"].astype(np.float32)


def topic_scores(sentences: list[str], headings: list[str]) -> np.ndarray:
    """Scores of sentences in document order: an array sentences × TOPICS, above 0 where the topic is likely.

    ``sentences`` and ``headings`` are comparable text (see ``normal``); ``headings[i]`` stands above sentence ``i``.
    """
    weights, bias, threshold = _model()
    scores = np.tile(bias - threshold, (len(sentences), 1))
    for rows, columns, values in features(sentences, headings):
        if len(rows) == 0:
            continue
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        weighted = weights[columns[order]] * values[order, None].astype(np.float32)
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        scores[rows[first]] += np.add.reduceat(weighted, first, axis=0)
    return scores
