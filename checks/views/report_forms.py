"""A report in another form than its PDF, made from the same data at the moment somebody asks for it."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from ..permissions import draft_report_for, report_for
from ..rendering.forms import FORMS, render_form
from ..services import issuing


@require_GET
def report_form(request, pk, form):
    """An issued report as Word, Excel and so on; who took it is written down."""
    report = report_for(request.user, pk)
    response = in_form(report, report.sign_off.audit, form)
    issuing.report_downloaded(by=request.user, report=report, form=form)
    return response


@require_GET
def draft_form(request, pk, form):
    """A draft in one of the same forms, marked as a draft in each."""
    draft = draft_report_for(request.user, pk)
    return in_form(draft, draft.audit, form)


def in_form(made, audit, form):
    """Http404 for a form there is none of."""
    if form not in FORMS:
        raise Http404
    context = made.context
    if "text" not in context:  # a report of the first template did not carry the policy's text
        sections = audit.outline.get("sections") or ()
        outline = [{"start": section[0], "level": section[3]} for section in sections]
        context = context | {"text": audit.policy_version.text, "outline": outline} if form == "policy" else context
    response = HttpResponse(render_form(context, form), content_type=FORMS[form].media_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{made.number}{FORMS[form].suffix}")
    response["X-Content-Type-Options"] = "nosniff"
    return response
