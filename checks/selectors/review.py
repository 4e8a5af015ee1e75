"""What the review screens show: the queue, one finding with its traces, places in the text, observations."""

from collections import defaultdict

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    Q,
    prefetch_related_objects,
)

from ..models import (
    Comment,
    Evidence,
    EvidenceChange,
    Finding,
    FindingChange,
    Observation,
    ObservationTemplate,
    ObservationVersion,
    Requirement,
)
from ..prepared import Prepared
from ..standing import standing


def finding_numbers_mentioning(audit, words):
    """The numbers of the audit's findings with these words in code, titles, rationales or quotes: one query."""
    return set(audit.findings.filter(_mentions(words)).values_list("pk", flat=True))


def _mentions(words):
    quoted = Q(pk__in=Finding.objects.filter(evidence__quote__icontains=words).values("pk"))
    quoted |= Q(pk__in=EvidenceChange.objects.filter(quote__icontains=words).values("finding"))
    fields = ("requirement__code", "requirement__title_zh", "requirement__title_en", "rationale_zh", "rationale_en")
    for field in fields:
        quoted |= Q(**{f"{field}__icontains": words})
    return quoted


_titles: dict[str, dict] = {}  # by digest: a published checklist never changes


def checklist_titles(version):
    """The names a screen needs of a checklist: ``{"domains": {id: entry}, "instruments": {id: entry}}``.

    The whole source is large, so the small part of it is kept for as long as the process lives.
    """
    if version.digest not in _titles:
        source = version.source
        _titles[version.digest] = {
            part: {entry["id"]: entry for entry in source.get(part, ())} for part in ("domains", "instruments")
        }
    return _titles[version.digest]


_requirements: dict[tuple, dict] = {}  # by version: a published checklist never changes


def _requirements_of(version, wanted):
    """The requirements of a checklist version by their number, with their legal bases; read once per process."""
    key = version.pk, version.digest
    if key not in _requirements or not wanted <= _requirements[key].keys():
        rows = Requirement.objects.filter(version=version.pk).prefetch_related("legal_basis")
        _requirements[key] = {row.pk: row for row in rows}
    return _requirements[key]


_listed = Prepared(
    lambda audit: (
        Finding.objects.filter(audit=audit)
        .defer("searched", "elements", "rationale_zh", "rationale_en")
        .order_by("position")
    )
)


def review_queue(audit):
    """Every finding of the audit in checklist order, as light as a list needs it: one query, three the first time."""
    findings = _listed(audit.pk)
    known = _requirements_of(audit.checklist_version, {finding.requirement_id for finding in findings})
    for finding in findings:
        finding.requirement = known[finding.requirement_id]
    return findings


def evidence_places(audit, *, by_people=True):
    """Where the evidence that counts now stands: ``(start, end, finding id, whether a person added it)``, in reading
    order: two queries. Without ``by_people``: what the engine found, whatever people did to it.
    """
    fields = ("finding_id", "start", "end", "quote", "clause", "element")
    rows = defaultdict(lambda: ([], []))
    found = Evidence.objects.filter(finding__audit=audit).order_by("finding", "position")
    for row in found.values_list(*fields, named=True):
        rows[row.finding_id][0].append(row)
    changes = EvidenceChange.objects.filter(finding__audit=audit).order_by("id")
    changes = changes if by_people else changes.none()
    for row in changes.values_list(*fields, "kind", "changed_by", named=True):
        rows[row.finding_id][1].append(row)
    return sorted(
        (piece.start, piece.end, finding, piece.added_by is not None)
        for finding, (found, changes) in rows.items()
        for piece in standing(found, changes)
    )


def evidence_changes():
    """For prefetching: what people did to the evidence of findings, in its order, with their names."""
    return Prefetch("evidence_changes", EvidenceChange.objects.select_related("changed_by").order_by("id"))


TRACES = {"evidence_changes": EvidenceChange, "changes": FindingChange, "comments": Comment}


def traces():
    """To annotate findings with: whether people left what is there seldom (``has_evidence_changes``, ``has_changes``,
    ``has_comments``). What is not there need not be asked for.
    """
    return {f"has_{name}": Exists(model.objects.filter(finding=OuterRef("pk"))) for name, model in TRACES.items()}


finding_with_traces = Prepared(lambda pk: Finding.objects.annotate(**traces()).filter(pk=pk))


_traces = Prepared(lambda pk: Finding.objects.filter(pk=pk).order_by().values(**traces()))


def load_focus(finding, *, by_people=True):
    """Fetch what the panel of one finding shows beside the finding itself, at most four queries, and its ``traces``.

    ``decisions`` and ``evidence_changes`` are fetched where there are any: where the finding has a revision, and where
    ``has_evidence_changes`` says so. Without ``by_people``: only what the engine found.
    """
    known = _requirements_of(finding.audit.checklist_version, {finding.requirement_id})
    finding.requirement = known[finding.requirement_id]
    related = ["evidence"]
    if by_people:
        if not hasattr(finding, "has_changes"):
            vars(finding).update(*_traces(finding.pk))
        if finding.revision:  # it counts decisions
            related.append("decisions__decided_by")
        if finding.has_evidence_changes:
            related.append(evidence_changes())
    prefetch_related_objects([finding], *related)
    return finding


def audit_observations(audit, *, withdrawn=False):
    """The audit's observations in their order, each with ``current``, its latest version, and ``history``, all of them
    newest first; those withdrawn only when asked for: two queries.
    """
    versions = ObservationVersion.objects.select_related("written_by").order_by("-number")
    rows = Observation.objects.filter(audit=audit).prefetch_related(Prefetch("versions", versions, to_attr="history"))
    if not withdrawn:
        rows = rows.filter(withdrawn=False)
    found = list(rows.order_by("number"))
    for row in found:
        row.current = row.history[0]
    return found


def observation_templates(user):
    """The templates this person may start from, their own first: one query."""
    rows = ObservationTemplate.objects.filter(Q(owner=user) | Q(shared=True)).select_related("owner")
    return sorted(rows, key=lambda template: template.owner_id != user.pk)
