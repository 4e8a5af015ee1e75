from datetime import date

import pytest

from checks.models import ActivityEntry, Finding, Notification
from checks.rendering.context import build_context
from checks.rendering.digests import digest
from checks.selectors.signing import audit_state
from checks.services import locks, planning

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding(audit):
    return audit.findings.select_related("requirement", "audit__engagement").get(requirement__code="DEMO-3-RETENTION")


def stored(finding):
    return Finding.objects.get(pk=finding.pk)


def actions(finding):
    return list(ActivityEntry.objects.filter(engagement=finding.audit.engagement).values_list("action", flat=True))


def test_a_finding_is_assigned_and_the_assignee_told(finding, team):
    change = planning.finding_assign(by=team.lead, finding=finding, user=team.auditor, seen=0)
    assert stored(finding).assignee == team.auditor
    notification = Notification.objects.get()
    assert (notification.user, notification.kind, notification.finding) == (team.auditor, "assigned", finding)
    assert planning.finding_assign(by=team.lead, finding=finding, user=None, seen=change.pk).value == ""
    assert stored(finding).assignee is None
    assert actions(finding) == ["finding.unassigned", "finding.assigned"]


def test_taking_it_oneself_needs_no_notification(finding, team):
    planning.finding_assign(by=team.auditor, finding=finding, user=team.auditor, seen=0)
    assert not Notification.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "viewer", "reviewer"])
def test_it_is_assigned_to_who_may_decide_only(finding, team, who):
    with pytest.raises(planning.NotInTeam):
        planning.finding_assign(by=team.lead, finding=finding, user=getattr(team, who), seen=0)


def test_a_due_day_is_set_and_taken_away(finding, team):
    change = planning.finding_due(by=team.lead, finding=finding, due_date=date(2026, 12, 1), seen=0)
    assert stored(finding).due_date == date(2026, 12, 1)
    planning.finding_due(by=team.lead, finding=finding, due_date=None, seen=change.pk)
    assert stored(finding).due_date is None
    assert [row.value for row in finding.changes.order_by("id")] == ["2026-12-01", ""]


def test_a_mark_for_discussion_is_set_and_taken_off(finding, team):
    change = planning.finding_discuss(by=team.auditor, finding=finding, wanted=True, seen=0)
    assert stored(finding).in_discussion
    planning.finding_discuss(by=team.reviewer, finding=finding, wanted=False, seen=change.pk)
    assert not stored(finding).in_discussion
    assert actions(finding) == ["finding.discussion_over", "finding.discussed"]


def test_setting_what_is_set_already_leaves_no_trace(finding, team):
    assert planning.finding_due(by=team.lead, finding=finding, due_date=None, seen=0) is None
    assert planning.finding_discuss(by=team.lead, finding=finding, wanted=False, seen=0) is None
    assert planning.finding_assign(by=team.lead, finding=finding, user=None, seen=0) is None
    assert planning.remediation_write(by=team.lead, finding=finding, text=" ", seen=0) is None
    assert actions(finding) == []


def test_the_second_of_two_people_is_told_what_the_first_one_set(finding, team):
    other = Finding.objects.select_related("requirement", "audit__engagement").get(pk=finding.pk)
    planning.remediation_write(by=team.auditor, finding=finding, text="写明三年。", seen=0)
    with pytest.raises(planning.StaleChange) as refusal:
        planning.remediation_write(by=team.lead, finding=other, text="写明两年。", seen=0)
    assert (refusal.value.change.value, refusal.value.change.made_by) == ("写明三年。", team.auditor)
    assert stored(finding).remediation == "写明三年。"
    planning.finding_due(by=team.lead, finding=other, due_date=date(2026, 12, 1), seen=0)  # another matter
    assert (stored(finding).remediation, stored(finding).due_date) == ("写明三年。", date(2026, 12, 1))


def test_the_checklists_own_text_is_no_text_of_the_finding(finding, team):
    change = planning.remediation_write(by=team.auditor, finding=finding, text="写明三年。\r\n到期删除。", seen=0)
    assert stored(finding).remediation == "写明三年。\n到期删除。"
    planning.remediation_write(by=team.auditor, finding=finding, text="补充保存期限。", seen=change.pk)
    assert stored(finding).remediation == ""
    assert finding.changes.count() == 2


def test_the_report_and_the_signed_state_carry_what_was_written(audit, finding, team):
    before = digest(audit_state(audit))
    planning.remediation_write(by=team.auditor, finding=finding, text="写明三年。", seen=0)
    assert digest(audit_state(audit)) != before
    factories.decide_all(audit, by=team.auditor)
    sign_off = factories.sign_off(audit, by=team.reviewer)
    context = build_context(audit, sign_off, language="en", number="PA-1")
    told = {row["code"]: row["remediation"] for row in context["findings"]}
    assert told["DEMO-3-RETENTION"] == {"text": "写明三年。", "language": "zh-hans"}
    assert told["DEMO-1-IDENTITY"]["language"] == "en"


def test_nothing_is_planned_in_a_signed_audit(signed_audit, team):
    finding = signed_audit.findings.select_related("requirement", "audit__engagement").first()
    acts = [
        lambda: planning.finding_assign(by=team.lead, finding=finding, user=team.auditor, seen=0),
        lambda: planning.finding_due(by=team.lead, finding=finding, due_date=date(2026, 12, 1), seen=0),
        lambda: planning.finding_discuss(by=team.lead, finding=finding, wanted=True, seen=0),
        lambda: planning.remediation_write(by=team.lead, finding=finding, text="改。", seen=0),
    ]
    for act in acts:
        with pytest.raises(locks.AuditSigned):
            act()
