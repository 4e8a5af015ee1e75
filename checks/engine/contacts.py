"""How the processor can be reached, and whether those numbers and addresses can work at all."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache

from .factsheet import Page, Place, Sheet
from .normal import normal_term
from .parties import core
from .pinyin import spells

_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+ ?[@＠] ?[A-Za-z0-9\-]+(?: ?[.．] ?[A-Za-z0-9\-]+)*(?<=[A-Za-z0-9])"
)
# A domain without a name, and the sign twice; an address without the sign; endings that are slips for com.
_BROKEN_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{3,}(?:[@＠]\.[a-z]{2,3}|[@＠]{2}[A-Za-z0-9\-]+\.[a-z]{2,3})"
)
_NO_SIGN = re.compile(r"(?:邮箱|邮件地址)(?:为|是|:)+(?!www)[a-z0-9_\-]{5,}\.(?:com|cn)(?![a-z0-9@./])")
_SLIPS = frozenset(["con", "cmo", "ocm", "comm", "vom", "xom"])
_URL = re.compile(r"(?:https?://|www\.)[A-Za-z0-9./?=_&%#:~+\-]+[A-Za-z0-9/]")
_BREAK = re.compile(r"[\r\n]\s*")
_BROKEN_AT = frozenset(".-")
_SIGN_SPELT = re.compile(
    r"(?<![a-z0-9._\-])[a-z0-9._\-]{2,40}(?:\(at\)|\[at\])[a-z0-9\-]{2,40}\.(?:com|cn|net|org)(?![a-z0-9])"
)
_LETTERS = re.compile(r"(?<![a-z])(?!app|sdk|the|and|com|www|net|http)[a-z]{2,}(?![a-z])")
_MAIL_GOES_ON = re.compile(r"@[A-Za-z0-9.\-]*[.\-]\Z")  # an address cut at the end of its line
_HALF_WIDTH = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code) not in "，；：？！（）"}
_ANY_WIDE = re.compile(f"[{''.join(_HALF_WIDTH)}]")
_SUFFIX = re.compile(r"\.(?:com|cn|net|top|org)(?:/[A-Za-z0-9./?=_&%#~+\-]*)?(?![A-Za-z0-9.])")
_HOST = re.compile(r"(?<![A-Za-z0-9@.\-/])[a-z0-9\-]+(?:\.[a-z0-9\-]+)*$")
_DIGITS = re.compile(r"[+(\d][\d\-()]{3,20}\d")
_EXTENSION = re.compile(r"(?<=\d{7})-\d{1,5}$")  # 010-12345678-801
_INSIDE_WORD = re.compile(r"[\d.a-z/=_@\-]")
_WORD_AFTER = re.compile(r"[\d.]*@|[a-z_]")
_CALL = re.compile(r"电话|热线|手机号?码?(?:为|是|:)|拨打|致电|客服|tel|传真|联系|座机|call")
_PHONE_WORD = re.compile(r"电话|热线|手机|拨打|致电|tel")
_NO_CALL = re.compile(
    r"邮编|邮政编码|qq|许可|备案|编号|证|文号|微信|群|统一社会信用|代码|版本|账号|银行卡|icp|注册号|文网|字号|\d{4}年|第\d*$|gb/?t?|id|¥|￥|rmb"
)
_SHORT_CODES = re.compile(r"(?:10\d{3,4}|12\d{3,4}|95\d{3,5}|96\d{3,5}|11[0249]|16\d{3})$")
_NAMED = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff]{2,6})(?:app|客户端|软件)")
_PLACEHOLDER = re.compile(
    r"(?:邮箱|邮件(?:地址)?|email|电话|热线|联系方式)(?:至|为|是|到|:|地址|\[|\"|\()*(?:1?\d?x{3,}|×{2,}|_{3,}|\.{6,}|-{4,}|\[\]|【】|\(\)|(?:请|此处|待)*(?:填[写入]|补充))"
)
_ADDRESS_LABEL = re.compile(r"(?:地址|住所|住所地|办公地点)(?:为|是|:|位于|在|\")+([^,.;|)\n\"]{6,60})")
_ADDRESS = re.compile(
    r"[省市区县][\u4e00-\u9fffa-z0-9()\-#]{2,40}?\d+(?:号|幢|栋|层|楼|室)[\u4e00-\u9fffa-z0-9()\-#]{0,24}"
)
_PLACE = re.compile(r"[\u4e00-\u9fff]{2,10}$")
# What stands before an address and is no part of it, and what follows it in the same run of words.
_BEFORE_ADDRESS = re.compile(
    r"^.*(?:[为是于至到在](?!地)|地址|住所地?|寄往?|寄送|收件人|公司|(?:注册|办公|联系)地)|^[^\u4e00-\u9fffa-z0-9]+"
)
_AFTER_ADDRESS = re.compile(
    r"(?:平台)?(?:您|我们|联系电话|电话|邮编|邮箱|收件人|联系人|传真|客服|京icp|icp|https?|www|版权|copyright|或者?(?:发|拨|致)|如|提供)"
    r"|(?<=[层楼室号座房])(?:的|提供|,|\).*)"
)
_NO_ADDRESS = re.compile(r"^[的该将对和等]|路径|账号|点击|页面|信息|增加|更正|删除")
_ROAD = re.compile(r"路|街|道|巷|村|园|大厦|广场|号|层|室|栋|楼")
FREE_MAIL = frozenset(
    [
        "qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "gmail.com",
        "hotmail.com",
        "outlook.com",
        "live.com",
        "yahoo.com",
        "yahoo.cn",
        "139.com",
        "189.cn",
        "aliyun.com",
        "icloud.com",
        "21cn.com",
        "tom.com",
        "wo.cn",
        "88.com",
        "vip.qq.com",
        "vip.163.com",
        "vip.126.com",
        "vip.sina.com",
    ]
)
# Well-known companies and products whose mail does not spell their Chinese name.
_KNOWN = {
    "腾讯": "tencent qq wechat",
    "微信": "tencent wechat",
    "阿里巴巴": "alibaba taobao",
    "淘宝": "alibaba taobao",
    "优酷": "youku alibaba",
    "支付宝": "alipay",
    "蚂蚁": "alipay antgroup",
    "高德": "amap autonavi alibaba",
    "京东": "jd",
    "麦当劳": "mcd mcdonalds",
    "肯德基": "yum kfc",
    "百胜": "yum",
    "中国移动": "10086 chinamobile",
    "中国电信": "chinatelecom 189",
    "中国联通": "chinaunicom 10010",
    "工商银行": "icbc",
    "建设银行": "ccb",
    "农业银行": "abchina",
    "中国银行": "bankofchina boc",
    "交通银行": "bankcomm",
    "招商银行": "cmbchina",
    "民生银行": "cmbc",
    "邮政储蓄": "psbc",
    "浦发银行": "spdb",
    "光大银行": "cebbank",
    "广发银行": "cgbchina",
    "中信": "citic citicbank",
    "人保": "picc",
    "太平洋保险": "cpic",
    "中国人寿": "chinalife",
    "南方航空": "csair",
    "东方航空": "ceair",
    "中国国际航空": "airchina",
    "海南航空": "hnair",
    "中航信": "travelsky",
    "顺丰": "sf sf-express",
    "圆通": "yto",
    "中通": "zto",
    "申通": "sto",
    "字节跳动": "bytedance",
    "抖音": "bytedance douyin",
    "头条": "bytedance toutiao",
    "快手": "kuaishou",
    "美团": "meituan sankuai",
    "微博": "weibo sina",
    "网易": "netease 163 126",
    "携程": "ctrip trip",
    "同程": "ly",
    "小米": "xiaomi mi",
    "联想": "lenovo",
    "苹果": "apple",
    "格力": "gree",
    "美的": "midea",
    "海尔": "haier",
    "三六零": "360",
    "金山": "kingsoft cmcm",
    "哔哩哔哩": "bilibili",
    "爱奇艺": "iqiyi qiyi",
    "芒果": "mgtv",
    "央视": "cctv cntv",
    "新东方": "xdf",
    "唯品会": "vip vipshop",
    "贝壳": "ke lianjia",
}
OFTEN = 5  # times a text must speak of a well-known company that is neither its processor nor its product
_GOES_ON = re.compile(r"[a-z0-9@.\-/_]")
_SECOND_LEVEL = {"com", "net", "org", "gov", "edu", "co", "ac"}


def phone_problem(digits: str) -> str:
    """Why a number cannot be called; empty when it can. ``digits`` has no signs in it, no country code."""
    length = len(digits)
    if digits.startswith(("400", "800")):
        return "" if length == 10 else "length"
    if length <= 6:
        return "" if _SHORT_CODES.match(digits) else "short"
    if digits.startswith(("1010", "1015")) and length == 8:
        return ""
    if digits.startswith("1"):
        if length == 11:
            return "" if digits[1] in "3456789" else "prefix"
        return "length"
    if digits.startswith("0"):
        area = 3 if digits[1] in "12" else 4
        if digits[1] == "0" or (digits[1] == "1" and digits[2] != "0"):
            return "area"
        return "" if length - area in (7, 8) or _SHORT_CODES.match(digits[area:]) else "length"
    if digits.startswith(("95", "96")):
        return "" if length <= 8 else "length"
    return "" if length in (7, 8) else "length"


def _misspelt(labels: list[str]) -> set[str]:
    """Domains of one text that are all but equal: one of them is a slip of the pen."""
    different = sorted(set(labels))
    return {
        b
        for i, a in enumerate(different)
        for b in different[i + 1 :]
        if min(len(a), len(b)) >= 6 and SequenceMatcher(None, a, b).ratio() > 0.88
    }


def _domain_label(domain: str) -> str:
    parts = domain.split(".")
    if len(parts) >= 3 and parts[-2] in _SECOND_LEVEL:
        return parts[-3]
    return parts[-2] if len(parts) >= 2 else domain


def gather_contacts(page: Page, sheet: Sheet) -> None:
    """E-mails, phone numbers, URLs and addresses; what is wrong with them (``bad_*``); domains of strangers."""
    _emails(page, sheet)
    _phones(page, sheet)
    _addresses(page, sheet)
    placeholders = [page.span(*match.span()) for match in _PLACEHOLDER.finditer(page.text)]
    sheet.count("contact_placeholders", placeholders)
    usable = [*sheet.places["emails"], *sheet.places["phones"], *sheet.places["addresses"]]
    sheet.count("contacts", sorted(usable))


def _emails(page: Page, sheet: Sheet) -> None:
    good: list[tuple[str, Place]] = []
    bad: list[Place] = []
    text, original = _unwrapped(page)
    signs = [match.start() for match in re.finditer("[@＠]", text)]
    last = 0
    for sign in signs:
        match = next(
            (m for m in _EMAIL.finditer(text, max(last, sign - 64), sign + 80) if m.start() < sign < m.end()), None
        )
        if match:
            last = match.end()
            written = re.sub(r"\s+", "", match[0]).replace("＠", "@").replace("．", ".").strip(".-")
            domain = written.partition("@")[2].lower()
            ending = domain.rpartition(".")[2]
            if "." in domain and len(ending) >= 2 and not ending.isdigit() and ending not in _SLIPS:
                good.append((written, original(*match.span())))
            else:
                bad.append(original(*match.span()))
        elif broken := _BROKEN_EMAIL.search(text, max(last, sign - 40), sign + 24):
            last = broken.end()
            bad.append(original(*broken.span()))
    sheet.put("emails", [mail for mail, _ in good], [place for _, place in good])
    slips = _misspelt([_domain_label(mail.partition("@")[2].lower()) for mail, _ in good])
    bad += [place for mail, place in good if _domain_label(mail.partition("@")[2].lower()) in slips]
    bad += [page.span(*match.span()) for match in _NO_SIGN.finditer(page.text)]
    if "(at)" in page.text or "[at]" in page.text:
        bad += [page.span(*match.span()) for match in _SIGN_SPELT.finditer(page.text)]
    sheet.count("bad_emails", sorted(bad))
    sites = [(text[start:end], original(start, end)) for start, end in _addresses_of_sites(text)]
    sites = [(site, place) for site, place in sites if not any(s <= place[0] < e for _, (s, e) in good)]
    sheet.put("urls", [site for site, _ in sites], [place for _, place in sites])
    _domains(page, sheet, good)


def _unwrapped(page: Page) -> tuple[str, Callable[[int, int], Place]]:
    """The text with letters of one width and without the line breaks inside sentences, and the way back."""
    text = page.original
    text = _ANY_WIDE.sub(lambda match: _HALF_WIDTH[match[0]], text)  # they are rare: translate would look at every one
    sentences = page.outline.sentences
    starts = [sentence.start for sentence in sentences]
    cuts = []
    for match in _BREAK.finditer(text):
        start, end = match.span()
        while start and text[start - 1] in " \t\u3000":
            start -= 1
        before = bisect_right(starts, start) - 1
        inside = before >= 0 and end <= sentences[before].end and start > starts[before]
        # Few lines end in such a sign, so the pattern is tried for these alone.
        if inside or (text[start - 1 : start] in _BROKEN_AT and _MAIL_GOES_ON.search(text, max(0, start - 40), start)):
            cuts.append((start, end))
    if not cuts:
        return text, lambda start, end: (start, end)
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for start, end in [*cuts, (len(text), len(text))]:
        pieces.append(text[at:start])
        origin.extend(range(at, start))
        at = end
    return "".join(pieces), lambda start, end: (origin[start], origin[end - 1] + 1)


def _addresses_of_sites(text: str) -> list[Place]:
    """URLs, and host names without http in front."""
    found = [match.span() for match in _URL.finditer(text)]
    covered = {at for start, end in found for at in range(start, end)}
    for match in _SUFFIX.finditer(text):
        host = _HOST.search(text, max(0, match.start() - 60), match.start())
        if host and match.start() not in covered:
            found.append((host.start(), match.end()))
    return sorted(found)


def _domains(page: Page, sheet: Sheet, emails: list[tuple[str, Place]]) -> None:
    full = [normal_term(name) for name in sheet.values["processors"]]
    names = list(dict.fromkeys([*map(core, full), *full]))
    names += [normal_term(name) for name in sheet.values["product_names"]]
    everything = "".join(names)
    title = page.lines[0] if page.lines and len(page.lines[0]) < 40 and "@" not in page.lines[0] else ""
    known = {label for brand, labels in _KNOWN.items() if brand in everything + title for label in labels.split()}
    latin = set(_LETTERS.findall(" ".join([*names, title])))  # 「TT语音」, 「CAD看图」
    hosts = " ".join(sheet.values["urls"]).lower()
    named = cache(lambda: {match[1] for match in _NAMED.finditer(page.text)})

    @cache
    def familiar(label: str) -> bool:
        return (
            any(spells(name, label) for name in [*names, title])
            or any(word == label.strip("0123456789") or (len(word) > 2 and word in label) for word in latin)
            or f"{label}." in hosts
            or _is_brand(page, label.split("-")[0])
            or any(spells(name, label) for name in named())
            or any(label in labels.split() and page.text.count(brand) >= OFTEN for brand, labels in _KNOWN.items())
        )

    free, strange = [], []
    for mail, place in emails:
        domain = mail.partition("@")[2].lower()
        label = _domain_label(domain)
        if label in known:
            continue
        if domain in FREE_MAIL:
            free.append(place)
        elif not familiar(label):
            strange.append(place)
    sheet.count("free_mail", free)
    sheet.count("strange_domains", strange)


def _is_brand(page: Page, word: str) -> bool:
    """Whether a word of at least three Latin letters or digits stands in the text outside of addresses."""
    if len(word) < 3 or not re.fullmatch("[a-z0-9]+", word):
        return False
    text = page.text
    at = text.find(word)
    while at >= 0:  # the word is rare, and a search for it is many times as fast as one for what may not stand before
        if not _GOES_ON.match(text, at + len(word)) and not (at and _GOES_ON.match(text, at - 1)):
            return True
        at = text.find(word, at + 1)
    return False


def _phones(page: Page, sheet: Sheet) -> None:
    good: list[tuple[str, Place]] = []
    bad: list[Place] = []
    rows: list[dict] = []
    for match in _DIGITS.finditer(page.text):
        written = match[0].lstrip(")-")
        if written.count("(") > written.count(")"):
            written = written.lstrip("(")
        before = page.before(match.start(), 18)
        if _INSIDE_WORD.match(before[-1:]) or _WORD_AFTER.match(page.text, match.end()):
            continue
        digits = re.sub(r"\D", "", _EXTENSION.sub("", written))
        if written.startswith("+86") or (digits.startswith("86") and len(digits) in (12, 13) and "-" in written):
            digits = digits[2:]
            if phone_problem(digits) and not phone_problem("0" + digits):
                digits = "0" + digits  # abroad the area code is dialled without its 0
        if not 3 <= len(digits) <= 14:
            continue
        if not _CALL.search(before) and not _labelled_above(page, match.start()):
            continue
        if _NO_CALL.search(before[-8:]):
            continue
        place = page.span(*match.span())
        problem = phone_problem(digits)
        if problem == "short" or (problem and digits[0] in "2356789" and not _PHONE_WORD.search(before)):
            continue  # some other number: a QQ account, a licence
        rows.append({"number": written, "valid": not problem})
        if problem:
            bad.append(place)
        else:
            good.append((written, place))
    sheet.put("phones", [number for number, _ in good], [place for _, place in good])
    sheet.put("phone_numbers", rows, [*[place for _, place in good], *bad])
    sheet.count("bad_phones", bad)


def _labelled_above(page: Page, offset: int) -> bool:
    """Whether the number stands at the start of its line and the short line above says what it is."""
    index = page.index(offset)
    return (
        offset - page.starts[index] < 3
        and index > 0
        and len(page.lines[index - 1]) < 16
        and bool(_CALL.search(page.lines[index - 1]))
    )


def _addresses(page: Page, sheet: Sheet) -> None:
    found: list[tuple[str, Place]] = []
    for match in _ADDRESS_LABEL.finditer(page.text):
        if _ROAD.search(match[1]) and not re.search(r"ip|mac|邮箱|网络", page.before(match.start(), 4)):
            start, end = _trimmed(page.text, *match.span(1))
            if end - start >= 6 and not _NO_ADDRESS.search(page.text[start:end]):
                found.append((page.text[start:end], page.span(start, end)))
    for match in _ADDRESS.finditer(page.text):
        district = _PLACE.search(page.before(match.start(), 10))
        if not district:
            continue
        start, end = _trimmed(page.text, match.start() - len(district[0]), match.end())
        place = page.span(start, end)
        known = any(first <= place[0] < last or place[0] <= first < place[1] for _, (first, last) in found)
        if end - start >= 6 and not known and not _NO_ADDRESS.search(page.text[start:end]):
            found.append((page.text[start:end], place))
    found.sort(key=lambda row: row[1])
    sheet.put("addresses", [address for address, _ in found], [place for _, place in found])


def _trimmed(text: str, start: int, end: int) -> Place:
    """An address without the words around it that belong to the sentence."""
    address = text[start:end]
    if after := _AFTER_ADDRESS.search(address, 6):
        address = address[: after.start()]
    if before := _BEFORE_ADDRESS.match(address):
        start += before.end()
        address = address[before.end() :]
    if address.count("(") > address.count(")"):
        address = address[: address.rindex("(")]
    address = address.rstrip("])(") if address.count(")") != address.count("(") else address.rstrip("]")
    return start, start + len(address)
