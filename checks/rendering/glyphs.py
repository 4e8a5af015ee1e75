"""The fonts that reports are set in, and what of a text they can show."""

import re
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTCollection

FONT_FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk")
FONT_FILES = ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc")


class FontsMissing(RuntimeError):
    """The Noto CJK fonts are not installed where Debian puts them."""


@cache
def font_folder() -> Path:
    for folder in map(Path, FONT_FOLDERS):
        if (folder / FONT_FILES[0]).exists():
            return folder
    raise FontsMissing(f"No {FONT_FILES[0]} in {' or '.join(FONT_FOLDERS)}.")


def printable(data):
    """The same data with every character that the report's fonts lack written as its number: 〔U+1F600〕.

    The attached data keep the character itself.
    """
    if isinstance(data, str):
        return _UNUSUAL.sub(_spelled, data)
    if isinstance(data, dict):
        return {key: printable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [printable(value) for value in data]
    return data


# What every font of the report certainly has is not looked up one by one.
_UNUSUAL = re.compile("[^\n\x20-\x7e\u3001-\u3011\u4e00-\u9fa5\uff01-\uff5e\u201c\u201d\u2018\u2019\u2014\u2026\u00b7]")


def _spelled(match: re.Match) -> str:
    character = match.group()
    if character in "\r\t\u00a0\u3000\u2028\u2029":
        return {"\r": "", "\t": " ", "\u2028": "\n", "\u2029": "\n"}.get(character, character)
    return character if ord(character) in _covered() else f"〔U+{ord(character):04X}〕"


@cache
def _covered() -> frozenset[int]:
    """The characters that both families have, without the private ones and those that mean nothing on paper."""
    found = []
    for name in FONT_FILES[:2]:
        with TTCollection(font_folder() / name, lazy=True) as collection:
            simplified = next(font for font in collection if "SC" in font["name"].getDebugName(1))
            found.append(frozenset(simplified.getBestCmap()))
    never = {0xFEFF, 0xFFFE, 0xFFFF, *range(0xE000, 0xF900), *range(0x20), *range(0x7F, 0xA0)}
    return found[0] & found[1] - never
