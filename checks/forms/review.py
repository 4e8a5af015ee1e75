"""The review of findings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..models.engagement import person_name
from .fields import FINAL_VERDICTS

ANY = ("", _("All"))


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
