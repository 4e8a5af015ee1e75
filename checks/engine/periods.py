"""Periods a text promises: how long it keeps, how soon it answers, up to which age one is a child."""

from __future__ import annotations

import re

from .blocks import chinese_number
from .factsheet import Page, Place, Sheet, matches

_PERIOD = re.compile(
    r"(\d{1,4}|[一二三四五六七八九十百两]{1,4}|半)\]?(?:\([一二三四五六七八九十]{1,3}\))?(?:个)?(工作日|自然日|日|天|月|年|小时)(?![月日号])"
)
# With what may stand next: nearly all digits, and nearly every 一, begin something else.
_PERIOD_FIRST = re.compile(r"[\d一二三四五六七八九十百两半](?=[\d一二三四五六七八九十百两\](个工自日天月年小])")
_ANSWER = re.compile(r"答复|回复|反馈|响应|处理(?:完毕|您的)|核实(?:和|并)?处理|给予|完成(?:核查|处理)")
_WE_ANSWER = re.compile(r"(?:我们|本公司|平台|客服|专人)[^,.;]{0,16}$")  # 「我们将在15天内做出答复」 names nobody else
_REPLY = re.compile(r"(?:之?内|以内)[^,.;]{0,10}(?:答复|回复|反馈|回应)")
_KEEP = re.compile(r"保存|存储|保留|留存|储存")
_REQUEST = re.compile(r"请求|申请|投诉|意见|问题|联系|身份|要求")
_AGE = re.compile(r"(\d{1,2}|十[一二三四五六七八九]?)(?:\([^()\n]{1,4}\))?周?岁(以下)?(?:\((含)\))?")
_AGE_FIRST = re.compile(r"[\d十](?=[\d一二三四五六七八九]?[(周岁])")
_UNIT = {"自然日": "天", "日": "天", "月": "个月", "工作日": "个工作日"}


def _period(match: re.Match) -> str:
    """15天 for 十五日, 【15】天 and 15个自然日; working days stay what they are."""
    number = "半" if match[1] == "半" else str(chinese_number(match[1].replace("两", "二")))
    return f"{number}{_UNIT.get(match[2], match[2])}"


def _age(match: re.Match) -> str:
    """14周岁以下 for 十四岁以下: what is said in two ways is one age."""
    return f"{chinese_number(match[1])}周岁{match[2] or ''}{'（含）' if match[3] else ''}"


def gather_periods(page: Page, sheet: Sheet) -> None:
    """``retention_periods``, ``answer_periods`` and ``ages`` as they are written alike, with their places."""
    kept: list[tuple[str, Place]] = []
    answered: list[tuple[str, Place]] = []
    for match in matches(_PERIOD_FIRST, _PERIOD, page.text):
        index = page.index(match.start())
        if not page.is_body(index):
            continue
        before = page.before(match.start(), 40)
        after = page.after(match.end(), 24)
        around = before + after
        if match[2] in ("年", "月") and re.search(r"(?:19|20)\d\d$|\d$", before[-4:]):
            continue  # a date
        if before.endswith(("近", "过去")):
            continue  # 「近三个月的订单」 looks back
        row = (_period(match), page.sentence_span(index))
        to_whom = "您" in around or _REQUEST.search(page.lines[index])
        if (_ANSWER.search(after) and to_whom) or (_REPLY.match(after) and _WE_ANSWER.search(before)):
            answered.append(row)
        elif _KEEP.search(around):
            kept.append(row)
    ages = [(_age(match), page.span(*match.span())) for match in matches(_AGE_FIRST, _AGE, page.text)]
    for name, rows in (("retention_periods", kept), ("answer_periods", answered), ("ages", ages)):
        sheet.put(name, [value for value, _ in rows], [place for _, place in rows])
    working = [value for value in sheet.values["answer_periods"] if "工作日" in value]
    sheet.set("answer_in_working_days", len(working))
    sheet.set("answer_in_days", sheet.metrics["answer_periods"] - len(working))
