import pytest

from checks.engine.conditions import ConditionError, Found, parse_condition

KNOWN = frozenset({"a", "b", "c"})
FOUND = Found({"a": True, "b": False, "c": True}, {"a": 1, "c": 4}, ("a", "b"), {"emails": 2})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", True),
        ("b", False),
        ("!b", True),
        ("a & b", False),
        ("a | b", True),
        ("a & (b | c)", True),
        ("hits(c) >= 4", True),
        ("hits(a, c) > 5", False),
        ("met(a, b, c) = 2", True),
        ("met() >= 2", False),
        ("fact.emails >= 2 & !b", True),
        ("fact.unknown > 0", False),
        ("otherwise", True),
        ("hits(a) != 1", False),
    ],
)
def test_conditions(text, expected):
    assert parse_condition(text, KNOWN)(FOUND) is expected


@pytest.mark.parametrize(
    ("text", "position"),
    [("", 0), ("a &", 3), ("d", 0), ("a b", 2), ("(a", 2), ("hits(d) > 1", 5), ("hits(a)", 7), ("a $", 1)],
)
def test_an_error_points_at_the_place(text, position):
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, KNOWN)
    assert caught.value.position == position
