"""A short run of what ``make fuzz`` does for longer."""

import contextlib
import io
import os
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import read_document
from checks.engine.readers.docx import read_docx
from checks.engine.readers.extract import Writer
from checks.engine.readers.html import extract_html
from checks.engine.readers.lines import Line, Page, Piece, write_pages
from checks.engine.readers.refusals import IntakeError
from checks.engine.readers.sandbox import CHILD
from checks.engine.readers.tables import find_tables

from . import mutation

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", 25))
quick = settings(deadline=None, max_examples=EXAMPLES)


def test_broken_files_are_read_or_refused_by_name():
    result = mutation.run(float(os.environ.get("FUZZ_SECONDS", 6)), seed=20261125)
    assert not result.failures, mutation.table(result)
    assert result.tried


SLOW = {
    "comments": b"<html>" + b"<!--" * 100_000,
    "scripts": b"<html>" + b"<script>" * 50_000,
    "open tags": b"<html>" + b"<" * 300_000,
    "style sheet without rules": b"<html><style>" + b"a" * 400_000 + b"</style><p>x",
    "style": b"<html><p style='" + b"text-decoration:" * 30_000 + b"'>x",
    "brackets": b"# a\n\n" + b"[" * 400_000,
    "stars": b"# a\n" + b"**a" * 130_000,
    "pipes": b"|" * 400_000,
    "blank lines": b"a" + b"\n" * 400_000,
    "no encoding": bytes(range(128, 256)) * 3000,
    "menus in menus": b"<html>" + "<div class=nav>我们".encode() * 140,
    "cells": b"<html><table>" + b"<tr><td>a<td>b" * 4000,
    "a directory of a million entries": b"PK\x03\x04" + b"PK\x01\x02" * 100_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_what_is_built_to_be_slow_is_not(name):
    busy = time.process_time()
    with contextlib.suppress(IntakeError):
        read_document(SLOW[name], name=name)
    assert time.process_time() - busy < 5, "the time grows faster than the file"


def test_the_child_reaches_no_network():
    """What a library in the child could reach, were it to try: not even this machine, where the kernel allows."""
    import subprocess
    import sys

    program = (
        "import importlib.util, ctypes, socket, sys\n"
        f"spec = importlib.util.spec_from_file_location('child', {str(CHILD)!r})\n"
        "child = importlib.util.module_from_spec(spec); spec.loader.exec_module(child)\n"
        "allowed = ctypes.CDLL(None).unshare(0x10000000 | 0x40000000) == 0\n"
        "child.isolate(); print('isolated' if allowed else 'kernel says no')\n"
        "child.forbid_connections()\n"
        "try: socket.create_connection(('127.0.0.1', int(sys.argv[1])), 1)\n"
        "except PermissionError: print('refused')\n"
    )
    with mutation.canary() as (address, calls):
        port = address.rsplit(":", 1)[1].strip("/")
        done = subprocess.run([sys.executable, "-c", program, port], capture_output=True, text=True, check=False)
    assert "refused" in done.stdout, done.stderr
    assert not calls


TAGS = ["p", "r", "t", "tbl", "tr", "tc", "ins", "del", "sdt", "sdtContent", "hyperlink", "pPr", "numPr", "rPr", "br",
        "tab", "fldChar", "instrText", "tcPr", "vMerge", "txbxContent", "drawing", "footnote"]  # fmt: skip
elements = st.recursive(
    st.sampled_from(
        ["<w:t>我们</w:t>", "<w:tab/>", "<w:br/>", '<w:vMerge w:val="restart"/>', "文字", '<w:ilvl w:val="x"/>']
    ),
    lambda inner: st.builds(
        lambda tag, parts: f"<w:{tag}>{''.join(parts)}</w:{tag}>", st.sampled_from(TAGS), st.lists(inner, max_size=4)
    ),
    max_leaves=40,
)


@given(st.lists(elements, max_size=6))
@quick
def test_any_tree_of_words_elements_is_read(parts):
    xml = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"{''.join(parts)}</w:body></w:document>"
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", xml)
    try:
        extract = read_docx(target.getvalue())
    except IntakeError:
        return
    assert all(0 <= place[0] < len(extract.text) for place in extract.places)


coordinates = st.floats(-50, 900, allow_nan=False)
a_line = st.builds(
    lambda text, left, top, width, height, row: Line(
        [Piece(text)], left, top, left + abs(width), top + abs(height), abs(height) or 1.0, row=row
    ),
    st.text(alphabet="我们收集，。1.一、 abc（）第页\t", min_size=1, max_size=12),
    coordinates, coordinates, coordinates, coordinates, st.booleans(),
)  # fmt: skip


@given(st.lists(st.lists(a_line, max_size=12), max_size=4))
@quick
def test_lines_anywhere_become_text_with_pages(pages):
    writer = Writer()
    count = sum(map(len, pages))
    write_pages([Page(600, 800, lines) for lines in pages], writer)
    extract = writer.extract("x")
    assert len(extract.pages) == len(pages)
    assert extract.pages == sorted(extract.pages)
    assert extract.text.count("\n") <= count


rules = st.lists(st.tuples(coordinates, coordinates, coordinates), max_size=30)


@given(rules, rules)
@quick
def test_rules_anywhere_make_tables_or_none(across, down):
    for table in find_tables(across, down):
        assert table.left < table.right
        assert table.top < table.bottom


@given(st.text(max_size=2000))
@quick
def test_any_text_is_a_page(source):
    extract_html(source, "utf-8")
