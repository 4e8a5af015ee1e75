"""What the panel of one finding shows, made ready for the template. Expects what ``selectors.load_focus`` fetched."""

from django.utils.translation import gettext as _

from ..forms import FINAL_VERDICTS, CommentForm, DecisionForm
from ..highlights import block_at
from ..models.audit import VerdictChoices
from ..templatetags.checks_tags import in_language
from ..templatetags.intake_tags import page_of


def panel(finding, instruments, queue, *, form=None, comment_form=None, problem="", seen=None, finished=False):
    """The panel's context.

    ``form`` and ``comment_form`` carry what was typed when an act was refused, ``problem`` says why; ``seen`` is the
    revision the person had before them when somebody else was faster; ``finished``: nothing undecided is left.
    """
    content = finding.requirement.content
    decisions = list(finding.decisions.all())
    current = decisions[-1] if finding.is_decided and decisions else None
    before, behind = queue.neighbours(finding)
    return {
        "finding": finding,
        "requirement": content,
        "position": finding.position,
        "before": before,
        "behind": behind,
        "percent": round(finding.confidence * 100),
        "elements": elements(finding, content),
        "evidence": evidence(finding, content),
        "searched": searched(finding, content),
        "legal_basis": legal_basis(finding, instruments),
        "current": current,
        "form": form or DecisionForm(initial=initial(finding, current)),
        "choices": choices(content, form.data.get("verdict") if form else initial(finding, current)["verdict"]),
        "can_confirm": finding.proposed_verdict != VerdictChoices.UNDETERMINED,
        "history": decisions[::-1],
        "meanwhile": decisions[seen:] if seen is not None else [],
        "comments": list(finding.comments.all()),
        "comment_form": comment_form or CommentForm(),
        "problem": problem,
        "finished": finished,
    }


def initial(finding, current):
    """The decision that counts, else the proposal; nothing is preselected where the program could not tell."""
    verdict = finding.verdict if finding.verdict != VerdictChoices.UNDETERMINED else ""
    return {"verdict": verdict, "reason": current.reason if current else ""}


def choices(content, chosen):
    """The verdicts a person can give, with the key that chooses each and the guide to it."""
    guide = content.get("decide") or {}
    return [
        {"value": value, "key": key, "guide": guide.get(value, ""), "checked": value == chosen}
        for key, (value, _word) in enumerate(FINAL_VERDICTS, start=1)
    ]


def elements(finding, content):
    """The parts the requirement asks for, in its order, each with whether it was found."""
    met = {result["id"]: result["met"] for result in finding.elements}
    return [
        {"entry": entry, "required": entry.get("required", True), "met": met[entry["id"]]}
        for entry in content.get("elements") or ()
        if entry["id"] in met
    ]


def names(content):
    """What evidence can be found for, by its id: elements, signals, and the condition of the requirement."""
    entries = [*(content.get("elements") or ()), *(content.get("signals") or ())]
    return {"trigger": _("Condition"), **{entry["id"]: in_language(entry, "title") for entry in entries}}


def evidence(finding, content):
    """Each quoted place once, with everything it is evidence for."""
    titles = names(content)
    layout = finding.audit.policy_version.layout
    places = {}
    for piece in finding.evidence.all():
        place = {"id": piece.pk, "clause": piece.clause, "quote": piece.quote, "for": []}
        place["page"] = page_of(piece.start, layout)
        found = places.setdefault((piece.start, piece.end), place)
        found["for"].append(titles.get(piece.element, piece.element))
    return list(places.values())


def searched(finding, content):
    """Where the engine looked and what came closest; None when it kept no record of it."""
    if not finding.searched:
        return None
    titles = names(content)
    outline = finding.audit.outline
    nearest = [
        {**near, "for": titles.get(near.get("element"), ""), "place": block_at(outline, near["start"])}
        for near in finding.searched.get("nearest") or ()
    ]
    return {**finding.searched, "nearest": nearest}


def legal_basis(finding, instruments):
    return [
        {"basis": basis, "instrument": in_language(instruments.get(basis.instrument), "title") or basis.instrument}
        for basis in finding.requirement.legal_basis.all()
    ]
