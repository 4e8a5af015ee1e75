from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .engagement import Engagement


def original_path(_version, _filename):
    """Uploaded names are never used as paths."""
    name = uuid4().hex
    return f"originals/{name[:2]}/{name}"


class PolicySource(models.TextChoices):
    UPLOAD = "upload", _("Uploaded")
    PASTE = "paste", _("Pasted")
    ARCHIVE = "archive", _("From an archive")
    ADDRESS = "address", _("From a web address")


class PolicyDocument(models.Model):
    """The policy of one app over time."""

    engagement = models.ForeignKey(Engagement, models.PROTECT, related_name="policies")
    name = models.CharField(_("name"), max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name = _("policy")
        verbose_name_plural = _("policies")

    def __str__(self):
        return self.name


class PolicyVersion(AppendOnly):
    """One file as it was received, and the text that was read from it. Never changed."""

    document = models.ForeignKey(PolicyDocument, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    original = models.FileField(upload_to=original_path)
    filename = models.CharField(max_length=255)  # as the sender named it; shown, never used as a path
    media_type = models.CharField(max_length=100)
    encoding = models.CharField(max_length=40)
    size = models.PositiveBigIntegerField()  # bytes of the original
    sha256 = models.CharField(max_length=64, db_index=True)  # of the original
    text = models.TextField()
    characters = models.PositiveIntegerField()
    warnings = models.JSONField(default=list)  # codes from the engine
    counts = models.JSONField(default=dict)  # how many of what the warnings speak of, by code
    layout = models.JSONField(default=dict)  # pages, emphasis, doubtful stretches: see engine.entities.Layout
    preflight = models.JSONField(default=dict)  # kind, language, concerns, figures: see engine.kinds.Preflight
    sketch = models.JSONField(default=list)  # see engine.likeness
    source = models.CharField(max_length=10, choices=PolicySource, default=PolicySource.UPLOAD)
    url = models.TextField(blank=True)  # where it was fetched from
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["document_id", "number"]
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_number_per_policy_version")]
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")

    def __str__(self):
        return f"{self.document} v{self.number}"
