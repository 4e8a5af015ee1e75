"""What acts on an audit queue on."""

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from ..models import Audit, AuditMove
from .errors import ServiceError


class AuditSigned(ServiceError):
    text = _("This audit is signed off. Reopen it to change a decision.")


class AuditMoved(ServiceError):
    text = _("This audit went over to a newer version of the checklist. Carry on there; here it can only be read.")


def lock_open_audit(pk):
    """Deciding and signing queue on the audit's row, so nothing can be decided while it is being signed.

    Raises AuditSigned, and AuditMoved for an audit that is history.
    """
    moved = Exists(AuditMove.objects.filter(old=OuterRef("pk")))
    audit = Audit.objects.select_for_update().only("status").annotate(has_moved=moved).get(pk=pk)
    if audit.status == Audit.Status.SIGNED:
        raise AuditSigned
    if audit.has_moved:
        raise AuditMoved
