import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.normal import normalise
from checks.engine.topics import TOPICS, Grams, topic_scores


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


@given(st.lists(st.text(max_size=12), max_size=6))
def test_scores_do_not_depend_on_how_sentences_are_batched(sentences):
    together = Grams(sentences, 15, 5)
    for number, sentence in enumerate(sentences):
        alone = Grams([sentence], 15, 5)
        assert sorted(together.columns[together.rows == number]) == sorted(alone.columns)
    assert topic_scores(sentences, [""] * len(sentences)).shape == (len(sentences), len(TOPICS))
