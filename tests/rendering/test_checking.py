"""A report held against itself: quotes over the end of a page, and data that are anybody's."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rendering.checking import differing_pages, self_check
from checks.rendering.digests import context_digest

HEAD, FOOT = "示例报告 PA-2026-000001\n", "\n第 1 页 SHA-256 "


def context(*quotes):
    data = {
        "number": "PA-2026-000001",
        "template": "v2/standard",
        "digests": {},
        "findings": [{"evidence": [{"number": f"E{n}", "quote": quote} for n, quote in enumerate(quotes, 1)]}],
        "observations": [],
    }
    data["digests"]["context"] = context_digest(data)
    return data


def checked(data, *bodies):
    pages = [HEAD + body + FOOT + data["digests"]["context"] for body in bodies]
    return self_check(pages, json.dumps(data, ensure_ascii=False))


def codes(check):
    return {problem.code for problem in check.problems}


QUOTE = "我们收集您的手机号码，用于创建账号，并在注销后三十日内删除。"


def test_line_breaks_and_spaces_are_no_difference():
    assert not codes(checked(context(QUOTE), "前文" + QUOTE[:9] + " \n " + QUOTE[9:] + "后文"))


@given(cut=st.integers(1, len(QUOTE) - 1))
def test_a_quote_may_go_on_over_the_page(cut):
    assert not codes(checked(context(QUOTE), "前文" + QUOTE[:cut], QUOTE[cut:] + "后文"))


@given(cut=st.integers(1, len(QUOTE) - 1), at=st.integers(0, len(QUOTE) - 1))
def test_one_changed_character_is_seen_wherever_the_page_ends(cut, at):
    printed = QUOTE[:at] + "✗" + QUOTE[at + 1 :]
    check = checked(context(QUOTE), "前文" + printed[:cut], printed[cut:] + "后文")
    assert [(problem.code, problem.where) for problem in check.problems] == [("quotes_differ", ("E1",))]


def test_a_page_without_the_number_or_the_digest_is_named():
    data = context(QUOTE)
    pages = [HEAD + QUOTE + FOOT + data["digests"]["context"], "插入的一页"]
    check = self_check(pages, json.dumps(data, ensure_ascii=False))
    assert {problem.code: problem.where for problem in check.problems} == {
        "number_differs": ("2",),
        "digest_differs": ("2",),
    }


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["digests", "number", "findings", "observations", "evidence", "quote", "context"]) | st.text(), inner)))  # fmt: skip
def test_data_of_any_shape_are_answered(data):
    self_check(["页"], json.dumps(data))


@pytest.mark.parametrize(("theirs", "differing"), [(["甲", "乙"], ()), (["甲", "丙"], (2,)), (["甲"], (2,)), (["甲", "乙", "丁"], (3,))])  # fmt: skip
def test_which_pages_differ(theirs, differing):
    assert differing_pages(["甲", "乙"], theirs) == differing
