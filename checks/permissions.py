"""Who may do what: the one place that decides.

An engagement is a wall. Who is no member gets 404, as if it did not exist; who is a member without the right gets 403.
Being superuser or holding Django permissions opens no engagement.

While a blind second review runs, its second auditor sees nothing of the audit but their own screen: every other door to
it is closed here, whatever the role, so that no screen can forget to.
"""

from enum import StrEnum

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, F, OuterRef
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from .models import (
    Audit,
    Batch,
    BlindReview,
    ChecklistDraft,
    ChecklistUpload,
    ChecklistVersion,
    Comment,
    Comparison,
    DraftReport,
    Engagement,
    Finding,
    IntakeItem,
    IntakeJob,
    Membership,
    Observation,
    ObservationTemplate,
    PolicyVersion,
    Report,
    ReportJob,
    TailoredVersion,
    TailoringChange,
)
from .prepared import Prepared


class Blind(PermissionDenied):
    """The audit is hidden from this person until both opinions are in; ``audit_pk`` leads to their own screen."""

    text = _("You are the second auditor here: until both opinions are in, you see your own screen of this audit only.")

    def __init__(self, audit_pk):
        super().__init__(str(self.text))
        self.audit_pk = audit_pk


class Action(StrEnum):
    VIEW = "view"
    COMMENT = "comment"
    UPLOAD = "upload"  # upload a policy and run an audit on it
    DECIDE = "decide"
    DRAFT = "draft"  # make drafts of reports and throw them away
    SIGN = "sign"  # sign off, reopen, issue a report
    MANAGE = "manage"  # the engagement's data and its team


ALLOWED = {
    Membership.Role.VIEWER: frozenset({Action.VIEW}),
    Membership.Role.AUDITOR: frozenset({Action.VIEW, Action.COMMENT, Action.UPLOAD, Action.DECIDE, Action.DRAFT}),
    Membership.Role.REVIEWER: frozenset({Action.VIEW, Action.COMMENT, Action.SIGN, Action.DRAFT}),
    Membership.Role.LEAD: frozenset(Action),
}


def manages_reports(user):
    """Whether the user may change how the installation's reports look, are numbered and judge.

    The settings belong to no engagement, so a Django permission decides, of somebody with access to the administration.
    """
    return user.is_authenticated and user.is_staff and user.has_perm("checks.manage_reports")


def role_in(engagement, user):
    """The user's role in the engagement, or None; remembered on the engagement for the rest of the request."""
    roles = engagement.__dict__.setdefault("_roles", {})
    if user.pk not in roles:
        membership = user.is_authenticated and engagement.memberships.filter(user=user).first()
        roles[user.pk] = membership.role if membership else None
    return roles[user.pk]


def can(user, engagement, action):
    """Whether the user may do this in the engagement: at most one query."""
    return action in ALLOWED.get(role_in(engagement, user), ())


def may_import(user):
    """Whether the user may make engagements of packages: a Django permission, as it belongs to no engagement yet."""
    return user.has_perm("checks.add_engagementimport")


def require_import(user):
    """PermissionDenied for who may not."""
    if not may_import(user):
        raise PermissionDenied


def engagement_for(user, pk, action=Action.VIEW):
    """The engagement, or Http404 for who is no member and PermissionDenied for a member without this right."""
    return _found(user, Engagement.objects.all(), pk, action, path="")


def policy_version_for(user, pk, action=Action.VIEW):
    """The policy version under the same rule; its document and engagement come along."""
    rows = PolicyVersion.objects.select_related("document__engagement", "uploaded_by")
    return _found(user, rows, pk, action, path="document__engagement")


def intake_job_for(user, pk, action=Action.VIEW):
    """The intake job under the same rule; its engagement comes along."""
    return _found(user, IntakeJob.objects.select_related("engagement", "created_by"), pk, action, path="engagement")


def intake_item_for(user, pk, action=Action.VIEW):
    """The file on its way in under the same rule; its job and engagement come along."""
    rows = IntakeItem.objects.select_related("job__engagement", "job__created_by").defer("reading")
    return _found(user, rows, pk, action, path="job__engagement")


def audit_for(user, pk, action=Action.VIEW):
    """The audit under the same rule; engagement, policy version and checklist version come along."""
    rows = Audit.objects.select_related(
        "engagement", "policy_version__document__engagement", "checklist_version__checklist", "started_by"
    )
    # The whole checklist is large; who shows its titles loads it then.
    return _found(user, rows.defer("checklist_version__source"), pk, action, path="engagement")


def finding_for(user, pk, action=Action.VIEW):
    """The finding under the same rule; its requirement, audit, policy version and engagement come along.

    Without what is large and seldom asked for: what the requirement says, the checklist's source, the policy's text
    and its facts.
    """
    return _checked(user, _findings(pk, user.pk) if user.is_authenticated else (), action, path="audit__engagement")


def report_for(user, pk, action=Action.VIEW):
    """The issued report under the same rule; its sign-off, audit and engagement come along."""
    rows = Report.objects.select_related("sign_off__audit__engagement", "created_by")
    return _found(user, rows.defer("context"), pk, action, path="sign_off__audit__engagement")


def sees_report(user, report):
    """Whether the report is behind no wall for this user."""
    try:
        report_for(user, report.pk)
    except (Http404, PermissionDenied):
        return False
    return True


def draft_report_for(user, pk, action=Action.VIEW):
    """The draft of a report under the same rule; its audit and engagement come along."""
    rows = DraftReport.objects.select_related("audit__engagement", "audit__policy_version__document", "created_by")
    return _found(user, rows.defer("context", "audit__policy_version__text"), pk, action, path="audit__engagement")


def report_job_for(user, pk, action=Action.VIEW):
    """The report in the making under the same rule; its audit and engagement come along."""
    rows = ReportJob.objects.select_related(
        "audit__engagement", "audit__policy_version__document", "asked_by", "report", "draft_report"
    ).defer("report__context", "draft_report__context")
    return _found(user, rows.defer("audit__policy_version__text"), pk, action, path="audit__engagement")


def comment_for(user, pk, action=Action.VIEW):
    """The comment under the same rule; its finding, requirement, audit and engagement come along."""
    rows = Comment.objects.select_related("finding__requirement", "finding__audit__engagement")
    return _found(user, rows, pk, action, path="finding__audit__engagement")


def batch_for(user, pk, action=Action.VIEW):
    """The bulk decision under the same rule; its audit and engagement come along."""
    rows = Batch.objects.select_related("audit__engagement", "audit__checklist_version")
    return _found(user, rows.defer("audit__checklist_version__source"), pk, action, path="audit__engagement")


def comparison_for(user, pk, action=Action.VIEW):
    """The two opinions of a finding under the same rule; finding, requirement, audit and engagement come along."""
    rows = Comparison.objects.select_related("finding__requirement", "finding__audit__engagement", "blind_review")
    return _found(user, rows, pk, action, path="finding__audit__engagement")


def observation_for(user, pk, action=Action.VIEW):
    """The observation under the same rule; its audit, policy version, checklist version and engagement come along."""
    rows = Observation.objects.select_related(
        "audit__engagement", "audit__policy_version__document", "audit__checklist_version__checklist"
    )
    return _found(user, rows.defer("audit__checklist_version__source"), pk, action, path="audit__engagement")


def template_for(user, pk):
    """The template of observations that belongs to this person; Http404 for everybody else's."""
    template = ObservationTemplate.objects.filter(pk=pk, owner_id=user.pk).first()
    if template is None:
        raise Http404
    return template


def second_review_for(user, pk):
    """The running blind review of the audit with this number, for its second auditor alone.

    Http404 for who is no member of the engagement and PermissionDenied for every other member.
    """
    audits = Audit.objects.select_related("engagement", "policy_version__document", "checklist_version__checklist")
    audit = _found(user, audits.defer("checklist_version__source"), pk, Action.VIEW, path="engagement", blind_too=True)
    blind = BlindReview.objects.hiding_from(user).filter(audit=audit).first()
    if blind is None:
        raise PermissionDenied
    blind.audit = audit
    return blind


def second_finding_for(user, pk):
    """``(blind review, finding)`` for the second auditor of the finding's audit, under the same rule."""
    finding = Finding.objects.select_related("requirement").filter(pk=pk).first()
    if finding is None:
        raise Http404
    blind = second_review_for(user, finding.audit_id)
    finding.audit = blind.audit
    return blind, finding


def is_author(user):
    """Whether this person writes checklist drafts; it opens no engagement."""
    return user.is_authenticated and user.has_perm("checks.author_checklist")


def is_approver(user):
    """Whether this person approves checklist drafts; it opens no engagement."""
    return user.is_authenticated and user.has_perm("checks.approve_checklist")


def sees_drafts(user):
    """Whether there is a studio for this person at all."""
    return is_author(user) or is_approver(user)


def studio_for(user, *, author=False, approver=False):
    """Let authors and approvers pass: Http404 for everybody else, PermissionDenied for the wrong one of the two."""
    if not sees_drafts(user):
        raise Http404
    if (author and not is_author(user)) or (approver and not is_approver(user)):
        raise PermissionDenied


def checklist_version_for(user, pk):
    """A published version; one that is tailored for an engagement, or came with one, only for its members.

    ``version.mine`` is the TailoredVersion through which this person sees it, ``version.private`` whether others do
    not. Http404 for everybody else.
    """
    rows = ChecklistVersion.everywhere.select_related("checklist", "retirement__by", "published_by", "approved_by")
    tailored = TailoredVersion.objects.filter(version=OuterRef("pk"))
    version = rows.annotate(is_tailored=Exists(tailored)).filter(pk=pk).first()
    if version is None or not user.is_authenticated:
        raise Http404
    version.private, version.mine = version.imported or version.is_tailored, None
    if version.private:
        mine = TailoredVersion.objects.filter(version=version, engagement__memberships__user=user)
        version.mine = mine.select_related("engagement", "base").defer("base__source").first()
        if version.mine is None and not _used_by(version, user):
            raise Http404
    return version


def _used_by(version, user):
    """Whether an engagement of the user has audits on the version, or a version tailored from it."""
    mine = {"engagement__memberships__user": user}
    return version.audits.filter(**mine).exists() or TailoredVersion.objects.filter(base=version, **mine).exists()


def upload_for(user, pk):
    """The uploaded checklist, for authors."""
    studio_for(user, author=True)
    rows = ChecklistUpload.objects.select_related("checklist", "base__checklist", "draft__checklist", "by")
    upload = rows.filter(pk=pk).first()
    if upload is None:
        raise Http404
    return upload


def tailoring_change_for(user, pk, action=Action.VIEW):
    """The change an engagement made to its checklist under the same rule; its engagement comes along."""
    rows = TailoringChange.objects.select_related("engagement", "checklist", "made_by")
    return _found(user, rows, pk, action, path="engagement")


def draft_for(user, pk, *, author=False, approver=False):
    """The checklist draft for authors and approvers, under the same rule; checklist, base and author come along."""
    studio_for(user, author=author, approver=approver)
    rows = ChecklistDraft.objects.select_related("checklist", "base", "author", "published_version")
    draft = rows.defer("base__source", "published_version__source").filter(pk=pk).first()
    if draft is None:
        raise Http404
    return draft


def _found(user, rows, pk, action, *, path, blind_too=False):
    """The row, through the memberships of the engagement at ``path``: one query for row and role."""
    rows = _mine(rows, pk, user.pk, path=path) if user.is_authenticated else ()
    return _checked(user, rows, action, path=path, blind_too=blind_too)


def _mine(rows, pk, user_pk, *, path):
    """The row with this number (or none), if the user is a member of its engagement, with ``_my_role`` and, of what is
    part of an audit, ``_hidden``.
    """
    memberships = f"{path}__memberships" if path else "memberships"
    mine = rows.filter(**{"pk": pk, f"{memberships}__user": user_pk})
    mine = mine.annotate(_my_role=F(f"{memberships}__role"))
    if _is_guarded(rows.model, path):
        audit = "__".join([*path.split("__")[:-1], "pk"])
        hiding = BlindReview.objects.running().filter(second=user_pk, audit=OuterRef(audit))
        mine = mine.annotate(_hidden=Exists(hiding))
    return mine.order_by("pk")[:1]


def _checked(user, rows, action, *, path, blind_too=False):
    """The only one of ``rows`` as ``_mine`` gives them, if the user may do this with it."""
    row = next(iter(rows), None)
    if row is None:
        raise Http404
    _engagement_at(row, path).__dict__.setdefault("_roles", {})[user.pk] = row._my_role
    if _is_guarded(type(row), path) and row._hidden and not blind_too:
        raise Blind(_engagement_at(row, path.rpartition("__")[0]).pk)
    if action not in ALLOWED[row._my_role]:
        raise PermissionDenied
    return row


def _is_guarded(model, path):
    return model is Audit or path.endswith("audit__engagement")


def _engagement_at(row, path):
    """What stands at the end of the path, from the row on."""
    for name in path.split("__") if path else ():
        row = getattr(row, name)
    return row


def _finding_rows(pk, user_pk):
    rows = Finding.objects.select_related(
        "requirement", "audit__engagement", "audit__policy_version", "audit__checklist_version"
    )
    large = ("requirement__content", "audit__checklist_version__source", "audit__policy_version__text", "audit__facts")
    return _mine(rows.defer(*large), pk, user_pk, path="audit__engagement")


_findings = Prepared(_finding_rows, int, int)  # at every step of the review
