"""Observations beyond the checklist."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models.checklist import SeverityChoices


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
