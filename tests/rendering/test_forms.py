"""A report in each other form, read back with a library: the quotes are the policy's, the verdicts the report's."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import zipfile
from base64 import b64encode
from pathlib import Path

import jsonschema
import pytest
from docx import Document
from openpyxl import load_workbook
from selectolax.lexbor import LexborHTMLParser

from checks.engine import analyse, load_shipped, read_document, to_json
from checks.rendering.digests import context_digest
from checks.rendering.export import audit_to_json
from checks.rendering.forms import FORMS, render_form
from checks.rendering.sarif import SarifLog
from checks.rendering.separated import harmless

from .. import factories

pytestmark = pytest.mark.django_db

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "audit-1.schema.json").read_text())
NASTY = '=HYPERLINK("http://evil.example","看")\n第二行\x07\x0b <script>alert(1)</script> & "引号"'


@pytest.fixture
def context(audit, team):
    """A signed report with an override, evidence by hand, an observation."""
    finding = audit.findings.get(requirement__code="DEMO-3-RETENTION")
    factories.decide(finding, team.auditor, "partial", "附件写明了期限。")
    factories.observation(audit, by=team.auditor)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    return factories.report_context(audit)


@pytest.fixture
def nasty(context):
    """The same report, with what an enemy would write wherever somebody can write."""
    for finding in context["findings"]:
        finding["reason"] = NASTY
        finding["remediation"] = {"text": NASTY, "language": "zh-hans"}
        for piece in finding["evidence"]:
            piece["quote"] = NASTY
    for observation in context["observations"]:
        observation |= {"title": NASTY, "facts": NASTY, "remediation": NASTY}
    context["auditee"] = context["product"] = NASTY
    return context


def quotes(context):
    rows = [*context["findings"], *context["observations"]]
    return [piece["quote"] for row in rows for piece in row["evidence"]]


def word_of(content):
    return Document(io.BytesIO(content))


def book_of(content):
    return load_workbook(io.BytesIO(content))


def rows_of(sheet):
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.parametrize("language", ["zh-hans", "en", "bilingual"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_made_in_every_language_signed_or_not(audit, team, form, language):
    assert render_form(factories.report_context(audit, language=language), form)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    assert render_form(factories.report_context(audit, language=language), form)


@pytest.mark.parametrize("form", FORMS)
def test_no_form_stumbles_over_what_people_can_write(nasty, form):
    content = render_form(nasty, form)
    assert content
    if form in ("docx", "policy"):
        word_of(content)
    elif form == "xlsx":
        book_of(content)
    elif form in ("json", "oscal"):
        json.loads(content)


# ---------- Word ----------


def test_word_has_headings_quotes_and_tables_with_heads(context):
    document = word_of(render_form(context, "docx"))
    headings = [row.text for row in document.paragraphs if row.style.name.startswith("Heading 2")]
    assert [f"{row['position']}  {row['title']['text']}" for row in context["findings"]] == headings[1 : 1 + 6]
    quoted = [row.runs[-1].text for row in document.paragraphs if row.style.name == "Quote"]
    assert set(quotes(context)) <= set(quoted)
    assert any(row._tr.xpath("./w:trPr/w:tblHeader") for table in document.tables for row in table.rows)
    assert [code.text.split()[0] for code in document.element.body.iter(f"{{{W}}}instrText")] == ["TOC"]
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(f"{{{W}}}eastAsia") == "宋体"


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def test_word_says_who_signed_or_that_nobody_did(context, audit):
    signed = "\n".join(cell.text for table in word_of(render_form(context, "docx")).tables for cell in table._cells)
    assert context["sign_off"]["signed_by"] in signed
    assert context["digests"]["context"] in signed
    draft = word_of(render_form(context | {"draft": True}, "docx"))
    assert "草稿" in draft.sections[0].header.paragraphs[0].text


def test_the_marked_up_policy_is_the_policy_with_a_comment_per_gap_at_its_place(context, audit):
    document = word_of(render_form(context, "policy"))
    text = audit.policy_version.text
    assert "\n".join(row.text for row in document.paragraphs) == text
    comments = {
        re.search(r"\((DEMO-[^)]*)\)|】(O1) ", row.text).group().strip("()】 "): row for row in document.comments
    }
    assert set(comments) == set(context["summary"]["gaps"]) | {"O1"}
    by_code = {row["code"]: row for row in context["findings"]}
    for code, comment in comments.items():
        row = by_code.get(code) or context["observations"][0]
        expected = row["evidence"] or row["searched"]["nearest"]
        assert anchored(document, comment.comment_id) == expected[0]["quote"]
        remedy = row["remediation"]["text"] if code in by_code else row["remediation"]
        assert remedy in comment.text
        assert comment.author


def anchored(document, number):
    """The text between the two marks of a comment."""
    inside, found = False, []
    for node in document.element.body.iter():
        name = node.tag.rpartition("}")[2]
        if name in ("commentRangeStart", "commentRangeEnd") and node.get(f"{{{W}}}id") == str(number):
            inside = name == "commentRangeStart"
        elif inside and name == "t":
            found.append(node.text)
    return "".join(found)


def test_overlapping_quotes_keep_their_own_comments(context):
    first, second = [row for row in context["findings"] if row["evidence"]][:2]
    text = context["text"]
    for row, (start, end) in ((first, (10, 30)), (second, (20, 45))):
        row["verdict"] = "partial"
        row["evidence"] = [row["evidence"][0] | {"start": start, "end": end, "quote": text[start:end]}]
    document = word_of(render_form(context, "policy"))
    shown = {anchored(document, row.comment_id) for row in document.comments}
    assert text[10:30].replace("\n", "") in shown
    assert text[20:45].replace("\n", "") in shown


# ---------- Excel and CSV ----------


def test_the_workbook_has_filters_frozen_heads_and_exact_quotes(context):
    book = book_of(render_form(context, "xlsx"))
    assert book.sheetnames == ["概览", "审计发现", "整改计划", "引文", "补充发现"] or len(book.sheetnames) == 5
    for name in book.sheetnames[1:]:
        sheet = book[name]
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref.startswith("A1:")
        assert sheet.print_title_rows
    told = rows_of(book[book.sheetnames[3]])
    assert [row["引文"] for row in told] == quotes(context)
    first = context["findings"][0]["evidence"][0]
    assert (told[0]["起"], told[0]["止"]) == (first["start"], first["end"])
    assert [row["编号"] for row in rows_of(book[book.sheetnames[2]])] == [*context["summary"]["gaps"], "O1"]


def test_nothing_in_the_workbook_is_a_formula(nasty):
    book = book_of(render_form(nasty, "xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    begins = [cell for cell in cells if isinstance(cell.value, str) and cell.value.startswith("=")]
    assert begins
    assert all(cell.quotePrefix for cell in begins)


def test_a_cell_is_never_longer_than_excel_takes(context):
    context["findings"][0]["evidence"][0]["quote"] = "长" * 40_000
    book = book_of(render_form(context, "xlsx"))
    longest = max(len(str(cell.value or "")) for sheet in book for row in sheet.iter_rows() for cell in row)
    assert longest == 32_767


def test_csv_begins_with_its_mark_and_holds_every_finding(context):
    content = render_form(context, "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row[1] for row in rows[1:]] == [finding["code"] for finding in context["findings"]]
    for finding, row in zip(context["findings"], rows[1:], strict=True):
        assert all(piece["quote"] in row[9] for piece in finding["evidence"])


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_the_csv_begins_like_a_formula(start):
    assert harmless(f"{start}1+1") == f"'{start}1+1"
    assert harmless(f"甲{start}") == f"甲{start}"


def libreoffice_calc():
    """Where LibreOffice is, if it can open workbooks: Writer alone cannot."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    home = Path(program).resolve().parent if program else None
    return program if home and list(home.glob("libsclo*")) else None


@pytest.mark.skipif(not libreoffice_calc(), reason="LibreOffice Calc is not installed (libreoffice-calc-nogui)")
def test_libreoffice_opens_the_workbook_and_finds_the_same_in_it(context, tmp_path):
    (tmp_path / "report.xlsx").write_bytes(render_form(context, "xlsx"))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    # All sheets as CSV: 44 comma, 34 quote, 76 UTF-8, …, -1: every sheet into a file of its own.
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    command = [libreoffice_calc(), profile, "--headless", "--convert-to", form, "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "report.xlsx")], check=True, capture_output=True, timeout=300)
    sheets = {path.stem.partition("-")[2]: path for path in tmp_path.glob("*.csv")}
    assert len(sheets) == 5
    found = list(csv.DictReader(io.StringIO(sheets["引文"].read_text("utf-8"))))
    assert [row["引文"] for row in found] == quotes(context)
    plan = list(csv.DictReader(io.StringIO(sheets["整改计划"].read_text("utf-8"))))
    assert [row["编号"] for row in plan] == [*context["summary"]["gaps"], "O1"]


# ---------- HTML ----------


def test_the_web_page_is_one_file_without_script_and_with_a_policy_of_its_own(nasty):
    html = render_form(nasty, "html").decode()
    page = LexborHTMLParser(html)
    assert not page.css("script, link, img, iframe, object, form")
    assert "<script>" not in page.css_first("body").html
    policy = page.css_first("meta[http-equiv=Content-Security-Policy]").attributes["content"]
    assert "default-src 'none'" in policy
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL).group(1)
    assert f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    assert not re.search(r"https?://(?!evil)", style)
    assert not re.search(r'\sstyle="', html)


def test_the_web_page_quotes_exactly(context):
    page = LexborHTMLParser(render_form(context, "html").decode())
    shown = [node.text() for node in page.css("blockquote p")]
    assert set(quotes(context)) <= set(shown)


# ---------- JSON, OSCAL, SARIF ----------


def test_json_carries_its_digest(context):
    data = json.loads(render_form(context, "json"))
    assert data == context
    assert data["digests"]["context"] == context_digest(data)


def test_the_stated_schema_fits_the_export_and_the_command_line(audit, team):
    factories.observation(audit, by=team.auditor)
    factories.decide_all(audit, by=team.auditor)
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    checker.check_schema(SCHEMA)
    checker.validate(audit_to_json(audit))
    document = read_document(factories.POLICY.encode(), name="policy.txt")
    checklist = load_shipped()
    data = to_json(analyse(document, checklist, as_of=audit.as_of))
    checker.validate(data)
    data["findings"][0]["verdict"] = "fine"
    assert not checker.is_valid(data)


@pytest.mark.parametrize("draft", [False, True])
def test_oscal_fits_the_models_made_from_the_public_schema(context, draft):
    from oscal_bindings.v1.models import AssessmentResultsDocument  # takes seconds, in each test process

    data = json.loads(render_form(context | {"draft": draft}, "oscal"))
    AssessmentResultsDocument.model_validate(data)
    [result] = data["assessment-results"]["results"]
    evidence = [piece for row in result["observations"] for piece in row.get("relevant-evidence", ())]
    assert [piece["description"] for piece in evidence] == quotes(context)
    verdicts = {
        row["target"]["target-id"]: next(prop["value"] for prop in row["props"] if prop["name"] == "verdict")
        for row in result["findings"]
    }
    judged = {row["code"]: row["verdict"] for row in context["findings"] if row["verdict"] != "not_applicable"}
    assert verdicts == judged
    assert len(result["risks"]) == len(context["summary"]["gaps"])


def test_oscal_refers_only_to_what_is_in_it_and_is_the_same_each_time(context):
    content = render_form(context, "oscal")
    assert content == render_form(context, "oscal")
    data = json.loads(content)
    result = data["assessment-results"]["results"][0]
    named = {row["uuid"] for rows in ("observations", "risks", "findings") for row in result[rows]}
    for finding in result["findings"]:
        assert {row["observation-uuid"] for row in finding["related-observations"]} <= named
        assert {row["risk-uuid"] for row in finding.get("related-risks", ())} <= named
    resources = {f"#{row['uuid']}" for row in data["assessment-results"]["back-matter"]["resources"]}
    assert data["assessment-results"]["import-ap"]["href"] in resources
    for row in result["observations"]:
        assert {piece["href"] for piece in row.get("relevant-evidence", ())} <= resources


def test_a_log_without_results_is_one_too():
    from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as Schema

    checklist = load_shipped()
    log = SarifLog(checklist.source, digest=checklist.digest, engine="0.1.0")
    log.fail("folder/不在 了.txt", "damaged")
    data = log.finish()
    Schema.model_validate(data)
    [run] = data["runs"]
    assert not run["invocations"][0]["executionSuccessful"]
    assert run["artifacts"][0]["location"]["uri"] == "folder/%E4%B8%8D%E5%9C%A8%20%E4%BA%86.txt"


def test_files_of_word_and_excel_hold_nothing_that_acts(nasty):
    for form in ("docx", "policy", "xlsx"):
        with zipfile.ZipFile(io.BytesIO(render_form(nasty, form))) as archive:
            names = archive.namelist()
            assert not [name for name in names if "vba" in name.lower() or "externalLink" in name]
            related = b"".join(archive.read(name) for name in names if name.endswith(".rels"))
            assert b'TargetMode="External"' not in related
