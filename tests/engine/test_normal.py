import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.normal import normal_term, normalise


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("个 人　信\u200b息", "个人信息"),
        ("ＩＭＥＩ、Android ID", "imei,androidid"),
        ("（１）“同意”；", '(1)"同意";'),
        ("一行\r\n断开", "一行断开"),
        ("帐户共亨末经你", "账户共享未经您"),
        ("我們會蒐集您的個人資料與帳號", "我们会蒐集您的个人资料与账号"),
    ],
)
def test_the_same_words_look_the_same(written, compared):
    assert normalise(written).text == compared
    assert normal_term(written) == compared


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_every_character_knows_where_it_came_from(text):
    normal = normalise(text)
    assert len(normal.text) == len(normal.origin)
    assert list(normal.origin) == sorted(set(normal.origin))
    for char, origin in zip(normal.text, normal.origin, strict=True):
        assert normal_term(text[origin]) == char
