"""Readiness, signature, issued reports. Making the PDF itself is tested in tests/rendering."""

import hashlib
import re

import pytest
from django.urls import reverse

from checks.models import Audit, Report, SignOff

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


def test_a_report_is_issued_listed_and_downloaded_unchanged(as_reviewer, signed_audit, team):
    assert "No report yet" in screen(as_reviewer, signed_audit)
    response = post(as_reviewer, "report_issue", signed_audit.pk, language="en")
    report = Report.objects.get()
    assert response["Location"] == reverse("audit_report", args=[signed_audit.pk])
    page = screen(as_reviewer, signed_audit)
    for told in (report.number, "English", report.pdf_sha256, team.reviewer.get_username()):
        assert told in page
    download = as_reviewer.get(reverse("report_download", args=[report.pk]))
    content = b"".join(download.streaming_content)
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == report.pdf_sha256
    assert download["Content-Type"] == "application/pdf"
    assert download["Content-Disposition"] == f'attachment; filename="{report.number}.pdf"'
    assert download["X-Content-Type-Options"] == "nosniff"


def test_an_unsigned_audit_has_no_report(as_reviewer, audit):
    response = post(as_reviewer, "report_issue", audit.pk, language="en")
    assert response.status_code == 422
    assert "This audit is not signed off." in response.content.decode()
    assert not Report.objects.exists()


def test_a_language_that_is_none_issues_nothing(as_reviewer, signed_audit):
    assert post(as_reviewer, "report_issue", signed_audit.pk, language="tlh").status_code == 422
    assert not Report.objects.exists()


def test_the_screen_costs_the_same_for_any_number_of_findings(as_reviewer, audit, django_assert_num_queries):
    screen(as_reviewer, audit)
    with django_assert_num_queries(16):
        screen(as_reviewer, audit)
