"""What the rule laboratory, the gate and the field health say."""

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .studio_tags import _expected as expected_of

register = template.Library()

HITS = {"new": ("＋", _("new")), "lost": ("－", _("lost")), "same": ("＝", _("same"))}
DISPUTES = {
    "removed": ("－", _("taken away as evidence")),
    "added": ("＋", _("added as evidence")),
    "overruled": ("≠", _("verdict overruled")),
}


@register.inclusion_tag("checks/parts/badge.html")
def hit_mark(kind, count=None):
    """Sign and word, and how many: never colour alone."""
    sign, word = HITS[kind]
    shown = str(word) if count is None else f"{word} {count}"
    return {"css": f"hit hit-{kind}", "sign": sign, "word": shown}


@register.inclusion_tag("checks/parts/badge.html")
def dispute_mark(why):
    sign, word = DISPUTES[why]
    return {"css": f"hit hit-{why}", "sign": sign, "word": word}


@register.filter
def in_reader_language(reason):
    """A reason of the engine in Chinese or English."""
    return reason.zh if (get_language() or "zh").startswith("zh") else reason.en


@register.filter
def expected_words(error):
    """What was expected where a line cannot be read."""
    return expected_of(error.expected)


@register.filter
def cut_line(error, element):
    """The line that cannot be read: before the character, the character, behind it."""
    text = getattr(element, error.part)[error.line]
    at = error.position
    return text[:at], text[at : at + 1] or "␣", text[at + 1 :]


@register.filter
def cut_at(text, reason):
    """A rule cut where the part that failed begins and ends."""
    return text[: reason.start], text[reason.start : reason.end], text[reason.end :]


@register.filter
def places_in(places, text):
    """The stretches of a text, as texts."""
    return [text[start:end] for start, end in places]


@register.filter
def answer_pieces(text, answer):
    """The sentence cut where the rules that hold match it; where none does, where the closest one fails."""
    closest = answer.rules[0] if answer.rules else None
    marks = ()
    if closest:
        marks = closest.marks or tuple(sorted({place for reason in closest.reasons for place in reason.places}))
    found, at = [], answer.start
    for start, end in marks:
        start, end = max(start, at), min(end, answer.end)
        if start < end:
            found += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in [*found, (text[at : answer.end], False)] if piece[0]]


@register.filter
def share_words(share):
    """A share in per cent; a dash where there is nothing to divide by."""
    return "—" if share is None else f"{share:.0%}"
