"""Engagements: the list one comes home to, one engagement, its data, team and record."""

import copy

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.engagements import EngagementForm, MemberForm
from ..models import Audit, EngagementImport, Membership
from ..models.engagement import person_name
from ..permissions import Action, can, engagement_for, may_import
from ..selectors.engagements import activity_for, engagement_policies, engagement_rows
from ..selectors.intake import intake_pending
from ..services import ServiceError
from ..services import engagements as services

ROWS_A_PAGE = 25
ENTRIES_A_PAGE = 50
RECENT_ENTRIES = 6


@require_GET
def engagement_list(request):
    page = Paginator(engagement_rows(request.user), ROWS_A_PAGE).get_page(request.GET.get("page"))
    for row in page.object_list:
        row.finished = bool(row.audit_count) and row.signed_count == row.audit_count
    context = {"page": page, "may_import": may_import(request.user)}
    return render(request, "checks/engagements/engagement_list.html", context)


@require_http_methods(["GET", "POST"])
def engagement_create(request):
    form = EngagementForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        engagement = services.engagement_create(by=request.user, **form.cleaned_data)
        messages.success(request, _("The engagement was created. Upload the policy to be audited next."))
        return redirect("engagement_detail", engagement.pk)
    return page(request, "engagement_form", form, {})


@require_http_methods(["GET", "POST"])
def engagement_edit(request, pk):
    engagement = engagement_for(request.user, pk, Action.MANAGE)
    # A copy: the page keeps naming the engagement as it is stored while the form holds what was typed.
    form = EngagementForm(request.POST or None, instance=copy.copy(engagement))
    if request.method == "POST" and form.is_valid():
        services.engagement_update(by=request.user, engagement=engagement, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("engagement_detail", engagement.pk)
    return page(request, "engagement_form", form, {"engagement": engagement})


@require_GET
def engagement_detail(request, pk):
    engagement = engagement_for(request.user, pk)
    policies = list(engagement_policies(engagement, request.user))
    context = {
        "engagement": engagement,
        "policies": policies,
        "finished": finished(policies),
        "memberships": engagement.memberships.select_related("user"),
        "entries": activity_for(engagement, request.user)[:RECENT_ENTRIES],
        "pending": intake_pending(engagement),
        "origin": EngagementImport.objects.filter(engagement=engagement).select_related("imported_by").first(),
        "tailored": engagement.tailoring.exclude(kind="revoked").filter(revoked_by=None).count(),
        **rights(request.user, engagement),
    }
    return render(request, "checks/engagements/engagement_detail.html", context)


@require_http_methods(["GET", "POST"])
def engagement_team(request, pk):
    engagement = engagement_for(request.user, pk, Action.VIEW if request.method == "GET" else Action.MANAGE)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and member_set(request, engagement, form):
        return redirect("engagement_team", engagement.pk)
    context = {
        "engagement": engagement,
        "memberships": engagement.memberships.select_related("user"),
        "roles": Membership.Role.choices,
        **rights(request.user, engagement),
    }
    return page(request, "engagement_team", form, context)


def member_set(request, engagement, form):
    """Whether the person could be given the role; else the form says why not."""
    # Exact name only, and one answer for every name that leads nowhere: the form lists no accounts.
    user = get_user_model().objects.filter(username=form.cleaned_data["username"], is_active=True).first()
    if user is None:
        form.add_error(
            "username", _("No open account has exactly this user name. Check the spelling, or ask your administrator.")
        )
        return False
    try:
        membership = services.member_set(
            by=request.user, engagement=engagement, user=user, role=form.cleaned_data["role"]
        )
    except ServiceError as error:
        form.add_error("role", error.message)
        return False
    words = {"person": person_name(user), "role": membership.get_role_display()}
    messages.success(request, _("%(person)s is now %(role)s.") % words)
    return True


@require_POST
def member_remove(request, pk, user_pk):
    engagement = engagement_for(request.user, pk, Action.MANAGE)
    membership = get_object_or_404(engagement.memberships.select_related("user"), user_id=user_pk)
    try:
        services.member_remove(by=request.user, engagement=engagement, user=membership.user)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("engagement_team", engagement.pk)
    name = person_name(membership.user)
    messages.success(request, _("%(person)s has left the team.") % {"person": name})
    if membership.user == request.user:
        return redirect("engagement_list")
    return redirect("engagement_team", engagement.pk)


@require_GET
def engagement_activity(request, pk):
    engagement = engagement_for(request.user, pk)
    page = Paginator(activity_for(engagement, request.user), ENTRIES_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "checks/engagements/engagement_activity.html", {"engagement": engagement, "page": page})


def finished(policies):
    """Whether there are audits and all of them are signed off; then no due date can be missed any more."""
    audits = [audit for policy in policies for version in policy.versions.all() for audit in version.audits.all()]
    return bool(audits) and all(audit.status == Audit.Status.SIGNED for audit in audits)


def page(request, name, form, context):
    """A page with a form; 422 when the form was sent and cannot be saved as it is."""
    status = 422 if form.errors else 200
    return render(request, f"checks/engagements/{name}.html", {"form": form, **context}, status=status)


def rights(user, engagement):
    """What the screen may offer; the views that do it ask again."""
    return {f"can_{action}": can(user, engagement, action) for action in Action}
