"""The end of an audit: is it ready, who signs, and the report that leaves the house."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms import NoteForm, ReopenForm, ReportForm, SignOffForm
from ..models import Audit, Report
from ..permissions import Action, audit_for, can, report_for
from ..selectors import reopenings, review_queue
from ..services import ServiceError
from ..services import report as services


@require_GET
def audit_report(request, pk):
    """What stands between the audit and its signature, the signature, and the issued reports."""
    return page(request, audit_for(request.user, pk))


@require_POST
def audit_sign_off(request, pk):
    return act(request, pk, SignOffForm, services.audit_sign_off, _("The audit is signed off. Issue its report now."))


@require_POST
def audit_reopen(request, pk):
    said = _("The audit is open again. Issued reports stay as they are.")
    return act(request, pk, ReopenForm, services.audit_reopen, said)


@require_POST
def report_issue(request, pk):
    return act(request, pk, ReportForm, services.report_issue, _("Report %(result)s is ready for download."))


def act(request, pk, form_class, service, said):
    """Call the service with what the form holds and say so; on refusal the screen comes with what was typed."""
    audit = audit_for(request.user, pk, Action.SIGN)
    form = form_class(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, refused=form)
    try:
        result = service(by=request.user, audit=audit, **form.cleaned_data)
    except ServiceError as error:
        return page(request, audit, status=422, refused=form, problem=error.message)
    messages.success(request, said % {"result": result})
    return redirect("audit_report", audit.pk)


@require_GET
def report_download(request, pk):
    """The PDF exactly as it was issued."""
    report = report_for(request.user, pk)
    response = FileResponse(
        report.pdf.open("rb"), as_attachment=True, filename=f"{report.number}.pdf", content_type="application/pdf"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


def page(request, audit, status=200, problem="", refused=None):
    """The screen; the form that was refused comes with what was typed."""
    may_sign = can(request.user, audit.engagement, Action.SIGN)
    signed = audit.status == Audit.Status.SIGNED
    obstacles = services.readiness(audit, signer=request.user if may_sign else None)
    context = {
        "audit": audit,
        "signed": signed,
        "may_sign": may_sign,
        "undecided": [obstacle for obstacle in obstacles if obstacle.code == "undecided"],
        "obstacles": [obstacle for obstacle in obstacles if obstacle.blocking],
        "warnings": [obstacle for obstacle in obstacles if not obstacle.blocking],
        "titles": finding_titles(audit) if obstacles else {},
        "problem": problem,
        "may_decide": can(request.user, audit.engagement, Action.DECIDE),
        "handover": audit.handovers.select_related("made_by").last(),
        "note_form": given(NoteForm, refused),
        "reopenings": reopenings(audit),
        "sign_offs": audit.sign_offs.select_related("signed_by").order_by("-id"),
        "reports": Report.objects.filter(sign_off__audit=audit).select_related("sign_off", "created_by"),
        "sign_off_form": given(SignOffForm, refused),
        "reopen_form": given(ReopenForm, refused),
        "report_form": given(ReportForm, refused),
    }
    return render(request, "checks/report/audit_report.html", context, status=status)


def given(form_class, refused):
    return refused if isinstance(refused, form_class) else form_class()


def finding_titles(audit):
    """What each finding is about, by its number: codes alone say little."""
    return {finding.pk: finding.requirement for finding in review_queue(audit)}
