"""The finished PDF of the first version of the templates, read back by another program than the one that made it."""

import copy
import ctypes
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from django.db import transaction

from checks.rendering.context import build_context, context_digest
from checks.rendering.pdf import NoFetching, RefusedFetch, render_html, render_pdf

from .. import factories

pytestmark = pytest.mark.django_db  # for the database behind the module's fixtures

HOSTILE = """示例阅读<script>alert("1")</script>隐私政策
一、我们收集的信息
<img src="file:///etc/passwd"><img src="http://192.0.2.1/x.png"><link rel="stylesheet" href="http://192.0.2.1/x.css">
您可以在“设置—账号”中查询（含订单、地址）；更正须在15个工作日内完成。}</style></blockquote><h1>伪造</h1>
"""


@pytest.fixture(scope="module")
def reports(django_db_setup, django_db_blocker):
    """The contexts of one signed audit in both languages; made once, because the tests only read them."""
    with django_db_blocker.unblock(), transaction.atomic():
        engagement = factories.engagement(lead=factories.user("lin", first_name="林若岚"))
        team = factories.team(engagement)
        audit = factories.audit(engagement)
        factories.decide_all(audit, by=team.auditor)
        sign_off = factories.sign_off(audit, by=factories.user("wang", first_name="王复核"))
        made = {
            language: build_context(audit, sign_off, language=language, number="PA-2026-000007", template="v1")
            for language in ("zh-hans", "en")
        }
        transaction.set_rollback(True)
    return made


@pytest.fixture
def context(reports):
    return copy.deepcopy(reports["zh-hans"])


@pytest.fixture(scope="module")
def chinese(reports):
    """The Chinese report as bytes."""
    return render_pdf(reports["zh-hans"])


@pytest.fixture(scope="module")
def english(reports):
    return render_pdf(reports["en"])


def without_space(text):
    return re.sub(r"\s", "", text)


def read(content):
    """All text of the PDF without white space; running heads and feet included."""
    document = pypdfium2.PdfDocument(content)
    # PDFium puts U+FFFE where a word is broken at the end of a line.
    return without_space("".join(page.get_textpage().get_text_range() for page in document).replace("\ufffe", "-"))


def fonts(content):
    """Name → whether its data are in the file, of every font that text on any page is set in."""
    found = {}
    for page in pypdfium2.PdfDocument(content):
        for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
            font = pdfium.FPDFTextObj_GetFont(item.raw)
            name = ctypes.create_string_buffer(200)
            pdfium.FPDFFont_GetBaseFontName(font, name, 200)
            found[name.value.decode()] = bool(pdfium.FPDFFont_GetIsEmbedded(font))
    return found


def bookmarks(content):
    """Level, title and page (from 0) of every bookmark."""
    return [
        (entry.level, entry.get_title(), entry.get_dest().get_index())
        for entry in pypdfium2.PdfDocument(content).get_toc(max_depth=9)
    ]


def test_it_says_what_the_audit_says(context, chinese):
    text = read(chinese)
    for finding in context["findings"]:
        assert without_space(finding["title"]["text"]) in text
        assert finding["code"] in text
        for piece in finding["evidence"]:
            assert without_space(piece["quote"]) in text
    for wanted in (context["auditee"], context["product"], "PA-2026-000007", *context["digests"].values()):
        assert without_space(wanted) in text
    assert "补充保存期限。" in text
    assert "没有写明期限" in text


def test_the_same_context_gives_the_same_bytes(context, chinese):
    assert chinese == render_pdf(json.loads(json.dumps(context)))


def test_another_process_with_another_clock_and_hash_seed_gives_the_same_bytes(context, chinese, tmp_path):
    (tmp_path / "context.json").write_text(json.dumps(context))
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
        cwd=Path(__file__).resolve().parents[2],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert made.stdout == chinese


def test_one_changed_verdict_gives_another_file(context, chinese):
    context["findings"][0]["verdict"] = "partial"
    context["digests"]["context"] = context_digest(context)
    assert render_pdf(context) != chinese


def test_title_author_language_and_dates(context, chinese):
    document = pypdfium2.PdfDocument(chinese)
    metadata = document.get_metadata_dict()
    assert context["product"] in metadata["Title"]
    assert "PA-2026-000007" in metadata["Title"]
    assert "王复核" in metadata["Author"]
    day = context["created_at"][:10].replace("-", "")
    assert metadata["CreationDate"].startswith(f"D:{day}")
    assert metadata["ModDate"] == metadata["CreationDate"]
    assert metadata["Keywords"].endswith(context["digests"]["context"])
    language = (ctypes.c_ushort * 20)()
    pdfium.FPDFCatalog_GetLanguage(document.raw, language, ctypes.sizeof(language))
    assert bytes(language).decode("utf-16-le").rstrip("\0") == "zh-Hans"
    assert pdfium.FPDFCatalog_IsTagged(document.raw)


def test_every_font_is_embedded_and_chinese_is_set_in_noto(chinese):
    found = fonts(chinese)
    assert found
    assert all(found.values()), found
    assert all("Noto" in name for name in found), found


def test_every_page_is_a4_and_numbered(english):
    document = pypdfium2.PdfDocument(english)
    total = len(document)
    assert total >= 9
    for number, page in enumerate(document, 1):
        assert [round(side) for side in page.get_size()] == [595, 842]
        text = without_space(page.get_textpage().get_text_range())
        if number > 1:
            assert f"Page{number}of{total}" in text
            assert "PA-2026-000007" in text


def test_contents_give_the_page_on_which_each_part_begins(english):
    document = pypdfium2.PdfDocument(english)
    lines = document[1].get_textpage().get_text_range().splitlines()
    printed = dict(match.groups() for line in lines if (match := re.match(r"\d ([A-Z].*?)[ .]+(\d+)$", line.strip())))
    begins = {
        title.split(" ", 1)[1]: str(page + 1)
        for level, title, page in bookmarks(english)
        if level == 0 and title != "Contents"
    }
    assert len(printed) == 7
    assert printed == begins


def test_bookmarks_lead_to_parts_domains_and_findings(context, chinese):
    titles = [without_space(title) for _, title, _ in bookmarks(chinese)]
    for finding in context["findings"]:
        assert any(title.endswith(without_space(finding["title"]["text"])) for title in titles)
    for domain in context["domains"]:
        assert any(title.endswith(without_space(domain["title"]["text"])) for title in titles)


def test_the_summary_stays_on_one_page(context):
    long = {"text": "这是一条很长的理由，" * 40, "language": "zh-hans"}
    gap = next(finding for finding in context["findings"] if finding["severity"] == "critical")
    context["findings"] += [
        gap | {"code": f"X-{n}", "domain": f"d{n}", "verdict": "non_compliant", "rationale": long} for n in range(12)
    ]
    context["summary"]["gaps"] = [f"X-{n}" for n in range(12)]
    zero = context["domains"][0]
    context["domains"] += [
        zero | {"id": f"d{n}", "title": {"text": f"领域{n}", "language": "zh-hans"}} for n in range(12)
    ]
    parts = [page for level, _, page in bookmarks(render_pdf(context)) if level == 0]
    assert parts[:3] == [1, 2, 3]  # contents, summary, scope


def test_english(reports, english):
    text = read(english)
    for wanted in ("Managementsummary", "Majordeficiencies", "Notcompliant", "Purposes", "Add:Retentionperiod."):
        assert wanted in text
    assert "审计摘要" not in text
    assert "我们收集您的手机号码，用于创建账号" in text
    html = render_html(reports["en"])
    assert '<html lang="en">' in html
    assert re.search(r'<blockquote lang="zh-Hans">我们收集您的手机号码', html)


def test_marks_and_words_tell_verdicts_apart_without_colour(english):
    text = read(english)
    for wanted in ("✓Compliant", "◐Partlycompliant", "×Notcompliant", "–Notapplicable"):
        assert wanted in text


def test_an_override_and_an_unverified_reference_are_told(english):
    text = read(english)
    assert 'Theprogramproposed"Undetermined"' in text
    assert "两处说法不一致，但不影响理解。" in text
    assert "Tobeverified" in text


def test_hostile_text_is_shown_as_text_and_fetches_nothing(engagement, team):
    version = factories.policy_version(engagement, HOSTILE)
    audit = factories.audit(engagement, version)
    finding = audit.findings.first()
    for line in HOSTILE.splitlines():
        factories.evidence(finding, line)
    factories.decide(finding, team.auditor, "partial", "<script>alert(2)</script>\x07")
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    context = build_context(audit, audit.sign_offs.last(), language="zh-hans", number="<b>N</b>", template="v1")
    content = render_pdf(context)  # a fetch would have raised RefusedFetch
    text = read(content)
    for line in HOSTILE.splitlines():
        assert without_space(line) in text
    assert "<script>alert(2)</script>" in text
    assert not any("伪造" in title for _, title, _ in bookmarks(content))
    assert b"/JavaScript" not in content


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://192.0.2.1/", "https://example.org/x", "data:,x"])
def test_every_address_is_refused(url):
    with pytest.raises(RefusedFetch):
        NoFetching()(url)


def test_a_template_that_wants_something_from_outside_is_an_error_not_a_gap():
    from weasyprint import HTML

    with pytest.raises(RefusedFetch):
        HTML(string='<img src="file:///etc/hostname">', url_fetcher=NoFetching()).write_pdf()


def test_observations_have_their_chapter_and_a_report_without_any_has_none(context):
    assert "observations" not in re.findall(r'id="([^"]*)"', render_html(context))
    place = {"start": 9, "end": 18, "quote": "一、我们收集的信息", "clause": "一", "number": "O2.1"}
    context["observations"] = [
        {
            "number": 2, "title": "关闭入口藏得太深", "severity": "major", "facts": "第一段。\n第二段。",
            "legal_basis": ["示例法 第一条", "示例法 第二条"], "remediation": "移到首页。", "evidence": [place],
            "written_by": "陈审计", "written_at": "2026-11-01T09:00:00+08:00",
        }
    ]  # fmt: skip
    text = read(render_pdf(context))
    for words in (
        "核查表之外的补充发现",
        "关闭入口藏得太深",
        "O2.1",
        "第一段。",
        "第二段。",
        "示例法第二条",
        "移到首页。",
    ):
        assert words in text


def test_data_kept_before_there_were_observations_still_makes_a_report(context):
    del context["observations"]
    del context["summary"]["opinion_by_observation"]
    assert render_pdf(context).startswith(b"%PDF-")
