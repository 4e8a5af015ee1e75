"""The same content gives the same verdicts, however it was typed, wrapped, encoded and stored."""

from __future__ import annotations

import html
import re
from datetime import date
from functools import cache
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from checks.engine import analyse, build_outline, document_from_text, load_shipped, read_document
from checks.engine.normal import TRADITIONAL
from checks.engine.tidy import Tidy

from .samples import policy

POLICIES = ("good_2026.txt", "old_style.txt")
AS_OF = date(2026, 11, 1)
HALF = str.maketrans("，。；：！？（）", ",.;:!?()")
WIDE = {code: code + 0xFEE0 for code in map(ord, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")}
TRADITIONAL_OF = {simple: traditional for traditional, simple in reversed(TRADITIONAL.items())}


@cache
def checklist():
    return load_shipped()


def verdicts(document):
    return {finding.code: finding.verdict.value for finding in analyse(document, checklist(), as_of=AS_OF).findings}


def of_text(text):
    return verdicts(document_from_text(text, name="policy.txt"))


@cache
def as_written(name):
    return of_text(policy(name))


def differences(name, found):
    return {code: (verdict, found[code]) for code, verdict in as_written(name).items() if found[code] != verdict}


def wrapped(text, width):
    """Every line cut after so many characters, as an editor without paragraphs stores it."""
    return "\n".join(line[at : at + width] for line in text.split("\n") for at in range(0, max(1, len(line)), width))


def ambiguous(text, width):
    """Whether a line without a stop is exactly as long as the others are cut: nobody can tell it from a cut one."""
    lines = [line for line in text.split("\n") if line]
    return any(len(line) % width == 0 and line[-1] not in "。；：" for line in lines)


def spaced(text, random, one_in):
    """White space and invisible characters between Chinese characters, as scanners and styles leave them.

    The first words of a line are left alone: behind a short title, a space separates it from its text.
    """

    def maybe(match):
        begins = text.rfind("\n", 0, match.start()) + 1
        inside = match.start() - begins > 24
        return random.choice(" \u200b\u2060") if inside and random.random() < 1 / one_in else ""

    return re.sub(r"(?<=[\u4e00-\u9fff])(?=[\u4e00-\u9fff])", maybe, text)


def page(text, tag="p", charset="utf-8"):
    body = "".join(f"<{tag}>{html.escape(line)}</{tag}>\n" for line in text.split("\n"))
    if tag == "br":
        body = "<div>" + "<br>".join(html.escape(line) for line in text.split("\n")) + "</div>"
    return f'<!DOCTYPE html><html><head><meta charset="{charset}"></head><body>{body}</body></html>'


def markdown(text):
    """Headings with signs, a blank line between paragraphs."""
    lines = []
    for line in text.split("\n"):
        if re.match(r"[一二三四五六七八九十]+、.{1,20}$", line):
            line = f"## {line}"
        elif re.match(r"（[一二三四五六七八九十]+）[^，。]{1,14}$", line):
            line = f"### {line}"
        lines += [line, ""]
    return "\n".join(lines)


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=12, deadline=None)
@given(width=st.integers(18, 100))
def test_lines_may_be_cut_at_any_width(name, width):
    text = policy(name)
    assume(not ambiguous(text, width))
    assert differences(name, of_text(wrapped(text, width))) == {}


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 999), one_in=st.integers(25, 80))
def test_white_space_may_stand_inside_words(name, seed, one_in):
    assert differences(name, of_text(spaced(policy(name), Random(seed), one_in))) == {}  # noqa: S311


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\n".join(f"\u3000\u3000{line}" for line in text.split("\n")),
        lambda text: text.replace("\n", "\n\n\n"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "  \t\n"),
        lambda text: wrapped(text, 47).replace("\n", "\n\n"),
        lambda text: wrapped(text, 47).replace("\n", "\r\n"),
        lambda text: text.translate(WIDE),
        lambda text: text.translate(TRADITIONAL_OF),
        lambda text: wrapped(text.translate(TRADITIONAL_OF), 47),
        lambda text: "\n".join(f"> {line}" if line else line for line in text.split("\n")),
        markdown,
    ],
    ids=[
        "indented",
        "blank-lines",
        "crlf",
        "trailing-space",
        "wrapped-with-blank-lines",
        "wrapped-crlf",
        "full-width-letters",
        "traditional",
        "traditional-wrapped",
        "quoted",
        "markdown",
    ],
)
def test_the_way_of_typing_does_not_matter(name, change):
    assert differences(name, of_text(change(policy(name)))) == {}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_does_not_matter(name, encoding):
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    document = read_document((mark + policy(name)).encode(encoding), name="policy.txt")
    assert differences(name, verdicts(document)) == {}


def test_big5_reads_like_the_same_characters_in_utf8():
    text = policy("old_style.txt").translate(TRADITIONAL_OF)
    text = text.encode("big5", "ignore").decode("big5")
    document = read_document(text.encode("big5"), name="policy.txt")
    assert document.text == text
    assert verdicts(document) == of_text(text)


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("tag", ["p", "div", "li", "br"])
def test_a_page_of_the_same_lines_gives_the_same(name, tag):
    assert differences(name, verdicts(read_document(page(policy(name), tag).encode(), name="policy.html"))) == {}


def test_a_page_in_the_encoding_it_declares_gives_the_same():
    name = POLICIES[0]
    content = page(policy(name), charset="gb2312").encode("gb18030")
    assert differences(name, verdicts(read_document(content, name="policy.html"))) == {}


@pytest.mark.parametrize("name", POLICIES)
def test_half_width_punctuation_cuts_the_same_sentences(name):
    text = policy(name)

    def cut(text):
        return [text[s.start : s.end].translate(HALF) for s in build_outline(text).sentences]

    assert cut(text.translate(HALF)) == cut(text)


# ---------- The tidied copy ----------


def test_a_text_of_paragraphs_is_left_alone():
    assert Tidy(policy("good_2026.txt")).origin is None


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("收集,使用;保存:删除!", "收集，使用；保存：删除！"),
        ("到此为止.另起一句.", "到此为止。另起一句。"),
        ("（以下称“我们”）.本政策", "（以下称“我们”）。本政策"),
        ("一.信息的收集", "一.信息的收集"),
        ("见 a.example/x?y,z 或 1,000.50 元", "见 a.example/x?y,z 或 1,000.50 元"),
        ("１２个月", "12个月"),
        ("第三方ＳＤＫ", "第三方SDK"),
        ("个\u200b人\ufeff信息", "个人信息"),
        ("我们收集您的手机号码\n，用于登录。", "我们收集您的手机号码，用于登录。"),
    ],
)
def test_what_the_outline_sees(text, copy):
    assert Tidy(text).text == copy


def test_headings_and_tables_are_not_joined():
    text = "一、信息的收集\n我们收集您的手机号码。\n名称\n云雀推送\n用途\n发送提醒\n二、信息的保存\n保存六个月。\n" * 3
    assert Tidy(text).origin is None


@given(
    st.lists(st.sampled_from(["我们收集", "，", "。", "\n", "一、", "\u200b", " ", "a.b,c", "1."]), max_size=80).map(
        "".join
    )
)
def test_every_character_of_the_copy_knows_where_it_came_from(text):
    copy = Tidy(text)
    origin = list(range(len(text))) if copy.origin is None else copy.origin
    assert len(origin) == len(copy.text)
    assert all(a < b for a, b in pairwise(origin))
    kept = "".join(text[at] for at in origin)
    assert re.sub(r"[\s\u200b]", "", kept) == re.sub(r"[\s\u200b]", "", text)
    for at in range(len(copy.text)):
        assert copy.start(at) == origin[at]
        assert copy.end(at + 1) == origin[at] + 1
