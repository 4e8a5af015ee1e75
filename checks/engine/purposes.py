"""What something is done for, in the words of the sentence that says it."""

from __future__ import annotations

import re

from .factsheet import Page, Place

# The words that announce a purpose, and the purpose up to where another thought begins.
_STOP = (
    r"(?=,(?:如|若|您|我们|本公司|但|该|此|这|拒绝|请|同时|不会|上述|以上|否则"
    r"|需要?(?:收集|获取|使用|访问|向您)|会(?:收集|获取|使用|访问))|[.;!?|]|$|\n)"
)
_BEHIND = re.compile(
    r"(?<!不)(?:用于|用来(?!源)|用作|以用于|以便于?|便于|从而|(?:目的|用途|作用)(?:是|为|在于|:)"
    r"|以(?=实现|提供|保障|完成|帮助|识别|验证|核实|核验|改善|改进|提升|优化|确保|确认|防范|满足|便利|向您|为您|使您|供))"
    rf"(?!以下|下列|上述|如下|此|该|其他(?:目的|用途))([^\n]{{2,90}}?){_STOP}"
)
_BEFORE = re.compile(
    r"(?:(?<=[,:;.\n)*•·▪])|^)(?:为了|出于|为(?![了此准止限空期您]))(?!此)([^,.;\n]{3,60}?)(?:的(?:目的|需要|考虑))?,"
    r"|为了([^,.;\n]{3,50}?)(?:的(?:目的|需要|考虑))?[,.;]"
    r"|(?:(?<=[,:;.\n)*•·▪])|^)(?:为|向)您(?=提供|推荐|展示|推送)([^,.;\n]{3,50}?),"
)

_DENIED = re.compile(r"(?:不会?|不得|并非|绝不|未)[^,;.\n]{0,16}$")


def find_purpose(page: Page, index: int, offset: int | None = None) -> Place | None:
    """Where a sentence says what for, in the flat text, behind ``offset`` if possible; None when it does not."""
    if offset is not None:
        return _find(page, index, offset)
    if index not in page.purposes:
        page.purposes[index] = _find(page, index, None)
    return page.purposes[index]


def _find(page: Page, index: int, offset: int | None) -> Place | None:
    start = page.starts[index]
    end = start + len(page.lines[index])
    matches = _BEHIND.finditer(page.text, start, end)
    spans = [match.span(1) for match in matches if not _DENIED.search(page.text, start, match.start())]
    if offset is not None:
        spans.sort(key=lambda span: (span[0] < offset, abs(span[0] - offset)))
    if spans:
        return spans[0]
    line = page.lines[index]
    # The pattern is slow, and one of these is in all that it finds.
    match = _BEFORE.search(page.text, start, end) if "为" in line or "出于" in line or "向您" in line else None
    return match.span(match.lastindex) if match else None


def purpose_nearby(page: Page, index: int, longest: int) -> Place | None:
    """The purpose a neighbour in the same clause gives, the nearest first; not in clauses of many sentences."""
    first, last = page.outline.clauses[page.outline.sentences[index].clause].sentences
    if last - first > longest:
        return None
    for neighbour in sorted(range(first, last), key=lambda other: (abs(other - index), other)):
        if 0 < abs(neighbour - index) <= 2 and (place := find_purpose(page, neighbour)):
            return place
    return None
