"""Words, marks and dates for the report's templates, which get codes and ISO dates."""

from django import template
from django.utils.html import format_html

from ..rendering import words
from ..rendering.words import MARKS, WORDS

register = template.Library()


@register.filter
def word(code):
    """The word for a code of the report's data; an unknown code stands for itself."""
    return WORDS.get(code, code)


@register.filter
def mark(verdict):
    return MARKS.get(verdict, "")


register.filter("day", words.day)
register.filter("moment", words.moment)


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
