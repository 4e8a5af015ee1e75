import io
import json

import openpyxl
import pytest

from checks.models import ActivityEntry, ChecklistDraft, ChecklistVersion
from checks.services import drafts, uploads

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return factories.checklist_author()


@pytest.fixture
def version():
    return factories.sound_version()


def written(source, format="json"):
    return uploads.checklist_file(source=source, format=format)[0]


def read(by, source, format="json", **fields):
    ending = {"yaml": "zip"}.get(format, format)
    content = written(source, format)
    return uploads.upload_read(by=by, filename=f"checklist.{ending}", content=content, **fields)


def reworded(version, title="新标题"):
    source = json.loads(json.dumps(version.source))
    source["requirements"][0]["title_zh"] = title
    return source


@pytest.mark.parametrize("format", ["yaml", "json", "xlsx"])
def test_an_edited_file_fills_its_draft_after_it_was_looked_at(author, version, format):
    draft = factories.draft(author, version)
    upload = read(author, reworded(version), format, draft=draft)
    head, _changes, counts = uploads.upload_comparison(upload=upload)
    assert (list(head), counts["changed"], counts["same"]) == ([], 1, 5)
    assert draft.requirements.first().content["title_zh"] == "运营者身份"  # nothing happens before it is applied
    uploads.upload_apply(by=author, upload=upload)
    assert draft.requirements.first().content["title_zh"] == "新标题"
    assert drafts.draft_source(draft) == reworded(version) | {"version": draft.version}
    assert ActivityEntry.objects.filter(action="draft.imported", object_id=draft.pk).count() == 1
    with pytest.raises(uploads.AlreadyApplied):
        uploads.upload_apply(by=author, upload=upload)


def test_what_the_file_leaves_out_is_removed_and_what_it_adds_is_added(author, version):
    draft = factories.draft(author, version)
    source = reworded(version)
    gone = source["requirements"].pop()
    source["requirements"].append({**source["requirements"][0], "code": "DEMO-7-NEW"})
    counts = uploads.upload_comparison(upload=read(author, source, draft=draft))[2]
    assert (counts["added"], counts["removed"]) == (1, 1)
    uploads.upload_apply(by=author, upload=read(author, source, draft=draft))
    assert draft.requirements.get(code=gone["code"]).removed
    assert drafts.draft_source(draft)["requirements"] == source["requirements"]


def test_a_whole_checklist_from_elsewhere_becomes_a_draft_and_keeps_its_digest(author, version):
    source = json.loads(json.dumps(version.source)) | {"slug": "elsewhere", "version": "7"}
    upload = read(author, source, copy=True)
    assert upload.verified
    draft = uploads.upload_apply(by=author, upload=upload, version="7")
    assert (draft.base, draft.checklist.slug, draft.state) == (None, "elsewhere", ChecklistDraft.State.DRAFT)
    assert drafts.draft_digest(draft) == upload.digest
    assert not ChecklistVersion.objects.filter(checklist__slug="elsewhere").exists()  # never published directly


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_a_copy_that_was_changed_on_its_way_is_refused(author, version, format):
    source = reworded(version)
    content = written(source, format)
    if format == "json":
        content = content.replace("新标题".encode(), "旧标题".encode())
    else:
        from checks.exchange import packages

        content = packages.write_zip(source, "0" * 64)
    name = "copy.json" if format == "json" else "copy.zip"
    with pytest.raises(uploads.DigestDiffers):
        uploads.upload_read(by=author, filename=name, content=content, copy=True)
    assert uploads.upload_read(by=author, filename=name, content=content).verified is False


def test_a_workbook_cannot_prove_to_be_a_copy(author, version):
    with pytest.raises(uploads.DigestMissing):
        read(author, reworded(version), "xlsx", copy=True)


def test_a_draft_that_changed_meanwhile_is_not_overwritten(author, version):
    draft = factories.draft(author, version)
    upload = read(author, reworded(version), draft=draft)
    content = draft.requirements.last().content | {"title_zh": "别人改的"}
    code = draft.requirements.last().code
    drafts.requirement_save(by=author, draft=draft, code=code, content=content, revision=0)
    with pytest.raises(uploads.ChangedMeanwhile):
        uploads.upload_apply(by=author, upload=upload)
    assert draft.requirements.last().content["title_zh"] == "别人改的"


def test_what_the_loader_refuses_is_refused_by_its_place(author, version):
    source = reworded(version)
    source["requirements"][1]["elements"][0]["rules"] = ["[收集"]
    source["requirements"][2]["domain"] = "nowhere"
    with pytest.raises(uploads.FileRefused) as caught:
        read(author, source)
    assert [problem.code for problem in caught.value.problems] == ["DEMO-2-PURPOSE", "DEMO-3-RETENTION"]


def test_a_workbook_says_in_which_cell_stands_what_the_loader_refuses(author, version):
    source = reworded(version)
    source["requirements"][1]["elements"][0]["rules"] = ["[收集"]
    source["requirements"][2]["domain"] = "nowhere"
    content = written(source, "xlsx")
    with pytest.raises(uploads.FileRefused) as caught:
        uploads.upload_read(by=author, filename="a.xlsx", content=content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    places = [place.split(" › ") for place, _problem in caught.value.located]
    assert [book[sheet][cell].value for sheet, cell in places] == ["[收集", "nowhere"]


def test_a_workbook_names_sheet_row_and_column(author, version):
    book = openpyxl.load_workbook(io.BytesIO(written(version.source, "xlsx")))
    book["requirements"]["E4"] = "=SUM(A1)"
    made = io.BytesIO()
    book.save(made)
    with pytest.raises(uploads.FileRefused) as caught:
        uploads.upload_read(by=author, filename="a.xlsx", content=made.getvalue())
    assert [(each.file, each.where, each.code) for each in caught.value.refusals] == [("requirements", "E4", "formula")]


def test_refusals(author, version):
    draft = factories.draft(author, version)
    with pytest.raises(drafts.NotAuthor):
        read(factories.user(), version.source)
    with pytest.raises(uploads.UnknownFormat):
        uploads.upload_read(by=author, filename="checklist.exe", content=b"x")
    with pytest.raises(uploads.UploadTooLarge):
        uploads.upload_read(by=author, filename="a.json", content=b" " * (uploads.LARGEST_UPLOAD + 1))
    with pytest.raises(uploads.NothingNew):
        read(author, version.source)
    with pytest.raises(uploads.NothingNew):
        read(author, version.source, draft=draft)
    with pytest.raises(uploads.OtherChecklist):
        read(author, version.source | {"slug": "other"}, draft=draft)
    drafts.draft_discard(by=author, draft=draft)
    draft.refresh_from_db()
    with pytest.raises(drafts.NotEditable):
        read(author, reworded(version), draft=draft)
    upload = read(author, reworded(version))
    with pytest.raises(drafts.VersionTaken):
        uploads.upload_apply(by=author, upload=upload, version=version.version)
