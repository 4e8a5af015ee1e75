import pytest

from checks.models import ActivityEntry, Audit, Finding, Notification
from checks.services import handover, locks, planning, review

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding(audit, team):
    row = audit.findings.select_related("requirement", "audit__engagement").get(requirement__code="DEMO-2-PURPOSE")
    factories.decide(row, by=team.auditor)
    return row


def stored(finding):
    return Finding.objects.get(pk=finding.pk)


def told():
    return list(Notification.objects.order_by("id").values_list("user__username", "kind"))


def test_a_reviewer_agrees(finding, team):
    change = handover.finding_agree(by=team.reviewer, finding=finding, seen=0, revision=1)
    assert stored(finding).second_look == "agreed"
    assert handover.finding_agree(by=team.reviewer, finding=finding, seen=change.pk, revision=1) is None
    assert finding.changes.count() == 1


def test_what_is_sent_back_tells_who_decided_and_whose_it_is(finding, team):
    planning.finding_assign(by=team.lead, finding=finding, user=team.lead, seen=0)
    handover.finding_send_back(by=team.reviewer, finding=finding, note=" 目的写在哪一条？ ", seen=0, revision=1)
    assert stored(finding).second_look == "sent_back"
    assert finding.changes.last().note == "目的写在哪一条？"
    assert sorted(told()) == sorted([(team.auditor.username, "sent_back"), (team.lead.username, "sent_back")])


def test_sending_back_needs_words(finding, team):
    with pytest.raises(handover.NoteRequired):
        handover.finding_send_back(by=team.reviewer, finding=finding, note=" ", seen=0, revision=1)
    assert stored(finding).second_look == ""


def test_deciding_again_answers_and_ends_an_agreement(finding, team):
    handover.finding_send_back(by=team.reviewer, finding=finding, note="再看。", seen=0, revision=1)
    review.finding_decide(by=team.auditor, finding=finding, verdict="partial", reason="已核对。", revision=1)
    assert stored(finding).second_look == "answered"
    seen = finding.changes.last().pk
    handover.finding_agree(by=team.reviewer, finding=finding, seen=seen, revision=2)
    review.decision_undo(by=team.auditor, finding=finding, revision=2)
    assert stored(finding).second_look == ""
    values = [change.value for change in finding.changes.order_by("id")]
    assert values == ["sent_back", "answered", "agreed", ""]


def test_a_look_at_an_older_decision_does_not_count(finding, team):
    review.finding_decide(by=team.auditor, finding=finding, verdict="compliant", reason="附件里有。", revision=1)
    for act in (handover.finding_agree, handover.finding_send_back):
        words = {"note": "再看。"} if act is handover.finding_send_back else {}
        with pytest.raises(handover.StaleLook):
            act(by=team.reviewer, finding=finding, seen=0, revision=1, **words)


def test_two_reviewers_at_once(finding, team):
    handover.finding_agree(by=team.reviewer, finding=finding, seen=0, revision=1)
    with pytest.raises(planning.StaleChange) as refusal:
        handover.finding_send_back(by=team.lead, finding=finding, note="不同意。", seen=0, revision=1)
    assert refusal.value.change.made_by == team.reviewer


def test_there_is_nothing_to_agree_to_before_a_decision(audit, team):
    finding = audit.findings.select_related("requirement", "audit__engagement").first()
    with pytest.raises(handover.NotDecided):
        handover.finding_agree(by=team.reviewer, finding=finding, seen=0, revision=0)


def test_an_audit_is_handed_in_when_everything_is_decided(audit, team):
    with pytest.raises(handover.StillUndecided) as refusal:
        handover.audit_hand_in(by=team.auditor, audit=audit)
    assert "6" in refusal.value.message
    factories.decide_all(audit, by=team.auditor)
    handover.audit_hand_in(by=team.auditor, audit=audit, note="请先看第三章。")
    assert Audit.objects.get(pk=audit.pk).waiting_since
    assert sorted(told()) == sorted([(team.lead.username, "handed_in"), (team.reviewer.username, "handed_in")])
    with pytest.raises(handover.AlreadyWaiting):
        handover.audit_hand_in(by=team.auditor, audit=audit)


def test_an_audit_goes_back_with_a_note_to_who_handed_it_in(audit, team):
    factories.decide_all(audit, by=team.auditor)
    with pytest.raises(handover.NotWaiting):
        handover.audit_send_back(by=team.reviewer, audit=audit, note="再看。")
    handover.audit_hand_in(by=team.auditor, audit=audit)
    with pytest.raises(handover.NoteRequired):
        handover.audit_send_back(by=team.reviewer, audit=audit, note="")
    handover.audit_send_back(by=team.reviewer, audit=audit, note="第三章再看一遍。")
    assert Audit.objects.get(pk=audit.pk).waiting_since is None
    assert told()[-1] == (team.auditor.username, "audit_sent_back")
    entries = ActivityEntry.objects.filter(engagement=audit.engagement).values_list("action", flat=True)
    assert list(entries) == ["audit.sent_back", "audit.handed_in"]


def test_signing_ends_the_waiting(audit, team):
    factories.decide_all(audit, by=team.auditor)
    handover.audit_hand_in(by=team.auditor, audit=audit)
    factories.sign_off(Audit.objects.get(pk=audit.pk), by=team.reviewer)
    assert Audit.objects.get(pk=audit.pk).waiting_since is None
    with pytest.raises(locks.AuditSigned):
        handover.audit_hand_in(by=team.auditor, audit=audit)
