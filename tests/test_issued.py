"""Which report counts: by policy, checklist, version of the policy, signature, template and language."""

import pytest

from checks.issued import previous_report, standing_of, standings
from checks.models import Audit
from checks.services import report as services

from . import factories

pytestmark = pytest.mark.django_db


def signed(engagement, team, policy_version=None, checklist_version=None):
    audit = factories.audit(engagement, policy_version, checklist_version)
    factories.decide_all(audit, by=team.auditor)
    services.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    return audit


def next_version(audit):
    return factories.policy_version(text=factories.POLICY + "四、更新\n", document=audit.policy_version.document)


def test_the_only_report_counts(signed_audit, team):
    assert standing_of(factories.report(signed_audit, team.reviewer)).is_current
    assert previous_report(signed_audit.sign_offs.get()) is None


def test_a_report_about_the_next_version_of_the_policy_takes_its_place(engagement, signed_audit, team):
    first = factories.report(signed_audit, team.reviewer)
    later = signed(engagement, team, next_version(signed_audit), signed_audit.checklist_version)
    assert standing_of(first).is_current, "signing alone replaces nothing"
    second = factories.report(later, team.reviewer)
    assert standing_of(first).superseded_by == second.number
    assert previous_report(later.sign_offs.get()) == first


def test_an_audit_of_an_older_version_replaces_nothing(engagement, signed_audit, team):
    newer = signed(engagement, team, next_version(signed_audit), signed_audit.checklist_version)
    about_newer = factories.report(newer, team.reviewer)
    older = signed(engagement, team, signed_audit.policy_version, signed_audit.checklist_version)
    about_older = factories.report(older, team.reviewer)
    assert standing_of(about_newer).is_current
    assert standing_of(about_older).superseded_by == about_newer.number


def test_another_checklist_is_another_matter(engagement, signed_audit, team):
    first = factories.report(signed_audit, team.reviewer)
    other = signed(engagement, team, next_version(signed_audit), factories.checklist_version("other"))
    factories.report(other, team.reviewer)
    assert standing_of(first).is_current


def test_within_a_signature_only_the_same_kind_and_language_is_replaced(signed_audit, team):
    first = factories.report(signed_audit, team.reviewer)
    english = factories.report(signed_audit, team.reviewer, language="en")
    executive = factories.report(signed_audit, team.reviewer, template="v2/executive")
    again = factories.report(signed_audit, team.reviewer)
    found = standings([first, english, executive, again])
    assert found[first.pk].superseded_by == again.number
    assert all(found[report.pk].is_current for report in (english, executive, again))


def test_a_reopened_audit_takes_its_report_back_for_good(signed_audit, team):
    report = factories.report(signed_audit, team.reviewer)
    services.audit_reopen(by=team.reviewer, audit=signed_audit, reason="再看一处。")
    assert standing_of(report).reopened
    factories.sign_off(Audit.objects.get(pk=signed_audit.pk), by=team.reviewer)
    assert standing_of(report).reopened, "the new signature is about another state"


def test_any_number_of_reports_costs_one_query(signed_audit, team, django_assert_num_queries):
    reports = [factories.report(signed_audit, team.reviewer) for _more in range(4)]
    with django_assert_num_queries(1):
        standings(reports)
