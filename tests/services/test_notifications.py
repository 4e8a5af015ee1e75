import pytest
from django.core import mail
from django.test import override_settings

from checks import teamwork
from checks.models import Membership, Notification
from checks.services import blind, notifications, review

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def finding(audit):
    return audit.findings.select_related("requirement", "audit__engagement").first()


def named(finding, by, text):
    review.comment_add(by=by, finding=finding, text=text)
    return {row.user for row in Notification.objects.all()}


def test_members_named_in_a_comment_are_told(finding, team):
    text = f"@{team.auditor.username} 请看，@{team.reviewer.username}也请看。"
    assert named(finding, team.lead, text) == {team.auditor, team.reviewer}
    row = Notification.objects.filter(user=team.auditor).get()
    assert (row.kind, row.actor, row.finding, row.text) == ("mentioned", team.lead, finding, text)


def test_strangers_and_oneself_are_not(finding, team):
    assert named(finding, team.lead, f"@{team.outsider.username} @{team.lead.username} @nobody 请看") == set()


def test_chinese_names_run_on_and_the_longest_one_wins(engagement):
    short, long = (factories.user(first_name=name) for name in ("王明", "王明远"))
    assert notifications.mentioned("@王明远你看一下", [short, long]) == [long]
    assert notifications.mentioned("@王明你看一下", [short, long]) == [short]
    assert notifications.mentioned("邮箱 a@b.example", [short, long]) == []


def test_a_latin_name_ends_where_it_ends():
    lin, lina = factories.user("linx"), factories.user("linxa")
    assert notifications.mentioned("@linxb", [lin, lina]) == []
    assert notifications.mentioned("@linx，看", [lin, lina]) == [lin]
    assert notifications.mentioned("@linxa", [lin, lina]) == [lina]


def test_what_is_read_is_no_longer_counted(finding, team):
    named(finding, team.lead, f"@{team.auditor.username} 一")
    named(finding, team.lead, f"@{team.auditor.username} 二")
    assert teamwork.unread_count(team.auditor) == 2
    first = Notification.objects.filter(user=team.auditor).first()
    assert notifications.mark_read(by=team.auditor, pks=[first.pk]) == 1
    assert notifications.mark_read(by=team.reviewer) == 0  # nobody reads for others
    assert teamwork.unread_count(team.auditor) == 1
    assert notifications.mark_read(by=team.auditor) == 1


def test_who_left_the_team_sees_nothing_of_it_any_more(finding, team):
    named(finding, team.lead, f"@{team.auditor.username} 请看")
    Membership.objects.filter(user=team.auditor).delete()
    assert teamwork.unread_count(team.auditor) == 0


def test_a_second_auditor_learns_of_a_mention_when_it_no_longer_tells_anything(audit, finding, team):
    second = factories.second_auditor(audit.engagement)
    running = blind.blind_start(by=team.lead, audit=audit, second=second)
    review.comment_add(by=team.auditor, finding=finding, text=f"@{second.username} 我判了不合规。")
    assert [row.kind for row in teamwork.notifications_for(second)] == ["second_asked"]
    blind.blind_cancel(by=team.lead, blind=running)
    assert [row.kind for row in teamwork.notifications_for(second)] == ["mentioned", "second_asked"]


def test_mail_leaves_only_where_the_installation_says_so(finding, team, django_capture_on_commit_callbacks):
    team.auditor.email = "chen@shenji.example"
    team.auditor.save()
    for on, letters in ((False, 0), (True, 1)):
        settled = override_settings(NOTIFY_BY_EMAIL=on, SITE_URL="https://audit.example")
        with settled, django_capture_on_commit_callbacks(execute=True):
            review.comment_add(by=team.lead, finding=finding, text=f"@{team.auditor.username} 手机号一节是机密。")
        assert len(mail.outbox) == letters
    letter = mail.outbox[0]
    assert letter.to == ["chen@shenji.example"]
    assert "https://audit.example/notifications/" in letter.body
    assert "机密" not in letter.body  # what was said stays in the program


def test_a_mail_server_that_is_down_stops_nobody(finding, team, django_capture_on_commit_callbacks):
    team.auditor.email = "chen@shenji.example"
    team.auditor.save()
    backend = "django.core.mail.backends.smtp.EmailBackend"
    settled = override_settings(NOTIFY_BY_EMAIL=True, EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=9)
    with settled, django_capture_on_commit_callbacks(execute=True):
        assert review.comment_add(by=team.lead, finding=finding, text=f"@{team.auditor.username} 请看")
