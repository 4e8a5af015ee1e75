"""An audit in figures, and what its checklist was tailored to."""

from django.db.models import (
    Case,
    When,
)
from django.utils import timezone

from ..models import (
    TailoredVersion,
)
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..models.engagement import person_name

PROBLEMS = (VerdictChoices.PARTIAL.value, VerdictChoices.NON_COMPLIANT.value)


# What a verdict is worth in a score, in percent; verdicts without a worth (not applicable, undetermined) do not count.
WORTH = {VerdictChoices.COMPLIANT.value: 100, VerdictChoices.PARTIAL.value: 50, VerdictChoices.NON_COMPLIANT.value: 0}


def audit_summary(audit):
    """How the audit stands, as plain data for the overview and the report: at most two queries.

    ``total``, ``decided``, ``undecided``, ``overridden``; ``score`` (0–100, None when nothing counts);
    ``by_verdict`` {verdict: n}; ``by_severity`` {severity: {"total", "decided", "problems", verdict: n …}};
    ``domains`` [{"id", "title_zh", "title_en", "score", "total", "decided", "problems", "by_verdict"}] in the order
    of the checklist. The verdict that counts is the person's, else the proposed one.
    """
    rows = list(
        _with_current_verdict(audit.findings.order_by("position")).values_list(
            "requirement__domain", "severity", "current_verdict", "proposed_verdict", "final_verdict"
        )
    )
    tallies = [
        {"domain": domain, "severity": severity, "verdict": verdict, "decided": bool(final)}
        for domain, severity, verdict, _proposed, final in rows
    ]
    total = _tally(tallies)
    return {
        "total": total["total"],
        "decided": total["decided"],
        "undecided": total["total"] - total["decided"],
        "overridden": sum(bool(final) and final != proposed for *_start, proposed, final in rows),
        "problems": total["problems"],
        "score": total["score"],
        "by_verdict": total["by_verdict"],
        "by_severity": {
            severity: _flat(_tally([row for row in tallies if row["severity"] == severity]))
            for severity in SeverityChoices.values
        },
        "domains": [
            domain | _tally([row for row in tallies if row["domain"] == domain["id"]])
            for domain in _domains(audit, tallies)
        ],
    }


def score(by_verdict):
    """From ``{verdict: n}``: the share of applicable, determined requirements that are met, in whole percent; one met
    in part counts half. None when there are none: an empty domain is neither good nor bad.
    """
    rated = sum(by_verdict[verdict] for verdict in WORTH)
    earned = sum(by_verdict[verdict] * worth for verdict, worth in WORTH.items())
    return (2 * earned + rated) // (2 * rated) if rated else None  # halves are rounded up


def _with_current_verdict(findings):
    """Finding.verdict for the database."""
    return findings.annotate(
        current_verdict=Case(When(final_verdict="", then="proposed_verdict"), default="final_verdict")
    )


def _tally(rows):
    by_verdict = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VerdictChoices.values}
    return {
        "total": len(rows),
        "decided": sum(row["decided"] for row in rows),
        "problems": sum(by_verdict[verdict] for verdict in PROBLEMS),
        "score": score(by_verdict),
        "by_verdict": by_verdict,
    }


def _flat(tally):
    return {name: tally[name] for name in ("total", "decided", "problems")} | tally["by_verdict"]


def _domains(audit, tallies):
    """The checklist's domains in its order, those without a finding left out."""
    used = {row["domain"] for row in tallies}
    domains = audit.checklist_version.source.get("domains", [])
    return [
        {"id": domain["id"], "title_zh": domain["title_zh"], "title_en": domain["title_en"]}
        for domain in domains
        if domain["id"] in used
    ]


def tailoring_record(audit):
    """What the audit's checklist asks otherwise than the published one, oldest first; empty for most audits.

    Plain values: ``what`` (off, severity, own), ``code``, ``title_zh``, ``title_en``, ``severity``,
    ``severity_before``, ``reason``, ``by``, ``at``.
    """
    mine = TailoredVersion.objects.filter(engagement=audit.engagement_id)
    tailored = mine.filter(version=audit.checklist_version_id).first()
    if tailored is None:
        return []
    return [
        {
            "what": change.kind,
            "code": change.code,
            "title_zh": change.title_zh,
            "title_en": change.title_en,
            "severity": change.severity,
            "severity_before": change.severity_before,
            "reason": change.reason,
            "by": person_name(change.made_by),
            "at": timezone.localtime(change.made_at).isoformat(timespec="seconds"),
        }
        for change in tailored.changes.select_related("made_by").order_by("id")
    ]
