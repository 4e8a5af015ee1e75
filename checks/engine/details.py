"""Concrete things a sentence can hold, whatever the wording around them: a menu path, a period, a way to make contact.

Rules ask for them with 含(…), so that nobody has to list every way of writing a menu or a number of days.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import chain

# Patterns are held against comparable text: no white space, one kind of dash, quotation mark and bracket.
# Paths are found from a sign between two steps on: it is rare, and the words before it are everywhere.
# A step of a menu is a short word, often in brackets or quotation marks.
_WORD = r"[\u4e00-\u9fffa-z&/]"
_CLOSING = r"[\]》\"')]"
_STEP = rf"[\[《\"'(]?{_WORD}{{1,14}}{_CLOSING}?"
_SIGN = r"[\-→➔>]"
_MORE = r"[\->]{0,3}"  # of the signs, as in --->
_MENU = (
    rf"{_SIGN}(?:(?<={_WORD}.)|(?<={_WORD}{_CLOSING}.)){_MORE}{_STEP}{_SIGN}",  # 我的-设置-隐私
    rf"{_SIGN}(?:(?<=[\]\"].){_MORE}[\[《\"]?|(?<=[\u4e00-\u9fff].){_MORE}[\[\"])[\u4e00-\u9fff]",  # “我的”-“设置”
    rf"(?:我的?|设置|首页|个人中心|隐私|账号与安全|通用)(?:{_SIGN}{_MORE}|/)[\u4e00-\u9fff]{{2}}",
    r"(?:点[击选按]|轻点|进入|打开|选择|勾选|前往|访问|通过|在|至|到)[^,.;:\"\[]{0,8}[\"\[][^\"\],.;]{1,16}[\"\]]",
    r"(?:设置|个人中心|隐私中心|账号与安全)(?:页面?|界面|菜单|栏目?|选项|入口|功能)",
    r"(?:设置|个人中心|隐私中心)(?:中|里|内|下)",
)

# A detail → patterns of which one is enough. Several short ones are faster than one of many alternatives.
PATTERNS = {
    "菜单路径": _MENU,
    "期限": (
        r"(?<![\d年月])(?:\d{1,3}|[一二三四五六七八九十百两半]{1,4})\]?(?:\([一二三四五六七八九十]{1,3}\))?"
        r"(?:个工作日|工作日|自然日|日|天|周|星期|个月|年|个?小时)(?![月日号])",
    ),
    "邮箱": (r"[a-z0-9_.\-+]+[@#][a-z0-9\-]+\.[a-z.]{2,}",),
    "电话": (r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|[48]00-?\d{3,4}-?\d{3,4}|9[56]\d{3,5}|10\d{3})(?!\d)",),
    "网址": (r"https?:|www\.|\.(?:com|cn|net|org)(?![a-z@])",),
    "公司": (
        r"[\u4e00-\u9fff)]{2,}(?:有限公司|有限责任公司|股份公司|集团|银行)",
        r"[a-z]{3,}(?:inc|ltd|llc)(?![a-z])",
    ),
    "法条": (
        r"《[^《》]{2,40}(?:法|条例|规定|办法|规范)》",
        r"法律法规的?(?:要求|规定)|国家(?:有关)?(?:规定|法律)|监管(?:要求|规定)",
    ),
}
ALTERNATIVES = {"联系方式": ("邮箱", "电话")}
DETAILS = (*PATTERNS, *ALTERNATIVES)
# How finds of these begin; looking behind at every character of the text costs five times as much.
_COUNT = r"[\d一二三四五六七八九十百两半]"
_FIRST = {
    "期限": re.compile(rf"{_COUNT}(?<![\d年月].)(?={_COUNT}{{0,3}}[\](个工自日天周星年小])"),
    "电话": re.compile(r"[01489](?<!\d.)(?=\d)"),
}
_COMPILED = {name: [re.compile(pattern) for pattern in patterns] for name, patterns in PATTERNS.items()}


# A company's name may begin anywhere in a run of Chinese, but one match from its beginning finds all that is in it.
_COMPANY = _COMPILED["公司"][0]
_COMPANY_WORD = re.compile("公司|集团|银行")
_CHINESE_RUN = re.compile(r"[\u4e00-\u9fff)]+")
_FOREIGN_COMPANY, _FOREIGN_WORDS = _COMPILED["公司"][1], ("inc", "ltd", "llc")
_ADDRESS = _COMPILED["邮箱"][0]
_AT = re.compile("[@#]")
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.-+")  # what stands before the sign of an address


def sentences_with(name: str, text: str, starts: Sequence[int], ends: Sequence[int]) -> int:
    """The sentences of a comparable text that hold a detail, as bits; ``starts`` and ``ends`` are theirs.

    A find that runs over the end of its sentence does not count.
    """
    found = 0
    for part in ALTERNATIVES.get(name, (name,)):
        for match in chain.from_iterable(_finds(part, pattern, text) for pattern in _COMPILED[part]):
            index = bisect_right(starts, match.start()) - 1
            if index >= 0 and match.end() <= ends[index]:
                found |= 1 << index
    return found


def _finds(name: str, pattern: re.Pattern, text: str) -> Iterator[re.Match]:
    if pattern is _FOREIGN_COMPANY and not any(word in text for word in _FOREIGN_WORDS):
        return
    if pattern is _ADDRESS:
        yield from _addresses(text)
        return
    if pattern is _COMPANY:
        begins = _runs(text)
    elif name in _FIRST:
        begins = (first.start() for first in _FIRST[name].finditer(text))
    else:
        yield from pattern.finditer(text)
        return
    at = 0
    for begin in begins:
        if begin >= at and (match := pattern.match(text, begin)):
            yield match
            at = match.end()


def _runs(text: str) -> Iterator[int]:
    """Where the runs of Chinese begin that may hold the name of a company."""
    end = 0
    for word in _COMPANY_WORD.finditer(text):
        if word.start() >= end:
            begin = word.start()
            while begin > end and ("\u4e00" <= text[begin - 1] <= "\u9fff" or text[begin - 1] == ")"):
                begin -= 1
            yield begin
            end = _CHINESE_RUN.match(text, begin).end()


def _addresses(text: str) -> Iterator[re.Match]:
    """Addresses, looked for from their signs: those are rare, and letters that could begin a name are not."""
    end = 0
    for sign in _AT.finditer(text):
        begin = sign.start()
        while begin > end and text[begin - 1] in _NAME:
            begin -= 1
        if match := _ADDRESS.match(text, begin):
            yield match
            end = match.end()
