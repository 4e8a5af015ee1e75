"""The end of an audit: is it ready, who signs, and which reports were made of it."""

from uuid import uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms.reports import ReopenForm, ReportForm, SignOffForm
from ..forms.review import NoteForm
from ..issued import standings
from ..models import Audit
from ..permissions import Action, audit_for, can, engagement_for
from ..rendering.pdf import TEMPLATES
from ..selectors.reports import engagement_reports as report_rows
from ..selectors.reports import reopenings, report_jobs, reports_of
from ..selectors.review import review_queue
from ..services import ServiceError, issuing
from ..services import report as services

REPORTS_A_PAGE = 25


@require_GET
def audit_report(request, pk):
    """What stands between the audit and its signature, the signature, and the issued reports."""
    return page(request, audit_for(request.user, pk))


@require_GET
def engagement_reports(request, pk):
    """Everything that was issued for the engagement, newest first, and whether it still counts."""
    engagement = engagement_for(request.user, pk)
    page = Paginator(report_rows(engagement), REPORTS_A_PAGE).get_page(request.GET.get("page"))
    context = {"engagement": engagement, "page": page, "reports": page.object_list, "titles": TEMPLATES}
    context["standings"] = standings(page.object_list)
    return render(request, "checks/report/engagement_reports.html", context)


@require_POST
def audit_sign_off(request, pk):
    return act(request, pk, SignOffForm, services.audit_sign_off, _("The audit is signed off. Issue its report now."))


@require_POST
def audit_reopen(request, pk):
    said = _("The audit is open again. Issued reports stay as they are.")
    return act(request, pk, ReopenForm, services.audit_reopen, said)


@require_POST
def report_issue(request, pk):
    """Ask for a report. A draft takes less of a right than a final one."""
    draft = request.POST.get("kind") == "draft"
    audit = audit_for(request.user, pk, Action.DRAFT if draft else Action.SIGN)
    form = report_form(kinds(request.user, audit), request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, refused=form)
    wanted = {name: form.cleaned_data[name] for name in ("key", "template", "language")}
    try:
        job = issuing.report_request(by=request.user, audit=audit, draft=draft, **wanted)
    except ServiceError as error:
        return page(request, audit, status=422, refused=form, problem=error.message)
    return redirect("report_job", job.pk)


def act(request, pk, form_class, service, said):
    """Call the service with what the form holds and say so; on refusal the screen comes with what was typed."""
    audit = audit_for(request.user, pk, Action.SIGN)
    form = form_class(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, refused=form)
    try:
        service(by=request.user, audit=audit, **form.cleaned_data)
    except ServiceError as error:
        return page(request, audit, status=422, refused=form, problem=error.message)
    messages.success(request, said)
    return redirect("audit_report", audit.pk)


def page(request, audit, status=200, problem="", refused=None):
    """The screen; the form that was refused comes with what was typed."""
    may_sign = can(request.user, audit.engagement, Action.SIGN)
    signed = audit.status == Audit.Status.SIGNED
    obstacles = services.readiness(audit, signer=request.user if may_sign else None)
    reports = reports_of(audit)
    offered = kinds(request.user, audit)
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
        "reports": reports,
        "standings": standings(reports) if reports else {},
        "templates": TEMPLATES,
        "drafts": audit.drafts.select_related("created_by").defer("context"),
        "jobs": report_jobs(audit),
        "sign_off_form": given(SignOffForm, refused),
        "reopen_form": given(ReopenForm, refused),
        "report_form": refused if isinstance(refused, ReportForm) else offered and report_form(offered),
    }
    return render(request, "checks/report/audit_report.html", context, status=status)


def kinds(user, audit):
    """What this person may ask for now, the likelier first: "final" of what is signed, and "draft"."""
    final = audit.status == Audit.Status.SIGNED and can(user, audit.engagement, Action.SIGN)
    draft = can(user, audit.engagement, Action.DRAFT)
    return [kind for kind, may in (("final", final), ("draft", draft)) if may]


def report_form(offered, data=None):
    return ReportForm(data, templates=list(TEMPLATES.items()), kinds=offered, initial={"key": uuid4()})


def given(form_class, refused):
    return refused if isinstance(refused, form_class) else form_class()


def finding_titles(audit):
    """What each finding is about, by its number: codes alone say little."""
    return {finding.pk: finding.requirement for finding in review_queue(audit)}
