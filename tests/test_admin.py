import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from checks.models import Engagement, Membership

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
