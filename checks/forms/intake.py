"""Files received, and the audits run on them."""

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from ..models import (
    ChecklistVersion,
    PolicyDocument,
)
from .fields import DATE_INPUT, is_chinese


class SeveralFilesInput(forms.FileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """Any number of files; clean() gives a list."""

    widget = SeveralFilesInput

    def clean(self, data, initial=None):
        files = data if isinstance(data, list | tuple) else [data]
        cleaned = [super(SeveralFilesField, self).clean(file, initial) for file in files]
        return [file for file in cleaned if file is not None and file is not False]


class PolicyForm(forms.Form):
    """Files, pasted text or a web address, one of them; of a new policy or the next version of one that is here."""

    document = forms.ModelChoiceField(
        label=_("Policy"), queryset=PolicyDocument.objects.none(), required=False, empty_label=_("A new policy")
    )
    name = forms.CharField(
        label=_("Name of the policy"),
        max_length=200,
        required=False,
        help_text=_("For a new policy, e.g. the app's name and “privacy policy”. Several files keep their own names."),
    )
    file = SeveralFilesField(
        label=_("Files"),
        required=False,
        allow_empty_file=True,  # the engine's answer to an empty file says what to do
    )
    url = forms.CharField(
        label=_("Or a web address"),
        required=False,
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("The page is fetched once, kept as it is and read."),
    )
    text = forms.CharField(
        label=_("Or pasted text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 10})
    )
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)  # sent twice, a form is still one upload

    def __init__(self, *args, engagement, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["document"].queryset = engagement.policies.all()
        self.fields["file"].help_text = _(
            "PDF, Word, saved web pages, plain text, pictures and scans, or a ZIP of them; at most %(limit)s each. "
            "Choose several at once if you like. Every file is kept as it is, with its SHA-256."
        ) % {"limit": filesizeformat(settings.POLICY_MAX_BYTES)}
        if not settings.POLICY_URL_FETCH:
            del self.fields["url"]
        if not engagement.policies.exists():
            self.fields["document"].widget = forms.HiddenInput()

    def clean(self):
        cleaned = super().clean()
        files, text, url = cleaned.get("file"), (cleaned.get("text") or "").strip(), cleaned.get("url")
        given = [name for name, value in (("file", files), ("url", url), ("text", text)) if value]
        if len(given) > 1:
            self.add_error(given[-1], _("Give either files, an address or pasted text, not several of them."))
        if not given and not {"file", "url", "text"} & set(self.errors):
            self.add_error("file", _("Choose a file, or paste the text below."))
        if files and len(files) > 1 and cleaned.get("document"):
            self.add_error("document", _("Several files cannot all be the next version of one policy."))
        if given == ["text"] and not cleaned.get("name") and not cleaned.get("document") and "name" not in self.errors:
            self.add_error("name", _("Give the new policy a name."))
        return cleaned


class PasswordRetryForm(forms.Form):
    password = forms.CharField(
        required=False, strip=False, max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


class AnswerForm(forms.Form):
    """Which policy a file belongs to ("new": none that is here), and whether it is audited or only kept."""

    document = forms.CharField(required=False, max_length=20)
    audit = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda value: value == "1")


class AuditRunForm(forms.Form):
    as_of = forms.DateField(label=_("Law as of"), required=False, widget=DATE_INPUT)
    checklist_version = forms.ModelChoiceField(
        label=_("Checklist version"),
        queryset=ChecklistVersion.objects.none(),
        required=False,
        empty_label=_("The one that applies today"),
        error_messages={"invalid_choice": _("This checklist version is not offered for new audits.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # The whole checklist is large, and here only its name is shown.
        versions = ChecklistVersion.objects.filter(retirement=None).select_related("checklist").defer("source")
        self.fields["checklist_version"].queryset = versions.newest_first()
        self.fields["checklist_version"].label_from_instance = version_choice


def version_choice(version):
    """Name of the checklist and of its version, and from when it applies if that is still to come."""
    name = f"{version.checklist.title_zh if is_chinese() else version.checklist.title_en} {version.version}"
    if version.applies_from and version.applies_from > timezone.localdate():
        return _("%(name)s, from %(day)s") % {"name": name, "day": date_format(version.applies_from)}
    return name
