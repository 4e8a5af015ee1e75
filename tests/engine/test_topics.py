import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import build_outline, section_topics
from checks.engine.normal import normalise
from checks.engine.topics import TOPICS, WEIGHTS, Grams, _model, features, titles_above, topic_scores


def top(sentence, heading=""):
    (scores,) = topic_scores([normalise(sentence).text], [normalise(heading).text])
    return TOPICS[int(np.argmax(scores))]


@pytest.mark.parametrize(
    ("sentence", "topic"),
    [
        ("您注册账号时，我们会收集您的手机号码和昵称。", "collection"),
        ("未经您同意，我们不会与任何第三方共享您的个人信息。", "sharing"),
        ("我们采用加密传输和访问控制等措施，防止数据泄露。", "security"),
        ("您可以在设置中删除您的信息或者注销账号。", "control"),
        ("若您是未满十四周岁的儿童，请在监护人陪同下使用。", "special_audience"),
        ("日志自生成之日起保存六个月，到期后删除。", "retention"),
        ("本政策更新后，我们会以弹窗形式通知您。", "change"),
        ("如有疑问，请拨打客服电话或发送邮件与我们联系。", "contact"),
    ],
)
def test_plain_sentences_get_their_topic(sentence, topic):
    assert top(sentence) == topic


def test_the_heading_above_counts():
    vague = "请您务必仔细阅读本部分的内容。"
    shares = {
        heading: topic_scores([normalise(vague).text], [normalise(heading).text])[0][TOPICS.index("special_audience")]
        for heading in ("未成年人的个人信息保护", "我们如何使用Cookie")
    }
    assert shares["未成年人的个人信息保护"] > shares["我们如何使用Cookie"]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_scores_do_not_depend_on_how_sentences_are_batched(sentences):
    together = Grams(sentences, 15, 5)
    for number, sentence in enumerate(sentences):
        alone = Grams([sentence], 15, 5)
        assert sorted(together.columns[together.rows == number]) == sorted(alone.columns)
    assert topic_scores(sentences, [""] * len(sentences)).shape == (len(sentences), len(TOPICS))


WORDS = st.sampled_from(["收集您的手机号码", "我们这样共享:", "保存六个月", "联系我们", "", "x", "😀"])


@settings(deadline=None)
@given(st.lists(st.text(max_size=12), max_size=6))
def test_shorter_grams_need_no_second_hashing(sentences):
    short, hashed = Grams(sentences, 15, 5).shortened(12, 2), Grams(sentences, 12, 2)
    assert np.array_equal(short.rows, hashed.rows)
    assert np.array_equal(short.columns, hashed.columns)
    assert np.array_equal(short.counts, hashed.counts)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=12))
def test_scores_are_the_sum_of_the_features_that_are_trained_on(lines):
    sentences, headings, chapters = ([line[part] for line in lines] for part in range(3))
    weights, scale, offset = _model()
    summed = np.zeros((len(sentences), len(TOPICS)))
    for rows, columns, values in features(sentences, headings, chapters):
        np.add.at(summed, rows, weights[columns] * np.asarray(values)[:, None])
    assert np.allclose(topic_scores(sentences, headings, chapters), summed * scale + offset, atol=1e-4)


def test_a_heading_counts_the_same_beside_other_headings():
    alone = features(["x"], ["未成年人"])[-1]
    rows, columns, values = features(["x", "y", "z"], ["联系我们", "未成年人", "注销"])[-1]
    assert sorted(columns[rows == 1]) == sorted(alone[1])
    assert np.allclose(values[rows == 1], alone[2][0])


def test_the_line_that_leads_a_list_in_counts_for_all_of_it_under_its_heading():
    items = ["（1）依照法律的规定；", "（2）依照约定；", "（3）其他情形。"]
    sharing = TOPICS.index("sharing")

    def last(lead, headings):
        sentences = [normalise(line).text for line in [lead, *["另有说明；"] * 5, *items]]
        return topic_scores(sentences, [normalise(heading).text for heading in headings])[-1][sharing]

    one = ["其他"] * 9
    told = "我们会在以下情形与第三方共享您的个人信息"
    assert last(f"{told}：", one) > last(f"{told}。", one)
    assert last(f"{told}：", ["", *one[1:]]) == last(f"{told}。", ["", *one[1:]])


POLICY = """一、我们如何收集您的信息
您注册账号时，我们会收集您的手机号码和昵称。您下单时，我们会收集您的收货地址和联系电话。
二、我们如何共享您的信息
未经您同意，我们不会与任何第三方共享您的个人信息。我们会将订单信息提供给物流公司，以便送货。
三、其他
（一）如何联系我们
如有疑问，请拨打客服电话或发送邮件与我们联系，我们将在十五日内回复。
"""


def test_titles_above_a_section_are_those_of_the_sections_it_is_in():
    titles, above = titles_above(build_outline(POLICY))
    assert titles[-2:] == ["其他", "如何联系我们"]
    assert above == ["", "", "", "其他"]


def test_sections_are_told_what_they_are_about():
    outline = build_outline(POLICY)
    topics = section_topics(POLICY, outline)
    assert [section.title for section in outline.sections] == [
        "我们如何收集您的信息",
        "我们如何共享您的信息",
        "其他",
        "如何联系我们",
    ]
    assert [about[0] for about in topics] == ["collection", "sharing", "contact", "contact"]
    assert all(len(about) <= 2 and set(about) <= set(TOPICS) for about in topics)


def test_a_text_without_sections_has_no_topics_of_them():
    text = "我们收集您的手机号码。"
    assert section_topics(text, build_outline(text)) == []


def test_training_reports_figures_by_document_and_leaves_the_shipped_weights_alone(tmp_path):
    lines = [
        ("您注册账号时，我们会收集您的手机号码。", ["collection"]),
        ("我们会将订单信息提供给物流公司。", ["sharing"]),
        ("感谢您的信任。", []),
    ]
    rows = [{"text": text, "topics": topics, "important": bool(topics)} for text, topics in lines]
    for number in range(5):
        written = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (tmp_path / f"doc{number}.jsonl").write_text(written, "utf-8")
    before, said = WEIGHTS.read_bytes(), StringIO()
    call_command("train_topics", tmp_path, stdout=said)
    assert "sharing            F1 1.000  (5 lines)" in said.getvalue()
    assert WEIGHTS.read_bytes() == before


def test_training_needs_a_document_for_each_fold(tmp_path):
    with pytest.raises(CommandError, match="At least 5 documents"):
        call_command("train_topics", tmp_path)
