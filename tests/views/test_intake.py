"""Upload to result with the real engine and the checklist that ships."""

from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from checks.engine import IntakeReason, intake
from checks.models import Audit, IntakeItem, PolicyVersion
from checks.templatetags.checks_tags import WARNINGS
from checks.templatetags.intake_tags import INTAKE_WORDS

from .. import factories

pytestmark = pytest.mark.django_db
TEXT = factories.POLICY


@pytest.fixture
def browser(client, engagement):
    client.force_login(engagement.created_by)
    return client


@pytest.fixture
def checklist(db):
    return factories.checklist_version()


@pytest.fixture
def upload(browser, engagement, checklist):
    url = reverse("policy_upload", args=[engagement.pk])

    def post(content=None, filename="policy.txt", **typed):
        if content is not None:
            typed["file"] = SimpleUploadedFile(filename, content)
        return browser.post(url, {"name": "示例阅读隐私政策"} | typed)

    return post


def text_of(response):
    return unescape(response.content.decode())


@pytest.mark.parametrize(
    ("content", "filename"),
    [
        (TEXT.encode(), "utf8.txt"),
        (TEXT.encode("gb18030"), "gb.txt"),
        (f"<html><body>{TEXT.replace(chr(10), '<br>')}</body></html>".encode(), "page.html"),
    ],
)
def test_a_file_is_kept_audited_and_leads_to_its_findings(upload, engagement, content, filename):
    response = upload(content, filename)
    audit = Audit.objects.get()
    assert response.url == reverse("audit_review", args=[audit.pk])
    version = audit.policy_version
    assert (version.document.engagement, version.document.name) == (engagement, "示例阅读隐私政策")
    assert version.original.open("rb").read() == content
    assert "我们收集您的手机号码" in version.text
    assert audit.findings.count() == 6


def test_pasted_text_is_audited_too(upload):
    response = upload(text=TEXT)
    assert response.url == reverse("audit_review", args=[Audit.objects.get().pk])


def test_a_policy_can_get_its_next_version(upload, browser, engagement):
    upload(text=TEXT)
    document = engagement.policies.get()
    form = text_of(browser.get(reverse("policy_upload", args=[engagement.pk]) + f"?policy={document.pk}"))
    assert f'<option value="{document.pk}" selected>' in form
    upload(text=TEXT + "四、更新\n", name="", document=document.pk)
    assert [version.number for version in document.versions.all()] == [1, 2]


def test_a_policy_of_another_engagement_cannot_be_continued(upload, browser, engagement):
    upload(text=TEXT)
    foreign = factories.policy_version().document
    response = upload(text=TEXT + "又", document=foreign.pk)
    assert response.status_code == 422
    assert foreign.versions.count() == 1


@pytest.mark.parametrize(
    ("content", "filename", "words"),
    [
        (b"\x7fELF\x02\x01\x01\0\0", "policy.exe", "无法读取此类文件"),
        (b"<html><body><script>load()</script></body></html>", "page.html", "没有可读的文字"),
        (bytes(range(128, 256)) * 40, "noise.txt", "无法识别字符编码"),
    ],
)
def test_what_cannot_be_read_is_kept_and_said_in_words_that_help(upload, browser, content, filename, words):
    response = upload(content, filename)
    item = IntakeItem.objects.get()
    assert response.url == reverse("intake_job", args=[item.job_id])
    page = text_of(browser.get(response.url))
    assert words in page
    assert filename in page
    assert reverse("item_original", args=[item.pk]) in page
    assert item.original.open("rb").read() == content
    assert not PolicyVersion.objects.exists()


def test_an_empty_file_is_refused_in_the_form(upload):
    response = upload(b"", "empty.txt")
    page = text_of(response)
    assert response.status_code == 422
    assert "内容为空" in page
    assert 'href="#id_file"' in page
    assert 'value="示例阅读隐私政策"' in page
    assert not IntakeItem.objects.exists()


def test_what_is_too_large_is_said_with_the_limit(upload, settings):
    settings.POLICY_MAX_BYTES = 1024 * 1024
    response = upload(b"x" * (1024 * 1024 + 1))
    assert response.status_code == 422
    assert "超过 1.0\xa0MB" in text_of(response)


def test_too_much_pasted_text_is_refused_and_kept_in_the_form(upload, settings):
    settings.POLICY_MAX_BYTES = 10
    response = upload(text=TEXT)
    assert "超过" in text_of(response)
    assert "我们收集您的手机号码" in text_of(response)


def test_the_same_file_again_leads_to_the_one_that_is_there(upload):
    upload(TEXT.encode())
    version = PolicyVersion.objects.get()
    response = upload(TEXT.encode(), "again.txt")
    assert response.status_code == 422
    assert "完全相同的内容已在本项目中" in text_of(response)
    assert f'<a href="{reverse("policy_version", args=[version.pk])}">' in text_of(response)
    assert PolicyVersion.objects.count() == 1


def test_a_duplicate_is_named_without_trusting_its_name(upload):
    upload(TEXT.encode(), name="<b>粗</b>")
    response = upload(TEXT.encode(), "again.txt")
    assert b"<b>" not in response.content


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "请选择文件，或在下方粘贴文本"),
        ({"text": "  \n "}, "请选择文件，或在下方粘贴文本"),
        ({"content": TEXT.encode(), "text": TEXT}, "文件、网址与粘贴文本请只提供一种"),
        ({"text": TEXT, "name": ""}, "请为新的隐私政策填写名称"),
    ],
)
def test_what_is_missing_is_named(upload, typed, words):
    response = upload(**typed)
    assert response.status_code == 422
    assert words in text_of(response)
    assert not PolicyVersion.objects.exists()


def test_without_a_checklist_the_policy_is_kept_and_the_page_says_what_is_missing(browser, engagement):
    url = reverse("policy_upload", args=[engagement.pk])
    response = browser.post(url, {"name": "政策", "text": TEXT}, follow=True)
    version = PolicyVersion.objects.get()
    assert response.redirect_chain[-1][0] == reverse("policy_version", args=[version.pk])
    assert "尚无已发布的核查表" in text_of(response)


def test_the_text_is_shown_with_its_outline_and_what_is_known_of_the_file(browser, audit):
    version = audit.policy_version
    page = text_of(browser.get(reverse("policy_version", args=[version.pk])))
    assert '<a href="#section-0">一 我们收集的信息</a>' in page
    assert 'id="section-0"' in page
    for line in TEXT.split():
        assert line in page
    for fact in (
        version.sha256,
        version.filename,
        f"{version.characters} 字",
        reverse("audit_detail", args=[audit.pk]),
    ):
        assert fact in page


def test_another_audit_is_offered_to_who_may_run_it(client, engagement, team):
    version = factories.audit(engagement).policy_version
    for person, offered in ((team.auditor, True), (team.viewer, False)):
        client.force_login(person)
        page = client.get(reverse("policy_version", args=[version.pk])).content.decode()
        assert (f'action="{reverse("audit_run", args=[version.pk])}"' in page) is offered
        assert ('name="as_of"' in page) is offered


def test_the_text_is_text_and_never_markup(browser, engagement):
    version = factories.policy_version(engagement, text="<script>alert(1)</script>\n第二行 & <b>粗</b>")
    content = browser.get(reverse("policy_version", args=[version.pk])).content.decode()
    assert "<script>alert" not in content
    assert "&lt;b&gt;粗&lt;/b&gt;" in content
    assert "&lt;/script&gt;\n第二行" in content, "line breaks are kept"


def test_what_was_noticed_while_reading_is_said(browser, engagement):
    version = factories.policy_version(engagement, warnings=["replaced_characters", "hidden_text_left_out"])
    page = text_of(browser.get(reverse("policy_version", args=[version.pk])))
    assert "部分字符无法解码" in page
    assert "对读者隐藏的文字未计入" in page


def test_every_warning_of_the_engine_has_words():
    assert intake.WARNING_CODES
    assert set(WARNINGS) >= intake.WARNING_CODES


def test_every_reason_of_the_engine_has_words():
    assert {reason.value for reason in IntakeReason} == set(INTAKE_WORDS)


def test_the_original_is_a_download_and_nothing_a_browser_would_run(browser, engagement):
    content = b"<script>alert(1)</script>"
    version = factories.policy_version(engagement, text=content.decode(), filename='a"b\r\n政策.html')
    response = browser.get(reverse("policy_original", args=[version.pk]))
    assert b"".join(response.streaming_content) == content
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("attachment")
    assert "\n" not in response["Content-Disposition"]
