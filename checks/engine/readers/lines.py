"""Lines on pages → paragraphs: without running heads and page numbers, joined where only the paper ended.

PDF and OCR hand over lines in reading order; positions are in any unit, the same throughout a page, from the top left.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median

from .extract import Writer

EDGE = 0.12  # of the height: where running heads and page numbers may stand
FULL = 1.6  # heights of a character that may be free at the end of a full line
_SENTENCE_END = frozenset("。！？；：.!?;:…”」）)")
_PUNCTUATION = frozenset("，。、；：！？,.;:!?")
_ITEM = re.compile(
    r"第[一二三四五六七八九十百\d]{1,4}[章节条部]|[一二三四五六七八九十]{1,3}[、.．]|[（(][一二三四五六七八九十\da-zA-Z]{1,3}[）)]"
    r"|\d{1,2}(?:\.\d{1,2}){0,3}[.、．)）]\s*(?!\d)|\d{1,2}(?:\.\d{1,2}){1,3}\s|[①-⑳❶-❿]|[•·●○■◆▪➢►\-–*]\s"
)
_PAGE_NUMBER = re.compile(
    r"[-—–_~·•\s]*(?:第|page|p\.?)?\s*[\dⅰ-ⅿivxIVX]{1,4}\s*页?\s*(?:[/／|,，]?\s*(?:共|of)?\s*\d{1,4}\s*页?)?[-—–_~·•\s]*",
    re.I,
)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—]")


@dataclass(slots=True)
class Piece:
    """A stretch of a line that looks the same and was read with the same confidence."""

    text: str
    strong: bool = False
    sure: int = 100


@dataclass(slots=True)
class Line:
    pieces: list[Piece]
    left: float
    top: float
    right: float
    bottom: float
    size: float  # height of its characters
    column: tuple[int, int] = (1, 0)  # of how many, which
    row: bool = False  # of a table: stands by itself

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


@dataclass(slots=True)
class Page:
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)


def write_pages(pages: list[Page], writer: Writer) -> None:
    """Write all pages as paragraphs; the pages' starts and places are noted in the writer."""
    for page in pages:
        page.lines = [line for line in page.lines if line.text.strip()]
    _leave_running_heads_out(pages, writer)
    layout = _Layout(pages)
    before: Line | None = None
    page_before: Page | None = None
    for number, page in enumerate(pages, 1):
        started = False
        for line in page.lines:
            joined = before is not None and layout.continues(before, line, same_page=page is page_before)
            if not joined:
                writer.line_end()
            elif needs_space(before.text, line.text):
                writer.add(" ")
            if not started:
                writer.page()
                started = True
            _write(line, number, page, writer)
            before, page_before = line, page
        if not started:
            writer.page()


def _write(line: Line, number: int, page: Page, writer: Writer) -> None:
    def share(value: float, whole: float) -> int:
        return max(0, min(1000, round(1000 * value / whole))) if whole else 0

    place = (
        number,
        share(line.left, page.width),
        share(line.top, page.height),
        share(line.right, page.width),
        share(line.bottom, page.height),
    )
    for piece in line.pieces:
        writer.add(piece.text, strong=piece.strong, sure=piece.sure, place=place)


def needs_space(before: str, after: str) -> bool:
    """Whether two pieces of text need a space between them: Latin words do, Chinese and broken addresses do not."""
    if not before or not after or _WIDE.match(before[-1]) or _WIDE.match(after[0]):
        return False
    if before[-1].isspace() or after[0].isspace():
        return False
    token = before.rsplit(None, 1)[-1]
    address = "://" in token or token.startswith("www.") or ("@" in token and not token.endswith((".com", ".cn")))
    return not (address and after[0].isascii() and (token[-1] in "/.-_=?&@" or after[0] in "/.-_=?&@#"))


# Running heads


def _leave_running_heads_out(pages: list[Page], writer: Writer) -> None:
    seen: dict[tuple[str, int], list[tuple[Page, Line]]] = defaultdict(list)
    for page in pages:
        for line in _at_edges(page):
            shape = re.sub(r"\d+", "#", "".join(line.text.split()))
            seen[shape, round(20 * line.top / (page.height or 1))].append((page, line))
    inhabited = sum(bool(page.lines) for page in pages)
    removed: Counter[str] = Counter()
    for (shape, _), places in seen.items():
        often = len(places) >= 3 or (len(places) == 2 and inhabited <= 4)
        number = _is_page_number(places[0][1].text)
        if not (number or (often and len(places) * 3 >= inhabited and len(shape) > 1)):
            continue
        for page, line in places:
            if number and not _is_page_number(line.text):
                continue
            page.lines = [other for other in page.lines if other is not line]
            removed["page_numbers_left_out" if number else "running_heads_left_out"] += 1
    for code, count in removed.items():
        writer.notice(code, count)


def _is_page_number(text: str) -> bool:
    return len(text) < 60 and bool(_PAGE_NUMBER.fullmatch(text.strip()))


def _at_edges(page: Page) -> list[Line]:
    """Up to three lines at the top and at the bottom that a gap parts from the text; page numbers need none."""
    ordered = sorted(page.lines, key=lambda line: line.top)
    sizes = [line.size for line in ordered]
    large = 1.25 * median(sizes) if sizes else 0.0
    top = [line for line in ordered[:3] if line.bottom < EDGE * page.height]
    bottom = [line for line in reversed(ordered[-3:]) if line.top > (1 - EDGE) * page.height]
    found: list[Line] = []
    for edge, inwards in ((top, ordered), (bottom, ordered[::-1])):
        apart = 0
        for count, line in enumerate(edge, 1):
            after = inwards[count] if count < len(inwards) else None
            gap = line.size if after is None else max(after.top - line.bottom, line.top - after.bottom)
            if gap > 0.8 * line.size or (count == 1 and _is_page_number(line.text)):
                apart = count
        found += [line for line in edge[:apart] if line.size <= large and line not in found]
    return found


# Paragraphs


class _Layout:
    """How this document shows where a paragraph begins: by indenting, by a gap, or not at all."""

    def __init__(self, pages: list[Page]):
        self.rights: dict[tuple[int, int], float] = {}
        self.lefts: dict[tuple[int, int], float] = {}
        of_column: dict[tuple[int, int], list[Line]] = defaultdict(list)
        pitches, indented = [], 0
        for page in pages:
            for line in page.lines:
                if not line.row:
                    of_column[line.column].append(line)
            pitches += [
                (after.bottom - before.bottom) / before.size
                for before, after in zip(page.lines, page.lines[1:], strict=False)
                if after.bottom > before.bottom and before.size and abs(after.size - before.size) < 0.2 * before.size
            ]
        for column, lines in of_column.items():
            rights = sorted(line.right for line in lines)
            lefts = sorted(line.left for line in lines)
            self.rights[column] = rights[int(0.97 * (len(rights) - 1))] if len(rights) > 4 else rights[-1]
            self.lefts[column] = lefts[int(0.03 * (len(lefts) - 1))]
            indented += sum(1.4 < (line.left - self.lefts[column]) / (line.size or 1) < 3 for line in lines)
        self.pitch = median(pitches) if pitches else 1.6
        gaps = sum(pitch > 1.3 * self.pitch for pitch in pitches)
        count = sum(map(len, of_column.values()))
        self.indents = indented * 20 > count
        self.shows_paragraphs = self.indents or gaps * 20 > count

    def continues(self, before: Line, line: Line, *, same_page: bool) -> bool:
        """Whether a line goes on with the paragraph of the one before."""
        if before.row or line.row or not before.size:
            return False
        if abs(before.size - line.size) > 0.2 * before.size:
            return False
        if not self._is_full(before, line):
            return False
        finished = before.text.rstrip()[-1:] in _SENTENCE_END
        item = _ITEM.match(line.text.strip())
        if item and (finished or not item[0][0].isdigit()):  # within a sentence 2.3.1 is a version, not an item
            return False
        if same_page and before.column == line.column:
            gap = (line.bottom - before.bottom) / before.size
            if gap < 0 or gap > 1.45 * self.pitch:
                return False
        if self._indent(line) > 1.2 and self.indents:
            return not finished and self._indent(before) > 1.2
        return not finished or self.shows_paragraphs

    def _indent(self, line: Line) -> float:
        return (line.left - self.lefts.get(line.column, line.left)) / (line.size or 1)

    def _is_full(self, before: Line, line: Line) -> bool:
        free = (self.rights.get(before.column, before.right) - before.right) / before.size
        first = line.text.split(None, 1)[0] if line.text.split() else ""
        if before.text.rstrip()[-1:] in _PUNCTUATION:
            free -= 0.7  # its sign fills the left half of its square
        if first[1:2] and first[1] in _PUNCTUATION:
            free -= 1  # a sign may not begin a line, so its character came along
        if first and not _WIDE.match(first[0]):
            return free <= FULL + 0.55 * min(len(first), 40)
        return free <= FULL
