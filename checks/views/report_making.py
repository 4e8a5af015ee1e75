"""A report in the making: how far it is, and making it here when no worker has begun."""

from contextlib import suppress

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from ..models import ReportJob
from ..permissions import Action, can, report_job_for
from ..rendering.pdf import TEMPLATES
from ..services import issuing

State = ReportJob.State


@require_GET
def report_job(request, pk):
    """While the report is made the page asks for its progress and goes to the report when it is there."""
    job = report_job_for(request.user, pk)
    return progress(request, job)


@require_POST
def report_make(request, pk):
    """Make it within this request: nobody has begun, or it was not made and is tried again."""
    job = report_job_for(request.user, pk)
    job = report_job_for(request.user, pk, right(job))
    if job.state == State.FAILED:
        with suppress(issuing.NothingToMake):  # somebody else was faster: the page shows how far it is
            issuing.report_retry(by=request.user, job=job)
    issuing.report_make(job.pk)
    if request.htmx:
        return progress(request, report_job_for(request.user, pk))
    return redirect("report_job", job.pk)


def progress(request, job):
    """The page or, for HTMX, what is new on it; from a finished one HTMX goes on to the report."""
    if not request.htmx or job.state != State.READY:
        return page(request, job)
    if issued_before(job):
        messages.info(request, _("This very report was issued before: nothing has changed since."))
    return HttpResponseClientRedirect(result_address(job))


def issued_before(job):
    """Whether the report that was asked for was there already."""
    return bool(job.report) and job.report.created_at < job.asked_at


def page(request, job):
    stages = list(ReportJob.Stage)
    waited = (timezone.now() - job.queued_at).total_seconds()
    context = {
        "job": job,
        "audit": job.audit,
        "engagement": job.audit.engagement,
        "template_title": TEMPLATES.get(job.template, job.template),
        "open": job.state in ReportJob.OPEN,
        "overdue": job.state == State.QUEUED and waited >= settings.REPORT_PATIENCE,
        "stages": stages,
        "step": stages.index(job.stage) + 1 if job.stage else 0,
        "result": result_address(job) if job.state == State.READY else "",
        "reason": issuing.REASONS.get(job.reason, ""),
        "again": issued_before(job),
        "may_make": can(request.user, job.audit.engagement, right(job)),
    }
    return render(request, f"checks/report/report_job.html{'#progress' if request.htmx else ''}", context)


def right(job):
    return Action.DRAFT if job.draft else Action.SIGN


def result_address(job):
    """Where the finished report is looked at; a draft that was thrown away leaves the audit's page."""
    if job.report_id:
        return reverse("report_detail", args=[job.report_id])
    if job.draft_report_id:
        return reverse("draft_pages", args=[job.draft_report_id])
    return reverse("audit_report", args=[job.audit_id])
