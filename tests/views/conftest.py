"""Who sits at the browser, and in which language."""

import pytest


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"


@pytest.fixture
def as_auditor(client, team):
    client.force_login(team.auditor)
    return client


@pytest.fixture
def as_reviewer(client, team):
    client.force_login(team.reviewer)
    return client
