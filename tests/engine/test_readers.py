"""Every format: what a person sees is what is read, in order, with its place."""

import io
import subprocess
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import IntakeError, IntakeReason, read_document
from checks.engine.intake import media_type_of
from checks.engine.readers.html import extract_html
from checks.engine.readers.word_numbers import chinese, roman, written

from . import files

WANTED = "".join(files.expected().split())


def read(content, **options):
    return read_document(content, name="file", **options)


def squeezed(text):
    return "".join(text.split())


def refusal(content, **options):
    with pytest.raises(IntakeError) as caught:
        read(content, **options)
    return caught.value


def strong(document):
    return [document.text[start:end] for start, end in document.layout.emphasis]


# Type by content


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("utf8.txt", "text/plain"),
        ("utf16.txt", "text/plain"),
        ("policy.md", "text/plain"),
        ("page.html", "text/html"),
        ("page.mht", "multipart/related"),
        ("policy.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("policy.pdf", "application/pdf"),
        ("small.png", "image/png"),
        ("policies.zip", "application/zip"),
        ("policy.rtf", "application/rtf"),
    ],
)
def test_the_type_is_told_by_the_content(name, media_type):
    assert media_type_of(files.samples()[name]) == media_type


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "application/msword"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "application/encrypted-office"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
        (b"GIF89a\0\0\0\0", "image/gif"),
        ("BM的意思是商业模式".encode(), "text/plain"),
        ("MZ世代的隐私".encode(), "text/plain"),
        (b"\n\n  %PDF-1.4", "application/pdf"),
        ("<br>".join(["我们收集信息"] * 9).encode(), "text/html"),
        ("# 标题\n\n我们<br>收集".encode(), "text/plain"),
    ],
)
def test_odd_beginnings(content, media_type):
    assert media_type_of(content) == media_type


# Text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "gbk"]
)
def test_text_in_every_encoding(encoding):
    text = files.expected()
    assert read(text.encode(encoding)).text == text


def test_line_ends_are_kept_and_mixed_ones_are_said():
    document = read("一、收集\r\n二、使用\n三、保存\r四、联系".encode())
    assert document.text == "一、收集\r\n二、使用\n三、保存\n四、联系"
    assert "mixed_line_ends" in document.warnings


def test_characters_without_width_are_counted_and_stay():
    document = read("我们\u200b收集\ufeff信息".encode())
    assert document.text == "我们\u200b收集\ufeff信息"
    assert document.counts["zero_width_characters"] == 2


@pytest.mark.parametrize("wrong", ["gb18030", "latin-1"])
def test_text_that_was_decoded_wrongly_once_is_mended_where_nothing_was_lost(wrong):
    text = "我们收集个人信息用于服务" * 20  # GBK loses bytes of most texts; of this one none
    damaged = text.encode().decode(wrong)
    document = read(damaged.encode())
    assert document.text == text
    assert "mojibake_repaired" in document.warnings


def test_damage_that_cannot_be_undone_is_said():
    document = read((files.expected() + "锟斤拷锟斤拷").encode())
    assert "mojibake" in document.warnings
    assert document.text.endswith("锟斤拷锟斤拷")


def test_markdown_stays_as_it_is_and_its_bold_is_known():
    document = read(files.markdown().encode())
    assert document.media_type == "text/markdown"
    assert document.text == files.markdown()
    assert strong(document) == [files.BOLD]


# Web pages


@pytest.mark.parametrize("content", [files.html_page().encode(), files.mht()], ids=["html", "mht"])
def test_a_page_and_its_archive_give_the_whole_policy(content):
    document = read(content)
    assert document.text == files.expected()
    assert strong(document) == [files.BOLD]


def test_furniture_is_left_out_and_counted():
    page = files.html_page(
        '<div class="top"><a href="/">首页</a> | <a href="/a">产品</a> | <a href="/b">价格</a></div>'
        '<div id="cookie-bar">本站使用 Cookie。<button>同意</button></div><div class="x">藏起来的</div>'
        "<style>.x, .y { display: none } @media print { main { display: none } }</style>"
        "<footer>版权所有 ICP备0号</footer>"
    )
    document = read(page.encode())
    assert document.text == files.expected()
    assert document.counts == {
        "navigation_left_out": 1,
        "cookie_banner_left_out": 1,
        "hidden_text_left_out": 1,
        "footer_left_out": 1,
    }


def test_a_page_that_is_nothing_but_furniture_is_read_whole():
    document = read("<html><body><footer><p>我们收集您的手机号码。</p></footer></body></html>".encode())
    assert document.text == "我们收集您的手机号码。"


def test_a_table_of_contents_is_not_navigation():
    text = extract_html(
        '<body><nav><a href="#a">一、收集</a><a href="#b">二、使用</a></nav><p>一、收集</p></body>', "utf-8"
    ).text
    assert text.startswith("一、收集二、使用")


def test_cells_lists_and_breaks():
    text = extract_html(
        "<table><tr><td rowspan=2><p>甲</p><p>公司</p></td><td>位置<table><tr><td>内</td><td>外</td></tr></table></td></tr>"
        "<tr><td>相册</td></tr></table><ol start=3><li>收集<li>（二）使用<li>保存</ol>一<br><br><br>二",
        "utf-8",
    ).text
    assert text == "甲 公司\t位置 内\t外\n相册\n3. 收集\n（二）使用\n5. 保存\n一\n二"


def test_a_layout_table_keeps_its_paragraphs():
    body = "".join(f"<p>{paragraph}</p>" for paragraph in files.PARAGRAPHS)
    assert extract_html(f"<table><tr><td>{body}</td></tr></table>", "").text == "\n".join(files.PARAGRAPHS)


def test_a_wrong_declaration_of_the_encoding_is_overruled_and_said():
    document = read(files.html_page(charset="gb2312").encode("utf-8"))
    assert document.text == files.expected()
    assert document.encoding == "utf-8"
    assert "charset_conflict" in document.warnings


def test_places_lead_back_into_the_source():
    page = files.html_page()
    document = read(page.encode())
    for start, source in document.layout.places:
        assert page[source : source + 2] == document.text[start : start + 2]


# Word


def test_word_numbers_tables_and_emphasis():
    document = read(files.word())
    assert squeezed(document.text) == WANTED
    lines = document.text.split("\n")
    assert [line for line in lines if "\t" in line] == ["\t".join(row) for row in files.ROWS]
    assert strong(document) == [files.BOLD]
    assert document.counts == {"running_heads_left_out": 1}


def test_word_with_everything():
    document = read(files.word_with_everything())
    assert document.text.split("\n") == [
        "保存六个月，之后删除。",
        "可见",
        "框前",
        "框内提示",
        "公司\t信息",
        "甲公司\t位置",
        "相册",
        "内一\t内二",
        "请您单独同意",
        "见第12页",
        "1. 第一条内容",
        "2. 第二条内容",
    ]
    assert document.counts == {"tracked_changes": 2, "comments_left_out": 1, "hidden_text_left_out": 1}
    assert strong(document) == ["单独同意"]


@pytest.mark.parametrize(
    ("number", "text"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (105, "一百零五"), (1010, "一千零一十")]
)
def test_chinese_numerals(number, text):
    assert chinese(number) == text


def test_other_numerals():
    assert roman(1994) == "MCMXCIV"
    assert [written(28, style) for style in ("lowerLetter", "upperRoman", "decimalZero", "chineseLegalSimplified")] == [
        "bb",
        "XXVIII",
        "28",
        "贰拾捌",
    ]
    assert written(3, "decimalEnclosedCircleChinese") == "③"


# PDF


def test_a_pdf_loses_its_running_heads_and_line_ends():
    document = read(files.pdf())
    assert squeezed(document.text) == WANTED * 3
    lines = document.text.split("\n")
    wanted = files.expected().split("\n")
    # A space at the end of a printed line cannot be told from none.
    assert list(map(squeezed, lines[: len(wanted)])) == list(map(squeezed, wanted))
    assert document.counts["page_numbers_left_out"] == len(document.layout.pages) > 1


def test_every_character_knows_its_page():
    document = read(files.pdf())
    layout = document.layout
    assert layout.page_at(0) == 1
    assert layout.page_at(len(document.text) - 1) == len(layout.pages)
    assert all(place[1] == layout.page_at(place[0]) for place in layout.places)


def test_two_columns_are_read_one_after_the_other():
    document = read(files.pdf("body{columns:2;column-gap:20pt}h1{column-span:all}", 2))
    assert squeezed(document.text) == WANTED * 2


def test_merged_cells_are_read_once_and_whole():
    assert read(files.pdf_merged_cells()).text.split("\n")[1:] == [
        "表一",
        "公司\t收集的信息",
        "甲公司\t位置，用来推荐附近的门店以及计算您到门店的距离，关闭以后按城市推荐，不影响您浏览商品、下单和查看物流，也不影响"
        "会员积分的累计",
        "相册",
        "以上均可关闭",
        "完",
    ]


def test_a_table_without_rules_keeps_its_cells_together():
    assert read(files.pdf_without_rules()).text.split("\n")[1:] == [
        "表二",
        "合作方\t目的\t信息",
        "晨星推送有限公司\t提醒您到期的待办事项，以及在笔记被他人修改时通知您\t设备标识",
        "云岭存储\t保存附件\t附件内容",
        "完",
    ]


def test_bullets_of_symbol_fonts_are_signs():
    from checks.engine.readers.symbols import symbol

    assert [symbol(code) for code in (0xF0B7, 0xF06C, 0xF041, 0x2022)] == ["•", "●", "□", ""]


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_turned_pages(degrees):
    assert squeezed(read(files.pdf_turned(degrees)).text) == "".join("".join(files.PARAGRAPHS[:3]).split())


def test_bold_in_a_pdf_is_emphasis():
    assert files.BOLD in strong(read(files.pdf("", 1)))


def test_a_locked_pdf_asks_for_its_password():
    assert refusal(files.pdf_locked()).reason is IntakeReason.NEEDS_PASSWORD
    assert refusal(files.pdf_locked(), password="wrong").reason is IntakeReason.WRONG_PASSWORD
    assert read(files.pdf_locked(), password="songguo").text == "We keep your notes for six months."


def test_letters_without_names_are_recognised(monkeypatch):
    monkeypatch.setattr("checks.engine.intake.tesseract", lambda: "")
    error = refusal(files.pdf_without_names())
    assert error.reason is IntakeReason.GARBLED_FONTS
    assert error.params["percent"] > 50


@pytest.mark.skipif(not files.has_tesseract(), reason="Tesseract is not installed")
def test_whoever_is_in_a_hurry_is_told_that_it_takes_time():
    for content in (files.pdf_without_names(), files.small_picture(), files.scanned_pdf(files.small_picture())):
        assert refusal(content, patient=False).reason is IntakeReason.NEEDS_TIME


# Pictures


@pytest.mark.skipif(not files.has_tesseract(), reason="Tesseract is not installed")
def test_a_picture_is_read_with_progress_and_places():
    steps = []
    document = read(files.small_picture(), progress=lambda done, total: steps.append((done, total)))
    assert squeezed(document.text) == "松果笔记隐私政策登录日志保存六个月，之后删除。您可以随时注销账号。"
    assert steps == [(0, 1), (1, 1)]
    assert document.layout.pages == (0,)
    assert document.layout.places


def test_whoever_stops_listening_stops_the_reading():
    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    if files.has_tesseract():
        with pytest.raises(Enough):
            read(files.small_picture(), progress=stop)


def test_without_tesseract_a_picture_is_refused_by_name(monkeypatch):
    monkeypatch.setattr("checks.engine.intake.tesseract", lambda: "")
    assert refusal(files.small_picture()).reason is IntakeReason.OCR_MISSING
    assert refusal(files.scanned_pdf(files.small_picture())).reason is IntakeReason.OCR_MISSING


def test_long_pictures_are_cut_at_blank_rows():
    from PIL import Image, ImageDraw

    from checks.engine.readers.ocr import STRIP, strips

    picture = Image.new("L", (300, 20_000), 255)
    draw = ImageDraw.Draw(picture)
    for top in range(0, 20_000, 50):
        draw.rectangle((20, top, 280, top + 34), fill=0)
    cuts = strips(picture)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == 20_000
    assert all(before[1] == after[0] for before, after in pairwise(cuts))
    assert all(bottom - top <= 1.5 * STRIP for top, bottom in cuts)
    assert all(35 <= top % 50 < 50 for top, _ in cuts[1:]), "no line of text is cut"


# Through LibreOffice


@pytest.mark.skipif(not files.has_soffice(), reason="LibreOffice is not installed")
def test_rtf_goes_through_libreoffice():
    document = read(files.rtf())
    assert document.text == "\n".join((files.TITLE, *files.PARAGRAPHS))
    assert document.media_type == "application/rtf"
    assert document.warnings == ("converted",)


def test_without_libreoffice_old_formats_are_refused_by_name(monkeypatch):
    monkeypatch.setattr("checks.engine.intake.soffice", lambda: "")
    error = refusal(files.rtf())
    assert error.reason is IntakeReason.CONVERTER_MISSING
    assert error.params == {"media_type": "application/rtf"}


# Hostile files


def bomb() -> bytes:
    return files.rewritten(files.word(), "word/document.xml", b" " * 60_000_000)


def many_parts() -> bytes:
    return files.zipped({"word/document.xml": b"<a/>", **{f"word/x{i}.xml": b"" for i in range(5100)}})


ENTITIES = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'
DEEP = b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>%s%s</w:document>" % (
    b"<w:body>" * 500,
    b"</w:body>" * 500,
)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bomb, IntakeReason.EXPANDS_TOO_FAR),
        (many_parts, IntakeReason.TOO_MANY_PARTS),
        (lambda: files.rewritten(files.word(), "word/document.xml", ENTITIES), IntakeReason.DECLARES_ENTITIES),
        (lambda: files.rewritten(files.word(), "word/document.xml", DEEP), IntakeReason.TOO_DEEP),
        (lambda: files.rewritten(files.word(), "word/document.xml", b"<w:doc"), IntakeReason.DAMAGED),
        (lambda: files.word()[:-400], IntakeReason.DAMAGED),
        (lambda: files.simple_pdf()[:100], IntakeReason.DAMAGED),
        (lambda: files.simple_pdf(b""), IntakeReason.NO_TEXT),
        (lambda: b"<div>" * 300_000 + "我们".encode(), IntakeReason.TOO_DEEP),
        (lambda: b"<html><body>" + b"<b><p>" * 50_000, IntakeReason.TOO_DEEP),
        (lambda: b"<html><body>" + b"<p>a" * 400_000, IntakeReason.TOO_MANY_PARTS),
        (
            lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            IntakeReason.ENCRYPTED,
        ),
    ],
)  # fmt: skip
def test_hostile_and_broken_files_are_refused_by_name(make, reason):
    assert refusal(make()).reason is reason


@pytest.mark.skipif(not files.has_tesseract(), reason="Tesseract is not installed")
def test_pictures_too_large_to_unpack_are_refused_before_they_are():
    assert refusal(files.png_of(60_000, 60_000)).reason is IntakeReason.TOO_MANY_PIXELS
    assert refusal(files.png_of(4, 4)).reason is IntakeReason.NO_TEXT
    assert refusal(files.png_of(400, 400)).reason is IntakeReason.DAMAGED


# Archives


def test_an_archive_gives_its_files_and_names_what_is_wrong_with_the_rest():
    from checks.engine.intake import archive_members

    content = files.zipped(
        {
            "__MACOSX/._a.txt": b"x",
            "../../etc/a.txt": b"abc",
            "b/.hidden": b"x",
            "b/c.html": b"<p>",
            "bomb.txt": b" " * 30_000_000,
        }
    )
    found = dict(archive_members(content))
    assert found["../../etc/a.txt"] == b"abc"
    assert found["b/c.html"] == b"<p>"
    assert found["bomb.txt"].reason is IntakeReason.EXPANDS_TOO_FAR
    assert len(found) == 3


def test_names_written_by_chinese_windows_are_read():
    from checks.engine.intake import archive_members

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        entry = zipfile.ZipInfo("隐私政策.txt".encode("gb18030").decode("cp437"))
        archive.writestr(entry, "我们")
        written = target.getvalue()
    # zipfile marks every name as UTF-8; Windows does not, and writes the bytes of its own encoding.
    content = target.getvalue() or written
    raw = "隐私政策.txt".encode("gb18030").decode("cp437").encode()
    content = content.replace(raw, "隐私政策.txt".encode("gb18030").ljust(len(raw), b"_"))
    content = content.replace(b"\x14\x00\x00\x08", b"\x14\x00\x00\x00")
    assert next(archive_members(content))[0].startswith("隐私政策.txt")


# The child process


def test_a_reader_that_takes_too_long_is_stopped(monkeypatch):
    from checks.engine.readers import sandbox

    with pytest.raises(IntakeError) as caught:
        sandbox.read_in_child(
            "text/html",
            files.html_page().encode() * 50,
            limits=sandbox.Limits(seconds=0),
            options={"password": None, "patient": True, "tools": {}},
        )
    assert caught.value.reason is IntakeReason.TOOK_TOO_LONG


def test_a_reader_that_needs_too_much_memory_is_stopped():
    from checks.engine.readers import sandbox

    with pytest.raises(IntakeError) as caught:
        sandbox.read_in_child(
            "text/html",
            ("<html>" + "<p>我们收集信息" * 9 + "我们收集信息" * 500_000).encode(),
            limits=sandbox.Limits(memory=90 * sandbox.MEGABYTE),
            options={"password": None, "patient": True, "tools": {}},
        )
    assert caught.value.reason in (IntakeReason.OUT_OF_MEMORY, IntakeReason.READER_FAILED)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes the Linux way")
def test_a_killed_program_leaves_no_reader_behind():
    program = (
        "from checks.engine.readers import sandbox\n"
        "from tests.engine import files\n"
        "sandbox.read_in_child('text/html', files.html_page(copies=4000).encode(), limits=sandbox.Limits(seconds=60),\n"
        "    options={'password': None, 'patient': True, 'tools': {}})\n"
    )
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", program], cwd=root) as parent:
        child = None
        while child is None and parent.poll() is None:
            child = next(iter(children_of(parent.pid)), None)
            time.sleep(0.02)
        assert child, "the reader was never started"
        time.sleep(0.5)
        parent.kill()
    deadline = time.monotonic() + 10
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(child)


def stat(pid):
    """State and parent of a process, None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, UnicodeDecodeError):
        return None
    return fields[0], int(fields[1])


def children_of(pid):
    return [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit() and (stat(p.name) or ("", 0))[1] == pid]


def is_running(pid):
    found = stat(pid)
    return found is not None and found[0] != "Z"


@given(st.text(alphabet="<>/ aptdrlio\"'=&;#x我们收集\t\n", max_size=300))
@settings(deadline=None, max_examples=60)
def test_places_and_spans_of_any_page_lie_in_its_text(source):
    extract = extract_html(source, "utf-8")
    starts = [place[0] for place in extract.places]
    assert starts == sorted(starts)
    assert all(0 <= start < len(extract.text) for start in starts)
    assert all(0 <= start < end <= len(extract.text) for start, end in extract.emphasis)
