"""From draft to version: handed over, looked at by somebody else, published, and one day retired."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import parse_checklist
from ..engine.checklist import digest_of
from ..models import ChecklistDraft, ChecklistVersion, DraftReview, VersionRetirement
from . import activity
from .checklist import version_publish
from .drafts import APPROVER, AUTHOR, NotAuthor, NotEditable, draft_source, editors_of
from .errors import ServiceError
from .gate import gate


class NotApprover(ServiceError):
    text = _("Only a checklist approver can do this.")


class OwnDraft(ServiceError):
    text = _("You wrote or changed this draft. Somebody else has to approve it.")


class ChangelogRequired(ServiceError):
    text = _("Say what changes in this version, and why.")


class NoteRequired(ServiceError):
    text = _("Say what has to change before it can be published.")


class RetireReasonRequired(ServiceError):
    text = _("Say why the version is retired.")


class NothingChanged(ServiceError):
    text = _("The draft says exactly what its base says. There is nothing to publish.")


class NotInReview(ServiceError):
    text = _("This draft is not in review: %(state)s.")


class DraftChanged(ServiceError):
    text = _("The draft is no longer the one you looked at. Look at it again, then approve it.")


class AlreadyRetired(ServiceError):
    text = _("This version has been retired already.")


class LastVersion(ServiceError):
    text = _("No audit could be started any more: publish another version that applies today first.")


class GateRefused(ServiceError):
    """The draft cannot be published as it is; ``reasons`` are the gate's."""

    text = _("The draft cannot be published yet: %(count)s things stand in the way.")

    def __init__(self, reasons):
        super().__init__(count=len(reasons))
        self.reasons = list(reasons)


@transaction.atomic
def draft_submit(*, by, draft):
    """Hand the draft to the approvers and return it.

    Raises NotAuthor, NotEditable, ChangelogRequired, NothingChanged and GateRefused.
    """
    if not by.has_perm(AUTHOR):
        raise NotAuthor
    draft = _locked(draft)
    if draft.state != ChecklistDraft.State.DRAFT:
        raise NotEditable(state=draft.get_state_display())
    if not draft.changelog.strip():
        raise ChangelogRequired
    source = draft_source(draft)
    if draft.base and source == draft.base.source | {"version": draft.version}:
        raise NothingChanged
    _gate(draft)
    draft.state = ChecklistDraft.State.IN_REVIEW
    draft.submitted_at = timezone.now()
    draft.save(update_fields=["state", "submitted_at"])
    _review(by, draft, DraftReview.Kind.SUBMITTED, draft.changelog, digest_of(source))
    return draft


@transaction.atomic
def draft_send_back(*, by, draft, note):
    """Give the draft back to its authors with what has to change, and return it.

    Authors may take a draft back themselves. Raises NotApprover, NotInReview and NoteRequired.
    """
    if not (by.has_perm(APPROVER) or by.has_perm(AUTHOR)):
        raise NotApprover
    draft = _in_review(draft)
    if not note.strip():
        raise NoteRequired
    draft.state = ChecklistDraft.State.DRAFT
    draft.save(update_fields=["state"])
    _review(by, draft, DraftReview.Kind.SENT_BACK, note.strip(), digest_of(draft_source(draft)))
    return draft


@transaction.atomic
def draft_approve(*, by, draft, digest, note=""):
    """Publish the draft and return the ChecklistVersion; ``digest`` is of the content the approver looked at.

    Raises NotApprover, OwnDraft, NotInReview, DraftChanged and GateRefused.
    """
    if not by.has_perm(APPROVER):
        raise NotApprover
    draft = _in_review(draft)
    if by.pk in editors_of(draft):
        raise OwnDraft
    source = draft_source(draft)
    if digest_of(source) != digest:
        raise DraftChanged
    _gate(draft, publishing=True)
    submitted = draft.reviews.filter(kind=DraftReview.Kind.SUBMITTED).last()
    version = version_publish(
        loaded=parse_checklist(source),
        by=by,
        changelog=draft.changelog,
        applies_from=draft.applies_from,
        published_by=submitted.by,
        approved_by=by,
    )
    draft.state = ChecklistDraft.State.PUBLISHED
    draft.published_version = version
    draft.save(update_fields=["state", "published_version"])
    DraftReview.objects.create(
        draft=draft, kind=DraftReview.Kind.APPROVED, by=by, at=timezone.now(), note=note.strip(), digest=version.digest
    )
    return version


@transaction.atomic
def version_retire(*, by, version, reason):
    """Offer the version for no new audit; audits that run on it keep it. Returns the VersionRetirement.

    Raises NotApprover, RetireReasonRequired, AlreadyRetired and LastVersion.
    """
    if not by.has_perm(APPROVER):
        raise NotApprover
    if not reason.strip():
        raise RetireReasonRequired
    ChecklistVersion.objects.select_for_update().only("pk").get(pk=version.pk)
    if VersionRetirement.objects.filter(version=version).exists():
        raise AlreadyRetired
    if not ChecklistVersion.objects.applying().exclude(pk=version.pk).exists():
        raise LastVersion
    retirement = VersionRetirement.objects.create(version=version, by=by, at=timezone.now(), reason=reason.strip())
    detail = {"checklist": version.checklist.slug, "version": version.version, "reason": retirement.reason}
    activity.record(actor=by, action="checklist.retired", obj=version, detail=detail)
    return retirement


def _gate(draft, **stage):
    report = gate(draft, **stage)
    if not report.open:
        raise GateRefused(report.blocking)


def _locked(draft):
    return ChecklistDraft.objects.select_for_update().get(pk=draft.pk)


def _in_review(draft):
    draft = _locked(draft)
    if draft.state != ChecklistDraft.State.IN_REVIEW:
        raise NotInReview(state=draft.get_state_display())
    return draft


def _review(by, draft, kind, note, digest):
    DraftReview.objects.create(draft=draft, kind=kind, by=by, at=timezone.now(), note=note, digest=digest)
    detail = {"checklist": draft.checklist.slug, "version": draft.version, "digest": digest}
    if kind == DraftReview.Kind.SENT_BACK:
        detail["note"] = note
    activity.record(actor=by, action=f"checklist.{kind}", obj=draft, detail=detail)
