"""The demo: made through the services, once, and never beside real users."""

from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import RequestFactory

from checks.demo.people import USERNAMES
from checks.models import ActivityEntry, Audit, Decision, Engagement, Report
from checks.selectors.engagements import engagement_rows
from checks.services import activity

from .. import factories

pytestmark = pytest.mark.django_db


def seed(*arguments):
    out = StringIO()
    call_command("seed", *arguments, stdout=out)
    return out.getvalue()


def user(username):
    return get_user_model().objects.get(username=username)


@pytest.fixture(scope="module", autouse=True)
def said(django_db_setup, django_db_blocker):
    """What the command says. It runs once, as its PDF takes a while; each test starts from this state."""
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.delenv("DEMO_PASSWORD", raising=False)
        yield seed()
        transaction.set_rollback(True)


def counts():
    return [model.objects.count() for model in (Engagement, Audit, Decision, Report, ActivityEntry)]


def test_makes_one_finished_and_one_open_audit():
    finished, half = Audit.objects.order_by("started_at")
    assert finished.status == Audit.Status.SIGNED
    assert not finished.findings.filter(final_verdict="").exists()
    report = Report.objects.get()
    assert report.sign_off.audit == finished
    with report.pdf.open("rb") as pdf:
        assert pdf.read(5) == b"%PDF-"
    assert half.status == Audit.Status.REVIEW
    assert 0 < half.findings.exclude(final_verdict="").count() < half.findings.count()


def test_decides_as_its_auditor_thinks():
    verdicts = dict(Audit.objects.earliest("started_at").findings.values_list("requirement__code", "final_verdict"))
    assert verdicts["PIPL-24-MARKETING"] == "partial"
    assert verdicts["FACE-5-BIOMETRIC"] == "not_applicable"


def test_the_signer_decided_nothing():
    assert set(Decision.objects.values_list("decided_by__username", flat=True)) == {"chen"}
    assert Report.objects.get().sign_off.signed_by == user("zhou")


def test_the_record_of_each_engagement_is_whole():
    assert Engagement.objects.count() == 2
    assert all(activity.verify_chain(engagement) for engagement in Engagement.objects.all())


def test_repeating_it_changes_nothing():
    lin = user("lin")
    lin.set_password("something of my own")
    lin.save()
    before = counts()
    seed()
    assert counts() == before
    assert user("lin").check_password("something of my own")


def test_names_the_accounts_and_they_can_sign_in(said):
    assert all(username in said for username in USERNAMES)
    assert "policyaudit-demo" in said
    request = RequestFactory().post("/accounts/login/")
    for username in USERNAMES:
        assert authenticate(request, username=username, password="policyaudit-demo") is not None


def test_takes_the_password_from_the_environment(monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "a password of this house")
    user("zheng").delete()
    assert "a password of this house" in seed()
    assert user("zheng").check_password("a password of this house")


def test_one_writes_checklists_and_another_approves_them():
    rights = ("checks.author_checklist", "checks.approve_checklist")
    assert [user("zheng").has_perm(right) for right in rights] == [True, False]
    assert [user("gu").has_perm(right) for right in rights] == [False, True]
    assert engagement_rows(user("gu")) == []


def test_the_checklist_administrator_sees_no_engagement():
    zheng = user("zheng")
    assert zheng.has_perm("checks.add_checklistversion")
    assert not zheng.has_perm("checks.view_engagement")
    assert engagement_rows(zheng) == []


def test_refuses_beside_real_users_unless_forced():
    factories.user("somebody")
    user("zheng").delete()
    with pytest.raises(CommandError, match="not of the demo"):
        seed()
    assert not get_user_model().objects.filter(username="zheng").exists()
    seed("--force")
    assert user("zheng")
