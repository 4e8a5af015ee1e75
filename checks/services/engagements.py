"""Engagements and their teams."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ..models import Engagement, Membership
from ..models.engagement import ProcessorScale
from . import activity
from .errors import ServiceError

FIELDS = frozenset({"auditee", "product", "scope", "processor_scale", "due_date"})


class LastLead(ServiceError):
    text = _("An engagement needs a lead. Make somebody else lead first.")


class NoMember(ServiceError):
    text = _("This person is not a member of the engagement.")


@transaction.atomic
def engagement_create(*, by, auditee, product, scope="", processor_scale=ProcessorScale.STANDARD, due_date=None):
    """Open an engagement and return it; who opens it becomes its lead."""
    engagement = Engagement.objects.create(
        auditee=auditee,
        product=product,
        scope=scope,
        processor_scale=processor_scale,
        due_date=due_date,
        created_by=by,
    )
    Membership.objects.create(engagement=engagement, user=by, role=Membership.Role.LEAD)
    detail = {"auditee": auditee, "product": product}
    activity.record(actor=by, action="engagement.created", obj=engagement, engagement=engagement, detail=detail)
    return engagement


@transaction.atomic
def engagement_update(*, by, engagement, **fields):
    """Change auditee, product, scope, processor_scale or due_date and return the engagement.

    Audits keep the scale they were run with. Nothing is recorded when nothing differs. Another name raises TypeError.
    """
    if unknown := fields.keys() - FIELDS:
        raise TypeError(f"An engagement has no {', '.join(sorted(unknown))} to change.")
    # A ModelForm has already put the new values on the instance it was given, so compare with the stored row.
    stored = Engagement.objects.select_for_update().get(pk=engagement.pk)
    changed = {name: value for name, value in fields.items() if getattr(stored, name) != value}
    detail = {"changed": {name: [_plain(getattr(stored, name)), _plain(value)] for name, value in changed.items()}}
    for name, value in fields.items():
        setattr(engagement, name, value)
    if changed:
        engagement.save(update_fields=list(changed))
        activity.record(actor=by, action="engagement.updated", obj=engagement, engagement=engagement, detail=detail)
    return engagement


@transaction.atomic
def member_set(*, by, engagement, user, role):
    """Take the user into the team with this role, or change the role; return the Membership.

    Raises LastLead when the only lead would become something else. Nothing is recorded when nothing differs.
    """
    role = Membership.Role(role)
    membership = _locked_membership(engagement, user)
    before = membership.role if membership else None
    if before == role:
        return membership
    if before == Membership.Role.LEAD:
        _require_another_lead(membership)
    if membership:
        membership.role = role
        membership.save(update_fields=["role"])
    else:
        membership = Membership.objects.create(engagement=engagement, user=user, role=role)
    detail = {"user": user.pk, "username": user.get_username(), "role": role.value, "before": before}
    activity.record(actor=by, action="member.set", obj=membership, engagement=engagement, detail=detail)
    return membership


@transaction.atomic
def member_remove(*, by, engagement, user):
    """Take the user out of the team. Raises NoMember, or LastLead for the only lead."""
    membership = _locked_membership(engagement, user)
    if membership is None:
        raise NoMember
    if membership.role == Membership.Role.LEAD:
        _require_another_lead(membership)
    detail = {"user": user.pk, "username": user.get_username(), "before": membership.role}
    activity.record(actor=by, action="member.removed", obj=membership, engagement=engagement, detail=detail)
    membership.delete()


def _locked_membership(engagement, user):
    """The user's membership or None. The engagement is locked, so two leads cannot step down at the same time."""
    Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
    return Membership.objects.filter(engagement=engagement, user=user).first()


def _require_another_lead(membership):
    leads = Membership.objects.filter(engagement=membership.engagement_id, role=Membership.Role.LEAD)
    if not leads.exclude(pk=membership.pk).exists():
        raise LastLead


def _plain(value):
    return value.isoformat() if isinstance(value, date) else value
