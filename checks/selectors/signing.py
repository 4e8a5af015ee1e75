"""What a signature covers: the state of an audit as plain values, the same whenever it is read."""

from datetime import UTC

from django.db.models import (
    OuterRef,
    Prefetch,
    Subquery,
)

from ..models import (
    Decision,
    EngagementImport,
    EvidenceChange,
)
from .review import audit_observations


def findings_with_latest_decision(audit):
    """The audit's findings in checklist order, with ``decision_by`` (a user's id), ``decision_reason`` and
    ``decision_at`` of the decision that counts (None when there is none): one query.
    """
    latest = Decision.objects.filter(finding=OuterRef("pk")).order_by("-id")
    return (
        audit.findings.select_related("requirement")
        .annotate(
            decision_by=Subquery(latest.values("decided_by")[:1]),
            decision_reason=Subquery(latest.values("reason")[:1]),
            decision_at=Subquery(latest.values("decided_at")[:1]),
        )
        .order_by("position")
    )


def audit_state(audit):
    """Everything a signature stands for, as plain ordered data: what was audited, against what, and every decision.

    The same state always gives the same data, whatever people are called by then. In an imported engagement, people
    and audits have the numbers they were signed with.
    """
    numbers = SignedNumbers(audit.engagement_id)
    findings = audit.findings.select_related("requirement").order_by("position")
    observations = [_observation_state(row, numbers) for row in audit_observations(audit, withdrawn=True)]
    return {
        "audit": numbers.audit(audit.pk),
        "policy_sha256": audit.policy_version.sha256,
        "checklist_digest": audit.checklist_version.digest,
        "as_of": audit.as_of.isoformat(),
        "processor_scale": str(audit.processor_scale),
        "engine_version": audit.engine_version,
        "result_digest": audit.result_digest,
        "findings": [
            _finding_state(finding, numbers)
            for finding in findings.prefetch_related(
                Prefetch("decisions", Decision.objects.order_by("id")),
                Prefetch("evidence_changes", EvidenceChange.objects.order_by("id")),
            )
        ],
        # Only where there are some: a signature from before there were observations stays valid.
        **({"observations": observations} if observations else {}),
    }


class SignedNumbers:
    """The numbers that signatures were made over: a row's own, or in an imported engagement those of where it was made.

    Who joined an imported engagement here is "here:" and the number, so that nobody is taken for somebody else.
    """

    def __init__(self, engagement_id):
        origin = EngagementImport.objects.filter(engagement_id=engagement_id).values_list("numbers", flat=True).first()
        self.numbers = origin

    def user(self, pk):
        return self._of("user", pk)

    def audit(self, pk):
        return self._of("audit", pk)

    def _of(self, kind, pk):
        return pk if self.numbers is None else self.numbers[kind].get(str(pk), f"here:{pk}")


def _finding_state(finding, numbers):
    changes = [_change_state(change, numbers) for change in finding.evidence_changes.all()]
    return {
        "code": finding.requirement.code,
        "proposed": finding.proposed_verdict,
        "verdict": finding.final_verdict,
        "revision": finding.revision,
        "decisions": [
            {
                "verdict": decision.verdict,
                "reason": decision.reason,
                "by": numbers.user(decision.decided_by_id),
                "at": decision.decided_at.astimezone(UTC).isoformat(),
                # Rows from before there were kinds said by an empty verdict what they were.
                **({"kind": decision.kind} if decision.verdict and decision.kind != Decision.Kind.DECIDED else {}),
            }
            for decision in finding.decisions.all()
        ],
        # Only where there are some: a signature from before these could be changed stays valid.
        **({"evidence_changes": changes} if changes else {}),
        **({"remediation": finding.remediation} if finding.remediation else {}),
    }


def _change_state(change, numbers):
    return {
        "kind": change.kind,
        "start": change.start,
        "end": change.end,
        "quote": change.quote,
        "element": change.element,
        "by": numbers.user(change.changed_by_id),
        "at": change.changed_at.astimezone(UTC).isoformat(),
    }


def _observation_state(observation, numbers):
    """Every version of an observation, as a signature stands for it; the oldest first."""
    return {
        "number": observation.number,
        "withdrawn": observation.withdrawn,
        "versions": [
            {
                "title": version.title,
                "severity": version.severity,
                "basis": version.basis,
                "facts": version.facts,
                "remediation": version.remediation,
                "places": version.places,
                "withdrawn": version.withdrawn,
                "note": version.note,
                "by": numbers.user(version.written_by_id),
                "at": version.written_at.astimezone(UTC).isoformat(),
            }
            for version in reversed(observation.history)
        ],
    }
