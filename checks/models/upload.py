"""Checklists that come as files: kept as read until somebody has seen what they would change."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .checklist import Checklist, ChecklistVersion
from .studio import ChecklistDraft


class ChecklistUpload(models.Model):
    """One file an author handed in: its content, what it is compared with, and the draft it went into."""

    class Format(models.TextChoices):
        YAML = "yaml", _("YAML files in a ZIP")
        XLSX = "xlsx", _("Excel workbook")
        JSON = "json", _("JSON")

    filename = models.CharField(max_length=255)
    format = models.CharField(max_length=5, choices=Format)
    source = models.JSONField()  # as the loader reads it
    digest = models.CharField(max_length=64)  # of the content
    verified = models.BooleanField(default=False)  # the file named this digest: an unchanged copy
    checklist = models.ForeignKey(Checklist, models.PROTECT, null=True, related_name="+")  # None: a new one
    base = models.ForeignKey(ChecklistVersion, models.PROTECT, null=True, related_name="+")
    draft = models.ForeignKey(ChecklistDraft, models.PROTECT, null=True, related_name="+")  # fills this one
    seen_digest = models.CharField(max_length=64, blank=True)  # of what it was compared with
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    applied_to = models.ForeignKey(ChecklistDraft, models.PROTECT, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("uploaded checklist")
        verbose_name_plural = _("uploaded checklists")

    def __str__(self):
        return self.filename
