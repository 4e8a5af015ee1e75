"""Tables in plain text: rows whose cells are parted by | or tabulators below a heading that names its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .factsheet import Place

# What a column is, by the words of its heading; the first that fits counts.
COLUMNS = {
    "link": r"链接|网址|官网|隐私(?:权?政策|规则|协议|声明|保护)",
    "permission": r"权限(?!.{0,4}(?:方式|说明|目的|用途|关闭))",
    "data": r"信息|数据|字段",
    "provider": r"提供方|提供者|公司|主体|运营方|开发者|服务商|机构|合作方|第三方(?!.{0,6}名称)",
    "name": r"sdk|名称|插件|工具",
    "function": r"业务|场景|功能|服务",
    "purpose": r"目的|用途|作用|类型|说明",
    "period": r"期限|时间|时长",
    "way": r"方式|是否|能否|频率",
}
_COLUMNS = {name: re.compile(words, re.I) for name, words in COLUMNS.items()}
_SPECIAL = (
    (re.compile(r"sdk\s*(?:名称|服务|类型)?$|(?:sdk|第三方|插件|工具|合作方|产品)[^|]{0,6}名称", re.I), "name"),
    (re.compile(r"目的|用途"), "purpose"),
    (re.compile(r"[是可能]否|如何|方式"), "way"),
)
_RULE = re.compile(r"[\s|:\-—=+]+$")
HEADING = 20  # characters; a longer cell is no heading of a column


@dataclass(frozen=True, slots=True)
class Table:
    """``columns`` name what each cell of a row is ("" when unknown); a row has a place or None for every column."""

    columns: tuple[str, ...]
    heading: Place
    rows: tuple[tuple[Place | None, ...], ...]


def column_of(words: str) -> str:
    """What the column below these words holds, "" when they do not say."""
    words = words.strip(" *#`\u3000")
    if not words or len(words) > HEADING:
        return ""
    for pattern, name in _SPECIAL:
        if pattern.search(words):
            return name
    return next((name for name, pattern in _COLUMNS.items() if pattern.search(words)), "")


def read_tables(text: str) -> list[Table]:
    """Every table of the text whose heading names at least two of its columns, in the order of the text."""
    tables: list[Table] = []
    columns: tuple[str, ...] = ()
    mark, heading, rows, idle = "", (0, 0), [], 0
    for start, line in _lines(text):
        cells = _cells(start, line, mark) if columns else []
        if columns and len(cells) >= 2:
            idle = 0
            if not _RULE.match(line):
                rows.append(_row(cells, len(columns)))
            continue
        if columns and (not line.strip() or (idle < 1 and len(line) < HEADING)):
            idle += bool(line.strip())
            continue
        if rows:
            tables.append(Table(columns, heading, tuple(rows)))
        columns, rows, idle = (), [], 0
        for mark in "|\t":
            cells = _cells(start, line, mark)
            names = tuple(column_of(text[slice(*cell)]) if cell else "" for cell in cells)
            if len(cells) >= 2 and len([name for name in names if name]) >= 2:
                columns, heading = names, (start, start + len(line))
                break
    if rows:
        tables.append(Table(columns, heading, tuple(rows)))
    return tables


def _lines(text: str):
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line.rstrip("\r\n")
        start += len(line)


def _cells(start: int, line: str, mark: str) -> list[Place | None]:
    if mark not in line:
        return []
    inner = line.strip(" ")
    start += len(line) - len(line.lstrip(" "))
    if mark == "|":
        start += len(inner) - len(inner.lstrip("|"))
        inner = inner.strip("|")
    cells: list[Place | None] = []
    for piece in inner.split(mark):
        trimmed = piece.strip()
        at = start + len(piece) - len(piece.lstrip())
        cells.append((at, at + len(trimmed)) if trimmed else None)
        start += len(piece) + len(mark)
    return cells


def _row(cells: list[Place | None], width: int) -> tuple[Place | None, ...]:
    return tuple((cells + [None] * width)[:width])
