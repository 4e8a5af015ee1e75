"""Issued reports, held against the record and against themselves, after somebody changed something."""

import copy
import hashlib
import io
import json
from contextlib import suppress
from types import SimpleNamespace

import pypdf
import pytest
from django.core.files.base import ContentFile

from checks.models import Audit, Report
from checks.rendering.attached import attached_json
from checks.rendering.digests import context_digest
from checks.rendering.pdf import render_pdf
from checks.services import report as reports
from checks.services import verification
from checks.services.verification import Outcome

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(kept):
    """A signed audit and its report, made once: no test changes a byte of it but in a copy."""
    engagement = factories.engagement()
    team = factories.team(engagement)
    audit = factories.audit(engagement)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    report = reports.report_issue(by=team.reviewer, audit=audit)
    return SimpleNamespace(
        engagement=engagement, team=team, audit=audit.pk, report=report.pk, content=report.pdf.read()
    )


@pytest.fixture
def engagement(made):
    return made.engagement


@pytest.fixture
def team(made):
    return made.team


@pytest.fixture
def signed_audit(made):
    return Audit.objects.get(pk=made.audit)


@pytest.fixture
def issued(made):
    return Report.objects.get(pk=made.report)


@pytest.fixture
def content(made):
    return made.content


def verify(content):
    return verification.report_verify(content=content)


def offline(content):
    return verification.report_verify_offline(content=content)


def codes(verified):
    return {problem.code for problem in verified.problems}


def forged(context, **changes):
    """The report made again from changed data, but with the data, number and digest that were issued."""
    other = copy.deepcopy(context)
    for path, value in changes.items():
        place = other
        *way, last = path.split("__")
        for name in way:
            place = place[int(name) if name.isdigit() else name]
        place[last] = value
    return other


def with_attachment(pdf, data):
    """The same pages with other data attached, saved by another program."""
    writer = pypdf.PdfWriter()
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    for page in reader.pages:
        writer.add_page(page)
    if data is not None:
        writer.add_attachment("result.json", data)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def resaved(pdf):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
    writer.add_metadata({"/Producer": "another program"})
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


class TestGenuine:
    def test_what_was_issued_is_genuine_and_current(self, content, issued):
        verified = verify(content)
        assert (verified.outcome, verified.number, verified.report) == (Outcome.GENUINE, issued.number, issued)
        assert verified.standing.is_current
        assert verified.is_good
        assert "current" in verified.standing_sentence or verified.standing_sentence

    def test_without_the_record_it_agrees_with_itself(self, content, issued):
        verified = offline(content)
        assert (verified.outcome, verified.number, verified.problems) == (Outcome.CONSISTENT, issued.number, [])
        assert verified.checked == ["data", "number", "digest", "quotes", "pages", "bytes"]
        assert verified.unchecked == ["issuer", "standing"]

    @pytest.mark.parametrize("template", ["v2/executive", "v2/regulator", "v2/papers"])
    @pytest.mark.parametrize("language", ["en", "bilingual"])
    def test_so_does_every_kind_in_every_language(self, signed_audit, team, template, language):
        report = reports.report_issue(by=team.reviewer, audit=signed_audit, template=template, language=language)
        verified = offline(report.pdf.read())
        assert (verified.outcome, verified.problems) == (Outcome.CONSISTENT, [])

    def test_a_reopened_audit_makes_it_no_longer_count(self, content, signed_audit, team):
        reports.audit_reopen(by=team.reviewer, audit=signed_audit, reason="再看一处。")
        verified = verify(content)
        assert verified.outcome == Outcome.GENUINE
        assert (verified.standing.is_current, verified.standing.reopened) == (False, True)

    def test_the_next_report_takes_its_place(self, content, signed_audit, team):
        reports.audit_reopen(by=team.reviewer, audit=signed_audit, reason="再看一处。")
        factories.decide(signed_audit.findings.first(), team.auditor, "partial", "只写了一半。")
        factories.sign_off(signed_audit, by=team.reviewer)
        later = reports.report_issue(by=team.reviewer, audit=signed_audit)
        assert verify(content).standing.superseded_by == later.number
        assert verify(later.pdf.read()).standing.is_current

    def test_a_draft_is_called_a_draft(self, audit, team):
        draft = reports.draft_make(by=team.auditor, audit=audit, number="DRAFT-000001", at=audit.started_at)
        with draft.pdf.open("rb") as file:
            content = file.read()
        assert verify(content).outcome == Outcome.DRAFT
        assert offline(content).outcome == Outcome.DRAFT


class TestChanged:
    @pytest.mark.parametrize("part", [0.1, 0.35, 0.6, 0.85, 0.97])
    def test_one_byte(self, content, part):
        changed = bytearray(content)
        changed[int(len(content) * part)] ^= 1
        for look in (verify, offline):
            with suppress(verification.NotReadable):  # so damaged that it is no PDF any more
                assert not look(bytes(changed)).is_good

    def test_one_verdict_in_the_data(self, content, issued):
        changed = forged(issued.context, findings__0__verdict="non_compliant")
        pdf = with_attachment(content, attached_json(changed))
        assert verify(pdf).outcome == offline(pdf).outcome == Outcome.ALTERED
        assert {"data_changed", "data_differ"} >= codes(verify(pdf)) >= {"data_changed"}
        assert "data_changed" in codes(offline(pdf))

    def test_one_verdict_in_the_data_with_a_new_digest(self, content, issued):
        changed = forged(issued.context, findings__0__verdict="non_compliant")
        changed["digests"]["context"] = context_digest(changed)
        pdf = with_attachment(content, attached_json(changed))
        assert "digest_differs" in codes(offline(pdf))
        verified = verify(pdf)
        assert verified.outcome == Outcome.ALTERED
        assert codes(verified) >= {"data_differ", "digest_differs"}
        assert verified.standing is None, "who does not hold the contents is told nothing"

    def test_one_verdict_on_the_pages(self, issued):
        """The pages say otherwise, with the number, the digest and the data that were issued."""
        changed = forged(issued.context, findings__0__verdict="non_compliant")
        pdf = with_attachment(render_pdf(changed), attached_json(issued.context))
        for verified in (verify(pdf), offline(pdf)):
            assert (verified.outcome, "pages_differ" in codes(verified)) == (Outcome.ALTERED, True)

    def test_one_quote_on_the_pages(self, issued):
        quote = "我们收集您的手机号码，用于创建账号"
        assert quote in issued.context["findings"][1]["evidence"][0]["quote"]
        written = json.dumps(issued.context, ensure_ascii=False)
        changed = json.loads(written.replace(quote, quote.replace("手机号码", "电子邮箱")))
        pdf = with_attachment(render_pdf(changed), attached_json(issued.context))
        for verified in (verify(pdf), offline(pdf)):
            assert verified.outcome == Outcome.ALTERED
            assert codes(verified) >= {"quotes_differ"}

    def test_everything_made_anew_agrees_with_itself_but_is_not_in_the_record(self, issued):
        """What nobody can tell without the record, and what the record tells at once."""
        changed = forged(issued.context, findings__0__verdict="non_compliant")
        changed["digests"]["context"] = context_digest(changed)
        pdf = render_pdf(changed)
        assert offline(pdf).outcome == Outcome.CONSISTENT
        assert "issuer" in offline(pdf).unchecked
        assert verify(pdf).outcome == Outcome.ALTERED

    def test_data_taken_out(self, content):
        pdf = with_attachment(content, None)
        verified = verify(pdf)
        assert (verified.outcome, codes(verified)) == (Outcome.ALTERED, {"no_data"})

    def test_saved_again_by_another_program_is_told_from_altered(self, content, issued):
        pdf = resaved(content)
        verified = verify(pdf)
        assert (verified.outcome, verified.problems, verified.is_good) == (Outcome.RESAVED, [], False)
        assert verified.standing.is_current
        assert (offline(pdf).outcome, codes(offline(pdf))) == (Outcome.RESAVED, {"bytes_differ"})


class TestForeign:
    def test_a_report_of_another_installation_is_unknown(self, content):
        Report.objects.all()._raw_delete("default")
        verified = verify(content)
        assert (verified.outcome, verified.standing, verified.report) == (Outcome.UNKNOWN, None, None)

    def test_any_other_pdf_is_unknown(self, db):
        verified = verify(factories.stand_in_pdf())
        assert (verified.outcome, verified.number, codes(verified)) == (Outcome.UNKNOWN, "", {"no_data"})
        assert offline(factories.stand_in_pdf()).outcome == Outcome.UNKNOWN

    @pytest.mark.parametrize(
        "data",
        [b"", b"\xff\xfe", b"[]", b"{}", b'{"digests": 1, "number": "x"}', b'{"digests": {}, "number": "x", "findings": 7}',
         b"[" * 100_000, b'{"digests": {}, "number": "x", "findings": [{"evidence": [{}]}]}', b'{"digests": {"context": 1e999}, "number": "a"}'],
    )  # fmt: skip
    def test_hostile_data_are_answered(self, db, data):
        pdf = with_attachment(factories.stand_in_pdf(), data)
        for look in (verify, offline):
            assert not look(pdf).is_good

    @pytest.mark.parametrize("content", [b"", b"no pdf", b"%PDF-1.7\n%%EOF", b"%PDF-1.7\n" + b"\0" * 5000])
    def test_what_is_no_pdf_is_refused_with_a_sentence(self, db, content):
        for look in (verify, offline):
            with pytest.raises(verification.NotReadable) as refusal:
                look(content)
            assert refusal.value.message

    def test_a_file_larger_than_any_report_is_refused(self, db):
        with pytest.raises(verification.NotReadable) as refusal:
            verify(b"%PDF-1.7" + b" " * verification.LARGEST)
        assert "30" in refusal.value.message

    def test_an_attachment_that_expands_too_far_is_refused(self, db):
        pdf = with_attachment(factories.stand_in_pdf(), b" " * 40 * 1024 * 1024)
        writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf))
        for thing in writer._objects:
            if thing.get("/Type") == "/EmbeddedFile":
                writer._objects[thing.indirect_reference.idnum - 1] = thing.flate_encode()
        output = io.BytesIO()
        writer.write(output)
        assert len(output.getvalue()) < 1024 * 1024
        with pytest.raises(verification.NotReadable) as refusal:
            verify(output.getvalue())
        assert refusal.value.reason == "expands_too_far"


def test_a_report_of_the_first_version_without_data_is_told_by_its_bytes_and_text(signed_audit, team):
    content = factories.stand_in_pdf(2)
    factories.report(
        signed_audit,
        team.reviewer,
        pdf=ContentFile(content, name="r.pdf"),
        pdf_sha256=hashlib.sha256(content).hexdigest(),
    )
    assert verify(content).outcome == Outcome.GENUINE
