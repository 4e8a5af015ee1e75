"""Handing in, what waits for a reviewer, notifications."""

import html

import pytest
from django.urls import reverse

from checks.models import Audit
from checks.services import handover, review

from .. import factories

pytestmark = pytest.mark.usefixtures("english")


def words(response):
    return html.unescape(response.content.decode())


def waiting(client):
    return client.get(reverse("waiting_list"))


def test_an_audit_waits_for_its_reviewers_from_handing_in_to_sending_back(client, audit, team):
    factories.decide_all(audit, by=team.auditor)
    client.force_login(team.auditor)
    response = client.post(reverse("audit_hand_in", args=[audit.pk]), {"note": "Look at chapter 3."}, follow=True)
    assert "Its reviewers have been told." in words(response)
    assert waiting(client).context["page"].paginator.count == 0  # an auditor is no reviewer
    client.force_login(team.reviewer)
    assert str(audit.policy_version) in words(waiting(client))
    assert "Look at chapter 3." in words(client.get(reverse("audit_report", args=[audit.pk])))
    response = client.post(reverse("audit_send_back", args=[audit.pk]), {"note": " "})
    assert response.status_code == 422
    assert "Say what has to be looked at again." in words(response)
    client.post(reverse("audit_send_back", args=[audit.pk]), {"note": "Chapter 5 is missing."})
    assert "Nothing waits for you" in words(waiting(client))
    client.force_login(team.auditor)
    page = words(client.get(reverse("audit_review", args=[audit.pk])))
    assert "The audit was sent back" in page
    assert "Chapter 5 is missing." in page


def test_an_audit_that_is_not_decided_is_not_handed_in(as_auditor, audit):
    response = as_auditor.post(reverse("audit_hand_in", args=[audit.pk]), {"note": "Typed <already>."})
    page = words(response)
    assert response.status_code == 422
    assert "6 findings are not decided yet." in page
    assert "Typed <already>.</textarea>" in page


def test_the_list_tells_how_far_the_reviewer_is_and_who_cannot_sign(client, audit, team):
    factories.decide_all(audit, by=team.auditor)
    finding = audit.findings.select_related("requirement", "audit__engagement").first()
    review.finding_decide(by=team.lead, finding=finding, verdict="partial", reason="No address.", revision=1)
    handover.audit_hand_in(by=team.auditor, audit=audit)
    handover.finding_agree(by=team.reviewer, finding=finding, seen=0, revision=2)
    for person, decided_here in ((team.reviewer, False), (team.lead, True)):
        client.force_login(person)
        (row,) = waiting(client).context["page"].object_list
        assert (row.agreed_count, row.finding_count, row.decided_here) == (1, 6, decided_here)


def test_foreign_audits_do_not_wait_here(client, audit, team):
    foreign = factories.audit()
    Audit.objects.filter(pk=foreign.pk).update(waiting_since=foreign.started_at)
    client.force_login(team.reviewer)
    assert waiting(client).context["page"].paginator.count == 0


def test_the_list_costs_the_same_for_any_number_of_audits(client, audit, team, django_assert_num_queries):
    client.force_login(team.reviewer)
    Audit.objects.update(waiting_since=audit.started_at)
    waiting(client)
    with django_assert_num_queries(4):
        waiting(client)
    for _ in range(3):
        factories.audit(audit.engagement, audit.policy_version, audit.checklist_version, waiting_since=audit.started_at)
    with django_assert_num_queries(4):
        assert waiting(client).context["page"].paginator.count == 4


# ---------- Notifications ----------


@pytest.fixture
def told(audit, team):
    finding = audit.findings.select_related("requirement", "audit__engagement").first()
    review.comment_add(by=team.lead, finding=finding, text=f"@{team.auditor.username} <b>Look</b> here.")
    return team.auditor.notifications.get()


def test_the_bell_counts_and_the_list_tells(as_auditor, told):
    page = words(as_auditor.get(reverse("engagement_list")))
    assert '<span class="bell-count number">1' in page
    page = as_auditor.get(reverse("notification_list")).content.decode()
    assert "Mentioned in a comment" in page
    assert "&lt;b&gt;Look&lt;/b&gt; here." in page


def test_opening_one_marks_it_read_and_leads_there(as_auditor, told):
    response = as_auditor.post(reverse("notification_open", args=[told.pk]))
    assert response["Location"].endswith(f"?finding={told.finding_id}")
    assert "bell-count" not in words(as_auditor.get(reverse("notification_list")))


def test_everything_is_marked_read_at_once(as_auditor, told):
    as_auditor.post(reverse("notifications_read"))
    told.refresh_from_db()
    assert told.read_at


def test_nobody_reads_for_somebody_else(as_reviewer, told):
    assert as_reviewer.post(reverse("notification_open", args=[told.pk])).status_code == 404
    as_reviewer.post(reverse("notifications_read"))
    told.refresh_from_db()
    assert told.read_at is None


def test_an_empty_list_says_what_comes_here(as_reviewer):
    assert "Nothing to tell you" in words(as_reviewer.get(reverse("notification_list")))


def test_the_notifications_cost_the_same_for_any_number(as_auditor, audit, team, told, django_assert_num_queries):
    address = reverse("notification_list")
    as_auditor.get(address)
    with django_assert_num_queries(5):
        as_auditor.get(address)
    for finding in audit.findings.select_related("requirement", "audit__engagement"):
        review.comment_add(by=team.lead, finding=finding, text=f"@{team.auditor.username} here too.")
    with django_assert_num_queries(5):
        as_auditor.get(address)
