"""A prepared read finds what the queryset finds that it was made from, for every value and in every thread."""

import threading

import pytest
from django.db import connection
from django.db.models import Count, F

from checks.models import Finding, Membership
from checks.prepared import Prepared

from . import factories

pytestmark = pytest.mark.django_db


def test_rows_with_what_hangs_on_them_and_one_query(audit, django_assert_num_queries):
    def of(pk):
        rows = Finding.objects.select_related("requirement", "audit__engagement").defer("searched")
        return rows.annotate(owner=F("audit__engagement__created_by")).filter(pk=pk)

    prepared = Prepared(of)
    prepared(0)
    for expected in audit.findings.all():
        with django_assert_num_queries(1):
            (found,) = prepared(expected.pk)
            assert found == expected
            assert found.requirement.code
            assert found.owner == found.audit.engagement.created_by_id
            assert "searched" in found.get_deferred_fields()
    assert prepared(0) == []


def test_values_of_two_kinds_in_any_order(audit):
    def of(code, audit_pk):
        rows = Finding.objects.filter(audit=audit_pk, requirement__code=code)
        return rows.order_by().values_list("requirement__code", "audit", named=True)

    prepared = Prepared(of, str, int)
    for code in ("DEMO-1-IDENTITY", "DEMO-3-RETENTION"):
        assert prepared(code, audit.pk) == list(of(code, audit.pk)) != []
    assert prepared("DEMO-1-IDENTITY", 0) == prepared("' OR 1=1 --", audit.pk) == []


def test_groups_single_values_and_limits(engagement, team):
    def of(engagement_pk):
        rows = Membership.objects.filter(engagement=engagement_pk).order_by().values("role")
        return rows.annotate(times=Count("pk")).order_by("role").values_list("role", flat=True)[:2]

    assert Prepared(of)(engagement.pk) == list(of(engagement.pk)) == ["auditor", "lead"]


def test_what_is_written_later_is_found(engagement):
    prepared = Prepared(lambda pk: Membership.objects.filter(engagement=pk))
    assert len(prepared(engagement.pk)) == 1
    factories.team(engagement)
    assert len(prepared(engagement.pk)) == 4


def test_a_value_that_the_query_does_not_use_is_a_mistake(db):
    with pytest.raises(TypeError, match="stand nowhere"):
        Prepared(lambda used, unused: Finding.objects.filter(pk=used), int, int)(1, 2)


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_through_its_own_connection(audit):
    prepared = Prepared(lambda pk: Finding.objects.filter(audit=pk))
    here = prepared(audit.pk)
    found = []

    def there():
        found.append(prepared(audit.pk))
        connection.close()

    thread = threading.Thread(target=there)
    thread.start()
    thread.join()
    assert found == [here]
