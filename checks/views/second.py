"""The blind second review: the second auditor's own screen, and where both opinions are compared and settled."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..agreement import agreement
from ..forms.review import DecisionForm, ResolveForm, SecondAuditorForm
from ..models import Audit
from ..permissions import Action, audit_for, can, comparison_for, second_finding_for, second_review_for
from ..selectors.review import checklist_titles, load_focus, review_queue
from ..services import ServiceError, verdicts
from ..services import blind as services
from ..teamwork import (
    DECIDERS,
    comparisons_of,
    frequent_reasons,
    opinions_of,
    pace,
    requirement_pairs,
    running_or_unresolved,
    team_of,
)
from ..templatetags.checks_tags import in_language
from .review import AFTER_DECISION, LISTING, PAGE, PANEL, pushed, queue_of
from .review_panel import People, panel
from .review_queue import Queue
from .review_text import PolicyText


class SecondQueue(Queue):
    """The queue of the second auditor: decided is what they decided, and what others did stands nowhere."""

    screen = "second_review"
    detail = "second_finding"
    decide = "second_decide"
    is_blind = True
    batch = None
    bulk_may_change = False

    def __init__(self, audit, data, domains, *, opinions, **extra):
        self.opinions = opinions
        findings = [masked(finding, opinions.get(finding.pk, ())) for finding in review_queue(audit)]
        super().__init__(audit, data, domains, findings=findings, **extra)

    def _marked(self, mark):
        return lambda row: True

    @property
    def pace(self):
        return pace(sorted(opinion.made_at for given in self.opinions.values() for opinion in given))


def masked(finding, opinions):
    """The finding as the second auditor may see it: with their own verdict and without a trace of anybody else's."""
    finding.final_verdict = opinions[-1].verdict if opinions else ""
    finding.revision = len(opinions)
    finding.assignee_id = finding.due_date = None
    finding.in_discussion = False
    finding.remediation = finding.second_look = ""
    return finding


# ---------- The second auditor's screen ----------


@require_GET
def second_review(request, pk):
    """The review screen for the second auditor, with their own verdicts only."""
    blind = second_review_for(request.user, pk)
    queue = second_queue(request, blind)
    asked = request.GET.get("finding")
    if request.htmx.target == "listing":
        current = queue.find(asked)
        context = {**frame(blind, queue), "focus_id": current.pk if current else None}
        return pushed(render(request, LISTING, context), queue, current)
    return page(request, blind, queue, queue.opening(asked))


@require_GET
def second_finding(request, pk):
    blind, finding = second_finding_for(request.user, pk)
    queue = second_queue(request, blind)
    if not request.htmx:
        return redirect(queue.address(finding))
    return pushed(render(request, PANEL, focus(request, blind, finding, queue)), queue, finding)


@require_POST
def second_decide(request, pk):
    """Keep the second auditor's verdict and go on to the next finding they have not decided."""
    blind, finding = second_finding_for(request.user, pk)
    data = request.POST.copy()
    if "confirm" in data:
        data["verdict"] = finding.proposed_verdict
    form = DecisionForm(data)
    if not form.is_valid():
        return answer(request, blind, finding, 422, forms={"decision": form})
    try:
        services.opinion_give(by=request.user, blind=blind, finding=finding, **form.cleaned_data)
    except services.StaleOpinion:
        return answer(request, blind, finding, 409, forms={"decision": form}, seen=form.cleaned_data["revision"])
    except verdicts.ReasonRequired as error:
        form.add_error("reason", error.message)
        return answer(request, blind, finding, 422, forms={"decision": form})
    except ServiceError as error:
        return answer(request, blind, finding, 422, forms={"decision": form}, problem=error.message)
    queue = second_queue(request, blind)
    decided = queue.find(finding.pk)
    following = queue.next_undecided(decided)
    if not request.htmx:
        return redirect(queue.address(following or decided))
    _blind, shown = second_finding_for(request.user, (following or decided).pk)
    context = focus(request, blind, shown, queue, finished=following is None)
    context.update(changed=decided, changed_group=queue.group_of(decided))
    return pushed(render(request, AFTER_DECISION, context), queue, shown)


@require_POST
def second_hand_in(request, pk):
    """The second auditor is done; with the first one done too, both are compared."""
    blind = second_review_for(request.user, pk)
    try:
        services.opinions_hand_in(by=request.user, blind=blind)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("second_review", pk)
    if blind.is_running:
        messages.success(request, _("Your opinion is in. The two are compared when the first auditor is done as well."))
        return redirect("second_review", pk)
    return redirect("audit_comparison", pk)


def second_queue(request, blind):
    return queue_of(request, blind.audit, SecondQueue, opinions=opinions_of(blind))


def page(request, blind, queue, finding, status=200, **extra):
    """The whole screen."""
    if finding and queue.rows:
        queue.keep(queue.find(finding.pk))
    context = frame(blind, queue)
    context.update(PolicyText(blind.audit, queue).context())
    if finding:
        full = blind.audit.findings.select_related("requirement").get(pk=finding.pk)
        full.audit = blind.audit
        context.update(focus(request, blind, full, queue, **extra))
    return render(request, PAGE, context, status=status)


def answer(request, blind, finding, status, **extra):
    """A refusal: the finding as it is, with what was typed."""
    queue = second_queue(request, blind)
    if request.htmx:
        return render(request, PANEL, focus(request, blind, finding, queue, **extra), status=status)
    return page(request, blind, queue, finding, status, **extra)


def frame(blind, queue):
    audit = blind.audit
    return {
        "audit": audit,
        "queue": queue,
        "blind": blind,
        "signed": audit.status == Audit.Status.SIGNED,
        "may_decide": False,  # nothing but an opinion: no evidence, no plan, no bulk decision
        "may_give_opinion": blind.handed_in_at is None and audit.status != Audit.Status.SIGNED,
        "may_comment": False,
        "may_look": False,
        "report_address": reverse("second_review", args=[audit.pk]) + "#hand-in",
        "report_words": _("Hand it in"),
    }


def focus(request, blind, finding, queue, **extra):
    """The frame and the panel of one finding, with the second auditor's opinions in place of decisions."""
    opinions = queue.opinions.get(finding.pk, [])
    masked(finding, opinions)
    load_focus(finding, by_people=False)
    titles = checklist_titles(blind.audit.checklist_version)
    context = {**frame(blind, queue), "focus_id": finding.pk}
    people = People(reasons=frequent_reasons(request.user, finding.requirement))
    context["panel"] = panel(finding, titles["instruments"], queue, people, opinions=opinions, **extra)
    return context


# ---------- Switched on and given up by the lead ----------


@require_POST
def blind_start(request, pk):
    audit = audit_for(request.user, pk, Action.MANAGE)
    form = SecondAuditorForm(request.POST, members=seconds(audit, request.user))
    if not form.is_valid():
        messages.error(request, _("Choose the second auditor."))
        return redirect("audit_detail", pk)
    try:
        services.blind_start(by=request.user, audit=audit, second=form.cleaned_data["second"])
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(
            request, _("The second auditor was asked. What others decide is hidden from them until both are done.")
        )
    return redirect("audit_detail", pk)


@require_POST
def blind_cancel(request, pk):
    audit = audit_for(request.user, pk, Action.MANAGE)
    blind = running_or_unresolved(audit)
    try:
        if blind is None:
            raise services.NotRunning
        services.blind_cancel(by=request.user, blind=blind)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The blind second review was given up."))
    return redirect("audit_detail", pk)


def seconds(audit, user):
    """Whom this lead can ask for a second opinion."""
    return [row.user for row in team_of(audit) if row.role in DECIDERS and row.user_id != user.pk]


# ---------- Compared ----------


@require_GET
def audit_comparison(request, pk):
    """How far both agree, as a whole and by domain, and every finding on which they differ."""
    return comparison_page(request, audit_for(request.user, pk))


@require_POST
def disagreement_resolve(request, pk):
    """Settle one difference: one of the two verdicts or a third, with a reason; it becomes the decision that counts."""
    comparison = comparison_for(request.user, pk, Action.DECIDE)
    audit = comparison.finding.audit
    form = ResolveForm(request.POST)
    if not form.is_valid():
        return comparison_page(request, audit, 422, {comparison.pk: form})
    try:
        services.disagreement_resolve(by=request.user, comparison=comparison, **form.cleaned_data)
    except verdicts.ReasonRequired:
        form.add_error("reason", _("Say why this verdict counts."))
        return comparison_page(request, audit, 422, {comparison.pk: form})
    except verdicts.StaleFinding as error:
        form.add_error(None, error.message)
        return comparison_page(request, audit, 409, {comparison.pk: form})
    except ServiceError as error:
        form.add_error(None, error.message)
        return comparison_page(request, audit, 422, {comparison.pk: form})
    messages.success(request, _("%(code)s is settled.") % {"code": comparison.finding.requirement.code})
    return redirect(reverse("audit_comparison", args=[audit.pk]) + "#differences")


def comparison_page(request, audit, status=200, forms=None):
    audit = audit if status == 200 else audit_for(request.user, audit.pk)
    blind = running_or_unresolved(audit)
    rows = comparisons_of(blind) if blind and not blind.is_running else []
    differing = [row for row in rows if not row.agrees]
    everywhere = requirement_pairs(request.user, [row.finding.requirement.code for row in rows])
    forms = forms or {}
    for row in differing:
        row.form = forms.get(row.pk) or ResolveForm()
    for row in rows:
        row.everywhere = agreement(everywhere.get(row.finding.requirement.code, ()))
    context = {
        "audit": audit,
        "blind": blind,
        "rows": rows,
        "whole": agreement((row.first_verdict, row.second_verdict) for row in rows),
        "domains": by_domain(rows, checklist_titles(audit.checklist_version)["domains"]),
        "open": [row for row in differing if not row.resolution],
        "resolved": [row for row in differing if row.resolution],
        "may_resolve": audit.status != Audit.Status.SIGNED and can(request.user, audit.engagement, Action.DECIDE),
    }
    return render(request, "checks/second/comparison.html", context, status=status)


def by_domain(rows, titles):
    """``[(title, Agreement)]`` in the order of the checklist."""
    pairs = {}
    for row in rows:
        pairs.setdefault(row.finding.requirement.domain, []).append((row.first_verdict, row.second_verdict))
    return [(in_language(titles.get(name), "title") or name, agreement(said)) for name, said in pairs.items()]
