"""The data of a report as tables: what Excel, CSV and the tables in Word show, in the language that is active."""

from django.utils.translation import gettext as _

from .opinion import GAPS, gravest_first
from .words import day, marked, printable, said, word


def finding_heads() -> list[str]:
    return [
        _("No."), _("Code"), _("Domain"), _("Requirement"), _("Severity"), _("Verdict"), _("Proposed"),
        _("Legal basis"), _("What is missing"), _("Evidence"), _("Rationale"), _("Reason"), _("Decided by"),
        _("Decided at"), _("Remediation"), _("Owner"), _("Due date"),
    ]  # fmt: skip


def finding_rows(context: dict) -> list[list]:
    """One row per finding, in the order of the report; numbers stay numbers."""
    titles = {domain["id"]: said(domain["title"]) for domain in context["domains"]}
    return [
        [
            finding["position"],
            finding["code"],
            titles[finding["domain"]],
            said(finding["title"]),
            word(finding["severity"]),
            marked(finding["verdict"]),
            marked(finding["proposed"]),
            "\n".join(legal_basis(basis) for basis in finding["legal_bases"]),
            "\n".join(missing(finding)),
            "\n".join(f"{piece['number']} {where(piece)}{piece['quote']}" for piece in finding["evidence"]),
            said(finding["rationale"]),
            finding["reason"],
            finding["decided_by"],
            finding["decided_at"][:16].replace("T", " "),
            said(finding["remediation"]) if finding["verdict"] in GAPS else "",
            finding.get("owner", ""),
            finding.get("due", ""),
        ]
        for finding in context["findings"]
    ]


def plan_heads() -> list[str]:
    return [
        _("Priority"), _("Code"), _("What is to be remedied"), _("Severity"), _("Verdict"), _("Remediation"),
        _("Legal basis"), _("Owner"), _("Due date"),
    ]  # fmt: skip


def plan_rows(context: dict) -> list[list]:
    """What has to be done, the gravest first; observations beyond the checklist follow the findings."""
    gaps = [
        [
            finding["code"],
            said(finding["title"]),
            word(finding["severity"]),
            marked(finding["verdict"]),
            said(finding["remediation"]),
            "\n".join(legal_basis(basis) for basis in finding["legal_bases"]),
            finding.get("owner", ""),
            finding.get("due", ""),
        ]
        for finding in gravest_first(context["findings"])
    ]
    observed = [
        [
            f"O{observation['number']}",
            observation["title"],
            word(observation["severity"]),
            "",
            observation["remediation"],
            "\n".join(observation["legal_basis"]),
            "",
            "",
        ]
        for observation in context["observations"]
    ]
    return [[position, *row] for position, row in enumerate(gaps + observed, 1)]


def quote_heads() -> list[str]:
    return [
        _("Number"),
        _("Code"),
        _("Clause"),
        _("Page"),
        _("From"),
        _("To"),
        _("Quote"),
        _("Evidence for"),
        _("Added by"),
    ]


def quote_rows(context: dict) -> list[list]:
    """One row per quoted place: findings first, then observations. ``from`` and ``to`` count characters in the text."""
    found = [(finding["code"], piece) for finding in context["findings"] for piece in finding["evidence"]]
    found += [(f"O{row['number']}", piece) for row in context["observations"] for piece in row["evidence"]]
    return [
        [
            piece["number"],
            code,
            piece["clause"],
            piece.get("page") or "",
            piece["start"],
            piece["end"],
            piece["quote"],
            "\n".join(said(title) for title in piece.get("elements", ())),
            piece.get("added_by", ""),
        ]
        for code, piece in found
    ]


def observation_heads() -> list[str]:
    return [
        _("Number"), _("Title"), _("Severity"), _("Facts"), _("Evidence"), _("Legal basis"), _("Remediation"),
        _("Written by"),
    ]  # fmt: skip


def observation_rows(context: dict) -> list[list]:
    return [
        [
            f"O{row['number']}",
            row["title"],
            word(row["severity"]),
            row["facts"],
            "\n".join(f"{piece['number']} {where(piece)}{piece['quote']}" for piece in row["evidence"]),
            "\n".join(row["legal_basis"]),
            row["remediation"],
            row["written_by"],
        ]
        for row in context["observations"]
    ]


def subject_rows(context: dict) -> list[list]:
    """What was audited, against what, how it came out, and the digests: name and value."""
    policy, summary, checklist = context["policy"], context["summary"], context["checklist"]
    signed = context["sign_off"]["signed_by"]
    rows = [
        [_("Report number"), _("Draft, not issued") if is_draft(context) else context["number"]],
        [_("Auditee"), context["auditee"]],
        [_("Product"), context["product"]],
        [_("Policy"), f"{policy['name']} v{policy['version']} ({policy['filename']})"],
        [_("Checklist"), f"{said(checklist['title'])} {checklist['version']}"],
        [_("Law as of"), day(context["as_of"])],
        [_("Overall opinion"), word(summary["opinion"])],
        [_("Score"), "—" if summary["score"] is None else f"{summary['score']} / 100"],
        *([labelled(_("Findings"), marked(verdict)), number] for verdict, number in summary["counts"].items()),
        [_("Observations beyond the checklist"), len(context["observations"])],
        [_("Signed off by"), f"{signed} {day(context['sign_off']['signed_at'])}" if signed else "—"],
        [_("SHA-256 of the policy file"), context["digests"]["policy"]],
        [_("Digest of the checklist"), context["digests"]["checklist"]],
        [_("Digest of the decisions"), context["digests"]["decisions"] or "—"],
        [_("Digest of the report's data"), context["digests"]["context"]],
    ]
    return rows


def labelled(label: str, text) -> str:
    """A name and what belongs to it, with the colon of the language."""
    return _("%(label)s: %(text)s") % {"label": label, "text": text}


def joined(parts) -> str:
    """Several short texts in one line, with the separator of the language."""
    return _("; ").join(parts)


def is_draft(context: dict) -> bool:
    """Whether nobody has signed what this says."""
    return bool(context.get("draft"))


def with_draft_mark(context: dict, head: str) -> str:
    """What stands at the top of each page; in a draft it says so first."""
    mark = _("DRAFT, not signed")
    return f"{mark} · {head}" if is_draft(context) else head


def legal_basis(basis: dict) -> str:
    """Instrument and article, with a mark where nobody has looked the reference up."""
    instrument, ref = basis["instrument"]["text"], basis["ref"]
    chinese_ref = ref[:1] in "第附《" if basis["instrument"]["language"] != "en" else False
    name = f"{instrument}{ref}" if chinese_ref else f"{instrument} {ref}".strip()
    return name if basis["verified"] else _("%(reference)s (to be verified)") % {"reference": name}


def missing(finding: dict) -> list[str]:
    """The titles of the parts the requirement asks for and the policy does not have."""
    if finding["verdict"] not in GAPS:
        return []
    return [said(element["title"]) for element in finding["elements"] if element["required"] and not element["met"]]


def where(piece: dict) -> str:
    """Clause and page in brackets, "" where neither is known."""
    page = _("page %(number)s") % {"number": piece["page"]} if piece.get("page") else ""
    place = " · ".join(part for part in (piece["clause"], page) if part)
    return f"[{place}] " if place else ""


def as_text(value) -> str:
    return printable("" if value is None else value)
