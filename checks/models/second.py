"""A second auditor decides everything again without seeing the first one's work; then the two are compared."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit, Finding, VerdictChoices


class BlindReviewQuerySet(models.QuerySet):
    def running(self):
        return self.filter(revealed_at=None, cancelled_at=None)

    def hiding_from(self, user):
        """The running ones in which this user is the second auditor: their audits are hidden from them."""
        return self.running().filter(second_id=user.pk)


class BlindReview(models.Model):
    """Whose second opinion an audit gets. Nothing is compared before both have decided every finding."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="blind_reviews")
    second = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)  # the second auditor has finished
    revealed_at = models.DateTimeField(null=True)  # both have: everybody sees everything
    cancelled_at = models.DateTimeField(null=True)

    objects = BlindReviewQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["audit"], condition=Q(cancelled_at=None), name="one_blind_review_per_audit")
        ]
        indexes = [
            models.Index(fields=["second"], condition=Q(revealed_at=None, cancelled_at=None), name="hidden_from")
        ]
        verbose_name = _("blind second review")
        verbose_name_plural = _("blind second reviews")

    def __str__(self):
        return f"{self.audit_id}: {self.second}"

    @property
    def is_running(self):
        return self.revealed_at is None and self.cancelled_at is None


class SecondOpinion(AppendOnly):
    """What the second auditor says of one finding; the latest row counts."""

    blind_review = models.ForeignKey(BlindReview, models.PROTECT, related_name="opinions")
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="second_opinions")
    verdict = models.CharField(max_length=20, choices=VerdictChoices)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("second opinion")
        verbose_name_plural = _("second opinions")

    def __str__(self):
        return f"{self.finding_id}: {self.verdict}"

    @property
    def decided_by(self):
        """Read like a Decision, where the second auditor works as the first one does."""
        return self.made_by

    @property
    def decided_at(self):
        return self.made_at


class Comparison(AppendOnly):
    """What both auditors had said of a finding when it was revealed. What counts afterwards is a Decision."""

    blind_review = models.ForeignKey(BlindReview, models.PROTECT, related_name="comparisons")
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="comparisons")
    first_verdict = models.CharField(max_length=20, choices=VerdictChoices)
    first_reason = models.TextField(blank=True)
    first_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    second_verdict = models.CharField(max_length=20, choices=VerdictChoices)
    second_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["blind_review", "finding"], name="compared_once")]
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")

    def __str__(self):
        return f"{self.finding_id}: {self.first_verdict} / {self.second_verdict}"

    @property
    def agrees(self):
        return self.first_verdict == self.second_verdict
