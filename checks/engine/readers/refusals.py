"""Why a file is not read. Every refusal has one of these names; screens have a sentence for each."""

from __future__ import annotations

from enum import StrEnum


class IntakeReason(StrEnum):
    # Nothing to read
    EMPTY = "empty"
    NO_TEXT = "no_text"
    # Not the kind of file that is read here
    UNSUPPORTED_TYPE = "unsupported_type"  # media_type
    UNDECODABLE = "undecodable"
    DAMAGED = "damaged"  # media_type
    # Locked
    NEEDS_PASSWORD = "needs_password"  # noqa: S105 – PDF; read again with a password
    WRONG_PASSWORD = "wrong_password"  # noqa: S105
    ENCRYPTED = "encrypted"  # an Office file or ZIP entry: only its owner can take the lock off
    # Larger than what is read here
    TOO_LARGE = "too_large"  # megabytes
    TOO_MANY_PAGES = "too_many_pages"  # pages, limit
    TOO_MANY_PIXELS = "too_many_pixels"  # megapixels, limit
    TOO_MANY_PARTS = "too_many_parts"  # parts, limit
    TOO_DEEP = "too_deep"  # limit
    EXPANDS_TOO_FAR = "expands_too_far"  # megabytes, limit: a decompression bomb
    DECLARES_ENTITIES = "declares_entities"  # XML that defines entities: an entity bomb
    # What would be needed
    NEEDS_TIME = "needs_time"  # why: "ocr" or "convert"; read again with patient=True, in the background
    OCR_MISSING = "ocr_missing"
    GARBLED_FONTS = "garbled_fonts"  # percent: the PDF's characters have wrong names, and there is no OCR to help
    CONVERTER_MISSING = "converter_missing"  # media_type
    # The reader was stopped
    TOOK_TOO_LONG = "took_too_long"  # seconds
    OUT_OF_MEMORY = "out_of_memory"  # megabytes
    READER_FAILED = "reader_failed"  # the child process died


class IntakeError(ValueError):
    """A file that cannot be read; ``reason`` says why, ``params`` hold what a message needs."""

    def __init__(self, reason: IntakeReason, **params):
        self.reason, self.params = reason, params
        super().__init__(reason.value)
