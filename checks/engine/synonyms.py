"""Words that stand where the words of a group stand: suggestions from the texts themselves, offline and repeatable.

For every place of a group's words the two characters before and the two after are remembered. Another word between
the same neighbours is a candidate; one that shares several different pairs of neighbours is suggested, best first.
Few texts or rare words give no suggestions rather than poor ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from ahocorasick_rs import AhoCorasick

from .matching import Text
from .normal import normal_term

NEIGHBOURS = 2  # characters on each side
LONGEST = 5
PAIRS = 400  # most frequent pairs of neighbours that are looked at
CONSIDERED = 60  # candidates that are weighed
LEAST_PAIRS = 2  # different neighbours a suggestion must share
# Characters that join words: what begins or ends with one is a piece of a sentence, not a word.
JOINING = set("的了和与及或在将会对为是其等也并被把从到向给由于以之而该此这那各所我日他如若可能不未再已")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A word, how many different pairs of neighbours it shares with the group, how often, and one sentence with it."""

    word: str
    pairs: int
    times: int
    text: int  # number of the text the sentence is from
    start: int  # of the sentence, in that text
    end: int


def suggest(words: Sequence[str], texts: Sequence[Text], *, limit: int = 12) -> list[Suggestion]:
    """Words used in the same places as ``words`` in the texts; empty when the texts show none."""
    terms = sorted({normal_term(word) for word in words} - {""})
    if not terms or not texts:
        return []
    pairs = _pairs_around(terms, texts)
    if not pairs:
        return []
    after: dict[str, set[str]] = defaultdict(set)
    for left, right in pairs:
        after[left].add(right)
    shared: dict[str, set] = defaultdict(set)
    times: Counter = Counter()
    first: dict[str, tuple[int, int]] = {}
    lefts = sorted(after)
    automaton = AhoCorasick(lefts)
    for number, text in enumerate(texts):
        normal = text.normal
        for which, _, begin in automaton.find_matches_as_indexes(normal, overlapping=True):
            left = lefts[which]
            for length in range(2, LONGEST + 1):
                right = normal[begin + length : begin + length + NEIGHBOURS]
                if right not in after[left]:
                    continue
                word = normal[begin : begin + length]
                if not _is_word(word) or any(term in word or word in term for term in terms):
                    continue
                shared[word].add((left, right))
                times[word] += 1
                first.setdefault(word, (number, begin))
    ranked = sorted((-len(found), -times[word], word) for word, found in shared.items() if len(found) >= LEAST_PAIRS)
    found: list[Suggestion] = []
    for word in _by_likeness([word for _, _, word in ranked[:CONSIDERED]], shared, texts):
        # A part of a better word, or a better word with a bit more, says nothing new.
        if any(word in better.word or better.word in word for better in found):
            continue
        if place := _sentence(texts, *first[word]):
            found.append(Suggestion(word, len(shared[word]), times[word], *place))
        if len(found) == limit:
            break
    return found


def _by_likeness(words: list[str], shared: dict, texts: Sequence[Text]) -> list[str]:
    """The words by shared neighbours; what mostly stands elsewhere, as everyday words do, counts for less."""
    weight = {}
    for word in words:
        everywhere = sum(text.normal.count(word) for text in texts)
        weight[word] = len(shared[word]) ** 2 / sqrt(max(everywhere, 1))
    return sorted(words, key=lambda word: (-weight[word], word))


def _pairs_around(terms: list[str], texts: Sequence[Text]) -> list[tuple[str, str]]:
    counted: Counter = Counter()
    automaton = AhoCorasick(terms)
    for text in texts:
        normal = text.normal
        for _, start, end in automaton.find_matches_as_indexes(normal, overlapping=True):
            left, right = normal[max(0, start - NEIGHBOURS) : start], normal[end : end + NEIGHBOURS]
            if len(left) == len(right) == NEIGHBOURS and any(char.isalnum() for char in left + right):
                counted[left, right] += 1
    return [pair for pair, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:PAIRS]]


def _is_word(word: str) -> bool:
    return word.isalpha() and not word.isascii() and word[0] not in JOINING and word[-1] not in JOINING


def _sentence(texts: Sequence[Text], number: int, at: int) -> tuple[int, int, int] | None:
    text = texts[number]
    index = int(text.starts.searchsorted(at, side="right")) - 1
    if index < 0:
        return None
    sentence = text.outline.sentences[index]
    return number, sentence.start, sentence.end
