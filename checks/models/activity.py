from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly


class ActivityEntry(AppendOnly):
    """One act of one person, chained by hash to the act before it in the same engagement."""

    engagement = models.ForeignKey("checks.Engagement", models.PROTECT, null=True, related_name="activity")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)  # e.g. "finding.decided"; the sentence is composed when shown
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    detail = models.JSONField(default=dict)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    # [engagement, actor, object]: the numbers that the hash of an imported entry was computed over
    origin = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["object_type", "object_id"])]
        verbose_name = _("activity entry")
        verbose_name_plural = _("activity")

    def __str__(self):
        return f"{self.action} {self.object_type}#{self.object_id}"
