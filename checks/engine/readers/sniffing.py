"""What a file is, told by its content and never by its name."""

from __future__ import annotations

import io
import re
import zipfile

TEXT, HTML, MHT, PDF = "text/plain", "text/html", "multipart/related", "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT, DOC, RTF = "application/vnd.oasis.opendocument.text", "application/msword", "application/rtf"
REPORT = "application/vnd.policyaudit.report"  # a PDF said to be a report of ours; never told by its content
OLE, ZIP = "application/x-ole-storage", "application/zip"
ENCRYPTED_OFFICE = "application/encrypted-office"
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"II*\0": "image/tiff",
    b"MM\0*": "image/tiff",
    b"BM": "image/bmp",
}
PICTURE_TYPES = frozenset({*PICTURES.values(), "image/webp"})
CONVERTED = {DOC: "doc", ODT: "odt", RTF: "rtf"}  # through LibreOffice; by their usual endings
_OTHERS = (
    (b"GIF8", "image/gif"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-msdownload"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<body[\s>]|<head[\s>]|<(?:div|p|table|h[1-6])[\s>]", re.I)
_WIDE_HTML = re.compile(rb"<\0?(?:!\0?d\0?o\0?c\0?t\0?y\0?p\0?e|h\0?t\0?m\0?l)", re.I)
_MHT = re.compile(rb"^(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?content-type:\s*multipart/(?:related|alternative)", re.I)


def media_type_of(content: bytes) -> str:
    """The media type the bytes themselves show; ``text/plain`` when nothing speaks against it."""
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in content[:1024]:
        return PDF
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(content)
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_type(content)
    if head.startswith(b"{\\rtf"):
        return RTF
    for magic, media_type in PICTURES.items():
        if content.startswith(magic) and (magic != b"BM" or content[6:10] == b"\0\0\0\0"):
            return media_type
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    for magic, media_type in _OTHERS:
        if content.startswith(magic) and b"\0" in content[:4096] + b"\0" * (magic in (b"GIF8", b"BZh")):
            return media_type
    if content[4:8] == b"ftyp":
        return "video/mp4"
    if _MHT.match(content[:4096].replace(b"\r\n", b"\n").lstrip()):
        return MHT
    soup = len(re.findall(rb"<br\s*/?>", content[:4096], re.I)) >= 5 and b"\n#" not in content[:4096]
    if soup or _HTML.search(content[:4096]) or _WIDE_HTML.search(content[:4096]):
        return HTML
    return TEXT


def _zip_type(content: bytes) -> str:
    """Office files are ZIPs; what matters is which parts they name."""
    if content.count(b"PK\x01\x02") > 10_000:
        return ZIP  # reading such a directory takes long; whoever opens it refuses it
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                kind = archive.read("mimetype").decode("ascii", "replace").strip()
                if kind.startswith("application/"):
                    return kind
    except Exception:  # damaged, encrypted: whoever opens it says so
        names = set(re.findall(rb"(?:word|xl|ppt)/[\w/.]+", content[:20000]))
        names = {name.decode("ascii") for name in names}
    for part, kind in (("word/", DOCX), ("xl/", "spreadsheetml.sheet"), ("ppt/", "presentationml.presentation")):
        if any(name.startswith(part) for name in names):
            return kind if kind == DOCX else f"application/vnd.openxmlformats-officedocument.{kind}"
    return ZIP


def _ole_type(content: bytes) -> str:
    """The old Office container: its directory names what is inside, in UTF-16."""

    def holds(name: str) -> bool:
        return name.encode("utf-16-le") in content

    if holds("EncryptedPackage"):
        return ENCRYPTED_OFFICE
    if holds("WordDocument"):
        return DOC
    if holds("Workbook"):
        return "application/vnd.ms-excel"
    return "application/vnd.ms-powerpoint" if holds("PowerPoint Document") else OLE
