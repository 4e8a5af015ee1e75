"""Measured shares with their intervals, as numbers and as a small picture."""

from django import template
from django.utils.translation import gettext_lazy as _

from .checks_tags import verdict_word

register = template.Library()

DEFICIENT = _("Deficient (partly or not compliant)")


@register.inclusion_tag("checks/checklist/interval.html")
def interval(share):
    """A share with its 95 % interval; ``share`` as the accuracy record keeps it, or nothing."""
    if not share or not share["total"]:
        return {"share": None}
    return {
        "share": f"{share['share']:.2f}",
        "low": f"{share['low']:.2f}",
        "high": f"{share['high']:.2f}",
        "left": round(share["low"] * 100, 1),
        "width": round((share["high"] - share["low"]) * 100, 1),
        "point": round(share["share"] * 98, 1),
        "total": share["total"],
    }


@register.filter
def places(number, count):
    """A number with so many decimal places, the same in every language."""
    return f"{number:.{count}f}"


@register.filter
def row_word(verdict):
    """The verdict of a row of figures; the row of deficiencies is none."""
    return DEFICIENT if verdict == "deficiency" else verdict_word(verdict)
