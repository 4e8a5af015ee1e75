"""Where people are at this moment. Not an act: nothing is recorded of it, and it must never stand in anybody's way."""

import logging

from django.db import OperationalError
from django.utils import timezone

from ..models import Presence

log = logging.getLogger(__name__)


def presence_mark(*, user, finding):
    """Remember that this person looks at the finding now: one statement, two the first time in an audit.

    A database that is busy with somebody's work is left alone; the next mark comes soon.
    """
    place = {"finding": finding, "seen_at": timezone.now()}
    try:
        if not Presence.objects.filter(user=user, audit=finding.audit_id).update(**place):
            Presence.objects.bulk_create(
                [Presence(user=user, audit_id=finding.audit_id, **place)], ignore_conflicts=True
            )
    except OperationalError:
        log.info("A presence was not noted: the database is busy")
