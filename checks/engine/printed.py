"""A PDF that is said to be a report → its pages' texts and the data attached to it. Parsed in a child process."""

from __future__ import annotations

from dataclasses import dataclass

from .readers import sniffing
from .readers.refusals import IntakeError, IntakeReason
from .readers.sandbox import MEGABYTE, Limits, read_in_child

MAX_BYTES = 30 * MEGABYTE
LIMITS = Limits(seconds=60, memory=1024 * MEGABYTE)


@dataclass(frozen=True, slots=True)
class Printed:
    """``attached`` is None for a PDF that carries no data."""

    pages: tuple[str, ...]
    attached: str | None


def read_printed(content: bytes, *, attachment: str) -> Printed:
    """What the PDF shows and carries under this name, whoever made it.

    Raises IntakeError for what is no PDF, too large or hostile.
    """
    if len(content) > MAX_BYTES:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=MAX_BYTES // MEGABYTE)
    if sniffing.media_type_of(content) != sniffing.PDF:
        raise IntakeError(IntakeReason.UNSUPPORTED_TYPE, media_type=sniffing.media_type_of(content))
    extract = read_in_child(sniffing.REPORT, content, limits=LIMITS, options={"attachment": attachment})
    ends = [*extract.pages[1:], len(extract.text)]
    pages = tuple(extract.text[start:end] for start, end in zip(extract.pages, ends, strict=True))
    return Printed(pages, extract.attached)
