"""A report's data as OSCAL assessment results (JSON), for tools that gather results of audits of any kind.

The mapping is described in docs/exports.md. Every identifier is computed from the report's number and the thing it
names, so the same report gives the same document.
"""

import json
from uuid import NAMESPACE_URL, uuid5

from .opinion import GAPS
from .words import said

MEDIA_TYPE = "application/json"
OSCAL_VERSION = "1.2.2"
NAMESPACE = uuid5(NAMESPACE_URL, "urn:policyaudit:oscal")
PROPS = "urn:policyaudit:oscal"  # whose names the properties are
SATISFIED = ("compliant",)


def render_oscal(context: dict) -> bytes:
    """The report that ``context.build_context`` describes → OSCAL assessment results."""
    return json.dumps(assessment_results(context), ensure_ascii=False, indent=1).encode()


def assessment_results(context: dict) -> dict:
    """The document as plain data. Requirements that do not apply have no finding; they are named in the result."""
    at = context["created_at"]
    number = _Names(context)
    auditor, auditee = number.uuid("party", "auditor"), number.uuid("party", "auditee")
    judged = [finding for finding in context["findings"] if finding["verdict"] != "not_applicable"]
    result = {
        "uuid": number.uuid("result"),
        "title": _line(f"{context['auditee']} · {context['product']} · {context['policy']['name']}"),
        "description": _scope(context),
        "start": at,
        "props": [
            _prop("policy-sha256", context["digests"]["policy"]),
            _prop("checklist-digest", context["digests"]["checklist"]),
            _prop("report-digest", context["digests"]["context"]),
            _prop("opinion", context["summary"]["opinion"]),
            _prop("draft", "yes" if context.get("draft") else "no"),
        ],
        "reviewed-controls": {
            "control-selections": [
                {"include-controls": [{"control-id": finding["code"]} for finding in context["findings"]]}
            ]
        },
        "observations": [
            *(_observation(finding, number, at) for finding in context["findings"]),
            *(_beyond(row, number) for row in context["observations"]),
        ],
    }
    if risks := [_risk(finding, number) for finding in judged if finding["verdict"] in GAPS]:
        result["risks"] = risks
    if findings := [_finding(finding, number) for finding in judged]:
        result["findings"] = findings
    return {
        "assessment-results": {
            "uuid": number.uuid("document"),
            "metadata": {
                "title": _line(f"PolicyAudit {context['number']}"),
                "last-modified": at,
                "version": _line(context["number"]),
                "oscal-version": OSCAL_VERSION,
                "roles": [{"id": "assessor", "title": "Assessor"}, {"id": "auditee", "title": "Auditee"}],
                "parties": [
                    {"uuid": auditor, "type": "organization", "name": _line(_organisation(context))},
                    {"uuid": auditee, "type": "organization", "name": _line(context["auditee"])},
                ],
                "responsible-parties": [
                    {"role-id": "assessor", "party-uuids": [auditor]},
                    {"role-id": "auditee", "party-uuids": [auditee]},
                ],
            },
            # There is no assessment plan in OSCAL: the checklist plays its part and is described in the back matter.
            "import-ap": {"href": f"#{number.uuid('checklist')}"},
            "results": [result],
            "back-matter": {"resources": _resources(context, number)},
        }
    }


class _Names:
    """Identifiers that are always the same for the same thing of the same report."""

    def __init__(self, context):
        self.report = f"{context['number']}/{context['digests']['context']}"

    def uuid(self, *names) -> str:
        return str(uuid5(NAMESPACE, "/".join([self.report, *map(str, names)])))


def _finding(finding, number):
    satisfied = finding["verdict"] in SATISFIED
    status = {"state": "satisfied" if satisfied else "not-satisfied", "reason": "pass" if satisfied else "fail"}
    if finding["verdict"] == "undetermined":
        status["reason"] = "other"
    told = {
        "uuid": number.uuid("finding", finding["code"]),
        "title": _line(said(finding["title"])),
        "description": said(finding["rationale"]) or "—",
        "props": [_prop("verdict", finding["verdict"]), _prop("severity", finding["severity"])],
        "target": {"type": "objective-id", "target-id": finding["code"], "status": status},
        "related-observations": [{"observation-uuid": number.uuid("observation", finding["code"])}],
    }
    if finding["verdict"] in GAPS:
        told["related-risks"] = [{"risk-uuid": number.uuid("risk", finding["code"])}]
    if finding["reason"]:
        told["remarks"] = finding["reason"]
    return told


def _observation(finding, number, at):
    told = {
        "uuid": number.uuid("observation", finding["code"]),
        "title": _line(said(finding["title"])),
        "description": said(finding["question"]) or said(finding["title"]) or finding["code"],
        "props": [_prop("requirement", finding["code"]), _prop("verdict", finding["verdict"])],
        "methods": ["EXAMINE"],
        "types": ["finding"],
        "collected": finding["decided_at"] or at,
    }
    if finding["evidence"]:
        told["relevant-evidence"] = [_evidence(piece, number) for piece in finding["evidence"]]
    return told


def _beyond(row, number):
    """An observation beyond the checklist; it belongs to no requirement."""
    told = {
        "uuid": number.uuid("observation", "beyond", row["number"]),
        "title": _line(row["title"]),
        "description": row["facts"],
        "props": [_prop("severity", row["severity"]), _prop("beyond-the-checklist", f"O{row['number']}")],
        "methods": ["EXAMINE"],
        "types": ["discovery"],
        "collected": row["written_at"],
    }
    if row["evidence"]:
        told["relevant-evidence"] = [_evidence(piece, number) for piece in row["evidence"]]
    if row["remediation"]:
        told["remarks"] = row["remediation"]
    return told


def _evidence(piece, number):
    props = [_prop("number", piece["number"]), _prop("start", piece["start"]), _prop("end", piece["end"])]
    if piece["clause"]:
        props.append(_prop("clause", _line(piece["clause"])))
    if piece.get("page"):
        props.append(_prop("page", piece["page"]))
    return {"href": f"#{number.uuid('policy')}", "description": piece["quote"], "props": props}


def _risk(finding, number):
    """What is wrong and what is to be done about it, with the day it is due where one was set."""
    risk = {
        "uuid": number.uuid("risk", finding["code"]),
        "title": _line(said(finding["title"])),
        "description": said(finding["rationale"]) or "—",
        "statement": finding["reason"] or said(finding["question"]) or "—",
        "props": [_prop("severity", finding["severity"])],
        "status": "open",
        "remediations": [
            {
                "uuid": number.uuid("remediation", finding["code"]),
                "lifecycle": "recommendation",
                "title": _line(said(finding["title"])),
                "description": said(finding["remediation"]) or "—",
            }
        ],
    }
    if finding.get("due"):
        risk["deadline"] = f"{finding['due']}T23:59:59+08:00"
    return risk


def _resources(context, number):
    policy, checklist = context["policy"], context["checklist"]
    return [
        {
            "uuid": number.uuid("policy"),
            "title": _line(f"{policy['name']} v{policy['version']}"),
            "description": f"{policy['filename']}, {policy['bytes']} bytes, SHA-256 {context['digests']['policy']}",
            "props": [_prop("sha256", context["digests"]["policy"])],
        },
        {
            "uuid": number.uuid("checklist"),
            "title": _line(f"{said(checklist['title'])} {checklist['version']}"),
            "description": f"{checklist['slug']} {checklist['version']}, digest {context['digests']['checklist']}",
            "props": [_prop("digest", context["digests"]["checklist"])],
        },
    ]


def _scope(context):
    return context["scope"] or f"{said(context['checklist']['title'])} {context['checklist']['version']}"


def _prop(name, value):
    return {"name": name, "ns": PROPS, "value": str(value)}


def _line(text):
    """One line that is not empty: OSCAL's titles hold no line breaks."""
    return " ".join(str(text).split()) or "—"


def _organisation(context):
    names = context.get("house", {}).get("organisation", {})
    return names.get("zh") or names.get("en") or "PolicyAudit"
