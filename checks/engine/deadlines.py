"""What the text promises in time: how long it keeps, how soon it answers, deletes or tells; and where it is vague."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .blocks import chinese_number
from .factsheet import Lexicon
from .items import ITEMS
from .passages import Passage, Reading, found, sentence

RETENTION, ANSWER, DELETION, NOTICE, AGE = "retention", "answer", "deletion", "notice", "age"


@dataclass(frozen=True, slots=True)
class DeadlineRow:
    """One period. ``value`` is written alike ("15天", "10工作日"), "" where the words name none (``vague``).

    ``kind`` is "retention", "answer", "deletion" (of data or account), "notice" or "age"; ``subjects`` are the kinds
    of information the sentence names, under the names of ``items.ITEMS``.
    """

    kind: str
    value: str
    vague: bool
    period: Passage
    subjects: tuple[str, ...]
    source: Passage


_LEXICON = Lexicon({name: words.split() for name, words in ITEMS.items()})
_PERIOD = re.compile(
    r"(?<![\d.])(\d{1,4}|[一二三四五六七八九十百两]{1,4}|半)[\])]?(?:\([一二三四五六七八九十]{1,3}\))?(?:个)?(工作日|自然日|日历日|日|天|周|月|年|小时|分钟)(?![月日号轻龄度])"
)
_VAGUE_KEEP = re.compile(
    r"(?:所|达到[^,.;]{0,16}|实现[^,.;]{0,16}|业务|服务)?(?:必需|必要|需要|最短|合理|最小)(?:的|之)?(?:最短|最小|合理)?(?:的)?(?:期限|期间|时间|时限)|长期(?:保存|存储|保留)?|永久(?:保存|存储|保留)|一段时间"
)
_VAGUE_ANSWER = re.compile(r"尽快|尽早|及时|第一时间|合理(?:的)?(?:期限|时间)(?:内)?")
_KEEP = re.compile(r"保存|存储|保留|留存|储存")
_ANSWER = re.compile(r"答复|回复|反馈|响应|处理(?:完毕|您的)|核实(?:和|并)?处理|给予|完成(?:核查|处理)")
_REQUEST = re.compile(r"请求|申请|投诉|意见|问题|联系|身份|要求")
_DELETE = re.compile(r"注销|删除|匿名化|销毁")
_NOTICE = re.compile(r"提前|通知|公告|告知|公示|停止运营|停运")
_AGE = re.compile(r"(?<!\d)(\d{1,2}|十[一二三四五六七八九]?)(?:\([^()\n]{1,4}\))?周?岁")
_DATE_BEFORE = re.compile(r"(?:(?:19|20)\d\d(?:年)?|\d[./\-年月])$")
_OTHER = re.compile(
    r"有效期|登录状态|(?:成立|经验|运营|连续|超过|未登录|每|年满|未满|不满|已满|版本|注册资本|有期徒刑)[^,.;]{0,6}$"
)
_UNIT = {"自然日": "天", "日历日": "天", "日": "天", "周": "周"}


def read_deadlines(page: Reading) -> tuple[DeadlineRow, ...]:
    """Rows in the order of the text; a period that is part of a date, an age of a company or a session is left out."""
    rows = [row for match in _PERIOD.finditer(page.text) if (row := _row(page, match))]
    rows += _vague_rows(page, {row.source.start for row in rows})
    rows += _ages(page)
    return tuple(sorted(rows, key=lambda row: (row.period.start, row.kind)))


def _row(page: Reading, match: re.Match) -> DeadlineRow | None:
    index = page.index(match.start())
    before = page.before(match.start(), 40)
    if not page.is_body(index) or _DATE_BEFORE.search(before) or _OTHER.search(before):
        return None
    kind = _kind(page, index, match)
    number = "半" if match[1] == "半" else str(chinese_number(match[1].replace("两", "二")))
    period = found(page, *match.span())
    if kind is None or period is None or number in ("0", "None"):
        return None
    return DeadlineRow(
        kind, number + _UNIT.get(match[2], match[2]), False, period, _subjects(page, index), sentence(page, index)
    )


def _kind(page: Reading, index: int, match: re.Match) -> str | None:
    behind = re.split(r"[;.]", page.after(match.end(), 28))[0]
    before = re.split(r"[;.]", page.before(match.start(), 40))[-1]
    line = page.lines[index]
    if re.search(r"提前[^,;.]{0,8}$", before):
        return NOTICE
    if _ANSWER.search(behind) and (_REQUEST.search(line) or "您" in line):
        return ANSWER
    if re.search(rf"(?:{_KEEP.pattern})[^,;.]{{0,4}}$", before):
        return RETENTION
    if _DELETE.search(behind[:16]):
        return DELETION
    if _KEEP.search(before + behind):
        return RETENTION
    if _DELETE.search(before + behind):
        return DELETION
    if _NOTICE.search(before + behind):
        return NOTICE
    # A list below a heading about keeping: 「操作日志：六个月」.
    return RETENTION if ":" in before and _subjects(page, index) and len(line) < 60 else None


def _subjects(page: Reading, index: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name, _start, _end in _LEXICON.find(page.lines[index])))


def _vague_rows(page: Reading, told: set[int]) -> list[DeadlineRow]:
    rows = []
    for pattern, about, kind in ((_VAGUE_KEEP, _KEEP, RETENTION), (_VAGUE_ANSWER, _ANSWER, ANSWER)):
        for match in pattern.finditer(page.text):
            index = page.index(match.start())
            place, period = sentence(page, index), found(page, *match.span())
            near = page.before(match.start(), 30) + page.after(match.start(), 34)
            denied = re.search(r"不(?:会|得|将)[^,.;]{0,14}$", page.before(match.start(), 20))
            if not page.is_body(index) or place is None or period is None or denied or not about.search(near):
                continue
            if kind == ANSWER and (place.start in told or not _REQUEST.search(page.lines[index])):
                continue
            rows.append(DeadlineRow(kind, "", True, period, _subjects(page, index), place))
    return rows


def _ages(page: Reading) -> list[DeadlineRow]:
    rows = []
    for match in _AGE.finditer(page.text):
        index = page.index(match.start())
        period, place = found(page, *match.span()), sentence(page, index)
        if page.is_body(index) and period and place:
            number = chinese_number(match[1])
            rows.append(DeadlineRow(AGE, f"{number}岁", False, period, (), place))
    return rows
