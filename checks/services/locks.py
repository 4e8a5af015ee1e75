"""What acts on an audit queue on."""

from django.utils.translation import gettext_lazy as _

from ..models import Audit
from .errors import ServiceError


class AuditSigned(ServiceError):
    text = _("This audit is signed off. Reopen it to change a decision.")


def lock_open_audit(pk):
    """Deciding and signing queue on the audit's row, so nothing can be decided while it is being signed.

    Raises AuditSigned.
    """
    if Audit.objects.select_for_update().only("status").get(pk=pk).status == Audit.Status.SIGNED:
        raise AuditSigned
