"""Views over the policy: seven tables read out of its text, each row with its place and the findings it bears on."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from ..highlights import block_at
from ..models import Audit, Finding
from ..permissions import Action, audit_for, can
from ..selectors.review import evidence_places, review_queue
from ..services import ServiceError
from ..services import evidence as services
from ..standing import revision_of
from .policy_rows import TABS, counts, find_row, rows_of

PER_PAGE = 60


class NoFindingChosen(ServiceError):
    text = _("Choose at least one finding.")


@require_GET
def policy_views(request, pk):
    """The first view."""
    audit_for(request.user, pk)
    return redirect("policy_view", pk, "matrix")


@require_GET
def policy_view(request, pk, tab):
    """One view; ``?only=issues`` shows the rows with an issue alone."""
    audit = audit_for(request.user, pk)
    if tab not in TABS:
        raise Http404
    rows = rows_of(audit, tab)
    only = request.GET.get("only") == "issues"
    wanted = [row for row in rows if row.issues] if only else rows
    page = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    connect(audit, page.object_list)
    context = {
        **frame(request, audit),
        "tab": tab,
        "tabs": tabs(audit),
        "rows": page,
        "page": page,
        "only": only,
        "total": len(rows),
        "with_issues": sum(bool(row.issues) for row in rows),
        "shape": f"checks/policyviews/{tab}.html",
    }
    return render(request, "checks/policyviews/policy_view.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_view_row(request, pk, tab, number):
    """One row: make an observation of it, or evidence for findings."""
    posting = request.method == "POST"
    audit = audit_for(request.user, pk, Action.DECIDE if posting else Action.VIEW)
    row = find_row(audit, f"{tab}-{number}")
    if row is None:
        raise Http404
    problem = ""
    if posting:
        try:
            count = attach(request, audit, row)
        except ServiceError as error:
            problem = error.message
        else:
            text = ngettext("Attached to %(count)s finding.", "Attached to %(count)s findings.", count)
            messages.success(request, text % {"count": count})
            return redirect("policy_view", pk, tab)
    connect(audit, [row])
    context = {
        **frame(request, audit),
        "row": row,
        "tab": tab,
        "tab_title": TABS[tab],
        "places": linked(audit, row.places),
        "findings": review_queue(audit),
        "chosen": request.POST.getlist("finding"),
        "problem": problem,
    }
    return render(request, "checks/policyviews/policy_view_row.html", context, status=422 if problem else 200)


def attach(request, audit, row):
    """The chosen place of the row as evidence for every chosen finding; for how many it was new."""
    chosen = [int(number) for number in dict.fromkeys(request.POST.getlist("finding")) if number.isdigit()]
    first = Finding.objects.filter(audit=audit, pk__in=chosen).order_by("position").first()
    if first is None:
        raise NoFindingChosen
    places = {f"{start}-{end}": (start, end) for start, end in row.places}
    start, end = places.get(request.POST.get("place"), row.places[0])
    added = services.evidence_attach(
        by=request.user, finding=first, start=start, end=end, also=[pk for pk in chosen if pk != first.pk],
        revision=revision_of(first.evidence_changes.all()),
    )  # fmt: skip
    return len({change.finding_id for change in added})


# ---------- Context ----------


def frame(request, audit):
    signed = audit.status == Audit.Status.SIGNED
    return {
        "audit": audit,
        "signed": signed,
        "may_write": not signed and can(request.user, audit.engagement, Action.DECIDE),
    }


def tabs(audit):
    numbers = counts(audit)
    return [
        {"name": name, "title": title, "rows": numbers[name][0], "issues": numbers[name][1]}
        for name, title in TABS.items()
    ]


def linked(audit, places):
    """Places with their quote and the address of where they stand in the text."""
    review = reverse("audit_review", args=[audit.pk])
    text = audit.policy_version.text
    return [
        {
            "start": start,
            "end": end,
            "quote": text[start:end],
            "before": text[max(0, start - 60) : start],
            "after": text[end : end + 60],
            "address": f"{review}#{block_at(audit.outline, start)}",
        }
        for start, end in places
    ]


def connect(audit, rows):
    """Fill in what rows bear on: findings whose evidence overlaps them, then those their kind is about: 3 queries."""
    findings = review_queue(audit)
    by_pk = {finding.pk: finding for finding in findings}
    by_code = {finding.requirement.code: finding for finding in findings}
    evidence = evidence_places(audit)
    review = reverse("audit_review", args=[audit.pk])
    for row in rows:
        cited = {finding for start, end, finding, _hand in evidence if overlaps(row.places, start, end)}
        bearing = [by_pk[pk] for pk in cited]
        bearing += [by_code[code] for code in row.codes if code in by_code]
        row.bearing = [
            {"finding": finding, "cites": finding.pk in cited}
            for finding in sorted(
                dict.fromkeys(bearing), key=lambda finding: (finding.pk not in cited, finding.position)
            )
        ]
        row.address = f"{review}#{block_at(audit.outline, row.places[0][0])}"


def overlaps(places, start, end):
    return any(start < last and first < end for first, last in places)
