import pytest

from checks.models import ActivityEntry, ChecklistVersion, TailoredVersion
from checks.rendering.context import build_context
from checks.rendering.pdf import render_pdf
from checks.selectors.audits import tailoring_record
from checks.services import analysis, moving, report, tailoring
from checks.services.reading import policy_views

from .. import factories
from ..rendering.test_pdf import read, without_space

pytestmark = pytest.mark.django_db

OWN = {
    "domain": "notice",
    "title_zh": "写明客服时间",
    "title_en": "Hours of service",
    "kind": "disclosure",
    "severity": "minor",
    "legal_basis": [],
    "question_zh": "是否写明客服何时有人？",
    "question_en": "Does it say when somebody answers?",
    "elements": [],
    "decide": {"compliant": "写明。", "non_compliant": "未写明。"},
    "remediation_zh": "补充客服时间。",
    "remediation_en": "Add the hours.",
}


@pytest.fixture
def version():
    """A sound version: parsed by the engine, as published ones are."""
    made = factories.sound_version()
    return ChecklistVersion.objects.select_related("checklist").get(pk=made.pk)


@pytest.fixture
def policy(engagement):
    return factories.policy_version(engagement)


def off(engagement, version, code="DEMO-1-IDENTITY", reason="本产品没有运营者。"):
    return tailoring.requirement_switch_off(
        by=engagement.created_by, engagement=engagement, version=version, code=code, reason=reason
    )


def own(engagement, version, **changes):
    return tailoring.own_requirement_add(
        by=engagement.created_by, engagement=engagement, version=version, content=OWN | changes, reason="客户要求。"
    )


def run(policy, version=None):
    return analysis.audit_run(by=policy.uploaded_by, policy_version=policy, checklist_version=version)


def test_an_audit_runs_on_the_published_version_while_nothing_is_tailored(policy, version):
    assert run(policy).checklist_version == version
    assert not TailoredVersion.objects.exists()


def test_switched_off_graver_and_own_requirements_make_a_version_of_the_engagements_own(engagement, policy, version):
    by = engagement.created_by
    off(engagement, version)
    tailoring.severity_raise(
        by=by,
        engagement=engagement,
        version=version,
        code="DEMO-3-RETENTION",
        severity="critical",
        reason="去年处罚过。",
    )
    own(engagement, version)
    audit = run(policy)
    findings = {row.requirement.code: row for row in audit.findings.select_related("requirement")}
    assert "DEMO-1-IDENTITY" not in findings
    assert findings["DEMO-3-RETENTION"].severity == "critical"
    mine = findings["OWN-1"]
    assert (mine.proposed_verdict, mine.elements) == ("undetermined", [])  # to be judged by people, never missing
    assert len(findings) == 6
    made = audit.checklist_version
    assert made.tailored.get().base == version
    assert made.digest != version.digest
    codes = [row["code"] for row in made.source["requirements"]]
    assert codes[:2] == ["DEMO-2-PURPOSE", "OWN-1"]  # with the others of its domain
    assert made.published_at == version.published_at
    assert run(policy).checklist_version == made  # the same changes, the same version


def test_the_version_is_in_no_list_but_its_own_engagements(engagement, policy, version):
    off(engagement, version)
    made = run(policy).checklist_version
    assert made not in ChecklistVersion.objects.all()
    assert made not in ChecklistVersion.objects.applying()
    assert made not in version.checklist.versions.all()
    assert analysis.latest_checklist_version() == version
    other = factories.policy_version()
    assert run(other).checklist_version == version


def test_what_was_taken_back_counts_for_later_audits_only(engagement, policy, version):
    change = off(engagement, version)
    first = run(policy)
    tailoring.change_take_back(by=engagement.created_by, change=change, reason="还是要看。")
    assert run(policy).checklist_version == version
    assert first.findings.count() == 5
    assert [row["code"] for row in tailoring_record(first)] == ["DEMO-1-IDENTITY"]
    with pytest.raises(tailoring.AlreadyTakenBack):
        tailoring.change_take_back(by=engagement.created_by, change=change, reason="再来。")
    again = off(engagement, version, reason="又不看了。")
    assert tailoring_record(run(policy))[0]["reason"] == again.reason


def test_a_scale_that_lowers_a_severity_does_not_undo_what_was_raised(version):
    source = {**version.source, "requirements": [dict(entry) for entry in version.source["requirements"]]}
    source["requirements"][2]["scales"] = {"small": {"severity": "advisory"}}
    change = tailoring.TailoringChange(kind="severity", code="DEMO-3-RETENTION", severity="critical")
    made = tailoring.tailored_source(source, [change])["requirements"][2]
    assert (made["severity"], made["scales"]["small"]["severity"]) == ("critical", "critical")
    assert source["requirements"][2]["scales"]["small"]["severity"] == "advisory"


def test_own_requirements_may_have_rules_and_are_read_by_the_loader(engagement, policy, version):
    element = {
        "id": "stated",
        "title_zh": "写明时间",
        "required": True,
        "rules": ["邮箱 ..20 privacy"],
        "examples": {"match": ["邮箱 privacy@qinghe.example"], "no_match": ["请联系我们。"]},
    }
    own(engagement, version, elements=[element])
    finding = run(policy).findings.get(requirement__code="OWN-1")
    assert finding.proposed_verdict == "compliant"
    with pytest.raises(tailoring.OwnRequirementRefused) as caught:
        own(engagement, version, elements=[element | {"rules": ["[邮箱"]}])
    assert caught.value.problems
    with pytest.raises(tailoring.OwnRequirementRefused) as caught:
        own(engagement, version, elements=[element | {"examples": {"match": ["没有它。"]}}])
    assert [failure.problem for failure in caught.value.failures] == ["not_found"]
    assert own(engagement, version).code == "OWN-2"


def test_refusals(engagement, version):
    by = engagement.created_by
    raise_to = {"by": by, "engagement": engagement, "version": version, "reason": "重要。"}
    with pytest.raises(tailoring.TailoringReasonRequired):
        off(engagement, version, reason=" ")
    with pytest.raises(tailoring.NotInChecklist):
        off(engagement, version, code="NO-1")
    with pytest.raises(tailoring.NotGraver):
        tailoring.severity_raise(code="DEMO-1-IDENTITY", severity="critical", **raise_to)
    with pytest.raises(tailoring.NotGraver):
        tailoring.severity_raise(code="DEMO-3-RETENTION", severity="minor", **raise_to)
    for entry in version.source["requirements"][1:]:
        off(engagement, version, code=entry["code"])
    with pytest.raises(tailoring.NothingLeft):
        off(engagement, version)
    with pytest.raises(tailoring.AlreadyChanged):
        off(engagement, version, code="DEMO-3-RETENTION")


def test_each_act_is_in_the_engagements_activity(engagement, version):
    change = off(engagement, version)
    tailoring.change_take_back(by=engagement.created_by, change=change, reason="还是要看。")
    actions = ActivityEntry.objects.filter(engagement=engagement).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["tailoring.off", "tailoring.revoked"]


def test_the_report_says_what_was_tailored(engagement, team, policy, version):
    off(engagement, version)
    own(engagement, version)
    audit = run(policy)
    factories.decide_all(audit, by=team.auditor)
    sign_off = report.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    told = build_context(audit, sign_off, language="zh-hans", number="PA-2026-000001")["tailoring"]
    assert [(row["what"], row["code"], row["title"]["text"]) for row in told] == [
        ("off", "DEMO-1-IDENTITY", "运营者身份"),
        ("own", "OWN-1", "写明客服时间"),
    ]
    assert told[0]["reason"] == "本产品没有运营者。"
    assert set(told[0]) == {"what", "code", "title", "severity", "severity_before", "reason", "by", "at"}


def test_a_tailored_audit_moves_to_a_newer_version_and_stays_tailored(engagement, policy, version):
    off(engagement, version)
    own(engagement, version)
    audit = run(policy)
    newer = factories.sound_version(slug=version.checklist.slug)
    assert list(moving.move_offers(audit)) == [newer]
    factories.decide_all(audit, by=engagement.created_by)
    moving.move_preview(by=engagement.created_by, audit=audit, version=newer)
    moved = moving.audit_move(by=engagement.created_by, audit=audit, version=newer)
    assert moved.checklist_version.tailored.get().base == newer
    assert moved.findings.filter(requirement__code="OWN-1").exists()


def test_a_change_for_a_requirement_that_a_newer_version_has_not_is_left_out(engagement, version):
    change = off(engagement, version)
    source = {**version.source, "requirements": version.source["requirements"][1:]}
    assert tailoring.effective_changes(source, [change]) == []


def test_the_pages_of_the_report_say_it_too(engagement, team, policy, version):
    off(engagement, version)
    audit = run(policy)
    factories.decide_all(audit, by=team.auditor)
    sign_off = report.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    for language, heading in (("zh-hans", "对核查表的调整"), ("en", "Tailoringofthechecklist")):
        views = policy_views(audit)
        context = build_context(audit, sign_off, language=language, number="PA-2026-000001", views=views)
        pages = without_space("".join(read(render_pdf(context))))
        assert heading in pages
        assert "本产品没有运营者。" in pages
