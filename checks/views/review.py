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
from django_htmx.http import HttpResponseClientRedirect

from ..forms.review import CommentForm, DecisionForm, UndoForm
from ..models import Audit, FindingChange
from ..permissions import Action, Blind, audit_for, can, finding_for
from ..selectors.review import audit_observations, checklist_titles, finding_with_traces, load_focus
from ..services import ServiceError, batches, verdicts
from ..services import review as review_service
from ..teamwork import (
    DECIDERS,
    changes_of,
    comments_with_state,
    frequent_reasons,
    last_own_act,
    last_place,
    sent_back,
    team_of,
)
from .review_panel import People, panel
from .review_queue import DEFAULT_ORDER, Queue
from .review_text import PolicyText

PAGE = "checks/review/review.html"
PANEL = "checks/review/panel.html"
LISTING = "checks/review/listing.html"
AFTER_DECISION = "checks/review/after_decision.html"
ORDER = "review_order"  # in the session


@require_GET
def audit_review(request, pk):
    """The whole screen. ``?finding=`` puts one in focus; the other parameters filter the queue."""
    try:
        audit = audit_for(request.user, pk)
    except Blind:
        return redirect("second_review", pk)
    queue = queue_of(request, audit)
    asked = request.GET.get("finding")
    if request.htmx.target == "listing":  # only the filters changed
        return listing(request, audit, queue, queue.find(asked))
    return page(request, audit, queue, queue.opening(asked, asked is None and last_place(request.user, audit)))


@require_GET
def finding_detail(request, pk):
    """The panel of one finding; as a plain address, the screen with that finding in focus."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    if not request.htmx:
        return redirect(queue.address(finding))
    return pushed(render(request, PANEL, focus(request, finding, queue)), queue, finding)


@require_POST
def finding_decide(request, pk):
    """Record the verdict and go on to the next undecided finding; on refusal keep what was typed."""
    finding = finding_for(request.user, pk, Action.DECIDE)
    data = request.POST.copy()
    if "confirm" in data:
        data["verdict"] = finding.proposed_verdict
    form = DecisionForm(data)
    if not form.is_valid():
        return refused(request, finding, forms={"decision": form})
    try:
        review_service.finding_decide(by=request.user, finding=finding, **form.cleaned_data)
    except verdicts.StaleFinding:
        return stale(request, pk, form.cleaned_data["revision"], forms={"decision": form})
    except verdicts.ReasonRequired as error:
        form.add_error("reason", error.message)
        return refused(request, finding, forms={"decision": form})
    except ServiceError as error:
        return refused(request, finding, forms={"decision": form}, problem=error.message)
    return went_on(request, finding)


@require_POST
def finding_undo(request, pk):
    """Take the decision that counts back; the one before it counts again."""
    return step(request, pk, review_service.decision_undo)


@require_POST
def finding_redo(request, pk):
    """Restore the decision taken back last."""
    return step(request, pk, review_service.decision_redo)


def step(request, pk, service):
    """One step back or forth in the finding's decisions."""
    finding = finding_for(request.user, pk, Action.DECIDE)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return refused(request, finding, problem=_("This form is out of date. Try again."))
    try:
        service(by=request.user, finding=finding, revision=form.cleaned_data["revision"])
    except verdicts.StaleFinding:
        return stale(request, pk, form.cleaned_data["revision"])
    except ServiceError as error:
        return refused(request, finding, problem=error.message)
    return stayed(request, pk)


@require_POST
def own_undo(request, pk):
    """Take the reader's own latest decision in the audit back, wherever it was; a bulk decision as a whole."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    queue = queue_of(request, audit)
    act = last_own_act(audit, request.user)
    try:
        if act is None:
            raise review_service.NothingToUndo
        if act.batch_id:
            undo = batches.batch_undo(by=request.user, batch=act.batch)
            messages.success(request, taken_back(undo.count))
            return leave(request, queue.address())
        act.finding.audit = audit
        review_service.decision_undo(by=request.user, finding=act.finding, revision=act.finding.revision)
    except ServiceError as error:
        messages.error(request, error.message)
        return leave(request, queue.address())
    if not request.htmx:
        return redirect(queue.address(act.finding))
    finding = finding_for(request.user, act.finding_id)
    queue = queue_of(request, audit)
    return pushed(changed(request, focus(request, finding, queue), queue, finding), queue, finding)


@require_POST
def comment_add(request, pk):
    finding = finding_for(request.user, pk, Action.COMMENT)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return refused(request, finding, forms={"comment": form})
    try:
        review_service.comment_add(by=request.user, finding=finding, text=form.cleaned_data["text"])
    except ServiceError as error:
        return refused(request, finding, forms={"comment": form}, problem=error.message)
    return stayed(request, pk)


# ---------- Answers ----------


def page(request, audit, queue, finding, status=200, **extra):
    """The full page with a finding in focus (None in an audit without findings)."""
    if finding and queue.rows:
        queue.keep(finding)
    context = frame(request, audit, queue)
    context["sent_back"] = sent_back(audit)
    context["observations"] = audit_observations(audit)
    context.update(PolicyText(audit, queue).context())
    if finding:
        context.update(focus(request, finding, queue, **extra))
    return render(request, PAGE, context, status=status)


def listing(request, audit, queue, current):
    """The list alone, under new filters; what is in focus stays."""
    context = {**frame(request, audit, queue), "focus_id": current.pk if current else None}
    return pushed(render(request, LISTING, context), queue, current)


def pushed(response, queue, finding):
    """Let the browser's address follow, so that reload, back and a copied link lead here."""
    response["HX-Push-Url"] = queue.address(finding)
    return response


def refused(request, finding, **extra):
    """Nothing was changed: the same finding again, with the reason and with what was typed."""
    queue = queue_of(request, finding.audit)
    if request.htmx:
        return render(request, PANEL, focus(request, finding, queue, **extra), status=422)
    return page(request, finding.audit, queue, finding, status=422, **extra)


def stale(request, pk, seen, **extra):
    """Somebody decided since revision ``seen``: show what, and let the person look before deciding again."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    extra["seen"] = seen
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
    finding = neighbour(decided, (following or decided).pk)
    context = focus(request, finding, queue, finished=following is None)
    return pushed(changed(request, context, queue, decided), queue, finding)


def neighbour(finding, pk):
    """Another finding of the same audit, afresh; the audit and what hangs on it is here already."""
    (other,) = finding_with_traces(pk)
    other.audit = finding.audit
    return other


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
    context.update(changed=row, changed_group=queue.group_of(row))
    return render(request, AFTER_DECISION, context, status=status)


# ---------- Context ----------


def leave(request, address):
    """Go to another page, by whatever way this one was reached."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def taken_back(count):
    """What is said when a bulk decision was taken back."""
    text = ngettext("%(count)d decision was taken back.", "%(count)d decisions were taken back.", count)
    return text % {"count": count}


def queue_of(request, audit, queue_class=Queue, **extra):
    """The queue under the filters of the address, or of the screen the request came from (field ``query``).

    The order of work is the reader's: what they chose last, in any audit, unless the address says otherwise.
    """
    titles = checklist_titles(audit.checklist_version)
    sent = request.POST or request.GET
    data = QueryDict(sent["query"]) if "query" in sent else request.GET
    kept = request.session.get(ORDER, DEFAULT_ORDER)
    queue = queue_class(audit, data, titles["domains"], user=request.user, order=kept, **extra)
    if queue.order != kept:
        request.session[ORDER] = queue.order
    return queue


def frame(request, audit, queue):
    """What stands around the panel."""
    signed = audit.status == Audit.Status.SIGNED
    return {
        "audit": audit,
        "queue": queue,
        "signed": signed,
        "may_decide": not signed and can(request.user, audit.engagement, Action.DECIDE),
        "may_comment": can(request.user, audit.engagement, Action.COMMENT),
        "may_look": not signed and can(request.user, audit.engagement, Action.SIGN),
        "report_address": reverse("audit_report", args=[audit.pk]),
    }


def focus(request, finding, queue, **extra):
    """The frame and the panel of one finding."""
    load_focus(finding)
    titles = checklist_titles(finding.audit.checklist_version)
    context = {**frame(request, finding.audit, queue), "focus_id": finding.pk}
    people = people_of(finding, request.user, decides=context["may_decide"])
    context["panel"] = panel(finding, titles["instruments"], queue, people, **extra)
    return context


def people_of(finding, user, *, decides):
    """What people have to do with the finding, whose traces are known: at most four queries."""
    changes = changes_of(finding) if finding.has_changes else []
    memberships = team_of(finding.audit)
    return People(
        changes={change.kind: change for change in changes},
        looks=[change for change in reversed(changes) if change.kind == FindingChange.Kind.SECOND_LOOK],
        members=[membership.user for membership in memberships if membership.user_id != user.pk],
        deciders=[membership.user for membership in memberships if membership.role in DECIDERS],
        comments=comments_with_state(finding) if finding.has_comments else [],
        reasons=frequent_reasons(user, finding.requirement) if decides else [],
    )
