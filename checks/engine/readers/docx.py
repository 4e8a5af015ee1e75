"""Word files: paragraphs in order with their automatic numbers, tables in place, accepted text, emphasis."""

from __future__ import annotations

import zipfile
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .archive import MEGABYTE, open_archive, unpack
from .extract import Extract, Writer
from .refusals import IntakeError, IntakeReason
from .sniffing import DOCX
from .symbols import symbol
from .word_numbers import Numbering

MAX_PARTS = 5000
MAX_XML_BYTES = 40 * MEGABYTE
MAX_TOTAL_BYTES = 300 * MEGABYTE
MAX_DEPTH = 60  # of elements inside each other; Word itself writes about twenty
CELL = 600  # characters; what is longer is a page laid out as a table
_CONTAINERS = {"sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "hyperlink", "fldSimple", "dir", "bdo",
               "ruby", "rubyBase", "~AlternateContent", "~Choice"}  # fmt: skip
_LEFT_OUT = {"del", "moveFrom", "~Fallback", "rt"}
_CHANGES = {"ins", "del", "moveTo", "moveFrom"}


def read_docx(content: bytes) -> Extract:
    """Read a .docx. Raises IntakeError for damage, locks and every kind of bomb, before the XML is parsed."""
    with open_archive(content, DOCX) as archive:
        parts = {entry.filename: entry for entry in archive.infolist()}
        _refuse_bombs(archive)
        main = next((name for name in ("word/document.xml", "word/document2.xml") if name in parts), None)
        main = main or next((name for name in parts if name.startswith("word/document") and name[-4:] == ".xml"), None)
        if main is None:
            raise IntakeError(IntakeReason.DAMAGED, media_type=DOCX)

        def part(name: str) -> Element | None:
            return _parse(unpack(archive, parts[name], MAX_XML_BYTES, DOCX)) if name in parts else None

        reader = _Reader(_Styles(part("word/styles.xml")), Numbering.of(part("word/numbering.xml")))
        body = part(main).find("body")
        if body is None:
            raise IntakeError(IntakeReason.DAMAGED, media_type=DOCX)
        reader.blocks(body, 0)
        for name in ("word/footnotes.xml", "word/endnotes.xml"):
            notes = part(name)
            for note in notes if notes is not None else ():
                if note.get("type", "normal") == "normal":
                    reader.blocks(note, 0)
        heads = [part(name) for name in parts if name.startswith(("word/header", "word/footer"))]
        with_text = sum(any((t.text or "").strip() for t in head.iter("t")) for head in heads if head is not None)
        reader.writer.notice("running_heads_left_out", with_text)
    return reader.writer.extract(DOCX)


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise IntakeError(IntakeReason.TOO_MANY_PARTS, parts=len(entries), limit=MAX_PARTS)
    total = sum(entry.file_size for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise IntakeError(IntakeReason.EXPANDS_TOO_FAR, megabytes=total // MEGABYTE, limit=MAX_TOTAL_BYTES // MEGABYTE)


def _parse(xml: bytes) -> Element:
    try:
        root = fromstring(xml)
    except DefusedXmlException:
        raise IntakeError(IntakeReason.DECLARES_ENTITIES) from None
    except (ParseError, ValueError, LookupError):
        raise IntakeError(IntakeReason.DAMAGED, media_type=DOCX) from None
    _plain_names(root)
    return root


def _plain_names(root: Element) -> None:
    """Word's own names without name space, in both dialects of the format; others behind a tilde."""
    level = [root]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise IntakeError(IntakeReason.TOO_DEEP, limit=MAX_DEPTH)
        below: list[Element] = []
        for element in level:
            space, _, name = element.tag.rpartition("}")
            element.tag = name if "/wordprocessingml/" in space and "microsoft" not in space else f"~{name}"
            if any(key[0] == "{" for key in element.attrib):
                element.attrib = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            below.extend(element)
        level = below


def _on(element: Element | None) -> bool | None:
    """A switch of Word's: None where it is not mentioned."""
    return None if element is None else element.get("val", "true") not in ("0", "false", "off", "none")


class _Styles:
    """What paragraphs and runs take from their style: bold, underline, hidden, numbering, being a heading."""

    def __init__(self, root: Element | None):
        styles = root.findall("style") if root is not None else []
        self.styles = {style.get("styleId", ""): style for style in styles}
        self.default = next(
            (
                s.get("styleId", "")
                for s in styles
                if s.get("type") == "paragraph" and s.get("default") in ("1", "true")
            ),
            "",
        )
        defaults = root.find("docDefaults/rPrDefault/rPr") if root is not None else None
        self.defaults = defaults
        self.known: dict[tuple[str, str], Element | None] = {}

    def find(self, name: str, path: str) -> Element | None:
        """The nearest such property of a style or of those it is based on."""
        key = (name, path)
        if key not in self.known:
            found, seen = None, set()
            while found is None and name in self.styles and name not in seen:
                seen.add(name)
                found = self.styles[name].find(path)
                based = self.styles[name].find("basedOn")
                name = based.get("val", "") if based is not None else ""
            self.known[key] = found
        return self.known[key]

    def is_heading(self, name: str) -> bool:
        title = self.styles[name].find("name") if name in self.styles else None
        level = self.find(name, "pPr/outlineLvl")
        named = title is not None and title.get("val", "").lower().startswith(("heading", "title", "标题", "toc "))
        return named or (level is not None and level.get("val") != "9")


class _Reader:
    def __init__(self, styles: _Styles, numbering: Numbering):
        self.styles, self.numbering = styles, numbering
        self.writer = Writer()
        self.paragraphs = 0
        self.boxes: list[Element] = []
        self.in_cell = 0
        self.field: list[bool] = []  # open fields; True once their result has begun
        self.joined = False  # the mark between this paragraph and the last was deleted

    # Blocks

    def blocks(self, parent: Element, depth: int) -> None:
        for child in parent:
            if child.tag == "p":
                self.paragraph(child, depth)
            elif child.tag == "tbl":
                self.table(child, depth)
            elif child.tag in _LEFT_OUT:
                self.writer.notice("tracked_changes", child.tag in _CHANGES)
            elif child.tag in _CONTAINERS:
                self.writer.notice("tracked_changes", child.tag in _CHANGES)
                self.blocks(child, depth)

    def paragraph(self, paragraph: Element, depth: int) -> None:
        self.paragraphs += 1
        properties = paragraph.find("pPr")
        style = properties.find("pStyle") if properties is not None else None
        name = style.get("val", "") if style is not None else self.styles.default
        if not self.joined:
            self.separate()
        self.joined = False
        number = self.number(properties, name)
        if number and any((t.text or "").strip() for t in paragraph.iter("t")):
            self.put(number, False)
        heading = self.styles.is_heading(name)
        self.runs(paragraph, name, heading)
        if properties is not None and properties.find("rPr/del") is not None:
            self.joined = True
            self.writer.notice("tracked_changes")
        boxes, self.boxes = self.boxes, []
        for box in boxes:
            self.blocks(box, depth + 1)

    def separate(self) -> None:
        if not self.in_cell:
            self.writer.line_end()
        elif self.writer.last not in ("", "\n", "\t", " "):
            self.writer.add(" ")

    def number(self, properties: Element | None, style: str) -> str:
        own = properties.find("numPr") if properties is not None else None
        inherited = self.styles.find(style, "pPr/numPr")

        def value(name: str) -> str:
            for source in (own, inherited):
                found = source.find(name) if source is not None else None
                if found is not None:
                    return found.get("val", "")
            return ""

        list_id, level = value("numId"), value("ilvl")
        if not list_id or list_id == "0":
            return ""
        if not level:
            outline = self.styles.find(style, "pPr/outlineLvl")
            level = outline.get("val", "0") if outline is not None and own is None else "0"
        return self.numbering.next(list_id, int(level) if level.isdigit() else 0)

    # Runs

    def runs(self, parent: Element, style: str, heading: bool) -> None:
        for child in parent:
            if child.tag == "r":
                self.run(child, style, heading)
            elif child.tag in _LEFT_OUT:
                self.writer.notice("tracked_changes", child.tag in _CHANGES)
            elif child.tag in _CONTAINERS:
                self.writer.notice("tracked_changes", child.tag in _CHANGES)
                self.runs(child, style, heading)
            elif child.tag in ("~oMath", "~oMathPara"):
                self.put("".join(t.text or "" for t in child.iter("~t")), False)

    def run(self, run: Element, style: str, heading: bool) -> None:
        properties = run.find("rPr")
        hidden = self.property(properties, style, "vanish")
        strong = not heading and bool(self.property(properties, style, "b") or self.property(properties, style, "u"))
        for child in run:
            tag = child.tag
            if tag == "fldChar":
                self.field_mark(child.get("fldCharType"))
            elif tag == "commentReference":
                self.writer.notice("comments_left_out")
            elif tag in ("drawing", "pict", "object", "~AlternateContent"):
                self.drawing(child)
            elif hidden:
                self.writer.notice("hidden_text_left_out", tag == "t" and bool((child.text or "").strip()))
            elif self.field and not self.field[-1]:
                continue  # the field's instruction
            elif tag == "t":
                self.put(child.text or "", strong)
            elif tag in ("tab", "ptab"):
                self.put(" " if self.in_cell else "\t", strong)
            elif tag in ("br", "cr"):
                self.separate()
            elif tag == "noBreakHyphen":
                self.put("-", strong)
            elif tag == "sym":
                self.put(_symbol(child.get("char", "")), strong)
            elif tag == "ruby":
                self.runs(child, style, heading)

    def put(self, text: str, strong: bool) -> None:
        text = text.replace("\r", " ").replace("\n", " ")
        if self.in_cell:
            text = text.replace("\t", " ")
        self.writer.add(text, strong=strong, place=(self.paragraphs,))

    def property(self, own: Element | None, style: str, name: str) -> bool:
        said = _on(own.find(name)) if own is not None else None
        if said is None and own is not None and (character := own.find("rStyle")) is not None:
            said = _on(self.styles.find(character.get("val", ""), f"rPr/{name}"))
        if said is None:
            said = _on(self.styles.find(style, f"rPr/{name}"))
        if said is None and self.styles.defaults is not None:
            said = _on(self.styles.defaults.find(name))
        return bool(said)

    def field_mark(self, kind: str | None) -> None:
        if kind == "begin":
            self.field.append(False)
        elif kind == "separate" and self.field:
            self.field[-1] = True
        elif kind == "end" and self.field:
            self.field.pop()

    def drawing(self, drawing: Element) -> None:
        """Text boxes are read after their paragraph; of two ways to draw the same box, the first."""
        waiting = [drawing]
        while waiting:
            element = waiting.pop()
            if element.tag == "txbxContent":
                self.boxes.append(element)
            elif element.tag == "~AlternateContent":
                waiting.extend(list(element)[:1])
            elif element.tag != "~Fallback":
                waiting.extend(reversed(element))

    # Tables

    def table(self, table: Element, depth: int) -> None:
        if depth > MAX_DEPTH // 3:
            raise IntakeError(IntakeReason.TOO_DEEP, limit=MAX_DEPTH)
        for row in _inside(table, "tr"):
            if row.find("trPr/del") is not None:
                self.writer.notice("tracked_changes")
                continue
            self.writer.line_end()
            first = True
            cells = list(_inside(row, "tc"))
            for cell in cells:
                merged = cell.find("tcPr/vMerge")
                if merged is not None and merged.get("val", "continue") == "continue":
                    continue
                if not first and self.writer.last != "\n":
                    self.writer.add("\t")
                first = False
                self.cell(cell, depth, alone=len(cells) == 1)
        self.writer.line_end()

    def cell(self, cell: Element, depth: int, *, alone: bool) -> None:
        length = 0
        for t in cell.iter("t"):
            length += len(t.text or "")
            if length > CELL:
                break
        is_data = length <= CELL and not alone and cell.find("tbl") is None
        outer, self.in_cell = self.in_cell, int(is_data)
        self.joined = is_data  # the tab is there already
        self.blocks(cell, depth + 1)
        self.in_cell, self.joined = outer, False


def _inside(parent: Element, tag: str):
    """Rows or cells, also those inside content controls."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in _CONTAINERS:
            yield from _inside(child, tag)


def _symbol(code: str) -> str:
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return symbol(number) or (chr(number) if 31 < number < 0xD800 else "")
