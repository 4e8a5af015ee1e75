"""Plain text and Markdown: the decoded file, character for character."""

from __future__ import annotations

import re

from .encodings import decode
from .extract import Extract

_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKDOWN = (
    re.compile(r"^ {0,3}#{1,6} +\S", re.M),
    re.compile(r"\*\*[^*\n]{1,400}\*\*"),
    re.compile(r"\[[^\[\]\n]{1,300}\]\([^()\s]{1,500}\)"),
    re.compile(r"^\|[ :|-]{3,300}\|[ \t]{0,9}$", re.M),
    re.compile(r"^```", re.M),
)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,400}?)(?<=\S)\1")


def read_text(content: bytes) -> Extract:
    """Decode; a lone carriage return becomes a line feed, so that lengths and offsets stay."""
    text, encoding, notices = decode(content)
    return extract_text(text, encoding, notices)


def extract_text(text: str, encoding: str, notices: dict[str, int]) -> Extract:
    notices = {**notices, **line_notices(text)}
    if "\r" in text:
        text = re.sub(r"\r(?!\n)", "\n", text)
    if not is_markdown(text):
        return Extract(text, "text/plain", encoding, notices)
    strong = [list(found.span(2)) for found in _STRONG.finditer(text)]
    return Extract(text, "text/markdown", encoding, notices, emphasis=strong)


def line_notices(text: str) -> dict[str, int]:
    """What cannot be seen in a text but matters: mixed line ends, characters without width."""
    notices = {}
    if "\r" in text and len(set(_LINE_END.findall(text))) > 1:
        notices["mixed_line_ends"] = 1
    if invisible := sum(map(text.count, _ZERO_WIDTH)):
        notices["zero_width_characters"] = invisible
    return notices


def is_markdown(text: str) -> bool:
    """Two kinds of Markdown's marks, or several headings: a single # or ** stands in ordinary texts too."""
    start = text[:100_000]
    headings = len(_MARKDOWN[0].findall(start)) if "#" in start else 0
    return headings >= 3 or (headings > 0) + sum(bool(mark.search(start)) for mark in _MARKDOWN[1:]) >= 2
