"""Handing an audit to its reviewers and back, and what waits for a reviewer in all their engagements."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms.review import NoteForm
from ..permissions import Action, audit_for
from ..services import ServiceError
from ..services import handover as services
from ..teamwork import waiting_audits
from .report import page

ROWS_A_PAGE = 25


@require_GET
def waiting_list(request):
    """The audits that wait for this reviewer, those that wait longest first."""
    rows = Paginator(waiting_audits(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "checks/waiting/waiting_list.html", {"page": rows})


@require_POST
def audit_hand_in(request, pk):
    audit = audit_for(request.user, pk, Action.DECIDE)
    return act(request, audit, services.audit_hand_in, _("The audit was handed in. Its reviewers have been told."))


@require_POST
def audit_send_back(request, pk):
    audit = audit_for(request.user, pk, Action.SIGN)
    return act(request, audit, services.audit_send_back, _("The audit was sent back, and who handed it in was told."))


def act(request, audit, service, said):
    form = NoteForm(request.POST)
    if not form.is_valid():
        return page(request, audit, status=422, refused=form)
    try:
        service(by=request.user, audit=audit, note=form.cleaned_data["note"])
    except services.NoteRequired as error:
        form.add_error("note", error.message)
        return page(request, audit, status=422, refused=form)
    except ServiceError as error:
        return page(request, audit, status=422, refused=form, problem=error.message)
    messages.success(request, said)
    return redirect("audit_report", audit.pk)
