"""Engagements: the list, what happened, the policies of one. Each read costs a fixed number of queries."""

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce

from ..models import (
    ActivityEntry,
    Audit,
    BlindReview,
    Engagement,
    Finding,
    Membership,
    PolicyDocument,
    PolicyVersion,
)

# The acts of an engagement that say nothing about findings.
TELLING_NOTHING = (
    "engagement.created", "engagement.updated", "member.set", "member.removed", "policy.uploaded", "audit.run",
    "blind.started", "blind.cancelled",
)  # fmt: skip


def engagement_rows(user):
    """The user's engagements, newest first, each with ``my_role``, ``policy_count``, ``audit_count``,
    ``signed_count``, ``finding_count``, ``decided_count`` and ``open_count``: one query. What is decided in an audit
    that a blind review hides from the user counts as open.
    """
    findings = Finding.objects.filter(audit__engagement=OuterRef("pk"))
    audits = Audit.objects.filter(engagement=OuterRef("pk"))
    mine = Membership.objects.filter(engagement=OuterRef("pk"), user=user)
    decided = findings.exclude(final_verdict="").exclude(audit__in=_hidden_from(user))
    rows = Engagement.objects.filter(memberships__user=user).annotate(
        my_role=Subquery(mine.values("role")[:1]),
        policy_count=_count(PolicyDocument.objects.filter(engagement=OuterRef("pk")), "engagement"),
        audit_count=_count(audits, "engagement"),
        signed_count=_count(audits.filter(status=Audit.Status.SIGNED), "engagement"),
        finding_count=_count(findings, "audit__engagement"),
        decided_count=_count(decided, "audit__engagement"),
        open_count=F("finding_count") - F("decided_count"),
    )
    return list(rows.order_by("-created_at", "-id"))


def activity_for(engagement, user):
    """The engagement's activity, newest first, as a queryset.

    While a blind review hides an audit from the user, only what tells nothing of findings: an entry of a kind that is
    not listed here stays out of sight.
    """
    rows = ActivityEntry.objects.filter(engagement=engagement).select_related("actor")
    telling_nothing = Q(actor=user) | Q(action__in=TELLING_NOTHING)
    here = _hidden_from(user).filter(audit__engagement=engagement)
    return rows.filter(telling_nothing | ~Exists(here))


def _hidden_from(user):
    return BlindReview.objects.hiding_from(user).values("audit")


def _count(rows, outer):
    counted = rows.order_by().values(outer).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def engagement_policies(engagement, user):
    """The engagement's policies, each with ``versions`` (newest first, without their text), each of those with
    ``audits`` carrying ``finding_count``, ``decided_count`` and ``is_hidden``: three queries. Of an audit that a blind
    review hides from the user nothing counts as decided.
    """
    hidden = _hidden_from(user).filter(audit=OuterRef("pk"))
    decided = _count(Finding.objects.filter(audit=OuterRef("pk")).exclude(final_verdict=""), "audit")
    findings = Finding.objects.filter(audit=OuterRef("pk"))
    audits = (
        Audit.objects.select_related("checklist_version__checklist")
        .defer("outline", "facts", "checklist_version__source")
        .annotate(
            finding_count=_count(findings, "audit"),
            is_hidden=Exists(hidden),
            decided_count=Case(When(Exists(hidden), then=0), default=decided),
        )
    )
    versions = PolicyVersion.objects.select_related("uploaded_by").defer("text").order_by("-number")
    return engagement.policies.prefetch_related(
        Prefetch("versions", versions), Prefetch("versions__audits", audits.order_by("-started_at", "-id"))
    )
