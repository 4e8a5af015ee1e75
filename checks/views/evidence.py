"""Evidence by hand: attach, move, remove, undo. Each answers the panel and the pieces of text that changed."""

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ..forms.review import PlaceForm, UndoForm
from ..permissions import Action, finding_for
from ..services import ServiceError
from ..services import evidence as service
from .review import focus, queue_of, refused
from .review_text import PolicyText

AFTER_EVIDENCE = "checks/review/after_evidence.html"


@require_POST
def evidence_attach(request, pk):
    """A place becomes evidence for the finding, or for a part of it, and for others that were chosen with it."""
    return act(request, pk, PlaceForm, lambda data: service.evidence_attach(
        by=request.user, finding=data["finding"], start=data["start"], end=data["end"], element=data["element"],
        also=data["also"], revision=data["revision"],
    ))  # fmt: skip


@require_POST
def evidence_move(request, pk):
    """Evidence begins and ends elsewhere."""
    return act(request, pk, PlaceForm, lambda data: service.evidence_move(
        by=request.user, finding=data["finding"], old=data["old"], start=data["start"], end=data["end"],
        revision=data["revision"],
    ))  # fmt: skip


@require_POST
def evidence_remove(request, pk):
    """A place is evidence for the finding no longer."""
    return act(request, pk, PlaceForm, lambda data: service.evidence_remove(
        by=request.user, finding=data["finding"], place=(data["start"], data["end"]), revision=data["revision"],
    ))  # fmt: skip


@require_POST
def evidence_undo(request, pk):
    """The latest change of the finding's evidence is taken back."""
    return act(request, pk, UndoForm, lambda data: service.evidence_undo(
        by=request.user, finding=data["finding"], revision=data["revision"],
    ))  # fmt: skip


def act(request, pk, form_class, do):
    """Read the form, do it, and answer; a refusal says why and shows the evidence as it stands."""
    finding = finding_for(request.user, pk, Action.DECIDE)
    form = form_class(request.POST)
    if not form.is_valid():
        return refused(request, finding, problem=_("Choose a place in the policy's text first."))
    try:
        changes = do({**form.cleaned_data, "finding": finding})
    except service.StaleEvidence as error:
        seen = form.cleaned_data["revision"]
        missed = finding.evidence_changes.filter(pk__gt=seen)
        return answer(request, pk, missed, status=409, problem=error.message)
    except ServiceError as error:
        return refused(request, finding, problem=error.message)
    return answer(request, pk, changes)


def answer(request, pk, changes, status=200, **extra):
    """The finding with the evidence that counts now, and the blocks of the text in which the changes lie."""
    finding = finding_for(request.user, pk)
    queue = queue_of(request, finding.audit)
    if not request.htmx:
        return refused(request, finding, **extra) if extra else redirect(queue.address(finding))
    context = focus(request, finding, queue, **extra)
    context.update(PolicyText(finding.audit, queue).changed_context([(row.start, row.end) for row in changes]))
    context["swapped"] = True
    return render(request, AFTER_EVIDENCE, context, status=status)
