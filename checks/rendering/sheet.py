"""A report's data as an Excel workbook: findings, what has to be done, quotes, observations, each with filters.

Whatever a policy or a person wrote goes into cells as text: nothing in it is ever a formula.
"""

import io
from datetime import date
from math import ceil

from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from . import rows
from .words import interface_language

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CELL_LIMIT = 32_767  # characters; Excel calls a file with more damaged
CUT = " […]"
WIDE = 12  # columns; more are printed on A3
LINE_HEIGHT, TALLEST = 15, 409  # points; Excel allows no more
FORMULA_STARTS = ("=", "+", "-", "@")

HEAD_FONT = Font(name="等线", bold=True, color="FFFFFF")
BODY_FONT = Font(name="等线")
HEAD_FILL = PatternFill("solid", fgColor="0E5A63")
LINE = Border(*[Side(style="thin", color="C9CFCB")] * 4)
TOP = Alignment(vertical="top", wrap_text=True)
LEFT = Alignment(vertical="top", horizontal="left", wrap_text=True)


def render_sheet(context: dict) -> bytes:
    """The report that ``context.build_context`` describes → XLSX, in the report's language."""
    with translation.override(interface_language(context["language"])):
        book = Workbook()
        book.remove(book.active)
        _facts(book, context)
        _table(book, _("Findings"), rows.finding_heads(), rows.finding_rows(context),
               [6, 26, 14, 26, 11, 14, 14, 30, 26, 60, 44, 36, 12, 17, 50, 12, 13],
               frozen="E2", dates=(17,))  # fmt: skip
        _table(book, _("Remediation plan"), rows.plan_heads(), rows.plan_rows(context),
               [8, 26, 28, 11, 14, 64, 30, 14, 13], frozen="D2", dates=(9,))  # fmt: skip
        _table(book, _("Quotes"), rows.quote_heads(), rows.quote_rows(context),
               [9, 26, 22, 7, 9, 9, 80, 30, 14], frozen="C2")  # fmt: skip
        _table(book, _("Observations"), rows.observation_heads(), rows.observation_rows(context),
               [9, 30, 11, 50, 60, 30, 50, 14], frozen="C2")  # fmt: skip
        title = _("Privacy policy compliance audit report")
        book.properties.title = f"{title} {context['number']}"
        book.properties.creator = _organisation(context)
        target = io.BytesIO()
        book.save(target)
    return target.getvalue()


def _facts(book, context):
    sheet = book.create_sheet(_("Overview"))
    _columns(sheet, [30, 90])
    for number, row in enumerate(rows.subject_rows(context), 1):
        for column, value in enumerate(row, 1):
            _write(sheet.cell(number, column), value)
        sheet.cell(number, 1).font = Font(name="等线", bold=True)
        sheet.cell(number, 2).alignment = LEFT
    _for_print(sheet, heads=False)


def _table(book, title, heads, content, widths, *, frozen, dates=()):
    """A sheet with its head frozen, filters over all columns, and rows that wrap."""
    sheet = book.create_sheet(title)
    _columns(sheet, widths)
    for column, head in enumerate(heads, 1):
        cell = sheet.cell(1, column, head)
        cell.font, cell.fill, cell.border = HEAD_FONT, HEAD_FILL, LINE
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    for number, row in enumerate(content, 2):
        for column, value in enumerate(row, 1):
            _write(sheet.cell(number, column), date.fromisoformat(value) if column in dates and value else value)
        sheet.row_dimensions[number].height = _height(row, widths)
    sheet.freeze_panes = frozen
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{max(1, len(content) + 1)}"
    _for_print(sheet)
    if len(heads) > WIDE:
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A3


def _height(row, widths):
    """Room for the longest cell once its lines are wrapped; not every program works that out by itself."""
    lines = max(
        sum(max(1, ceil(sum(2 if ord(c) > 0x2E7F else 1 for c in line) / width)) for line in str(value).split("\n"))
        for value, width in zip(row, widths, strict=True)
    )
    return min(LINE_HEIGHT * lines + 2, TALLEST)


def _write(cell, value):
    """Numbers and days as what they are, everything else as text, also what begins like a formula."""
    cell.font, cell.alignment, cell.border = BODY_FONT, TOP, LINE
    if isinstance(value, date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    elif isinstance(value, int):
        cell.value = value
    else:
        text = rows.as_text(value)
        text = text if len(text) <= CELL_LIMIT else text[: CELL_LIMIT - len(CUT)] + CUT
        cell.value = text or None
        if text.startswith(FORMULA_STARTS):
            cell.data_type, cell.quotePrefix = "s", True  # stays text when somebody edits it


def _columns(sheet, widths):
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _for_print(sheet, heads=True):
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P / &N"
    if heads:
        sheet.print_title_rows = "1:1"


def _organisation(context):
    names = context.get("house", {}).get("organisation", {})
    return names.get("zh") or names.get("en") or "PolicyAudit"
