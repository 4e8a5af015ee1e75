import hashlib

import pypdfium2
import pytest
from django.conf import settings
from django.utils import timezone

from checks.models import ActivityEntry, Audit, Report, SignOff
from checks.rendering.context import context_digest
from checks.rendering.digests import digest
from checks.rendering.pdf import render_pdf
from checks.selectors.signing import audit_state
from checks.services import locks, review
from checks.services import report as services

from .. import factories

pytestmark = pytest.mark.django_db


def stored_files():
    return {path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}


def actions(audit):
    return [entry.action for entry in ActivityEntry.objects.filter(engagement=audit.engagement)]


# ---------- Signing and reopening ----------


def test_the_signature_carries_the_digest_of_what_was_signed(audit, team):
    factories.decide_all(audit, by=team.auditor)
    sign_off = services.audit_sign_off(by=team.reviewer, audit=audit, statement=" 已复核。 ")
    assert Audit.objects.get(pk=audit.pk).status == Audit.Status.SIGNED
    assert (sign_off.signed_by, sign_off.statement) == (team.reviewer, "已复核。")
    assert sign_off.decisions_digest == digest(audit_state(audit))
    assert actions(audit) == ["audit.signed"]


def test_nothing_undecided_reaches_a_signature(audit, team):
    with pytest.raises(services.NotReady) as refusal:
        services.audit_sign_off(by=team.reviewer, audit=audit)
    assert len(refusal.value.obstacles) == 6
    assert "6" in refusal.value.message
    assert Audit.objects.get(pk=audit.pk).status == Audit.Status.REVIEW
    assert not SignOff.objects.exists()
    assert actions(audit) == []


def test_who_decided_a_single_finding_cannot_sign(audit, team):
    factories.decide(audit.findings.first(), team.lead)
    factories.decide_all(audit, by=team.auditor)
    for decider in (team.lead, team.auditor):
        with pytest.raises(services.SignerDecided):
            services.audit_sign_off(by=decider, audit=audit)
    assert services.audit_sign_off(by=team.reviewer, audit=audit)


def test_what_should_be_known_has_to_be_looked_at_before_signing(audit, team):
    factories.decide_all(audit, by=team.auditor)
    review.comment_add(by=team.viewer, finding=audit.findings.first(), text="这里看仔细了吗？")
    with pytest.raises(services.WarningsUnseen):
        services.audit_sign_off(by=team.reviewer, audit=audit)
    services.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    signed = ActivityEntry.objects.get(action="audit.signed")
    assert signed.detail["warnings"] == [["open_comments", "DEMO-1-IDENTITY"]]


def test_who_was_overruled_may_sign(audit, team):
    """Only the decision that counts makes somebody a decider."""
    finding = audit.findings.get(proposed_verdict="partial")
    factories.decide(finding, team.lead)
    factories.decide(finding, team.auditor, "compliant", "附件里写全了。")
    factories.decide_all(audit, by=team.auditor)
    assert services.audit_sign_off(by=team.lead, audit=audit)


def test_an_audit_is_signed_once_also_from_an_old_page(audit, team):
    factories.decide_all(audit, by=team.auditor)
    old_page = Audit.objects.get(pk=audit.pk)
    services.audit_sign_off(by=team.reviewer, audit=audit)
    with pytest.raises(locks.AuditSigned):
        services.audit_sign_off(by=team.lead, audit=old_page)
    assert SignOff.objects.count() == 1


def test_reopening_needs_a_reason_and_keeps_the_signature(signed_audit, team):
    with pytest.raises(services.ReopenReasonRequired):
        services.audit_reopen(by=team.reviewer, audit=signed_audit, reason=" ")
    services.audit_reopen(by=team.reviewer, audit=signed_audit, reason="发现新的附件。")
    assert Audit.objects.get(pk=signed_audit.pk).status == Audit.Status.REVIEW
    assert signed_audit.sign_offs.count() == 1
    entry = ActivityEntry.objects.filter(engagement=signed_audit.engagement).first()
    assert (entry.action, entry.detail) == ("audit.reopened", {"reason": "发现新的附件。"})


def test_an_open_audit_is_not_reopened(audit, team):
    with pytest.raises(services.NotSigned):
        services.audit_reopen(by=team.reviewer, audit=audit, reason="再看")


def test_signing_again_after_a_change_signs_the_new_state(signed_audit, team):
    services.audit_reopen(by=team.reviewer, audit=signed_audit, reason="发现新的附件。")
    finding = signed_audit.findings.get(proposed_verdict="partial")
    factories.decide(finding, team.auditor, "compliant", "附件里写全了。")
    services.audit_sign_off(by=team.reviewer, audit=signed_audit)
    first, second = signed_audit.sign_offs.order_by("id")
    assert first.decisions_digest != second.decisions_digest


# ---------- Issuing ----------


def test_an_issued_report_keeps_its_data_and_its_pdf_with_their_hashes(signed_audit, team):
    report = services.report_issue(by=team.reviewer, audit=signed_audit)
    report = Report.objects.get(pk=report.pk)
    content = report.pdf.read()
    assert hashlib.sha256(content).hexdigest() == report.pdf_sha256
    assert len(pypdfium2.PdfDocument(content)) == report.pages > 1
    assert report.context_digest == context_digest(report.context)
    assert report.context["number"] == report.number
    assert report.sign_off == signed_audit.sign_offs.get()
    assert actions(signed_audit) == ["report.issued", "audit.signed"]


def test_reports_are_numbered_through_the_year(signed_audit, team):
    year = timezone.localdate().year
    factories.report(signed_audit, by=team.reviewer, number=f"PA-{year - 1}-000040")
    assert services.next_number(year) == f"PA-{year}-000001"
    factories.report(signed_audit, by=team.reviewer, number=f"PA-{year}-000011")
    report = services.report_issue(by=team.reviewer, audit=signed_audit, language="en")
    assert (report.number, report.language) == (f"PA-{year}-000012", "en")


def test_a_report_is_issued_for_signed_audits_only(audit, team):
    with pytest.raises(services.NotSigned):
        services.report_issue(by=team.reviewer, audit=audit)


def test_a_reopened_audit_issues_no_report(signed_audit, team):
    services.audit_reopen(by=team.reviewer, audit=signed_audit, reason="发现新的附件。")
    with pytest.raises(services.NotSigned):
        services.report_issue(by=team.reviewer, audit=signed_audit)
    assert not Report.objects.exists()


def test_a_state_tampered_with_after_signing_issues_no_report(signed_audit, team):
    signed_audit.findings.filter(proposed_verdict="non_compliant").update(final_verdict="compliant")
    with pytest.raises(services.StateChanged):
        services.report_issue(by=team.reviewer, audit=signed_audit)


def test_a_number_taken_while_the_pdf_was_made_is_refused_and_leaves_no_file(signed_audit, team):
    """Two people issue at once: the second one's PDF carries a number that is gone by now."""
    year = timezone.localdate().year
    sign_off = signed_audit.sign_offs.get()
    taken = services._context(signed_audit, sign_off, "zh-hans", "v2/standard", services.next_number(year))
    services.report_issue(by=team.reviewer, audit=signed_audit)
    files = stored_files()
    with pytest.raises(services.NumberTaken):
        services._report_keep(team.lead, signed_audit, sign_off, taken, render_pdf(taken))
    assert stored_files() == files
    assert Report.objects.count() == 1
