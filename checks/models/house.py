from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly


class Classification(models.TextChoices):
    PUBLIC = "public", _("Public")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    STRICT = "strict", _("Strictly confidential")


def bounded(name, lowest, highest, default, help_text):
    """A number of requirements at which the overall opinion changes, within what an auditor could defend."""
    return models.PositiveSmallIntegerField(
        name,
        default=default,
        help_text=help_text,
        validators=[MinValueValidator(lowest), MaxValueValidator(highest)],
    )


class HouseStyle(AppendOnly):
    """How the organisation's reports look, are numbered and come to their opinion.

    Each change is a new row. A report carries a copy of the row that stood when it was issued, so a used one can never
    change under it.
    """

    name_zh = models.CharField(_("organisation, in Chinese"), max_length=120, blank=True)
    name_en = models.CharField(_("organisation, in English"), max_length=120, blank=True)
    logo = models.BinaryField(blank=True, default=b"")  # PNG as services.logos wrote it, never the uploaded bytes
    accent = models.CharField(_("accent colour"), max_length=7, default="#1f4e79")
    disclaimer_zh = models.TextField(_("disclaimer, in Chinese"), max_length=2000, blank=True)
    disclaimer_en = models.TextField(_("disclaimer, in English"), max_length=2000, blank=True)
    classification = models.CharField(
        _("classification"), max_length=20, choices=Classification, default=Classification.CONFIDENTIAL
    )
    number_code = models.CharField(_("code of the organisation"), max_length=12, default="PA")
    number_pattern = models.CharField(_("pattern of report numbers"), max_length=40, default="{ORG}-{YYYY}-{NNNNNN}")
    grave_from_critical = bounded(
        _("major deficiencies from … critical requirements not met"), 1, 3, 1, _("1 to 3; usually 1.")
    )
    grave_from_major = bounded(
        _("major deficiencies from … major requirements not met"), 0, 40, 0, _("0 to 40; 0 means never.")
    )
    deficient_from_partial = bounded(
        _("deficiencies from … critical requirements met in part"), 1, 5, 1, _("1 to 5; usually 1.")
    )
    deficient_from_major = bounded(
        _("deficiencies from … major requirements not met"), 1, 10, 1, _("1 to 10; usually 1.")
    )
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        permissions = [("manage_reports", _("Can change how reports look, are numbered and judge"))]
        verbose_name = _("report settings")
        verbose_name_plural = _("report settings")

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk}"
