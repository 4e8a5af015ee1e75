from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine.entities import Kind, Severity
from .append_only import AppendOnly, AppendOnlyQuerySet


class SeverityChoices(models.TextChoices):
    CRITICAL = Severity.CRITICAL.value, _("Critical")
    MAJOR = Severity.MAJOR.value, _("Major")
    MINOR = Severity.MINOR.value, _("Minor")
    ADVISORY = Severity.ADVISORY.value, _("Advisory")


class KindChoices(models.TextChoices):
    DISCLOSURE = Kind.DISCLOSURE.value, _("Disclosure")
    CONDITIONAL_DISCLOSURE = Kind.CONDITIONAL_DISCLOSURE.value, _("Conditional disclosure")
    PROHIBITION = Kind.PROHIBITION.value, _("Prohibition")
    CONSISTENCY = Kind.CONSISTENCY.value, _("Consistency")


class Checklist(models.Model):
    slug = models.SlugField(unique=True)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")

    def __str__(self):
        return self.slug


class ChecklistVersionQuerySet(AppendOnlyQuerySet):
    def applying(self, day=None):
        """Those a new audit may run on: not retired, and meant for audits from this day (today) or an earlier one."""
        day = day or timezone.localdate()
        begun = models.Q(applies_from=None) | models.Q(applies_from__lte=day)
        return self.filter(begun, retirement=None)

    def newest_first(self):
        return self.order_by("-published_at", "-id")


class SharedVersionManager(models.Manager):
    """Versions for everybody. Those tailored for one engagement, or that came with one, are in ``everywhere`` alone: no
    list can leak them.
    """

    def get_queryset(self):
        # NOT EXISTS, no outer join: PostgreSQL locks no rows of one.
        return super().get_queryset().filter(imported=False).exclude(tailored__isnull=False)


class ChecklistVersion(AppendOnly):
    """A published checklist: the document it was loaded from, frozen with its digest."""

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, unique=True)
    source = models.JSONField()  # the whole checklist as the engine's loader reads it
    published_at = models.DateTimeField()
    imported = models.BooleanField(default=False)  # came with an engagement: no new audit is run against it
    changelog = models.TextField(blank=True)
    applies_from = models.DateField(null=True)  # the first day of audits it is meant for; None: from its publication
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = SharedVersionManager.from_queryset(ChecklistVersionQuerySet)()
    everywhere = ChecklistVersionQuerySet.as_manager()

    class Meta:
        ordering = ["checklist", "-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["checklist", "version", "digest"], name="one_digest_per_version")
        ]
        verbose_name = _("checklist version")
        verbose_name_plural = _("checklist versions")

    def __str__(self):
        return f"{self.checklist} {self.version}"


class Requirement(AppendOnly):
    """What the law asks. A frozen copy of one entry of ``ChecklistVersion.source``, for joins and lists."""

    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="requirements")
    position = models.PositiveIntegerField()
    code = models.CharField(max_length=60)
    domain = models.CharField(max_length=40)
    kind = models.CharField(max_length=30, choices=KindChoices)
    severity = models.CharField(max_length=10, choices=SeverityChoices)
    title_zh = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    content = models.JSONField()  # the whole entry: question, elements, decide, remediation, rules …

    class Meta:
        ordering = ["version", "position"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="one_requirement_per_code")]
        verbose_name = _("requirement")
        verbose_name_plural = _("requirements")

    def __str__(self):
        return self.code


class LegalBasis(AppendOnly):
    requirement = models.ForeignKey(Requirement, models.PROTECT, related_name="legal_basis")
    position = models.PositiveIntegerField()
    instrument = models.CharField(max_length=40)
    ref = models.CharField(max_length=100, blank=True)
    note_zh = models.TextField()
    note_en = models.TextField(blank=True)
    verified = models.BooleanField(default=True)  # False is shown as 待核

    class Meta:
        ordering = ["requirement", "position"]
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")

    def __str__(self):
        return f"{self.instrument} {self.ref}".strip()
