import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from checks import permissions
from checks.permissions import Action

from . import factories

pytestmark = pytest.mark.django_db

MAY = {
    "viewer": {"view"},
    "auditor": {"view", "comment", "upload", "decide", "draft"},
    "reviewer": {"view", "comment", "draft", "sign"},
    "lead": {"view", "comment", "upload", "decide", "draft", "sign", "manage"},
    "outsider": set(),
}


@pytest.fixture
def doors(signed_audit, report):
    """Every function that lets somebody in, with the object behind it."""
    return [
        (permissions.engagement_for, signed_audit.engagement),
        (permissions.policy_version_for, signed_audit.policy_version),
        (permissions.audit_for, signed_audit),
        (permissions.finding_for, signed_audit.findings.first()),
        (permissions.report_for, report),
    ]


@pytest.fixture
def report(signed_audit, team):
    return factories.report(signed_audit, by=team.reviewer)


@pytest.mark.parametrize("role", MAY)
def test_each_role_may_do_what_the_table_says(engagement, team, role):
    person = getattr(team, role)
    assert {action for action in Action if permissions.can(person, engagement, action)} == MAY[role]


@pytest.mark.parametrize("role", sorted(MAY.keys() - {"outsider"}))
def test_members_come_through_every_door_with_their_rights(doors, team, role):
    person = getattr(team, role)
    for door, behind in doors:
        for action in Action:
            if action in MAY[role]:
                assert door(person, behind.pk, action) == behind
            else:
                with pytest.raises(PermissionDenied):
                    door(person, behind.pk, action)


def test_nobody_else_learns_that_it_exists(doors, team):
    lead_elsewhere = factories.engagement().created_by
    strangers = [team.outsider, lead_elsewhere, factories.user(is_superuser=True, is_staff=True),
                 factories.checklist_admin(), AnonymousUser()]  # fmt: skip
    for door, behind in doors:
        for stranger in strangers:
            for action in Action:
                with pytest.raises(Http404):
                    door(stranger, behind.pk, action)


def test_what_is_not_there_looks_the_same_as_what_is_closed(doors, team):
    for door, _behind in doors:
        with pytest.raises(Http404):
            door(team.lead, 999_999)


def test_a_role_elsewhere_counts_for_nothing_here(team, audit):
    """The auditor is lead of another engagement and viewer of a third: here still an auditor."""
    factories.member(factories.engagement(), team.auditor, "viewer")
    factories.engagement(lead=team.auditor)
    with pytest.raises(PermissionDenied):
        permissions.audit_for(team.auditor, audit.pk, Action.SIGN)
    with pytest.raises(PermissionDenied):
        permissions.engagement_for(team.auditor, audit.engagement_id, Action.MANAGE)


def test_row_and_rights_cost_one_query(doors, team, django_assert_num_queries):
    engagements = ("", "document.engagement", "engagement", "audit.engagement", "sign_off.audit.engagement")
    for (door, behind), path in zip(doors, engagements, strict=True):
        with django_assert_num_queries(1):
            found = door(team.lead, behind.pk)
            for name in path.split(".") if path else ():
                found = getattr(found, name)
            assert permissions.can(team.lead, found, Action.SIGN)
            assert permissions.can(team.lead, found, Action.MANAGE)


def test_a_member_who_left_is_a_stranger(engagement, team):
    engagement.memberships.get(user=team.viewer).delete()
    with pytest.raises(Http404):
        permissions.engagement_for(team.viewer, engagement.pk)
