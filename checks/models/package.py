"""Where an engagement came from that was not begun here."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .engagement import Engagement


class EngagementImport(AppendOnly):
    """The package an engagement was made from.

    Signatures and the hashes of the record were computed over the numbers that rows had where they were made. Those
    numbers are kept here (and with each imported ActivityEntry), so that both can be checked here too.
    """

    engagement = models.OneToOneField(Engagement, models.PROTECT, related_name="origin")
    package_sha256 = models.CharField(max_length=64)  # of the ZIP file
    content_digest = models.CharField(max_length=64)  # of everything in it
    chain_digest = models.CharField(max_length=64)  # binds the imported entries to the people and things they name here
    exported_by = models.CharField(max_length=300)
    exported_at = models.DateTimeField()
    # {"user" | "audit" | "report": {number here, as text: what it was where it was made}}
    numbers = models.JSONField(default=dict)
    # {number here, as text: {"username", "first_name", "last_name"}}, as each person was called there
    people = models.JSONField(default=dict)
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("imported engagement")
        verbose_name_plural = _("imported engagements")

    def __str__(self):
        return f"{self.engagement_id}: {self.package_sha256[:16]}"
