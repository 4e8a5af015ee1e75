"""Dates of a policy and the periods it promises: versions, retention, answers, ages."""

from __future__ import annotations

import re
from datetime import date

from .blocks import chinese_number
from .factsheet import Page, Place, Sheet

_DATE = re.compile(r"((?:19|20)\d\d)\]?(?:年|[-/.])\[?(\d{1,2})\]?(?:月|[-/.])\[?(\d{1,2})\]?(?!\d)[日号]?")
_CHINESE_DATE = re.compile(
    r"([二一][〇零o0一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_MONTH = re.compile(r"((?:19|20)\d\d)年(\d{1,2})月(?!\[?\d)")
_EFFECTIVE = re.compile(r"生效|施行|实施|执行|启用|上线")
_UPDATED = re.compile(r"更新|修订|修改|发布|公布|修正|制定|revised|updated")
_SAID = {"effective": _EFFECTIVE, "updated": _UPDATED}
_LAW = re.compile(r"法》|条例|规定》|标准|许可|备案|工商|法\)|协议》")
_LAW_AFTER = re.compile(r"起?(?:正式)?(?:施行|实施|生效)的[^,.;]{0,6}(?:法|条例|规定|办法|标准)")
# 「2024年3月1日更新」: what stands right behind a date, unless it labels the next one (「更新日期：…」).
_BEHIND = re.compile(
    r"[ )]{0,2}(?:起|开始)?(?:正式)?"
    r"(?P<words>(?:生效|施行|实施|更新发布|发布更新|更新|修订|发布|版本)"
    r"(?:[并且及和、]{1,2}(?:于?(?:同时|同日|即日起?|当日起?|即时|立即))?(?:正式)?(?:生效|施行|实施))?)"
    r"(?![^,.;]{0,2}(?:日期|时间|于|:|为))"
)
# 「2024年3月1日更新，即日生效」: in force from the day just named.
_AT_ONCE = re.compile(r"[^.;\d]{0,8}(?:即日|同日|当日|同时)起?(?:正式)?(?:生效|施行|实施)")
_YEAR_DIGITS = str.maketrans("〇零o一二三四五六七八九", "000123456789")


def _day(match: re.Match) -> int:
    """20211101 for 2021年11月1日; 0 for a day that does not exist."""
    year = int(match[1].translate(_YEAR_DIGITS))
    month, day = chinese_number(match[2]), chinese_number(match[3])
    try:
        date(year, month, day)
    except ValueError:
        return 0
    return year * 10000 + month * 100 + day


def _kinds(before: str, after: str) -> set[str]:
    """What a date is said to be: words right behind it, else those before it in its stretch, else those after it."""
    if behind := _BEHIND.match(after):
        return {kind for kind, said in _SAID.items() if said.search(behind["words"])} or {"updated"}  # 「版本」
    stretch = re.split(r"[,.;|)]", before)[-1].rstrip("[")
    if not stretch and before.endswith(")"):
        stretch = before
    for words in (stretch, re.split(r"[,;(|]", after)[0]):
        if kinds := {kind for kind, said in _SAID.items() if said.search(words)}:
            return kinds
    return {"updated"} if "版本" in stretch else set()


def _written(day: int) -> str:
    return f"{day // 10000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"


def gather_dates(page: Page, sheet: Sheet) -> None:
    """Version dates: effective, updated, and which of them tells how old the text is (``version_date``)."""
    found: dict[str, list[tuple[int, Place]]] = {"effective": [], "updated": [], "plain": []}
    last = 0
    matches = [*_DATE.finditer(page.text), *_CHINESE_DATE.finditer(page.text)]
    for match in sorted(matches, key=lambda match: match.start()):
        day = _day(match)
        if not day:
            continue
        index = page.index(match.start())
        line_start = page.starts[index]
        before = page.text[max(line_start, last, match.start() - 40) : match.start()]
        after = page.after(match.end(), 16)
        last = match.end()
        if _LAW.search(before) or _LAW_AFTER.match(after):
            continue
        if len(before) < 3 and index and match.start() - line_start < 4 and len(page.lines[index - 1]) < 24:
            before = page.lines[index - 1] + before  # the label stands on a line of its own
        kinds = _kinds(before, after)
        if "updated" in kinds and _AT_ONCE.match(after):
            kinds |= {"effective"}
        place = _with_label(page, match, before)
        for kind in kinds or {"plain"}:
            found[kind].append((day, place))
    if not found["plain"] and not found["effective"] and not found["updated"]:
        for match in _MONTH.finditer(page.text):
            before, after = page.before(match.start(), 24), page.after(match.end(), 12)
            # A month on a line of its own is what a text is signed with.
            kinds = _kinds(before, after) or (set() if before or after else {"plain"})
            if kinds and 1 <= int(match[2]) <= 12:
                day = int(match[1]) * 10000 + int(match[2]) * 100 + 1
                for kind in sorted(kinds):
                    found[kind].append((day, page.span(*match.span())))
    for kind, name in (("effective", "effective_dates"), ("updated", "update_dates"), ("plain", "other_dates")):
        sheet.put(name, [_written(day) for day, _ in found[kind]], [place for _, place in found[kind]])
    _versions(page, sheet, found)


def _with_label(page: Page, match: re.Match, before: str) -> Place:
    """The date with the words that say what it is."""
    start = match.start()
    stretch = re.split(r"[,.;|]", page.before(start, 16))[-1]
    return page.span(start - len(stretch), match.end())


def _versions(page: Page, sheet: Sheet, found: dict) -> None:
    # A date without a label counts when it stands where versions are dated: near the title or at the very end.
    edge = len(page.original)
    plain = [(day, place) for day, place in found["plain"] if place[0] < 600 or place[0] > edge - 500]
    for kind in ("updated", "effective"):
        if found[kind]:
            version = max(day for day, _ in found[kind])
            break
    else:
        version = max((day for day, _ in plain), default=0)
    sheet.set("version_date", version)
    rows = [*found["updated"], *found["effective"], *plain]
    sheet.places["version_date"] = tuple(place for day, place in rows if day == version)
    sheet.set("version_plain", float(bool(plain)))
    sheet.places["version_plain"] = tuple(place for _, place in plain)
    updated = max((day for day, _ in found["updated"]), default=0)
    effective = max((day for day, _ in found["effective"]), default=0)
    # An earlier effective date beside that of the latest update is the first version's.
    different = len({day for day, _ in found["effective"]}) > 1
    sheet.set("effective_conflict", float(different and effective != updated))
    sheet.set("update_after_effective", float(bool(effective and updated > effective)))
    sheet.places["update_after_effective"] = tuple(
        place for day, place in [*found["updated"], *found["effective"]] if day in (updated, effective)
    )
