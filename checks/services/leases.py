"""The right to work on a row. Each writing transaction renews it first: who lost it finishes nothing (decision 16)."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone


class LeaseLost(Exception):
    """Somebody else has the row now, or it was cancelled: stop, write nothing."""


class Lease:
    """The right to work on the row ``pk`` of ``model``, which has the fields ``lease`` and ``lease_until``."""

    def __init__(self, model, pk, token):
        self.model, self.pk, self.token = model, pk, token

    def hold(self, **fields):
        """Renew the lease and write fields; raises LeaseLost. In a transaction it keeps everybody else away."""
        fields.setdefault("lease_until", lease_end())
        if not self.model.objects.filter(pk=self.pk, lease=self.token).update(**fields):
            raise LeaseLost


def new_lease(state):
    """The fields of a row that somebody begins to work on now; ``state`` is what the work is called there."""
    return {"state": state, "lease": uuid4(), "lease_until": lease_end()}


def lease_end():
    """When a lease that is renewed now runs out."""
    return timezone.now() + timedelta(seconds=settings.INTAKE_LEASE)


@contextmanager
def renewed(lease):
    """Renew the lease from beside while work is done that reports no progress; who dies stops renewing."""
    ended = threading.Event()
    beside = threading.Thread(target=_renew, args=(lease, ended), daemon=True)
    beside.start()
    try:
        yield
    finally:
        ended.set()
        beside.join()


def _renew(lease, ended):
    try:
        while not ended.wait(settings.INTAKE_LEASE / 3):
            try:
                lease.hold()
            except LeaseLost:
                return  # the work itself will notice
            except DatabaseError:
                pass  # away or busy; the next round comes
    finally:
        connection.close()
