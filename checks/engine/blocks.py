"""Text → blocks: lines, and pieces of long lines where a number begins a new item, each with its role.

Real policies number in every way there is, twice, or not at all; some are one line of ten thousand characters. So
numbers are looked for inside lines too, and each block is told apart as heading, line of a table of contents, or text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from .entities import Role

CHINESE = "零〇一二三四五六七八九十百"
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}

# Kinds of numbers from the highest level to the lowest.
KINDS = ("part", "chapter", "chinese", "article", "chinese_brackets", "decimal", "brackets", "circle", "letter")
_NUMBER = re.compile(
    rf"(?P<part>第[{CHINESE}\d]{{1,4}}(?:部分|编|篇))"
    rf"|(?P<chapter>第[{CHINESE}\d]{{1,4}}[章节])"
    rf"|(?P<article>第[{CHINESE}\d]{{1,4}}条)"
    rf"|(?P<chinese>[{CHINESE[2:]}]{{1,3}}(?:[、．]|\.(?!\d)|\s*[:：](?=\S)))"
    rf"|(?P<chinese_brackets>[（(]\s*[{CHINESE[2:]}]{{1,3}}\s*[)）]、?)"
    r"|(?P<decimal>\d{1,2}(?:[.．]\d{1,2}){1,3}[、.．]?(?![\d%年月]|日(?![志程常历]))|\d{1,2}(?:[、．)）]|\\?\.(?![\d])))"
    r"|(?P<brackets>[（(]\s*\d{1,2}\s*[)）]、?)"
    r"|(?P<circle>[①-⑳❶-❿⑴-⒇])"
    r"|(?P<letter>(?<![A-Za-z])(?:[（(]\s*[a-zA-Z]\s*[)）]|[a-zA-Z](?:[、)）]|\.(?![A-Za-z\d]))))"
)
_NUMBER_FIRST = re.compile(rf"[第（(\d①-⑳❶-❿⑴-⒇{CHINESE[2:]}]")
_MAY_BE_NUMBER = re.compile(rf"{_NUMBER_FIRST.pattern}|[a-zA-Z]")
# Where one can begin inside a line, told by what follows at once: most digits and numerals of a text are no number.
_MAY_BEGIN = re.compile(
    rf"{_NUMBER_FIRST.pattern}(?:(?<=第)(?=[{CHINESE}\d])|(?<=[（(])(?=\s*[{CHINESE[2:]}\da-zA-Z])"
    rf"|(?<=\d)(?=\d?[.．、)）\\])|(?<=[{CHINESE[2:]}])(?=[{CHINESE[2:]}]{{0,2}}(?:[、．.]|\s*[:：]))|(?<=[①-⑳❶-❿⑴-⒇]))"
)
_CLOSES_NUMBER = re.compile(r"[、.．:：\s\\]+$")
_NO_DIGITS = re.compile(rf"[^{CHINESE}\d]")
_NOT_TITLE = re.compile(r"[\W_]+|\d+$")
_MARKUP = re.compile(r"[ \t\u3000\xa0]*(?:#{1,6}(?:[ \t]+|(?=\d))|[-*+•·●■◆▪►➤※][ \t]*|>[ \t]*|\*\*|__)*")
_HASHES = re.compile(r"\s*(#*)")
_WORD = re.compile(r"\w")
_LINE = re.compile(r"[^\r\n\v\f\u2028\u2029\x85]+")
_STOP = "。；;！!？?"
_CONTENTS_TITLE = re.compile(
    r"^\W*(?:目\s*录|目\s*次|contents)\W*$|(?:以下|下列|如下)(?:的)?(?:几个)?(?:部分|内容|章节|方面)?(?:内容)?(?:组成|构成)?\s*[:：]?\s*$"
    r"|(?:包括|包含|包括了|了解).{0,8}(?:以下|下列|如下)(?:主要)?(?:内容|部分|章节)",
    re.I,
)
_HEADING_WORDS = re.compile(
    r"^(?:我们|您|你|本平台|平台|公司)?(?:如何|怎样)"
    r"|^(?:关于)?(?:信息|个人信息|用户信息|隐私|数据|资料)?的?"
    r"(?:收集|使用|共享|转让|披露|保护|存储|保存|安全|管理|查询|更正|删除|注销)"
    r"|(?:联系我们|联系方式|引言|前言|导言|概述|总则|附则|定义|适用范围|摘要|提示条款|特别提示|温馨提示|免责声明|法律声明"
    r"|争议解决|法律适用|您的权利|用户权利|权利|更新|变更|修订|修改|通知|未成年人.{0,8}|儿童.{0,8}|Cookie.{0,12}"
    r"|第三方.{0,12}|SDK.{0,10}|权限.{0,8}|清单|附录.{0,12}|附件.{0,12}|披露|共享|转让|存储|保存|注销.{0,4}|安全)$",
    re.I,
)
_ASKS_HOW = re.compile(r"如何|怎样")
_UP_TO_A_SIGN = re.compile(r"[^。；;！!？?，,：:\s]{2,24}")
_NO_SHORT_TITLE = re.compile(r"[《“]|^我们(?!如何)")
_IN_BRACKETS = re.compile(r"^[【\[].{2,24}[】\]]$")
_NO_TITLE_SIGN = re.compile(r"[，,：:。\t]")
_SAYS = re.compile(r"，|[；;。,：:]$")  # more than a title does
_STATES = re.compile(r"您(?:可|应|需|有|的?账)|我们(?:会|将|可|不)|如果?您")
_GOES_ON = frozenset((*"；;，,、", ""))  # how no heading ends
MAX_HEADING = 40
LONG_LINE = 300


class Block(NamedTuple):
    """A piece of the text that is a heading, a line of the contents or a clause."""

    start: int  # of its first visible character, number included
    end: int
    kind: str  # one of KINDS, "" without a number
    number: str  # as written, without the sign that closes it
    value: int  # 3 for 三, （3） and ③; last part of 1.2.3
    body: int  # where the text after the number begins
    hashes: int  # Markdown level, 0 for none
    inline: bool  # began in the middle of a line
    role: Role = Role.BODY
    title_end: int = 0  # > 0: a heading is at [start:title_end], the rest of the block is text


def blocks_of(text: str) -> list[Block]:
    """The blocks of a tidied text in their order, each with its number and its role."""
    return _mark_headings(_mark_contents(_blocks(text), text), text)


def chinese_number(text: str) -> int:
    """三 → 3, 十二 → 12, 二十 → 20; digits as they are; 0 for what is no number."""
    if text.isdecimal():
        return int(text)
    if text == "百":
        return 100
    total, digit = 0, 0
    for char in text:
        if char == "十":
            total += (digit or 1) * 10
            digit = 0
        elif char == "百":
            total += (digit or 1) * 100
            digit = 0
        elif char in _DIGITS:
            digit = _DIGITS[char]
        else:
            return 0
    return total + digit


@lru_cache(maxsize=2048)  # the same few numbers, 1. and （一）, stand in all texts
def _value(kind: str, written: str) -> int:
    if kind == "circle":
        for first, last, base in (("①", "⑳", 1), ("❶", "❿", 1), ("⑴", "⒇", 1)):
            if first <= written <= last:
                return ord(written) - ord(first) + base
    if kind == "letter":
        return ord(re.sub(r"[^A-Za-z]", "", written).lower()) - 96
    if kind == "decimal":
        return int(re.findall(r"\d+", written)[-1])
    return chinese_number(_NO_DIGITS.sub("", written))


def _number_at(text: str, at: int, end: int) -> tuple[str, str, int, int] | None:
    match = _NUMBER.match(text, at, end) if _MAY_BE_NUMBER.match(text, at, end) else None
    if not match:
        return None
    kind, number = match.lastgroup, match[0]
    value = _value(kind, number)
    if value == 0:
        return None
    return kind, _without_close(kind, number), value, match.end()


@lru_cache(maxsize=2048)
def _without_close(kind: str, number: str) -> str:
    written = _CLOSES_NUMBER.sub("", number)
    return written.rstrip(")）") if kind == "decimal" else written


def _block(text: str, start: int, end: int, *, inline: bool = False) -> Block | None:
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    at, hashes = start, 0
    if start == end or not text[start].isalnum():  # else there is a letter, and no markup before it
        if not _WORD.search(text, start, end):
            return None
        markup = _MARKUP.match(text, start, end)
        at = markup.end()
        hashes = len(_HASHES.match(markup[0])[1]) if "#" in markup[0] else 0
    body, kind, written, value = at, "", "", 0
    if found := _number_at(text, at, end):
        kind, written, value, body = found
    while body < end and text[body].isspace():
        body += 1
    return Block(start, end, kind, written, value, min(body, end), hashes, inline)


def _numbers(text: str, start: int, end: int) -> list[re.Match]:
    """All numbers in a stretch; trying only where one can begin is many times as fast as searching."""
    found, at = [], start
    for first in _MAY_BEGIN.finditer(text, start, end):
        if first.start() >= at and (match := _NUMBER.match(text, first.start(), end)):
            found.append(match)
            at = match.end()
    return found


def _cuts(text: str, start: int, end: int) -> list[int]:
    """Where numbered items begin inside one line: after a stop, or when the number continues a series."""
    cuts: list[int] = []
    expected: dict[str, set[int]] = {}
    numbers = _numbers(text, start, end)
    if not numbers or (len(numbers) == 1 and numbers[0].start() == start):
        return cuts
    values = [(match.lastgroup, _value(match.lastgroup, match[0])) for match in numbers]
    for match, (kind, value) in zip(numbers, values, strict=True):
        position = match.start()
        if value == 0 or position == start:
            if value:
                expected.setdefault(kind, set()).add(value + 1)
            continue
        before = text[position - 1]
        gap = position
        while gap > start and text[gap - 1].isspace():
            gap -= 1
        before_gap = text[gap - 1] if gap > start else "\n"
        after_stop = before_gap in _STOP + "：:】\n”"
        continues = value in expected.get(kind, ()) or (value == 1 and after_stop)
        if kind == "letter" or before_gap in '【[《“「"（(第' or (kind == "decimal" and before.isdigit()):
            continue
        if kind in ("part", "chapter", "article"):
            # 依照第三条 is a reference, not a heading.
            good = after_stop or (before_gap == " " and continues)
        elif kind == "chinese":
            good = continues or (value == 1 and before_gap not in "第" + CHINESE)
        elif kind == "decimal":
            opens = value == 1 and (kind, 2) in values and end - start > LONG_LINE
            good = (after_stop and (continues or match[0].count(".") > 1)) or (continues and before.isspace()) or opens
        else:
            opens = value == 1 and (kind, 2) in values
            good = after_stop or ((continues or opens) and before_gap not in "见条款项")
        if good:
            cuts.append(position)
            expected.setdefault(kind, set()).add(value + 1)
    return cuts


def _lines(text: str) -> list[tuple[int, int]]:
    found = []
    for match in _LINE.finditer(text):
        start, end = match.span()
        while end > start and text[end - 1].isspace():
            end -= 1
        while start < end and text[start].isspace():
            start += 1
        if start < end:
            found.append((start, end))
    return found


def _blocks(text: str) -> list[Block]:
    blocks = []
    for start, end in _lines(text):
        edges = [start, *(_cuts(text, start, end) if end - start > MAX_HEADING else []), end]
        for i in range(len(edges) - 1):
            if block := _block(text, edges[i], edges[i + 1], inline=i > 0):
                blocks.append(block)
    return blocks


def _bare(text: str) -> str:
    """A title for comparison: no white space, signs or page numbers."""
    if text[-1:].isdecimal():
        return _NOT_TITLE.sub("", text).lower()
    return "".join(filter(str.isalnum, text)).lower()  # the same, in a third of the time


def _title(block: Block, text: str) -> str:
    return text[block.body : block.title_end or block.end].strip().strip("#*_ ")


def _mark_contents(blocks: list[Block], text: str) -> list[Block]:
    """Tell tables of contents apart: a run of short lines after an announcement, whose titles mostly come again."""
    marked = list(blocks)
    bare_at = cache(lambda start, end: _bare(text[start:end]))
    begins = cache(lambda: [(bare_at(block.body, min(block.end, block.body + 60)), block.start) for block in blocks])
    # Where a block last begins with so many letters of a title: asked of each run, and a text may have many.
    last_at = cache(lambda length: {title[:length]: start for title, start in begins()})
    i = 0
    while i < len(marked):
        block = marked[i]
        tail = text[max(block.start, block.end - 40) : block.end]
        announced = _may_announce(tail) and bool(_CONTENTS_TITLE.search(tail))
        opens = i + 1 < len(marked) and _may_open(marked[i + 1])
        run = _contents_run(marked, i + 1, text, bare_at, last_at, announced) if announced or opens or i == 0 else 0
        if run:
            for k in range(i + 1, i + 1 + run):
                marked[k] = marked[k]._replace(role=Role.CONTENTS)
            marked = _split_last_entry(marked, i + run, text)
            i += run
        i += 1
    return marked


def _may_open(block: Block) -> bool:
    """Whether a table of contents can begin here unannounced."""
    if block.kind == "decimal":
        return block.value == 1 and "." not in block.number and block.end - block.body <= MAX_HEADING
    return block.value == 1 and block.kind in ("chinese", "chapter")


def _may_announce(tail: str) -> bool:
    """What all that ``_CONTENTS_TITLE`` knows has: plain looks for a character are far cheaper than its search."""
    return (
        ("下" in tail and ("以下" in tail or "如下" in tail or "下列" in tail))
        or ("目" in tail and ("录" in tail or "次" in tail))
        or "c" in tail
        or "C" in tail
    )


def _contents_run(
    blocks: list[Block],
    first: int,
    text: str,
    bare_at: Callable[[int, int], str],
    last_at: Callable[[int], dict[str, int]],
    announced: bool,
) -> int:
    """How many blocks from ``first`` on are entries of a table of contents (0: there is none).

    ``last_at`` says for the beginnings of titles, all of one length, where the last block that begins so stands.
    """
    limit = 60
    seen: set[tuple[str, int]] = set()
    titles: set[str] = set()
    count = 0
    kind = blocks[first].kind if first < len(blocks) else ""
    series = kind == "decimal" and not announced
    for block in islice(blocks, first, None):
        key = (block.kind, block.value)
        if series and (key != (kind, count + 1) or _SAYS.search(text, block.body, block.end)):
            break  # steps or cases that stand in the text twice
        if kind and block.kind and _above(block.kind, kind):
            break
        if block.kind and block.kind != "decimal" and key in seen and block.value == 1:
            break
        title = bare_at(block.body, block.end)
        if title in titles:
            break
        if block.end - block.body > limit or text[block.body : block.end].count("，") > 1:
            # In a text without line breaks the last entry runs on into the paragraph below it.
            if block.kind and block.inline and count >= 2 and (block.kind, block.value - 1) in seen:
                count += 1
            break
        if not block.kind and not announced:
            break
        seen.add(key)
        titles.add(title)
        count += 1
    if count < (4 if series else 3):
        return 0
    end = blocks[first + count - 1].start
    again = sum(1 for title in titles if title and last_at(min(12, len(title))).get(title[:12], -1) > end)
    needed = 0.2 if announced else 0.7
    if again >= max(2, needed * len(titles)):
        return count
    if not announced and not again:
        return 0
    return _chapters(blocks[first : first + count], text, _HEADING_WORDS if announced else _ASKS_HOW)


def _above(kind: str, other: str) -> bool:
    return KINDS.index(kind) < KINDS.index(other)


def _chapters(entries: list[Block], text: str, wording: re.Pattern) -> int:
    """How many of the lines, numbered from 1 on, name chapters of a policy, even if few of them come again.

    Seven in ten must have the wording of announced chapters, half that of others.
    """
    numbered = [block for number, block in enumerate(entries, 1) if block.value == number]
    named = sum(1 for block in numbered if wording.search(text[block.body : block.end].strip("*#_；;。 ")))
    share = 0.7 if wording is _HEADING_WORDS else 0.5
    return len(numbered) if len(numbered) >= 5 and named >= share * len(numbered) else 0


def _split_last_entry(blocks: list[Block], last: int, text: str) -> list[Block]:
    """Cut the paragraph off that follows the last entry without a line break, by comparing with the real heading."""
    entry = blocks[last]
    if not entry.inline:
        return blocks
    best = 0
    for other in blocks[last + 1 :]:
        if (other.kind, other.value) == (entry.kind, entry.value):
            best = max(best, _common(text, entry.body, entry.end, other.body, other.end))
    cut = entry.body + best
    if entry.end - cut < 6:
        return blocks
    if best < 3:
        unlike = entry.end - entry.body > 60
        return [*blocks[:last], entry._replace(role=Role.BODY), *blocks[last + 1 :]] if unlike else blocks
    rest = _block(text, cut, entry.end, inline=True)
    return [*blocks[:last], entry._replace(end=cut), *([rest] if rest else []), *blocks[last + 1 :]]


def _common(text: str, a: int, a_end: int, b: int, b_end: int) -> int:
    length = 0
    while a + length < a_end and b + length < b_end and text[a + length] == text[b + length] and length < 60:
        length += 1
    return length


def _mark_headings(blocks: list[Block], text: str) -> list[Block]:
    contents = [(_bare(_title(block, text)), block) for block in blocks if block.role is Role.CONTENTS]
    titles = {title for title, _ in contents if len(title) >= 2}
    raw_titles = sorted({_title(block, text) for _, block in contents if len(_title(block, text)) >= 4}, key=len)
    marked: list[Block] = []
    for i, block in enumerate(blocks):
        if block.role is Role.BODY:
            following = blocks[i + 1] if i + 1 < len(blocks) else None
            before = marked[-1] if marked else None
            block = _as_heading(block, before, following, text, titles, raw_titles)
        marked.append(block)
    return marked


def _as_heading(block, before, following, text, titles, raw_titles) -> Block:
    whole = text[block.body : block.end]
    if block.hashes and not _is_statement(whole):
        return block._replace(role=Role.HEADING)
    if titles and len(whole) <= MAX_HEADING + 10 and _bare(whole) in titles:
        return block._replace(role=Role.HEADING)
    for title in reversed(raw_titles):
        if (
            (block.kind or block.inline)
            and whole.startswith(title)
            and len(whole) > len(title) + (2 if block.inline else 6)
        ):
            return block._replace(title_end=block.body + len(title))
    if whole and _is_no_longer_than_a_heading(whole) and whole.rstrip("*_ ")[-1:] not in _GOES_ON:
        if _is_short_heading(block, before, following, text, whole):
            return block._replace(role=Role.HEADING)
        return block
    if block.kind and (end := _inline_title(block, text)):
        return block._replace(title_end=end)
    return block


def _is_no_longer_than_a_heading(whole: str) -> bool:
    """White space does not count: scanners leave it inside words."""
    if len(whole) <= MAX_HEADING:
        return True
    # The beginning settles it for nearly all paragraphs.
    return _inked(whole[: MAX_HEADING + 1]) <= MAX_HEADING and _inked(whole) <= MAX_HEADING


def _inked(text: str) -> int:
    return len("".join(text.split()))


def _is_statement(whole: str) -> bool:
    """Whether a line marked as a heading says something a rule must be able to read."""
    return whole.rstrip("*_ ")[-1:] in ("。", "；", ";") or ("，" in whole and not _is_no_longer_than_a_heading(whole))


def _is_short_heading(block, before, following, text, whole) -> bool:
    stopped = whole[-1] in _STOP
    if block.kind in ("part", "chapter"):
        return True
    if "，" in whole and (block.inline or whole[-1] in "：:"):
        return False  # the beginning of a statement, not a title
    if block.kind in ("chinese", "article", "chinese_brackets") and len(whole) <= 30:
        sibling = following is not None and following.kind == block.kind and _short(following, text)
        return not stopped or (block.kind == "chinese" and not sibling and "，" not in whole)
    if block.kind:
        if stopped or (whole[-1] in "：:" and "，" in whole):
            return False
        if following is None or following.role is Role.CONTENTS:
            return False
        # Short items of a list follow one another; a heading is followed by its text.
        if following.kind == block.kind and _short(following, text):
            return False
        same_list = before is not None and before.kind == block.kind and before.role is Role.BODY
        return not (same_list and _short(before, text) and not before.title_end)
    return not block.inline and following is not None and _is_unnumbered_heading(block, before, following, text)


def _is_unnumbered_heading(block, before, following, text) -> bool:
    whole = text[block.body : block.end].rstrip("：:")
    if not 2 <= len(whole) <= 26 or whole[-1] in _STOP or _NO_TITLE_SIGN.search(whole):
        return False
    if _IN_BRACKETS.match(whole):
        return True
    if _STATES.match(whole) or not _HEADING_WORDS.search(whole):
        return False
    # Cells of a flattened table stand between other short lines.
    in_table = before is not None and before.role is Role.BODY and not before.kind and _short(before, text)
    return not in_table and bool(following.kind or following.end - following.body >= 20)


def _short(block: Block, text: str) -> bool:
    return _is_no_longer_than_a_heading(text[block.body : block.end]) and text[block.end - 1] not in "。！!？?"


def _inline_title(block: Block, text: str) -> int:
    """End of a title that its text follows on the same line: 「（一）适用法律 本政策…」, 「三、存储：我们…」."""
    match = _UP_TO_A_SIGN.match(text, block.body, block.end)
    if not match:
        return 0
    end = match.end()
    if end >= block.end or block.end - end < 8:
        return 0
    sign = text[end]
    if sign in "：:":
        return end
    if not sign.isspace() and sign != "。":
        return 0
    # One space may stand inside a word; a wide gap, or a gap behind the words of a short title, does not.
    if sign.isspace() and (sign != " " or text[end + 1].isspace()):
        return end
    if not _HEADING_WORDS.search(match[0]):
        return 0
    titled = len(match[0]) <= 12 and not _NO_SHORT_TITLE.search(match[0])
    return end if sign == "。" or titled else 0
