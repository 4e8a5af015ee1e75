from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from checks import models
from checks.engine import parse_checklist
from checks.models import freezing
from checks.models.append_only import AppendOnly, FrozenRow
from checks.services import activity, checklist, review

from . import factories

pytestmark = pytest.mark.django_db

HISTORY = [
    models.ActivityEntry,
    models.AuditMove,
    models.Batch,
    models.ChecklistVersion,
    models.Comment,
    models.CommentState,
    models.Comparison,
    models.CorpusRelease,
    models.Decision,
    models.DraftReview,
    models.EngagementImport,
    models.EvidenceChange,
    models.FindingChange,
    models.Handover,
    models.HouseStyle,
    models.InstrumentChange,
    models.InstrumentChangeWithdrawal,
    models.LegalBasis,
    models.ObservationVersion,
    models.PolicyVersion,
    models.Report,
    models.ReportDownload,
    models.Requirement,
    models.SecondOpinion,
    models.SignOff,
    models.TailoredVersion,
    models.TailoringChange,
    models.VersionRetirement,
]


@pytest.fixture
def history(signed_audit, team):
    a_row_of_each(signed_audit, team)


@pytest.fixture(scope="module")
def lasting_history(kept):
    """The same, made once for tests that are refused whatever they try."""
    engagement = factories.engagement()
    team = factories.team(engagement)
    audit = factories.audit(engagement)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    a_row_of_each(audit, team)


def a_row_of_each(signed_audit, team):
    """A row of every table of history."""
    report = factories.report(signed_audit, by=team.reviewer)
    models.ReportDownload.objects.create(report=report, downloaded_by=team.viewer, downloaded_at=timezone.now())
    models.HouseStyle.objects.create(saved_by=team.lead, saved_at=timezone.now())
    models.EngagementImport.objects.create(
        engagement=signed_audit.engagement, package_sha256="0" * 64, content_digest="0" * 64, chain_digest="0" * 64,
        exported_at=timezone.now(), imported_by=team.lead, imported_at=timezone.now(),
    )  # fmt: skip
    finding = signed_audit.findings.first()
    comment = review.comment_add(by=team.viewer, finding=finding, text="已阅。")
    factories.observation(factories.audit(signed_audit.engagement), by=team.auditor)
    models.EvidenceChange.objects.create(
        finding=finding, act=uuid4(), kind="added", start=0, end=4, quote="示例阅读", changed_by=team.auditor,
        changed_at=timezone.now(),
    )  # fmt: skip
    made = {"made_by": team.auditor, "made_at": timezone.now()}
    models.Batch.objects.create(audit=signed_audit, count=1, **made)
    models.CommentState.objects.create(comment=comment, resolved=True, **made)
    models.FindingChange.objects.create(finding=finding, kind="discussion", value="1", **made)
    models.Handover.objects.create(audit=signed_audit, kind="handed_in", **made)
    blind = models.BlindReview.objects.create(
        audit=signed_audit, second=team.auditor, started_by=team.lead, started_at=timezone.now()
    )
    models.SecondOpinion.objects.create(blind_review=blind, finding=finding, verdict="compliant", **made)
    models.Comparison.objects.create(
        blind_review=blind, finding=finding, first_verdict="partial", first_by=team.lead, second_verdict="compliant"
    )
    draft = factories.draft(base=signed_audit.checklist_version)
    at = {"by": draft.author, "at": timezone.now()}
    models.DraftReview.objects.create(draft=draft, kind="submitted", digest="0" * 64, **at)
    models.VersionRetirement.objects.create(version=draft.base, reason="由新版本取代。", **at)
    models.CorpusRelease.objects.create(policy_version=signed_audit.policy_version, kind="released", **at)
    newer = factories.audit(signed_audit.engagement)
    models.AuditMove.objects.create(old=signed_audit, new=newer, carried=0, reopened=0, **at)
    instrument = models.Instrument.objects.create(
        key=f"DEMO-{signed_audit.pk}", title_zh="示例法", title_en="Act", added_at=timezone.now()
    )
    change = models.InstrumentChange.objects.create(
        instrument=instrument, kind="amended", effective=timezone.localdate(), note="改了。",
        recorded_by=team.lead, recorded_at=timezone.now(),
    )  # fmt: skip
    models.InstrumentChangeWithdrawal.objects.create(change=change, reason="记错了。", **at)
    engagement = signed_audit.engagement
    models.TailoringChange.objects.create(
        engagement=engagement, checklist=draft.checklist, kind="off", code="DEMO-1", title_zh="甲", title_en="A",
        reason="不适用。", **made,
    )  # fmt: skip
    tailored = factories.checklist_version()
    models.TailoredVersion.objects.create(version=tailored, base=draft.base, engagement=engagement)


def test_the_list_of_history_is_complete():
    assert set(AppendOnly.__subclasses__()) == set(HISTORY)


def ways_to_change(model, row):
    field = next(field for field in model._meta.concrete_fields if not field.primary_key)
    value = {field.name: getattr(row, field.name)}
    twin = model(**{field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields})
    return {
        "save": row.save,
        "save some": lambda: row.save(update_fields=list(value)),
        "save a twin": twin.save,
        "update": lambda: model.objects.update(**value),
        "bulk_update": lambda: model.objects.bulk_update([row], list(value)),
        "update_or_create": lambda: model.objects.update_or_create(pk=row.pk, defaults=value),
        "bulk_create": lambda: model.objects.bulk_create(
            [twin], update_conflicts=True, update_fields=list(value), unique_fields=["id"]
        ),
    }


@pytest.mark.parametrize("model", HISTORY)
def test_history_is_never_changed(lasting_history, model):
    row = model.objects.first()
    before = model.objects.values().get(pk=row.pk)
    for name, act in ways_to_change(model, row).items():
        refusal = IntegrityError if name == "save a twin" else FrozenRow
        with pytest.raises(refusal), transaction.atomic():
            act()
    assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("model", HISTORY)
def test_history_is_never_deleted(lasting_history, model):
    row, count = model.objects.first(), model.objects.count()
    with pytest.raises(FrozenRow):
        row.delete()
    with pytest.raises(FrozenRow):
        model.objects.filter(pk=row.pk).delete()
    with pytest.raises(FrozenRow):
        model.objects.all().delete()
    assert model.objects.count() == count


@pytest.mark.parametrize("table", ["checks_checklistversion", "checks_requirement", "checks_legalbasis"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_keeps_published_checklists(lasting_history, table, statement):
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.fixture
def received():
    """A version that came with a package."""
    source = factories.sound_version().source
    return checklist.checklist_receive(source=source | {"version": "2031.elsewhere"})


CONTENT = ["id", "checklist_id", "version", "digest", "source"]
FROZEN = [
    *(f"UPDATE checks_checklistversion SET {column} = {column} WHERE id = %s" for column in CONTENT),  # noqa: S608
    "UPDATE checks_checklistversion SET source = '{}' WHERE id = %s",
    "UPDATE checks_checklistversion SET imported = FALSE, digest = 'x' WHERE id = %s",
    "DELETE FROM checks_checklistversion WHERE id = %s",
    "UPDATE checks_requirement SET content = '{}' WHERE version_id = %s",
    "DELETE FROM checks_requirement WHERE version_id = %s",
]


def refuses(statement, pk):
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [pk])


@pytest.mark.parametrize("statement", FROZEN)
def test_the_database_keeps_the_content_of_what_came_with_a_package(received, statement):
    before = models.ChecklistVersion.everywhere.values(*CONTENT, "imported").get(pk=received.pk)
    refuses(statement, received.pk)
    assert models.ChecklistVersion.everywhere.values(*CONTENT, "imported").get(pk=received.pk) == before


def test_what_came_with_a_package_can_be_published_and_stays_frozen(received):
    """Publishing it here changes whether, when and by whom, and nothing else: the database would refuse."""
    loaded = parse_checklist(received.source)
    before = models.ChecklistVersion.everywhere.values(*CONTENT).get(pk=received.pk)
    approver, day = factories.checklist_approver(), timezone.localdate()
    adopted = checklist.version_publish(
        loaded=loaded, by=approver, changelog="自此适用。", applies_from=day, approved_by=approver
    )
    assert adopted.pk == received.pk
    assert not adopted.imported
    row = models.ChecklistVersion.objects.get(pk=received.pk)  # for everybody now
    assert (row.changelog, row.applies_from, row.approved_by) == ("自此适用。", day, approver)
    assert models.ChecklistVersion.objects.values(*CONTENT).get(pk=received.pk) == before
    for statement in FROZEN:
        refuses(statement, received.pk)


def test_the_statements_that_freeze_name_the_same_columns_for_both_databases():
    for vendor in ("sqlite", "postgresql"):
        statements = [
            line
            for line in freezing.freeze_statements(vendor)
            if "ON checks_checklistversion" in line and "CREATE" in line
        ]
        [update] = [line for line in statements if "UPDATE OF " in line]
        for column in CONTENT:
            assert column in update.split("UPDATE OF ")[1].split(" ON ")[0]
        assert any("DELETE" in line for line in statements)
    assert {"id", *(f.column for f in models.ChecklistVersion._meta.concrete_fields)} - set(CONTENT) == {
        "published_at", "imported", "changelog", "applies_from", "published_by_id", "approved_by_id",
    }  # fmt: skip


def test_history_is_also_out_of_reach_through_relations(history, signed_audit):
    finding = signed_audit.findings.first()
    with pytest.raises(FrozenRow):
        finding.decisions.update(reason="anders")
    with pytest.raises(FrozenRow):
        finding.comments.all().delete()


def test_what_is_quoted_cannot_be_deleted_from_under_the_quotation(signed_audit):
    for row in (signed_audit.engagement, signed_audit.policy_version.document, signed_audit.findings.first(),
                signed_audit, signed_audit.checklist_version.checklist, signed_audit.started_by):  # fmt: skip
        with pytest.raises(ProtectedError):
            row.delete()


def test_a_person_has_one_role_in_an_engagement(engagement):
    with pytest.raises(IntegrityError):
        factories.member(engagement, engagement.created_by, "viewer")


def test_a_requirement_has_one_finding_in_an_audit(audit):
    with pytest.raises(IntegrityError):
        factories.finding(audit, audit.findings.first().requirement)


def test_a_code_occurs_once_in_a_checklist_version():
    version = factories.checklist_version()
    first = version.requirements.first()
    with pytest.raises(IntegrityError):
        factories._requirement(version, 99, first.content)


def test_a_number_occurs_once_in_a_policy(engagement):
    version = factories.policy_version(engagement)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.policy_version(document=version.document, number=version.number)
    assert factories.policy_version(document=version.document).number == 2


def test_a_checklists_content_is_published_once():
    version = factories.checklist_version()
    with pytest.raises(IntegrityError):
        models.ChecklistVersion.objects.create(
            checklist=version.checklist, version="other", digest=version.digest, source={}, published_at=timezone.now()
        )


@pytest.mark.parametrize("end", [4, 3])
def test_evidence_is_never_empty(audit, end):
    with pytest.raises(IntegrityError):
        models.Evidence.objects.create(finding=audit.findings.first(), position=9, start=4, end=end, quote="")


def test_a_report_number_is_given_once(signed_audit, team):
    factories.report(signed_audit, by=team.reviewer, number="PA-2026-000001")
    with pytest.raises(IntegrityError):
        factories.report(signed_audit, by=team.reviewer, number="PA-2026-000001")


def test_the_persons_verdict_counts_before_the_proposed_one(audit, team):
    finding = audit.findings.get(proposed_verdict="partial")
    assert (finding.verdict, finding.is_decided) == ("partial", False)
    factories.decide(finding, team.auditor, "compliant", "附件里写全了。")
    assert (finding.verdict, finding.is_decided) == ("compliant", True)


def test_files_are_stored_under_names_nobody_chose(engagement):
    version = factories.policy_version(engagement, filename="../../etc/passwd")
    assert version.original.name.startswith("originals/")
    assert "passwd" not in version.original.name
    assert ".." not in version.original.name


def test_every_row_has_a_name_for_people(history, signed_audit, team):
    entry = activity.record(actor=team.lead, action="test.done", obj=signed_audit, engagement=signed_audit.engagement)
    rows = [model.objects.first() for model in HISTORY] + [
        entry, signed_audit, signed_audit.engagement, signed_audit.findings.first(), models.Membership.objects.first(),
        models.PolicyDocument.objects.first(), models.Checklist.objects.first(), models.Evidence.objects.first(),
    ]  # fmt: skip
    assert all(str(row) and "object (" not in str(row) for row in rows)
