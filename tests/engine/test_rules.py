import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.matching import Matcher, Text, members, polarity
from checks.engine.nearmisses import why_not
from checks.engine.outline import build_outline
from checks.engine.rules import RuleError, explain, parse_rule

GROUPS = {
    "收集": ("收集", "获取"),
    "共享": ("共享", "提供给"),
    "位置": ("位置", "定位", "GPS"),
    "同意": ("同意", "授权"),
}


def hits(rule, text):
    """The sentences of a text that a rule is true of."""
    outline = build_outline(text)
    reading = Matcher.compile([parse_rule(rule, GROUPS)]).read(Text(text, outline))
    sentences = outline.sentences
    return [text[sentences[i].start : sentences[i].end] for i in members(reading.rule(0))]


def matches(rule, sentence):
    return bool(hits(rule, sentence))


@pytest.mark.parametrize(
    ("rule", "sentence", "expected"),
    [
        ("{收集}", "我们会获取信息。", True),
        ("{收集} & {位置}", "为了定位，我们收集信息。", True),
        ("{收集} & {位置}", "我们收集信息。", False),
        ("{收集} .. {位置}", "为了定位，我们收集信息。", False),
        ("{收集} ..4 {位置}", "我们收集您的位置。", True),
        ("{收集} ..4 {位置}", "我们收集您的姓名和位置。", False),
        ("{收集} ..0 {位置}", "我们收集位置。", True),
        ("说明 ..9 删除 ..2 账号", "说明：删除内容或删除账号。", True),
        ("{收集}[您的|你的]{位置}", "我们收集你的位置。", True),
        ("{收集}[您的|你的]{位置}", "我们收集他的位置。", False),
        ("{收集} | 剪贴板", "我们读剪贴板。", True),
        ("{收集} & !{位置}", "我们收集位置。", False),
        ("{收集} & !{位置}", "我们收集姓名。", True),
        ("[剪贴板|剪切板]", "读取剪 切板。", True),
        ("[{位置}|轨迹]", "使用轨迹。", True),
        ('"Android ID"', "读取AndroidID。", True),
        ("收集 & (位置 | 姓名) & !不", "我们收集姓名。", True),
        ("｛收集｝＆！｛位置｝", "我们收集姓名。", True),
    ],
)
def test_operators(rule, sentence, expected):
    assert matches(rule, sentence) is expected


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("我们会与合作方共享您的信息。", "affirmed"),
        ("我们不会与任何第三方共享您的信息。", "negated"),
        ("我们绝不会共享您的信息。", "negated"),
        ("未经您同意，我们不会共享您的信息。", "excepted"),
        ("我们不会与第三方共享您的信息，但以下情况除外。", "excepted"),
        ("除非法律要求，我们不会共享您的信息。", "excepted"),
        ("我们不仅收集，还会共享您的信息。", "affirmed"),
        ("我们不断改进服务，与合作方共享您的信息。", "affirmed"),
        ("如果您不同意，我们会共享匿名信息。", "affirmed"),
        ("我们无需您同意即可共享您的信息。", "negated"),
    ],
)
def test_negation_is_told_from_affirmation(sentence, kind):
    assert polarity(sentence.replace("，", ",").replace("。", "."), sentence.index("共享")) == kind
    assert matches("肯定({共享})", sentence) is (kind == "affirmed")
    assert matches("否定({共享})", sentence) is (kind == "negated")
    assert matches("例外({共享})", sentence) is (kind == "excepted")


TEXT = """一、位置信息
我们收集经纬度。保存六个月。
二、其他
我们收集姓名。到期删除。"""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{收集} & 标题({位置})", ["我们收集经纬度。"]),
        ("{收集} & !标题({位置})", ["我们收集姓名。"]),
        ("{收集} & 后文1(保存)", ["我们收集经纬度。"]),
        ("{收集} & 前文1(保存)", []),
        ("删除 & 附近1({收集})", ["到期删除。"]),
        ("删除 & 本节({收集} & 姓名)", ["到期删除。"]),
        ("删除 & 本款(姓名)", ["到期删除。"]),
        ("删除 & 全文(经纬度)", ["到期删除。"]),
        ("删除 & 全文(剪贴板)", []),
        ("{位置}", []),  # a heading is no statement
    ],
)
def test_conditions_on_the_surroundings(rule, expected):
    assert hits(rule, TEXT) == expected


def test_quoted_terms_can_be_told_apart():
    text = "请阅读《位置信息说明》。我们收集位置。"
    assert hits("引号({位置})", text) == ["请阅读《位置信息说明》。"]


def test_facts_can_be_asked_for():
    text = "请来信联系我们。"
    matcher = Matcher.compile([parse_rule("来信 & 事实(emails)", GROUPS)])
    outline = build_outline(text)
    assert not matcher.read(Text(text, outline)).rule(0)
    assert matcher.read(Text(text, outline), {"emails": 1}).rule(0)


def test_contents_never_match():
    text = "目录\n一、收集信息\n二、保存期限\n三、联系我们\n一、收集信息\n正文甲乙丙丁。\n二、保存期限\n正文。\n三、联系我们\n正文。"
    assert hits("[收集信息|保存期限]", text) == []


def test_definitions_can_be_told_from_statements():
    text = "位置信息是指您的经纬度。我们收集位置信息。"
    assert hits("{位置} & !定义()", text) == ["我们收集位置信息。"]
    assert hits("{位置} & 定义()", text) == ["位置信息是指您的经纬度。"]


@pytest.mark.parametrize(
    ("rule", "position", "expected"),
    [
        ("", 0, "a term"),
        ("{收集", 3, "}"),
        ("{没有}", 1, "no group"),
        ("收集 位置", 3, "operator"),
        ("{收集}!位置", 4, "operator"),
        ("收集 &", 4, "a term"),
        ("(收集", 3, ")"),
        ("肯定 收集", 3, "operator"),
        ("不知(收集)", 0, "one of"),
        ('"收集', 3, "closing"),
        ("!收集", 0, "at least one term"),
        ("标题(收集)", 0, "at least one term"),
        ("收集 | 标题(位置)", None, "each alternative"),
        ("收集 & 主题(天气)", 8, "one of the topics"),
        ("收集 & 事实(邮箱)", 8, "name of a fact"),
        ("!!收集", 1, "one !"),
        ("收集 .. !位置", 5, "terms on both sides"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_was_expected(rule, position, expected):
    with pytest.raises(RuleError) as caught:
        parse_rule(rule, GROUPS)
    assert expected in caught.value.expected
    if position is not None:
        assert caught.value.position == position


@given(st.text(alphabet='收集位置{}[]()|&!."肯定标题全文3 ', max_size=24))
def test_any_line_is_read_or_refused(line):
    try:
        node = parse_rule(line, GROUPS)
    except RuleError as error:
        assert 0 <= error.position <= len(line)
    else:
        assert explain(node).startswith("在同一句中")
        Matcher.compile([node]).read(Text(TEXT, build_outline(TEXT))).rule(0)


def test_a_rule_explains_itself():
    node = parse_rule("肯定({收集}) ..8 位置 & !匿名 & 标题({同意})", GROUPS)
    assert explain(node) == (
        "在同一句中出现未被否定的“收集”类用语，其后8字内出现“位置”，并且不得有：出现“匿名”，并且所在章节的标题含：出现“同意”类用语"
    )


@pytest.mark.parametrize(
    ("rule", "sentence", "why"),
    [
        ("{收集} & {位置}", "我们收集姓名。", "没有出现“位置”类用语"),
        ("肯定({共享})", "我们不会共享。", "语气相反：出现未被否定的“共享”类用语"),
        ("{位置} .. {收集}", "收集位置。", "次序或距离不符：出现“位置”类用语，其后出现“收集”类用语"),
        ("{收集} & !姓名", "收集姓名。", "条件不成立：不得有：出现“姓名”"),
        ("{收集}", "我们收集姓名。", ""),
    ],
)
def test_why_not(rule, sentence, why):
    node = parse_rule(rule, GROUPS)
    reading = Matcher.compile([node]).read(Text(sentence, build_outline(sentence)))
    assert why_not(reading, node, 0) == why


def test_the_cost_of_a_hostile_rule_is_linear():
    """A long chain of ``..`` over a sentence full of its terms: nothing may backtrack."""
    rule = " .. ".join(["甲"] * 60)
    sentence = "甲" * 4000 + "。"
    assert matches(rule, sentence)
    assert not matches(rule + " .. 乙", sentence)
