"""A report's findings as CSV, for programs that read tables: UTF-8 with a byte order mark, so that Excel sees Chinese.

A cell that a spreadsheet would take for a formula gets an apostrophe in front; take it off to have the exact text.
"""

import csv
import io

from django.utils import translation

from . import rows
from .words import interface_language

MEDIA_TYPE = "text/csv; charset=utf-8"
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def render_csv(context: dict) -> bytes:
    """One line per finding, as in the workbook: observations and quotes are tables of their own and stay there."""
    with translation.override(interface_language(context["language"])):
        target = io.StringIO(newline="")
        writer = csv.writer(target, quoting=csv.QUOTE_MINIMAL)
        writer.writerow(rows.finding_heads())
        writer.writerows([harmless(value) for value in row] for row in rows.finding_rows(context))
    return target.getvalue().encode("utf-8-sig")


def harmless(value):
    """The cell as no spreadsheet takes it for a formula, full-width signs included."""
    text = rows.as_text(value)
    return f"'{text}" if text.startswith((*DANGEROUS, "＝", "＋", "－", "＠")) else text
