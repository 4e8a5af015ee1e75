"""A ZIP of files: each as bytes or as the refusal it earned. Nothing is written to disk."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from .refusals import IntakeError, IntakeReason
from .sniffing import ZIP

MEGABYTE = 1024 * 1024
MAX_ENTRIES = 10_000  # folders and hidden files included
MAX_MEMBERS = 500
MAX_MEMBER_BYTES = 50 * MEGABYTE
MAX_TOTAL_BYTES = 500 * MEGABYTE
MAX_RATIO = 200  # times its packed size; text reaches about ten, a file of equal bytes a thousand
_ENCRYPTED = 0x1


def entries_in(content: bytes) -> int:
    """At most how many entries the directory of an archive has."""
    return content.count(b"PK\x01\x02")


def open_archive(content: bytes, media_type: str = ZIP) -> zipfile.ZipFile:
    """The archive with its directory read. Raises IntakeError(DAMAGED), and TOO_MANY_PARTS before it is."""
    if (parts := entries_in(content)) > MAX_ENTRIES:
        raise IntakeError(IntakeReason.TOO_MANY_PARTS, parts=parts, limit=MAX_ENTRIES)
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise IntakeError(IntakeReason.DAMAGED, media_type=media_type) from None


def members(content: bytes) -> Iterator[tuple[str, bytes | IntakeError]]:
    """Name and content of each file. Names are for showing, never for paths.

    Folders, hidden files and what macOS adds are passed over. Raises IntakeError for the archive as a whole.
    """
    with open_archive(content) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_litter(entry.filename)]
        if len(entries) > MAX_MEMBERS:
            raise IntakeError(IntakeReason.TOO_MANY_PARTS, parts=len(entries), limit=MAX_MEMBERS)
        if not entries:
            raise IntakeError(IntakeReason.EMPTY)
        total = sum(entry.file_size for entry in entries)
        if total > MAX_TOTAL_BYTES:
            raise IntakeError(
                IntakeReason.EXPANDS_TOO_FAR, megabytes=total // MEGABYTE, limit=MAX_TOTAL_BYTES // MEGABYTE
            )
        for entry in entries:
            try:
                yield shown_name(entry), unpack(archive, entry, MAX_MEMBER_BYTES)
            except IntakeError as error:
                yield shown_name(entry), error


def unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int, media_type: str = ZIP) -> bytes:
    """The content of one entry, never more than ``limit`` bytes of it, whatever its header says."""
    if entry.flag_bits & _ENCRYPTED:
        raise IntakeError(IntakeReason.ENCRYPTED, media_type=media_type)
    too_far = IntakeError(
        IntakeReason.EXPANDS_TOO_FAR, megabytes=max(1, entry.file_size // MEGABYTE), limit=limit // MEGABYTE
    )
    if entry.file_size > limit or entry.file_size > MEGABYTE + MAX_RATIO * entry.compress_size:
        raise too_far
    try:
        with archive.open(entry) as source:
            content = source.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        raise IntakeError(IntakeReason.DAMAGED, media_type=media_type) from None
    if len(content) > limit:
        raise too_far
    return content


def shown_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was meant: Chinese Windows writes GBK and does not say so."""
    name = entry.filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        for encoding in ("utf-8", "gb18030"):
            try:
                return name.encode("cp437").decode(encoding)
            except UnicodeError:
                continue
    return name


def _is_litter(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "__MACOSX" or parts[-1].startswith(".") or parts[-1] in ("Thumbs.db", "desktop.ini")
