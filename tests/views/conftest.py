"""Who sits at the browser, and in which language."""

import pytest
from django.test import Client


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


@pytest.fixture
def as_lead(team):
    """Beside another client of the same test."""
    client = Client()
    client.force_login(team.lead)
    return client
