"""Where a text says that information is kept or sent: at home, abroad, in a named city or country."""

from __future__ import annotations

import re

from .factsheet import Lexicon, Page, Place, Sheet

_INLAND = "中华人民共和国境内 中国境内 我国境内 中国大陆 中国内地 境内 国内"
_OUTSIDE = "境外 海外 国外 其他国家 其他司法管辖区 其他法域 其他管辖区"
_LANDS = (
    "新加坡 美国 欧盟 欧洲 日本 韩国 德国 荷兰 爱尔兰 加拿大 英国 法国 澳大利亚 印度 俄罗斯 泰国"
    " 马来西亚 香港 澳门 台湾"
)
_CITIES = (
    "北京 上海 深圳 广州 杭州 贵阳 贵州 张家口 乌兰察布 成都 南京 天津 青岛 中卫 宁夏 内蒙古 重庆 武汉 苏州 合肥"
    " 佛山 河北 西安 郑州 厦门 福州 长沙 大连 沈阳 济南 宁波 无锡 东莞 河源 呼和浩特 庆阳 兰州 昆明 南宁 海口"
)
ABROAD = frozenset(["境外", *_LANDS.split()])
_PLACES = Lexicon(
    {
        "境内": _INLAND.split(),
        "境外": _OUTSIDE.split(),
        **{name: [name] for name in [*_LANDS.split(), *_CITIES.split()]},
    }
)
_KEEP = r"存储|存放|保存|储存|留存|存留|服务器|数据中心|机房|存贮"
_KEPT_BEFORE = re.compile(rf"(?:{_KEEP})[^,.;]{{0,16}}$")
_KEPT_AFTER = re.compile(rf"[^,.;]{{0,14}}(?:{_KEEP})")
_SENT_BEFORE = re.compile(rf"(?:传输|转移|提供|出境|跨境|传送|发送|访问|处理|{_KEEP})[^,.;]{{0,20}}$|(?:向|至|往|到)$")
_SENT_AFTER = re.compile(rf"[^,.;]{{0,18}}(?:传输|转移|提供|传送|发送|接收|访问|处理|{_KEEP})")
_CITY_AFTER = re.compile(r"[^,.;]{0,6}(?:数据中心|服务器|机房|地区|节点|地域)")
_CITY_BEFORE = re.compile(r"(?:(?:服务器|数据中心|机房)[^,.;]{0,10}|(?:存储|保存|存放|储存)(?:在|于)[^,.;]{0,6})$")
_NOT = re.compile(r"(?:不会?|没有|未|无|不涉及|暂不|并不|不向|不存在|不得|禁止)[^,.;]{0,24}$")
_NEITHER = re.compile(r"(?:不会|不得)[^.;]{0,40}(?:或|和|及|也|亦)[^,.;]{0,16}$")
_LEFT_OUT = re.compile(r"(?:不含|不包括|不包含|除)[^.;]{0,14}$|如何[^,.;]{0,12}$")
_NOT_AFTER = re.compile(r"[^,.;]{0,10}(?:的情况)?(?:不存在|暂无|不涉及)")
_IF = re.compile(r"如果?|若|可能|除非|需要?|一旦|必要|单独同意|征得|情形下|情况下")
_OTHER_MEANING = re.compile(r"(?:境内|国内)(?:外|依法|注册|设立|法律|运营商|用户|的自然人|自然人)")
LONGEST_QUOTE = 160


def gather_storage(page: Page, sheet: Sheet) -> None:
    """``storage_places``: place, whether it lies abroad, and whether it is stated, denied or made conditional."""
    rows: list[dict] = []
    places: list[Place] = []
    seen: set[tuple[str, str]] = set()
    for name, start, end in _PLACES.find(page.text):
        index = page.index(start)
        if not page.is_body(index):
            continue
        before, after = page.before(start, 44), page.after(end, 28)
        if not _is_place(name, page.text[start:end], before, after):
            continue
        stated = _stated(name, before, after)
        if (name, stated) in seen:
            continue
        seen.add((name, stated))
        place = page.quote(start, end, LONGEST_QUOTE)
        rows.append(
            {
                "place": name,
                "abroad": name in ABROAD,
                "stated": stated,
                "quote": page.original[slice(*place)],
                "start": place[0],
                "end": place[1],
            }
        )
        places.append(place)
    sheet.put("storage_places", rows, places)


def _is_place(name: str, written: str, before: str, after: str) -> bool:
    if _LEFT_OUT.search(before):
        return False
    if name == "境内":
        if _OTHER_MEANING.match(written[-2:] + after):
            return False
        return bool(_KEPT_BEFORE.search(before) or _KEPT_AFTER.match(after))
    if name in ABROAD:
        if after.startswith(("公司", "法", "元", "币", "上市")):
            return False
        return bool(_SENT_BEFORE.search(before) or _SENT_AFTER.match(after))
    return bool(_CITY_AFTER.match(after) or _CITY_BEFORE.search(before)) and "公司" not in after[:16]


def _stated(name: str, before: str, after: str) -> str:
    if _NOT.search(before) or _NEITHER.search(before) or _NOT_AFTER.match(after):
        return "no"
    if name in ABROAD and (_IF.search(before) or _IF.search(after)):
        return "if"
    return "yes"
