"""The second auditor's screen and the comparison of both opinions."""

import html
import re

import pytest
from django.urls import reverse

from checks.models import BlindReview, SecondOpinion
from checks.services import blind

from .. import factories

pytestmark = pytest.mark.usefixtures("english")

HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def second(audit, team):
    return factories.second_auditor(audit.engagement)


@pytest.fixture
def running(audit, team, second):
    return blind.blind_start(by=team.lead, audit=audit, second=second)


@pytest.fixture
def as_second(client, running, second):
    client.force_login(second)
    return client


def words(response):
    return html.unescape(response.content.decode())


def give(client, finding, **data):
    return client.post(reverse("second_decide", args=[finding.pk]), {"revision": 0, "reason": "", **data}, **HTMX)


def test_the_lead_asks_for_a_second_opinion_on_the_overview(client, audit, team, second):
    client.force_login(team.lead)
    address = reverse("audit_detail", args=[audit.pk])
    assert "Ask for a blind second review" in words(client.get(address))
    response = client.post(reverse("blind_start", args=[audit.pk]), {"second": second.pk}, follow=True)
    assert "The second auditor was asked." in words(response)
    assert BlindReview.objects.get().second == second
    response = client.post(reverse("blind_cancel", args=[audit.pk]), follow=True)
    assert "The blind second review was given up." in words(response)


@pytest.mark.parametrize("who", ["", "abc", "reviewer", "lead"])
def test_only_another_auditor_can_be_asked(client, audit, team, second, who):
    client.force_login(team.lead)
    person = getattr(team, who).pk if who in ("reviewer", "lead") else who
    response = client.post(reverse("blind_start", args=[audit.pk]), {"second": person}, follow=True)
    assert "Choose the second auditor." in words(response)
    assert not BlindReview.objects.exists()


def test_deciding_goes_on_and_counts_for_oneself_only(as_second, audit, running):
    first, following = audit.findings.order_by("position")[:2]
    response = give(as_second, first, confirm="1")
    page = words(response)
    assert re.search(rf'id="panel"[^>]* data-finding="{following.pk}"', page)
    assert "1 of 6 decided" in page
    assert response["HX-Push-Url"].startswith(reverse("second_review", args=[audit.pk]))
    first.refresh_from_db()
    assert (first.final_verdict, first.revision) == ("", 0)
    assert SecondOpinion.objects.get().verdict == first.proposed_verdict


def test_a_reason_is_asked_for_beside_the_field(as_second, audit):
    page = give(as_second, audit.findings.first(), verdict="non_compliant")
    assert page.status_code == 422
    assert "Say why you decide otherwise than proposed." in words(page)


def test_two_windows_of_the_second_auditor(as_second, audit):
    finding = audit.findings.first()
    give(as_second, finding, verdict="partial", reason="No address.")
    response = give(as_second, finding, verdict="non_compliant", reason="Typed <here>.")
    page = words(response)
    assert response.status_code == 409
    assert "No address." in page
    assert "Typed <here>.</textarea>" in page
    assert SecondOpinion.objects.count() == 1


def test_handing_in_waits_for_the_first_auditor(as_second, audit, running):
    response = as_second.post(reverse("second_hand_in", args=[audit.pk]), follow=True)
    assert "6 findings are not decided yet." in words(response)
    factories.give_opinions(running)
    response = as_second.post(reverse("second_hand_in", args=[audit.pk]), follow=True)
    page = words(response)
    assert "You have handed it in." in page
    assert 'id="decision"' not in page


def test_filters_and_order_work_on_ones_own_verdicts(as_second, audit, running, team):
    factories.decide(audit.findings.get(requirement__code="DEMO-1-IDENTITY"), team.auditor, "non_compliant", "Nothing.")
    address = reverse("second_review", args=[audit.pk])
    queue = as_second.get(address, {"state": "decided"}).context["queue"]
    assert queue.decided == 0
    queue = as_second.get(address, {"verdict": "compliant", "mark": "discussion"}).context["queue"]
    assert [row.requirement.code for row in queue.rows] == ["DEMO-1-IDENTITY"]


def test_the_second_screen_costs_the_same_for_any_number_of_opinions(
    as_second, audit, running, django_assert_num_queries
):
    address = reverse("second_review", args=[audit.pk])
    as_second.get(address)
    with django_assert_num_queries(12):
        as_second.get(address, {"finding": audit.findings.first().pk})
    factories.give_opinions(running)
    with django_assert_num_queries(12):
        as_second.get(address, {"finding": audit.findings.first().pk})


# ---------- Comparison ----------


@pytest.fixture
def compared(audit, team, running, second):
    factories.decide_all(audit, by=team.auditor)
    factories.give_opinions(running, {"DEMO-1-IDENTITY": "partial", "DEMO-2-PURPOSE": "compliant"})
    blind.opinions_hand_in(by=second, blind=running)
    return running


def test_agreement_is_shown_as_a_whole_and_by_domain(client, audit, compared, team):
    client.force_login(team.viewer)
    response = client.get(reverse("audit_comparison", args=[audit.pk]))
    page = words(response)
    assert "the same verdict on 4 of 6 findings" in page
    # first: C P N N A P, second: P C N N A P; agreement 4/6, by chance (1·1 + 2·2 + 2·2 + 1·1) / 36 = 10/36
    assert response.context["whole"].kappa == pytest.approx((24 - 10) / (36 - 10))
    title, found = response.context["domains"][0]
    assert (title, found.same, found.pairs) == ("Notice", 0, 2)
    assert "resolve-form" not in page  # a viewer looks


@pytest.mark.parametrize(
    ("verdict", "said"), [("compliant", "first"), ("partial", "second"), ("not_applicable", "a third")]
)
def test_a_difference_is_settled_by_either_or_a_third_verdict(client, audit, compared, team, verdict, said):
    client.force_login(team.lead)
    row = compared.comparisons.get(finding__requirement__code="DEMO-1-IDENTITY")
    response = client.post(
        reverse("disagreement_resolve", args=[row.pk]),
        {"verdict": verdict, "reason": f"Taken: {said}.", "revision": 1},
        follow=True,
    )
    page = words(response)
    assert "DEMO-1-IDENTITY is settled." in page
    assert f"Taken: {said}." in page
    assert len(response.context["open"]) == 1
    finding = audit.findings.get(pk=row.finding_id)
    assert finding.final_verdict == verdict


def test_settling_needs_a_reason_and_a_fresh_page(client, audit, compared, team):
    client.force_login(team.lead)
    row = compared.comparisons.get(finding__requirement__code="DEMO-1-IDENTITY")
    address = reverse("disagreement_resolve", args=[row.pk])
    response = client.post(address, {"verdict": "partial", "reason": " ", "revision": 1})
    assert response.status_code == 422
    assert "Say why this verdict counts." in words(response)
    response = client.post(address, {"verdict": "partial", "reason": "Typed <here>.", "revision": 0})
    assert response.status_code == 409
    assert "Typed <here>.</textarea>" in words(response)
    assert client.post(address, {"revision": 1}).status_code == 422


def test_an_audit_without_a_second_opinion_says_so(as_auditor, audit):
    assert "No second opinion" in words(as_auditor.get(reverse("audit_comparison", args=[audit.pk])))


def test_the_comparison_costs_the_same_for_any_number_of_differences(
    client, audit, compared, team, django_assert_num_queries
):
    client.force_login(team.lead)
    address = reverse("audit_comparison", args=[audit.pk])
    client.get(address)
    with django_assert_num_queries(8):
        client.get(address)
