"""PDF files said to be reports: the text of each page as it stands there, and the data attached to them."""

from __future__ import annotations

import ctypes

import pypdfium2
import pypdfium2.raw as pdfium

from .extract import Extract
from .pdf import open_pdf
from .refusals import IntakeError, IntakeReason

MAX_PAGES = 2000
MAX_CHARACTERS = 5_000_000  # of all pages
MAX_ATTACHED = 32 * 1024 * 1024
MAX_ATTACHMENTS = 50


def read_report(content: bytes, *, media_type: str, attachment: str) -> Extract:
    """``text`` is that of all pages, ``pages`` says where each begins, ``attached`` is the file of this name, if any.

    Nothing is put in order or left out: what is compared must be what is there. Raises IntakeError.
    """
    document = open_pdf(content, None)
    try:
        count = len(document)
        if count > MAX_PAGES:
            raise IntakeError(IntakeReason.TOO_MANY_PAGES, pages=count, limit=MAX_PAGES)
        parts, starts, length = [], [], 0
        for index in range(count):
            text = _text(document, index)
            starts.append(length)
            parts.append(text)
            length += len(text)
            if length > MAX_CHARACTERS:
                raise IntakeError(IntakeReason.EXPANDS_TOO_FAR, megabytes=length >> 20, limit=MAX_CHARACTERS >> 20)
        return Extract("".join(parts), media_type, pages=starts, attached=_attached(document, attachment))
    finally:
        document.close()


def _text(document, index: int) -> str:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return ""
    try:
        text = page.get_textpage()
        try:
            return text.get_text_range()
        finally:
            text.close()
    finally:
        page.close()


def _attached(document, name: str) -> str | None:
    """The attachment as text, damaged characters replaced; None when there is none of this name."""
    for index in range(min(document.count_attachments(), MAX_ATTACHMENTS)):
        attachment = document.get_attachment(index)
        if attachment.get_name() != name:
            continue
        length = ctypes.c_ulong()
        if not pdfium.FPDFAttachment_GetFile(attachment, None, 0, length):
            return None
        if length.value > MAX_ATTACHED:
            raise IntakeError(IntakeReason.EXPANDS_TOO_FAR, megabytes=length.value >> 20, limit=MAX_ATTACHED >> 20)
        if not length.value:
            return ""
        return bytes(attachment.get_data()).decode("utf-8", "replace")
    return None
