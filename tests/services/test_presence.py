import pytest

from checks import teamwork
from checks.models import Presence
from checks.services import presence

pytestmark = pytest.mark.django_db


def test_there_is_one_place_per_person_and_audit(audit, team, django_assert_num_queries):
    first, second = audit.findings.all()[:2]
    presence.presence_mark(user=team.auditor, finding=first)
    with django_assert_num_queries(1):
        presence.presence_mark(user=team.auditor, finding=second)
    assert Presence.objects.get().finding == second
    assert teamwork.others_here(team.lead, second) == [team.auditor]
    assert teamwork.others_here(team.lead, first) == []
    assert teamwork.others_here(team.auditor, second) == []  # oneself
    assert teamwork.last_place(team.auditor, audit) == second.pk
