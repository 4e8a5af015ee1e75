"""How long things take. In an ordinary run each works once; `make bench` measures, after the table of speed_table."""

from datetime import date
from pathlib import Path

import jieba
import pytest
from django.conf import settings

from checks.engine import (
    analyse,
    build_outline,
    document_from_text,
    load_checklist,
    load_shipped,
    read_document,
    shipped_checklist,
)
from checks.engine.facts import extract_facts
from checks.engine.matching import Text
from checks.rendering.context import build_context
from checks.rendering.pdf import render_pdf
from checks.services import analysis, checklist, intake
from checks.services.reading import policy_views

from .. import factories
from . import speed_table

ROOT = Path(settings.BASE_DIR)
SAMPLES = {
    "good_2026": ROOT / "checks/demo/good_2026.txt",
    "single_line": ROOT / "tests/policies/single_line.txt",
    "saved_page": ROOT / "tests/policies/saved_page.html",
}
AS_OF = date(2026, 11, 1)


@pytest.fixture(scope="module")
def shipped():
    return load_shipped()


def read(name):
    return read_document(SAMPLES[name].read_bytes(), name=SAMPLES[name].name)


@pytest.mark.parametrize("name", SAMPLES)
def test_engine(benchmark, shipped, name):
    analysed = benchmark(lambda: analyse(read(name), shipped, as_of=AS_OF))
    assert len(analysed.findings) == len(shipped.requirements)


# The parts of an audit on one text of ten thousand characters, beside jieba on the same text.


@pytest.fixture(scope="module")
def ten_thousand():
    return (read("good_2026").text * 2)[:10_000]


@pytest.fixture(scope="module")
def outline(ten_thousand):
    return build_outline(ten_thousand)


def test_jieba(benchmark, ten_thousand):
    jieba.lcut("")  # loads the dictionary, which is not what is measured
    assert benchmark(jieba.lcut, ten_thousand)


def test_decode_and_outline(benchmark, ten_thousand):
    content = ten_thousand.encode()
    assert benchmark(lambda: build_outline(read_document(content, name="x").text)).clauses


def test_matching(benchmark, shipped, ten_thousand, outline):
    assert benchmark(speed_table.match, shipped.matcher, ten_thousand, outline)


def test_topics(benchmark, ten_thousand, outline):
    assert len(benchmark(lambda: Text(ten_thousand, outline).topics)) == len(outline.sentences)


def test_facts(benchmark, ten_thousand, outline):
    assert benchmark(extract_facts, ten_thousand, outline).metrics


def test_whole_audit(benchmark, shipped, ten_thousand):
    document = document_from_text(ten_thousand, name="x")
    benchmark(lambda: analyse(document, shipped, as_of=AS_OF))


def test_whole_audit_of_a_text_ten_times_as_long(benchmark, shipped, ten_thousand):
    document = document_from_text(ten_thousand * 10, name="x")
    benchmark(lambda: analyse(document, shipped, as_of=AS_OF))


def test_matching_with_ten_times_as_many_rules(benchmark, shipped, ten_thousand, outline):
    many = speed_table.ten_times_the_rules(shipped)
    assert benchmark(speed_table.match, many, ten_thousand, outline)


def test_the_table_has_a_row_for_each_set_of_texts(shipped, tmp_path):
    (tmp_path / "policy.txt").write_text(read("single_line").text, "utf-8")
    found = speed_table.policies(tmp_path)
    head, row = speed_table.table({"policies": found}, shipped, rounds=1)
    assert all(part in head for part in speed_table.PARTS)
    assert len(row.split()) == 1 + len(speed_table.PARTS) + 1


def test_a_fresh_process_says_what_starting_costs():
    fresh = speed_table.fresh_process(read("single_line").text)
    assert set(fresh) == {"import", "checklist", "idle", "peak"}
    assert fresh["peak"] >= fresh["idle"] > 0


def test_loading_the_checklist(benchmark):
    benchmark.pedantic(lambda: load_checklist(shipped_checklist()).matcher, rounds=3)


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
    context = build_context(
        signed_audit, sign_off, language="zh-hans", number="PA-2026-000001", views=policy_views(signed_audit)
    )
    assert benchmark(render_pdf, context).startswith(b"%PDF-")
