"""Words of the engine's own that readers of English see in English: kinds of information, permissions, parties, places.

The engine reads Chinese texts and calls what it finds by Chinese names, which are kept with each audit. What is quoted
from a policy stays as it stands there; only the engine's names, and where a law is cited, are put into English here.
tests/test_terms.py fails when the engine has a name that is missing below.
"""

import re

ITEMS = {
    "姓名": "name",
    "手机号": "telephone number",
    "身份证": "identity document",
    "银行卡": "bank card",
    "面部特征": "facial features",
    "指纹": "fingerprint",
    "声纹": "voiceprint",
    "生物识别": "biometric information",
    "通讯录": "contacts",
    "应用列表": "list of apps",
    "通话记录": "call and communication records",
    "短信": "text messages",
    "位置": "location",
    "行踪轨迹": "movement tracks",
    "健康": "health",
    "财产": "property and credit",
    "支付信息": "payment information",
    "相册": "photo album",
    "录音": "sound recordings",
    "剪贴板": "clipboard",
    "日历": "calendar",
    "传感器": "sensors",
    "运动": "physical exercise",
    "昵称头像": "nickname and profile picture",
    "性别": "gender",
    "生日": "date of birth",
    "年龄": "age",
    "职业": "occupation",
    "教育": "education",
    "婚姻": "marital status",
    "兴趣": "interests",
    "地址": "postal address",
    "邮箱": "e-mail address",
    "设备标识": "device identifiers",
    "蓝牙": "Bluetooth",
    "电池": "battery",
    "信号": "signal strength",
    "引荐网址": "referring address",
    "浏览记录": "browsing and search records",
    "订单": "orders",
    "日志": "logs",
    "语言": "language setting",
    "存储": "storage",
    "评论": "ratings and comments",
    "元数据": "metadata",
}
PERMISSIONS = {
    "相机": "camera",
    "麦克风": "microphone",
    "电话": "telephone",
    "通知": "notifications",
    "身体活动": "physical activity",
    "悬浮窗": "floating windows",
    "自启动": "starting by itself",
}
PARTIES = {
    "关联公司": "affiliates",
    "广告合作伙伴": "advertising partners",
    "统计分析服务商": "analytics providers",
    "支付机构": "payment institutions",
    "物流公司": "logistics companies",
    "金融机构": "financial institutions",
    "征信与风控机构": "credit and risk agencies",
    "电信运营商": "telecommunications operators",
    "身份认证机构": "identity verification bodies",
    "商家与卖家": "merchants and sellers",
    "供应商与服务商": "suppliers and service providers",
    "短信与客服服务商": "text message and customer service providers",
    "地图与出行服务商": "map and travel providers",
    "医疗机构": "medical institutions",
    "教育机构": "educational institutions",
    "司法与行政机关": "judicial and administrative authorities",
    "收购方与受让方": "acquirers and transferees",
    "学术与研究机构": "academic and research institutions",
    "律师与审计师": "lawyers and auditors",
    "手机厂商": "device makers",
    "应用开发者": "app developers",
}
PLACES = {
    "境内": "within the territory of China",
    "境外": "outside the territory of China",
    "新加坡": "Singapore",
    "美国": "United States",
    "欧盟": "European Union",
    "欧洲": "Europe",
    "日本": "Japan",
    "韩国": "South Korea",
    "德国": "Germany",
    "荷兰": "Netherlands",
    "爱尔兰": "Ireland",
    "加拿大": "Canada",
    "英国": "United Kingdom",
    "法国": "France",
    "澳大利亚": "Australia",
    "印度": "India",
    "俄罗斯": "Russia",
    "泰国": "Thailand",
    "马来西亚": "Malaysia",
    "香港": "Hong Kong",
    "澳门": "Macao",
    "台湾": "Taiwan",
    "北京": "Beijing",
    "上海": "Shanghai",
    "深圳": "Shenzhen",
    "广州": "Guangzhou",
    "杭州": "Hangzhou",
    "贵阳": "Guiyang",
    "贵州": "Guizhou",
    "张家口": "Zhangjiakou",
    "乌兰察布": "Ulanqab",
    "成都": "Chengdu",
    "南京": "Nanjing",
    "天津": "Tianjin",
    "青岛": "Qingdao",
    "中卫": "Zhongwei",
    "宁夏": "Ningxia",
    "内蒙古": "Inner Mongolia",
    "重庆": "Chongqing",
    "武汉": "Wuhan",
    "苏州": "Suzhou",
    "合肥": "Hefei",
    "佛山": "Foshan",
    "河北": "Hebei",
    "西安": "Xi’an",
    "郑州": "Zhengzhou",
    "厦门": "Xiamen",
    "福州": "Fuzhou",
    "长沙": "Changsha",
    "大连": "Dalian",
    "沈阳": "Shenyang",
    "济南": "Jinan",
    "宁波": "Ningbo",
    "无锡": "Wuxi",
    "东莞": "Dongguan",
    "河源": "Heyuan",
    "呼和浩特": "Hohhot",
    "庆阳": "Qingyang",
    "兰州": "Lanzhou",
    "昆明": "Kunming",
    "南宁": "Nanning",
    "海口": "Haikou",
}
ENGLISH = ITEMS | PERMISSIONS | PARTIES | PLACES
# Kinds of periods, which are codes: in both languages.
PERIODS = {
    "retention": ("保存", "keeping"),
    "answer": ("答复", "answering"),
    "deletion": ("删除、注销", "deleting, closing the account"),
    "notice": ("通知", "giving notice"),
    "age": ("年龄界限", "age limit"),
}
# The engine knows these by a name in small letters, in any language.
LATIN = {"ip": "IP", "mac": "MAC", "sim": "SIM", "wifi": "Wi-Fi"}
# Why a sentence that comes near does not count, as ``engine.rules.explain`` and ``engine.matching.failure`` put it.
# What stands in “…” are the rule's terms, which stay Chinese: they are what was looked for in a Chinese text.
NEAR = {
    "条件不成立：": "the condition does not hold: ",
    "次序或距离不符：": "order or distance does not fit: ",
    "语气相反：": "the sentence says the opposite: ",
    "不得有：": "there must not be ",
    "所在章节的标题含": "in the heading of the section",
    "同一节中另有": "elsewhere in the section",
    "同一条款中另有": "elsewhere in the clause",
    r"前后(\d+)句内有": r"within \1 sentences before or behind",
    r"前(\d+)句内有": r"within \1 sentences before",
    r"后(\d+)句内有": r"within \1 sentences behind",
    "全文某处有": "somewhere in the text",
    "出现未被否定的": "not negated ",
    "出现被否定的": "negated ",
    "出现引号或书名号内的": "quoted ",
    "等方式附条件的": " and the like: ",
    "等之一": " and the like, one of them",
    "之一": ", one of them",
    "类用语": " (a group of terms)",
    "，或者": ", or ",
    "，并且": ", and ",
    r"，其后(\d+)字内": r", followed within \1 characters by ",
    "，紧接着": ", followed at once by ",
    "，其后": ", followed by ",
    "主题是": "the topic ",
    "句中含有": "the sentence holds ",
    "全文提取到事实": "the fact ",
    "是定义句": "it is a definition",
    "出现以": "made conditional by ",
    "等$": " and the like",
    "出现": "",
    "没有": "there is no ",
    "：": ": ",
    "（": "(",
    "）": ")",
}
DETAILS = {
    "菜单路径": "a path through menus",
    "期限": "a period",
    "邮箱": "an e-mail address",
    "电话": "a telephone number",
    "网址": "a web address",
    "公司": "a company name",
    "联系方式": "contact details",
}


def term(word: str, language: str) -> str:
    """The engine's name for something, in the language ("en", or Chinese for any other); an unknown one stays."""
    if word in LATIN:
        return LATIN[word]
    if word in PERIODS:
        return PERIODS[word][language == "en"]
    return ENGLISH.get(word, word) if language == "en" else word


def why_near(words: str, language: str) -> str:
    """Why a near sentence does not count, in the language, with the rule's terms as they stand."""
    if language != "en":
        return words
    told = "".join(part if part.startswith("“") else _near(part) for part in re.split("(“[^”]*”)", words))
    return told[:1].upper() + told[1:]


def _near(words: str) -> str:
    for chinese, english in (NEAR | DETAILS).items():
        words = re.sub(chinese, english, words)
    return words


# ---------- Where a law is cited ----------

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMBER = "[零〇一二三四五六七八九十百]+"


def citation(ref: str, language: str) -> str:
    """A place in a law or standard: “第十七条第一款第(一)项” is “Article 17, paragraph 1, item (1)” in English.

    What is not understood stays as it is written.
    """
    if language != "en":
        return ref
    ref = re.sub(r"（(\d{4})年修正后条序，原(.+?)）", r" (as renumbered in \1, formerly \2)", ref)
    ref = re.sub(rf"(?<![第(])({_NUMBER})(?=\()", lambda found: f"Part {number(found[1])} ", ref)
    ref = re.sub(rf"第((?:\({_NUMBER}\)[、至]?)+)项", _items, ref)
    for chinese, english in (("条", "Article"), ("款", "paragraph")):
        ref = re.sub(rf"第({_NUMBER}){chinese}", lambda found, word=english: f"{word} {number(found[1])}、", ref)
    ref = re.sub(r"、+(?=$|[ )])", "", ref).replace("附录", "Annex ")
    ref = re.sub(r"paragraph (\d+)、+paragraph (\d+)", r"paragraphs \1 and \2", ref)
    ref = re.sub(r"Article (\d+)、+Article (\d+)(?![\d、])", r"Articles \1 and \2", ref)
    return re.sub(r"、+", ", ", ref)


def _items(found: re.Match) -> str:
    numbers = re.sub(_NUMBER, lambda sign: str(number(sign[0])), found[1]).replace("至", " to ")
    return ("item " if numbers.count("(") == 1 else "items ") + numbers


def number(words: str) -> int:
    """A Chinese number below a thousand."""
    total, digit = 0, 0
    for sign in words:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[sign]
    return total + digit
