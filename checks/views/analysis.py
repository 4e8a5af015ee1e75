"""An audit as a whole: run it, look at how it stands, take its data along."""

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from ..forms import AuditRunForm, SecondAuditorForm
from ..models import Audit
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..permissions import Action, Blind, audit_for, can, policy_version_for
from ..rendering.export import audit_to_json
from ..selectors import audit_summary
from ..services import ServiceError
from ..services import analysis as services
from ..teamwork import last_place, running_or_unresolved
from .second import seconds

# What the engine reads out of a text. A name that is not here is shown as it is.
FACT_LABELS = {
    "processors": gettext_lazy("Processors"),
    "other_companies": gettext_lazy("Other companies named"),
    "product_names": gettext_lazy("Products"),
    "emails": gettext_lazy("E-mail addresses"),
    "phones": gettext_lazy("Telephone numbers"),
    "phone_numbers": gettext_lazy("Telephone numbers checked"),
    "addresses": gettext_lazy("Postal addresses"),
    "urls": gettext_lazy("Web addresses"),
    "effective_dates": gettext_lazy("In force from"),
    "update_dates": gettext_lazy("Updated on"),
    "other_dates": gettext_lazy("Other dates"),
    "retention_periods": gettext_lazy("Retention periods"),
    "answer_periods": gettext_lazy("Periods for an answer"),
    "ages": gettext_lazy("Ages"),
    "information_items": gettext_lazy("Information named"),
    "sensitive_items": gettext_lazy("Sensitive information named"),
    "sensitive_orphans": gettext_lazy("Sensitive information without a purpose beside it"),
    "other_orphans": gettext_lazy("Other information without a purpose beside it"),
    "permissions": gettext_lazy("Device permissions"),
    "sdks": gettext_lazy("SDKs"),
    "company": gettext_lazy("provider"),
    "purpose": gettext_lazy("purpose"),
    "data": gettext_lazy("kinds of information"),
    "link": gettext_lazy("link to its rules"),
    "valid": gettext_lazy("could be a real number"),
}
# Many short words each: in one line, not one below the other.
IN_ONE_LINE = {
    "retention_periods",
    "answer_periods",
    "ages",
    "information_items",
    "sensitive_items",
    "sensitive_orphans",
    "other_orphans",
    "permissions",
}
# The engine knows these kinds of information by a name in small letters.
ITEM_WORDS = {"ip": "IP", "mac": "MAC", "sim": "SIM", "wifi": "Wi-Fi"}


@require_POST
def audit_run(request, pk):
    """Audit a policy version against the checklist published last, at once."""
    version = policy_version_for(request.user, pk, Action.UPLOAD)
    form = AuditRunForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is not a date. Write it like 2026-11-30."))
        return redirect("policy_version", version.pk)
    try:
        audit = services.audit_run(by=request.user, policy_version=version, as_of=form.cleaned_data["as_of"])
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("policy_version", version.pk)
    return redirect("audit_detail", audit.pk)


@require_GET
def audit_detail(request, pk):
    """How the audit stands: score, counts, what is left to do, and what the text says in facts."""
    try:
        audit = audit_for(request.user, pk)
    except Blind:
        return redirect("second_review", pk)
    summary = audit_summary(audit)
    may_manage = can(request.user, audit.engagement, Action.MANAGE)
    context = {
        "audit": audit,
        "summary": summary,
        "signed": audit.status == Audit.Status.SIGNED,
        "sign_off": audit.sign_offs.select_related("signed_by").last(),
        "may_decide": can(request.user, audit.engagement, Action.DECIDE),
        "verdicts": VerdictChoices.values,
        "severities": [(severity, summary["by_severity"][severity]) for severity in SeverityChoices.values],
        "stopped": summary["undecided"] and last_place(request.user, audit),
        "blind": running_or_unresolved(audit),
        "may_manage": may_manage,
        "second_form": SecondAuditorForm(members=seconds(audit, request.user)) if may_manage else None,
        "undetermined": summary["by_verdict"][VerdictChoices.UNDETERMINED],
        "critical": summary["by_severity"][SeverityChoices.CRITICAL][VerdictChoices.NON_COMPLIANT],
        "facts": fact_rows(audit.facts),
    }
    return render(request, "checks/analysis/audit_detail.html", context)


@require_GET
def audit_export(request, pk):
    """The audit as JSON in the documented schema, decisions included."""
    audit = audit_for(request.user, pk)
    response = JsonResponse(audit_to_json(audit), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="audit-{audit.pk}.json"'
    return response


def fact_rows(facts):
    """Facts as ``(label, [value, …])``, whatever their shape; those without a value are left out."""
    rows = []
    for name, value in facts.items():
        values = fact_values(value)
        if values and name in IN_ONE_LINE:
            values = [_(", ").join(ITEM_WORDS.get(word, word) for word in values)]
        if values:
            rows.append((fact_label(name), values))
    return rows


def fact_label(name):
    return FACT_LABELS.get(name, name.replace("_", " "))


def fact_values(value):
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [text for part in value for text in fact_values(part)]
    if isinstance(value, dict):
        return [" · ".join(told)] if (told := fact_parts(value)) else []
    return [str(value)]


def fact_parts(entry):
    """What an entry with several parts says; offsets are for the program, yes and no for a reader are ✓ and ✕."""
    told = []
    for name, part in entry.items():
        if isinstance(part, bool):
            told.append(f"{'✓' if part else '✕'} {fact_label(name)}")
        elif name not in ("start", "end") and (values := fact_values(part)):
            told.append(", ".join(values))
    return told
