"""The rule language: parse, explain. ``docs/rules.md`` is its reference for those who write rules.

A rule is one line that is true or false of one sentence::

    肯定({收集}) ..12 {位置} & !{定义词}        affirmed collecting, then within 12 characters a word for location
    {撤回} & [同意|授权] & 标题({权利})          in one sentence, in any order, below a heading about rights

Operators, from weak to strong: ``|`` or, ``&`` and (same sentence, any order), ``..`` followed by (``..8``: within
8 characters, ``..0``: at once, also written ``[修订|更新]后`` without a space), ``!`` not. ``{name}`` is a group of
terms kept once for the whole checklist, ``[a|b]`` one written on the spot. Full-width signs are the same signs.
There are no regular expressions in it and nothing backtracks: reading a rule and matching it are linear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .details import DETAILS
from .normal import normal_term

POLARITY = {"肯定": "affirmed", "否定": "negated", "例外": "excepted", "引号": "quoted"}
CONTEXT = {
    "标题": "heading",
    "本节": "section",
    "本款": "clause",
    "附近": "near",
    "前文": "before",
    "后文": "after",
    "全文": "document",
}
FLAGS = {"定义": "definition"}
NAMED = {"主题": "topic", "事实": "fact", "含": "detail"}
TOPIC_NAMES = {
    "收集": "collection",
    "使用": "use",
    "共享": "sharing",
    "权限": "permission",
    "权利": "control",
    "安全": "security",
    "保存": "retention",
    "特殊人群": "special_audience",
    "变更": "change",
    "联系": "contact",
    "停运": "cessation",
}
DEFAULT_REACH = 2  # sentences looked at by 附近, 前文, 后文 when no number is given
OPERATORS = set('|&!(){}[]"')
FULL_WIDTH = str.maketrans("｜＆！（）｛｝［］＂“”", '|&!(){}[]"""')


class RuleError(ValueError):
    """A rule that cannot be read. ``position`` is the index of the offending character in the rule."""

    def __init__(self, rule: str, position: int, expected: str):
        self.rule, self.position, self.expected = rule, position, expected
        super().__init__(f"at character {position + 1}: expected {expected}")


@dataclass(frozen=True, slots=True)
class Terms:
    """Any of these terms; ``name`` is set for a named group."""

    terms: tuple[str, ...]  # as they are looked for
    name: str = ""
    words: tuple[str, ...] = ()  # as they were written


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple


@dataclass(frozen=True, slots=True)
class Followed:
    first: object
    then: object
    within: int | None  # characters between the two, None: any distance in the sentence


@dataclass(frozen=True, slots=True)
class Not:
    part: object


@dataclass(frozen=True, slots=True)
class Polarity:
    kind: str  # affirmed, negated, excepted, quoted
    part: object


@dataclass(frozen=True, slots=True)
class Context:
    kind: str
    reach: int
    part: object


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition without a rule inside: definition, topic, fact, detail; ``name`` says which one of its kind."""

    kind: str
    name: str = ""


Node = Terms | AnyOf | AllOf | Followed | Not | Polarity | Context | Flag


class _Parser:
    def __init__(self, rule: str, groups: dict[str, tuple[str, ...]]):
        self.rule, self.text, self.at, self.groups = rule, rule.translate(FULL_WIDTH), 0, groups

    def fail(self, expected: str, position: int | None = None):
        raise RuleError(self.rule, self.at if position is None else position, expected)

    def skip(self):
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self, sign: str) -> bool:
        self.skip()
        return self.text.startswith(sign, self.at)

    def take(self, sign: str) -> bool:
        if self.peek(sign):
            self.at += len(sign)
            return True
        return False

    def parse(self) -> Node:
        node = self.either()
        self.skip()
        if self.at < len(self.text):
            self.fail("an operator (| & ..) or the end of the rule")
        if isinstance(node, (Not, Context, Flag)) or not anchors(node):
            self.fail("at least one term that must stand in the sentence itself", 0)
        return node

    def either(self) -> Node:
        parts = [self.both()]
        while self.take("|"):
            parts.append(self.both())
        if len(parts) == 1:
            return parts[0]
        for part in parts:
            if not anchors(part):
                self.fail("a term in each alternative; conditions go beside a term with &")
        if all(isinstance(part, Terms) and not part.name for part in parts):
            return _merge(parts)
        return AnyOf(tuple(parts))

    def both(self) -> Node:
        parts = [self.sequence()]
        while self.take("&"):
            parts.append(self.sequence())
        if len(parts) == 1:
            return parts[0]
        if not any(anchors(part) for part in parts):
            self.fail("at least one term beside the conditions")
        return AllOf(tuple(parts))

    def sequence(self) -> Node:
        node = self.unit()
        while (touching := self.touches()) or self.take(".."):
            start = self.at
            while not touching and self.at < len(self.text) and self.text[self.at].isdigit():
                self.at += 1
            within = 0 if touching else int(self.text[start : self.at]) if self.at > start else None
            position = self.at
            then = self.unit()
            if not anchors(node) or not anchors(then):
                self.fail("terms on both sides of ..", position)
            node = Followed(node, then, within)
        return node

    def touches(self) -> bool:
        """Whether the next unit is written against the last one: [修订|更新]后 means ``..0``."""
        rest = self.text[self.at : self.at + 2]
        apart = self.text[self.at - 1 : self.at].isspace() or rest[:1].isspace()
        return bool(rest) and not apart and rest[0] not in "|&!)]}" and rest != ".."

    def unit(self) -> Node:
        self.skip()
        if self.at >= len(self.text):
            self.fail("a term, {group} or (")
        if self.take("!"):
            if self.peek("!"):
                self.fail("one ! only")
            return Not(self.unit())
        if self.take("("):
            return self.closed(self.either(), ")")
        if self.take("{"):
            return self.group()
        if self.take("["):
            return self.closed(self.alternatives(), "]")
        if self.peek('"'):
            return self.term(self.quoted())
        word = self.word()
        if self.peek("("):
            return self.call(word)
        return self.term(word)

    def closed(self, node: Node, sign: str) -> Node:
        if not self.take(sign):
            self.fail(sign)
        return node

    def word(self) -> str:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in OPERATORS or char.isspace() or self.text.startswith("..", self.at):
                break
            self.at += 1
        if self.at == start:
            self.fail("a term")
        return self.text[start : self.at]

    def quoted(self) -> str:
        self.at += 1
        end = self.text.find('"', self.at)
        if end < 0:
            self.fail('a closing "', len(self.text))
        word, self.at = self.text[self.at : end], end + 1
        return word

    def term(self, word: str) -> Terms:
        wanted = normal_term(word)
        if not wanted:
            self.fail("a term with at least one visible character")
        return Terms((wanted,), "", (word,))

    def alternatives(self) -> Terms:
        parts = []
        while True:
            self.skip()
            if self.take("{"):
                parts.append(self.group())
            else:
                parts.append(self.term(self.quoted() if self.peek('"') else self.word()))
            if not self.take("|"):
                return _merge(parts)

    def group(self) -> Terms:
        start = self.at
        end = self.text.find("}", start)
        if end < 0:
            self.fail("}", len(self.text))
        name = self.text[start:end].strip()
        if name not in self.groups:
            self.fail(f"the name of a term group; there is no group “{name}”", start)
        self.at = end + 1
        words = self.groups[name]
        return Terms(tuple(sorted({normal_term(word) for word in words})), name, tuple(words))

    def call(self, word: str) -> Node:
        start = self.at - len(word)
        name = word.rstrip("0123456789")
        reach = int(word[len(name) :]) if word != name else DEFAULT_REACH
        self.take("(")
        if name in FLAGS:
            return self.closed(Flag(FLAGS[name]), ")")
        if name in NAMED:
            return self.closed(self.named(NAMED[name]), ")")
        if name not in POLARITY and name not in CONTEXT:
            known = " ".join([*POLARITY, *CONTEXT, *FLAGS, *NAMED])
            self.fail(f"one of {known} before (", start)
        inner = self.either()
        self.closed(inner, ")")
        if not anchors(inner):
            self.fail("a term inside the brackets", start)
        if name in POLARITY:
            return Polarity(POLARITY[name], inner)
        return Context(CONTEXT[name], reach, inner)

    def named(self, kind: str) -> Flag:
        start = self.at
        name = self.word()
        if kind == "topic":
            if name not in TOPIC_NAMES:
                self.fail("one of the topics " + " ".join(TOPIC_NAMES), start)
            return Flag(kind, TOPIC_NAMES[name])
        if kind == "detail":
            if name not in DETAILS:
                self.fail("one of the details " + " ".join(DETAILS), start)
            return Flag(kind, name)
        if not name.isascii() or not name.isidentifier():
            self.fail("the name of a fact, such as emails", start)
        return Flag(kind, name)


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule's tree that remembers where each of its parts was written: half open, in characters of the rule."""

    text: str
    node: Node
    spans: dict[int, tuple[int, int]]  # by identity: equal parts may be written twice

    def of(self, node: Node) -> tuple[int, int]:
        """Where a part stands in the rule; a part that only joins others reaches from the first to the last."""
        span = self.spans.get(id(node))
        if span is None:
            inner = [self.spans[id(part)] for part in nodes_of(node) if id(part) in self.spans]
            span = min((start for start, _ in inner), default=0), max((end for _, end in inner), default=0)
        return span

    def written(self, node: Node) -> str:
        start, end = self.of(node)
        return self.text[start:end]


class _PlacingParser(_Parser):
    def __init__(self, rule: str, groups: dict[str, tuple[str, ...]]):
        super().__init__(rule, groups)
        self.spans: dict[int, tuple[int, int]] = {}

    def placed(self, read) -> Node:
        self.skip()
        start = self.at
        node = read()
        end = start + len(self.text[start : self.at].rstrip())
        self.spans.setdefault(id(node), (start, end))
        return node

    def either(self) -> Node:
        return self.placed(super().either)

    def both(self) -> Node:
        return self.placed(super().both)

    def sequence(self) -> Node:
        return self.placed(super().sequence)

    def unit(self) -> Node:
        return self.placed(super().unit)


def parse_placed(rule: str, groups: dict[str, tuple[str, ...]]) -> Placed:
    """The tree of a rule with the places of its parts. Raises RuleError with the place, as ``parse_rule`` does."""
    parser = _PlacingParser(rule, groups)
    return Placed(rule, parser.parse(), parser.spans)


def _merge(parts: list[Terms]) -> Terms:
    words = tuple(dict.fromkeys(word for part in parts for word in part.words))
    return Terms(tuple(sorted({term for part in parts for term in part.terms})), "", words)


def parse_rule(rule: str, groups: dict[str, tuple[str, ...]]) -> Node:
    """The tree of a rule. ``groups`` maps each group's name to its terms. Raises RuleError with the place."""
    return _Parser(rule, groups).parse()


def shared(node: Node, pool: dict[Node, Node]) -> Node:
    """The same node with equal parts made one object, so that what two rules share is found by identity."""
    if isinstance(node, (AnyOf, AllOf)):
        node = type(node)(tuple(shared(part, pool) for part in node.parts))
    elif isinstance(node, Followed):
        node = Followed(shared(node.first, pool), shared(node.then, pool), node.within)
    elif isinstance(node, (Not, Polarity, Context)):
        node = replace(node, part=shared(node.part, pool))
    return pool.setdefault(node, node)


def anchors(node: Node) -> frozenset[str]:
    """Terms of which at least one must stand in every sentence the rule is true of; empty if there are none."""
    if isinstance(node, Terms):
        return frozenset(node.terms)
    if isinstance(node, AnyOf):
        return frozenset().union(*(anchors(part) for part in node.parts))
    if isinstance(node, AllOf):
        found = [terms for part in node.parts if (terms := anchors(part))]
        return min(found, key=len) if found else frozenset()
    if isinstance(node, Followed):
        return min(anchors(node.first), anchors(node.then), key=len)
    if isinstance(node, Polarity):
        return anchors(node.part)
    return frozenset()


def nodes_of(node: Node) -> Iterator[Node]:
    """A node with all nodes inside it, also those of its conditions and exclusions; parts come before wholes."""
    if isinstance(node, (AnyOf, AllOf)):
        for part in node.parts:
            yield from nodes_of(part)
    elif isinstance(node, Followed):
        yield from nodes_of(node.first)
        yield from nodes_of(node.then)
    elif isinstance(node, (Not, Polarity, Context)):
        yield from nodes_of(node.part)
    yield node


def looked_for(node: Node) -> tuple[str, ...]:
    """Names of the groups and terms that must be present, in the order of the rule, for "what was searched"."""
    if isinstance(node, Terms):
        words = tuple(word for word in node.words if any(char.isalnum() for char in word))
        return (f"{{{node.name}}}",) if node.name else words[:4]
    if isinstance(node, (AnyOf, AllOf)):
        return tuple(word for part in node.parts for word in looked_for(part))
    if isinstance(node, Followed):
        return looked_for(node.first) + looked_for(node.then)
    if isinstance(node, Polarity):
        return looked_for(node.part)
    return ()


def needed(node: Node) -> tuple[Node, ...]:
    """The smallest parts that must all be present, those that came close are told by."""
    if isinstance(node, AllOf):
        return tuple(
            piece for part in node.parts if not isinstance(part, (Not, Context, Flag)) for piece in needed(part)
        )
    if isinstance(node, Followed):
        return needed(node.first) + needed(node.then)
    return needed(node.part) if isinstance(node, Polarity) else (node,)


_POLARITY_ZH = {
    "affirmed": "未被否定的",
    "negated": "被否定的",
    "excepted": "以“除非／未经同意不得”等方式附条件的",
    "quoted": "引号或书名号内的",
}
_CONTEXT_ZH = {
    "heading": "所在章节的标题含",
    "section": "同一节中另有",
    "clause": "同一条款中另有",
    "near": "前后{}句内有",
    "before": "前{}句内有",
    "after": "后{}句内有",
    "document": "全文某处有",
}


def explain(node: Node) -> str:
    """The rule in Chinese words, e.g. “在同一句中出现…，且其后12字内出现…”."""
    return "在同一句中" + _explain(node)


def _explain(node: Node) -> str:
    if isinstance(node, Terms):
        if node.name:
            return f"出现“{node.name}”类用语"
        shown = "”“".join(node.words[:6]) + ("”等" if len(node.words) > 6 else "”")
        return f"出现“{shown}" if len(node.words) == 1 else f"出现“{shown}之一"
    if isinstance(node, AnyOf):
        return "，或者".join(f"（{_explain(part)}）" for part in node.parts)
    if isinstance(node, AllOf):
        return "，并且".join(_explain(part) for part in node.parts)
    if isinstance(node, Followed):
        gap = "其后" if node.within is None else "紧接着" if node.within == 0 else f"其后{node.within}字内"
        return f"{_explain(node.first)}，{gap}{_explain(node.then)}"
    if isinstance(node, Not):
        return "不得有：" + _explain(node.part)
    if isinstance(node, Polarity):
        return _explain(node.part).replace("出现", f"出现{_POLARITY_ZH[node.kind]}", 1)
    if isinstance(node, Context):
        return _CONTEXT_ZH[node.kind].format(node.reach) + "：" + _explain(node.part)
    if node.kind == "topic":
        topic = next(name for name, value in TOPIC_NAMES.items() if value == node.name)
        return f"主题是“{topic}”"
    if node.kind == "detail":
        return f"句中含有{node.name}"
    if node.kind == "fact":
        return f"全文提取到事实“{node.name}”"
    return "是定义句"
