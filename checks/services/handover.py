"""The second pair of eyes: an audit is handed in, a reviewer agrees or sends back, by finding or as a whole."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Audit, Decision, Finding, FindingChange, Handover, Membership, Notification
from . import activity, notifications
from .errors import ServiceError
from .locks import lock_open_audit
from .planning import change_begin, change_keep

REVIEWING = (Membership.Role.REVIEWER, Membership.Role.LEAD)


class NotDecided(ServiceError):
    text = _("This finding is not decided yet: there is nothing to agree to or to send back.")


class StaleLook(ServiceError):
    text = _("The finding was decided again in the meantime. Look at the new decision first.")


class NoteRequired(ServiceError):
    text = _("Say what has to be looked at again.")


class StillUndecided(ServiceError):
    text = _("%(count)s findings are not decided yet. Decide them before you hand the audit in.")


class AlreadyWaiting(ServiceError):
    text = _("This audit has been handed in already and waits for a reviewer.")


class NotWaiting(ServiceError):
    text = _("This audit has not been handed in, or was sent back already.")


@transaction.atomic
def finding_agree(*, by, finding, seen, revision):
    """Agree to the decision the reviewer saw and return the FindingChange; None when it was agreed to already.

    Raises AuditSigned, StaleChange, StaleLook, NotDecided.
    """
    if not _begin(finding, seen, revision, Finding.SecondLook.AGREED):
        return None
    change = _look(by, finding, Finding.SecondLook.AGREED, "")
    _record(by, "finding.agreed", finding)
    return change


@transaction.atomic
def finding_send_back(*, by, finding, note, seen, revision):
    """Send the finding back with a note and return the FindingChange; its decider and its assignee are told.

    Raises AuditSigned, StaleChange, StaleLook, NotDecided, NoteRequired.
    """
    _begin(finding, seen, revision, None)
    note = note.strip()
    if not note:
        raise NoteRequired
    change = _look(by, finding, Finding.SecondLook.SENT_BACK, note)
    _record(by, "finding.sent_back", finding, note=note)
    decider = Decision.objects.filter(finding=finding).select_related("decided_by").order_by("id").last().decided_by
    users = [user for user in (decider, finding.assignee) if user]
    kind = Notification.Kind.SENT_BACK
    notifications.tell(by=by, users=users, kind=kind, audit=finding.audit, finding=finding, text=note)
    return change


@transaction.atomic
def audit_hand_in(*, by, audit, note=""):
    """Hand the audit to the reviewers of the engagement, who are told, and return the Handover.

    Raises AuditSigned, AlreadyWaiting, StillUndecided.
    """
    _lock(audit)
    if audit.waiting_since:
        raise AlreadyWaiting
    if open_findings := audit.findings.filter(final_verdict="").count():
        raise StillUndecided(count=open_findings)
    handover = _hand(by, audit, Handover.Kind.HANDED_IN, note.strip(), waiting_since=timezone.now())
    members = audit.engagement.memberships.filter(role__in=REVIEWING).select_related("user")
    users = [membership.user for membership in members]
    notifications.tell(by=by, users=users, kind=Notification.Kind.HANDED_IN, audit=audit, text=handover.note)
    return handover


@transaction.atomic
def audit_send_back(*, by, audit, note):
    """Send the whole audit back with a note and return the Handover; who handed it in is told.

    Raises AuditSigned, NotWaiting, NoteRequired.
    """
    _lock(audit)
    if not audit.waiting_since:
        raise NotWaiting
    note = note.strip()
    if not note:
        raise NoteRequired
    from_whom = audit.handovers.filter(kind=Handover.Kind.HANDED_IN).select_related("made_by").last().made_by
    handover = _hand(by, audit, Handover.Kind.SENT_BACK, note, waiting_since=None)
    kind = Notification.Kind.AUDIT_SENT_BACK
    notifications.tell(by=by, users=[from_whom], kind=kind, audit=audit, text=note)
    return handover


def _begin(finding, seen, revision, wanted):
    """Whether there is something to do; the finding is locked and was decided as the reviewer saw it."""
    change_begin(finding, FindingChange.Kind.SECOND_LOOK, seen)
    if finding.revision != revision:
        raise StaleLook
    if not finding.is_decided:
        raise NotDecided
    return finding.second_look != wanted


def _look(by, finding, value, note):
    finding.second_look = value
    kind = FindingChange.Kind.SECOND_LOOK
    return change_keep(by=by, finding=finding, kind=kind, value=value, field="second_look", note=note)


def _lock(audit):
    lock_open_audit(audit.pk)
    audit.waiting_since = Audit.objects.values_list("waiting_since", flat=True).get(pk=audit.pk)


def _hand(by, audit, kind, note, *, waiting_since):
    handover = Handover.objects.create(audit=audit, kind=kind, note=note, made_by=by, made_at=timezone.now())
    audit.waiting_since = waiting_since
    audit.save(update_fields=["waiting_since"])
    detail = {"note": note}
    activity.record(actor=by, action=f"audit.{kind}", obj=audit, engagement=audit.engagement, detail=detail)
    return handover


def _record(by, action, finding, **detail):
    detail = {"finding": finding.pk, "code": finding.requirement.code, "verdict": finding.final_verdict, **detail}
    activity.record(actor=by, action=action, obj=finding, engagement=finding.audit.engagement, detail=detail)
