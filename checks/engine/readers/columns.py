"""In which order the lines of a page are read: tables as a whole, columns one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from .lines import Line, Piece, needs_space

LEAST_LINES = 3  # in each of two columns
LEAST_FULL = 0.4  # share of a column's lines that reach its right edge: cells of tables do not


@dataclass(slots=True)
class Block:
    """Something that is read as a whole: a stretch of a line, or a table with its rows."""

    left: float
    top: float
    right: float
    bottom: float
    lines: list[Line]
    table: bool = False


def in_reading_order(blocks: list[Block]) -> list[Line]:
    """The lines of all blocks as a person would read them, each knowing its column."""
    return _read(sorted(blocks, key=lambda block: (block.top, block.left)), (1, 0), 0)


def _read(blocks: list[Block], column: tuple[int, int], depth: int) -> list[Line]:
    gutter = _gutter(blocks) if depth < 3 else None
    if gutter is None:
        return _one_column(blocks, column)
    lines: list[Line] = []
    band: list[Block] = []
    full: list[Block] = []

    def flush() -> None:
        nonlocal band, full
        lines.extend(_one_column(full, column))
        left = [block for block in band if block.right <= gutter]
        right = [block for block in band if block.left >= gutter]
        if len(left) < 2 or not right:  # few lines are enough here: the page has shown its columns
            lines.extend(_one_column(band, column))
        else:
            count = column[0] * 2
            lines.extend(_read(left, (count, column[1] * 2), depth + 1))
            lines.extend(_read(right, (count, column[1] * 2 + 1), depth + 1))
        band, full = [], []

    size = median(block.lines[0].size for block in blocks)
    for block in blocks:
        if block.left < gutter < block.right or _is_title_across(block, blocks, gutter, size):
            if band:
                flush()
            full.append(block)
        else:
            band.append(block)
    flush()
    return lines


def _is_title_across(block: Block, blocks: list[Block], gutter: float, size: float) -> bool:
    """A large short line at the left with nothing beside it stands above both columns."""
    if block.table or block.right > gutter or block.lines[0].size < 1.25 * size:
        return False
    return not any(b.left >= gutter and b.top < block.bottom and b.bottom > block.top for b in blocks)


def _gutter(blocks: list[Block]) -> float | None:
    """Where a strip without text runs down between two columns of running text."""
    texts = [block for block in blocks if not block.table]
    if len(texts) < 2 * LEAST_LINES:
        return None
    left, right = min(b.left for b in texts), max(b.right for b in texts)
    width, size = right - left, median(b.lines[0].size for b in texts)
    best: tuple[int, float] | None = None
    for candidate in {b.left - 0.4 * size for b in texts if 0.2 < (b.left - left) / (width or 1) < 0.8}:
        before = [b for b in texts if b.right <= candidate]
        after = [b for b in texts if b.left >= candidate]
        crossing = len(texts) - len(before) - len(after)
        if len(before) < LEAST_LINES or len(after) < LEAST_LINES or crossing > 0.5 * len(texts):
            continue
        edge = max(b.right for b in before)
        if candidate - edge > 0.25 * width or not (_is_running(before, size) and _is_running(after, size)):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, candidate)
    return best[1] if best else None


def _is_running(blocks: list[Block], size: float) -> bool:
    edge = max(block.right for block in blocks)
    full = sum(block.right > edge - 2 * size for block in blocks)
    return full >= LEAST_FULL * len(blocks) and median(b.right - b.left for b in blocks) > 7 * size


def _one_column(blocks: list[Block], column: tuple[int, int]) -> list[Line]:
    """From top to bottom; stretches on one base line are cells of a row without rules."""
    rows: list[list[Block]] = []
    for block in sorted(blocks, key=lambda block: (block.bottom, block.left)):
        beside = rows and not block.table and not rows[-1][0].table
        if beside and abs(block.bottom - rows[-1][0].bottom) <= 0.5 * block.lines[0].size:
            rows[-1].append(block)
        else:
            rows.append([block])
    lines: list[Line] = []
    cells: list[Block] = []  # of the row before, when it has several; each with all it holds so far
    for row in rows:
        row.sort(key=lambda block: block.left)
        if row[0].table:
            lines.extend(row[0].lines)
            cells = []
        elif _goes_on(row, cells):
            lines[-1] = _joined([cell.lines[0] for cell in cells], column)
        elif len(row) == 1:
            row[0].lines[0].column = column
            lines.append(row[0].lines[0])
            cells = []
        else:
            lines.append(_joined([block.lines[0] for block in row], column))
            cells = row
    return lines


def _goes_on(row: list[Block], cells: list[Block]) -> bool:
    """Whether these stretches go on with cells of the row above, which are full; then they are added to them."""
    pairs = []
    for block in row:
        size = block.lines[0].size
        for index, cell in enumerate(cells):
            limit = cells[index + 1].left if index + 1 < len(cells) else None
            full = limit is None or cell.right > limit - 5 * size
            if abs(cell.left - block.left) < 0.4 * size and 0 < block.bottom - cell.bottom < 2.2 * size and full:
                pairs.append((cell, block))
                break
    if not pairs or len(pairs) < len(row) or len(row) == len(cells):
        return False
    for cell, block in pairs:
        if needs_space(cell.lines[0].text, block.lines[0].text):
            cell.lines[0].pieces.append(Piece(" "))
        cell.lines[0].pieces.extend(block.lines[0].pieces)
        cell.bottom, cell.right = block.bottom, max(cell.right, block.right)
    return True


def _joined(parts: list[Line], column: tuple[int, int]) -> Line:
    pieces: list[Piece] = []
    for part in parts:
        if pieces:
            pieces.append(Piece("\t"))
        pieces.extend(part.pieces)
    return Line(
        pieces,
        parts[0].left,
        min(part.top for part in parts),
        parts[-1].right,
        max(part.bottom for part in parts),
        parts[0].size,
        column,
        row=True,
    )
