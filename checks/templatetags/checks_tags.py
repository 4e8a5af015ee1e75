"""What every screen needs from the templates: both languages, badges, form fields, page links."""

from django import template
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ..models import Membership
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..models.engagement import ProcessorScale, person_name
from ..selectors.review import checklist_titles
from ..terms import citation, term, why_near

register = template.Library()

VERDICT_SIGNS = {
    "compliant": "✓",
    "partial": "◐",
    "non_compliant": "✕",
    "not_applicable": "–",
    "undetermined": "?",
}
SEVERITY_SIGNS = {"critical": "▲", "major": "■", "minor": "●", "advisory": "○"}
THEMES = ("auto", "light", "dark")
# What the engine notices while it reads a file.
WARNINGS = {
    "replaced_characters": _("Some characters could not be decoded and are shown as “�”. Compare with the original."),
    "hidden_text_left_out": _("Text that the web page hides from its readers was left out."),
    "navigation_left_out": _("Menus and navigation of the web page were left out."),
    "cookie_banner_left_out": _("The cookie banner of the web page was left out."),
    "footer_left_out": _("The footer of the web page was left out."),
    "frame_left_out": _("The web page shows another page in a frame; what stands there is not part of this file."),
    "charset_conflict": _(
        "The web page names another character set than the one it is written in; the real one was used."
    ),
    "mojibake": _(
        "Parts of the text are garbled: it was once saved in the wrong character set. Compare with the original."
    ),
    "mojibake_repaired": _(
        "The text had been saved in the wrong character set and was repaired. Compare with the original."
    ),
    "zero_width_characters": _("Invisible characters stand in the text; the search ignores them."),
    "mixed_line_ends": _("The lines end in different ways, as in a text put together from several sources."),
    "pictures_not_read": _("Pictures in the file were not read. If they hold text, upload them as well."),
    "tracked_changes": _("The file holds tracked changes: the text is read as if all of them were accepted."),
    "comments_left_out": _("Comments were left out."),
    "running_heads_left_out": _("Running heads and footers of the pages were left out."),
    "page_numbers_left_out": _("Page numbers were left out."),
    "slanted_text_left_out": _("Slanted text across the pages, such as a watermark, was left out."),
    "pages_read_by_ocr": _(
        "Pages without text were read by text recognition. Compare doubtful places with the original."
    ),
    "pages_not_read": _("Some pages could not be read: what stands on them is missing here and is not judged."),
    "doubtful_words": _("Text recognition was not sure of some words; they are underlined with dots."),
    "converted": _(
        "The file was converted by LibreOffice before it was read. Compare doubtful places with the original."
    ),
    "garbled_characters": _("Some characters of the PDF have wrong names and cannot be read."),
}
# What a section of a policy may be about; see checks/engine/topics.py.
TOPICS = {
    "collection": _("collection"),
    "use": _("use"),
    "sharing": _("sharing"),
    "permission": _("permissions"),
    "control": _("rights"),
    "security": _("security"),
    "retention": _("retention"),
    "special_audience": _("minors and others"),
    "change": _("changes"),
    "contact": _("contact"),
    "cessation": _("cessation"),
}
EXAMPLES = {"match": _("Must be found in"), "no_match": _("Must not be found in")}


def part(obj, name):
    """One value of a dict or an object, "" when it has none."""
    value = obj.get(name) if isinstance(obj, dict) else getattr(obj, name, None)
    return "" if value is None else value


@register.filter
def in_language(obj, name):
    """``finding|in_language:"rationale"``: the text in the reader's language, in Chinese where there is no other."""
    if not obj:
        return ""
    if (get_language() or "").startswith("zh"):
        return part(obj, f"{name}_zh") or part(obj, f"{name}_en")
    return part(obj, f"{name}_en") or part(obj, f"{name}_zh")


@register.filter
def language_of(obj, name):
    """The language ``in_language`` will choose, for a ``lang`` attribute."""
    if (get_language() or "").startswith("zh") or not part(obj or {}, f"{name}_en"):
        return "zh-Hans"
    return "en"


@register.filter
def term_word(name):
    """The engine's name for a kind of information, a permission, a party or a place, in the reader's language."""
    return term(str(name), interface_language())


@register.filter
def cited(ref):
    """A place in a law, in the reader's language."""
    return citation(ref, interface_language())


@register.filter
def near_word(words):
    """Why a near sentence does not count; the terms that were looked for stay Chinese."""
    return why_near(words, interface_language())


def interface_language():
    """What the reader reads: "zh-Hans" or "en"."""
    return "zh-Hans" if (get_language() or "").startswith("zh") else "en"


@register.filter
def decision_guide(content):
    """How to decide: ``[{verdict, text, language}, …]``, in the reader’s language where it is there."""
    chinese, english = content.get("decide") or {}, content.get("decide_en") or {}
    lines = [(verdict, {"text_zh": text, "text_en": english.get(verdict, "")}) for verdict, text in chinese.items()]
    return [
        {"verdict": verdict, "text": in_language(line, "text"), "language": language_of(line, "text")}
        for verdict, line in lines
    ]


@register.simple_tag(takes_context=True)
def theme(context):
    """The theme the reader chose; anything unknown in the cookie counts as auto."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme") if request else None
    return chosen if chosen in THEMES else "auto"


@register.inclusion_tag("checks/parts/badge.html")
def verdict_badge(verdict):
    """Sign and word, never colour alone."""
    verdict = str(verdict)
    return {
        "css": f"verdict verdict-{verdict}",
        "sign": VERDICT_SIGNS.get(verdict, "?"),
        "word": dict(VerdictChoices.choices).get(verdict, verdict),
    }


@register.inclusion_tag("checks/parts/badge.html")
def severity_badge(severity):
    severity = str(severity)
    return {
        "css": f"severity severity-{severity}",
        "sign": SEVERITY_SIGNS.get(severity, "●"),
        "word": dict(SeverityChoices.choices).get(severity, severity),
    }


@register.filter
def verdict_word(verdict):
    return dict(VerdictChoices.choices).get(str(verdict), verdict)


def severity_word(severity):
    return dict(SeverityChoices.choices).get(str(severity), severity)


@register.filter
def role_word(role):
    return dict(Membership.Role.choices).get(str(role), role)


@register.filter
def scale_word(scale):
    return dict(ProcessorScale.choices).get(str(scale), scale)


@register.filter
def person(user):
    return person_name(user) if user else ""


@register.filter
def domain_title(version, domain):
    """The title of a domain in the words of that checklist version."""
    return _title(version, "domains", domain)


@register.filter
def instrument_title(version, instrument):
    """The name of a law or standard as that checklist version gives it."""
    return _title(version, "instruments", instrument)


def _title(version, part_of_checklist, code):
    entry = checklist_titles(version)[part_of_checklist].get(code)
    return in_language(entry, "title") if entry else code


@register.filter
def is_past(day):
    """A due date is missed from the day after it."""
    return day < timezone.localdate()


@register.filter
def warning_words(code):
    """What was noticed while the file was read, in words."""
    return WARNINGS.get(code, code)


@register.filter
def topic_word(topic):
    """What a section is about, in words."""
    return TOPICS.get(topic, topic)


@register.filter
def example_word(kind):
    return EXAMPLES.get(kind, kind)


@register.filter
def item(mapping, key):
    """``counts|item:verdict``, where the key is a variable."""
    return mapping.get(key, "") if mapping else ""


@register.inclusion_tag("checks/parts/form_field.html")
def form_field(bound_field, mark_optional=True):
    """Label, help, control and errors of one form field; ``mark_optional=False`` where one of several is needed."""
    return {"field": bound_field, "optional": mark_optional and not bound_field.field.required}


@register.inclusion_tag("checks/parts/error_summary.html")
def error_summary(form):
    """Every error of a form at its top, each linked to the field it is about."""
    return {"form": form}


@register.inclusion_tag("checks/parts/page_links.html", takes_context=True)
def page_links(context, page):
    """Earlier and later pages of a paginated list, keeping the other query parameters."""
    return {"page": page, "request": context.get("request")}


@register.filter
def searched_words(terms):
    """Terms that were tried, for reading: {a group} by its name alone, and nothing that is only punctuation."""
    words = (str(term).strip("{}") for term in terms)
    return list(dict.fromkeys(word for word in words if any(map(str.isalnum, word))))


@register.filter
def element_titles(ids, content):
    """Ids of elements as their titles in the reader's language; an id that is not there stays as it is."""
    titles = {element["id"]: in_language(element, "title") for element in content.get("elements", ())}
    return [titles.get(key, key) for key in ids]
