"""What a checklist's file must not do: hide paths, swell, loop, run; and every refusal names its place."""

import io
import json
import zipfile

import openpyxl
import pytest

from checks.exchange import packages, workbook
from checks.exchange.packages import read_json, read_zip, unpack, write_json, write_zip
from checks.exchange.refusals import Refused, RefusedAll
from checks.exchange.shape import check_shape
from checks.exchange.workbook import read_workbook, write_workbook

SOURCE = {
    "slug": "demo",
    "version": "1",
    "title_zh": "示例",
    "title_en": "Demo",
    "domains": [{"id": "notice", "title_zh": "告知", "title_en": "Notice"}],
    "instruments": [],
    "groups": {"保存": ["保存", "=留存"]},
    "requirements": [
        {
            "code": "DEMO-1",
            "domain": "notice",
            "title_zh": "@标题",
            "legal_basis": [],
            "elements": [{"id": "a", "title_zh": "甲", "rules": ["-保存"], "examples": {"match": ["=HYPERLINK(1)"]}}],
            "decide": {"compliant": "+写明。"},
        }
    ],
}


def zipped(files):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def edited(change):
    """The demo's workbook after somebody worked on it in a spreadsheet."""
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(SOURCE)))
    change(book)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def refusals(content):
    with pytest.raises(RefusedAll) as caught:
        read_workbook(content)
    return [(refusal.file, refusal.where, refusal.code) for refusal in caught.value.refusals]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"../checklist.yaml": "a: 1"}, "bad_path"),
        ({"/checklist.yaml": "a: 1"}, "bad_path"),
        ({"checklist.yaml": "a: 1", "deep/A-1.yaml": "a: 1"}, "strange_file"),
        ({"checklist.yaml": "a: 1", "run.sh": "rm"}, "strange_file"),
        ({"a/checklist.yaml": "a: 1", "b/checklist.yaml": "a: 1"}, "several_checklists"),
        ({"other.yaml": "a: 1"}, "no_checklist_yaml"),
        ({"checklist.yaml": "requirements: []", "A-1.yaml": "code: A-1"}, "file_not_listed"),
        ({"checklist.yaml": "requirements: [A-1]"}, "file_missing"),
        ({"checklist.yaml": "requirements: [../../etc/passwd]"}, "bad_code"),
        ({"checklist.yaml": "a: &x [1]\nb: [*x , *x ]\nrequirements: []"}, "yaml_alias"),
        ({"checklist.yaml": "a: !!python/object/apply:os.system [ls]"}, "not_yaml"),
        ({"checklist.yaml": b"\xff\xfe\x00"}, "not_utf8"),
        ({"checklist.yaml": "requirements: [A-1]", "A-1.yaml": "code: A-2"}, "code_is_not_file"),
    ],
)
def test_a_strange_zip_is_refused(files, code):
    with pytest.raises(Refused) as caught:
        read_zip(zipped(files))
    assert caught.value.code == code


def test_a_bomb_is_refused_before_it_goes_off():
    with pytest.raises(Refused, match="content_too_large"):
        unpack(zipped({f"A-{n}.yaml": b" " * 1_900_000 for n in range(20)} | {"checklist.yaml": b""}))
    with pytest.raises(Refused, match="file_too_large"):
        unpack(zipped({"checklist.yaml": b" " * (packages.LARGEST_FILE + 1)}))
    assert refusals(zipped({"xl/big.xml": b" " * (workbook.LARGEST_CONTENT + 1)})) == [
        ("XLSX", "", "content_too_large")
    ]


def test_a_zip_that_lies_about_its_sizes_is_refused():
    content = bytearray(zipped({"checklist.yaml": b"a: 1" * 1000}))
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = (3).to_bytes(4, "little")
    with pytest.raises(Refused):
        read_zip(bytes(content))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all", zipped({"a.txt": "b"})])
def test_what_is_no_file_of_ours_is_refused(content):
    with pytest.raises(Refused):
        read_zip(content)
    with pytest.raises(Refused):
        read_json(content)
    assert refusals(content) == [("XLSX", "", "not_xlsx")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 100_000, "too_deep"),
        ('{"a": 1, "a": 2}', "not_json"),
        ('{"format": "policyaudit-checklist", "schema": 1, "checklist": {"a": NaN}}', "not_json"),
        ('{"format": "other"}', "not_a_checklist"),
        ('{"format": "policyaudit-checklist", "schema": 2}', "unknown_schema"),
        ('{"format": "policyaudit-checklist", "schema": 1, "checklist": {}, "extra": 1}', "unknown_key"),
    ],
)
def test_strange_json_is_refused(text, code):
    with pytest.raises(Refused) as caught:
        read_json(text.encode())
    assert caught.value.code == code


def test_packages_carry_the_digest_they_claim():
    assert read_zip(write_zip(SOURCE, "ab12")).digest == "ab12"
    assert read_json(write_json(SOURCE, "AB12")).digest == "ab12"
    without = {
        name.split("/")[1]: text for name, text in _files(write_zip(SOURCE, "x")).items() if "manifest" not in name
    }
    assert read_zip(zipped(without)).digest == ""


def _files(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_no_cell_is_a_formula():
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(SOURCE)))
    awkward = []
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                if isinstance(cell.value, str) and cell.value[:1] in tuple("=+-@"):
                    awkward.append(cell)
    assert {cell.value for cell in awkward} == {"@标题", "-保存", "=HYPERLINK(1)", "+写明。"}
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in awkward)


def test_an_edited_workbook_is_read():
    def change(book):
        book["requirements"]["E3"] = "新标题"
        book["checklist"]["B4"] = 2
        book["examples"].append(["DEMO-1", "element", "a", "no_match", "不保存。"])
        book["elements"]["F3"] = "是"
        for column in "ABCDE":
            book["rules"][f"{column}9"] = {"A": "DEMO-1", "B": "element", "C": "a", "D": "unless", "E": "丙"}[column]

    back = read_workbook(edited(change))
    entry = back["requirements"][0]
    assert (entry["title_zh"], back["version"]) == ("新标题", "2")
    element = entry["elements"][0]
    assert element["examples"]["no_match"] == ["不保存。"]
    assert element["required"] is True
    assert element["unless"] == ["丙"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda book: book["rules"].__setitem__("E3", "=1+1"), ("rules", "E3", "formula")),
        (lambda book: book["requirements"].__setitem__("B1", "domian"), ("requirements", "B1", "strange_column")),
        (lambda book: book["requirements"].__setitem__("A3", None), ("requirements", "A3", "code_missing")),
        (lambda book: book["elements"].__setitem__("F3", "maybe"), ("elements", "F3", "flag_expected")),
        (lambda book: book["elements"].__setitem__("B3", "elment"), ("elements", "B3", "unknown_part")),
        (lambda book: book["rules"].__setitem__("A3", "DEMO-2"), ("rules", "C3", "unknown_element")),
        (lambda book: book["rules"].__setitem__("D3", "rule"), ("rules", "D3", "unknown_kind")),
        (lambda book: book["legal_bases"].append(["DEMO-9", "X"]), ("legal_bases", "A3", "unknown_requirement")),
        (lambda book: book["checklist"].__setitem__("B4", 2026.1), ("checklist", "B4", "number_for_text")),
        (lambda book: book["requirements"].__setitem__("E3", "\\oops"), ("requirements", "E3", "bad_backslash")),
        (lambda book: book["rules"].__setitem__("Z3", "x"), ("rules", "Z3", "outside_columns")),
        (lambda book: book.create_sheet("notes"), ("notes", "", "strange_sheet")),
        (lambda book: book.remove(book["scales"]), ("scales", "", "sheet_missing")),
        (lambda book: book["verdicts"].append(["DEMO-1", "maybe", "a"]), ("verdicts", "B3", "unknown_verdict")),
    ],
)
def test_what_is_not_understood_is_named_by_sheet_row_and_column(change, refusal):
    assert refusal in refusals(edited(change))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"domains": "notice"}, "domains"),
        ({"groups": {"保存": "保存"}}, "groups › 保存"),
        ({"requirements": [1]}, ""),
        ({"requirements": [{"code": "A", "elements": [{"id": "a", "rules": "x"}]}]}, "elements › a › rules"),
        ({"requirements": [{"code": "A", "confidence": {"compliant": "0.5"}}]}, "confidence › compliant"),
        ({"requirements": [{"code": "A", "title_zh": "字" * 201}]}, "title_zh"),
        ({"requirements": [{"code": "A", "question_zh": None}]}, "question_zh"),
        ({"requirements": [{"code": "A", "note_zh": "a\0b"}]}, "note_zh"),
    ],
)
def test_content_of_another_shape_is_refused_by_its_place(change, where):
    with pytest.raises(RefusedAll) as caught:
        check_shape(json.loads(json.dumps({**SOURCE, **change})))
    assert where in [refusal.where for refusal in caught.value.refusals]
