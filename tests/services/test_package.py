"""Engagements as packages: out, in, and out again the same; nothing hostile gets in, and nothing by half."""

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import models, transaction
from django.http import Http404
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checks import corpora, permissions
from checks.engine import parse_checklist
from checks.models import (
    ActivityEntry,
    Audit,
    AuditMove,
    BlindReview,
    ChecklistVersion,
    Engagement,
    EngagementImport,
    EvidenceChange,
    FindingChange,
    Membership,
    PolicyVersion,
    Report,
)
from checks.packing.archive import content_digest
from checks.packing.tables import LEFT_BEHIND, TABLES, Table
from checks.rendering.digests import digest
from checks.selectors.audits import tailoring_record
from checks.selectors.signing import audit_state
from checks.services import (
    activity,
    analysis,
    blind,
    corpus,
    engagements,
    evidence,
    handover,
    moving,
    observations,
    planning,
    report,
    review,
    tailoring,
)
from checks.services import package as services
from checks.services.analysis import audit_run
from checks.services.checklist import checklist_import, checklist_receive, version_publish
from checks.services.locks import AuditMoved

from .. import factories
from .test_tailoring import OWN

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(db):
    """A small checklist."""
    return factories.checklist_version()


@pytest.fixture
def full(engagement, team, published):
    """An engagement in which everything has happened that there is, through the services where there are some."""
    version = factories.policy_version(engagement)
    audit = factories.audit(engagement, version, published)
    first, second, third = audit.findings.all()[:3]
    evidence.evidence_attach(by=team.auditor, finding=first, start=0, end=4, revision=0)
    factories.observation(audit, by=team.auditor)
    comment = review.comment_add(by=team.reviewer, finding=second, text="请再看一遍。")
    review.comment_settle(by=team.auditor, comment=comment, resolved=True)
    planning.finding_assign(by=team.lead, finding=third, user=team.auditor, seen=0)
    factories.decide_all(audit, by=team.auditor)
    handover.audit_hand_in(by=team.auditor, audit=audit)
    report.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    factories.report(audit, by=team.reviewer)
    factories.intake_item(factories.intake_job(engagement), state="failed", reason="no_text")
    compared = factories.audit(engagement, version, published)
    running = blind.blind_start(by=team.lead, audit=compared, second=team.auditor)
    factories.decide_all(compared, by=team.lead)
    factories.give_opinions(running)
    blind.opinions_hand_in(by=team.auditor, blind=running)
    return engagement


def export(engagement, by=None):
    target, manifest = services.engagement_export(by=by or engagement.created_by, engagement=engagement)
    return target.read(), manifest


def take(content, by=None, **options):
    return services.engagement_import(by=by or factories.user(), source=io.BytesIO(content), **options)


def contents(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(members, manifest=True):
    """A package of these members, with a manifest that fits them unless they bring one."""
    members = dict(members)
    if manifest:
        told = json.loads(members.pop("manifest.json"))
        told["members"] = {
            name: {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)} for name, body in members.items()
        }
        told["content"] = content_digest(told["members"])
        members["manifest.json"] = json.dumps(told).encode()
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return target.getvalue()


def forged(content, table, change):
    """The package with the rows of a table changed and every digest made to fit again."""
    members = contents(content)
    rows = json.loads(members[f"rows/{table}.json"])
    change(rows)
    members[f"rows/{table}.json"] = json.dumps(rows).encode()
    return pack(members)


def stored_files():
    return {path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()}


# ---------- Round trip ----------


def test_what_goes_in_comes_out_the_same(full):
    content, _manifest = export(full)
    copy = take(content)
    assert (copy.auditee, copy.product, copy.created_at) == (full.auditee, full.product, full.created_at)
    again = contents(export(copy)[0])
    before = contents(content)
    # The importer is lead now: one more membership, one more person, one more entry. Nothing else differs.
    changed = {name for name in before if name.startswith(("rows/", "files/")) and before[name] != again.get(name)}
    assert changed == {"rows/memberships.json", "rows/people.json", "rows/activity.json"}
    for name in changed:
        assert json.loads(again[name])[: len(json.loads(before[name]))] == json.loads(before[name]), name
        assert len(json.loads(again[name])) == len(json.loads(before[name])) + 1
    assert set(before) == set(again)


def test_the_lead_takes_it_in_and_the_content_digest_is_the_same(full):
    content, manifest = export(full)
    copy = take(content, by=full.created_by, match_people=True)
    assert export(copy)[1]["content"] == manifest["content"]


@pytest.mark.django_db(transaction=True)
def test_in_an_empty_database_it_is_the_same_engagement(tmp_path):
    checklist_import()
    engagement = factories.engagement(lead=factories.user("fang", first_name="宁", last_name="方"))
    team = factories.team(engagement)
    audit = audit_run(by=team.auditor, policy_version=factories.policy_version(engagement))
    evidence.evidence_attach(by=team.auditor, finding=audit.findings.first(), start=0, end=4, revision=0)
    factories.decide_all(audit, by=team.auditor)
    report.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    factories.report(audit, by=team.reviewer)
    signed = audit.sign_offs.get().decisions_digest
    factories.user("in the way")  # so that numbers differ afterwards
    content, manifest = export(engagement)

    call_command("flush", interactive=False, verbosity=0)
    assert not Engagement.objects.exists()
    assert not get_user_model().objects.exists()
    other = factories.user("other")
    factories.policy_version(factories.engagement(lead=other))
    lead = factories.user("fang", first_name="宁", last_name="方")
    copy = take(content, by=lead, match_people=True)
    assert export(copy)[1]["content"] == manifest["content"]
    assert activity.verify_chain(copy)
    [audit] = copy.audits.all()
    assert digest(audit_state(audit)) == audit.sign_offs.get().decisions_digest == signed
    version = audit.policy_version
    assert version.original.read().decode() == version.text == factories.POLICY
    assert copy.memberships.first().user.username == "fang"


def test_the_same_engagement_gives_the_same_content_twice(full, team):
    first, second = export(full), export(full, by=team.lead)
    names = set(contents(first[0])) - {"manifest.json", "rows/activity.json"}
    assert all(contents(first[0])[name] == contents(second[0])[name] for name in names)


def test_an_imported_engagement_can_be_exported_and_imported_again(full):
    lead = full.created_by
    content, manifest = export(full)
    for _generation in range(2):
        copy = take(content, by=lead, match_people=True)
        content, again = export(copy)
        assert again["content"] == manifest["content"]
        assert activity.verify_chain(copy)


def test_work_goes_on_after_an_import_and_is_signed_again(full, published):
    importer = factories.user()
    copy = take(export(full)[0], by=importer)
    auditor, reviewer = factories.user(), factories.user()
    engagements.member_set(by=importer, engagement=copy, user=auditor, role="auditor")
    audit = copy.audits.get(status=Audit.Status.SIGNED)

    report.audit_reopen(by=importer, audit=audit, reason="补充一处。")
    audit.refresh_from_db()
    row = audit.findings.first()
    review.finding_decide(by=auditor, finding=row, verdict="partial", reason="只写了一半。", revision=row.revision)
    engagements.member_set(by=importer, engagement=copy, user=reviewer, role="reviewer")
    sign_off = report.audit_sign_off(by=reviewer, audit=Audit.objects.get(pk=audit.pk), warnings_seen=True)
    assert digest(audit_state(Audit.objects.get(pk=audit.pk))) == sign_off.decisions_digest
    assert activity.verify_chain(copy)
    again = take(export(copy)[0], by=importer)
    twin = again.audits.get(status=Audit.Status.SIGNED)
    assert digest(audit_state(twin)) == sign_off.decisions_digest
    assert activity.verify_chain(again)


def test_every_table_of_an_engagement_is_packed_or_left_behind_on_purpose():
    packed = {table.model for table in TABLES}
    reachable = set()
    found = {Engagement}
    while found:
        reachable |= found
        found = {
            model
            for model in apps.get_app_config("checks").get_models()
            for column in model._meta.concrete_fields
            if column.is_relation and column.related_model in reachable
        } - reachable
    assert {model._meta.model_name for model in reachable - packed} == LEFT_BEHIND
    assert all(isinstance(table, Table) for table in TABLES)


# ---------- People ----------


def test_people_from_elsewhere_are_names_that_nobody_can_sign_in_to(full, team):
    content, _manifest = export(full)
    importer = factories.user()
    copy = take(content, by=importer)
    assert copy.memberships.get(user=importer).role == Membership.Role.LEAD
    strangers = [row.user for row in copy.memberships.exclude(user=importer)]
    assert len(strangers) == 4
    assert not any(person.is_active or person.has_usable_password() for person in strangers)
    assert not {person.pk for person in strangers} & {person.pk for person in vars(team).values()}
    assert not Membership.objects.filter(engagement=copy, user=team.lead).exists()


def test_people_with_the_same_user_name_are_the_same_when_the_importer_says_so(full, team):
    copy = take(export(full)[0], match_people=True)
    assert copy.memberships.get(user=team.auditor).role == Membership.Role.AUDITOR
    decision = copy.audits.first().findings.first().decisions.first()
    assert decision.decided_by in (team.lead, team.auditor)


def test_who_a_finding_is_assigned_to_is_the_person_here(full, team):
    copy = take(export(full)[0])
    change = FindingChange.objects.get(finding__audit__engagement=copy, kind="assignee")
    person = get_user_model().objects.get(pk=change.value)
    assert person == change.finding.assignee != team.auditor
    assert person.username.startswith(team.auditor.username)


def test_no_password_and_no_address_leaves_the_house(full, team):
    get_user_model().objects.update(email="someone@example.com")
    everything = b"".join(contents(export(full)[0]).values())
    assert b"someone@example.com" not in everything
    assert b"md5$" not in everything


# ---------- The record ----------


def test_the_record_can_be_verified_after_the_import_and_shows_what_was_changed(full):
    copy = take(export(full)[0])
    assert activity.verify_chain(copy)
    entries = models.QuerySet(ActivityEntry).filter(engagement=copy)
    imported = entries.exclude(origin=None)
    assert imported.count() == entries.count() - 1
    other = factories.user()
    imported.filter(pk=imported.first().pk).update(actor=other)  # somebody else is said to have done it
    assert not activity.verify_chain(copy)


def test_taking_out_and_taking_in_are_acts_on_record(full, team):
    content, manifest = export(full)
    assert full.activity.first().action == "engagement.exported"
    assert full.activity.first().detail["content"] == manifest["content"]
    importer = factories.user()
    copy = take(content, by=importer)
    entry = ActivityEntry.objects.get(engagement=None, action="engagement.imported")
    assert (entry.actor, entry.object_id) == (importer, copy.pk)
    assert entry.detail["package"] == hashlib.sha256(content).hexdigest()
    assert activity.verify_chain(None)
    origin = EngagementImport.objects.get(engagement=copy)
    assert (origin.imported_by, origin.content_digest) == (importer, manifest["content"])


def test_an_imported_report_keeps_its_bytes_and_takes_no_number_of_the_series(full):
    report = Report.objects.get(sign_off__audit__engagement=full)
    copy = take(export(full)[0])
    [twin] = Report.objects.filter(sign_off__audit__engagement=copy)
    assert twin.number == f"I{copy.pk}-{report.number}"
    assert twin.pdf.read() == report.pdf.read()
    assert twin.pdf.name != report.pdf.name


# ---------- When there is no export ----------


def test_nothing_is_exported_while_files_are_worked_on(engagement):
    factories.intake_item(factories.intake_job(engagement))
    with pytest.raises(services.StillWorking):
        export(engagement)


def test_nothing_is_exported_while_a_second_opinion_is_hidden(engagement, team, audit):
    blind.blind_start(by=team.lead, audit=audit, second=team.auditor)
    assert BlindReview.objects.running().exists()
    with pytest.raises(services.BlindRunning):
        export(engagement)


# ---------- Checklists ----------


def test_a_checklist_from_elsewhere_is_kept_for_its_audits_and_not_for_new_ones(full, published):
    content, _manifest = export(full)

    def another(rows):
        rows[0]["source"]["version"] = "2031.1"
        from checks.engine.checklist import digest_of

        rows[0]["digest"] = digest_of(rows[0]["source"])

    members = contents(forged(content, "checklists", another))
    version = json.loads(members["rows/checklists.json"])[0]["digest"]
    audits = json.loads(members["rows/audits.json"])
    for row in audits:
        row["checklist_version"] = version
    members["rows/audits.json"] = json.dumps(audits).encode()
    copy = take(pack(members))
    kept = ChecklistVersion.everywhere.get(digest=version)
    assert kept.imported
    assert not ChecklistVersion.objects.filter(digest=version).exists()
    assert copy.audits.first().checklist_version == kept
    from checks.services.analysis import latest_checklist_version

    assert latest_checklist_version() == published


# ---------- Tailored checklists, audits that moved ----------


@pytest.fixture
def tailored(engagement, team):
    """An engagement that switched off, raised, added and took back; signed once, then moved to the next version."""
    return a_tailored_engagement(engagement, team)


def a_tailored_engagement(engagement, team):
    version, by = factories.sound_version(), engagement.created_by
    act = {"by": by, "engagement": engagement, "version": version}
    off = tailoring.requirement_switch_off(**act, code="DEMO-1-IDENTITY", reason="本产品没有运营者。")
    tailoring.severity_raise(**act, code="DEMO-3-RETENTION", severity="critical", reason="去年处罚过。")
    tailoring.own_requirement_add(**act, content=OWN, reason="客户要求。")
    policy = factories.policy_version(engagement)
    signed = analysis.audit_run(by=team.auditor, policy_version=policy)
    factories.decide_all(signed, by=team.auditor)
    report.audit_sign_off(by=team.reviewer, audit=signed, warnings_seen=True)
    old = analysis.audit_run(by=team.auditor, policy_version=policy)
    factories.decide_all(old, by=team.auditor)
    tailoring.change_take_back(by=by, change=off, reason="还是适用。")
    newer = {**version.source, "version": "2026.next"}
    newer = version_publish(loaded=parse_checklist(newer), by=None)
    moving.audit_move(by=team.lead, audit=old, version=newer)
    corpus.corpus_release(by=by, policy_version=policy)
    return engagement


def private_versions(engagement):
    return set(ChecklistVersion.everywhere.filter(tailored__engagement=engagement))


def told_apart(one, other):
    """The names of the tables that differ between two packages."""
    one, other = contents(one), contents(other)
    assert set(one) == set(other)
    return {name for name in one if name.startswith("rows/") and one[name] != other[name]}


def test_tailoring_and_moves_come_out_as_they_went_in(tailored):
    content, _manifest = export(tailored)
    copy = take(content)
    assert told_apart(content, export(copy)[0]) == {"rows/memberships.json", "rows/people.json", "rows/activity.json"}
    assert [(row.kind, row.code) for row in copy.tailoring.all()] == [
        ("off", "DEMO-1-IDENTITY"), ("severity", "DEMO-3-RETENTION"), ("own", "OWN-1"), ("revoked", "DEMO-1-IDENTITY"),
    ]  # fmt: skip
    assert copy.tailoring.get(kind="revoked").revokes == copy.tailoring.get(kind="off")
    signed, old, new = copy.audits.order_by("pk")
    assert signed.checklist_version == old.checklist_version != new.checklist_version
    assert AuditMove.objects.get(old=old).new == new
    for audit, twin in zip((signed, old, new), tailored.audits.order_by("pk"), strict=True):
        told, there = tailoring_record(audit), tailoring_record(twin)
        assert [row | {"by": ""} for row in told] == [row | {"by": ""} for row in there] != []
        assert digest(audit_state(audit)) == digest(audit_state(twin))
    with pytest.raises(AuditMoved):
        review.finding_decide(
            by=copy.created_by, finding=old.findings.first(), verdict="partial", reason="改。", revision=1
        )


@pytest.mark.django_db(transaction=True)
def test_tailoring_and_moves_in_an_empty_database_are_the_same(db):
    engagement = factories.engagement(lead=factories.user("fang", first_name="宁", last_name="方"))
    a_tailored_engagement(engagement, factories.team(engagement))
    content, manifest = export(engagement)
    names = [row.version for row in sorted(private_versions(engagement), key=lambda row: row.version)]

    call_command("flush", interactive=False, verbosity=0)
    factories.engagement()  # so that numbers differ afterwards
    author, approver = factories.checklist_author(), factories.checklist_approver()
    lead = factories.user("fang", first_name="宁", last_name="方")
    copy = take(content, by=lead, match_people=True)
    assert export(copy)[1]["content"] == manifest["content"]
    assert activity.verify_chain(copy)
    assert sorted(row.version for row in private_versions(copy)) == names
    assert not ChecklistVersion.objects.exists()  # nothing came in for everybody
    assert ChecklistVersion.everywhere.count() == 4
    for version in ChecklistVersion.everywhere.all():
        assert permissions.checklist_version_for(lead, version.pk).private
        for outsider in (author, approver):
            with pytest.raises(Http404):
                permissions.checklist_version_for(outsider, version.pk)
    assert not corpora.is_released(copy.audits.first().policy_version)  # nobody here was let read it


def test_work_on_a_tailored_engagement_goes_on_where_its_checklist_is_published(tailored, team):
    copy = take(export(tailored)[0], by=team.lead, match_people=True)
    new = copy.audits.order_by("pk").last()
    again = analysis.audit_run(by=team.lead, policy_version=new.policy_version)
    assert again.checklist_version == new.checklist_version  # the same changes on the same version: it came along
    act = {"by": team.lead, "engagement": copy, "version": analysis.latest_checklist_version()}
    assert tailoring.own_requirement_add(**act, content=OWN, reason="再加一条。").code == "OWN-2"
    own = analysis.audit_run(by=team.lead, policy_version=new.policy_version).checklist_version
    assert {row.engagement for row in own.tailored.all()} == {copy}


def test_a_copy_beside_its_original_sees_the_same_tailored_versions_and_each_its_own_changes(tailored, team):
    importer = factories.user()
    copy = take(export(tailored)[0], by=importer)
    assert private_versions(copy) == private_versions(tailored)
    for version in private_versions(copy):
        assert permissions.checklist_version_for(importer, version.pk).mine.engagement == copy
        assert permissions.checklist_version_for(team.viewer, version.pk).mine.engagement == tailored
        assert version not in ChecklistVersion.objects.all()
        with pytest.raises(Http404):
            permissions.checklist_version_for(team.outsider, version.pk)


def test_what_an_import_brought_under_our_name_does_not_stop_us_from_tailoring(tailored, team):
    """Two installations count alike: the first tailored version of the first engagement has the same name in both."""
    version, act = analysis.latest_checklist_version(), {"reason": "不适用。", "code": "DEMO-2-CONTACT"}
    code = version.source["requirements"][1]["code"]
    other = factories.engagement()
    name = f"{version.version}+{other.pk}.1"
    content = {**version.source, "version": name}
    content["requirements"] = [row for row in version.source["requirements"] if row["code"] != code]
    checklist_receive(source=content)  # the very same content, from elsewhere
    tailoring.requirement_switch_off(by=other.created_by, engagement=other, version=version, **act | {"code": code})
    policy = factories.policy_version(other)
    made = analysis.audit_run(by=other.created_by, policy_version=policy).checklist_version
    assert made.version == f"{version.version}+{other.pk}.2"


def test_an_engagement_tailored_and_never_audited_goes_out_and_in(engagement):
    version = factories.sound_version()
    act = {"by": engagement.created_by, "engagement": engagement, "version": version, "reason": "不适用。"}
    tailoring.requirement_switch_off(**act, code="DEMO-1-IDENTITY")
    tailoring.own_requirement_add(**act, content=OWN)
    content, manifest = export(engagement)
    copy = take(content, by=engagement.created_by, match_people=True)
    assert export(copy)[1]["content"] == manifest["content"]
    members = contents(content)
    rows = json.loads(members["rows/tailoring_changes.json"])
    members["rows/tailoring_changes.json"] = json.dumps([row | {"checklist": "elsewhere"} for row in rows]).encode()
    there = take(pack(members))
    assert {row.checklist.slug for row in there.tailoring.select_related("checklist")} == {"elsewhere"}


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("tailored_versions", lambda rows: rows[0].update(changes=[]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(changes=[1, 1]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(changes=[4]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(changes=[9]), "value"),
        ("tailored_versions", lambda rows: rows[0].update(changes={"a": 1}), "value"),
        ("tailored_versions", lambda rows: rows[0].update(base=rows[1]["base"]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(base=rows[0]["version"]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(version=rows[0]["base"]), "tailoring"),
        ("tailored_versions", lambda rows: rows[0].update(version=[]), "checklist"),
        ("tailored_versions", lambda rows: rows.append(rows[0]), "database"),
        ("tailoring_changes", lambda rows: rows[1].update(severity=""), "tailoring"),
        ("tailoring_changes", lambda rows: rows[2].update(content={}), "tailoring"),
        ("tailoring_changes", lambda rows: rows[2]["content"].update(domain="nowhere"), "tailoring"),
        ("tailoring_changes", lambda rows: rows[2]["content"].update(title_zh="别的标题"), "tailoring"),
        ("tailoring_changes", lambda rows: rows[3].update(revokes=None), "tailoring"),
        ("tailoring_changes", lambda rows: rows[3].update(revokes=2), "tailoring"),
        ("tailoring_changes", lambda rows: rows[3].update(revokes=4), "value"),
        ("tailoring_changes", lambda rows: rows[0].update(checklist="no such name!"), "value"),
        ("tailoring_changes", lambda rows: rows[0].update(checklist=None), "value"),
        ("audit_moves", lambda rows: rows[0].update(old=rows[0]["new"], new=rows[0]["old"]), "value"),
        ("audit_moves", lambda rows: rows[0].update(new=rows[0]["old"]), "value"),
        ("audit_moves", lambda rows: rows.append(rows[0]), "database"),
    ],
)  # fmt: skip
def test_tailoring_that_lies_is_refused(moved, table, change, reason):
    refused(forged(moved, table, change), reason)


def test_nothing_published_for_everybody_is_taken_away_by_a_package(moved):
    """A package may say that a version was tailored for its engagement; that hides nothing published here."""
    rows = json.loads(contents(moved)["rows/checklists.json"])
    tailored = json.loads(contents(moved)["rows/tailored_versions.json"])
    source = next(row["source"] for row in rows if row["digest"] == tailored[0]["version"])
    published = version_publish(loaded=parse_checklist(source), by=None)
    refused(moved, "tailoring")
    assert published in ChecklistVersion.objects.all()


MOVED = []


@pytest.fixture
def moved(request, db):
    """A package of the tailored engagement, in a database that knows nothing of it."""
    if not MOVED:
        with transaction.atomic():
            MOVED.append(export(request.getfixturevalue("tailored"))[0])
            transaction.set_rollback(True)
    return MOVED[0]


# ---------- Hostile packages ----------


SMALL = []  # made once: a package does not depend on the database it is held against


@pytest.fixture
def small(request, db):
    """A package of a small engagement with a decision, evidence by hand, an observation."""
    if not SMALL:
        engagement = request.getfixturevalue("engagement")
        SMALL.append(a_small_package(engagement, request.getfixturevalue("team"), factories.checklist_version()))
    return SMALL[0]


def a_small_package(engagement, team, published):
    audit = factories.audit(engagement, checklist_version=published)
    evidence.evidence_attach(by=team.auditor, finding=audit.findings.first(), start=0, end=4, revision=0)
    factories.observation(audit, by=team.auditor)
    factories.decide_all(audit, by=team.auditor)
    report.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)
    factories.report(audit, by=team.reviewer)
    return export(engagement)[0]


def refused(content, reason):
    files, users = stored_files(), get_user_model().objects.count()
    importer = factories.user()
    counts = {model: model._default_manager.count() for model in apps.get_app_config("checks").get_models()}
    with pytest.raises(services.PackageRefused) as caught:
        take(content, by=importer)
    assert caught.value.reason == reason, caught.value.message
    assert caught.value.message
    assert stored_files() == files
    assert get_user_model().objects.count() == users + 1
    assert counts == {model: model._default_manager.count() for model in counts}


def test_what_is_no_package_is_refused(small):
    refused(b"", "no_zip")
    refused(b"not a zip", "no_zip")
    refused(pack({"manifest.json": b"[]"}, manifest=False), "no_manifest")
    refused(pack({"README.txt": b""}, manifest=False), "no_manifest")
    refused(pack({"manifest.json": b"[" * 100_000}, manifest=False), "rows")
    members = contents(small)
    told = json.loads(members["manifest.json"]) | {"schema": 99}
    refused(pack(members | {"manifest.json": json.dumps(told).encode()}), "schema")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "rows/../x.json", "files/..", "C:\\x", "rows/users.json", "extra.txt", "files/"]
)
def test_members_that_do_not_belong_there_are_refused(small, name):
    refused(pack(contents(small) | {name: b"[]"}), "unknown_member")


def test_changed_missing_and_added_members_are_refused(small):
    members = contents(small)
    original = next(name for name in members if name.startswith("files/"))
    refused(pack(members | {original: b"other"}, manifest=False), "digest")
    refused(pack(members | {original: b"other"}), "digest")
    refused(pack({name: body for name, body in members.items() if name != original}, manifest=False), "members")
    refused(pack({name: body for name, body in members.items() if name != original}), "file_missing")
    refused(pack({name: body for name, body in members.items() if name != "rows/audits.json"}), "members")
    refused(pack(members | {f"files/{'0' * 64}": b"x"}, manifest=False), "members")


def test_members_that_come_twice_are_refused(small):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, body in contents(small).items():
            archive.writestr(name, body)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("rows/audits.json", b"[]")
    refused(target.getvalue(), "twice")


def test_bombs_are_refused_before_they_are_unpacked(small):
    refused(pack(contents(small) | {"rows/findings.json": b" " * 50_000_000}), "too_large")
    members = contents(small)
    told = json.loads(members["manifest.json"])
    refused(pack(members | {"rows/findings.json": json.dumps([[[]]] * 10).encode()}), "rows")
    assert told


def test_a_locked_or_oddly_packed_member_is_refused(small):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_LZMA) as archive:
        for name, body in contents(small).items():
            archive.writestr(name, body)
    refused(target.getvalue(), "damaged")


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("evidence", lambda rows: rows[0].update(quote="编造的引文"), "quote"),
        ("evidence_changes", lambda rows: rows[0].update(start=2), "quote"),
        ("observation_versions", lambda rows: rows[0]["places"][0].update(end=10**9), "quote"),
        ("observation_versions", lambda rows: rows[0].update(places=["x"]), "value"),
        ("policy_versions", lambda rows: rows[0].update(sha256="0" * 64), "original"),
        ("reports", lambda rows: rows[0].update(number='x"\r\nSet-Cookie: a=b'), "value"),
        ("reports", lambda rows: rows[0].update(pdf_sha256="0" * 64), "original"),
        ("policy_versions", lambda rows: rows[0].update(text=rows[0]["text"] + "。"), "original"),
        ("findings", lambda rows: rows[0].update(final_verdict="not_applicable"), "verdict"),
        ("decisions", lambda rows: rows[0].update(verdict="excellent"), "value"),
        ("decisions", lambda rows: rows[0].update(decided_by=999), "value"),
        ("decisions", lambda rows: rows[0].update(decided_by=None), "value"),
        ("decisions", lambda rows: rows[0].update(decided_at="yesterday"), "value"),
        ("decisions", lambda rows: rows[0].update(decided_at="2026-01-01T00:00:00"), "value"),
        ("decisions", lambda rows: rows[0].update(finding=True), "value"),
        ("decisions", lambda rows: rows[0].update(finding=[1]), "value"),
        ("decisions", lambda rows: rows[0].pop("reason"), "rows"),
        ("decisions", lambda rows: rows[0].update(id=1), "rows"),
        ("memberships", lambda rows: rows[0].update(role="superuser"), "value"),
        ("memberships", lambda rows: rows.append(rows[0]), "database"),
        ("engagement", lambda rows: rows.append(rows[0]), "rows"),
        ("engagement", lambda rows: rows.clear(), "rows"),
        ("engagement", lambda rows: rows[0].update(auditee="x" * 300), "value"),
        ("findings", lambda rows: rows[0].update(requirement="NO-SUCH-CODE"), "value"),
        ("findings", lambda rows: rows[0].update(position=-1), "value"),
        ("findings", lambda rows: rows[0].update(position=10**30), "value"),
        ("audits", lambda rows: rows[0].update(checklist_version="0" * 64), "value"),
        ("audits", lambda rows: rows[0].update(checklist_version={}), "value"),
        ("checklists", lambda rows: rows[0].update(digest="0" * 64), "checklist"),
        ("checklists", lambda rows: rows[0]["source"].pop("requirements"), "checklist"),
        ("checklists", lambda rows: rows[0].update(source=None), "checklist"),
        ("people", lambda rows: rows[0].update(username=1), "rows"),
        ("people", lambda rows: rows[0].update(is_superuser=True), "rows"),
        ("activity", lambda rows: rows[0]["detail"].update(auditee="别人"), "chain"),
        ("activity", lambda rows: rows.pop(1), "chain"),
        ("activity", lambda rows: rows[0].update(hashed=[1, 2]), "value"),
        ("activity", lambda rows: rows[-1].update(actor=1 if rows[-1]["actor"] != 1 else 2, hashed=[0, 0, 0]), "chain"),
    ],
)  # fmt: skip
def test_rows_that_lie_are_refused_even_when_every_digest_fits(small, table, change, reason):
    refused(forged(small, table, change), reason)


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_flipped_byte_is_never_taken_in_silently(small, data):
    position = data.draw(st.integers(0, len(small) - 1))
    broken = bytearray(small)
    broken[position] ^= data.draw(st.integers(1, 255))
    count = Engagement.objects.count()
    files = stored_files()
    try:
        copy = take(bytes(broken))
    except services.PackageRefused:
        assert (Engagement.objects.count(), stored_files()) == (count, files)
    else:  # a byte of the ZIP's own bookkeeping, such as a date: the content is what it was
        assert (
            EngagementImport.objects.get(engagement=copy).content_digest
            == json.loads(contents(small)["manifest.json"])["content"]
        )


def test_what_a_row_says_of_itself_cannot_reach_another_engagement(small, engagement):
    """Rows refer to rows of the package only: there is no way to name what is in the database already."""
    versions, changes = PolicyVersion.objects.count(), EvidenceChange.objects.count()
    before = engagement.activity.count(), engagement.audits.count(), engagement.memberships.count()
    copy = take(small)
    assert copy != engagement
    assert before == (engagement.activity.count(), engagement.audits.count(), engagement.memberships.count())
    assert PolicyVersion.objects.count() == versions + 1
    assert EvidenceChange.objects.count() == changes + 1


def test_observations_keep_their_history(engagement, team, published):
    audit = factories.audit(engagement, checklist_version=published)
    observation = factories.observation(audit, by=team.auditor)
    factories.revise_observation(observation, by=team.lead, severity="critical")
    copy = take(export(engagement)[0])
    [twin] = copy.audits.get().observations.all()
    assert [row.severity for row in twin.versions.all()] == ["major", "critical"]
    assert observations.TEMPLATE_CONTENT
