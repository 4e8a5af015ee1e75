import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from checks.models import Evidence, Finding
from checks.rendering.context import build_context, context_digest

from .. import factories

pytestmark = pytest.mark.django_db


def context_of(audit, language="zh-hans"):
    return build_context(audit, audit.sign_offs.last(), language=language, number="PA-2026-000001")


def by_code(context):
    return {finding["code"]: finding for finding in context["findings"]}


def test_the_context_survives_json_unchanged(signed_audit):
    context = context_of(signed_audit)
    assert json.loads(json.dumps(context)) == context


def test_the_same_sign_off_gives_the_same_context(signed_audit):
    assert context_of(signed_audit) == context_of(signed_audit)


def test_its_digest_covers_everything_but_itself(signed_audit):
    context = context_of(signed_audit)
    assert context["digests"]["context"] == context_digest(context)
    context["findings"][0]["evidence"][0]["quote"] += "。"
    assert context["digests"]["context"] != context_digest(context)
    context["digests"]["policy"] = "0" * 64
    changed = context_digest(context)
    context["digests"]["policy"] = "1" * 64
    assert context_digest(context) != changed


def test_quotes_are_the_text_at_their_place_and_are_numbered_through(signed_audit):
    text = signed_audit.policy_version.text
    pieces = [piece for finding in context_of(signed_audit)["findings"] for piece in finding["evidence"]]
    assert [piece["number"] for piece in pieces] == [f"E{n}" for n in range(1, len(pieces) + 1)]
    assert len(pieces) == 3
    for piece in pieces:
        assert text[piece["start"] : piece["end"]] == piece["quote"]


def test_a_place_that_is_evidence_for_two_elements_is_quoted_once(signed_audit):
    row = signed_audit.findings.filter(evidence__isnull=False).first()
    piece = row.evidence.first()
    Evidence.objects.create(
        finding=row, position=99, start=piece.start, end=piece.end, quote=piece.quote, element="place"
    )
    finding = next(f for f in context_of(signed_audit)["findings"] if f["code"] == row.requirement.code)
    (place,) = [p for p in finding["evidence"] if p["start"] == piece.start]
    assert len(place["elements"]) == 2


def test_digests_are_those_of_the_rows(signed_audit):
    sign_off = signed_audit.sign_offs.last()
    digests = context_of(signed_audit)["digests"]
    assert digests["policy"] == signed_audit.policy_version.sha256
    assert digests["checklist"] == signed_audit.checklist_version.digest
    assert digests["result"] == signed_audit.result_digest
    assert digests["decisions"] == sign_off.decisions_digest


def test_an_override_is_told_with_both_verdicts_the_reason_and_the_person(audit, team):
    finding = audit.findings.get(requirement__code="DEMO-3-RETENTION")
    factories.decide(finding, team.auditor, "partial", "附件写明了期限。")
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    told = by_code(context_of(audit))["DEMO-3-RETENTION"]
    assert (told["proposed"], told["verdict"], told["overridden"]) == ("non_compliant", "partial", True)
    assert (told["reason"], told["decided_by"]) == ("附件写明了期限。", team.auditor.get_username())
    assert not by_code(context_of(audit))["DEMO-1-IDENTITY"]["overridden"]


def test_of_several_decisions_the_standing_one_is_told(audit, team):
    finding = audit.findings.get(requirement__code="DEMO-1-IDENTITY")
    factories.decide(finding, team.lead, "partial", "先前的理由。")
    factories.decide(finding, team.auditor, "compliant")
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    told = by_code(context_of(audit))["DEMO-1-IDENTITY"]
    assert (told["verdict"], told["reason"], told["decided_by"]) == ("compliant", "", team.auditor.get_username())


def test_the_summary_counts_final_verdicts(signed_audit):
    summary = context_of(signed_audit)["summary"]
    assert summary["counts"] == {
        "compliant": 1,
        "partial": 2,  # one of them was undetermined and decided
        "non_compliant": 2,
        "not_applicable": 1,
        "undetermined": 0,
    }
    assert summary["opinion"] == "major_deficiencies"
    assert summary["gaps"][0] == "DEMO-4-PROFILING-OFF"
    assert (summary["overridden"], summary["quotes"], summary["score"]) == (1, 3, 40)


def test_domains_come_in_checklist_order_with_their_score(signed_audit):
    domains = context_of(signed_audit)["domains"]
    assert [domain["id"] for domain in domains] == ["notice", "storage", "automated_decision", "minors", "clarity"]
    assert [domain["score"] for domain in domains] == [75, 0, 0, None, 50]
    assert domains[0]["title"] == {"text": "告知", "language": "zh-hans"}


def test_english_takes_english_texts_and_marks_what_exists_in_chinese_only(signed_audit):
    finding = by_code(context_of(signed_audit, "en"))["DEMO-2-PURPOSE"]
    assert finding["title"] == {"text": "Purposes", "language": "en"}
    assert finding["question"]["language"] == finding["remediation"]["language"] == "en"
    assert finding["elements"][0]["title"] == {"text": "写明名称", "language": "zh-hans"}
    basis = finding["legal_bases"][0]
    assert (basis["instrument"]["text"], basis["note"]["language"]) == ("Demo Act", "zh-hans")


def test_unverified_references_stay_marked(signed_audit):
    bases = by_code(context_of(signed_audit))["DEMO-1-IDENTITY"]["legal_bases"]
    assert [basis["verified"] for basis in bases] == [True, False]


def test_what_was_searched_is_told_with_the_nearest_sentence(signed_audit):
    searched = by_code(context_of(signed_audit))["DEMO-3-RETENTION"]["searched"]
    assert searched["terms"] == ["保存期限", "保留时间"]
    (near,) = searched["nearest"]
    assert signed_audit.policy_version.text[near["start"] : near["end"]] == near["quote"]


def test_the_number_of_queries_does_not_grow_with_the_findings(signed_audit):
    def queries():
        sign_off = signed_audit.sign_offs.last()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            build_context(signed_audit, sign_off, language="zh-hans", number="N")
        return len(captured)

    before = queries()
    more = factories.checklist_version(slug="another")
    for requirement in more.requirements.all():
        finding = factories.finding(signed_audit, requirement, "compliant", "我们收集您的手机号码")
        factories.decide(finding, signed_audit.started_by)
    assert Finding.objects.filter(audit=signed_audit).count() == 12
    assert queries() == before <= 15


def test_the_sign_off_names_who_decided_and_who_signed(signed_audit, team):
    told = context_of(signed_audit)["sign_off"]
    assert told["signed_by"] == team.reviewer.get_username()
    assert [(row["name"], row["findings"]) for row in told["deciders"]] == [(team.auditor.get_username(), 6)]


def test_observations_that_count_are_in_it_and_weigh_in_the_opinion(audit, team):
    factories.decide_all(audit, by=team.auditor)
    for row in audit.findings.all():
        factories.decide(row, team.auditor, "compliant", "复核后认为写明了。")
    kept = factories.observation(audit, by=team.auditor, severity="critical")
    factories.withdraw_observation(factories.observation(audit, by=team.auditor, title="已撤回的一条"), by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    context = context_of(audit)
    [shown] = context["observations"]
    assert (shown["number"], shown["title"]) == (kept.number, kept.versions.last().title)
    assert [piece["number"] for piece in shown["evidence"]] == ["O1.1"]
    assert context["summary"]["opinion"] == "major_deficiencies"
    assert context["summary"]["opinion_by_observation"]
    assert json.loads(json.dumps(context)) == context


def test_an_english_report_cites_laws_in_english(signed_audit):
    for language, cited in (("en", "Article 1"), ("zh-hans", "第一条"), ("bilingual", "第一条")):
        findings = context_of(signed_audit, language)["findings"]
        assert {basis["ref"] for finding in findings for basis in finding["legal_bases"]} == {cited, ""}
