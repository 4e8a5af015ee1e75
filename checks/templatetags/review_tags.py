"""Small marks of the review screen: a list of eighty rows has no room for badges."""

import re

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
    """The text so that the browser keeps every character: carriage returns would become line feeds, or vanish."""
    escaped = conditional_escape(text)
    return mark_safe(escaped.replace("\r", "&#13;")) if "\r" in text else escaped  # noqa: S308


BETWEEN_TAGS = re.compile(r">\s*\n\s*<")


@register.tag
def squeeze(parser, token):
    """Templates are indented for their readers; what is between two tags on two lines goes out as one line break."""
    nodes = parser.parse(["endsqueeze"])
    parser.delete_first_token()
    return SqueezeNode(nodes)


class SqueezeNode(template.Node):
    def __init__(self, nodes):
        self.nodes = nodes

    def render(self, context):
        return BETWEEN_TAGS.sub(">\n<", self.nodes.render(context))
