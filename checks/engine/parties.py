"""Who speaks and of what: companies with their part in the text, and the names of the product."""

from __future__ import annotations

import re

from .factsheet import Page, Place, Sheet, matches

_SUFFIX = re.compile(r"股份有限公司|有限责任公司|有限公司|pte\.?ltd\.?|co\.?,ltd\.?|b\.v\.|inc\.|limited(?![a-z])")
_NAME = re.compile(r"[\u4e00-\u9fffa-z0-9()·&.\-]+$")
# What stands before a name in running text and is no part of it.
_LEAD = re.compile(
    r"^.*(?:适用于|所有者|提供者|经营者|开发者|运营者|运营方|开发商|运营商|主体|是由|即由|系由|是指|指的是|系指|名称为|名称是|包括|例如|譬如|公司(?:及|与|和|或)"
    r"|提供方|公司:|名称:|全称:|企业:|单位:|者:|方:|(?<!华)为|由|即(?!时)|指|的|与|及|向|是|至|被|给|从|但不限于|授权|委托)"
)
_ADDRESS_TAIL = re.compile(r"^[a-z0-9.\-]+(?=[\u4e00-\u9fff])")  # the end of a link, glued to the name behind it
_SIGN_OF_LINK = "/=?_#&:%"
_THIRD = re.compile(
    r"第三方|合作方|合作伙伴|供应商|sdk|服务商|关联公司(?:,|\()?(?:包括|例如|如|指|有)|关联公司:|提供方|推送|统计|支付服务|(?:发送|传输|提供|披露|共享|同步)(?:给|至)"
)
_OURS = re.compile(
    r"(?:以下|下文|下称|又|以下又)?(?:统|合|简)?称(?:为)?.{0,3}(?:我们|本公司)|注册地|我们|所有和运营|尊重|重视|深知|珍视|法务|隐私"
)
_SERVES = re.compile(r"(?:为我们|向我们)?提供.{0,4}(?:推送|统计|支付|短信|广告|技术|数据)|披露|共享|分享|传输")
_LABEL = re.compile(
    r"(?:公司|企业|单位|运营者|运营主体|主体|开发者|开发商|处理者)(?:名称|全称|主体|信息|为|是)*[:]?$|(?:由|指|即|是|适用于|所有者)\W?$"
)
_BODY_NAME = re.compile(
    r"(?:我们\W{0,3}(?:是指|指|即|,)|(?:主办|运营|开发)(?:单位|机构|者|方)(?:为|是|:)?|版权所有)\W{0,2}"
    r"([\u4e00-\u9fff]{2,18}(?:委员会|管理局|公安局|交通局|税务局|总局|厅|服务中心|数据中心|信息中心|医院|大学|学院"
    r"|研究院|研究所|协会|基金会|银行|政府|报社|电视台|总社|出版社|事务所|合作社))"
)
_BODY_FIRST = re.compile(r"[我主运开版](?=们\W{0,3}[是指即,]|[办营发权][单机者方所])")
_AFFILIATE = re.compile(r"(?:保护|及|与|和|或|给|向)([\u4e00-\u9fff]{2,3})(?:的)?关联(?:公司|方(?!式)|企业)")
# A product in the place of one's own: 「提供某某产品和/或服务」, 「您授权或同意某某披露的」; by their rare words.
_OUR_PRODUCTS = re.compile(r"产品[和与及]/?或?服务()")
_IN_OUR_PLACE = re.compile(r"产品[和与及]/?或?服务|[权可]或同意([\u4e00-\u9fff]{2,8}?)(?:披露|公开|共享)的")
_OUR_PLACE = re.compile(r"(?:使用|提供|访问)([\u4e00-\u9fff]{2,6})$")
_COMMON = re.compile(
    r"我|您|你|其|本|公司|平台|各|旗下|部分|任一|移动端|满足|对应|这类|类似|多种|全线|推荐|特定|具体|保险|金融|网络|游戏|[的该和与或及之由为在向有个些他些]|相关|上述|第三|控股|合作|授权|客户|用户|所有|境内|境外|包括|通过|业务|集团|任何|服务|隐私|共享"
)
_SELF = re.compile(r"本《[^《》\n]{0,12}?(条款|政策|协议|声明|指引)》")
_TITLE = re.compile(
    r"《([^《》\n]{2,24}?)(?:用户)?(?:的)?(?:儿童)?(?:个人信息|隐私权?|个人隐私|隐私信息)?(?:保护)?(?:政策|指引|条款|声明|协议|规则|服务协议|用户协议|通知)》"
)
_LATIN = "abcdefghijklmnopqrstuvwxyz"
_SHORT = re.compile(
    r"(?:简称|统称|合称|以下称|下称|又称|称为|称作|称之为)(?:为|:)?\W{0,2}\"([\u4e00-\u9fffa-z0-9]{2,16})\""
)
_HEADLINE = re.compile(
    r"\W{0,3}([\u4e00-\u9fffa-z0-9]{2,16}?)(?:app)?(?:用户)?隐私权?(?:保护)?(?:政策|指引|条款|声明|协议)"
)
_GENERIC = re.compile(
    r"^(?:我们|您|你|用户|本?(?:产品|平台|公司|应用|软件|网站|服务|政策|隐私|协议|app|指引|条款|声明)|隐私|个人|信息|关联|第三方|儿童|未成年|授权|监护|本|该|此|相关|所有|上述|网络|通用|服务|法律|中华|全国|电信|app|sdk|cookie|使用|保护|特定|会员|游戏账号|与|及|并|为)"
)
_PRODUCT_TAIL = re.compile(
    r"(?:软件)?许可及?$|隐私政策.*$|用户协议与?$|服务使用$|(?:儿童)?个人信息和?$|电子银行个人客户$|[与和及]$"
)
# Roles and things that a text gives a short name to, as it does to its product.
_NO_PRODUCT = re.compile(
    r"(?:机构|公司|信息|变更|注销|权利|用户|交互|病毒|内容|平台服务|文件|数据|终端|设备|人|方|者|发票|单像素|标签|权限|活动|账号|政策|标识)$|像素|第三方"
)
_TRADE = re.compile(
    r"(?:股份有限公司|有限责任公司|有限公司|集团公司|集团|控股|网络|科技|信息|技术|互联网|互联|互动|软件|电子商务|文化|传媒|传播|智能|数据|发展|服务|商务|贸易|投资|咨询|计算机系统|游戏|\(.*?\))"
)


def clean_name(raw: str) -> str:
    """A company's name without the words in front of it that belong to the sentence."""
    name = re.sub(r"^\([^()]*\)[及其和与或]?", "", raw)
    while True:
        shorter = _LEAD.sub("", name)
        if shorter == name or len(shorter) < 6:
            break
        name = shorter
    if name.count(")") > name.count("("):
        name = name[name.index(")") + 1 :]
    if name.count("(") > name.count(")"):
        name = name[name.rindex("(") + 1 :]
    return name.lstrip("及其和与或.·-&")


def core(name: str) -> str:
    """The part of a company's name that is its own: without legal form, line of business and place in brackets."""
    return _TRADE.sub("", name)


def gather_parties(page: Page, sheet: Sheet) -> None:
    """``companies``, ``processors`` (those who process), ``third_parties`` by name, ``product_names``."""
    ours: list[tuple[str, Place]] = []
    others: list[tuple[str, Place]] = []
    introduced: set[str] = set()
    labelled: dict[str, Place] = {}
    last = 0
    previous_third = False
    for match in _SUFFIX.finditer(page.text):
        index = page.index(match.start())
        line_start = page.starts[index]
        begin = max(line_start, last, match.start() - (64 if match[0][0] in _LATIN else 36))
        found = _NAME.search(page.text, begin, match.end())
        joined = begin == last and found and found.start() == last
        last = match.end()
        if not found or found.start() >= match.start():
            continue
        raw = page.text[found.start() : match.end()]
        linked = page.text[found.start() - 1 : found.start()] in _SIGN_OF_LINK and _ADDRESS_TAIL.match(raw)
        name = clean_name(raw[linked.end() :] if linked else raw)
        if len(name) < 6 or len(core(name)) < 1:
            continue
        start = match.end() - len(name)
        place = page.span(start, match.end())
        before = page.text[line_start:start]
        after = page.after(match.end(), 14)
        alone = len(page.lines[index].strip("()[]|-")) == len(name) and 3 <= index < 0.9 * len(page.lines)
        if name[0] == "原" and before.endswith("("):
            continue  # what the company was called before
        third = alone or bool(linked) or _is_third(page, index, before, after, joined and previous_third)
        previous_third = third
        written = re.sub(r"\s+", " " if name.isascii() else "", page.original[place[0] : place[1]])
        (others if third else ours).append((written, place))
        if not third and _OURS.match(after.lstrip("(,")):
            introduced.add(written)
        elif not third and _LABEL.search(before) and before.endswith(":"):
            labelled.setdefault(written, place)
    for match in matches(_BODY_FIRST, _BODY_NAME, page.text):
        place = page.span(*match.span(1))
        if not _THIRD.search(page.before(match.start(), 20)):
            ours.append((page.original[place[0] : place[1]], place))
    names = {name for name, _ in ours}
    others = [(name, place) for name, place in others if name not in names]
    sheet.put("processors", [name for name, _ in ours], [place for _, place in ours])
    sheet.put("other_companies", [name for name, _ in others], [place for _, place in others])
    conflict = [place for name, place in labelled.items() if introduced and name not in introduced]
    sheet.count("processor_conflicts", conflict)
    _products(page, sheet)
    _strangers(page, sheet)
    _policy_names(page, sheet)


def _is_third(page: Page, index: int, before: str, after: str, follows_third: bool) -> bool:
    after = after.lstrip("(,")
    if _OURS.match(after):
        return False
    if _SERVES.match(after):
        return True
    if _LABEL.search(before):
        # 「公司名称：」 in a list of SDKs names the SDK's provider.
        earlier = " ".join(page.lines[max(0, index - 2) : index])
        return bool(_THIRD.search(earlier) or _THIRD.search(before))
    return follows_third or bool(_THIRD.search(before[-40:]))


def _products(page: Page, sheet: Sheet) -> None:
    names: list[tuple[str, Place]] = []
    headline = _HEADLINE.match(page.text)
    for match in [*([headline] if headline else []), *_TITLE.finditer(page.text), *_SHORT.finditer(page.text)]:
        start, end = match.span(1)
        name = match[1]
        if tail := _PRODUCT_TAIL.search(name, 2):
            end -= len(name) - tail.start()
            name = name[: tail.start()]
        start += len(name) - len(name.lstrip("的<"))
        name = name.strip("的<>")
        if (
            len(name) >= 2
            and not _GENERIC.match(name)
            and not _NO_PRODUCT.search(name)
            and not "cookies".startswith(name)
        ):
            names.append((name, page.span(start, start + len(name))))
    sheet.put(
        "product_names",
        [page.original[s:e].strip().replace("\n", "") for _, (s, e) in names],
        [place for _, place in names],
    )


def _strangers(page: Page, sheet: Sheet) -> None:
    """Affiliates or a product of somebody whom the text does not introduce: a name left over from another policy.

    ``foreign_providers``: those whose product is said to be what this policy is about.
    """
    known = "".join(sheet.values["processors"] + sheet.values["other_companies"] + sheet.values["product_names"])
    named = [(match[1], *match.span(), False) for match in _AFFILIATE.finditer(page.text)]
    # Without the rare words of the second kind, the first is found by its beginning.
    in_our_place = _IN_OUR_PLACE if "或同意" in page.text else _OUR_PRODUCTS
    for match in in_our_place.finditer(page.text):
        before = None if match[1] else _OUR_PLACE.search(page.before(match.start(), 8))
        if name := match[1] or (before and before[1]):
            named.append((name, match.start() - len(before[0] if before else ""), match.end(), bool(before)))
    found = []
    for name, start, end, provides in named:
        ours = name in known or any(product in name for product in sheet.values["product_names"])
        if not ours and not _COMMON.search(name) and page.text.count(name) <= 4:
            found.append((page.span(start, end), provides))
    sheet.count("foreign_names", [place for place, _ in found])
    sheet.count("foreign_providers", [place for place, provides in found if provides])


def _policy_names(page: Page, sheet: Sheet) -> None:
    """What the text calls itself: 本《隐私政策》 and 本《隐私条款》 are two names for one thing."""
    kinds: dict[str, list[Place]] = {}
    for match in _SELF.finditer(page.text):
        kinds.setdefault(match[1], []).append(page.span(*match.span()))
    sheet.count("policy_names", [places[0] for places in kinds.values()])
