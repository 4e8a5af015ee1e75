"""What python-docx leaves to its users: fonts for Chinese and Latin text, fields, heads of tables that repeat."""

import io
from datetime import datetime

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ACCENT, SOFT = RGBColor(0x0E, 0x5A, 0x63), RGBColor(0x53, 0x5E, 0x5A)
# Fonts every Word on every system has or replaces by its own: a serif for text, a sans serif for headings.
BODY = ("Times New Roman", "宋体")
HEADING = ("Arial", "黑体")


def new_document(*, title: str, author: str, created: datetime):
    """An A4 document with the styles of this house; what is written later takes its looks from them."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.4)
    styles = document.styles
    _style(styles["Normal"], BODY, 10.5, after=6, line=1.35)
    _style(styles["Title"], HEADING, 24, after=12, color=ACCENT)
    _style(styles["Subtitle"], HEADING, 14, after=24, color=SOFT, italic=False)
    for level, size, before in ((1, 16, 18), (2, 13, 14), (3, 11, 10)):
        style = _style(styles[f"Heading {level}"], HEADING, size, before=before, after=6, color=ACCENT)
        style.paragraph_format.keep_with_next = True
    for rule in styles["Title"].element.iter(qn("w:pBdr")):
        rule.getparent().remove(rule)
        break
    quote = _style(styles["Quote"], BODY, 10, after=4, italic=False)
    quote.paragraph_format.left_indent = Cm(0.6)
    caption = _style(styles["Caption"], BODY, 9, after=2, color=SOFT)
    caption.font.bold = False
    _style(styles["List Bullet"], BODY, 10.5, after=3)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title, author, ""
    properties.created = properties.modified = created
    properties.language = "zh-CN"
    return document


def add_paragraph(container, text: str = "", style: str = ""):
    """A paragraph in a style that is named by its identifier: looking styles up by name takes most of the time."""
    paragraph = container.add_paragraph(text)
    if style:
        paragraph._p.style = style
    return paragraph


def add_heading(document, text: str, level: int):
    return add_paragraph(document, text, f"Heading{level}")


def save(document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _style(style, fonts, size, *, before=0, after=0, line=None, color=None, italic=None):
    latin, chinese = fonts
    style.font.name, style.font.size = latin, Pt(size)
    properties = style.element.get_or_add_rPr()
    names = properties.get_or_add_rFonts()
    for attribute in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        names.attrib.pop(qn(f"w:{attribute}"), None)  # a theme's font would win over the named one
    names.set(qn("w:eastAsia"), chinese)
    names.set(qn("w:hAnsi"), latin)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)
    if color is not None:
        style.font.color.rgb = color
    if italic is not None:
        style.font.italic = italic
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    if line:
        style.paragraph_format.line_spacing = line
    return style


def add_field(paragraph, code: str):
    """A field such as PAGE; a 1 stands there until Word works it out."""
    _begin_field(paragraph, code)
    paragraph.add_run("1")
    _field_mark(paragraph, "end")


def _begin_field(paragraph, code):
    _field_mark(paragraph, "begin")
    element = OxmlElement("w:instrText")
    element.set(qn("xml:space"), "preserve")
    element.text = f" {code} "
    paragraph.add_run()._r.append(element)
    _field_mark(paragraph, "separate")


def _field_mark(paragraph, kind):
    element = OxmlElement("w:fldChar")
    element.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(element)


def add_contents(document, chapters: list[str]):
    """A table of contents over the two upper levels of headings: the chapters, until Word puts in the pages too."""
    paragraphs = [document.add_paragraph() for _chapter in chapters]
    _begin_field(paragraphs[0], 'TOC \\o "1-2" \\h \\z \\u')
    for paragraph, chapter in zip(paragraphs, chapters, strict=True):
        paragraph.add_run(chapter)
    _field_mark(paragraphs[-1], "end")
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    document.settings.element.append(update)


def add_running(document, head: str, pages: tuple[str, str, str]):
    """What stands at the top of each page, and at its foot the page and the number of pages between three words."""
    section = document.sections[0]
    section.header.paragraphs[0].text = head
    section.header.paragraphs[0].style = document.styles["Caption"]
    foot = section.footer.paragraphs[0]
    foot.style, foot.alignment = document.styles["Caption"], WD_ALIGN_PARAGRAPH.CENTER
    before, between, after = pages
    foot.add_run(before)
    add_field(foot, "PAGE")
    foot.add_run(between)
    add_field(foot, "NUMPAGES")
    foot.add_run(after)


def add_table(document, heads, content, widths):
    """A table whose head is repeated on each page and whose rows are not torn apart; widths in centimetres."""
    table = _table(document, 1 + len(content), widths)
    head, *others = table.rows
    _fill(head, heads, widths, bold=True)
    _mark(head, "w:tblHeader")
    for row, texts in zip(others, content, strict=True):
        _fill(row, texts, widths)
        _mark(row, "w:cantSplit")
    return table


def add_facts(document, content, widths=(4.2, 11.8)):
    """A table without a head: a name in the first column, what belongs to it in the second."""
    table = _table(document, len(content), widths)
    for row, texts in zip(table.rows, content, strict=True):
        _fill(row, texts, widths)
        _mark(row, "w:cantSplit")
        row.cells[0].paragraphs[0].runs[0].bold = True
    for row in table.rows[:-1]:  # a table of a few lines stays in one piece
        row.cells[0].paragraphs[0].paragraph_format.keep_with_next = True
    return table


def _table(document, rows, widths):
    table = document.add_table(rows=rows, cols=len(widths))
    table._tbl.tblStyle_val = "TableGrid"
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    return table


def _fill(row, texts, widths, bold=False):
    for cell, text, width in zip(row.cells, texts, widths, strict=True):
        cell.width = Cm(width)
        paragraph = cell.paragraphs[0]
        paragraph.paragraph_format.space_after = Pt(2)
        run = paragraph.add_run(str(text))
        run.font.size = Pt(9)
        run.bold = bold or None
        if bold:
            _shade(cell, "E3EFF0")


def _shade(cell, color):
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:color"), "auto")
    shade.set(qn("w:fill"), color)
    cell._tc.get_or_add_tcPr().append(shade)


def _mark(row, name):
    row._tr.get_or_add_trPr().append(OxmlElement(name))
