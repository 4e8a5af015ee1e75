"""The overall opinion and the figures of the summary: plain rules over plain findings, printed in the report itself."""

from collections.abc import Iterable

from ..engine.entities import Severity, Verdict

GAPS = (Verdict.NON_COMPLIANT, Verdict.PARTIAL)
SEVERITIES = tuple(Severity)
VERDICTS = tuple(Verdict)


def overall_opinion(findings: list[dict], observations: Iterable[dict] = ()) -> str:
    """The gravest that applies, looking from the top; an observation beyond the checklist counts like a requirement of
    its severity that is not met:

    ``major_deficiencies``  a critical requirement is not met
    ``deficiencies``        a critical requirement is met in part, or a major one is not met
    ``improvable``          any other requirement is not met or met in part
    ``incomplete``          no gap was found, but something is still undetermined
    ``no_gaps``             none of these
    """
    seen = {(finding["severity"], finding["verdict"]) for finding in findings}
    seen |= {(observation["severity"], Verdict.NON_COMPLIANT) for observation in observations}
    if (Severity.CRITICAL, Verdict.NON_COMPLIANT) in seen:
        return "major_deficiencies"
    if seen & {(Severity.CRITICAL, Verdict.PARTIAL), (Severity.MAJOR, Verdict.NON_COMPLIANT)}:
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
