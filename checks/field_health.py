"""How a checklist does in the field: what auditors confirmed, overrode and took away, by requirement and element.

Numbers are of all audits. Sentences and reasons only of the engagements and policies that the reader may see; the
caller says which. Audits that went over to another version count there.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from .accuracy import share
from .models import Decision, Evidence, EvidenceChange, Finding

REASONS = 20  # shown for one requirement
DISPUTED = 60  # sentences shown for one element


@dataclass
class Health:
    """One requirement of a version, or one element of it (``part``)."""

    code: str
    part: str = ""
    findings: int = 0
    decided: int = 0  # where the program had proposed a verdict
    confirmed: int = 0
    overridden: Counter = field(default_factory=Counter)  # (proposed, decided) → how often
    answered: int = 0  # decided where the program had proposed none
    evidence: int = 0  # pieces the program cited in findings that are decided
    removed: int = 0

    @property
    def agreement(self):
        return share(self.confirmed, self.decided)

    @property
    def kept(self):
        return share(self.evidence - self.removed, self.evidence)

    @property
    def turned(self):
        """``[((proposed, decided), how often)]``, the most frequent first."""
        return self.overridden.most_common()

    @property
    def sickness(self):
        """The upper end of what may be wrong: few cases do not look worse than many that are bad."""
        wrong = share(self.decided - self.confirmed, self.decided)["low"] if self.decided else 0
        taken = share(self.removed, self.evidence)["low"] if self.evidence else 0
        return max(wrong, taken)


def _findings(version):
    return Finding.objects.filter(audit__checklist_version=version, audit__moved_to=None)


def requirement_health(version):
    """A Health for every requirement of the version, the sickest first: three queries."""
    rows = {code: Health(code) for code in version.requirements.order_by("position").values_list("code", flat=True)}
    verdicts = _findings(version).values_list("requirement__code", "proposed_verdict", "final_verdict")
    for code, proposed, final in verdicts:
        health = rows[code]
        health.findings += 1
        if not final:
            continue
        if proposed == "undetermined":
            health.answered += 1
            continue
        health.decided += 1
        if proposed == final:
            health.confirmed += 1
        else:
            health.overridden[proposed, final] += 1
    for code, _part, taken, _row in _evidence(version):
        rows[code].evidence += 1
        rows[code].removed += taken
    order = {code: number for number, code in enumerate(rows)}
    return sorted(rows.values(), key=lambda health: (-health.sickness, order[health.code]))


def element_health(version, code):
    """A Health for every element of a requirement that evidence was cited for, the sickest first."""
    rows: dict[str, Health] = {}
    for _code, part, taken, _row in _evidence(version, code):
        health = rows.setdefault(part, Health(code, part))
        health.evidence += 1
        health.removed += taken
    return sorted(rows.values(), key=lambda health: (-health.sickness, health.part))


def _evidence(version, code=None):
    """Pieces the program cited in decided findings: (code, element, whether people took it away, the row's values)."""
    only = {"finding__audit__checklist_version": version, "finding__audit__moved_to": None}
    if code:
        only["finding__requirement__code"] = code
    standing = {}
    changes = EvidenceChange.objects.filter(**only).order_by("id")
    for finding, start, end, part, kind in changes.values_list("finding", "start", "end", "element", "kind"):
        standing[finding, start, end, part] = kind != EvidenceChange.Kind.REMOVED
    pieces = Evidence.objects.filter(**only).exclude(finding__final_verdict="").order_by("id")
    fields = ("finding__requirement__code", "element", "finding", "start", "end", "finding__audit__policy_version")
    for row in pieces.values_list(*fields):
        named, part, finding, start, end, policy = row
        yield named, part, not standing.get((finding, start, end, part), True), (finding, start, end, policy)


def places_of(version, code, part):
    """``[(policy version, start, end, taken away)]`` of what the program cited for an element in decided findings."""
    found = _evidence(version, code)
    return [(row[3], row[1], row[2], taken) for _code, named, taken, row in found if named == part]


def override_reasons(version, code, engagements):
    """Overruled proposals of a requirement with their reasons, of these engagements alone, newest first."""
    rows = Decision.objects.filter(
        finding__audit__checklist_version=version,
        finding__audit__moved_to=None,
        finding__requirement__code=code,
        finding__audit__engagement__in=engagements,
        kind__in=[Decision.Kind.DECIDED, Decision.Kind.RESOLVED],
    )
    rows = rows.exclude(verdict="").exclude(reason="").select_related("finding__audit__engagement", "decided_by")
    rows = rows.defer("finding__audit__facts", "finding__audit__outline").order_by("-id")
    latest = {}
    for row in rows[: REASONS * 5]:
        if row.verdict != row.proposed_verdict and row.finding.final_verdict == row.verdict:
            latest.setdefault(row.finding_id, row)
    return list(latest.values())[:REASONS]


@dataclass(frozen=True)
class Disputed:
    """A sentence from an audit: ``why`` is removed, added or overruled."""

    why: str
    policy_version: int
    start: int
    end: int
    quote: str
    audit: int
    finding: int


def disputed_sentences(checklist, code, part, policy_versions):
    """Sentences people took away from or added to an element, or whose verdict they overruled; newest first.

    On any version of the checklist; of these policy versions alone.
    """
    only = {
        "finding__audit__checklist_version__checklist": checklist,
        "finding__requirement__code": code,
        "finding__audit__policy_version__in": policy_versions,
        "element": part,
    }
    found: dict[tuple, Disputed] = {}
    fields = ("finding__audit__policy_version", "start", "end", "quote", "finding__audit", "finding")
    changes = EvidenceChange.objects.filter(**only).order_by("-id").values_list("kind", *fields)
    for kind, *row in changes[:DISPUTED]:
        if kind != EvidenceChange.Kind.RESTORED:
            found.setdefault(tuple(row[:3]), Disputed(kind, *row))
    cited = Evidence.objects.filter(**only).exclude(finding__final_verdict="").select_related("finding")
    by_verdict: dict = defaultdict(list)
    fields = (*fields, "finding__proposed_verdict", "finding__final_verdict")
    for *row, proposed, final in cited.order_by("-id").values_list(*fields)[: DISPUTED * 3]:
        if proposed not in (final, "undetermined"):
            by_verdict[tuple(row[:3])].append(Disputed("overruled", *row))
    for place, rows in by_verdict.items():
        found.setdefault(place, rows[0])
    return list(found.values())[:DISPUTED]
