"""What people arrange on a finding beside deciding it: who, until when, what to discuss and to mend, a second look.

Every act answers the finding as it then stands. Whoever set the same thing a moment later is told what the other set,
and their form keeps what they typed.
"""

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from ..forms.engagements import AssignForm, DiscussForm, DueForm, LookForm, RemediationForm, ResolvedForm
from ..permissions import Action, comment_for, finding_for
from ..services import ServiceError, handover, planning
from ..services import review as review_service
from ..services.presence import presence_mark
from ..teamwork import DECIDERS, others_here, team_of
from .review import changed, focus, page, pushed, queue_of, refused, stayed
from .review_panel import Stale


@require_GET
def finding_presence(request, pk):
    """Who else looks at this finding now; asked again and again by the open screen, which tells where the reader is."""
    finding = finding_for(request.user, pk)
    presence_mark(user=request.user, finding=finding)
    context = {"finding": finding, "others": others_here(request.user, finding)}
    return render(request, "checks/review/panel/presence.html", context)


@require_POST
def finding_assign(request, pk):
    finding = finding_for(request.user, pk, Action.DECIDE)
    members = [membership.user for membership in team_of(finding.audit) if membership.role in DECIDERS]
    form = AssignForm(request.POST, members=members)
    return act(request, finding, "assign", form, planning.finding_assign)


@require_POST
def finding_due(request, pk):
    finding = finding_for(request.user, pk, Action.DECIDE)
    return act(request, finding, "due", DueForm(request.POST), planning.finding_due)


@require_POST
def finding_discuss(request, pk):
    finding = finding_for(request.user, pk, Action.COMMENT)
    return act(request, finding, "discuss", DiscussForm(request.POST), planning.finding_discuss)


@require_POST
def remediation_write(request, pk):
    finding = finding_for(request.user, pk, Action.DECIDE)
    return act(request, finding, "remediation", RemediationForm(request.POST), planning.remediation_write)


@require_POST
def finding_look(request, pk):
    """The reviewer's second look: ``agree`` pressed, or sent back with a note."""
    finding = finding_for(request.user, pk, Action.SIGN)
    agrees = "agree" in request.POST
    form = LookForm(request.POST)

    def look(*, note, **words):
        if agrees:
            return handover.finding_agree(**words)
        return handover.finding_send_back(note=note, **words)

    return act(request, finding, "look", form, look, then=looked_on)


@require_POST
def comment_settle(request, pk):
    """Call a comment settled, or open it again."""
    comment = comment_for(request.user, pk, Action.COMMENT)
    form = ResolvedForm(request.POST)
    if form.is_valid():
        review_service.comment_settle(by=request.user, comment=comment, resolved=form.cleaned_data["resolved"])
    return stayed(request, comment.finding_id)


def looked_on(request, pk):
    """After a second look: the next finding of the list that waits for one, or the same one when none is left."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    following = queue.next_unseen(queue.find(pk))
    if following is None:
        return stayed(request, pk)
    if not request.htmx:
        return redirect(queue.address(following))
    shown = finding_for(request.user, following.pk)
    return pushed(changed(request, focus(request, shown, queue), queue, finding), queue, shown)


def act(request, finding, name, form, service, then=stayed):
    """Call the service with what the form holds, and answer what comes ``then``; a refusal keeps what was typed."""
    if not form.is_valid():
        problem = "" if form.errors.keys() <= {"due_date", "note"} else _("This form is out of date. Try again.")
        return refused(request, finding, forms={name: form}, problem=problem)
    try:
        service(by=request.user, finding=finding, **form.cleaned_data)
    except planning.StaleChange as error:
        return conflict(request, finding.pk, {name: form}, Stale(error.change, form))
    except handover.NoteRequired as error:
        form.add_error("note", error.message)
        return refused(request, finding, forms={name: form})
    except ServiceError as error:
        return refused(request, finding, forms={name: form}, problem=error.message)
    return then(request, finding.pk)


def conflict(request, pk, forms, stale):
    """Somebody was faster: the finding as they left it, what they set, and what was typed here."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    if request.htmx:
        context = focus(request, finding, queue, forms=forms, stale=stale)
        return changed(request, context, queue, finding, status=409)
    return page(request, finding.audit, queue, finding, status=409, forms=forms, stale=stale)
