import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from checks.models import ActivityEntry, Engagement, Membership
from checks.services import activity

from . import factories

pytestmark = pytest.mark.django_db
LIST = "admin:checks_engagement_changelist"


@pytest.fixture
def superuser(client):
    person = factories.user("root", is_staff=True, is_superuser=True)
    client.force_login(person)
    return person


def typed(rows):
    """The add form with these team rows: (user, role)."""
    data = {
        "auditee": "青禾示例科技",
        "product": "示例阅读",
        "scope": "",
        "processor_scale": "standard",
        "due_date": "",
    }
    data |= {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": 0}
    for number, (user, role) in enumerate(rows):
        data |= {f"memberships-{number}-user": user.pk, f"memberships-{number}-role": role}
    return data


def test_a_superuser_sees_engagements_by_name_there_and_nowhere_else(client, superuser, audit):
    page = client.get(reverse(LIST)).content.decode()
    assert audit.engagement.auditee in page
    assert client.get(reverse("engagement_detail", args=[audit.engagement_id])).status_code == 404


def test_an_engagement_is_opened_with_its_team(client, superuser):
    lead = factories.user()
    response = client.post(reverse("admin:checks_engagement_add"), typed([(lead, "lead"), (superuser, "viewer")]))
    assert response.status_code == 302
    created = Engagement.objects.get()
    assert created.created_by == superuser
    assert created.memberships.get(role=Membership.Role.LEAD).user == lead


def changed(engagement, roles, *, added=(), **fields):
    """The change form: ``roles`` {membership: role, or None to take it out}, ``added`` [(user, role)]."""
    rows = [(membership.user, role or membership.role) for membership, role in roles.items()] + list(added)
    data = typed(rows) | {"memberships-INITIAL_FORMS": len(roles)}
    data |= {"auditee": engagement.auditee, "product": engagement.product, **fields}
    for number, (membership, role) in enumerate(roles.items()):
        data |= {f"memberships-{number}-id": membership.pk, f"memberships-{number}-engagement": engagement.pk}
        data |= {} if role else {f"memberships-{number}-DELETE": "on"}
    return data


def test_what_is_changed_there_stands_in_the_activity(client, superuser):
    lead, deputy, newcomer = (factories.user() for _ in range(3))
    client.post(reverse("admin:checks_engagement_add"), typed([(lead, "lead"), (deputy, "viewer")]))
    engagement = Engagement.objects.get()
    rows = {row.user: row for row in engagement.memberships.all()}
    data = changed(engagement, {rows[lead]: None, rows[deputy]: "lead"}, added=[(newcomer, "auditor")], product="新名")
    assert client.post(reverse("admin:checks_engagement_change", args=[engagement.pk]), data).status_code == 302
    entries = ActivityEntry.objects.filter(engagement=engagement).order_by("id")
    assert [(entry.action, entry.actor) for entry in entries] == [
        (action, superuser)
        for action in (
            *("engagement.created", "member.set", "member.set"),
            *("engagement.updated", "member.set", "member.set", "member.removed"),
        )
    ]
    assert dict(engagement.memberships.values_list("user", "role")) == {deputy.pk: "lead", newcomer.pk: "auditor"}
    assert activity.verify_chain(engagement)


def test_a_row_of_the_team_stays_with_its_person(client, superuser, engagement):
    row = engagement.memberships.get()
    data = changed(engagement, {row: "lead"}) | {"memberships-0-user": superuser.pk}
    client.post(reverse("admin:checks_engagement_change", args=[engagement.pk]), data)
    assert not engagement.memberships.filter(user=superuser).exists()


def test_an_engagement_without_a_lead_is_refused(client, superuser):
    response = client.post(reverse("admin:checks_engagement_add"), typed([(superuser, "viewer")]))
    assert response.status_code == 200
    assert not Engagement.objects.exists()


def test_nobody_deletes_an_engagement(client, superuser, engagement):
    response = client.post(reverse("admin:checks_engagement_delete", args=[engagement.pk]), {"post": "yes"})
    assert response.status_code == 403
    assert Engagement.objects.filter(pk=engagement.pk).exists()


def test_a_checklist_admin_sees_no_engagements(client, engagement):
    client.force_login(factories.checklist_admin())
    assert client.get(reverse(LIST)).status_code == 403


def test_staff_see_engagements_only_with_the_permission(client, engagement):
    person = factories.user(is_staff=True)
    client.force_login(person)
    assert client.get(reverse(LIST)).status_code == 403
    person.user_permissions.add(Permission.objects.get(codename="view_engagement"))
    assert client.get(reverse(LIST)).status_code == 200


def test_policies_findings_and_reports_are_not_in_the_admin(client, superuser):
    page = client.get(reverse("admin:index")).content.decode()
    for model in ("policyversion", "finding", "audit", "report", "decision", "activityentry"):
        assert f"/checks/{model}/" not in page
