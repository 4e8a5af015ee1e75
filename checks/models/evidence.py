from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Finding


class EvidenceChange(AppendOnly):
    """What a person did to the evidence of a finding. The engine's rows stay; what counts now is both put together.

    Rows of one act share its number, also across findings; a piece that was moved is one removed and one added.
    """

    class Kind(models.TextChoices):
        ADDED = "added", _("Added")
        REMOVED = "removed", _("Removed")
        RESTORED = "restored", _("Restored")  # what was removed counts again, as whose it was before

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="evidence_changes")
    act = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    clause = models.CharField(max_length=200, blank=True)
    element = models.CharField(max_length=60, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["finding", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="changed_evidence_is_not_empty")
        ]
        verbose_name = _("change of evidence")
        verbose_name_plural = _("changes of evidence")

    def __str__(self):
        return f"{self.kind}: {self.quote[:60]}"
