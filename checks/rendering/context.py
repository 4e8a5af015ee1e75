"""Audit → the plain data of its report.

The result is JSON-safe, complete and ordered: kept with the issued report, it renders the same report again
without the database. Texts are in the report's language; verdicts, severities and the like stay codes, which
the template puts into words. Quotes are the evidence rows' quotes, never anything else.
"""

from datetime import datetime

from django.utils import timezone

from ..engine.entities import Layout
from ..models import Audit, Finding, Observation, SignOff
from ..models.engagement import person_name
from ..selectors import audit_observations, evidence_changes, score, tailoring_record
from ..standing import element_is_met, standing_evidence
from .digests import digest
from .opinion import SEVERITIES, count_verdicts, gravest_first, overall_opinion

SCHEMA = 1
TEMPLATE = "v1"
CHINESE = "zh-hans"


def build_context(audit: Audit, sign_off: SignOff, *, language: str, number: str) -> dict:
    """Everything the report says, as of the moment of ``sign_off``.

    Takes a signed-off audit, the sign-off the report is about, "zh-hans" or "en", and the report number.
    ``created_at`` is the time of the sign-off, so the same sign-off always gives the same report.
    ``digests.context`` is the digest of all the rest (see ``context_digest``). The number of queries does not
    depend on the number of findings.
    """
    audit = (
        Audit.objects.select_related("engagement", "policy_version__document", "checklist_version__checklist")
        .defer("policy_version__text", "outline")
        .get(pk=audit.pk)
    )
    names = _Names(audit.checklist_version.source, language)
    rows = list(
        audit.findings.select_related("requirement").prefetch_related(
            "evidence", evidence_changes(), "requirement__legal_basis", "decisions__decided_by"
        )
    )
    layout = Layout.from_json(audit.policy_version.layout)
    findings = [_finding(row, names, layout) for row in rows]
    _number(findings)
    gaps = gravest_first(findings)
    observations = [_observation(row) for row in audit_observations(audit)]
    context = {
        "schema": SCHEMA,
        "template": TEMPLATE,
        "language": language,
        "number": number,
        "created_at": _moment(sign_off.signed_at),
        "issued_on": timezone.localdate(sign_off.signed_at).isoformat(),
        **_subject(audit, names),
        "summary": {
            "opinion": overall_opinion(findings, observations),
            "opinion_by_observation": overall_opinion(findings, observations) != overall_opinion(findings),
            "counts": count_verdicts(findings),
            "score": score(count_verdicts(findings)),
            "by_severity": [_severity(findings, severity) for severity in SEVERITIES],
            "gaps": [gap["code"] for gap in gaps],
            "overridden": sum(finding["overridden"] for finding in findings),
            "quotes": sum(len(finding["evidence"]) for finding in findings),
        },
        "domains": _domains(findings, names),
        "findings": findings,
        "observations": observations,
        "tailoring": [_tailoring(row, names) for row in tailoring_record(audit)],
        "sign_off": _sign_off(sign_off, rows),
        "digests": {
            "policy": audit.policy_version.sha256,
            "checklist": audit.checklist_version.digest,
            "result": audit.result_digest,
            "decisions": sign_off.decisions_digest,
        },
    }
    context["digests"]["context"] = context_digest(context)
    return context


def context_digest(context: dict) -> str:
    """The digest of a report's data, leaving out the place where this digest itself is written."""
    digests = {name: value for name, value in context["digests"].items() if name != "context"}
    return digest({**context, "digests": digests})


class _Names:
    """Titles in the report's language; where no translation exists, the Chinese one, marked as Chinese."""

    def __init__(self, source: dict, language: str):
        self.suffix = "zh" if language == CHINESE else "en"
        self.domains = {entry["id"]: self.of(entry, "title") for entry in source.get("domains", ())}
        self.instruments = {entry["id"]: self.of(entry, "title") for entry in source.get("instruments", ())}

    def of(self, entry: dict, field: str) -> dict:
        return self.pick(zh=entry.get(f"{field}_zh") or "", en=entry.get(f"{field}_en") or "")

    def pick(self, *, zh: str, en: str) -> dict:
        if self.suffix == "en" and en:
            return {"text": en, "language": "en"}
        return {"text": zh, "language": CHINESE}

    def domain(self, code: str) -> dict:
        return self.domains.get(code) or {"text": code, "language": "en"}

    def instrument(self, code: str) -> dict:
        return self.instruments.get(code) or {"text": code, "language": "en"}


def _subject(audit: Audit, names: _Names) -> dict:
    """What was audited, against what, by whom."""
    engagement, version, checklist = audit.engagement, audit.policy_version, audit.checklist_version
    members = engagement.memberships.select_related("user").order_by("id")
    return {
        "auditee": engagement.auditee,
        "product": engagement.product,
        "scope": engagement.scope,
        "processor_scale": audit.processor_scale,
        "team": [{"name": person_name(member.user), "role": member.role} for member in members],
        "policy": {
            "name": version.document.name,
            "version": version.number,
            "filename": version.filename,
            "media_type": version.media_type,
            "encoding": version.encoding,
            "bytes": version.size,
            "characters": version.characters,
            "received_at": _moment(version.uploaded_at),
            "warnings": list(version.warnings),
        },
        "checklist": {
            "slug": checklist.checklist.slug,
            "version": checklist.version,
            "title": names.pick(zh=checklist.checklist.title_zh, en=checklist.checklist.title_en),
            "published_at": _moment(checklist.published_at),
        },
        "as_of": audit.as_of.isoformat(),
        "engine": audit.engine_version,
        "analysed_at": _moment(audit.started_at),
    }


def _finding(row: Finding, names: _Names, layout: Layout) -> dict:
    entry = row.requirement.content
    decision = _standing_decision(row)
    pieces = standing_evidence(row)
    elements = {element["id"]: element for element in entry.get("elements") or ()}
    titles = {
        **{signal["id"]: names.of(signal, "title") for signal in entry.get("signals") or ()},
        **{code: names.of(element, "title") for code, element in elements.items()},
    }
    return {
        "code": row.requirement.code,
        "domain": row.requirement.domain,
        "kind": row.requirement.kind,
        "severity": row.severity,
        "title": names.pick(zh=row.requirement.title_zh, en=row.requirement.title_en),
        "question": names.of(entry, "question"),
        "verdict": row.verdict,
        "proposed": row.proposed_verdict,
        "overridden": row.is_decided and row.final_verdict != row.proposed_verdict,
        "decided": row.is_decided,
        "reason": decision.reason if decision else "",
        "decided_by": person_name(decision.decided_by) if decision else "",
        "decided_at": _moment(decision.decided_at) if decision else "",
        "confidence": row.confidence,
        "rationale": names.pick(zh=row.rationale_zh, en=row.rationale_en),
        "legal_bases": [
            {
                "instrument": names.instrument(basis.instrument),
                "ref": basis.ref,
                "note": names.pick(zh=basis.note_zh, en=basis.note_en),
                "verified": basis.verified,
            }
            for basis in row.requirement.legal_basis.all()
        ],
        "elements": [
            {
                "id": result["id"],
                "title": titles.get(result["id"]) or {"text": result["id"], "language": "en"},
                "required": elements.get(result["id"], {}).get("required", True),
                "met": element_is_met(result, row.evidence.all(), pieces),
            }
            for result in row.elements
        ],
        "evidence": _evidence(pieces, titles, layout),
        "searched": _searched(row.searched or {}),
        # What the auditor wrote for this finding stands in whatever language it was written in.
        "remediation": {"text": row.remediation, "language": CHINESE}
        if row.remediation
        else names.of(entry, "remediation"),
    }


def _evidence(pieces: list, titles: dict, layout: Layout) -> list[dict]:
    """Each quoted place once, with everything it is evidence for, by whom where a person added it, and its ``page``
    where the original has pages."""
    places: dict[tuple[int, int], dict] = {}
    for piece in pieces:
        place = {"start": piece.start, "end": piece.end, "quote": piece.quote, "clause": piece.clause, "elements": []}
        if page := layout.page_at(piece.start):
            place["page"] = page
        found = places.setdefault((piece.start, piece.end), place)
        if piece.added_by:
            found["added_by"] = person_name(piece.added_by)
        if title := titles.get(piece.element):
            found["elements"].append(title)
    return list(places.values())


def _standing_decision(row: Finding):
    """The decision that counts now: the latest with the final verdict. Taking one back adds an empty row."""
    standing = [decision for decision in row.decisions.all() if decision.verdict == row.final_verdict]
    return standing[-1] if standing and row.final_verdict else None


def _searched(searched: dict) -> dict:
    return {
        "characters": searched.get("characters", 0),
        "sentences": searched.get("sentences", 0),
        "sections": list(searched.get("sections") or ()),
        "terms": list(searched.get("terms") or ()),
        "nearest": [
            {key: near.get(key, "") for key in ("start", "end", "quote", "clause", "why")}
            for near in searched.get("nearest") or ()
        ],
    }


def _observation(row: Observation) -> dict:
    """An observation beyond the checklist in its author's words; its quotes are numbered "O3.1"."""
    current = row.current
    return {
        "number": row.number,
        "title": current.title,
        "severity": current.severity,
        "facts": current.facts,
        "legal_basis": current.basis.splitlines(),
        "remediation": current.remediation,
        "evidence": [
            {**place, "number": f"O{row.number}.{position}"} for position, place in enumerate(current.places, 1)
        ],
        "written_by": person_name(current.written_by),
        "written_at": _moment(current.written_at),
    }


def _tailoring(row: dict, names: _Names) -> dict:
    """A change this engagement made to the checklist, with its title in the report's language."""
    plain = {key: value for key, value in row.items() if not key.startswith("title_")}
    return {**plain, "title": names.of(row, "title")}


def _number(findings: list[dict]) -> None:
    """Findings and quotes are numbered through the report, so that people can say "finding 4, E17"."""
    for position, finding in enumerate(findings, 1):
        finding["position"] = position
    pieces = (piece for finding in findings for piece in finding["evidence"])
    for position, piece in enumerate(pieces, 1):
        piece["number"] = f"E{position}"


def _severity(findings: list[dict], severity: str) -> dict:
    return {
        "severity": str(severity),
        "counts": count_verdicts([finding for finding in findings if finding["severity"] == severity]),
    }


def _domains(findings: list[dict], names: _Names) -> list[dict]:
    """In the order in which the checklist first speaks of them."""
    domains = []
    for code in dict.fromkeys(finding["domain"] for finding in findings):
        counts = count_verdicts([finding for finding in findings if finding["domain"] == code])
        domains.append({"id": code, "title": names.domain(code), "counts": counts, "score": score(counts)})
    return domains


def _sign_off(sign_off: SignOff, rows: list[Finding]) -> dict:
    decided = {}
    for row in rows:
        if decision := _standing_decision(row):
            decided.setdefault(decision.decided_by_id, [person_name(decision.decided_by), 0, decision.decided_at])
            entry = decided[decision.decided_by_id]
            entry[1] += 1
            entry[2] = max(entry[2], decision.decided_at)
    return {
        "signed_by": person_name(sign_off.signed_by),
        "signed_at": _moment(sign_off.signed_at),
        "statement": sign_off.statement,
        "deciders": [{"name": name, "findings": count, "last_at": _moment(at)} for name, count, at in decided.values()],
    }


def _moment(value: datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")
