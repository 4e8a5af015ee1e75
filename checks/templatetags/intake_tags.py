"""What is said about files on their way in: why one was not read, what it seems to be, where it was noticed."""

from django import template
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

register = template.Library()

# By the value of engine.readers.refusals.IntakeReason. Each says what is wrong and what to do about it.
INTAKE_WORDS = {
    "empty": gettext_lazy("There is no text in it. Check that the right file was chosen, or paste the text."),
    "no_text": gettext_lazy(
        "The file could be opened but holds no readable text. It may load its text by script or be made of images: "
        "open it, copy the text and paste it."
    ),
    "unsupported_type": gettext_lazy(
        "This kind of file cannot be read. PDF, Word, web pages, plain text and pictures can; from anything else, "
        "copy the text and paste it."
    ),
    "undecodable": gettext_lazy(
        "The characters could not be decoded. Save the file as UTF-8 or GB18030 and upload it again, or paste the text."
    ),
    "damaged": gettext_lazy(
        "The file is damaged or not complete. Download or export it again; if another program opens it, save a copy "
        "from there."
    ),
    "needs_password": gettext_lazy("The file is locked with a password. Type it to read the file; it is not kept."),
    "wrong_password": gettext_lazy("This password does not open the file. Upper and lower case count."),
    "encrypted": gettext_lazy(
        "The file is encrypted in a way that cannot be opened here. Open it yourself, save it without a password, and "
        "upload it again."
    ),
    "too_large": gettext_lazy(
        "It is larger than %(limit)s. A policy rarely is: check that this is the right file, or paste the text."
    ),
    "too_many_pages": gettext_lazy(
        "It has %(pages)s pages; at most %(limit)s are read. Cut the policy out of it and upload that part."
    ),
    "too_many_pixels": gettext_lazy(
        "The picture is too large (%(megapixels)s megapixels; at most %(limit)s). Cut it into several pictures."
    ),
    "too_many_parts": gettext_lazy(
        "It consists of too many parts (%(parts)s; at most %(limit)s). Split it, or upload only what is a policy."
    ),
    "too_deep": gettext_lazy("It is nested too deeply. Unpack it and upload the policy itself."),
    "expands_too_far": gettext_lazy(
        "Unpacked it would be far larger than any policy. It was not opened any further: it may be meant to do harm."
    ),
    "declares_entities": gettext_lazy(
        "It contains definitions that no policy needs and that can be used for attacks, so it was not read. Save it "
        "again with another program, or paste the text."
    ),
    "needs_time": gettext_lazy("It takes longer to read and was put in line."),
    "ocr_missing": gettext_lazy(
        "It consists of pictures, and no text recognition (Tesseract with Chinese data) is installed here. Ask your "
        "administrator to install it, then try again: the file is kept."
    ),
    "garbled_fonts": gettext_lazy(
        "The PDF names its characters wrongly, so copying from it gives nonsense, and no text recognition is installed "
        "here to read its pages instead. Upload another version, or try again once it is installed."
    ),
    "converter_missing": gettext_lazy(
        "Files of this kind need LibreOffice, which is not installed here. Save it as .docx or PDF and upload that, or "
        "try again once it is installed."
    ),
    "took_too_long": gettext_lazy(
        "Reading was stopped after %(seconds)s seconds. Try again, or split the file; the text can be pasted too."
    ),
    "out_of_memory": gettext_lazy(
        "Reading needed more memory than a policy may take and was stopped. Upload a smaller file, or paste the text."
    ),
    "reader_failed": gettext_lazy(
        "The reader broke down over this file. Save it again with another program, or paste the text."
    ),
}
# Reasons of the work around the reading, and of fetching.
WORK_WORDS = {
    "duplicate": gettext_lazy("Exactly this file is already here."),
    "unexpected": gettext_lazy("Something went wrong that should not have. The file is kept; try again."),
    "given_up": gettext_lazy(
        "The worker stopped several times over this file, so it was given up. The file is kept; try again, or upload "
        "it in another format."
    ),
    "no_checklist": gettext_lazy("It was kept but not audited: there is no published checklist yet."),
    "original_missing": gettext_lazy("The stored file cannot be found. Upload it again, and tell your administrator."),
    "address_invalid": gettext_lazy("This is not a web address. It begins with http:// or https://."),
    "address_forbidden": gettext_lazy(
        "%(host)s is not on the public internet, and addresses inside are not fetched. Save the page and upload it."
    ),
    "address_unknown_host": gettext_lazy("There is no host called %(host)s. Check the spelling."),
    "address_unreachable": gettext_lazy("%(host)s did not answer as a web site should. Try again, or upload the page."),
    "address_redirects": gettext_lazy("The page passes on from one address to the next without end."),
    "address_status": gettext_lazy("The web site answered with error %(status)s. Open the page and save it instead."),
    "address_too_large": gettext_lazy(
        "The page is larger than %(megabytes)s MB. Save what is the policy and upload it."
    ),
    "address_too_slow": gettext_lazy(
        "The page did not arrive within %(seconds)s seconds. Try again, or upload the page."
    ),
}
# By the value of engine.kinds.Concern.
CONCERN_WORDS = {
    "user_agreement": gettext_lazy(
        "This seems to be a user agreement: most of it is about the terms of a contract, and only a small part about "
        "personal information. The privacy policy may be a document of its own."
    ),
    "cookie_notice": gettext_lazy("This seems to be a notice about cookies alone, not the whole privacy policy."),
    "other_document": gettext_lazy(
        "This does not seem to be a privacy policy: it hardly speaks of personal information."
    ),
    "not_chinese": gettext_lazy(
        "Most of the text is not Chinese. The rules read Chinese only, so nearly everything would be undetermined."
    ),
    "blank_template": gettext_lazy("This seems to be a template: places such as 【】, XXX or ____ are not filled in."),
    "truncated": gettext_lazy(
        "The text seems to be incomplete: it breaks off, or its table of contents promises sections that do not follow."
    ),
}
KIND_WORDS = {
    "privacy_policy": gettext_lazy("Privacy policy"),
    "combined": gettext_lazy("User agreement and privacy policy in one"),
    "user_agreement": gettext_lazy("User agreement"),
    "cookie_notice": gettext_lazy("Notice about cookies"),
    "other": gettext_lazy("Another document"),
}
LANGUAGE_WORDS = {
    "zh-Hans": gettext_lazy("Chinese (simplified)"),
    "zh-Hant": gettext_lazy("Chinese (traditional)"),
    "en": gettext_lazy("English"),
    "mixed": gettext_lazy("Several languages"),
    "other": gettext_lazy("Another language"),
}
STATE_SIGNS = {"queued": "…", "running": "▶", "question": "?", "done": "✓", "failed": "✕", "cancelled": "–"}
# States wear the colours of verdicts that mean something alike.
STATE_LOOKS = {
    "queued": "not_applicable",
    "running": "not_applicable",
    "question": "partial",
    "done": "compliant",
    "failed": "non_compliant",
    "cancelled": "not_applicable",
}


class Params(dict):
    """What a sentence needs; an old row may lack something, then a dash stands there."""

    def __missing__(self, name):
        return filesizeformat(settings.POLICY_MAX_BYTES) if name == "limit" else "—"


def reason_words(reason, params=None):
    """Why something was not read, in words that help."""
    words = INTAKE_WORDS.get(reason) or WORK_WORDS.get(reason) or gettext_lazy("It could not be read.")
    return str(words) % Params(params or {})


@register.filter
def item_reason(item):
    return reason_words(item.reason, item.params) if item.reason else ""


@register.filter
def concern_words(concern):
    return CONCERN_WORDS.get(concern, concern)


@register.filter
def kind_word(kind):
    return KIND_WORDS.get(kind, kind)


@register.filter
def document_language(language):
    return LANGUAGE_WORDS.get(language, language)


@register.inclusion_tag("checks/parts/badge.html")
def state_badge(item):
    return {
        "css": f"verdict verdict-{STATE_LOOKS.get(item.state, 'not_applicable')}",
        "sign": STATE_SIGNS.get(item.state, "?"),
        "word": item.get_state_display(),
    }


@register.filter
def percent_of(share):
    return f"{round((share or 0) * 100)} %"


@register.filter
def stage_words(item):
    """What is being done with the file, and how far it has come."""
    if not item.stage:
        return ""
    words = item.get_stage_display()
    if item.total:
        far = _("%(done)s of %(total)s pages") % {"done": item.done, "total": item.total}
    elif item.done:
        far = ngettext("%(done)s file", "%(done)s files", item.done) % {"done": item.done}
    else:
        return words
    return f"{words} · {far}"


@register.filter
def page_of(offset, layout):
    """The page of the original on which this character stands, from 1; None where there are no pages."""
    pages = (layout or {}).get("pages") or ()
    return max(1, sum(start <= offset for start in pages)) if pages else None
