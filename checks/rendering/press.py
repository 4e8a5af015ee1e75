"""The plain data of a report → PDF bytes, set by Typst from the templates of one version. Same data, same bytes.

The templates receive the data as JSON and show its strings as text: nothing in them is read as markup, no file
outside the template's folder can be opened, and no package is loaded.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path

from .attached import attached_json
from .glyphs import font_folder, printable

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "checks" / "rendering"
TYPESETTER = Path(__file__).with_name("typesetter.py")
STANDARD = "a-3a"  # PDF/A-3a: tagged, every font in the file, attachments allowed
SECONDS = 300  # more than a report of a thousand pages takes on a busy machine


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
        "fonts": str(font_folder()),
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


def _shown(context: dict) -> dict:
    """The context as the templates want it: the logo as numbers, as they cannot read base64."""
    house = context.get("house") or {}
    logo = house.get("logo") or ""
    return {**context, "house": {**house, "logo": list(base64.b64decode(logo.partition(",")[2])) if logo else []}}
