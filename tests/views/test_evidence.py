"""Evidence by hand through the screen's forms, with and without HTMX."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import EvidenceChange
from checks.standing import standing_evidence

pytestmark = pytest.mark.usefixtures("english")

HTMX = {"headers": {"HX-Request": "true"}}
QUOTE = "邮箱 privacy@qinghe.example"


@pytest.fixture
def finding(audit):
    return audit.findings.select_related("requirement").get(requirement__code="DEMO-3-RETENTION")


def place(finding, quote=QUOTE):
    start = finding.audit.policy_version.text.index(quote)
    return f"{start}-{start + len(quote)}"


def post(client, finding, act, *, htmx=False, **data):
    last = finding.evidence_changes.last()
    data = {"revision": last.pk if last else 0, **data}
    return client.post(reverse(f"evidence_{act}", args=[finding.pk]), data, **(HTMX if htmx else {}))


def quotes(finding):
    return [piece.quote for piece in standing_evidence(type(finding).objects.get(pk=finding.pk))]


def test_attach_remove_and_undo_without_script(as_auditor, finding):
    response = post(as_auditor, finding, "attach", place=f"{place(finding)} named")
    assert response.status_code == 302
    assert quotes(finding) == [QUOTE]
    page = as_auditor.get(response.url).content.decode()
    assert f'href="#at-{place(finding)}"' in page
    assert "added by" in page
    assert post(as_auditor, finding, "remove", place=place(finding)).status_code == 302
    assert quotes(finding) == []
    assert post(as_auditor, finding, "undo").status_code == 302
    assert quotes(finding) == [QUOTE]


def test_the_nearest_sentence_counts_after_all(as_auditor, finding):
    """The button sends what stands beside it; afterwards it says that the sentence counts."""
    page = as_auditor.get(reverse("finding_detail", args=[finding.pk]), **HTMX).content.decode()
    value = re.search(r'name="place" value="([^"]+)" data-counts', page)[1]
    near = finding.searched["nearest"][0]
    assert value == f"{near['start']}-{near['end']} {near['element']}"
    answer = post(as_auditor, finding, "attach", htmx=True, place=value).content.decode()
    assert quotes(finding) == [near["quote"]]
    assert "data-counts" not in answer
    assert "evidence added" in answer  # the element it stands for is met now


def test_nearest_sentences_lead_to_their_own_place(as_auditor, finding):
    page = as_auditor.get(reverse("finding_detail", args=[finding.pk]), **HTMX).content.decode()
    near = finding.searched["nearest"][0]
    assert f'data-near data-start="{near["start"]}" data-end="{near["end"]}"' in page


def test_with_htmx_the_touched_block_and_its_outline_come_along(as_auditor, finding):
    answer = post(as_auditor, finding, "attach", htmx=True, place=place(finding)).content.decode()
    start, end = place(finding).split("-")
    swapped = re.findall(r'<(?:p|h3) [^>]*data-start="(\d+)"[^>]* hx-swap-oob="true">(.*?)</(?:p|h3)>', answer)
    assert len(swapped) == 1
    assert int(swapped[0][0]) <= int(start) < int(end)
    assert f'<span class="anchor" id="at-{start}-{end}"></span>{QUOTE}</mark>' in swapped[0][1]
    assert "by-hand" in swapped[0][1]
    assert len(re.findall(r'id="cites-[^"]+" hx-swap-oob="true"', answer)) == 1


def test_the_slower_of_two_is_told_and_sees_the_evidence_of_the_other(as_auditor, finding, team):
    post(as_auditor, finding, "attach", place=place(finding))
    answer = post(as_auditor, finding, "attach", htmx=True, place=place(finding, "示例阅读"), revision=0)
    assert answer.status_code == 409
    assert "Somebody else has changed the evidence" in answer.content.decode()
    assert f"at-{place(finding)}" in answer.content.decode()
    assert EvidenceChange.objects.count() == 1


@pytest.mark.parametrize(
    "data", [{}, {"place": "x"}, {"place": "9-3"}, {"place": "1-4 nothing"}, {"place": "1-4", "also": "a"}]
)
def test_what_is_no_place_is_refused_in_words(as_auditor, finding, data):
    answer = post(as_auditor, finding, "attach", htmx=True, **data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not EvidenceChange.objects.exists()


def test_on_a_signed_audit_nothing_offers_or_takes_evidence(as_auditor, signed_audit):
    finding = signed_audit.findings.get(requirement__code="DEMO-3-RETENTION")
    page = as_auditor.get(reverse("audit_review", args=[signed_audit.pk]), {"finding": finding.pk}).content.decode()
    assert "evidence-attach" not in page
    assert 'id="hand"' not in page
    assert post(as_auditor, finding, "attach", htmx=True, place=place(finding)).status_code == 422
    assert not EvidenceChange.objects.exists()


def test_everything_that_counts_for_one_place_is_named_once(as_auditor, audit):
    found = audit.findings.get(requirement__code="DEMO-2-PURPOSE")
    piece = found.evidence.get()
    answer = post(as_auditor, found, "attach", htmx=True, place=f"{piece.start}-{piece.end} place").content.decode()
    assert answer.count(f'href="#at-{piece.start}-{piece.end}" data-evidence') == 2  # in the list and in the history
    assert "写明名称" in answer
    assert "写明地址" in answer


def test_queries_do_not_grow_with_evidence(as_auditor, audit, finding):
    def counts():
        asks = (
            lambda: as_auditor.get(reverse("audit_review", args=[audit.pk]), {"finding": finding.pk}),
            lambda: as_auditor.get(reverse("finding_detail", args=[finding.pk]), **HTMX),
            lambda: post(as_auditor, finding, "undo", htmx=True),
        )
        found = []
        for ask in asks:
            with CaptureQueriesContext(connection) as captured:
                assert ask().status_code == 200
            found.append(len(captured))
        return found

    post(as_auditor, finding, "attach", place="0-4")
    counts()  # what is kept for the life of the process is fetched here
    before = counts()
    for offset in range(10, 40, 3):
        post(as_auditor, finding, "attach", place=f"{offset}-{offset + 2}")
    assert EvidenceChange.objects.count() > 10
    assert counts() == before
    assert before[1] <= 24
