"""Rows that are history: written once, never changed, never deleted."""

from django.db import models


class FrozenRow(Exception):
    """Somebody tried to change or delete a row that is history."""


class AppendOnlyQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise FrozenRow(f"{self.model.__name__} rows are never changed.")

    def delete(self):
        raise FrozenRow(f"{self.model.__name__} rows are never deleted.")

    def bulk_create(self, objs, *args, update_conflicts=False, **kwargs):
        if update_conflicts:
            raise FrozenRow(f"{self.model.__name__} rows are never changed.")
        return super().bulk_create(objs, *args, **kwargs)


class AppendOnly(models.Model):
    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise FrozenRow(f"{type(self).__name__} rows are never changed.")
        super().save(*args, **kwargs | {"force_insert": True})  # an instance made with a known key would overwrite

    def delete(self, *args, **kwargs):
        raise FrozenRow(f"{type(self).__name__} rows are never deleted.")
