"""The SDKs a text names as a table: name, provider, purpose, data, link; what is missing is None."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .entities import Role
from .factsheet import Place, Sheet
from .labelled import fields, read_blocks
from .passages import Passage, Reading, found, passage
from .purposes import find_purpose
from .sdks import LONGEST_NAME, REACH, gather_sdks
from .tables import Table

APART = 60  # characters; names closer together are one list with one description
CELLS = ("provider", "purpose", "data", "link")


@dataclass(frozen=True, slots=True)
class SdkRow:
    """One SDK; a cell is None where the text does not say. ``shape``: "table", "list" or "sentence"."""

    name: Passage
    provider: Passage | None
    purpose: Passage | None
    data: Passage | None
    link: Passage | None
    shape: str
    source: Passage

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(cell for cell in CELLS if getattr(self, cell) is None)


_FIELDS = fields(
    name=r"(?:第三方)?sdk\s*名称|第三方(?:sdk)?名称|(?:插件|工具|组件)名称",
    provider=r"(?:第三方|合作|运营|所属)?(?:公司|提供方|提供者|开发者|运营方|服务商|主体|合作方|机构)(?:名称|全称|主体)?",
    purpose=r"(?:使用|处理|收集|共享|信息使用)?(?:目的|用途)|(?:使用|应用|业务)?场景|(?:业务|使用|具体)?功能|服务类型",
    data=r"(?:可能)?(?:收集|获取|共享|处理|涉及|采集|使用)的?(?:用户|个人)*(?:信息|数据|字段)(?:的?(?:类型|种类|字段|范围|内容))?"
    r"|(?:个人)?信息(?:类型|种类|字段|名称)|数据类型",
    link=r"(?:sdk)?(?:官网|官方网站|网址)|(?:第三方)?隐私(?:权?政策|规则|协议|声明)?(?:的?(?:链接|地址|网址))?|(?:官网)?链接",
)
_SDK = re.compile(r"sdk", re.I)
_ADDRESS = re.compile(r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#@!$&'*+=%]+")
_PROVIDER = re.compile(
    r"(?:由|提供方|来自)?([\u4e00-\u9fffa-z0-9()·]{2,26}?(?:有限公司|有限责任公司|co\.?,?ltd\.?|inc\.))"
)
_DATA = re.compile(
    r"(?:收集|获取|访问|读取|采集)(?:到)?(?:您|用户|的|本机|有关|可能|会|了)*([^,.;\n]{2,80}?)(?=用于|以便|来|,用|[.;\n]|$|,(?:如|若|您|我们|以))"
)
_GENERIC = re.compile(
    r"^(?:[\d\s.、（）()：:]|各类|该|此|第三方|上述|相关|以下|这些|等|的|和|与|及|或|我们|使用|接入|嵌入|集成|软件|工具|开发|包|app|android|ios)*(?:sdk)?[\s（）()]*$",
    re.I,
)
_LEAD = re.compile(r"^.*(?:参见|关于|了解|查看|详见|请见|使用了|^解)(?=\S)")
_EDGES = re.compile(r"^[\s\d.、（）()：:·•—\-]+(?=\S)|[\s（(：:、—\-]+$")


def read_sdks(page: Reading, tables: list[Table]) -> tuple[SdkRow, ...]:
    """One row for each SDK, in the order of the text: from tables first, then labelled lists, then running text.

    An SDK that is named again further down keeps its first row, with the cells the later ones add.
    """
    rows = [row for table in tables if _about_sdks(page, table) for row in _table_rows(page, table)]
    taken = [(row.source.start, row.source.end) for row in rows]
    listed = [row for row in _labelled(page) if not _within(row.name.start, taken)]
    taken += [(row.source.start, row.source.end) for row in listed]
    told = [row for row in _told(page) if not _within(row.name.start, taken)]
    merged: dict[str, SdkRow] = {}
    for row in [*rows, *listed, *told]:
        key = _key(row.name.quote)
        merged[key] = _fill(merged[key], row) if key in merged else row
    kept = [row for key, row in merged.items() if not _shortened(key, row, merged)]
    return tuple(sorted(kept, key=lambda row: row.name.start))


def _shortened(key: str, row: SdkRow, merged: dict[str, SdkRow]) -> bool:
    """Bugly beside 腾讯Bugly in running text: one SDK under two names."""
    return row.shape == "sentence" and any(other != key and other.endswith(key) for other in merged)


def _within(offset: int, taken: list[Place]) -> bool:
    return any(start <= offset < end for start, end in taken)


def _key(name: str) -> str:
    return re.sub(r"[\s（）()\-+]|sdk", "", name.lower()) or name.lower()


def _fill(row: SdkRow, other: SdkRow) -> SdkRow:
    cells = {cell: getattr(row, cell) or getattr(other, cell) for cell in CELLS}
    return SdkRow(row.name, **cells, shape=row.shape, source=row.source)


def _about_sdks(page: Reading, table: Table) -> bool:
    last = max(cell[1] for row in table.rows for cell in row if cell)
    words = page.original[table.heading[0] : last]
    return "name" in table.columns and bool(_SDK.search(words)) and bool(set(table.columns) & {*CELLS, "function"})


def _table_rows(page: Reading, table: Table) -> list[SdkRow]:
    rows = []
    for cells in table.rows:
        held: dict[str, Place] = {}
        for column, cell in zip(table.columns, cells, strict=True):
            if cell:
                held.setdefault(column, cell)
        held.setdefault("purpose", held.get("function", (0, 0)))
        name = passage(page, held["name"]) if "name" in held else None
        source = (
            passage(page, (min(cell[0] for cell in cells if cell), max(cell[1] for cell in cells if cell)))
            if any(cells)
            else None
        )
        if name and source:
            rest = {cell: passage(page, held[cell]) if cell in held else None for cell in CELLS}
            rows.append(SdkRow(name, **rest, shape="table", source=source))
    return rows


def _labelled(page: Reading) -> list[SdkRow]:
    """「SDK 名称：…；提供方：…；用途：…」, on one line or one field below the other."""
    rows = []
    for held in read_blocks(page, _FIELDS, "name"):
        if len(held["name"].quote) <= 60:
            source = passage(page, (held["name"].start, max(piece.end for piece in held.values())))
            cells = {cell: held.get(cell) for cell in CELLS}
            rows.append(SdkRow(held["name"], **cells, shape="list", source=source))
    return rows


def _told(page: Reading) -> list[SdkRow]:
    """SDKs named in running text, with what their sentence and the lines right below say of them."""
    sheet = Sheet()
    gather_sdks(page.plain, sheet)
    places = sorted(sheet.places["sdks_named"])
    lines = [_sentence_at(page, start) for start, _end in places]
    rows = []
    for number, place in enumerate(places):
        name = _clean(page, place)
        index = lines[number]
        if name is None or page.roles[index] is Role.CONTENTS:
            continue
        stop = next((line for line in lines[number + 1 :] if line > index), index + REACH + 1)
        reach = REACH if len(page.lines[index]) < 40 else 1
        window = range(index, min(stop, index + reach + 1, len(page.lines)))
        following = next((start for start, _end in places[number + 1 :] if start > place[1] + APART), None)
        row = _row_told(page, name, window, following)
        if len(row.missing) < len(CELLS):
            rows.append(row)
    return rows


def _clean(page: Reading, place: Place) -> Passage | None:
    start, end = place
    for pattern in (_LEAD, _EDGES):
        if lead := pattern.match(page.original[start:end]):
            start += lead.end()
    name = passage(page, (start, end))
    if (
        name is None
        or not _SDK.search(name.quote)
        or len(name.quote) > LONGEST_NAME
        or _GENERIC.match(name.quote)
        or "\n" in name.quote
    ):
        return None
    return name


def _row_told(page: Reading, name: Passage, window: range, limit: int | None) -> SdkRow:
    """``limit``: where the next SDK is named; what is said from there on is about that one."""
    first, last = page.starts[window[0]], page.starts[window[-1]] + len(page.lines[window[-1]])
    if limit is not None:
        last = next((at for at in range(first, last) if page.span(at, at + 1)[0] >= limit), last)
    purposes = (find_purpose(page, index) for index in window)
    purpose = next((place for place in purposes if place and place[1] <= last), None)
    data = _DATA.search(page.text, first, last)
    provider = _PROVIDER.search(page.text, first, last)
    start, end = page.sentence_span(window[0])[0], page.sentence_span(window[-1])[1]
    link = _ADDRESS.search(page.original, start, min(end, limit or end))
    return SdkRow(
        name,
        provider=found(page, *provider.span(1)) if provider else None,
        purpose=found(page, *purpose) if purpose else None,
        data=found(page, *data.span(1)) if data else None,
        link=passage(page, link.span()) if link else None,
        shape="sentence",
        source=passage(page, page.sentence_span(window[0])),
    )


def _sentence_at(page: Reading, offset: int) -> int:
    sentences = page.outline.sentences
    low, high = 0, len(sentences)
    while low < high:
        middle = (low + high) // 2
        if sentences[middle].start <= offset:
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)
