"""Text → sections → clauses → sentences, with exact offsets.

The text is tidied and cut into blocks (see ``blocks``), and the sections are built from those that are headings.
"""

from __future__ import annotations

import re

from .blocks import KINDS, Block, blocks_of
from .entities import Clause, Outline, Role, Section, Sentence
from .tidy import Tidy

_made = tuple.__new__  # makes a named tuple of its values; by its name it takes twice as long, which hundreds show
_WORD = re.compile(r"\w")
_STOPS = re.compile(r"[。；;！!？?]+[”\"’』】》）)]*")


def _rank(block: Block) -> int:
    if block.hashes:
        return block.hashes - 10
    if not block.kind:
        return KINDS.index("chinese")  # an unnumbered heading stands beside 一、
    rank = KINDS.index(block.kind) * 4
    return rank + block.number.count(".") + block.number.count("．") if block.kind == "decimal" else rank


class _Builder:
    def __init__(self, text: str, blocks: list[Block]):
        self.text, self.blocks = text, blocks
        self.sections: list[Section] = []
        self.clauses: list[Clause] = []
        self.sentences: list[Sentence] = []
        self.stack: list[tuple[int, int]] = []  # (rank, section)
        self.ends: dict[int, int] = {}  # section → where the one that closed it begins
        self.places: dict[int | None, str] = {}
        self.unnumbered = 0  # paragraphs without a number in the section so far
        numbered = [_rank(b) for b in blocks if b.kind and (b.role is Role.HEADING or b.title_end)]
        self.top = min(numbered, default=0)

    def build(self) -> Outline:
        for block in self.blocks:
            heading_end = block.end if block.role is Role.HEADING else block.title_end
            if heading_end:
                self.heading(block, heading_end)
                if heading_end < block.end:
                    self.clause(block, heading_end, block.end, Role.BODY, numbered=False)
            else:
                self.clause(block, block.start, block.end, block.role)
        return Outline(self.closed(), tuple(self.clauses), tuple(self.sentences))

    def heading(self, block: Block, end: int):
        rank = _rank(block) if block.kind or block.hashes else self.top
        while self.stack and self.stack[-1][0] >= rank:
            self.ends[self.stack.pop()[1]] = block.start
        parent = self.stack[-1][1] if self.stack else None
        index = len(self.sections)
        title = self.text[block.body : end].strip().strip("#*_ ").rstrip("：:。") or block.number
        section = Section(index, block.start, end, end, len(self.stack) + 1, block.number, title, parent)
        self.sections.append(section)
        self.stack.append((rank, index))
        self.unnumbered = 0
        self.clause(block, block.start, end, Role.HEADING)

    def clause(self, block: Block, start: int, end: int, role: Role, *, numbered: bool = True):
        section = self.stack[-1][1] if self.stack else None
        first = len(self.sentences)
        index = len(self.clauses)
        number, spans = "", [(start, end)]
        if role is Role.BODY:
            from_ = start
            if numbered and block.kind:
                number, from_ = block.number, block.body
            spans = _sentences(self.text, from_, end) or spans  # none: there is nothing but a number
        for at, (s_start, s_end) in enumerate(spans, first):
            self.sentences.append(_made(Sentence, (at, s_start, s_end, index, role)))
        label = self.label(section, number, role)
        held = first, len(self.sentences)
        self.clauses.append(_made(Clause, (index, start, end, label, section, number, held)))

    def place(self, section: int | None) -> str:
        """The numbers of a section and of those above it; titles for those without a number."""
        place = self.places.get(section)
        if place is None:
            path, at = [], section
            while at is not None:
                path.append(self.sections[at].number or f"「{self.sections[at].title[:12]}」")
                at = self.sections[at].parent
            place = self.places[section] = "".join(_joined(reversed(path)))
        return place

    def label(self, section: int | None, number: str, role: Role) -> str:
        place = self.place(section)
        if role is Role.CONTENTS:
            return "目录"
        if role is Role.HEADING:
            return place
        if number:
            return f"{place}{'-' if place[-1:].isdigit() and number[:1].isdigit() else ''}{number}"
        self.unnumbered += 1
        return f"{place or '引言'}第{self.unnumbered}段"

    def closed(self) -> tuple[Section, ...]:
        """Sections with their ends: where the next section of the same or a higher level begins."""
        length = len(self.text)
        return tuple(section._replace(end=self.ends.get(section.index, length)) for section in self.sections)


def _joined(numbers):
    last = ""
    for number in numbers:
        yield f"-{number}" if last[-1:].isdigit() and number[:1].isdigit() else number
        last = number


def _sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Spans of sentences; line ends inside a joined paragraph do not end one."""
    stops = [match.end() for match in _STOPS.finditer(text, start, end)]
    if not stops or stops[-1] < end:
        stops.append(end)
    found, at = [], start
    for stop in stops:
        first, last = at, stop
        lettered = at < stop and text[at].isalnum()  # as most begin: nothing to pass over, no letter to look for
        while not lettered and first < last and (text[first] in "：:，,、" or text[first].isspace()):
            first += 1
        while last > first and text[last - 1].isspace():
            last -= 1
        if lettered or _WORD.search(text, first, last):
            found.append((first, last))
        at = stop
    return found


def build_outline(text: str) -> Outline:
    """Sections, clauses and sentences of a text, in its order.

    Every clause and sentence is ``text[start:end]``; they do not overlap, and together the clauses hold every letter
    and digit (lines of mere signs are left out). Lines of a table of contents have the role ``contents``. Never fails:
    a text without any structure is one clause per paragraph.
    """
    copy = Tidy(text)
    outline = _Builder(copy.text, blocks_of(copy.text)).build()
    return outline if copy.origin is None else _placed(outline, copy, len(text))


def _placed(outline: Outline, copy: Tidy, length: int) -> Outline:
    """The outline of a tidied copy with the places of the original."""
    last = len(copy.text)
    sections = tuple(
        section._replace(
            start=copy.start(section.start),
            heading_end=copy.end(section.heading_end),
            end=length if section.end == last else copy.start(section.end),
        )
        for section in outline.sections
    )
    clauses = tuple(c._replace(start=copy.start(c.start), end=copy.end(c.end)) for c in outline.clauses)
    sentences = tuple(s._replace(start=copy.start(s.start), end=copy.end(s.end)) for s in outline.sentences)
    return Outline(sections, clauses, sentences)
