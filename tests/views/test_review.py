"""The review screen, with and without HTMX. Quotes and titles come from factories.REQUIREMENTS."""

import html
import re

import pytest
from django.urls import reverse

from checks.models import Decision, Evidence, Finding
from checks.services import review as service

from .. import factories

pytestmark = pytest.mark.usefixtures("english")

HTMX = {"headers": {"HX-Request": "true"}}


def finding_of(audit, code):
    return audit.findings.select_related("requirement").get(requirement__code=code)


def review(client, audit, **query):
    return client.get(reverse("audit_review", args=[audit.pk]), query)


def decide(client, finding, *, htmx=False, **data):
    data = {"revision": finding.revision, "reason": "", **data}
    return client.post(reverse("finding_decide", args=[finding.pk]), data, **(HTMX if htmx else {}))


def listed(response):
    """The findings in the list, by number, in their order."""
    return [int(pk) for pk in re.findall(r'<li id="row-(\d+)"', response.content.decode())]


# ---------- The screen ----------


def test_the_screen_shows_text_list_and_the_first_undecided_finding(as_auditor, audit):
    first, second = audit.findings.order_by("position")[:2]
    factories.decide(first, by=audit.started_by)
    response = review(as_auditor, audit)
    assert response.status_code == 200
    assert response.context["focus_id"] == second.pk
    assert len(listed(response)) == 6
    assert "1 of 6 decided" in response.content.decode()


def test_evidence_is_cut_from_the_text_exactly(as_auditor, audit):
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    page = review(as_auditor, audit, finding=finding.pk).content.decode()
    piece = finding.evidence.get()
    mark = re.search(rf'<mark class="evidence depth-1 on" data-findings="{finding.pk}">(.*?)</mark>', page).group(1)
    assert re.sub(r"<[^>]+>", "", mark) == piece.quote
    assert f'id="at-{piece.start}-{piece.end}"' in mark
    assert f'href="#at-{piece.start}-{piece.end}"' in page


def test_only_the_evidence_of_the_finding_in_focus_stands_out(as_auditor, audit):
    page = review(as_auditor, audit, finding=finding_of(audit, "DEMO-2-PURPOSE").pk).content.decode()
    assert page.count('class="evidence depth-1 on"') == 1
    assert page.count('class="evidence depth-1"') == 2


def test_a_hostile_policy_is_text_and_nothing_else(as_auditor, engagement):
    hostile = factories.POLICY + "<script>alert(1)</script><img src=x onerror=alert(2)>\n{{ secret }} & more"
    audit = factories.audit(policy_version=factories.policy_version(engagement, text=hostile))
    page = review(as_auditor, audit).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert html.escape("<script>alert(1)</script>") in page


def test_the_policy_shown_is_the_policy(as_auditor, audit):
    page = review(as_auditor, audit).content.decode()
    shown = page[page.index('<div class="policy-text"') : page.index('<div class="hand"')]
    words = html.unescape(re.sub(r"<[^>]+>", "", shown))
    assert "".join(words.split()) == "".join(audit.policy_version.text.split())


def test_the_panel_explains_the_proposal(as_auditor, audit):
    page = review(as_auditor, audit, finding=finding_of(audit, "DEMO-3-RETENTION").pk).content.decode()
    for told in ("Retention period", "confidence 75 %", "Why “Retention period” was proposed so.", "Demo Act"):
        assert told in page
    assert "to be verified" in page  # one legal basis is not verified
    assert "No evidence: what was searched" in page


def test_a_finding_of_another_audit_is_not_shown(as_auditor, audit):
    stranger = factories.audit().findings.first()
    assert review(as_auditor, audit, finding=stranger.pk).context["focus_id"] == audit.findings.first().pk


@pytest.mark.parametrize("number", ["", "abc", "999999999999999999999", "-1"])
def test_a_broken_link_opens_the_screen_all_the_same(as_auditor, audit, number):
    assert review(as_auditor, audit, finding=number, verdict="maybe", domain="x").status_code == 200


def test_an_audit_without_findings_says_so(as_auditor, engagement):
    audit = factories.audit(engagement)
    Evidence.objects.filter(finding__audit=audit).delete()
    Finding.objects.filter(audit=audit).delete()
    assert "This audit has no findings." in review(as_auditor, audit).content.decode()


# ---------- Filters ----------


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ({"verdict": "non_compliant"}, ["DEMO-3-RETENTION", "DEMO-4-PROFILING-OFF"]),
        ({"severity": "minor"}, ["DEMO-5-CHILDREN"]),
        ({"domain": "notice"}, ["DEMO-1-IDENTITY", "DEMO-2-PURPOSE"]),
        ({"state": "decided"}, ["DEMO-1-IDENTITY"]),
        ({"q": "期限"}, ["DEMO-3-RETENTION"]),
        ({"verdict": "non_compliant", "severity": "critical"}, ["DEMO-4-PROFILING-OFF"]),
        ({"q": "nothing has this"}, []),
    ],
)
def test_filters_narrow_the_list(as_auditor, audit, query, codes):
    factories.decide(finding_of(audit, "DEMO-1-IDENTITY"), by=audit.started_by)
    response = review(as_auditor, audit, **query)
    assert listed(response) == [finding_of(audit, code).pk for code in codes]


def test_what_is_in_focus_stays_listed_when_the_filters_leave_it_out(as_auditor, audit):
    compliant = audit.findings.filter(proposed_verdict="compliant").first()
    response = review(as_auditor, audit, finding=compliant.pk, verdict="non_compliant")
    assert compliant.pk in listed(response)
    assert len(listed(response)) == audit.findings.filter(proposed_verdict="non_compliant").count() + 1


def test_with_htmx_a_filter_answers_the_list_alone_and_the_address_follows(as_auditor, audit):
    current = finding_of(audit, "DEMO-5-CHILDREN")
    response = as_auditor.get(
        reverse("audit_review", args=[audit.pk]),
        {"severity": "critical", "finding": current.pk},
        headers={"HX-Request": "true", "HX-Target": "listing"},
    )
    assert len(listed(response)) == 3
    assert "<html" not in response.content.decode()
    assert response["HX-Push-Url"].endswith(f"?finding={current.pk}&severity=critical")


def test_the_back_button_gets_the_whole_page(as_auditor, audit):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    response = as_auditor.get(reverse("audit_review", args=[audit.pk]), headers=headers)
    assert "<html" in response.content.decode()


# ---------- One finding ----------


def test_a_finding_answers_its_panel_to_htmx_and_its_place_to_a_browser(as_auditor, audit):
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    address = reverse("finding_detail", args=[finding.pk])
    place = reverse("audit_review", args=[audit.pk]) + f"?finding={finding.pk}&domain=notice"
    panel = as_auditor.get(address, {"query": "domain=notice"}, **HTMX)
    assert panel["HX-Push-Url"] == place
    assert "<html" not in panel.content.decode()
    assert f'data-finding="{finding.pk}"' in panel.content.decode()
    assert as_auditor.get(address, {"domain": "notice"})["Location"] == place


# ---------- Deciding ----------


def test_confirming_goes_on_to_the_next_undecided_finding(as_auditor, audit, team):
    first, second = audit.findings.order_by("position")[:2]
    response = decide(as_auditor, first, confirm="1")
    first.refresh_from_db()
    assert first.final_verdict == first.proposed_verdict
    assert first.decisions.get().decided_by == team.auditor
    assert response["Location"].endswith(f"?finding={second.pk}")


def test_confirm_means_the_proposal_whatever_is_chosen(as_auditor, audit):
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    decide(as_auditor, finding, verdict="compliant", confirm="1")
    finding.refresh_from_db()
    assert finding.final_verdict == "partial"


def test_deciding_stays_within_the_filters(as_auditor, audit):
    purpose = finding_of(audit, "DEMO-2-PURPOSE")
    address = reverse("finding_decide", args=[purpose.pk]) + "?severity=critical"
    response = as_auditor.post(address, {"verdict": "partial", "revision": 0})
    expected = finding_of(audit, "DEMO-4-PROFILING-OFF")  # the one between them is not critical
    assert response["Location"].endswith(f"?finding={expected.pk}&severity=critical")


def test_after_the_last_of_the_list_comes_the_first_undecided_one(as_auditor, audit):
    last = audit.findings.order_by("-position").first()
    response = decide(as_auditor, last, verdict="partial", reason="Two passages differ.")
    assert response["Location"].endswith(f"?finding={audit.findings.order_by('position').first().pk}")


def test_htmx_gets_the_next_panel_and_what_changed_around_it(as_auditor, audit):
    first, second = audit.findings.order_by("position")[:2]
    response = decide(as_auditor, first, htmx=True, confirm="1")
    page = response.content.decode()
    assert re.search(rf'<section class="finding" id="panel"[^>]* data-finding="{second.pk}"', page)
    assert re.search(rf'<li id="row-{first.pk}" hx-swap-oob="true">\s*<a class="queue-row decided"', page)
    assert re.search(r'id="progress" hx-swap-oob="true"', page)
    assert "1 of 6 decided" in page
    assert re.search(r'id="count-notice" hx-swap-oob="true">1/2<', page)
    assert response["HX-Push-Url"].endswith(f"?finding={second.pk}")
    assert "policy-text" not in page  # the text is not sent again


def test_when_nothing_is_left_the_panel_leads_to_the_report(as_auditor, audit):
    last = audit.findings.order_by("position").first()
    for finding in audit.findings.exclude(pk=last.pk):
        verdict = "partial" if finding.proposed_verdict == "undetermined" else finding.proposed_verdict
        factories.decide(finding, by=audit.started_by, verdict=verdict, reason="Read.")
    page = decide(as_auditor, last, htmx=True, confirm="1").content.decode()
    assert f'data-finding="{last.pk}"' in page
    assert "Nothing undecided is left in this list." in page
    assert reverse("audit_report", args=[audit.pk]) in page


@pytest.mark.parametrize("htmx", [True, False])
def test_an_override_without_reason_is_refused_beside_the_field(as_auditor, audit, htmx):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    response = decide(as_auditor, finding, htmx=htmx, verdict="non_compliant")
    page = response.content.decode()
    assert response.status_code == 422
    assert ("<html" in page) is not htmx
    assert re.search(r'id="decision-reason_error"[^>]*><p>Say why you decide otherwise than proposed.</p>', page)
    assert re.search(r'value="non_compliant" data-key="3" checked', page)
    assert not Decision.objects.exists()


def test_undetermined_cannot_be_confirmed(as_auditor, audit):
    finding = finding_of(audit, "DEMO-6-CONTRADICTION")
    page = review(as_auditor, audit, finding=finding.pk).content.decode()
    assert 'name="confirm"' not in page
    assert not re.search(r'<input type="radio"[^>]* checked', page)
    response = decide(as_auditor, finding, htmx=True, confirm="1")
    assert response.status_code == 422
    assert not Decision.objects.exists()


def test_no_verdict_chosen_is_said_in_words(as_auditor, audit):
    response = decide(as_auditor, finding_of(audit, "DEMO-6-CONTRADICTION"), htmx=True, reason="Typed already.")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Choose a verdict." in page
    assert "Typed already." in page


@pytest.mark.parametrize("htmx", [True, False])
def test_the_second_of_two_people_sees_what_changed_and_keeps_what_was_typed(as_auditor, audit, team, htmx):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, by=team.lead, verdict="partial", reason="The address is missing.")
    finding.revision = 0  # what the second person still has on screen
    response = decide(as_auditor, finding, htmx=htmx, verdict="non_compliant", reason="Nothing is <named>.")
    page = response.content.decode()
    notice = page[page.index("Somebody else was faster.") :]
    assert response.status_code == 409
    assert team.lead.get_username() in notice
    assert "The address is missing." in notice
    assert "Nothing is &lt;named&gt;.</textarea>" in notice
    assert re.search(r'value="non_compliant" data-key="3" checked', notice)
    finding.refresh_from_db()
    assert finding.final_verdict == "partial"

    again = decide(as_auditor, finding, htmx=htmx, verdict="non_compliant", reason="Nothing is <named>.")
    assert again.status_code in (200, 302)
    finding.refresh_from_db()
    assert finding.final_verdict == "non_compliant"


def test_undo_brings_back_what_counted_before(as_auditor, audit, team):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, by=team.auditor)
    response = as_auditor.post(reverse("finding_undo", args=[finding.pk]), {"revision": 1}, **HTMX)
    finding.refresh_from_db()
    assert finding.final_verdict == ""
    assert "0 of 6 decided" in response.content.decode()
    assert "Taken back" in response.content.decode()


def test_undo_of_something_newer_is_refused(as_auditor, audit, team):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, by=team.auditor)
    factories.decide(finding, by=team.lead, verdict="partial", reason="No address.")
    response = as_auditor.post(reverse("finding_undo", args=[finding.pk]), {"revision": 1}, **HTMX)
    assert response.status_code == 409
    assert "No address." in response.content.decode()
    finding.refresh_from_db()
    assert finding.final_verdict == "partial"


@pytest.mark.parametrize("revision", ["", "x", "-1"])
def test_a_broken_revision_changes_nothing(as_auditor, audit, revision):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    for name in ("finding_decide", "finding_undo"):
        data = {"revision": revision, "verdict": "compliant"}
        assert as_auditor.post(reverse(name, args=[finding.pk]), data).status_code == 422
    assert not Decision.objects.exists()


def test_a_revision_written_as_a_decimal_is_answered_like_any_other(as_auditor, audit, team):
    finding = finding_of(audit, "DEMO-1-IDENTITY")
    factories.decide(finding, by=team.lead)
    for name in ("finding_decide", "finding_undo"):
        response = as_auditor.post(reverse(name, args=[finding.pk]), {"revision": "0.0", "verdict": "compliant"})
        assert response.status_code == 409


# ---------- Comments ----------


def test_a_reviewer_comments_and_the_comment_is_escaped(client, audit, team):
    client.force_login(team.reviewer)
    finding = audit.findings.first()
    response = client.post(reverse("comment_add", args=[finding.pk]), {"text": "<b>Look</b> here"}, **HTMX)
    assert "&lt;b&gt;Look&lt;/b&gt; here" in response.content.decode()
    assert finding.comments.get().author == team.reviewer


def test_an_empty_comment_is_refused_beside_the_field(as_auditor, audit):
    response = as_auditor.post(reverse("comment_add", args=[audit.findings.first().pk]), {"text": " "}, **HTMX)
    assert response.status_code == 422
    assert "Write the comment first." in response.content.decode()


# ---------- Who may what ----------


def test_reviewer_and_viewer_see_no_decision_form(client, audit, team):
    for person, comments in ((team.reviewer, True), (team.viewer, False)):
        client.force_login(person)
        page = review(client, audit).content.decode()
        assert 'id="decision"' not in page
        assert ("comment-form" in page) is comments
        assert decide(client, audit.findings.first(), confirm="1").status_code == 403


def test_nothing_can_be_decided_after_signing(as_auditor, signed_audit):
    page = review(as_auditor, signed_audit).content.decode()
    assert "This audit is signed off" in page
    assert 'id="decision"' not in page
    finding = signed_audit.findings.first()
    response = decide(as_auditor, finding, htmx=True, verdict="partial", reason="Too late")
    assert response.status_code == 422
    assert "Reopen it to change a decision." in response.content.decode()
    assert "Too late" in response.content.decode()  # what was typed is not lost
    assert finding.decisions.count() == 1


# ---------- Cost ----------


def grow(audit, findings):
    """More findings, each with evidence, comments and decisions, in the same audit."""
    version = audit.checklist_version
    sample = version.requirements.first()
    for number in range(findings):
        requirement = factories.Requirement.objects.create(
            version=version, position=100 + number, code=f"MORE-{number}", domain="notice", kind=sample.kind,
            severity="major", title_zh="更多", title_en="More", content=sample.content,
        )  # fmt: skip
        finding = factories.finding(audit, requirement, "partial", "注册时，我们收集您的手机号码")
        factories.decide(finding, by=audit.started_by)
        service.comment_add(by=audit.started_by, finding=finding, text="Seen.")


def test_the_number_of_queries_does_not_depend_on_the_number_of_findings(
    as_auditor, audit, django_assert_num_queries, django_assert_max_num_queries
):
    finding = finding_of(audit, "DEMO-2-PURPOSE")
    factories.decide(finding_of(audit, "DEMO-1-IDENTITY"), by=audit.started_by)  # the pace is asked for from here on
    requests = [
        lambda: review(as_auditor, audit, finding=finding.pk),
        lambda: review(as_auditor, audit, finding=finding.pk, severity="critical"),
        lambda: as_auditor.get(reverse("finding_detail", args=[finding.pk]), **HTMX),
    ]
    limits = []
    for request in requests:
        request()  # the titles of the checklist are read once
        with django_assert_max_num_queries(24) as counted:
            request()
        limits.append(len(counted))
    grow(audit, 20)
    requests[0]()  # and the requirements it has grown by
    for request, limit in zip(requests, limits, strict=True):
        with django_assert_num_queries(limit):
            request()


def test_every_form_of_a_swapped_panel_can_be_sent_by_the_browser_itself(as_auditor, audit):
    """A key may be faster than HTMX takes hold of what it swapped in."""
    panel = as_auditor.get(reverse("finding_detail", args=[audit.findings.first().pk]), **HTMX).content.decode()
    forms = re.findall(r'<form[^>]*method="post".*?</form>', panel, re.DOTALL)
    assert len(forms) > 3
    assert [form for form in forms if "csrfmiddlewaretoken" not in form] == []
