"""Values ⇄ cells of a spreadsheet. An empty cell is "not given", which is something else than an empty text."""

from __future__ import annotations

import json
import math
import re
from datetime import date, datetime

LONGEST = 32_000  # Excel holds 32,767 characters and silently drops the rest
_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u2028\u2029]|_x[0-9A-Fa-f]{4}_")
_YES, _NO = {"true", "yes", "是", "1"}, {"false", "no", "否", "0"}


class CellError(ValueError):
    """A cell that is not understood; the argument is the reason's code."""


def encode(value: str | None) -> str:
    """The text as it stands in a cell. Raises CellError for one that is too long."""
    if value is None:
        return "\\null"
    plain = value and value == value.strip() and not value.startswith("\\") and not _STRANGE.search(value)
    text = value if plain else "\\" + json.dumps(value, ensure_ascii=bool(_STRANGE.search(value)))
    if len(text) > LONGEST:
        raise CellError("too_long_for_a_cell")
    return text


def decode(text: str) -> str | None:
    """What ``encode`` wrote, or what somebody typed: without blanks around it, with line breaks as \\n."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if text == "\\null":
        return None
    if not text.startswith("\\"):
        return text
    try:
        value = json.loads(text[1:])
    except ValueError as error:
        raise CellError("bad_backslash") from error
    if not isinstance(value, str):
        raise CellError("bad_backslash")
    return value


def encode_lines(values: list[str]) -> str:
    """Several texts in one cell, one a line; one that has line breaks itself is written in JSON."""
    lines = [encode(value) if "\n" not in value else "\\" + json.dumps(value) for value in values]
    if sum(map(len, lines)) + len(lines) > LONGEST:
        raise CellError("too_long_for_a_cell")
    return "\n".join(lines)


def decode_lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [decode(line) or "" for line in lines if line.strip()]


def text_of(value) -> str:
    """A cell's text. Excel turns what looks like a day or a whole number into one: that is taken back."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    raise CellError("number_for_text")  # 2026.10 would come back as 2026.1


def flag(value) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _YES | _NO:
        return text in _YES
    raise CellError("flag_expected")


def number(value, *, whole: bool) -> int | float:
    """A number: what Excel calls one is a share unless it shall be ``whole``; a text keeps what it says."""
    try:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(value)
        if isinstance(value, str):
            value = int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
        elif not whole:
            value = float(value)
        if not math.isfinite(value) or (whole and value != int(value)):
            raise ValueError(value)
    except (ValueError, OverflowError) as error:
        raise CellError("number_expected") from error
    return int(value) if whole else value
