"""What people type, checked before a service sees it. Review forms stand at the end."""

from base64 import b64decode

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from .models import (
    ChecklistVersion,
    Engagement,
    HouseStyle,
    Instrument,
    InstrumentChange,
    Membership,
    PolicyDocument,
    Report,
)
from .models.audit import VerdictChoices
from .models.checklist import SeverityChoices
from .models.engagement import person_name

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

    MARKS = (
        ANY,
        ("mine", _("Assigned to me")),
        ("unassigned", _("Assigned to nobody")),
        ("overdue", _("Overdue")),
        ("discussion", _("For discussion")),
        ("comments", _("With open comments")),
        ("sent_back", _("Sent back")),
        ("answered", _("Answered since")),
        ("agreed", _("Agreed by the reviewer")),
        ("not_agreed", _("Not agreed yet")),
    )
    ORDERS = (
        ("domain", _("By domain")),
        ("doubt", _("By doubt")),
        ("severity", _("By severity")),
        ("clause", _("By clause")),
    )

    order = forms.ChoiceField(label=_("Order"), choices=ORDERS, required=False)
    state = forms.ChoiceField(label=_("State"), choices=STATES, required=False)
    verdict = forms.ChoiceField(label=_("Verdict"), choices=[ANY, *VerdictChoices.choices], required=False)
    severity = forms.ChoiceField(label=_("Severity"), choices=[ANY, *SeverityChoices.choices], required=False)
    domain = forms.ChoiceField(label=_("Domain"), required=False)
    mark = forms.ChoiceField(label=_("Marked"), choices=MARKS, required=False)
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


class SeenForm(forms.Form):
    """What of a finding the person had before them: the number of the latest change of that kind, 0 for none."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class AssignForm(SeenForm):
    """``members`` are the people who may decide; nobody is a choice too."""

    user = forms.ChoiceField(label=_("Assigned to"), required=False)

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, auto_id="assign-%s", **kwargs)
        self.fields["user"].choices = [("", _("Nobody")), *((str(user.pk), person_name(user)) for user in members)]
        self._members = {str(user.pk): user for user in members}

    def clean_user(self):
        return self._members.get(self.cleaned_data["user"])


class DueForm(SeenForm):
    due_date = forms.DateField(
        label=_("Due"), required=False, widget=DATE_INPUT, error_messages={"invalid": _("Write the day as 2026-12-31.")}
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="due-%s", **kwargs)


class DiscussForm(SeenForm):
    wanted = forms.TypedChoiceField(choices=(("1", ""), ("0", "")), coerce=lambda value: value == "1")


class RemediationForm(SeenForm):
    text = forms.CharField(
        label=_("What has to be done"),
        required=False,
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands in the report in place of the checklist's text. Leave it empty for the checklist's."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="remediation-%s", **kwargs)


class LookForm(SeenForm):
    """The reviewer's word on the decision with this revision."""

    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What has to be looked at again"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="look-%s", **kwargs)


class ResolvedForm(forms.Form):
    resolved = forms.TypedChoiceField(choices=(("1", ""), ("0", "")), coerce=lambda value: value == "1")


class BatchForm(forms.Form):
    """One verdict and one reason for the findings that are listed; an empty verdict is each one's proposal."""

    findings = forms.CharField(
        widget=forms.HiddenInput, required=False, max_length=20000
    )  # numbers, or number:revision
    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=[("", _("Each as proposed")), *FINAL_VERDICTS], required=False
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    again = forms.BooleanField(label=_("Also those that are decided already"), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="batch-%s", **kwargs)


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Note"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="note-%s", **kwargs)


class SecondAuditorForm(forms.Form):
    """``members``: whom the lead can ask."""

    second = forms.ChoiceField(label=_("Second auditor"), error_messages={"required": _("Choose the second auditor.")})

    def __init__(self, *args, members, **kwargs):
        super().__init__(*args, auto_id="blind-%s", **kwargs)
        self.fields["second"].choices = [("", "—"), *((str(user.pk), person_name(user)) for user in members)]
        self._members = {str(user.pk): user for user in members}

    def clean_second(self):
        return self._members[self.cleaned_data["second"]]


class ResolveForm(forms.Form):
    verdict = forms.ChoiceField(
        label=_("Verdict"), choices=FINAL_VERDICTS, error_messages={"required": _("Choose a verdict.")}
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="resolve-%s", **kwargs)


class UndoForm(forms.Form):
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PlaceForm(forms.Form):
    """A place in the policy's text as the screen sends it: "12-40", behind it the part it is evidence for, if any.

    ``old`` is the place that shall be moved there, ``also`` are the numbers of further findings, with commas.
    """

    place = forms.RegexField(r"^\d{1,9}-\d{1,9}( [\w.-]{0,60})?$", strip=False)
    old = forms.RegexField(r"^\d{1,9}-\d{1,9}$", required=False)
    also = forms.RegexField(r"^[\d,]*$", required=False)
    revision = forms.IntegerField(min_value=0)

    def clean(self):
        cleaned = super().clean()
        place, _space, cleaned["element"] = cleaned.get("place", "").partition(" ")
        cleaned["start"], cleaned["end"] = self._ends(place)
        cleaned["old"] = self._ends(cleaned.get("old"))
        cleaned["also"] = [int(number) for number in (cleaned.get("also") or "").split(",") if number]
        return cleaned

    @staticmethod
    def _ends(place):
        return tuple(map(int, place.split("-"))) if place else (0, 0)


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


def is_chinese():
    return (get_language() or "").startswith("zh")


# ---------- Observations beyond the checklist ----------


class PlacesField(forms.CharField):
    """Places in a text as "12-40,60-75": read into pairs, refused when they are anything else."""

    widget = forms.HiddenInput
    default_error_messages = {"places": _("This is not a list of places.")}

    def to_python(self, value):
        try:
            return self.read(super().to_python(value))
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["places"], code="places") from error

    @staticmethod
    def read(value):
        """The pairs in the order of the text, each once; ValueError for what is no list of places."""
        pairs = {tuple(map(int, place.split("-"))) for place in (value or "").split(",") if place}
        if any(len(pair) != 2 or pair[0] >= pair[1] for pair in pairs):
            raise ValueError(value)
        return sorted(pairs)

    @staticmethod
    def write(pairs):
        return ",".join(f"{start}-{end}" for start, end in sorted(set(pairs)))


class ObservationTextForm(forms.Form):
    """What an observation and a template of observations have in common."""

    title = forms.CharField(
        label=_("Title"), max_length=200, help_text=_("One line, as it shall stand in the report."),
        error_messages={"required": _("Give the observation a title.")},
    )  # fmt: skip
    severity = forms.ChoiceField(
        label=_("Severity"), choices=SeverityChoices.choices, initial=SeverityChoices.MAJOR.value,
        error_messages={"required": _("Choose a severity.")},
    )  # fmt: skip
    facts = forms.CharField(
        label=_("Facts"), max_length=8000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What the text says or leaves out, and why that matters."),
        error_messages={"required": _("Say what you observed.")},
    )  # fmt: skip
    basis = forms.CharField(
        label=_("Legal basis"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line: in your own words, or picked from the checklist below."),
    )  # fmt: skip
    remediation = forms.CharField(
        label=_("Remediation"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What has to change. Needed before signing when the observation is critical or major."),
    )  # fmt: skip


class ObservationForm(ObservationTextForm):
    """An observation with its places; ``pick`` and ``words`` are read by the buttons beside them."""

    pick = forms.CharField(label=_("From the checklist"), required=False, max_length=300)
    words = forms.CharField(
        label=_("Words of the policy"), required=False, max_length=5000, strip=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Copy them from the text: their exact place is looked up. White space does not matter."),
    )  # fmt: skip
    clause = forms.ChoiceField(label=_("Or a whole clause"), required=False)
    places = PlacesField(required=False)
    revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("Why is it changed?"), required=False, max_length=2000, widget=forms.TextInput,
        help_text=_("Stands in the history, not in the report."),
    )  # fmt: skip

    def __init__(self, *args, clauses, revising=False, **kwargs):
        super().__init__(*args, auto_id="observation-%s", **kwargs)
        self.fields["clause"].choices = [("", "—"), *clauses]
        if not revising:
            del self.fields["note"]


class ObservationTemplateForm(ObservationTextForm):
    shared = forms.BooleanField(
        label=_("Share with everybody in this installation"), required=False,
        help_text=_("Write it without names of auditees: people of other engagements will read it."),
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="template-%s", **kwargs)
        self.fields["facts"].required = False


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it withdrawn?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the observation is withdrawn.")},
    )  # fmt: skip
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="withdraw-%s", **kwargs)


# ---------- Checklist studio ----------


class DraftStartForm(forms.Form):
    version = forms.CharField(
        label=_("Name of the new version"),
        max_length=40,
        help_text=_("It must not be taken; it can be changed until the draft is published."),
    )


class RequirementAddForm(forms.Form):
    code = forms.CharField(
        label=_("Code"), max_length=60, help_text=_("Capital letters, digits and hyphens, such as PIPL-17-NAME.")
    )
    domain = forms.ChoiceField(label=_("Domain"))

    def __init__(self, *args, domains, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["domain"].choices = domains


class RetireForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": _("Say why.")}
    )


class TitledLinesField(forms.CharField):
    """Lines such as ``notice: 告知 | Notice``, one for each thing with an id; ``more`` names values behind these."""

    widget = forms.Textarea

    def __init__(self, *, more=(), **kwargs):
        self.more = more
        super().__init__(**kwargs)

    def prepare_value(self, value):
        if not isinstance(value, list):
            return value
        return "\n".join(f"{each['id']}: {' | '.join(self._values(each))}" for each in value)

    def _values(self, thing):
        values = [str(thing.get(name) or "") for name in ("title_zh", "title_en", *self.more)]
        while len(values) > 2 and not values[-1]:
            values.pop()
        return values

    def to_python(self, value):
        things = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), start=1):
            if not line.strip():
                continue
            name, sign, rest = line.replace("：", ":", 1).partition(":")
            values = [part.strip() for part in rest.split("|")]
            if not (sign and name.strip() and len(values) >= 2 and all(values[:2])) or len(values) > 2 + len(self.more):
                raise forms.ValidationError(
                    _("Line %(number)s is not written as “id: Chinese title | English title”."),
                    params={"number": number},
                )
            if name.strip() in things:
                raise forms.ValidationError(
                    _("Line %(number)s has an id that is there already."), params={"number": number}
                )
            filled = zip(("title_zh", "title_en", *self.more), values, strict=False)
            things[name.strip()] = {"id": name.strip(), **{key: each for key, each in filled if each}}
        return list(things.values())


class TermGroupsField(forms.CharField):
    """Lines such as ``位置: 地理位置 | 定位信息``: a group of terms by its name."""

    widget = forms.Textarea

    def prepare_value(self, value):
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{name}: {' | '.join(map(str, words))}" for name, words in value.items())

    def to_python(self, value):
        groups = {}
        for number, line in enumerate((super().to_python(value) or "").splitlines(), start=1):
            if not line.strip():
                continue
            name, _sign, rest = line.replace("：", ":", 1).partition(":")
            words = [word for part in rest.split("|") if (word := part.strip())]
            if not name.strip() or not words or name.strip() in groups:
                raise forms.ValidationError(
                    _("Line %(number)s is not written as “name: term | term”, or the name is there already."),
                    params={"number": number},
                )
            groups[name.strip()] = words
        return groups


class DraftHeadForm(forms.Form):
    """Everything of a draft that is not a requirement. ``as_saved()`` is what drafts.head_save takes."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    version = forms.CharField(label=_("Name of the version"), max_length=40)
    changelog = forms.CharField(
        label=_("What changes, and why"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Required before it goes into review. It is shown with the version for good."),
    )
    applies_from = forms.DateField(
        label=_("Applies to audits from"),
        required=False,
        widget=DATE_INPUT,
        help_text=_("Without a date: from the day it is published."),
    )
    title_zh = forms.CharField(label=_("Title (Chinese)"), max_length=200)
    title_en = forms.CharField(label=_("Title (English)"), max_length=200)
    as_of = forms.DateField(label=_("Law as of"), required=False, widget=DATE_INPUT)
    domains = TitledLinesField(
        label=_("Domains"),
        help_text=_("One per line: id: Chinese title | English title. Their order is the order of the checklist."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    groups = TermGroupsField(
        label=_("Groups of terms"),
        required=False,
        help_text=_("One per line: name: term | term. Rules of every requirement may use them as {name}."),
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    instruments = TitledLinesField(
        label=_("Instruments"),
        required=False,
        more=("in_force",),
        help_text=_("One per line: id: Chinese title | English title | in force from (2021-11-01)."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    HEAD = ("title_zh", "title_en", "as_of", "domains", "instruments", "groups")

    def __init__(self, *args, draft, **kwargs):
        self.draft = draft
        initial = {name: draft.head.get(name) for name in self.HEAD}
        initial |= {name: getattr(draft, name) for name in ("revision", "version", "changelog", "applies_from")}
        super().__init__(*args, initial=initial, **kwargs)

    def as_saved(self):
        cleaned = self.cleaned_data
        head = self.draft.head | {name: cleaned[name] for name in ("title_zh", "title_en", "groups")}
        for name in ("domains", "instruments"):
            before = {each["id"]: each for each in self.draft.head.get(name, ())}
            shown = {"id", "title_zh", "title_en", "in_force"}
            more = lambda each, before=before, shown=shown: {  # noqa: E731
                key: value for key, value in before.get(each["id"], {}).items() if key not in shown
            }
            head[name] = [each | more(each) for each in cleaned[name]]
        head.pop("as_of", None)
        if cleaned["as_of"]:
            head["as_of"] = cleaned["as_of"].isoformat()
        given = {name: cleaned[name] for name in ("revision", "version", "changelog", "applies_from")}
        return given | {"head": head}

    def meet(self, current):
        """After somebody else saved: saving again writes over theirs, knowingly."""
        self.data = self.data.copy()
        self.data["revision"] = current.revision


# ---------- Register of instruments, changes of law ----------


class LinesField(forms.CharField):
    """Texts, one a line; blank lines do not count."""

    def __init__(self, **kwargs):
        rows = kwargs.pop("rows", 3)
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def clean(self, value):
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


class InstrumentForm(forms.ModelForm):
    class Meta:
        model = Instrument
        fields = ["key", "title_zh", "title_en", "issuer", "kind", "in_force"]
        widgets = {"in_force": DATE_INPUT}
        help_texts = {"key": _("Capital letters and digits, such as PIPL: legal bases name the instrument by it.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="instrument-%s", **kwargs)
        self.fields["title_en"].required = self.fields["in_force"].required = False

    def validate_unique(self):
        """The service says so, in words of its own."""


class LawChangeForm(forms.Form):
    """What happened to which instrument; ``refs`` are places in it that are cited, ``articles`` any others."""

    instrument = forms.ModelChoiceField(
        label=_("Instrument"), queryset=Instrument.objects.none(), empty_label="—",
        error_messages={"required": _("Choose the instrument, or add a new one to the register first.")},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=_("Kind of change"), choices=InstrumentChange.Kind.choices, widget=forms.RadioSelect,
        initial=InstrumentChange.Kind.AMENDED.value, error_messages={"required": _("Choose the kind of change.")},
    )  # fmt: skip
    effective = forms.DateField(
        label=_("From which day"),
        widget=DATE_INPUT,
        error_messages={"required": _("Give the day from which it holds.")},
    )
    refs = forms.MultipleChoiceField(label=_("Articles that are cited"), required=False)
    articles = LinesField(
        label=_("Other articles"), required=False, max_length=2000,
        help_text=_("One a line. Without any article, everything that cites the instrument is looked at again."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("What the change is about"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say in a sentence what the change is about.")},
    )  # fmt: skip
    replaced_by = forms.ModelChoiceField(
        label=_("Replaced by"), queryset=Instrument.objects.none(), required=False, empty_label="—"
    )

    def __init__(self, *args, instrument=None, **kwargs):
        super().__init__(*args, auto_id="law-%s", **kwargs)
        for name in ("instrument", "replaced_by"):
            self.fields[name].queryset = Instrument.objects.all()
            self.fields[name].label_from_instance = lambda row: f"{row.key} {row.title_zh}"
        self.fields["refs"].choices = [(ref, ref) for ref in instrument.articles] if instrument else []

    def clean(self):
        cleaned = super().clean()
        cleaned["articles"] = [*(cleaned.pop("refs", None) or []), *(cleaned.get("articles") or [])]
        return cleaned


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Give a reason.")},
    )  # fmt: skip


# ---------- Checklists out and in ----------


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"), error_messages={"required": _("Choose a file.")},
        help_text=_("A ZIP of YAML files, an Excel workbook (.xlsx) or JSON, as they are exported here."),
        widget=forms.FileInput(attrs={"accept": ".zip,.xlsx,.json"}),
    )  # fmt: skip
    copy = forms.TypedChoiceField(
        label=_("Kind of file"), coerce=lambda value: value == "1", widget=forms.RadioSelect, initial="0",
        choices=[
            ("0", _("A file that was edited")),
            ("1", _("An unchanged copy from another installation: check its digest")),
        ],
        error_messages={"required": _("Say what the file is.")},
    )  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="upload-%s", **kwargs)


# ---------- Tailoring for one engagement ----------


class TailoringForm(forms.Form):
    code = forms.ChoiceField(label=_("Requirement"), error_messages={"required": _("Choose the requirement.")})
    what = forms.ChoiceField(
        label=pgettext_lazy("a tailored checklist", "What is done"),
        choices=[
            ("off", _("Switch it off")),
            ("critical", _("Raise its severity to critical")),
            ("major", _("Raise its severity to major")),
            ("minor", _("Raise its severity to minor")),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stands in the report, under scope."),
        error_messages={"required": _("Say why: the reason stands in the report.")},
    )  # fmt: skip

    def __init__(self, *args, requirements, **kwargs):
        super().__init__(*args, auto_id="tailoring-%s", **kwargs)
        self.fields["code"].choices = [("", "—"), *requirements]


class OwnRequirementForm(forms.Form):
    """A requirement of the engagement's own, short enough for one screen; ``content`` is what the loader reads."""

    title = forms.CharField(label=_("Title"), max_length=200, error_messages={"required": _("Give it a title.")})
    question = forms.CharField(
        label=_("Question"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the auditor has to answer by reading the policy."),
        error_messages={"required": _("Write the question.")},
    )  # fmt: skip
    domain = forms.ChoiceField(label=_("Domain"))
    severity = forms.ChoiceField(
        label=_("Severity"), choices=SeverityChoices.choices, initial=SeverityChoices.MAJOR.value
    )
    instrument = forms.ChoiceField(label=_("Legal basis"), required=False)
    ref = forms.CharField(label=_("Article"), required=False, max_length=100)
    note = forms.CharField(label=_("What it asks"), required=False, max_length=500)
    compliant = forms.CharField(
        label=_("Compliant when"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say when it is compliant.")},
    )  # fmt: skip
    partial = forms.CharField(
        label=_("Partly compliant when"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    non_compliant = forms.CharField(
        label=_("Not compliant when"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say when it is not compliant.")},
    )  # fmt: skip
    remediation = forms.CharField(
        label=_("Remediation"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say what has to be done where it is missing.")},
    )  # fmt: skip
    expected = forms.ChoiceField(
        label=_("What the rules look for"), required=False,
        choices=[("present", _("what must stand in the policy")), ("absent", _("what must not stand in it"))],
    )  # fmt: skip
    rules = LinesField(
        label=_("Rules"), required=False, max_length=8000, rows=4,
        help_text=_("One a line, in the rule language. Without rules the program leaves the verdict to you."),
    )  # fmt: skip
    unless = LinesField(label=_("Unless"), required=False, max_length=8000, rows=2)
    match = LinesField(label=_("Sentences that must be found"), required=False, max_length=8000)
    no_match = LinesField(label=_("Sentences that must not be found"), required=False, max_length=8000)
    reason = forms.CharField(
        label=_("Why this engagement asks it"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stands in the report, under scope."),
        error_messages={"required": _("Say why: the reason stands in the report.")},
    )  # fmt: skip

    def __init__(self, *args, domains, instruments, **kwargs):
        super().__init__(*args, auto_id="own-%s", **kwargs)
        self.fields["domain"].choices = domains
        self.fields["instrument"].choices = [("", _("none")), *instruments]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("unless") and not cleaned.get("rules"):
            self.add_error("unless", _("Exceptions need a rule they are exceptions to."))
        return cleaned

    @property
    def content(self):
        """One entry of a checklist without its code. What has no English says so in Chinese, as elsewhere."""
        given = self.cleaned_data
        guide = {name: given[name] for name in ("compliant", "partial", "non_compliant") if given[name]}
        entry = {
            "domain": given["domain"],
            "title_zh": given["title"],
            "title_en": given["title"],
            "kind": "disclosure",
            "severity": given["severity"],
            "legal_basis": [],
            "question_zh": given["question"],
            "question_en": given["question"],
            "elements": [],
            "decide": guide,
            "remediation_zh": given["remediation"],
            "remediation_en": given["remediation"],
        }
        if given["instrument"]:
            basis = {"instrument": given["instrument"], "ref": given["ref"], "note_zh": given["note"] or given["title"]}
            entry["legal_basis"] = [basis]
        if given["rules"]:
            entry["elements"] = [self._element(given)]
        return entry

    @staticmethod
    def _element(given):
        element = {"id": "stated", "title_zh": given["title"], "title_en": given["title"], "required": True}
        if given["expected"] == "absent":
            element["absent"] = True
        element["rules"] = given["rules"]
        if given["unless"]:
            element["unless"] = given["unless"]
        examples = {name: given[name] for name in ("match", "no_match") if given[name]}
        return element | ({"examples": examples} if examples else {})
