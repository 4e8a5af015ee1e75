"""What is told to one person, and where people are now. Neither is history: rows are changed and replaced."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .audit import Audit, Finding


class Notification(models.Model):
    class Kind(models.TextChoices):
        MENTIONED = "mentioned", _("Mentioned in a comment")
        ASSIGNED = "assigned", _("Finding assigned")
        SENT_BACK = "sent_back", _("Finding sent back")
        HANDED_IN = "handed_in", _("Audit handed in for review")
        AUDIT_SENT_BACK = "audit_sent_back", _("Audit sent back")
        SECOND_ASKED = "second_asked", _("Asked for a second opinion")
        REVEALED = "revealed", _("Both opinions are in")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    audit = models.ForeignKey(Audit, models.CASCADE, related_name="+")
    finding = models.ForeignKey(Finding, models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)  # of the comment or the note
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user"], condition=Q(read_at=None), name="unread")]
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")

    def __str__(self):
        return f"{self.user}: {self.kind}"


class Presence(models.Model):
    """The finding a person looks at, or looked at last: one row per person and audit."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    audit = models.ForeignKey(Audit, models.CASCADE, related_name="presences")
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="presences")
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "audit"], name="one_place_per_person_and_audit")]
        verbose_name = _("presence")
        verbose_name_plural = _("presences")

    def __str__(self):
        return f"{self.user} @ {self.finding_id}"
