"""Readiness, signature, issued reports. Making the PDF itself is tested in tests/rendering."""

import hashlib
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import Audit, DraftReport, ReportJob, SignOff

from .. import factories

pytestmark = pytest.mark.usefixtures("english")


def screen(client, audit):
    return client.get(reverse("audit_report", args=[audit.pk])).content.decode()


def post(client, name, pk, **data):
    return client.post(reverse(name, args=[pk]), data)


SIGN_BUTTON = re.compile(r"<button[^>]*>Sign off the audit</button>")


# ---------- Readiness and signature ----------


def test_what_is_open_is_listed_with_the_way_there(as_reviewer, audit):
    page = screen(as_reviewer, audit)
    assert "6 findings are not decided" in page
    finding = audit.findings.first()
    address = reverse("audit_review", args=[audit.pk]) + f"?finding={finding.pk}&amp;state=undecided"
    assert re.search(rf'href="{re.escape(address)}"[^>]*>Who operates it</a>', page)
    assert "disabled" in SIGN_BUTTON.search(page).group()


def test_an_override_without_reason_is_an_obstacle_of_its_own(as_reviewer, audit, team):
    finding = audit.findings.first()
    factories.decide(finding, by=team.auditor, verdict="partial")
    factories.decide_all(audit, by=team.auditor)
    page = screen(as_reviewer, audit)
    assert "without a reason" in page
    assert f"?finding={finding.pk}" in page
    assert "not decided" not in page


def test_a_reviewer_signs_and_the_statement_is_kept(as_reviewer, audit, team):
    factories.decide_all(audit, by=team.auditor)
    assert "disabled" not in SIGN_BUTTON.search(screen(as_reviewer, audit)).group()
    response = post(as_reviewer, "audit_sign_off", audit.pk, statement="Checked <twice>.")
    assert response["Location"] == reverse("audit_report", args=[audit.pk])
    audit.refresh_from_db()
    assert audit.status == Audit.Status.SIGNED
    page = screen(as_reviewer, audit)
    assert "Checked &lt;twice&gt;." in page
    assert SignOff.objects.get().decisions_digest in page


def test_who_decided_cannot_sign_and_keeps_what_was_typed(client, audit, team):
    factories.decide_all(audit, by=team.lead)
    client.force_login(team.lead)
    assert "Somebody else has to sign off" in screen(client, audit)
    response = post(client, "audit_sign_off", audit.pk, statement="I did it all myself.")
    page = response.content.decode()
    assert response.status_code == 422
    assert "Somebody else has to sign off" in page
    assert "I did it all myself.</textarea>" in page
    assert not SignOff.objects.exists()


def test_an_unfinished_audit_cannot_be_signed(as_reviewer, audit):
    assert post(as_reviewer, "audit_sign_off", audit.pk).status_code == 422
    assert not SignOff.objects.exists()


def test_an_auditor_is_told_who_can_sign(client, audit, team):
    client.force_login(team.auditor)
    page = screen(client, audit)
    assert "this takes a reviewer or lead" in page
    assert not SIGN_BUTTON.search(page)
    assert post(client, "audit_sign_off", audit.pk).status_code == 403


# ---------- Reopening ----------


def test_reopening_needs_a_reason(as_reviewer, signed_audit):
    response = post(as_reviewer, "audit_reopen", signed_audit.pk, reason=" ")
    assert response.status_code == 422
    assert "Say why the audit is reopened." in response.content.decode()
    signed_audit.refresh_from_db()
    assert signed_audit.status == Audit.Status.SIGNED


def test_after_reopening_the_old_signature_stays_in_the_record(as_reviewer, signed_audit):
    post(as_reviewer, "audit_reopen", signed_audit.pk, reason="A clause was overlooked.")
    signed_audit.refresh_from_db()
    assert signed_audit.status == Audit.Status.REVIEW
    page = screen(as_reviewer, signed_audit)
    assert "reopened since" in page
    assert SIGN_BUTTON.search(page)


# ---------- Reports ----------


WANTED = {"language": "en", "template": "v2/executive", "kind": "final", "key": "6f1c3f0e-7e0b-4b53-9a0e-000000000001"}


def made(client, audit, **wanted):
    """Ask for a report and have it made by this request, as the page does when there is no worker."""
    response = post(client, "report_issue", audit.pk, **WANTED | wanted | {"key": uuid4()})
    job = ReportJob.objects.first()
    assert response["Location"] == reverse("report_job", args=[job.pk])
    post(client, "report_make", job.pk)
    job.refresh_from_db()
    return job


def test_a_report_is_issued_listed_and_downloaded_unchanged(as_reviewer, signed_audit, team):
    assert "No report yet" in screen(as_reviewer, signed_audit)
    report = made(as_reviewer, signed_audit).report
    page = screen(as_reviewer, signed_audit)
    for told in (report.number, "English", "Executive summary", "Current", team.reviewer.get_username()):
        assert told in page
    download = as_reviewer.get(reverse("report_download", args=[report.pk]))
    content = b"".join(download.streaming_content)
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == report.pdf_sha256
    assert download["Content-Type"] == "application/pdf"
    assert download["Content-Disposition"] == f'attachment; filename="{report.number}.pdf"'
    assert download["X-Content-Type-Options"] == "nosniff"


def test_an_unsigned_audit_has_no_report(as_reviewer, audit):
    response = post(as_reviewer, "report_issue", audit.pk, **WANTED)
    assert response.status_code == 422
    assert not ReportJob.objects.exists()


@pytest.mark.parametrize("wrong", [{"language": "tlh"}, {"template": "../v1"}, {"kind": "secret"}, {"key": "1"}])
def test_a_wish_that_is_none_makes_nothing(as_reviewer, signed_audit, wrong):
    assert post(as_reviewer, "report_issue", signed_audit.pk, **WANTED | wrong).status_code == 422
    assert not ReportJob.objects.exists()


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


class TestInTheMaking:
    def test_the_page_asks_for_progress_and_offers_to_make_it_when_nobody_begins(
        self, as_reviewer, signed_audit, team, settings
    ):
        job = factories.report_job(signed_audit, team.reviewer)
        address = reverse("report_job", args=[job.pk])
        page = as_reviewer.get(address).content.decode()
        assert "Waiting in line" in page
        assert "Make it now" not in page
        assert 'hx-trigger="every 1s"' in page
        settings.REPORT_PATIENCE = 0
        assert "Make it now" in as_reviewer.get(address).content.decode()

    def test_a_viewer_only_watches(self, client, signed_audit, team, settings):
        settings.REPORT_PATIENCE = 0
        client.force_login(team.viewer)
        job = factories.report_job(signed_audit, team.reviewer)
        page = client.get(reverse("report_job", args=[job.pk])).content.decode()
        assert "Make it now" not in page
        assert "hx-get" in page

    def test_htmx_is_led_to_the_finished_report(self, as_reviewer, signed_audit):
        job = made(as_reviewer, signed_audit)
        response = as_reviewer.get(reverse("report_job", args=[job.pk]), headers={"HX-Request": "true"})
        assert response["HX-Redirect"] == reverse("report_detail", args=[job.report_id])

    def test_why_it_was_not_made_stands_there_with_another_try(self, as_reviewer, signed_audit, team):
        job = factories.report_job(signed_audit, team.reviewer, state="failed", reason="given_up")
        page = as_reviewer.get(reverse("report_job", args=[job.pk])).content.decode()
        assert "broken off several times" in page
        assert "Not made" in screen(as_reviewer, signed_audit)
        post(as_reviewer, "report_make", job.pk)
        job.refresh_from_db()
        assert job.state == "ready"
        assert "Not made" not in screen(as_reviewer, signed_audit)

    def test_the_same_report_again_is_said_to_be_the_same(self, as_reviewer, signed_audit):
        number = made(as_reviewer, signed_audit).report.number
        again = made(as_reviewer, signed_audit)
        page = as_reviewer.get(reverse("report_job", args=[again.pk])).content.decode()
        assert "issued before: nothing has changed since" in page
        assert number in page


class TestHistory:
    def test_what_changed_since_the_last_report_is_shown(self, as_reviewer, signed_audit, team):
        first = made(as_reviewer, signed_audit).report
        page = as_reviewer.get(reverse("report_detail", args=[first.pk])).content.decode()
        assert "This is the first report about this policy" in page
        post(as_reviewer, "audit_reopen", signed_audit.pk, reason="Look again.")
        page = as_reviewer.get(reverse("report_detail", args=[first.pk])).content.decode()
        assert "No longer valid" in page
        factories.decide(signed_audit.findings.first(), team.auditor, "partial", "只写了一半。")
        factories.observation(signed_audit, by=team.auditor, title="没有写 <b> 的期限")
        factories.sign_off(Audit.objects.get(pk=signed_audit.pk), by=team.reviewer)
        second = made(as_reviewer, signed_audit).report
        page = as_reviewer.get(reverse("report_detail", args=[second.pk])).content.decode()
        for told in (first.number, "2 changes", "Who operates it", "DEMO-1-IDENTITY", "没有写 &lt;b&gt; 的期限"):
            assert told in page
        page = as_reviewer.get(reverse("report_detail", args=[first.pk])).content.decode()
        assert "Superseded" in page
        assert second.number in page
        page = as_reviewer.get(reverse("engagement_reports", args=[signed_audit.engagement_id])).content.decode()
        assert f"Superseded by {second.number}" in page

    def test_downloads_are_listed_with_who(self, as_reviewer, signed_audit, team):
        report = factories.report(signed_audit, by=team.reviewer)
        address = reverse("report_detail", args=[report.pk])
        assert "Nobody has downloaded it yet." in as_reviewer.get(address).content.decode()
        as_reviewer.get(reverse("report_download", args=[report.pk]))
        assert team.reviewer.get_username() in as_reviewer.get(address).content.decode().split('id="downloads"')[1]

    def test_the_lists_cost_the_same_for_any_number_of_reports(self, as_reviewer, signed_audit, team):
        lists = [
            reverse("engagement_reports", args=[signed_audit.engagement_id]),
            reverse("audit_report", args=[signed_audit.pk]),
        ]
        costs = []
        for _more in range(3):
            report = factories.report(signed_audit, by=team.reviewer)
            factories.draft_report(signed_audit, by=team.auditor)
            factories.report_job(signed_audit, team.reviewer, state="failed", reason="unexpected")
            for _download in range(3):
                as_reviewer.get(reverse("report_download", args=[report.pk]))
            costs.append(
                [queries(as_reviewer, address) for address in [*lists, reverse("report_detail", args=[report.pk])]]
            )
        assert costs[0] == costs[1] == costs[2]
        assert costs[0] <= [7, 20, 10]


class TestPages:
    def test_a_page_is_a_picture_with_its_text_and_ways_on(self, as_reviewer, signed_audit):
        report = made(as_reviewer, signed_audit).report
        address = reverse("report_pages", args=[report.pk])
        page = as_reviewer.get(address, {"page": 2}).content.decode()
        assert re.search(r'rel="prev" href="\?page=1"', page)
        assert re.search(r'rel="next" href="\?page=3"', page)
        assert f"Page 2 of {report.pages} of {report.number}. Its text stands below the picture." in page
        assert report.context_digest in page.split("Text of this page")[1]
        picture = as_reviewer.get(reverse("report_page_picture", args=[report.pk, 2]))
        assert picture["Content-Type"] == "image/png"
        assert picture["Cache-Control"].startswith("private")
        assert b"".join(picture.streaming_content).startswith(b"\x89PNG")

    @pytest.mark.parametrize(("asked", "shown"), [("0", 3), ("99", 3), ("x", 1), ("", 1), ("2", 2)])
    def test_a_number_that_is_none_leads_to_the_nearest_page(self, as_reviewer, signed_audit, team, asked, shown):
        report = factories.report(signed_audit, by=team.reviewer)
        page = as_reviewer.get(reverse("report_pages", args=[report.pk]), {"page": asked}).content.decode()
        assert f"Page {shown} of 3" in page

    def test_there_is_no_picture_of_a_page_that_is_none(self, as_reviewer, signed_audit, team):
        report = factories.report(signed_audit, by=team.reviewer)
        assert as_reviewer.get(reverse("report_page_picture", args=[report.pk, 4])).status_code == 404


class TestDrafts:
    def test_an_auditor_makes_looks_at_and_throws_away_a_draft(self, as_auditor, audit):
        assert "Make a draft" in screen(as_auditor, audit)
        draft = made(as_auditor, audit, kind="draft").draft_report
        page = screen(as_auditor, audit)
        assert draft.number in page
        assert draft.number in as_auditor.get(reverse("draft_pages", args=[draft.pk])).content.decode()
        post(as_auditor, "draft_report_discard", draft.pk)
        assert not DraftReport.objects.exists()
        assert f"Draft {draft.number} was thrown away." in screen(as_auditor, audit)

    def test_a_viewer_makes_none(self, client, audit, team):
        client.force_login(team.viewer)
        assert "Make a draft" not in screen(client, audit)
        assert post(client, "report_issue", audit.pk, **WANTED | {"kind": "draft"}).status_code == 403

    def test_an_auditor_issues_nothing_final(self, as_auditor, signed_audit):
        assert post(as_auditor, "report_issue", signed_audit.pk, **WANTED).status_code == 403
        job = factories.report_job(signed_audit, signed_audit.started_by)
        assert post(as_auditor, "report_make", job.pk).status_code == 403


def test_the_screen_costs_the_same_for_any_number_of_findings(as_reviewer, audit, django_assert_num_queries):
    screen(as_reviewer, audit)
    with django_assert_num_queries(18):
        screen(as_reviewer, audit)
