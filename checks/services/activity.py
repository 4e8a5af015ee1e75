"""The record of who did what: append-only rows, each bound to the one before it by a hash.

Every engagement has its own chain; acts that belong to no engagement (a checklist published) form the installation's.
"""

from datetime import UTC

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone

from ..models import ActivityEntry, Engagement, EngagementImport
from ..rendering.digests import digest

FIRST = "0" * 64  # what the first entry of a chain names as its predecessor


@transaction.atomic(savepoint=False)  # inside the act's own transaction: what fails here fails there
def record(*, actor, action, obj, engagement=None, detail=None):
    """Append one entry to the engagement's chain (to the installation's without one) and return it.

    ``action`` is a dotted name such as ``finding.decided``; ``detail`` is JSON-safe. The caller's transaction decides
    whether the entry stays: what was rolled back did not happen.
    """
    _lock_chain(engagement)
    last = ActivityEntry.objects.filter(engagement=engagement).order_by("-id").values_list("hash", flat=True).first()
    entry = ActivityEntry(
        engagement=engagement,
        actor=actor,
        action=action,
        object_type=obj._meta.model_name,
        object_id=obj.pk,
        detail=detail or {},
        at=timezone.now(),
        previous_hash=last or FIRST,
    )
    entry.hash = entry_hash(entry)
    entry.save()
    return entry


def entry_hash(entry):
    """SHA-256 over everything the entry says, its predecessor's hash included.

    An imported entry was hashed with the numbers of the place where it was made.
    """
    engagement, actor, obj = entry.origin or (entry.engagement_id, entry.actor_id, entry.object_id)
    return digest(
        {
            "engagement": engagement,
            "actor": actor,
            "action": entry.action,
            "object_type": entry.object_type,
            "object_id": obj,
            "detail": entry.detail,
            "at": entry.at.astimezone(UTC).isoformat(),
            "previous_hash": entry.previous_hash,
        }
    )


def verify_chain(engagement):
    """True when no entry of this chain was changed, slipped in or taken from its middle; None is the installation's."""
    previous, imported = FIRST, []
    for entry in ActivityEntry.objects.filter(engagement=engagement).order_by("id").iterator():
        if entry.previous_hash != previous or entry.hash != entry_hash(entry):
            return False
        if entry.origin:
            imported.append(entry)
        previous = entry.hash
    if not imported:
        return True
    origin = EngagementImport.objects.filter(engagement=engagement).first()
    return origin is not None and origin.chain_digest == imported_digest(imported)


def imported_digest(entries):
    """Binds imported entries to the people and things that they name here: their hashes know only the numbers there."""
    return digest([[entry.hash, entry.engagement_id, entry.actor_id, entry.object_id] for entry in entries])


def _lock_chain(engagement):
    """Two acts at once must not both follow the same entry: they queue on a row that is always there."""
    if not connection.features.has_select_for_update:  # SQLite: whoever writes is alone already
        return
    if engagement is None:
        ContentType.objects.select_for_update().get(app_label="checks", model="activityentry")
    else:
        Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
