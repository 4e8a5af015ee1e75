"""Deciding many findings at once: looked at first, then done, and taken back as one."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ..forms.review import BatchForm
from ..permissions import Action, audit_for, batch_for
from ..services import ServiceError, verdicts
from ..services import batches as services
from .review import queue_of, taken_back


@require_POST
def batch_preview(request, pk):
    """What a bulk decision over the findings that were listed would change, and what it would pass over and why."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    queue = queue_of(request, audit)
    form = BatchForm(request.POST)
    if not form.is_valid():
        return preview(request, audit, queue, form, [], status=422)
    return preview(request, audit, queue, form, listed(queue, form))


@require_POST
def batch_decide(request, pk):
    """Do what the preview showed, unless something of it was decided since: then the new preview says so."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    queue = queue_of(request, audit)
    form = BatchForm(request.POST)
    if not form.is_valid():
        return preview(request, audit, queue, form, [], status=422)
    data = form.cleaned_data
    words = {"verdict": data["verdict"], "reason": data["reason"], "again": data["again"]}
    try:
        batch = services.batch_decide(by=request.user, audit=audit, revisions=revisions(queue, form), **words)
    except services.StaleBatch as error:
        return preview(request, audit, queue, form, listed(queue, form), status=409, problem=error.message)
    except verdicts.ReasonRequired as error:
        form.add_error("reason", error.message)
        return preview(request, audit, queue, form, listed(queue, form), status=422)
    except ServiceError as error:
        return preview(request, audit, queue, form, listed(queue, form), status=422, problem=error.message)
    text = ngettext("%(count)d finding was decided.", "%(count)d findings were decided.", batch.count)
    messages.success(request, text % {"count": batch.count})
    return redirect(queue_of(request, audit).address())


@require_POST
def batch_undo(request, pk):
    """Take a bulk decision back as one."""
    batch = batch_for(request.user, pk, Action.DECIDE)
    queue = queue_of(request, batch.audit)
    try:
        undo = services.batch_undo(by=request.user, batch=batch)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, taken_back(undo.count))
    return redirect(queue.address())


def preview(request, audit, queue, form, findings, status=200, problem=""):
    data = form.cleaned_data
    plan = services.batch_plan(findings, verdict=data.get("verdict", ""), again=data.get("again", False))
    changing = [planned for planned in plan if not planned.skipped]
    context = {
        "audit": audit,
        "queue": queue,
        "form": form,
        "verdict": data.get("verdict", ""),
        "changing": changing,
        "skipped": [planned for planned in plan if planned.skipped],
        "needs_reason": any(planned.differs for planned in changing),
        "revisions": ",".join(f"{planned.finding.pk}:{planned.finding.revision}" for planned in plan),
        "problem": problem or ("" if form.is_valid() else _("This form is out of date. Try again.")),
    }
    return render(request, "checks/review/batch.html", context, status=status)


def listed(queue, form):
    """The findings that were sent along, in the order of the queue; what is no finding of this audit is passed over."""
    sent = {number.partition(":")[0] for number in form.cleaned_data["findings"].split(",")}
    return [finding for finding in queue.findings if str(finding.pk) in sent]


def revisions(queue, form):
    """``{finding's number: the revision that was previewed}``."""
    sent = dict(number.partition(":")[::2] for number in form.cleaned_data["findings"].split(","))
    found = {finding.pk: sent.get(str(finding.pk)) for finding in queue.findings}
    return {pk: int(revision) if revision.isdecimal() else -1 for pk, revision in found.items() if revision is not None}
