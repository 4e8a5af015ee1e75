"""One page of a PDF: characters with their places → lines in reading order."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2.raw as pdfium

from .columns import Block, in_reading_order
from .extract import Writer
from .lines import Line, Page, Piece, needs_space
from .symbols import symbol
from .tables import Cell, Rule, Table, find_tables

MAX_CHARACTERS = 60_000  # on one page
MAX_OBJECTS = 20_000
CELL_GAP = 1.6  # heights of a character: a wider gap parts cells or columns
WORD_GAP = 0.18
THIN = 2.5  # points; a thicker rule is an area
BOLD_NAMES = ("bold", "heavy", "black", "semibold", "-b", "heiti-sc-medium", "simhei")
_SPACES = (0x20, 0x09, 0x3000, 0xA0, 0x0D, 0x0A)
_UNREADABLE = ((0xE000, 0xF8FF), (0xF0000, 0x10FFFF), (0, 8), (14, 31), (0xFFFD, 0xFFFF))


@dataclass(slots=True)
class Char:
    text: str
    left: float
    top: float
    right: float
    bottom: float
    base: float
    size: float  # the font's, as near as it can be told
    strong: bool | None  # None: invisible
    angle: int  # quarter turns, -1 for a slant
    index: int = 0  # in the order of the file
    spaced: int = 0  # a space stands before it: 1 seems to, 2 is written


@dataclass(slots=True)
class PageText:
    page: Page
    characters: int  # that can be seen
    unreadable: int
    picture_share: float  # of the page's area that pictures cover
    drawn: int  # paths: text turned into outlines has thousands


def read_page(page, writer: Writer) -> PageText:
    """The lines of a pypdfium2 page. Raises nothing; odd characters are counted."""
    chars, unreadable = _characters(page, writer)
    pictures, across, down, drawn = _objects(page)
    box = page.get_mediabox()
    upright, turn = _upright(chars, box, writer)
    across, down = _turn_rules(across, down, turn, box)
    width, height = box[2] - box[0], box[3] - box[1]
    area = width * height or 1.0
    if turn % 2:
        width, height = height, width
    _underline(upright, across)
    tables = find_tables(across, down)
    lines = in_reading_order([*_take_tables(upright, tables), *_stretches(upright)])
    return PageText(Page(width, height, lines), len(chars), unreadable, min(1.0, pictures / area), drawn)


# Characters


def _characters(page, writer: Writer) -> tuple[list[Char], int]:
    textpage = page.get_textpage()
    raw = textpage.raw
    count = min(pdfium.FPDFText_CountChars(raw), MAX_CHARACTERS)
    box, x, y = pdfium.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    styles: dict[int, tuple[bool, bool]] = {}
    chars: list[Char] = []
    unreadable = invisible = 0
    spaced = 0
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in _SPACES or pdfium.FPDFText_IsGenerated(raw, index) == 1:
            if code in _SPACES[:4]:
                spaced = max(spaced, 1 if pdfium.FPDFText_IsGenerated(raw, index) == 1 else 2)
            continue
        if code == 2 and pdfium.FPDFText_IsHyphen(raw, index) == 1:
            code = 0x2D
        if not pdfium.FPDFText_GetLooseCharBox(raw, index, box) or not pdfium.FPDFText_GetCharOrigin(raw, index, x, y):
            continue
        if sign := symbol(code):
            code = ord(sign)
        elif pdfium.FPDFText_HasUnicodeMapError(raw, index) == 1 or any(a <= code <= b for a, b in _UNREADABLE):
            unreadable += 1
            code = 0xFFFD
        strong, hidden = _style(raw, index, styles)
        invisible += hidden
        angle = pdfium.FPDFText_GetCharAngle(raw, index)
        turns = angle / (math.pi / 2) if angle >= 0 else 0.0
        quarter = -round(turns) % 4 if abs(turns - round(turns)) < 0.06 else -1
        char = _char(code, box, x.value, y.value, strong, quarter)
        between_words = bool(chars) and (code < 0x2E80 or ord(chars[-1].text[-1]) < 0x2E80)
        char.index = index
        char.spaced, spaced = spaced if between_words else 0, 0
        chars.append(char)
    textpage.close()
    # An invisible layer of text over a picture is what a scanner read; among visible text it is hidden.
    if invisible and invisible < 0.5 * len(chars):
        writer.notice("hidden_text_left_out", invisible)
        chars = [char for char in chars if char.strong is not None]
    for char in chars:
        char.strong = bool(char.strong)
    return chars, unreadable


def _char(code: int, box, x: float, y: float, strong: bool | None, quarter: int) -> Char:
    """Turned so that it stands upright, y downwards from the top."""
    try:
        text = chr(code)
    except ValueError:
        text = "\ufffd"
    if quarter in (0, -1):
        sides = (box.left, -box.top, box.right, -box.bottom, -y)
    elif quarter == 1:  # runs upwards
        sides = (box.bottom, box.left, box.top, box.right, x)
    elif quarter == 2:
        sides = (-box.right, box.bottom, -box.left, box.top, y)
    else:
        sides = (-box.top, -box.right, -box.bottom, -box.left, -x)
    width, height = sides[2] - sides[0], sides[3] - sides[1]
    # A Chinese character is as wide as its font is large; the height includes the space between lines, or is that of
    # the ink alone, which is next to nothing for 一.
    size = width if code >= 0x2E80 and width > 0.4 * height else 0.78 * height
    return Char(text, *sides, max(size, 0.1), strong, quarter)


def _style(raw, index: int, known: dict[int, tuple[bool, bool]]) -> tuple[bool | None, bool]:
    """(bold, invisible) of a character; None instead of bold for an invisible one."""
    item = pdfium.FPDFText_GetTextObject(raw, index)
    key = ctypes.cast(item, ctypes.c_void_p).value or 0
    if key not in known:
        mode = pdfium.FPDFTextObj_GetTextRenderMode(item) if key else 0
        font = pdfium.FPDFTextObj_GetFont(item) if key else None
        name = ""
        if font:
            buffer = ctypes.create_string_buffer(200)
            length = pdfium.FPDFFont_GetBaseFontName(font, buffer, 200)
            name = buffer.raw[: max(0, min(length, 200) - 1)].decode("utf-8", "replace").lower()
        weight = pdfium.FPDFFont_GetWeight(font) if font else 0
        bold = weight >= 600 or any(mark in name for mark in BOLD_NAMES) or mode == 2
        known[key] = (bold, mode == 3)
    bold, invisible = known[key]
    return (None if invisible else bold), invisible


def _upright(chars: list[Char], box, writer: Writer) -> tuple[list[Char], int]:
    """The characters that run in the page's main direction, counted from its top left; the rest are watermarks."""
    turns = Counter(char.angle for char in chars if char.angle >= 0)
    if not turns:
        return [], 0
    main = turns.most_common(1)[0][0]
    kept = [char for char in chars if char.angle == main]
    writer.notice("slanted_text_left_out", len(chars) - len(kept))
    left, bottom, right, top = box
    across, down = ((-left, top), (-bottom, -left), (right, -bottom), (top, right))[main]
    for char in kept:
        char.left, char.right = char.left + across, char.right + across
        char.top, char.bottom, char.base = char.top + down, char.bottom + down, char.base + down
    return kept, main


# Rules and pictures


def _objects(page) -> tuple[float, list[Rule], list[Rule], int]:
    """Area of pictures; rules across (y, left, right) and down (x, bottom, top) in the page's own direction; paths."""
    area, drawn = 0.0, 0
    across: list[Rule] = []
    down: list[Rule] = []
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for index in range(min(pdfium.FPDFPage_CountObjects(page.raw), MAX_OBJECTS)):
        item = pdfium.FPDFPage_GetObject(page.raw, index)
        kind = pdfium.FPDFPageObj_GetType(item)
        if kind not in (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_FORM):
            continue
        if not pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top):
            continue
        width, height = right.value - left.value, top.value - bottom.value
        if kind != pdfium.FPDF_PAGEOBJ_PATH:
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                area += width * height
            continue
        drawn += 1
        if height <= THIN < width:
            across.append(((top.value + bottom.value) / 2, left.value, right.value))
        elif width <= THIN < height:
            down.append(((left.value + right.value) / 2, bottom.value, top.value))
        elif drawn <= MAX_OBJECTS // 4:
            _sides(item, across, down)
    return area, across, down, drawn


def _sides(item, across: list[Rule], down: list[Rule]) -> None:
    """The straight sides of a path that is more than a line."""
    count = pdfium.FPDFPath_CountSegments(item)
    if not 2 <= count <= 500:
        return
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(item, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    before = start = None
    for index in range(count):
        segment = pdfium.FPDFPath_GetPathSegment(item, index)
        if not segment or not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            start = before = point
            continue
        if kind == pdfium.FPDF_SEGMENT_LINETO and before:
            _side(before, point, across, down)
        before = point
        if pdfium.FPDFPathSegment_GetClose(segment) and start:
            _side(point, start, across, down)


def _side(a, b, across: list[Rule], down: list[Rule]) -> None:
    if abs(a[1] - b[1]) < 0.5 < abs(a[0] - b[0]):
        across.append((a[1], min(a[0], b[0]), max(a[0], b[0])))
    elif abs(a[0] - b[0]) < 0.5 < abs(a[1] - b[1]):
        down.append((a[0], min(a[1], b[1]), max(a[1], b[1])))


def _underline(chars: list[Char], across: list[Rule]) -> None:
    """Characters with a rule right below them, no longer than they are, are underlined."""
    if not chars or len(across) > 400:
        return
    for y, start, end in across:
        over = [c for c in chars if c.left >= start - 2 and c.right <= end + 2 and -1 < y - c.base < 0.35 * c.size]
        if over and min(c.left for c in over) - start < 3 and end - max(c.right for c in over) < 3:
            for char in over:
                char.strong = True


# Lines


def _take_tables(chars: list[Char], tables: list[Table]) -> list[Block]:
    """Tables as blocks; their characters leave the list."""
    blocks = []
    for table in tables:
        rest = []
        for char in chars:
            cell = table.cell_at((char.left + char.right) / 2, (char.top + char.bottom) / 2)
            if cell is None:
                rest.append(char)
            else:
                cell.contents.append(char)
        rows = table.rows()
        if not rows or all(len(row) == 1 for row in rows):  # a frame around text, or bare rules
            for row in rows:
                for cell in row:
                    rest.extend(cell.contents)
            chars[:] = rest
            continue
        chars[:] = rest
        lines = [_row(row) for row in rows]
        blocks.append(Block(table.left, table.top, table.right, table.bottom, lines, table=True))
    return blocks


def _row(cells: list[Cell]) -> Line:
    pieces: list[Piece] = []
    for cell in cells:
        if pieces:
            pieces.append(Piece("\t"))
        before = ""
        for line in _lines_of(cell.contents):
            here = _pieces(line)
            if before and needs_space(before, here[0].text):
                pieces.append(Piece(" "))
            pieces.extend(here)
            before = here[-1].text
    first = cells[0].contents[0]
    left, right = min(cell.left for cell in cells), max(cell.right for cell in cells)
    return Line(pieces, left, cells[0].top, right, max(cell.bottom for cell in cells), first.size, row=True)


def _lines_of(chars: list[Char]) -> list[list[Char]]:
    """Characters that share a base line, from top to bottom, each line from left to right."""
    lines: list[list[Char]] = []
    for char in sorted(chars, key=lambda char: (char.base, char.left)):
        if lines and abs(char.base - lines[-1][0].base) <= 0.4 * max(char.size, lines[-1][0].size, 1.0):
            lines[-1].append(char)
        else:
            lines.append([char])
    for line in lines:
        line.sort(key=lambda char: char.left)
    return lines


def _stretches(chars: list[Char]) -> list[Block]:
    """Each line, cut where a wide gap parts cells or columns, or a narrow one does as in the lines around it."""
    lines = _lines_of(chars)
    cuts = [_wide_gaps(line) for line in lines]
    blocks = []
    for number, line in enumerate(lines):
        around = {
            lines[n][index].left for n in range(max(0, number - 2), min(len(lines), number + 3)) for index in cuts[n]
        }
        starts = sorted({0, *cuts[number], *_narrow_gaps(line, around)})
        parts = _spread_words_joined([line[start:end] for start, end in pairwise([*starts, len(line)])])
        blocks += [_block(part) for part in parts]
    return blocks


def _wide_gaps(line: list[Char]) -> list[int]:
    return [
        index
        for index in range(1, len(line))
        if line[index].left - line[index - 1].right > CELL_GAP * line[index].size * (1 + (line[index].spaced == 2))
    ]


def _narrow_gaps(line: list[Char], lefts: set[float]) -> list[int]:
    """Gaps before characters that stand exactly under the beginning of a cell."""
    return [
        index
        for index in range(1, len(line))
        if line[index].left - line[index - 1].right > 0.6 * line[index].size
        and any(abs(line[index].left - left) < 0.15 * line[index].size for left in lefts)
    ]


def _spread_words_joined(parts: list[list[Char]]) -> list[list[Char]]:
    """Latin words set far apart to fill a narrow column are one stretch: gaps of one width, under three characters."""
    joined = parts[:1]
    gap = 0.0
    for before, part in pairwise(parts):
        here = part[0].left - before[-1].right
        words = all(char.text.isascii() for char in (*before, *part))
        if words and here < 3 * part[0].size and (not gap or abs(here - gap) < 0.1 * gap) and len(parts) > 2:
            part[0].spaced = 2
            joined[-1] = joined[-1] + part
            gap = here
        else:
            joined.append(part)
            gap = 0.0
    return joined


def _block(chars: list[Char]) -> Block:
    left, top = chars[0].left, min(char.top for char in chars)
    right, bottom = max(char.right for char in chars), max(char.bottom for char in chars)
    wide = [char.size for char in chars if ord(char.text[0]) >= 0x2E80]
    sizes = sorted(wide or [char.size for char in chars])
    line = Line(_pieces(chars), left, top, right, bottom, sizes[len(sizes) // 2] or 1.0)
    return Block(left, top, right, bottom, [line])


def _pieces(chars: list[Char]) -> list[Piece]:
    pieces: list[Piece] = []
    before: Char | None = None
    for char in chars:
        again = before is not None and char.text == before.text and abs(char.left - before.left) < 0.15 * char.size
        if again and abs(char.index - before.index) > 1:  # side by side they are a ligature, such as ff
            pieces[-1].strong = True  # printed twice, a little apart, to look bold
            continue
        gap = char.left - before.right if before else 0.0
        latin = before is not None and (char.text.isascii() or before.text.isascii())
        space = before is not None and (char.spaced or gap > (WORD_GAP if latin else 0.6) * char.size)
        text = (" " if space else "") + char.text
        if pieces and pieces[-1].strong == char.strong:
            pieces[-1].text += text
        else:
            pieces.append(Piece(text, char.strong))
        before = char
    return pieces


def _turn_rules(across: list[Rule], down: list[Rule], turn: int, box) -> tuple[list[Rule], list[Rule]]:
    """Rules from the page's own direction (y upwards) into that of its text, counted from the top left."""
    left, bottom, right, top = box
    if turn == 0:
        return [(top - y, a - left, b - left) for y, a, b in across], [(x - left, top - b, top - a) for x, a, b in down]
    if turn == 1:
        return [(x - left, a - bottom, b - bottom) for x, a, b in down], [
            (y - bottom, a - left, b - left) for y, a, b in across
        ]
    if turn == 2:
        return [(y - bottom, right - b, right - a) for y, a, b in across], [
            (right - x, a - bottom, b - bottom) for x, a, b in down
        ]
    return [(right - x, top - b, top - a) for x, a, b in down], [(top - y, right - b, right - a) for y, a, b in across]
