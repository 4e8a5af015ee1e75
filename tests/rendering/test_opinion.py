import pytest

from checks.rendering.opinion import gravest_first, overall_opinion


def finding(severity, verdict, code=""):
    return {"severity": severity, "verdict": verdict, "code": code}


@pytest.mark.parametrize(
    ("pairs", "opinion"),
    [
        ([("critical", "non_compliant"), ("minor", "compliant")], "major_deficiencies"),
        ([("critical", "partial")], "deficiencies"),
        ([("major", "non_compliant")], "deficiencies"),
        ([("major", "partial"), ("critical", "compliant")], "improvable"),
        ([("advisory", "non_compliant")], "improvable"),
        ([("critical", "undetermined"), ("major", "compliant")], "incomplete"),
        ([("critical", "undetermined"), ("minor", "partial")], "improvable"),
        ([("critical", "compliant"), ("critical", "not_applicable")], "no_gaps"),
        ([], "no_gaps"),
    ],
)
def test_the_first_rule_that_applies_gives_the_opinion(pairs, opinion):
    assert overall_opinion([finding(*pair) for pair in pairs]) == opinion


def test_an_observation_counts_like_a_requirement_that_is_not_met():
    fine = [finding("critical", "compliant")]
    assert overall_opinion(fine, [{"severity": "critical"}]) == "major_deficiencies"
    assert overall_opinion(fine, [{"severity": "major"}]) == "deficiencies"
    assert overall_opinion(fine, [{"severity": "advisory"}]) == "improvable"
    assert overall_opinion([finding("critical", "non_compliant")], [{"severity": "minor"}]) == "major_deficiencies"


def test_gaps_come_by_severity_then_verdict_then_in_checklist_order():
    findings = [
        finding("minor", "non_compliant", "d"),
        finding("critical", "partial", "b"),
        finding("critical", "compliant", "none"),
        finding("critical", "non_compliant", "a"),
        finding("major", "partial", "c"),
        finding("minor", "non_compliant", "e"),
    ]
    assert [gap["code"] for gap in gravest_first(findings)] == ["a", "b", "c", "d", "e"]
