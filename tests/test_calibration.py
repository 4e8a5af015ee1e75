import pytest

from checks.accuracy import Judgement, is_held_out
from checks.calibration import HELD_WEIGHT, LEAN, confidences, cross_validated, write_confidences
from checks.engine import load_checklist

from .engine.test_checklist import write_directory

HELD = next(f"policy{i}" for i in range(100) if is_held_out(f"policy{i}"))
OPEN = next(f"policy{i}" for i in range(100) if not is_held_out(f"policy{i}"))


def rows(policy, code, proposed, right, wrong):
    def row(gold):
        return Judgement(policy, code, gold, proposed, 0.5, None, "", (), (), "")

    return [row(proposed)] * right + [row("not_applicable")] * wrong


def test_proposals_that_were_often_right_are_surer():
    judged = rows(HELD, "A", "partial", 18, 2) + rows(HELD, "B", "partial", 4, 16)
    found = confidences(judged)
    assert found["A"]["partial"] > 0.8 > found["B"]["partial"]


def test_rare_proposals_lean_towards_the_general_precision():
    judged = rows(HELD, "A", "partial", 50, 50) + rows(HELD, "B", "partial", 1, 0)
    expected = (HELD_WEIGHT + LEAN * 51 / 101) / (HELD_WEIGHT + LEAN)
    assert confidences(judged)["B"]["partial"] == pytest.approx(expected, abs=0.01)


def test_policies_the_rules_were_written_on_count_less():
    held = rows(HELD, "A", "partial", 8, 2)
    flattered = confidences(held + rows(OPEN, "A", "partial", 100, 0))
    right, all_ = 8 * HELD_WEIGHT + 80, 10 * HELD_WEIGHT + 100
    assert flattered["A"]["partial"] == pytest.approx((right + LEAN * 0.8) / (all_ + LEAN), abs=0.01)


def test_a_policy_does_not_vouch_for_its_own_confidence():
    other = next(f"p{i}" for i in range(99) if is_held_out(f"p{i}"))
    table = cross_validated(rows(HELD, "A", "partial", 9, 0) + rows(other, "A", "partial", 0, 9))
    assert [(row["stated"] > 0.9, row["right"]["share"]) for row in table] == [(False, 1.0), (True, 0.0)]


def test_the_figures_go_into_the_files_and_nothing_else_changes(tmp_path):
    write_directory(tmp_path)
    before = load_checklist(tmp_path)
    assert write_confidences(tmp_path, {"TEST-1": {"partial": 0.75}}) == 1
    after = load_checklist(tmp_path)
    assert after.requirements[0].confidence == {"partial": 0.75}
    content = dict(after.requirements[0].content)
    assert content.pop("confidence") == {"partial": 0.75}
    assert content == before.requirements[0].content
    assert write_confidences(tmp_path, {"TEST-1": {"partial": 0.75}}) == 0
