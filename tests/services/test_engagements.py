from datetime import date

import pytest

from checks.models import ActivityEntry, Engagement, Membership
from checks.services import engagements as services

from .. import factories

pytestmark = pytest.mark.django_db
Role = Membership.Role


def latest(engagement):
    return ActivityEntry.objects.filter(engagement=engagement).first()


def count(engagement):
    return ActivityEntry.objects.filter(engagement=engagement).count()


def test_who_opens_an_engagement_leads_it():
    person = factories.user()
    created = services.engagement_create(
        by=person, auditee="青禾示例科技", product="示例阅读", processor_scale="million", due_date=date(2026, 12, 31)
    )
    created.refresh_from_db()
    assert (created.auditee, created.processor_scale, created.due_date) == (
        "青禾示例科技",
        "million",
        date(2026, 12, 31),
    )
    assert [(member.user, member.role) for member in created.memberships.all()] == [(person, Role.LEAD)]
    assert count(created) == 1
    assert (latest(created).action, latest(created).actor) == ("engagement.created", person)


def test_an_update_records_old_and_new_values(engagement):
    services.engagement_update(
        by=engagement.created_by, engagement=engagement, product="新名", due_date=date(2027, 1, 2)
    )
    stored = Engagement.objects.get(pk=engagement.pk)
    assert (stored.product, stored.due_date) == ("新名", date(2027, 1, 2))
    assert latest(engagement).detail["changed"]["due_date"] == [None, "2027-01-02"]
    assert latest(engagement).detail["changed"].keys() == {"product", "due_date"}


def test_an_update_is_seen_also_when_a_form_has_put_the_values_on_the_instance(engagement):
    engagement.product = "新名"
    services.engagement_update(by=engagement.created_by, engagement=engagement, product="新名")
    assert Engagement.objects.get(pk=engagement.pk).product == "新名"
    assert count(engagement) == 1


def test_an_update_that_changes_nothing_records_nothing(engagement):
    services.engagement_update(by=engagement.created_by, engagement=engagement, product=engagement.product)
    assert count(engagement) == 0


def test_only_the_engagements_own_data_can_be_updated(engagement):
    with pytest.raises(TypeError, match="created_by"):
        services.engagement_update(by=engagement.created_by, engagement=engagement, created_by=factories.user())


def test_a_member_is_taken_in_and_given_another_role(engagement):
    person = factories.user("wang")
    services.member_set(by=engagement.created_by, engagement=engagement, user=person, role="auditor")
    services.member_set(by=engagement.created_by, engagement=engagement, user=person, role="reviewer")
    assert Membership.objects.get(engagement=engagement, user=person).role == Role.REVIEWER
    assert latest(engagement).detail == {
        "user": person.pk, "username": "wang", "role": "reviewer", "before": "auditor"
    }  # fmt: skip
    assert count(engagement) == 2


def test_the_same_role_again_records_nothing(engagement, team):
    services.member_set(by=team.lead, engagement=engagement, user=team.auditor, role="auditor")
    assert count(engagement) == 0


def test_an_unknown_role_is_refused(engagement, team):
    with pytest.raises(ValueError, match="owner"):
        services.member_set(by=team.lead, engagement=engagement, user=team.auditor, role="owner")


def test_the_last_lead_keeps_the_role_and_the_seat(engagement, team):
    with pytest.raises(services.LastLead):
        services.member_set(by=team.lead, engagement=engagement, user=team.lead, role="viewer")
    with pytest.raises(services.LastLead):
        services.member_remove(by=team.lead, engagement=engagement, user=team.lead)
    assert Membership.objects.get(engagement=engagement, user=team.lead).role == Role.LEAD
    assert count(engagement) == 0


def test_a_lead_may_go_once_there_is_another(engagement, team):
    services.member_set(by=team.lead, engagement=engagement, user=team.auditor, role="lead")
    services.member_remove(by=team.lead, engagement=engagement, user=team.lead)
    assert not Membership.objects.filter(engagement=engagement, user=team.lead).exists()
    assert latest(engagement).action == "member.removed"


def test_who_is_no_member_cannot_be_removed(engagement, team):
    with pytest.raises(services.NoMember):
        services.member_remove(by=team.lead, engagement=engagement, user=team.outsider)


def test_refusals_speak_to_the_person(engagement, team):
    with pytest.raises(services.LastLead) as refusal:
        services.member_remove(by=team.lead, engagement=engagement, user=team.lead)
    assert refusal.value.message == str(refusal.value)
    assert len(refusal.value.message) > 10
