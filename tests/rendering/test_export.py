import json

import pytest

from checks.rendering.export import audit_to_json

from .. import factories

pytestmark = pytest.mark.django_db


def test_the_export_has_the_command_lines_shape_and_the_decisions(signed_audit, team):
    data = audit_to_json(signed_audit)
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {
        "schema",
        "policy",
        "checklist",
        "engine",
        "findings",
        "digest",
        "decisions",
        "evidence_changes",
        "observations",
    }
    assert set(data["findings"][0]) == {
        "code", "verdict", "severity", "confidence", "rationale", "elements", "evidence", "standing_evidence", "searched",
    }  # fmt: skip
    assert data["schema"] == 1
    assert data["digest"] == signed_audit.result_digest
    assert data["policy"]["sha256"] == signed_audit.policy_version.sha256


def test_quotes_can_be_cut_from_the_text_again(signed_audit):
    text = signed_audit.policy_version.text
    pieces = [piece for finding in audit_to_json(signed_audit)["findings"] for piece in finding["evidence"]]
    assert pieces
    assert all(text[piece["start"] : piece["end"]] == piece["quote"] for piece in pieces)


def test_proposed_verdicts_stay_and_decisions_stand_beside_them(audit, team):
    finding = audit.findings.get(requirement__code="DEMO-3-RETENTION")
    factories.decide(finding, team.lead, "compliant", "看错了。")
    factories.decide(finding, team.auditor, "partial", "附件写明了期限。")
    data = audit_to_json(audit)
    exported = next(row for row in data["findings"] if row["code"] == "DEMO-3-RETENTION")
    assert exported["verdict"] == "non_compliant"
    decisions = [(row["code"], row["proposed"], row["verdict"], row["reason"], row["by"]) for row in data["decisions"]]
    assert decisions == [
        ("DEMO-3-RETENTION", "non_compliant", "compliant", "看错了。", team.lead.get_username()),
        ("DEMO-3-RETENTION", "non_compliant", "partial", "附件写明了期限。", team.auditor.get_username()),
    ]
    assert all(row["at"] for row in data["decisions"])


def test_observations_come_with_their_earlier_versions(audit, team):
    observation = factories.observation(audit, by=team.auditor)
    factories.revise_observation(observation, by=team.lead, severity="critical")
    [exported] = audit_to_json(audit)["observations"]
    assert (exported["number"], exported["withdrawn"], exported["severity"]) == (1, False, "critical")
    assert [version["severity"] for version in exported["earlier"]] == ["major"]
    text = audit.policy_version.text
    for piece in exported["evidence"]:
        assert text[piece["start"] : piece["end"]] == piece["quote"]
