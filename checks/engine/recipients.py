"""Who else gets the information: companies by name and kinds of recipients, with what and what for."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from .factsheet import Lexicon, Sheet
from .items import ITEMS
from .labelled import fields, read_blocks
from .parties import gather_parties
from .passages import Passage, Reading, found, heading_of, passage, sentence
from .purposes import find_purpose
from .sdktable import SdkRow


@dataclass(frozen=True, slots=True)
class RecipientRow:
    """``named``: a company by its name, else a kind of recipient. ``way``: "share", "entrust", "sdk" or "law".

    ``contact`` and ``purpose`` are None and ``items`` is empty where the sentence does not say.
    """

    recipient: Passage
    named: bool
    way: str
    items: tuple[Passage, ...]
    purpose: Passage | None
    contact: Passage | None
    source: Passage
    mentions: int

    @property
    def missing(self) -> tuple[str, ...]:
        """What a reader needs to know of a recipient that the text does not say here."""
        told = {"name": self.named, "purpose": self.purpose, "data": self.items, "contact": self.contact}
        needed = ("name", "purpose", "data") if self.way in ("entrust", "sdk") else tuple(told)
        return () if self.way == "law" else tuple(name for name in needed if not told[name])


_LEXICON = Lexicon({name: words.split() for name, words in ITEMS.items()})
_KINDS = re.compile(
    r"(?:关联(?:公司|方(?!式)|企业)|附属公司|子公司|合作(?:伙伴|方(?!式)|商家|机构|商户)|授权合作伙伴|广告(?:主|商|合作伙伴|服务商)|供应商"
    r"|(?:软硬件|软件|硬件|物流|技术|云|短信|数据|分析|配送|通讯|网络|第三方)?服务(?:提供)?商|支付(?:机构|服务商|平台|公司)|(?:物流|快递|配送|保险|分析|征信)(?:公司|服务商|机构)|(?:云|短信)供应商"
    r"|(?:行政|司法|执法|监管|国家|政府|公安)(?:机关|部门|机构))"
)
_GIVES = re.compile(
    r"共享|披露|转让|委托|同步(?:给|至)|接收方|分享(?=[^,.;]{0,20}(?:个人)?信息)|交给"
    r"|(?:提供|发送|传输)[^,.;]{0,20}(?:信息|数据|资料)|(?:信息|数据|资料)[^,.;]{0,24}(?:提供|发送|传输)|(?:提供|发送|传输)(?:给|至)"
)
_PASSIVE = re.compile(r"(?:从|自|由|接收|来自)[^,.;]{0,16}$")
_FROM = re.compile(r"[^,.;]{0,6}处?(?:获得|获取|取得|收集)")
_NOT_GIVEN = re.compile(r"(?:不会?|绝不|从不|不得|禁止|未经)[^,.;]{0,24}(?:共享|提供|披露|转让|出售|分享)")
_GIVEN_AWAY = re.compile(r"共享|提供|披露|转让|委托|第三方|合作|sdk")
_ENTRUST = re.compile(r"委托|受托|代表我们|代为|外包")
_LAW = re.compile(r"(?:行政|司法|执法|监管|国家|政府|公安)(?:机关|部门|机构)")
_SDK = re.compile(r"sdk|插件|嵌入")
_CONTACT = re.compile(
    r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}|(?<!\d)(?:\+?86[- ]?)?(?:400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}[- ]\d{7,8}|1[3-9]\d{9})(?!\d)|https?://[^\s，。；）)]+"
)
_EXPLAINED = re.compile(r"是指|系指|指的是|:指|包括但不限于我们的关联|停止(?:分享|共享|提供)|(?:地址|简称|以下称)")
_LEAD = re.compile(r"^.*(?:授权|委托|聘请|会与|会向|会将|提及的)(?=[\u4e00-\u9fff]{4})")
_FIELDS = fields(
    name=r"(?:数据|信息)?接收方(?:名称)?|受托方(?:名称)?|(?:第三方|合作方)(?:名称)?",
    contact=r"联系(?:方式|电话|邮箱)",
    purpose=r"(?:使用|处理|共享|委托|提供)?(?:目的|用途)|(?:使用|业务)?场景",
    data=r"(?:共享|提供|收集|处理)?的?(?:个人)?(?:信息|数据)(?:类型|种类|字段|内容)?",
    way=r"(?:处理|共享|传输|提供)?方式",
)
_LABEL = re.compile(r"(?:接收方|受托方|第三方|合作方|公司)(?:名称|全称|主体)?:")


def read_recipients(page: Reading, sdks: tuple[SdkRow, ...] = ()) -> tuple[RecipientRow, ...]:
    """One row for each company and each kind of recipient, in the order in which the text first names them as such.

    ``sdks`` lend their purpose and data to the companies that provide them.
    """
    rows: dict[str, list[RecipientRow]] = {}
    blocks = [_listed(page, held) for held in read_blocks(page, _FIELDS, "name")]
    for row in [*blocks, *_companies(page, sdks, [(row.source.start, row.source.end) for row in blocks])]:
        rows.setdefault(re.sub(r"\s", "", row.recipient.quote), []).append(row)
    for match in _KINDS.finditer(page.text):
        if row := _kind_of_recipient(page, match):
            rows.setdefault(match[0], []).append(row)
    best = [replace(max(held, key=_told), mentions=len(held)) for held in rows.values()]
    return tuple(sorted(best, key=lambda row: row.recipient.start))


def _companies(page: Reading, sdks: tuple[SdkRow, ...], taken: list) -> list[RecipientRow]:
    sheet = Sheet()
    gather_parties(page.plain, sheet)
    rows = []
    for start, end in sorted(set(sheet.places["other_companies"])):
        if lead := _LEAD.match(page.original[start:end]):
            start += lead.end()
        name, index = passage(page, (start, end)), _index(page, start)
        listed = any(first <= start < last for first, last in taken)
        before = page.original[max(page.sentence_span(index)[0], start - 12) : start]
        if name is None or listed or _PASSIVE.search(before) or not _is_given(page, index):
            continue
        sdk = next((row for row in sdks if row.source.start <= start < row.source.end), None)
        rows.append(_provider(name, sdk) if sdk else _row(page, name, index, named=True))
    return rows


def _kind_of_recipient(page: Reading, match: re.Match) -> RecipientRow | None:
    index = page.index(match.start())
    line = page.lines[index]
    if not page.is_body(index) or not _GIVES.search(line) or _EXPLAINED.search(line):
        return None
    received = _PASSIVE.search(page.before(match.start(), 16)) or _FROM.match(page.after(match.end(), 12))
    if received or _withheld(page, index):
        return None
    name = found(page, *match.span())
    return _row(page, name, index, named=False) if name else None


def _listed(page: Reading, held: dict[str, Passage]) -> RecipientRow:
    source = passage(page, (held["name"].start, max(piece.end for piece in held.values())))
    items = (held["data"],) if "data" in held else ()
    named = not _KINDS.fullmatch(held["name"].quote)
    return RecipientRow(held["name"], named, "share", items, held.get("purpose"), held.get("contact"), source, 1)


def _provider(name: Passage, sdk: SdkRow) -> RecipientRow:
    return RecipientRow(name, True, "sdk", (sdk.data,) if sdk.data else (), sdk.purpose, sdk.link, sdk.source, 1)


def _told(row: RecipientRow) -> tuple[int, int]:
    return bool(row.purpose) + bool(row.items) + bool(row.contact), -row.recipient.start


def _is_given(page: Reading, index: int) -> bool:
    """Whether a company's sentence, or the section it stands in, is about giving information away."""
    line, heading = page.lines[index], heading_of(page, index).lower()
    if _EXPLAINED.search(line) and not _LABEL.search(line):
        return False
    return bool(_GIVES.search(line) or _LABEL.search(line) or _SDK.search(line) or _GIVEN_AWAY.search(heading))


def _withheld(page: Reading, index: int) -> bool:
    """「我们不会与合作伙伴共享」, without 「除非」: nothing is given."""
    line = page.lines[index]
    return bool(_NOT_GIVEN.search(line)) and not re.search(r"除|但|以下|例外|同意", line)


def _index(page: Reading, offset: int) -> int:
    sentences = page.outline.sentences
    return max(bisect_right(sentences, offset, key=lambda one: one.start) - 1, 0)


def _row(page: Reading, name: Passage, index: int, *, named: bool) -> RecipientRow:
    line = page.lines[index]
    start = page.starts[index]
    items = _items(page, start, start + len(line))
    purpose = find_purpose(page, index)
    # A labelled list says one thing a line: what belongs to the recipient stands in the lines of its clause.
    first, last = page.sentence_span(index)
    if named and _LABEL.search(line):
        clause = page.outline.clauses[page.outline.sentences[index].clause]
        last = min(clause.end, first + 400)
        behind = range(index + 1, min(clause.sentences[1], index + 8))
        purpose = purpose or next((place for near in behind if (place := find_purpose(page, near))), None)
        if not items:
            items = tuple(
                piece
                for near in behind
                for piece in _items(page, page.starts[near], page.starts[near] + len(page.lines[near]))
            )
    contact = _CONTACT.search(page.original, max(first, 0), last)
    return RecipientRow(
        name,
        named,
        _way(page, index),
        items,
        found(page, *purpose) if purpose else None,
        passage(page, contact.span()) if contact else None,
        sentence(page, index),
        1,
    )


def _items(page: Reading, start: int, end: int) -> tuple[Passage, ...]:
    names: dict[str, Passage] = {}
    for name, at, to in _LEXICON.find(page.text[start:end].replace("感兴趣", "感——")):
        if piece := found(page, start + at, start + to):
            names.setdefault(name, piece)
    return tuple(names.values())


def _way(page: Reading, index: int) -> str:
    line = page.lines[index]
    if _LAW.search(line):
        return "law"
    heading = heading_of(page, index).lower()
    if _SDK.search(line) or "sdk" in heading:
        return "sdk"
    return "entrust" if _ENTRUST.search(line) or ("委托" in heading and "共享" not in heading) else "share"
