"""Reports issued and in the making, and what undid a signature."""

from ..models import (
    ActivityEntry,
    Report,
    ReportJob,
)


def reopenings(audit):
    """When the audit was reopened, by whom and why, newest first: one query."""
    rows = ActivityEntry.objects.filter(object_type="audit", object_id=audit.pk, action="audit.reopened")
    return list(rows.select_related("actor"))


def reports_of(audit):
    """The reports that were issued of the audit, newest first, with who signed and issued them: one query."""
    rows = Report.objects.filter(sign_off__audit=audit).select_related("sign_off", "created_by")
    return list(rows.defer("context"))


def engagement_reports(engagement):
    """Everything that was issued for the engagement, newest first, for paging."""
    rows = Report.objects.filter(sign_off__audit__engagement=engagement)
    rows = rows.select_related("created_by", "sign_off__audit__policy_version__document")
    return rows.defer("context", "sign_off__audit__policy_version__text").order_by("-id")


def report_numbered(engagement, number):
    """The engagement's report with this number, without its data, or None: one query."""
    rows = Report.objects.filter(number=number, sign_off__audit__engagement=engagement)
    return rows.defer("context").first()


def issued_changes(report):
    """What the report says otherwise than the one before it; {} for a first one: one query, without the rest of it."""
    return Report.objects.filter(pk=report.pk).values_list("context__changes", flat=True).get() or {}


def report_jobs(audit):
    """Reports of the audit that are being made or were not made and not asked for again since: one query."""
    jobs = list(audit.report_jobs.select_related("asked_by")[:20])
    done = [(job.template, job.language, job.draft, job.pk) for job in jobs if job.state == ReportJob.State.READY]
    return [job for job in jobs if job.state != ReportJob.State.READY and not _asked_again(job, done)]


def _asked_again(job, done):
    return any(later[:3] == (job.template, job.language, job.draft) and later[3] > job.pk for later in done)
