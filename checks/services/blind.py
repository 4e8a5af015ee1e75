"""The blind second review: somebody decides everything again unseen; both are compared, differences resolved."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import (
    BlindReview,
    Comment,
    Comparison,
    Decision,
    Membership,
    Notification,
    SecondOpinion,
)
from ..models.review import decision_stacks
from . import activity, notifications
from .errors import ServiceError
from .locks import lock_open_audit
from .verdicts import ReasonRequired, checked_reason, decision_keep, require_fresh

DECIDING = (Membership.Role.AUDITOR, Membership.Role.LEAD)


class TooLate(ServiceError):
    text = _("Somebody has decided or commented already: a second opinion would no longer be blind.")


class AlreadyBlind(ServiceError):
    text = _("This audit has its second auditor already.")


class NotASecond(ServiceError):
    text = _("The second auditor has to be an auditor or lead of this engagement, and somebody else than you.")


class NotRunning(ServiceError):
    text = _("This blind second review is over.")


class HandedIn(ServiceError):
    text = _("You have handed your second opinion in; it can no longer be changed.")


class StaleOpinion(ServiceError):
    text = _("You have decided this finding in another window. Look at that decision, then decide again.")


class OpinionsMissing(ServiceError):
    text = _("%(count)s findings are not decided yet. Decide them before you hand your second opinion in.")


class NotCompared(ServiceError):
    text = _("This finding has no two opinions to choose from.")


@transaction.atomic
def blind_start(*, by, audit, second):
    """Ask this member for a blind second opinion, before anybody has decided, and return the BlindReview.

    From now on the audit is hidden from them but for their own screen. Raises AuditSigned, AlreadyBlind, TooLate,
    NotASecond (also for who starts it: the lead sees everything).
    """
    lock_open_audit(audit.pk)
    if audit.blind_reviews.filter(cancelled_at=None).exists():
        raise AlreadyBlind
    if second == by or not _decides(audit, second):
        raise NotASecond
    if any(model.objects.filter(finding__audit=audit).exists() for model in (Decision, Comment)):
        raise TooLate
    blind = BlindReview.objects.create(audit=audit, second=second, started_by=by, started_at=timezone.now())
    _record(by, "blind.started", blind, user=second.pk, username=second.get_username())
    notifications.tell(by=by, users=[second], kind=Notification.Kind.SECOND_ASKED, audit=audit)
    return blind


@transaction.atomic
def blind_cancel(*, by, blind):
    """Give the second review up, while it runs; what the second auditor has said stays on record, unused.

    Raises AuditSigned and NotRunning.
    """
    lock_open_audit(blind.audit_id)
    _lock(blind)
    blind.cancelled_at = timezone.now()
    blind.save(update_fields=["cancelled_at"])
    _record(by, "blind.cancelled", blind)


@transaction.atomic
def opinion_give(*, by, blind, finding, verdict, reason, revision):
    """Keep the second auditor's verdict and return the SecondOpinion; ``revision``: how many they had given before.

    Raises AuditSigned, NotRunning, HandedIn, StaleOpinion, NotAVerdict, and ReasonRequired as for the first decision.
    """
    lock_open_audit(blind.audit_id)
    _lock(blind)
    if blind.handed_in_at:
        raise HandedIn
    if blind.opinions.filter(finding=finding).count() != revision:
        raise StaleOpinion
    reason = checked_reason(verdict, reason, proposed=finding.proposed_verdict)
    opinion = SecondOpinion.objects.create(
        blind_review=blind, finding=finding, verdict=verdict, reason=reason, made_by=by, made_at=timezone.now()
    )
    # Not a word of the verdict: the record is read by the first auditor.
    _record(by, "blind.opinion", blind, finding=finding.pk, code=finding.requirement.code)
    return opinion


@transaction.atomic
def opinions_hand_in(*, by, blind):
    """Finish the second opinion; with the first auditor finished too, both are compared. Returns the BlindReview.

    Raises AuditSigned, NotRunning, HandedIn, OpinionsMissing.
    """
    lock_open_audit(blind.audit_id)
    _lock(blind)
    if blind.handed_in_at:
        raise HandedIn
    given = blind.opinions.filter(finding=OuterRef("pk"))
    if missing := blind.audit.findings.filter(~Exists(given)).count():
        raise OpinionsMissing(count=missing)
    blind.handed_in_at = timezone.now()
    blind.save(update_fields=["handed_in_at"])
    _record(by, "blind.handed_in", blind)
    reveal_if_complete(by=by, audit=blind.audit)
    blind.refresh_from_db(fields=["revealed_at"])
    return blind


@transaction.atomic(savepoint=False)  # inside the act that may complete a side
def reveal_if_complete(*, by, audit):
    """Compare the two opinions once both auditors have decided everything; return the BlindReview then, else None.

    Part of the acts that may complete a side; one query in audits without a running blind review.
    """
    blind = audit.blind_reviews.running().exclude(handed_in_at=None).first()
    if blind is None or audit.findings.filter(final_verdict="").exists():
        return None
    opinions = {opinion.finding_id: opinion for opinion in blind.opinions.order_by("id")}
    findings = list(audit.findings.prefetch_related("decisions").order_by("position"))
    if any(finding.pk not in opinions for finding in findings):  # findings added since: the second has to see them
        return None
    Comparison.objects.bulk_create(_comparison(blind, finding, opinions[finding.pk]) for finding in findings)
    blind.revealed_at = timezone.now()
    blind.save(update_fields=["revealed_at"])
    rows = Comparison.objects.filter(blind_review=blind)
    differing = sum(not row.agrees for row in rows)
    _record(by, "blind.revealed", blind, differing=differing)
    members = audit.engagement.memberships.filter(role__in=DECIDING).select_related("user")
    users = [membership.user for membership in members]
    notifications.tell(by=by, users=users, kind=Notification.Kind.REVEALED, audit=audit)
    return blind


@transaction.atomic
def disagreement_resolve(*, by, comparison, verdict, reason, revision):
    """Settle one finding on which the two differed: the verdict becomes the decision that counts; returns the Decision.

    Raises AuditSigned, NotCompared, StaleFinding, NotAVerdict, and ReasonRequired whenever there is no reason.
    """
    finding = comparison.finding
    lock_open_audit(finding.audit_id)
    if comparison.agrees:
        raise NotCompared
    require_fresh(finding, revision)
    reason = checked_reason(verdict, reason, proposed=verdict)
    if not reason:
        raise ReasonRequired
    decision = decision_keep(by=by, finding=finding, verdict=verdict, reason=reason, kind=Decision.Kind.RESOLVED)
    detail = {
        "finding": finding.pk,
        "code": finding.requirement.code,
        "verdict": verdict,
        "reason": reason,
        "first": comparison.first_verdict,
        "second": comparison.second_verdict,
    }
    engagement = finding.audit.engagement
    activity.record(actor=by, action="disagreement.resolved", obj=finding, engagement=engagement, detail=detail)
    return decision


def _comparison(blind, finding, opinion):
    done, _undone = decision_stacks(sorted(finding.decisions.all(), key=lambda decision: decision.pk))
    return Comparison(
        blind_review=blind,
        finding=finding,
        first_verdict=finding.final_verdict,
        first_reason=done[-1].reason,
        first_by_id=done[-1].decided_by_id,
        second_verdict=opinion.verdict,
        second_reason=opinion.reason,
    )


def _lock(blind):
    """Lock the blind review's row and see its true state. Raises NotRunning."""
    row = BlindReview.objects.select_for_update().get(pk=blind.pk)
    blind.handed_in_at, blind.revealed_at, blind.cancelled_at = row.handed_in_at, row.revealed_at, row.cancelled_at
    if not blind.is_running:
        raise NotRunning


def _decides(audit, user):
    return Membership.objects.filter(engagement=audit.engagement_id, user=user, role__in=DECIDING).exists()


def _record(by, action, blind, **detail):
    audit = blind.audit
    activity.record(actor=by, action=action, obj=audit, engagement=audit.engagement, detail=detail)
