"""Reports are made in the background: somebody asks for one, a worker or the next request makes it under a lease.

As with files that are handed in, the row decides and the task is a hint (decision 16): a maker that was killed loses
its lease, somebody else begins again, and a report is kept once or not at all.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from ..models import DraftReport, Report, ReportDownload, ReportJob
from . import activity, leases, report
from .errors import ServiceError
from .leases import LeaseLost
from .previews import files_delete

logger = logging.getLogger(__name__)
State, Stage = ReportJob.State, ReportJob.Stage
UNEXPECTED, GIVEN_UP = "unexpected", "given_up"
REFUSALS = {"not_signed": report.NotSigned, "state_changed": report.StateChanged, "number_taken": report.NumberTaken}
REASONS = {
    **{name: refusal.text for name, refusal in REFUSALS.items()},
    UNEXPECTED: _("The report could not be made. The operator of this installation finds the reason in the log."),
    GIVEN_UP: _("Making the report was broken off several times. The operator of this installation should be told."),
}


class NothingToMake(ServiceError):
    text = _("This report is being made, or is ready.")


@task()
def report_task(job_pk):
    """Make one report in the background; nothing happens when it is not in line (any more)."""
    report_make(job_pk)


def report_request(*, by, audit, key, template, language, draft):
    """Ask for a report and return its ReportJob, which waits for a worker or for ``report_make``.

    ``key`` is the form's: sent twice, it gives the same job; so does asking for a report that is under way already.
    Raises NotSigned and StateChanged for a final report, as issuing it would.
    """
    if not draft:
        report.valid_sign_off(audit)
    wanted = {"template": template, "language": language, "draft": draft}
    with transaction.atomic():
        under_way = audit.report_jobs.filter(state__in=ReportJob.OPEN, **wanted)
        if job := audit.report_jobs.filter(key=key).first() or under_way.first():
            return job
        now = timezone.now()
        job = ReportJob.objects.create(audit=audit, key=key, asked_by=by, asked_at=now, queued_at=now, **wanted)
        _enqueue(job.pk)
        activity.record(actor=by, action="report.asked", obj=audit, engagement=audit.engagement, detail=wanted)
    return job


def report_make(job_pk):
    """Make a report that is in line, here and now; whatever goes wrong is written to its row."""
    fields = leases.new_lease(State.MAKING)
    mine = ReportJob.objects.filter(pk=job_pk, state=State.QUEUED)
    if not mine.update(attempts=F("attempts") + 1, reason="", finished_at=None, **fields):
        return
    lease = leases.Lease(ReportJob, job_pk, fields["lease"])
    try:
        with leases.renewed(lease):
            _Making(lease).run()
    except LeaseLost:
        logger.info("Report job %s was taken over.", job_pk)


def report_retry(*, by, job):
    """Put a report that was not made back in line. Raises NothingToMake."""
    with transaction.atomic():
        failed = ReportJob.objects.filter(pk=job.pk, state=State.FAILED)
        if not failed.update(state=State.QUEUED, queued_at=timezone.now(), attempts=0, reason="", finished_at=None):
            raise NothingToMake
        _enqueue(job.pk)
        detail = {"template": job.template, "language": job.language, "draft": job.draft}
        activity.record(actor=by, action="report.asked", obj=job.audit, engagement=job.audit.engagement, detail=detail)


def recover():
    """Put back in line what a vanished maker left behind, hand over again what nobody picked up; returns how many.

    Safe to call at any time, from any number of processes.
    """
    now = timezone.now()
    gone = {"lease": None, "lease_until": None, "stage": ""}
    expired = ReportJob.objects.filter(state=State.MAKING, lease_until__lt=now)
    expired.filter(attempts__gte=settings.INTAKE_ATTEMPTS).update(
        state=State.FAILED, reason=GIVEN_UP, finished_at=now, **gone
    )
    back = [
        pk
        for pk, token in expired.values_list("pk", "lease")
        if ReportJob.objects.filter(pk=pk, lease=token, lease_until__lt=now).update(
            state=State.QUEUED, queued_at=now, **gone
        )
    ]
    overdue = now - timedelta(seconds=settings.INTAKE_LEASE)
    lost = list(ReportJob.objects.filter(state=State.QUEUED, queued_at__lt=overdue).values_list("pk", flat=True))
    ReportJob.objects.filter(pk__in=lost, state=State.QUEUED).update(queued_at=now)
    _enqueue(*back, *lost)
    return len(back) + len(lost)


@transaction.atomic
def report_downloaded(*, by, report, form="pdf"):
    """Note that an issued report was taken out of the program in this form; return the ReportDownload."""
    row = ReportDownload.objects.create(report=report, form=form, downloaded_by=by, downloaded_at=timezone.now())
    detail = {"number": report.number, "form": form}
    engagement = report.sign_off.audit.engagement
    activity.record(actor=by, action="report.downloaded", obj=report, engagement=engagement, detail=detail)
    return row


def draft_report_discard(*, by, draft):
    """Throw a draft away, its file and the pictures of its pages with it."""
    with transaction.atomic():
        if not DraftReport.objects.filter(pk=draft.pk).delete()[0]:
            return
        detail = {"number": draft.number}
        activity.record(
            actor=by, action="report.draft_discarded", obj=draft.audit, engagement=draft.audit.engagement, detail=detail
        )
        transaction.on_commit(lambda: files_delete(draft))


def _enqueue(*job_pks):
    for pk in job_pks:
        transaction.on_commit(lambda pk=pk: report_task.enqueue(pk))


class _Making(report.Watch):
    """One report under a lease; what ``report`` says on its way is written to the job's row."""

    def __init__(self, lease):
        self.lease = lease
        self.job = ReportJob.objects.select_related("audit__engagement", "asked_by").get(pk=lease.pk)

    def run(self):
        job = self.job
        asked = {"by": job.asked_by, "audit": job.audit, "template": job.template, "language": job.language}
        try:
            if job.draft:
                report.draft_make(number=f"DRAFT-{job.pk:06d}", at=job.asked_at, watch=self, **asked)
            else:
                report.report_issue(watch=self, **asked)
        except (LeaseLost, OperationalError, InterfaceError):
            raise  # a database that is away for a moment: the lease runs out and the report gets its turn again
        except tuple(REFUSALS.values()) as refusal:
            self.fail(next(name for name, kind in REFUSALS.items() if isinstance(refusal, kind)))
        except Exception:
            logger.exception("Report job %s could not be made.", job.pk)
            self.fail(UNEXPECTED)

    def begins(self, stage):
        self.lease.hold(stage=stage)

    def keeps(self, made):
        kept = {"report": made} if isinstance(made, Report) else {"draft_report": made}
        self.give_up(State.READY, **kept)

    def fail(self, reason):
        self.give_up(State.FAILED, reason=reason)

    def give_up(self, state, **fields):
        self.lease.hold(state=state, stage="", lease=None, lease_until=None, finished_at=timezone.now(), **fields)
