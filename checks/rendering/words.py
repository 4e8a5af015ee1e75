"""The words and marks of a report's codes, and its texts as Word, Excel and the like can take them."""

import re
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..models import Membership
from ..models.audit import VerdictChoices
from ..models.checklist import KindChoices, SeverityChoices
from ..models.engagement import ProcessorScale

# The mark says what the word says: nobody has to tell colours apart. All of them are in the report's own fonts.
MARKS = {"compliant": "✓", "partial": "◐", "non_compliant": "×", "not_applicable": "–", "undetermined": "?"}

CHOICES = (VerdictChoices, SeverityChoices, KindChoices, Membership.Role, ProcessorScale)
WORDS = {
    **{value: label for choices in CHOICES for value, label in choices.choices},
    "major_deficiencies": _("Major deficiencies"),
    "deficiencies": _("Deficiencies"),
    "improvable": _("Largely in order, to be improved"),
    "incomplete": _("No gaps found, not everything could be determined"),
    "no_gaps": _("No gaps found"),
}

# Characters that no XML document may hold: control characters in a damaged policy, shown as what they are.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def word(code: str) -> str:
    """The word for a code in the language that is active now; an unknown code stands for itself."""
    return str(WORDS.get(code, code))


def marked(verdict: str) -> str:
    """The verdict as its mark and its word."""
    return f"{MARKS.get(verdict, '')} {word(verdict)}".strip()


def printable(text) -> str:
    """The text with a replacement character for each character that XML cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))


def printable_data(data):
    """The same data with every text in it printable; lengths, and so offsets, stay."""
    if isinstance(data, dict):
        return {name: printable_data(value) for name, value in data.items()}
    if isinstance(data, list):
        return [printable_data(value) for value in data]
    return printable(data) if isinstance(data, str) else data


def said(entry: dict) -> str:
    """A text of the report's data, in the language it is there in; both, one below the other, in a bilingual report."""
    english = entry.get("en")
    return f"{entry['text']}\n{english}" if english else entry["text"]


def interface_language(language: str) -> str:
    """Which language the words around the texts are in: a bilingual report is Chinese first."""
    return "en" if language == "en" else "zh-hans"


def day(value: str) -> str:
    """An ISO date or time as a written-out date; "" for none."""
    return date_format(date.fromisoformat(value[:10]), "DATE_FORMAT") if value else ""


def moment(value: str) -> str:
    """An ISO time as date and time with its distance from UTC: people far apart read the same report."""
    if not value:
        return ""
    at = datetime.fromisoformat(value)
    offset = at.strftime("%z")
    return f"{date_format(at, 'DATETIME_FORMAT')} (UTC{offset[:3]}:{offset[3:]})"
