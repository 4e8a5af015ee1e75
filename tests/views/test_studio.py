"""The screens of the checklist studio, asked for as a browser asks for them, with and without HTMX."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from checks.forms.studio import DraftHeadForm
from checks.models import ChecklistDraft, ChecklistVersion
from checks.services import drafts, instruments, publishing
from checks.services.checklist import checklist_import

from .. import factories
from .test_studio_content import posted

pytestmark = pytest.mark.django_db
CODE = "DEMO-3-RETENTION"


@pytest.fixture
def author(client):
    person = factories.checklist_author("anna")
    client.force_login(person)
    return person


@pytest.fixture
def approver():
    """A second browser, of an approver."""
    browser = Client()
    browser.force_login(factories.checklist_approver("pia"))
    return browser


@pytest.fixture
def draft(author):
    return factories.draft(author)


def text_of(response, status=200):
    assert response.status_code == status
    return unescape(response.content.decode())


def url(name, draft, *more):
    return reverse(name, args=[draft.pk, *more])


def row(draft, code=CODE):
    return draft.requirements.get(code=code)


def form(draft, revision=0, **changes):
    """What the editor sends for the requirement with these values of its content."""
    data = posted(row(draft).content | changes)
    data["revision"] = str(revision)
    for name in ("title_zh", "elements-0-rules", "verdict"):
        data.appendlist("slots", name)
    return data


def save(client, draft, revision=0, htmx=True, code=CODE, **changes):
    data = form(draft, revision, **changes).dict() | {"slots": ["title_zh", "elements-0-rules", "verdict"]}
    data |= {name: form(draft, revision, **changes).getlist(name) for name in ("elements", "signals", "legal_basis")}
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(url("draft_requirement", draft, code), data, headers=headers)


# ---------- from version to draft ----------


def test_a_draft_begins_on_the_page_of_its_version(client, author):
    version = factories.checklist_version()
    page = text_of(client.get(reverse("checklist_version", args=[version.pk])))
    assert reverse("draft_start", args=[version.pk]) in page
    answer = client.post(reverse("draft_start", args=[version.pk]), {"version": "2030.1"})
    draft = ChecklistDraft.objects.get()
    assert answer.url == url("draft_detail", draft)
    assert draft.version in text_of(client.get(reverse("checklist_list")))


def test_a_name_that_is_taken_is_refused_at_its_field(client, author):
    version = factories.checklist_version(version="2030.1")
    answer = client.post(reverse("draft_start", args=[version.pk]), {"version": "2030.1"})
    assert 'href="#id_version"' in text_of(answer, 422)


def test_readers_of_checklists_see_no_studio(client, draft):
    client.force_login(factories.user())
    page = text_of(client.get(reverse("checklist_list")))
    assert draft.version not in page
    assert reverse("draft_start", args=[draft.base_id]) not in text_of(
        client.get(reverse("checklist_version", args=[draft.base_id]))
    )
    compare = reverse("checklist_compare", args=[draft.checklist_id])
    assert client.get(f"{compare}?before=v{draft.base_id}&after=d{draft.pk}").status_code == 404


# ---------- the draft as a whole ----------


def test_the_draft_shows_what_changed_and_what_is_wrong(client, draft, author):
    drafts.requirement_add(by=author, draft=draft, code="NEW-1")
    save(client, draft, title_zh="保存多久")
    drafts.requirements_mark(by=author, draft=draft, codes=["DEMO-5-CHILDREN"], why="条例已修订")
    page = text_of(client.get(url("draft_detail", draft)))
    assert page.count("change-changed") == page.count("change-added") == 1
    assert "条例已修订" in page
    changed = text_of(client.get(url("draft_detail", draft) + "?show=changed"))
    assert "NEW-1" in changed
    assert "DEMO-5-CHILDREN" not in changed
    assert "DEMO-5-CHILDREN" in text_of(client.get(url("draft_detail", draft) + "?show=reexamine"))
    assert "NEW-1" in text_of(client.get(url("draft_detail", draft) + "?show=problems"))
    found = text_of(client.get(url("draft_detail", draft) + "?q=保存多久"))
    assert CODE in found
    assert "NEW-1" not in found
    assert "studio-row" not in text_of(client.get(url("draft_detail", draft) + "?q=无此词"))


def test_requirements_are_moved_removed_and_put_back(client, draft):
    first, second = list(draft.requirements.values_list("code", flat=True))[:2]
    answer = client.post(url("draft_move", draft, first), {"to": second})
    assert answer.url.endswith(f"#row-{first}")
    assert list(draft.requirements.values_list("code", flat=True))[:2] == [second, first]
    client.post(url("draft_remove", draft, first), {"filter": "show=changed"})
    page = text_of(client.get(url("draft_detail", draft)))
    assert url("draft_restore", draft, first) in page
    client.post(url("draft_restore", draft, first))
    assert not draft.requirements.filter(removed=True).exists()


def test_a_new_requirement_stands_in_its_domain_and_opens_the_editor(client, draft):
    answer = client.post(url("requirement_add", draft), {"code": "NEW-1", "domain": "notice"})
    assert answer.url == url("draft_requirement", draft, "NEW-1")
    codes = list(draft.requirements.values_list("code", flat=True))
    assert codes.index("NEW-1") == codes.index("DEMO-2-PURPOSE") + 1
    for code in ("neu", "NEW-1"):
        answer = client.post(url("requirement_add", draft), {"code": code, "domain": "notice"})
        assert "error-summary" in text_of(answer, 422)


def test_the_head_is_saved_and_refused_with_the_line(client, draft):
    values = {name: DraftHeadForm(draft=draft)[name].value() for name in DraftHeadForm(draft=draft).fields}
    values = {name: "" if value is None else value for name, value in values.items()}
    answer = client.post(url("draft_head", draft), values | {"domains": "notice: 告知\n"})
    assert "第 1 行" in text_of(answer, 422)
    answer = client.post(url("draft_head", draft), values | {"groups": "位置: 地点 | 定位", "changelog": "新的词组。"})
    assert answer.url == url("draft_detail", draft)
    draft.refresh_from_db()
    assert draft.head["groups"] == {"位置": ["地点", "定位"]}
    assert draft.head["domains"] == draft.base.source["domains"]
    assert draft.head["instruments"] == draft.base.source["instruments"]
    answer = client.post(url("draft_head", draft), values | {"changelog": "另一个人写的。"})
    page = text_of(answer, 409)
    assert "另一个人写的。" in page
    assert 'name="revision" value="1"' in page


# ---------- one requirement ----------


def test_what_is_typed_is_saved_and_what_is_wrong_is_said_beside_it(client, draft):
    elements = row(draft).content["elements"]
    elements[0]["rules"] = ["保存 & 期限", "保存 ..8 [三年|"]
    page = text_of(save(client, draft, elements=elements, title_zh=""))
    saved = row(draft)
    assert saved.content["elements"][0]["rules"] == ["保存 & 期限", "保存 ..8 [三年|"]
    assert (saved.revision, saved.changed_by.username) == (1, "anna")
    assert 'value="1"' in page
    rules = page[page.index('id="problem-elements-0-rules"') :]
    assert "第 2 行" in rules[: rules.index("</div>")]
    assert 'data-start="11"' in rules
    assert "不能为空" in page[page.index('id="problem-title_zh"') :][:300]


GUIDE = {"compliant": "写明了。", "partial": "写了一半。", "non_compliant": "没写。"}
IN_ENGLISH = {
    "trigger_zh": "如果保存信息",
    "trigger_en": "Only if information is kept",
    "note_zh": "看一看附录。",
    "note_en": "Look at the annex.",
    "decide": GUIDE,
    "decide_en": {"compliant": "Stated.", "partial": "In part.", "non_compliant": "Not stated."},
    "scales": {"small": {"note_zh": "要求较少。", "note_en": "Less is asked of them."}},
}


def slot(page, name):
    """What is said beside a field."""
    start = page.index(f'id="problem-{name}"')
    return page[start : page.index("</div>", start)]


def test_the_editor_has_a_field_for_every_text_in_both_languages(client, draft, author):
    content = row(draft).content | IN_ENGLISH
    basis = {"instrument": "DEMO", "ref": "第一条", "note_zh": "说明义务", "note_en": "What it says"}
    content["legal_basis"] = [basis, basis | {"verified": False}]
    drafts.requirement_save(by=author, draft=draft, code=CODE, content=content, revision=0)
    page = text_of(client.get(url("draft_requirement", draft, CODE)))
    no_fields = {"trigger-id", "trigger-title_zh", "trigger-title_en"}
    assert [name for name in posted(content) if f'name="{name}"' not in page and name not in no_fields] == []
    said = ["Only if information is kept", "Look at the annex.", *IN_ENGLISH["decide_en"].values(),
            "Less is asked of them.", "What it says"]  # fmt: skip
    assert [text for text in said if f">{text}</textarea>" not in page] == []
    save(client, draft, revision=1)
    saved = row(draft).content
    assert {name: saved[name] for name in (*IN_ENGLISH, "legal_basis")} == IN_ENGLISH | {
        "legal_basis": content["legal_basis"]
    }


def test_what_is_wrong_with_the_english_is_said_beside_it(client, draft):
    short = {"compliant": "Stated.", "non_compliant": "Not stated."}
    page = text_of(save(client, draft, **IN_ENGLISH | {"decide_en": short, "trigger_zh": ""}))
    assert "缺少“部分合规”" in slot(page, "decide_en-partial")
    assert "没有与之对应的中文" in slot(page, "trigger_zh")
    gate = text_of(client.get(url("draft_gate", draft)))
    assert f"{url('draft_requirement', draft, CODE)}#problem-decide_en-partial" in gate
    assert "判定标准（英文） › 部分合规" in gate
    page = text_of(save(client, draft, revision=1, **IN_ENGLISH))
    assert "缺少“部分合规”" not in page
    assert "没有与之对应的中文" not in page


def test_the_comparison_shows_the_english(client, draft):
    save(client, draft, **IN_ENGLISH)
    address = f"{reverse('checklist_compare', args=[draft.checklist_id])}?before=v{draft.base_id}&after=d{draft.pk}"
    page = text_of(client.get(address))
    assert "判定标准（英文） › 合规" in page
    english = "".join(re.findall(r'<dd class="diff" lang="en">(.*?)</dd>', page, re.DOTALL))
    for text in ("Only if information is kept", "Look at the annex.", "Stated.", "Less is asked of them."):
        assert text in english


def test_messages_go_when_what_was_wrong_is_right(client, draft):
    save(client, draft, title_zh="")
    page = text_of(save(client, draft, revision=1, title_zh="期限"))
    slot = page[page.index('id="problem-title_zh"') :]
    assert "<p>" not in slot[: slot.index("</div>")]


def test_who_comes_second_keeps_what_was_typed(client, draft):
    other = factories.checklist_author("bert")
    content = row(draft).content | {"title_zh": "别人写的"}
    drafts.requirement_save(by=other, draft=draft, code=CODE, content=content, revision=0)
    page = text_of(save(client, draft, title_zh="我写的"), 409)
    assert "bert" in page
    assert 'id="conflict"' in page
    page = text_of(save(client, draft, htmx=False, title_zh="我写的"), 409)
    assert 'value="我写的"' in page
    data = form(draft, 0, title_zh="我写的").dict() | {"over": "1"}
    assert client.post(url("draft_requirement", draft, CODE), data).status_code == 302
    assert row(draft).content["title_zh"] == "我写的"


def test_the_form_works_without_script(client, draft):
    page = text_of(client.get(url("draft_requirement", draft, CODE)))
    assert 'id="laboratory"' in page
    assert "data-rule" in page
    answer = save(client, draft, htmx=False, title_zh="保存多久")
    assert answer.url == url("draft_requirement", draft, CODE)
    data = form(draft, 1).dict() | {"act": "elements-add"} | {"elements": ["0", "1"], "legal_basis": ["0", "1"]}
    answer = client.post(url("draft_requirement", draft, CODE), data)
    assert answer.url.endswith("#elements-2")
    assert [part["id"] for part in row(draft).content["elements"]] == ["named", "place", ""]
    data = form(draft, 2).dict() | {"act": "elements-1-up", "elements": ["0", "1", "2"], "legal_basis": ["0", "1"]}
    client.post(url("draft_requirement", draft, CODE), data)
    assert [part["id"] for part in row(draft).content["elements"]] == ["place", "named", ""]


def test_a_published_code_cannot_change(client, draft):
    data = form(draft).dict() | {"code": "OTHER-1"}
    page = text_of(client.post(url("draft_requirement", draft, CODE), data, headers={"HX-Request": "true"}), 422)
    assert "save-state-wrong" in page


def test_an_instrument_picked_from_the_register_is_named_in_the_head(client, author, draft):
    instruments.instrument_add(by=author, key="NEWLAW", title_zh="新示例法", title_en="New Demo Act")
    page = text_of(client.get(url("draft_requirement", draft, CODE)))
    assert '<option value="NEWLAW"' in page
    bases = [*row(draft).content["legal_basis"], {"instrument": "NEWLAW", "ref": "第二条", "note_zh": "要点"}]
    page = text_of(save(client, draft, legal_basis=bases))
    assert "没有法律文件" not in page
    draft.refresh_from_db()
    assert draft.head["instruments"][-1]["title_zh"] == "新示例法"


def test_approvers_read_and_do_not_write(approver, draft):
    page = text_of(approver.get(url("draft_requirement", draft, CODE)))
    assert "hx-post" not in page
    assert save(approver, draft).status_code == 403


# ---------- comparing ----------


def test_the_comparison_is_word_by_word(client, draft):
    save(client, draft, title_zh="个人信息的存储期限")
    drafts.requirement_remove(by=row(draft).changed_by, draft=draft, code="DEMO-5-CHILDREN")
    address = f"{reverse('checklist_compare', args=[draft.checklist_id])}?before=v{draft.base_id}&after=d{draft.pk}"
    page = text_of(client.get(address))
    assert "<ins>" in page
    assert "change-removed" in page
    assert "DEMO-1-IDENTITY" not in page
    assert "DEMO-1-IDENTITY" in text_of(client.get(address + "&all=1"))


# ---------- from draft to version ----------


def submitted(author, draft):
    content = row(draft).content | {"title_zh": "保存多久"}
    drafts.requirement_save(by=author, draft=draft, code=CODE, content=content, revision=0)
    draft = drafts.head_save(by=author, draft=draft, revision=0, changelog="标题写得更明白。")
    return publishing.draft_submit(by=author, draft=draft)


def test_somebody_else_approves(client, author, approver, draft):
    submitted(author, draft)
    assert "draft_approve" not in text_of(client.get(url("draft_detail", draft)))
    page = text_of(approver.get(url("draft_detail", draft)))
    digest = drafts.draft_digest(draft)
    assert f'value="{digest}"' in page
    answer = approver.post(url("draft_approve", draft), {"digest": digest})
    version = ChecklistVersion.objects.newest_first().first()
    assert answer.url == reverse("checklist_version", args=[version.pk])
    page = text_of(client.get(answer.url))
    assert "标题写得更明白。" in page
    assert version.digest == digest


def test_what_changed_after_looking_is_not_approved(approver, author, draft):
    submitted(author, draft)
    page = text_of(approver.post(url("draft_approve", draft), {"digest": "0" * 64, "approval": "看过了"}), 422)
    assert "看过了" in page
    assert ChecklistVersion.objects.count() == 1


def test_a_refused_draft_says_why_and_where(client, author, draft):
    drafts.head_save(by=author, draft=draft, revision=0, changelog="新的一项。")
    drafts.requirement_add(by=author, draft=draft, code="NEW-1")
    page = text_of(client.post(url("draft_submit", draft)), 422)
    assert f"{url('draft_requirement', draft, 'NEW-1')}#f-title_zh" in page


def test_sending_back_keeps_the_note(approver, author, client, draft):
    submitted(author, draft)
    assert "error-summary" in text_of(approver.post(url("draft_send_back", draft), {"note": ""}), 422)
    approver.post(url("draft_send_back", draft), {"note": "英文标题也要改。"})
    assert "英文标题也要改。" in text_of(client.get(url("draft_detail", draft)))


def test_a_version_is_retired_with_a_reason(approver, client, author):
    old, new = factories.checklist_version(), factories.checklist_version()
    assert "error-summary" in text_of(approver.post(reverse("version_retire", args=[old.pk]), {"reason": " "}), 422)
    approver.post(reverse("version_retire", args=[old.pk]), {"reason": "由新版取代。"})
    assert "由新版取代。" in text_of(client.get(reverse("checklist_version", args=[old.pk])))
    page = text_of(approver.post(reverse("version_retire", args=[new.pk]), {"reason": "也旧了。"}), 422)
    assert "error-summary" in page


def test_another_version_can_be_chosen_for_an_audit(client, engagement):
    client.force_login(engagement.created_by)
    policy = factories.policy_version(engagement)
    checklist_import()
    later = factories.checklist_version()
    page = text_of(client.get(reverse("policy_version", args=[policy.pk])))
    assert f'value="{later.pk}"' in page
    client.post(reverse("audit_run", args=[policy.pk]), {"checklist_version": later.pk})
    assert policy.audits.get().checklist_version == later
    publishing.version_retire(by=factories.checklist_approver(), version=later, reason="旧")
    client.post(reverse("audit_run", args=[policy.pk]), {"checklist_version": later.pk})
    assert policy.audits.count() == 1


# ---------- queries ----------


@pytest.fixture
def eighty(author):
    base = checklist_import()
    return drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2027.01")


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_pages_ask_the_same_of_six_and_of_eighty(client, draft, eighty):
    compare = lambda one: (  # noqa: E731
        f"{reverse('checklist_compare', args=[one.checklist_id])}?before=v{one.base_id}&after=d{one.pk}"
    )
    for address in (
        lambda one: url("draft_detail", one),
        lambda one: url("draft_head", one),
        compare,
        lambda one: url("draft_requirement", one, one.requirements.first().code),
    ):
        few, many = queries(client, address(draft)), queries(client, address(eighty))
        assert few == many <= 16


def test_the_list_of_checklists_asks_the_same_of_one_and_of_many(client, draft):
    few = queries(client, reverse("checklist_list"))
    for _ in range(3):
        factories.draft(draft.author)
    assert queries(client, reverse("checklist_list")) == few


def test_a_version_says_from_when_it_applies(client, author, approver, draft):
    later = timezone.localdate() + timedelta(days=30)
    drafts.head_save(by=author, draft=draft, revision=0, applies_from=later)
    content = row(draft).content | {"title_zh": "保存多久"}
    drafts.requirement_save(by=author, draft=draft, code=CODE, content=content, revision=0)
    drafts.head_save(by=author, draft=draft, revision=1, changelog="标题。")
    publishing.draft_submit(by=author, draft=draft)
    approver.post(url("draft_approve", draft), {"digest": drafts.draft_digest(draft)})
    assert "state-waiting" in text_of(client.get(reverse("checklist_list")))
