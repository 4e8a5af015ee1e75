"""Cohen's kappa against values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.agreement import agreement


def pairs(**counts):
    """``pairs(yy=20, yn=5)``: twenty times both y, five times first y, second n."""
    return [tuple(said) for said, count in counts.items() for _ in range(count)]


@pytest.mark.parametrize(
    ("said", "raw", "kappa"),
    [
        (pairs(yy=20, yn=5, ny=10, nn=15), 0.7, 0.4),  # (0.7 - 0.5) / (1 - 0.5)
        (pairs(yy=5, nn=5), 1.0, 1.0),
        (pairs(yn=5, ny=5), 0.0, -1.0),
        (pairs(yy=1, yn=1, ny=1, nn=1), 0.5, 0.0),
        (pairs(yy=7), 1.0, None),  # one and the same answer: chance would do as well
        (pairs(yn=7), 0.0, 0.0),
        ([], None, None),
    ],
)
def test_it_is_what_it_is_by_hand(said, raw, kappa):
    found = agreement(said)
    assert (found.raw, found.pairs) == (raw, len(said))
    assert found.kappa == (None if kappa is None else pytest.approx(kappa))


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), max_size=60))
def test_it_stays_within_its_bounds_and_does_not_care_who_was_first(said):
    found = agreement(said)
    swapped = agreement([(second, first) for first, second in said])
    assert found == swapped
    if found.kappa is not None:
        assert -1 <= found.kappa <= 1
        assert (found.kappa == 1) == (found.raw == 1)
