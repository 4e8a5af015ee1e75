"""Small marks of the review screen: a list of eighty rows has no room for badges."""

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe

from .checks_tags import SEVERITY_SIGNS, VERDICT_SIGNS, severity_word, verdict_word

register = template.Library()

MARK = (
    '<span class="{} {}-{}" title="{}"><span aria-hidden="true">{}</span><span class="visually-hidden">{}</span></span>'
)


@register.simple_tag
def verdict_mark(verdict):
    """The sign alone; the word for readers who do not see it, and on pointing."""
    word = verdict_word(verdict)
    return format_html(MARK, "verdict-mark", "verdict", verdict, word, VERDICT_SIGNS.get(verdict, "?"), word)


@register.simple_tag
def severity_mark(severity):
    word = severity_word(severity)
    return format_html(MARK, "severity-mark", "severity", severity, word, SEVERITY_SIGNS.get(severity, "●"), word)


@register.simple_tag
def verdict_sign(verdict):
    return VERDICT_SIGNS.get(verdict, "?")


@register.simple_tag
def percent(share):
    """A share of one as whole per cent, without the sign."""
    return round(share * 100)


@register.filter
def policy_text(text):
    """The text so that the browser keeps every character: a bare carriage return would become a line feed, or vanish."""
    escaped = conditional_escape(text)
    return mark_safe(escaped.replace("\r", "&#13;")) if "\r" in text else escaped  # noqa: S308
