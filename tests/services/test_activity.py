import pytest
from django.db import connection, transaction

from checks.models import ActivityEntry
from checks.services import activity

from .. import factories

pytestmark = pytest.mark.django_db


def record(engagement, **detail):
    return activity.record(
        actor=engagement and engagement.created_by,
        action="test.done",
        obj=engagement or factories.user(),
        engagement=engagement,
        detail=detail,
    )


def overwrite(entry, **columns):
    """What only somebody with the database in their hands could do."""
    assignments = ", ".join(f"{name} = %s" for name in columns)
    sql = f"UPDATE checks_activityentry SET {assignments} WHERE id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*columns.values(), entry.pk])


def test_each_entry_names_the_one_before_it_in_its_own_engagement(engagement):
    other = factories.engagement()
    first, foreign, second = record(engagement), record(other), record(engagement)
    assert first.previous_hash == foreign.previous_hash == activity.FIRST
    assert second.previous_hash == first.hash


def test_acts_outside_engagements_have_a_chain_of_their_own(engagement):
    record(engagement)
    first, second = record(None), record(None)
    assert (first.previous_hash, second.previous_hash) == (activity.FIRST, first.hash)
    assert activity.verify_chain(None)


def test_an_untouched_chain_is_intact_after_a_round_trip_through_the_database(engagement):
    record(engagement, reason="写明了保存期限", numbers=[1, 2.5, None])
    record(engagement)
    assert activity.verify_chain(engagement)


@pytest.mark.parametrize("column", ["action", "object_type", "detail", "at"])
def test_a_changed_entry_breaks_the_chain(engagement, column):
    entries = [record(engagement, verdict="partial") for _ in range(3)]
    forged = {"action": "x", "object_type": "x", "detail": '{"verdict": "compliant"}', "at": "2020-01-01 00:00:00"}
    overwrite(entries[1], **{column: forged[column]})
    assert not activity.verify_chain(engagement)


def test_another_actor_breaks_the_chain(engagement):
    overwrite(record(engagement), actor_id=factories.user().pk)
    assert not activity.verify_chain(engagement)


def test_an_entry_taken_out_breaks_the_chain(engagement):
    entries = [record(engagement) for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM checks_activityentry WHERE id = %s", [entries[1].pk])
    assert not activity.verify_chain(engagement)


def test_an_entry_hashed_anew_breaks_the_chain_at_the_next_one(engagement):
    entries = [record(engagement) for _ in range(2)]
    overwrite(entries[0], action="something.else")
    overwrite(entries[0], hash=activity.entry_hash(ActivityEntry.objects.get(pk=entries[0].pk)))
    assert not activity.verify_chain(engagement)


def test_what_is_rolled_back_leaves_no_entry(engagement):
    with transaction.atomic():
        record(engagement)
        transaction.set_rollback(True)
    assert not ActivityEntry.objects.filter(engagement=engagement).exists()
    assert record(engagement).previous_hash == activity.FIRST
