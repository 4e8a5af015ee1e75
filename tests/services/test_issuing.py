"""Reports in the making: asked for, made once, made again when their maker is gone; drafts and downloads."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from checks.models import ActivityEntry, DraftReport, Report, ReportDownload, ReportJob
from checks.models.append_only import FrozenRow
from checks.rendering.pdf import render_pdf
from checks.services import issuing, leases, previews
from checks.services import report as services

from .. import factories

pytestmark = pytest.mark.django_db
State = ReportJob.State


def ask(audit, by, key=None, **wanted):
    wanted = {"template": "v2/executive", "language": "zh-hans", "draft": False} | wanted
    return issuing.report_request(by=by, audit=audit, key=key or uuid.uuid4(), **wanted)


def made(job):
    issuing.report_make(job.pk)
    job.refresh_from_db()
    return job


def stored_files():
    return {path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}


def acts(audit):
    return list(
        ActivityEntry.objects.filter(engagement=audit.engagement).order_by("id").values_list("action", flat=True)
    )


def test_what_is_asked_for_waits_for_a_worker_and_is_made_once(signed_audit, team, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(signed_audit, team.reviewer)
    assert (job.state, DBTaskResult.objects.count()) == (State.QUEUED, 1)
    job = made(job)
    assert (job.state, job.lease, job.stage, job.attempts) == (State.READY, None, "", 1)
    assert job.report == Report.objects.get()
    assert (job.report.created_by, job.report.template) == (team.reviewer, "v2/executive")
    issuing.report_make(job.pk)
    assert Report.objects.count() == 1
    assert acts(signed_audit) == ["audit.signed", "report.asked", "report.issued"]


def test_the_same_form_and_the_same_wish_give_one_job(signed_audit, team):
    key = uuid.uuid4()
    job = ask(signed_audit, team.reviewer, key)
    assert ask(signed_audit, team.reviewer, key) == job
    assert ask(signed_audit, team.lead) == job, "somebody else's wish is under way already"
    assert ask(signed_audit, team.lead, language="en") != job


def test_an_unsigned_audit_is_refused_before_anything_waits(audit, team):
    with pytest.raises(services.NotSigned):
        ask(audit, team.reviewer)
    assert not ReportJob.objects.exists()


def test_what_changed_between_asking_and_making_is_said(signed_audit, team):
    job = ask(signed_audit, team.reviewer)
    services.audit_reopen(by=team.reviewer, audit=signed_audit, reason="再看一处。")
    job = made(job)
    assert (job.state, job.reason, job.report) == (State.FAILED, "not_signed", None)
    assert str(issuing.REASONS[job.reason])


def test_a_failed_one_is_tried_again(signed_audit, team):
    job = made(factories.report_job(signed_audit, team.reviewer, template="no/such"))
    assert (job.state, job.reason) == (State.FAILED, issuing.UNEXPECTED)
    ReportJob.objects.filter(pk=job.pk).update(template="v2/executive")
    issuing.report_retry(by=team.reviewer, job=job)
    assert made(job).state == State.READY
    with pytest.raises(issuing.NothingToMake):
        issuing.report_retry(by=team.reviewer, job=job)


class TestMakersThatVanish:
    def left_behind(self, audit, by, **fields):
        gone = {"state": State.MAKING, "lease": uuid.uuid4(), "lease_until": timezone.now() - timedelta(seconds=1)}
        return factories.report_job(audit, by, **gone | fields)

    def test_their_report_gets_its_turn_again(self, signed_audit, team):
        job = self.left_behind(signed_audit, team.reviewer)
        assert issuing.recover() == 1
        assert made(job).state == State.READY
        assert issuing.recover() == 0

    def test_one_that_takes_its_maker_down_every_time_is_given_up(self, signed_audit, team):
        job = self.left_behind(signed_audit, team.reviewer, attempts=settings.INTAKE_ATTEMPTS)
        issuing.recover()
        job.refresh_from_db()
        assert (job.state, job.reason, job.lease) == (State.FAILED, issuing.GIVEN_UP, None)

    def test_who_is_still_at_work_is_left_alone(self, signed_audit, team):
        self.left_behind(signed_audit, team.reviewer, lease_until=timezone.now() + timedelta(minutes=1))
        assert issuing.recover() == 0

    def test_who_lost_the_lease_keeps_nothing(self, signed_audit, team):
        job = self.left_behind(signed_audit, team.reviewer)
        making = issuing._Making(leases.Lease(ReportJob, job.pk, job.lease))
        ReportJob.objects.filter(pk=job.pk).update(lease=uuid.uuid4())
        files = stored_files()
        sign_off = signed_audit.sign_offs.get()
        context = services._context(signed_audit, sign_off, "zh-hans", "v2/executive", "PA-2026-000001")
        with pytest.raises(leases.LeaseLost):
            services._report_keep(team.reviewer, signed_audit, sign_off, context, render_pdf(context), making)
        assert not Report.objects.exists()
        assert stored_files() == files
        assert acts(signed_audit) == ["audit.signed"]


class TestSameAgain:
    def test_the_same_signature_gives_the_same_report(self, signed_audit, team):
        first = made(ask(signed_audit, team.reviewer)).report
        again = made(ask(signed_audit, team.lead))
        assert (again.state, again.report, Report.objects.count()) == (State.READY, first, 1)

    def test_another_language_is_another_report(self, signed_audit, team):
        first = made(ask(signed_audit, team.reviewer)).report
        assert made(ask(signed_audit, team.reviewer, language="en")).report != first

    def test_the_kept_data_give_the_kept_bytes(self, signed_audit, team):
        report = Report.objects.get(pk=made(ask(signed_audit, team.reviewer)).report_id)
        assert render_pdf(report.context) == report.pdf.read()


class TestDrafts:
    def test_a_draft_needs_no_signature_and_takes_no_number(self, audit, team):
        job = made(ask(audit, team.auditor, draft=True))
        draft = job.draft_report
        assert (job.state, draft.number) == (State.READY, f"DRAFT-{job.pk:06d}")
        assert draft.context["draft"] is True
        assert not Report.objects.exists()
        assert services.next_number(2026).endswith("000001")
        assert acts(audit) == ["report.asked", "report.drafted"]

    def test_it_is_thrown_away_with_its_file_and_pictures(self, audit, team, django_capture_on_commit_callbacks):
        files = stored_files()
        draft = made(ask(audit, team.auditor, draft=True)).draft_report
        previews.page_picture_file(made=draft, number=1).close()
        assert len(stored_files() - files) == 2
        with django_capture_on_commit_callbacks(execute=True):
            issuing.draft_report_discard(by=team.auditor, draft=draft)
        assert stored_files() == files
        assert not DraftReport.objects.exists()
        assert acts(audit)[-1] == "report.draft_discarded"


def test_downloads_are_written_down_for_good(signed_audit, team):
    report = factories.report(signed_audit, team.reviewer)
    row = issuing.report_downloaded(by=team.viewer, report=report)
    assert (row.form, row.downloaded_by) == ("pdf", team.viewer)
    assert acts(signed_audit)[-1] == "report.downloaded"
    with pytest.raises(FrozenRow):
        ReportDownload.objects.all().delete()
