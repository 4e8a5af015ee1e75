"""Third-party SDKs a text lists: name, provider, purpose, data, link; from tables, labelled lines or running text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

from .factsheet import Page, Place, Sheet
from .normal import normal_term
from .sdk_columns import COLUMNS, columns

_NAME = re.compile(r"[\u4e00-\u9fffa-z0-9+·\-]{0,18}$")
# What stands before a name in running text and is no part of it.
_LEAD = re.compile(
    r"^.*(?:接入了?|使用到?了?|集成了?|嵌入了?|通过|采用了?|引入|调用|包括|包含|例如|[的了由会在为将对以是和与及或等该]|其他|其它|我行|我们|第三方|上述|这些|此类|部分|相关|手机厂商|厂商|可能|系统|提供商|服务商|方便|查看|查阅|注意|涉及|简称)(?!sdk)"
)
_GENERIC = re.compile(
    r"^(?:第?三方|本|该|此|各|个|类|些|所有|不同|多个|其|开发|软件|具体|以下|app|应用|产品|接入|嵌入|合作|外部|使用|集成|官方|当|android|ios|安卓|\d*|[a-z]?|.{0,8}(?:开发工?具?包|工具包|工具|插件))$"
)
_ADDRESS = re.compile(r"[._/@][a-z]|[a-z]")
_LABELLED = re.compile(
    r"(?:sdk名称|第三方名称|插件名称|工具名称)[:|]?\s*(?:([^\n,.;:|]{2,24}?)"
    r"(?=(?:信息|数据|所属|第三方|公司|使用|处理|收集|共享|提供|官网|隐私)[^\n,.;:|]{1,8}:)|([^\n,.;:|]{2,24}))"
)
_QUOTED = re.compile(r"sdk\"([^\"\n]{2,120})\"")
_POLICY_LINK = re.compile(r"隐私(?:权?政策|声明|保护声明|保护指引)(?:链接|地址|网址)?[:\W]{0,4}https?:")
_LINKED = re.compile(r"([\u4e00-\u9fffa-z]{2,12}?)(?:sdk)?的?$")
_PUSH_MAKERS = re.compile(r"(?:小米|华为|oppo|vivo|魅族|联想|三星)[^\n]{2,60}(?:厂商|推送|push)[^\n]{0,12}")
_DATA = re.compile(
    r"imei|mac|android_?id|idfa|oaid|设备|标识|位置|经纬度|权限|列表|手机号|电话号码|(?<!第三方)信息|(?:收集|获取|读取|采集)[^,.]{0,20}(?:型号|版本|状态|号)|状态"
)
_PURPOSE = re.compile(r"用于|目的|为了|以便|实现|功能|场景|用途|方便|帮助|提供|统计|支付|推送|分享|登录|定位|广告")
_COMPANY = re.compile(r"有限公司|公司(?:名称|全称|主体):|co\.,|ltd|inc\.")
_LINK = re.compile(
    r"隐私(?:权?政策|声明|协议|规则|保护)|(?:https?:|www\.)[^\s]{0,80}(?:privacy|policy|yinsi|agreement|law)"
)
_TELLS = {"data": _DATA, "purpose": _PURPOSE, "company": _COMPANY, "link": _LINK}
_NOTHING = re.compile(
    r"(?:数据|信息|字段|收集)[^,.;|]{0,8}[:|](?:无|未共享数据|不收集|不涉及)|\|无(?:\||$)|没有收集|不(?:会)?收集(?:用户|您)?的?(?:任何|个人)"
)
_IDENTIFIER = re.compile(r"imei|mac地址|android_?id|idfa|oaid|imsi|标识符|识别码")
KINDS = {
    "share": ("分享",),
    "pay": ("支付", "付款"),
    "push": ("推送", "push"),
    "map": ("地图", "定位", "位置"),
    "login": ("登录", "登陆", "登入"),
    "ad": ("广告", "穿山甲", "优量汇", "广点通"),
    "voice": ("语音",),
}
_BODY = {
    "share": re.compile(r"分享(?:至|到|给)|分享功能|第三方平台分享|(?:微信|微博|qq)[^,.]{0,8}分享"),
    "pay": re.compile(r"支付(?:功能|服务|订单|方式|机构|平台)|微信支付|支付宝|完成支付|在线支付|付款"),
    "push": re.compile(r"推送"),
    "map": re.compile(r"地图|定位|位置信息|地理位置"),
    "login": re.compile(
        r"第三方(?:账[号户]|平台)[^,.]{0,12}登[录陆入]|(?:微信|微博|qq|支付宝)[^,.]{0,16}登[录陆入]|一键登录"
    ),
    "ad": re.compile(r"广告"),
    "voice": re.compile(r"语音"),
}
EXPECTED = ("share", "pay", "push", "login")  # functions that take an SDK
MAKERS = "手机厂商推送"
_ANDROID = re.compile(r"安卓|小米|华为|oppo|vivo|魅族|荣耀")
_LEFT_OVER = re.compile(
    r"^(?:关于|了?解|您?需要?授权|\d{1,2}(?=[\s\u4e00-\u9fffA-Z])(?!\d*(?:同城|日|天|手))|第三方|[\s()（）\[【“])+|[\s)）】”]+$"
)
_LEFT_OVER_COUNTED = re.compile(r"^(?:关于|了?解|[\s()（）])+|\s+$")
_NO_NAME = re.compile(
    r"参见|参照|规则|链接|名称|序号|字段|功能$|未共享|政策|服务商$|渠道$|情况|类型|权限|信息|数据$|机构|以及|用户|您|我们"
)
_SHOWN = re.compile(r"sdk|推送|统计|支付|地图|登录|分享|广告|识别", re.I)  # what people would recognise as one
LONGEST_NAME = 24  # what is longer is a name that runs on into its sentence: counted, but not shown to people
FAR = 200  # characters between two entries of one name
REACH = 6  # lines after a name on a line of its own that may still describe it


@dataclass(slots=True)
class Sdk:
    name: str
    place: Place
    at: int  # where its name stands in the flat text
    sentences: list[int] = field(default_factory=list)
    has: set[str] = field(default_factory=set)


def _names(page: Page) -> list[tuple[int, str, Place]]:
    """Where SDKs are named: offset, name, place; in the order of the text."""
    text = page.text
    found: list[tuple[int, str, Place]] = []
    at = text.find("sdk")
    while at >= 0:
        end = at
        before = page.before(at, 18).removesuffix("-").removesuffix("push").rstrip("()")
        piece = _NAME.search(before)[0]
        name = _LEAD.sub("", piece)
        inside_address = _ADDRESS.match(text, end + 3) or before[-1:] in "@/._"
        if len(name) >= 2 and not inside_address and not _GENERIC.match(name):
            start = end - len(page.before(at, 18)) + before.rindex(name) if name in before else end
            found.append((start, name, page.span(start, end + 3)))
        at = text.find("sdk", at + 3)
    for match in _LABELLED.finditer(text):
        group = match.lastindex
        name = match[group].removesuffix("sdk")
        if len(name) >= 2:
            found.append((match.start(group), name, page.span(*match.span(group))))
    for match in _QUOTED.finditer(text):
        for name in re.split(r"[,/]", match[1]):
            if len(name) >= 2:
                found.append((match.start(1), name, page.span(*match.span())))
    for match in _POLICY_LINK.finditer(text):
        named = _LINKED.search(page.before(match.start(), 14))
        if named:
            start = match.start() - len(named[0])
            found.append((start, named[1], page.span(start, start + len(named[1]))))
    for match in _PUSH_MAKERS.finditer(text):
        if "sdk" in page.after(match.start(), 120):
            found.append((match.start(), MAKERS, page.span(*match.span())))
    return sorted(found)


def gather_sdks(page: Page, sheet: Sheet) -> None:
    """``sdks`` as rows; how many are described; duplicates, contradictions and functions without an SDK."""
    sdks: dict[str, Sdk] = {}
    entries: list[tuple[Sdk, int, int]] = []
    found = _names(page)
    lines = [page.index(offset) for offset, _, _ in found]
    following = dict(pairwise(sorted(set(lines))))  # line with names → the next one

    @cache
    def about(line: int) -> tuple[list[int], set[str]]:
        """The lines that may describe what a line names, and what they tell; a hundred names may stand in one line."""
        reach = REACH if len(page.lines[line]) < 40 else 1
        span = range(line, min(following.get(line, line + REACH + 1), line + reach + 1, len(page.lines)))
        context = "\n".join(page.lines[i] for i in span)
        return list(span), {key for key, pattern in _TELLS.items() if pattern.search(context)}

    for line, (offset, name, place) in zip(lines, found, strict=True):
        sdk = sdks.setdefault(name, Sdk(name, place, offset))
        span, told = about(line)
        sdk.sentences += span
        sdk.has |= told
        entries.append((sdk, line, offset))
    sheet.count("sdks_named", [sdk.place for sdk in sdks.values()])
    described = [sdk for sdk in sdks.values() if sdk.has & {"data", "link"} and "purpose" in sdk.has]
    _rows(page, sheet, sdks, described)
    sheet.set("sdk_mentions", page.text.count("sdk"))
    full = [sdk for sdk in described if len(sdk.has) == 4]
    sheet.set("sdks_complete", len(full))
    sheet.set("sdks_incomplete", len(described) - len(full))
    for key in ("company", "purpose", "data", "link"):
        sheet.set(f"sdks_with_{key}", sum(1 for sdk in described if key in sdk.has))
    _consistency(page, sheet, described, entries)


def _rows(page: Page, sheet: Sheet, sdks: dict[str, Sdk], described: list[Sdk]) -> None:
    """``sdks`` for people; its metric counts those that are described, by name and by what is said of them."""
    ours = frozenset(normal_term(name) for name in sheet.values.get("processors", ()))
    rows: dict[str, dict] = {}
    for sdk in sdks.values():
        name = _shown_name(page, sdk)
        key = re.sub(r"\W|sdk$", "", normal_term(name))
        if not 2 <= len(key) <= LONGEST_NAME or _NO_NAME.search(key) or len(name) > LONGEST_NAME + 4:
            continue
        told = columns(page, sdk.name, _described_in(page, sdk), ours)
        if not any(told.values()):
            continue
        row = rows.setdefault(key, {"name": name, **dict.fromkeys(COLUMNS, "")})
        for column in COLUMNS:
            row[column] = row[column] or told[column]
    counted = {
        (name, *sorted(sdk.has))
        for sdk in described
        if len(name := _LEFT_OVER_COUNTED.sub("", page.original[slice(*sdk.place)])) <= LONGEST_NAME
        and _SHOWN.search(name)
    }
    sheet.put("sdks", list(rows.values()), [page.sentence_span(sdk.sentences[0]) for sdk in described])
    sheet.set("sdks", len(counted))


def _shown_name(page: Page, sdk: Sdk) -> str:
    """The name as it is written, without what stands around it."""
    start = page.text.find(sdk.name, sdk.at, sdk.at + 120)
    if start < 0:
        return sdk.name
    end = start + len(sdk.name)
    if page.text.startswith("sdk", end):
        end += 3
    return re.sub(r"\s+", " ", _LEFT_OVER.sub("", page.original[slice(*page.span(start, end))]))


def _described_in(page: Page, sdk: Sdk) -> list[int]:
    """The sentences from the first naming of an SDK up to the next one, without a gap."""
    lines = [sdk.sentences[0]]
    for line in sdk.sentences[1:]:
        if line != lines[-1] + 1:
            break
        lines.append(line)
    return lines


def _consistency(page: Page, sheet: Sheet, sdks: list[Sdk], entries: list[tuple[Sdk, int, int]]) -> None:
    listed = {sdk.name for sdk in sdks}
    seen: dict[str, tuple[int, int]] = {}
    repeated: list[Place] = []
    for sdk, line, offset in entries:
        if sdk.name in listed and sdk.name in seen:
            before, at = seen[sdk.name]
            if line > before + 2:
                repeated.append(page.sentence_span(line))
            elif line == before and offset > at + FAR and page.text.startswith("名称", max(0, offset - 3)):
                repeated.append(page.span(offset, offset + len(sdk.name)))  # a list that runs on in one sentence
        seen[sdk.name] = line, offset
    lines = {line for sdk in sdks for line in sdk.sentences}
    nothing = {line for line in lines if _NOTHING.search(page.lines[line])}  # each line once: many SDKs share theirs
    contradictions = [
        page.sentence_span(line)
        for sdk in sdks
        for line in dict.fromkeys(sdk.sentences)
        if line in nothing and any(_IDENTIFIER.search(page.lines[other]) for other in sdk.sentences)
    ]
    pushes = [
        sdk for sdk in sdks if sdk.name == MAKERS and any(_IDENTIFIER.search(page.lines[i]) for i in sdk.sentences)
    ]
    contradictions += [
        page.sentence_span(sdk.sentences[0])
        for sdk in sdks
        if pushes and "推送" in sdk.name and sdk.name != MAKERS and sdk.sentences[0] in nothing
    ]
    wrong_platform = [
        page.sentence_span(line)
        for sdk in sdks
        if _ANDROID.search(sdk.name) and sdk.name != MAKERS
        for line in dict.fromkeys(sdk.sentences)
        if "idfa" in page.lines[line] and "ios" not in page.lines[line]
    ]
    unmatched = _functions(page, sdks, lines) if sdks else []
    sheet.count("sdk_repeated", repeated)
    sheet.count("sdk_contradictions", contradictions)
    sheet.count("sdk_wrong_platform", wrong_platform)
    sheet.count("sdk_unmatched", unmatched)
    sheet.set(
        "sdk_mismatches", len(set(repeated)) + len(set(contradictions)) + len(set(wrong_platform)) + len(set(unmatched))
    )


def _first_line(page: Page, pattern: re.Pattern, left_out: set[int]) -> int | None:
    """The first line of the body with the pattern in it: found in the whole text, so that only few lines are tried."""
    at = 0
    while match := pattern.search(page.text, at):
        index = page.index(match.start())
        # What was found may run on into the next line, which the pattern in a line of its own does not.
        if index not in left_out and page.is_body(index) and pattern.search(page.lines[index]):
            return index
        at = page.starts[index] + len(page.lines[index]) + 1
    return None


def _functions(page: Page, sdks: list[Sdk], lines: set[int]) -> list[Place]:
    """Functions an SDK is listed for that the rest of the text does not speak of, and the other way round."""
    in_list: dict[str, Place] = {}
    for sdk in sdks:
        context = sdk.name + "".join([page.lines[i] for i in dict.fromkeys(sdk.sentences)])
        for kind, words in KINDS.items():
            if kind not in in_list and any(word in context for word in words):
                in_list[kind] = page.sentence_span(sdk.sentences[0])
    in_body: dict[str, Place] = {}
    for kind, pattern in _BODY.items():
        if kind not in in_list and kind not in EXPECTED:
            continue  # nobody asks
        speaks = _first_line(page, pattern, lines)
        if speaks is not None:
            in_body[kind] = page.sentence_span(speaks)
    found = [place for kind, place in in_list.items() if kind not in in_body]
    return found + [in_body[kind] for kind in EXPECTED if kind in in_body and kind not in in_list]
