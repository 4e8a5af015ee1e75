"""What several forms share."""

from django import forms
from django.utils.translation import get_language

from ..models.audit import VerdictChoices

DATE_INPUT = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


FINAL_VERDICTS = [choice for choice in VerdictChoices.choices if choice[0] != VerdictChoices.UNDETERMINED]


def is_chinese():
    return (get_language() or "").startswith("zh")
