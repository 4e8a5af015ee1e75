"""Checklists in the making. Drafts are the only checklists that change; what is published is frozen."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .append_only import AppendOnly
from .checklist import Checklist, ChecklistVersion


class ChecklistDraft(models.Model):
    """A version on its way: edited by authors, looked at by an approver, then published or discarded."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        PUBLISHED = "published", pgettext_lazy("state of a checklist", "Published")
        DISCARDED = "discarded", _("Discarded")

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="drafts")
    base = models.ForeignKey(ChecklistVersion, models.PROTECT, null=True, related_name="drafts")
    version = models.CharField(_("version"), max_length=40)  # the name it will be published under
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    head = models.JSONField()  # everything of a checklist's source but its requirements
    changelog = models.TextField(_("what changes"), blank=True)
    applies_from = models.DateField(_("applies to audits from"), null=True, blank=True)
    revision = models.PositiveIntegerField(default=0)  # of the head, the changelog and the date
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    published_version = models.OneToOneField(ChecklistVersion, models.PROTECT, null=True, related_name="draft")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "version"],
                condition=Q(state__in=["draft", "in_review"]),
                name="one_open_draft_per_version",
            )
        ]
        permissions = [
            ("author_checklist", "Can write checklist drafts"),
            ("approve_checklist", "Can approve and publish checklist drafts"),
        ]
        verbose_name = _("checklist draft")
        verbose_name_plural = _("checklist drafts")

    def __str__(self):
        return f"{self.checklist} {self.version}"

    @property
    def is_open(self):
        """Whether it can still become a version."""
        return self.state in (self.State.DRAFT, self.State.IN_REVIEW)


class RequirementDraft(models.Model):
    """One requirement of a draft. What is removed stays as a row, so that removing can be undone."""

    draft = models.ForeignKey(ChecklistDraft, models.CASCADE, related_name="requirements")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=60)
    content = models.JSONField()  # one entry of a checklist's source["requirements"]
    revision = models.PositiveIntegerField(default=0)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)
    reexamine = models.TextField(blank=True)  # why it must be looked at again: an amended law
    removed = models.BooleanField(default=False)

    class Meta:
        ordering = ["draft", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["draft", "code"], name="one_requirement_draft_per_code")]
        verbose_name = _("requirement in a draft")
        verbose_name_plural = _("requirements in drafts")

    def __str__(self):
        return self.code


class DraftReview(AppendOnly):
    """A draft handed over: to the approvers, back to its authors, or into use."""

    class Kind(models.TextChoices):
        SUBMITTED = "submitted", _("Submitted for review")
        SENT_BACK = "sent_back", _("Sent back")
        APPROVED = "approved", _("Approved and published")

    draft = models.ForeignKey(ChecklistDraft, models.PROTECT, related_name="reviews")
    kind = models.CharField(max_length=10, choices=Kind)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    note = models.TextField(blank=True)
    digest = models.CharField(max_length=64)  # of the content that was handed over

    class Meta:
        ordering = ["draft", "id"]
        verbose_name = _("hand-over of a draft")
        verbose_name_plural = _("hand-overs of drafts")

    def __str__(self):
        return f"{self.draft}: {self.kind}"


class VersionRetirement(AppendOnly):
    """A version that is offered for no new audit; audits that run on it keep it."""

    version = models.OneToOneField(ChecklistVersion, models.PROTECT, related_name="retirement")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        verbose_name = _("retirement of a version")
        verbose_name_plural = _("retirements of versions")

    def __str__(self):
        return str(self.version)
