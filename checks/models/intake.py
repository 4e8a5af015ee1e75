from pathlib import PurePath
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .audit import Audit
from .engagement import Engagement
from .policy import PolicyDocument, PolicySource, PolicyVersion, original_path


class IntakeJob(models.Model):
    """One act of handing something in: a form sent with one file or many, an archive, an address, pasted text."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="intake_jobs")
    key = models.UUIDField(default=uuid4)  # of the form that was sent: sent twice, it is still one job
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "key"], name="one_job_per_form")]
        verbose_name = _("intake job")
        verbose_name_plural = _("intake jobs")

    def __str__(self):
        return f"{self.engagement} · {self.created_at:%Y-%m-%d %H:%M}"


class IntakeItem(models.Model):
    """One file on its way in, and how far it has come. The file is kept whatever becomes of it.

    Whoever works on a running item holds its lease and renews it; a lease that ran out means that the worker is gone.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting in line")
        RUNNING = "running", _("Being worked on")
        QUESTION = "question", _("Needs your answer")
        DONE = "done", _("Done")
        FAILED = "failed", _("Not read")
        CANCELLED = "cancelled", _("Cancelled")

    class Stage(models.TextChoices):
        FETCHING = "fetching", _("Fetching the page")
        UNPACKING = "unpacking", _("Unpacking")
        READING = "reading", _("Reading")
        AUDITING = "auditing", _("Auditing")

    OPEN = (State.QUEUED, State.RUNNING)
    STOPPED = (State.FAILED, State.CANCELLED)

    job = models.ForeignKey(IntakeJob, models.PROTECT, related_name="items")
    archive = models.ForeignKey("self", models.PROTECT, null=True, related_name="members")
    position = models.PositiveIntegerField()
    source = models.CharField(max_length=10, choices=PolicySource)
    url = models.TextField(blank=True)
    filename = models.CharField(max_length=255)  # shown, never used as a path
    original = models.FileField(upload_to=original_path, blank=True)  # empty until an address was fetched
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    # What the person asked for
    name = models.CharField(max_length=200, blank=True)
    document = models.ForeignKey(PolicyDocument, models.PROTECT, null=True, related_name="+")
    new_policy = models.BooleanField(default=False)  # however much it resembles one that is here
    regardless = models.BooleanField(default=False)  # audit it whatever kind of document it seems to be
    keep_only = models.BooleanField(default=False)  # keep it without an audit
    # How far it has come
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=40, blank=True)  # why it stopped, by name
    params = models.JSONField(default=dict)  # what the sentence about the reason needs
    stage = models.CharField(max_length=10, choices=Stage, blank=True)
    done = models.PositiveIntegerField(default=0)  # of total: pages, files
    total = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    # What was found, until it has its place
    reading = models.JSONField(null=True)  # the text and all that was read with it, while a question is open
    preflight = models.JSONField(default=dict)  # see engine.kinds.Preflight
    resembles = models.JSONField(default=dict)  # {"version", "share", "added", "removed", "changed"}
    policy_version = models.OneToOneField(PolicyVersion, models.PROTECT, null=True, related_name="intake_item")
    audit = models.OneToOneField(Audit, models.PROTECT, null=True, related_name="intake_item")

    class Meta:
        ordering = ["job", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["archive", "position"],
                condition=models.Q(archive__isnull=False),
                name="one_item_per_member_of_an_archive",
            ),
            models.CheckConstraint(
                condition=models.Q(state="running", lease__isnull=False, lease_until__isnull=False)
                | (~models.Q(state="running") & models.Q(lease__isnull=True)),
                name="who_runs_holds_the_lease",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"]), models.Index(fields=["job", "state"])]
        verbose_name = _("intake item")
        verbose_name_plural = _("intake items")

    def __str__(self):
        return self.filename

    @property
    def policy_name(self):
        """What the policy will be called if it is a new one."""
        return self.name or PurePath(self.filename).stem
