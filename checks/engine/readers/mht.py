"""Web archives (.mht): the page among its parts."""

from __future__ import annotations

import email
import email.policy
from email.message import Message

from .extract import Extract
from .html import read_html
from .refusals import IntakeError, IntakeReason
from .sniffing import MHT
from .text import read_text

MAX_PARTS = 2000


def read_mht(content: bytes) -> Extract:
    """The root page of the archive, or its first page; pictures and styles are not needed."""
    try:
        message = email.message_from_bytes(content, policy=email.policy.compat32)
        parts = [part for part in _walk(message) if not part.is_multipart()]
        pages = [part for part in parts if part.get_content_type() == "text/html"]
        root = message.get_param("start")
        pages.sort(key=lambda part: part.get("Content-ID") != root)
        chosen = pages or [part for part in parts if part.get_content_type() == "text/plain"]
        if not chosen:
            raise IntakeError(IntakeReason.NO_TEXT)
        page = chosen[0].get_payload(decode=True) or b""
        charset = chosen[0].get_content_charset()
    except RecursionError:
        raise IntakeError(IntakeReason.TOO_DEEP, limit=MAX_PARTS) from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        if isinstance(error, IntakeError):
            raise
        raise IntakeError(IntakeReason.DAMAGED, media_type=MHT) from None
    extract = read_html(_declaring(page, charset)) if pages else read_text(page)
    extract.media_type = MHT
    frames = len(pages) - 1
    if frames > 0:
        extract.notices["frame_left_out"] = extract.notices.get("frame_left_out", 0) + frames
    extract.places = []  # offsets into a decoded part would not be offsets into the file
    return extract


def _walk(message: Message):
    for count, part in enumerate(message.walk()):
        if count > MAX_PARTS:
            raise IntakeError(IntakeReason.TOO_MANY_PARTS, parts=count, limit=MAX_PARTS)
        yield part


def _declaring(page: bytes, charset: str | None) -> bytes:
    """The page with the charset its part declares, which stands above what the page itself says."""
    if not charset or b"charset" in page[:4096].lower() or not charset.isascii():
        return page
    return f'<meta charset="{charset}">'.encode() + page
