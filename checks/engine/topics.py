"""What each sentence is about: a linear model over hashed character n-grams, in plain NumPy.

Features of a sentence are its character 1–5-grams, and with less weight the 1–2-grams of the sentence before, the one
after, the line that leads a list in, the sentences around, the heading above and the titles above that (the hashing
trick, Weinberger et al. 2009). One weight vector a topic, eight bits a weight. The scores rank sentences well and cut
them badly: use them to rank and to colour, never as a verdict.

The weights in ``data/topics.npz`` were trained by ``manage.py train_topics`` on CAPP-130 (Zhu et al., NeurIPS 2023,
CC BY 4.0); no sentence of it is in this project. ``docs/topics.md`` tells how, and how well it does.
"""

from __future__ import annotations

from bisect import bisect_left
from copy import copy
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
OWN_BITS, OWN_GRAMS = 17, 5
NEAR_BITS, NEAR_GRAMS = 12, 2
NEAR_WEIGHT = 0.4
REACH, AROUND_WEIGHT = 4, 0.15  # sentences up to four away, those next to it apart
CHAPTER_WEIGHT = 0.3
_NEAR_STARTS = [(1 << OWN_BITS) + block * (1 << NEAR_BITS) for block in range(6)]
SIZE = _NEAR_STARTS[-1] + (1 << NEAR_BITS)  # own, before, after, lead-in, around, heading, chapters
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
        self.bits = bits
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
        self.counts = _counts(self.parts, len(strings))

    def shortened(self, bits: int, longest: int) -> Grams:
        """What ``Grams(strings, bits, longest)`` is, for no more bits and length than these, without hashing again."""
        short = copy(self)
        short.bits = bits
        short.parts = [(rows, columns >> (self.bits - bits)) for rows, columns in self.parts[:longest]]
        short.counts = _counts(short.parts, len(self.counts))
        return short

    @property
    def rows(self) -> np.ndarray:
        return np.concatenate([rows for rows, _ in self.parts] or [np.zeros(0, dtype=np.int32)])

    @property
    def columns(self) -> np.ndarray:
        return np.concatenate([columns for _, columns in self.parts] or [np.zeros(0, dtype=np.int32)])


def _counts(parts: list[tuple[np.ndarray, np.ndarray]], strings: int) -> np.ndarray:
    return sum((np.bincount(rows, minlength=strings) for rows, _ in parts), np.zeros(strings))


def features(
    sentences: list[str], headings: list[str], chapters: list[str] | None = None
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Sparse features of sentences in document order; what is given is that of ``topic_scores``.

    Blocks (own, before, after, lead-in, around, heading, chapters), each as (row, column, value); columns are into the
    weights. A block may name the same row and column more than once: the values add up.
    """
    own = Grams(sentences, OWN_BITS, OWN_GRAMS)
    near = own.shortened(NEAR_BITS, NEAR_GRAMS)
    every, leads = np.arange(len(sentences)), _leads(sentences, headings)
    led = np.flatnonzero(leads >= 0)
    shifts = [shift for shift in range(-REACH, REACH + 1) if abs(shift) > 1]
    seers = [every[max(0, -shift) : max(0, len(every) - max(0, shift))] for shift in shifts]
    seen = np.concatenate([rows + shift for rows, shift in zip(seers, shifts, strict=True)])
    blocks = [
        _seen(own, every, every, 1.0, 0),
        _seen(near, every[1:], every[:-1], NEAR_WEIGHT, _NEAR_STARTS[0]),
        _seen(near, every[:-1], every[1:], NEAR_WEIGHT, _NEAR_STARTS[1]),
        _seen(near, led, leads[led], NEAR_WEIGHT, _NEAR_STARTS[2]),
        _seen(near, np.concatenate(seers), seen, AROUND_WEIGHT, _NEAR_STARTS[3]),
    ]
    for titles, weight, start in _titles(headings, chapters):
        names, which = _distinct(titles)
        blocks.append(_seen(Grams(names, NEAR_BITS, NEAR_GRAMS), every, which, weight, start))
    return blocks


def _seen(grams: Grams, rows: np.ndarray, sources: np.ndarray, weight: float, start: int):
    """Features of the strings ``sources`` as those of the sentences ``rows``, their columns from ``start`` on."""
    order = np.argsort(grams.rows, kind="stable")
    columns = grams.columns[order]
    firsts = np.searchsorted(grams.rows[order], np.arange(len(grams.counts) + 1))
    sizes = firsts[sources + 1] - firsts[sources]
    places = np.repeat(firsts[sources] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    values = weight / np.sqrt(np.maximum(grams.counts, 1))
    return np.repeat(rows, sizes), columns[places] + start, np.repeat(values[sources], sizes)


def _titles(headings: list[str], chapters: list[str] | None):
    """What stands above the sentences, with its weight and where its columns begin."""
    yield headings, NEAR_WEIGHT, _NEAR_STARTS[4]
    if chapters is not None:
        yield chapters, CHAPTER_WEIGHT, _NEAR_STARTS[5]


def _distinct(titles: list[str]) -> tuple[list[str], np.ndarray]:
    """Each title once, and which of these every sentence has."""
    number = {name: at for at, name in enumerate(dict.fromkeys(titles))}
    return list(number), np.array([number[title] for title in titles], dtype=np.int64)


@cache
def _model() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights in eight bits, their scale by topic, and what is added to every score."""
    with np.load(WEIGHTS) as data:
        return data["weights"], data["scale"].astype(np.float32), data["bias"].astype(np.float32)


@cache
def _near() -> np.ndarray:
    """Weights of a sentence for those that see it before, after, as lead-in and around them, side by side."""
    return np.hstack([_model()[0][start : start + (1 << NEAR_BITS)] for start in _NEAR_STARTS[:4]])


def _leads(sentences: list[str], headings: list[str]) -> np.ndarray:
    """For each sentence the last one before it, under the same heading, that ends in a colon; -1 where none does."""
    colons = np.array([sentence.endswith(":") for sentence in sentences], dtype=bool)
    fresh = np.array([row == 0 or headings[row] != headings[row - 1] for row in range(len(headings))], dtype=bool)
    every = np.arange(len(sentences))
    last = np.maximum.accumulate(np.where(colons, every, -1))
    leads = np.concatenate([[-1], last])[:-1]
    return np.where(leads >= np.maximum.accumulate(np.where(fresh, every, 0)), leads, -1)


def topic_scores(sentences: list[str], headings: list[str], chapters: list[str] | None = None) -> np.ndarray:
    """Scores of sentences in document order: an array sentences × TOPICS, above 0 where the topic is likely.

    All is comparable text (see ``normal``): ``headings[i]`` stands above sentence ``i``, and ``chapters[i]``, where
    given, holds the titles above that heading (see ``titles_above``).
    What is summed is that of ``features``; small whole numbers are added up, and scaled at the end.
    """
    weights, scale, offset = _model()
    own = Grams(sentences, OWN_BITS, OWN_GRAMS)
    sums = _sums(own, weights[: 1 << OWN_BITS])
    if sentences:
        near = _sums(own.shortened(NEAR_BITS, NEAR_GRAMS), _near())
        before, after, lead_in, around = np.split(near, 4, axis=1)
        sums[1:] += NEAR_WEIGHT * before[:-1]
        sums[:-1] += NEAR_WEIGHT * after[1:]
        leads = _leads(sentences, headings)
        led = np.flatnonzero(leads >= 0)
        sums[led] += NEAR_WEIGHT * lead_in[leads[led]]
        for shift in range(2, REACH + 1):
            sums[shift:] += AROUND_WEIGHT * around[:-shift]
            sums[:-shift] += AROUND_WEIGHT * around[shift:]
        for titles, weight, start in _titles(headings, chapters):
            names, which = _distinct(titles)
            above = _sums(Grams(names, NEAR_BITS, NEAR_GRAMS), weights[start : start + (1 << NEAR_BITS)])
            sums += weight * above[which]
    return sums * scale + offset


def titles_above(outline: Outline) -> tuple[list[str], list[str]]:
    """Of each section: its title, and the titles of the sections it is in, nearest first; comparable text."""
    titles = [normal_term(section.title) for section in outline.sections]
    above: list[str] = []
    for section in outline.sections:
        parent = section.parent
        above.append("" if parent is None else titles[parent] + above[parent])
    return titles, above


def outline_topics(sentences: list[str], outline: Outline) -> np.ndarray:
    """``topic_scores`` of the sentences of an outline, given as comparable text."""
    titles, above = titles_above(outline)
    sections = [outline.clauses[sentence.clause].section for sentence in outline.sentences]
    return topic_scores(
        sentences,
        ["" if section is None else titles[section] for section in sections],
        ["" if section is None else above[section] for section in sections],
    )


def _sums(grams: Grams, weights: np.ndarray) -> np.ndarray:
    """The weights of each string's n-grams added up, divided by the root of their number."""
    sums = np.zeros((len(grams.counts), weights.shape[1]), dtype=np.int32)
    for rows, columns in grams.parts:
        if len(rows):
            first = np.flatnonzero(np.diff(rows, prepend=-1))
            sums[rows[first]] += np.add.reduceat(weights.take(columns, axis=0), first, axis=0, dtype=np.int32)
    return sums * (1 / np.sqrt(np.maximum(grams.counts, 1))).astype(np.float32)[:, None]


def section_topics(text: str, outline: Outline) -> list[tuple[str, ...]]:
    """What each section of an outline is about, in their order: at most two of TOPICS, the main one first.

    A topic counts that at least four tenths of the section's text, subsections included, are about.
    """
    if not outline.sections:
        return []
    scores = outline_topics([normal_term(text[s.start : s.end]) for s in outline.sentences], outline)
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
