"""What was done, as sentences: the record keeps names and numbers, the words are chosen when it is read."""

from django import template
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..models import Engagement, Membership
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..models.engagement import ProcessorScale
from .checks_tags import person

register = template.Library()

SENTENCES = {
    "engagement.created": gettext_lazy("%(actor)s created the engagement."),
    "engagement.updated": gettext_lazy("%(actor)s changed the engagement: %(changes)s."),
    "member.set": gettext_lazy("%(actor)s gave %(username)s the role: %(role)s."),
    "member.removed": gettext_lazy("%(actor)s took %(username)s (%(before)s) out of the team."),
    "policy.uploaded": gettext_lazy(
        "%(actor)s uploaded “%(policy)s”, version %(number)s (%(filename)s, %(characters)s characters)."
    ),
    "intake.received": gettext_lazy("%(actor)s handed in %(files)s: %(filename)s."),
    "intake.cancelled": gettext_lazy("%(actor)s cancelled %(files)s that were not finished."),
    "intake.retried": gettext_lazy("%(actor)s had %(files)s tried again."),
    "intake.filed": gettext_lazy("%(actor)s filed %(files)s as next versions of the policies they resemble."),
    "intake.kept": gettext_lazy("%(actor)s answered about “%(filename)s”: keep it without an audit."),
    "intake.answered": gettext_lazy("%(actor)s answered about “%(filename)s”: audit it."),
    "audit.run": gettext_lazy("%(actor)s ran an audit by the law as of %(as_of)s."),
    "audit.moved": gettext_lazy(
        "%(actor)s moved the audit to another version of the checklist: %(count)s decisions went along."
    ),
    "corpus.released": gettext_lazy("%(actor)s released “%(name)s” to the rule corpus."),
    "corpus.withdrawn": gettext_lazy("%(actor)s withdrew “%(name)s” from the rule corpus."),
    "finding.decided": gettext_lazy("%(actor)s decided %(code)s: %(verdict)s."),
    "finding.overridden": gettext_lazy(
        "%(actor)s decided %(code)s: %(verdict)s instead of %(proposed)s. Reason: %(reason)s"
    ),
    "decision.undone": gettext_lazy("%(actor)s took the decision on %(code)s back. It now counts as: %(verdict)s."),
    "decision.redone": gettext_lazy("%(actor)s restored the decision on %(code)s. It now counts as: %(verdict)s."),
    "findings.confirmed": gettext_lazy("%(actor)s confirmed what was proposed on %(findings)s."),
    "findings.decided": gettext_lazy("%(actor)s decided %(findings)s at once: %(verdict)s. Reason: %(reason)s"),
    "findings.undone": gettext_lazy("%(actor)s took a bulk decision back, on %(findings)s."),
    "finding.assigned": gettext_lazy("%(actor)s assigned %(code)s to %(username)s."),
    "finding.unassigned": gettext_lazy("%(actor)s assigned %(code)s to nobody."),
    "finding.due": gettext_lazy("%(actor)s set the due date of %(code)s: %(due_date)s."),
    "finding.discussed": gettext_lazy("%(actor)s marked %(code)s for discussion."),
    "finding.discussion_over": gettext_lazy("%(actor)s took the mark for discussion off %(code)s."),
    "finding.remediation": gettext_lazy("%(actor)s wrote what has to be done about %(code)s."),
    "finding.agreed": gettext_lazy("%(actor)s agreed to the decision on %(code)s: %(verdict)s."),
    "finding.sent_back": gettext_lazy("%(actor)s sent %(code)s back: %(note)s"),
    "audit.handed_in": gettext_lazy("%(actor)s handed the audit in for review."),
    "audit.sent_back": gettext_lazy("%(actor)s sent the audit back: %(note)s"),
    "blind.started": gettext_lazy("%(actor)s asked %(username)s for a blind second review."),
    "blind.cancelled": gettext_lazy("%(actor)s gave the blind second review up."),
    "blind.opinion": gettext_lazy("%(actor)s gave a second opinion on %(code)s."),
    "blind.handed_in": gettext_lazy("%(actor)s handed the second opinion in."),
    "blind.revealed": gettext_lazy("Both opinions were compared. They differ on %(differing)s findings."),
    "disagreement.resolved": gettext_lazy(
        "%(actor)s settled the two opinions on %(code)s: %(verdict)s. Reason: %(reason)s"
    ),
    "comment.resolved": gettext_lazy("%(actor)s settled a comment on %(code)s."),
    "comment.reopened": gettext_lazy("%(actor)s opened a comment on %(code)s again."),
    "evidence.added": gettext_lazy("%(actor)s added evidence to %(code)s (%(findings)s): “%(quote)s”"),
    "evidence.moved": gettext_lazy("%(actor)s moved evidence of %(code)s: “%(quote)s”"),
    "evidence.removed": gettext_lazy("%(actor)s took evidence of %(code)s away: “%(quote)s”"),
    "evidence.undone": gettext_lazy("%(actor)s took a change of the evidence of %(code)s back: “%(quote)s”"),
    "comment.added": gettext_lazy("%(actor)s commented on %(code)s."),
    "observation.written": gettext_lazy("%(actor)s noted observation %(number)s: “%(title)s”."),
    "observation.revised": gettext_lazy("%(actor)s revised observation %(number)s: “%(title)s”."),
    "observation.withdrawn": gettext_lazy("%(actor)s withdrew observation %(number)s: “%(title)s”. Reason: %(reason)s"),
    "observation.restored": gettext_lazy("%(actor)s restored observation %(number)s: “%(title)s”."),
    "template.saved": gettext_lazy("%(actor)s saved a template of observations: “%(title)s”."),
    "template.changed": gettext_lazy("%(actor)s changed a template of observations: “%(title)s”."),
    "template.deleted": gettext_lazy("%(actor)s deleted a template of observations: “%(title)s”."),
    "audit.signed": gettext_lazy("%(actor)s signed the audit off."),
    "audit.reopened": gettext_lazy("%(actor)s reopened the audit. Reason: %(reason)s"),
    "report.asked": gettext_lazy("%(actor)s asked for a report."),
    "report.issued": gettext_lazy("%(actor)s issued report %(number)s."),
    "report.downloaded": gettext_lazy("%(actor)s downloaded report %(number)s."),
    "report.drafted": gettext_lazy("%(actor)s made a draft of the report: %(number)s."),
    "report.draft_discarded": gettext_lazy("%(actor)s threw the draft %(number)s away."),
    "engagement.exported": gettext_lazy("%(actor)s exported the engagement as a package."),
    "engagement.imported": gettext_lazy("%(actor)s imported an engagement from a package of %(exported_by)s."),
    "house.saved": gettext_lazy("%(actor)s saved the settings of reports, No. %(version)s."),
    "draft.imported": gettext_lazy("%(actor)s took a file into a draft: %(filename)s."),
    "tailoring.off": gettext_lazy("%(actor)s switched %(code)s off for this engagement. Reason: %(reason)s"),
    "tailoring.severity": gettext_lazy(
        "%(actor)s raised the severity of %(code)s for this engagement: %(severity)s. Reason: %(reason)s"
    ),
    "tailoring.own": gettext_lazy("%(actor)s added the requirement %(code)s to this engagement. Reason: %(reason)s"),
    "tailoring.revoked": gettext_lazy("%(actor)s took the change of %(code)s back. Reason: %(reason)s"),
    "checklist.retired": gettext_lazy("%(actor)s retired checklist %(checklist)s %(version)s. Reason: %(reason)s"),
    "checklist.published": gettext_lazy("Checklist %(checklist)s %(version)s was published."),
}
PLACES = {
    "policyversion": "policy_version",
    "audit": "audit_detail",
    "finding": "finding_detail",
    "observation": "observation_detail",
    "intakejob": "intake_job",
    "report": "report_detail",
}


@register.filter
def activity_sentence(entry):
    """The entry as one sentence in the reader's language."""
    action = entry.action
    if action == "finding.decided" and entry.detail.get("verdict") != entry.detail.get("proposed"):
        action = "finding.overridden"
    if action == "intake.answered" and not entry.detail.get("audit"):
        action = "intake.kept"
    sentence = SENTENCES.get(action)
    if sentence is None:
        return f"{person(entry.actor)}: {entry.action}"
    return str(sentence) % Words(entry)


@register.filter
def activity_url(entry):
    """Where the thing that was acted on is shown, "" when it has no page of its own."""
    place = PLACES.get(entry.object_type)
    if entry.object_id == 0:  # an imported entry about something that did not come along
        return ""
    if place:
        return reverse(place, args=[entry.object_id])
    if entry.object_type == "comment" and entry.origin is None and entry.detail.get("finding"):
        return reverse("finding_detail", args=[entry.detail["finding"]])
    return ""


class Words(dict):
    """The words a sentence asks for, from the entry's detail; an old entry may lack one, then a dash stands there."""

    def __init__(self, entry):
        detail = entry.detail
        super().__init__(detail, actor=person(entry.actor) or _("The system"))
        self["role"], self["before"] = (role(detail.get(name)) for name in ("role", "before"))
        self["verdict"], self["proposed"] = (verdict(detail.get(name)) for name in ("verdict", "proposed"))
        self["username"] = detail.get("username", "—") if entry.origin else member(detail)
        self["severity"] = str(dict(SeverityChoices.choices).get(detail.get("severity"), "—"))
        self["due_date"] = detail.get("due_date") or "—"
        self["changes"] = changes(detail.get("changed", {}))
        count = len(detail.get("findings", ()))
        self["files"] = ngettext("%(count)s file", "%(count)s files", detail.get("count", 1)) % {
            "count": detail.get("count", 1)
        }
        self["findings"] = ngettext("%(count)s finding", "%(count)s findings", count) % {"count": count}

    def __missing__(self, name):
        return "—"


def member(detail):
    """Whose membership it was: by name like everybody else, by user name when the account is gone."""
    user = get_user_model().objects.filter(pk=detail["user"]).first() if "user" in detail else None
    return person(user) or detail.get("username", "—")


def role(value):
    return str(dict(Membership.Role.choices).get(value, value or "—"))


def verdict(value):
    return str(dict(VerdictChoices.choices).get(value, value)) if value else _("undecided")


def changes(changed):
    """“due date — → 2026-12-01”, for every field that was changed."""
    return _("; ").join(
        f"{Engagement._meta.get_field(name).verbose_name} {shown(name, before)} → {shown(name, after)}"
        for name, (before, after) in changed.items()
    )


def shown(name, value):
    if name == "processor_scale":
        value = dict(ProcessorScale.choices).get(value, value)
    value = str(value or "—")
    return value if len(value) <= 40 else f"{value[:40]}…"
