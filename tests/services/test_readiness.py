import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checks.models import Audit, EvidenceChange, FindingChange
from checks.services import blind, handover, planning, readiness, review

from .. import factories

pytestmark = pytest.mark.django_db


def look(audit, **signer):
    return readiness.readiness(audit, **signer)


def kinds(obstacles):
    return [obstacle.code for obstacle in obstacles]


def finding_of(audit, code):
    return audit.findings.select_related("requirement", "audit__engagement").get(requirement__code=code)


def test_every_undecided_finding_is_an_obstacle_that_leads_to_it(audit, team):
    obstacles = look(audit)
    assert kinds(obstacles) == ["undecided"] * 6
    first = audit.findings.first()
    assert (obstacles[0].finding_id, obstacles[0].requirement) == (first.pk, "DEMO-1-IDENTITY")
    assert "DEMO-1-IDENTITY" in obstacles[0].message
    assert obstacles[0].blocking


def test_a_decided_audit_is_ready(audit, team):
    factories.decide_all(audit, by=team.auditor)
    assert look(audit) == []
    assert look(audit, signer=team.reviewer) == []


def test_an_override_without_a_reason_is_an_obstacle(audit, team):
    finding = audit.findings.get(proposed_verdict="partial")
    factories.decide(finding, team.auditor, "compliant", reason="  ")
    factories.decide_all(audit, by=team.auditor)
    (obstacle,) = look(audit)
    assert (obstacle.code, obstacle.finding_id) == ("override_without_reason", finding.pk)


def test_a_decision_taken_back_is_an_obstacle_again(audit, team):
    factories.decide_all(audit, by=team.auditor)
    review.decision_undo(by=team.auditor, finding=audit.findings.first(), revision=1)
    assert kinds(look(audit)) == ["undecided"]


def test_the_signer_is_told_who_decided(audit, team):
    factories.decide_all(audit, by=team.auditor)
    (obstacle,) = look(audit, signer=team.auditor)
    assert obstacle.code == "signer_decided"
    assert "6" in obstacle.message


def test_an_audit_without_findings_is_not_ready(audit):
    empty = Audit.objects.create(**{
        field.name: getattr(audit, field.name) for field in Audit._meta.concrete_fields if not field.primary_key
    })  # fmt: skip
    assert kinds(look(empty)) == ["no_findings"]


def test_what_was_sent_back_blocks_until_it_is_decided_again(audit, team):
    factories.decide_all(audit, by=team.auditor)
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    handover.finding_send_back(by=team.reviewer, finding=finding, note="第三条没有写目的。", seen=0, revision=1)
    (obstacle,) = look(audit)
    assert (obstacle.code, obstacle.blocking) == ("sent_back", True)
    review.finding_decide(by=team.auditor, finding=finding, verdict="partial", reason="已核对。", revision=1)
    assert look(audit) == []


def test_a_mark_for_discussion_blocks(audit, team):
    factories.decide_all(audit, by=team.auditor)
    planning.finding_discuss(by=team.auditor, finding=finding_of(audit, "DEMO-2-PURPOSE"), wanted=True, seen=0)
    assert [(row.code, row.blocking) for row in look(audit)] == [("in_discussion", True)]


def test_an_open_comment_is_worth_a_look_and_blocks_nothing(audit, team):
    factories.decide_all(audit, by=team.auditor)
    comment = review.comment_add(by=team.viewer, finding=finding_of(audit, "DEMO-2-PURPOSE"), text="请再看。")
    assert [(row.code, row.blocking) for row in look(audit)] == [("open_comments", False)]
    review.comment_settle(by=team.auditor, comment=comment, resolved=True)
    assert look(audit) == []


def test_a_grave_finding_needs_words_on_what_has_to_be_done(engagement, team):
    version = factories.checklist_version()
    requirement = version.requirements.get(code="DEMO-3-RETENTION")
    silent = requirement.content | {"remediation_zh": ""}
    type(requirement).objects.filter(pk=requirement.pk)
    audit = factories.audit(engagement, checklist_version=version)
    bare = type(requirement).objects.create(
        version=version, position=90, code="DEMO-90-OWN", domain="storage", kind="disclosure", severity="major",
        title_zh="补充", title_en="More", content=silent,
    )  # fmt: skip
    finding = factories.finding(audit, bare, "non_compliant")
    factories.decide_all(audit, by=team.auditor)
    (obstacle,) = look(audit)
    assert (obstacle.code, obstacle.finding_id, obstacle.blocking) == ("no_remediation", finding.pk, True)
    planning.remediation_write(by=team.auditor, finding=finding, text="写明保存三年，到期删除。", seen=0)
    assert look(audit) == []


def test_compliant_without_any_evidence_left_blocks(audit, team):
    factories.decide_all(audit, by=team.auditor)
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    piece = finding.evidence.get()
    EvidenceChange.objects.create(
        finding=finding, act="00000000-0000-4000-8000-000000000001", kind="removed", start=piece.start, end=piece.end,
        quote=piece.quote, element=piece.element, changed_by=team.auditor, changed_at=timezone.now(),
    )  # fmt: skip
    assert kinds(look(audit)) == ["evidence_removed"]


def test_a_newer_version_of_the_policy_is_worth_a_look(audit, team):
    factories.decide_all(audit, by=team.auditor)
    newer = factories.policy_version(document=audit.policy_version.document)
    (obstacle,) = look(audit)
    assert (obstacle.code, obstacle.blocking, obstacle.policy_version_id) == ("superseded", False, newer.pk)


def test_verdicts_that_do_not_go_together_are_named(engagement, team):
    version = factories.checklist_version()
    sample = version.requirements.first()
    audit = factories.audit(engagement, checklist_version=version)
    for place, (code, verdict) in enumerate(
        [("PIPL-28-SENSITIVE-MARK", "not_applicable"), ("PIPL-29-SEPARATE-CONSENT", "non_compliant")], start=80
    ):
        requirement = type(sample).objects.create(
            version=version, position=place, code=code, domain="sensitive", kind="disclosure", severity="major",
            title_zh="敏感", title_en="Sensitive", content=sample.content,
        )  # fmt: skip
        factories.finding(audit, requirement, verdict)
    factories.decide_all(audit, by=team.auditor)
    (obstacle,) = look(audit)
    assert (obstacle.code, obstacle.requirement, obstacle.blocking) == (
        "contradictory", "PIPL-28-SENSITIVE-MARK", False
    )  # fmt: skip
    assert "PIPL-29-SEPARATE-CONSENT" in obstacle.message


def test_a_blind_review_blocks_until_it_is_over_and_every_difference_settled(audit, team):
    second = factories.second_auditor(audit.engagement)
    review_of = blind.blind_start(by=team.lead, audit=audit, second=second)
    factories.decide_all(audit, by=team.auditor)
    assert kinds(look(audit)) == ["blind_running"]
    factories.give_opinions(review_of, {"DEMO-2-PURPOSE": "compliant"})
    blind.opinions_hand_in(by=second, blind=review_of)
    assert kinds(look(audit)) == ["unresolved"]
    comparison = review_of.comparisons.get(finding__requirement__code="DEMO-2-PURPOSE")
    blind.disagreement_resolve(
        by=team.lead, comparison=comparison, verdict="partial", reason="以第一人为准。", revision=1
    )
    assert look(audit) == []


def test_it_costs_the_same_for_any_number_of_findings(audit, team):
    factories.decide_all(audit, by=team.auditor)
    costs = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            look(audit, signer=team.auditor)
        costs.append(len(queries))
        for finding in audit.findings.all():
            review.comment_add(by=team.viewer, finding=finding, text="请再看。")
            FindingChange.objects.create(
                finding=finding, kind="discussion", value="1", made_by=team.auditor, made_at=timezone.now()
            )
    assert costs[0] == costs[1] <= 8
