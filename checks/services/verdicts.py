"""What every act that gives a finding a verdict shares: its refusals, its checks, and how the row is kept."""

from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Audit, AuditMove, Decision, Finding, FindingChange
from ..models.audit import VerdictChoices
from .errors import ServiceError
from .locks import AuditMoved, AuditSigned

FINAL_VERDICTS = frozenset(VerdictChoices.values) - {VerdictChoices.UNDETERMINED.value}


class StaleFinding(ServiceError):
    text = _("Somebody else has decided this finding in the meantime. Look at their decision, then decide again.")


class ReasonRequired(ServiceError):
    text = _("Say why you decide otherwise than proposed.")


class NotAVerdict(ServiceError):
    text = _("Choose a verdict. “Undetermined” is what the program says when it cannot tell; a person has to decide.")


def require_fresh(finding, revision):
    """Raise StaleFinding when the finding was decided since ``revision``; its row is locked from here on.

    The instance learns what of the row a decision depends on: it may be older than the row.
    """
    row = Finding.objects.select_for_update().only("revision", "second_look").get(pk=finding.pk)
    if row.revision != revision:
        raise StaleFinding
    finding.revision, finding.second_look = row.revision, row.second_look


def lock_to_decide(finding, revision):
    """Lock the finding and its audit's row, in one query: nothing else can be decided or signed from here on.

    The instance learns what of the row a decision depends on: it may be older than the row. Raises AuditSigned,
    AuditMoved, and StaleFinding when the finding was decided since ``revision``.
    """
    rows = Audit.objects.filter(pk=finding.audit_id, findings=finding.pk).select_for_update()  # the audit's row first
    rows = rows.annotate(_moved=Exists(AuditMove.objects.filter(old=finding.audit_id)))
    row = rows.values_list("status", "_moved", "findings__revision", "findings__second_look").get()
    status, moved, finding.revision, finding.second_look = row
    if status == Audit.Status.SIGNED:
        raise AuditSigned
    if moved:
        raise AuditMoved
    if finding.revision != revision:
        raise StaleFinding


def checked_reason(verdict, reason, *, proposed):
    """The reason without blanks around it. Raises NotAVerdict and ReasonRequired."""
    if verdict not in FINAL_VERDICTS:
        raise NotAVerdict
    reason = reason.strip()
    if verdict != proposed and not reason:
        raise ReasonRequired
    return reason


def decision_keep(*, by, finding, verdict, reason, kind=Decision.Kind.DECIDED):
    """Write the decision and its mirror on the finding, whose row the caller has locked; return the Decision."""
    decision = Decision.objects.create(
        finding=finding,
        kind=kind,
        proposed_verdict=finding.proposed_verdict,
        verdict=verdict,
        reason=reason,
        decided_by=by,
        decided_at=timezone.now(),
    )
    finding.final_verdict = verdict
    finding.revision += 1
    if change := second_look_after(finding=finding, by=by):
        change.save()
        finding.second_look = change.value
    finding.save(update_fields=["final_verdict", "revision", "second_look"])
    return decision


def second_look_after(*, finding, by):
    """What a new decision makes of the reviewer's word on the finding: an unsaved FindingChange, None for nothing.

    What was sent back is answered; an agreement was to another decision.
    """
    looks = Finding.SecondLook
    after = {looks.SENT_BACK: looks.ANSWERED, looks.AGREED: ""}.get(finding.second_look)
    if after is None:
        return None
    kind = FindingChange.Kind.SECOND_LOOK
    return FindingChange(finding=finding, kind=kind, value=after, made_by=by, made_at=timezone.now())
