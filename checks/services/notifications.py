"""People are told what concerns them: in the program, and by e-mail where the installation says so."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from ..models import BlindReview, Membership, Notification
from ..models.engagement import person_name

log = logging.getLogger(__name__)


def tell(*, by, users, kind, audit, finding=None, text=""):
    """Leave a Notification of this kind for each of the users and return them; nobody is told of their own act.

    Only members of the engagement are told, and of a blind review's second auditor nothing that would break it: these
    learn of it when both opinions are in. E-mail leaves after the transaction, where NOTIFY_BY_EMAIL is on.
    """
    members = set(audit.engagement.memberships.values_list("user_id", flat=True))
    users = {user.pk: user for user in users if user.pk in members and user.pk != by.pk}
    rows = [
        Notification(user=user, kind=kind, actor=by, audit=audit, finding=finding, text=text, created_at=timezone.now())
        for user in users.values()
    ]
    Notification.objects.bulk_create(rows)
    if rows and settings.NOTIFY_BY_EMAIL:
        hidden = set(BlindReview.objects.running().filter(audit=audit).values_list("second_id", flat=True))
        open_to = [row for row in rows if row.user_id not in hidden or kind == Notification.Kind.SECOND_ASKED]
        transaction.on_commit(lambda: _mail(open_to))
    return rows


def tell_mentioned(*, by, comment):
    """Tell every member whom the comment names with @ and a user name or a name as shown; return the notifications."""
    if "@" not in comment.text:
        return []
    audit = comment.finding.audit
    members = Membership.objects.filter(engagement=audit.engagement_id).select_related("user")
    users = mentioned(comment.text, [membership.user for membership in members])
    kind = Notification.Kind.MENTIONED
    return tell(by=by, users=users, kind=kind, audit=audit, finding=comment.finding, text=comment.text)


def mentioned(text, users):
    """Those of the users whom the text names: ``@`` and the user name or the name as shown, the longest that fits."""
    names = {name: user for user in users for name in (person_name(user), user.get_username())}
    found = {}
    for piece in text.split("@")[1:]:
        fitting = [name for name in names if _names(piece, name)]
        if fitting:
            user = names[max(fitting, key=len)]
            found[user.pk] = user
    return list(found.values())


def _names(piece, name):
    """Whether the piece begins with the name; a Latin name must end there, Chinese runs on without a space."""
    rest = piece[len(name) :]
    return piece.startswith(name) and not (name[-1].isascii() and rest[:1].isascii() and rest[:1].isalnum())


@transaction.atomic
def mark_read(*, by, pks=None):
    """Mark the person's notifications read, those with these numbers or all of them; return how many were unread."""
    rows = Notification.objects.filter(user=by, read_at=None)
    if pks is not None:
        rows = rows.filter(pk__in=pks)
    return rows.update(read_at=timezone.now())


def _mail(rows):
    """One letter a person, in the installation's language, without a word of policy or comment: mail is not private.

    A mail server that does not answer changes nothing for who was acting: it is logged.
    """
    with translation.override(settings.LANGUAGE_CODE):
        letters = [_letter(row) for row in rows if row.user.email]
    try:
        get_connection().send_messages(letters)
    except OSError:
        log.exception("Notifications could not be sent by e-mail")


def _letter(row):
    place = reverse("notification_list")
    subject = gettext("%(kind)s · %(engagement)s") % {
        "kind": row.get_kind_display(),
        "engagement": str(row.audit.engagement).replace("\n", " "),
    }
    body = gettext("%(person)s: %(kind)s.\n\nRead it in PolicyAudit: %(address)s\n") % {
        "person": person_name(row.actor),
        "kind": row.get_kind_display(),
        "address": f"{settings.SITE_URL}{place}",
    }
    return EmailMessage(subject, body, None, [row.user.email])
