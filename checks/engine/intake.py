"""Bytes → text as a person would read it. What cannot be read is refused with a named reason.

Text and ordinary web pages are read at once; formats whose parsers are large or written in C are read in a child
process with limits (``readers.sandbox``).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from .entities import Document, Layout
from .readers import sniffing
from .readers.archive import members as archive_members
from .readers.extract import Extract
from .readers.html import read_html, shape
from .readers.refusals import IntakeError, IntakeReason
from .readers.sandbox import MEGABYTE, Limits, read_in_child
from .readers.sniffing import media_type_of
from .readers.text import extract_text, read_text

MAX_BYTES = 10 * MEGABYTE  # of text and web pages
MAX_FILE_BYTES = 50 * MEGABYTE  # of everything that is more than text
TESSERACT_DATA = (
    "share/tesseract-ocr/*/tessdata",
    "share/tessdata",
    "local/share/tessdata",
    "share/tesseract/tessdata",
)
CHINESE = "chi_sim"
PLAIN_TAGS, PLAIN_DEPTH = 30_000, 150  # a page with more is read in the child
READERS = {
    sniffing.HTML: Limits(seconds=30),
    sniffing.MHT: Limits(seconds=30),
    sniffing.DOCX: Limits(seconds=60),
    # With pictures of pages the clock starts anew for each page.
    sniffing.PDF: Limits(seconds=120, cpu_seconds=3600, memory=2048 * MEGABYTE),
    **dict.fromkeys(sniffing.PICTURE_TYPES, Limits(seconds=120, cpu_seconds=3600, memory=2048 * MEGABYTE)),
    # LibreOffice reserves far more memory than it uses and writes its profile and the converted file.
    **dict.fromkeys(sniffing.CONVERTED, Limits(seconds=120, memory=4096 * MEGABYTE, file_bytes=200 * MEGABYTE)),
}
# Everything a reader may notice; the screens have a sentence for each.
WARNING_CODES = frozenset(
    {
        "replaced_characters",
        "mojibake",
        "mojibake_repaired",
        "charset_conflict",
        "mixed_line_ends",
        "zero_width_characters",
        "hidden_text_left_out",
        "navigation_left_out",
        "cookie_banner_left_out",
        "footer_left_out",
        "frame_left_out",
        "pictures_not_read",
        "tracked_changes",
        "comments_left_out",
        "running_heads_left_out",
        "page_numbers_left_out",
        "slanted_text_left_out",
        "pages_read_by_ocr",
        "pages_not_read",
        "doubtful_words",
        "garbled_characters",
        "converted",
    }
)  # fmt: skip


def read_document(
    content: bytes,
    *,
    name: str,
    password: str | None = None,
    patient: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Document:
    """Read a file of any format that ``docs/intake.md`` names; its type is told by its content.

    ``Document.text`` is the text as read; all offsets of an analysis point into it, ``Document.layout`` leads back to
    pages and places. ``password`` opens a locked PDF. ``patient=False`` refuses with NEEDS_TIME what takes OCR or
    LibreOffice. ``progress`` is called with (pages done, pages in all) while pictures are read; if it raises, reading
    stops. Raises IntakeError.
    """
    if not content.strip():
        raise IntakeError(IntakeReason.EMPTY)
    media_type = media_type_of(content)
    textual = media_type in (sniffing.TEXT, sniffing.HTML)
    _refuse_too_large(content, MAX_BYTES if textual else MAX_FILE_BYTES)
    if media_type == sniffing.TEXT:
        return _document(content, name, read_text(content))
    if media_type == sniffing.HTML and _is_plain_page(content):
        return _document(content, name, read_html(content))
    tools = {"tesseract": tesseract(), "soffice": soffice()}
    _refuse_hopeless(media_type, tools, patient)
    options = {"password": password, "patient": patient, "tools": tools}
    extract = read_in_child(media_type, content, limits=READERS[media_type], options=options, progress=progress)
    return _document(content, name, extract)


def document_from_text(text: str, *, name: str) -> Document:
    """A document from pasted text; its hash is that of the UTF-8 bytes. Raises IntakeError if it is empty."""
    content = text.encode("utf-8", "replace")
    if not content.strip():
        raise IntakeError(IntakeReason.EMPTY)
    _refuse_too_large(content, MAX_BYTES)
    return _document(content, name, extract_text(content.decode(), "utf-8", {}))


def tesseract() -> str:
    """Where Tesseract is, "" when it or its Chinese data is not installed."""
    program = shutil.which("tesseract") or ""
    folders = [Path(os.environ["TESSDATA_PREFIX"])] if "TESSDATA_PREFIX" in os.environ else []
    folders = folders or [folder for pattern in TESSERACT_DATA for folder in Path("/usr").glob(pattern)]
    if folders and not any((folder / f"{CHINESE}.traineddata").exists() for folder in folders):
        return ""
    return program


def soffice() -> str:
    """Where LibreOffice is, "" when it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice") or ""


def ocr_available() -> bool:
    return bool(tesseract())


def converter_available() -> bool:
    return bool(soffice())


def _refuse_too_large(content: bytes, limit: int) -> None:
    if len(content) > limit:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=limit // MEGABYTE)


def _is_plain_page(content: bytes) -> bool:
    tags, depth = shape(content)
    return tags <= PLAIN_TAGS and depth <= PLAIN_DEPTH


def _refuse_hopeless(media_type: str, tools: dict[str, str], patient: bool) -> None:
    """What can be refused before a process is started for it."""
    if media_type == sniffing.ENCRYPTED_OFFICE:
        raise IntakeError(IntakeReason.ENCRYPTED, media_type=media_type)
    if media_type not in READERS:
        raise IntakeError(IntakeReason.UNSUPPORTED_TYPE, media_type=media_type)
    if media_type in sniffing.PICTURE_TYPES:
        if not tools["tesseract"]:
            raise IntakeError(IntakeReason.OCR_MISSING)
        if not patient:
            raise IntakeError(IntakeReason.NEEDS_TIME, why="ocr")
    if media_type in sniffing.CONVERTED:
        if not tools["soffice"]:
            raise IntakeError(IntakeReason.CONVERTER_MISSING, media_type=media_type)
        if not patient:
            raise IntakeError(IntakeReason.NEEDS_TIME, why="convert")


def _document(content: bytes, name: str, extract: Extract) -> Document:
    # Databases refuse NUL and lone surrogates; the length stays the same.
    text = re.sub("[\0\ud800-\udfff]", "\ufffd", extract.text)
    if not re.search(r"\w", text):
        raise IntakeError(IntakeReason.NO_TEXT)
    notices = dict(extract.notices)
    if damaged := text.count("\ufffd"):
        notices["replaced_characters"] = damaged
    layout = Layout(
        tuple(extract.pages),
        tuple((start, end) for start, end in extract.emphasis),
        tuple((start, end, sure) for start, end, sure in extract.doubtful),
        tuple(map(tuple, extract.places)),
    )
    digest = hashlib.sha256(content).hexdigest()
    return Document(name, digest, text, extract.media_type, extract.encoding, tuple(notices), notices, layout)


__all__ = [
    "MAX_BYTES",
    "MAX_FILE_BYTES",
    "WARNING_CODES",
    "IntakeError",
    "IntakeReason",
    "archive_members",
    "converter_available",
    "document_from_text",
    "media_type_of",
    "ocr_available",
    "read_document",
]
