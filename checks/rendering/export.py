"""An audit kept in the database as the command line's JSON (schema 1), plus what people decided."""

from ..engine.entities import Layout
from ..models import Audit, Finding
from ..selectors.review import audit_observations, evidence_changes
from ..standing import standing_evidence

SCHEMA = 1


def audit_to_json(audit: Audit) -> dict:
    """The audit as plain data: the engine's result as it was proposed, and every decision in its order.

    Same shape as the command line's output, with what people did added: ``decisions``, ``[{"code", "proposed",
    "verdict", "reason", "by", "at", "kind"}]`` (an empty ``verdict``: the finding is open again), ``evidence_changes``,
    and in every finding ``standing_evidence``, the evidence that counts now, and ``remediation`` where one was written;
    ``observations`` are what auditors noted beyond the checklist, withdrawn ones included, each with its earlier
    versions.
    """
    audit = Audit.objects.select_related("policy_version__document", "checklist_version__checklist").get(pk=audit.pk)
    version, checklist = audit.policy_version, audit.checklist_version
    layout = Layout.from_json(version.layout)
    findings = audit.findings.select_related("requirement")
    rows = list(findings.prefetch_related("evidence", evidence_changes(), "decisions__decided_by"))
    return {
        "schema": SCHEMA,
        "policy": {
            "name": version.filename or version.document.name,
            "sha256": version.sha256,
            "characters": version.characters,
            "facts": audit.facts,
        },
        "checklist": {"slug": checklist.checklist.slug, "version": checklist.version, "digest": checklist.digest},
        "engine": audit.engine_version,
        "findings": [_finding(row, layout) for row in rows],
        "digest": audit.result_digest,
        "decisions": [_decision(row, decision) for row in rows for decision in row.decisions.all()],
        "evidence_changes": [_change(row, change, layout) for row in rows for change in row.evidence_changes.all()],
        "observations": [_observation(row) for row in audit_observations(audit, withdrawn=True)],
    }


def _finding(row: Finding, layout: Layout) -> dict:
    return {
        "code": row.requirement.code,
        "verdict": row.proposed_verdict,
        "severity": row.severity,
        "confidence": row.confidence,
        "rationale": row.rationale_zh,
        "elements": row.elements,
        "evidence": [_place(piece, layout) for piece in row.evidence.all()],
        "standing_evidence": [
            {**_place(piece, layout), "added_by": piece.added_by.get_username() if piece.added_by else None}
            for piece in standing_evidence(row)
        ],
        "searched": row.searched,
        **({"remediation": row.remediation} if row.remediation else {}),
    }


def _place(piece, layout: Layout) -> dict:
    place = {name: getattr(piece, name) for name in ("start", "end", "quote", "clause", "element")}
    return {**place, "page": page} if (page := layout.page_at(piece.start)) else place


def _change(row: Finding, change, layout: Layout) -> dict:
    return {
        "code": row.requirement.code,
        "change": change.kind,
        **_place(change, layout),
        "act": str(change.act),
        "by": change.changed_by.get_username(),
        "at": change.changed_at.isoformat(),
    }


def _decision(row: Finding, decision) -> dict:
    return {
        "code": row.requirement.code,
        "proposed": decision.proposed_verdict,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "by": decision.decided_by.get_username(),
        "at": decision.decided_at.isoformat(),
        "kind": decision.kind,
    }


def _observation(row) -> dict:
    return {
        "number": row.number,
        "withdrawn": row.withdrawn,
        **_version(row.current),
        "earlier": [_version(version) for version in row.history[1:]],
    }


def _version(version) -> dict:
    return {
        "title": version.title,
        "severity": version.severity,
        "legal_basis": version.basis.splitlines(),
        "facts": version.facts,
        "remediation": version.remediation,
        "evidence": version.places,
        "note": version.note,
        "by": version.written_by.get_username(),
        "at": version.written_at.isoformat(),
    }
