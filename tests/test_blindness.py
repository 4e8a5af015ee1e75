"""A blind second review is blind: every screen, export and list, asked for by the second auditor, tells nothing.

The walk takes every address of the project, so that a screen made later is walked too.
"""

import re

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from checks.selectors.engagements import engagement_policies, engagement_rows
from checks.services import batches, blind, evidence, handover, planning, review

from . import factories
from .test_access import patterns

pytestmark = pytest.mark.django_db

# Words that stand nowhere but in what the first auditor and the reviewer did.
SECRETS = ("机密理由", "机密批注", "机密整改", "机密退回", "机密批量", "机密观察")
OPEN_TO_ALL = {"logout", "healthz", "set_language", "set_theme", "login"}


@pytest.fixture
def second(audit, team):
    person = factories.second_auditor(audit.engagement)
    blind.blind_start(by=team.lead, audit=audit, second=person)
    return person


@pytest.fixture
def worked(audit, team, second):
    """The audit as the others have worked on it; what the second auditor must not learn of."""
    rows = list(audit.findings.select_related("requirement", "audit__engagement").order_by("position"))
    first, other, third = rows[:3]
    review.finding_decide(by=team.auditor, finding=first, verdict="partial", reason=SECRETS[0], revision=0)
    review.comment_add(by=team.auditor, finding=first, text=f"{SECRETS[1]} @{second.username}")
    planning.remediation_write(by=team.auditor, finding=first, text=SECRETS[2], seen=0)
    planning.finding_assign(by=team.lead, finding=first, user=team.auditor, seen=0)
    planning.finding_discuss(by=team.lead, finding=other, wanted=True, seen=0)
    handover.finding_send_back(by=team.reviewer, finding=first, note=SECRETS[3], seen=0, revision=1)
    evidence.evidence_attach(by=team.auditor, finding=third, start=0, end=4, revision=0)
    factories.observation(audit, by=team.auditor, title=SECRETS[5], facts=SECRETS[5])
    batches.batch_decide(by=team.auditor, audit=audit, revisions={third.pk: 0}, verdict="partial", reason=SECRETS[4])
    return audit


def addresses(audit):
    """Every address of the project, with the numbers of everything there is in this audit."""
    findings = list(audit.findings.all())
    rows = [
        audit, audit.engagement, audit.policy_version, audit.checklist_version, *findings, *audit.batches.all(),
        *audit.observations.all(), *(comment for finding in findings for comment in finding.comments.all()),
    ]  # fmt: skip
    pks = sorted({row.pk for row in rows})
    for _route, name in patterns(get_resolver()):
        if name in OPEN_TO_ALL:
            continue
        for args in ([], *([pk] for pk in pks)):
            try:
                yield name, reverse(name, args=args)
            except NoReverseMatch:
                continue
        for tab in ("matrix", "sdks", "permissions", "recipients", "periods", "dates", "contradictions"):
            for rest in ([tab], [tab, 0]):
                try:
                    yield name, reverse(name, args=[audit.pk, *rest])
                except NoReverseMatch:
                    continue


def test_no_screen_tells_the_second_auditor_what_others_did(client, worked, second):
    client.force_login(second)
    told, seen = {}, set()
    for name, address in addresses(worked):
        for headers in ({}, {"HX-Request": "true"}):
            response = client.get(address, headers=headers)
            if response.status_code == 200 and not response.streaming:
                seen.add(name)
                text = response.content.decode()
                if found := [secret for secret in SECRETS if secret in text]:
                    told[address] = found
    assert told == {}
    assert {"second_review", "second_finding", "engagement_detail", "engagement_activity", "notification_list"} <= seen
    assert not {"audit_review", "audit_detail", "audit_export", "audit_report", "audit_comparison"} & seen


def test_the_same_walk_tells_a_colleague_everything(client, worked, team):
    """Else the walk would prove nothing."""
    client.force_login(team.lead)
    told = set()
    for _name, address in addresses(worked):
        response = client.get(address, headers={"HX-Request": "true"})
        if response.status_code == 200 and not response.streaming:
            told |= {secret for secret in SECRETS if secret in response.content.decode()}
    assert told == set(SECRETS)


def test_no_count_gives_away_how_far_the_others_are(client, worked, second, team):
    (row,) = engagement_rows(second)
    assert (row.finding_count, row.decided_count) == (6, 0)
    (policy,) = engagement_policies(worked.engagement, second)
    assert policy.versions.all()[0].audits.all()[0].decided_count == 0
    (row,) = engagement_rows(team.lead)
    assert row.decided_count == 2


def test_the_second_auditors_own_screen_knows_nothing_but_their_own(client, worked, second):
    client.force_login(second)
    response = client.get(reverse("second_review", args=[worked.pk]))
    queue = response.context["queue"]
    assert queue.decided == 0
    assert {row.final_verdict for row in queue.findings} == {""}
    assert not any(row.in_discussion or row.assignee_id or row.second_look for row in queue.findings)
    page = response.content.decode()
    assert 'class="evidence by-hand' not in page
    assert "by-hand" not in re.sub(r"<style.*?</style>", "", page)
    assert "row-marks" not in page


def test_what_others_do_is_closed_to_the_second_auditor(client, worked, second):
    client.force_login(second)
    finding = worked.findings.last()
    acts = {
        "finding_decide": {"verdict": "partial", "reason": "看过。", "revision": 0},
        "comment_add": {"text": "看过。"},
        "remediation_write": {"text": "改。", "seen": 0},
        "finding_discuss": {"wanted": "1", "seen": 0},
        "evidence_attach": {"place": "0-4", "revision": 0},
    }
    for name, data in acts.items():
        assert client.post(reverse(name, args=[finding.pk]), data).status_code == 403, name
    finding.refresh_from_db()
    assert finding.revision == 0


def test_other_audits_of_the_engagement_stay_open(client, worked, second):
    client.force_login(second)
    other = factories.audit(worked.engagement)
    assert client.get(reverse("audit_review", args=[other.pk])).status_code == 200


def test_old_addresses_lead_to_the_second_auditors_screen(client, worked, second):
    client.force_login(second)
    for name in ("audit_review", "audit_detail"):
        response = client.get(reverse(name, args=[worked.pk]))
        assert response["Location"] == reverse("second_review", args=[worked.pk])
    page = client.get(reverse("audit_report", args=[worked.pk]))
    assert page.status_code == 403
    assert "第二审计员" in page.content.decode()


def test_everything_opens_when_both_are_done(client, worked, second, team):
    running = worked.blind_reviews.get()
    for finding in worked.findings.filter(final_verdict=""):
        verdict = "partial" if finding.proposed_verdict == "undetermined" else finding.proposed_verdict
        factories.decide(finding, team.auditor, verdict, "通读全文。")
    factories.give_opinions(running)
    client.force_login(second)
    response = client.post(reverse("second_hand_in", args=[worked.pk]))
    assert response["Location"] == reverse("audit_comparison", args=[worked.pk])
    page = client.get(response["Location"]).content.decode()
    assert SECRETS[0] in page
    assert client.get(reverse("audit_review", args=[worked.pk])).status_code == 200


def test_opinions_are_not_told_to_the_others_before_both_are_done(client, worked, second, team):
    running = worked.blind_reviews.get()
    factories.give_opinions(running, {"DEMO-5-CHILDREN": "non_compliant"})
    client.force_login(team.lead)
    for _name, address in addresses(worked):
        response = client.get(address)
        if response.status_code == 200 and not response.streaming:
            assert "第二人另有判断" not in response.content.decode(), address
