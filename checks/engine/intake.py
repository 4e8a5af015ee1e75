"""Bytes → text as a person would read it. What cannot be read is refused with a named reason."""

from __future__ import annotations

import codecs
import hashlib
import re
from enum import StrEnum

from charset_normalizer import from_bytes
from selectolax.lexbor import LexborHTMLParser

from .entities import Document

MAX_BYTES = 10 * 1024 * 1024


class IntakeReason(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    UNSUPPORTED_TYPE = "unsupported_type"
    UNDECODABLE = "undecodable"
    NO_TEXT = "no_text"


class IntakeError(ValueError):
    """A file that cannot be read; ``reason`` says why, ``params`` hold what a message needs."""

    def __init__(self, reason: IntakeReason, **params):
        self.reason, self.params = reason, params
        super().__init__(reason.value)


_BINARY = (
    (b"%PDF", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0", "application/msword"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"{\\rtf", "application/rtf"),
    (b"GIF8", "image/gif"),
    (b"\x7fELF", "application/x-executable"),
    (b"\x1f\x8b", "application/gzip"),
)
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<body[\s>]|<head[\s>]|<(?:div|p|table|h[1-6])[\s>]", re.I)
_DECLARED = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]+)", re.I)
_BLOCKS = {
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
    "body",
}
_SKIPPED = {"script", "style", "noscript", "template", "svg", "head", "iframe", "object", "select", "button", "nav"}
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)


def read_document(content: bytes, *, name: str) -> Document:
    """Decode a TXT, Markdown or HTML file.

    ``Document.text`` is the text as read (HTML: the reading text without navigation, scripts and hidden parts);
    all offsets of an analysis point into it. Raises IntakeError.
    """
    if not content.strip():
        raise IntakeError(IntakeReason.EMPTY)
    if len(content) > MAX_BYTES:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=MAX_BYTES // 1024 // 1024)
    for magic, media_type in _BINARY:
        if content.startswith(magic):
            raise IntakeError(IntakeReason.UNSUPPORTED_TYPE, media_type=media_type)
    is_html = bool(_HTML.search(content[:4096])) or bool(re.search(rb"<\0?(?:h\0?t\0?m\0?l)", content[:4096], re.I))
    text, encoding, warnings = _decode(content, is_html)
    if is_html:
        text, hidden = html_text(text)
        if hidden:
            warnings.append("hidden_text_left_out")
    return _document(content, name, text, "text/html" if is_html else "text/plain", encoding, warnings)


def document_from_text(text: str, *, name: str) -> Document:
    """A document from pasted text; its hash is that of the UTF-8 bytes. Raises IntakeError if it is empty."""
    content = text.encode("utf-8", "replace")
    if not content.strip():
        raise IntakeError(IntakeReason.EMPTY)
    if len(content) > MAX_BYTES:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=MAX_BYTES // 1024 // 1024)
    return _document(content, name, content.decode(), "text/plain", "utf-8", [])


def _document(content, name, text, media_type, encoding, warnings) -> Document:
    text = text.replace("\0", "\ufffd")  # databases refuse NUL; the length stays the same
    if not re.search(r"\w", text):
        raise IntakeError(IntakeReason.NO_TEXT)
    if "\ufffd" in text:
        warnings.append("replaced_characters")
    return Document(name, hashlib.sha256(content).hexdigest(), text, media_type, encoding, tuple(warnings))


def _decode(content: bytes, is_html: bool) -> tuple[str, str, list[str]]:
    for bom, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(bom):
            return content.decode(encoding, "replace"), encoding.removesuffix("-sig"), []
    try:
        return content.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        pass
    candidates = ["gb18030", "big5"]
    if is_html and (declared := _DECLARED.search(content[:4096])):
        name = declared[1].decode("ascii").lower()
        candidates.insert(0, "gb18030" if name in ("gb2312", "gbk") else name)
    best = max((_attempt(content, encoding) for encoding in candidates), key=lambda attempt: attempt[0])
    if best[0] > 0.6:
        return best[1], best[2], []
    guess = from_bytes(content).best()
    if guess is not None:
        text = str(guess)
        if _readable(text) > 0.6:
            return text, guess.encoding, []
    # A few damaged bytes must not make a whole policy unreadable.
    text = content.decode("utf-8", "replace")
    if _readable(text) > 0.85:
        return text, "utf-8", []
    raise IntakeError(IntakeReason.UNDECODABLE)


def _attempt(content: bytes, encoding: str) -> tuple[float, str, str]:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return 0.0, "", encoding
    return _readable(text), text, encoding


_COMMON = frozenset("的我们您个人信息使用服务收集提供不和或将会在等为有权对与及其法律第三方可以用户同意")


def _readable(text: str) -> float:
    """0..1: how much the text looks like Chinese or English rather than bytes read in the wrong encoding."""
    visible = [char for char in text if not char.isspace()]
    if not visible:
        return 0.0
    good = sum(
        1
        for char in visible
        if (char.isascii() and char.isprintable())
        or "\u4e00" <= char <= "\u9fff"
        or char in "，。；：！？（）【】《》“”‘’、…—·①②③④⑤⑥⑦⑧⑨⑩"
    )
    chinese = sum(1 for char in visible if "\u4e00" <= char <= "\u9fff")
    common = sum(1 for char in visible if char in _COMMON)
    # In real Chinese prose these few characters are a tenth of all; in mojibake they hardly occur.
    plausible = 1.0 if chinese < 20 else min(1.0, common / chinese / 0.1)
    return good / len(visible) * plausible


def html_text(html: str) -> tuple[str, bool]:
    """The text of a page in reading order, a line per block element; and whether hidden text was left out.

    Cells of a table row are separated by tabs. Nothing is fetched, nothing executed.
    """
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return "", False
    parts: list[str] = []
    hidden = _walk(root, parts)
    text = "".join(parts)
    text = re.sub(r"[ \xa0]*\n[ \xa0\n]*", "\n", text)
    return text.strip("\n \t"), hidden


def _walk(root, parts: list[str]) -> bool:
    hidden = False
    stack = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            parts.append("\n" if node.tag in _BLOCKS else "\t")
            continue
        if node.tag == "-text":
            parts.append(re.sub(r"[ \t\r\n\f]+", " ", node.text_content or ""))
            continue
        if node.tag in _SKIPPED or node.tag.startswith("-") or node.tag.startswith("!"):
            continue
        attributes = node.attributes or {}
        if "hidden" in attributes or _HIDDEN.search(attributes.get("style") or ""):
            hidden = hidden or bool((node.text() or "").strip())
            continue
        if node.tag in _BLOCKS:
            parts.append("\n")
            stack.append((node, True))
        elif node.tag in ("td", "th"):
            stack.append((node, True))
        child = node.last_child
        while child is not None:
            stack.append((child, False))
            child = child.prev
    return hidden
