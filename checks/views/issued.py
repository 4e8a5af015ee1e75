"""Reports that were made: an issued one with its history, and the pages of issued ones and drafts."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..issued import standing_of
from ..models import Report
from ..permissions import Action, can, draft_report_for, report_for
from ..rendering.forms import FORMS
from ..rendering.pdf import TEMPLATES
from ..selectors.reports import issued_changes, report_numbered
from ..services import issuing, previews

DOWNLOADS_A_PAGE = 25
A_DAY = 24 * 60 * 60


@require_GET
def report_detail(request, pk):
    """One issued report: what it is, whether it counts, what it changed, who took it."""
    report = report_for(request.user, pk)
    audit = report.sign_off.audit
    standing = standing_of(report)
    changes = issued_changes(report)
    downloads = report.downloads.select_related("downloaded_by")
    context = {
        "report": report,
        "forms": FORMS,
        "audit": audit,
        "engagement": audit.engagement,
        "title": TEMPLATES.get(report.template, report.template),
        "standing": standing,
        "successor": report_numbered(audit.engagement, standing.superseded_by) if standing.superseded_by else None,
        "changes": changes,
        "before": report_numbered(audit.engagement, changes["since"]["number"]) if changes else None,
        "page": Paginator(downloads, DOWNLOADS_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "checks/report/report_detail.html", context)


@require_GET
def report_pages(request, pk):
    return pages(request, report_for(request.user, pk))


@require_GET
def draft_pages(request, pk):
    return pages(request, draft_report_for(request.user, pk))


@require_GET
def report_page_picture(request, pk, number):
    return picture(report_for(request.user, pk), number)


@require_GET
def draft_page_picture(request, pk, number):
    return picture(draft_report_for(request.user, pk), number)


@require_GET
def report_download(request, pk):
    """The PDF exactly as it was issued; who took it is written down."""
    report = report_for(request.user, pk)
    issuing.report_downloaded(by=request.user, report=report)
    return download(report)


@require_GET
def draft_download(request, pk):
    return download(draft_report_for(request.user, pk))


@require_POST
def draft_report_discard(request, pk):
    draft = draft_report_for(request.user, pk, Action.DRAFT)
    issuing.draft_report_discard(by=request.user, draft=draft)
    messages.success(request, _("Draft %(number)s was thrown away.") % {"number": draft.number})
    return redirect("audit_report", draft.audit_id)


def pages(request, made):
    """One page of a report as a picture with its text; a number that is none leads to the nearest page."""
    issued = isinstance(made, Report)
    audit = made.sign_off.audit if issued else made.audit
    page = Paginator(range(1, made.pages + 1), 1).get_page(request.GET.get("page"))
    context = {
        "made": made,
        "issued": issued,
        "forms": FORMS,
        "audit": audit,
        "engagement": audit.engagement,
        "title": TEMPLATES.get(made.template, made.template),
        "page": page,
        "text": previews.text_of_page(made=made, number=page.number),
        "may_discard": not issued and can(request.user, audit.engagement, Action.DRAFT),
    }
    return render(request, "checks/report/report_pages.html", context)


def picture(made, number):
    """The picture of a page. It never changes, so the browser of this person may keep it."""
    try:
        file = previews.page_picture_file(made=made, number=number)
    except IndexError as error:
        raise Http404 from error
    response = FileResponse(file, content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = f"private, max-age={A_DAY}"
    return response


def download(made):
    response = FileResponse(
        made.pdf.open("rb"), as_attachment=True, filename=f"{made.number}.pdf", content_type="application/pdf"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
