"""What is agreed on a finding beside its verdict: who sees to it, until when, what is to be discussed, what to mend.

Each act carries what the person had before them (``seen``: the number of the latest FindingChange of that kind, 0 for
none), so that two people who set the same thing at the same moment are told.
"""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import Finding, FindingChange, Membership, Notification
from . import activity, notifications
from .errors import ServiceError
from .locks import lock_open_audit

Kind = FindingChange.Kind


class StaleChange(ServiceError):
    """Somebody was faster; ``change`` is what they set."""

    text = _("Somebody else has changed this in the meantime. Nothing of yours was saved yet.")

    def __init__(self, change):
        super().__init__()
        self.change = change


class NotInTeam(ServiceError):
    text = _("A finding can be assigned to an auditor or lead of this engagement only.")


@transaction.atomic
def finding_assign(*, by, finding, user, seen):
    """Give the finding to a member who may decide it, or to nobody (None), and return the FindingChange.

    None when nothing differs. Raises AuditSigned, StaleChange, NotInTeam. The assignee is told.
    """
    change_begin(finding, Kind.ASSIGNEE, seen)
    if user and not _decides(finding.audit.engagement_id, user):
        raise NotInTeam
    if finding.assignee_id == (user.pk if user else None):
        return None
    finding.assignee = user
    change = change_keep(
        by=by, finding=finding, kind=Kind.ASSIGNEE, value=str(user.pk) if user else "", field="assignee"
    )
    detail = {"user": user.pk, "username": user.get_username()} if user else {}
    _record(by, "finding.assigned" if user else "finding.unassigned", finding, **detail)
    if user:
        kind = Notification.Kind.ASSIGNED
        notifications.tell(by=by, users=[user], kind=kind, audit=finding.audit, finding=finding)
    return change


@transaction.atomic
def finding_due(*, by, finding, due_date, seen):
    """Set the day until which the finding is to be settled, or none (None), and return the FindingChange.

    None when nothing differs. Raises AuditSigned, StaleChange.
    """
    change_begin(finding, Kind.DUE, seen)
    if finding.due_date == due_date:
        return None
    finding.due_date = due_date
    value = due_date.isoformat() if isinstance(due_date, date) else ""
    change = change_keep(by=by, finding=finding, kind=Kind.DUE, value=value, field="due_date")
    _record(by, "finding.due", finding, due_date=value)
    return change


@transaction.atomic
def finding_discuss(*, by, finding, wanted, seen):
    """Mark the finding for discussion, or take the mark off, and return the FindingChange.

    None when nothing differs. Raises AuditSigned, StaleChange.
    """
    change_begin(finding, Kind.DISCUSSION, seen)
    if finding.in_discussion == wanted:
        return None
    finding.in_discussion = wanted
    change = change_keep(
        by=by, finding=finding, kind=Kind.DISCUSSION, value="1" if wanted else "", field="in_discussion"
    )
    _record(by, "finding.discussed" if wanted else "finding.discussion_over", finding)
    return change


@transaction.atomic
def remediation_write(*, by, finding, text, seen):
    """Say what has to be done, in place of the checklist's text, which an empty text or that very text brings back.

    Returns the FindingChange, None when nothing differs. Raises AuditSigned, StaleChange.
    """
    change_begin(finding, Kind.REMEDIATION, seen)
    text = text.replace("\r\n", "\n").strip()
    content = finding.requirement.content
    if text in {(content.get(f"remediation_{language}") or "").strip() for language in ("zh", "en")}:
        text = ""
    if finding.remediation == text:
        return None
    finding.remediation = text
    change = change_keep(by=by, finding=finding, kind=Kind.REMEDIATION, value=text, field="remediation")
    _record(by, "finding.remediation", finding)
    return change


def change_begin(finding, kind, seen):
    """Lock the finding and see its true state. Raises AuditSigned, and StaleChange when ``seen`` is not the latest."""
    lock_open_audit(finding.audit_id)
    row = Finding.objects.select_for_update().get(pk=finding.pk)
    latest = finding.changes.filter(kind=kind).select_related("made_by").order_by("id").last()
    if (latest.pk if latest else 0) != seen:
        raise StaleChange(latest)
    for name in ("assignee_id", "due_date", "in_discussion", "remediation", "second_look", "final_verdict", "revision"):
        setattr(finding, name, getattr(row, name))


def change_keep(*, by, finding, kind, value, field, note=""):
    """Write the change; the field of the finding, set by the caller, mirrors it. Returns the FindingChange."""
    change = FindingChange.objects.create(
        finding=finding, kind=kind, value=value, note=note, made_by=by, made_at=timezone.now()
    )
    finding.save(update_fields=[field])
    return change


def _decides(engagement_pk, user):
    roles = (Membership.Role.AUDITOR, Membership.Role.LEAD)
    return Membership.objects.filter(engagement=engagement_pk, user=user, role__in=roles).exists()


def _record(by, action, finding, **detail):
    detail = {"finding": finding.pk, "code": finding.requirement.code, **detail}
    activity.record(actor=by, action=action, obj=finding, engagement=finding.audit.engagement, detail=detail)
