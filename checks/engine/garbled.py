"""Damage in a text: characters that do not belong, words cut short or doubled, blanks nobody filled in.

Privacy policies say much in the same words. Where four characters of context nearly always hold one and the same
character, another one between them is a slip or a misread scan – if it also makes pairs of characters that hardly
occur. The contexts and pairs are hashed counts over some five hundred public policies (``data/wording.npz``, made by
``docs/train_wording.py``); no sentence can be read back from them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np

from .factsheet import Lexicon, Page, Place, Sheet, matches
from .normal import TRADITIONAL

WEIGHTS = Path(__file__).parent / "data" / "wording.npz"
SLOTS = 20  # bits of the address in a table
LEFT_RIGHT = ((2, 2), (3, 1), (1, 3))  # characters of context on each side
_PRIMES = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], dtype=np.uint64)
_MIXER, _HALF = np.uint64(0xFF51AFD7ED558CCD), np.uint64(32)
LONG_SENTENCE = 25  # characters; shorter ones may well come twice
OWN_WORD = 3  # times a pair of characters must come to be a word of the text itself
_BITS = np.array([128, 64, 32, 16, 8, 4, 2, 1], dtype=np.uint8)  # of a byte, as NumPy packs them
_FUNCTION = np.zeros(1 << 16, dtype=bool)  # characters that carry grammar: doubled, they are a slip
_FUNCTION[[ord(char) for char in "的与和是在于为将对会能以及被我您你了或并向从到提就把请可其"]] = True
# Characters that stand for each other without being slips: another word for the same.
_SYNONYMS = (
    "及和与或并跟",
    "即将就会要拟",
    "您你我其它他此某之这各该",
    "帮协",
    "终停中",
    "维保",
    "订署",
    "给送",
    "证障",
    "采抓",
    "前所",
    "但又且",
)
_MEANS = {char: group for group in _SYNONYMS for char in group}
_HAN = (0x4E00, 0x9FFF)


def codes_of(text: str) -> np.ndarray:
    """Code points of a text, with three line ends on each side so that contexts need no bounds."""
    return np.frombuffer(("\n\n\n" + text + "\n\n\n").encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)


def context_hash(columns: list[np.ndarray], kind: int | np.ndarray) -> np.ndarray:
    """A 64-bit hash of characters side by side; ``kind``, one or one for each, keeps the sorts of context apart."""
    mixed = np.full(len(columns[0]), (kind + 1) * 0x2545F4914F6CDD1D & 0xFFFFFFFFFFFFFFFF, dtype=np.uint64)
    for column, prime in zip(columns, _PRIMES, strict=False):
        mixed ^= column * prime
        mixed *= _MIXER
        mixed ^= mixed >> _HALF
    return mixed


def slot_of(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - SLOTS)).astype(np.int64)


def check_of(hashes: np.ndarray) -> np.ndarray:
    return (hashes & np.uint64(0xFFFF)).astype(np.uint16)


def is_han(codes: np.ndarray) -> np.ndarray:
    return (codes >= _HAN[0]) & (codes <= _HAN[1])


@cache
def _tables() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS) as data:
        expected = np.zeros(1 << SLOTS, dtype=np.uint32)
        expected[data["slots"]] = data["expected"]
        return {"expected": expected, "pairs": data["pairs"], "runs": data["runs"]}


def _expected(columns: list[np.ndarray], kind: np.ndarray) -> np.ndarray:
    """The character that nearly always stands in these contexts, 0 where none does."""
    hashes = context_hash(columns, kind)
    entries = _tables()["expected"].take(slot_of(hashes))
    return np.where((entries >> 16) == check_of(hashes), entries & 0xFFFF, 0)


def _known(name: str, columns: list[np.ndarray]) -> np.ndarray:
    slots = slot_of(context_hash(columns, 7))
    # Eight answers in a byte: a table that small stays near the processor, which the unpacked one does not.
    return _tables()[name].take(slots >> 3) & _BITS[slots & 7] != 0


def slips(text: str) -> list[tuple[int, int, str]]:
    """Places where a character is wrong, missing or doubled: start, end, what was expected there."""
    codes = codes_of(text)
    n = len(text)

    def at(shift: int) -> np.ndarray:
        return codes[3 + shift : 3 + shift + n]

    here = at(0)
    han = is_han(here)
    pairs = _known("pairs", [codes[2 : 3 + n], codes[3 : 4 + n]])  # each character with the next, from the line end on
    before, after = pairs[:-1], pairs[1:]
    odd = han & ~(before & after)
    found: dict[int, tuple[int, int, str]] = {}
    # Few, so the contexts are looked up for these alone, and all kinds of them at once.
    spots, gaps = np.flatnonzero(odd), np.flatnonzero(han & ~before)
    near = {shift: codes[3 + shift + spots] for shift in range(-3, 4)}
    contexts = [[near[i] for i in (*range(-left, 0), *range(1, right + 1))] for left, right in LEFT_RIGHT]
    contexts.append([codes[3 + shift + gaps] for shift in (-2, -1, 0, 1)])  # ab|cd where abXcd is usual; seen at c
    columns = [np.concatenate(column) for column in zip(*contexts, strict=True)]
    replaced = len(LEFT_RIGHT) * len(spots)
    kinds = np.zeros(len(columns[0]), dtype=np.uint64)  # what is missing stands in contexts of the first kind
    kinds[:replaced] = np.repeat(np.arange(len(LEFT_RIGHT)), len(spots))
    wanted = _expected(columns, kinds)
    for k in np.flatnonzero(wanted[:replaced]):
        spot = int(k) % len(spots)
        if wanted[k] != near[0][spot]:
            i = int(spots[spot])
            found.setdefault(i, (i, i + 1, chr(int(wanted[k]))))
    for k in np.flatnonzero(wanted[replaced:]):
        i = int(gaps[k])
        if i and i not in found:
            found[i] = (i - 1, i + 1, chr(int(wanted[replaced + k])))
    doubled = np.flatnonzero(~before & (here == at(-1)))
    for i in doubled[_FUNCTION[(here[doubled] & np.uint64(0xFFFF)).astype(np.int64)]]:
        found.setdefault(int(i), (int(i) - 1, int(i) + 1, ""))
    return [slip for _, slip in sorted(found.items()) if not _is_vocabulary(text, slip)]


def _is_vocabulary(text: str, slip: tuple[int, int, str]) -> bool:
    """What comes again and again in a text is a name or a word of its own; another word for the same is no slip."""
    start, end, wanted = slip
    if end - start == 1 and wanted in _MEANS.get(text[start], ""):
        return bool(wanted)
    around = {text[start - 1 : end], text[start : end + 1]} if end - start == 1 else {text[start:end]}
    return any(text.count(pair) >= OWN_WORD for pair in around if len(pair) > 1)


_MARKS = Lexicon(
    {
        "placeholder": [
            "xxxx",
            "××",
            "[]",
            "《》",
            "请填入",
            "请填写公司",
            "请填写名称",
            "请补充",
            "请插入",
            "注:示例",
            "[示例]",
            "待补充",
            "某某公司",
            "某某平台",
            "某某产品",
            "____",
            "{{",
            "${",
            "*个工作日",
            "*个自然日",
            "*日内",
            "*天内",
            "x个工作日",
        ],
        "strange": ["锟斤拷", "烫烫", "鈥", "銆", "â€", "&nbsp;", "&amp;", "&quot;", "&lt;", "&gt;", "\\u00", "\\x"],
        # A preposition whose word is missing, and other sentences nobody can finish.
        "broken": [
            *(
                f"{verb}{word}的"
                for verb in ("会", "能", "将", "可以")
                for word in ("根据", "按照", "依照", "基于", "通过")
            ),
            "适用于的",
            "使用我们提供,",
            "使用我们提供的,",
            "因此如果,",
            "根据,我们",
            "按照,我们",
            "通过,我们",
            "为了,我们",
            "对于,我们",
            "当您使用,",
            "当您使用我们的,",
            "为了您的,",
            "您需要向我们提供,",
            "向您提供的和",
            "为您提供和,",
        ],
        "typo": [
            "登陆",
            "收获地址",
            "推动给您",
            "授权统一",
            "个人信息手机",
            "咨讯",
            "极其代理",
            "极其关联",
            "未成人",
            "阀值",
            "既使",
            "的的",
            "您您",
            "是是",
            "以便便",
            "进进行",
            "并且并",
            "及及",
            "信息信息",
            "会会",
            "不不",
            "与与",
            "提提供",
            "可以可以",
            "如如",
            "想您推送",
            "想您提供",
            "想您发送",
            "像您提供",
            "像您推送",
            "像您发送",
            "像您展示",
            "像您说明",
            "像您收集",
            "像您告知",
            "像第三方提供",
            "处于维护",
            "处于保护您",
            "处于本政策",
            "处于以下目的",
            "处于下列目的",
            "处于上述目的",
            "一下目的",
            "一下情形",
            "一下情况",
            "一下信息",
            "一下内容",
            "一下方式",
            "一下途径",
            "一下权利",
            "一下权限",
            "即标识您",
            "既表示您",
            "既视为",
            "既代表您",
            "奔溃",
            "撒销",
            "撒回",
            "号薄",
            "讯薄",
            "话薄",
            "设备产商",
            "手机产商",
            "在在",
            "稳私",
            "陷私",
            "隐私正策",
            "隐私证策",
            "时侯",
            "通迅",
            "受权同意",
            "披漏",
            "泻露",
            "您的权力",
            "行使权力",
            "我们我们",
            "提供提供",
            "获取获取",
            "您的您",
            "平台电脑",
            "我门",
            "贵任",
            "邰门",
            "需耍",
            "信总",
            "可能可能",
            "根据据",
            "收收集",
            "将会会",
            "无使用该",
            "不能用使用",
            "给于",
            "做为",
            "们会手机",
            "能会手机",
            "将会手机",
            "需要手机您",
            "商手机前述",
            "手机和使用您",
            "手机并使用您",
            "相关想关",
            "报括",
            "包扩",
            "拒接提供",
            "拒接授权",
            "拒接向",
            "监护人需知",
            "用户需知:",
            "向继续您提供",
            "违返",
            "未成子女",
            "集未成年个人",
            "了未成年的个人信息",
            "跟据",
            "根具",
            "由于由于",
            "第三放",
            "非法是供",
            "服务即用户体验",
            "反应特定自然人",
            "最迟不迟于",
            "以以",
            "将其的个人",
            "其其",
            "与与",
            "或或",
            "和和",
            "并并",
            "向向您",
            "被被",
            "对对该",
            "对对您",
            "对对应",
            "为了为",
            "通过通过",
            "进行进行",
            "使用使用",
            "收集收集",
            "和以及",
            "或以及",
            "个人信息个人信息",
            "信总主体",
            "设制",
            "保户专",
            "权力人",
            "帮组您",
            "按照以下步聚",
            "步聚",
            "帐好",
            "验正码",
            "身分证",
            "游览器",
            "下栽",
            "搜权",
            "咨寻",
            "收及您",
            "防犯",
        ],
    }
)
_FINE = re.compile(
    r"目的的|自我门|我门[店户]|\*\*(?:个|日内|天内)|登陆(?:中国|地)|!\[\]|\[\]\(|提示示例|[现存正所实]在在"
    r"|[可所得]以以|[看解对写认查新说明问试填]一下|处于维护(?:状态|期|中|阶段)|信总[部行公局站数量额]|[图头影录]像[您第]"
)
_BLANK = re.compile(
    r"(?:公司名称|注册地址|公司地址|联系邮箱|客服邮箱|联系电话|生效日期|更新日期|开发者|通过(?:链接|电话|邮箱|邮件))[:：]\s*(?=(?:公司名称|注册地址|公司地址|办公地址|联系邮箱|联系电话|个人信息保护|生效日期|通过(?:链接|电话|邮箱|邮件)[:：])|[。;；]|$)",
    re.M,
)
_SIGNS = re.compile(r"[，、；：。](?=([，、；：。]|[）)]))|[（(](?=([，、。]|[）)]))|“(?=”)|,(?=[,，])")
_SIGNS_FIRST = re.compile(r"[，、；：。（(“,](?=[，、；：。）)”,])")  # two in a row, whichever they are
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff" + "".join(map(chr, TRADITIONAL)) + "麽釆內]")
_PAIRS = (("(", ")"), ("《", "》"), ("[", "]"))


def gather_garbled(page: Page, sheet: Sheet) -> None:
    """``slips`` of wording, ``typos``, ``placeholders``, ``unfinished`` (``blanks`` among it), ``text_errors``…"""
    text = page.text
    found = slips(text)
    covered = {at for start, end, _ in found for at in range(start - 1, end + 1)}
    marks: dict[str, list[Place]] = {"placeholder": [], "strange": [], "typo": [], "broken": []}
    for name, start, end in _MARKS.find(text):
        if not _FINE.search(text[max(0, start - 2) : end + 2]) and not (name == "typo" and start in covered):
            marks[name].append(page.span(start, end))
    sheet.count("slips", [page.span(start, end) for start, end, _ in found])
    sheet.count("typos", marks["typo"])
    sheet.count("placeholders", marks["placeholder"])
    sheet.count("blanks", [match.span() for match in _BLANK.finditer(page.original)])
    sheet.count("unfinished", sorted([*sheet.places["blanks"], *(_around(page, place) for place in marks["broken"])]))
    sheet.count(
        "doubled_signs", [(match.start(), match.start() + 2) for match in matches(_SIGNS_FIRST, _SIGNS, page.original)]
    )
    strange = [match.span() for match in _STRANGE.finditer(page.original)]
    if len(strange) > max(20, len(text) * 0.03):
        strange = []  # a text in traditional characters is no damage
    sheet.count("strange_characters", sorted(strange + marks["strange"]))
    sheet.count("loose_brackets", _loose_brackets(page))
    sheet.count("repeated_sentences", _repeated(page))
    names = ("slips", "typos", "doubled_signs", "strange_characters", "loose_brackets")
    sheet.count("text_errors", sorted(_around(page, place) for name in names for place in sheet.places[name]))
    sheet.set("text_errors", sum(sheet.metrics[name] for name in names))


def _repeated(page: Page) -> list[Place]:
    """Long sentences that stand in the text a second time, word for word."""
    long = [line for line in page.lines if len(line) >= LONG_SENTENCE]
    if len(set(long)) == len(long):
        return []  # as nearly always
    seen: set[str] = set()
    found = []
    for index, line in enumerate(page.lines):
        if len(line) < LONG_SENTENCE or "://" in line or not page.is_body(index):
            continue
        if line in seen:
            found.append(page.sentence_span(index))
        seen.add(line)
    return found


def _loose_brackets(page: Page) -> list[Place]:
    """Sentences in which a bracket is opened or closed without its partner."""
    found = []
    pairs = [(opening, closing) for opening, closing in _PAIRS if page.text.count(opening) != page.text.count(closing)]
    for index, line in enumerate(page.lines if pairs else []):
        if not page.is_body(index):
            continue
        for opening, closing in pairs:
            extra = line.count(opening) - line.count(closing)
            if extra > 0 and index + 1 < len(page.lines) and closing in page.lines[index + 1]:
                continue  # a sentence ends inside the brackets
            if extra < 0 and ((index and opening in page.lines[index - 1]) or (closing == ")" and line.find(")") < 4)):
                continue
            if extra:
                found.append(page.sentence_span(index))
                break
    return found


def _around(page: Page, place: Place) -> Place:
    """The place with a few characters on each side, inside its sentence: what a reader needs to see the slip."""
    clause = page.outline.clause_at(place[0])
    first, last = (clause.start, clause.end) if clause else (0, len(page.original))
    return max(first, min(place[0], place[0] - 8)), min(max(last, place[1]), place[1] + 8)
