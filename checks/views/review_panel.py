"""What the panel of one finding shows, made ready for the template. Expects what ``selectors.load_focus``
fetched, and what people have to do with it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ..forms.engagements import AssignForm, DueForm, LookForm, RemediationForm
from ..forms.fields import FINAL_VERDICTS
from ..forms.review import CommentForm, DecisionForm
from ..highlights import block_at, place_id
from ..models.audit import VerdictChoices
from ..models.review import decision_stacks
from ..standing import element_is_met, revision_of, standing
from ..templatetags.checks_tags import decision_guide, in_language
from ..templatetags.intake_tags import page_of


@dataclass(frozen=True, slots=True)
class People:
    """What people have to do with a finding, beside deciding it."""

    changes: dict = field(default_factory=dict)  # {kind: the latest FindingChange}
    looks: list = field(default_factory=list)  # reviewers' words, newest first
    members: list = field(default_factory=list)  # whom a comment can name
    deciders: list = field(default_factory=list)  # whom it can be assigned to
    comments: list = field(default_factory=list)
    reasons: list = field(default_factory=list)  # what is most often said of this requirement


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody set the same thing meanwhile: what they set, and the form with what was typed."""

    change: object
    typed: object = None


def panel(
    finding,
    instruments,
    queue,
    people,
    *,
    forms=None,
    problem="",
    seen=None,
    stale=None,
    finished=False,
    opinions=None,
):
    """The panel's context.

    ``forms`` {name: form} carry what was typed when an act was refused, ``problem`` says why; ``seen`` is the revision
    the person had before them when somebody decided faster, ``stale`` (a Stale) what somebody set faster;
    ``finished``: nothing undecided is left. ``opinions``: what stands in for the decisions, for a second auditor, who
    sees nothing else that people did.
    """
    content = finding.requirement.content
    blind = opinions is not None
    decisions = opinions if blind else list(finding.decisions.all()) if finding.revision else []
    changes = list(finding.evidence_changes.all()) if not blind and finding.has_evidence_changes else []
    current = decisions[-1] if finding.is_decided and decisions else None
    before, behind = queue.neighbours(finding)
    pieces = standing(finding.evidence.all(), changes)
    done, undone = ([], []) if blind else decision_stacks(decisions)
    forms = forms or {}
    form = forms.get("decision")
    return {
        "finding": finding,
        "requirement": content,
        "position": queue.place(finding) + 1,
        "before": before,
        "behind": behind,
        "percent": round(finding.confidence * 100),
        "elements": elements(finding, content, pieces),
        "evidence": evidence(pieces, content, finding.audit.policy_version.layout),
        "evidence_history": changes[::-1],
        "evidence_revision": revision_of(changes),
        "parts": parts(content),
        "searched": searched(finding, content, pieces),
        "legal_basis": legal_basis(finding, instruments),
        "current": current,
        "form": form or DecisionForm(initial=initial(finding, current)),
        "choices": choices(content, form.data.get("verdict") if form else initial(finding, current)["verdict"]),
        "reasons": list(enumerate(people.reasons, start=5)),  # 1 to 4 choose verdicts
        "can_confirm": finding.proposed_verdict != VerdictChoices.UNDETERMINED,
        "can_undo": bool(done),
        "can_redo": bool(undone),
        "history": decisions[::-1],
        "meanwhile": decisions[seen:] if seen is not None else [],
        "people": people,
        "seen": {kind: change.pk for kind, change in people.changes.items()},
        "stale": stale,
        "assign_form": forms.get("assign") or assign_form(finding, people),
        "due_form": forms.get("due") or DueForm(initial={"due_date": finding.due_date}),
        "remediation_form": forms.get("remediation") or RemediationForm(initial={"text": remediation(finding)}),
        "look_form": forms.get("look") or LookForm(),
        "comments": people.comments,
        "open_comments": sum(not comment.resolved for comment in people.comments),
        "comment_form": forms.get("comment") or CommentForm(),
        "problem": problem,
        "finished": finished,
    }


def assign_form(finding, people):
    chosen = {"user": str(finding.assignee_id) if finding.assignee_id else ""}
    return AssignForm(initial=chosen, members=people.deciders)


def remediation(finding):
    """What has to be done, as the auditor wrote it, else in the checklist's words."""
    return finding.remediation or in_language(finding.requirement.content, "remediation")


def initial(finding, current):
    """The decision that counts, else the proposal; nothing is preselected where the program could not tell."""
    verdict = finding.verdict if finding.verdict != VerdictChoices.UNDETERMINED else ""
    return {"verdict": verdict, "reason": current.reason if current else ""}


def choices(content, chosen):
    """The verdicts a person can give, with the key that chooses each and the guide to it."""
    guide = {line["verdict"]: line for line in decision_guide(content)}
    return [
        {"value": value, "key": key, "guide": guide.get(value), "checked": value == chosen}
        for key, (value, _word) in enumerate(FINAL_VERDICTS, start=1)
    ]


def elements(finding, content, pieces):
    """The parts the requirement asks for, in its order, each with whether it is met by the evidence that counts now."""
    found = finding.evidence.all()
    results = {result["id"]: result for result in finding.elements}
    rows = []
    for entry in content.get("elements") or ():
        if result := results.get(entry["id"]):
            absent = entry.get("absent", False)
            met = element_is_met(result, found, pieces, absent=absent)
            row = {"entry": entry, "required": entry.get("required", True), "met": met}
            rows.append(row | {"changed": met != result["met"], "added": met != absent})
    return rows


def parts(content):
    """What evidence by hand can be for beside the finding as a whole."""
    entries = [*(content.get("elements") or ()), *(content.get("signals") or ())]
    return [{"id": entry["id"], "title": in_language(entry, "title")} for entry in entries]


def names(content):
    """What evidence can be found for, by its id: elements, signals, and the condition of the requirement."""
    return {"trigger": _("Condition"), **{part["id"]: part["title"] for part in parts(content)}}


def evidence(pieces, content, layout):
    """Each quoted place once, with everything it is evidence for and who added it, if a person did."""
    titles = names(content)
    places = {}
    for piece in pieces:
        place = {
            "place": place_id(piece.start, piece.end),
            "start": piece.start,
            "end": piece.end,
            "clause": piece.clause,
            "quote": piece.quote,
            "page": page_of(piece.start, layout),
            "for": [],
            "added_by": None,
        }
        found = places.setdefault((piece.start, piece.end), place)
        found["added_by"] = found["added_by"] or piece.added_by
        if piece.element:
            found["for"].append(titles.get(piece.element, piece.element))
    return list(places.values())


def searched(finding, content, pieces):
    """Where the engine looked and what came closest, with whether that counts by now; None when it kept no record."""
    if not finding.searched:
        return None
    titles = names(content)
    outline = finding.audit.outline
    counted = {(piece.start, piece.end) for piece in pieces}
    nearest = [
        {
            **near,
            "for": titles.get(near.get("element"), ""),
            "place": block_at(outline, near["start"]),
            "counts": (near["start"], near["end"]) in counted,
        }
        for near in finding.searched.get("nearest") or ()
    ]
    return {**finding.searched, "nearest": nearest}


def legal_basis(finding, instruments):
    return [
        {"basis": basis, "instrument": in_language(instruments.get(basis.instrument), "title") or basis.instrument}
        for basis in finding.requirement.legal_basis.all()
    ]
