import re

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..engine.entities import Scale


class ProcessorScale(models.TextChoices):
    SMALL = Scale.SMALL.value, _("Small (fewer than 100,000 people)")
    STANDARD = Scale.STANDARD.value, _("Standard")
    MILLION = Scale.MILLION.value, _("One million people or more")
    LARGE = Scale.LARGE.value, _("Large")


CHINESE_NAME = re.compile(r"[\u3400-\u9fff·]+")


def person_name(user):
    """How a person is named, on screen and in reports: Chinese names family name first and without a space."""
    if CHINESE_NAME.fullmatch(user.last_name + user.first_name):
        return user.last_name + user.first_name
    return user.get_full_name() or user.get_username()


class Engagement(models.Model):
    """One auditee, its policies and its team: the wall between tenants."""

    auditee = models.CharField(_("auditee"), max_length=200)
    product = models.CharField(_("product"), max_length=200)
    scope = models.TextField(_("scope"), blank=True)
    processor_scale = models.CharField(
        _("processor scale"), max_length=10, choices=ProcessorScale, default=ProcessorScale.STANDARD
    )
    due_date = models.DateField(_("due date"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="engagements")

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")

    def __str__(self):
        return f"{self.auditee} · {self.product}"


class Membership(models.Model):
    class Role(models.TextChoices):
        LEAD = "lead", _("Lead")
        AUDITOR = "auditor", _("Auditor")
        REVIEWER = "reviewer", _("Reviewer")
        VIEWER = "viewer", _("Viewer")

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["engagement", "user"], name="one_role_per_person")]
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")

    def __str__(self):
        return f"{self.user} ({self.get_role_display()})"
