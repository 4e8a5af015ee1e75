"""The register of legal instruments: what requirements cite, since when it is in force, and what became of it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .append_only import AppendOnly


class Instrument(models.Model):
    """A law, regulation or standard that a legal basis can name."""

    class Kind(models.TextChoices):
        LAW = "law", _("Law")
        REGULATION = "regulation", _("Administrative regulation")
        RULE = "rule", _("Departmental rule")
        STANDARD = "standard", pgettext_lazy("legal instrument", "Standard")
        GUIDANCE = "guidance", _("Guidance")
        OTHER = "other", _("Other")

    key = models.CharField(_("abbreviation"), max_length=40, unique=True)  # as legal bases name it: PIPL
    title_zh = models.CharField(_("title in Chinese"), max_length=200)
    title_en = models.CharField(_("title in English"), max_length=200)
    issuer = models.CharField(_("issued by"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.OTHER)
    in_force = models.DateField(_("in force from"), null=True)
    articles = models.JSONField(default=list)  # the places in it that checklists cite, to be picked again
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]
        verbose_name = _("legal instrument")
        verbose_name_plural = _("legal instruments")

    def __str__(self):
        return self.key


class InstrumentChange(AppendOnly):
    """An instrument was amended or repealed from some day on; without ``articles`` all of it."""

    class Kind(models.TextChoices):
        AMENDED = "amended", _("Amended")
        REPEALED = "repealed", _("Repealed")

    instrument = models.ForeignKey(Instrument, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    effective = models.DateField()
    articles = models.JSONField(default=list)
    note = models.TextField()
    replaced_by = models.ForeignKey(Instrument, models.PROTECT, null=True, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["instrument", "id"]
        verbose_name = _("change of law")
        verbose_name_plural = _("changes of law")

    def __str__(self):
        return f"{self.instrument} {self.kind} {self.effective}"


class InstrumentChangeWithdrawal(AppendOnly):
    """The change was recorded by mistake: it no longer counts."""

    change = models.OneToOneField(InstrumentChange, models.PROTECT, related_name="withdrawal")
    reason = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("withdrawn change of law")
        verbose_name_plural = _("withdrawn changes of law")

    def __str__(self):
        return str(self.change)
