from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Finding, VerdictChoices


class Decision(AppendOnly):
    """A person's verdict on a finding. The latest one counts; an empty verdict takes the one before back."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="decisions")
    proposed_verdict = models.CharField(max_length=20, choices=VerdictChoices)  # what the person had before them
    verdict = models.CharField(max_length=20, choices=VerdictChoices, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["finding", "id"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self):
        return f"{self.finding_id}: {self.verdict or 'withdrawn'}"


class Comment(AppendOnly):
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")

    def __str__(self):
        return self.text[:60]
