"""The wall: every URL of the project, asked for by everybody, by GET and by POST.

A URL that is not in the table below fails the first test, so none can be added without saying who may use it.
"""

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from checks.permissions import ALLOWED, Action

from . import factories

pytestmark = pytest.mark.django_db

MEMBERS = ("viewer", "auditor", "reviewer", "lead")
STRANGERS = ("outsider", "checklist_admin", "superuser")
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

    def expected(self, role):
        if role == "anonymous":
            return "login"
        if role in STRANGERS:
            return 404
        return self.status if self.action in ALLOWED[role] else 403


NO = SignedIn(405)  # the method is not allowed, whoever asks; also when the object does not exist

ENGAGEMENT = {"auditee": "青禾示例科技", "product": "示例阅读", "processor_scale": "small"}

# name: (arguments, GET, POST, what is posted); both may be functions of the world
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
    "engagement_activity": ("engagement", Member(), NO, {}),
    "policy_upload": (
        "engagement",
        Member(Action.UPLOAD),
        Member(Action.UPLOAD, 302),
        {"name": "隐私政策", "text": "一、我们收集您的手机号码。\n二、您可以联系我们。"},
    ),
    "intake_jobs": ("engagement", Member(), NO, {}),
    "intake_job": ("intake_job", Member(), NO, {}),
    "job_cancel": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "job_answer": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "job_retry": ("intake_job", NO, Member(Action.UPLOAD, 302), {}),
    "item_retry": ("intake_item", NO, Member(Action.UPLOAD, 302), {}),
    "item_answer": ("intake_item", NO, Member(Action.UPLOAD, 302), {"audit": "1"}),
    "item_original": ("intake_item", Member(), NO, {}),
    "policy_version": ("policy_version", Member(), NO, {}),
    "policy_original": ("policy_version", Member(), NO, {}),
    "audit_run": ("policy_version", NO, Member(Action.UPLOAD, 302), {}),
    "audit_detail": ("audit", Member(), NO, {}),
    "audit_export": ("audit", Member(), NO, {}),
    "audit_review": ("audit", Member(), NO, {}),
    "findings_confirm": (
        "audit",
        NO,
        Member(Action.DECIDE, 302),
        lambda world: {"findings": ",".join(str(finding.pk) for finding in world["audit"].findings.all())},
    ),
    "finding_detail": ("finding", Member(status=302), NO, {}),
    "finding_decide": (
        "finding",
        NO,
        Member(Action.DECIDE, 302),
        {"verdict": "partial", "reason": "只写了一半。", "revision": 1},
    ),
    "finding_undo": ("finding", NO, Member(Action.DECIDE, 302), {"revision": 1}),
    "comment_add": ("finding", NO, Member(Action.COMMENT, 302), {"text": "请再看一遍。"}),
    "audit_report": ("audit", Member(), NO, {}),
    "audit_sign_off": ("decided_audit", NO, Member(Action.SIGN, 302), {"statement": ""}),
    "audit_reopen": ("signed_audit", NO, Member(Action.SIGN, 302), {"reason": "漏看了一处。"}),
    "report_issue": ("signed_audit", NO, Member(Action.SIGN, 302), {"language": "zh-hans"}),
    "report_download": ("report", Member(), NO, {}),
    "checklist_list": ((), SignedIn(), NO, {}),
    "checklist_version": ("checklist_version", SignedIn(), NO, {}),
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


@pytest.fixture
def world(engagement, team, audit):
    """One engagement with everything in it, and one person of every kind."""
    decided_audit = factories.audit(engagement, audit.policy_version, audit.checklist_version)
    signed_audit = factories.audit(engagement, audit.policy_version, audit.checklist_version)
    for other in (decided_audit, signed_audit):
        factories.decide_all(other, by=team.auditor)
    factories.sign_off(signed_audit, by=team.reviewer)
    finding = audit.findings.first()
    factories.decide(finding, by=team.auditor)
    intake_item = factories.intake_item(factories.intake_job(engagement), state="failed", reason="no_text")
    return {
        **vars(team),
        "checklist_admin": factories.checklist_admin(),
        "superuser": factories.user(is_staff=True, is_superuser=True),
        "engagement": engagement,
        "policy_version": audit.policy_version,
        "audit": audit,
        "decided_audit": decided_audit,
        "signed_audit": signed_audit,
        "finding": finding,
        "intake_job": intake_item.job,
        "intake_item": intake_item,
        "report": factories.report(signed_audit, by=team.reviewer),
        "checklist_version": audit.checklist_version,
    }


@pytest.mark.parametrize("name", URLS)
def test_who_may_use_it(world, name):
    place, get, post, data = URLS[name]
    url = reverse(name, args=arguments(place, world))
    data = data(world) if callable(data) else data
    for method, rule in (("GET", get), ("POST", post)):
        answers = {role: answer(world, role, method, url, data) for role in ROLES}
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


def answer(world, role, method, url, data):
    """The status, or "login" for a redirect to the sign-in; what the request changed is taken back."""
    client = Client()
    with transaction.atomic():
        if role != "anonymous":
            client.force_login(world[role])
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
