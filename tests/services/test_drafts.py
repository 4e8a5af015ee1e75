from copy import deepcopy

import pytest

from checks.engine import parse_checklist
from checks.models import ActivityEntry, ChecklistDraft
from checks.services import activity, drafts
from checks.services.checklist import checklist_import

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return factories.checklist_author("anna")


@pytest.fixture
def draft(author):
    return factories.draft(author)


def codes(draft):
    return [entry["code"] for entry in drafts.draft_source(draft)["requirements"]]


def row(draft, code="DEMO-3-RETENTION"):
    return draft.requirements.get(code=code)


def save(by, draft, code="DEMO-3-RETENTION", revision=0, **changes):
    content = row(draft, code).content | changes
    return drafts.requirement_save(by=by, draft=draft, code=code, content=content, revision=revision)


def actions(draft):
    entries = ActivityEntry.objects.filter(object_type="checklistdraft", object_id=draft.pk).order_by("id")
    return [entry.action for entry in entries]


def test_a_draft_begins_as_its_base(author):
    base = checklist_import()
    draft = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2027.01")
    assert drafts.draft_source(draft) == base.source | {"version": "2027.01"}
    assert drafts.draft_problems(draft) == []
    assert parse_checklist(drafts.draft_source(draft)).digest == drafts.draft_digest(draft)
    assert actions(draft) == ["draft.started"]


def test_a_checklist_without_a_version_begins_empty(author, draft):
    draft = drafts.draft_start(by=author, checklist=draft.checklist, base=None, version="1")
    assert codes(draft) == []
    assert drafts.draft_problems(draft) == []


@pytest.mark.parametrize("version", ["", "  ", "mit leer", "a/b", "9" * 41])
def test_a_version_needs_a_name(author, draft, version):
    with pytest.raises(drafts.VersionRequired):
        drafts.draft_start(by=author, checklist=draft.checklist, base=draft.base, version=version)


def test_names_of_versions_and_open_drafts_are_taken(author, draft):
    for version in (draft.version, draft.base.version):
        with pytest.raises(drafts.VersionTaken):
            drafts.draft_start(by=author, checklist=draft.checklist, base=draft.base, version=version)
    drafts.draft_discard(by=author, draft=draft)
    assert drafts.draft_start(by=author, checklist=draft.checklist, base=draft.base, version=draft.version)


def test_only_authors_change_drafts(draft):
    for person in (factories.user(), factories.checklist_approver(), factories.checklist_admin()):
        with pytest.raises(drafts.NotAuthor):
            drafts.draft_start(by=person, checklist=draft.checklist, base=None, version="9")
        with pytest.raises(drafts.NotAuthor):
            save(person, draft, title_zh="别的")
        with pytest.raises(drafts.NotAuthor):
            drafts.draft_discard(by=person, draft=draft)


def test_saving_is_noted_once_in_a_sitting(author, draft):
    save(author, draft, title_zh="存储地点")
    save(author, draft, title_zh="存储地点与期限", revision=1)
    saved = row(draft)
    assert (saved.content["title_zh"], saved.revision, saved.changed_by) == ("存储地点与期限", 2, author)
    assert actions(draft) == ["draft.started", "draft.requirement_saved"]
    assert activity.verify_chain(None)


def test_saving_nothing_new_is_no_act(author, draft):
    assert save(author, draft).revision == 0
    assert actions(draft) == ["draft.started"]


def test_who_comes_second_is_told_by_whom(author, draft):
    other = factories.checklist_author("bert")
    save(author, draft, title_zh="第一")
    with pytest.raises(drafts.StaleDraft, match="anna") as refusal:
        save(other, draft, title_zh="第二")
    assert refusal.value.current.content["title_zh"] == "第一"
    save(other, draft, title_zh="第二", revision=1)
    assert drafts.editors_of(draft) == {author.pk, other.pk}


def test_a_published_code_stays_and_a_new_one_may_change(author, draft):
    renamed = row(draft).content | {"code": "OTHER-1"}
    with pytest.raises(drafts.CodeFixed):
        drafts.requirement_save(by=author, draft=draft, code="DEMO-3-RETENTION", content=renamed, revision=0)
    added = drafts.requirement_add(by=author, draft=draft, code="DEMO-7-NEW")
    content = added.content | {"code": "DEMO-8-NEW"}
    saved = drafts.requirement_save(by=author, draft=draft, code="DEMO-7-NEW", content=content, revision=1)
    assert saved.code == saved.content["code"] == "DEMO-8-NEW"
    with pytest.raises(drafts.CodeTaken):
        drafts.requirement_add(by=author, draft=draft, code="DEMO-8-NEW")
    with pytest.raises(drafts.NotACode):
        drafts.requirement_add(by=author, draft=draft, code="neu / 1")


def test_requirements_are_added_moved_removed_and_put_back(author, draft):
    before = codes(draft)
    drafts.requirement_add(by=author, draft=draft, code="DEMO-9", after=before[1])
    assert codes(draft) == [*before[:2], "DEMO-9", *before[2:]]
    drafts.requirement_move(by=author, draft=draft, code="DEMO-9", position=1)
    assert codes(draft) == ["DEMO-9", *before]
    drafts.requirement_move(by=author, draft=draft, code="DEMO-9", position=99)
    assert codes(draft) == [*before, "DEMO-9"]
    drafts.requirement_remove(by=author, draft=draft, code=before[0])
    assert codes(draft) == [*before[1:], "DEMO-9"]
    drafts.requirement_restore(by=author, draft=draft, code=before[0])
    assert codes(draft) == [*before, "DEMO-9"]


def test_a_new_requirement_lacks_what_it_needs(author, draft):
    drafts.requirement_add(by=author, draft=draft, code="DEMO-9")
    missing = {problem.path for problem in drafts.draft_problems(draft) if problem.code == "DEMO-9"}
    assert ("title_zh",) in missing
    assert ("question_en",) in missing


def test_problems_lead_to_the_character(author, draft):
    content = deepcopy(row(draft).content)
    content["elements"][1]["rules"] = ["存储 & 境内", "存储 ..8 [境内|"]
    (problem,) = drafts.requirement_problems(draft, content)
    assert problem.path == ("elements", 1, "rules", 1)
    assert problem.position == len("存储 ..8 [境内|")


def test_what_would_not_fit_is_said_before_it_is_published(author, draft):
    content = deepcopy(row(draft).content)
    content["title_zh"] = "长" * 201
    content["legal_basis"][0]["ref"] = "条" * 101
    found = drafts.requirement_problems(draft, content)
    assert [problem.path for problem in found] == [("title_zh",), ("legal_basis", 0, "ref")]
    with pytest.raises(drafts.NotACode):
        drafts.requirement_add(by=author, draft=draft, code="A" * 61)


def test_what_was_to_be_examined_again_is_ticked_off(author, draft):
    drafts.requirements_mark(by=author, draft=draft, codes=["DEMO-3-RETENTION"], why="第二条已修订")
    assert row(draft).reexamine == "第二条已修订"
    drafts.requirement_reexamined(by=author, draft=draft, code="DEMO-3-RETENTION")
    assert row(draft).reexamine == ""


def test_an_import_fills_the_draft(author, draft):
    before = codes(draft)
    source = deepcopy(drafts.draft_source(draft))
    source["title_en"] = "Other"
    source["requirements"] = list(reversed(source["requirements"][1:]))
    source["requirements"][0]["title_zh"] = "改过"
    drafts.draft_fill(by=author, draft=draft, source=source)
    draft.refresh_from_db()
    assert drafts.draft_source(draft) == source
    assert draft.requirements.get(removed=True).code == before[0]
    assert draft.requirements.filter(revision=1).count() == 2


def test_the_head_has_a_revision_of_its_own(author, draft):
    head = draft.head | {"title_zh": "新的名称"}
    saved = drafts.head_save(by=author, draft=draft, revision=0, head=head, changelog="改名")
    assert (saved.head["title_zh"], saved.changelog, saved.revision) == ("新的名称", "改名", 1)
    with pytest.raises(drafts.StaleDraft):
        drafts.head_save(by=author, draft=draft, revision=0, changelog="另一个")
    assert drafts.head_save(by=author, draft=draft, revision=1, version="2028.1").version == "2028.1"
    with pytest.raises(drafts.VersionTaken):
        drafts.head_save(by=author, draft=draft, revision=2, version=draft.base.version)


def test_a_discarded_draft_is_closed(author, draft):
    drafts.draft_discard(by=author, draft=draft)
    assert ChecklistDraft.objects.get().state == "discarded"
    with pytest.raises(drafts.NotEditable):
        save(author, draft, title_zh="x")
