"""The review screen: the policy with its evidence, the queue of findings, and one finding in focus.

Every act answers a full page without HTMX, and with it the panel plus what changed around it.
"""

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from ..forms import CommentForm, DecisionForm, UndoForm
from ..highlights import Span, navigation, policy_blocks
from ..models import Audit
from ..permissions import Action, audit_for, can, finding_for
from ..selectors import checklist_titles, evidence_places, load_focus
from ..services import ServiceError
from ..services import review as review_service
from .review_panel import panel
from .review_queue import Queue

PAGE = "checks/review/review.html"


@require_GET
def audit_review(request, pk):
    """The whole screen. ``?finding=`` puts one in focus; the other parameters filter the queue."""
    audit = audit_for(request.user, pk)
    queue = queue_of(request, audit)
    if request.htmx.target == "listing":  # only the filters changed
        return listing(request, audit, queue, queue.find(request.GET.get("finding")))
    return page(request, audit, queue, queue.opening(request.GET.get("finding")))


@require_GET
def finding_detail(request, pk):
    """The panel of one finding; as a plain address, the screen with that finding in focus."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    if not request.htmx:
        return redirect(queue.address(finding))
    return pushed(render(request, f"{PAGE}#panel", focus(request, finding, queue)), queue, finding)


@require_POST
def finding_decide(request, pk):
    """Record the verdict and go on to the next undecided finding; on refusal keep what was typed."""
    finding = finding_for(request.user, pk, Action.DECIDE)
    data = request.POST.copy()
    if "confirm" in data:
        data["verdict"] = finding.proposed_verdict
    form = DecisionForm(data)
    if not form.is_valid():
        return refused(request, finding, form=form)
    try:
        review_service.finding_decide(by=request.user, finding=finding, **form.cleaned_data)
    except review_service.StaleFinding:
        return stale(request, pk, form.cleaned_data["revision"], form=form)
    except review_service.ReasonRequired as error:
        form.add_error("reason", error.message)
        return refused(request, finding, form=form)
    except ServiceError as error:
        return refused(request, finding, form=form, problem=error.message)
    return went_on(request, finding)


@require_POST
def finding_undo(request, pk):
    """Take the latest decision back; the one before it counts again."""
    finding = finding_for(request.user, pk, Action.DECIDE)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return refused(request, finding, problem=_("This form is out of date. Try again."))
    try:
        review_service.decision_undo(by=request.user, finding=finding, revision=form.cleaned_data["revision"])
    except review_service.StaleFinding:
        return stale(request, pk, form.cleaned_data["revision"])
    except ServiceError as error:
        return refused(request, finding, problem=error.message)
    return stayed(request, pk)


@require_POST
def comment_add(request, pk):
    finding = finding_for(request.user, pk, Action.COMMENT)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return refused(request, finding, comment_form=form)
    try:
        review_service.comment_add(by=request.user, finding=finding, text=form.cleaned_data["text"])
    except ServiceError as error:
        return refused(request, finding, comment_form=form, problem=error.message)
    return stayed(request, pk)


@require_POST
def findings_confirm(request, pk):
    """Confirm the proposals of the findings that were listed, at once."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    queue = queue_of(request, audit)
    sent = set(request.POST.get("findings", "").split(","))
    chosen = [finding.pk for finding in queue.findings if str(finding.pk) in sent]
    try:
        count = review_service.findings_confirm(by=request.user, audit=audit, finding_ids=chosen)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        text = ngettext("%(count)d proposal confirmed.", "%(count)d proposals confirmed.", count)
        messages.success(request, text % {"count": count})
    return redirect(queue.address())


# ---------- Answers ----------


def page(request, audit, queue, finding, status=200, **extra):
    """The full page with a finding in focus (None in an audit without findings)."""
    if finding and queue.rows:
        queue.keep(finding)
    context = frame(request, audit, queue)
    spans = [Span(*place) for place in evidence_places(audit)]
    context["blocks"] = policy_blocks(audit.policy_version.text, audit.outline, spans, audit.policy_version.layout)
    context["sections"] = navigation(audit.outline, spans)
    if finding:
        context.update(focus(request, finding, queue, **extra))
    return render(request, PAGE, context, status=status)


def listing(request, audit, queue, current):
    """The list alone, under new filters; what is in focus stays."""
    context = {**frame(request, audit, queue), "focus_id": current.pk if current else None}
    return pushed(render(request, f"{PAGE}#listing", context), queue, current)


def pushed(response, queue, finding):
    """Let the browser's address follow, so that reload, back and a copied link lead here."""
    response["HX-Push-Url"] = queue.address(finding)
    return response


def refused(request, finding, **extra):
    """Nothing was changed: the same finding again, with the reason and with what was typed."""
    queue = queue_of(request, finding.audit)
    if request.htmx:
        return render(request, f"{PAGE}#panel", focus(request, finding, queue, **extra), status=422)
    return page(request, finding.audit, queue, finding, status=422, **extra)


def stale(request, pk, seen, form=None):
    """Somebody decided since revision ``seen``: show what, and let the person look before deciding again."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    extra = {"form": form, "seen": seen}
    if request.htmx:
        return changed(request, focus(request, finding, queue, **extra), queue, finding, status=409)
    return page(request, finding.audit, queue, finding, status=409, **extra)


def went_on(request, decided):
    """After a decision: the next undecided finding, or the same one when none is left."""
    queue = queue_of(request, decided.audit)
    following = queue.next_undecided(decided)
    if not request.htmx:
        if following is None:
            messages.success(request, _("Every finding of this list is decided."))
        return redirect(queue.address(following or decided))
    finding = finding_for(request.user, (following or decided).pk)
    context = focus(request, finding, queue, finished=following is None)
    return pushed(changed(request, context, queue, decided), queue, finding)


def stayed(request, pk):
    """After an act that does not lead on: the same finding, as it now stands."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    if not request.htmx:
        return redirect(queue.address(finding))
    return changed(request, focus(request, finding, queue), queue, finding)


def changed(request, context, queue, finding, status=200):
    """The panel, and out of band what a change of this finding changes around it."""
    row = queue.find(finding.pk)
    context.update(changed=row, changed_group=queue.group(row.requirement.domain))
    return render(request, f"{PAGE}#after_decision", context, status=status)


# ---------- Context ----------


def queue_of(request, audit):
    """The queue under the filters of the address, or of the screen the request came from (field ``query``)."""
    titles = checklist_titles(audit.checklist_version)
    sent = request.POST or request.GET
    data = QueryDict(sent["query"]) if "query" in sent else request.GET
    return Queue(audit, data, titles["domains"])


def frame(request, audit, queue):
    """What stands around the panel."""
    signed = audit.status == Audit.Status.SIGNED
    return {
        "audit": audit,
        "queue": queue,
        "signed": signed,
        "may_decide": not signed and can(request.user, audit.engagement, Action.DECIDE),
        "may_comment": can(request.user, audit.engagement, Action.COMMENT),
        "report_address": reverse("audit_report", args=[audit.pk]),
    }


def focus(request, finding, queue, **extra):
    """The frame and the panel of one finding."""
    load_focus(finding)
    titles = checklist_titles(finding.audit.checklist_version)
    context = {**frame(request, finding.audit, queue), "focus_id": finding.pk}
    context["panel"] = panel(finding, titles["instruments"], queue, **extra)
    return context
