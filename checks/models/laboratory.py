"""Which policies rules may be tried on, and what a draft would change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit
from .policy import PolicyVersion
from .studio import ChecklistDraft


class CorpusRelease(AppendOnly):
    """A lead lets checklist authors read a policy version in the laboratory, or no longer; the latest row counts."""

    class Kind(models.TextChoices):
        RELEASED = "released", _("Released to the rule corpus")
        WITHDRAWN = "withdrawn", _("Withdrawn from the rule corpus")

    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="corpus_releases")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["policy_version", "id"]
        verbose_name = _("release to the rule corpus")
        verbose_name_plural = _("releases to the rule corpus")

    def __str__(self):
        return f"{self.policy_version_id}: {self.kind}"


class EffectPreview(models.Model):
    """What a draft, as it stood at ``digest``, would change on stored policies; worked out in the background."""

    class State(models.TextChoices):
        QUEUED = "queued", _("In line")
        RUNNING = "running", _("Working")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    draft = models.ForeignKey(ChecklistDraft, models.CASCADE, related_name="previews")
    digest = models.CharField(max_length=64)  # of the draft's content that is held against its base
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    lease = models.UUIDField(null=True)  # of the worker that has it; see services.background
    lease_until = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)  # policies
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)  # see services.effects
    milliseconds = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["draft", "-id"]
        verbose_name = _("effect of a draft")
        verbose_name_plural = _("effects of drafts")

    def __str__(self):
        return f"{self.draft_id}: {self.state}"


class AuditMove(AppendOnly):
    """An audit in review went over to another checklist version: ``new`` carries on, ``old`` is history."""

    old = models.OneToOneField(Audit, models.PROTECT, related_name="moved_to")
    new = models.OneToOneField(Audit, models.PROTECT, related_name="moved_from")
    carried = models.PositiveIntegerField()  # findings whose decision went along
    reopened = models.PositiveIntegerField()  # findings that were decided and have to be looked at again
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("move to another checklist version")
        verbose_name_plural = _("moves to other checklist versions")

    def __str__(self):
        return f"{self.old_id} → {self.new_id}"
