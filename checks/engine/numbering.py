"""Numbers of headings and items: gaps, repeats, and references that lead nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .blocks import CHINESE, chinese_number
from .factsheet import Page, Place, Sheet
from .tidy import narrow

_CIRCLES = {
    **{chr(0x2460 + i): i + 1 for i in range(20)},
    **{chr(0x2474 + i): i + 1 for i in range(20)},
    **{chr(0x2776 + i): i + 1 for i in range(10)},
}
_REFERENCE = re.compile(
    rf"(?:本(?:政策|隐私政策|隐私权政策|指引|协议|声明|条款|章)|见|参照|根据|依据|通过|按照|请查阅|参阅|参考|上述|前述|本)\W{{0,2}}(?:本(?:政策|隐私政策|指引|协议))?\W{{0,2}}(?:中|的|之)?\W{{0,2}}"
    rf"第(?P<number>[{CHINESE}\d]{{1,3}}(?:\.\d{{1,2}})?)\s?(?P<unit>条|部分|章|节)(?!例)(?P<sub>[（(]?第?[（(][{CHINESE}\d]{{1,3}}[)）])?"
    rf"\W{{0,3}}(?P<title>[\u4e00-\u9fff]{{0,12}})"
)
_QUOTED = re.compile(
    rf"[“\"「【\[](?P<number>[{CHINESE}]{{1,2}})[、,.](?P<title>[\u4e00-\u9fffa-z]{{2,20}})[”\"」】\]]"
)
_QUOTED_ITEM = re.compile(rf"\"[(]([{CHINESE}]{{1,2}})[)]([\u4e00-\u9fff]{{3,20}})\"")
_NO_DIGITS = re.compile(rf"[^{CHINESE}\d.．]")
_NO_NUMBER = re.compile(rf"[^{CHINESE}\d]")
_WITHOUT_SIGN = re.compile(r"(\d{1,2})\s+(?=[\u4e00-\u9fff])")
_COPYRIGHT = re.compile(r"\W*[cC][)）]\s*(?:19|20)\d\d")
_CONTACT = re.compile(r"\W{0,2}(?:中)?(?:所述|列明|载明|提供|公布|所列|列出)?的?联系")
_LAWS = re.compile(r"法(?:律)?》?$|条例》?$|规定》?$|《[^《》]{2,40}》$|标准")


class Number(NamedTuple):
    place: Place
    style: str
    prefix: str  # 2.1 of 2.1.3
    value: int
    heading: bool


@lru_cache(maxsize=1024)  # a text numbers in few ways, and starts again and again
def _read(written: str, after: str) -> tuple[str, str, int] | None:
    """Style, prefix and value of a number as it is written."""
    bare = re.sub(r"[\s\\]", "", written)
    if bare in _CIRCLES:
        return "circle" + str(ord(bare) // 20), "", _CIRCLES[bare]
    digits = _NO_DIGITS.sub("", bare).replace("．", ".").strip(".")
    if not digits:
        letter = re.sub(r"[^A-Za-z]", "", bare)
        if letter in ("i", "v", "x"):
            return None  # Roman numbers
        return (f"letter{bare[0] in '(（'}", "", ord(letter.lower()) - 96) if len(letter) == 1 else None
    if "." in digits:
        prefix, _, last = digits.rpartition(".")
        return f"decimal{digits.count('.')}", prefix, int(last)
    value = chinese_number(digits)
    brackets = "(" if bare[0] in "(（" else ")" if after[:1] in ")）" else ""
    unit = bare[-1] if bare[0] == "第" else ""
    # 「1、」 inside a list of 「1.」 is another list.
    mark = "、" if digits.isdigit() and not brackets and (bare + after)[-1] == "、" else ""
    return f"{'digit' if digits.isdigit() else 'chinese'}{brackets}{mark}{unit}", "", value


def _numbers(page: Page) -> list[Number]:
    found = []
    text = narrow(page.original)
    sections = {section.start: section for section in page.outline.sections}
    for clause in page.outline.clauses:
        section = sections.get(clause.start)
        written = section.number if section else clause.number
        if not written:
            continue
        if clause.start and "\u4e00" <= text[clause.start - 1] <= "\u9fff":
            continue  # 「功能一：」 in running text
        if _COPYRIGHT.match(text, clause.start):
            continue
        at = text.find(written[:1], clause.start, clause.end)
        end = at + len(written)
        if read := _read(written, text[end : end + 1]):
            style, prefix, value = read
            found.append(Number((clause.start, clause.end), style, prefix, value, section is not None))
    return found


def gather_numbering(page: Page, sheet: Sheet) -> None:
    """``numbered`` items, ``numbering_errors`` (gaps, repeats) and ``reference_errors`` with their places."""
    numbers = _numbers(page)
    sheet.set("numbered", len(numbers))
    sheet.set("numbered_headings", sum(1 for number in numbers if number.heading))
    errors = {*_errors(page, numbers), *_doubled(page, numbers), *_no_items(page, numbers), *_orphans(page, numbers)}
    errors.update(_astray(numbers))
    sheet.count("numbering_errors", [_short(page, place) for place in sorted(errors)])
    sheet.count("reference_errors", sorted([*_references(page), *_item_references(page, numbers)]))


_PAUSE = re.compile(r"[，。；,;：:\n]")
LATE = 4  # a list of two or three may well be one of steps
_CONCLUSION = re.compile(
    r"\W*(?:[\d一二三四五六七八九十]{1,2})\W+(?:[若如](?:果)?(?:我们|本公司|本行)决定|(?:针对|对于|在)(?:以上|上述|前述)(?:情形|情况))"
)
_TWICE = re.compile(r"\W*(\d{1,2}[.、．])\s*\1(?!\d)")


def _doubled(page: Page, numbers: list[Number]) -> list[Place]:
    """Items that carry their number twice: 「2. 2. …」."""
    return [
        number.place
        for number in numbers
        if number.style.startswith("digit") and _TWICE.match(page.original, *number.place)
    ]


def _no_items(page: Page, numbers: list[Number]) -> list[Place]:
    """What follows from a list of cases but carries the next number, as if it were one of them."""
    return [
        number.place for number in numbers if number.value >= LATE and _CONCLUSION.match(page.original, *number.place)
    ]


def _orphans(page: Page, numbers: list[Number]) -> list[Place]:
    """Items like 2.1.1 without a 2.1 anywhere, where the chapter has others of its rank: 2.2."""
    levels = {(number.prefix, number.value) for number in numbers if number.style == "decimal1"}
    chapters = {chapter for chapter, _ in levels}
    found = []
    for number in numbers:
        chapter, _, value = number.prefix.partition(".")
        if (
            number.style != "decimal2"
            or number.value != 1
            or chapter not in chapters
            or (chapter, int(value)) in levels
        ):
            continue
        if not re.search(rf"(?<![\d.．]){chapter}[.．]{value}(?![.．]?\d)", page.original):
            found.append(number.place)
    return found


def _astray(numbers: list[Number]) -> list[Place]:
    """The first item of each chapter whose items carry another chapter's number: 3.1 in the second of five."""
    ranks = ("chinese", "chinese分", "chinese章", "digit", "digit、")
    chapters = [it for it in numbers if it.heading and it.style in ranks]
    if not chapters:
        return []
    style, chapter = chapters[0].style, 0
    right: set[int] = set()
    wrong: dict[int, tuple[int, Place]] = {}
    for number in numbers:
        if number.heading and number.style == style:
            chapter = number.value
        elif number.style == "decimal1" and chapter:
            if number.prefix == str(chapter):
                right.add(chapter)
            else:
                wrong.setdefault(chapter, (int(number.prefix), number.place))
    # A heading that was not recognised makes items look astray too; then nobody else has their number.
    found = [place for at, (prefix, place) in wrong.items() if at not in right and prefix in right]
    return found if len(right) >= 3 and len(found) <= 2 else []


def _short(page: Page, place: Place) -> Place:
    """The beginning of an item: enough to recognise it by."""
    start, end = place
    stop = _PAUSE.search(page.original, start + 6, end)
    return start, min(stop.start() if stop else end, start + 60)


# Lists of a lower rank are expected below those of a higher one; a deeper one may still stand above by exception.
_RANKS = (
    "第",
    "chinese",
    "chinese(",
    "chinese)",
    "decimal1",
    "digit",
    "decimal2",
    "decimal3",
    "digit(",
    "digit)",
    "circle",
    "letter",
)


@lru_cache(maxsize=256)
def _rank(style: str) -> int:
    if style[-1:] in "章节条编篇分":
        return 0
    return next((i for i in range(len(_RANKS) - 1, -1, -1) if style.startswith(_RANKS[i])), len(_RANKS))


NESTED = 2  # lists of one style inside each other that are told apart


@dataclass(slots=True)
class _List:
    """A list that is open: its style and the last number seen.

    ``suspended`` are the last numbers of lists of the same style that this one began inside of: they may go on.
    """

    style: str
    prefix: str
    last: int
    start: int
    at: int = 0  # where its last item begins
    suspended: tuple[int, ...] = ()


def _errors(page: Page, numbers: list[Number]) -> list[Place]:
    open_lists: list[_List] = []
    errors: list[Place] = []
    previous = 0
    for number in numbers:
        style, prefix, before = number.style, number.prefix, number.value - 1
        same = [i for i, it in enumerate(open_lists) if it.style == style and it.prefix == prefix]
        following = next((i for i in reversed(same) if open_lists[i].last == before), None) if same else None
        start = number.place[0]
        if following is not None:
            del open_lists[following + 1 :]
            open_lists[following].last = number.value
        elif number.value == 1 and same:
            depth = same[-1]
            if any(_rank(it.style) < _rank(number.style) for it in open_lists[depth + 1 :]):
                open_lists.append(_List(number.style, number.prefix, 1, start))
            else:
                if number.heading and open_lists[depth].last == 1 and _rank(number.style) <= 2:
                    errors.append(number.place)
                del open_lists[depth + 1 :]
                _restart(open_lists[depth], 1, start)
        elif same:
            depth = same[-1]
            del open_lists[depth + 1 :]
            it = open_lists[depth]
            if _goes_on(it, number.value):
                it.last = number.value
                it.at = previous = start
                continue
            if _begins_in_text(page, number, it, start):
                _restart(it, number.value, start)
                it.at = previous = start
                continue
            if number.value <= it.last or _is_missing(page, number, it.last + 1, it.start, start):
                errors.append(number.place)
            it.last = max(it.last, number.value) if number.value >= it.last - 2 else number.value
        else:
            _begin(page, open_lists, number, errors, previous)
        open_lists[-1].at = start
        previous = start
    return errors


def _restart(it: _List, value: int, start: int) -> None:
    if _rank(it.style) > 1:  # chapters do not stand inside each other
        it.suspended = (*it.suspended, it.last)[-NESTED:]
    it.last, it.start = value, start


def _goes_on(it: _List, value: int) -> bool:
    """Whether a list of the same style is taken up again after another one inside it: 1. (1. 2. 3.) 2."""
    for depth in range(len(it.suspended) - 1, -1, -1):
        if it.suspended[depth] == value - 1:
            it.suspended = it.suspended[:depth]
            return True
    return False


def _begins_in_text(page: Page, number: Number, it: _List, start: int) -> bool:
    """Whether the number before stands inside a paragraph: 「…如下：（1）…；」 and （2） on the next line."""
    return 1 < number.value <= it.last and _written(page, number, number.value - 1, it.at + 1, start)


def _begin(page: Page, open_lists: list[_List], number: Number, errors: list[Place], previous: int) -> None:
    if number.prefix:
        # 2.1 after 1.3: the list of the same depth ends, with all below it but the list that 2 stands in.
        for i, it in enumerate(open_lists):
            if it.style == number.style:
                open_lists[i:] = [it for it in open_lists[i + 1 :] if it.style in ("digit", "digit、")]
                break
    above = [it.at for it in open_lists if _rank(it.style) < _rank(number.style)]
    since = min(max(above, default=0), max(0, previous - 200))
    open_lists.append(_List(number.style, number.prefix, number.value, number.place[0]))
    if number.value == 1 or (number.style.startswith("letter") and number.value > 3):
        return
    if _is_missing(page, number, 1, since, number.place[0]):
        errors.append(number.place)


def _is_missing(page: Page, number: Number, value: int, start: int, end: int) -> bool:
    """Whether a number of this style is nowhere in a stretch of text: the outline may have taken it for text."""
    return not _written(page, number, value, start, end)


def _written(page: Page, number: Number, value: int, start: int, end: int) -> bool:
    style = number.style
    if style.startswith("circle"):
        return False
    if style.startswith("letter"):
        wanted = re.compile(rf"(?<![A-Za-z]){chr(96 + value)}\s?[.、)）．]", re.I)
    else:
        form = f"{number.prefix}.{value}" if number.prefix else _in_chinese(value) if "chinese" in style else str(value)
        form = re.escape(form)
        if style.endswith("("):
            form = rf"[(（]\s*{form}\s*[)）]"
        elif style.endswith(")"):
            form = rf"(?<!\d){form}\s*[)）]"
        elif style[-1:] in "章节条编篇分":
            form = rf"第\s*{form}"
        else:
            form = rf"(?<![\d.{CHINESE}]){form}" + (r"(?!\d)" if number.prefix else r"\s?[、.．:：\\ ]")
        wanted = re.compile(form)
    return wanted.search(page.original, start, end) is not None


def _in_chinese(value: int) -> str:
    ones = "零一二三四五六七八九"
    if value < 10:
        return ones[value]
    tens, rest = divmod(value, 10)
    return ("" if tens == 1 else ones[tens % 10]) + "十" + (ones[rest] if rest else "")


def _bare_number(title: str) -> str:
    """The number of a chapter that has no sign behind it: 「3 信息的保存」."""
    match = _WITHOUT_SIGN.match(title)
    return match[1] if match else ""


def _references(page: Page) -> list[Place]:
    """References to chapters that are not there, or whose quoted title is another chapter's."""
    numbered = [
        (section, number)
        for section in page.outline.sections
        if (number := section.number or _bare_number(section.title)) and "." not in number
    ]
    if not numbered:
        return []
    top = min(section.level for section, _ in numbered)
    chapters: dict[int, list[str]] = {}
    for section, number in numbered:
        if section.level == top:
            value = chinese_number(_NO_NUMBER.sub("", number))
            chapters.setdefault(value, []).append(re.sub(r"\s", "", section.title).lower())
    if len(chapters) < 4:
        return []
    errors = []
    for match in _REFERENCE.finditer(page.text):
        before = page.before(match.start(), 24)
        if _LAWS.search(before) or "《" in match[0] or "." in match["number"]:
            continue
        value = chinese_number(match["number"])
        contact = _CONTACT.match(page.text, match.end("unit")) and any(
            "联系" in t for ts in chapters.values() for t in ts
        )
        wrong = contact and not any("联系" in title for title in chapters.get(value, []))
        if wrong or not _leads(chapters, value, match["title"], quoted=False):
            errors.append(page.span(*match.span()))
    for match in _QUOTED.finditer(page.text):
        body = page.is_body(page.index(match.start()))
        if body and not _leads(chapters, chinese_number(match["number"]), match["title"], quoted=True):
            errors.append(page.span(*match.span()))
    return errors


def _item_references(page: Page, numbers: list[Number]) -> list[Place]:
    """Quoted items such as 「（一）查阅」 in a text that has no item （一） or has that title under another number."""
    items = [number for number in numbers if number.style == "chinese("]
    errors = []
    for match in _QUOTED_ITEM.finditer(page.text):
        if not page.is_body(page.index(match.start())):
            continue
        value = chinese_number(match[1])
        if not any(number.value == value for number in items):
            errors.append(page.span(*match.span()))
    return errors


def _leads(chapters: dict[int, list[str]], value: int, title: str, *, quoted: bool) -> bool:
    there = chapters.get(value)
    if len(title) < 3:
        return there is not None
    if there and any(_alike(title, other) for other in there):
        return True
    elsewhere = any(_alike(title, other) for others in chapters.values() for other in others)
    return not elsewhere and (there is not None or quoted)


def _alike(a: str, b: str) -> bool:
    length = min(len(a), len(b), 6)
    return length >= 2 and (a[:length] in b or b[:length] in a)
