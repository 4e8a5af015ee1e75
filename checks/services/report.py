"""An audit is closed by a signature and leaves as a report whose data is frozen with it."""

import hashlib
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import selectors
from ..models import Audit, Report, SignOff
from ..rendering.context import build_context
from ..rendering.digests import digest
from ..rendering.pages import page_count
from ..rendering.pdf import render_pdf
from . import activity
from .errors import ServiceError
from .files import transaction_with_file
from .review import AuditSigned


class NotReady(ServiceError):
    """The audit cannot be signed yet; ``obstacles`` says why, one by one."""

    text = _("This audit cannot be signed off yet: %(count)s points are open.")

    def __init__(self, obstacles):
        super().__init__(count=len(obstacles))
        self.obstacles = obstacles


class SignerDecided(ServiceError):
    text = _("Somebody else has to sign off: you decided %(count)s of the findings yourself.")


class NotSigned(ServiceError):
    text = _("This audit is not signed off.")


class ReopenReasonRequired(ServiceError):
    text = _("Say why the audit is reopened.")


class StateChanged(ServiceError):
    text = _("The findings are no longer what was signed. Reopen the audit and sign it again.")


class NumberTaken(ServiceError):
    text = _("Several reports are being issued at this moment. Try again.")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands between the audit and its signature; ``finding_id`` leads to where it can be removed."""

    code: str  # no_findings, undecided, override_without_reason, signer_decided
    message: str
    finding_id: int | None = None
    requirement: str = ""  # its code, for lists


def readiness(audit, *, signer=None):
    """What stands between the audit and its signature: Obstacles in the order of the checklist, none when ready.

    With ``signer`` it also says whether this person may be the one to sign. Reads only; a fixed number of queries.
    """
    findings = list(selectors.findings_with_latest_decision(audit))
    obstacles = [obstacle for finding in findings for obstacle in _finding_obstacles(finding)]
    if not findings:
        obstacles.append(Obstacle("no_findings", gettext("The audit has no findings.")))
    if signer and (decided := _decided_by(findings, signer)):
        obstacles.append(Obstacle("signer_decided", SignerDecided(count=decided).message))
    return obstacles


@transaction.atomic
def audit_sign_off(*, by, audit, statement=""):
    """Sign the audit off and return the SignOff, which carries the digest of the exact state that was signed.

    Raises AuditSigned, NotReady with its obstacles, and SignerDecided when the signer made the decision that counts on
    any finding: four eyes.
    """
    _lock(audit)
    if audit.status == Audit.Status.SIGNED:
        raise AuditSigned
    if obstacles := readiness(audit):
        raise NotReady(obstacles)
    if decided := _decided_by(selectors.findings_with_latest_decision(audit), by):
        raise SignerDecided(count=decided)
    sign_off = SignOff.objects.create(
        audit=audit,
        signed_by=by,
        signed_at=timezone.now(),
        statement=statement.strip(),
        decisions_digest=digest(selectors.audit_state(audit)),
    )
    _set_status(audit, Audit.Status.SIGNED)
    detail = {"sign_off": sign_off.pk, "decisions_digest": sign_off.decisions_digest}
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


def report_issue(*, by, audit, language=Report.Language.ZH):
    """Issue the signed audit's report: its data and its PDF, kept with their hashes; return the Report.

    Raises NotSigned, and StateChanged when the findings are not what was signed. The PDF is made before the transaction
    begins; when somebody else took the number meanwhile, it is made again with the next one, until that has
    failed five times (NumberTaken).
    """
    for _attempt in range(5):
        sign_off = _valid_sign_off(audit)
        number = next_number(timezone.localdate().year)
        context = build_context(audit, sign_off, language=str(language), number=number)
        try:
            return _report_keep(by, audit, sign_off, context, render_pdf(context))
        except NumberTaken:
            continue
    raise NumberTaken


def next_number(year):
    """The next free report number of the year, such as PA-2026-000012."""
    last = Report.objects.filter(number__startswith=f"PA-{year}-").order_by("number").last()
    return f"PA-{year}-{int(last.number.rpartition('-')[2]) + 1 if last else 1:06d}"


def _finding_obstacles(finding):
    code = finding.requirement.code
    if not finding.is_decided:
        yield Obstacle("undecided", gettext("%(code)s is not decided.") % {"code": code}, finding.pk, code)
    elif finding.final_verdict != finding.proposed_verdict and not (finding.decision_reason or "").strip():
        message = gettext("%(code)s was decided otherwise than proposed, without a reason.") % {"code": code}
        yield Obstacle("override_without_reason", message, finding.pk, code)


def _decided_by(findings, user):
    return sum(finding.is_decided and finding.decision_by == user.pk for finding in findings)


def _lock(audit):
    """Lock the audit's row and see its true status: the instance may be older than the last signature."""
    audit.status = Audit.objects.select_for_update().only("status").get(pk=audit.pk).status


def _set_status(audit, status):
    audit.status = status
    audit.save(update_fields=["status"])


def _valid_sign_off(audit):
    if not Audit.objects.filter(pk=audit.pk, status=Audit.Status.SIGNED).exists():
        raise NotSigned
    sign_off = audit.sign_offs.select_related("signed_by").last()
    if digest(selectors.audit_state(audit)) != sign_off.decisions_digest:
        raise StateChanged
    return sign_off


def _report_keep(by, audit, sign_off, context, made):
    report = Report(
        sign_off=sign_off,
        number=context["number"],
        language=context["language"],
        template=context["template"],
        context=context,
        context_digest=context["digests"]["context"],
        pdf=ContentFile(made, name="report.pdf"),
        pdf_sha256=hashlib.sha256(made).hexdigest(),
        pages=page_count(made),
        created_by=by,
        created_at=timezone.now(),
    )
    with transaction_with_file(report.pdf):
        _lock(audit)
        if audit.status != Audit.Status.SIGNED or audit.sign_offs.last() != sign_off:
            raise NotSigned
        if Report.objects.filter(number=report.number).exists():
            raise NumberTaken
        _save_with_free_number(report)
        detail = {"number": report.number, "language": report.language, "pdf_sha256": report.pdf_sha256}
        activity.record(actor=by, action="report.issued", obj=report, engagement=audit.engagement, detail=detail)
    return report


def _save_with_free_number(report):
    """On PostgreSQL another audit's report may take the number between the look and the row."""
    try:
        report.save()
    except IntegrityError as error:
        raise NumberTaken from error
