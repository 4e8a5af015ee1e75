import pytest

from checks.models import ActivityEntry, Comparison, Finding, Membership, Notification
from checks.services import blind, review, verdicts

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(audit, team):
    return factories.second_auditor(audit.engagement)


@pytest.fixture
def running(audit, team, second):
    return blind.blind_start(by=team.lead, audit=audit, second=second)


def finding_of(audit, code):
    return audit.findings.select_related("requirement", "audit__engagement").get(requirement__code=code)


def give(running, finding, verdict, reason="", revision=0):
    return blind.opinion_give(
        by=running.second, blind=running, finding=finding, verdict=verdict, reason=reason, revision=revision
    )


def test_the_second_auditor_is_asked(running, second):
    notification = Notification.objects.get()
    assert (notification.user, notification.kind) == (second, "second_asked")
    assert running.is_running


def test_it_starts_before_anybody_has_said_anything(audit, team, second):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    review.comment_add(by=team.auditor, finding=finding, text="看起来没问题。")
    with pytest.raises(blind.TooLate):
        blind.blind_start(by=team.lead, audit=audit, second=second)
    other = factories.audit(audit.engagement)
    factories.decide(other.findings.first(), by=team.auditor)
    with pytest.raises(blind.TooLate):
        blind.blind_start(by=team.lead, audit=other, second=second)


def test_the_second_auditor_is_somebody_who_may_decide_and_not_who_asks(audit, team):
    for person in (team.lead, team.reviewer, team.viewer, team.outsider):
        with pytest.raises(blind.NotASecond):
            blind.blind_start(by=team.lead, audit=audit, second=person)


def test_there_is_one_second_auditor(audit, team, running):
    with pytest.raises(blind.AlreadyBlind):
        blind.blind_start(by=team.lead, audit=audit, second=team.auditor)


def test_an_opinion_needs_a_reason_like_a_decision_and_leaves_the_finding_alone(audit, running):
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    with pytest.raises(verdicts.ReasonRequired):
        give(running, finding, "compliant")
    with pytest.raises(verdicts.NotAVerdict):
        give(running, finding, "undetermined", "看不出来")
    give(running, finding, "compliant", "附件里有。")
    with pytest.raises(blind.StaleOpinion):
        give(running, finding, "partial")
    give(running, finding, "partial", revision=1)
    row = Finding.objects.get(pk=finding.pk)
    assert (row.final_verdict, row.revision) == ("", 0)
    assert running.opinions.count() == 2


def test_the_record_does_not_tell_the_verdict(audit, running):
    give(running, finding_of(audit, "DEMO-2-PURPOSE"), "compliant", "附件里有。")
    entry = ActivityEntry.objects.get(action="blind.opinion")
    assert "compliant" not in str(entry.detail)
    assert "附件" not in str(entry.detail)


def test_everything_has_to_be_decided_before_handing_in(audit, running, second):
    give(running, finding_of(audit, "DEMO-1-IDENTITY"), "compliant")
    with pytest.raises(blind.OpinionsMissing) as refusal:
        blind.opinions_hand_in(by=second, blind=running)
    assert "5" in refusal.value.message


def test_nothing_is_compared_before_both_are_done(audit, team, running, second):
    factories.give_opinions(running)
    blind.opinions_hand_in(by=second, blind=running)
    assert running.revealed_at is None
    with pytest.raises(blind.HandedIn):
        give(running, finding_of(audit, "DEMO-1-IDENTITY"), "partial", "改主意了。", revision=1)
    factories.decide_all(audit, by=team.auditor)
    assert not Comparison.objects.exists()
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    review.finding_decide(by=team.auditor, finding=finding, verdict="partial", reason="缺地址。", revision=1)
    running.refresh_from_db()
    assert running.revealed_at
    assert Comparison.objects.count() == 6
    row = running.comparisons.get(finding=finding)
    assert (row.first_verdict, row.first_reason, row.first_by) == ("partial", "缺地址。", team.auditor)
    assert (row.second_verdict, row.agrees) == ("compliant", False)


def test_handing_in_after_the_first_auditor_reveals_at_once_and_tells_both(audit, team, running, second):
    factories.decide_all(audit, by=team.auditor)
    factories.give_opinions(running)
    assert blind.opinions_hand_in(by=second, blind=running).revealed_at
    told = Notification.objects.filter(kind="revealed").values_list("user", flat=True)
    assert set(told) == {team.lead.pk, team.auditor.pk}
    with pytest.raises(blind.NotRunning):
        give(running, finding_of(audit, "DEMO-1-IDENTITY"), "partial", "改主意了。", revision=1)


def test_a_resolution_becomes_the_decision_that_counts(audit, team, running, second):
    factories.decide_all(audit, by=team.auditor)
    factories.give_opinions(running, {"DEMO-2-PURPOSE": "compliant"})
    blind.opinions_hand_in(by=second, blind=running)
    comparison = running.comparisons.select_related("finding__requirement", "finding__audit__engagement").get(
        finding__requirement__code="DEMO-2-PURPOSE"
    )
    resolve = {"by": team.lead, "comparison": comparison, "verdict": "partial", "revision": 1}
    with pytest.raises(verdicts.ReasonRequired):
        blind.disagreement_resolve(**resolve, reason=" ")
    decision = blind.disagreement_resolve(**resolve, reason="第二人没有看到附件。")
    assert (decision.kind, decision.verdict) == ("resolved", "partial")
    finding = Finding.objects.get(pk=comparison.finding_id)
    assert (finding.final_verdict, finding.revision) == ("partial", 2)
    with pytest.raises(verdicts.StaleFinding):
        blind.disagreement_resolve(**resolve, reason="又一次。")
    with pytest.raises(review.ResolvedStays):
        review.decision_undo(by=team.auditor, finding=finding, revision=2)


def test_where_both_agree_there_is_nothing_to_resolve(audit, team, running, second):
    factories.decide_all(audit, by=team.auditor)
    factories.give_opinions(running)
    blind.opinions_hand_in(by=second, blind=running)
    with pytest.raises(blind.NotCompared):
        blind.disagreement_resolve(
            by=team.lead, comparison=running.comparisons.first(), verdict="partial", reason="想改。", revision=1
        )


def test_a_second_review_can_be_given_up_while_it_runs(audit, team, running, second):
    blind.blind_cancel(by=team.lead, blind=running)
    with pytest.raises(blind.NotRunning):
        give(running, finding_of(audit, "DEMO-1-IDENTITY"), "compliant")
    with pytest.raises(blind.NotRunning):
        blind.blind_cancel(by=team.lead, blind=running)
    assert blind.blind_start(by=team.lead, audit=audit, second=second).is_running


def test_who_left_the_team_cannot_be_asked(audit, team, second):
    Membership.objects.filter(user=second).delete()
    with pytest.raises(blind.NotASecond):
        blind.blind_start(by=team.lead, audit=audit, second=second)
