from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checks.engine import ENGINE_VERSION, analyse, load_shipped, read_document
from checks.engine.entities import Scale
from checks.models import ActivityEntry, Audit, Evidence
from checks.services import analysis as services
from checks.services.checklist import checklist_import

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def checklist():
    return checklist_import()


@pytest.fixture
def version(engagement):
    return factories.policy_version(engagement)


def run(version, **fields):
    return services.audit_run(by=version.uploaded_by, policy_version=version, **fields)


def test_every_requirement_gets_its_finding_in_the_checklists_order(checklist, version):
    audit = Audit.objects.get(pk=run(version).pk)
    findings = list(audit.findings.select_related("requirement"))
    assert [finding.requirement for finding in findings] == list(checklist.requirements.all())
    assert [finding.position for finding in findings] == list(range(1, len(findings) + 1))
    assert not any(finding.is_decided for finding in findings)
    assert (audit.checklist_version, audit.status, audit.engine_version) == (checklist, "review", ENGINE_VERSION)


def test_what_is_kept_is_what_the_engine_said(checklist, version):
    """The door gives the same for the bytes as the service kept for the rows."""
    document = read_document(factories.POLICY.encode(), name="policy.txt")
    expected = analyse(document, load_shipped(), as_of=date(2026, 11, 1), scale=Scale.STANDARD)
    audit = Audit.objects.get(pk=run(version, as_of=date(2026, 11, 1)).pk)
    assert audit.result_digest == expected.digest
    assert audit.facts == expected.facts
    findings = audit.findings.select_related("requirement").prefetch_related("evidence")
    for finding, proposal in zip(findings, expected.findings, strict=True):
        assert (finding.requirement.code, finding.proposed_verdict) == (proposal.code, proposal.verdict)
        assert (finding.severity, finding.confidence) == (proposal.severity, proposal.confidence)
        assert (finding.rationale_zh, finding.rationale_en) == (proposal.rationale, proposal.rationale_en)
        assert finding.elements == [{"id": element.id, "met": element.met} for element in proposal.elements]
        assert [row.quote for row in finding.evidence.all()] == [piece.quote for piece in proposal.evidence]
        if proposal.searched:
            assert finding.searched["characters"] == proposal.searched.characters
            assert finding.searched["sections"] == list(proposal.searched.sections)


def test_every_quote_is_cut_from_the_policy(checklist, version):
    audit = run(version)
    rows = Evidence.objects.filter(finding__audit=audit)
    assert rows.exists()
    assert all(version.text[row.start : row.end] == row.quote for row in rows)


def test_the_outline_is_kept_with_offsets_into_the_text(checklist, version):
    outline = Audit.objects.get(pk=run(version).pk).outline
    headings = [version.text[start:heading_end].strip() for start, heading_end, *_rest in outline["sections"]]
    assert "二、您的权利" in headings
    clauses = [version.text[start:end] for start, end, _label, _section in outline["clauses"]]
    assert any("查询、更正您的个人信息" in clause for clause in clauses)
    assert outline["contents"] == []
    assert len(outline["topics"]) == len(outline["sections"])


def test_lines_of_a_table_of_contents_are_kept_apart(checklist, engagement):
    titles = ["一、我们收集的信息", "二、您的权利", "三、联系我们"]
    text = "隐私政策\n目录\n" + "\n".join(titles) + "\n" + factories.POLICY.split("\n", 1)[1]
    outline = run(factories.policy_version(engagement, text=text)).outline
    listed = [text[start:end].strip() for start, end in outline["contents"]]
    assert set(titles) <= set(listed)


def test_the_day_and_the_scale_are_the_audits_own(checklist, engagement):
    engagement.processor_scale = "million"
    engagement.save()
    audit = run(factories.policy_version(engagement))
    assert (audit.as_of, audit.processor_scale) == (timezone.localdate(), "million")
    engagement.processor_scale = "small"
    engagement.save()
    assert Audit.objects.get(pk=audit.pk).processor_scale == "million"


def test_an_audit_may_be_run_against_an_older_checklist(checklist, version):
    factories.checklist_version()
    assert run(version, checklist_version=checklist).checklist_version == checklist


def test_the_checklist_published_last_is_the_default(checklist):
    newer = factories.checklist_version()
    assert services.latest_checklist_version() == newer


def test_without_a_checklist_nothing_is_run(version):
    with pytest.raises(services.NoChecklist):
        run(version)
    assert not Audit.objects.exists()


def test_running_is_recorded_once(checklist, version):
    audit = run(version)
    entry = ActivityEntry.objects.get(engagement=audit.engagement)
    assert (entry.action, entry.object_id) == ("audit.run", audit.pk)
    assert entry.detail["result_digest"] == audit.result_digest


def test_running_twice_gives_two_audits_with_the_same_result(checklist, version):
    first, second = run(version), run(version)
    assert first != second
    assert first.result_digest == second.result_digest


def test_an_audit_costs_the_same_queries_for_a_long_policy(checklist, engagement):
    costs = []
    run(factories.policy_version(engagement, text="一、政策。"))  # the checklist is parsed once per process
    for text in ("一、我们收集您的信息。", factories.POLICY * 5):
        version = factories.policy_version(engagement, text=text)
        with CaptureQueriesContext(connection) as queries:
            run(version)
        costs.append(len(queries))
    assert costs[0] <= costs[1] <= costs[0] + 3  # evidence goes in batches
