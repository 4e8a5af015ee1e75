"""The reads about people: who decided how fast, who is here, who waits for whom; a fixed number of queries each."""

from datetime import timedelta
from itertools import pairwise
from statistics import median

from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.utils import timezone

from .models import (
    Audit,
    Batch,
    BlindReview,
    Comment,
    CommentState,
    Comparison,
    Decision,
    Handover,
    Membership,
    Notification,
    Presence,
    Requirement,
    SecondOpinion,
)
from .models.review import decision_stacks
from .prepared import Prepared

PAUSE = timedelta(minutes=10)  # a longer one was no time spent on a finding
HERE = timedelta(seconds=50)  # a little more than two polls
REASONS = 5
DECIDERS = (Membership.Role.AUDITOR, Membership.Role.LEAD)
LOOKS = ("agreed", "sent_back", "answered")
REVIEWERS = (Membership.Role.REVIEWER, Membership.Role.LEAD)


# ---------- Deciding ----------


def frequent_reasons(user, requirement):
    """The reasons given most often for this requirement, at most five, most frequent first: one query.

    In whichever checklist version it has this code, in the engagements this user is a member of, and not where the user
    is the second auditor of a running blind review.
    """
    return _reasons(user.pk, requirement.code)


def _reason_rows(user_pk, code):
    # Subqueries, not joins: the database begins with the findings of the requirement, whatever statistics it has.
    rows = Decision.objects.filter(
        finding__requirement__in=Requirement.objects.filter(code=code).values("pk"),
        finding__audit__engagement__in=Membership.objects.filter(user=user_pk).values("engagement"),
        kind=Decision.Kind.DECIDED,
    ).exclude(reason="")
    rows = rows.exclude(finding__audit__in=BlindReview.objects.running().filter(second=user_pk).values("audit"))
    counted = rows.order_by().values("reason").annotate(times=Count("pk"), latest=Max("pk"))
    return counted.order_by("-times", "-latest").values_list("reason", flat=True)[:REASONS]


_reasons = Prepared(_reason_rows, int, str)


def decisions_of(audit):
    """Every decision of the audit, oldest first, as far as pace and bulk decisions are about it: one query.

    Rows with ``id``, ``finding_id``, ``kind``, ``batch_id``, ``decided_by_id``, ``decided_at``.
    """
    return sorted(_decision_rows(audit.pk))  # here: the database would rather go through the whole table in order


_decision_rows = Prepared(
    lambda audit: (
        Decision.objects.filter(finding__audit=audit)
        .order_by()
        .values_list("id", "finding_id", "kind", "batch_id", "decided_by_id", "decided_at", named=True)
    )
)


def seconds_per_decision(decisions, user):
    """How long this person takes for a finding of the audit with these ``decisions_of`` it: the median time between two
    of their decisions, in seconds, pauses over ten minutes left out; None before there are two.
    """
    own = [row for row in decisions if row.decided_by_id == user.pk]
    return pace(row.decided_at for row in own if row.kind == Decision.Kind.DECIDED and row.batch_id is None)


def pace(times):
    """The median of the gaps between these times, in whole seconds, long pauses left out; None without a gap."""
    gaps = [after - before for before, after in pairwise(times)]
    gaps = [gap.total_seconds() for gap in gaps if gap <= PAUSE]
    return round(median(gaps)) if gaps else None


def last_own_act(audit, user):
    """The newest decision of this person in the audit that still counts, None when there is none: one query.

    It comes with its finding (whose revision it carries) and its batch.
    """
    rows = Decision.objects.filter(finding__audit=audit).select_related("finding__requirement", "batch").order_by("id")
    own = [done[-1] for done, _undone in _stacks(rows) if done and done[-1].decided_by_id == user.pk]
    return max(own, key=lambda decision: decision.pk, default=None)


def _stacks(decisions):
    by_finding = {}
    for decision in decisions:
        by_finding.setdefault(decision.finding_id, []).append(decision)
    return [decision_stacks(rows) for rows in by_finding.values()]


def latest_batch(decisions):
    """The newest bulk decision of which something is left to take back among an audit's ``decisions_of`` it, or None:
    one query, none where nothing was decided in bulk.
    """
    latest = {row.finding_id: row.batch_id for row in decisions}
    standing = set(latest.values()) - {None}
    if not standing:
        return None
    return Batch.objects.filter(pk__in=standing, undoes=None).select_related("made_by").order_by("-id").first()


def changes_of(finding):
    """What people set on the finding, oldest first, with the person who did: one query."""
    return list(finding.changes.select_related("made_by").order_by("id"))


def team_of(audit):
    """The memberships of the audit's engagement, with their people, closed accounts left out: one query."""
    return _team(audit.engagement_id)


_team = Prepared(
    lambda engagement: (
        Membership.objects.filter(engagement=engagement, user__is_active=True).select_related("user").order_by("id")
    )
)


# ---------- Comments ----------


def comments_with_state(finding):
    """The finding's comments, oldest first, each with ``resolved`` and ``resolved_by`` (a user's id): one query."""
    latest = CommentState.objects.filter(comment=OuterRef("pk")).order_by("-id")
    rows = finding.comments.select_related("author").order_by("id")
    return list(rows.annotate(resolved=Subquery(latest.values("resolved")[:1])))


def open_comment_counts(audit):
    """``{finding's number: how many of its comments are open}``, those with none left out: one query."""
    latest = CommentState.objects.filter(comment=OuterRef("pk")).order_by("-id")
    rows = Comment.objects.filter(finding__audit=audit).annotate(resolved=Subquery(latest.values("resolved")[:1]))
    open_ones = rows.exclude(resolved=True, resolved__isnull=False)
    return dict(open_ones.order_by().values_list("finding").annotate(count=Count("pk")))


# ---------- Presence ----------


def others_here(user, finding):
    """Who else looks at the finding at this moment: one query."""
    rows = Presence.objects.filter(finding=finding, seen_at__gte=timezone.now() - HERE).exclude(user=user)
    return [presence.user for presence in rows.select_related("user").order_by("user_id")]


def last_place(user, audit):
    """The number of the finding this person looked at last in the audit, None when they never did: one query."""
    return Presence.objects.filter(user=user, audit=audit).values_list("finding", flat=True).first()


# ---------- Second pair of eyes ----------


def waiting_audits(user):
    """The open audits handed in to this person as reviewer or lead, those that wait longest first: one query.

    Each with ``finding_count``, ``agreed_count``, ``sent_back_count``, ``answered_count``, and ``decided_here``:
    whether a decision of the person counts on any finding, which bars them from signing.
    """
    latest = Decision.objects.filter(finding=OuterRef("finding")).order_by("-id").values("pk")[:1]
    own = Decision.objects.filter(finding__audit=OuterRef("pk"), decided_by=user, pk=Subquery(latest))
    rows = Audit.objects.filter(
        engagement__memberships__user=user,
        engagement__memberships__role__in=REVIEWERS,
        status=Audit.Status.REVIEW,
        waiting_since__isnull=False,
    ).exclude(pk__in=BlindReview.objects.hiding_from(user).values("audit"))
    rows = rows.select_related("engagement", "policy_version__document")
    rows = rows.defer("outline", "facts", "policy_version__text").annotate(
        finding_count=Count("findings"),
        decided_here=Exists(own),
        **{f"{look}_count": Count("findings", filter=Q(findings__second_look=look)) for look in LOOKS},
    )
    return list(rows.order_by("waiting_since", "pk"))


def sent_back(audit):
    """The Handover that sent the audit back, as long as it was not handed in again, or None: one query."""
    latest = audit.handovers.select_related("made_by").last()
    return latest if latest and latest.kind == Handover.Kind.SENT_BACK else None


def running_or_unresolved(audit):
    """The audit's blind review, not one given up, with ``unresolved``, its open disagreements; or None: one query."""
    differing = Comparison.objects.filter(blind_review=OuterRef("pk")).exclude(first_verdict=F("second_verdict"))
    resolved = Decision.objects.filter(finding=OuterRef("finding"), kind=Decision.Kind.RESOLVED)
    open_ones = differing.filter(~Exists(resolved)).order_by().values("blind_review").annotate(n=Count("pk"))
    rows = audit.blind_reviews.filter(cancelled_at=None).select_related("second")
    return rows.annotate(unresolved=Subquery(open_ones.values("n")[:1])).first()


def opinions_of(blind):
    """The second auditor's words: ``{finding's number: [SecondOpinion, …]}``, oldest first: one query."""
    by_finding = {}
    for opinion in SecondOpinion.objects.filter(blind_review=blind).select_related("made_by").order_by("id"):
        by_finding.setdefault(opinion.finding_id, []).append(opinion)
    return by_finding


def comparisons_of(blind):
    """Both opinions on each finding in checklist order; ``resolution`` is the decision that settled it: two queries."""
    rows = Comparison.objects.filter(blind_review=blind).select_related("finding__requirement", "first_by")
    rows = list(rows.order_by("finding__position"))
    resolved = Decision.objects.filter(finding__comparisons__blind_review=blind, kind=Decision.Kind.RESOLVED)
    by_finding = {row.finding_id: row for row in resolved.select_related("decided_by").order_by("id")}
    for row in rows:
        row.resolution = by_finding.get(row.finding_id)
    return rows


def requirement_pairs(user, codes):
    """What first and second auditors said of these requirements in every compared audit the user is a member of:
    ``{code: [(first, second), …]}``: one query.
    """
    rows = Comparison.objects.filter(
        finding__requirement__code__in=codes, finding__audit__engagement__memberships__user=user
    )
    pairs = {}
    for code, first, second in rows.values_list("finding__requirement__code", "first_verdict", "second_verdict"):
        pairs.setdefault(code, []).append((first, second))
    return pairs


# ---------- Notifications ----------


def notifications_for(user):
    """The person's notifications, newest first, of engagements they still belong to and audits not hidden from them."""
    rows = Notification.objects.filter(user=user, audit__engagement__memberships__user=user)
    hidden = Q(audit__in=BlindReview.objects.hiding_from(user).values("audit"))
    rows = rows.exclude(hidden & ~Q(kind=Notification.Kind.SECOND_ASKED))
    return rows.select_related("actor", "audit__engagement", "finding__requirement")


def unread_count(user):
    """How many of them are unread: one query."""
    return notifications_for(user).filter(read_at=None).order_by().count()
