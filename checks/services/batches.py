"""Many findings at once: planned and shown first, decided for one reason, taken back in one act."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Batch, Decision, Finding, FindingChange
from ..models.audit import VerdictChoices
from ..models.review import decision_stacks
from . import activity, blind
from .errors import ServiceError
from .locks import lock_open_audit
from .verdicts import FINAL_VERDICTS, NotAVerdict, ReasonRequired, second_look_after

DECIDED, SAME, UNDETERMINED = "decided", "same", "undetermined"  # why a finding is passed over


class StaleBatch(ServiceError):
    text = _("Some of these findings were decided in the meantime. Nothing was saved: look at the new list first.")


class NothingToDecide(ServiceError):
    text = _("None of these findings would change.")


class BatchGone(ServiceError):
    text = _("Nothing of this bulk decision is left to take back.")


@dataclass(frozen=True, slots=True)
class Planned:
    """What would become of one finding: its new verdict, or why it is passed over."""

    finding: Finding
    verdict: str
    skipped: str = ""  # decided, same, undetermined

    @property
    def differs(self):
        return not self.skipped and self.verdict != self.finding.proposed_verdict


def batch_plan(findings, *, verdict, again=False):
    """What ``batch_decide`` would make of these findings: a list of Planned, in their order. Reads nothing.

    ``verdict``: one for all, or empty for each as it was proposed; ``again``: those decided already, too.
    """
    return [_planned(finding, verdict, again) for finding in findings]


@transaction.atomic
def batch_decide(*, by, audit, revisions, verdict="", reason="", again=False):
    """Decide these findings of the audit at once and return the Batch.

    ``revisions`` {finding's number: the revision the person saw}; ``verdict``, ``again`` as in batch_plan. Numbers of
    other audits' findings are passed over. Raises AuditSigned, StaleBatch, NotAVerdict, NothingToDecide, and
    ReasonRequired when any verdict differs from the proposed one and there is no reason.
    """
    lock_open_audit(audit.pk)
    if verdict and verdict not in FINAL_VERDICTS:
        raise NotAVerdict
    rows = Finding.objects.select_for_update().filter(audit=audit, pk__in=revisions).order_by("position")
    findings = list(rows)
    if any(finding.revision != revisions[finding.pk] for finding in findings):
        raise StaleBatch
    plan = [planned for planned in batch_plan(findings, verdict=verdict, again=again) if not planned.skipped]
    if not plan:
        raise NothingToDecide
    reason = reason.strip()
    if not reason and any(planned.differs for planned in plan):
        raise ReasonRequired
    batch = Batch.objects.create(
        audit=audit, verdict=verdict, reason=reason, count=len(plan), made_by=by, made_at=timezone.now()
    )
    _keep(batch, [(planned.finding, planned.verdict, reason) for planned in plan], Decision.Kind.DECIDED)
    detail = {"batch": batch.pk, "verdict": verdict, "reason": reason}
    _record(by, "findings.decided" if verdict else "findings.confirmed", batch, plan, detail)
    blind.reveal_if_complete(by=by, audit=audit)
    return batch


@transaction.atomic
def batch_undo(*, by, batch):
    """Take the whole bulk decision back and return the Batch that does so.

    Findings that were decided otherwise since stay as they are. Raises AuditSigned, and BatchGone when none is left.
    """
    lock_open_audit(batch.audit_id)
    touched = Decision.objects.filter(batch=batch).values("finding")
    rows = Finding.objects.select_for_update().filter(pk__in=touched).order_by("position")
    decisions = Prefetch("decisions", Decision.objects.order_by("id"))
    before = []
    for finding in rows.prefetch_related(decisions):
        done, _undone = decision_stacks(finding.decisions.all())
        if done and done[-1].batch_id == batch.pk:
            standing = done[-2] if len(done) > 1 else Decision(verdict="", reason="")
            before.append((finding, standing.verdict, standing.reason))
    if not before or batch.undoes_id:
        raise BatchGone
    undo = Batch.objects.create(audit=batch.audit, count=len(before), undoes=batch, made_by=by, made_at=timezone.now())
    _keep(undo, before, Decision.Kind.UNDONE)
    _record(by, "findings.undone", undo, before, {"batch": batch.pk})
    return undo


def _planned(finding, verdict, again):
    new = verdict or finding.proposed_verdict
    if new == VerdictChoices.UNDETERMINED:
        return Planned(finding, new, UNDETERMINED)
    if finding.is_decided and not again:
        return Planned(finding, new, DECIDED)
    if finding.final_verdict == new:
        return Planned(finding, new, SAME)
    return Planned(finding, new)


def _keep(batch, verdicts, kind):
    """Decisions and their mirrors in a number of statements that does not depend on how many there are."""
    Decision.objects.bulk_create(
        Decision(
            finding=finding,
            kind=kind,
            proposed_verdict=finding.proposed_verdict,
            verdict=verdict,
            reason=reason,
            batch=batch,
            decided_by=batch.made_by,
            decided_at=batch.made_at,
        )
        for finding, verdict, reason in verdicts
    )
    changes = [second_look_after(finding=finding, by=batch.made_by) for finding, _verdict, _reason in verdicts]
    FindingChange.objects.bulk_create(change for change in changes if change)
    for (finding, verdict, _reason), change in zip(verdicts, changes, strict=True):
        finding.final_verdict = verdict
        finding.revision = F("revision") + 1
        finding.second_look = change.value if change else finding.second_look
    Finding.objects.bulk_update(
        [finding for finding, *_rest in verdicts], ["final_verdict", "revision", "second_look"], batch_size=400
    )


def _record(by, action, batch, verdicts, detail):
    pks = [planned.finding.pk if isinstance(planned, Planned) else planned[0].pk for planned in verdicts]
    audit = batch.audit
    activity.record(actor=by, action=action, obj=audit, engagement=audit.engagement, detail={"findings": pks, **detail})
