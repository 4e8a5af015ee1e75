"""An audit is closed by a signature and leaves as a report whose data is frozen with it."""

import hashlib

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..issued import previous_report
from ..models import Audit, AuditMove, DraftReport, Report, ReportJob, SignOff
from ..rendering.changes import report_changes
from ..rendering.context import TEMPLATE, build_context
from ..rendering.digests import context_digest, digest
from ..rendering.house import house_context
from ..rendering.pages import page_count
from ..rendering.pdf import render_pdf
from ..selectors.review import audit_observations
from ..selectors.signing import audit_state, findings_with_latest_decision
from . import activity, numbering
from .errors import ServiceError
from .files import transaction_with_file
from .locks import AuditMoved, AuditSigned
from .readiness import decided_by, readiness, signer_decided_text, signer_observed_text, written_by
from .reading import policy_views


class NotReady(ServiceError):
    """The audit cannot be signed yet; ``obstacles`` says why, one by one."""

    text = _("This audit cannot be signed off yet: %(count)s points are open.")

    def __init__(self, obstacles):
        super().__init__(count=len(obstacles))
        self.obstacles = obstacles


class SignerDecided(ServiceError):
    @property
    def message(self):
        return signer_decided_text(self.params["count"])


class SignerObserved(ServiceError):
    @property
    def message(self):
        return signer_observed_text(self.params["count"])


class WarningsUnseen(ServiceError):
    text = _("There are points to be looked at before signing. Confirm that you have.")


class NotSigned(ServiceError):
    text = _("This audit is not signed off.")


class ReopenReasonRequired(ServiceError):
    text = _("Say why the audit is reopened.")


class StateChanged(ServiceError):
    text = _("The findings are no longer what was signed. Reopen the audit and sign it again.")


class NumberTaken(ServiceError):
    text = _("Several reports are being issued at this moment. Try again.")


@transaction.atomic
def audit_sign_off(*, by, audit, statement="", warnings_seen=False):
    """Sign the audit off and return the SignOff, which carries the digest of the exact state that was signed.

    ``warnings_seen``: the signer has looked at what is no obstacle but should be known. Raises AuditSigned, NotReady
    with its obstacles, AuditMoved, WarningsUnseen, and SignerDecided or SignerObserved when the signer made the
    decision that counts on any finding, or wrote an observation: four eyes.
    """
    _lock(audit)
    if audit.status == Audit.Status.SIGNED:
        raise AuditSigned
    if AuditMove.objects.filter(old=audit).exists():
        raise AuditMoved
    found = readiness(audit)
    if obstacles := [obstacle for obstacle in found if obstacle.blocking]:
        raise NotReady(obstacles)
    if decided := decided_by(findings_with_latest_decision(audit), by):
        raise SignerDecided(count=decided)
    if written := written_by(audit_observations(audit), by):
        raise SignerObserved(count=written)
    if found and not warnings_seen:
        raise WarningsUnseen
    sign_off = SignOff.objects.create(
        audit=audit,
        signed_by=by,
        signed_at=timezone.now(),
        statement=statement.strip(),
        decisions_digest=digest(audit_state(audit)),
    )
    _set_status(audit, Audit.Status.SIGNED)
    detail = {
        "sign_off": sign_off.pk,
        "decisions_digest": sign_off.decisions_digest,
        "warnings": [[obstacle.code, obstacle.requirement] for obstacle in found],
    }
    activity.record(actor=by, action="audit.signed", obj=audit, engagement=audit.engagement, detail=detail)
    return sign_off


@transaction.atomic
def audit_reopen(*, by, audit, reason):
    """Open a signed audit again; its sign-offs and issued reports stay. Raises NotSigned, ReopenReasonRequired."""
    _lock(audit)
    if audit.status != Audit.Status.SIGNED:
        raise NotSigned
    reason = reason.strip()
    if not reason:
        raise ReopenReasonRequired
    _set_status(audit, Audit.Status.REVIEW)
    activity.record(
        actor=by, action="audit.reopened", obj=audit, engagement=audit.engagement, detail={"reason": reason}
    )


class Watch:
    """Whoever waits for a report hears how far it is; ``keeps`` is part of the transaction that keeps it."""

    def begins(self, stage):
        """This stage of ReportJob begins now."""

    def keeps(self, made):
        """The Report or DraftReport is being kept now."""


NOBODY = Watch()
Stage = ReportJob.Stage


def report_issue(*, by, audit, language=Report.Language.ZH, template=TEMPLATE, watch=NOBODY):
    """Issue the signed audit's report: its data and its PDF, kept with their hashes; return the Report.

    The same signature, template, language and settings give the same report: if it was issued before, that one is
    returned and nothing new is kept. Raises NotSigned, and StateChanged when the findings are not what was signed.
    The PDF is made before the transaction begins; when somebody else took the number meanwhile, it is made again with
    the next one, until that has failed five times (NumberTaken).
    """
    watch.begins(Stage.COLLECTING)
    for _attempt in range(5):
        sign_off = valid_sign_off(audit)
        house = house_context()
        number = next_number(timezone.localdate().year, house)
        context = _context(audit, sign_off, language, template, number, house=house)
        if same := _issued_before(sign_off, context):
            with transaction.atomic():
                watch.keeps(same)
            return same
        watch.begins(Stage.SETTING)
        made = render_pdf(context)
        watch.begins(Stage.KEEPING)
        try:
            return _report_keep(by, audit, sign_off, context, made, watch)
        except NumberTaken:
            continue
    raise NumberTaken


def draft_make(*, by, audit, number, at, language=Report.Language.ZH, template=TEMPLATE, watch=NOBODY):
    """Make a draft of the audit as it stands, decided or not: a DraftReport called ``number``, made as of ``at``."""
    watch.begins(Stage.COLLECTING)
    context = _context(audit, None, language, template, number, at)
    watch.begins(Stage.SETTING)
    made = render_pdf(context)
    watch.begins(Stage.KEEPING)
    draft = DraftReport(audit=audit, **_made(by, context, made))
    with transaction_with_file(draft.pdf):
        draft.save()
        watch.keeps(draft)
        detail = {"number": number, "language": draft.language, "pdf_sha256": draft.pdf_sha256}
        activity.record(actor=by, action="report.drafted", obj=audit, engagement=audit.engagement, detail=detail)
    return draft


def next_number(year, house=None):
    """The next free report number of the year by the organisation's scheme, such as PA-2026-000012."""
    return numbering.next_number(year, (house or house_context())["numbering"])


def _lock(audit):
    """Lock the audit's row and see its true status: the instance may be older than the last signature."""
    audit.status = Audit.objects.select_for_update().only("status").get(pk=audit.pk).status


def _set_status(audit, status):
    audit.status, audit.waiting_since = status, None
    audit.save(update_fields=["status", "waiting_since"])


def valid_sign_off(audit):
    """The signature that a report of the audit would be about. Raises NotSigned and StateChanged."""
    if not Audit.objects.filter(pk=audit.pk, status=Audit.Status.SIGNED).exists():
        raise NotSigned
    sign_off = audit.sign_offs.select_related("signed_by").last()
    if digest(audit_state(audit)) != sign_off.decisions_digest:
        raise StateChanged
    return sign_off


def _context(audit, sign_off, language, template, number, at=None, house=None):
    """The report's data; a final one says what changed since the report whose place it takes."""
    context = build_context(
        audit,
        sign_off,
        language=str(language),
        number=number,
        template=template,
        at=at,
        house=house,
        views=policy_views(audit),
    )
    before = previous_report(sign_off) if sign_off else None
    if before and before.context:
        context["changes"] = report_changes(before.context, context)
        context["digests"]["context"] = context_digest(context)
    return context


def _issued_before(sign_off, context):
    """The report of this signature that says the very same under its own number, or None."""
    alike = sign_off.reports.filter(language=context["language"], template=context["template"])
    for report in alike.defer("context"):
        if report.context_digest == context_digest({**context, "number": report.number}):
            return report
    return None


def _made(by, context, pdf):
    """What issued reports and drafts have in common."""
    return {
        "number": context["number"],
        "language": context["language"],
        "template": context["template"],
        "context": context,
        "context_digest": context["digests"]["context"],
        "pdf": ContentFile(pdf, name="report.pdf"),
        "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        "pages": page_count(pdf),
        "created_by": by,
        "created_at": timezone.now(),
    }


def _report_keep(by, audit, sign_off, context, made, watch=NOBODY):
    report = Report(sign_off=sign_off, **_made(by, context, made))
    with transaction_with_file(report.pdf):
        _lock(audit)
        if audit.status != Audit.Status.SIGNED or audit.sign_offs.last() != sign_off:
            raise NotSigned
        if Report.objects.filter(number=report.number).exists():
            raise NumberTaken
        _save_with_free_number(report)
        watch.keeps(report)
        detail = {"number": report.number, "language": report.language, "pdf_sha256": report.pdf_sha256}
        activity.record(actor=by, action="report.issued", obj=report, engagement=audit.engagement, detail=detail)
    return report


def _save_with_free_number(report):
    """On PostgreSQL another audit's report may take the number between the look and the row."""
    try:
        report.save()
    except IntegrityError as error:
        raise NumberTaken from error
