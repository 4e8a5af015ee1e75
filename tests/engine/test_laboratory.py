"""The rule laboratory's engine part: hits, comparison, examples, why not, suggestions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.conditions import parse_condition
from checks.engine.laboratory import Corpus, LineError, Search, compare, idle_rules, prepare, tally, try_examples
from checks.engine.matching import CONDITIONS, Matcher, members
from checks.engine.rules import nodes_of, parse_placed, parse_rule
from checks.engine.synonyms import suggest
from checks.engine.whynot import why_not

GROUPS = {"收集": ("收集", "获取"), "匿名化": ("匿名化",)}
POLICY = """一、我们怎样收集信息
我们会收 集您的位置信息。我们不会获取您的通讯录。
二、您的权利
您可以注销账号；注销后我们在15日内删除信息。我们收集的资料，匿名化后位置不再可见。
"""
RULES = [
    "收集",
    "{收集} ..8 位置",
    "肯定({收集})",
    "否定({收集}) & 通讯录",
    "注销 & 标题(权利)",
    "删除 & 含(期限)",
    "{收集} & !{匿名化}",
    "(注销 ..2 账号) | (删除 & 信息)",
    "信息 & !(附近1(注销) & 删除)",
    "[注销|删除]后",
    "收集 & 主题(收集) & !定义() & !事实(emails)",
    "引号(用户协议) | 例外(共享) | 收集 ..3 位置",
]


def search(*rules, **more):
    return Search(rules, GROUPS, **more)


def one(rule, sentence):
    """The answer for a text of one sentence under one rule."""
    (answer,) = [answer for answer in why_not(search(rule), prepare(sentence)) if not answer.role]
    return answer.rules[0]


def only_reason(rule, sentence):
    (reason,) = one(rule, sentence).reasons
    return reason, rule[reason.start : reason.end], [sentence[start:end] for start, end in reason.places]


def test_hits_are_sentences_cut_from_the_original():
    hit = search("{收集} ..8 位置").found(prepare(POLICY))[0]
    assert POLICY[hit.start : hit.end] == "我们会收 集您的位置信息。"
    assert [POLICY[start:end] for start, end in hit.marks] == ["收 集您的位置"]


def test_unless_takes_a_sentence_away():
    assert len(search("收集").found(prepare(POLICY))) == 2
    assert len(search("收集", unless=["{匿名化}"]).found(prepare(POLICY))) == 1


def test_too_few_different_rules_count_for_nothing():
    text = prepare(POLICY)
    assert search("收集", "绝无此词").found(text)
    assert not search("收集", "绝无此词", at_least=2).found(text)
    assert search("收集", "注销", at_least=2).found(text)


def test_comparison_tells_new_lost_and_same():
    corpus = Corpus([prepare("天气很好。"), prepare(POLICY)])
    now, before = (corpus.found(search(rule)) for rule in ("{收集} & !通讯录", "{收集} & !{匿名化}"))
    sentences = corpus.texts[1].outline.sentences
    changes = compare(now, before)
    assert [(text, kind, POLICY[sentences[index].start :][:5]) for text, index, kind in changes] == [
        (1, "same", "我们会收 "),
        (1, "lost", "我们不会获"),
        (1, "new", "我们收集的"),
    ]
    assert tally(now, before) == {"new": 1, "lost": 1, "same": 1}
    assert [change.kind for change in compare(now, before, ["lost"])] == ["lost"]


@pytest.mark.parametrize("rule", RULES)
def test_a_corpus_finds_what_each_text_by_itself_gives(rule):
    texts = [prepare(text) for text in ("", POLICY, "天气很好。", "我们收集位置，邮箱 a@b.example。", POLICY)]
    corpus = Corpus(texts)
    for tried in (search(rule), search(rule, "删除", unless=["位置"]), search(rule, headings=True)):
        for _again in range(2):
            for text, sentences in zip(texts, corpus.found(tried), strict=True):
                there = [text.outline.sentences[index] for index in members(sentences)]
                assert [(hit.start, hit.end) for hit in tried.found(text)] == [(s.start, s.end) for s in there]


def test_a_line_that_is_no_rule_says_which_and_where():
    with pytest.raises(LineError) as raised:
        search("收集", "{收集 ..8")
    assert (raised.value.part, raised.value.line, raised.value.position) == ("rules", 1, 7)
    with pytest.raises(LineError) as raised:
        search("收集", unless=["& 收集"])
    assert raised.value.part == "unless"


def test_examples_and_idle_rules():
    tried = search("收集", "绝无此词")
    results = try_examples(tried, ["我们收集信息。", "无关的话。"], ["我们收集石头。", "天气很好。"])
    assert [(result.kind, result.passes) for result in results] == [
        ("match", True),
        ("match", False),
        ("no_match", False),
        ("no_match", True),
    ]
    assert idle_rules(tried, results) == (1,)


def test_examples_count_as_found_by_the_fact_of_their_element():
    by_fact = Search([], {}, fact=parse_condition("fact.emails > 0", frozenset()))
    results = try_examples(by_fact, ["请写信至 hello@example.com。"], ["请来电。", "信箱为 you@example.com。"])
    assert [(result.passes, result.by_fact) for result in results] == [(True, True), (True, False), (False, True)]


def test_a_missing_term():
    reason, part, places = only_reason("{收集} & 指纹", "我们收集您的面容。")
    assert (reason.code, part, places) == ("absent", "指纹", [])
    assert "指纹" in reason.zh
    assert "指纹" in reason.en


def test_too_far_apart():
    reason, part, places = only_reason("{收集} ..3 位置", "我们收集您的手机号和位置。")
    assert (reason.code, part, places) == ("distance", "{收集} ..3 位置", ["收集", "位置"])
    assert "6 字" in reason.zh
    assert "6 character(s)" in reason.en


def test_the_wrong_order():
    reason, _part, places = only_reason("{收集} .. 位置", "您的位置由我们收集。")
    assert (reason.code, places) == ("order", ["位置", "收集"])


def test_negation_points_at_what_negates():
    reason, part, places = only_reason("肯定({收集})", "我们不会收集您的位置。")
    assert (reason.code, part, places) == ("not_affirmed", "肯定({收集})", ["不", "收集"])


@pytest.mark.parametrize(
    ("rule", "sentence", "code"),
    [
        ("否定(共享)", "我们共享信息。", "not_negated"),
        ("否定(共享)", "未经您同意，我们不会共享信息。", "excepted"),
        ("例外(共享)", "我们不会共享信息。", "not_excepted"),
        ("引号(用户协议)", "请看用户协议。", "not_quoted"),
        ("收集 & !{匿名化}", "收集后匿名化处理。", "excluded"),
        ("收集 & 标题(权利)", "我们收集信息。", "no_heading"),
        ("收集 & 标题(权利)", "一、您的权益\n我们收集信息。", "heading"),
        ("收集 & 本节(删除)", "我们收集信息。", "section"),
        ("收集 & 本款(删除)", "我们收集信息。", "clause"),
        ("收集 & 附近3(删除)", "我们收集信息。", "near"),
        ("收集 & 前文(删除)", "我们收集信息。", "before"),
        ("收集 & 后文1(删除)", "我们收集信息。", "after"),
        ("收集 & 全文(删除)", "我们收集信息。", "document"),
        ("收集 & !本节(收集)", "我们收集信息。", "excluded_condition"),
        ("收集 & 定义()", "我们收集信息。", "definition"),
        ("收集 & 事实(emails)", "我们收集信息。", "fact"),
        ("收集 & 含(期限)", "我们收集信息。", "detail"),
        ("收集 & 主题(停运)", "我们收集信息。", "topic"),
        ("(删除 ..2 位置) | (共享 & 手机号)", "我们收集信息。", "none_of"),
    ],
)
def test_every_operator_says_why_not(rule, sentence, code):
    answer = one(rule, sentence)
    assert not answer.holds
    reason = answer.reasons[0]
    assert reason.code == code
    assert rule[reason.start : reason.end]
    assert reason.zh
    assert reason.en


def test_what_unless_takes_away_is_said():
    (answer,) = why_not(search("收集", unless=["石头"]), prepare("我们收集石头。"))
    assert not answer.hit
    assert answer.rules[0].holds
    assert [line.text for line in answer.taken_by] == ["石头"]


def test_headings_are_said_not_to_count():
    roles = [answer.role for answer in why_not(search("权利"), prepare("二、您的权利\n您可以注销。"))]
    assert roles == ["heading", ""]


@given(st.text(alphabet="我们不会收集获取位置信息匿名化，。； 　\n\u200b", max_size=60), st.sampled_from(RULES))
@settings(max_examples=150, deadline=None)
def test_reasons_are_given_exactly_where_a_rule_does_not_hold(text, rule):
    prepared, tried = prepare(text), search(rule)
    found = tried.found(prepared)
    held = set()
    for answer in why_not(tried, prepared):
        if answer.role:
            continue
        (line,) = answer.rules
        assert line.holds == (not line.reasons)
        assert line.holds == answer.hit
        if answer.hit:
            held.add((answer.start, answer.end))
        for reason in line.reasons:
            assert 0 <= reason.start < reason.end <= len(rule)
            assert all(0 <= start < end <= len(text) for start, end in reason.places)
    assert held == {(hit.start, hit.end) for hit in found}
    for hit in found:
        assert hit.marks
        assert all(hit.start <= start < end <= hit.end for start, end in hit.marks)


@pytest.mark.parametrize("rule", RULES)
def test_the_places_of_parts_are_where_they_were_written(rule):
    placed = parse_placed(rule, GROUPS)
    assert placed.node == parse_rule(rule, GROUPS)
    Matcher.compile([placed.node])
    assert placed.of(placed.node) == (0, len(rule))
    for node in nodes_of(placed.node):
        start, end = placed.of(node)
        written = rule[start:end]
        assert written == written.strip()
        if not isinstance(node, CONDITIONS):
            assert parse_rule(written, GROUPS) == node


def test_suggestions_stand_where_the_words_stand():
    lines = [f"我们会{verb}您的{what}信息。" for what in ("位置", "设备", "订单") for verb in ("保存", "储存")]
    lines += [f"系统将{verb}相关{what}日志。" for what in ("登录", "操作") for verb in ("保存", "储存")]
    texts = [prepare("\n".join(lines)), prepare("天气很好。")]
    (found,) = suggest(["保存"], texts)
    assert (found.word, found.text) == ("储存", 0)
    assert "储存" in texts[0].original[found.start : found.end]
    assert found.pairs >= 2
    assert suggest(["保存"], texts) == [found]


def test_no_suggestion_is_better_than_a_poor_one():
    assert suggest(["保存"], [prepare("我们保存信息。")]) == []
    assert suggest(["绝无此词"], [prepare(POLICY)]) == []
    assert suggest([" "], [prepare(POLICY)]) == []
    assert suggest(["保存"], []) == []
