import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checks.models import Audit
from checks.rendering.digests import digest
from checks.selectors.audits import audit_summary, score
from checks.selectors.engagements import engagement_rows
from checks.selectors.review import finding_numbers_mentioning
from checks.selectors.signing import audit_state, findings_with_latest_decision
from checks.services import review

from . import factories

pytestmark = pytest.mark.django_db


def cost(read):
    with CaptureQueriesContext(connection) as queries:
        read()
    return len(queries)


def codes(findings):
    return [finding.requirement.code for finding in findings]


def test_engagement_rows_count_without_multiplying(engagement, team):
    """Two policies, three audits of six findings: joins that multiply would give other figures."""
    first, second = factories.policy_version(engagement), factories.policy_version(engagement, text="一、新政策。")
    audits = [factories.audit(policy_version=first), factories.audit(policy_version=first)]
    factories.audit(policy_version=second, checklist_version=bare_checklist())
    factories.decide_all(audits[0], by=team.auditor)
    factories.sign_off(audits[0], by=team.reviewer)
    (row,) = engagement_rows(team.viewer)
    assert row == engagement
    assert (row.my_role, row.policy_count, row.audit_count, row.signed_count) == ("viewer", 2, 3, 1)
    assert (row.finding_count, row.decided_count, row.open_count) == (12, 6, 6)


def bare_checklist():
    from django.utils import timezone

    from checks.models import Checklist, ChecklistVersion

    checklist = Checklist.objects.create(slug="bare", title_zh="空", title_en="Bare")
    return ChecklistVersion.objects.create(
        checklist=checklist, version="1", digest="b" * 64, source={}, published_at=timezone.now()
    )


def test_engagement_rows_are_the_users_own_newest_first(team, engagement):
    newer = factories.engagement(lead=team.auditor)
    factories.engagement()
    assert engagement_rows(team.auditor) == [newer, engagement]
    assert engagement_rows(team.outsider) == []
    assert [row.finding_count for row in engagement_rows(team.auditor)] == [0, 0]


def test_engagement_rows_cost_one_query(team, audit):
    assert cost(lambda: engagement_rows(team.lead)) == 1


def test_the_summary_counts_what_counts_now(audit, team):
    factories.decide(
        audit.findings.get(requirement__code="DEMO-2-PURPOSE"), team.auditor, "compliant", "附件里写全了。"
    )
    factories.decide(audit.findings.get(requirement__code="DEMO-3-RETENTION"), team.auditor)
    summary = audit_summary(audit)
    assert {name: summary[name] for name in ("total", "decided", "undecided", "overridden", "problems")} == {
        "total": 6, "decided": 2, "undecided": 4, "overridden": 1, "problems": 2
    }  # fmt: skip
    assert summary["by_verdict"] == {
        "compliant": 2, "partial": 0, "non_compliant": 2, "not_applicable": 1, "undetermined": 1
    }  # fmt: skip
    critical = summary["by_severity"]["critical"]
    assert (critical["total"], critical["decided"], critical["problems"], critical["compliant"]) == (3, 1, 1, 2)
    assert summary["score"] == 50


def test_the_summary_has_the_domains_in_the_checklists_order_with_their_scores(audit):
    domains = audit_summary(audit)["domains"]
    assert [domain["id"] for domain in domains] == list(factories.DOMAINS)
    assert {domain["id"]: domain["score"] for domain in domains} == {
        "notice": 75, "storage": 0, "automated_decision": 0, "minors": None, "clarity": None
    }  # fmt: skip
    assert domains[0]["title_zh"] == "告知"
    assert sum(domain["total"] for domain in domains) == 6


def test_the_summary_is_plain_data_and_costs_one_query_with_the_checklist_at_hand(audit):
    json.dumps(audit_summary(audit))
    assert cost(lambda: audit_summary(audit)) == 1
    fresh = Audit.objects.get(pk=audit.pk)
    assert cost(lambda: audit_summary(fresh)) == 2


def test_findings_are_searched_in_code_title_reason_and_quote(audit):
    def found(words):
        pks = finding_numbers_mentioning(audit, words)
        return set(audit.findings.filter(pk__in=pks).values_list("position", flat=True))

    assert found("retention") == {3}
    assert found("儿童信息") == {5}
    assert found("浏览记录") == {4}
    assert found("“Purposes” was proposed") == {2}
    assert found("没有这个词") == set()
    assert cost(lambda: finding_numbers_mentioning(audit, "浏览记录")) == 1


def test_the_state_is_the_same_when_read_again_and_another_after_any_decision(audit, team):
    def state():
        return digest(audit_state(Audit.objects.get(pk=audit.pk)))

    seen = [state()]
    assert state() == seen[0]
    finding = audit.findings.get(position=2)
    review.finding_decide(by=team.auditor, finding=finding, verdict="partial", reason="", revision=0)
    seen.append(state())
    review.finding_decide(by=team.lead, finding=finding, verdict="partial", reason="", revision=1)
    seen.append(state())
    review.finding_decide(by=team.lead, finding=finding, verdict="partial", reason="同意", revision=2)
    seen.append(state())
    review.decision_undo(by=team.lead, finding=finding, revision=3)
    seen.append(state())
    assert len(set(seen)) == len(seen)


def test_the_state_does_not_depend_on_what_people_are_called(audit, team):
    factories.decide_all(audit, by=team.auditor)
    before = digest(audit_state(audit))
    team.auditor.username = team.auditor.first_name = "renamed"
    team.auditor.save()
    assert digest(audit_state(Audit.objects.get(pk=audit.pk))) == before


def test_the_latest_decision_comes_with_each_finding(audit, team):
    finding = audit.findings.get(position=2)
    factories.decide(finding, team.lead, "compliant", "附件里写全了。")
    factories.decide(finding, team.auditor, "non_compliant", "附件失效。")
    rows = list(findings_with_latest_decision(audit))
    assert (rows[1].decision_by, rows[1].decision_reason) == (team.auditor.pk, "附件失效。")
    assert (rows[0].decision_by, rows[0].decision_reason) == (None, None)
    assert cost(lambda: list(findings_with_latest_decision(audit))) == 1


@pytest.mark.parametrize(
    ("counts", "wanted"),
    [
        ({"compliant": 1, "partial": 1, "non_compliant": 1, "not_applicable": 1, "undetermined": 1}, 50),
        ({"compliant": 0, "partial": 1, "non_compliant": 0}, 50),
        ({"compliant": 2, "partial": 0, "non_compliant": 1}, 67),
        ({"compliant": 0, "partial": 0, "non_compliant": 0, "not_applicable": 1, "undetermined": 1}, None),
    ],
)
def test_score_counts_what_is_applicable_and_determined(counts, wanted):
    assert score(counts) == wanted
