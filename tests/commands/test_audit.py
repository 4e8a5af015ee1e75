import io
import json
import subprocess
import sys

import pytest
from django.core.management import call_command
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema

from checks.engine import load_shipped, read_document

from ..engine import files
from ..engine.samples import DEMO, POLICIES

GOOD, OLD = str(DEMO / "good_2026.txt"), str(DEMO / "old_style.txt")


def run(*args):
    """(exit code, output, errors) of the command; no database is set up in these tests."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("audit", *args, stdout=out, stderr=err)
    except SystemExit as stop:
        return stop.code, out.getvalue(), err.getvalue()
    return 0, out.getvalue(), err.getvalue()


def test_json_is_the_documented_schema_and_the_same_every_time():
    code, output, _ = run(OLD, "--format", "json", "--as-of", "2026-11-25")
    assert code == 1
    assert output == run(OLD, "--format", "json", "--as-of", "2026-11-25")[1]
    result = json.loads(output)
    text = read_document((DEMO / "old_style.txt").read_bytes(), name="old_style.txt").text
    checklist = load_shipped()
    assert result["schema"] == 1
    assert set(result) == {"schema", "policy", "checklist", "engine", "findings", "digest"}
    assert result["policy"]["characters"] == len(text)
    assert result["checklist"]["digest"] == checklist.digest
    assert [f["code"] for f in result["findings"]] == [r.code for r in checklist.requirements]
    for finding in result["findings"]:
        for evidence in finding["evidence"]:
            assert text[evidence["start"] : evidence["end"]] == evidence["quote"]


def test_several_files_give_one_object_a_line():
    _, output, _ = run(GOOD, OLD, "--format", "json")
    assert [json.loads(line)["policy"]["name"] for line in output.splitlines()] == ["good_2026.txt", "old_style.txt"]


def test_what_cannot_be_read_is_code_2_and_does_not_stop_the_rest(tmp_path):
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    code, output, errors = run(str(empty), str(tmp_path / "missing.txt"), GOOD, "--format", "json")
    assert code == 2
    assert "empty.txt: empty" in errors
    assert "missing.txt" in errors
    assert json.loads(output)["policy"]["name"] == "good_2026.txt"


def test_folders_and_archives_are_opened_and_one_bad_file_never_stops_the_rest(tmp_path):
    folder = tmp_path / "apps" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.docx").write_bytes(files.word())
    (folder / "b.pdf").write_bytes(files.simple_pdf()[:90])
    (folder / ".hidden").write_bytes(b"x")
    archive = {"good.txt": files.expected().encode(), "bad.txt": b"", "in/c.html": files.html_page().encode()}
    (tmp_path / "apps" / "z.zip").write_bytes(files.zipped(archive))
    code, output, errors = run(str(tmp_path / "apps"), "--format", "json")
    assert code == 2
    assert [json.loads(line)["policy"]["name"] for line in output.splitlines()] == ["a.docx", "good.txt", "c.html"]
    assert "b.pdf: damaged media_type=application/pdf" in errors
    assert "z.zip/bad.txt: empty" in errors
    assert "a.docx: running_heads_left_out (1)" in errors


def test_evidence_from_a_pdf_names_its_page(tmp_path):
    source = tmp_path / "policy.pdf"
    source.write_bytes(files.pdf())
    output = run(str(source), "--format", "json")[1]
    found = [piece["page"] for finding in json.loads(output)["findings"] for piece in finding["evidence"]]
    assert set(found) <= {1, 2, 3}
    assert 1 in found
    assert "p. 1 " in run(str(source))[1]


def test_a_locked_pdf_opens_with_its_password(tmp_path):
    source = tmp_path / "policy.pdf"
    source.write_bytes(files.pdf_locked())
    assert "needs_password" in run(str(source))[2]
    assert "wrong_password" in run(str(source), "--password", "x")[2]
    assert "not Chinese" in run(str(source), "--password", "songguo")[2]


@pytest.mark.parametrize("path", [OLD, str(POLICIES / "saved_page.html")])
def test_text_output_shows_verdict_reason_and_quotes(path):
    _, output, _ = run(path)
    assert "PIPL-17-RETENTION" in output
    assert "[critical]" in output


def test_clean_below_the_threshold_is_code_0(tmp_path):
    """A text that triggers nothing critical is clean only if no critical requirement is missed."""
    code, _, _ = run(OLD, "--fail-on", "critical")
    assert code == 1


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    command = [sys.executable, "manage.py", "audit", OLD, GOOD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=DEMO.parents[1]) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_text_that_is_not_chinese_is_not_called_clean(tmp_path):
    english = tmp_path / "english.txt"
    english.write_text("We collect your name and share it with nobody.")
    code, _, errors = run(str(english))
    assert code == 2
    assert "not Chinese" in errors


def test_sarif_beside_the_output_has_the_gaps_at_their_lines(tmp_path):
    log = tmp_path / "result.sarif"
    code, output, _ = run(OLD, str(tmp_path / "missing.txt"), "--format", "json", "--sarif", str(log))
    assert code == 2
    result = json.loads(output)
    data = json.loads(log.read_text(encoding="utf-8"))
    StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(data)
    [told] = data["runs"]
    gaps = [row for row in result["findings"] if row["verdict"] in ("partial", "non_compliant")]
    assert [row["ruleId"] for row in told["results"]] == [row["code"] for row in gaps]
    assert all(told["tool"]["driver"]["rules"][row["ruleIndex"]]["id"] == row["ruleId"] for row in told["results"])
    lines = (DEMO / "old_style.txt").read_text(encoding="utf-8").split("\n")
    places = [place for row in told["results"] for place in (*row["locations"], *row.get("relatedLocations", ()))]
    regions = [place["physicalLocation"]["region"] for place in places if "region" in place["physicalLocation"]]
    assert regions
    for region in regions:
        cut = lines[region["startLine"] - 1 : region["endLine"]]
        cut[-1] = cut[-1][: region["endColumn"] - 1]
        cut[0] = cut[0][region["startColumn"] - 1 :]
        assert "\n".join(cut) == region["snippet"]["text"]
    doubts = [row["associatedRule"]["id"] for row in told["invocations"][0]["toolExecutionNotifications"][:-1]]
    assert doubts == [row["code"] for row in result["findings"] if row["verdict"] == "undetermined"]
    assert not told["invocations"][0]["executionSuccessful"]


def test_a_place_in_a_pdf_has_its_page_and_no_lines(tmp_path):
    (tmp_path / "policy.pdf").write_bytes(files.pdf())
    log = tmp_path / "result.sarif"
    run(str(tmp_path / "policy.pdf"), "--sarif", str(log))
    data = json.loads(log.read_text(encoding="utf-8"))
    StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(data)
    places = [place for row in data["runs"][0]["results"] for place in row["locations"]]
    assert not any("region" in place["physicalLocation"] for place in places)
    assert any("page" in place.get("properties", ()) for place in places)


def test_a_sarif_file_that_cannot_be_written_is_code_2(tmp_path):
    code, _, errors = run(GOOD, "--fail-on", "critical", "--sarif", str(tmp_path / "no" / "such.sarif"))
    assert code == 2
    assert "No such file" in errors
