"""Personal information items and device permissions a text names, and those it names without saying what for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .factsheet import Lexicon, Page, Place, Sheet
from .normal import normal_term
from .passages import heading_of, section_of
from .purposes import find_purpose, purpose_nearby

# Item → its names. Those of SENSITIVE weigh more when nobody says what they are for.
ITEMS = {
    "姓名": "姓名",
    "手机号": "手机号 手机号码 电话号码 联系电话",
    "身份证": "身份证 证件号 身份证件",
    "银行卡": "银行卡 信用卡 借记卡",
    "面部特征": "人脸 面部 面容 脸部",
    "指纹": "指纹",
    "声纹": "声纹",
    "生物识别": "生物识别",
    "通讯录": "通讯录 联系人信息 好友列表",
    "应用列表": "应用列表 软件列表 已安装应用 安装的应用 安装列表 应用程序列表 曾使用的移动应用 正在运行的应用",
    "通话记录": "通话记录 通话状态 曾通讯的账号 通讯时间 通信记录 通讯记录",
    "短信": "短信内容 短信记录 读取短信",
    "位置": "位置信息 地理位置 精准定位 定位信息 gps 经纬度",
    "行踪轨迹": "行踪轨迹 轨迹",
    "健康": "健康信息 健康生理 健康档案 医疗 病历",
    "财产": "财产信息 资产信息 征信 信用信息",
    "支付信息": "支付信息 支付账号 支付帐号",
    "相册": "相册 照片 图片",
    "录音": "麦克风 录音 语音信息",
    "剪贴板": "剪贴板 剪切板",
    "日历": "日历",
    "传感器": "传感器 重力感应 陀螺仪 感应数据",
    "运动": "运动数据 步数 身体活动",
    "昵称头像": "昵称 头像",
    "性别": "性别",
    "生日": "生日 出生日期 出生年月",
    "年龄": "年龄",
    "职业": "职业 所在行业 工作单位",
    "教育": "教育经历 学历 学校",
    "婚姻": "婚姻 家庭状况",
    "兴趣": "兴趣 爱好",
    "地址": "收货地址 居住地址 住址 通讯地址 邮寄地址",
    "邮箱": "电子邮箱 电子邮件地址 邮箱地址 邮箱",
    "ip": "ip地址",
    "设备标识": "imei android_id androidid idfa oaid 设备标识 唯一标识 识别码 openudid guid",
    "mac": "mac地址",
    "sim": "imsi sim卡 iccid",
    "wifi": "ssid bssid wifi信息 wlan wi-fi",
    "蓝牙": "蓝牙",
    "电池": "电池 电量",
    "信号": "信号强度",
    "引荐网址": "引荐网址 来源网址",
    "浏览记录": "浏览记录 浏览历史 搜索记录 查询内容 搜索词",
    "订单": "订单信息 订单记录 交易记录 购买记录",
    "日志": "日志信息 服务日志 操作日志",
    "语言": "语言设置 设备语言 使用的语言",
    "存储": "存储权限 读写存储 存储卡 sd卡",
    "评论": "评级 评论",
    "元数据": "元数据",
}
PERMISSIONS = {
    "位置": "位置权限 定位权限 获取位置 地理位置权限 access_fine_location",
    "相机": "相机权限 摄像头权限 摄像头 相机",
    "麦克风": "麦克风权限 麦克风 录音权限",
    "相册": "相册权限",
    "存储": "存储权限 存储空间 读写存储 外部存储",
    "通讯录": "通讯录权限",
    "电话": "电话权限 设备信息权限 手机状态 拨打电话 read_phone_state",
    "短信": "短信权限 读取短信 发送短信",
    "日历": "日历权限",
    "蓝牙": "蓝牙权限",
    "通知": "通知权限 消息通知",
    "应用列表": "应用列表权限",
}
ILLUSTRATIVE = frozenset({"财产", "健康"})  # named in explanations of what is sensitive more often than collected
LONG_LIST = 12  # sentences; a longer clause gives no purpose for all of them
SENSITIVE = frozenset(
    [
        "身份证",
        "银行卡",
        "面部特征",
        "指纹",
        "声纹",
        "生物识别",
        "通讯录",
        "应用列表",
        "通话记录",
        "短信",
        "行踪轨迹",
        "健康",
        "财产",
        "支付信息",
    ]
)
_DEFINITION = re.compile(
    r"是指|系指|指以电子|包括但不限于姓名|以电子或者?其他方式记录|极易导致|人格尊严|身心健康|本定义|信息:包括|数据\"?是|@|(?:个人|敏感)信息(?:包括|:|,指|指)"
    r"|所称的?个人信息|等(?:个人|网络|其他)[^,.;]{2,12}(?:信息|资料);?\.?$|名称(?:或者?|和|及|/)姓名"
    r"|(?:请勿|不要|切勿|避免|谨慎)[^,.;]{0,24}(?:公开|披露|透露|发布|上传|提供)"
)
_PURPOSE = re.compile(
    r"用于|用来|为了|以便|目的是|目的:|便于|从而|帮助|需要您|为您提供|向您提供|注册|登录|完成|保障|验证|核实|识别|推荐|改善|优化"
    r"|分析|实现|功能|服务时|使用.{0,12}时|以(?:防止|防范|验证|便|确保|支持|展示)"
)
_ELSEWHERE = re.compile(r"共享|披露|转让|泄露|加密|删除|更正|sdk")
# Sections and sentences in which others take or get the information.
_OTHERS_SECTION = re.compile(r"sdk|第三方|共享|披露|转让|委托|合作|对外提供", re.I)
_OTHERS_LINE = re.compile(r"sdk|第三方|共享")
# Taken and used for something, even if the sentence speaks of sharing too.
_FOR_SURE = re.compile(
    r"(?:收集|获取|访问|读取|使用).{0,60}(?:用于|以便|为了|进行(?:风险|身份|安全)|来综合|以在)|为了.{0,40}(?:收集|获取|需要)"
    r"|(?:^|[,:;])为(?![您了]).{4,200}?(?:收集|获取|综合|使用|接收)"
    r"|(?:如|当|若|在)您?.{0,20}(?:选择|使用|参加|参与|购买|申请).{0,60}(?:共享|提供给|披露)"
)
# Short headings that name a function, and those that do not.
_FUNCTION = re.compile(
    r"为您|帮助您|用于|以便|功能|保障|注册|登[录陆]|支付|认证|下单|客服|订单|推荐|搜索|评论|发布|安全|投诉|举报|侵权|反馈|配送|定位|扫码|直播"
)
_NO_FUNCTION = re.compile(r"您的|如何|共享|第三方|sdk|权利|管理|定义", re.I)
LONGEST_FUNCTION = 13
# What other software is used and who talks to whom: named in old templates, never with a purpose of its own.
_NOT_TAKEN = re.compile(
    r"(?:不会?|从不|无需|无须|并不|没有|未)(?:主动|再|向您)?(?:申请|收集|读取|获取|使用|采集|要求|索取|上传|保存|存储|访问|调用)"
)
# A sentence in which we take something of a user, and those that speak of what happens to it later.
_TAKES = re.compile(
    r"(?:会|将|可能|需要?|须|要|请)[^,.;]{0,14}(?:收集|采集|获取|读取|记录|访问)"
    r"|(?:需要?|须|要求?|请)您[^,.;]{0,4}(?:提供|填写|提交|上传|输入|授权|的)"
    r"|您(?:需要?|须|应|可以?)(?:自行|主动|额外|选择|向我们|至少)*[^,.;]{0,4}(?:提供|填写|上传|提交)"
)
_LATER = re.compile(r"共享|披露|转让|sdk|第三方|儿童|未成年|监护|注销|更正|删除|cookie|法律|无法|根据我们收集")
# A purpose that says nothing of what is done, and what is done, told without a word that announces it.
_EMPTY = re.compile(
    r"(?:提升|改善|改进|优化|提高|丰富)[^,;.]{0,10}(?:体验|服务|产品|质量|功能)"
    r"|更(?:好|加|优质|便捷|个性化|契合|贴心|丰富)[^,;.]{0,14}(?:服务|体验|产品|功能|内容)"
    r"|^(?:向您|为您)?提供(?:我们的)?(?:产品(?:[和或与]服务)?|服务|功能)$|其他(?:用途|目的)|相关(?:功能|服务)$|这些功能"
)
_DOES = re.compile(
    r"来(?:判断|识别|验证|核实|进行|完成|确认|提供|实现|帮助|了解|保障|分析)"
    r"|(?:进行|完成)[^,.;]{0,6}(?:认证|验证|校验|核验|注册|登录|识别)"
    r"|以(?:验证|防止|防范|便|确保|完善|判断|展示|预防|避免|配合|了解|对|及时|增加|将|确定|支持|维护|在)"
    r"|,(?:使得?|让|为)您[^,.;]{0,4}(?:能够|可以|在|提供)"
)
_PARTS = re.compile(r",|以及|并且|并(?=[\u4e00-\u9fff]{2})|和(?=(?:提升|改善|优化|改进))")
NEAR = 6  # sentences of a clause among which one may say what the others are for
# What a permission is for, behind or in front of its name.
_USED_FOR = re.compile(r"^[^.;]{0,50}?(?:用于|用来|以便于?|便于|以实现|来实现|用以)([^,.;|]{2,40})")
_IN_ORDER_TO = re.compile(r"(?:^|[,.;:)\d])(?:您?在?[^,.;]{0,12})?为(?!您(?:提供|展示|推荐)?$)了?([^,.;|]{3,40}?),")
_WHEN_USING = re.compile(
    r"(?:当|在|如)?您(?:在|需要?|选择)?(?:使用|进行|通过|开启|发起)([^,.;|]{2,30}?)(?:时|功能|服务|,)"
)
_SO_THAT = re.compile(r"^[^.;]{0,24}?(?:进行|实现|完成|提供|才能)([^,.;|]{2,30})")
_USE_CELL = re.compile(r"用于|为了|以便|实现|功能|场景|提供|拍摄|扫码|上传|录制|展示|推送|登录")
_NO_USE = re.compile(r"所涉及|信息的收集|收集和使用|相关权限|^[\"的]?(?:上述|该|此|这些)|^您(?:提供|使用)?$|sdk")
LONGEST_PURPOSE = 80
_USAGE = re.compile(r"曾使用的(?:移动)?应用|曾经?使用该?等?(?:移动)?应用|曾通讯的账[号户]|软件列表唯一|通[讯信]时间")


@dataclass(slots=True)
class Item:
    name: str
    place: Place
    sentences: list[int] = field(default_factory=list)
    with_purpose: bool = False
    collected: bool = False  # named outside of what is shared or taken by SDKs
    matched: bool = False  # there, with a purpose
    explained: bool = False  # there, with a purpose that is said in as many words


_ITEMS = Lexicon({name: words.split() for name, words in ITEMS.items()})
_PERMISSIONS = Lexicon({name: words.split() for name, words in PERMISSIONS.items()})


def gather_items(page: Page, sheet: Sheet) -> None:
    """``information_items``, ``sensitive_items``, ``permissions``; ``orphans``: items without a purpose anywhere;
    ``shared_only``: items that only sharing and SDKs speak of; ``unmatched_items``: items for which no sentence about
    our own collecting says what exactly for; ``unmatched_sensitive``: sensitive items that none of them names with a
    function; ``explained``: see below."""
    items: dict[str, Item] = {}
    of_others = _OfOthers(page)
    defined: set[int] = set()
    purposes: dict[int, bool] = {}
    own_purposes: dict[int, bool] = {}
    for name, start, end in _ITEMS.find(page.text):
        index = page.index(start)
        if not page.is_body(index):
            continue
        line = page.lines[index]
        if index not in purposes:
            purposes[index] = _gives_purpose(page, index)
            if _DEFINITION.search(line) or _NOT_TAKEN.search(line):
                defined.add(index)
        if index in defined:
            continue
        item = items.get(name)
        if item is None:
            item = items[name] = Item(name, page.span(start, end))
        item.sentences.append(index)
        item.with_purpose = item.with_purpose or purposes[index]
        if not of_others.says(index):
            item.collected = True
            item.matched = item.matched or purposes[index]
            item.explained = item.explained or _gives_own_purpose(page, index, own_purposes)
    sheet.put("information_items", list(items), [item.place for item in items.values()])
    sensitive = [item for item in items.values() if item.name in SENSITIVE]
    sheet.put("sensitive_items", [item.name for item in sensitive], [item.place for item in sensitive])
    orphans = [item for item in items.values() if not item.with_purpose and item.name not in ILLUSTRATIVE]
    heavy = [item for item in orphans if item.name in SENSITIVE]
    light = [item for item in orphans if item.name not in SENSITIVE]
    sheet.put("sensitive_orphans", [item.name for item in heavy], [_around(page, item) for item in heavy])
    sheet.put("other_orphans", [item.name for item in light], [_around(page, item) for item in light])
    sheet.count("orphans", [_around(page, item) for item in orphans])
    sheet.set("orphans", len(orphans))
    shared = [item for item in items.values() if not item.collected and item.name not in ILLUSTRATIVE]
    sheet.put("shared_only", [item.name for item in shared], [_around(page, item) for item in shared])
    kept = [item for item in items.values() if item.name not in ILLUSTRATIVE]
    vague = [_around(page, item) for item in kept if not item.explained]
    sheet.count("unmatched_items", vague)
    sheet.set("unmatched_items", len(vague))
    unmatched = [_around(page, item) for item in kept if item.name in SENSITIVE and not item.matched]
    sheet.count("unmatched_sensitive", unmatched)
    sheet.set("unmatched_sensitive", len(unmatched))
    usage = [page.index(match.start()) for match in _USAGE.finditer(page.text)]
    sheet.count("unexplained_usage", [page.sentence_span(i) for i in usage if page.is_body(i)])
    _explained(page, sheet, list(purposes))
    _permissions(page, sheet)


def _explained(page: Page, sheet: Sheet, indices: list[int]) -> None:
    """Sentences that take an item: ``explained``, which say what exactly for; ``explained_share``, their percentage;
    ``unexplained``, the others."""
    taking = [i for i in indices if _takes(page.lines[i])]
    explained = [i for i in taking if _says_what_for(page, i)]
    sheet.count("explained", [page.sentence_span(i) for i in explained])
    sheet.count("unexplained", [page.sentence_span(i) for i in sorted(set(taking) - set(explained))])
    sheet.set("explained_share", round(100 * len(explained) / len(taking)) if taking else 0)


def _takes(line: str) -> bool:
    return bool(_TAKES.search(line)) and not _LATER.search(line) and not _NOT_TAKEN.search(line)


def _says_what_for(page: Page, index: int) -> bool:
    place = find_purpose(page, index) or purpose_nearby(page, index, NEAR)
    if place and not all(_EMPTY.search(part) for part in _PARTS.split(page.text[slice(*place)]) if len(part) > 3):
        return True
    return bool(_DOES.search(page.lines[index]))


class _OfOthers:
    """Whether a sentence is about what others take or get; each section and each sentence is looked at once."""

    def __init__(self, page: Page):
        self.page = page
        self.sections: dict[int | None, bool] = {None: False}
        self.sentences: dict[int, bool] = {}

    def says(self, index: int) -> bool:
        if index not in self.sentences:
            self.sentences[index] = self._look(index)
        return self.sentences[index]

    def _look(self, index: int) -> bool:
        section = section_of(self.page, index)
        if section not in self.sections:
            self.sections[section] = bool(_OTHERS_SECTION.search(heading_of(self.page, index)))
        return self.sections[section] or bool(_OTHERS_LINE.search(self.page.lines[index]))


def _permissions(page: Page, sheet: Sheet) -> None:
    """``permissions`` by name; ``permission_uses``: each with what it is said to be for, empty if nothing is said."""
    found: dict[str, Place] = {}
    uses: dict[str, dict] = {}
    for name, start, end in _PERMISSIONS.find(page.text):
        place = found.setdefault(name, page.span(start, end))
        if name in uses and uses[name]["purpose"]:
            continue
        index = page.index(start)
        purpose = _permission_purpose(page, index, start, end) if page.is_body(index) else ""
        if name not in uses or purpose:
            first, last = page.span(start, end) if purpose else place
            uses[name] = {"permission": name, "purpose": purpose, "start": first, "end": last}
    sheet.put("permissions", list(found), list(found.values()))
    sheet.values["permission_uses"] = list(uses.values())


def _permission_purpose(page: Page, index: int, start: int, end: int) -> str:
    line = page.lines[index]
    if _NOT_TAKEN.search(line):
        return ""
    if cells := page.cells(index):
        return next((cell for cell in cells if _is_use(normal_term(cell))), "")[:LONGEST_PURPOSE]
    at = page.starts[index]
    for pattern, text, offset in (
        (_USED_FOR, page.after(end, 90), end),
        (_IN_ORDER_TO, page.before(start, 90), max(at, start - 90)),
        (_WHEN_USING, page.before(start, 70), max(at, start - 70)),
        (_SO_THAT, page.after(end, 60), end),
    ):
        matches = [match for match in pattern.finditer(text) if not _NO_USE.search(match[1])]
        if matches:
            match = matches[0] if offset == end else matches[-1]
            purpose = page.original[slice(*page.span(offset + match.start(1), offset + match.end(1)))]
            return re.sub(r"\s+", "", purpose).lstrip('的“"')
    return ""


def _is_use(cell: str) -> bool:
    return bool(_USE_CELL.search(cell)) and not _NO_USE.search(cell)


def _gives_purpose(page: Page, index: int) -> bool:
    """Whether a sentence names its items for a function: it, or the clause it stands in, says what for."""
    line = page.lines[index]
    if "|" in line and "sdk" not in line:
        return True  # a row of a table: its other cells say what for
    if _ELSEWHERE.search(line):
        return "sdk" not in line and bool(_FOR_SURE.search(line))
    if _PURPOSE.search(line) or _below_function(page, index) or ("sdk" not in line and _FOR_SURE.search(line)):
        return True
    first, last = page.outline.clauses[page.outline.sentences[index].clause].sentences
    return last - first < LONG_LIST and any(i != index and _PURPOSE.search(page.lines[i]) for i in range(first, last))


def _gives_own_purpose(page: Page, index: int, known: dict[int, bool]) -> bool:
    """Whether a sentence, its neighbours in the clause, its heading or its row of a table says what exactly for."""
    if index not in known:
        line = page.lines[index]
        known[index] = bool(
            "|" in line
            or _DOES.search(line)
            or _below_function(page, index)
            or find_purpose(page, index)
            or purpose_nearby(page, index, NEAR)
        )
    return known[index]


def _below_function(page: Page, index: int) -> bool:
    """Whether the nearest heading names a function; what stands below it is for that."""
    section = section_of(page, index)
    title = "" if section is None else page.outline.sections[section].title
    return len(title) <= LONGEST_FUNCTION and bool(_FUNCTION.search(title)) and not _NO_FUNCTION.search(title)


def _around(page: Page, item: Item) -> Place:
    """The comma-bounded stretch an item stands in."""
    start, end = item.place
    first, last = page.sentence_span(item.sentences[0])
    first = max(first, start - 40)
    last = min(last, end + 40)
    return first, last
