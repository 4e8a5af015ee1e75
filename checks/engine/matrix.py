"""Function, information, purpose: which function of the product takes what, and what for, sentence by sentence."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from .entities import Role
from .factsheet import Lexicon, Page, Place
from .items import ITEMS, SENSITIVE
from .passages import Passage, found, heading_of, passage, section_of, sentence
from .purposes import find_purpose, purpose_nearby
from .tables import Table
from .vague import Vague, find_vague


@dataclass(frozen=True, slots=True)
class NamedItem:
    """A piece of information: the name under which it is compared, and where the text says it."""

    name: str
    sensitive: bool
    passage: Passage


@dataclass(frozen=True, slots=True)
class VaguePassage:
    kind: Vague
    passage: Passage


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One sentence or row of a table that takes information.

    ``purpose`` is None when neither the sentence nor its neighbours say what for; ``purpose_from`` says where it was
    found: "sentence", "nearby" (in the same clause), "function" (only that a function is used) or "".
    """

    function: Passage | None
    items: tuple[NamedItem, ...]
    purpose: Passage | None
    purpose_from: str
    vague: tuple[VaguePassage, ...]
    source: Passage


LONGEST_CLAUSE = 8  # sentences; in a longer clause a neighbour's purpose says nothing about this sentence
INTRODUCED = 15  # sentences after "we collect the following:" that may still be its list

_LEXICON = Lexicon({name: words.split() for name, words in ITEMS.items()})
_TAKES = re.compile(
    r"收集|采集|获取|读取|填写|提交|上传|录入|记录下?您|访问您|取得|获得您|存储您|使用您的|使用到您|"
    r"(?:您|需|请|须|应|自愿|主动|选择|向我们|允许我们)(?:自愿|主动|额外|另行|选择|可以|还)?提供(?!的?服务)|(?:需要|要求)您的|调用|您授权"
)
_NOT_TAKEN = re.compile(
    r"(?:不会?|从不|绝不|无需|无须|并不|没有|未|不得)(?:主动|再|向您|要求您|强制|额外|以任何方式)*"
    r"(?:申请|收集|读取|获取|使用|采集|要求|索取|上传|保存|存储|访问|调用|记录|留存|提供)"
)
_STATED = re.compile(r"(?:收集|采集|获取|读取|填写|上传|提供)(?:您|以下|如下|下列|的|该|你|手机|设备|真实|姓名|个人)")
_EXPLAINED = re.compile(
    r"是指|系指|指以电子|以电子或者?其他方式记录|极易导致|人格尊严|身心健康|本定义|个人信息(?:包括|指)|敏感信息(?:包括|指)|一旦泄露|非法提供"
)
_OTHER_TOPIC = re.compile(
    r"(?:查[阅询看]|访问|更正|修改|删除|复制|撤回|注销|关闭|管理|导出|补充)(?:、|和|或|及|您|该|自己|相关|的)*(?:个人|账号|账户|这些|上述)?(?:信息|资料|记录|账号|账户|权限)"
    r"|您(?:还|也)?(?:可以?|能够)[^,.]{0,12}(?:查询|查阅|查看|修改|更正|删除|清除|关闭|停止)|泄[露漏]|有权|加密|脱敏|去标识|匿名化|安全(?:措施|事件|技术)|共享|披露|转让|委托|(?:传输|发送|披露|提供)(?:给|至)|客服电话|与我们联系|联系我们"
)
_OTHER_HEADING = re.compile(
    r"免责|共享|披露|转让|转移|委托|第三方|合作|sdk|权利|管理您|访问|更正|删除|注销|安全|保护|存储|保存|保留|未成年|儿童|更新|修订|变更|联系|定义|适用|公开|跨境|出境|管辖|争议|同意的例外|无需|cookie",
    re.I,
)
_TAKING_HEADING = re.compile(r"收集|获取|采集|功能|场景|使用(?:您|个人|信息|以下|的)|需要")
_FUNCTION = re.compile(
    r"(?:使用|开启|启用|进入|打开|体验|参与|参加|通过|享受)(?:我们(?:提供)?的|本(?:产品|应用|平台|软件)的?|到|了)*\"?([^,.;:\n\"]{2,36}?)\"?(?:的)?(?:功能|服务|活动|页面|业务|模块)(?:的?(?:时|过程|中|后|期间))"
    r"|(?:当您|在您|您在|如您|若您|您)(?:首次|需要?|选择|进行|申请|准备|希望|要)*((?:注册|登录|绑定|实名|认证|支付|付款|下单|购买|充值|提现|发布|评论|投诉|反馈|咨询|搜索|浏览|分享|预约|报名|邀请|签到|签约|直播|开播|退款|售后|配送)[^,.;:\n]{0,12}?)(?:的?(?:时|过程中|后|期间)|,)"
    r"|(?:在|于)\"?([^,.;:\n\"]{2,16}?)\"?(?:功能|场景|业务|环节)(?:中|下|时|里)"
    r"|(?:为了?|以)(?:您|向您|便|便于|能|更好地?|让您)*(?:提供|实现|使用|完成|开通)([^,.;:\n]{2,18}?)(?:功能|服务)"
)
_RUN_IN = re.compile(
    r"\W{0,3}(?:[(\[]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[)\].,、]?)?\W{0,2}([\u4e00-\u9fffa-z/、与和及]{2,18}?)\W{0,2}[.:]"
)
_NOT_A_FUNCTION = re.compile(
    r"^(?:我们|您|该|此|本|这|上述|以下|如下|相关|其他|产品|我们的|更好|优质|各项)*(?:的|个|种|项)*$|个人信息|第三方|收集|提供"
)
_FOLLOWING = re.compile(r"(?:以下|如下|下列|包括|包含|为|有|信息)[^.;]{0,16}:$")


def read_matrix(page: Page, tables: list[Table]) -> tuple[MatrixRow, ...]:
    """Rows in the order of the text; sentences that explain, deny, share or protect information are left out."""
    hits = _hits(page)
    rows = [row for table in tables if _takes(page, table) for row in _table_rows(page, table, hits)]
    taken = [(table.heading[0], _end(table)) for table in tables]
    introduced = -INTRODUCED - 1
    introduction: int | None = None
    for index, line in enumerate(page.lines):
        if not page.is_body(index):
            continue
        opens = bool(_FOLLOWING.search(line) and _TAKES.search(line) and not _left_out(line))
        if opens:
            introduced, introduction = index, section_of(page, index)
        start, end = page.sentence_span(index)
        if index not in hits or any(first < end and start < last for first, last in taken):
            continue
        listed = index - introduced <= INTRODUCED and section_of(page, index) == introduction
        if _row_counts(page, index, listed):
            rows.append(_row(page, index, hits[index], introduced if listed and index != introduced else None))
    return tuple(sorted(rows, key=lambda row: row.source.start))


def _takes(page: Page, table: Table) -> bool:
    """Whether a table says what is taken for what; those of SDKs and of recipients have views of their own."""
    columns = set(table.columns)
    words = page.original[table.heading[0] : _end(table)].lower()
    takes = "data" in columns and bool(columns & {"function", "purpose"}) and not columns & {"link", "provider"}
    return takes and "sdk" not in words


def _end(table: Table) -> int:
    return max(cell[1] for row in table.rows for cell in row if cell)


def _hits(page: Page) -> dict[int, list[tuple[str, int, int]]]:
    hits: dict[int, list[tuple[str, int, int]]] = {}
    for name, start, end in _LEXICON.find(page.text):
        if name == "兴趣" and page.text[start - 1 : start] == "感":
            continue  # 您可能感兴趣的内容: nothing is taken
        hits.setdefault(page.index(start), []).append((name, start, end))
    return hits


def _left_out(line: str) -> bool:
    if _EXPLAINED.search(line):
        return True
    if _NOT_TAKEN.search(line) and not _STATED.search(_NOT_TAKEN.sub("", line)):
        return True
    return bool(_OTHER_TOPIC.search(line)) and not _STATED.search(line)


def _row_counts(page: Page, index: int, listed: bool) -> bool:
    line = page.lines[index]
    heading = heading_of(page, index)
    if _left_out(line) or (_OTHER_HEADING.search(heading) and not _TAKING_HEADING.search(heading)):
        return False
    return listed or bool(_TAKES.search(line))


def _row(page: Page, index: int, hits: list, introduction: int | None) -> MatrixRow:
    start = page.starts[index]
    end = start + len(page.lines[index])
    function = _function(page, index)
    said = function is not None and start <= function[0] < end
    purpose = find_purpose(page, index, hits[0][1])
    origin = "sentence" if purpose else ""
    if purpose is None and introduction is not None:
        purpose = find_purpose(page, introduction)
        origin = "nearby" if purpose else ""
    if purpose is None:
        purpose = purpose_nearby(page, index, LONGEST_CLAUSE)
        origin = "nearby" if purpose else ("function" if said else "")
    named = found(page, *function) if function else _heading(page, index)
    return MatrixRow(
        named,
        _items(page, hits),
        found(page, *purpose) if purpose else None,
        origin,
        _vague(page, start, end),
        sentence(page, index),
    )


def _items(page: Page, hits: list) -> tuple[NamedItem, ...]:
    items: dict[str, NamedItem] = {}
    for name, start, end in hits:
        if place := found(page, start, end):
            items.setdefault(name, NamedItem(name, name in SENSITIVE, place))
    return tuple(items.values())


def _vague(page: Page, start: int, end: int) -> tuple[VaguePassage, ...]:
    found_ones = [(kind, found(page, *place)) for kind, place in find_vague(page, start, end)]
    return tuple(VaguePassage(kind, place) for kind, place in found_ones if place)


def _function(page: Page, index: int) -> Place | None:
    """The function the sentence names itself, else the run-in title of its clause."""
    start = page.starts[index]
    end = start + len(page.lines[index])
    for match in _FUNCTION.finditer(page.text, start, end):
        at, to = match.span(match.lastindex)
        at += page.text.startswith("了", at)
        to -= page.text.endswith("等", at, to)
        if to - at >= 2 and not _NOT_A_FUNCTION.search(page.text[at:to]):
            return at, to
    first = page.outline.clauses[page.outline.sentences[index].clause].sentences[0]
    match = _RUN_IN.match(page.text, page.starts[first], page.starts[first] + len(page.lines[first]) + 1)
    if match and not _NOT_A_FUNCTION.search(match[1]) and page.roles[first] is not Role.CONTENTS:
        return match.span(1)
    return None


def _heading(page: Page, index: int) -> Passage | None:
    number = section_of(page, index)
    if number is None:
        return None
    section = page.outline.sections[number]
    at = page.original.find(section.title, section.start, section.heading_end) if section.title else -1
    if at < 0:
        return passage(page, (section.start, section.heading_end))
    return passage(page, (at, at + len(section.title)))


def _table_rows(page: Page, table: Table, hits: dict) -> list[MatrixRow]:
    rows = []
    for cells in table.rows:
        by_column = {column: cell for column, cell in zip(table.columns, cells, strict=True) if cell}
        whole = [cell for cell in cells if cell]
        if "data" not in by_column or not whole:
            continue
        items = _items_at(page, by_column["data"], hits)
        purpose = passage(page, by_column["purpose"]) if "purpose" in by_column else None
        function = by_column.get("function") or by_column.get("name")
        source = passage(page, (whole[0][0], whole[-1][1]))
        vague = _vague_at(page, by_column["data"])
        named = passage(page, function) if function else None
        origin = "sentence" if purpose else ("function" if named else "")
        rows.append(MatrixRow(named, items, purpose, origin, vague, source))
    return rows


def _items_at(page: Page, place: Place, hits: dict) -> tuple[NamedItem, ...]:
    near = [hit for index in _sentences_at(page, place) for hit in hits.get(index, ())]
    return _items(page, [hit for hit in near if place[0] <= page.span(hit[1], hit[2])[0] < place[1]])


def _vague_at(page: Page, place: Place) -> tuple[VaguePassage, ...]:
    found_ones = []
    for index in _sentences_at(page, place):
        start = page.starts[index]
        found_ones += _vague(page, start, start + len(page.lines[index]))
    return tuple(one for one in found_ones if place[0] <= one.passage.start and one.passage.end <= place[1])


def _sentences_at(page: Page, place: Place) -> range:
    """The sentences that a stretch of the original touches."""
    sentences = page.outline.sentences
    first = max(bisect_right(sentences, place[0], key=lambda one: one.start) - 1, 0)
    return range(first, bisect_left(sentences, place[1], key=lambda one: one.start))
