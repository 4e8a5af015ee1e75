"""People decide: every verdict, withdrawal and comment is a row of its own; what was proposed stays as it was."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Comment, CommentState, Decision, Finding
from ..models.review import decision_stacks
from . import activity, blind, notifications
from .errors import ServiceError
from .verdicts import checked_reason, decision_keep, lock_to_decide


class NothingToUndo(ServiceError):
    text = _("There is no decision to take back.")


class ResolvedStays(ServiceError):
    text = _("This decision settled a disagreement of two auditors. Settle it anew where they are compared.")


class NothingToRedo(ServiceError):
    text = _("No decision was taken back that could be restored.")


class EmptyComment(ServiceError):
    text = _("Write something first.")


@transaction.atomic
def finding_decide(*, by, finding, verdict, reason, revision):
    """Give the finding a person's verdict and return the Decision.

    ``revision`` is the finding's revision the person saw. Raises AuditSigned, StaleFinding, NotAVerdict, and
    ReasonRequired when the verdict differs from the proposed one and no reason is given.
    """
    lock_to_decide(finding, revision)
    reason = checked_reason(verdict, reason, proposed=finding.proposed_verdict)
    decision = decision_keep(by=by, finding=finding, verdict=str(verdict), reason=reason)
    _record(by, "finding.decided", finding, decision)
    blind.reveal_if_complete(by=by, audit=finding.audit)
    return decision


@transaction.atomic
def decision_undo(*, by, finding, revision):
    """Take the decision that counts back: the one before it counts again, or none. Taking back again goes further back.

    The new Decision repeats what now counts (empty verdict: nothing). Raises AuditSigned, StaleFinding,
    NothingToUndo, ResolvedStays.
    """
    lock_to_decide(finding, revision)
    done, _undone = decision_stacks(finding.decisions.order_by("id"))
    if not done:
        raise NothingToUndo
    if done[-1].kind == Decision.Kind.RESOLVED:
        raise ResolvedStays
    before = done[-2] if len(done) > 1 else Decision(verdict="", reason="")
    decision = decision_keep(
        by=by, finding=finding, verdict=before.verdict, reason=before.reason, kind=Decision.Kind.UNDONE
    )
    _record(by, "decision.undone", finding, decision)
    return decision


@transaction.atomic
def decision_redo(*, by, finding, revision):
    """Restore the decision taken back last, as long as nothing was decided since, and return the new Decision.

    Raises AuditSigned, StaleFinding, NothingToRedo.
    """
    lock_to_decide(finding, revision)
    _done, undone = decision_stacks(finding.decisions.order_by("id"))
    if not undone:
        raise NothingToRedo
    decision = decision_keep(
        by=by, finding=finding, verdict=undone[-1].verdict, reason=undone[-1].reason, kind=Decision.Kind.REDONE
    )
    _record(by, "decision.redone", finding, decision)
    blind.reveal_if_complete(by=by, audit=finding.audit)
    return decision


@transaction.atomic
def comment_add(*, by, finding, text):
    """Add a comment to the finding and return it; also after signing, as it changes no verdict. Raises EmptyComment.

    Members of the engagement whom it names with @ are told.
    """
    text = text.strip()
    if not text:
        raise EmptyComment
    comment = Comment.objects.create(finding=finding, author=by, text=text, created_at=timezone.now())
    detail = {"finding": finding.pk, "code": finding.requirement.code}
    activity.record(actor=by, action="comment.added", obj=comment, engagement=finding.audit.engagement, detail=detail)
    notifications.tell_mentioned(by=by, comment=comment)
    return comment


@transaction.atomic
def comment_settle(*, by, comment, resolved):
    """Call the comment settled, or open it again, and return its CommentState; None when it is so already."""
    Finding.objects.select_for_update().only("pk").get(pk=comment.finding_id)
    latest = comment.states.order_by("id").last()
    if bool(latest and latest.resolved) == resolved:
        return None
    state = CommentState.objects.create(comment=comment, resolved=resolved, made_by=by, made_at=timezone.now())
    finding = comment.finding
    detail = {"finding": finding.pk, "code": finding.requirement.code}
    action = "comment.resolved" if resolved else "comment.reopened"
    activity.record(actor=by, action=action, obj=comment, engagement=finding.audit.engagement, detail=detail)
    return state


def _record(by, action, finding, decision):
    detail = {
        "finding": finding.pk,
        "code": finding.requirement.code,
        "proposed": decision.proposed_verdict,
        "verdict": decision.verdict,
        "reason": decision.reason,
    }
    activity.record(actor=by, action=action, obj=finding, engagement=finding.audit.engagement, detail=detail)
