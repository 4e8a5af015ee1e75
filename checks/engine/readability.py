"""How a text is laid out: headings, long paragraphs, long sentences."""

from __future__ import annotations

import re

from .entities import Role
from .factsheet import Page, Place, Sheet

_LINE_END = re.compile(r"[\r\n\v\f\u2028\u2029\x85]")
# The titles of a table's columns without anything between them: the table has become running text.
_GLUED = re.compile(
    r"名称(?:收集|使用|共享|涉及|处理|用途|目的|场景|权限|公司|主体|所属|提供)[\u4e00-\u9fff]{0,10}"
    r"(?:目的|用途|场景|信息|字段|方式)[\u4e00-\u9fff]{0,6}(?:隐私权?政策|链接|官网|网址|场景|目的|方式)"
)
LONG_PARAGRAPH = 300  # characters
WALL = 1200
LONG_SENTENCE = 150
SHOWN = 5


def gather_readability(page: Page, sheet: Sheet) -> None:
    """``headings``, ``characters``, per cent of the text in long paragraphs, walls and long sentences; ``glued``."""
    text = page.original
    total = max(1, sum(map(len, page.lines)))
    sheet.set("characters", total)
    numbered = [section for section in page.outline.sections if section.number] or page.outline.sections
    sheet.count("headings", [(section.start, section.heading_end) for section in numbered])
    sheet.set("headings", len(page.outline.sections))
    sheet.count("glued", [match.span() for match in _GLUED.finditer(text)])
    blanks = [sign for sign in " \t\n\u3000\xa0" if sign in text]
    # What is not long with its blanks is not long without them: most paragraphs need no counting.
    stretches = [(start, end) for start, end in _paragraphs(page) if end - start > LONG_PARAGRAPH]
    paragraphs = [(start, end, _visible(text[start:end], blanks)) for start, end in stretches]
    for name, limit in (("long_paragraphs", LONG_PARAGRAPH), ("walls", WALL)):
        long = [(start, end, size) for start, end, size in paragraphs if size > limit]
        long.sort(key=lambda row: (-row[2], row[0]))
        sheet.count(name, [_head(text, start, end) for start, end, _ in long[:SHOWN]])
        sheet.set(name, len(long))
        sheet.set(f"{name}_share", round(100 * sum(size for _, _, size in long) / total, 1))
    sentences = [
        i for i, line in enumerate(page.lines) if page.is_body(i) and len(line) > LONG_SENTENCE and not _table(line)
    ]
    sheet.count("long_sentences", [_head(text, *page.sentence_span(i)) for i in sentences])
    sheet.set("long_sentences_share", round(100 * sum(len(page.lines[i]) for i in sentences) / total, 1))


def _paragraphs(page: Page) -> list[Place]:
    """Clauses with no line end between them: what a reader sees as one block."""
    found: list[Place] = []
    text, contents = page.original, Role.CONTENTS
    last = -1  # where the paragraph before ends
    for clause in page.outline.clauses:
        if page.roles[clause.sentences[0]] is contents:
            continue
        start, end = clause.start, clause.end
        # Nearly every clause follows a plain line end, which is told without the pattern.
        if last < 0 or text.startswith("\n", last) or _LINE_END.search(text, last, start):
            found.append((start, end))
        else:
            found[-1] = (found[-1][0], end)
        last = end
    return found


def _visible(piece: str, blanks: list[str]) -> int:
    """Characters that are not ``blanks``; 0 for a row of a table or an embedded picture."""
    return 0 if _table(piece) else len(piece) - sum(map(piece.count, blanks))


def _table(piece: str) -> bool:
    return piece.count("|") + piece.count("\t") >= 4 or ";base64," in piece


def _head(text: str, start: int, end: int) -> Place:
    """The first words of a block: enough to find it."""
    stop = min((at for sign in "。；，" if (at := text.find(sign, start + 12, end)) >= 0), default=end)
    return start, min(stop, start + 80)
