"""Several files in a real browser: progress without reload, results, a question answered, and all of it by keyboard
and without script where that should do."""

import io
import threading
import zipfile

import pytest
from django.db import connection
from playwright.sync_api import expect

from checks.models import Audit, IntakeItem, PolicyVersion
from checks.services import background, engagements

from .steps import GOOD, OLD, sign_in

pytestmark = pytest.mark.browser

AGREEMENT = "示例应用用户协议\n" + "\n".join(
    f"{number}. 您不得利用本服务发布违法内容；违反本协议的，我们有权终止服务并要求赔偿损失。" for number in range(1, 30)
)


@pytest.fixture
def engagement(people, shipped):
    return engagements.engagement_create(by=people.auditor, auditee="示例科技有限公司", product="示例应用")


def payload(name, content):
    content = content.encode() if isinstance(content, str) else content
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def archive(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return buffer.getvalue()


def work():
    """What a worker does, in a thread of its own as the server's are."""

    def run():
        try:
            while pk := IntakeItem.objects.filter(state="queued").values_list("pk", flat=True).first():
                background.item_work(pk)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def hand_in(page, engagement, *files):
    page.goto(f"/engagements/{engagement.pk}/upload/")
    page.set_input_files("[name=file]", list(files))
    page.locator("main form .button").first.click()
    page.wait_for_url("**/received/*/")


def test_a_batch_is_watched_answered_and_found_again(page, people, engagement):
    sign_in(page, people.auditor)
    together = archive({"甲/旧版隐私政策.txt": OLD, "乙.bin": b"\x7fELF\x02\x01\x01\0\0"})
    hand_in(
        page,
        engagement,
        payload("新版隐私政策.txt", GOOD),
        payload("协议.txt", AGREEMENT),
        payload("合集.zip", together),
    )
    expect(page.locator("#progress")).to_contain_text("已完成 0 / 3")
    page.reload()
    expect(page.locator("#progress")).to_contain_text("已完成 0 / 3")
    cancel = page.get_by_role("button", name="取消未完成的")
    cancel.focus()
    page.evaluate("document.getElementById('progress').dataset.before = ''")
    expect(page.locator("#progress:not([data-before])")).to_be_visible()  # it was asked for anew
    expect(cancel).to_be_focused()
    work()
    expect(page.locator("#progress")).to_contain_text("1 个待您确认")  # without a reload
    rows = page.locator(".received-file")
    expect(rows).to_have_count(5)
    expect(rows.filter(has_text="乙.bin")).to_contain_text("无法读取此类文件")
    assert Audit.objects.count() == 2
    question = rows.filter(has_text="协议.txt")
    expect(question).to_contain_text("这似乎是用户协议")
    question.get_by_role("button", name="仍然审计").click()
    expect(rows.filter(has_text="协议.txt")).to_contain_text("查看审计发现")
    page.goto(f"/engagements/{engagement.pk}/")
    page.get_by_role("link", name="收到的文件").first.click()
    expect(page.locator("main")).to_contain_text("共 5 个")


def test_a_new_version_is_filed_under_its_policy(page, people, engagement):
    sign_in(page, people.auditor)
    page.goto(f"/engagements/{engagement.pk}/upload/")
    page.set_input_files("[name=file]", payload("隐私政策.txt", GOOD))
    page.locator("main form .button").first.click()
    page.wait_for_url("**/review/**")
    hand_in(page, engagement, payload("隐私政策新.txt", GOOD.decode() + "\n本政策新增一条说明。\n"))
    expect(page.locator("main")).to_contain_text("新增 1 行，删除 0 行，改动 0 行")
    page.get_by_role("button", name="归入并审计").click()
    page.wait_for_url("**/review/**")
    assert [version.number for version in PolicyVersion.objects.order_by("id")] == [1, 2]


def test_without_script_the_page_is_refreshed_by_its_link(open_context, people, engagement):
    context, _watch = open_context(java_script_enabled=False)
    page = sign_in(context.new_page(), people.auditor)
    hand_in(page, engagement, payload("一.txt", OLD), payload("二.txt", AGREEMENT))
    work()
    page.get_by_role("link", name="刷新").click()
    expect(page.locator("#progress")).to_contain_text("1 个待您确认")
    page.get_by_role("button", name="只保存，不审计").click()
    expect(page.locator("#progress")).to_contain_text("2 个文件已完成")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_overflows(page, people, engagement, width):
    sign_in(page, people.auditor)
    hand_in(page, engagement, payload("很长的文件名" * 20 + ".txt", AGREEMENT))
    page.set_viewport_size({"width": width, "height": 800})
    for address in (page.url, f"/engagements/{engagement.pk}/received/", f"/engagements/{engagement.pk}/upload/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
