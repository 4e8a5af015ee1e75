"""What a text says of one SDK: provider, purpose, data and link, cut from table rows, labelled lines or running text.

This is for people to read. Whether an SDK counts as described is decided in ``sdks`` and does not depend on it.
"""

from __future__ import annotations

import re
from itertools import zip_longest

from .factsheet import Page
from .parties import clean_name

COLUMNS = ("provider", "purpose", "data", "link")
LONGEST = 160
LONGEST_CELL = 60

# Heads of columns and labels in front of a value; the first that fits counts.
_HEADS = (
    ("link", re.compile(r"链接|网址|隐私|政策|声明|官网|url|link")),
    ("name", re.compile(r"sdk名|名称$|^(?:第三方)?sdk$|插件|产品名|类型$(?<!信息类型)(?<!数据类型)")),
    ("provider", re.compile(r"公司|提供方|提供商|提供者|运营方|运营者|开发者|开发商|服务商|机构|主体|合作方|接收方")),
    ("purpose", re.compile(r"目的|用途|场景|功能|业务|服务类型|描述")),
    ("data", re.compile(r"信息|数据|字段|权限|内容|范围")),
)
_PROVIDER_NAME = re.compile(r"sdk|产品|插件|工具")
_LABEL = re.compile(
    r"(?P<provider>(?:第三方)?(?:公司|机构|主体|提供方|提供商|运营方|开发者|服务商|合作方)(?:的?名称|全称|主体)?)[:|]"
    r"|(?P<purpose>(?:使用|收集|处理|共享|业务|应用)?(?:目的|用途|场景|功能)(?:(?:及|和|与|/)?(?:用途|目的|方式|描述|说明))*)[:|]"
    r"|(?P<data>(?:收集|获取|共享|涉及|采集|使用|处理)?(?:的|您的|用户|个人)*(?:信息|数据|字段|权限)(?:类型|种类|范围|内容|字段|名称)?)[:|]"
    r"|(?P<link>(?:第三方|sdk|运营方|官方|的)*(?:隐私(?:权?政策|声明|协议|保护指引|保护声明)|官网|收集使用规则|隐私保护说明)(?:的?链接|地址|网址)*)[:|]"
    r"|(?P<end>sdk名称|第三方名称|收集方式|处理方式|共享方式|使用方式|适用平台|操作系统)[:|]"
)
_CLOSES_LABEL = re.compile(r"[:|]")
_IN_LABELS = "".join({*_LABEL.pattern} - {":", "|"})  # all characters that a label may have, and a few more
_FOR = (
    re.compile(r"(?:^|[,.;:|)\n])(?:您[^,.;\n]{0,24}时,)?(?:为了?|为(?=保证|便于|实现))([^,.;|\n]{3,60}?),"),
    re.compile(r"(?:用于|用来|以便于?|以实现|目的(?:是|为))([^,.;|\n]{2,60})"),
    re.compile(r"((?:为您|向您)?提供[^,.;|\n]{2,24}?(?:服务|功能|能力))"),
)
_TAKES = re.compile(
    r"(?:收集|获取|读取|采集|访问)(?:并?(?:使用|上传|传输))?(?:了|到)?(?:您的|您|用户的?|以下|如下|设备的|本机的?|:)*"
    r"((?:(?!收集|获取|读取|采集|访问)[^.;|\n]){2,90}?)"
    r"(?:,?(?:用于|用来|以便|以实现|来实现|以(?:帮助|完成|提供)|目的|对用户)|[.;|\n]|$)"
)
_DATA = re.compile(
    r"imei|mac|android_?id|idfa|oaid|imsi|设备|标识|识别码|位置|经纬度|权限|列表|手机号|号码|信息|型号|版本|状态|日志|ip"
)
_URL = re.compile(r"(?:https?://|www\.)[A-Za-z0-9./?=_&%#:~+\-]+[A-Za-z0-9/]")
_COMPANY = re.compile(r"[\u4e00-\u9fffa-z0-9()·&\-]{2,30}?(?:有限责任公司|股份有限公司|有限公司)")
_ADDRESS_TAIL = re.compile(r"^[a-z0-9.\-]+(?=[\u4e00-\u9fff])")
_TYPES = re.compile(
    r"推送|统计|支付|地图|定位|登录|登陆|分享|广告|识别|崩溃|性能|短信|认证|语音|客服|播放|监控|分析|服务|功能"
)
_BORDER = re.compile(r"\s+")


def columns(page: Page, name: str, lines: list[int], ours: frozenset[str]) -> dict[str, str]:
    """The four columns of the SDK ``name`` that is described in ``lines``; empty where nothing is said.

    ``ours`` are the names of the processors, who are no providers of SDKs.
    """
    found = dict.fromkeys(COLUMNS, "")
    cells = page.cells(lines[0])
    if len(cells) >= 3:
        _from_row(found, name, cells, _header(page, lines[0], len(cells)))
    else:
        _from_labels(page, found, lines)
        if len(lines) > 2 and not any(found.values()):
            # A table whose cells were left on lines of their own.
            below = [page.original[slice(*page.sentence_span(i))] for i in lines if len(page.lines[i]) <= LONGEST_CELL]
            _from_row(found, name, [cell for cell in below if cell[-1] not in "。；;，,"], [])
    _from_text(page, found, lines, ours)
    return {key: _tidy(value) for key, value in found.items()}


def _tidy(value: str) -> str:
    value = _BORDER.sub(" ", value).strip(" ，,。；;：:、|【】[]（")
    return value if len(value) <= LONGEST else value[: LONGEST - 1] + "…"


def _kind_of_head(cell: str) -> str:
    text = _BORDER.sub("", cell).lower()
    return next((kind for kind, pattern in _HEADS if pattern.search(text)), "")


def _header(page: Page, index: int, width: int) -> list[str]:
    """Kinds of the columns, from the row of heads above a row of a table; empty when there is none."""
    clause = page.outline.sentences[index].clause
    for above in range(clause - 1, max(-1, clause - 60), -1):
        cells = page.cells(page.outline.clauses[above].sentences[0])
        if len(cells) < 2:
            return []
        if all(len(cell) <= 18 for cell in cells):
            kinds = [_kind_of_head(cell) for cell in cells]
            if len(set(filter(None, kinds))) >= 2 and abs(len(cells) - width) <= 1:
                return kinds
    return []


def _from_row(found: dict[str, str], name: str, cells: list[str], header: list[str]) -> None:
    """Cells by their column, or by what they look like where no heads were found."""
    if len(header) == len(cells):
        for kind, cell in zip(header, cells, strict=True):
            if kind in found and not found[kind]:
                found[kind] = cell
        return
    for cell in cells:
        text = _BORDER.sub("", cell).lower()
        if "sdk" in text or text.startswith(name):
            continue
        if match := _URL.search(cell):
            found["link"] = found["link"] or match[0]
        elif text.endswith("公司"):
            found["provider"] = found["provider"] or cell
        elif _DATA.search(text) and not text.startswith(("用于", "提供", "实现")):
            found["data"] = found["data"] or cell
        elif _TYPES.search(text) or "用于" in text:
            found["purpose"] = found["purpose"] or cell


def _stretch(page: Page, lines: list[int]) -> tuple[int, int]:
    last = lines[-1]
    return page.starts[lines[0]], page.starts[last] + len(page.lines[last])


def _labels(text: str, start: int, end: int) -> list[re.Match]:
    """The labels in a stretch: looked for only in the words right before a sign that closes one."""
    found = []
    for sign in _CLOSES_LABEL.finditer(text, start, end):
        words = start + len(text[start : sign.start()].rstrip(_IN_LABELS))
        if match := _LABEL.search(text, words, sign.end()):
            found.append(match)
        start = sign.end()
    return found


def _from_labels(page: Page, found: dict[str, str], lines: list[int]) -> None:
    start, end = _stretch(page, lines)
    labels = _labels(page.text, start, end)
    for label, following in zip_longest(labels, labels[1:]):
        kind = label.lastgroup
        if kind not in found or found[kind]:
            continue
        stop = following.start() if following else end
        value = page.text[label.end() : stop]
        if kind == "link":
            continue  # an address is found as one
        length = len(re.split(r"[.;\n|]", value, maxsplit=1)[0])
        if length >= 2:
            found[kind] = page.original[slice(*page.span(label.end(), label.end() + length))]


def _from_text(page: Page, found: dict[str, str], lines: list[int], ours: frozenset[str]) -> None:
    start, end = _stretch(page, lines)
    text = page.text[start:end]
    if not found["link"]:
        original = page.original[page.sentence_span(lines[0])[0] : page.sentence_span(lines[-1])[1]]
        if link := _URL.search(original):
            found["link"] = link[0]
    if not found["provider"]:
        for match in _COMPANY.finditer(text):
            company = clean_name(_ADDRESS_TAIL.sub("", match[0]))
            if len(company) >= 6 and company not in ours:
                at = start + match.end() - len(company)
                found["provider"] = page.original[slice(*page.span(at, start + match.end()))]
                break
    if not found["purpose"]:
        for pattern in _FOR:
            if match := pattern.search(text):
                found["purpose"] = page.original[slice(*page.span(start + match.start(1), start + match.end(1)))]
                break
    if not found["data"]:
        for match in _TAKES.finditer(text):
            if _DATA.search(match[1]) and "sdk" not in match[1]:
                found["data"] = page.original[slice(*page.span(start + match.start(1), start + match.end(1)))]
                break


__all__ = ["COLUMNS", "columns"]
