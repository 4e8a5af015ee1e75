"""Audit → the plain data of its report.

The result is JSON-safe, complete and ordered: kept with the issued report, it renders the same report again
without the database. Texts are in the report's language; verdicts, severities and the like stay codes, which
the template puts into words. Quotes are the evidence rows' quotes, never anything else.
"""

from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from ..accuracy_card import measured_accuracy
from ..engine.entities import Layout
from ..models import Audit, Finding, FindingChange, Observation, SignOff
from ..models.engagement import person_name
from ..selectors.audits import score, tailoring_record
from ..selectors.review import audit_observations, evidence_changes
from ..standing import element_is_met, standing_evidence
from ..terms import citation, why_near
from .digests import context_digest
from .house import house_context
from .opinion import SEVERITIES, count_verdicts, gravest_first, overall_opinion
from .views import plain_views, with_page

SCHEMA = 2
TEMPLATE = "v2/standard"
CHINESE = "zh-hans"
BILINGUAL = "bilingual"


def build_context(
    audit: Audit,
    sign_off: SignOff | None,
    *,
    language: str,
    number: str,
    template: str = TEMPLATE,
    at: datetime | None = None,
    house: dict | None = None,
    views=None,
    changes: dict | None = None,
) -> dict:
    """Everything the report says, as of the moment of ``sign_off``; without one it is the draft of ``at``.

    Takes an audit, the sign-off the report is about, "zh-hans", "en" or "bilingual", the report number and the
    template (one of ``pdf.TEMPLATES``). ``house`` are the organisation's settings (those of now when left out),
    ``views`` the engine's PolicyViews of the text, ``changes`` what is new since the last report.
    ``created_at`` is the time of the sign-off, so the same sign-off and settings always give the same report.
    ``digests.context`` is the digest of all the rest (see ``context_digest``). The number of queries does not
    depend on the number of findings.
    """
    audit = Audit.objects.select_related("engagement", "policy_version__document", "checklist_version__checklist").get(
        pk=audit.pk
    )
    house = house_context() if house is None else house
    at = sign_off.signed_at if sign_off else at
    names = _Names(audit.checklist_version.source, language)
    rows = list(
        audit.findings.select_related("requirement", "assignee").prefetch_related(
            "evidence", evidence_changes(), _finding_changes(), "requirement__legal_basis", "decisions__decided_by"
        )
    )
    layout = Layout.from_json(audit.policy_version.layout)
    findings = [_finding(row, names, layout) for row in rows]
    _number(findings)
    gaps = gravest_first(findings)
    observations = [_observation(row, layout) for row in audit_observations(audit)]
    opinion = overall_opinion(findings, observations, house["opinion"])
    context = {
        "schema": SCHEMA,
        "template": template,
        "language": language,
        "draft": sign_off is None,
        "number": number,
        "created_at": _moment(at),
        "issued_on": timezone.localdate(at).isoformat(),
        "house": house,
        **_subject(audit, names),
        "summary": {
            "opinion": opinion,
            "opinion_by_observation": opinion != overall_opinion(findings, (), house["opinion"]),
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
        "views": plain_views(views, layout, language) if views else {},
        "outline": [
            {"start": start, "level": level, "label": label, "title": title}
            for start, _body, _end, level, label, title, _parent in audit.outline.get("sections") or ()
        ],
        "text": audit.policy_version.text,
        "sign_off": _sign_off(sign_off, rows),
        "accuracy": _accuracy(audit.checklist_version.digest),
        **({"changes": changes} if changes else {}),
        "digests": {
            "policy": audit.policy_version.sha256,
            "checklist": audit.checklist_version.digest,
            "result": audit.result_digest,
            "decisions": sign_off.decisions_digest if sign_off else "",
        },
    }
    context["digests"]["context"] = context_digest(context)
    return context


def _finding_changes():
    """For prefetching: what people set on findings beside the verdict, with their names."""
    return Prefetch("changes", FindingChange.objects.select_related("made_by").order_by("id"))


class _Names:
    """Titles in the report's language; where no translation exists, the Chinese one, marked as Chinese.

    A bilingual report has the Chinese text and beside it, under ``en``, the English one where there is one.
    """

    def __init__(self, source: dict, language: str):
        self.language = language
        self.domains = {entry["id"]: self.of(entry, "title") for entry in source.get("domains", ())}
        self.instruments = {entry["id"]: self.of(entry, "title") for entry in source.get("instruments", ())}

    def of(self, entry: dict, field: str) -> dict:
        return self.pick(zh=entry.get(f"{field}_zh") or "", en=entry.get(f"{field}_en") or "")

    def pick(self, *, zh: str, en: str) -> dict:
        if self.language == "en" and en:
            return {"text": en, "language": "en"}
        return {"text": zh, "language": CHINESE, **({"en": en} if en and self.language == BILINGUAL else {})}

    def guide(self, entry: dict) -> list[dict]:
        """How the verdict is found, by verdict, as the checklist puts it."""
        chinese, english = entry.get("decide") or {}, entry.get("decide_en") or {}
        return [
            {"verdict": verdict, **self.pick(zh=chinese[verdict], en=english.get(verdict) or "")} for verdict in chinese
        ]

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
                "ref": citation(basis.ref, names.language),
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
                "met": element_is_met(
                    result, row.evidence.all(), pieces, absent=elements.get(result["id"], {}).get("absent", False)
                ),
            }
            for result in row.elements
        ],
        "evidence": _evidence(pieces, titles, layout),
        "searched": _searched(row.searched or {}, names.language),
        "trigger": names.of(entry, "trigger"),
        "guide": names.guide(entry),
        "owner": person_name(row.assignee) if row.assignee else "",
        "due": row.due_date.isoformat() if row.due_date else "",
        "history": [
            _told(item.decided_by, item.decided_at, verdict=item.verdict, reason=item.reason, kind=item.kind)
            for item in row.decisions.all()
        ],
        "evidence_history": [
            _told(item.changed_by, item.changed_at, kind=item.kind, quote=item.quote, clause=item.clause)
            for item in row.evidence_changes.all()
        ],
        "second_look": _second_look(row),
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


def _told(person, at: datetime, **what) -> dict:
    return {**what, "by": person_name(person), "at": _moment(at)}


def _second_look(row: Finding) -> dict | None:
    """What the second pair of eyes said last, None before anybody looked or after a look was taken back."""
    looks = [change for change in row.changes.all() if change.kind == FindingChange.Kind.SECOND_LOOK]
    return (
        _told(looks[-1].made_by, looks[-1].made_at, state=looks[-1].value, note=looks[-1].note)
        if looks and looks[-1].value
        else None
    )


def _searched(searched: dict, language: str) -> dict:
    return {
        "characters": searched.get("characters", 0),
        "sentences": searched.get("sentences", 0),
        "sections": list(searched.get("sections") or ()),
        "terms": list(searched.get("terms") or ()),
        "nearest": [
            {
                **{key: near.get(key, "") for key in ("start", "end", "quote", "clause")},
                "why": why_near(near.get("why", ""), language),
            }
            for near in searched.get("nearest") or ()
        ],
    }


def _observation(row: Observation, layout: Layout) -> dict:
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
            {**with_page(place, layout), "number": f"O{row.number}.{position}"}
            for position, place in enumerate(current.places, 1)
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


def _accuracy(digest: str) -> dict:
    """What was measured of the engine with just this checklist; empty where nobody measured it."""
    record = measured_accuracy(digest)
    if record is None:
        return {}
    told = ("policies", "items", "agreement", "kappa", "macro_f1")
    return {
        "engine": record["engine"],
        "as_of": record["as_of"],
        **{part: {name: record[part][name] for name in told} for part in ("open", "held")},
    }


def _sign_off(sign_off: SignOff | None, rows: list[Finding]) -> dict:
    decided = {}
    for row in rows:
        if decision := _standing_decision(row):
            decided.setdefault(decision.decided_by_id, [person_name(decision.decided_by), 0, decision.decided_at])
            entry = decided[decision.decided_by_id]
            entry[1] += 1
            entry[2] = max(entry[2], decision.decided_at)
    return {
        "signed_by": person_name(sign_off.signed_by) if sign_off else "",
        "signed_at": _moment(sign_off.signed_at) if sign_off else "",
        "statement": sign_off.statement if sign_off else "",
        "deciders": [{"name": name, "findings": count, "last_at": _moment(at)} for name, count, at in decided.values()],
    }


def _moment(value: datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")
