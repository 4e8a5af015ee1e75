"""Working together on one finding: order of work, marks, assignment, remediation, second look, presence, comments."""

import html
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from checks.models import Decision, FindingChange, Presence
from checks.services import planning
from checks.services import review as review_service

from .. import factories

pytestmark = pytest.mark.usefixtures("english")

HTMX = {"headers": {"HX-Request": "true"}}


def finding_of(audit, code):
    return audit.findings.select_related("requirement", "audit__engagement").get(requirement__code=code)


def post(client, name, pk, htmx=True, **data):
    return client.post(reverse(name, args=[pk]), data, **(HTMX if htmx else {}))


def review(client, audit, **query):
    return client.get(reverse("audit_review", args=[audit.pk]), query)


def listed(response):
    return [int(pk) for pk in re.findall(r'<li id="row-(\d+)"', response.content.decode())]


def words(response):
    return html.unescape(response.content.decode())


def codes(audit, response):
    by_pk = dict(audit.findings.values_list("pk", "requirement__code"))
    return [by_pk[pk].split("-")[1] for pk in listed(response)]


# ---------- Order of work ----------


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("domain", "123456"),
        ("doubt", "631245"),  # what could not be told first, then the lowest confidence
        ("severity", "124356"),
        ("clause", "241356"),  # in the order of the text, then what has no evidence
    ],
)
def test_the_list_follows_the_chosen_order(as_auditor, audit, order, expected):
    audit.findings.filter(requirement__code="DEMO-3-RETENTION").update(confidence=0.2)
    assert "".join(codes(audit, review(as_auditor, audit, order=order))) == expected


def test_the_order_is_remembered_and_stands_in_the_address(as_auditor, audit):
    review(as_auditor, audit, order="severity")
    response = review(as_auditor, factories.audit(audit.engagement))  # in every audit
    assert response.context["queue"].order == "severity"
    assert "order=severity" in response.context["queue"].address()
    review(as_auditor, audit, order="domain")
    assert review(as_auditor, audit).context["queue"].order == "domain"
    assert review(as_auditor, audit, order="nonsense").status_code == 200


def test_deciding_goes_on_in_that_order(as_auditor, audit):
    audit.findings.filter(requirement__code="DEMO-3-RETENTION").update(confidence=0.2)
    first = finding_of(audit, "DEMO-3-RETENTION")
    address = reverse("finding_decide", args=[first.pk]) + "?order=doubt"
    response = as_auditor.post(address, {"verdict": "non_compliant", "revision": 0})
    assert f"finding={finding_of(audit, 'DEMO-1-IDENTITY').pk}" in response["Location"]


def test_the_screen_opens_where_the_reader_stopped(as_auditor, audit, team):
    third = audit.findings.order_by("position")[2]
    as_auditor.get(reverse("finding_presence", args=[third.pk]))
    assert review(as_auditor, audit).context["focus_id"] == third.pk
    factories.decide(third, by=team.auditor)
    assert review(as_auditor, audit).context["focus_id"] == audit.findings.order_by("position")[3].pk
    page = words(as_auditor.get(reverse("audit_detail", args=[audit.pk])))
    assert "Continue where I stopped" in page


def test_progress_counts_verdicts_and_the_time_a_finding_takes(as_auditor, audit, team):
    start = timezone.now() - timedelta(hours=2)
    for number, (finding, after) in enumerate(
        zip(audit.findings.order_by("position")[:4], (0, 30, 70, 3000), strict=True)
    ):
        row = factories.decide(finding, by=team.auditor)
        Decision.objects.filter(pk=row.pk)._update([(Decision._meta.get_field("decided_at"), None,
                                                     start + timedelta(seconds=after))])  # fmt: skip
        assert number < 4
    page = words(review(as_auditor, audit))
    assert "35 s each" in page  # 30 and 40; the long pause is left out
    assert review(as_auditor, audit).context["queue"].tallies == [
        ("compliant", 1), ("partial", 1), ("non_compliant", 2)
    ]  # fmt: skip


# ---------- Reasons ----------


def test_the_reasons_given_most_often_are_offered(as_auditor, audit, team):
    requirement = finding_of(audit, "DEMO-2-PURPOSE")
    for reason, times in (("Seldom.", 1), ("Often.", 3), ("Twice.", 2)):
        for _ in range(times):
            other = factories.audit(audit.engagement, audit.policy_version, audit.checklist_version)
            factories.decide(finding_of(other, "DEMO-2-PURPOSE"), team.auditor, "compliant", reason)
    foreign = factories.audit(checklist_version=audit.checklist_version)  # another tenant's
    factories.decide(finding_of(foreign, "DEMO-2-PURPOSE"), foreign.started_by, "compliant", "Not to be seen.")
    page = words(review(as_auditor, audit, finding=requirement.pk))
    offered = re.findall(r'data-insert="([^"@]+)" data-into="decision-reason" data-reason-key="(\d)"', page)
    assert offered == [("Often.", "5"), ("Twice.", "6"), ("Seldom.", "7")]
    assert "Not to be seen." not in page


# ---------- Undo ----------


def test_undo_goes_back_and_redo_forward(as_auditor, audit, team):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, team.auditor)
    factories.decide(finding, team.auditor, "partial", "No address.")
    for name, revision, verdict in (
        ("undo", 2, "compliant"),
        ("undo", 3, ""),
        ("redo", 4, "compliant"),
        ("redo", 5, "partial"),
    ):
        post(as_auditor, f"finding_{name}", finding.pk, revision=revision)
        assert finding_of(audit, "DEMO-1-IDENTITY").final_verdict == verdict
    page = words(post(as_auditor, "finding_redo", finding.pk, revision=6))
    assert "No decision was taken back that could be restored." in page


def test_ones_own_last_decision_is_taken_back_from_wherever_one_is(as_auditor, audit, team):
    first, second, third = audit.findings.order_by("position")[:3]
    factories.decide(first, by=team.auditor)
    factories.decide(third, by=team.auditor)
    factories.decide(second, by=team.lead)
    page = words(post(as_auditor, "own_undo", audit.pk))
    assert f'data-finding="{third.pk}"' in page
    post(as_auditor, "own_undo", audit.pk)
    assert list(audit.findings.exclude(final_verdict="")) == [second]  # not what others decided
    assert "HX-Redirect" in post(as_auditor, "own_undo", audit.pk).headers


# ---------- Marks and plans ----------


def test_marks_narrow_the_list(as_auditor, audit, team):
    purpose, retention = finding_of(audit, "DEMO-2-PURPOSE"), finding_of(audit, "DEMO-3-RETENTION")
    post(as_auditor, "finding_assign", purpose.pk, user=team.auditor.pk, seen=0)
    post(as_auditor, "finding_due", purpose.pk, due_date="2020-01-01", seen=0)
    post(as_auditor, "finding_discuss", retention.pk, wanted="1", seen=0)
    review_service.comment_add(by=team.viewer, finding=retention, text="Why?")
    expected = {"mine": "2", "overdue": "2", "discussion": "3", "comments": "3", "unassigned": "13456", "sent_back": ""}
    for mark, numbers in expected.items():
        assert "".join(codes(audit, review(as_auditor, audit, mark=mark, finding=0))).startswith(numbers[:1])
        queue = review(as_auditor, audit, mark=mark).context["queue"]
        chosen = [row for row in queue.findings if queue._marked(mark)(row)]
        assert "".join(row.requirement.code.split("-")[1] for row in chosen) == numbers


def test_a_finding_is_assigned_only_to_who_may_decide(as_auditor, audit, team):
    finding = audit.findings.first()
    assert post(as_auditor, "finding_assign", finding.pk, user=team.viewer.pk, seen=0).status_code == 422
    assert post(as_auditor, "finding_assign", finding.pk, user=team.lead.pk, seen=0).status_code == 200
    finding.refresh_from_db()
    assert finding.assignee == team.lead


def test_a_day_that_is_none_is_refused_beside_its_field(as_auditor, audit):
    page = post(as_auditor, "finding_due", audit.findings.first().pk, due_date="tomorrow", seen=0)
    assert page.status_code == 422
    assert "Write the day as 2026-12-31." in words(page)


@pytest.mark.parametrize("htmx", [True, False])
def test_the_second_of_two_who_write_a_remediation_sees_the_first_text_and_keeps_their_own(
    as_auditor, audit, team, htmx
):
    finding = finding_of(audit, "DEMO-3-RETENTION")
    planning.remediation_write(by=team.lead, finding=finding, text="Say three years.", seen=0)
    response = post(as_auditor, "remediation_write", finding.pk, htmx=htmx, text="Say <two> years.", seen=0)
    page = words(response)
    assert response.status_code == 409
    assert "Somebody else saved this first." in page
    assert team.lead.username in page
    assert "Say three years." in page
    assert re.search(r"<textarea[^>]*>\s*Say <two> years.</textarea>", page)
    seen = FindingChange.objects.get(finding=finding).pk
    assert post(
        as_auditor, "remediation_write", finding.pk, htmx=htmx, text="Say <two> years.", seen=seen
    ).status_code in (200, 302)
    finding.refresh_from_db()
    assert finding.remediation == "Say <two> years."


@pytest.mark.parametrize("name", ["assign", "due", "discuss"])
def test_every_other_plan_tells_of_a_faster_colleague_too(as_auditor, audit, team, name):
    finding = finding_of(audit, "DEMO-3-RETENTION")
    planning.finding_assign(by=team.lead, finding=finding, user=team.lead, seen=0)
    planning.finding_due(by=team.lead, finding=finding, due_date=timezone.localdate(), seen=0)
    planning.finding_discuss(by=team.lead, finding=finding, wanted=True, seen=0)
    data = {"assign": {"user": ""}, "due": {"due_date": ""}, "discuss": {"wanted": "0"}}[name]
    response = post(as_auditor, f"finding_{name}", finding.pk, seen=0, **data)
    assert response.status_code == 409
    assert "Somebody else saved this first." in words(response)


@pytest.mark.parametrize("name", ["finding_assign", "finding_due", "finding_discuss", "remediation_write"])
def test_a_form_without_what_was_seen_changes_nothing(as_auditor, audit, name):
    response = post(as_auditor, name, audit.findings.first().pk)
    assert response.status_code == 422
    assert "This form is out of date." in words(response)
    assert not FindingChange.objects.exists()


# ---------- Second look ----------


def test_a_reviewer_agrees_and_comes_to_the_next_one(as_reviewer, audit, team):
    first, second = audit.findings.order_by("position")[:2]
    for finding in (first, second):
        factories.decide(finding, by=team.auditor)
    page = words(post(as_reviewer, "finding_look", first.pk, agree="1", seen=0, revision=1))
    assert re.search(rf'<section class="finding" id="panel"[^>]* data-finding="{second.pk}"', page)
    first.refresh_from_db()
    assert first.second_look == "agreed"


def test_sending_back_needs_a_note_and_shows_it_to_the_auditor(client, audit, team):
    finding = audit.findings.order_by("position")[0]
    factories.decide(finding, by=team.auditor)
    client.force_login(team.reviewer)
    response = post(client, "finding_look", finding.pk, note=" ", seen=0, revision=1)
    assert response.status_code == 422
    assert "Say what has to be looked at again." in words(response)
    post(client, "finding_look", finding.pk, note="Where is the address?", seen=0, revision=1)
    client.force_login(team.auditor)
    page = words(review(client, audit, mark="sent_back"))
    assert "Where is the address?" in page
    assert listed(review(client, audit, mark="sent_back")) == [finding.pk]


def test_a_look_at_what_was_decided_again_is_refused_and_keeps_the_note(as_reviewer, audit, team):
    finding = audit.findings.order_by("position")[0]
    factories.decide(finding, by=team.auditor)
    factories.decide(finding, team.auditor, "partial", "No address.")
    response = post(as_reviewer, "finding_look", finding.pk, note="Typed <already>.", seen=0, revision=1)
    assert response.status_code == 422
    assert "The finding was decided again in the meantime." in words(response)
    assert "Typed <already>.</textarea>" in words(response)


# ---------- Presence ----------


def test_who_else_looks_at_a_finding_is_told_and_soon_forgotten(client, audit, team):
    finding = audit.findings.first()
    address = reverse("finding_presence", args=[finding.pk])
    client.force_login(team.lead)
    assert team.lead.username not in words(client.get(address))  # oneself is nobody else
    client.force_login(team.auditor)
    assert f"{team.lead.username} is looking at this finding too" in words(client.get(address))
    Presence.objects.filter(user=team.lead).update(seen_at=timezone.now() - timedelta(minutes=2))
    assert "is looking" not in words(client.get(address))


def test_presence_is_cheap(as_auditor, audit, django_assert_max_num_queries):
    address = reverse("finding_presence", args=[audit.findings.first().pk])
    as_auditor.get(address)
    with django_assert_max_num_queries(9):  # session, user, the finding, the mark in its transaction, the others
        as_auditor.get(address)


# ---------- Comments ----------


def test_a_comment_is_settled_and_opened_again(as_auditor, audit, team):
    comment = review_service.comment_add(by=team.reviewer, finding=audit.findings.first(), text="Look again.")
    page = words(post(as_auditor, "comment_settle", comment.pk, resolved="1"))
    assert "settled" in page
    assert "Open again" in page
    page = words(post(as_auditor, "comment_settle", comment.pk, resolved="0"))
    assert "1 open" in page


def test_members_can_be_named_by_pressing_their_name(as_auditor, audit, team):
    page = words(review(as_auditor, audit))
    assert f'data-insert="@{team.reviewer.username} "' in page
    assert team.outsider.username not in page
