import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine import build_outline
from checks.engine.blocks import chinese_number
from checks.engine.entities import Role

from .samples import DEMO, POLICIES, policy


def titles(text, level=None):
    outline = build_outline(text)
    return [(s.number, s.title) for s in outline.sections if level in (None, s.level)]


def check_offsets(text):
    """What holds for every outline of every text."""
    outline = build_outline(text)
    held = "".join(text[c.start : c.end] for c in outline.clauses)
    assert re.findall(r"\w", held) == re.findall(r"\w", text)
    last = 0
    for clause in outline.clauses:
        assert last <= clause.start < clause.end <= len(text)
        last = clause.end
        first, after = clause.sentences
        assert first < after
        for sentence in outline.sentences[first:after]:
            assert clause.start <= sentence.start < sentence.end <= clause.end
            assert sentence.clause == clause.index
    for a, b in zip(outline.sentences, outline.sentences[1:], strict=False):
        assert a.end <= b.start
    for section in outline.sections:
        assert section.start < section.heading_end <= section.end
        if section.parent is not None:
            parent = outline.sections[section.parent]
            assert parent.level < section.level
            assert parent.start < section.start
            assert section.end <= parent.end
    return outline


@pytest.mark.parametrize("path", [*sorted(POLICIES.glob("*.[tm]*")), *sorted(DEMO.glob("*.txt"))], ids=lambda p: p.name)
def test_offsets_of_sample_policies(path):
    check_offsets(path.read_text("utf-8"))


PIECES = [
    "一、",
    "（一）",
    "1、",
    "1.",
    "（1）",
    "①",
    "第一条",
    "第一章 ",
    "。",
    "；",
    "：",
    "\n",
    "\r\n",
    " ",
    "　",
    "#",
    "- ",
    "目录",
    "我们收集您的信息",
    "保存六个月",
    "2.1",
    "A.",
    "【联系我们】",
    "本政策包含以下内容：",
    "http://a.example/1.2",
    "，",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=60).map("".join))
def test_offsets_of_any_text(text):
    check_offsets(text)


@pytest.mark.parametrize(
    ("written", "value"),
    [("一", 1), ("十", 10), ("十二", 12), ("二十", 20), ("二十三", 23), ("一百", 100), ("17", 17), ("甲", 0), ("①", 0)],
)
def test_chinese_numbers(written, value):
    assert chinese_number(written) == value


BODY = "我们会在您使用本产品时收集您的手机号码，用于登录和找回密码，并按照本政策保护它们。"


@pytest.mark.parametrize(
    ("first", "second", "number"),
    [
        ("一、信息的收集", "二、信息的保存", "一"),
        ("第一章 信息的收集", "第二章 信息的保存", "第一章"),
        ("第一条 信息的收集", "第二条 信息的保存", "第一条"),
        ("1、信息的收集", "2、信息的保存", "1"),
        ("1. 信息的收集", "2. 信息的保存", "1"),
        ("（一）信息的收集", "（二）信息的保存", "（一）"),
        ("（1）信息的收集", "（2）信息的保存", "（1）"),
        ("①信息的收集", "②信息的保存", "①"),
        ("## 信息的收集", "## 信息的保存", ""),
        ("信息的收集", "信息的保存", ""),
        ("【信息的收集】", "【信息的保存】", ""),
    ],
)
def test_every_way_of_numbering_makes_a_heading(first, second, number):
    text = f"{first}\n{BODY}\n{second}\n{BODY}\n"
    outline = build_outline(text)
    assert outline.sections[0].number == number
    assert [s.title.strip("【】") for s in outline.sections] == ["信息的收集", "信息的保存"]
    assert {s.role for s in outline.sentences} == {Role.HEADING, Role.BODY}


def test_lines_of_signs_are_no_sentences():
    assert [len(build_outline(text).sentences) for text in ("**\n====\n我们收集信息。\n**", "————")] == [1, 0]


def test_a_whole_statement_behind_hashes_is_no_heading():
    text = f"### 您继续使用的，即表示您同意本政策。\n{BODY}"
    assert {s.role for s in build_outline(text).sentences} == {Role.BODY}


def test_levels_nest_by_kind_of_number():
    text = f"一、收集\n（一）注册\n1、手机号码\n{BODY}\n（二）下单\n{BODY}\n二、保存\n{BODY}"
    assert [(s.number, s.level) for s in build_outline(text).sections] == [
        ("一", 1),
        ("（一）", 2),
        ("1", 3),
        ("（二）", 2),
        ("二", 1),
    ]


def test_a_clause_is_named_by_its_place():
    text = f"一、收集\n（一）注册\n{BODY}\n1、姓名；\n2、电话；\n"
    labels = [c.label for c in build_outline(text).clauses]
    assert labels == ["一", "一（一）", "一（一）第1段", "一（一）1", "一（一）2"]


def test_items_of_a_list_are_no_headings():
    text = f"一、收集\n我们收集以下信息：\n1、姓名\n2、手机号码\n3、收货地址\n{BODY}"
    assert titles(text) == [("一", "收集")]


def test_the_same_number_twice_makes_two_sections():
    text = f"七、更新\n{BODY}\n七、未成年人\n{BODY}\n"
    assert titles(text) == [("七", "更新"), ("七", "未成年人")]


CONTENTS = ["一、收集的信息", "二、保存的期限", "三、您的权利", "四、联系我们"]


@pytest.mark.parametrize("head", ["目录", "目 录", "本政策包含以下内容：", "本政策将帮助您了解以下内容："])
def test_a_table_of_contents_is_not_a_clause(head):
    text = "\n".join([head, *CONTENTS, *(f"{line}\n{BODY}" for line in CONTENTS)])
    outline = check_offsets(text)
    assert [text[s.start : s.end] for s in outline.sentences if s.role is Role.CONTENTS] == CONTENTS
    assert [s.number for s in outline.sections] == ["一", "二", "三", "四"]


def test_numbered_conditions_after_an_announcement_are_no_contents():
    text = "您同意以下内容：\n1、我们收集您的姓名；\n2、我们收集您的电话；\n3、我们收集您的地址。\n"
    assert Role.CONTENTS not in {s.role for s in build_outline(text).sentences}


PLAIN_CONTENTS = ["1. 我们收集的信息", "2. 保存与期限", "3. 您享有的权利", "4. 变更", "5. 怎样找到我们"]


def contents_of(text: str) -> list[str]:
    return [text[s.start : s.end] for s in build_outline(text).sentences if s.role is Role.CONTENTS]


@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_contents_that_nobody_announces_are_told_by_their_titles_coming_again(between):
    chapters = "\n".join(f"{line}\n{BODY}" for line in PLAIN_CONTENTS)
    assert (
        contents_of("某某手游指引\n更新提示\n" + between.join(PLAIN_CONTENTS) + "\n更新日期\n" + chapters)
        == PLAIN_CONTENTS
    )
    # Chapters with numerals, contents with digits: the first numeral begins the body.
    numerals = "\n".join(f"{n}．{line[3:]}\n{BODY}" for n, line in zip("一二三四五", PLAIN_CONTENTS, strict=True))
    assert contents_of("某某手游指引\n欢迎使用。\n" + between.join(PLAIN_CONTENTS) + "\n" + numerals) == PLAIN_CONTENTS


def test_steps_whose_words_come_again_are_no_contents():
    text = "注销步骤\n1. 打开设置\n2. 账号安全\n3. 确认身份\n4. 提交申请\n5. 等待审核\n随后打开设置页面可见进度。账号安全由您负责。\n"
    assert contents_of(text) == []


def test_a_list_of_cases_that_stands_in_the_text_twice_is_no_contents():
    cases = [f"{i}. 与{what}直接相关的；" for i, what in enumerate(("安全", "健康", "办案", "救助", "新闻"), 1)]
    text = "\n".join(["一、收集", "下面的情形无需您同意，我们逐一列出。", *cases, "二、共享", BODY, *cases])
    assert contents_of(text) == []


def test_thousands_of_tables_of_contents_cost_no_more_than_their_length():
    table = "1. 收集信息\n2. 保存信息\n3. 您的权利\n4. 联系我们\n"
    began = time.thread_time()
    assert contents_of(table * 4000)
    assert time.thread_time() - began < 10  # one look at all that follows for each took twenty seconds


def test_announced_chapters_are_contents_though_none_comes_again():
    entries = ["1、我们如何收集您的信息", "2、我们如何使用 Cookie", "3、信息安全", "4、您的权利", "5、本声明如何更新"]
    text = "本声明将帮助您了解以下内容：\n" + "\n".join(entries) + f"\n甲、范围\n{BODY}\n乙、资料\n{BODY}"
    assert contents_of(text) == entries


def test_chapters_that_ask_how_are_contents_though_few_come_again():
    entries = ["1. 我们如何收集您的信息", "2. 我们如何存储信息", "3. 您如何管理信息", "4. 未成年人条款", "5. 联系我们"]
    text = (
        "## 本声明主要向您说明：\n" + "\n".join(entries) + f"\n## 一、我们如何收集您的信息\n{BODY}\n## 二、资料\n{BODY}"
    )
    assert contents_of(text) == entries


def test_a_ruler_joins_no_paragraphs():
    broken = "我们会在您登录时收集\n**手机号码**\n，用于识别您的身份\n"
    text = f"**请您仔细阅读。**\n==========\n**一、收集**\n{broken * 4}==========\n**二、保存**\n{broken * 4}"
    assert [title.strip("*") for _, title in titles(text)] == ["收集", "保存"]


def test_numbers_in_markdown_have_no_signs_of_their_own():
    text = f"###1. 收集\n{BODY}\n###2\\. 保存\n{BODY}"
    assert titles(text) == [("1", "收集"), ("2", "保存")]


def test_a_policy_in_one_line_has_the_sections_a_reader_sees():
    outline = check_offsets(policy("single_line.txt"))
    assert [s.number for s in outline.sections if s.level == 1] == list("一二三四五六七八")
    assert sum(s.role is Role.CONTENTS for s in outline.sentences) == 8
    assert len(outline.clauses) > 50


def test_one_line_titles_end_where_the_contents_say():
    text = "隐私政策 目录：一、收集信息二、保存期限三、联系我们一、收集信息我们收集您的电话。二、保存期限我们保存三年。三、联系我们请来信。"
    assert titles(check_offsets(text) and text) == [("一", "收集信息"), ("二", "保存期限"), ("三", "联系我们")]


def test_damaged_numbering_still_gives_sections():
    outline = check_offsets(policy("ocr_damaged.txt"))
    numbers = [s.number for s in outline.sections if s.level == 1]
    assert numbers.count("四") == 2  # the policy has that number twice
    assert "三" in numbers


def test_references_do_not_begin_sections():
    text = f"一、更正\n您可以通过本政策“八、联系我们”中的方式提出请求，也可依照第三条办理。\n二、保存\n{BODY}"
    assert titles(text) == [("一", "更正"), ("二", "保存")]


def test_dates_and_versions_are_no_numbers():
    text = "更新日期：2026.11.25 版本 2.0，支持 TLS1.2 及以上。我们于2026年1.5版起生效。"
    assert len(build_outline(text).clauses) == 1


def test_a_title_that_begins_like_a_day_keeps_its_number():
    text = f"一、收集\n2.1 设备\n{BODY}\n2.1.1日志\n{BODY}\n2.1.2日常\n{BODY}"
    numbers = [clause.number or section for clause in build_outline(text).clauses for section in [clause.label]]
    assert any("2.1.1" in number for number in numbers)
    assert any("2.1.2" in number for number in numbers)


def test_hard_wrapped_lines_are_one_sentence():
    paragraph = (
        "我们会在您使用本产品的过程中收集您的设备型号操作系统版本以及网络状态并将它们用于保障账号安全以及排查故障" * 6
    )
    wrapped = "\n".join(paragraph[i : i + 30] for i in range(0, len(paragraph), 30)) + "。"
    outline = check_offsets(wrapped)
    assert len(outline.sentences) == 1


def test_sentences_end_at_stops_and_keep_closing_quotes():
    text = "我们会通知您：“请更新。”随后生效；您可以拒绝！"
    assert [text[s.start : s.end] for s in build_outline(text).sentences] == [
        "我们会通知您：“请更新。”",
        "随后生效；",
        "您可以拒绝！",
    ]


def test_white_space_inside_words_makes_no_heading():
    line = "1.3 个人敏感信息：例如身份证号、面部图像、银行卡号、通讯录、行踪轨迹、健康状况等。"
    for said in (line, line.replace("讯录", "讯 录").replace("健康", "健 康").replace("轨迹", "轨 迹")):
        outline = build_outline(f"1.2 个人信息主体：指用户。\n{said}\n第二条 信息的收集\n我们收集您的信息。")
        assert "个人敏感信息" not in [section.title for section in outline.sections]
