"""The checklist studio: drafts, the register of instruments, changes of law, tailoring."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..models import (
    Instrument,
    InstrumentChange,
)
from ..models.checklist import SeverityChoices
from .fields import DATE_INPUT


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
