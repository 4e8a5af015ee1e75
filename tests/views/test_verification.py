"""Verifying a PDF at the screen: what is said, to whom, and how little about what is behind a wall."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from checks.services import report as reports

from .. import factories

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def issued(signed_audit, team):
    return reports.report_issue(by=team.reviewer, audit=signed_audit, template="v2/executive")


@pytest.fixture
def content(issued):
    with issued.pdf.open("rb") as file:
        return file.read()


def verify(client, content, name="report.pdf"):
    response = client.post(reverse("report_verify"), {"file": SimpleUploadedFile(name, content)})
    return response.status_code, response.content.decode()


def test_a_stranger_is_told_that_it_is_genuine_and_no_more(client, content, issued, team):
    client.force_login(team.outsider)
    status, page = verify(client, content, "<b>.pdf")
    assert status == 200
    for told in ("Genuine", issued.number, "It is current", issued.pdf_sha256, "&lt;b&gt;.pdf"):
        assert told in page
    assert reverse("report_detail", args=[issued.pk]) not in page
    assert issued.sign_off.audit.engagement.auditee not in page


def test_a_member_gets_the_way_to_the_report(as_reviewer, content, issued):
    assert reverse("report_detail", args=[issued.pk]) in verify(as_reviewer, content)[1]


def test_an_altered_one_is_called_altered_with_what_differs(as_reviewer, content, issued):
    from ..services.test_verification import with_attachment

    page = verify(as_reviewer, with_attachment(content, b"{}"))[1]
    assert "Altered" in page
    assert "cannot be read as a report" in page
    assert "Ask who issued the report" in page


def test_another_pdf_is_unknown(as_reviewer):
    assert "Unknown" in verify(as_reviewer, factories.stand_in_pdf())[1]


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "This file is empty."), (b"a,b", "This is no PDF."), (b"%PDF-1.7 x", "damaged")]
)
def test_what_cannot_be_looked_at_is_said(as_reviewer, content, said):
    status, page = verify(as_reviewer, content)
    assert (status, said in page) == (422, True)


def test_nothing_chosen_is_said(as_reviewer):
    response = as_reviewer.post(reverse("report_verify"), {})
    assert response.status_code == 422
    assert "Choose the PDF of a report first." in response.content.decode()
