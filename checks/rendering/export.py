"""An audit kept in the database as the command line's JSON (schema 1), plus what people decided."""

from ..engine.entities import Layout
from ..models import Audit, Finding

SCHEMA = 1


def audit_to_json(audit: Audit) -> dict:
    """The audit as plain data: the engine's result as it was proposed, and every decision in its order.

    Same shape as the command line's output, with ``decisions`` added: ``[{"code", "proposed", "verdict",
    "reason", "by", "at"}]``. An empty ``verdict`` is a decision taken back.
    """
    audit = Audit.objects.select_related("policy_version__document", "checklist_version__checklist").get(pk=audit.pk)
    version, checklist = audit.policy_version, audit.checklist_version
    layout = Layout.from_json(version.layout)
    rows = list(audit.findings.select_related("requirement").prefetch_related("evidence", "decisions__decided_by"))
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
    }


def _finding(row: Finding, layout: Layout) -> dict:
    return {
        "code": row.requirement.code,
        "verdict": row.proposed_verdict,
        "severity": row.severity,
        "confidence": row.confidence,
        "rationale": row.rationale_zh,
        "elements": row.elements,
        "evidence": [
            {
                "start": piece.start,
                "end": piece.end,
                "quote": piece.quote,
                "clause": piece.clause,
                "element": piece.element,
                **({"page": page} if (page := layout.page_at(piece.start)) else {}),
            }
            for piece in row.evidence.all()
        ],
        "searched": row.searched,
    }


def _decision(row: Finding, decision) -> dict:
    return {
        "code": row.requirement.code,
        "proposed": decision.proposed_verdict,
        "verdict": decision.verdict,
        "reason": decision.reason,
        "by": decision.decided_by.get_username(),
        "at": decision.decided_at.isoformat(),
    }
