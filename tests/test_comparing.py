from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.comparing import compare_checklists, compare_texts, compare_values, counts_of
from checks.engine import load_shipped


@given(st.text(alphabet="收集使用信息ab 。\n", max_size=40), st.text(alphabet="收集使用信息ab 。\n", max_size=40))
def test_both_texts_can_be_read_from_the_comparison(before, after):
    pieces = compare_texts(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_words_are_compared_as_words():
    pieces = compare_texts("我们收集手机号 for login", "我们收集设备号 for signing")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "我们收集"), ("removed", "手机"), ("added", "设备"), ("same", "号 for "),
        ("removed", "login"), ("added", "signing"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def shipped():
    return load_shipped().source


def test_nothing_differs_from_itself(shipped):
    head, changes = compare_checklists(shipped, deepcopy(shipped))
    assert (head, counts_of(changes)["same"]) == ((), len(shipped["requirements"]))


def test_each_requirement_is_told_by_what_happened_to_it(shipped):
    after = deepcopy(shipped)
    entries = after["requirements"]
    removed = entries.pop(3)
    entries[5]["elements"][0]["rules"].append("收集 & 位置")
    entries[6]["severity"] = "advisory"
    entries.append({**deepcopy(entries[0]), "code": "NEW-1"})
    entries.insert(0, entries.pop(20))
    after["title_zh"] += "（试行）"
    head, changes = compare_checklists(shipped, after)
    assert [change.path for change in head] == [("title_zh",)]
    assert counts_of(changes) == {"added": 1, "removed": 1, "changed": 2, "moved": 1, "same": 76}
    found = {change.code: change for change in changes}
    assert found[removed["code"]].kind == "removed"
    first = found[shipped["requirements"][6]["code"]].fields
    assert [field.path for field in first] == [
        ("elements", shipped["requirements"][6]["elements"][0]["id"], "rules")
    ]  # fmt: skip


def test_elements_are_compared_by_their_ids():
    before = [{"id": "a", "rules": ["x"]}, {"id": "b", "rules": ["y"]}]
    after = [{"id": "b", "rules": ["y"]}, {"id": "a", "rules": ["z"]}]
    assert [change.path for change in compare_values({"elements": before}, {"elements": after})] == [
        ("elements", "a", "rules"), ("elements", "order"),
    ]  # fmt: skip
