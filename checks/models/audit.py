from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..engine.entities import Verdict
from .checklist import ChecklistVersion, Requirement, SeverityChoices
from .engagement import Engagement, ProcessorScale
from .policy import PolicyVersion


class VerdictChoices(models.TextChoices):
    COMPLIANT = Verdict.COMPLIANT.value, _("Compliant")
    PARTIAL = Verdict.PARTIAL.value, _("Partly compliant")
    NON_COMPLIANT = Verdict.NON_COMPLIANT.value, _("Not compliant")
    NOT_APPLICABLE = Verdict.NOT_APPLICABLE.value, _("Not applicable")
    UNDETERMINED = Verdict.UNDETERMINED.value, _("Undetermined")


class Audit(models.Model):
    """One policy version against one checklist version."""

    class Status(models.TextChoices):
        REVIEW = "review", _("In review")
        SIGNED = "signed", _("Signed off")

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="audits")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="audits")
    checklist_version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="audits")
    as_of = models.DateField()  # the law as it stood on this day
    processor_scale = models.CharField(max_length=10, choices=ProcessorScale)
    status = models.CharField(max_length=10, choices=Status, default=Status.REVIEW)
    engine_version = models.CharField(max_length=20)
    facts = models.JSONField(default=dict)
    outline = models.JSONField(default=dict)  # {"sections": [...], "clauses": [...]} with offsets, for display
    result_digest = models.CharField(max_length=64)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    engine_milliseconds = models.PositiveIntegerField()
    waiting_since = models.DateTimeField(null=True)  # handed in to the reviewers and not answered yet

    class Meta:
        ordering = ["-started_at", "-id"]
        verbose_name = _("audit")
        verbose_name_plural = _("audits")

    def __str__(self):
        return f"{self.policy_version} × {self.checklist_version}"


class Finding(models.Model):
    """One per requirement per audit, also when compliant.

    What the engine proposed never changes; ``final_verdict`` mirrors the latest Decision, and what stands behind
    ``revision`` the latest FindingChange of its kind.
    """

    class SecondLook(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        SENT_BACK = "sent_back", _("Sent back")
        ANSWERED = "answered", _("Answered")  # decided again since it was sent back

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="findings")
    requirement = models.ForeignKey(Requirement, models.PROTECT, related_name="findings")
    position = models.PositiveIntegerField()
    severity = models.CharField(max_length=10, choices=SeverityChoices)
    proposed_verdict = models.CharField(max_length=20, choices=VerdictChoices)
    confidence = models.FloatField()
    rationale_zh = models.TextField()
    rationale_en = models.TextField()
    elements = models.JSONField(default=list)  # [{"id": …, "met": …}]
    searched = models.JSONField(default=dict)  # see engine.entities.Searched
    final_verdict = models.CharField(max_length=20, choices=VerdictChoices, blank=True)
    revision = models.PositiveIntegerField(default=0)  # counts decisions: tells two people deciding at once apart
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_date = models.DateField(null=True)
    in_discussion = models.BooleanField(default=False)
    remediation = models.TextField(blank=True)  # in place of the requirement's
    second_look = models.CharField(max_length=10, choices=SecondLook, blank=True)

    class Meta:
        ordering = ["audit", "position"]
        constraints = [models.UniqueConstraint(fields=["audit", "requirement"], name="one_finding_per_requirement")]
        indexes = [models.Index(fields=["audit", "final_verdict"])]
        verbose_name = _("finding")
        verbose_name_plural = _("findings")

    def __str__(self):
        return f"{self.requirement} ({self.verdict})"

    @property
    def verdict(self):
        """The verdict that counts now: the person's, else the engine's."""
        return self.final_verdict or self.proposed_verdict

    @property
    def is_decided(self):
        return bool(self.final_verdict)


class Evidence(models.Model):
    """An exact piece of the policy's text: ``policy_version.text[start:end] == quote``."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="evidence")
    position = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    clause = models.CharField(max_length=200, blank=True)
    element = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["finding", "position"]
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="evidence_is_not_empty")
        ]
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self):
        return self.quote[:60]
