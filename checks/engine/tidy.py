"""A copy of a text in which only what the outline looks at is left, and every character knows where it came from.

Two texts that say the same are cut alike, however they were stored: hard-wrapped lines are joined again, invisible
characters are gone, punctuation between Chinese characters and letters of full width have one shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from .normal import INVISIBLE

_LINE = re.compile(r"[^\r\n\v\f\u2028\u2029\x85]+")
_HALF = re.compile(r"[,;:?!().]")
_FULL_OF_HALF = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", "(": "（", ")": "）", ".": "。"}
_NUMERAL = "一二三四五六七八九十"
# Letters and digits of full width; signs of full width are the usual ones in Chinese.
WIDE = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_ANY_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]")
_INVISIBLE = re.compile(f"[{''.join(sorted(INVISIBLE))}]+")
_STOPS = "。；;！!？?：:"
_OPEN_ENDS = '。；;！!？?：:，,、…”"』】》）)'
_CLOSES_BOLD = " \t\u3000\xa0*_"
_CLOSING = "，。；、：！？）》”』】"
_HEADED = re.compile(
    r"[\s*]*(?:第[一二三四五六七八九十\d]{1,3}[章节条部]|[一二三四五六七八九十]{1,3}[、．.]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\d{1,2}(?:\.\d{1,2})*[、．.]?)"
)
_NUMBERED = re.compile(
    r"[\s*]*(?:第[一二三四五六七八九十百\d]{1,4}[章节条部编篇]|[一二三四五六七八九十]{1,3}[、．]|[（(]\s*[一二三四五六七八九十\d]{1,3}\s*[）)]"
    r"|\d{1,2}(?:[、．)）]|\.(?!\d))|\d{1,2}(?:\.\d{1,2}){1,3}[、.．]?(?![\d%年月日])|[①-⑳❶-❿⑴-⒇•●■◆▪►➤※|]|[-*+>]\s|#+\s)"
)
_RULER = re.compile(r"\s*([=*_~.·—─-])\1{3,}\s*")  # a line drawn between two parts
_GOES_ON = re.compile(r"[的和与或在为会将们您及以对从向由等是把被使让并但而如若因、，（《“]$")
NARROWEST, WIDEST = 12, 130
FEWEST_LINES = 8


class Line(NamedTuple):
    start: int
    text: str  # cut once: every test looks at it


class Tidy:
    """``text`` without what does not matter; ``origin`` of each of its characters, None where nothing was left out."""

    __slots__ = ("origin", "text")

    def __init__(self, original: str):
        text = _HALF.sub(_full_width, narrow(original))
        cuts = _line_breaks(text)
        if any(char in text for char in INVISIBLE):  # looking for each is many times as fast as for any of a set
            cuts += [match.span() for match in _INVISIBLE.finditer(text)]
        self.text, self.origin = _without(text, sorted(cuts)) if cuts else (text, None)

    def start(self, offset: int) -> int:
        """Where a character of the copy stands in the original."""
        return offset if self.origin is None else self.origin[offset]

    def end(self, offset: int) -> int:
        """The end, in the original, of a stretch that ends here in the copy."""
        return offset if self.origin is None or not offset else self.origin[offset - 1] + 1


def narrow(text: str) -> str:
    """A text with letters and digits of half width."""
    return text.translate(WIDE) if _ANY_WIDE.search(text) else text


def _is_chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3001" <= char <= "\u3011" or "\uff01" <= char <= "\uff1f" or char in "“”"


def _full_width(match: re.Match) -> str:
    """A sign between Chinese characters as Chinese writes it; in numbers, addresses and foreign words as it is."""
    sign, text, at = match[0], match.string, match.start()
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if sign != ".":
        return _FULL_OF_HALF[sign] if _is_chinese(before) or _is_chinese(after) else sign
    if after.isascii() and after.isalnum():
        return sign
    word = text[max(0, at - 2) : at]
    if not (_is_chinese(before) or before in ')"' or (_is_chinese(after) and len(word) == 2 and word.isalpha())):
        return sign
    if before in _NUMERAL and not text[max(0, at - 3) : at - 1].strip():
        return sign  # 一. at the start of a line is a number
    return "。"


def _without(text: str, cuts: list[tuple[int, int]]) -> tuple[str, list[int]]:
    pieces: list[str] = []
    origin: list[int] = []
    at = 0
    for start, end in [*cuts, (len(text), len(text))]:
        if start > at:
            pieces.append(text[at:start])
            origin.extend(range(at, start))
        at = max(at, end)
    return "".join(pieces), origin


def _line_breaks(text: str) -> list[tuple[int, int]]:
    """The breaks, with the white space around them, that stand inside paragraphs."""
    lines = [Line(match.start(), line) for match in _LINE.finditer(text) if not (line := match[0]).isspace()]
    if len(lines) < 2:
        return []
    goes_on, exact = _wrapping([line.text for line in lines])
    if goes_on is _never and not any(line.text.lstrip()[0] in _CLOSING for line in lines):
        return []  # as in most texts: each line is a paragraph
    rulers = {line.start for line in lines if _RULER.fullmatch(line.text)}
    cuts = []
    opens = True  # whether the line is the first of its paragraph
    for line, following in pairwise(lines):
        before, after = line.text, following.text
        ruled = line.start in rulers or following.start in rulers
        joined = not ruled and (after.lstrip()[0] in _CLOSING or goes_on(before, after, opens))
        if joined and exact:
            cuts.append((line.start + len(before), following.start))  # a space beside the break stood there before
        elif joined:
            cuts.append((line.start + len(before.rstrip()), following.start + len(after) - len(after.lstrip())))
        opens = not joined
    return cuts


def _wrapping(lines: list[str]):
    """A function that says whether a line goes on in the next; whether all full lines have the same length."""
    long = sorted(length for line in lines if (length := len(line)) >= NARROWEST)
    if not long or long[int(len(long) * 0.9)] > WIDEST:
        return _never, False
    widest = long[-1]
    if widest <= WIDEST:
        exact = {line for line in lines if len(line) == widest}
        if len(exact) >= max(3, 0.1 * len(long)) and _open_ended(exact) >= 0.6:
            ends = sum(1 for line in lines if len(line) < widest)
            return partial(_exactly, width=widest, one=ends < 0.1 * len(lines)), True
    width = _usual_width(lines)
    if width:
        return partial(_nearly, width=width), False
    broken = sum(1 for line in lines if line.lstrip()[0] in _CLOSING)
    if broken >= max(2, 0.015 * len(lines)) and _open_ended([line for line in lines if len(line) >= 8]) >= 0.5:
        return _ragged, False
    return _never, False


def _exactly(line: str, following: str, opens: bool, *, width: int, one: bool) -> bool:
    """Every line but the last of a paragraph has the same length; ``one``: the text hardly had any paragraphs."""
    return len(line) == width and (one or not _new_paragraph(line, following))


def _nearly(line: str, following: str, opens: bool, *, width: int) -> bool:
    """Lines were filled with words up to a width."""
    return len(line.strip()) >= width * 0.85 and _runs_on(line, following)


def _new_paragraph(line: str, following: str) -> bool:
    return bool(_NUMBERED.match(following)) or (_last(line) in _STOPS and following[0].isspace())


def _never(line: str, following: str, opens: bool) -> bool:
    return False


def _last(line: str) -> str:
    """The last character, behind which a sentence in bold may be closed."""
    return line.rstrip(_CLOSES_BOLD)[-1:]


def _open_ended(lines: Collection[str]) -> float:
    return sum(1 for line in lines if line.rstrip()[-1] not in _OPEN_ENDS) / len(lines)


def _usual_width(lines: list[str]) -> int:
    """Width of a text whose lines are about equally long, 0 if its lines are paragraphs."""
    stripped = [line.strip() for line in lines]
    long = sorted(len(line) for line in stripped if len(line) >= 16)
    if len(long) < FEWEST_LINES:
        return 0
    width = long[int(len(long) * 0.9)]
    full = [line for line in stripped if len(line) >= width * 0.85]
    return width if len(full) >= 0.4 * len(long) and _open_ended(full) >= 0.6 else 0


def _runs_on(line: str, following: str) -> bool:
    return _last(line) not in _STOPS and not _NUMBERED.match(following)


def _ragged(line: str, following: str, opens: bool) -> bool:
    """Lines were broken anywhere: all go on that neither end a sentence nor look like a heading."""
    if not _runs_on(line, following):
        return False
    heading = opens and len(line) <= 24 and not re.search(r"[，,；;]", line) and not _GOES_ON.search(line)
    return not (heading and _HEADED.match(line))
