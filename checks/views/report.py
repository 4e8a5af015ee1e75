"""The end of an audit: is it ready, who signs, and the report that leaves the house."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms import ReopenForm, ReportForm, SignOffForm
from ..models import Audit, Report
from ..permissions import Action, audit_for, can, report_for
from ..selectors import review_queue
from ..services import ServiceError
from ..services import report as services


@require_GET
def audit_report(request, pk):
    """What stands between the audit and its signature, the signature, and the issued reports."""
    return page(request, audit_for(request.user, pk))


@require_POST
def audit_sign_off(request, pk):
    audit = audit_for(request.user, pk, Action.SIGN)
    form = SignOffForm(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, sign_off_form=form)
    try:
        services.audit_sign_off(by=request.user, audit=audit, **form.cleaned_data)
    except ServiceError as error:
        return page(request, audit, status=422, sign_off_form=form, problem=error.message)
    messages.success(request, _("The audit is signed off. Issue its report now."))
    return redirect("audit_report", audit.pk)


@require_POST
def audit_reopen(request, pk):
    audit = audit_for(request.user, pk, Action.SIGN)
    form = ReopenForm(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, reopen_form=form)
    try:
        services.audit_reopen(by=request.user, audit=audit, **form.cleaned_data)
    except ServiceError as error:
        return page(request, audit, status=422, reopen_form=form, problem=error.message)
    messages.success(request, _("The audit is open again. Issued reports stay as they are."))
    return redirect("audit_report", audit.pk)


@require_POST
def report_issue(request, pk):
    audit = audit_for(request.user, pk, Action.SIGN)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, report_form=form)
    try:
        report = services.report_issue(by=request.user, audit=audit, **form.cleaned_data)
    except ServiceError as error:
        return page(request, audit, status=422, report_form=form, problem=error.message)
    messages.success(request, _("Report %(number)s is ready for download.") % {"number": report.number})
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


def page(request, audit, status=200, problem="", **forms):
    """The screen; forms that were refused come with what was typed."""
    may_sign = can(request.user, audit.engagement, Action.SIGN)
    signed = audit.status == Audit.Status.SIGNED
    obstacles = services.readiness(audit, signer=request.user if may_sign else None)
    context = {
        "audit": audit,
        "signed": signed,
        "may_sign": may_sign,
        "undecided": [obstacle for obstacle in obstacles if obstacle.code == "undecided"],
        "obstacles": obstacles,
        "titles": finding_titles(audit) if obstacles else {},
        "problem": problem,
        "sign_offs": audit.sign_offs.select_related("signed_by").order_by("-id"),
        "reports": Report.objects.filter(sign_off__audit=audit).select_related("sign_off", "created_by"),
        "sign_off_form": SignOffForm(),
        "reopen_form": ReopenForm(),
        "report_form": ReportForm(),
        **forms,
    }
    return render(request, "checks/report/audit_report.html", context, status=status)


def finding_titles(audit):
    """What each finding is about, by its number: codes alone say little."""
    return {finding.pk: finding.requirement for finding in review_queue(audit)}
