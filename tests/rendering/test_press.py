"""Reports as they are made today, read back by other programs than the one that made them."""

import base64
import copy
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
import yaml
from django.db import transaction
from django.utils import translation
from PIL import Image

from checks.models import Audit
from checks.rendering.attached import attached_json, digest_agrees, read_attached
from checks.rendering.changes import report_changes
from checks.rendering.context import build_context, context_digest
from checks.rendering.pdf import TEMPLATES, render_pdf
from checks.rendering.words import WORDS
from checks.services.reading import policy_views

from .. import factories
from .test_pdf import bookmarks, fonts, read, without_space

pytestmark = pytest.mark.django_db  # for the database behind the module's fixtures

ROOT = Path(__file__).resolve().parents[2]
PRESS = ROOT / "templates/checks/rendering"
CLOSED = {"v1": "65243f1289d2c5f2dba20bd6b759a98a0ef60b0d0a143f2c7e034ec18e04424a"}
NAMES = sorted(TEMPLATES)
LANGUAGES = ("zh-hans", "en", "bilingual")
WITH_QUOTES = [name for name in NAMES if name != "v2/executive"]
HOSTILE = """示例阅读#read("/etc/passwd")隐私政策
一、我们收集的信息 *不是粗体* _不是斜体_ $x^2$ @finding-1 <标签> = 伪造的标题
#import "@preview/evil:1.0.0": * \\ [括号] {花括号} // 注释 /* 注释 */ `代码`
您可以在“设置—账号”中查询（含订单、地址）；<script>alert(1)</script>
"""
RARE = "表情😀私用\ue001零宽\u200b字节序\ufeff控制\x07"


@pytest.fixture(scope="module")
def contexts(django_db_setup, django_db_blocker):
    """The contexts of one signed audit by language, and under "draft" one of the same audit before the signature."""
    with django_db_blocker.unblock(), transaction.atomic():
        engagement = factories.engagement(lead=factories.user("lin", first_name="林若岚"))
        team = factories.team(engagement)
        audit = factories.audit(engagement)
        views = policy_views(Audit.objects.get(pk=audit.pk))
        at = audit.started_at
        made = {"draft": build_context(audit, None, language="zh-hans", number="DRAFT-7", at=at, views=views)}
        factories.decide_all(audit, by=team.auditor)
        sign_off = factories.sign_off(audit, by=factories.user("wang", first_name="王复核"))
        for language in LANGUAGES:
            made[language] = build_context(audit, sign_off, language=language, number="PA-2026-000007", views=views)
        transaction.set_rollback(True)
    return made


@pytest.fixture
def context(contexts):
    return copy.deepcopy(contexts["zh-hans"])


@pytest.fixture(scope="module")
def printed(contexts):
    """``printed(template, language)``: the PDF, each made once."""
    kept = {}

    def make(template="v2/standard", language="zh-hans"):
        if (template, language) not in kept:
            kept[template, language] = render_pdf(sealed(contexts[language] | {"template": template}))
        return kept[template, language]

    return make


def sealed(context):
    """The context with its digest computed again."""
    context = copy.deepcopy(context)
    context["digests"]["context"] = context_digest(context)
    return context


def pages(content):
    return [without_space(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(content)]


def attachment(content):
    document = pypdfium2.PdfDocument(content)
    assert document.count_attachments() == 1
    only = document.get_attachment(0)
    return only.get_name(), bytes(only.get_data())


# ---------- What it says


@pytest.mark.parametrize("template", WITH_QUOTES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_quote_stands_in_it_letter_by_letter(contexts, printed, template, language):
    text = read(printed(template, language))
    shown = [
        finding
        for finding in contexts[language]["findings"]
        if template != "v2/regulator" or finding["verdict"] not in ("compliant", "not_applicable")
    ]
    quotes = [piece["quote"] for finding in shown for piece in finding["evidence"]]
    assert quotes
    assert [quote for quote in quotes if without_space(quote) not in text] == []


@pytest.mark.parametrize("template", NAMES)
def test_number_digest_and_place_stand_on_every_page(contexts, printed, template):
    content = printed(template)
    digest = sealed(contexts["zh-hans"] | {"template": template})["digests"]["context"]
    found = pages(content)
    for number, text in enumerate(found, 1):
        assert "PA-2026-000007" in text
        assert digest in text
        assert number == 1 or f"第{number}页共{len(found)}页" in text


def test_the_command_that_computes_the_policys_digest_is_printed(printed):
    assert "sha256sumFILE" in without_space("".join(pages(printed())))


def test_the_standard_report_has_all_its_chapters_and_its_contents_lead_to_them(printed):
    content = printed(language="en")
    chapters = [(title, page) for level, title, page in bookmarks(content) if level == 0]
    named = [re.sub(r"^[\dA-Z]\s+", "", title) for title, _ in chapters]
    assert named == [
        "Contents", "Management summary", "Scope, basis, method and limits", "Results by domain", "Findings",
        "Handling of personal information as the policy describes it", "Remediation plan", "Sign-off",
        "Outline of the policy", "Full text of the policy with evidence numbers", "Checklist version and accuracy",
        "Integrity",
    ]  # fmt: skip
    lines = pypdfium2.PdfDocument(content)[1].get_textpage().get_text_range()
    flat = re.sub(r"[\s.]", "", lines)
    for title, page in chapters[1:]:
        assert re.sub(r"[\s.]", "", title) + str(page + 1) in flat


def test_findings_have_bookmarks_and_say_what_was_decided(contexts, printed):
    content = printed()
    titles = [without_space(title) for _, title, _ in bookmarks(content)]
    text = read(content)
    for finding in contexts["zh-hans"]["findings"]:
        assert any(title.endswith(without_space(finding["title"]["text"])) for title in titles)
        assert finding["code"] in text
    for wanted in ("补充保存期限。", "没有写明期限", "查找范围", "整改建议", "责任人", "待核对"):
        assert wanted in text
    for wanted in ("✓合规", "◐部分合规", "×不合规", "–不适用"):
        assert wanted in text


def test_the_whole_policy_stands_in_the_appendix_with_the_numbers_of_its_evidence(contexts, printed):
    context = contexts["zh-hans"]
    found = pages(printed())
    begin = next(page for _, title, page in bookmarks(printed()) if "政策全文" in title)
    appendix = "".join(found[begin:])
    for line in context["text"].splitlines():
        assert without_space(line) in appendix
    for finding in context["findings"]:
        for piece in finding["evidence"]:
            assert piece["number"] in appendix


def test_working_papers_name_procedure_judgement_and_hands_for_every_requirement(contexts, printed):
    text = read(printed("v2/papers"))
    total = len(contexts["zh-hans"]["findings"])
    for position in range(1, total + 1):
        assert f"PA-2026-000007-{position:03d}" in text
    for words in ("审计程序", "判断", "编制", "复核"):
        assert text.count(words) >= total


def test_the_regulators_report_gives_the_legal_bases_of_every_requirement(contexts, printed):
    text = read(printed("v2/regulator"))
    for words in ("审计依据", "审计结论", "逐项审计结果", "审计人员签字与机构盖章"):
        assert words in text
    for finding in contexts["zh-hans"]["findings"]:
        for basis in finding["legal_bases"]:
            assert without_space(basis["ref"]) in text


def test_bilingual_is_chinese_first_and_quotes_once(contexts, printed):
    content = printed("v2/papers", "bilingual")
    text = read(content)
    assert "审计程序Procedure" in text
    assert "Purposes" in text
    quote = without_space(contexts["bilingual"]["findings"][0]["evidence"][0]["quote"])
    assert text.count(quote) == read(printed("v2/papers")).count(quote)


def test_english_says_nothing_in_chinese_but_what_is_chinese(printed):
    text = read(printed(language="en"))
    for wanted in ("Managementsummary", "Majordeficiencies", "Notcompliant", "Page2of"):
        assert wanted in text
    for words in ("审计摘要", "整改建议", "字符", "第2页"):
        assert words not in text


def test_views_of_the_policy_are_tables(context):
    place = {"start": 3, "end": 9, "quote": "蓝鲸支付 SDK", "clause": "四"}
    context["views"]["sdks"] = [
        {"name": place, "provider": None, "purpose": None, "data": None, "link": None, "source": place}
    ]
    context["views"]["contradictions"] = [
        {
            "code": "period",
            "subject": "日志",
            "left": place | {"quote": "保存六个月"},
            "right": place | {"quote": "保存三年"},
        }
    ]
    text = read(render_pdf(sealed(context)))
    for wanted in ("蓝鲸支付SDK", "未写明", "同一事项两个期限：日志", "保存六个月", "保存三年"):
        assert wanted in text


def test_changes_tailoring_observations_and_house_have_their_place(context):
    before = copy.deepcopy(context)
    before["number"] = "PA-2026-000003"
    before["findings"][0]["verdict"] = "undetermined"
    context["changes"] = report_changes(before, context)
    context["tailoring"] = [
        {
            "what": "severity",
            "code": "X-1",
            "title": {"text": "某项", "language": "zh-hans"},
            "severity": "critical",
            "severity_before": "minor",
            "reason": "产品没有此功能。",
            "by": "林若岚",
            "at": "2026-11-01",
        }
    ]
    place = {"start": 9, "end": 18, "quote": "一、我们收集的信息", "clause": "一", "number": "O2.1"}
    context["observations"] = [
        {
            "number": 2, "title": "关闭入口藏得太深", "severity": "major", "facts": "第一段。\n第二段。",
            "legal_basis": ["示例法 第一条"], "remediation": "移到首页。", "evidence": [place],
            "written_by": "陈审计", "written_at": "2026-11-01T09:00:00+08:00",
        }
    ]  # fmt: skip
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "#7a1f3d").save(picture, "PNG")
    context["house"] |= {
        "version": 3,
        "organisation": {"zh": "明衡合规", "en": "Mingheng"},
        "logo": "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode(),
        "disclaimer": {"zh": "仅供委托方使用。", "en": ""},
        "accent": "#7a1f3d",
    }
    content = render_pdf(sealed(context))
    text = read(content)
    for wanted in (
        "与上一份报告的差异", "PA-2026-000003", "对核查表的调整", "产品没有此功能。", "核查表之外的补充发现", "O2.1",
        "第二段。", "示例法第一条", "移到首页。", "明衡合规", "仅供委托方使用。",
    ):  # fmt: skip
        assert wanted in text
    assert any(image for image in pypdfium2.PdfDocument(content)[0].get_objects(filter=[3]))


# ---------- Drafts


@pytest.mark.parametrize("template", NAMES)
def test_every_page_of_a_draft_is_marked_and_nobody_has_signed_it(printed, template):
    found = pages(printed(template, "draft"))
    assert all("草稿DRAFT" in text for text in found)
    assert "未经签发" in "".join(found)
    assert not any("草稿" in text for text in pages(printed(template)))


# ---------- What fits


def crowded(context):
    """The same with many domains, many grave gaps, long reasons, words that cannot be broken."""
    context = copy.deepcopy(context)
    long = {"text": "这是一条很长的理由，" * 40, "language": "zh-hans", "en": "A very long reason indeed. " * 20}
    gap = next(finding for finding in context["findings"] if finding["severity"] == "critical")
    title = {"text": "标题很长的核查项" * 8, "language": "zh-hans", "en": "A very long title " * 8}
    context["findings"] += [
        gap
        | {
            "code": f"X-{n}", "position": 100 + n, "domain": f"d{n}", "verdict": "non_compliant", "title": title,
            "rationale": long, "remediation": long, "owner": "W" * 80,
            "evidence": [{"start": n, "end": n + 1, "quote": "h" * 400, "clause": "", "elements": [], "number": f"E{n}"}],
        }
        for n in range(30)
    ]  # fmt: skip
    context["summary"]["gaps"] = [f"X-{n}" for n in range(30)]
    zero = context["domains"][0]
    context["domains"] += [
        zero | {"id": f"d{n}", "title": {"text": f"领域{n}", "language": "zh-hans", "en": f"Domain {n}"}}
        for n in range(30)
    ]
    context["product"] = "名字很长的产品" * 20
    context["auditee"] = "Auditee" * 25
    return context


@pytest.mark.parametrize("language", ["zh-hans", "bilingual", "draft"])
def test_the_executive_report_has_four_pages_whatever_it_says(contexts, printed, language):
    assert len(pages(printed("v2/executive", language))) == 4
    assert len(pages(render_pdf(sealed(crowded(contexts[language]) | {"template": "v2/executive"})))) == 4


def test_the_summary_stays_on_one_page_and_nothing_leaves_the_paper(contexts):
    content = render_pdf(sealed(crowded(contexts["bilingual"])))
    chapters = [page for level, _, page in bookmarks(content) if level == 0]
    assert chapters[2] == chapters[1] + 1
    for page in pypdfium2.PdfDocument(content):
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            assert min(left, bottom) >= 0
            assert right <= width
            assert top <= height


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_text_keeps_to_the_type_area(printed, template, language):
    for number, page in enumerate(pypdfium2.PdfDocument(printed(template, language))):
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        assert not number or max(right for _, _, right, _ in boxes) <= 595.3 - 22 / 25.4 * 72 + 6


# ---------- The same bytes, and what machines read


def test_the_same_context_gives_the_same_bytes_in_another_process_on_another_clock(contexts, printed, tmp_path):
    (tmp_path / "context.json").write_text(json.dumps(sealed(contexts["zh-hans"])))
    program = (
        "import django, json, sys; django.setup()\n"
        "from checks.rendering.pdf import render_pdf\n"
        "sys.stdout.buffer.write(render_pdf(json.load(open(sys.argv[1]))))"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "policyaudit.settings",
        "PYTHONHASHSEED": "12345",
        "TZ": "America/Lima",
        "SOURCE_DATE_EPOCH": "1",
        "SECRET_KEY": "another",
    }
    made = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "context.json")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert made.stdout == printed()


def test_one_changed_verdict_gives_another_file(context, printed):
    context["findings"][0]["verdict"] = "partial"
    assert render_pdf(sealed(context)) != printed()


@pytest.mark.parametrize("template", NAMES)
def test_the_data_travel_with_the_pages(contexts, printed, template):
    context = sealed(contexts["zh-hans"] | {"template": template})
    name, content = attachment(printed(template))
    assert name == "result.json"
    assert content == attached_json(context)
    assert read_attached(content) == context
    assert digest_agrees(read_attached(content))


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_structure_for_archives_and_for_people_who_cannot_see(printed, template, language):
    with pikepdf.open(io.BytesIO(printed(template, language))) as document:
        assert document.check_pdf_syntax() == []
        root = document.Root
        assert str(root.Lang) == ("en" if language == "en" else "zh-CN")
        assert bool(root.MarkInfo.Marked)
        assert str(root.AF[0].AFRelationship) == "/Data"
        assert "/JavaScript" not in root.get("/Names", {})
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        kinds = [item for item in document.objects if isinstance(item, pikepdf.Dictionary) and "/S" in item]
        tags = {str(item.S) for item in kinds}
        assert {"/H1", "/P", "/Table", "/TH", "/TD"} <= tags
        if template in ("v2/standard", "v2/executive"):
            (chart,) = [item for item in kinds if str(item.S) == "/Figure"]
            assert "%" in str(chart.Alt) or "–" in str(chart.Alt)


@pytest.mark.parametrize("template", NAMES)
def test_every_font_is_in_the_file_and_is_noto(printed, template):
    found = fonts(printed(template))
    assert found
    assert all(found.values()), found
    assert all("Noto" in name for name in found), found


def test_title_authors_and_dates(contexts, printed):
    metadata = pypdfium2.PdfDocument(printed()).get_metadata_dict()
    context = sealed(contexts["zh-hans"])
    assert context["product"] in metadata["Title"]
    assert "PA-2026-000007" in metadata["Title"]
    assert "王复核" in metadata["Author"]
    assert metadata["Keywords"].endswith(context["digests"]["context"])
    at = datetime.fromisoformat(context["created_at"]).astimezone(UTC)
    assert metadata["CreationDate"].startswith(f"D:{at:%Y%m%d%H%M%S}")
    assert metadata["ModDate"] == metadata["CreationDate"]


# ---------- Hostile texts


def test_markup_in_texts_is_shown_as_text(context):
    finding = context["findings"][0]
    finding["evidence"] = [
        {"start": n, "end": n + 1, "quote": line, "clause": "#x", "elements": [], "number": f"E{n}"}
        for n, line in enumerate(HOSTILE.splitlines(), 1)
    ]
    finding["reason"] = HOSTILE
    context["text"] = HOSTILE
    context["auditee"] = context["product"] = "#panic() *甲* <script>"
    content = render_pdf(sealed(context))
    text = read(content)
    for line in HOSTILE.splitlines():
        assert without_space(line) in text
    assert "#panic()*甲*<script>" in text
    assert not any("伪造" in title for _, title, _ in bookmarks(content))


def test_characters_that_no_font_has_are_spelled_out_and_kept_in_the_data(context):
    context["findings"][0]["evidence"][0]["quote"] = RARE
    content = render_pdf(sealed(context))
    assert "表情〔U+1F600〕私用〔U+E001〕零宽" in read(content)
    assert "控制〔U+0007〕" in read(content)
    assert json.loads(attachment(content)[1])["findings"][0]["evidence"][0]["quote"] == RARE


# ---------- Words and versions


def test_words_that_screens_and_reports_share_are_the_same():
    words = yaml.safe_load((PRESS / "v2/words.yaml").read_text("utf-8"))
    shared = {code: label for code, label in WORDS.items() if code in words}
    assert len(shared) > 20
    for code, label in shared.items():
        if code != "standard":  # of a processor's scale there, the standard audited against here
            for language, said in zip(("zh-hans", "en"), words[code], strict=True):
                with translation.override(language):
                    assert said == str(label), code


def test_every_word_is_said_in_two_languages_and_used():
    words = yaml.safe_load((PRESS / "v2/words.yaml").read_text("utf-8"))
    source = "".join(path.read_text("utf-8") for path in (PRESS / "v2").glob("*.typ"))
    put_together = ("opinion_", "way_", "state_", "kind_", "contra_", "ev_", "look_", "is_", "tailored_")
    for key, (chinese, english) in words.items():
        assert chinese
        assert english
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english)), key
        spoken = key in WORDS or key.startswith(put_together) or key.removesuffix("_text") in WORDS
        assert spoken or f'"{key}"' in source, key
    said = re.findall(r'\b(?:say|word|stacked|sentence|part|plain|chapter|row|band|label-of)\("(\w+)"', source)
    assert {key for key in said if not key.endswith("_")} <= set(words)


def test_a_closed_version_stays_as_it_is():
    """Reports were issued with it: who wants other words or pages begins a new version."""
    for version, closed in CLOSED.items():
        content = b"".join(
            path.name.encode() + path.read_bytes() for path in sorted((PRESS / version).iterdir()) if path.is_file()
        )
        assert hashlib.sha256(content).hexdigest() == closed
