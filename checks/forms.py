"""What people type, checked before a service sees it. Review forms stand at the end."""

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from .models import Engagement, Membership, PolicyDocument, Report
from .models.audit import VerdictChoices
from .models.checklist import SeverityChoices

DATE_INPUT = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("User name or password is wrong. Both distinguish upper and lower case."),
        "inactive": _("This account has been closed. Ask your administrator."),
    }


class PasswordForm(PasswordChangeForm):
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": _("The current password is wrong. Type it again."),
    }


class EngagementForm(forms.ModelForm):
    class Meta:
        model = Engagement
        fields = ["auditee", "product", "scope", "processor_scale", "due_date"]
        widgets = {"due_date": DATE_INPUT, "scope": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "auditee": _("The full registered name of the company whose policy is audited."),
            "product": _("The app or service the policy is for."),
            "scope": _("What is audited and what is not, as it shall stand in the report."),
            "processor_scale": _("How many people's information the auditee handles. Some requirements depend on it."),
        }


class MemberForm(forms.Form):
    username = forms.CharField(
        label=_("User name"), max_length=150, help_text=_("Exactly as the person signs in."), strip=True
    )
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.AUDITOR)


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


# ---------- Review ----------


ANY = ("", _("All"))
FINAL_VERDICTS = [choice for choice in VerdictChoices.choices if choice[0] != VerdictChoices.UNDETERMINED]


class ReviewFilterForm(forms.Form):
    """What of the queue is shown. Values that do not exist are ignored: an old link never breaks the screen."""

    STATES = (
        ANY,
        ("undecided", _("Undecided")),
        ("decided", _("Decided")),
        ("confirmed", _("Decided as proposed")),
        ("overridden", _("Decided otherwise")),
    )

    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=[ANY, *VerdictChoices.choices], required=False)
    severity = forms.ChoiceField(label=_("Severity"), choices=[ANY, *SeverityChoices.choices], required=False)
    domain = forms.ChoiceField(label=_("Domain"), required=False)
    q = forms.CharField(
        label=_("Search"), max_length=100, required=False, widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(self, data, *, domains):
        super().__init__(data, auto_id="filter-%s")
        self.fields["domain"].choices = [ANY, *domains.items()]

    @property
    def chosen(self):
        """The filters in force, without empty ones."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class DecisionForm(forms.Form):
    """Whether a reason is needed is the service's rule; the form only reads what was typed."""

    verdict = forms.ChoiceField(
        label=_("Verdict"),
        choices=FINAL_VERDICTS,
        error_messages={"required": _("Choose a verdict.")},
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="decision-%s", **kwargs)


class UndoForm(forms.Form):
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Comment"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write the comment first.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="comment-%s", **kwargs)


class SignOffForm(forms.Form):
    statement = forms.CharField(
        label=_("Statement"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What you vouch for, as it shall stand on the sign-off page of the report."),
    )


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it reopened?"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why the audit is reopened.")},
    )


class ReportForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of the report"), choices=Report.Language.choices)


class AuditRunForm(forms.Form):
    as_of = forms.DateField(label=_("Law as of"), required=False, widget=DATE_INPUT)
