"""What the checklist studio's screens say: problems the loader found, in words; paths of a comparison; marks."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models.audit import VerdictChoices
from ..models.engagement import ProcessorScale

register = template.Library()

# The engine speaks English and gives the parts of a message; here they become sentences for both languages.
PROBLEMS = {
    "this must not be empty": gettext_lazy("This must not be empty."),
    "this has more than %(most)s characters": gettext_lazy("This has more than %(most)s characters."),
    "this code is there twice": gettext_lazy("This code is there twice."),
    "the same id twice": gettext_lazy("Another element or signal has the same id."),
    "an id consists of small letters, digits and _": gettext_lazy("An id consists of small letters, digits and _."),
    "unknown domain “%(name)s”": gettext_lazy("There is no domain “%(name)s”."),
    "unknown instrument %(name)s": gettext_lazy("There is no instrument “%(name)s”. Choose one."),
    "the key “%(key)s” is missing": gettext_lazy("“%(key)s” is missing."),
    "unknown key “%(key)s”; known are %(known)s": gettext_lazy("“%(key)s” is not known here; known are %(known)s."),
    "“%(value)s” is none of %(known)s": gettext_lazy("“%(value)s” is none of these: %(known)s."),
    "at character %(character)s: expected %(expected)s": gettext_lazy(
        "Character %(character)s: expected is %(expected)s."
    ),
    "expected a list of terms (quote those that YAML takes for something else)": gettext_lazy(
        "Expected is “name: term | term”, with at least one term."
    ),
    "there is English here without the Chinese it translates": gettext_lazy(
        "There is English here without the Chinese it translates."
    ),
    "expected shares between 0 and 1": gettext_lazy("Expected are shares between 0 and 1."),
    "this is not written as it should be": gettext_lazy("This is not written as it should be."),
}
EXPECTED = {
    "an operator (| & ..) or the end of the rule": gettext_lazy("an operator (| & ..) or the end of the rule"),
    "at least one term that must stand in the sentence itself": gettext_lazy(
        "at least one term that must stand in the sentence itself"
    ),
    "a term in each alternative; conditions go beside a term with &": gettext_lazy(
        "a term in each alternative; conditions go beside a term with &"
    ),
    "at least one term beside the conditions": gettext_lazy("at least one term beside the conditions"),
    "terms on both sides of ..": gettext_lazy("terms on both sides of .."),
    "a term, {group} or (": gettext_lazy("a term, {group} or ("),
    "one ! only": gettext_lazy("one ! only"),
    "a term": gettext_lazy("a term"),
    'a closing "': gettext_lazy('a closing "'),
    "a term with at least one visible character": gettext_lazy("a term with at least one visible character"),
    "a term inside the brackets": gettext_lazy("a term inside the brackets"),
    "the name of a fact, such as emails": gettext_lazy("the name of a fact, such as emails"),
    "a name, a number or one of & | ! ( )": gettext_lazy("a name, a number or one of & | ! ( )"),
    "a comparison such as >= 3": gettext_lazy("a comparison such as >= 3"),
    "a name or a number": gettext_lazy("a name or a number"),
    "an id of this requirement or )": gettext_lazy("an id of this requirement or )"),
    "& | or the end": gettext_lazy("& | or the end"),
}
EXPECTED_WITH = {  # what follows the words is a name
    "the name of a term group; there is no group “": gettext_lazy("a term group; there is no group “%(rest)s"),
    "an id of this requirement; there is no “": gettext_lazy("an id of this requirement; there is no “%(rest)s"),
    "one of the topics ": gettext_lazy("one of the topics %(rest)s"),
    "one of the details ": gettext_lazy("one of the details %(rest)s"),
}
FIELDS = {
    "code": gettext_lazy("Code"),
    "domain": gettext_lazy("Domain"),
    "title_zh": gettext_lazy("Title (Chinese)"),
    "title_en": gettext_lazy("Title (English)"),
    "kind": gettext_lazy("Kind"),
    "severity": gettext_lazy("Severity"),
    "trigger_zh": gettext_lazy("Applies only if (Chinese)"),
    "trigger_en": gettext_lazy("Applies only if (English)"),
    "trigger": gettext_lazy("Trigger"),
    "legal_basis": gettext_lazy("Legal basis"),
    "question_zh": gettext_lazy("Question (Chinese)"),
    "question_en": gettext_lazy("Question (English)"),
    "groups": gettext_lazy("Groups of terms"),
    "elements": gettext_lazy("Elements"),
    "signals": gettext_lazy("Signals"),
    "verdict": gettext_lazy("How the verdict is proposed"),
    "scales": gettext_lazy("For processors of another scale"),
    "confidence": gettext_lazy("Measured confidence"),
    "decide": gettext_lazy("How to decide"),
    "decide_en": gettext_lazy("How to decide (English)"),
    "remediation_zh": gettext_lazy("Remediation (Chinese)"),
    "remediation_en": gettext_lazy("Remediation (English)"),
    "note_zh": gettext_lazy("Note (Chinese)"),
    "note_en": gettext_lazy("Note (English)"),
    "id": gettext_lazy("Id"),
    "required": gettext_lazy("Required"),
    "absent": gettext_lazy("Must not be there"),
    "headings": gettext_lazy("Headings count too"),
    "at_least": gettext_lazy("Rules that must hold"),
    "fact": gettext_lazy("Fact"),
    "places": gettext_lazy("Places of the fact"),
    "rules": gettext_lazy("Rules"),
    "unless": gettext_lazy("Unless"),
    "examples": gettext_lazy("Examples"),
    "match": gettext_lazy("Must be found in"),
    "no_match": gettext_lazy("Must not be found in"),
    "order": gettext_lazy("Order"),
    "domains": gettext_lazy("Domains"),
    "instruments": gettext_lazy("Instruments"),
    "in_force": gettext_lazy("In force from"),
    "as_of": gettext_lazy("Law as of"),
    "slug": gettext_lazy("Short name"),
    "ref": gettext_lazy("Article"),
    "instrument": gettext_lazy("Instrument"),
    "verified": gettext_lazy("Verified"),
    "optional": gettext_lazy("No longer required"),
}
CHANGES = {
    "added": ("＋", gettext_lazy("new")),
    "removed": ("－", gettext_lazy("removed")),
    "changed": ("△", gettext_lazy("changed")),
    "moved": ("⇅", gettext_lazy("moved")),
    "same": ("＝", gettext_lazy("unchanged")),
}


@register.filter
def problem_words(problem):
    """What the loader has against a value, in the reader's language."""
    params = dict(problem.params)
    if "expected" in params:
        params["expected"] = _expected(params["expected"])
    if "key" in params:
        params["key"] = field_word(params["key"])
    text = PROBLEMS.get(problem.text)
    return str(text) % params if text else problem.message


def _expected(words):
    if words in EXPECTED:
        return str(EXPECTED[words])
    for start, text in EXPECTED_WITH.items():
        if words.startswith(start):
            return str(text) % {"rest": words.removeprefix(start)}
    return words


@register.filter
def field_word(name):
    """The name of a field as the screens say it; an id stays as it is."""
    if name in FIELDS:
        return str(FIELDS[name])
    return str(dict([*VerdictChoices.choices, *ProcessorScale.choices]).get(name, name))


@register.filter
def path_words(path):
    """The path to a value: "Elements › channel › Rules"; numbers count from one."""
    words = [str(part + 1) if isinstance(part, int) else field_word(part) for part in path]
    return " › ".join(words) or _("The checklist as a whole")


@register.filter
def path_language(path):
    """The language of what the value at this path says, for a ``lang`` attribute."""
    return "en" if any(str(part).endswith("_en") for part in path) else "zh-Hans"


@register.inclusion_tag("checks/parts/badge.html")
def change_mark(kind):
    """Sign and word, never colour alone."""
    sign, word = CHANGES[kind]
    return {"css": f"change change-{kind}", "sign": sign, "word": word}


@register.inclusion_tag("checks/parts/badge.html")
def state_badge(state, word):
    signs = {"draft": "✎", "in_review": "◔", "published": "✓", "retired": "–", "discarded": "✕", "waiting": "◷"}
    return {"css": f"state state-{state}", "sign": signs[state], "word": word}
