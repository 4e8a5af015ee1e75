"""Words, marks and dates for the report's templates, which get codes and ISO dates."""

from datetime import date, datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ..models import Membership
from ..models.audit import VerdictChoices
from ..models.checklist import KindChoices, SeverityChoices
from ..models.engagement import ProcessorScale

register = template.Library()

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


@register.filter
def word(code):
    """The word for a code of the report's data; an unknown code stands for itself."""
    return WORDS.get(code, code)


@register.filter
def mark(verdict):
    return MARKS.get(verdict, "")


@register.filter
def day(value):
    """An ISO date or time as a written-out date: 2026年11月25日."""
    return date_format(date.fromisoformat(value[:10]), "DATE_FORMAT") if value else ""


@register.filter
def moment(value):
    """An ISO time as date and time with its distance from UTC: people far apart read the same report."""
    if not value:
        return ""
    at = datetime.fromisoformat(value)
    offset = at.strftime("%z")
    return f"{date_format(at, 'DATETIME_FORMAT')} (UTC{offset[:3]}:{offset[3:]})"


@register.filter
def paragraphs(text):
    """The lines of a text that hold something."""
    return [line.strip() for line in str(text).splitlines() if line.strip()]


@register.filter
def tongue(entry, language):
    """A text of the report's data; marked as Chinese where the rest of the report is not."""
    return entry["text"] if entry["language"] == language else chinese(entry["text"], language)


@register.filter
def chinese(text, language):
    """Text that is always Chinese, such as a quote; marked as such in a report in another language."""
    return text if language == "zh-hans" else format_html('<span lang="zh-Hans">{}</span>', text)
