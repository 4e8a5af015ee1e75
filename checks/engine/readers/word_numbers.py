"""Word's automatic numbers, as a reader sees them: 一、 （一） 1. 1.1 a)."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

_DIGITS = "零一二三四五六七八九"
_FORMAL = str.maketrans("一二三四五六七八九十百千零", "壹贰叁肆伍陆柒捌玖拾佰仟零")
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
LEVELS = 9


def chinese(number: int) -> str:
    """12 → 十二, 105 → 一百零五; beyond 9999 the digits."""
    if not 0 < number < 10_000:
        return str(number) if number else "零"
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + name
        zero = not digit
    return text[1:] if text.startswith("一十") else text


def roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    text = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"],
        strict=True,
    ):
        text += sign * (number // value)
        number %= value
    return text


def letters(number: int) -> str:
    """a … z, then aa, bb: Word repeats the letter."""
    if not 0 < number <= 26 * 20:
        return str(number)
    return chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)


def written(number: int, style: str) -> str:
    """A number in one of Word's number formats; unknown ones give digits."""
    if style in ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand",
                 "japaneseCounting", "ideographTraditionalCounting"):  # fmt: skip
        return chinese(number)
    if style in ("chineseLegalSimplified", "ideographLegalTraditional"):
        return chinese(number).translate(_FORMAL)
    if style in ("ideographDigital", "taiwaneseDigital", "japaneseDigitalTenThousand"):
        return str(number).translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    if style == "ideographTraditional":
        return _STEMS[(number - 1) % 10]
    if style == "ideographZodiac":
        return _BRANCHES[(number - 1) % 12]
    if style in ("lowerLetter", "upperLetter"):
        return letters(number) if style[0] == "l" else letters(number).upper()
    if style in ("lowerRoman", "upperRoman"):
        return roman(number).lower() if style[0] == "l" else roman(number)
    if style.startswith("decimalEnclosedCircle") and 1 <= number <= 20:
        return chr(ord("①") + number - 1)
    if style == "decimalFullWidth":
        return str(number).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    if style == "decimalZero":
        return f"{number:02}"
    return str(number)


@dataclass(slots=True)
class Level:
    start: int = 1
    style: str = "decimal"
    text: str = ""
    suffix: str = "tab"
    restart: int | None = None  # counts on after levels below this one (from 1); 0: never begins anew
    legal: bool = False  # numbers of higher levels as digits


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted."""

    abstract: dict[str, dict[int, Level]] = field(default_factory=dict)
    lists: dict[str, tuple[str, dict[int, Level], dict[int, int]]] = field(default_factory=dict)
    counters: dict[str, list[int | None]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Element | None) -> Numbering:
        numbering = cls()
        if root is None:
            return numbering
        links = {}
        for abstract in root.findall("abstractNum"):
            name = abstract.get("abstractNumId", "")
            numbering.abstract[name] = {_index(level): _level(level) for level in abstract.findall("lvl")}
            if (link := abstract.find("styleLink")) is not None:
                links[link.get("val")] = name
        for abstract in root.findall("abstractNum"):
            if (link := abstract.find("numStyleLink")) is not None and link.get("val") in links:
                numbering.abstract[abstract.get("abstractNumId", "")] = numbering.abstract[links[link.get("val")]]
        for item in root.findall("num"):
            pointer = item.find("abstractNumId")
            overrides, starts = {}, {}
            for override in item.findall("lvlOverride"):
                if (level := override.find("lvl")) is not None:
                    overrides[_index(override)] = _level(level)
                if (start := override.find("startOverride")) is not None:
                    starts[_index(override)] = _integer(start.get("val"), 1)
            abstract_id = pointer.get("val", "") if pointer is not None else ""
            numbering.lists[item.get("numId", "")] = (abstract_id, overrides, starts)
        return numbering

    def next(self, list_id: str, level: int) -> str:
        """The number of the next paragraph of this list at this level (from 0), "" for bullets and unknown lists."""
        if list_id not in self.lists or not 0 <= level < LEVELS:
            return ""
        abstract_id, overrides, starts = self.lists[list_id]
        levels = self.abstract.get(abstract_id, {}) | overrides
        own = levels.get(level)
        if own is None:
            return ""
        counters = self.counters.setdefault(abstract_id, [None] * LEVELS)
        if level in starts and (list_id, level) not in self.begun:
            counters[level] = starts[level]
        else:
            counters[level] = own.start if counters[level] is None else counters[level] + 1
        self.begun.add((list_id, level))
        for lower in range(level + 1, LEVELS):
            restart = levels[lower].restart if lower in levels else None
            if restart is None or level < restart:
                counters[lower] = None
        if own.style in ("bullet", "none") and "%" not in own.text:
            return "" if own.style == "bullet" else own.text
        return self._text(own, levels, counters)

    def _text(self, own: Level, levels: dict[int, Level], counters: list[int | None]) -> str:
        text = own.text
        for index in range(LEVELS):
            if (sign := f"%{index + 1}") in text:
                level = levels.get(index, Level())
                value = counters[index] if counters[index] is not None else level.start
                style = "decimal" if own.legal and level.style != "decimalZero" else level.style
                text = text.replace(sign, written(value, style))
        if own.suffix != "nothing" and text and (text[-1].isascii() or text[-1].isalnum()):
            text += " "
        return text


def _level(element: Element) -> Level:
    def value(name: str, default: str) -> str:
        found = element.find(name)
        return default if found is None else found.get("val", default)

    restart = element.find("lvlRestart")
    legal = element.find("isLgl")
    return Level(
        _integer(value("start", "1"), 1),
        value("numFmt", "decimal"),
        value("lvlText", "")[:100],
        value("suff", "tab"),
        _integer(restart.get("val"), 0) if restart is not None else None,
        legal is not None and legal.get("val") not in ("0", "false"),
    )


def _index(element: Element) -> int:
    return _integer(element.get("ilvl"), 0)


def _integer(value: str | None, default: int) -> int:
    try:
        return int(value or default)
    except ValueError:
        return default
