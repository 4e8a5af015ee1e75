"""Who may do what: the one place that decides.

An engagement is a wall. Who is no member gets 404, as if it did not exist; who is a member without the right gets 403.
Being superuser or holding Django permissions opens no engagement.
"""

from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404

from .models import Audit, Engagement, Finding, IntakeItem, IntakeJob, Membership, PolicyVersion, Report


class Action(StrEnum):
    VIEW = "view"
    COMMENT = "comment"
    UPLOAD = "upload"  # upload a policy and run an audit on it
    DECIDE = "decide"
    SIGN = "sign"  # sign off, reopen, issue a report
    MANAGE = "manage"  # the engagement's data and its team


ALLOWED = {
    Membership.Role.VIEWER: frozenset({Action.VIEW}),
    Membership.Role.AUDITOR: frozenset({Action.VIEW, Action.COMMENT, Action.UPLOAD, Action.DECIDE}),
    Membership.Role.REVIEWER: frozenset({Action.VIEW, Action.COMMENT, Action.SIGN}),
    Membership.Role.LEAD: frozenset(Action),
}


def role_in(engagement, user):
    """The user's role in the engagement, or None; remembered on the engagement for the rest of the request."""
    roles = engagement.__dict__.setdefault("_roles", {})
    if user.pk not in roles:
        membership = user.is_authenticated and engagement.memberships.filter(user=user).first()
        roles[user.pk] = membership.role if membership else None
    return roles[user.pk]


def can(user, engagement, action):
    """Whether the user may do this in the engagement: at most one query."""
    return action in ALLOWED.get(role_in(engagement, user), ())


def engagement_for(user, pk, action=Action.VIEW):
    """The engagement, or Http404 for who is no member and PermissionDenied for a member without this right."""
    return _found(user, Engagement.objects.all(), pk, action, path="")


def policy_version_for(user, pk, action=Action.VIEW):
    """The policy version under the same rule; its document and engagement come along."""
    rows = PolicyVersion.objects.select_related("document__engagement", "uploaded_by")
    return _found(user, rows, pk, action, path="document__engagement")


def intake_job_for(user, pk, action=Action.VIEW):
    """The intake job under the same rule; its engagement comes along."""
    return _found(user, IntakeJob.objects.select_related("engagement", "created_by"), pk, action, path="engagement")


def intake_item_for(user, pk, action=Action.VIEW):
    """The file on its way in under the same rule; its job and engagement come along."""
    rows = IntakeItem.objects.select_related("job__engagement", "job__created_by").defer("reading")
    return _found(user, rows, pk, action, path="job__engagement")


def audit_for(user, pk, action=Action.VIEW):
    """The audit under the same rule; engagement, policy version and checklist version come along."""
    rows = Audit.objects.select_related(
        "engagement", "policy_version__document__engagement", "checklist_version__checklist", "started_by"
    )
    # The whole checklist is large; who shows its titles loads it then.
    return _found(user, rows.defer("checklist_version__source"), pk, action, path="engagement")


def finding_for(user, pk, action=Action.VIEW):
    """The finding under the same rule; its requirement, audit, policy version and engagement come along."""
    rows = Finding.objects.select_related(
        "requirement", "audit__engagement", "audit__policy_version__document", "audit__checklist_version__checklist"
    )
    return _found(user, rows.defer("audit__checklist_version__source"), pk, action, path="audit__engagement")


def report_for(user, pk, action=Action.VIEW):
    """The issued report under the same rule; its sign-off, audit and engagement come along."""
    rows = Report.objects.select_related("sign_off__audit__engagement", "created_by")
    return _found(user, rows, pk, action, path="sign_off__audit__engagement")


def _found(user, rows, pk, action, *, path):
    """The row, through the memberships of the engagement at ``path``: one query for row and role."""
    if not user.is_authenticated:
        raise Http404
    memberships = f"{path}__memberships" if path else "memberships"
    mine = rows.filter(**{"pk": pk, f"{memberships}__user": user})
    row = mine.annotate(_my_role=F(f"{memberships}__role")).first()
    if row is None:
        raise Http404
    _engagement_at(row, path).__dict__.setdefault("_roles", {})[user.pk] = row._my_role
    if action not in ALLOWED[row._my_role]:
        raise PermissionDenied
    return row


def _engagement_at(row, path):
    for name in path.split("__") if path else ():
        row = getattr(row, name)
    return row
