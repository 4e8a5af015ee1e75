"""Files belong to rows: when the row is not kept, its file is not kept either."""

from contextlib import contextmanager

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from ..models.policy import original_path


@contextmanager
def transaction_with_file(field_file):
    """A transaction around saving the row of this FieldFile; the stored file goes when the transaction fails."""
    try:
        with transaction.atomic():
            yield
    except BaseException:
        if field_file.name and field_file._committed:
            field_file.storage.delete(field_file.name)
        raise


@contextmanager
def new_originals():
    """Yields a function that stores bytes as an original and returns its name; all of them go when the block fails.

    The block begins its transaction itself, once the files are written: no lock is held while the disk works.
    """
    names = []

    def store(content):
        names.append(default_storage.save(original_path(None, ""), ContentFile(content)))
        return names[-1]

    try:
        yield store
    except BaseException:
        for name in names:
            default_storage.delete(name)
        raise
