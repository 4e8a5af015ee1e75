"""Signing off, reports, their verification, and packages."""

from base64 import b64decode

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import (
    HouseStyle,
    Report,
)


class SignOffForm(forms.Form):
    statement = forms.CharField(
        label=_("Statement"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you vouch for, as it shall stand on the sign-off page of the report."),
    )
    warnings_seen = forms.BooleanField(required=False)


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it reopened?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the audit is reopened.")},
    )


class ReportForm(forms.Form):
    """Which report is made. ``templates`` are the choices there are; ``kinds`` what this person may ask for now."""

    KINDS = (("final", _("Final report")), ("draft", _("Draft with a watermark")))

    template = forms.ChoiceField(label=_("Kind of report"))
    language = forms.ChoiceField(label=_("Language of the report"), choices=Report.Language.choices)
    kind = forms.ChoiceField(label=_("Final or draft"))
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args, templates, kinds, **kwargs):
        super().__init__(*args, auto_id="report-%s", **kwargs)
        self.fields["template"].choices = templates
        self.fields["kind"].choices = [choice for choice in self.KINDS if choice[0] in kinds]


class HouseStyleForm(forms.ModelForm):
    """The organisation's settings for reports. A logo that was read once comes along, so that no error loses it."""

    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG or JPEG, at most 2 MB. It stands at the top of the cover, 16 mm high."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )
    logo_remove = forms.BooleanField(label=_("Without a logo"), required=False)
    logo_kept = forms.CharField(required=False, widget=forms.HiddenInput)  # base64
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = HouseStyle
        fields = [
            "name_zh",
            "name_en",
            "accent",
            "classification",
            "disclaimer_zh",
            "disclaimer_en",
            "number_code",
            "number_pattern",
            "grave_from_critical",
            "grave_from_major",
            "deficient_from_partial",
            "deficient_from_major",
        ]
        widgets = {
            "accent": forms.TextInput(attrs={"type": "color"}),
            "disclaimer_zh": forms.Textarea(attrs={"rows": 4, "lang": "zh-Hans"}),
            "disclaimer_en": forms.Textarea(attrs={"rows": 4, "lang": "en"}),
            "name_zh": forms.TextInput(attrs={"lang": "zh-Hans"}),
            "name_en": forms.TextInput(attrs={"lang": "en"}),
        }
        help_texts = {
            "name_zh": _("The firm or department that audits, as it stands on the cover."),
            "name_en": _("For reports in English and in both languages."),
            "accent": _("Headings and rules. It must be legible on white, also when printed in black and white."),
            "classification": _("Stands on the cover and at the foot of each page."),
            "disclaimer_zh": _("Stands under the limits of the audit."),
            "disclaimer_en": _("For reports in English and in both languages."),
            "number_code": _("Letters, digits or Chinese characters; {ORG} in the pattern."),
            "number_pattern": _("{ORG} the code, {YYYY} or {YY} the year, {NNNNNN} the running number of the year."),
        }

    def clean_logo_kept(self):
        """Whatever is no base64 is as if nothing had been kept; the service looks at the picture itself."""
        try:
            return b64decode(self.cleaned_data["logo_kept"], validate=True)
        except ValueError:
            return b""


class VerifyForm(forms.Form):
    file = forms.FileField(
        label=_("PDF of the report"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,.pdf"}),
        error_messages={
            "required": _("Choose the PDF of a report first."),
            "empty": _("This file is empty."),
        },
    )  # fmt: skip


class PackageForm(forms.Form):
    """A package of an engagement. What is in it is checked by the service, not here."""

    LARGEST = 1024 * 1024 * 1024

    file = forms.FileField(
        label=_("Package (.zip)"),
        widget=forms.ClearableFileInput(attrs={"accept": "application/zip,.zip"}),
        error_messages={"required": _("Choose a package first."), "empty": _("This file is empty.")},
    )
    match_people = forms.BooleanField(
        label=_("People with the same user name here are the same people: they get their roles again"), required=False
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > self.LARGEST:
            raise forms.ValidationError(_("Packages are read up to 1 GB."))
        return file
