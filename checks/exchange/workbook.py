"""Content ⇄ an Excel workbook: a sheet for each kind of thing, a row for each thing, every cell a text.

Row 1 names the columns for the program, row 2 for people, content begins in row 3. A cell that begins with = + - @ is
written as text and marked as such; a formula is refused when it comes back. What Excel cannot hold as it is (an empty
text, a line break a spreadsheet would change) is written as a backslash and the text in JSON.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill

from .cells import CellError, decode, decode_lines, encode, encode_lines, flag, number, text_of
from .layout import SCALE_ORDER, VERDICT_ORDER, ordered_source
from .refusals import Refused, RefusedAll

LARGEST_CONTENT = 60_000_000  # of the workbook's parts together, unpacked
MOST_PARTS = 200
MOST_ROWS = 40_000
MOST_COLUMNS = 200
MOST_REFUSALS = 200
FIRST_ROW = 3
_README = "readme"
_DECIDE = tuple(f"decide_{verdict}" for verdict in VERDICT_ORDER)
_DECIDE_EN = tuple(f"decide_en_{verdict}" for verdict in VERDICT_ORDER)
_CONFIDENCE = tuple(f"confidence_{verdict}" for verdict in VERDICT_ORDER)
_TEXTS_BEFORE = (
    "domain", "kind", "severity", "title_zh", "title_en", "question_zh", "question_en", "trigger_zh", "trigger_en",
)  # fmt: skip
_TEXTS_AFTER = ("remediation_zh", "remediation_en", "note_zh", "note_en")
# Sheet → columns, each with its name for people and its width.
SHEETS: dict[str, dict[str, tuple[str, int]]] = {
    "checklist": {"key": ("键 / key", 16), "value": ("值 / value", 70)},
    "domains": {"id": ("代号 / id", 20), "title_zh": ("中文名", 24), "title_en": ("English", 30)},
    "instruments": {
        "id": ("代号 / id", 16),
        "title_zh": ("中文名", 50),
        "title_en": ("English", 50),
        "in_force": ("施行日 / in force", 18),
    },
    "groups": {
        "requirement": ("核查项（空：整份核查表）/ requirement", 28),
        "name": ("词组名 / name", 18),
        "terms": ("词，每行一个 / terms, one a line", 60),
    },
    "requirements": {
        "code": ("编号 / code", 28),
        "domain": ("领域 / domain", 14),
        "kind": ("类型 / kind", 20),
        "severity": ("严重程度 / severity", 12),
        "title_zh": ("中文标题", 30),
        "title_en": ("English title", 30),
        "question_zh": ("核查问题", 50),
        "question_en": ("Question", 50),
        "trigger_zh": ("触发条件 / trigger", 40),
        "trigger_en": ("Trigger", 40),
        **{name: (f"判定标准 / {name}", 40) for name in _DECIDE},
        **{name: (f"判定标准（英文）/ {name}", 40) for name in _DECIDE_EN},
        "remediation_zh": ("整改建议", 50),
        "remediation_en": ("Remediation", 50),
        "note_zh": ("说明 / note", 30),
        "note_en": ("Note", 30),
        **{name: (f"可信度 / {name}", 10) for name in _CONFIDENCE},
        "more": ("（程序用 / for the program）", 10),
    },
    "legal_bases": {
        "requirement": ("核查项 / requirement", 28),
        "instrument": ("法律文件 / instrument", 16),
        "ref": ("条款 / ref", 26),
        "note_zh": ("说明", 40),
        "note_en": ("Note", 30),
        "verified": ("已核 / verified", 10),
    },
    "elements": {
        "requirement": ("核查项 / requirement", 28),
        "part": ("部分 / trigger, element, signal", 12),
        "id": ("代号 / id", 18),
        "title_zh": ("中文标题", 40),
        "title_en": ("English title", 40),
        "required": ("必要 / required", 10),
        "absent": ("不得出现 / absent", 10),
        "at_least": ("至少几条规则 / at least", 10),
        "headings": ("含标题 / headings", 10),
        "fact": ("事实条件 / fact", 30),
        "places": ("事实位置 / places", 16),
        "more": ("（程序用 / for the program）", 10),
    },
    "rules": {
        "requirement": ("核查项 / requirement", 28),
        "part": ("部分 / part", 12),
        "id": ("代号 / id", 18),
        "kind": ("rules, unless", 10),
        "rule": ("规则 / rule", 90),
    },
    "examples": {
        "requirement": ("核查项 / requirement", 28),
        "part": ("部分 / part", 12),
        "id": ("代号 / id", 18),
        "kind": ("match, no_match", 12),
        "text": ("例句 / text", 90),
    },
    "verdicts": {
        "requirement": ("核查项 / requirement", 28),
        "verdict": ("判定 / verdict", 18),
        "condition": ("条件 / condition", 60),
    },
    "scales": {
        "requirement": ("核查项 / requirement", 28),
        "scale": ("规模 / scale", 14),
        "severity": ("严重程度 / severity", 14),
        "optional": ("不再必要的要素，每行一个 / optional elements", 30),
        "note_zh": ("说明 / note", 50),
        "note_en": ("Note", 50),
        "more": ("（程序用 / for the program）", 10),
    },
}
_BY_VERDICT = ("decide", "decide_en", "confidence")  # parts with a column for each verdict
PARTS = {"trigger": "trigger", "element": "elements", "signal": "signals"}
_FLAGS = {"required", "absent", "headings", "verified"}
_LINES = {"terms", "optional"}
_NUMBERS = {"at_least", *_CONFIDENCE}
_HEAD_KEYS = ("slug", "version", "title_zh", "title_en", "as_of")
_ABOUT = (
    "这是一份可以在 Excel 里修改的核查表。",
    "第一行是程序认的列名，请勿改动；内容从第三行开始。",
    "一行是一件事，行的先后就是核查表里的先后；空单元格表示没有这一项。",
    "单元格都是文本。不要写公式：导入时会拒绝，并指出工作表、行和列。",
    "改好后在“核查表工作室”里导入，先看差异，再决定是否采用。",
    "This is a checklist to be edited in Excel.",
    "Row 1 names the columns for the program; leave it. Content begins in row 3.",
    "One row is one thing, in the order of the rows; an empty cell means: not given.",
    "All cells are text. Write no formulas: the import refuses them and names sheet, row and column.",
    "Import it in the checklist studio: you see the differences first, then decide.",
)


# ---------- Out ----------


def write_workbook(source: dict) -> bytes:
    """The workbook of a checklist's content. Raises Refused for a text that is too long for a cell."""
    book = Workbook(write_only=True)
    _readme(book)
    rows = _rows_of(ordered_source(source))
    for name, columns in SHEETS.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "B3"
        for place, (_title, width) in enumerate(columns.values()):
            sheet.column_dimensions[_letter(place + 1)].width = width
        sheet.append([_cell(sheet, key, bold=True) for key in columns])
        sheet.append([_cell(sheet, title, shaded=True) for title, _width in columns.values()])
        for row in rows[name]:
            sheet.append([_content_cell(sheet, name, key, row) for key in columns])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _readme(book):
    sheet = book.create_sheet(_README)
    sheet.column_dimensions["A"].width = 100
    for line in _ABOUT:
        sheet.append([_cell(sheet, line)])


def _rows_of(source: dict) -> dict[str, list[dict]]:
    rows: dict[str, list[dict]] = {name: [] for name in SHEETS}
    rows["checklist"] = [{"key": key, "value": source[key]} for key in _HEAD_KEYS if key in source]
    rows["domains"], rows["instruments"] = source["domains"], source["instruments"]
    rows["groups"] = [{"name": name, "terms": words} for name, words in source["groups"].items()]
    for entry in source["requirements"]:
        _requirement_rows(entry, rows)
    return rows


def _requirement_rows(entry: dict, rows: dict[str, list[dict]]):
    here = {"requirement": entry.get("code", "")}
    row = {key: entry[key] for key in ("code", *_TEXTS_BEFORE, *_TEXTS_AFTER) if key in entry}
    for part in _BY_VERDICT:
        row |= {f"{part}_{verdict}": value for verdict, value in entry.get(part, {}).items()}
    rows["requirements"].append(row | _more(entry, "legal_basis", "groups", "trigger", *PARTS.values(), "verdict",
                                            "scales", *_BY_VERDICT))  # fmt: skip
    rows["legal_bases"] += [here | basis for basis in entry.get("legal_basis", [])]
    rows["groups"] += [here | {"name": name, "terms": words} for name, words in entry.get("groups", {}).items()]
    for part, key in PARTS.items():
        found = entry.get(key) or []
        for detector in [found] if part == "trigger" and found else found:
            _detector_rows(detector, here | {"part": part}, rows)
    for line in entry.get("verdict") or []:
        rows["verdicts"] += [here | {"verdict": verdict, "condition": text} for verdict, text in line.items()]
    for scale, change in entry.get("scales", {}).items():
        rows["scales"].append(here | {"scale": scale} | change | _more(change, "optional"))


def _detector_rows(detector: dict, here: dict, rows: dict[str, list[dict]]):
    plain = {key: value for key, value in detector.items() if key not in ("rules", "unless", "examples")}
    examples = detector.get("examples") or {}
    more = _more(detector, "rules", "unless", "examples")
    if hollow := {kind: texts for kind, texts in examples.items() if not texts}:
        more = {"more": json.dumps({**json.loads(more.get("more", "{}")), "examples": hollow}, sort_keys=True)}
    rows["elements"].append(here | plain | more)
    here = here | ({"id": detector["id"]} if "id" in detector else {})
    for kind in ("rules", "unless"):
        rows["rules"] += [here | {"kind": kind, "rule": line} for line in detector.get(kind) or []]
    for kind, texts in examples.items():
        rows["examples"] += [here | {"kind": kind, "text": text} for text in texts]


def _more(entry: dict, *keys: str) -> dict:
    """Which of these are there, and empty: without it they would be missing when the workbook comes back."""
    empty = {key: entry[key] for key in keys if key in entry and not entry[key]}
    return {"more": json.dumps(empty, sort_keys=True)} if empty else {}


def _content_cell(sheet, name: str, key: str, row: dict):
    if key not in row:
        return None
    value = row[key]
    if isinstance(value, bool) or (isinstance(value, float) and float(f"{value:.16g}") == value) or key == "at_least":
        return WriteOnlyCell(sheet, value)
    if isinstance(value, (int, float)):
        return _cell(sheet, repr(value))  # as a number it would come back as another one
    try:
        text = encode_lines(value) if key in _LINES else value if key == "more" else encode(value)
    except CellError as error:
        raise Refused(name, f"{row.get('requirement') or row.get('code', '')} {key}".strip(), str(error)) from error
    return _cell(sheet, text)


def _cell(sheet, text: str, *, bold=False, shaded=False):
    """A cell that is text, whatever it begins with: in the file, and after somebody has edited it."""
    cell = WriteOnlyCell(sheet, "")
    cell._value, cell.data_type = text, "s"  # set past the guess whether it is a formula
    cell.number_format = "@"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")
    cell.alignment = _TOP
    if bold:
        cell.font = _BOLD
    if shaded:
        cell.fill = _SHADE
    return cell


_TOP = Alignment(vertical="top", wrap_text=True)
_BOLD, _SHADE = Font(bold=True), PatternFill("solid", fgColor="FFEFF1ED")


# ---------- In ----------


Places = dict[tuple[str, tuple], str]  # requirement's code and path to a value → "sheet › cell"


def read_workbook(content: bytes) -> dict:
    """The content of a workbook. Raises RefusedAll with sheet, row and column of everything it does not understand."""
    return read_placed(content)[0]


def read_placed(content: bytes) -> tuple[dict, Places]:
    """As ``read_workbook``, with the places that its values come from (see ``place_of``)."""
    _refuse_bombs(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:  # openpyxl has no error of its own for a file that is broken in its own way
        raise RefusedAll([Refused("XLSX", "", "not_xlsx", error)]) from error
    try:
        reader = _Reader(book)
        return reader.source(), reader.places
    finally:
        book.close()


def place_of(places: Places, code: str, path: tuple) -> str:
    """Sheet and cell of the value at ``path`` in a requirement, or of the nearest thing around it; empty if unknown."""
    for length in range(len(path), -1, -1):
        if found := places.get((code, path[:length])):
            return found
    return ""


def _refuse_bombs(content: bytes):
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        raise RefusedAll([Refused("XLSX", "", "not_xlsx", error)]) from error
    if len(entries) > MOST_PARTS or sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
        raise RefusedAll([Refused("XLSX", "", "content_too_large")])
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedAll([Refused("XLSX", "", "encrypted")])
    if any("vbaproject" in entry.filename.lower() for entry in entries):
        raise RefusedAll([Refused("XLSX", "", "macros")])


@dataclass
class _Row:
    """One row of a sheet: its number, and of each column what stands there, understood."""

    sheet: str
    number: int
    values: dict

    def place(self, column: str) -> str:
        letter = _letter(list(SHEETS[self.sheet]).index(column) + 1)
        return f"{letter}{self.number}"

    @property
    def owner(self):
        return self.values.get("requirement")


class _Reader:
    def __init__(self, book):
        self.book = book
        self.refusals: list[Refused] = []
        self.places: Places = {}
        self._paths: dict[tuple, tuple] = {}  # element → where it stands in its requirement

    def source(self) -> dict:
        try:
            rows = {name: list(self.rows(name)) for name in SHEETS}
        except RefusedAll:
            raise
        except Exception as error:  # a part of the workbook that breaks while it is read
            raise RefusedAll([*self.refusals, Refused("XLSX", "", "not_xlsx", error)]) from error
        for name in self.book.sheetnames:
            if name not in SHEETS and name != _README:
                self.refuse(Refused(name, "", "strange_sheet"))
        made = self.assemble(rows)
        if self.refusals:
            raise RefusedAll(self.refusals)
        return made

    def refuse(self, refusal: Refused):
        self.refusals.append(refusal)
        if len(self.refusals) >= MOST_REFUSALS:
            raise RefusedAll(self.refusals)

    def wrong(self, row: _Row, column: str, code: str, value=""):
        self.refuse(Refused(row.sheet, row.place(column), code, value))

    def put(self, row: _Row, code: str, path: tuple, column: str):
        """Remember where the value at ``path`` comes from."""
        self.places[code, path] = f"{row.sheet} › {row.place(column)}"

    def put_all(self, row: _Row, code: str, path: tuple):
        for column in row.values:
            self.put(row, code, (*path, column), column)

    # Rows

    def rows(self, name: str) -> Iterator[_Row]:
        if name not in self.book.sheetnames:
            self.refuse(Refused(name, "", "sheet_missing"))
            return
        sheet = self.book[name]
        lines = sheet.iter_rows(max_row=MOST_ROWS + FIRST_ROW, max_col=MOST_COLUMNS)
        head = [cell.value for cell in next(lines, ())]
        while head and head[-1] is None:
            head.pop()
        places = self.columns(name, head)
        next(lines, None)
        for row_number, cells in enumerate(lines, FIRST_ROW):
            if all(cell.value is None for cell in cells):
                continue
            if row_number >= MOST_ROWS + FIRST_ROW:
                self.refuse(Refused(name, str(row_number), "too_many_rows"))
                return
            row = _Row(name, row_number, {})
            for place, cell in enumerate(cells):
                if cell.value is None:
                    continue
                if place not in places:
                    self.refuse(Refused(name, f"{_letter(place + 1)}{row_number}", "outside_columns", cell.value))
                    continue
                self.understand(row, places[place], f"{_letter(place + 1)}{row_number}", cell)
            yield row

    def columns(self, name: str, head: list) -> dict[int, str]:
        places: dict[int, str] = {}
        for place, title in enumerate(head):
            if title in places.values():
                self.refuse(Refused(name, f"{_letter(place + 1)}1", "column_twice", title))
            elif title in SHEETS[name]:
                places[place] = title
            else:
                self.refuse(Refused(name, f"{_letter(place + 1)}1", "strange_column", title or ""))
        for column in SHEETS[name]:
            if column not in places.values():
                self.refuse(Refused(name, "1", "column_missing", column))
        return places

    def understand(self, row: _Row, column: str, place: str, cell):
        value = cell.value
        try:
            if getattr(cell, "data_type", "") == "f" or not isinstance(value, (str, bool, int, float, date, datetime)):
                raise CellError("formula")
            if getattr(cell, "data_type", "") == "e":
                raise CellError("error_value")
            if column in _FLAGS:
                row.values[column] = flag(value)
            elif column in _NUMBERS:
                row.values[column] = number(value, whole=column == "at_least")
            elif column == "more":
                row.values[column] = _empty_parts(text_of(value))
            elif column in _LINES:
                row.values[column] = decode_lines(text_of(value))
            else:
                row.values[column] = decode(text_of(value))
        except CellError as error:
            row.values[column] = {} if column == "more" else [] if column in _LINES else ""  # there, not understood
            self.refuse(Refused(row.sheet, place, str(error), value))

    # Content

    def assemble(self, rows: dict[str, list[_Row]]) -> dict:
        source: dict = {}
        for row in rows["checklist"]:
            key = row.values.get("key")
            if key not in _HEAD_KEYS or key in source:
                self.wrong(row, "key", "strange_key", key or "")
            else:
                source[key] = row.values.get("value", "")
        source["domains"] = [row.values for row in rows["domains"]]
        source["instruments"] = [row.values for row in rows["instruments"]]
        source["groups"] = {}
        source["requirements"] = entries = []
        by_code: dict[str, dict] = {}
        for row in rows["requirements"]:
            entry = self.requirement(row)
            code = entry.get("code")
            if not code or code in by_code:
                self.wrong(row, "code", "code_twice" if code else "code_missing", code or "")
                continue
            by_code[code] = entry
            entries.append(entry)
            self.put(row, code, (), "code")
            self.put_all(row, code, ())
            for part in _BY_VERDICT:
                for verdict in entry.get(part, ()):
                    if f"{part}_{verdict}" in row.values:
                        self.put(row, code, (part, verdict), f"{part}_{verdict}")
        self.fill(rows, source, by_code)
        return source

    def requirement(self, row: _Row) -> dict:
        values = dict(row.values)
        more = values.pop("more", {})
        entry = {key: values[key] for key in ("code", *_TEXTS_BEFORE, *_TEXTS_AFTER) if key in values}
        for part in _BY_VERDICT:
            found = {v: values[f"{part}_{v}"] for v in VERDICT_ORDER if f"{part}_{v}" in values}
            if found:
                entry[part] = found
        entry.setdefault("legal_basis", [])
        entry.setdefault("elements", [])
        entry.setdefault("decide", {})
        for key, value in more.items():
            entry.setdefault(key, value)
        return entry

    def fill(self, rows: dict[str, list[_Row]], source: dict, by_code: dict[str, dict]):
        for row in rows["groups"]:
            groups = source["groups"] if row.owner is None else self.part_of(row, by_code, "groups", {})
            name = row.values.get("name")
            if groups is None:
                continue
            if not name or name in groups:
                self.wrong(row, "name", "name_twice" if name else "name_missing", name or "")
            groups[name or ""] = row.values.get("terms", [])
            self.put(row, row.owner or "", ("groups", name), "terms")
        for row in rows["legal_bases"]:
            bases = self.part_of(row, by_code, "legal_basis", [])
            if bases is not None:
                self.put(row, row.owner, ("legal_basis", len(bases)), "instrument")
                self.put_all(row, row.owner, ("legal_basis", len(bases)))
                bases.append({key: value for key, value in row.values.items() if key != "requirement"})
        detectors = self.detectors(rows["elements"], by_code)
        for row in rows["rules"]:
            self.line(row, detectors, ("rules", "unless"), "rule")
        for row in rows["examples"]:
            self.line(row, detectors, ("match", "no_match"), "text")
        for row in rows["verdicts"]:
            lines = self.part_of(row, by_code, "verdict", [])
            if lines is not None:
                verdict = row.values.get("verdict")
                if verdict not in VERDICT_ORDER:
                    self.wrong(row, "verdict", "unknown_verdict", verdict or "")
                self.put(row, row.owner, ("verdict", len(lines)), "condition")
                lines.append({str(verdict): row.values.get("condition", "")})
        for row in rows["scales"]:
            scales = self.part_of(row, by_code, "scales", {})
            if scales is None:
                continue
            scale = row.values.get("scale")
            if not scale or scale in scales:
                self.wrong(row, "scale", "name_twice" if scale else "name_missing", scale or "")
            change = {key: row.values[key] for key in SCALE_ORDER if key in row.values}
            scales[scale or ""] = {**row.values.get("more", {}), **change}
            self.put_all(row, row.owner, ("scales", scale))

    def part_of(self, row: _Row, by_code: dict[str, dict], part: str, empty):
        """The part of the requirement the row belongs to; None, and a refusal, when there is no such requirement."""
        entry = by_code.get(row.owner)
        if entry is None:
            self.wrong(row, "requirement", "unknown_requirement", row.owner or "")
            return None
        return entry.setdefault(part, empty)

    def detectors(self, rows: list[_Row], by_code: dict[str, dict]) -> dict[tuple, dict]:
        found: dict[tuple, dict] = {}
        for row in rows:
            part, key = row.values.get("part"), self.key(row)
            if part not in PARTS:
                self.wrong(row, "part", "unknown_part", part or "")
                continue
            if key in found or (part == "trigger" and any(k[:2] == key[:2] for k in found)):
                self.wrong(row, "id", "element_twice", row.values.get("id") or "")
                continue
            detector = {k: v for k, v in row.values.items() if k not in ("requirement", "part", "more")}
            detector |= row.values.get("more", {})
            if part == "trigger":
                entry = by_code.get(row.owner)
                if entry is None:
                    self.wrong(row, "requirement", "unknown_requirement", row.owner or "")
                    continue
                entry["trigger"] = detector
                path = ("trigger",)
            else:
                into = self.part_of(row, by_code, PARTS[part], [])
                if into is None:
                    continue
                path = (PARTS[part], len(into))
                into.append(detector)
            found[key], self._paths[key] = detector, path
            self.put(row, row.owner, path, "id")
            self.put_all(row, row.owner, path)
        return found

    def line(self, row: _Row, detectors: dict[tuple, dict], kinds: tuple[str, str], column: str):
        kind, detector = row.values.get("kind"), detectors.get(self.key(row))
        if detector is None:
            self.wrong(row, "id", "unknown_element", row.values.get("id") or "")
        elif kind not in kinds:
            self.wrong(row, "kind", "unknown_kind", kind or "")
        elif column not in row.values:
            self.wrong(row, column, "text_missing")
        elif column == "text":
            self.append(row, ("examples", kind), detector.setdefault("examples", {}).setdefault(kind, []), column)
        else:
            self.append(row, (kind,), detector.setdefault(kind, []), column)

    def append(self, row: _Row, part: tuple, lines: list, column: str):
        self.put(row, row.owner, (*self._paths[self.key(row)], *part, len(lines)), column)
        lines.append(row.values[column])

    @staticmethod
    def key(row: _Row) -> tuple:
        return row.owner, row.values.get("part"), row.values.get("id")


def _empty_parts(text: str) -> dict:
    """What ``_more`` wrote: names of parts that are there and empty."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise CellError("leave_alone") from error
    names = {"legal_basis", "groups", "trigger", "elements", "signals", "verdict", "scales", *_BY_VERDICT,
             "rules", "unless", "examples", "optional"}  # fmt: skip
    empty = ([], {}, None)
    if not isinstance(found, dict) or set(found) - names:
        raise CellError("leave_alone")
    for name, value in found.items():
        hollow = name == "examples" and isinstance(value, dict) and set(value) <= {"match", "no_match"}
        if value not in empty and not (hollow and all(inner == [] for inner in value.values())):
            raise CellError("leave_alone")
    return found


def _letter(place: int) -> str:
    letters = ""
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
