"""The wall: every URL of the project, asked for by everybody, by GET and by POST.

A URL that is not in the table below fails the first test, so none can be added without saying who may use it.
"""

from dataclasses import dataclass
from datetime import date

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from checks.forms.studio import DraftHeadForm
from checks.models import ChecklistVersion, HouseStyle
from checks.permissions import ALLOWED, Action
from checks.services import (
    batches,
    blind,
    drafts,
    evidence,
    handover,
    house,
    instruments,
    publishing,
    review,
    tailoring,
    uploads,
)

from . import factories

pytestmark = pytest.mark.django_db

MEMBERS = ("viewer", "auditor", "reviewer", "lead")
STUDIO = ("checklist_author", "checklist_approver")
STRANGERS = ("outsider", "checklist_admin", "superuser", *STUDIO)
ROLES = ("anonymous", *STRANGERS, *MEMBERS)


@dataclass(frozen=True)
class Open:
    """Anybody, signed in or not."""

    status: int = 200
    anonymous: int | None = None

    def expected(self, role):
        return self.anonymous if role == "anonymous" and self.anonymous else self.status


@dataclass(frozen=True)
class SignedIn:
    """Anybody with an account; others are sent to sign in."""

    status: int = 200

    def expected(self, role):
        return "login" if role == "anonymous" else self.status


@dataclass(frozen=True)
class Member:
    """Members of the engagement whose role includes the action. For strangers there is no such page."""

    action: Action = Action.VIEW
    status: int = 200
    hidden: str = ""  # the role of the second auditor of a running blind review

    def expected(self, role):
        if role == "anonymous":
            return "login"
        if role in STRANGERS:
            return 404
        if role == self.hidden:
            return 403
        return self.status if self.action in ALLOWED[role] else 403


@dataclass(frozen=True)
class Only:
    """One person of the engagement, who here has this role; ``others`` is what the other members get."""

    role: str
    status: int = 200
    others: int = 403

    def expected(self, role):
        if role == "anonymous":
            return "login"
        if role in STRANGERS:
            return 404
        return self.status if role == self.role else self.others


@dataclass(frozen=True)
class Permitted:
    """Who holds a Django permission; of the people here only the superuser does."""

    status: int = 200

    def expected(self, role):
        if role == "anonymous":
            return "login"
        return self.status if role == "superuser" else 403


@dataclass(frozen=True)
class Studio:
    """Authors and approvers of checklists, or one of the two; a superuser is both. For others there is no such page."""

    status: int = 200
    author: bool = True
    approver: bool = True
    superuser: int | None = None

    def expected(self, role):
        if role == "anonymous":
            return "login"
        if role == "superuser":
            return self.superuser or self.status
        if role not in STUDIO:
            return 404
        allowed = self.author if role == "checklist_author" else self.approver
        return self.status if allowed else 403


AUTHOR, APPROVER = {"approver": False}, {"author": False}
NO = SignedIn(405)  # the method is not allowed, whoever asks; also when the object does not exist

HOUSE = {name: getattr(HouseStyle(), name) for name in house.FIELDS} | {"seen": 0}
ENGAGEMENT = {"auditee": "青禾示例科技", "product": "示例阅读", "processor_scale": "small"}


def place_of(finding):
    piece = finding.evidence.first()
    return f"{piece.start}-{piece.end}"


REPORT = {
    "template": "v2/standard",
    "language": "zh-hans",
    "kind": "final",
    "key": "6f1c3f0e-7e0b-4b53-9a0e-000000000001",
}
OBSERVATION = {"title": "推荐没有关闭入口", "severity": "minor", "facts": "没有写。", "places": "10-20", "save": "1"}


def in_draft(world):
    return [world["draft"].pk, "DEMO-1-IDENTITY"]


def head_of(draft):
    """What the form of a draft's head holds."""
    form = DraftHeadForm(draft=draft)
    values = {name: form[name].value() for name in form.fields}
    return {name: "" if value is None else value for name, value in values.items()}


TRIED = {"code": "DEMO-1-IDENTITY", "part": "named", "rules": "我们", "revision": "1"}

# name: (arguments, GET, POST, what is posted); both may be functions of the world
OWN_REQUIREMENT = {
    "title": "客服时间",
    "question": "是否写明客服何时有人？",
    "domain": "notice",
    "severity": "minor",
    "compliant": "写明。",
    "non_compliant": "未写明。",
    "remediation": "补充。",
    "expected": "present",
    "reason": "客户要求。",
}
URLS = {
    "engagement_list": ((), SignedIn(), NO, {}),
    "engagement_create": (
        (),
        SignedIn(),
        SignedIn(302),
        {"auditee": "甲", "product": "乙", "processor_scale": "small"},
    ),
    "engagement_detail": ("engagement", Member(), NO, {}),
    "engagement_edit": (
        "engagement",
        Member(Action.MANAGE),
        Member(Action.MANAGE, 302),
        ENGAGEMENT,
    ),
    "engagement_team": (
        "engagement",
        Member(),
        Member(Action.MANAGE, 302),
        lambda world: {"username": world["outsider"].username, "role": "viewer"},
    ),
    "member_remove": (
        lambda world: [world["engagement"].pk, world["viewer"].pk],
        NO,
        Member(Action.MANAGE, 302),
        {},
    ),
    # 422: a blind second review is running in this world
    "engagement_package": ("engagement", Member(Action.MANAGE), Member(Action.MANAGE, 422), {}),
    "engagement_import": ((), Permitted(), Permitted(422), {}),
    "engagement_activity": ("engagement", Member(), NO, {}),
    "policy_upload": (
        "engagement",
        Member(Action.UPLOAD),
        Member(Action.UPLOAD, 302),
        {"name": "隐私政策", "text": "一、我们收集您的手机号码。\n二、您可以联系我们。"},
    ),
    "house_style": ((), Permitted(), Permitted(302), lambda world: HOUSE | {"seen": world["house"].pk}),
    "house_preview": ((), NO, Permitted(), HOUSE),
    "house_logo": (lambda world: [world["house"].pk], Permitted(), NO, {}),
    "intake_jobs": ("engagement", Member(), NO, {}),
    "intake_job": ("intake_job", Member(), NO, {}),
    "job_cancel": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "job_answer": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "job_retry": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "item_retry": ("intake_item", NO, Member(Action.UPLOAD, 302), {}),
    "item_answer": ("intake_item", NO, Member(Action.UPLOAD, 302), {"audit": "1"}),
    "item_original": ("intake_item", Member(), NO, {}),
    "policy_version": ("policy_version", Member(), NO, {}),
    "policy_corpus": ("policy_version", NO, Member(Action.MANAGE, 302), {"act": "release"}),
    "policy_original": ("policy_version", Member(), NO, {}),
    "audit_run": ("policy_version", NO, Member(Action.UPLOAD, 302), {}),
    "audit_detail": ("audit", Member(), NO, {}),
    "audit_move": (
        "audit",
        Member(Action.DECIDE),
        Member(Action.DECIDE, 302),
        lambda world: {"version": ChecklistVersion.objects.newest_first().first().pk},
    ),
    "audit_export": ("audit", Member(), NO, {}),
    "audit_review": ("audit", Member(), NO, {}),
    "own_undo": ("audit", NO, Member(Action.DECIDE, 302), {}),
    "batch_preview": (
        "audit",
        NO,
        Member(Action.DECIDE),
        lambda world: {"findings": ",".join(str(finding.pk) for finding in world["audit"].findings.all())},
    ),
    "batch_decide": (
        "audit",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {
            "findings": ",".join(f"{finding.pk}:{finding.revision}" for finding in world["audit"].findings.all())
        },
    ),
    "batch_undo": ("batch", NO, Member(Action.DECIDE, 302), {}),
    "finding_detail": ("finding", Member(status=302), NO, {}),
    "finding_decide": (
        "finding",
        NO,
        Member(Action.DECIDE, 302),
        {"verdict": "partial", "reason": "只写了一半。", "revision": 1},
    ),
    "finding_undo": ("finding", NO, Member(Action.DECIDE, 302), {"revision": 1}),
    "finding_redo": ("undone_finding", NO, Member(Action.DECIDE, 302), {"revision": 2}),
    "finding_presence": ("finding", Member(), NO, {}),
    "finding_assign": (
        "finding",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {"user": world["auditor"].pk, "seen": 0},
    ),
    "finding_due": ("finding", NO, Member(Action.DECIDE, 302), {"due_date": "2026-12-01", "seen": 0}),
    "finding_discuss": ("finding", NO, Member(Action.COMMENT, 302), {"wanted": "1", "seen": 0}),
    "remediation_write": ("finding", NO, Member(Action.DECIDE, 302), {"text": "写明保存期限。", "seen": 0}),
    "finding_look": ("finding", NO, Member(Action.SIGN, 302), {"agree": "1", "seen": 0, "revision": 1}),
    "comment_settle": ("comment", NO, Member(Action.COMMENT, 302), {"resolved": "1"}),
    "waiting_list": ((), SignedIn(), NO, {}),
    "audit_hand_in": ("decided_audit", NO, Member(Action.DECIDE, 302), {"note": ""}),
    "audit_send_back": ("waiting_audit", NO, Member(Action.SIGN, 302), {"note": "第三章再看一遍。"}),
    "blind_start": (
        "fresh_audit",
        NO,
        Member(Action.MANAGE, 302),
        lambda world: {"second": world["auditor"].pk},
    ),
    "blind_cancel": ("blind_audit", NO, Member(Action.MANAGE, 302, hidden="auditor"), {}),
    "second_review": ("blind_audit", Only("auditor"), NO, {}),
    "second_hand_in": ("blind_audit", NO, Only("auditor", 302), {}),
    "second_finding": ("blind_finding", Only("auditor", 302), NO, {}),
    "second_decide": (
        "blind_finding",
        NO,
        Only("auditor", 302),
        {"verdict": "partial", "reason": "只写了一半。", "revision": 0},
    ),
    "audit_comparison": ("compared_audit", Member(), NO, {}),
    "disagreement_resolve": (
        "comparison",
        NO,
        Member(Action.DECIDE, 302),
        {"verdict": "partial", "reason": "以第一人为准。", "revision": 1},
    ),
    "notification_list": ((), SignedIn(), NO, {}),
    "notifications_read": ((), NO, SignedIn(302), {}),
    "notification_open": ("notification", NO, Only("auditor", 302, others=404), {}),
    "evidence_attach": ("finding", NO, Member(Action.DECIDE, 302), {"place": "0-4", "revision": 0}),
    "evidence_move": (
        "finding",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {"place": "0-4", "old": place_of(world["finding"]), "revision": 0},
    ),
    "evidence_remove": (
        "finding",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {"place": place_of(world["finding"]), "revision": 0},
    ),
    "evidence_undo": (
        "quoted_finding",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {"revision": world["quoted_finding"].evidence_changes.last().pk},
    ),
    "comment_add": ("finding", NO, Member(Action.COMMENT, 302), {"text": "请再看一遍。"}),
    "observation_list": ("audit", Member(), NO, {}),
    "observation_create": ("audit", Member(Action.DECIDE), Member(Action.DECIDE, 302), OBSERVATION),
    "observation_detail": ("observation", Member(), NO, {}),
    "observation_edit": (
        "observation",
        Member(Action.DECIDE),
        Member(Action.DECIDE, 302),
        OBSERVATION | {"title": "另一个标题", "revision": 1},
    ),
    "observation_withdraw": ("observation", NO, Member(Action.DECIDE, 302), {"reason": "重复。", "revision": 1}),
    "observation_restore": ("withdrawn_observation", NO, Member(Action.DECIDE, 302), {"revision": 2}),
    "template_from_observation": ("observation", NO, Member(Action.DECIDE, 302), {}),
    "observation_templates": ((), SignedIn(), NO, {}),
    "template_create": ((), SignedIn(), SignedIn(302), {"title": "模板", "severity": "minor"}),
    "template_edit": (
        "template",
        Only("auditor", others=404),
        Only("auditor", 302, others=404),
        {"title": "模板", "severity": "minor"},
    ),
    "template_delete": ("template", NO, Only("auditor", 302, others=404), {}),
    "policy_views": ("audit", Member(status=302), NO, {}),
    "policy_view": (lambda world: [world["audit"].pk, "matrix"], Member(), NO, {}),
    "policy_view_row": (
        lambda world: [world["audit"].pk, "matrix", 0],
        Member(),
        Member(Action.DECIDE, 302),
        lambda world: {"finding": world["audit"].findings.last().pk},
    ),
    "audit_report": ("audit", Member(), NO, {}),
    "audit_sign_off": ("decided_audit", NO, Member(Action.SIGN, 302), {"statement": ""}),
    "audit_reopen": ("signed_audit", NO, Member(Action.SIGN, 302), {"reason": "漏看了一处。"}),
    "report_issue": ("signed_audit", NO, Member(Action.SIGN, 302), REPORT),
    "engagement_reports": ("engagement", Member(), NO, {}),
    "report_job": ("report_job", Member(), NO, {}),
    "report_make": ("ready_job", NO, Member(Action.SIGN, 302), {}),
    "report_detail": ("report", Member(), NO, {}),
    "report_pages": ("report", Member(), NO, {}),
    "report_page_picture": (lambda world: [world["report"].pk, 1], Member(), NO, {}),
    "report_download": ("report", Member(), NO, {}),
    "report_form": (lambda world: [world["report"].pk, "csv"], Member(), NO, {}),
    "draft_form": (lambda world: [world["draft_report"].pk, "docx"], Member(), NO, {}),
    "draft_pages": ("draft_report", Member(), NO, {}),
    "draft_page_picture": (lambda world: [world["draft_report"].pk, 1], Member(), NO, {}),
    "draft_download": ("draft_report", Member(), NO, {}),
    "draft_report_discard": ("draft_report", NO, Member(Action.DRAFT, 302), {}),
    "report_verify": ((), SignedIn(), SignedIn(422), {}),
    "checklist_list": ((), SignedIn(), NO, {}),
    "checklist_version": ("checklist_version", SignedIn(), NO, {}),
    "checklist_accuracy": ("checklist_version", SignedIn(), NO, {}),
    "accuracy": ((), SignedIn(302), NO, {}),
    "draft_start": ("checklist_version", Studio(**AUTHOR), Studio(302, **AUTHOR), {"version": "2099.1"}),
    "version_retire": ("checklist_version", Studio(**APPROVER), Studio(302, **APPROVER), {"reason": "旧。"}),
    "checklist_compare": (lambda world: [world["checklist_version"].checklist_id], SignedIn(), NO, {}),
    "draft_detail": ("draft", Studio(), NO, {}),
    "draft_head": ("draft", Studio(**AUTHOR), Studio(302, **AUTHOR), lambda world: head_of(world["draft"])),
    "requirement_add": ("draft", NO, Studio(302, **AUTHOR), {"code": "NEW-1", "domain": "notice"}),
    "draft_requirement": (in_draft, Studio(), Studio(302, **AUTHOR), {"revision": "1", "code": "DEMO-1-IDENTITY"}),
    "draft_move": (in_draft, NO, Studio(302, **AUTHOR), {"to": "DEMO-2-PURPOSE"}),
    "draft_remove": (in_draft, NO, Studio(302, **AUTHOR), {}),
    "draft_restore": (in_draft, NO, Studio(302, **AUTHOR), {}),
    "draft_reexamined": (in_draft, NO, Studio(302, **AUTHOR), {}),
    "draft_submit": ("draft", NO, Studio(302, **AUTHOR), {}),
    "draft_send_back": ("draft_in_review", NO, Studio(302), {"note": "标题写错了。"}),
    "draft_approve": (
        "draft_in_review",
        NO,
        Studio(302, **APPROVER),
        lambda world: {"digest": drafts.draft_digest(world["draft_in_review"])},
    ),
    "draft_gate": ("draft", Studio(), NO, {}),
    "draft_preview": ("draft", NO, Studio(302), {}),
    "draft_laboratory": ("draft", Studio(), Studio(), TRIED),
    "version_laboratory": ("checklist_version", Studio(), Studio(), TRIED),
    "laboratory_example": ("draft", NO, Studio(**AUTHOR), TRIED | {"add": "match:", "sentence": "我们叫青禾。"}),
    "laboratory_rules": ("draft", NO, Studio(302, **AUTHOR), TRIED),
    "checklist_health": ("checklist_version", Studio(), NO, {}),
    "requirement_health": (
        lambda world: [world["checklist_version"].pk, "DEMO-1-IDENTITY"],
        Studio(),
        NO,
        {},
    ),
    "version_export": (lambda world: [world["checklist_version"].pk, "json"], SignedIn(), NO, {}),
    "draft_export": (lambda world: [world["draft"].pk, "json"], Studio(), NO, {}),
    "upload_create": ((), Studio(**AUTHOR), Studio(422, **AUTHOR), {}),
    "upload_detail": ("upload", Studio(**AUTHOR), Studio(302, **AUTHOR), {"version": "2097.1"}),
    "instrument_list": ((), Studio(), NO, {}),
    "instrument_create": (
        (),
        Studio(**AUTHOR),
        Studio(302, **AUTHOR),
        {"key": "NEWLAW", "title_zh": "新法", "kind": "law"},
    ),
    "instrument_detail": ("instrument", Studio(), NO, {}),
    "law_change_create": (
        (),
        Studio(**AUTHOR),
        Studio(302, **AUTHOR),
        lambda world: {
            "instrument": world["instrument"].pk,
            "kind": "amended",
            "effective": "2027-01-01",
            "note": "改了。",
        },
    ),
    "law_change": ("law_change", Studio(), NO, {}),
    "law_draft": (
        lambda world: [world["law_change"].pk, world["checklist_version"].pk],
        NO,
        Studio(302, **AUTHOR),
        lambda world: {f"v{world['checklist_version'].pk}-version": "2098.1"},
    ),
    "law_change_withdraw": ("law_change", NO, Studio(302, **AUTHOR), {"reason": "记错了。"}),
    "engagement_tailoring": (
        "engagement",
        Member(),
        Member(Action.MANAGE, 302),
        {"code": "DEMO-2-PURPOSE", "what": "off", "reason": "不适用于本产品。"},
    ),
    "own_requirement": ("engagement", Member(Action.MANAGE), Member(Action.MANAGE, 302), OWN_REQUIREMENT),
    "tailoring_take_back": ("tailoring_change", NO, Member(Action.MANAGE, 302), {"reason": "还是要看。"}),
    "draft_discard": ("draft", NO, Studio(302, **AUTHOR), {}),
    "requirement_detail": (
        lambda world: [world["checklist_version"].pk, "DEMO-1-IDENTITY"],
        SignedIn(),
        NO,
        {},
    ),
    "login": ((), Open(302, anonymous=200), Open(302, anonymous=200), {"username": "", "password": ""}),
    "logout": ((), SignedIn(405), SignedIn(302), {}),
    "password_change": ((), SignedIn(), SignedIn(), {}),
    "password_change_done": ((), SignedIn(), SignedIn(405), {}),
    "set_language": ((), Open(302), Open(302), {"language": "en"}),
    "set_theme": ((), Open(405), Open(302), {"theme": "dark"}),
    "healthz": ((), Open(), Open(405), {}),
}


def patterns(resolver, prefix=""):
    """Every pattern of the project but the admin's, which django.contrib.admin guards and tests itself."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from patterns(pattern, route)
        else:
            yield route, pattern.name


def test_the_table_knows_every_url():
    found = dict(patterns(get_resolver()))
    assert set(found.values()) == set(URLS), "say in URLS who may use it"
    assert len(found) == len(URLS), "two routes share a name"


@pytest.fixture(scope="module")
def world(kept):
    """One engagement with everything in it, and one person of every kind; built once, as every answer is taken back."""
    return everything()


@pytest.fixture(scope="module")
def sessions(world):
    """A signed-in session of every person: to sign in takes about as long as an answer."""
    return {role: session_of(world[role]) for role in ROLES if role != "anonymous"}


def session_of(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def everything():
    engagement = factories.engagement()
    team = factories.team(engagement)
    audit = factories.audit(engagement)
    decided_audit = factories.audit(engagement, audit.policy_version, audit.checklist_version)
    signed_audit = factories.audit(engagement, audit.policy_version, audit.checklist_version)
    for other in (decided_audit, signed_audit):
        factories.decide_all(other, by=team.auditor)
    factories.sign_off(signed_audit, by=team.reviewer)
    finding = audit.findings.first()
    factories.decide(finding, by=team.auditor)
    quoted_finding = audit.findings.last()
    evidence.evidence_attach(by=team.auditor, finding=quoted_finding, start=0, end=4, revision=0)
    observation = factories.observation(audit, by=team.auditor)
    withdrawn = factories.withdraw_observation(factories.observation(audit, by=team.auditor), by=team.auditor)
    intake_item = factories.intake_item(factories.intake_job(engagement), state="failed", reason="no_text")
    return {
        **vars(team),
        "observation": observation,
        "withdrawn_observation": withdrawn,
        "template": factories.template(team.auditor),
        **together(engagement, team, audit),
        "checklist_admin": factories.checklist_admin(),
        **studio(audit.checklist_version),
        "superuser": factories.user(is_staff=True, is_superuser=True),
        "engagement": engagement,
        "policy_version": audit.policy_version,
        "audit": audit,
        "decided_audit": decided_audit,
        "signed_audit": signed_audit,
        "finding": finding,
        "quoted_finding": quoted_finding,
        "intake_job": intake_item.job,
        "intake_item": intake_item,
        "house": factories.house_style(team.lead),
        "report": factories.report(signed_audit, by=team.reviewer, context=factories.report_context(signed_audit)),
        "draft_report": factories.draft_report(audit, by=team.auditor, context=factories.report_context(audit)),
        "report_job": factories.report_job(signed_audit, by=team.reviewer),
        "ready_job": factories.report_job(signed_audit, by=team.reviewer, state="ready"),
        "checklist_version": audit.checklist_version,
        **exchanged(audit.checklist_version, engagement),
    }


def studio(version):
    """An author and an approver, a draft that could be submitted and one that is in review."""
    author = factories.checklist_author()
    found = {"checklist_author": author, "checklist_approver": factories.checklist_approver()}
    factories.checklist_version()  # so that the other one can be retired
    for name in ("draft", "draft_in_review"):
        draft = factories.draft(author, version)
        content = draft.requirements.get(code="DEMO-1-IDENTITY").content | {"title_zh": "处理者"}
        drafts.requirement_save(by=author, draft=draft, code="DEMO-1-IDENTITY", content=content, revision=0)
        found[name] = drafts.head_save(by=author, draft=draft, revision=0, changelog="标题。")
    publishing.draft_submit(by=author, draft=found["draft_in_review"])
    return found


def together(engagement, team, audit):
    """What people do to each other's work: in audits of their own, so that nothing stands in the way of the rest."""
    audits = [factories.audit(engagement, audit.policy_version, audit.checklist_version) for _ in range(6)]
    batch_audit, undone_audit, waiting_audit, fresh_audit, blind_audit, compared_audit = audits
    revisions = dict(batch_audit.findings.values_list("pk", "revision"))
    undone = undone_audit.findings.first()
    factories.decide(undone, by=team.auditor)
    review.decision_undo(by=team.auditor, finding=undone, revision=1)
    factories.decide_all(waiting_audit, by=team.auditor)
    handover.audit_hand_in(by=team.auditor, audit=waiting_audit)
    for other in (blind_audit, compared_audit):
        running = blind.blind_start(by=team.lead, audit=other, second=team.auditor)
    factories.decide_all(compared_audit, by=team.lead)
    factories.give_opinions(running, {"DEMO-1-IDENTITY": "partial"})
    blind.opinions_hand_in(by=team.auditor, blind=running)
    commented = undone_audit.findings.last()
    text = f"@{team.auditor.username} 请看。"
    return {
        "batch": batches.batch_decide(by=team.auditor, audit=batch_audit, revisions=revisions),
        "undone_finding": undone,
        "waiting_audit": waiting_audit,
        "fresh_audit": fresh_audit,
        "blind_audit": blind_audit,
        "blind_finding": blind_audit.findings.first(),
        "compared_audit": compared_audit,
        "comparison": running.comparisons.get(finding__requirement__code="DEMO-1-IDENTITY"),
        "comment": review.comment_add(by=team.reviewer, finding=commented, text=text),
        "notification": team.auditor.notifications.get(kind="mentioned"),
    }


def exchanged(version, engagement):
    """An instrument with a change, a checklist that came as a file, and a requirement switched off."""
    author = factories.checklist_author()
    instrument = instruments.instrument_add(by=author, key="DEMO", title_zh="示例法")
    note = {"kind": "amended", "effective": date(2027, 1, 1), "note": "改了。"}
    source = {**version.source, "slug": "other", "requirements": []}
    content, _ending, _type = uploads.checklist_file(source=source, format="json")
    off = {"code": "DEMO-1-IDENTITY", "reason": "不适用。"}
    return {
        "instrument": instrument,
        "law_change": instruments.instrument_change(by=author, instrument=instrument, **note),
        "upload": uploads.upload_read(by=author, filename="other.json", content=content),
        "tailoring_change": tailoring.requirement_switch_off(
            by=engagement.created_by, engagement=engagement, version=version, **off
        ),
    }


@pytest.mark.parametrize("name", URLS)
def test_who_may_use_it(world, sessions, name):
    place, get, post, data = URLS[name]
    url = reverse(name, args=arguments(place, world))
    data = data(world) if callable(data) else data
    for method, rule in (("GET", get), ("POST", post)):
        answers = {role: answer(sessions.get(role), method, url, data) for role in ROLES}
        assert answers == {role: rule.expected(role) for role in ROLES}, method


def test_what_is_hidden_looks_like_what_does_not_exist(world):
    """Nobody learns from an answer whether there is an engagement behind a number."""
    client = Client()
    client.force_login(world["outsider"])
    secrets = {
        name: place for name, (place, *_rules) in URLS.items() if place in world and place != "checklist_version"
    }
    for name, place in secrets.items():
        hidden, missing = reverse(name, args=arguments(place, world)), reverse(name, args=[999999])
        for ask in (client.get, client.post):
            there, nowhere = ask(hidden), ask(missing)
            assert there.status_code == nowhere.status_code, name
            assert there.status_code in (404, 405), name
            assert plain(there, hidden) == plain(nowhere, missing), name


def arguments(place, world):
    if callable(place):
        return place(world)
    return [world[place].pk] if place else []


def answer(session, method, url, data):
    """The status, or "login" for a redirect to the sign-in; what the request changed is taken back."""
    client = Client()
    with transaction.atomic():
        if session:
            client.cookies[settings.SESSION_COOKIE_NAME] = session
        response = client.get(url) if method == "GET" else client.post(url, data)
        transaction.set_rollback(True)
    if response.status_code == 302 and response.url.startswith(f"{reverse('login')}?"):
        return "login"
    return response.status_code


def plain(response, url):
    """The page without what differs between any two answers: its address and the CSRF token."""
    text = response.content.decode().replace(url, "")
    token = response.context and str(response.context.get("csrf_token", ""))
    return text.replace(token, "") if token else text
