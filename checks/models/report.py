from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit


def report_path(_report, _filename):
    name = uuid4().hex
    return f"reports/{name[:2]}/{name}.pdf"


class SignOff(AppendOnly):
    """Closes an audit: who, when, and the digest of the exact state that was signed. Reopening adds a new one later."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="sign_offs")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    statement = models.TextField(blank=True)
    decisions_digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["audit", "id"]
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")

    def __str__(self):
        return f"{self.audit} · {self.signed_by}"


class Language(models.TextChoices):
    """The languages of reports."""

    ZH = "zh-hans", _("Chinese")
    EN = "en", _("English")
    BILINGUAL = "bilingual", _("Chinese and English")


class MadeReport(models.Model):
    """A PDF and the data it was made from: the same data gives the same bytes again."""

    Language = Language

    number = models.CharField(max_length=60, unique=True)
    language = models.CharField(max_length=10, choices=Language)
    template = models.CharField(max_length=20)  # e.g. "v1": old reports keep the template they were made with
    context = models.JSONField()
    context_digest = models.CharField(max_length=64)
    pdf = models.FileField(upload_to=report_path)
    pdf_sha256 = models.CharField(max_length=64)
    pages = models.PositiveIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self):
        return self.number


class Report(AppendOnly, MadeReport):
    """An issued report: about one signature, with a number of the series."""

    sign_off = models.ForeignKey(SignOff, models.PROTECT, related_name="reports")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("report")
        verbose_name_plural = _("reports")


class DraftReport(MadeReport):
    """How a report would look now. No part of the record: it has no number of the series and can be thrown away."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="drafts")

    class Meta:
        ordering = ["-id"]
        verbose_name = _("draft of a report")
        verbose_name_plural = _("drafts of reports")
