"""How long things take. In an ordinary run each works once; `make bench` measures."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from checks.engine import analyse, build_outline, load_checklist, read_document, shipped_checklist
from checks.rendering.context import build_context
from checks.rendering.pdf import render_pdf
from checks.services import analysis, checklist, intake

from .. import factories

ROOT = Path(settings.BASE_DIR)
SAMPLES = {
    "good_2026": ROOT / "checks/demo/good_2026.txt",
    "single_line": ROOT / "tests/policies/single_line.txt",
    "saved_page": ROOT / "tests/policies/saved_page.html",
}
AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def shipped():
    return load_checklist(shipped_checklist())


def read(name):
    return read_document(SAMPLES[name].read_bytes(), name=SAMPLES[name].name)


@pytest.mark.parametrize("name", SAMPLES)
def test_engine(benchmark, shipped, name):
    analysed = benchmark(lambda: analyse(read(name), shipped, as_of=AS_OF))
    assert len(analysed.findings) == len(shipped.requirements)


def test_engine_on_a_text_twenty_times_as_long(benchmark, shipped):
    document = read("good_2026")
    long = read_document((document.text * 20).encode(), name="long.txt")
    benchmark(lambda: analyse(long, shipped, as_of=AS_OF))


def test_outline(benchmark):
    text = read("single_line").text
    assert benchmark(build_outline, text).clauses


@pytest.mark.django_db
def test_upload_and_audit(benchmark):
    checklist.checklist_import()
    content = SAMPLES["good_2026"].read_bytes()

    def engagement():
        created = factories.engagement()
        return (), {"by": created.created_by, "engagement": created}

    def upload(by, engagement):
        version = intake.policy_upload(
            by=by, engagement=engagement, name="政策", content=content, filename="policy.txt"
        )
        return analysis.audit_run(by=by, policy_version=version)

    assert benchmark.pedantic(upload, setup=engagement, rounds=5).findings.count() == 80


@pytest.mark.django_db
def test_pdf(benchmark, signed_audit):
    sign_off = signed_audit.sign_offs.last()
    context = build_context(signed_audit, sign_off, language="zh-hans", number="PA-2026-000001")
    assert benchmark(render_pdf, context).startswith(b"%PDF-")
