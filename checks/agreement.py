"""How far two people agree, beyond what chance alone would give. Pure: values in, values out."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """``raw``: the share of pairs that are the same; ``kappa``: Cohen's, None where there is nothing to measure."""

    pairs: int
    same: int
    kappa: float | None

    @property
    def raw(self) -> float | None:
        return self.same / self.pairs if self.pairs else None


def agreement(pairs: Iterable[tuple[Hashable, Hashable]]) -> Agreement:
    """The agreement of two people from what each said of the same things.

    Cohen's kappa is (observed − expected) / (1 − expected). It is None without pairs, and where both gave one and the
    same answer throughout: then they would agree by chance as often as they did.
    """
    pairs = list(pairs)
    same = sum(first == second for first, second in pairs)
    firsts, seconds = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    by_chance = sum(firsts[value] * seconds[value] for value in firsts)  # of len(pairs) squared, in whole numbers
    total = len(pairs) ** 2
    if by_chance == total:
        return Agreement(len(pairs), same, None)
    return Agreement(len(pairs), same, (same * len(pairs) - by_chance) / (total - by_chance))
