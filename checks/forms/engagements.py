"""Engagements, their members, and who does what by when."""

from django import forms
from django.utils.translation import gettext_lazy as _

from ..models import (
    Engagement,
    Membership,
)
from ..models.engagement import person_name
from .fields import DATE_INPUT


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
