"""English for what the engine calls things, complete; and where laws are cited."""

import re

import pytest

from checks import terms
from checks.engine import (
    build_outline,
    items,
    load_shipped,
    permissiontable,
    storage,
    third_parties,
)
from checks.engine.entities import Layout
from checks.engine.policyviews import read_policy
from checks.engine.rules import explain
from checks.rendering.views import plain_views

CHINESE = re.compile("[一-鿿]")


def test_everything_the_engine_names_has_an_english_word():
    names = {*items.ITEMS, *items.PERMISSIONS, *permissiontable._BARE, *permissiontable._WORDS, *third_parties.KINDS}
    names |= {"境内", *storage.ABROAD, *storage._CITIES.split()}
    assert not {name for name in names if CHINESE.search(terms.term(name, "en"))}
    assert {terms.term(name, "zh-hans") for name in names} == {terms.LATIN.get(name, name) for name in names}


@pytest.mark.parametrize(
    ("ref", "english"),
    [
        ("第十七条第一款第(一)项", "Article 17, paragraph 1, item (1)"),
        ("第七十三条第(三)、(四)项", "Article 73, items (3), (4)"),
        ("第十三条第一款第(二)至(七)项、第二款", "Article 13, paragraph 1, items (2) to (7), paragraph 2"),
        ("第三十九条（2025年修正后条序，原第三十七条）", "Article 39 (as renumbered in 2025, formerly Article 37)"),
        ("第二十一条第一款第(四)项、第二十四条", "Article 21, paragraph 1, item (4), Article 24"),
        ("第五十二条第一款、第二款", "Article 52, paragraphs 1 and 2"),
        ("第五十五条、第五十六条", "Articles 55 and 56"),
        ("第二十三条、第十三条第一款", "Article 23, Article 13, paragraph 1"),
        ("二(1)、四(1)", "Part 2 (1), Part 4 (1)"),
        ("六(3)、(5)", "Part 6 (3), (5)"),
        ("5.4 c)、6.3 b)、c)", "5.4 c), 6.3 b), c)"),
        ("附录D", "Annex D"),
        ("", ""),
    ],
)
def test_places_in_laws_are_cited_in_english(ref, english):
    assert terms.citation(ref, "en") == english
    assert terms.citation(ref, "zh-hans") == ref


def test_no_citation_of_the_shipped_checklist_stays_chinese():
    entries = load_shipped().source["requirements"]
    refs = {basis["ref"] for entry in entries for basis in entry["legal_basis"]}
    assert not {ref for ref in refs if CHINESE.search(terms.citation(ref, "en"))}


@pytest.mark.parametrize(("language", "camera", "answer"), [("en", "camera", "answering"), ("zh-hans", "相机", "答复")])
def test_a_reports_views_speak_its_language(language, camera, answer):
    text = "相机权限：用于扫描条码。\n我们将在十五日内答复您的请求。\n收到您的投诉后，我们会在三十日内回复。\n"
    views = plain_views(read_policy(text, build_outline(text)), Layout(), language)
    assert [row["name"] for row in views["permissions"]] == [camera]
    assert answer in [row["subject"] for row in views["contradictions"]]


def test_numbers():
    assert [terms.number(words) for words in ("四", "十", "十三", "二十", "六十九", "一百零五")] == [
        4,
        10,
        13,
        20,
        69,
        105,
    ]


@pytest.mark.parametrize(
    ("words", "english"),
    [
        ("没有出现“期限”", "There is no “期限”"),
        ("条件不成立：前后2句内有：出现“专责”类用语", "The condition does not hold: within 2 sentences before or behind: “专责” (a group of terms)"),
        ("次序或距离不符：出现“保存”，其后15字内出现“六个月”“三年”之一", "Order or distance does not fit: “保存”, followed within 15 characters by “六个月”“三年”, one of them"),
        ("没有（出现“没有”），或者（句中含有邮箱）", "There is no (“没有”), or (the sentence holds an e-mail address)"),
    ],
)  # fmt: skip
def test_why_a_near_sentence_does_not_count(words, english):
    assert terms.why_near(words, "en") == english
    assert terms.why_near(words, "zh-hans") == words


def test_every_part_of_a_shipped_rule_can_be_told_in_english():
    outside = re.compile("“[^”]*”")
    rules = [rule for r in load_shipped().requirements for d in r.detectors for rule in d.rules]
    told = {terms.why_near("没有" + explain(rule.node).removeprefix("在同一句中"), "en") for rule in rules}
    assert not {words for words in told if CHINESE.search(outside.sub("", words))}
