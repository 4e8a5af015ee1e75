"""What an auditor observes beyond the checklist, and texts of observations that come up again and again."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit
from .checklist import SeverityChoices


class Observation(models.Model):
    """One observation of an audit. What it says stands in its versions; the latest one counts."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="observations")
    number = models.PositiveIntegerField()  # within the audit, never used twice
    revision = models.PositiveIntegerField(default=0)  # counts versions: tells two people writing at once apart
    withdrawn = models.BooleanField(default=False)  # mirrors the latest version

    class Meta:
        ordering = ["audit", "number"]
        constraints = [models.UniqueConstraint(fields=["audit", "number"], name="one_number_per_observation")]
        verbose_name = _("observation")
        verbose_name_plural = _("observations")

    def __str__(self):
        return f"{self.audit_id}/{self.number}"


class ObservationVersion(AppendOnly):
    """The whole text of an observation at one time; withdrawing and restoring add a version too."""

    observation = models.ForeignKey(Observation, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    withdrawn = models.BooleanField(default=False)
    title = models.CharField(max_length=200)
    severity = models.CharField(max_length=10, choices=SeverityChoices)
    basis = models.TextField(blank=True)  # one legal basis a line
    facts = models.TextField()
    remediation = models.TextField(blank=True)
    places = models.JSONField(default=list)  # [{"start", "end", "quote", "clause"}], cut from the policy's text
    note = models.TextField(blank=True)  # why it was changed or withdrawn
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["observation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["observation", "number"], name="one_number_per_observation_version")
        ]
        verbose_name = _("version of an observation")
        verbose_name_plural = _("versions of observations")

    def __str__(self):
        return f"{self.title} ({self.number})"


class ObservationTemplate(models.Model):
    """An observation to start from, without places: its owner's, or shared with everybody in the organisation."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="observation_templates")
    shared = models.BooleanField(_("shared with everybody here"), default=False)
    title = models.CharField(_("title"), max_length=200)
    severity = models.CharField(_("severity"), max_length=10, choices=SeverityChoices)
    basis = models.TextField(_("legal basis"), blank=True)
    facts = models.TextField(_("facts"), blank=True)
    remediation = models.TextField(_("remediation"), blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["title", "id"]
        verbose_name = _("template of observations")
        verbose_name_plural = _("templates of observations")

    def __str__(self):
        return self.title
