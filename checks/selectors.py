"""The reads that join tables; each costs a fixed number of queries, however many rows there are."""

from collections import defaultdict
from datetime import UTC

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    When,
    prefetch_related_objects,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from .models import (
    ActivityEntry,
    Audit,
    BlindReview,
    Comment,
    Decision,
    Engagement,
    EngagementImport,
    Evidence,
    EvidenceChange,
    Finding,
    FindingChange,
    IntakeItem,
    IntakeJob,
    Membership,
    Observation,
    ObservationTemplate,
    ObservationVersion,
    PolicyDocument,
    PolicyVersion,
    Report,
    ReportJob,
    Requirement,
    TailoredVersion,
)
from .models.audit import VerdictChoices
from .models.checklist import SeverityChoices
from .models.engagement import person_name
from .prepared import Prepared
from .standing import standing

# The acts of an engagement that say nothing about findings.
TELLING_NOTHING = (
    "engagement.created", "engagement.updated", "member.set", "member.removed", "policy.uploaded", "audit.run",
    "blind.started", "blind.cancelled",
)  # fmt: skip
PROBLEMS = (VerdictChoices.PARTIAL.value, VerdictChoices.NON_COMPLIANT.value)
# What a verdict is worth in a score, in percent; verdicts without a worth (not applicable, undetermined) do not count.
WORTH = {VerdictChoices.COMPLIANT.value: 100, VerdictChoices.PARTIAL.value: 50, VerdictChoices.NON_COMPLIANT.value: 0}


def engagement_rows(user):
    """The user's engagements, newest first, each with ``my_role``, ``policy_count``, ``audit_count``,
    ``signed_count``, ``finding_count``, ``decided_count`` and ``open_count``: one query. What is decided in an audit
    that a blind review hides from the user counts as open.
    """
    findings = Finding.objects.filter(audit__engagement=OuterRef("pk"))
    audits = Audit.objects.filter(engagement=OuterRef("pk"))
    mine = Membership.objects.filter(engagement=OuterRef("pk"), user=user)
    decided = findings.exclude(final_verdict="").exclude(audit__in=_hidden_from(user))
    rows = Engagement.objects.filter(memberships__user=user).annotate(
        my_role=Subquery(mine.values("role")[:1]),
        policy_count=_count(PolicyDocument.objects.filter(engagement=OuterRef("pk")), "engagement"),
        audit_count=_count(audits, "engagement"),
        signed_count=_count(audits.filter(status=Audit.Status.SIGNED), "engagement"),
        finding_count=_count(findings, "audit__engagement"),
        decided_count=_count(decided, "audit__engagement"),
        open_count=F("finding_count") - F("decided_count"),
    )
    return list(rows.order_by("-created_at", "-id"))


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


def finding_numbers_mentioning(audit, words):
    """The numbers of the audit's findings with these words in code, titles, rationales or quotes: one query."""
    return set(audit.findings.filter(_mentions(words)).values_list("pk", flat=True))


def findings_with_latest_decision(audit):
    """The audit's findings in checklist order, with ``decision_by`` (a user's id), ``decision_reason`` and
    ``decision_at`` of the decision that counts (None when there is none): one query.
    """
    latest = Decision.objects.filter(finding=OuterRef("pk")).order_by("-id")
    return (
        audit.findings.select_related("requirement")
        .annotate(
            decision_by=Subquery(latest.values("decided_by")[:1]),
            decision_reason=Subquery(latest.values("reason")[:1]),
            decision_at=Subquery(latest.values("decided_at")[:1]),
        )
        .order_by("position")
    )


def audit_state(audit):
    """Everything a signature stands for, as plain ordered data: what was audited, against what, and every decision.

    The same state always gives the same data, whatever people are called by then. In an imported engagement, people
    and audits have the numbers they were signed with.
    """
    numbers = SignedNumbers(audit.engagement_id)
    findings = audit.findings.select_related("requirement").order_by("position")
    observations = [_observation_state(row, numbers) for row in audit_observations(audit, withdrawn=True)]
    return {
        "audit": numbers.audit(audit.pk),
        "policy_sha256": audit.policy_version.sha256,
        "checklist_digest": audit.checklist_version.digest,
        "as_of": audit.as_of.isoformat(),
        "processor_scale": str(audit.processor_scale),
        "engine_version": audit.engine_version,
        "result_digest": audit.result_digest,
        "findings": [
            _finding_state(finding, numbers)
            for finding in findings.prefetch_related(
                Prefetch("decisions", Decision.objects.order_by("id")),
                Prefetch("evidence_changes", EvidenceChange.objects.order_by("id")),
            )
        ],
        # Only where there are some: a signature from before there were observations stays valid.
        **({"observations": observations} if observations else {}),
    }


class SignedNumbers:
    """The numbers that signatures were made over: a row's own, or in an imported engagement those of where it was made.

    Who joined an imported engagement here is "here:" and the number, so that nobody is taken for somebody else.
    """

    def __init__(self, engagement_id):
        origin = EngagementImport.objects.filter(engagement_id=engagement_id).values_list("numbers", flat=True).first()
        self.numbers = origin

    def user(self, pk):
        return self._of("user", pk)

    def audit(self, pk):
        return self._of("audit", pk)

    def _of(self, kind, pk):
        return pk if self.numbers is None else self.numbers[kind].get(str(pk), f"here:{pk}")


def _finding_state(finding, numbers):
    changes = [_change_state(change, numbers) for change in finding.evidence_changes.all()]
    return {
        "code": finding.requirement.code,
        "proposed": finding.proposed_verdict,
        "verdict": finding.final_verdict,
        "revision": finding.revision,
        "decisions": [
            {
                "verdict": decision.verdict,
                "reason": decision.reason,
                "by": numbers.user(decision.decided_by_id),
                "at": decision.decided_at.astimezone(UTC).isoformat(),
                # Rows from before there were kinds said by an empty verdict what they were.
                **({"kind": decision.kind} if decision.verdict and decision.kind != Decision.Kind.DECIDED else {}),
            }
            for decision in finding.decisions.all()
        ],
        # Only where there are some: a signature from before these could be changed stays valid.
        **({"evidence_changes": changes} if changes else {}),
        **({"remediation": finding.remediation} if finding.remediation else {}),
    }


def _change_state(change, numbers):
    return {
        "kind": change.kind,
        "start": change.start,
        "end": change.end,
        "quote": change.quote,
        "element": change.element,
        "by": numbers.user(change.changed_by_id),
        "at": change.changed_at.astimezone(UTC).isoformat(),
    }


def _with_current_verdict(findings):
    """Finding.verdict for the database."""
    return findings.annotate(
        current_verdict=Case(When(final_verdict="", then="proposed_verdict"), default="final_verdict")
    )


def activity_for(engagement, user):
    """The engagement's activity, newest first, as a queryset.

    While a blind review hides an audit from the user, only what tells nothing of findings: an entry of a kind that is
    not listed here stays out of sight.
    """
    rows = ActivityEntry.objects.filter(engagement=engagement).select_related("actor")
    telling_nothing = Q(actor=user) | Q(action__in=TELLING_NOTHING)
    here = _hidden_from(user).filter(audit__engagement=engagement)
    return rows.filter(telling_nothing | ~Exists(here))


def reopenings(audit):
    """When the audit was reopened, by whom and why, newest first: one query."""
    rows = ActivityEntry.objects.filter(object_type="audit", object_id=audit.pk, action="audit.reopened")
    return list(rows.select_related("actor"))


def reports_of(audit):
    """The reports that were issued of the audit, newest first, with who signed and issued them: one query."""
    rows = Report.objects.filter(sign_off__audit=audit).select_related("sign_off", "created_by")
    return list(rows.defer("context"))


def engagement_reports(engagement):
    """Everything that was issued for the engagement, newest first, for paging."""
    rows = Report.objects.filter(sign_off__audit__engagement=engagement)
    rows = rows.select_related("created_by", "sign_off__audit__policy_version__document")
    return rows.defer("context", "sign_off__audit__policy_version__text").order_by("-id")


def report_numbered(engagement, number):
    """The engagement's report with this number, without its data, or None: one query."""
    rows = Report.objects.filter(number=number, sign_off__audit__engagement=engagement)
    return rows.defer("context").first()


def issued_changes(report):
    """What the report says otherwise than the one before it; {} for a first one: one query, without the rest of it."""
    return Report.objects.filter(pk=report.pk).values_list("context__changes", flat=True).get() or {}


def report_jobs(audit):
    """Reports of the audit that are being made or were not made and not asked for again since: one query."""
    jobs = list(audit.report_jobs.select_related("asked_by")[:20])
    done = [(job.template, job.language, job.draft, job.pk) for job in jobs if job.state == ReportJob.State.READY]
    return [job for job in jobs if job.state != ReportJob.State.READY and not _asked_again(job, done)]


def _asked_again(job, done):
    return any(later[:3] == (job.template, job.language, job.draft) and later[3] > job.pk for later in done)


def _hidden_from(user):
    return BlindReview.objects.hiding_from(user).values("audit")


def _count(rows, outer):
    counted = rows.order_by().values(outer).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _mentions(words):
    quoted = Q(pk__in=Finding.objects.filter(evidence__quote__icontains=words).values("pk"))
    quoted |= Q(pk__in=EvidenceChange.objects.filter(quote__icontains=words).values("finding"))
    fields = ("requirement__code", "requirement__title_zh", "requirement__title_en", "rationale_zh", "rationale_en")
    for field in fields:
        quoted |= Q(**{f"{field}__icontains": words})
    return quoted


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


def engagement_policies(engagement, user):
    """The engagement's policies, each with ``versions`` (newest first, without their text), each of those with
    ``audits`` carrying ``finding_count``, ``decided_count`` and ``is_hidden``: three queries. Of an audit that a blind
    review hides from the user nothing counts as decided.
    """
    hidden = _hidden_from(user).filter(audit=OuterRef("pk"))
    decided = _count(Finding.objects.filter(audit=OuterRef("pk")).exclude(final_verdict=""), "audit")
    findings = Finding.objects.filter(audit=OuterRef("pk"))
    audits = (
        Audit.objects.select_related("checklist_version__checklist")
        .defer("outline", "facts", "checklist_version__source")
        .annotate(
            finding_count=_count(findings, "audit"),
            is_hidden=Exists(hidden),
            decided_count=Case(When(Exists(hidden), then=0), default=decided),
        )
    )
    versions = PolicyVersion.objects.select_related("uploaded_by").defer("text").order_by("-number")
    return engagement.policies.prefetch_related(
        Prefetch("versions", versions), Prefetch("versions__audits", audits.order_by("-started_at", "-id"))
    )


# ---------- The review screen ----------

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


# ---------- Observations beyond the checklist ----------


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


def _observation_state(observation, numbers):
    """Every version of an observation, as a signature stands for it; the oldest first."""
    return {
        "number": observation.number,
        "withdrawn": observation.withdrawn,
        "versions": [
            {
                "title": version.title,
                "severity": version.severity,
                "basis": version.basis,
                "facts": version.facts,
                "remediation": version.remediation,
                "places": version.places,
                "withdrawn": version.withdrawn,
                "note": version.note,
                "by": numbers.user(version.written_by_id),
                "at": version.written_at.astimezone(UTC).isoformat(),
            }
            for version in reversed(observation.history)
        ],
    }


# ---------- Files on their way in ----------


def intake_jobs(engagement):
    """The engagement's jobs, newest first, each with ``first_name`` (of its first file) and the counts ``total``,
    ``open``, ``questions``, ``failed`` and ``done``: one query.
    """
    state = IntakeItem.State
    first = IntakeItem.objects.filter(job=OuterRef("pk")).order_by("position", "id")
    rows = IntakeJob.objects.filter(engagement=engagement).select_related("created_by")
    return rows.annotate(
        first_name=Subquery(first.values("filename")[:1]),
        total=Count("items"),
        open=Count("items", filter=Q(items__state__in=IntakeItem.OPEN)),
        questions=Count("items", filter=Q(items__state=state.QUESTION)),
        failed=Count("items", filter=Q(items__state__in=IntakeItem.STOPPED)),
        done=Count("items", filter=Q(items__state=state.DONE)),
    ).order_by("-id")


def intake_pending(engagement):
    """How many files of the engagement are in line or worked on, and how many wait for an answer: one query."""
    return IntakeItem.objects.filter(job__engagement=engagement).aggregate(
        open=Count("pk", filter=Q(state__in=IntakeItem.OPEN)),
        questions=Count("pk", filter=Q(state=IntakeItem.State.QUESTION)),
    )


def intake_progress(job):
    """How a job stands: ``{state: n}`` with ``total``, ``open`` and ``closed``, and ``current``, the file that is
    worked on (None when there is none): two queries.
    """
    counts = dict(job.items.order_by().values_list("state").annotate(n=Count("pk")))
    counts = {state: counts.get(state, 0) for state in IntakeItem.State.values}
    total = sum(counts.values())
    still_open = sum(counts[state] for state in IntakeItem.OPEN)
    running = job.items.filter(state=IntakeItem.State.RUNNING).only("filename", "stage", "done", "total", "state")
    return counts | {
        "total": total,
        "open": still_open,
        "closed": total - still_open,
        "current": running.order_by("position", "id").first(),
    }


def intake_items(job):
    """The job's files as the result list shows them, in order: one query, without texts."""
    heavy = ("reading", "policy_version__text", "policy_version__layout", "policy_version__sketch")
    rows = job.items.select_related("policy_version__document", "archive").defer(*heavy)
    place = Coalesce("archive__position", "position")  # what was in an archive stands below it
    return rows.order_by(place, F("archive_id").asc(nulls_first=True), "position", "id")


def policy_versions_named(engagement, pks):
    """Policy versions of the engagement by their ids, with their documents and without texts: one query."""
    rows = PolicyVersion.objects.filter(document__engagement=engagement, pk__in=pks).select_related("document")
    return {version.pk: version for version in rows.defer("text", "layout", "sketch")}


def same_files_elsewhere(user, engagement, hashes):
    """Where else the user has the very same files: ``{sha256: [version, …]}`` of other engagements the user is a
    member of, never of others: one query.
    """
    rows = (
        PolicyVersion.objects.filter(sha256__in=set(hashes) - {""}, document__engagement__memberships__user=user)
        .exclude(document__engagement=engagement)
        .select_related("document__engagement")
        .defer("text", "layout", "sketch")
        .order_by("id")
    )
    found = {}
    for version in rows:
        found.setdefault(version.sha256, []).append(version)
    return found


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
