"""What each sentence is about: a linear model over hashed character n-grams, in plain NumPy.

Features of a sentence are its character 1–4-grams, and with less weight the 1–3-grams of the sentence before, the one
after and the heading above it (the hashing trick, Weinberger et al. 2009). One weight vector a topic, eight bits a
weight. The scores rank sentences well and cut them badly: use them to rank and to colour, never as a verdict.

The weights in ``data/topics.npz`` were trained by ``manage.py train_topics`` on CAPP-130 (Zhu et al., NeurIPS 2023,
CC BY 4.0); no sentence of it is in this project. ``docs/topics.md`` tells how, and how well it does.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cache
from pathlib import Path

import numpy as np

from .entities import Outline, Role
from .normal import normal_term

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
SHOWN_TOPICS, MAIN_SHARE = 2, 0.4  # of a section
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
        self.parts: list[tuple[np.ndarray, np.ndarray]] = []  # rows and columns of each length, rows rising
        hashed = np.zeros(len(codes), dtype=np.uint32)
        for n in range(1, longest + 1):
            length = len(codes) - n + 1
            if length <= 0:
                break
            hashed = (hashed[:length] + codes[n - 1 :]) * _MULTIPLIER
            hashed ^= hashed >> np.uint32(15)
            inside = owner[:length] == owner[n - 1 :]
            self.parts.append((owner[:length][inside], (hashed[inside] >> np.uint32(32 - bits)).astype(np.int32)))
        self.counts = sum((np.bincount(rows, minlength=len(strings)) for rows, _ in self.parts), np.zeros(len(strings)))

    @property
    def rows(self) -> np.ndarray:
        return np.concatenate([rows for rows, _ in self.parts] or [np.zeros(0, dtype=np.int32)])

    @property
    def columns(self) -> np.ndarray:
        return np.concatenate([columns for _, columns in self.parts] or [np.zeros(0, dtype=np.int32)])


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
    order = np.argsort(above.rows, kind="stable")
    of_heading = above.columns[order]
    starts = np.searchsorted(above.rows[order], np.arange(len(names) + 1))
    rows, columns, values = [], [], []
    for number, name in enumerate(names):
        part = of_heading[starts[number] : starts[number + 1]] + base + 2 * step
        for row in of_name[name]:
            rows.append(np.full(len(part), row, dtype=np.int32))
            columns.append(part)
            values.append(np.full(len(part), above_value[number]))
    if rows:
        blocks.append((np.concatenate(rows), np.concatenate(columns), np.concatenate(values)))
    return blocks


@cache
def _model() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights in eight bits, their scale by topic, and what is added to every score."""
    with np.load(WEIGHTS) as data:
        offset = data["bias"].astype(np.float32) - data["threshold"].astype(np.float32)
        return data["weights"], data["scale"].astype(np.float32), offset


def topic_scores(sentences: list[str], headings: list[str]) -> np.ndarray:
    """Scores of sentences in document order: an array sentences × TOPICS, above 0 where the topic is likely.

    ``sentences`` and ``headings`` are comparable text (see ``normal``); ``headings[i]`` stands above sentence ``i``.
    What is summed is that of ``features``; small whole numbers are added up, and scaled at the end.
    """
    weights, scale, offset = _model()
    base, step = 1 << OWN_BITS, 1 << NEAR_BITS
    names = list(dict.fromkeys(headings))
    number = {name: at for at, name in enumerate(names)}
    own, near = Grams(sentences, OWN_BITS, OWN_GRAMS), Grams(sentences, NEAR_BITS, NEAR_GRAMS)
    sums = _sums(own, weights[:base], 1.0)
    if sentences:
        sums[1:] += _sums(near, weights[base : base + step], NEAR_WEIGHT)[:-1]
        sums[:-1] += _sums(near, weights[base + step : base + 2 * step], NEAR_WEIGHT)[1:]
        above = _sums(Grams(names, NEAR_BITS, NEAR_GRAMS), weights[base + 2 * step :], NEAR_WEIGHT)
        sums += above[[number[heading] for heading in headings]]
    return sums * scale + offset


def _sums(grams: Grams, weights: np.ndarray, value: float) -> np.ndarray:
    """The weights of each string's n-grams added up, divided by the root of their number."""
    sums = np.zeros((len(grams.counts), weights.shape[1]), dtype=np.int32)
    for rows, columns in grams.parts:
        if len(rows):
            first = np.flatnonzero(np.diff(rows, prepend=-1))
            sums[rows[first]] += np.add.reduceat(weights[columns], first, axis=0, dtype=np.int32)
    return sums * (value / np.sqrt(np.maximum(grams.counts, 1))).astype(np.float32)[:, None]


def section_topics(text: str, outline: Outline) -> list[tuple[str, ...]]:
    """What each section of an outline is about, in their order: at most two of TOPICS, the main one first.

    A topic counts that at least four tenths of the section's text, subsections included, are about.
    """
    if not outline.sections:
        return []
    titles = [normal_term(section.title) for section in outline.sections]
    above = [outline.clauses[sentence.clause].section for sentence in outline.sentences]
    scores = topic_scores(
        [normal_term(text[sentence.start : sentence.end]) for sentence in outline.sentences],
        ["" if section is None else titles[section] for section in above],
    )
    lengths = np.array([s.end - s.start if s.role is Role.BODY else 0 for s in outline.sentences], dtype=np.int64)
    told = np.vstack([np.zeros(len(TOPICS)), np.cumsum((scores > 0) * lengths[:, None], axis=0)])
    sizes = np.concatenate([[0], np.cumsum(lengths)])
    starts = [sentence.start for sentence in outline.sentences]
    found = []
    for section in outline.sections:
        first, last = bisect_left(starts, section.heading_end), bisect_left(starts, section.end)
        size = max(1, sizes[last] - sizes[first])
        shares = (told[last] - told[first]) / size
        order = np.argsort(-shares, kind="stable")[:SHOWN_TOPICS]
        found.append(tuple(TOPICS[topic] for topic in order if shares[topic] >= MAIN_SHARE))
    return found
