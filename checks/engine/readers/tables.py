"""Ruled tables on a page: lines drawn across and down → cells, merged ones included."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

NEAR = 3.0  # points within which two rules are one
MAX_GRID, MAX_RULES = 5000, 1500  # a page with more is a drawing
Rule = tuple[float, float, float]  # where it stands, from, to


@dataclass(slots=True)
class Cell:
    row: int
    column: int
    left: float
    top: float
    right: float
    bottom: float
    contents: list = field(default_factory=list)


@dataclass(slots=True)
class Table:
    left: float
    top: float
    right: float
    bottom: float
    xs: list[float]
    ys: list[float]
    owner: dict[tuple[int, int], Cell]

    def cell_at(self, x: float, y: float) -> Cell | None:
        if not (self.left <= x <= self.right and self.top <= y <= self.bottom):
            return None
        return self.owner.get((bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))

    def rows(self) -> list[list[Cell]]:
        """Cells by the row they begin in, each once, from left to right; rows and cells without contents left out."""
        cells = {id(cell): cell for cell in self.owner.values() if cell.contents}
        rows: dict[int, list[Cell]] = {}
        for cell in cells.values():
            rows.setdefault(cell.row, []).append(cell)
        return [sorted(rows[row], key=lambda cell: cell.column) for row in sorted(rows)]


def find_tables(across: list[Rule], down: list[Rule]) -> list[Table]:
    """Tables of at least two rows or columns. ``across``: (y, left, right), ``down``: (x, top, bottom)."""
    if len(across) + len(down) > 20 * MAX_RULES:
        return []
    across, down = _merge(across), _merge(down)
    if len(across) + len(down) > MAX_RULES:
        return []
    tables = []
    for rows, columns in _connected(across, down):
        ys, xs = _positions(rows), _positions(columns)
        if len(ys) < 2 or len(xs) < 2 or len(ys) + len(xs) < 5 or len(ys) * len(xs) > MAX_GRID:
            continue
        tables.append(Table(xs[0], ys[0], xs[-1], ys[-1], xs, ys, _cells(xs, ys, rows, columns)))
    return tables


def _merge(rules: list[Rule]) -> list[Rule]:
    """Pieces of one line put together."""
    merged: list[list[float]] = []
    for at, start, end in sorted(rules, key=lambda rule: (round(rule[0] / NEAR), rule[1])):
        last = merged[-1] if merged else None
        if last and abs(last[0] - at) <= NEAR and start <= last[2] + NEAR:
            last[2] = max(last[2], end)
        else:
            merged.append([at, start, end])
    return [(at, start, end) for at, start, end in merged if end - start > 2 * NEAR]


def _connected(across: list[Rule], down: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    groups: list[tuple[list[Rule], list[Rule]]] = []
    left_across, left_down = list(across), list(down)
    while left_across:
        rows, columns = [left_across.pop()], []
        grown = True
        while grown:
            found = [d for d in left_down if any(_touch(a, d) for a in rows)]
            left_down = [d for d in left_down if d not in found]
            columns += found
            more = [a for a in left_across if any(_touch(a, d) for d in columns)]
            left_across = [a for a in left_across if a not in more]
            rows += more
            grown = bool(found or more)
        groups.append((rows, columns))
    return groups


def _touch(across: Rule, down: Rule) -> bool:
    return across[1] - NEAR <= down[0] <= across[2] + NEAR and down[1] - NEAR <= across[0] <= down[2] + NEAR


def _positions(rules: list[Rule]) -> list[float]:
    positions: list[float] = []
    for at in sorted(rule[0] for rule in rules):
        if not positions or at - positions[-1] > 2 * NEAR:
            positions.append(at)
    return positions


def _cells(xs: list[float], ys: list[float], across: list[Rule], down: list[Rule]) -> dict[tuple[int, int], Cell]:
    """Grid squares without a rule between them are one cell."""

    def ruled(rules: list[Rule], at: float, middle: float) -> bool:
        return any(abs(rule[0] - at) <= 2 * NEAR and rule[1] - NEAR <= middle <= rule[2] + NEAR for rule in rules)

    owner: dict[tuple[int, int], Cell] = {}
    for row in range(len(ys) - 1):
        for column in range(len(xs) - 1):
            x, y = (xs[column] + xs[column + 1]) / 2, (ys[row] + ys[row + 1]) / 2
            if column and not ruled(down, xs[column], y):
                cell = owner[row, column - 1]
            elif row and not ruled(across, ys[row], x):
                cell = owner[row - 1, column]
            else:
                cell = Cell(row, column, xs[column], ys[row], xs[column + 1], ys[row + 1])
            cell.right, cell.bottom = max(cell.right, xs[column + 1]), max(cell.bottom, ys[row + 1])
            owner[row, column] = cell
    return owner
