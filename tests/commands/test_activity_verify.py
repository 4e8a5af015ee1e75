from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from checks.services import activity, engagements

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def engagement():
    return engagements.engagement_create(by=factories.user(), auditee="青禾示例科技", product="示例阅读")


def test_says_that_every_chain_is_whole(engagement):
    out = StringIO()
    call_command("activity_verify", stdout=out)
    assert "2 chains" in out.getvalue()


def test_names_the_engagement_whose_activity_was_changed(engagement):
    activity.record(actor=None, action="audit.run", obj=engagement, engagement=engagement)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checks_activityentry SET action = 'audit.signed' WHERE action = 'audit.run'")
    with pytest.raises(CommandError, match=f"engagement {engagement.pk}"):
        call_command("activity_verify")
