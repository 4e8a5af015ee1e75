"""Why a rule does not hold in a sentence: which part of it failed, where that part is written, and where to look.

Each reason names a stretch of the rule (half open, in its characters), in Chinese and English words, and, where there
is something to point at, stretches of the text. Nothing is guessed: the matcher that audits use is asked part by part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .entities import Role
from .laboratory import Prepared, Search, Span, joined
from .matching import CONDITIONS, Reading, members
from .polarity import NEGATION, NEGATION_REACH
from .rules import TOPIC_NAMES, AllOf, AnyOf, Context, Flag, Followed, Node, Not, Placed, Polarity, Terms
from .topics import TOPICS


@dataclass(frozen=True, slots=True)
class Reason:
    """A part of a rule that failed. ``places`` are in the text; ``zh`` and ``en`` say the same."""

    code: str
    start: int
    end: int
    places: tuple[Span, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """One line on one sentence; ``marks`` are the places that make it hold, ``reasons`` why it does not."""

    number: int
    text: str
    holds: bool
    marks: tuple[Span, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One sentence: whether the element counts it, each rule's answer, and the ``unless`` lines that take it away.

    ``role`` is heading or contents for a line that rules do not look at.
    """

    start: int
    end: int
    role: str
    hit: bool
    rules: tuple[RuleAnswer, ...]
    taken_by: tuple[RuleAnswer, ...]


# What is said of a part that failed; {part} is the part as written.
_WORDS = {
    "absent": ("句中没有“{part}”的任何用语", "none of the terms of “{part}” stands in the sentence"),
    "none_of": (
        "“{part}”的 {count} 个备选都不成立；最接近的一个缺少：",
        "none of the {count} alternatives of “{part}” holds; the closest one fails like this:",
    ),
    "order": (
        "“{first}”和“{then}”都有，但后者没有出现在前者之后",
        "both “{first}” and “{then}” are there, but the second does not come after the first",
    ),
    "distance": (
        "“{first}”之后 {gap} 字才有“{then}”，规则最多允许 {within} 字",
        "“{then}” stands {gap} character(s) after “{first}”; the rule allows {within} at most",
    ),
    "not_affirmed": ("“{part}”在句中被否定", "“{part}” is negated in the sentence"),
    "not_negated": ("“{part}”在句中没有被否定", "“{part}” is not negated in the sentence"),
    "excepted": (
        "“{part}”虽被否定，但句中另有例外，属于“例外”而不是“否定”",
        "“{part}” is negated, but with an exception: that is 例外, not 否定",
    ),
    "not_excepted": (
        "“{part}”在句中没有“附例外的否定”",
        "“{part}” is not negated with an exception in the sentence",
    ),
    "not_quoted": ("“{part}”不在引号或书名号内", "“{part}” does not stand in quotation marks"),
    "excluded": ("句中有不得出现的“{part}”", "“{part}” stands in the sentence, which the rule forbids"),
    "excluded_condition": ("不得成立的条件“{part}”成立", "the condition “{part}” holds, which the rule forbids"),
    "heading": (
        "所在章节的标题都不符合“{part}”：{seen}",
        "no heading above the sentence matches “{part}”: {seen}",
    ),
    "no_heading": (
        "句子不在任何标题之下，“{part}”无从成立",
        "the sentence stands below no heading, so “{part}” cannot hold",
    ),
    "section": ("同一节的其他句子都不符合“{part}”", "no other sentence of the same section matches “{part}”"),
    "clause": ("同一条款的句子都不符合“{part}”", "no sentence of the same clause matches “{part}”"),
    "near": ("前后 {reach} 句都不符合“{part}”", "no sentence at most {reach} before or after matches “{part}”"),
    "before": ("前 {reach} 句都不符合“{part}”", "none of the {reach} sentences before matches “{part}”"),
    "after": ("后 {reach} 句都不符合“{part}”", "none of the {reach} sentences after matches “{part}”"),
    "document": ("全文没有句子符合“{part}”", "no sentence of the text matches “{part}”"),
    "definition": ("不是定义句，“{part}”不成立", "the sentence defines no term, so “{part}” does not hold"),
    "topic": ("主题不是“{topic}”；模型判断为：{seen}", "the topic is not {topic}; the model says: {seen}"),
    "fact": ("全文没有提取到“{name}”", "the fact {name} was found nowhere in the text"),
    "detail": ("句中没有“{name}”", "the sentence holds no such thing as {name}"),
}
_NONE = ("无", "none")
_TOPIC_ZH = {value: name for name, value in TOPIC_NAMES.items()}


def why_not(search: Search, text: Prepared) -> tuple[Answer, ...]:
    """For every sentence of a (short) text: whether the rules hit it and, for each line that does not hold, why."""
    return tuple(answers(search, text))


def answers(search: Search, text: Prepared) -> Iterator[Answer]:
    reading = search.read(text)
    asked = {Role.BODY, Role.HEADING} if search.headings else {Role.BODY}
    for sentence in text.outline.sentences:
        if sentence.role not in asked:
            yield Answer(sentence.start, sentence.end, sentence.role.value, False, (), ())
            continue
        rules = tuple(_answer(reading, placed, number, sentence.index) for number, placed in enumerate(search.rules))
        taken = tuple(
            answer
            for number, placed in enumerate(search.unless)
            if (answer := _answer(reading, placed, number, sentence.index)).holds
        )
        held = any(answer.holds for answer in rules)
        closest = sorted(rules, key=lambda answer: (not answer.holds, len(answer.reasons), answer.number))
        yield Answer(sentence.start, sentence.end, "", held and not taken, tuple(closest), taken)


def _answer(reading: Reading, placed: Placed, number: int, index: int) -> RuleAnswer:
    found = tuple(_Why(reading, placed, index).of(placed.node))
    marks = ()
    if not found:
        marks = joined(reading.text.to_original(*span) for span in reading.spans(placed.node, index))
    return RuleAnswer(number, placed.text, not found, marks, found)


class _Why:
    """The reasons of one rule on one sentence."""

    def __init__(self, reading: Reading, placed: Placed, index: int):
        self.reading, self.placed, self.index = reading, placed, index

    def reason(self, code: str, node: Node, places=(), **params) -> Reason:
        start, end = self.placed.of(node)
        part = self.placed.written(params.pop("shown", node))
        texts = []
        for language in (0, 1):
            words = {name: value[language] if isinstance(value, tuple) else value for name, value in params.items()}
            texts.append(_WORDS[code][language].format(part=part, **words))
        original = self.reading.text.to_original
        return Reason(code, start, end, joined(original(*span) for span in places), *texts)

    def of(self, node: Node) -> Iterator[Reason]:
        """Why a part of the rule does not hold in the sentence; nothing if it does."""
        if self.holds(node):
            return
        if isinstance(node, Terms):
            yield self.reason("absent", node)
        elif isinstance(node, AllOf):
            for part in node.parts:
                yield from self.condition(part) if isinstance(part, CONDITIONS) else self.of(part)
        elif isinstance(node, AnyOf):
            closest = min((list(self.of(part)) for part in node.parts), key=len)
            yield self.reason("none_of", node, count=len(node.parts))
            yield from closest
        elif isinstance(node, Followed):
            yield from self.followed(node)
        else:
            yield from self.polarity(node)

    def holds(self, node: Node) -> bool:
        return bool(self.reading.where(node) >> self.index & 1)

    def spans(self, node: Node) -> list[Span]:
        return self.reading.spans(node, self.index)

    def followed(self, node: Followed) -> Iterator[Reason]:
        parts = [*self.of(node.first), *self.of(node.then)]
        if parts:
            yield from parts
            return
        first, then = self.spans(node.first), self.spans(node.then)
        words = {"first": self.placed.written(node.first), "then": self.placed.written(node.then)}
        gaps = [(b[0] - a[1], a, b) for a in first for b in then if b[0] >= a[1]]
        if not gaps:
            yield self.reason("order", node, (*first, *then), **words)
            return
        gap, a, b = min(gaps)
        yield self.reason("distance", node, (a, b), gap=gap, within=node.within, **words)

    def polarity(self, node: Polarity) -> Iterator[Reason]:
        inner = list(self.of(node.part))
        if inner:
            yield from inner
            return
        text, spans = self.reading.text, self.spans(node.part)
        seen = {text.polarity(self.index, start) for start, _ in spans}
        code = {"affirmed": "not_affirmed", "excepted": "not_excepted", "quoted": "not_quoted"}.get(node.kind)
        if code is None:
            code = "excepted" if "excepted" in seen else "not_negated"
        signs = self.negations(spans) if code in ("not_affirmed", "excepted") else []
        yield self.reason(code, node, (*spans, *signs), shown=node.part)

    def negations(self, spans: list[Span]) -> list[Span]:
        """The words that negate what stands at these places."""
        normal, start = self.reading.text.normal, int(self.reading.text.starts[self.index])
        found = []
        for at, _ in spans:
            signs = list(NEGATION.finditer(normal, max(start, at - NEGATION_REACH), at))
            found += [sign.span() for sign in signs[-1:]]
        return found

    def condition(self, node: Not | Context | Flag) -> Iterator[Reason]:
        """Why a condition does not hold; nothing if it does."""
        if self.reading.holds(node, self.index):
            return
        if isinstance(node, Not):
            inner = node.part
            if isinstance(inner, Not):  # written !(!A): A itself is missing
                part = inner.part
                yield from self.condition(part) if isinstance(part, CONDITIONS) else self.of(part)
            elif isinstance(inner, CONDITIONS):
                yield self.reason("excluded_condition", node, shown=inner)
            else:
                yield self.reason("excluded", node, self.spans(inner), shown=inner)
        elif isinstance(node, Context):
            yield self.surroundings(node)
        elif node.kind == "topic":
            scores = self.reading.text.topics[self.index]
            seen = [topic for topic, score in zip(TOPICS, scores, strict=True) if score > 0]
            named = ("、".join(_TOPIC_ZH.get(topic, topic) for topic in seen), ", ".join(seen))
            yield self.reason(
                "topic", node, topic=(_TOPIC_ZH.get(node.name, node.name), node.name), seen=named if seen else _NONE
            )
        else:
            yield self.reason(node.kind, node, name=node.name)

    def surroundings(self, node: Context) -> Reason:
        if node.kind != "heading":
            return self.reason(node.kind, node, shown=node.part, reach=node.reach)
        text = self.reading.text
        above = [heading for heading in members(text.heading_mask) if text.below[heading] >> self.index & 1]
        if not above:
            return self.reason("no_heading", node)
        spans = [(int(text.starts[heading]), int(text.ends[heading])) for heading in above]
        titles = [text.original[slice(*text.to_original(*span))].strip() for span in spans if span[1] > span[0]]
        seen = ("；".join(f"“{title[:30]}”" for title in titles), "; ".join(f"“{title[:30]}”" for title in titles))
        return self.reason("heading", node, [span for span in spans if span[1] > span[0]], shown=node.part, seen=seen)
