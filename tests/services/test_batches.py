import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checks.models import ActivityEntry, Batch, Decision
from checks.services import batches, handover, locks, review, verdicts

from .. import factories

pytestmark = pytest.mark.django_db


def revisions(audit, *codes):
    rows = audit.findings.filter(requirement__code__in=codes) if codes else audit.findings.all()
    return dict(rows.values_list("pk", "revision"))


def final(audit):
    return dict(audit.findings.order_by("position").values_list("requirement__code", "final_verdict"))


def actions(audit):
    return list(ActivityEntry.objects.filter(engagement=audit.engagement).values_list("action", flat=True))


def finding_of(audit, code):
    return audit.findings.select_related("requirement", "audit__engagement").get(requirement__code=code)


def test_the_plan_says_what_changes_and_why_the_rest_does_not(audit, team):
    factories.decide(finding_of(audit, "DEMO-1-IDENTITY"), by=team.lead)
    plan = batches.batch_plan(audit.findings.order_by("position"), verdict="")
    assert [planned.skipped for planned in plan] == ["decided", "", "", "", "", "undetermined"]
    plan = batches.batch_plan(audit.findings.order_by("position"), verdict="compliant", again=True)
    assert [planned.skipped for planned in plan] == ["same", "", "", "", "", ""]
    assert [planned.differs for planned in plan] == [False, True, True, True, True, True]


def test_proposals_are_confirmed_at_once_and_what_a_person_must_judge_stays(audit, team):
    by_hand = finding_of(audit, "DEMO-2-PURPOSE")
    factories.decide(by_hand, team.lead, "compliant", "附件里写全了。")
    batch = batches.batch_decide(by=team.auditor, audit=audit, revisions=revisions(audit))
    assert batch.count == 4  # six without the one decided and the one undetermined
    assert final(audit)["DEMO-2-PURPOSE"] == "compliant"
    assert final(audit)["DEMO-6-CONTRADICTION"] == ""
    done = audit.findings.exclude(pk=by_hand.pk).exclude(final_verdict="")
    assert all((row.final_verdict, row.revision) == (row.proposed_verdict, 1) for row in done)
    assert all(row.decisions.get().batch == batch for row in done)
    assert actions(audit) == ["findings.confirmed"]


def test_one_verdict_and_one_reason_for_many(audit, team):
    chosen = revisions(audit, "DEMO-3-RETENTION", "DEMO-6-CONTRADICTION")
    batch = batches.batch_decide(
        by=team.auditor, audit=audit, revisions=chosen, verdict="partial", reason=" 附件另有说明。 "
    )
    assert (batch.count, batch.reason) == (2, "附件另有说明。")
    assert final(audit)["DEMO-3-RETENTION"] == final(audit)["DEMO-6-CONTRADICTION"] == "partial"
    assert set(Decision.objects.values_list("reason", flat=True)) == {"附件另有说明。"}
    assert actions(audit) == ["findings.decided"]


def test_a_reason_is_needed_as_soon_as_one_differs(audit, team):
    with pytest.raises(verdicts.ReasonRequired):
        batches.batch_decide(by=team.auditor, audit=audit, revisions=revisions(audit), verdict="compliant", reason=" ")
    assert not Decision.objects.exists()
    chosen = revisions(audit, "DEMO-1-IDENTITY")  # proposed as compliant
    assert batches.batch_decide(by=team.auditor, audit=audit, revisions=chosen, verdict="compliant").count == 1


@pytest.mark.parametrize("verdict", ["undetermined", "fine"])
def test_only_a_final_verdict_is_given_to_many(audit, team, verdict):
    with pytest.raises(verdicts.NotAVerdict):
        batches.batch_decide(by=team.auditor, audit=audit, revisions=revisions(audit), verdict=verdict, reason="看过")


def test_what_was_decided_since_the_preview_stops_all_of_it(audit, team):
    seen = revisions(audit)
    factories.decide(finding_of(audit, "DEMO-1-IDENTITY"), by=team.lead)
    with pytest.raises(batches.StaleBatch):
        batches.batch_decide(by=team.auditor, audit=audit, revisions=seen)
    assert Decision.objects.count() == 1
    assert not Batch.objects.exists()


def test_findings_of_another_audit_are_left_alone(audit, team):
    foreign = factories.audit().findings.first()
    with pytest.raises(batches.NothingToDecide):
        batches.batch_decide(by=team.auditor, audit=audit, revisions={foreign.pk: 0})
    foreign.refresh_from_db()
    assert not foreign.is_decided


def test_the_whole_batch_is_taken_back_at_once(audit, team):
    factories.decide(finding_of(audit, "DEMO-1-IDENTITY"), team.lead, "partial", "地址不全。")
    batch = batches.batch_decide(
        by=team.auditor,
        audit=audit,
        revisions=revisions(audit),
        verdict="non_compliant",
        reason="整章缺失。",
        again=True,
    )
    assert set(final(audit).values()) == {"non_compliant"}
    undo = batches.batch_undo(by=team.lead, batch=batch)
    assert (undo.count, undo.undoes) == (6, batch)
    assert final(audit) == dict.fromkeys(final(audit), "") | {"DEMO-1-IDENTITY": "partial"}
    assert finding_of(audit, "DEMO-1-IDENTITY").decisions.last().reason == "地址不全。"
    assert actions(audit) == ["findings.undone", "findings.decided"]
    with pytest.raises(batches.BatchGone):
        batches.batch_undo(by=team.lead, batch=batch)


def test_taking_back_leaves_what_was_decided_otherwise_since(audit, team):
    batch = batches.batch_decide(by=team.auditor, audit=audit, revisions=revisions(audit))
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    review.finding_decide(by=team.lead, finding=finding, verdict="partial", reason="地址不全。", revision=1)
    assert batches.batch_undo(by=team.auditor, batch=batch).count == 4
    assert final(audit)["DEMO-1-IDENTITY"] == "partial"


def test_a_batch_decision_undone_alone_can_be_restored_alone(audit, team):
    batches.batch_decide(by=team.auditor, audit=audit, revisions=revisions(audit))
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    review.decision_undo(by=team.auditor, finding=finding, revision=1)
    assert review.decision_redo(by=team.auditor, finding=finding, revision=2).verdict == "compliant"


def test_deciding_many_answers_what_a_reviewer_sent_back(audit, team):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, by=team.auditor)
    handover.finding_send_back(by=team.reviewer, finding=finding, note="地址呢？", seen=0, revision=1)
    batches.batch_decide(
        by=team.auditor, audit=audit, revisions=revisions(audit), verdict="partial", reason="缺地址。", again=True
    )
    assert finding_of(audit, "DEMO-1-IDENTITY").second_look == "answered"


def test_a_signed_audit_takes_no_batch(signed_audit, team):
    with pytest.raises(locks.AuditSigned):
        batches.batch_decide(by=team.auditor, audit=signed_audit, revisions=revisions(signed_audit), again=True)


def test_it_costs_the_same_for_one_and_for_five(audit, team):
    costs = []
    for codes in (["DEMO-2-PURPOSE"], []):
        seen = revisions(audit, *codes)
        with CaptureQueriesContext(connection) as queries:
            batch = batches.batch_decide(by=team.auditor, audit=audit, revisions=seen, verdict="partial", reason="看。")
            batches.batch_undo(by=team.auditor, batch=batch)
        costs.append(len(queries))
    assert costs[0] == costs[1]
