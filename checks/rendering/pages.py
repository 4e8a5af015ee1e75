"""Looking at the pages of a PDF made here: how many there are, how each looks, what its text is."""

import io
import threading
from contextlib import contextmanager

from PIL import Image
from pypdfium2 import PdfDocument

WIDTH = 1240  # pixels of a page's picture: A4 at 150 dots an inch
COLOURS = 64  # pages are black, white and a little colour: a palette makes the picture a third as large
_one_at_a_time = threading.Lock()  # PDFium can do only one thing at once in a process


def page_count(pdf: bytes) -> int:
    """The number of pages, read back from the bytes, so that what is stored is what was printed."""
    with _opened(pdf) as document:
        return len(document)


def page_picture(pdf: bytes, number: int) -> bytes:
    """Page ``number``, counted from 1, as a PNG; IndexError when there is no such page."""
    with _opened(pdf) as document, _page(document, number) as page:
        picture = page.render(scale=WIDTH / page.get_width()).to_pil()
    output = io.BytesIO()
    picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.FASTOCTREE).save(output, "PNG")
    return output.getvalue()


def page_text(pdf: bytes, number: int) -> str:
    """The text of page ``number`` in the order of the PDF; IndexError when there is no such page."""
    with _opened(pdf) as document:
        return _text(document, number)


def page_texts(pdf: bytes) -> list[str]:
    """The text of every page."""
    with _opened(pdf) as document:
        return [_text(document, number) for number in range(1, len(document) + 1)]


@contextmanager
def _opened(pdf: bytes):
    with _one_at_a_time:
        document = PdfDocument(pdf)
        try:
            yield document
        finally:
            document.close()


@contextmanager
def _page(document, number: int):
    if not 1 <= number <= len(document):
        raise IndexError(number)
    page = document[number - 1]
    try:
        yield page
    finally:
        page.close()


def _text(document, number: int) -> str:
    with _page(document, number) as page:
        text = page.get_textpage()
        try:
            return text.get_text_range().replace("\r\n", "\n").strip()
        finally:
            text.close()
