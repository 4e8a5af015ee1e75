import io
import json

import pytest
from django.core.management import CommandError, call_command

from checks.services import report as reports

from ..services.test_verification import with_attachment

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(signed_audit, team, tmp_path):
    report = reports.report_issue(by=team.reviewer, audit=signed_audit, template="v2/executive")
    report.path = tmp_path / "report.pdf"
    with report.pdf.open("rb") as file:
        report.path.write_bytes(file.read())
    return report


def verify(path, *options):
    """What is printed, and how the command ends."""
    out = io.StringIO()
    try:
        call_command("verify_report", path, *options, stdout=out)
    except SystemExit as end:
        return out.getvalue(), end.code
    return out.getvalue(), 0


def test_a_genuine_report_is_told_in_words(issued):
    said, code = verify(issued.path)
    assert code == 0
    for words in ("Genuine", issued.number, issued.pdf_sha256, "It is current"):
        assert words in said


def test_and_as_json(issued):
    said, code = verify(issued.path, "--json")
    answer = json.loads(said)
    assert (code, answer["outcome"], answer["number"], answer["current"]) == (0, "genuine", issued.number, True)
    assert answer["problems"] == []


def test_an_altered_one_ends_with_1(issued, tmp_path):
    changed = tmp_path / "changed.pdf"
    changed.write_bytes(with_attachment(issued.path.read_bytes(), b"{}"))
    said, code = verify(changed, "--json")
    assert (code, json.loads(said)["outcome"]) == (1, "altered")


def test_offline_asks_no_database(issued, django_assert_num_queries):
    with django_assert_num_queries(0):
        said, code = verify(issued.path, "--offline")
    assert code == 0
    assert "not checked: Whether the report still counts" in said


def test_what_is_no_pdf_or_not_there_is_said(tmp_path):
    path = tmp_path / "letter.txt"
    with pytest.raises(CommandError, match="No such file"):
        verify(path)
    path.write_text("no report")
    with pytest.raises(CommandError, match="This is no PDF"):
        verify(path)
