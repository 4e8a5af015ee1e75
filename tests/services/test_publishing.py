import time
from datetime import timedelta

import pytest
from django.utils import timezone

from checks.models import ActivityEntry, ChecklistVersion, LegalBasis
from checks.services import activity, drafts, publishing
from checks.services.analysis import NoChecklist, audit_run, latest_checklist_version
from checks.services.checklist import checklist_import

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return factories.checklist_author("anna")


@pytest.fixture
def approver():
    return factories.checklist_approver("pia")


@pytest.fixture
def base():
    return checklist_import()


@pytest.fixture
def draft(author, base):
    """A draft with one title changed and a changelog."""
    draft = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2027.01")
    row = draft.requirements.get(code="PIPL-17-NAME")
    content = row.content | {"title_zh": "处理者的名称与联系方式"}
    drafts.requirement_save(by=author, draft=draft, code=row.code, content=content, revision=0)
    return drafts.head_save(by=author, draft=draft, revision=0, changelog="标题写得更明白。")


def approve(by, draft, **fields):
    return publishing.draft_approve(by=by, draft=draft, digest=drafts.draft_digest(draft), **fields)


def test_a_draft_becomes_a_version(author, approver, base, draft):
    publishing.draft_submit(by=author, draft=draft)
    digest = drafts.draft_digest(draft)
    clock = time.thread_time()  # what else the machine does is not counted
    version = approve(approver, draft)
    took = time.thread_time() - clock
    assert (version.version, version.digest, version.changelog) == ("2027.01", digest, "标题写得更明白。")
    assert (version.published_by, version.approved_by) == (author, approver)
    assert version.requirements.count() == base.requirements.count()
    assert (
        LegalBasis.objects.filter(requirement__version=version).count()
        == LegalBasis.objects.filter(requirement__version=base).count()
    )
    assert version.requirements.get(code="PIPL-17-NAME").title_zh == "处理者的名称与联系方式"
    draft.refresh_from_db()
    assert (draft.state, draft.published_version) == ("published", version)
    assert list(draft.reviews.values_list("kind", "by__username")) == [("submitted", "anna"), ("approved", "pia")]
    assert activity.verify_chain(None)
    assert took < 10  # two seconds on a machine that does nothing else; see docs


def test_nobody_approves_what_they_wrote(author, base, draft):
    helper = factories.checklist_author("both")
    factories._permitted(helper, "approve_checklist")
    drafts.requirement_move(by=type(helper).objects.get(pk=helper.pk), draft=draft, code="PIPL-17-NAME", position=1)
    publishing.draft_submit(by=author, draft=draft)
    for person in (author, helper):
        factories._permitted(person, "approve_checklist")
        with pytest.raises(publishing.OwnDraft):
            approve(type(person).objects.get(pk=person.pk), draft)
    assert ChecklistVersion.objects.count() == 1


def test_only_approvers_approve(author, draft):
    publishing.draft_submit(by=author, draft=draft)
    for person in (factories.user(), factories.checklist_author(), factories.checklist_admin()):
        with pytest.raises(publishing.NotApprover):
            approve(person, draft)


def test_sending_back_opens_the_draft_again(author, approver, draft):
    publishing.draft_submit(by=author, draft=draft)
    with pytest.raises(drafts.NotEditable):
        drafts.requirement_remove(by=author, draft=draft, code="PIPL-17-NAME")
    with pytest.raises(publishing.NoteRequired):
        publishing.draft_send_back(by=approver, draft=draft, note=" ")
    publishing.draft_send_back(by=approver, draft=draft, note="英文标题也请修改。")
    drafts.requirement_remove(by=author, draft=draft, code="PIPL-17-NAME")
    publishing.draft_submit(by=author, draft=draft)
    assert approve(approver, draft).requirements.filter(code="PIPL-17-NAME").count() == 0  # sending back is no edit


def test_what_stands_in_the_way_is_named(author, draft):
    drafts.requirement_add(by=author, draft=draft, code="NEW-1")
    with pytest.raises(publishing.GateRefused) as refusal:
        publishing.draft_submit(by=author, draft=draft)
    assert refusal.value.reasons
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_a_changelog_and_a_change_are_required(author, base, draft):
    empty = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2027.02")
    with pytest.raises(publishing.ChangelogRequired):
        publishing.draft_submit(by=author, draft=empty)
    empty = drafts.head_save(by=author, draft=empty, revision=0, changelog="无")
    with pytest.raises(publishing.NothingChanged):
        publishing.draft_submit(by=author, draft=empty)


def test_what_was_approved_is_what_was_looked_at(author, approver, draft):
    publishing.draft_submit(by=author, draft=draft)
    with pytest.raises(publishing.DraftChanged):
        publishing.draft_approve(by=approver, draft=draft, digest="0" * 64)


def test_a_version_waits_for_its_day_and_audits_keep_theirs(author, approver, base, draft, engagement):
    policy = factories.policy_version(engagement)
    audit = audit_run(by=engagement.created_by, policy_version=policy)
    tomorrow = timezone.localdate() + timedelta(days=1)
    drafts.head_save(by=author, draft=draft, revision=1, applies_from=tomorrow)
    publishing.draft_submit(by=author, draft=draft)
    version = approve(approver, draft)
    assert latest_checklist_version() == base
    assert ChecklistVersion.objects.applying(tomorrow).newest_first().first() == version
    chosen = audit_run(by=engagement.created_by, policy_version=policy, checklist_version=version)
    audit.refresh_from_db()
    assert (audit.checklist_version, chosen.checklist_version) == (base, version)


def test_a_retired_version_is_offered_no_more(author, approver, base, draft):
    with pytest.raises(publishing.LastVersion):
        publishing.version_retire(by=approver, version=base, reason="旧")
    publishing.draft_submit(by=author, draft=draft)
    version = approve(approver, draft)
    with pytest.raises(publishing.RetireReasonRequired):
        publishing.version_retire(by=approver, version=version, reason="")
    with pytest.raises(publishing.NotApprover):
        publishing.version_retire(by=author, version=version, reason="旧")
    publishing.version_retire(by=approver, version=version, reason="有错误。")
    assert latest_checklist_version() == base
    with pytest.raises(publishing.AlreadyRetired):
        publishing.version_retire(by=approver, version=version, reason="有错误。")
    assert ActivityEntry.objects.filter(action="checklist.retired").count() == 1


def test_without_a_version_there_is_no_audit():
    with pytest.raises(NoChecklist):
        latest_checklist_version()
