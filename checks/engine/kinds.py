"""What a text is, before anybody audits it: a privacy policy, or something that looks like one from afar.

Argued in words, not learned: every line speaks of personal information, of the terms of a contract, or of neither;
the share of the text that speaks of personal information tells a user agreement from a policy. The other concerns
(a blank template, a cookie notice, a text that is not Chinese, one that breaks off) are each told by signs that a
reader would name too. ``measure_kinds`` holds the answers against labelled documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from ahocorasick_rs import AhoCorasick, MatchKind


class DocumentKind(StrEnum):
    PRIVACY_POLICY = "privacy_policy"
    COMBINED = "combined"  # an agreement with a whole chapter on personal information, or the two in one text
    USER_AGREEMENT = "user_agreement"
    COOKIE_NOTICE = "cookie_notice"
    OTHER = "other"


class Concern(StrEnum):
    """Why a person should look before an audit is run."""

    USER_AGREEMENT = "user_agreement"
    COOKIE_NOTICE = "cookie_notice"
    OTHER = "other_document"
    NOT_CHINESE = "not_chinese"
    BLANK_TEMPLATE = "blank_template"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was recognised: the kind, the language ("zh-Hans", "zh-Hant", "en", "mixed", "other"), the concerns, and
    the figures they rest on (shares 0..1 and counts)."""

    kind: DocumentKind
    language: str
    concerns: tuple[Concern, ...] = ()
    figures: dict = field(default_factory=dict)


_PRIVACY = (
    "个人信息、隐私、个人敏感、敏感信息、设备信息、日志信息、位置信息、个人资料、个人数据、用户信息、您的信息、"
    "你的信息、信息安全、收集、去标识、匿名化、脱敏、Cookie、cookie、COOKIE、SDK、权限、撤回、"
    "撤销同意、注销、儿童、监护人、未成年人、共享、委托处理、公开披露、数据泄露、加密、保存期限、存储期限、传输、"
    "画像、个性化、手机号、身份证、通讯录、麦克风、相册、摄像头、MAC地址、IMEI、Android ID、"
    "剪切板、IP地址、访问控制、境外、跨境、删除您的、更正、查询您的、第三方共享"
)
_AGREEMENT = (
    "本协议、本条款、服务条款、使用条款、协议条款、违约、赔偿、免责、不承担、概不负责、不负任何责任、知识产权、"
    "著作权、版权、商标、专利、仲裁、管辖、诉讼、不可抗力、虚拟、充值、道具、游戏币、封号、封停、禁言、终止服务、"
    "中断服务、暂停服务、停止服务、不得利用、不得从事、禁止、淫秽、色情、赌博、诽谤、侵犯他人、反动、邪教、谣言、"
    "发布的内容、上传的内容、用户内容、转让、许可、反向工程、外挂、付费、会员、订单、退款、退货、交易、支付、有偿、"
    "费用、损失、保证、担保、后果、自行承担、账号、帐号、密码、接受本、修改本、终止、解除、法律责任、言论、作品、"
    "开发者、安装、升级"
)
_WORDS = AhoCorasick(_PRIVACY.split("、") + _AGREEMENT.split("、"), matchkind=MatchKind.LeftmostLongest)
_PRIVACY_WORDS = len(_PRIVACY.split("、"))  # they come first in the automaton
_COOKIE = re.compile("cookie|同类技术|网络信标|像素标签|web ?beacon", re.I)
_POLICY_TITLE = re.compile("隐私|个人信息(?:保护|处理)|privacy", re.I)
_AGREEMENT_TITLE = re.compile("协议|条款|须知|许可|agreement|terms", re.I)
_TRADITIONAL = frozenset("個們資訊護權隱為應與關於戶務對會將請種類點選號碼處條")
_SIMPLIFIED = frozenset("个们资讯护权隐为应与关于户务对会将请种类点选号码处条")

# Measured, see docs/decisions/0017. Of the lines that speak of either theme, policies give most to information.
POLICY_SHARE = 0.7
TITLED_SHARE = 0.55  # enough when the title says so
CHAPTER = 700  # characters of one chapter on personal information: less is a paragraph that points elsewhere
LEAST_CHINESE = 0.2  # share of the letters, as in findings
LEAST_SPOKEN = 0.12  # share of the text that speaks of either theme: below, it is about something else
SHORT = 400  # characters: too little to be sure of a theme by shares
COOKIE_SHARE = 0.5
BLANKS = 3  # one forgotten blank is a finding for the audit; several are a template


def recognise(text: str) -> Preflight:
    """What kind of document the text is, and what a person should know before an audit is run on it. Never fails."""
    language, chinese = _language(text)
    if chinese < LEAST_CHINESE:
        title = bool(_POLICY_TITLE.search(text[:200]))
        kind = DocumentKind.PRIVACY_POLICY if title else DocumentKind.OTHER
        return Preflight(kind, language, (Concern.NOT_CHINESE,), {"chinese": round(chinese, 3)})
    figures = figures_of(text)
    kind = kind_of(figures)
    blanks = blank_places(text)
    figures |= {"chinese": round(chinese, 3), "blanks": len(blanks)}
    concerns = [_OF_KIND[kind]] if kind in _OF_KIND else []
    if len(blanks) >= BLANKS:
        concerns.append(Concern.BLANK_TEMPLATE)
    if broken_off(text) or sections_missing(text):
        concerns.append(Concern.TRUNCATED)
    return Preflight(kind, language, tuple(concerns), figures)


_OF_KIND = {
    DocumentKind.USER_AGREEMENT: Concern.USER_AGREEMENT,
    DocumentKind.COOKIE_NOTICE: Concern.COOKIE_NOTICE,
    DocumentKind.OTHER: Concern.OTHER,
}


def _language(text: str) -> tuple[str, float]:
    """The language, and the share of Chinese characters among all letters."""
    letters = [char for char in text if char.isalpha()]
    chinese = sum("\u4e00" <= char <= "\u9fff" for char in letters)
    share = chinese / len(letters) if letters else 0.0
    if share >= LEAST_CHINESE:
        traditional = sum(char in _TRADITIONAL for char in letters)
        simplified = sum(char in _SIMPLIFIED for char in letters)
        if share < 0.5:
            return "mixed", share
        return ("zh-Hant" if traditional > simplified else "zh-Hans"), share
    latin = sum(char.isascii() for char in letters)
    return ("en" if latin > len(letters) * 0.8 else "other"), share


def figures_of(text: str) -> dict:
    """What the kind is told by, from one reading of the lines; ``kind_of`` judges it."""
    total = privacy = agreement = cookies = stretch = longest = 0
    for line in text.splitlines():
        length = len(line.strip())
        words = [index for index, *_place in _WORDS.find_matches_as_indexes(line)]
        about_information = sum(index < _PRIVACY_WORDS for index in words)
        about_terms = len(words) - about_information
        total += length
        if _COOKIE.search(line):
            cookies += length
        if about_information > about_terms:
            privacy += length
            stretch += length
        elif about_terms > about_information:
            agreement += length
            stretch = max(0, stretch - length)
        longest = max(longest, stretch)
    spoken = privacy + agreement
    return {
        "characters": total,
        "privacy_share": round(privacy / spoken, 3) if spoken else 0.0,
        "spoken": round(spoken / total, 3) if total else 0.0,
        "cookies": round(cookies / total, 3) if total else 0.0,
        "longest_chapter": longest,
        "named_policy": bool(_POLICY_TITLE.search(text[:200])),
        "titled": bool(_POLICY_TITLE.search(text[:60])) and not _AGREEMENT_TITLE.search(text[:60]),
        "named_cookies": bool(_COOKIE.search(text[:120])),
    }


def kind_of(
    figures: dict, *, policy_share: float = POLICY_SHARE, titled_share: float = TITLED_SHARE, chapter: int = CHAPTER
) -> DocumentKind:
    """The kind that these figures speak for; the limits can be varied to see what others would do."""
    if figures["cookies"] > COOKIE_SHARE and figures["named_cookies"]:
        return DocumentKind.COOKIE_NOTICE
    if not figures["spoken"] or (figures["spoken"] < LEAST_SPOKEN and not figures["named_policy"]):
        return DocumentKind.OTHER
    if figures["characters"] < SHORT and figures["named_policy"]:
        return DocumentKind.PRIVACY_POLICY
    if figures["privacy_share"] >= (titled_share if figures["titled"] else policy_share):
        return DocumentKind.PRIVACY_POLICY
    return DocumentKind.COMBINED if figures["longest_chapter"] >= chapter else DocumentKind.USER_AGREEMENT


# ---------- Blank templates ----------

_FILL_IN = (
    "(?:请|此处|在此)?(?:填写|插入|补充|填入|输入)[^【】\\[\\]［］\n]{0,12}"
    "|[^【】\\[\\]［］\n]{0,6}(?:公司|公司名称|全称|简称|名称|网址|邮箱|电话|日期|年月日|姓名|天数|注册地址|联系方式)"
)
_BLANK = re.compile(
    rf"[【\[［](?:[\s_＿xX×Ｘ]*|{_FILL_IN})[】\]］](?!\()"
    r"|(?<![A-Za-z0-9@])(?:[xX]{2,}|[×Ｘ]{2,})(?![A-Za-z0-9])"
    r"|[_＿]{3,}"
    r"|某某(?:公司|应用|平台|产品)"
)
_PATH = re.compile(r"[-–—>＞→/]\s*$|点击\s*$|^\s*[-–—>＞→]")  # 【我的】-【设置】 leads through a menu


def blank_places(text: str) -> list[tuple[int, int]]:
    """Where the text holds a place that was to be filled in: 【公司名称】, XXX, ____. A heading in 【】 is none."""
    found = []
    for match in _BLANK.finditer(text):
        start, end = match.span()
        before, after = text[max(0, start - 6) : start], text[end : end + 3]
        line = text[text.rfind("\n", 0, start) + 1 : _line_end(text, end)].strip(" #*\t")
        heading = line == match[0] and re.search(r"\w", match[0].strip("xX_＿"))  # 【联系方式】 alone in its line
        heading = heading or (match[0].endswith("联系方式】") and line.startswith(match[0]))
        ruled = not line.strip("_＿-—=* ")
        markdown = match[0][0] == "_" and (before[-1:] == "*" or after[:1] == "*")
        if not (heading or ruled or markdown or _PATH.search(before) or _PATH.search(after)):
            found.append((start, end))
    return found


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


# ---------- Truncated texts ----------

_DECORATION = re.compile(r"[\s*_#|>=~\\-]+$")
_MORE = re.compile(r"(?:阅读|查看|展开|显示|点击查看|加载)(?:全文|更多|剩余|完整内容|全部内容)[>》…\.\s]*$")
_OPEN_END = re.compile(r"(?:[，、,：:（(《“]|[的和或与及在为对将把从向于并且以等被让使])$")
_PROSE = re.compile("我们|您|你|用户|个人信息|本政策|本协议")
_SIGNATURE = re.compile(
    r"公司|中心|集团|日期|地址|电话|邮箱|版权|备案|解释权|现在|\d{4}年|热线|[号楼层室座路区市]$|ICP|©|完$|权利$|回复$|页$"
)


def broken_off(text: str) -> bool:
    """Whether the text ends in the middle of a sentence or with "read more"."""
    lines = [line for line in map(str.strip, text.splitlines()) if _DECORATION.sub("", line)]
    if not lines:
        return False
    last = _DECORATION.sub("", lines[-1])
    if _MORE.search(last) and len(lines) > 3:
        return True
    tail = re.split(r"[。！？!?；;]", last)[-1].strip()
    if not tail or not re.search(r"[\u4e00-\u9fff，、,：:（(《“]$", tail):
        return False
    if _OPEN_END.search(tail) and len(tail) > 4:
        return len(text) >= SHORT or bool(_PROSE.search(tail))
    return len(tail) >= 12 and bool(_PROSE.search(tail)) and not _SIGNATURE.search(tail) and len(text) >= SHORT


_NUMBERED = re.compile(
    r"^[\s#*>•·-]*(?:第?([一二三四五六七八九十]{1,3})[、章条．.\s]|(\d{1,2})[、．.\s\\)])\s*([^。；;！？]{2,30}?)[\s*\d….]*$"
)
_PROMISE = re.compile("目录|索引|以下(?:主要)?(?:内容|方面|部分|事项|问题)|帮助您了解|将向您(?:说明|介绍)")
_DIGITS = {char: value for value, char in enumerate("一二三四五六七八九十", 1)}
CONTENTS_WITHIN = 120  # lines
LIKE = 0.6  # share of a promised title's character pairs that a heading must have


def sections_missing(text: str) -> bool:
    """Whether a table of contents promises sections that do not follow: the last two of it, while others do."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    titles, end = _contents(lines)
    if len(titles) < 4:
        return False
    short = [_pairs(line) for line in lines[end:] if len(line) <= 60]
    there = [any(len(title & pairs) >= LIKE * len(title) for pairs in short) for title in map(_pairs, titles)]
    return sum(there) >= 2 and not any(there[-2:])


def _contents(lines: list[str]) -> tuple[list[str], int]:
    """The titles of the first table of contents that announces itself, and the line behind it."""
    for start, line in enumerate(lines[:CONTENTS_WITHIN]):
        if not _PROMISE.search(line):
            continue
        titles: list[str] = []
        for entry in lines[start + 1 :]:
            match = _NUMBERED.match(entry)
            if not match or _value(match[1] or match[2]) != len(titles) + 1:
                break
            titles.append(match[3])
        if len(titles) >= 4:
            return titles, start + 1 + len(titles)
    return [], 0


def _value(number: str) -> int:
    if number.isdigit():
        return int(number)
    if len(number) == 2 and number[0] == "十":
        return 10 + _DIGITS[number[1]]
    return _DIGITS.get(number, 0)


def _pairs(text: str) -> set[str]:
    plain = "".join(char for char in text if char.isalnum())
    return {plain[at : at + 2] for at in range(max(1, len(plain) - 1))}
