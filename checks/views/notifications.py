"""What a person was told: the list behind the bell."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ..models import Notification
from ..services import notifications as services
from ..teamwork import notifications_for

ROWS_A_PAGE = 25


@require_GET
def notification_list(request):
    page = Paginator(notifications_for(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "checks/notifications/notification_list.html", {"page": page})


@require_POST
def notification_open(request, pk):
    """Mark it read and go to what it is about. Somebody else's looks like none at all."""
    row = notifications_for(request.user).filter(pk=pk).first()
    if row is None:
        raise Http404
    services.mark_read(by=request.user, pks=[row.pk])
    return redirect(place(row))


@require_POST
def notifications_read(request):
    """Mark everything read."""
    services.mark_read(by=request.user)
    return redirect("notification_list")


def place(row):
    """Where the thing is that the person was told of."""
    kinds = Notification.Kind
    if row.finding_id:
        return reverse("audit_review", args=[row.audit_id]) + f"?finding={row.finding_id}"
    names = {kinds.SECOND_ASKED: "audit_review", kinds.REVEALED: "audit_comparison"}
    return reverse(names.get(row.kind, "audit_report"), args=[row.audit_id])
