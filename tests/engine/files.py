"""The same invented policy as a file of every format, and files that no person would send."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import zipfile
import zlib
from functools import cache
from pathlib import Path

import docx
import pypdfium2
import weasyprint
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from checks.engine.intake import converter_available, ocr_available

TITLE = "松果笔记隐私政策"
PARAGRAPHS = (
    "松果笔记由青禾市松果软件工作室运营。本政策说明我们怎样处理您的个人信息，请您在使用之前完整阅读；如果您对其中的内容有"
    "疑问，可以通过文末的方式与我们联系，我们会在十五个工作日之内答复。",
    "一、我们收集哪些信息",
    "（一）注册账号时，您需要提供手机号码，用来接收验证码；您不提供的，仍然可以在本机记录笔记，但不能在几台设备之间同步。我"
    "们不要求您填写真实姓名，也不读取通讯录。",
    "（二）您给笔记添加照片时，我们请求相机与相册权限，只读取您选中的那一张。版本 2.3.1 起 the app works offline as well.",
    "二、我们怎样使用和共享",
    "我们把信息用于提供同步、备份和搜索，不用于推送广告。除下表所列的合作方以外，我们不向任何人提供您的个人信息；法律要求我们"
    "提供的，我们会先核对文书，再按最小范围提供。",
    "三、保存多久",
    "笔记保存到您删除为止，登录日志保存六个月，之后删除或者匿名化处理。您注销账号的，我们在七日内清除全部数据，备份中的数据"
    "最迟在三十日内覆盖。",
    "四、联系我们",
    "邮箱：help@pinecone.example，电话：400-000-0000。",
)
HEADINGS = tuple(p for p in PARAGRAPHS if p[1] == "、")
BOLD = "只读取您选中的那一张"
ROWS = (
    ("合作方", "目的", "信息"),
    ("晨星推送有限公司", "提醒您到期的待办事项", "设备标识、系统版本"),
    ("云岭存储有限公司", "保存您上传的附件并在设备之间传输", "附件内容"),
)
TABLE_AFTER = 5  # the table stands after this paragraph
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def expected() -> str:
    """The text that a reader of any of these files sees, white space aside."""
    lines = [TITLE]
    for index, paragraph in enumerate(PARAGRAPHS):
        lines.append(paragraph)
        if index == TABLE_AFTER:
            lines += ["\t".join(row) for row in ROWS]
    return "\n".join(lines)


# Text and pages


def html_page(extra: str = "", charset: str = "utf-8", copies: int = 1) -> str:
    body = [f"<h1>{TITLE}</h1>"]
    for index, paragraph in enumerate(PARAGRAPHS):
        tag = "h2" if paragraph in HEADINGS else "p"
        body.append(f"<{tag}>{paragraph.replace(BOLD, f'<b>{BOLD}</b>')}</{tag}>")
        if index == TABLE_AFTER:
            cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in ROWS)
            body.append(f"<table>{cells}</table>")
    return (
        f'<!doctype html><html lang="zh"><head><meta charset="{charset}"><title>{TITLE}</title></head><body>{extra}'
        f"<main>{''.join(body * copies)}</main></body></html>"
    )


def mht(copies: int = 1) -> bytes:
    import base64

    page = base64.encodebytes(html_page(copies=copies).encode()).decode()
    return (
        "From: <Saved by Blink>\r\nSubject: page\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="----b"\r\n\r\n'
        "------b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n"
        "------b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{page}\r\n------b--\r\n"
    ).encode()


def markdown() -> str:
    lines = [f"# {TITLE}"]
    for index, paragraph in enumerate(PARAGRAPHS):
        lines.append(f"## {paragraph}" if paragraph in HEADINGS else paragraph.replace(BOLD, f"**{BOLD}**"))
        if index == TABLE_AFTER:
            lines += ["| " + " | ".join(row) + " |" for row in (ROWS[0], ["---"] * 3, *ROWS[1:])]
    return "\n\n".join(lines)


# Word


def _saved(document) -> bytes:
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


def _numbered(document, levels: list[tuple[str, str]], number: int) -> str:
    """Add a list with these levels (format, text) and return its id."""
    numbering = document.part.numbering_part.element
    xml = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="{style}"/><w:suff w:val="nothing"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for i, (style, text) in enumerate(levels)
    )
    abstract = parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}">{xml}</w:abstractNum>')
    numbering.insert(0, abstract)
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))
    return str(number)


def _in_list(paragraph, number: str, level: int) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')
    )


@cache
def word(copies: int = 1) -> bytes:
    """The policy with automatic numbers in place of typed ones; further copies have lists of their own."""
    document = docx.Document()
    for copy in range(copies):
        _write_policy(
            document, _numbered(document, [("chineseCounting", "%1、"), ("chineseCounting", "（%2）")], 77 + copy)
        )
    document.sections[0].header.paragraphs[0].text = "松果软件 内部文件"
    return _saved(document)


def _write_policy(document, number: str) -> None:
    document.add_heading(TITLE, 0)
    for index, text in enumerate(PARAGRAPHS):
        if text in HEADINGS:
            _in_list(document.add_heading(text[2:], 1), number, 0)
        elif text.startswith("（"):
            paragraph = document.add_paragraph()
            before, bold, after = text[3:].partition(BOLD)
            paragraph.add_run(before)
            paragraph.add_run(bold).bold = True
            paragraph.add_run(after)
            _in_list(paragraph, number, 1)
        else:
            document.add_paragraph(text)
        if index == TABLE_AFTER:
            table = document.add_table(len(ROWS), 3)
            for row, cells in enumerate(ROWS):
                for column, cell in enumerate(cells):
                    table.cell(row, column).text = cell


@cache
def word_with_everything() -> bytes:
    """Tracked changes, a comment, hidden text, a text box, merged and nested tables, fields, a footnote-free page."""
    document = docx.Document()
    w = nsdecls("w")
    paragraph = document.add_paragraph("保存")
    paragraph._p.append(parse_xml(f'<w:del {w} w:id="1" w:author="a"><w:r><w:delText>三年</w:delText></w:r></w:del>'))
    paragraph._p.append(parse_xml(f'<w:ins {w} w:id="2" w:author="a"><w:r><w:t>六个月</w:t></w:r></w:ins>'))
    run = paragraph.add_run("，之后删除。")
    run._r.append(OxmlElement("w:commentReference"))
    hidden = document.add_paragraph("可见").add_run("隐藏的话")
    hidden.font.hidden = True
    box = document.add_paragraph("框前")
    box._p.append(
        parse_xml(
            f'<w:r {w} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
            'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
            'xmlns:v="urn:schemas-microsoft-com:vml">'
            "<mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx><w:txbxContent><w:p><w:r>"
            "<w:t>框内提示</w:t></w:r></w:p></w:txbxContent></wps:txbx></w:drawing></mc:Choice>"
            "<mc:Fallback><w:pict><v:textbox><w:txbxContent><w:p><w:r><w:t>框内提示</w:t></w:r></w:p>"
            "</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    table = document.add_table(3, 2)
    for place, text in (((0, 0), "公司"), ((0, 1), "信息"), ((1, 0), "甲公司"), ((1, 1), "位置"), ((2, 1), "相册")):
        table.cell(*place).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    inner = table.cell(2, 1).add_table(1, 2)
    inner.cell(0, 0).text, inner.cell(0, 1).text = "内一", "内二"
    underlined = document.add_paragraph("请您")
    underlined.add_run("单独同意").underline = True
    field = document.add_paragraph("见第")
    for kind in ("begin", None, "separate", "text", "end"):
        run = field.add_run("12" if kind == "text" else "")
        if kind is None:
            instruction = OxmlElement("w:instrText")
            instruction.text = "PAGEREF _Toc1"
            run._r.append(instruction)
        elif kind != "text":
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
    field.add_run("页")
    for text in ("第一条内容", "第二条内容"):
        document.add_paragraph(text, style="List Number")
    return _saved(document)


def large_word(size: int) -> bytes:
    """A Word file whose text fills so many bytes of XML, with words that do not pack well."""
    dice = random.Random(1)  # noqa: S311 – repeatable, not secret
    words = ["".join(chr(dice.randrange(0x4E00, 0x9F00)) for _ in range(12)) for _ in range(20_000)]
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    count = size // len(paragraph.format(words[0] * 3).encode())
    body = "".join(paragraph.format("".join(dice.choices(words, k=3))) for _ in range(count))
    w = nsdecls("w")
    return rewritten(word(), "word/document.xml", f"<w:document {w}><w:body>{body}</w:body></w:document>".encode())


def rewritten(archive: bytes, name: str, content: bytes) -> bytes:
    """A ZIP with one part replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in source.infolist():
            if entry.filename != name:
                copy.writestr(entry, source.read(entry))
        copy.writestr(name, content)
    return target.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def rtf(copies: int = 1) -> bytes:
    def escaped(text: str) -> str:
        return "".join(
            char if char.isascii() else f"\\u{struct.unpack('<h', char.encode('utf-16-le'))[0]}?" for char in text
        )

    lines = "\\par ".join(escaped(line) for line in (TITLE, *PARAGRAPHS) * copies)
    return ("{\\rtf1\\ansi " + lines + "}").encode()


# PDF

_CSS = (
    "body{font-family:'Noto Sans CJK SC';font-size:11pt;line-height:1.7}p{text-indent:2em;margin:0}"
    "h1{font-size:18pt}h2{font-size:13pt}table{border-collapse:collapse;width:100%}"
    "td{border:1px solid #000;padding:3pt}tr{break-inside:avoid}"
    "@page{size:A4;margin:2.5cm;@top-center{content:'松果软件 内部文件'}"
    "@bottom-center{content:'— ' counter(page) ' —'}}"
)


@cache
def pdf(css: str = "", pages: int = 3) -> bytes:
    """The policy several times over, so that it fills pages; ``css`` changes the layout."""
    body = "".join(html_page().partition("<main>")[2].partition("</main>")[0] for _ in range(pages))
    return weasyprint.HTML(string=f"<html lang=zh><style>{_CSS}{css}</style>{body}</html>").write_pdf()


@cache
def pdf_merged_cells() -> bytes:
    table = (
        "<table><tr><td>公司</td><td>收集的信息</td></tr><tr><td rowspan=2>甲公司</td><td>位置，用来推荐附近的"
        "门店以及计算您到门店的距离，关闭以后按城市推荐，不影响您浏览商品、下单和查看物流，也不影响会员积分的累计</td></tr>"
        "<tr><td>相册</td></tr><tr><td colspan=2>以上均可关闭</td></tr></table>"
    )
    return weasyprint.HTML(string=f"<html lang=zh><style>{_CSS}</style><p>表一</p>{table}<p>完</p></html>").write_pdf()


@cache
def pdf_without_rules() -> bytes:
    """A table that only its gaps show, with cells of several lines."""
    rows = (("合作方", "目的", "信息"), ("晨星推送有限公司", "提醒您到期的待办事项，以及在笔记被他人修改时通知您", "设备标识"),
            ("云岭存储", "保存附件", "附件内容"))  # fmt: skip
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    css = "td{border:0;vertical-align:top;padding-right:40pt}td:nth-child(2){width:150pt}"
    return weasyprint.HTML(
        string=f"<html lang=zh><style>{_CSS}{css}</style><p>表二</p><table>{table}</table><p>完</p></html>"
    ).write_pdf()


@cache
def pdf_turned(degrees: int) -> bytes:
    """Text that runs down or up the page, as in a landscape table."""
    move = {90: "18cm,0", -90: "0,26cm", 180: "18cm,26cm"}[degrees]
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS[:3])
    css = f"@page{{size:A4;margin:0}}div{{position:absolute;left:1cm;top:1cm;width:17cm;transform:translate({move}) rotate({degrees}deg);transform-origin:0 0}}"
    return weasyprint.HTML(string=f"<html lang=zh><style>{_CSS}{css}</style><div>{text}</div></html>").write_pdf()


@cache
def pdf_without_names() -> bytes:
    """A PDF whose fonts do not say which characters their glyphs are."""
    html = f"<html lang=zh><style>{_CSS}</style>{''.join(f'<p>{p}</p>' for p in PARAGRAPHS)}</html>"
    content = weasyprint.HTML(string=html).write_pdf(uncompressed_pdf=True)
    return content.replace(b"/ToUnicode", b"/ToNobodys")


def _object(number: int, content: bytes) -> bytes:
    return b"%d 0 obj\n%s\nendobj\n" % (number, content)


def simple_pdf(
    stream: bytes = b"BT /F1 12 Tf 72 720 Td (We keep your notes for six months.) Tj ET", extra=b"", trailer=b""
) -> bytes:
    """A PDF of one page written by hand."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    if extra:
        objects.append(extra)
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += _object(number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF"
        % (len(objects) + 1, table, len(objects) + 1, trailer, len(body))
    )


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def pdf_locked(password: str = "songguo") -> bytes:  # noqa: S107
    """Locked in the oldest way there is (40-bit RC4), which any reader opens and a few lines can write."""
    pad = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    padded = (password.encode() + pad)[:32]
    owner = _rc4(hashlib.md5(padded).digest()[:5], padded)  # noqa: S324
    identity, permissions = b"0123456789abcdef", struct.pack("<i", -4)
    key = hashlib.md5(padded + owner + permissions + identity).digest()[:5]  # noqa: S324
    user = _rc4(key, pad)
    of_stream = hashlib.md5(key + b"\x04\x00\x00\x00\x00").digest()[:10]  # noqa: S324
    stream = _rc4(of_stream, b"BT /F1 12 Tf 72 720 Td (We keep your notes for six months.) Tj ET")
    encrypt = b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (owner.hex().encode(), user.hex().encode())
    trailer = b"/Encrypt 6 0 R/ID[<%s><%s>]" % (identity.hex().encode(), identity.hex().encode())
    return simple_pdf(stream, encrypt, trailer)


# Pictures


@cache
def picture(dpi: int = 200, kind: str = "PNG", blur: float = 0.0, quality: int = 90, turn: int = 0) -> bytes:
    """The first page of the PDF as a scanner or a phone gives it."""
    document = pypdfium2.PdfDocument(pdf("", 1))
    image = document[0].render(scale=dpi / 72, grayscale=True).to_pil()
    document.close()
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur))
        noise = Image.effect_noise(image.size, 24)
        image = Image.blend(image, noise, 0.12)
    if turn:
        image = image.rotate(turn, expand=True, fillcolor=255)
    target = io.BytesIO()
    image.save(target, kind, **({"quality": quality} if kind == "JPEG" else {}))
    return target.getvalue()


@cache
def small_picture() -> bytes:
    """Three lines, quickly read."""
    image = Image.new("L", (900, 220), 255)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(FONT, 40)
    for index, line in enumerate(("松果笔记隐私政策", "登录日志保存六个月，之后删除。", "您可以随时注销账号。")):
        draw.text((30, 15 + 65 * index), line, font=font, fill=0)
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def blank_picture(width: int, height: int) -> bytes:
    """A large white picture with one line of text, small as a file."""
    image = Image.new("L", (width, height), 255)
    ImageDraw.Draw(image).text((200, 200), "松果笔记隐私政策", font=ImageFont.truetype(FONT, 60), fill=0)
    target = io.BytesIO()
    image.save(target, "PNG")
    return target.getvalue()


def scanned_pdf(picture_bytes: bytes, dpi: int = 200) -> bytes:
    target = io.BytesIO()
    Image.open(io.BytesIO(picture_bytes)).convert("L").save(target, "PDF", resolution=dpi)
    return target.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large, with a few bytes behind it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def has_tesseract() -> bool:
    return ocr_available()


def has_soffice() -> bool:
    return converter_available()


def has_font() -> bool:
    return Path(FONT).exists()


# For fuzzing: one small file of every kind


@cache
def samples() -> dict[str, bytes]:
    return {
        "utf8.txt": expected().encode(),
        "gb18030.txt": expected().encode("gb18030"),
        "utf16.txt": expected().encode("utf-16"),
        "policy.md": markdown().encode(),
        "page.html": html_page().encode(),
        "page.mht": mht(),
        "policy.docx": word(),
        "everything.docx": word_with_everything(),
        "policy.pdf": pdf("", 1),
        "table.pdf": pdf_merged_cells(),
        "plain.pdf": simple_pdf(),
        "locked.pdf": pdf_locked(),
        "small.png": small_picture(),
        "policies.zip": zipped({"a.txt": expected().encode(), "b/c.html": html_page().encode()}),
        "policy.rtf": rtf(),
    }
