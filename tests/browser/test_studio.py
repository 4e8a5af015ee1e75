"""A requirement with three elements, from nothing to published: its author at one machine, the approver at another."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from checks.models import ChecklistVersion
from checks.services import drafts

from .. import factories
from .conftest import TIMEOUT
from .steps import Held, sign_in
from .test_accessibility import violations

pytestmark = pytest.mark.browser
CODE = "TEST-1-AUTOFILL"
ELEMENTS = (
    ("told", "写明会自动填写哪些内容", "[自动填写|自动填充] ..20 [地址|姓名|号码]",
     "我们会自动填写您的地址。\n\n开启后自动填充姓名和号码。", "请您填写地址。\n\n我们收集您的姓名。"),
    ("purpose", "写明自动填写的目的", "[用于|为了] ..20 [填写|填充]",
     "这些内容用于自动填写表单。\n\n为了快速填充订单，我们保存地址。", "用于改进服务。\n\n为了安全，我们加密保存。"),
    ("off", "写明如何关闭", "[关闭|停用] ..20 [自动填写|自动填充]",
     "您可以在设置中关闭自动填写。\n\n如需停用自动填充，请联系我们。", "您可以关闭推送。\n\n自动填写默认开启。"),
)  # fmt: skip
TEXTS = {
    "title_zh": "自动填写",
    "title_en": "Autofill",
    "question_zh": "文本是否写明自动填写的内容、目的与关闭方式？",
    "question_en": "Does the text say what is filled in, what for, and how to turn it off?",
    "decide-compliant": "三项齐备。",
    "decide-partial": "缺一项或两项。",
    "decide-non_compliant": "都没有写。",
    "decide-not_applicable": "没有自动填写功能。",
    "remediation_zh": "补充自动填写的内容、目的与关闭方式。",
    "remediation_en": "Say what is filled in, what for, and how to turn it off.",
}


def picture(page, name):
    """Kept where STUDIO_PICTURES names a folder."""
    if folder := os.environ.get("STUDIO_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def author():
    return factories.checklist_author("anna")


def test_a_requirement_from_nothing_to_published(open_context, shipped, author):
    page = sign_in(open_context()[0].new_page(), author)
    page.goto("/checklists/")
    page.click("table th a")
    page.get_by_role("link", name="以此版本建立草稿").click()
    page.fill("[name=version]", "2027.01")
    page.get_by_role("button", name="建立草稿").click()
    page.wait_for_url("**/studio/drafts/*/")
    draft_url = page.url
    page.fill("[name=code]", CODE)
    page.select_option("[name=domain]", "notice")
    page.get_by_role("button", name="添加并编辑").click()
    page.wait_for_url(f"**/{CODE}/")
    write(page)
    picture(page, "1-editor")

    page.get_by_role("link", name="返回草稿").click()
    expect(page.locator(f"#row-{CODE}")).to_contain_text("新增")
    page.get_by_role("link", name="填写", exact=True).click()
    page.fill("[name=changelog]", "新增一项：自动填写。")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("aside")).to_contain_text("新增一项：自动填写。")
    picture(page, "2-draft")
    page.get_by_role("button", name="提交复核").click(no_wait_after=True)
    expect(page.locator(".message-success")).to_contain_text("已进入复核", timeout=3 * TIMEOUT)

    context, _watch = open_context()
    page = sign_in(context.new_page(), factories.checklist_approver("pia"))
    page.goto(draft_url)
    page.get_by_role("link", name="差异").click()
    expect(page.locator(f"#{CODE}")).to_contain_text("自动填写")
    picture(page, "3-differences")
    page.goto(draft_url)
    page.get_by_role("button", name="批准并发布").click(no_wait_after=True)
    page.wait_for_url("**/checklists/*/", timeout=3 * TIMEOUT)
    expect(page.locator("main")).to_contain_text(CODE)
    picture(page, "4-published")
    version = ChecklistVersion.objects.newest_first().first()
    assert (version.version, version.requirements.count()) == ("2027.01", shipped.requirements.count() + 1)
    content = version.requirements.get(code=CODE).content
    assert [part["id"] for part in content["elements"]] == [element[0] for element in ELEMENTS]


def write(page):
    """Everything that the requirement says; it is saved by itself, but for the buttons that add rows."""
    for name, text in TEXTS.items():
        page.fill(f"[name='{name}']", text)
    page.get_by_role("button", name="添加法律依据").click()
    page.select_option("[name=legal_basis-0-instrument]", "PIPL")
    page.fill("[name=legal_basis-0-ref]", "第十七条第一款")
    page.fill("[name=legal_basis-0-note_zh]", "处理的目的与方式须告知")
    for key, (name, title, rules, match, no_match) in enumerate(ELEMENTS):
        page.get_by_role("button", name="添加要素").click()
        page.locator(f"#elements-{key}").wait_for()
        page.fill(f"[name=elements-{key}-id]", name)
        page.fill(f"[name=elements-{key}-title_zh]", title)
        page.fill(f"[name=elements-{key}-rules]", rules)
        page.fill(f"[name=elements-{key}-match]", match)
        page.fill(f"[name=elements-{key}-no_match]", no_match)
    page.fill(
        "[name=verdict]",
        "compliant: told & purpose & of\npartial: met(told, purpose, off) >= 1\nnon_compliant: otherwise",
    )
    wrong = page.locator("#problem-verdict")
    expect(wrong).to_contain_text("没有“of”", timeout=TIMEOUT)
    wrong.locator("button").click()
    assert page.evaluate("document.activeElement.name") == "verdict"
    page.keyboard.press("Home")
    page.keyboard.press("End")
    page.keyboard.type("f")
    expect(page.locator("#save-state")).to_contain_text("未发现问题", timeout=TIMEOUT)


def test_two_authors_on_one_requirement(open_context, shipped, author):
    draft = drafts.draft_start(by=author, checklist=shipped.checklist, base=shipped, version="2027.02")
    context, watch = open_context()
    watch.expected = ("409",)
    page = sign_in(context.new_page(), author)
    page.goto(f"/studio/drafts/{draft.pk}/PIPL-17-NAME/")
    other = factories.checklist_author("bert")
    row = draft.requirements.get(code="PIPL-17-NAME")
    content = row.content | {"title_zh": "别人的标题"}
    drafts.requirement_save(by=other, draft=draft, code=row.code, content=content, revision=0)
    page.fill("[name=title_zh]", "我的标题")
    expect(page.locator("#conflict")).to_contain_text("bert", timeout=TIMEOUT)
    picture(page, "5-conflict")
    expect(page.locator("[name=title_zh]")).to_have_value("我的标题")
    page.get_by_role("button", name="以我的内容覆盖").click()
    expect(page.locator(".message-success")).to_be_visible()
    row.refresh_from_db()
    assert row.content["title_zh"] == "我的标题"
    page.locator("#elements-0").get_by_label("移除").check()
    ids = [part["id"] for part in content["elements"]]
    expect(page.locator("#revision")).to_have_value("3", timeout=TIMEOUT)
    row.refresh_from_db()
    assert [part["id"] for part in row.content["elements"]] == ids[1:]
    page.locator("#elements-0").get_by_label("移除").uncheck()
    expect(page.locator("#revision")).to_have_value("4", timeout=TIMEOUT)
    row.refresh_from_db()
    assert [part["id"] for part in row.content["elements"]] == ids


def test_a_button_takes_along_what_was_typed_while_something_was_being_saved(open_context, shipped, author):
    """The saving that waits behind the first one must not carry the button's act: it would be done twice."""
    draft = drafts.draft_start(by=author, checklist=shipped.checklist, base=shipped, version="2027.04")
    row = draft.requirements.get(code="PIPL-17-NAME")
    before = len(row.content["legal_basis"])
    page = sign_in(open_context()[0].new_page(), author)
    held = Held(page, "**/PIPL-17-NAME/")
    page.goto(f"/studio/drafts/{draft.pk}/PIPL-17-NAME/")
    page.fill("[name=title_zh]", "第一次")
    held.wait()
    page.fill("[name=title_zh]", "第二次")
    page.get_by_role("button", name="添加法律依据").click(no_wait_after=True)
    page.wait_for_timeout(1200)  # longer than the editor waits after typing
    held.let_go()
    expect(page.locator("[data-list=legal_basis] > [data-row]")).to_have_count(before + 1)
    expect(page.locator("[name=title_zh]")).to_have_value("第二次")
    expect(page.locator("#conflict")).to_be_empty()
    row.refresh_from_db()
    assert (row.content["title_zh"], len(row.content["legal_basis"])) == ("第二次", before + 1)


def test_a_held_key_moves_a_requirement_once(open_context, author):
    draft = factories.draft(author)
    codes = list(draft.requirements.values_list("code", flat=True))
    page = sign_in(open_context()[0].new_page(), author)
    held = Held(page, "**/move/")
    page.goto(f"/studio/drafts/{draft.pk}/")
    page.locator(f"#row-{codes[1]} a").first.focus()
    for _time in range(3):
        page.keyboard.press("Alt+ArrowUp")
    held.wait()
    assert len(held.routes) == 1
    held.let_go()
    expect(page.locator("[data-orders] > [data-code]").first).to_have_attribute("data-code", codes[1])
    assert list(draft.requirements.values_list("code", flat=True)) == [codes[1], codes[0], *codes[2:]]


def test_no_screen_of_the_studio_has_a_serious_violation(open_context, shipped, author):
    draft = drafts.draft_start(by=author, checklist=shipped.checklist, base=shipped, version="2027.03")
    row = draft.requirements.get(code="PIPL-17-NAME")
    content = row.content | {"title_zh": "", "question_zh": "另一个问题？"}
    drafts.requirement_save(by=author, draft=draft, code=row.code, content=content, revision=0)
    drafts.requirement_remove(by=author, draft=draft, code="PIPL-17-IDENTITY")
    page = sign_in(open_context()[0].new_page(), author)
    found = {}
    for address in (
        "/checklists/",
        f"/studio/drafts/{draft.pk}/",
        f"/studio/drafts/{draft.pk}/head/",
        f"/studio/drafts/{draft.pk}/PIPL-17-NAME/",
        f"/studio/checklists/{draft.checklist_id}/compare/",
    ):
        page.goto(address)
        if grave := violations(page):
            found[address] = grave
    assert found == {}
