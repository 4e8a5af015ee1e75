"""The accuracy card in the program: figures of exactly this version, or that there are none."""

import json

import pytest
from django.urls import reverse

from checks.accuracy_card import measured_accuracy
from checks.engine import load_shipped, shipped_checklist
from checks.models import ChecklistVersion, Requirement
from checks.services.checklist import checklist_import

from .. import factories
from .test_analysis import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def browser(client):
    client.force_login(factories.user())
    return client


@pytest.fixture
def record():
    return json.loads((shipped_checklist() / "accuracy.json").read_text("utf-8"))


@pytest.fixture
def measured(record):
    """A version with the digest the shipped record was measured on: the shipped one until a rule of it changes."""
    shipped = checklist_import()
    if shipped.digest == record["checklist"]:
        return shipped
    requirements = list(shipped.requirements.all())
    version = ChecklistVersion.objects.create(
        checklist=shipped.checklist,
        version="measured",
        digest=record["checklist"],
        source=shipped.source,
        published_at=shipped.published_at,
    )
    for requirement in requirements:
        requirement.pk, requirement.version = None, version
        requirement._state.adding = True
    Requirement.objects.bulk_create(requirements)
    return version


def card(browser, version):
    return browser.get(reverse("checklist_accuracy", args=[version.pk])).content.decode()


def test_the_card_shows_what_was_measured(browser, measured, record):
    page = words(card(browser, measured))
    agreement = record["held"]["agreement"]
    assert f"Same verdict {agreement['share']:.2f} {agreement['low']:.2f} to {agreement['high']:.2f}" in page
    assert f"{record['held']['kappa']:.3f} {record['open']['kappa']:.3f}" in page
    assert f"{record['held']['policies']} policies kept apart while the rules were written" in page


def test_the_worst_requirement_stands_first(browser, measured, record):
    page = card(browser, measured)
    places = [page.index(f">{row['code']}<") for row in record["held"]["requirements"]]
    assert places == sorted(places)
    assert len(places) == measured.requirements.count()


def test_a_version_nobody_measured_says_so_and_names_one_that_was(browser, measured):
    other = factories.checklist_version(slug="own", version="1")
    page = card(browser, other)
    assert "This version has not been measured" in page
    assert reverse("checklist_accuracy", args=[measured.pk]) in page
    assert "kappa" not in page


def test_without_any_measured_version_none_is_named(browser):
    page = card(browser, factories.checklist_version())
    assert "This version has not been measured" in page
    assert "Measured is" not in page


def test_figures_belong_to_one_digest(tmp_path):
    folder = tmp_path / "own" / "1"
    folder.mkdir(parents=True)
    (folder / "accuracy.json").write_text('{"checklist": "abc"}')
    assert measured_accuracy("abc", tmp_path) == {"checklist": "abc"}
    assert measured_accuracy("abd", tmp_path) is None


def test_the_short_address_leads_to_the_newest_version(browser):
    assert browser.get(reverse("accuracy"))["Location"] == reverse("checklist_list")
    version = factories.checklist_version()
    assert browser.get(reverse("accuracy"))["Location"] == reverse("checklist_accuracy", args=[version.pk])


def test_every_page_leads_there(browser):
    assert f'href="{reverse("accuracy")}"' in browser.get(reverse("checklist_list")).content.decode()


def test_the_card_costs_the_same_for_any_number_of_requirements(browser, measured, django_assert_num_queries):
    card(browser, measured)
    with django_assert_num_queries(5):
        card(browser, measured)


def test_the_shipped_record_knows_only_shipped_requirements(record):
    loaded = load_shipped()
    assert {row["code"] for row in record["held"]["requirements"]} <= {entry.code for entry in loaded.requirements}
