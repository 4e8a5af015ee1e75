import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import IntakeError, IntakeReason, document_from_text, read_document
from checks.engine.intake import MAX_BYTES, MAX_FILE_BYTES
from checks.engine.readers.html import extract_html

from .samples import POLICIES, policy


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("name", ["good_2026.txt", "old_style.txt"])
def test_encodings_give_the_same_text(name, encoding):
    text = policy(name)
    assert read_document(text.encode(encoding, "ignore"), name=name).text == text.encode(encoding, "ignore").decode(
        encoding
    )


def test_big5_is_recognised():
    text = (
        "隱私政策\n我們會收集您的個人資料，並且在您同意之後使用。您可以隨時撤回同意，我們不會將資料提供給第三方。\n" * 3
    )
    document = read_document(text.encode("big5"), name="tw.txt")
    assert document.text == text
    assert document.encoding == "big5"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", IntakeReason.EMPTY),
        (b"  \r\n\t", IntakeReason.EMPTY),
        (b"%PDF-1.7 ...", IntakeReason.DAMAGED),
        (b"PK\x03\x04....", IntakeReason.UNSUPPORTED_TYPE),
        (b"GIF89a\0\0", IntakeReason.UNSUPPORTED_TYPE),
        (b"\x7fELF\2\1\1\0", IntakeReason.UNSUPPORTED_TYPE),
        (b"%PDF-1.7" + b"a" * MAX_FILE_BYTES, IntakeReason.TOO_LARGE),
        (bytes(range(128, 256)) * 40, IntakeReason.UNDECODABLE),
        ("。，、——".encode(), IntakeReason.NO_TEXT),
        (b"<html><body><script>var a = 1</script></body></html>", IntakeReason.NO_TEXT),
        (b"a" * (MAX_BYTES + 1), IntakeReason.TOO_LARGE),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(content, reason):
    with pytest.raises(IntakeError) as caught:
        read_document(content, name="policy.txt")
    assert caught.value.reason is reason


def test_type_is_told_by_content_not_by_name():
    assert (
        read_document("<html><body><p>我们收集信息</p></body></html>".encode(), name="a.txt").media_type == "text/html"
    )


def test_a_page_is_read_in_order_without_navigation_scripts_and_hidden_parts():
    document = read_document((POLICIES / "saved_page.html").read_bytes(), name="saved_page.html")
    assert document.media_type == "text/html"
    assert "<" not in document.text
    assert "function" not in document.text
    assert "hidden_text_left_out" in document.warnings


def test_html_lines_follow_blocks_not_inline_elements():
    extract = extract_html(
        "<body><h2>一、收<b>集</b></h2><p>第一段<br>第二段</p><table><tr><td>甲</td><td>乙</td></tr></table>"
        "<nav>首页</nav><p style='display:none'>藏</p></body>",
        "utf-8",
    )
    assert extract.text == "一、收集\n第一段\n第二段\n甲\t乙"
    assert extract.notices == {"navigation_left_out": 1, "hidden_text_left_out": 1}


def test_pasted_text_is_hashed_as_utf8_and_kept_as_it_is():
    import hashlib

    document = document_from_text("我们 收集\r\n信息", name="paste")
    assert document.text == "我们 收集\r\n信息"
    assert document.sha256 == hashlib.sha256("我们 收集\r\n信息".encode()).hexdigest()


def test_nul_becomes_visible_damage():
    document = document_from_text("我们\x00收集", name="paste")
    assert document.text == "我们\ufffd收集"
    assert document.warnings == ("replaced_characters",)
    assert document.counts == {"replaced_characters": 1}


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    try:
        document = read_document(content, name="x")
    except IntakeError as error:
        assert error.reason in IntakeReason
    else:
        assert document.text
        assert "\x00" not in document.text
