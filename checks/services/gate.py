"""The gate before a draft becomes a version: what stands in the way, and what it would change.

Blocking for what this draft adds or changes: examples that fail, elements with rules but fewer than two examples each
way, rules that no example needs. What comes unchanged from the base passed this gate before, or was shipped with its
own tests; it is only counted, so that repairing one rule does not mean touching eighty requirements.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from ..engine.checklist import Checklist
from ..engine.examples import check_examples
from ..models import Audit
from .drafts import draft_digest, draft_problems
from .effects import State, difference_of, preview_of, stored_policies

LEAST_EXAMPLES = 2

WORDS = {
    "problem": _("%(where)s: %(text)s"),
    "changelog": _("The changelog is missing: say what changes in this version, and why."),
    "not_found": _("An example that must match is found by no rule: “%(text)s”"),
    "false_alarm": _("An example that must not match is found by a rule: “%(text)s”"),
    "idle_rule": _("No example needs this rule; none that must match is found by it: %(text)s"),
    "no_examples": _("It has rules and lacks examples of one kind or the other."),
    "few_examples": _(
        "It needs two examples that must match and two that must not; it has %(match)s and %(no_match)s."
    ),
    "effect_unseen": _(
        "Nobody has looked at what this draft changes on the stored policies. Have it worked out first."
    ),
}
HEAD = ""  # the code of what belongs to no requirement


@dataclass(frozen=True)
class Reason:
    """One thing that stands in the way: ``code`` of the requirement ("" for the whole), ``part`` of it, in words."""

    kind: str
    code: str = HEAD
    part: str = ""
    params: dict = field(default_factory=dict)
    problem: object = None  # the engine's Problem, where it is one

    @property
    def message(self):
        """In the language that is active now."""
        return str(WORDS[self.kind]) % self.params if self.params else str(WORDS[self.kind])

    def __str__(self):
        return " ".join(filter(None, (self.code, self.part, self.message)))


@dataclass(frozen=True)
class GateReport:
    """Plain data. The draft may be published when ``blocking`` is empty."""

    digest: str
    blocking: tuple[Reason, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    decides: tuple[str, ...] = ()
    few_examples_elsewhere: int = 0  # unchanged elements with fewer than two examples each way
    running_audits: int = 0  # audits in review on other versions of this checklist
    preview: object = None  # EffectPreview of the draft as it stands, or None

    @property
    def open(self):
        return not self.blocking


def gate(draft, *, publishing=False):
    """Look at everything that must hold before the draft is published; reads only.

    With ``publishing`` its effect on the stored policies must have been worked out too, for exactly this content.
    """
    digest = draft_digest(draft)
    blocking = [] if draft.changelog.strip() else [Reason("changelog")]
    running = running_audits(draft).count()
    problems = draft_problems(draft)
    if problems:
        blocking += [_problem(problem) for problem in problems]
        return GateReport(digest, tuple(blocking), running_audits=running, preview=preview_of(draft, digest))
    found, _before, after = difference_of(draft)
    looked_at = {*found.added, *found.changed}
    elsewhere = 0
    for requirement in after.requirements:
        few = list(_few_examples(requirement))
        if requirement.code in looked_at:
            blocking += few + failing_examples(after, requirement.code)
        else:
            elsewhere += len(few)
    preview = preview_of(draft, digest)
    seen = preview is not None and preview.state == State.DONE
    if publishing and (found.decides or found.removed) and not seen and stored_policies().exists():
        blocking.append(Reason("effect_unseen"))
    return GateReport(
        digest,
        tuple(blocking),
        found.added,
        found.removed,
        found.changed,
        found.decides,
        elsewhere,
        running,
        preview,
    )


def failing_examples(checklist: Checklist, code):
    """The examples of a requirement that fail and the rules that none needs, as Reasons."""
    return [
        Reason(failure.problem, code, failure.detector, {"text": failure.text})
        for failure in check_examples(checklist, code)
        if failure.problem != "no_examples"  # too few of them, which is said already
    ]


def running_audits(draft):
    """Audits in review on other versions of the draft's checklist; those that went over to a newer one are history."""
    rows = Audit.objects.filter(status=Audit.Status.REVIEW, checklist_version__checklist=draft.checklist)
    return rows.filter(moved_to=None)


def _few_examples(requirement):
    for detector in requirement.detectors:
        counts = {"match": len(set(detector.match)), "no_match": len(set(detector.no_match))}
        if detector.rules and min(counts.values()) < LEAST_EXAMPLES:
            yield Reason("few_examples", requirement.code, detector.id, counts)


def _problem(problem):
    where = " › ".join(map(str, problem.path)) or problem.code
    return Reason("problem", problem.code, where, {"where": where, "text": problem.message}, problem)
