"""PDF files: the text layer in reading order, by page; pages that are pictures go through OCR."""

from __future__ import annotations

from functools import partial

import pypdfium2
import pypdfium2.raw as pdfium

from .encodings import readable
from .extract import Extract, Writer
from .lines import Page, write_pages
from .pdf_page import PageText, read_page
from .refusals import IntakeError, IntakeReason
from .sniffing import PDF

MAX_PAGES = 1000
LEAST_CHARACTERS = 8  # on a page; below, its pictures are its content
PICTURE_SHARE = 0.25  # of a page without text: it is a scan
DRAWN_TEXT = 150  # paths on a page without text: its letters were turned into outlines
GARBLED = 0.15  # share of characters without a name
NONSENSE = 0.25  # readability of a text whose characters have wrong names
DPI = 300
MAX_PIXELS = 24_000_000  # of one rendered page


def read_pdf(content: bytes, *, password: str | None, patient: bool, tesseract: str, progress) -> Extract:
    """Read a PDF. Raises IntakeError; NEEDS_TIME when pages need OCR and nobody has the patience."""
    document = open_pdf(content, password)
    try:
        count = len(document)
        if count > MAX_PAGES:
            raise IntakeError(IntakeReason.TOO_MANY_PAGES, pages=count, limit=MAX_PAGES)
        if not count:
            raise IntakeError(IntakeReason.DAMAGED, media_type=PDF)
        writer = Writer()
        pages = [_read_one(document, index, writer) for index in range(count)]
        scanned = {index for index, page in enumerate(pages) if _is_picture(page)}
        garbled = _garbled(pages)
        _refuse_without_ocr(pages, scanned, garbled, tesseract, patient)
        if tesseract and (scanned or garbled):
            _read_pictures(document, pages, sorted(scanned | garbled), tesseract, writer, progress)
        else:
            writer.notice("pages_not_read", len(scanned))
            writer.notice("garbled_characters", sum(pages[index].unreadable for index in garbled))
    finally:
        document.close()
    write_pages([page.page for page in pages], writer)
    return writer.extract(PDF)


def open_pdf(content: bytes, password: str | None) -> pypdfium2.PdfDocument:
    """The document; raises IntakeError for what is locked or damaged."""
    try:
        return pypdfium2.PdfDocument(content, password=password)
    except pypdfium2.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == pdfium.FPDF_ERR_PASSWORD:
            reason = IntakeReason.WRONG_PASSWORD if password else IntakeReason.NEEDS_PASSWORD
            raise IntakeError(reason) from None
        if code == pdfium.FPDF_ERR_SECURITY:
            raise IntakeError(IntakeReason.ENCRYPTED, media_type=PDF) from None
        raise IntakeError(IntakeReason.DAMAGED, media_type=PDF) from None


def _read_one(document, index: int, writer: Writer) -> PageText:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        writer.notice("pages_not_read")
        return PageText(Page(0, 0), 0, 0, 0.0, 0)
    try:
        return read_page(page, writer)
    finally:
        page.close()


def _is_picture(page: PageText) -> bool:
    return page.characters < LEAST_CHARACTERS and (page.picture_share > PICTURE_SHARE or page.drawn > DRAWN_TEXT)


def _garbled(pages: list[PageText]) -> set[int]:
    """Pages whose characters have no names, or wrong ones: the font's map to Unicode is broken."""
    found = {
        index
        for index, page in enumerate(pages)
        if page.characters >= LEAST_CHARACTERS and page.unreadable > GARBLED * page.characters
    }
    text = "".join(line.text for page in pages for line in page.page.lines)[:20_000]
    visible = [char for char in text if not char.isspace()]
    exotic = sum(not ("\u4e00" <= char <= "\u9fff" or char.isascii()) for char in visible)
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in visible)
    if len(visible) > 100 and (chinese > 60 or exotic > 0.5 * len(visible)) and readable(text) < NONSENSE:
        found |= {index for index, page in enumerate(pages) if page.characters >= LEAST_CHARACTERS}
    return found


def _refuse_without_ocr(pages, scanned: set[int], garbled: set[int], tesseract: str, patient: bool) -> None:
    if not scanned and not garbled:
        return
    if tesseract:
        if not patient:
            raise IntakeError(IntakeReason.NEEDS_TIME, why="ocr")
        return
    if garbled:
        characters = sum(page.characters for page in pages) or 1
        unreadable = sum(pages[index].unreadable for index in garbled)
        raise IntakeError(IntakeReason.GARBLED_FONTS, percent=max(1, round(100 * unreadable / characters)))
    if not any(page.characters >= LEAST_CHARACTERS for page in pages):
        raise IntakeError(IntakeReason.OCR_MISSING)


def _still_at(progress, done: int, total: int, _strip: int, _strips: int) -> None:
    progress(done, total)


def _read_pictures(document, pages: list[PageText], wanted: list[int], tesseract: str, writer: Writer, progress):
    """Replace the lines of these pages by what OCR reads in their pictures."""
    from .ocr import recognise

    for done, index in enumerate(wanted):
        progress(done, len(wanted))
        page = document[index]
        width, height = page.get_size()
        scale = min(DPI / 72, (MAX_PIXELS / max(1.0, width * height)) ** 0.5, 20_000 / max(width, height, 1.0))
        picture = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
        page.close()
        pages[index].page = recognise(picture, tesseract, writer, partial(_still_at, progress, done, len(wanted)))
        picture.close()
    progress(len(wanted), len(wanted))
    writer.notice("pages_read_by_ocr", len(wanted))
