import pytest

from checks.models import ActivityEntry, Comment, Decision, Finding
from checks.services import locks, review, verdicts

pytestmark = pytest.mark.django_db


def proposed(audit, verdict):
    return audit.findings.filter(proposed_verdict=verdict).first()


def entries(audit):
    return ActivityEntry.objects.filter(engagement=audit.engagement)


def decide(finding, by, verdict, reason="", revision=None):
    revision = finding.revision if revision is None else revision
    return review.finding_decide(by=by, finding=finding, verdict=verdict, reason=reason, revision=revision)


def stored(finding):
    return Finding.objects.get(pk=finding.pk)


def test_confirming_needs_no_reason_and_keeps_the_proposal(audit, team):
    finding = proposed(audit, "non_compliant")
    decision = decide(finding, team.auditor, "non_compliant")
    assert (decision.verdict, decision.proposed_verdict, decision.decided_by) == (
        "non_compliant", "non_compliant", team.auditor
    )  # fmt: skip
    after = stored(finding)
    assert (after.proposed_verdict, after.final_verdict, after.revision) == ("non_compliant", "non_compliant", 1)
    assert [(entry.action, entry.object_id) for entry in entries(audit)] == [("finding.decided", finding.pk)]


def test_the_instance_at_hand_shows_the_decision(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "compliant", "附件里写全了。")
    assert (finding.final_verdict, finding.revision, finding.verdict) == ("compliant", 1, "compliant")


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_deciding_otherwise_needs_a_reason(audit, team, reason):
    finding = proposed(audit, "partial")
    with pytest.raises(verdicts.ReasonRequired):
        decide(finding, team.auditor, "compliant", reason)
    assert stored(finding).final_verdict == ""
    assert not Decision.objects.exists()
    assert not entries(audit).exists()


def test_deciding_otherwise_with_a_reason_leaves_both_verdicts(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "compliant", " 附件里写全了。 ")
    after = stored(finding)
    assert (after.proposed_verdict, after.final_verdict) == ("partial", "compliant")
    assert after.decisions.get().reason == "附件里写全了。"


@pytest.mark.parametrize("verdict", ["undetermined", "", "fine"])
def test_only_four_verdicts_are_final(audit, team, verdict):
    with pytest.raises(verdicts.NotAVerdict):
        decide(proposed(audit, "undetermined"), team.auditor, verdict, "看不出来")


def test_the_second_of_two_people_deciding_at_once_is_told(audit, team):
    first, second = (Finding.objects.get(pk=proposed(audit, "partial").pk) for _ in range(2))
    decide(first, team.auditor, "partial")
    with pytest.raises(verdicts.StaleFinding):
        decide(second, team.lead, "compliant", "我看过了。")
    assert stored(first).final_verdict == "partial"
    assert Decision.objects.count() == 1


def test_deciding_again_adds_a_row(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "partial")
    decide(finding, team.lead, "compliant", "附件里写全了。")
    assert [row.verdict for row in finding.decisions.order_by("id")] == ["partial", "compliant"]
    assert stored(finding).revision == 2


def test_taking_the_only_decision_back_leaves_the_finding_open(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "partial")
    decision = review.decision_undo(by=team.lead, finding=finding, revision=1)
    assert (decision.verdict, decision.decided_by) == ("", team.lead)
    after = stored(finding)
    assert (after.final_verdict, after.revision, after.is_decided) == ("", 2, False)
    assert entries(audit).first().action == "decision.undone"


def test_taking_back_restores_the_decision_before_with_its_reason(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "compliant", "附件里写全了。")
    decide(finding, team.lead, "non_compliant", "附件已经失效。")
    decision = review.decision_undo(by=team.lead, finding=finding, revision=2)
    assert (decision.verdict, decision.reason) == ("compliant", "附件里写全了。")
    assert stored(finding).final_verdict == "compliant"
    assert finding.decisions.count() == 3


def test_taking_back_again_goes_further_back(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "partial")
    decide(finding, team.auditor, "compliant", "附件里写全了。")
    decide(finding, team.auditor, "non_compliant", "附件已经失效。")
    said = [review.decision_undo(by=team.auditor, finding=finding, revision=finding.revision).verdict for _ in range(3)]
    assert said == ["compliant", "partial", ""]
    assert not stored(finding).is_decided
    assert [row.kind for row in finding.decisions.order_by("id")] == ["decided"] * 3 + ["undone"] * 3
    with pytest.raises(review.NothingToUndo):
        review.decision_undo(by=team.auditor, finding=finding, revision=6)


def test_restoring_goes_forward_again_step_by_step(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "partial")
    decide(finding, team.auditor, "compliant", "附件里写全了。")
    for _ in range(2):
        review.decision_undo(by=team.auditor, finding=finding, revision=finding.revision)
    restored = [review.decision_redo(by=team.lead, finding=finding, revision=finding.revision) for _ in range(2)]
    assert [(row.verdict, row.reason) for row in restored] == [("partial", ""), ("compliant", "附件里写全了。")]
    assert (stored(finding).final_verdict, entries(audit).first().action) == ("compliant", "decision.redone")
    with pytest.raises(review.NothingToRedo):
        review.decision_redo(by=team.lead, finding=finding, revision=6)


def test_a_new_decision_ends_what_could_be_restored(audit, team):
    finding = proposed(audit, "partial")
    decide(finding, team.auditor, "partial")
    review.decision_undo(by=team.auditor, finding=finding, revision=1)
    decide(finding, team.auditor, "compliant", "附件里写全了。")
    with pytest.raises(review.NothingToRedo):
        review.decision_redo(by=team.auditor, finding=finding, revision=3)
    assert review.decision_undo(by=team.auditor, finding=finding, revision=3).verdict == ""


def test_nothing_can_be_taken_back_before_the_first_decision_or_from_an_old_page(audit, team):
    finding = proposed(audit, "partial")
    with pytest.raises(review.NothingToUndo):
        review.decision_undo(by=team.auditor, finding=finding, revision=0)
    decide(finding, team.auditor, "partial")
    with pytest.raises(verdicts.StaleFinding):
        review.decision_undo(by=team.auditor, finding=finding, revision=0)


def test_a_comment_is_kept_with_its_author(audit, team):
    finding = audit.findings.first()
    comment = review.comment_add(by=team.reviewer, finding=finding, text=" 请再看第三条。 ")
    assert Comment.objects.get(finding=finding).text == "请再看第三条。"
    assert comment.author == team.reviewer
    assert entries(audit).get().action == "comment.added"


def test_a_comment_is_settled_and_opened_again(audit, team):
    comment = review.comment_add(by=team.reviewer, finding=audit.findings.first(), text="请再看第三条。")
    assert review.comment_settle(by=team.auditor, comment=comment, resolved=True).resolved
    assert review.comment_settle(by=team.auditor, comment=comment, resolved=True) is None  # nothing to do, nothing kept
    assert not review.comment_settle(by=team.reviewer, comment=comment, resolved=False).resolved
    assert comment.states.count() == 2
    assert [entry.action for entry in entries(audit)] == ["comment.reopened", "comment.resolved", "comment.added"]


def test_an_empty_comment_is_refused(audit, team):
    with pytest.raises(review.EmptyComment):
        review.comment_add(by=team.reviewer, finding=audit.findings.first(), text=" \n ")


def test_a_signed_audit_takes_no_decision_but_comments(signed_audit, team):
    finding = signed_audit.findings.first()
    acts = [
        lambda: decide(finding, team.auditor, "partial", "改判"),
        lambda: review.decision_undo(by=team.auditor, finding=finding, revision=finding.revision),
        lambda: review.decision_redo(by=team.auditor, finding=finding, revision=finding.revision),
    ]
    for act in acts:
        with pytest.raises(locks.AuditSigned):
            act()
    assert stored(finding).revision == finding.revision
    review.comment_add(by=team.viewer, finding=finding, text="已阅。")
