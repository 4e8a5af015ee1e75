"""An audit in review goes over to another checklist version: run anew, decisions carried where nothing changed.

Who decides that is the audit's own team, never who wrote the checklist. The old audit stays as it was, as history.
"""

from uuid import uuid4

from django.db import transaction
from django.db.models import Exists
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import (
    Audit,
    AuditMove,
    BlindReview,
    ChecklistVersion,
    Decision,
    EvidenceChange,
    FindingChange,
    Observation,
    ObservationVersion,
)
from ..standing import standing
from . import activity
from .analysis import audit_keep, audit_propose
from .errors import ServiceError
from .locks import lock_open_audit

# What a decision does not depend on: whoever changes only these, changes no question.
BESIDE = {
    "legal_basis",
    "remediation_zh",
    "remediation_en",
    "title_en",
    "question_en",
    "trigger_en",
    "note_en",
    "decide_en",
    "domain",
    "note_zh",
    "confidence",
}
PART_BESIDE = {"examples", "title_en"}
BESIDE_IN_SCALE = {"note_en"}


class SameVersion(ServiceError):
    text = _("The audit runs on this version already.")


class NotApplying(ServiceError):
    text = _("This version is not for audits that begin today. Choose another one.")


class OtherChecklist(ServiceError):
    text = _("That version belongs to another checklist. Run a new audit on it instead.")


class BlindRuns(ServiceError):
    text = _("A blind second review is running. Wait until both opinions are in, or end it.")


def move_offers(audit):
    """Versions of the audit's checklist that were published after its own and apply today, newest first."""
    if audit.status != audit.Status.REVIEW:
        return ChecklistVersion.objects.none()
    own = audit.checklist_version
    rows = ChecklistVersion.objects.applying().filter(checklist=own.checklist_id, published_at__gt=own.published_at)
    return rows.filter(~Exists(AuditMove.objects.filter(old=audit))).defer("source").newest_first()


def move_preview(*, by, audit, version):
    """What moving would do, without doing it: ``{"carried", "reopened", "new", "gone", "open"}``, lists of codes.

    Raises SameVersion, OtherChecklist, NotApplying.
    """
    _check(audit, version)
    new, proposals = audit_propose(
        by=by, policy_version=audit.policy_version, as_of=audit.as_of, checklist_version=version
    )
    contents = dict(new.checklist_version.requirements.values_list("code", "content"))
    pairs = _pairs(audit)
    told = {"carried": [], "reopened": [], "new": [], "gone": [], "open": []}
    for proposal in proposals:
        old = pairs.pop(proposal.code, None)
        if old is None:
            told["new"].append(proposal.code)
        elif not old.is_decided:
            told["open"].append(proposal.code)
        else:
            told["carried" if _unchanged(old, contents[proposal.code], proposal) else "reopened"].append(proposal.code)
    told["gone"] = list(pairs)
    return told


def audit_move(*, by, audit, version):
    """Run the audit anew on ``version`` and return the new Audit; the old one is read from now on.

    A decision goes along, with who made it and when, where everything it rests on is the same: the requirement's
    question, elements, rules and guide, the proposal, and the evidence. Other findings are open again; evidence that
    people added, assignments, due dates and observations go along. Comments stay with the old audit.
    Raises AuditSigned, AuditMoved, SameVersion, OtherChecklist, NotApplying, BlindRuns.
    """
    _check(audit, version)
    new, proposals = audit_propose(
        by=by, policy_version=audit.policy_version, as_of=audit.as_of, checklist_version=version
    )
    with transaction.atomic():
        lock_open_audit(audit.pk)
        if BlindReview.objects.running().filter(audit=audit).exists():
            raise BlindRuns
        audit_keep(audit=new, proposals=proposals)
        carried, reopened = _carry(audit, new, {proposal.code: proposal for proposal in proposals})
        _observations(audit, new)
        Audit.objects.filter(pk=audit.pk).update(waiting_since=None)  # nobody has to answer for history
        AuditMove.objects.create(
            old=audit, new=new, carried=len(carried), reopened=len(reopened), by=by, at=timezone.now()
        )
        detail = {
            "old": audit.pk,
            "new": new.pk,
            "from": audit.checklist_version.digest,
            "to": version.digest,
            "count": len(carried),
            "carried": carried,
            "reopened": reopened,
        }
        activity.record(actor=by, action="audit.moved", obj=new, engagement=audit.engagement, detail=detail)
    return new


def _check(audit, version):
    if version.pk == audit.checklist_version_id:
        raise SameVersion
    if version.checklist_id != audit.checklist_version.checklist_id:
        raise OtherChecklist
    if not ChecklistVersion.objects.applying().filter(pk=version.pk).exists():
        raise NotApplying


def _pairs(audit):
    """The audit's findings by code, with what of them can go along."""
    rows = audit.findings.select_related("requirement", "assignee")
    rows = rows.prefetch_related("evidence", "evidence_changes__changed_by", "decisions", "changes")
    return {row.requirement.code: row for row in rows}


def _unchanged(old, content, proposal):
    """Whether a decision on the old finding is one on the new proposal too."""
    same_question = _asked(old.requirement.content) == _asked(content)
    same_proposal = old.proposed_verdict == proposal.verdict.value and old.severity == proposal.severity.value
    found = {(piece.start, piece.end, piece.element) for piece in old.evidence.all()}
    return same_question and same_proposal and found == {(p.start, p.end, p.element) for p in proposal.evidence}


def _asked(content):
    kept = {key: value for key, value in content.items() if key not in BESIDE and value not in (None, [], {})}
    for name in ("elements", "signals"):
        kept[name] = [_part(entry) for entry in content.get(name) or ()]
    if content.get("trigger"):
        kept["trigger"] = _part(content["trigger"])
    if content.get("scales"):
        kept["scales"] = {scale: _without(change, BESIDE_IN_SCALE) for scale, change in content["scales"].items()}
    return kept


def _part(entry):
    return _without(entry, PART_BESIDE)


def _without(entry, names):
    return {key: value for key, value in entry.items() if key not in names}


def _carry(audit, new, proposals):
    pairs = _pairs(audit)
    carried, reopened = [], []
    decisions, changes, evidence = [], [], []
    findings = list(new.findings.select_related("requirement"))
    for finding in findings:
        old = pairs.get(finding.requirement.code)
        if old is None:
            continue
        goes_along = _unchanged(old, finding.requirement.content, proposals[finding.requirement.code])
        if old.is_decided:
            (carried if goes_along else reopened).append(finding.requirement.code)
        if goes_along:
            evidence += [_copy(row, finding=finding) for row in old.evidence_changes.all()]
            if old.is_decided:
                last = max(old.decisions.all(), key=lambda row: row.pk)
                decisions.append(_decision(last, finding))
                finding.final_verdict, finding.revision = old.final_verdict, 1
                finding.second_look = old.second_look
        else:
            evidence += _added_by_hand(old, finding)
        changes += _planning(old, finding, goes_along)
    Decision.objects.bulk_create(decisions)
    EvidenceChange.objects.bulk_create(evidence)
    FindingChange.objects.bulk_create(changes)
    fields = ["final_verdict", "revision", "second_look", "assignee", "due_date", "in_discussion", "remediation"]
    type(findings[0]).objects.bulk_update(findings, fields)
    return carried, reopened


def _decision(last, finding):
    """The decision that counted, whatever acts led to it: by whom it was made, when, and for what reason."""
    return Decision(
        finding=finding,
        proposed_verdict=last.proposed_verdict,
        verdict=last.verdict,
        reason=last.reason,
        decided_by_id=last.decided_by_id,
        decided_at=last.decided_at,
    )


def _added_by_hand(old, finding):
    """Evidence that people added to a finding which is open again, for parts that are still there."""
    content = finding.requirement.content
    parts = {"trigger", *(entry["id"] for name in ("elements", "signals") for entry in content.get(name) or ())}
    rows = {(row.start, row.end, row.element): row for row in old.evidence_changes.all() if row.kind == "added"}
    added = [piece for piece in standing(old.evidence.all(), old.evidence_changes.all()) if piece.added_by]
    return [
        _copy(rows[piece.key], finding=finding, act=uuid4())
        for piece in added
        if piece.key in rows and piece.element in parts
    ]


def _planning(old, finding, goes_along):
    """Who does it until when, what is discussed, remediation texts; the reviewer's word only with its decision."""
    for name in ("assignee", "due_date", "in_discussion", "remediation"):
        setattr(finding, name, getattr(old, name))
    latest = {row.kind: row for row in sorted(old.changes.all(), key=lambda row: row.pk)}
    if not (goes_along and old.is_decided):
        latest.pop(FindingChange.Kind.SECOND_LOOK, None)
    return [_copy(row, finding=finding) for row in latest.values()]


def _observations(audit, new):
    for observation in audit.observations.prefetch_related("versions"):
        moved = Observation.objects.create(
            audit=new, number=observation.number, revision=observation.revision, withdrawn=observation.withdrawn
        )
        ObservationVersion.objects.bulk_create(_copy(row, observation=moved) for row in observation.versions.all())


def _copy(row, **changes):
    """An unsaved row that says the same."""
    fields = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    for name in changes:
        fields.pop(f"{name}_id", None)
    return type(row)(**fields | changes)
