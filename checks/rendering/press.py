"""The plain data of a report → PDF bytes, set by Typst from the templates of one version. Same data, same bytes.

The templates receive the data as JSON and show its strings as text: nothing in them is read as markup, no file
outside the template's folder can be opened, and no package is loaded.
"""

import base64
import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTCollection

from .attached import attached_json

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "checks" / "rendering"
TYPESETTER = Path(__file__).with_name("typesetter.py")
FONT_FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk")
FONT_FILES = ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
STANDARD = "a-3a"  # PDF/A-3a: tagged, every font in the file, attachments allowed
SECONDS = 300  # more than a report of a thousand pages takes on a busy machine


class FontsMissing(RuntimeError):
    """The Noto CJK fonts are not installed where Debian puts them."""


class NotSet(RuntimeError):
    """The pages could not be set: the message is the typesetter's, for the operator."""


def print_pdf(context: dict) -> bytes:
    """The report as PDF with its data attached; ``context["template"]`` is a version and a name, "v2/standard".

    Raises FontsMissing, and NotSet for a context the template cannot show or one that takes far too long.
    """
    version, _, name = context["template"].partition("/")
    folder = TEMPLATES / version
    job = {
        "main": str(folder / f"{name}.typ"),
        "root": str(folder),
        "fonts": str(_folder()),
        "standard": STANDARD,
        "at": context["created_at"],
        "inputs": {
            "data": json.dumps(printable(_shown(context)), ensure_ascii=False),
            "result": attached_json(context).decode(),
        },
    }
    try:
        done = subprocess.run(  # noqa: S603 our own interpreter and file; what others wrote is on its standard input
            [sys.executable, "-I", TYPESETTER],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet(f"More than {SECONDS} seconds.") from error
    if done.returncode:
        raise NotSet(done.stderr.decode(errors="replace")[-2000:])
    return done.stdout


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
        with TTCollection(_folder() / name, lazy=True) as collection:
            simplified = next(font for font in collection if "SC" in font["name"].getDebugName(1))
            found.append(frozenset(simplified.getBestCmap()))
    never = {0xFEFF, 0xFFFE, 0xFFFF, *range(0xE000, 0xF900), *range(0x20), *range(0x7F, 0xA0)}
    return found[0] & found[1] - never


@cache
def _folder() -> Path:
    for folder in map(Path, FONT_FOLDERS):
        if (folder / FONT_FILES[0]).exists():
            return folder
    raise FontsMissing(f"No {FONT_FILES[0]} in {' or '.join(FONT_FOLDERS)}.")


def _shown(context: dict) -> dict:
    """The context as the templates want it: the logo as numbers, as they cannot read base64."""
    house = context.get("house") or {}
    logo = house.get("logo") or ""
    return {**context, "house": {**house, "logo": list(base64.b64decode(logo.partition(",")[2])) if logo else []}}
