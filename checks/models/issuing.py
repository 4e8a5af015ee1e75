from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit
from .report import DraftReport, Language, Report


class ReportJob(models.Model):
    """A report that somebody asked for, and how far it has come.

    Whoever makes it holds its lease; a lease that ran out means that the maker is gone, and somebody else may begin.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting in line")
        MAKING = "making", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Not made")

    class Stage(models.TextChoices):
        COLLECTING = "collecting", _("Putting the findings together")
        SETTING = "setting", _("Setting the pages")
        KEEPING = "keeping", _("Keeping the report")

    OPEN = (State.QUEUED, State.MAKING)

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="report_jobs")
    key = models.UUIDField(default=uuid4)  # of the form that was sent: sent twice, it is still one job
    template = models.CharField(max_length=20)
    language = models.CharField(max_length=10, choices=Language)
    draft = models.BooleanField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    reason = models.CharField(max_length=40, blank=True)  # why it failed, by name
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    report = models.ForeignKey(Report, models.PROTECT, null=True, related_name="jobs")
    draft_report = models.OneToOneField(DraftReport, models.SET_NULL, null=True, related_name="job")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "key"], name="one_report_job_per_form"),
            models.CheckConstraint(
                condition=models.Q(state="making", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="making") & models.Q(lease__isnull=True)),
                name="who_makes_a_report_holds_the_lease",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"])]
        verbose_name = _("report in the making")
        verbose_name_plural = _("reports in the making")

    def __str__(self):
        return f"{self.audit_id}: {self.template} {self.language}"


class ReportDownload(AppendOnly):
    """Who took an issued report out of the program, in which form, and when."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="downloads")
    form = models.CharField(max_length=20, default="pdf")
    downloaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    downloaded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("download of a report")
        verbose_name_plural = _("downloads of reports")

    def __str__(self):
        return f"{self.report_id}: {self.form}"
