"""Can the audit be signed? What stands in the way, what should be looked at first, and where each point is settled."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext

from ..models import Finding
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..selectors.review import audit_observations
from ..selectors.signing import findings_with_latest_decision
from ..standing import standing_evidence
from ..teamwork import open_comment_counts, running_or_unresolved
from .contradictions import contradictions

GRAVE = (SeverityChoices.CRITICAL, SeverityChoices.MAJOR)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands between the audit and its signature, or, not ``blocking``, should be known before it.

    ``finding_id`` or ``policy_version_id`` leads to where it can be removed.
    """

    code: str  # no_findings, undecided, override_without_reason, sent_back, …: see the functions below
    message: str
    finding_id: int | None = None
    requirement: str = ""  # its code, for lists
    blocking: bool = True
    policy_version_id: int | None = None
    observation_id: int | None = None


def readiness(audit, *, signer=None):
    """What stands between the audit and its signature: Obstacles in the order of the checklist, none when ready.

    With ``signer`` it also says whether this person may be the one to sign. Reads only; a fixed number of queries.
    """
    findings = list(findings_with_latest_decision(audit).prefetch_related("evidence", "evidence_changes__changed_by"))
    open_comments = open_comment_counts(audit)
    obstacles = [obstacle for finding in findings for obstacle in _of_finding(finding, open_comments)]
    obstacles += _contradictory(findings)
    obstacles += _of_audit(audit, findings)
    observations = audit_observations(audit)
    obstacles += _of_observations(observations)
    if signer and (decided := decided_by(findings, signer)):
        obstacles.append(Obstacle("signer_decided", signer_decided_text(decided)))
    if signer and (written := written_by(observations, signer)):
        obstacles.append(Obstacle("signer_observed", signer_observed_text(written)))
    return obstacles


def decided_by(findings, user):
    """On how many of ``findings_with_latest_decision`` this person made the decision that counts."""
    return sum(finding.is_decided and finding.decision_by == user.pk for finding in findings)


def signer_decided_text(count):
    """Why somebody cannot sign who decided."""
    return gettext("Somebody else has to sign off: you decided %(count)s of the findings yourself.") % {"count": count}


def written_by(observations, user):
    """Of how many of ``audit_observations`` this person wrote the version that counts."""
    return sum(observation.current.written_by_id == user.pk for observation in observations)


def signer_observed_text(count):
    """Why somebody cannot sign who wrote observations."""
    return gettext("Somebody else has to sign off: you wrote %(count)s of the observations yourself.") % {
        "count": count
    }


def _of_observations(observations) -> Iterator[Obstacle]:
    for observation in observations:
        if observation.current.severity in GRAVE and not observation.current.remediation:
            message = gettext("Observation %(number)s is %(severity)s, and nothing says what has to be done.")
            words = {"number": observation.number, "severity": observation.current.get_severity_display()}
            yield Obstacle("observation_without_remediation", message % words, observation_id=observation.pk)


def _of_finding(finding, open_comments) -> Iterator[Obstacle]:
    code = finding.requirement.code

    def obstacle(kind, message, *, blocking=True, **words):
        return Obstacle(kind, message % {"code": code, **words}, finding.pk, code, blocking)

    if not finding.is_decided:
        yield obstacle("undecided", gettext("%(code)s is not decided."))
    elif finding.final_verdict != finding.proposed_verdict and not (finding.decision_reason or "").strip():
        yield obstacle(
            "override_without_reason", gettext("%(code)s was decided otherwise than proposed, without a reason.")
        )
    if finding.second_look == Finding.SecondLook.SENT_BACK:
        yield obstacle("sent_back", gettext("%(code)s was sent back and has not been decided again."))
    if finding.in_discussion:
        yield obstacle("in_discussion", gettext("%(code)s is marked for discussion."))
    if _lacks_remediation(finding):
        yield obstacle("no_remediation", gettext("%(code)s is not compliant, and nothing says what has to be done."))
    if _lost_its_evidence(finding):
        yield obstacle(
            "evidence_removed", gettext("%(code)s was decided as compliant, but all its evidence was removed.")
        )
    if count := open_comments.get(finding.pk):
        message = ngettext("%(code)s has %(count)s open comment.", "%(code)s has %(count)s open comments.", count)
        yield obstacle("open_comments", message, blocking=False, count=count)


def _lacks_remediation(finding):
    """Somebody has to mend it and is not told how: neither in the checklist nor by the auditor."""
    if finding.final_verdict != VerdictChoices.NON_COMPLIANT or finding.severity not in GRAVE or finding.remediation:
        return False
    return not (finding.requirement.content.get("remediation_zh") or "").strip()


def _lost_its_evidence(finding):
    if finding.final_verdict != VerdictChoices.COMPLIANT or not finding.evidence_changes.all():
        return False
    return not standing_evidence(finding)


def _contradictory(findings):
    by_code = {finding.requirement.code: finding for finding in findings}
    found = contradictions({code: finding.final_verdict for code, finding in by_code.items()})
    message = gettext("%(code)s was decided as not applicable, but the verdict on %(others)s says that it applies.")
    return [
        Obstacle(
            "contradictory",
            message % {"code": code, "others": gettext(", ").join(others)},
            by_code[code].pk,
            code,
            blocking=False,
        )
        for code, others in found.items()
    ]


def _of_audit(audit, findings):
    if not findings:
        yield Obstacle("no_findings", gettext("The audit has no findings."))
    blind = running_or_unresolved(audit)
    if blind and blind.is_running:
        yield Obstacle("blind_running", gettext("The blind second review is not finished."))
    elif blind and blind.unresolved:
        message = ngettext(
            "The two auditors differ on %(count)s finding that has not been resolved.",
            "The two auditors differ on %(count)s findings that have not been resolved.",
            blind.unresolved,
        )
        yield Obstacle("unresolved", message % {"count": blind.unresolved})
    newer = audit.policy_version.document.versions.filter(number__gt=audit.policy_version.number)
    newest = newer.order_by("number").values_list("pk", "number").last()
    if newest:
        message = gettext("There is a newer version of this policy: version %(number)s.") % {"number": newest[1]}
        yield Obstacle("superseded", message, blocking=False, policy_version_id=newest[0])
