"""Received files on the screen: several at once, progress, results, questions, another try."""

from html import unescape
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from checks.engine.kinds import Concern, DocumentKind
from checks.engine.readers.refusals import IntakeReason
from checks.models import Audit, IntakeItem, IntakeJob, PolicyVersion
from checks.services import background
from checks.services.fetching import FetchReason
from checks.templatetags import intake_tags

from .. import factories
from ..services.test_background import AGREEMENT, NEXT, zipped

pytestmark = pytest.mark.django_db
State = IntakeItem.State


@pytest.fixture(autouse=True)
def checklist(db):
    return factories.checklist_version()


@pytest.fixture
def browser(client, engagement):
    client.force_login(engagement.created_by)
    return client


@pytest.fixture
def upload(browser, engagement):
    def post(*contents, names=None, **typed):
        names = names or [f"{number}.txt" for number in range(1, len(contents) + 1)]
        contents = [content.encode() if isinstance(content, str) else content for content in contents]
        files = [SimpleUploadedFile(name, content) for name, content in zip(names, contents, strict=True)]
        typed = {"name": "示例政策", "file": files} | typed
        return browser.post(reverse("policy_upload", args=[engagement.pk]), typed)

    return post


def work():
    while pk := IntakeItem.objects.filter(state=State.QUEUED).values_list("pk", flat=True).first():
        background.item_work(pk)


def text_of(response):
    return unescape(response.content.decode())


def test_several_files_lead_to_their_progress_and_then_to_their_results(upload, browser, engagement):
    archive = zipped({"甲政策.txt": factories.POLICY, "坏.bin": b"\x7fELF\x02\x01\x01\0\0"})
    response = upload(archive, AGREEMENT, "", names=["合集.zip", "协议.txt", "空.txt"])
    job = IntakeJob.objects.get()
    assert response.url == reverse("intake_job", args=[job.pk])
    page = text_of(browser.get(response.url))
    assert "已完成 1 / 3" in page
    assert 'hx-trigger="every 2s"' in page
    assert "可以离开此页" in page
    work()
    page = text_of(browser.get(response.url))
    assert "hx-trigger" not in page
    for words in ("2 个文件已完成", "1 个待您确认", "2 个未读取", "已解压出 2 个文件", "无法读取此类文件", "内容为空"):
        assert words in page
    assert "这似乎是用户协议" in page
    assert reverse("audit_review", args=[Audit.objects.get().pk]) in page
    assert page.index("合集.zip") < page.index("甲政策.txt") < page.index("协议.txt"), "below their archive"


def test_the_poll_brings_the_list_only_when_a_file_has_finished(upload, browser):
    upload(factories.POLICY, "一、乙收集您的个人信息。")
    url = reverse("intake_job", args=[IntakeJob.objects.get().pk])
    same = text_of(browser.get(f"{url}?seen=0-0", headers={"HX-Request": "true"}))
    assert 'id="progress"' in same
    assert 'id="items"' not in same
    background.item_work(IntakeItem.objects.first().pk)
    more = text_of(browser.get(f"{url}?seen=0-0", headers={"HX-Request": "true"}))
    assert "已完成 1 / 2" in more
    assert 'id="items" hx-swap-oob="true"' in more


def test_the_page_of_a_scan_is_told(browser, engagement):
    job = factories.intake_job(engagement)
    factories.intake_item(job, state="running", stage="reading", done=3, total=12, filename="扫描.pdf")
    page = text_of(browser.get(reverse("intake_job", args=[job.pk])))
    assert "扫描.pdf · 正在读取 · 已读 3 / 12 页" in page
    assert '<progress max="12" value="3"' in page


def test_a_kind_warning_stops_the_audit_until_the_auditor_goes_on(upload, browser):
    response = upload(AGREEMENT)
    item = IntakeItem.objects.get()
    assert "这似乎是用户协议" in text_of(browser.get(response.url))
    assert not Audit.objects.exists()
    response = browser.post(reverse("item_answer", args=[item.pk]), {"audit": "1"})
    assert response.url == reverse("audit_review", args=[Audit.objects.get().pk])


def test_a_policy_kept_without_an_audit_keeps_its_warning_and_its_button(upload, browser):
    upload(AGREEMENT)
    response = browser.post(reverse("item_answer", args=[IntakeItem.objects.get().pk]), {"audit": "0"})
    version = PolicyVersion.objects.get()
    assert response.url == reverse("policy_version", args=[version.pk])
    page = text_of(browser.get(response.url))
    assert "这似乎是用户协议" in page
    assert "仍然审计" in page
    assert "用户协议 · 简体中文" in page


def test_what_resembles_a_policy_is_offered_as_its_next_version(upload, browser):
    upload(factories.POLICY)
    here = PolicyVersion.objects.get()
    response = upload(NEXT, name="又一份")
    page = text_of(browser.get(response.url))
    assert "新增 2 行，删除 0 行，改动 1 行" in page
    assert f'name="document" value="{here.document_id}" checked' in page
    item = IntakeItem.objects.get(state=State.QUESTION)
    browser.post(reverse("item_answer", args=[item.pk]), {"audit": "1", "document": here.document_id})
    assert [version.number for version in here.document.versions.all()] == [1, 2]


def test_a_batch_of_next_versions_is_filed_with_one_button(browser, engagement):
    job = factories.intake_job(engagement)
    for number in (1, 2):
        version = factories.policy_version(engagement, text=f"一、第{number}份政策收集信息。")
        factories.intake_item(
            job, content=f"一、新{number}收集信息。", state="question", resembles={"version": version.pk}
        )
    url = reverse("job_answer", args=[job.pk])
    assert url in text_of(browser.get(reverse("intake_job", args=[job.pk])))
    assert "已归入 2 个文件" in text_of(browser.post(url, follow=True))
    work()
    assert engagement.policies.count() == 2
    assert PolicyVersion.objects.count() == 4


def test_too_many_files_are_refused_with_the_number(browser, engagement, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    files = [SimpleUploadedFile(f"{number}.txt", b"x") for number in range(3)]
    response = browser.post(reverse("policy_upload", args=[engagement.pk]), {"file": files})
    assert response.status_code == 400
    assert "最多上传 200 个文件" in text_of(response)


def test_a_foreign_policy_is_no_answer(upload, browser):
    upload(AGREEMENT)
    url = reverse("item_answer", args=[IntakeItem.objects.get().pk])
    for document in (factories.policy_version().document_id, "999999", "x"):
        assert browser.post(url, {"audit": "1", "document": document}).status_code == 404
    assert browser.post(url, {}, follow=True).status_code == 200
    assert IntakeItem.objects.get().state == State.QUESTION


def test_the_same_file_is_told_across_ones_own_engagements_and_never_across_others(upload, browser, engagement):
    mine = factories.policy_version(factories.engagement(engagement.created_by))
    foreign = factories.policy_version()
    upload(factories.POLICY)
    item = IntakeItem.objects.get()
    for place in (reverse("intake_job", args=[item.job_id]), reverse("policy_version", args=[item.policy_version_id])):
        page = text_of(browser.get(place))
        assert reverse("policy_version", args=[mine.pk]) in page
        assert str(mine.document.engagement) in page
        assert foreign.document.engagement.auditee not in page


def test_duplicates_in_a_batch_lead_to_the_first(upload, browser):
    response = upload(factories.POLICY, factories.POLICY)
    work()
    page = text_of(browser.get(response.url))
    assert "完全相同的文件已在本项目中" in page
    assert page.count(reverse("policy_version", args=[PolicyVersion.objects.get().pk])) == 2


def test_cancel_and_try_again(upload, browser):
    upload(factories.POLICY, "一、乙收集您的个人信息。")
    job = IntakeJob.objects.get()
    page = text_of(browser.post(reverse("job_cancel", args=[job.pk]), follow=True))
    assert "已取消 2 个文件" in page
    assert "重试未能读取的文件" in page
    browser.post(reverse("job_retry", args=[job.pk]))
    assert set(job.items.values_list("state", flat=True)) == {State.QUEUED}
    assert "没有可重试的文件" in text_of(browser.post(reverse("job_retry", args=[job.pk]), follow=True))


def test_a_locked_file_asks_for_its_password(browser, engagement):
    item = factories.intake_item(factories.intake_job(engagement), state="failed", reason="needs_password")
    page = text_of(browser.get(reverse("intake_job", args=[item.job_id])))
    assert 'type="password"' in page
    assert "密码不会保存" in page


def test_what_was_received_stays_a_download(browser, engagement):
    item = factories.intake_item(
        factories.intake_job(engagement), content="<script>alert(1)</script>", filename='a"b\r\n.html', state="failed"
    )
    response = browser.get(reverse("item_original", args=[item.pk]))
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
    empty = factories.intake_item(item.job, original="", state="failed", reason="too_large")
    assert browser.get(reverse("item_original", args=[empty.pk])).status_code == 404


def test_names_and_reasons_are_text_and_never_markup(browser, engagement):
    item = factories.intake_item(
        factories.intake_job(engagement),
        filename="<b>x</b>.txt",
        state="failed",
        reason="address_forbidden",
        params={"host": "<i>y</i>"},
    )
    content = browser.get(reverse("intake_job", args=[item.job_id])).content
    assert b"<b>x" not in content
    assert b"<i>y" not in content


def test_a_viewer_sees_and_cannot_act(client, engagement, team):
    job = factories.intake_job(engagement)
    item = factories.intake_item(job, state="failed", reason="ocr_missing")
    question = factories.intake_item(
        job, content=AGREEMENT, state="question", preflight={"concerns": ["user_agreement"]}
    )
    client.force_login(team.viewer)
    page = text_of(client.get(reverse("intake_job", args=[job.pk])))
    assert "未安装文字识别" in page
    assert "这似乎是用户协议" in page
    for name, row in (("item_retry", item), ("item_answer", question)):
        assert reverse(name, args=[row.pk]) not in page


def test_everything_that_was_handed_in_is_listed(upload, browser, engagement):
    url = reverse("intake_jobs", args=[engagement.pk])
    assert "暂无内容" in text_of(browser.get(url))
    upload(factories.POLICY)
    upload(AGREEMENT)
    page = text_of(browser.get(url))
    assert page.index("1 个待您确认") < page.index("1 个文件已完成")
    assert "1 个收到的文件待您确认" in text_of(browser.get(reverse("engagement_detail", args=[engagement.pk])))


class TestAddress:
    def test_the_field_is_there_only_when_fetching_is_on(self, browser, engagement, settings):
        url = reverse("policy_upload", args=[engagement.pk])
        assert 'name="url"' not in text_of(browser.get(url))
        response = browser.post(url, {"name": "x", "url": "https://example.com/"})
        assert response.status_code == 422
        settings.POLICY_URL_FETCH = True
        assert 'name="url"' in text_of(browser.get(url))

    def test_an_address_is_fetched_in_the_background_or_refused_in_the_form(self, browser, engagement, settings):
        settings.POLICY_URL_FETCH = True
        url = reverse("policy_upload", args=[engagement.pk])
        response = browser.post(url, {"name": "x", "url": "ftp://example.com/"})
        assert response.status_code == 422
        assert "这不是网址" in text_of(response)
        response = browser.post(url, {"name": "x", "url": "http://127.0.0.1/"})
        item = IntakeItem.objects.get()
        assert response.url == reverse("intake_job", args=[item.job_id])
        work()
        assert "不在公共互联网上" in text_of(browser.get(response.url))


def test_a_form_sent_twice_is_one_upload(upload):
    key = uuid4()
    assert upload(factories.POLICY, key=key).url == upload(factories.POLICY, key=key).url
    assert IntakeJob.objects.count() == Audit.objects.count() == 1


def test_several_files_cannot_all_be_one_policys_next_version(upload, browser):
    upload(factories.POLICY)
    document = PolicyVersion.objects.get().document_id
    response = upload(NEXT, AGREEMENT, document=document)
    assert response.status_code == 422
    assert "多个文件不能同时成为同一份政策的下一版本" in text_of(response)


def test_every_reason_concern_and_kind_has_words():
    assert {reason.value for reason in IntakeReason} == set(intake_tags.INTAKE_WORDS)
    own = {
        background.DUPLICATE,
        background.UNEXPECTED,
        background.GIVEN_UP,
        background.NO_CHECKLIST,
        background.MISSING,
    }
    assert own | {reason.value for reason in FetchReason} == set(intake_tags.WORK_WORDS)
    assert {concern.value for concern in Concern} == set(intake_tags.CONCERN_WORDS)
    assert {kind.value for kind in DocumentKind} == set(intake_tags.KIND_WORDS)
    for reason in (*intake_tags.INTAKE_WORDS, *intake_tags.WORK_WORDS):
        assert intake_tags.reason_words(reason, {}), "also when an old row lacks what the sentence needs"


def test_pages_and_doubtful_words_are_shown_in_the_text(browser, engagement):
    layout = {"pages": [0, factories.POLICY.index("二、")], "doubtful": [[0, 4, 40]]}
    version = factories.policy_version(
        engagement, layout=layout, counts={"doubtful_words": 3}, warnings=["doubtful_words"]
    )
    page = text_of(browser.get(reverse("policy_version", args=[version.pk])))
    assert "第 1 页" in page
    assert "第 2 页" in page
    assert '<span class="doubtful" title="此处文字识别把握不足">示例阅读</span>' in page
    assert "（3 处）" in page


@pytest.mark.parametrize("count", [1, 30])
def test_the_pages_cost_the_same_for_any_number_of_files(browser, engagement, django_assert_num_queries, count):
    job = factories.intake_job(engagement)
    for number in range(count):
        version = factories.policy_version(engagement, text=f"第{number}份隐私政策，收集个人信息。")
        factories.intake_item(
            job, content=version.text, state="done", policy_version=version, original=version.original.name
        )
        factories.intake_item(job, state="failed", reason="duplicate", params={"version": version.pk})
        factories.intake_item(factories.intake_job(engagement), state="question", resembles={"version": version.pk})
    with django_assert_num_queries(
        11
    ):  # session, user, job, progress (2), repeatable, list (2), named, elsewhere, bell
        browser.get(reverse("intake_job", args=[job.pk]))
    with django_assert_num_queries(6):  # session, user, engagement, jobs (2), bell
        browser.get(reverse("intake_jobs", args=[engagement.pk]))
    with django_assert_num_queries(6):  # the poll: session, user, job, progress (2), repeatable
        browser.get(reverse("intake_job", args=[job.pk]) + f"?seen={2 * count}-0", headers={"HX-Request": "true"})
