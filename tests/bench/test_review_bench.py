"""The bench of the review works, and what it measures does not grow with the number of audits. `make bench` measures."""

import pytest

from .many import many_audits
from .review import WANTED_SWAP, measure, report
from .test_speed import SAMPLES

pytestmark = pytest.mark.django_db


def test_figures_of_a_small_office():
    world = many_audits(3, SAMPLES["good_2026"].read_text("utf-8"))
    few = measure(world, rounds=6)
    assert len(list(report(few))) > len(few)
    assert max(few["decision"]["sent"]) < WANTED_SWAP
    assert few["decision"]["queries"] <= 17
    assert few["finding_detail"]["queries"] <= 10
