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


UNMET = finding("critical", "non_compliant")
IN_PART = finding("critical", "partial")
MAJOR = finding("major", "non_compliant")


@pytest.mark.parametrize(
    ("findings", "thresholds", "opinion"),
    [
        ([UNMET], {"grave_from_critical": 2}, "deficiencies"),
        ([UNMET, UNMET], {"grave_from_critical": 2}, "major_deficiencies"),
        ([MAJOR] * 4, {"grave_from_major": 5}, "deficiencies"),
        ([MAJOR] * 5, {"grave_from_major": 5}, "major_deficiencies"),
        ([MAJOR] * 40, {}, "deficiencies"),
        ([IN_PART], {"deficient_from_partial": 2}, "improvable"),
        ([IN_PART, IN_PART], {"deficient_from_partial": 2}, "deficiencies"),
        ([MAJOR], {"deficient_from_major": 3}, "improvable"),
        ([UNMET], {"grave_from_critical": 3, "deficient_from_partial": 5, "deficient_from_major": 10}, "deficiencies"),
    ],
)
def test_an_organisation_may_say_how_many_it_takes(findings, thresholds, opinion):
    assert overall_opinion(findings, (), thresholds) == opinion
