"""Deciding many findings at once: nothing happens before it was shown, and all of it can be taken back."""

import html

import pytest
from django.urls import reverse

from checks.models import Batch, Decision

from .. import factories

pytestmark = pytest.mark.usefixtures("english")


def numbers(audit, *codes, revisions=False):
    rows = audit.findings.filter(requirement__code__in=codes) if codes else audit.findings.all()
    return ",".join(f"{row.pk}:{row.revision}" if revisions else str(row.pk) for row in rows)


def preview(client, audit, **data):
    return client.post(reverse("batch_preview", args=[audit.pk]), {"findings": numbers(audit), **data})


def decide(client, audit, **data):
    data = {"findings": numbers(audit, revisions=True), **data}
    return client.post(reverse("batch_decide", args=[audit.pk]), data)


def words(response):
    return html.unescape(response.content.decode())


def test_the_preview_lists_what_changes_and_why_the_rest_does_not(as_auditor, audit, team):
    factories.decide(audit.findings.get(requirement__code="DEMO-1-IDENTITY"), by=team.lead)
    page = words(preview(as_auditor, audit))
    assert "4 findings would change. Nothing has been saved yet." in page
    assert "decided already" in page
    assert "undetermined: somebody has to look at it" in page
    assert Decision.objects.count() == 1


def test_one_verdict_for_all_needs_a_reason_and_says_so_first(as_auditor, audit):
    page = words(preview(as_auditor, audit, verdict="partial"))
    assert "A reason is needed" in page
    response = decide(as_auditor, audit, verdict="partial", reason=" ")
    assert response.status_code == 422
    assert "Say why you decide otherwise than proposed." in words(response)
    assert not Decision.objects.exists()


def test_what_was_shown_is_done_and_can_be_taken_back_as_one(as_auditor, audit):
    response = decide(as_auditor, audit, verdict="partial", reason="See the annex.", query="severity=critical")
    assert response["Location"].endswith("?severity=critical")
    assert set(audit.findings.values_list("final_verdict", flat=True)) == {"partial"}
    page = words(as_auditor.get(reverse("audit_review", args=[audit.pk])))
    assert "6 findings were decided." in page
    assert "Take all of it back" in page
    batch = Batch.objects.get()
    page = as_auditor.post(reverse("batch_undo", args=[batch.pk]), follow=True)
    assert "6 decisions were taken back." in words(page)
    assert "Take all of it back" not in words(page)
    assert set(audit.findings.values_list("final_verdict", flat=True)) == {""}


def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_done(as_auditor, audit, team):
    shown = numbers(audit, revisions=True)
    factories.decide(audit.findings.first(), by=team.lead)
    response = decide(as_auditor, audit, findings=shown, verdict="partial", reason="Typed <already>.")
    assert response.status_code == 409
    assert "Nothing was saved: look at the new list first." in words(response)
    assert "Typed <already>." in words(response)
    assert Decision.objects.count() == 1
    again = decide(as_auditor, audit, verdict="partial", reason="Typed <already>.", again="on")
    assert again.status_code == 302


@pytest.mark.parametrize("findings", ["", "x,-1", "9" * 30, "9" * 5000, "1:x"])
def test_numbers_of_no_finding_decide_nothing(as_auditor, audit, findings):
    assert preview(as_auditor, audit, findings=findings).status_code == 200
    assert decide(as_auditor, audit, findings=findings).status_code in (409, 422)
    assert not Decision.objects.exists()


def test_findings_of_another_engagement_are_not_decided(as_auditor, audit):
    foreign = factories.audit(factories.engagement())
    decide(as_auditor, audit, findings=numbers(foreign, revisions=True))
    assert not Decision.objects.exists()


def test_u_takes_the_whole_batch_back_too(as_auditor, audit):
    decide(as_auditor, audit)
    response = as_auditor.post(reverse("own_undo", args=[audit.pk]), follow=True)
    assert "5 decisions were taken back." in words(response)
    assert not audit.findings.exclude(final_verdict="").exists()


def test_the_preview_costs_the_same_for_any_number_of_findings(as_auditor, audit, django_assert_num_queries):
    preview(as_auditor, audit)
    few = numbers(audit, "DEMO-1-IDENTITY")
    with django_assert_num_queries(6):
        preview(as_auditor, audit, findings=few)
    with django_assert_num_queries(6):
        preview(as_auditor, audit)
