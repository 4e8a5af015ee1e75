"""Concrete things in a sentence, and the condition 含(…) that asks for them."""

import pytest

from checks.engine.details import DETAILS, sentences_with
from checks.engine.normal import normalise
from checks.engine.rules import RuleError, explain, parse_rule


def held(sentence):
    text = normalise(sentence).text
    return {name for name in DETAILS if sentences_with(name, text, [0], [len(text)])}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("您可以在【我】-【更多】-【消息】里关掉它", {"菜单路径"}),
        ("进入“我的—设置—隐私”即可注销", {"菜单路径"}),
        ("点击“安全中心”提交申请", {"菜单路径"}),
        ("可经由设置页面修改昵称", {"菜单路径"}),
        ("我们在15个工作日内处理", {"期限"}),
        ("日志留存【六】个月", {"期限"}),
        ("致电400-123-4567", {"电话", "联系方式"}),
        ("请写信到 help＠example.cn", {"邮箱", "网址", "联系方式"}),
        ("由某某科技（深圳）有限公司提供推送", {"公司"}),
        ("依照《某某安全法》保存", {"法条"}),
    ],
)
def test_a_detail_is_seen_however_it_is_written(sentence, expected):
    assert held(sentence) == expected


@pytest.mark.parametrize(
    "sentence", ["本政策于2021年3月1日生效", "我们不会向任何人提供", "版本号2019-12", "您可以联系客服", "公司重视隐私"]
)
def test_what_only_looks_like_a_detail(sentence):
    assert held(sentence) == set()


def test_a_detail_does_not_run_over_the_end_of_its_sentence():
    text = normalise("请前往我的。-设置-隐私看看。").text
    end = text.index(".") + 1
    assert sentences_with("菜单路径", text, [0, end], [end, len(text)]) == 0b10


def test_a_rule_asks_for_a_detail():
    assert explain(parse_rule("注销 & 含(菜单路径)", {})).endswith("句中含有菜单路径")
    with pytest.raises(RuleError, match="one of the details"):
        parse_rule("注销 & 含(菜单)", {})
    with pytest.raises(RuleError, match="at least one term"):
        parse_rule("含(菜单路径)", {})


def test_a_menu_path_counts_though_its_first_words_run_on_from_the_line_above():
    lines = ["注销账号", "通过我的-设置-注销即可办理"]
    text = "".join(lines)
    edges = [0, len(lines[0]), len(text)]
    assert sentences_with("菜单路径", text, edges[:-1], edges[1:]) == 0b10
