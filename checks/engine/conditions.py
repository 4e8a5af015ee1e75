"""Conditions over what was found, e.g. ``legal_name & contact`` or ``hits(open_ended) >= 3``: when a verdict holds.

Names are ids of elements and signals (true when found); ``fact.NAME`` is a number from the facts; ``hits(ID)`` counts
the sentences found for one, ``met(A, B, …)`` how many of those named were found, ``met()`` how many required elements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

_TOKEN = re.compile(r"\s*(?:(>=|<=|!=|>|<|=)|([&|!(),])|(\d+(?:\.\d+)?)|([A-Za-z_][\w.]*))")
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "=": lambda a, b: a == b,
}


class ConditionError(ValueError):
    """A condition that cannot be read; ``position`` is the index of the character where reading stopped."""

    def __init__(self, text: str, position: int, expected: str):
        self.text, self.position, self.expected = text, position, expected
        super().__init__(f"at character {position + 1}: expected {expected}")


class Found(NamedTuple):
    """What a condition is asked about."""

    met: dict[str, bool]  # id of element, signal or trigger → whether it counts as found
    hits: dict[str, int]  # id → sentences or places found
    required: Sequence[str]
    facts: dict[str, float]


Condition = Callable[[Found], bool]


class _Parser:
    def __init__(self, text: str, known: frozenset[str]):
        self.text, self.known = text, known
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        while text[at:].strip():
            match = _TOKEN.match(text, at)
            if not match:
                raise ConditionError(text, at, "a name, a number or one of & | ! ( )")
            kind = ("compare", "sign", "number", "name")[match.lastindex - 1]
            self.tokens.append((kind, match[match.lastindex], match.start(match.lastindex)))
            at = match.end()
        self.at = 0

    def fail(self, expected: str):
        position = self.tokens[self.at][2] if self.at < len(self.tokens) else len(self.text)
        raise ConditionError(self.text, position, expected)

    def take(self, value: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1] == value:
            self.at += 1
            return True
        return False

    def either(self) -> Condition:
        parts = [self.both()]
        while self.take("|"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else _any(parts)

    def both(self) -> Condition:
        parts = [self.unit()]
        while self.take("&"):
            parts.append(self.unit())
        return parts[0] if len(parts) == 1 else _all(parts)

    def unit(self) -> Condition:
        if self.take("!"):
            part = self.unit()
            return lambda found: not part(found)
        if self.take("("):
            part = self.either()
            if not self.take(")"):
                self.fail(")")
            return part
        return self.comparison()

    def comparison(self) -> Condition:
        value, is_number = self.value()
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "compare":
            compare = _COMPARE[self.tokens[self.at][1]]
            self.at += 1
            if self.at < len(self.tokens) and self.tokens[self.at][0] == "number":  # as nearly always
                number, _ = float(self.tokens[self.at][1]), self.value()
                return lambda found: compare(value(found), number)
            other, _ = self.value()
            return lambda found: compare(value(found), other(found))
        if is_number:
            self.fail("a comparison such as >= 3")
        name = self.tokens[self.at - 1][1]
        return value if name in self.known else lambda found: bool(value(found))

    def value(self) -> tuple[Callable[[Found], float], bool]:
        if self.at >= len(self.tokens):
            self.fail("a name or a number")
        kind, word, _ = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            number = float(word)
            return (lambda found: number), True
        if kind != "name":
            self.fail("a name or a number")
        self.at += 1
        if word == "otherwise":
            return (lambda found: 1), False
        if word in ("hits", "met") and self.take("("):
            return self.counted(word), True
        if word.startswith("fact."):
            name = word.removeprefix("fact.")
            return (lambda found: found.facts.get(name, 0)), True
        if word not in self.known:
            self.at -= 1
            self.fail(f"an id of this requirement; there is no “{word}”")
        return (lambda found: found.met.get(word, False)), False

    def counted(self, word: str) -> Callable[[Found], float]:
        names: list[str] = []
        while not self.take(")"):
            if self.at >= len(self.tokens) or self.tokens[self.at][1] not in self.known:
                self.fail("an id of this requirement or )")
            names.append(self.tokens[self.at][1])
            self.at += 1
            self.take(",")
        if word == "hits" and len(names) == 1:
            name = names[0]
            return lambda found: found.hits.get(name, 0)
        if word == "hits":
            return lambda found: sum(found.hits.get(name, 0) for name in names)
        return lambda found: sum(1 for name in names or found.required if found.met.get(name))


def _any(parts: list[Condition]) -> Condition:
    if len(parts) == 2:  # as nearly always: asked without a generator, which costs more than they do
        one, other = parts
        return lambda found: one(found) or other(found)
    return lambda found: any(part(found) for part in parts)


def _all(parts: list[Condition]) -> Condition:
    if len(parts) == 2:
        one, other = parts
        return lambda found: one(found) and other(found)
    return lambda found: all(part(found) for part in parts)


def parse_condition(text: str, known: frozenset[str]) -> Condition:
    """A function that says whether the condition holds. ``known`` are the ids it may name. Raises ConditionError."""
    parser = _Parser(text, known)
    condition = parser.either()
    if parser.at < len(parser.tokens):
        parser.fail("& | or the end")
    return condition
