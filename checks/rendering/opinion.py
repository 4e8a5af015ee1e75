"""The overall opinion and the figures of the summary: plain rules over plain findings, printed in the report itself."""

from collections import Counter
from collections.abc import Iterable

from ..engine.entities import Severity, Verdict

GAPS = (Verdict.NON_COMPLIANT, Verdict.PARTIAL)
SEVERITIES = tuple(Severity)
VERDICTS = tuple(Verdict)

# How many requirements it takes; an organisation may set them, see services.house for the bounds.
THRESHOLDS = {
    "grave_from_critical": 1,
    "grave_from_major": 0,  # never
    "deficient_from_partial": 1,
    "deficient_from_major": 1,
}


def overall_opinion(findings: list[dict], observations: Iterable[dict] = (), thresholds: dict | None = None) -> str:
    """The gravest that applies, looking from the top; an observation beyond the checklist counts like a requirement of
    its severity that is not met:

    ``major_deficiencies``  ``grave_from_critical`` critical requirements are not met, or ``grave_from_major`` major
                            ones
    ``deficiencies``        any critical requirement is not met, ``deficient_from_partial`` critical ones are met in
                            part, or ``deficient_from_major`` major ones are not met
    ``improvable``          any other requirement is not met or met in part
    ``incomplete``          no gap was found, but something is still undetermined
    ``no_gaps``             none of these

    Without ``thresholds`` one requirement is enough each time, and major ones alone are never major deficiencies.
    """
    limit = THRESHOLDS | (thresholds or {})
    seen = Counter((finding["severity"], finding["verdict"]) for finding in findings)
    seen.update((observation["severity"], Verdict.NON_COMPLIANT) for observation in observations)
    critical, major = seen[Severity.CRITICAL, Verdict.NON_COMPLIANT], seen[Severity.MAJOR, Verdict.NON_COMPLIANT]
    if critical >= limit["grave_from_critical"] or 0 < limit["grave_from_major"] <= major:
        return "major_deficiencies"
    in_part = seen[Severity.CRITICAL, Verdict.PARTIAL]
    if critical or in_part >= limit["deficient_from_partial"] or major >= limit["deficient_from_major"]:
        return "deficiencies"
    if any(verdict in GAPS for _, verdict in seen):
        return "improvable"
    if any(verdict == Verdict.UNDETERMINED for _, verdict in seen):
        return "incomplete"
    return "no_gaps"


def count_verdicts(findings: list[dict]) -> dict[str, int]:
    return {verdict.value: sum(finding["verdict"] == verdict for finding in findings) for verdict in VERDICTS}


def gravest_first(findings: list[dict]) -> list[dict]:
    """The gaps, by severity, then not met before met in part, then in the order of the checklist."""
    gaps = [finding for finding in findings if finding["verdict"] in GAPS]
    return sorted(gaps, key=lambda gap: (SEVERITIES.index(gap["severity"]), GAPS.index(gap["verdict"])))
