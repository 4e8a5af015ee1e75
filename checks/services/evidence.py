"""Evidence by hand: people add places to what the engine found, move them, and take them away; each act is rows."""

from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import EvidenceChange, Finding
from ..standing import clause_label, revision_of, standing_evidence
from . import activity
from .errors import ServiceError
from .locks import lock_open_audit

LONGEST = 5000  # characters; what is longer proves nothing in particular
Kind = EvidenceChange.Kind
OPPOSITE = {Kind.ADDED: Kind.REMOVED, Kind.RESTORED: Kind.REMOVED, Kind.REMOVED: Kind.RESTORED}


class StaleEvidence(ServiceError):
    text = _("Somebody else has changed the evidence of this finding in the meantime. Look at it, then try again.")


class NotInText(ServiceError):
    text = _("Choose a place in the policy's text first.")


class TooLong(ServiceError):
    text = _("This is too much for one piece of evidence. Choose at most %(longest)s characters.")


class UnknownElement(ServiceError):
    text = _("This requirement has no such element.")


class UnknownFinding(ServiceError):
    text = _("One of the chosen findings does not belong to this audit.")


class EvidenceAlready(ServiceError):
    text = _("This place is evidence for it already.")


class NotEvidence(ServiceError):
    text = _("This place is no evidence of the finding any more.")


class NoEvidenceAct(ServiceError):
    text = _("There is no change of evidence to take back.")


@transaction.atomic
def evidence_attach(*, by, finding, start, end, revision, element="", also=()):
    """Make ``text[start:end]`` evidence for the finding and return the rows added.

    ``element`` says for which part (its id; "" for the whole). ``also`` are numbers of further findings of the audit;
    for them the place counts as a whole. White space at the ends is left out. ``revision`` is the evidence's revision
    the person saw. Raises AuditSigned, StaleEvidence, NotInText, TooLong, UnknownElement, UnknownFinding and
    EvidenceAlready.
    """
    lock_open_audit(finding.audit_id)
    finding = _fresh(finding, revision)
    start, end = _place(finding, start, end)
    if element and element not in _parts(finding):
        raise UnknownElement
    wanted = [(finding, element), *((other, "") for other in _others(finding, also))]
    new = [(row, part) for row, part in wanted if (start, end, part) not in _keys(row)]
    if not new:
        raise EvidenceAlready
    changes = [_change(row, _kind(row, start, end, part), start, end, part) for row, part in new]
    return _keep(by, finding, changes, "evidence.added", findings=[row.pk for row, _part in new])


@transaction.atomic
def evidence_move(*, by, finding, old, start, end, revision):
    """Let the evidence at the place ``old`` (start, end) begin and end elsewhere, for every part it counts for.

    Returns the rows added. Raises AuditSigned, StaleEvidence, NotEvidence, NotInText, TooLong, EvidenceAlready.
    """
    lock_open_audit(finding.audit_id)
    finding = _fresh(finding, revision)
    pieces = _pieces_at(finding, *old)
    start, end = _place(finding, start, end)
    if (start, end) == tuple(old):
        raise EvidenceAlready
    known = _keys(finding)
    removed = [_change(finding, Kind.REMOVED, *piece.key) for piece in pieces]
    parts = [piece.element for piece in pieces if (start, end, piece.element) not in known]
    added = [_change(finding, _kind(finding, start, end, part), start, end, part) for part in parts]
    return _keep(by, finding, removed + added, "evidence.moved")


@transaction.atomic
def evidence_remove(*, by, finding, place, revision):
    """Take the place (start, end) away from the finding, whoever found it; the engine's row itself stays.

    Returns the rows added. Raises AuditSigned, StaleEvidence and NotEvidence.
    """
    lock_open_audit(finding.audit_id)
    finding = _fresh(finding, revision)
    removed = [_change(finding, Kind.REMOVED, *piece.key) for piece in _pieces_at(finding, *place)]
    return _keep(by, finding, removed, "evidence.removed")


@transaction.atomic
def evidence_undo(*, by, finding, revision):
    """Take the latest change of the finding's evidence back, with what the same act did to other findings.

    Another finding's part of the act stays where its evidence was changed again since. Taking back twice restores what
    was taken back. Returns the rows added. Raises AuditSigned, StaleEvidence and NoEvidenceAct.
    """
    lock_open_audit(finding.audit_id)
    finding = _fresh(finding, revision)
    latest = finding.evidence_changes.last()
    if latest is None:
        raise NoEvidenceAct
    act = list(EvidenceChange.objects.filter(act=latest.act).select_related("finding__requirement").order_by("id"))
    newer = EvidenceChange.objects.filter(finding__in={change.finding_id for change in act}, pk__gt=act[-1].pk)
    touched = set(newer.values_list("finding", flat=True))
    undone = [
        _change(change.finding, OPPOSITE[change.kind], change.start, change.end, change.element)
        for change in act
        if change.finding_id == finding.pk or change.finding_id not in touched
    ]
    return _keep(by, finding, undone, "evidence.undone", findings=list({change.finding_id for change in undone}))


def _fresh(finding, revision):
    """The finding as it stands under the lock."""
    rows = Finding.objects.select_related("requirement", "audit__policy_version", "audit__engagement")
    found = _with_evidence(rows).get(pk=finding.pk)
    if revision_of(found.evidence_changes.all()) != revision:
        raise StaleEvidence
    return found


def _with_evidence(findings):
    return findings.prefetch_related("evidence", "evidence_changes__changed_by")


def _others(finding, numbers):
    wanted = set(numbers) - {finding.pk}
    rows = Finding.objects.filter(audit=finding.audit_id, pk__in=wanted).select_related("requirement")
    others = list(_with_evidence(rows.order_by("position")))
    if len(others) != len(wanted):
        raise UnknownFinding
    for other in others:
        other.audit = finding.audit  # one text in memory, not one for each
    return others


def _place(finding, start, end):
    text = finding.audit.policy_version.text
    quote = text[start:end] if 0 <= start < end <= len(text) else ""
    if not quote.strip():
        raise NotInText
    start += len(quote) - len(quote.lstrip())
    end -= len(quote) - len(quote.rstrip())
    if end - start > LONGEST:
        raise TooLong(longest=LONGEST)
    return start, end


def _parts(finding):
    content = finding.requirement.content
    return {entry["id"] for part in ("elements", "signals") for entry in content.get(part) or ()} | {"trigger"}


def _keys(finding):
    return {piece.key for piece in standing_evidence(finding)}


def _pieces_at(finding, start, end):
    pieces = [piece for piece in standing_evidence(finding) if (piece.start, piece.end) == (start, end)]
    if not pieces:
        raise NotEvidence
    return pieces


def _kind(finding, start, end, element):
    """What the engine found and somebody took away is restored, not added: it stays the engine's."""
    found = {(piece.start, piece.end, piece.element) for piece in finding.evidence.all()}
    return Kind.RESTORED if (start, end, element) in found else Kind.ADDED


def _change(finding, kind, start, end, element):
    """A row whose quote is cut from the text that is kept, never taken over."""
    audit = finding.audit
    return EvidenceChange(
        finding=finding,
        kind=kind,
        start=start,
        end=end,
        quote=audit.policy_version.text[start:end],
        clause=clause_label(audit.outline, start)[:200],
        element=element,
    )


def _keep(by, finding, changes, action, **more):
    """Write the rows of one act and its entry."""
    act, now = uuid4(), timezone.now()
    for change in changes:
        change.act, change.changed_by, change.changed_at = act, by, now
        change.save()
    shown = next((change for change in changes if change.kind != Kind.REMOVED), changes[0])
    detail = {
        "finding": finding.pk,
        "code": finding.requirement.code,
        "act": str(act),
        "clause": shown.clause,
        "quote": shown.quote if len(shown.quote) <= 80 else f"{shown.quote[:80]}…",
        **more,
    }
    activity.record(actor=by, action=action, obj=finding, engagement=finding.audit.engagement, detail=detail)
    return changes
