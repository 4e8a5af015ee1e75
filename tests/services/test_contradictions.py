import pytest

from checks.services.contradictions import IMPLIES, TOGETHER, contradictions

MARK, CONSENT, IMPACT = TOGETHER[0]


@pytest.mark.parametrize(
    ("verdicts", "found"),
    [
        ({}, {}),
        ({MARK: "not_applicable", CONSENT: "not_applicable", IMPACT: "not_applicable"}, {}),
        ({MARK: "compliant", CONSENT: "non_compliant", IMPACT: "partial"}, {}),
        ({MARK: "not_applicable", CONSENT: "", IMPACT: ""}, {}),  # the others are not decided
        ({MARK: "not_applicable", CONSENT: "compliant"}, {MARK: [CONSENT]}),
        ({MARK: "not_applicable", CONSENT: "partial", IMPACT: "non_compliant"}, {MARK: [CONSENT, IMPACT]}),
        ({"FACE-5-BIOMETRIC": "compliant", MARK: "not_applicable"}, {MARK: ["FACE-5-BIOMETRIC"]}),
        ({"FACE-5-BIOMETRIC": "not_applicable", MARK: "compliant"}, {}),  # other sensitive information remains
        ({"PIPL-39-NOTICE": "non_compliant", "PIPL-55-PIA": "not_applicable"}, {"PIPL-55-PIA": ["PIPL-39-NOTICE"]}),
        ({"PIPL-39-NOTICE": "not_applicable", "PIPL-55-PIA": "non_compliant"}, {}),
        ({"PIPL-17-IDENTITY": "compliant", "PIPL-17-CONTACT-VALID": "not_applicable"},
         {"PIPL-17-CONTACT-VALID": ["PIPL-17-IDENTITY"]}),
        ({"PIPL-17-IDENTITY": "non_compliant", "PIPL-17-CONTACT-VALID": "not_applicable"}, {}),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_found(verdicts, found):
    assert contradictions(verdicts) == found


def test_a_code_is_named_once_for_each_contradiction():
    both = contradictions({MARK: "compliant", CONSENT: "not_applicable", "FACE-5-BIOMETRIC": "compliant"})
    assert both == {CONSENT: [MARK, "FACE-5-BIOMETRIC"]}


def test_the_tables_name_requirements_of_the_shipped_checklist():
    from django.conf import settings

    shipped = {path.stem for path in (settings.BASE_DIR / "checks" / "checklists").rglob("*.yaml")}
    named = {code for group in TOGETHER for code in group}
    named |= {name for code, _saying, others in IMPLIES for name in (code, *others)}
    assert named <= shipped
