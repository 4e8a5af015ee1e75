"""Files belong to rows: when the row is not kept, its file is not kept either."""

from contextlib import contextmanager

from django.db import transaction


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
