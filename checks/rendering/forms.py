"""The forms a report leaves in beside the PDF; each is made from the same data as the PDF."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from . import oscal, separated, sheet, wordfile
from .attached import attached_json
from .markup import render_markup
from .webpage import MEDIA_TYPE as HTML
from .webpage import render_page
from .word import render_word

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Form:
    """``title`` and ``purpose`` are for people; ``suffix`` ends the name of the file."""

    title: str
    purpose: str
    suffix: str
    media_type: str
    render: Callable[[dict], bytes]


def _markup(context):
    return render_markup(context, context["text"], context["outline"])


FORMS = {
    "docx": Form(
        _("Word (.docx)"), _("to work on: headings, tables, contents"), ".docx", wordfile.MEDIA_TYPE, render_word
    ),
    "policy": Form(
        _("The policy with comments (.docx)"),
        _("the proposed wording beside each passage"),
        "-policy.docx",
        wordfile.MEDIA_TYPE,
        _markup,
    ),
    "xlsx": Form(
        _("Excel (.xlsx)"),
        _("findings, remediation plan and quotes with filters"),
        ".xlsx",
        sheet.MEDIA_TYPE,
        sheet.render_sheet,
    ),
    "csv": Form(_("CSV"), _("findings for other programs"), ".csv", separated.MEDIA_TYPE, separated.render_csv),
    "html": Form(_("Web page (.html)"), _("one file, readable on a phone"), ".html", HTML, render_page),
    "json": Form(_("JSON"), _("all data of the report with its digest"), ".json", JSON, attached_json),
    "oscal": Form(
        _("OSCAL (.json)"), _("assessment results for other tools"), "-oscal.json", oscal.MEDIA_TYPE, oscal.render_oscal
    ),
}


def render_form(context: dict, form: str) -> bytes:
    """The report that ``context`` describes in one of FORMS. KeyError for another form."""
    return FORMS[form].render(context)
