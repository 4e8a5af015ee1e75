"""People decide: every verdict, withdrawal and comment is a row of its own; what was proposed stays as it was."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Audit, Comment, Decision, Finding
from ..models.audit import VerdictChoices
from . import activity
from .errors import ServiceError


class AuditSigned(ServiceError):
    text = _("This audit is signed off. Reopen it to change a decision.")


class StaleFinding(ServiceError):
    text = _("Somebody else has decided this finding in the meantime. Look at their decision, then decide again.")


class ReasonRequired(ServiceError):
    text = _("Say why you decide otherwise than proposed.")


class NotAVerdict(ServiceError):
    text = _("Choose a verdict. “Undetermined” is what the program says when it cannot tell; a person has to decide.")


class NothingToUndo(ServiceError):
    text = _("There is no decision to take back.")


class EmptyComment(ServiceError):
    text = _("Write something first.")


FINAL_VERDICTS = frozenset(VerdictChoices.values) - {VerdictChoices.UNDETERMINED.value}


@transaction.atomic
def finding_decide(*, by, finding, verdict, reason, revision):
    """Give the finding a person's verdict and return the Decision.

    ``revision`` is the finding's revision the person saw. Raises AuditSigned, StaleFinding, NotAVerdict, and
    ReasonRequired when the verdict differs from the proposed one and no reason is given.
    """
    _lock_open_audit(finding.audit_id)
    _require_fresh(finding, revision)
    if verdict not in FINAL_VERDICTS:
        raise NotAVerdict
    reason = reason.strip()
    if verdict != finding.proposed_verdict and not reason:
        raise ReasonRequired
    decision = _decide(by, finding, str(verdict), reason)
    _record(by, "finding.decided", finding, decision)
    return decision


@transaction.atomic
def decision_undo(*, by, finding, revision):
    """Take the latest decision back: a new Decision repeats the one before it (empty verdict when there was none).

    Taking back twice restores what was taken back. Raises AuditSigned, StaleFinding and NothingToUndo.
    """
    _lock_open_audit(finding.audit_id)
    _require_fresh(finding, revision)
    latest = list(finding.decisions.order_by("-id")[:2])
    if not latest:
        raise NothingToUndo
    before = latest[1] if len(latest) == 2 else Decision(verdict="", reason="")
    decision = _decide(by, finding, before.verdict, before.reason)
    _record(by, "decision.undone", finding, decision)
    return decision


@transaction.atomic
def findings_confirm(*, by, audit, finding_ids):
    """Confirm the proposals of these findings at once and return how many were confirmed.

    Passed over are findings of other audits, findings decided already and proposals that are undetermined; when nothing
    is left, nothing is recorded. Raises AuditSigned.
    """
    _lock_open_audit(audit.pk)
    open_findings = Finding.objects.select_for_update().filter(audit=audit, pk__in=finding_ids, final_verdict="")
    findings = list(open_findings.exclude(proposed_verdict=VerdictChoices.UNDETERMINED).order_by("position"))
    if not findings:
        return 0
    Decision.objects.bulk_create(_decision(by, finding, finding.proposed_verdict) for finding in findings)
    Finding.objects.filter(pk__in=[finding.pk for finding in findings]).update(
        final_verdict=F("proposed_verdict"), revision=F("revision") + 1
    )
    detail = {"findings": [finding.pk for finding in findings]}
    activity.record(actor=by, action="findings.confirmed", obj=audit, engagement=audit.engagement, detail=detail)
    return len(findings)


@transaction.atomic
def comment_add(*, by, finding, text):
    """Add a comment to the finding and return it; also after signing, as it changes no verdict. Raises EmptyComment."""
    text = text.strip()
    if not text:
        raise EmptyComment
    comment = Comment.objects.create(finding=finding, author=by, text=text, created_at=timezone.now())
    detail = {"finding": finding.pk, "code": finding.requirement.code}
    activity.record(actor=by, action="comment.added", obj=comment, engagement=finding.audit.engagement, detail=detail)
    return comment


def _lock_open_audit(pk):
    """Deciding and signing queue on the audit's row, so nothing can be decided while it is being signed."""
    if Audit.objects.select_for_update().only("status").get(pk=pk).status == Audit.Status.SIGNED:
        raise AuditSigned


def _require_fresh(finding, revision):
    if Finding.objects.select_for_update().only("revision").get(pk=finding.pk).revision != revision:
        raise StaleFinding


def _decision(by, finding, verdict, reason=""):
    return Decision(
        finding=finding,
        proposed_verdict=finding.proposed_verdict,
        verdict=verdict,
        reason=reason,
        decided_by=by,
        decided_at=timezone.now(),
    )


def _decide(by, finding, verdict, reason):
    decision = _decision(by, finding, verdict, reason)
    decision.save()
    finding.final_verdict = verdict
    finding.revision = Finding.objects.values_list("revision", flat=True).get(pk=finding.pk) + 1
    finding.save(update_fields=["final_verdict", "revision"])
    return decision


def _record(by, action, finding, decision):
    detail = {
        "finding": finding.pk,
        "code": finding.requirement.code,
        "proposed": decision.proposed_verdict,
        "verdict": decision.verdict,
        "reason": decision.reason,
    }
    activity.record(actor=by, action=action, obj=finding, engagement=finding.audit.engagement, detail=detail)
