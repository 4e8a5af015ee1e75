"""Bytes → characters, whatever encoding nobody declared, or declared wrongly."""

from __future__ import annotations

import codecs
import re

from .refusals import IntakeError, IntakeReason

_DECLARED = re.compile(rb"(?:<meta[^>]{0,200}?charset|<\?xml[^>]{0,80}?encoding)\s*=\s*[\"']?\s*([\w-]+)", re.I)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16: must come first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMON = frozenset(
    "的我们您个人信息使用服务收集提供不和或将会在等为有权对与及其法律第三方可以用户同意"
    "們個資訊務蒐會將為權對與隱"  # the same in traditional characters
)
_GOOD_SIGNS = frozenset("，。；：！？（）【】《》“”‘’、…—·①②③④⑤⑥⑦⑧⑨⑩　「」")
# Each is what a wrong reading makes of frequent characters: UTF-8 read as GBK, as Latin-1, and what was lost for good.
_MOJIBAKE = re.compile(
    r"锟斤拷|烫烫烫|屯屯屯|[鈥銆锛鎴鐨鏀鍙绉闅浠涓淇鏈鐢瀹鍦鎮].?(?=[鈥銆锛鎴鐨鏀鍙绉闅浠涓淇鏈鐢瀹鍦鎮戜滑℃])|(?:[æåçèéä][\x80-\xbf\u2010-\u203a€œžŸšŒŽŠ™]{1,2}){2}|ï¼|ã€"
)
_MAY_BE_MOJIBAKE = re.compile(
    "[锟烫屯鈥銆锛鎴鐨鏀鍙绉闅浠涓淇鏈鐢瀹鍦鎮æåçèéäïã]"
)  # all of it begins so: most texts have none
GUESSED = 100_000  # bytes that are shown to charset-normalizer
SAMPLE = 20_000  # characters from the beginning, the middle and the end of a long text
READABLE = 0.6
LATIN = ("cp1252", "latin-1")


def declared_encoding(content: bytes) -> str:
    """The encoding an HTML or XML file claims, "" when it claims none."""
    declared = _DECLARED.search(content[:4096])
    name = declared[1].decode("ascii", "replace").lower() if declared else ""
    return "gb18030" if name in ("gb2312", "gbk", "gb_2312-80", "x-gbk") else name


def decode(content: bytes, declared: str = "") -> tuple[str, str, dict[str, int]]:
    """The text, the encoding it was in, and notices. Raises IntakeError(UNDECODABLE)."""
    text, encoding = _decode(content, declared)
    notices = {}
    if declared and not _same(declared, encoding) and not text.isascii():
        notices["charset_conflict"] = 1
    text, found = mend_mojibake(text)
    return text, encoding, notices | found


def _same(declared: str, encoding: str) -> bool:
    try:
        names = {codecs.lookup(declared).name, codecs.lookup(encoding).name}
    except LookupError:
        return False
    return len(names) == 1 or names <= {"utf-16", "utf-16-le", "utf-16-be"} or names <= {"big5", "big5hkscs", "cp950"}


def _decode(content: bytes, declared: str) -> tuple[str, str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, "replace"), encoding.removesuffix("-sig")
    if wide := _wide(content):
        return wide
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    candidates = [name for name in (declared, "gb18030", "big5", "big5hkscs") if name]
    best = max((_attempt(content, encoding) for encoding in candidates), key=lambda attempt: attempt[0])
    if best[0] > READABLE:
        return best[1], best[2]
    return _guess(content)


def _wide(content: bytes) -> tuple[str, str] | None:
    """UTF-16 without its mark: every second byte of Chinese is between 4E and 9F, of ASCII it is zero."""
    sample = content[:4000]
    if len(sample) < 8 or b"\0" not in sample:
        return None
    for encoding, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        typical = sum(byte == 0 or 0x4E <= byte <= 0x9F or byte in (0x20, 0x30, 0xFF) for byte in high)
        if typical < 0.95 * len(high):
            continue
        text = content.decode(encoding, "replace")
        if readable(text[:2000]) > READABLE:
            return text, encoding
    return None


def _guess(content: bytes) -> tuple[str, str]:
    from charset_normalizer import from_bytes  # slow to load and seldom needed

    guess = from_bytes(content[:GUESSED]).best()
    if guess is not None:
        text = content.decode(guess.encoding, "replace")
        if readable(text) > READABLE:
            return text, guess.encoding
    # A few damaged bytes must not make a whole policy unreadable.
    for encoding in ("utf-8", "gb18030"):
        text = content.decode(encoding, "replace")
        if readable(text) > 0.85:
            return text, encoding
    raise IntakeError(IntakeReason.UNDECODABLE)


def _attempt(content: bytes, encoding: str) -> tuple[float, str, str]:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return 0.0, "", encoding
    except Exception:  # a declared "encoding" such as idna or unicode_escape has failures of its own
        return 0.0, "", encoding
    if not isinstance(text, str):
        return 0.0, "", encoding
    return readable(text), text, encoding


def readable(text: str) -> float:
    """0..1: how much the text looks like Chinese or English rather than bytes read in the wrong encoding."""
    if len(text) > 3 * SAMPLE:
        middle = len(text) // 2
        text = text[:SAMPLE] + text[middle : middle + SAMPLE] + text[-SAMPLE:]
    visible = [char for char in text if not char.isspace()]
    if not visible:
        return 0.0
    good = sum(
        1
        for char in visible
        if (char.isascii() and char.isprintable()) or "\u4e00" <= char <= "\u9fff" or char in _GOOD_SIGNS
    )
    chinese = sum(1 for char in visible if "\u4e00" <= char <= "\u9fff")
    common = sum(1 for char in visible if char in _COMMON)
    # In real Chinese prose these few characters are a tenth of all; in mojibake they hardly occur.
    plausible = 1.0 if chinese < 20 else min(1.0, common / chinese / 0.1)
    return good / len(visible) * plausible


def mend_mojibake(text: str) -> tuple[str, dict[str, int]]:
    """Undo a wrong decoding that lost nothing; else say how many lines are damaged."""
    start = text[:200_000]
    found = len(_MOJIBAKE.findall(start)) if _MAY_BE_MOJIBAKE.search(start) else 0
    if not found:
        return text, {}
    if found * 40 > min(len(text), 200_000):  # everywhere, not a quotation somewhere
        for wrong in ("gb18030", *LATIN):
            try:
                mended = _as_bytes(text, wrong).decode("utf-8")
            except UnicodeError:
                continue
            if readable(mended) > max(READABLE, readable(text)):
                return mended, {"mojibake_repaired": 1}
    return text, {"mojibake": found}


def _as_bytes(text: str, wrong: str) -> bytes:
    """The bytes that were read as ``wrong``; Windows' Latin leaves five bytes undefined that browsers pass through."""
    if wrong != "cp1252":
        return text.encode(wrong)
    return b"".join(char.encode("latin-1") if "\x80" <= char <= "\x9f" else char.encode("cp1252") for char in text)
