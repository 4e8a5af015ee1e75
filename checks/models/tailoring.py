"""What an engagement asks otherwise than the published checklist, and the checklist version that comes of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .checklist import Checklist, ChecklistVersion, SeverityChoices
from .engagement import Engagement


class TailoringChange(AppendOnly):
    """One requirement switched off, made graver, or added for one engagement; or an earlier change taken back."""

    class Kind(models.TextChoices):
        OFF = "off", _("Switched off")
        SEVERITY = "severity", _("Severity raised")
        OWN = "own", _("Own requirement")
        REVOKED = "revoked", _("Taken back")

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="tailoring")
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    code = models.CharField(max_length=60)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    severity = models.CharField(max_length=10, choices=SeverityChoices, blank=True)  # raised to
    severity_before = models.CharField(max_length=10, choices=SeverityChoices, blank=True)
    content = models.JSONField(default=dict)  # of an own requirement: one entry as the loader reads it
    reason = models.TextField()
    revokes = models.OneToOneField("self", models.PROTECT, null=True, related_name="revoked_by")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["engagement", "id"]
        verbose_name = _("change for one engagement")
        verbose_name_plural = _("changes for one engagement")

    def __str__(self):
        return f"{self.code} {self.kind}"


class TailoredVersion(AppendOnly):
    """A checklist version made for one engagement: its base with these changes, seen nowhere else.

    An engagement that was taken in beside the one it was exported from has the same version, so one may have two rows.
    """

    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="tailored")
    base = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="+")
    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="tailored_versions")
    changes = models.ManyToManyField(TailoringChange, related_name="+")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "version"], name="tailored_once_per_engagement")]
        verbose_name = _("tailored version")
        verbose_name_plural = _("tailored versions")

    def __str__(self):
        return str(self.version)
