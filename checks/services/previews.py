"""Pictures of a report's pages: made when somebody looks at them, then kept beside the PDF."""

from pathlib import PurePosixPath

from django.core.files.base import ContentFile

from ..rendering.pages import page_picture, page_text


def page_picture_file(*, made, number):
    """An open file with the PNG of page ``number`` of a Report or DraftReport. Raises IndexError for no such page."""
    if not 1 <= number <= made.pages:
        raise IndexError(number)
    storage, name = made.pdf.storage, _name(made, number)
    if not storage.exists(name):
        kept = storage.save(name, ContentFile(page_picture(_content(made), number)))
        if kept != name:  # somebody else looked at the same moment
            storage.delete(kept)
    return storage.open(name, "rb")


def text_of_page(*, made, number):
    """The text of page ``number``, for who cannot see the picture. Raises IndexError for no such page."""
    return page_text(_content(made), number)


def files_delete(made):
    """Delete the PDF and the pictures of its pages."""
    storage = made.pdf.storage
    for name in [made.pdf.name, *(_name(made, number) for number in range(1, made.pages + 1))]:
        storage.delete(name)


def _content(made):
    with made.pdf.open("rb") as file:
        return file.read()


def _name(made, number):
    return str(PurePosixPath(made.pdf.name).with_suffix("") / f"{number}.png")
