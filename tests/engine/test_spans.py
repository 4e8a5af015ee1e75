"""Rules answered for the whole text at once say what a reader finds who goes from sentence to sentence."""

import json
from datetime import date
from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import analyse, build_outline, document_from_text, load_shipped, to_json
from checks.engine.matching import Matcher, Text
from checks.engine.rules import AllOf, AnyOf, Followed, Terms, parse_rule
from checks.engine.trie import Trie

RULES = [
    "甲 ..2 乙",
    "[甲|甲乙|丙] ..1 [乙|丁]",
    "甲 ..3 [乙|丙] ..0 丁",
    "甲 .. 丁",
    "(甲 & 丙) ..2 乙",
    "(甲 ..1 乙 | 丁) ..3 丙",
    "甲 ..2 (乙 ..1 丙 | 丁)",
    "甲 & [乙|乙丙] ..2 丁",
    "甲 ..1 乙 | 丙 & 丁",
]


def places(node, sentence):
    """The places of a node in one sentence, by trying everything."""
    if isinstance(node, Terms):
        return {
            (at, at + len(term)) for term in node.terms for at in range(len(sentence)) if sentence.startswith(term, at)
        }
    if isinstance(node, Followed):
        first, found = places(node.first, sentence), set()
        for start, end in places(node.then, sentence):
            before = max(((stop, begin) for begin, stop in first if stop <= start), default=None)
            if before and (node.within is None or start - before[0] <= node.within):
                found.add((before[1], end))
        return found
    parts = [places(part, sentence) for part in node.parts]
    if isinstance(node, AllOf) and not all(parts):
        return set()
    assert isinstance(node, (AllOf, AnyOf))
    return set().union(*parts)


@settings(deadline=None)
@given(st.lists(st.text("甲乙丙丁戊", min_size=1, max_size=12), max_size=70))
def test_every_sentence_is_answered_alike(sentences):
    text = "".join(sentence + "。" for sentence in sentences)
    nodes = [parse_rule(rule, {}) for rule in RULES]
    read = Text(text, build_outline(text))
    reading = Matcher.compile(nodes).read(read)
    for number, node in enumerate(nodes):
        for index in range(len(read.starts)):
            expected = places(node, read.sentence(index))
            assert bool(reading.where(node) >> index & 1) == bool(expected)
            assert bool(reading.rule(number, headings=True) >> index & 1) == bool(expected)
            start = int(read.starts[index])
            if expected:
                assert {(a - start, b - start) for a, b in reading.places(number, index)} == expected


@given(st.sets(st.text("甲乙丙😀", min_size=1, max_size=5)), st.text("甲乙丙丁😀\ud800", max_size=60))
def test_all_terms_are_found_wherever_they_stand(terms, text):
    terms = sorted(terms)
    found = Trie(terms).find(text)
    expected = [
        (number, at, at + len(term))
        for number, term in enumerate(terms)
        for at in range(len(text))
        if text.startswith(term, at)
    ]
    assert sorted(map(tuple, found.T.tolist())) == expected
    for number in range(len(terms)):
        assert found[1, found[0] == number].tolist() == [at for which, at, _ in expected if which == number]


def test_the_digest_is_that_of_canonical_json():
    document = document_from_text('一、保存\n日志保存 6 个月。\\ "\t\x1f联系我们：a@b.cn 😀', name="x")
    result = to_json(analyse(document, load_shipped(), as_of=date(2026, 11, 1)))
    digest = result.pop("digest")
    result["policy"]["name"] = ""
    canonical = json.dumps(result, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert digest == sha256(canonical.encode()).hexdigest()
