from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from checks.models import Requirement
from checks.services.checklist import checklist_import
from checks.templatetags.checks_tags import decision_guide, element_titles, searched_words

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client):
    client.force_login(factories.user())
    return client


@pytest.fixture
def version():
    return factories.checklist_version(version="2026.11")


def text_of(response):
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_without_a_checklist_it_says_how_one_comes_in(browser):
    page = text_of(browser.get(reverse("checklist_list")))
    assert "尚无已发布的核查表" in page
    assert "make seed" in page


def test_the_list_shows_every_version_newest_first(browser, version):
    newer = factories.checklist_version(version="2027.01")
    page = text_of(browser.get(reverse("checklist_list")))
    assert page.index(newer.version) < page.index(version.version)
    assert newer.digest in page


def test_a_version_lists_its_requirements_by_domain(browser, version):
    page = text_of(browser.get(reverse("checklist_version", args=[version.pk])))
    for requirement in version.requirements.all():
        assert requirement.title_zh in page
        assert requirement.code in page
        assert reverse("requirement_detail", args=[version.pk, requirement.code]) in page
    for expected in ("告知", "自动化决策", "严重", "示例法", "第一条"):
        assert expected in page


def test_what_is_not_verified_is_marked(browser, version):
    page = text_of(browser.get(reverse("checklist_version", args=[version.pk])))
    assert page.count(">待核</span>") == Requirement.objects.filter(legal_basis__verified=False).count() == 6


def test_the_titles_follow_the_language(browser, version):
    browser.post(reverse("set_language"), {"language": "en"})
    page = text_of(browser.get(reverse("checklist_version", args=[version.pk])))
    assert "Who operates it" in page
    assert "Automated decisions" in page
    assert "Demo Act" in page
    assert "运营者身份" not in page


def test_more_requirements_cost_no_more_queries(browser, version):
    url = reverse("checklist_version", args=[version.pk])
    with CaptureQueriesContext(connection) as six:
        browser.get(url)
    for number in range(10):
        copied = version.requirements.first()
        Requirement.objects.create(
            version=version, position=10 + number, code=f"MORE-{number}", domain="clarity", kind=copied.kind,
            severity=copied.severity, title_zh="又一项", title_en="One more", content=copied.content,
        )  # fmt: skip
    with CaptureQueriesContext(connection) as sixteen:
        assert "又一项" in text_of(browser.get(url))
    assert len(sixteen) == len(six)


def test_a_requirement_shows_everything_needed_to_judge_by_it(browser, version):
    page = text_of(browser.get(reverse("requirement_detail", args=[version.pk, "DEMO-4-PROFILING-OFF"])))
    for expected in (
        "关闭个性化推荐",
        "政策是否写明关闭个性化推荐？",
        "政策提到这类处理",
        "示例法",
        "说明义务",
        "待核",
        "写了一部分。",
        "不涉及。",
        "补充关闭个性化推荐。",
        "写明名称",
        "该核查项尚无规则",
    ):
        assert expected in page
    assert reverse("requirement_detail", args=[version.pk, "DEMO-3-RETENTION"]) in page
    assert reverse("requirement_detail", args=[version.pk, "DEMO-5-CHILDREN"]) in page


def test_an_unknown_code_is_not_found(browser, version):
    assert browser.get(reverse("requirement_detail", args=[version.pk, "NO-SUCH"])).status_code == 404


def test_every_shipped_requirement_is_readable_with_its_rules_and_examples(browser):
    """The real checklist, whatever its entries use of what the loader allows."""
    version = checklist_import()
    text_of(browser.get(reverse("checklist_version", args=[version.pk])))
    for requirement in version.requirements.all():
        page = text_of(browser.get(reverse("requirement_detail", args=[version.pk, requirement.code])))
        content = requirement.content
        detectors = [content.get("trigger") or {}, *content["elements"], *content.get("signals", ())]
        for detector in detectors:
            examples = detector.get("examples", {})
            shown = (*detector.get("rules", ()), *detector.get("unless", ()), *examples.get("match", ()))
            notes = [change["note_zh"] for change in content.get("scales", {}).values() if "note_zh" in change]
            for line in (*shown, *examples.get("no_match", ()), *notes):
                assert " ".join(line.split()) in " ".join(page.split()), requirement.code


def test_searched_words_are_words():
    assert searched_words(["{追踪}", "浏览", "{", "：", "追踪"]) == ["追踪", "浏览"]


def test_elements_are_called_by_their_titles():
    content = {"elements": [{"id": "scope", "title_zh": "适用范围", "title_en": "Scope"}]}
    assert element_titles(["scope", "gone"], content) == ["适用范围", "gone"]


def test_a_shipped_requirement_is_english_in_english(browser):
    version = checklist_import()
    browser.post(reverse("set_language"), {"language": "en"})
    page = text_of(browser.get(reverse("requirement_detail", args=[version.pk, "PIPL-22-MERGER"])))
    for expected in (
        "Article 22",
        "On transfer the recipient’s name and contact details are stated",
        "May be not applicable where the text says",
        "announce it 30 working days ahead",
    ):
        assert expected in page
    trigger = text_of(browser.get(reverse("requirement_detail", args=[version.pk, "PIPL-17-TOC"])))
    assert "The text has a table of contents" in trigger


def test_a_guide_without_english_is_chinese_and_marked_so():
    content = {"decide": {"compliant": "写明了。", "partial": "写了一部分。"}, "decide_en": {"compliant": "Stated."}}
    with override("en"):
        told = [(line["text"], line["language"]) for line in decision_guide(content)]
    assert told == [("Stated.", "en"), ("写了一部分。", "zh-Hans")]
    with override("zh-hans"):
        assert [line["text"] for line in decision_guide(content)] == ["写明了。", "写了一部分。"]
