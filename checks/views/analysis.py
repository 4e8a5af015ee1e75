"""An audit as a whole: run it, look at how it stands, take its data along."""

from django.contrib import messages
from django.db.models import Q
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms.intake import AuditRunForm
from ..forms.review import SecondAuditorForm
from ..models import Audit, AuditMove
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..permissions import Action, Blind, audit_for, can, policy_version_for
from ..rendering.export import audit_to_json
from ..selectors.audits import audit_summary
from ..services import ServiceError
from ..services import analysis as services
from ..services.moving import move_offers
from ..teamwork import last_place, running_or_unresolved
from .fact_sheet import fact_sheet
from .second import seconds


@require_POST
def audit_run(request, pk):
    """Audit a policy version at once: against the checklist version that applies today, or another that was chosen."""
    version = policy_version_for(request.user, pk, Action.UPLOAD)
    form = AuditRunForm(request.POST)
    if not form.is_valid():
        problem = next(iter(form.errors.values()))[0] if "as_of" not in form.errors else ""
        messages.error(request, problem or _("This is not a date. Write it like 2026-11-30."))
        return redirect("policy_version", version.pk)
    try:
        audit = services.audit_run(by=request.user, policy_version=version, **form.cleaned_data)
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
        "facts": fact_sheet(audit.facts, audit.outline),
        **moves(request, audit),
    }
    return render(request, "checks/analysis/audit_detail.html", context)


def moves(request, audit):
    """Whether the audit went over to another version or came from one; a newer one is offered to who may decide."""
    there = AuditMove.objects.filter(Q(old=audit) | Q(new=audit))
    moved = {("moved_to" if move.old_id == audit.pk else "moved_from"): move for move in there}
    if not moved.get("moved_to") and can(request.user, audit.engagement, Action.DECIDE):
        moved["newer"] = move_offers(audit).first()
    return moved


@require_GET
def audit_export(request, pk):
    """The audit as JSON in the documented schema, decisions included."""
    audit = audit_for(request.user, pk)
    response = JsonResponse(audit_to_json(audit), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response["Content-Disposition"] = f'attachment; filename="audit-{audit.pk}.json"'
    return response
