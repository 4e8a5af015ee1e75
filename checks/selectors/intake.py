"""Files received and what became of them."""

from django.db.models import (
    Count,
    F,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Coalesce

from ..models import (
    IntakeItem,
    IntakeJob,
    PolicyVersion,
)


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
