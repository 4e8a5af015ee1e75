from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import analyse, document_from_text, load_shipped, read_document, to_json
from checks.engine.entities import Layout, Scale, Severity, Verdict

from .samples import DEMO, POLICIES, checklist, policy, requirement

TODAY = date(2026, 11, 25)


def finding(text, entry=None, scale=Scale.STANDARD):
    document = document_from_text(text, name="policy")
    (found,) = analyse(document, checklist(entry or requirement()), as_of=TODAY, scale=scale).findings
    return found


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("日志保存六个月。到期后我们会删除。", Verdict.COMPLIANT),
        ("日志保存六个月。", Verdict.PARTIAL),
        ("我们很重视您。", Verdict.NON_COMPLIANT),
        ("日志保存六个月。我们不会删除。", Verdict.PARTIAL),
    ],
)
def test_the_convention_counts_required_elements(text, verdict):
    assert finding(text).verdict is verdict


def test_evidence_is_the_sentence_and_names_its_clause():
    text = "一、保存\n我们重视您。日志保存六个月。\n"
    (evidence,) = finding(text).evidence
    assert evidence.quote == "日志保存六个月。" == text[evidence.start : evidence.end]
    assert (evidence.clause, evidence.element) == ("一第1段", "period")


def test_a_long_sentence_is_cut_at_its_commas():
    text = "为了" + "便于您使用各项功能，" * 30 + "日志保存六个月，" + "并采取措施，" * 20 + "请放心。"
    (evidence,) = finding(text).evidence
    assert evidence.quote == "日志保存六个月"


def test_own_verdict_lines_come_before_the_convention():
    entry = requirement(verdict=[{"not_applicable": "!period"}, {"non_compliant": "period & !expiry"}])
    assert finding("日志保存三年。", entry).verdict is Verdict.NON_COMPLIANT
    assert finding("没有内容。", entry).verdict is Verdict.NOT_APPLICABLE
    assert finding("日志保存三年，到期清除。", entry).verdict is Verdict.COMPLIANT


def test_without_rules_there_is_no_verdict():
    entry = requirement(elements=[{"id": "period", "title_zh": "期限", "required": True}])
    found = finding("日志保存三年。", entry)
    assert found.verdict is Verdict.UNDETERMINED
    assert found.confidence == 0
    assert found.evidence == ()


@pytest.mark.parametrize(
    "text", ["We keep your personal information for six months, then delete it.", "\ufffd\ufffd log a1 \ufffd"]
)
def test_a_text_the_rules_cannot_read_is_undetermined_not_deficient(text):
    found = finding(text)
    assert found.verdict is Verdict.UNDETERMINED
    assert "不是中文" in found.rationale
    assert found.elements == ()


def test_what_is_not_triggered_is_not_applicable_with_proof():
    entry = requirement(trigger={"rules": ["人脸"]}, trigger_zh="提到人脸")
    found = finding("日志保存三年。", entry)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.searched.terms == ("人脸",)
    assert found.searched.sentences == 1
    assert finding("刷人脸登录。", entry).verdict is Verdict.NON_COMPLIANT


def test_a_prohibition_is_broken_by_a_signal():
    entry = requirement(
        kind="prohibition",
        elements=[],
        signals=[{"id": "implied", "title_zh": "推定同意", "rules": ["使用 .. 即 .. {同意}"]}],
    )
    broken = finding("您使用本产品即视为同意。", entry)
    assert broken.verdict is Verdict.NON_COMPLIANT
    assert broken.evidence[0].quote == "您使用本产品即视为同意。"
    kept = finding("请点击同意。", entry)
    assert kept.verdict is Verdict.COMPLIANT
    assert "未发现" in kept.rationale
    assert kept.rationale.endswith("表述。")


def test_absent_elements_are_met_when_nothing_is_found():
    entry = requirement(
        elements=[
            {
                "id": "no_forever",
                "title_zh": "没有永久保存",
                "required": True,
                "absent": True,
                "rules": ["永久 .. {保存}"],
            }
        ]
    )
    assert finding("我们保存三年。", entry).verdict is Verdict.COMPLIANT
    found = finding("我们将永久保存。", entry)
    assert found.verdict is Verdict.NON_COMPLIANT
    assert found.evidence[0].quote == "我们将永久保存。"


def test_unless_takes_sentences_away_and_at_least_counts_rules():
    element = {
        "id": "tech",
        "title_zh": "技术措施",
        "required": True,
        "at_least": 2,
        "rules": ["加密", "访问控制"],
        "unless": ["自行"],
    }
    entry = requirement(elements=[element])
    assert finding("传输加密。", entry).verdict is Verdict.NON_COMPLIANT
    assert finding("传输加密。访问控制。", entry).verdict is Verdict.COMPLIANT
    assert finding("请自行加密并访问控制。", entry).verdict is Verdict.NON_COMPLIANT


def test_headings_count_where_a_detector_says_so():
    text = "一、儿童的保护\n我们重视您。\n"
    element = {"id": "chapter", "title_zh": "专章", "required": True, "rules": ["儿童"]}
    assert finding(text, requirement(elements=[element])).verdict is Verdict.NON_COMPLIANT
    found = finding(text, requirement(elements=[{**element, "headings": True}]))
    assert found.verdict is Verdict.COMPLIANT
    assert found.evidence[0].quote == "一、儿童的保护"


def test_absence_names_the_nearest_sentences_and_why_they_do_not_count():
    found = finding("日志会保存很久。我们不会删除。")
    nearest = {near.quote: near.why for near in found.searched.nearest}
    assert nearest["我们不会删除。"].startswith("语气相反")
    assert nearest["日志会保存很久。"] == "没有出现“六个月”“三年”之一"
    assert "{保存}" in found.searched.terms


def test_scale_changes_severity_and_relaxes_elements():
    entry = requirement(scales={"million": {"severity": "critical"}, "small": {"optional": ["expiry"]}})
    assert finding("日志保存三年。", entry, Scale.MILLION).severity is Severity.CRITICAL
    assert finding("日志保存三年。", entry, Scale.SMALL).verdict is Verdict.COMPLIANT
    assert finding("日志保存三年。", entry).verdict is Verdict.PARTIAL


# The shipped checklist on sample policies

SHIPPED = load_shipped()
SAMPLES = [*sorted(POLICIES.glob("*.*")), *sorted(DEMO.glob("*.txt"))]


def check_offsets(analysis):
    text = analysis.document.text
    for found in analysis.findings:
        for piece in (*found.evidence, *(found.searched.nearest if found.searched else ())):
            assert text[piece.start : piece.end] == piece.quote != ""


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_each_quote_is_cut_from_the_text(path):
    document = read_document(path.read_bytes(), name=path.name)
    analysis = analyse(document, SHIPPED, as_of=TODAY)
    assert [f.code for f in analysis.findings] == [r.code for r in SHIPPED.requirements]
    check_offsets(analysis)
    for requirement_, found in zip(SHIPPED.requirements, analysis.findings, strict=True):
        assert (found.verdict is Verdict.UNDETERMINED) == (not requirement_.has_rules)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_quotes_stay_exact_however_a_policy_is_damaged(data):
    text = policy(data.draw(st.sampled_from(["good_2026.txt", "single_line.txt", "ocr_damaged.txt"])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 200))
        inserted = data.draw(
            st.sampled_from(["", "\n", " ", "\u200b", "，", "一、", "②", "目录\n", "\r\n\r\n", "😀", "\x00"])
        )
        text = text[:at] + inserted + text[at + length :]
    check_offsets(analyse(document_from_text(text, name="damaged"), SHIPPED, as_of=TODAY))


def test_the_same_input_gives_the_same_result():
    document = document_from_text(policy("good_2026.txt"), name="a")
    first, second = (to_json(analyse(document, SHIPPED, as_of=TODAY)) for _ in range(2))
    assert first == second
    renamed = to_json(analyse(document_from_text(policy("good_2026.txt"), name="b"), SHIPPED, as_of=TODAY))
    assert renamed["digest"] == first["digest"]


def test_line_ends_spaces_and_widths_do_not_change_verdicts():
    text = policy("good_2026.txt")
    verdicts = [f.verdict for f in analyse(document_from_text(text, name="a"), SHIPPED, as_of=TODAY).findings]
    for variant in (text.replace("\n", "\r\n"), text.replace("信息", "信 息"), text.replace("SDK", "ＳＤＫ")):
        other = analyse(document_from_text(variant, name="a"), SHIPPED, as_of=TODAY)
        assert [f.verdict for f in other.findings] == verdicts


def test_the_good_policy_fares_better_than_the_old_one():
    def deficient(name):
        findings = analyse(document_from_text(policy(name), name=name), SHIPPED, as_of=TODAY).findings
        return sum(f.verdict in (Verdict.PARTIAL, Verdict.NON_COMPLIANT) for f in findings)

    assert deficient("good_2026.txt") * 2 < deficient("old_style.txt")


class TestCouldLook:
    """Not found must never mean: could not look."""

    TEXT = "一、信息\n我们收集您的手机号码，用于注册。\n二、联系\n请致信 a@b.example。\n" * 10

    def verdicts(self, **fields):
        document = replace(document_from_text(self.TEXT, name="x"), **fields)
        return {f.code: f for f in analyse(document, load_shipped(), as_of=TODAY).findings}

    def test_a_little_damage_changes_nothing(self):
        whole = self.verdicts()
        pages = tuple(range(0, len(self.TEXT), len(self.TEXT) // 20))
        damaged = self.verdicts(counts={"pages_not_read": 1}, layout=Layout(pages=pages))
        assert {code: f.verdict for code, f in damaged.items()} == {code: f.verdict for code, f in whole.items()}

    @pytest.mark.parametrize(
        "fields",
        [
            {"counts": {"pages_not_read": 1}, "layout": Layout(pages=(0, 100))},
            {"counts": {"garbled_characters": 200}},
            {"layout": Layout(doubtful=((0, 120, 10),))},
        ],
    )
    def test_what_rests_on_absence_is_undetermined_and_says_why(self, fields):
        whole, damaged = self.verdicts(), self.verdicts(**fields)
        missing = [
            code for code, finding in whole.items() if finding.verdict is Verdict.NON_COMPLIANT and finding.searched
        ]
        assert len(missing) > 5
        for code in missing:
            assert damaged[code].verdict is Verdict.UNDETERMINED
            assert "未能读取" in damaged[code].rationale
            assert damaged[code].searched is None
            assert all(element.met for element in damaged[code].elements)

    def test_what_was_found_stands(self):
        whole = self.verdicts()
        damaged = self.verdicts(counts={"garbled_characters": 200})
        there = [
            code
            for code, finding in whole.items()
            if finding.verdict is Verdict.COMPLIANT and finding.evidence and all(e.met for e in finding.elements)
        ]
        assert there
        assert {damaged[code].verdict for code in there} == {Verdict.COMPLIANT}

    def test_words_that_ocr_doubts_lower_the_confidence_of_what_rests_on_them(self):
        whole = self.verdicts()
        quoted = next(f for f in whole.values() if f.evidence and f.confidence)
        start, end = quoted.evidence[0].start, quoted.evidence[0].end
        doubted = self.verdicts(layout=Layout(doubtful=((start, end, 40),)))
        assert doubted[quoted.code].confidence < quoted.confidence
        elsewhere = [
            f for f in whole.values() if f.evidence and all(p.start >= end or p.end <= start for p in f.evidence)
        ]
        assert elsewhere
        for finding in elsewhere:
            assert doubted[finding.code].confidence == finding.confidence
