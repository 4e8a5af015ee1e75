"""Audits in review that go over to another version of their checklist."""

from copy import deepcopy
from datetime import timedelta

import pytest
from django.utils import timezone

from checks.engine.checklist import parse_checklist
from checks.models import ActivityEntry, AuditMove
from checks.services import analysis, blind, evidence, moving, review
from checks.services.checklist import version_publish
from checks.services.locks import AuditMoved, AuditSigned

from .. import factories

pytestmark = pytest.mark.django_db

POLICY = "一、信息\n我们收集您的手机号码。\n信息保存六个月。\n您可以注销账号。\n"


def source(version):
    entries = []
    for code, words in (("A-PHONE", "手机号码"), ("A-PERIOD", "保存"), ("A-DELETE", "注销")):
        entries.append(_entry(code, words))
    return {
        "slug": "moving",
        "version": version,
        "title_zh": "核查表",
        "title_en": "Checklist",
        "domains": [{"id": "all", "title_zh": "全部", "title_en": "All"}],
        "instruments": [{"id": "DEMO", "title_zh": "示例法", "title_en": "Demo Act", "in_force": "2021-11-01"}],
        "groups": {},
        "requirements": entries,
    }


def _entry(code, word):
    return {
        "code": code,
        "domain": "all",
        "title_zh": word,
        "title_en": code,
        "kind": "disclosure",
        "severity": "major",
        "legal_basis": [{"instrument": "DEMO", "ref": "第一条", "note_zh": "说明"}],
        "question_zh": f"是否写明{word}？",
        "question_en": "Is it stated?",
        "elements": [
            {
                "id": "named",
                "title_zh": word,
                "required": True,
                "rules": [word],
                "examples": {"match": [f"我们{word}。", f"您{word}。"], "no_match": ["天气很好。", "没有别的。"]},
            }
        ],
        "decide": {"compliant": "写了。", "partial": "写了一半。", "non_compliant": "没写。"},
        "remediation_zh": "补充。",
        "remediation_en": "Add.",
    }


def publish(content, **fields):
    return version_publish(loaded=parse_checklist(content), by=None, **fields)


@pytest.fixture
def audit(team, engagement):
    base = publish(source("1"))
    policy = factories.policy_version(engagement=engagement, text=POLICY)
    return analysis.audit_run(by=team.auditor, policy_version=policy, checklist_version=base)


@pytest.fixture
def next_version():
    """The requirement on periods asks something else; the one on phone numbers only has another legal basis."""
    content = deepcopy(source("2"))
    phone, period, _delete = content["requirements"]
    phone["legal_basis"][0]["ref"] = "第二条"
    phone["remediation_zh"] = "换一种说法。"
    period["question_zh"] = "是否写明每类信息的期限？"
    content["requirements"].append(_entry("A-NEW", "天气"))
    return publish(content)


def finding(audit, code):
    return audit.findings.select_related("requirement", "audit__policy_version", "audit__engagement").get(
        requirement__code=code
    )


def decide(team, audit, *codes):
    for code in codes:
        row = finding(audit, code)
        review.finding_decide(
            by=team.auditor, finding=row, verdict="partial", reason="只写了一半。", revision=row.revision
        )


def test_decisions_go_along_where_nothing_changed(team, audit, next_version):
    decide(team, audit, "A-PHONE", "A-PERIOD")
    preview = moving.move_preview(by=team.lead, audit=audit, version=next_version)
    assert preview == {
        "carried": ["A-PHONE"],
        "reopened": ["A-PERIOD"],
        "open": ["A-DELETE"],
        "new": ["A-NEW"],
        "gone": [],
    }
    new = moving.audit_move(by=team.lead, audit=audit, version=next_version)
    assert new.checklist_version == next_version
    kept = finding(new, "A-PHONE")
    before = finding(audit, "A-PHONE").decisions.get()
    decision = kept.decisions.get()
    assert kept.final_verdict == "partial"
    assert (decision.decided_by, decision.decided_at, decision.reason) == (
        team.auditor,
        before.decided_at,
        "只写了一半。",
    )
    assert finding(new, "A-PERIOD").final_verdict == ""
    assert finding(new, "A-NEW").proposed_verdict == "non_compliant"
    move = AuditMove.objects.get()
    assert (move.old, move.new, move.carried, move.reopened, move.by) == (audit, new, 1, 1, team.lead)
    entry = ActivityEntry.objects.filter(action="audit.moved").get()
    assert entry.detail["carried"] == ["A-PHONE"]
    assert entry.engagement == audit.engagement


def test_a_translation_reopens_nothing(team, audit):
    decide(team, audit, "A-PHONE", "A-PERIOD")
    content = deepcopy(source("2"))
    phone, period, _delete = content["requirements"]
    phone["decide_en"] = {"compliant": "Stated.", "partial": "In part.", "non_compliant": "Not stated."}
    phone["legal_basis"][0]["note_en"] = "A note."
    period["scales"] = {"small": {"note_zh": "要求较少。"}}
    preview = moving.move_preview(by=team.lead, audit=audit, version=publish(content))
    assert (preview["carried"], preview["reopened"]) == (["A-PHONE"], ["A-PERIOD"])
    content["version"], content["requirements"][1]["scales"]["small"]["note_en"] = "3", "Less is asked."
    audit = moving.audit_move(by=team.lead, audit=audit, version=publish(content))
    assert finding(audit, "A-PHONE").final_verdict == "partial"


def test_what_people_added_goes_along(team, audit, next_version):
    decide(team, audit, "A-PERIOD")
    row = finding(audit, "A-PERIOD")
    start = POLICY.index("您可以注销账号。")
    evidence.evidence_attach(by=team.auditor, finding=row, start=start, end=start + 8, element="named", revision=0)
    factories.observation(audit, team.auditor, quote="保存六个月")
    new = moving.audit_move(by=team.auditor, audit=audit, version=next_version)
    (added,) = finding(new, "A-PERIOD").evidence_changes.all()
    assert (added.start, added.changed_by) == (start, team.auditor)
    assert [row.versions.count() for row in new.observations.all()] == [1]


def test_the_old_audit_is_history(team, audit, next_version):
    moving.audit_move(by=team.lead, audit=audit, version=next_version)
    with pytest.raises(AuditMoved):
        decide(team, audit, "A-PHONE")
    with pytest.raises(AuditMoved):
        moving.audit_move(by=team.lead, audit=audit, version=next_version)
    assert not moving.move_offers(audit).exists()


def test_refusals_change_nothing(team, audit, next_version):
    with pytest.raises(moving.SameVersion):
        moving.audit_move(by=team.lead, audit=audit, version=audit.checklist_version)
    with pytest.raises(moving.OtherChecklist):
        moving.audit_move(by=team.lead, audit=audit, version=factories.checklist_version())
    later = publish(source("3"), applies_from=timezone.localdate() + timedelta(days=1))
    with pytest.raises(moving.NotApplying):
        moving.audit_move(by=team.lead, audit=audit, version=later)
    blind.blind_start(by=team.lead, audit=audit, second=factories.second_auditor(audit.engagement))
    with pytest.raises(moving.BlindRuns):
        moving.audit_move(by=team.lead, audit=audit, version=next_version)
    assert AuditMove.objects.count() == 0


def test_a_signed_audit_stays(team, audit, next_version):
    factories.decide_all(audit, team.auditor)
    factories.sign_off(audit, team.reviewer)
    audit.refresh_from_db()
    assert not moving.move_offers(audit).exists()
    with pytest.raises(AuditSigned):
        moving.audit_move(by=team.lead, audit=audit, version=next_version)


def test_offers_are_newer_versions_that_apply(audit, next_version):
    assert list(moving.move_offers(audit)) == [next_version]
