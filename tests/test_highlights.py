from hypothesis import given
from hypothesis import strategies as st

from checks.highlights import Span, block_at, navigation, page_numbers, policy_blocks, segments

TEXT = "一、收集\n我们收集手机号。\n二、共享\n我们共享位置。"
#       0 1 2 3 4       ...
OUTLINE = {
    "sections": [[0, 4, 14, 1, "一", "收集", None], [14, 18, 26, 1, "二", "共享", None]],
    "clauses": [[5, 13, "一", 0], [19, 26, "二", 1]],
    "contents": [],
}


@st.composite
def texts_and_spans(draw):
    text = draw(st.text(max_size=60))
    offset = st.integers(0, 80)  # also outside the text
    places = draw(st.lists(st.tuples(offset, offset, st.integers(1, 4)), max_size=8))
    return text, [Span(start, end, finding) for start, end, finding in places]


@given(texts_and_spans(), st.lists(st.integers(-5, 80), max_size=6))
def test_joined_segments_are_the_text(case, cuts):
    text, spans = case
    pieces = segments(text, spans, cuts)
    assert "".join(piece.text for piece in pieces) == text
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)


@given(texts_and_spans())
def test_every_character_carries_exactly_the_findings_that_cite_it(case):
    text, spans = case
    for piece in segments(text, spans):
        for offset in range(piece.start, piece.end):
            assert piece.findings == tuple(sorted({s.finding for s in spans if s.start <= offset < s.end}))


@given(texts_and_spans())
def test_every_span_inside_the_text_can_be_jumped_to_once(case):
    text, spans = case
    begins = [place for piece in segments(text, spans) for place in piece.begins]
    assert sorted(begins) == sorted({s.place for s in spans if s.start < min(s.end, len(text))})


@given(texts_and_spans(), st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=5))
def test_blocks_lose_nothing_but_white_space(case, clauses):
    text, spans = case
    outline = {"clauses": [[start, start + length, "", None] for start, length in sorted(clauses)]}
    shown = "".join(piece.text for block in policy_blocks(text, outline, spans) for piece in block.segments)
    assert "".join(shown.split()) == "".join(text.split())


def test_overlapping_evidence_is_split_where_it_overlaps():
    pieces = segments("abcdef", [Span(0, 4, 10), Span(2, 6, 20)])
    assert [(piece.text, piece.findings) for piece in pieces] == [("ab", (10,)), ("cd", (10, 20)), ("ef", (20,))]
    assert [piece.begins for piece in pieces] == [("at-0-4",), ("at-2-6",), ()]


def test_headings_and_clauses_become_blocks_of_their_own():
    blocks = policy_blocks(TEXT, OUTLINE, [])
    assert [(block.kind, "".join(piece.text for piece in block.segments)) for block in blocks] == [
        ("heading", "一、收集"),
        ("clause", "我们收集手机号。"),
        ("heading", "二、共享"),
        ("clause", "我们共享位置。"),
    ]


def test_a_heading_whose_sentence_goes_on_is_read_in_one_breath():
    text = "1. 位置：用于找店。\n2. 相机：用于扫码。"
    outline = {"sections": [[0, 5, 12, 1, "1", "位置", None]], "clauses": [[5, 11, "1", 0], [12, 23, "2", 0]]}
    blocks = policy_blocks(text, outline, [])
    assert [(block.kind, "".join(piece.text for piece in block.segments)) for block in blocks] == [
        ("run-in", "1. 位置"),
        ("run-on", "：用于找店。"),
        ("clause", "2. 相机：用于扫码。"),
    ]
    assert block_at(outline, 6) == blocks[1].id


def test_contents_lines_are_never_headings():
    text = "目录\n一、收集\n一、收集\n正文。"
    outline = {"sections": [[3, 7, 7, 1, "一", "收集", None]], "clauses": [], "contents": [[0, 7]]}
    kinds = [block.kind for block in policy_blocks(text, outline, [])]
    assert kinds[0] == "contents"


def test_every_link_of_the_navigation_arrives():
    outline = {**OUTLINE, "clauses": [[0, 13, "一", 0], [14, 26, "二", 1]]}  # clauses that open with their heading
    ids = {block.id for block in policy_blocks(TEXT, outline, [])}
    assert {entry.id for entry in navigation(outline, [])} <= ids
    assert {block_at(outline, offset) for offset in range(len(TEXT))} <= ids


def test_navigation_counts_the_findings_below_a_heading_once():
    spans = [Span(5, 8, 10, 1), Span(9, 12, 10, 1), Span(9, 12, 20, 2), Span(20, 22, 30, 1)]
    entries = navigation(OUTLINE, spans)
    assert [entry.count for entry in entries] == [2, 1]
    assert [entry.topics for entry in entries] == [{1, 2}, {1}]


def test_a_text_without_outline_is_one_block():
    assert [block.id for block in policy_blocks("只有一行", {}, [])] == ["text-0"]


def test_headings_carry_the_topics_of_their_sections():
    outline = {"sections": [[0, 5, 12, 1, "1", "位置", None], [12, 15, 20, 1, "2", "联系", None]], "clauses": []}
    assert [entry.about for entry in navigation(outline, [])] == [(), ()]  # kept before topics were
    outline["topics"] = [["collection", "use"], []]
    assert [entry.about for entry in navigation(outline, [])] == [("collection", "use"), ()]


def test_a_place_cited_twice_by_one_finding_ends_once():
    pieces = segments("abcd", [Span(0, 2, 10), Span(0, 2, 10), Span(0, 4, 20, by_hand=True)])
    assert [(piece.text, piece.findings, piece.by_hand) for piece in pieces] == [
        ("ab", (10, 20), True),
        ("cd", (20,), True),
    ]


def test_pages_are_marked_where_their_text_begins():
    text = "第一页。\n\n第二页。"
    assert page_numbers(text, []) == {}
    assert page_numbers(text, [0, 4, 5]) == {0: 1, 6: 3}  # the second page is empty
    pieces = segments(text, [], pages={0: 1, 6: 2})
    assert [(piece.text, piece.page) for piece in pieces] == [("第一页。\n\n", 1), ("第二页。", 2)]


@given(texts_and_spans(), st.lists(st.integers(0, 60), max_size=4).map(sorted))
def test_page_marks_lose_no_text(case, starts):
    text, spans = case
    blocks = policy_blocks(text, {}, spans, {"pages": starts})
    shown = "".join(piece.text for block in blocks for piece in block.segments)
    assert "".join(shown.split()) == "".join(text.split())


class TestLayout:
    TEXT = "标题\n第一段文字。\n第二段文字。"
    OUTLINE = {"clauses": [[0, 2, "", None], [3, 9, "", None], [10, 16, "", None]]}

    def pieces(self, **layout):
        blocks = policy_blocks(self.TEXT, self.OUTLINE, [], layout)
        return [(piece.text, piece.page, piece.doubtful) for block in blocks for piece in block.segments]

    def test_without_a_layout_nothing_is_marked(self):
        assert self.pieces() == [("标题", None, False), ("第一段文字。", None, False), ("第二段文字。", None, False)]

    def test_pages_begin_where_their_first_character_stands(self):
        assert self.pieces(pages=[0, 5]) == [
            ("标题", 1, False),
            ("第一", None, False),
            ("段文字。", 2, False),
            ("第二段文字。", None, False),
        ]

    def test_a_page_that_begins_between_blocks_is_shown_at_the_next_one(self):
        assert [(text, page) for text, page, _doubt in self.pieces(pages=[0, 9])][-1] == ("第二段文字。", 2)

    def test_of_empty_pages_only_the_last_is_shown(self):
        assert self.pieces(pages=[0, 10, 10])[-1][1] == 3

    def test_doubtful_words_are_marked_also_across_blocks(self):
        assert self.pieces(doubtful=[[7, 12, 40]]) == [
            ("标题", None, False),
            ("第一段文", None, False),
            ("字。", None, True),
            ("第二", None, True),
            ("段文字。", None, False),
        ]

    def test_what_stood_out_does_so_again(self):
        blocks = policy_blocks(self.TEXT, self.OUTLINE, [], {"emphasis": [[3, 6]], "doubtful": [[5, 7, 40]]})
        pieces = [(piece.text, piece.emphasis, piece.doubtful) for piece in blocks[1].segments]
        assert pieces == [("第一", True, False), ("段", True, True), ("文", False, True), ("字。", False, False)]
