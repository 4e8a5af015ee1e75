"""Policy text + evidence → what the review screen draws. Pure: plain text, numbers and tuples, no HTML.

Nothing is ever retyped: every piece is a slice of the text, and the pieces joined are the text again.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

RUNS_ON = "：:，,；;。、"  # what follows a heading on its own line in one breath


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of evidence: where it stands, what it belongs to, the topic of that, and whether a person added it."""

    start: int
    end: int
    finding: int
    topic: int = 0
    by_hand: bool = False

    @property
    def place(self):
        return place_id(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that lies under the same evidence from its first to its last character."""

    start: int
    end: int
    text: str
    findings: tuple[int, ...] = ()
    begins: tuple[str, ...] = ()  # evidence whose first character stands here: the places one can jump to
    by_hand: bool = False
    page: int | None = None  # the page of the original that begins here
    doubtful: bool = False  # OCR was unsure of it
    emphasis: bool = False  # bold or underlined in the original

    @property
    def depth(self):
        """How many findings cite this run, for the eye: one, two, or more."""
        return min(len(self.findings), 3)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a clause or a line of a table of contents, with its pieces.

    "1. Location: we use it …" is a "run-in" heading and the "run-on" clause behind it: two places, one paragraph.
    """

    kind: str  # "heading", "clause", "contents", "run-in", "run-on"
    id: str
    level: int
    label: str
    segments: tuple[Segment, ...]

    @property
    def start(self):
        return self.segments[0].start

    @property
    def end(self):
        return self.segments[-1].end


@dataclass(slots=True)
class NavigationEntry:
    """One heading of the outline, with the findings that cite something below it and the topics of those."""

    id: str
    level: int
    title: str
    start: int
    end: int
    about: tuple[str, ...] = ()  # topics of the section's sentences, the main one first
    findings: set[int] = field(default_factory=set)
    topics: set[int] = field(default_factory=set)

    @property
    def count(self):
        return len(self.findings)


def place_id(start: int, end: int) -> str:
    """What the anchor of a piece of evidence is called in the page."""
    return f"at-{start}-{end}"


def page_numbers(text: str, starts: Sequence[int]) -> dict[int, int]:
    """Where the pages of the original begin: ``{offset: page}``, behind the white space a page begins with.

    ``starts`` are the offsets of the pages in their order; none for what has no pages. A page without any text gives
    its place to the one behind it.
    """
    numbers = {}
    for number, start in enumerate(starts, start=1):
        while start < len(text) and text[start].isspace():
            start += 1
        if start < len(text):
            numbers[start] = number
    return numbers


def segments(
    text: str, spans: Iterable[Span], cuts: Iterable[int] = (), pages: Mapping[int, int] | None = None
) -> list[Segment]:
    """Cut the text at both ends of every span, at ``cuts``, and where a page begins.

    Spans may overlap, repeat and nest. Those that are empty or reach outside the text are cut to it or dropped.
    """
    pages = pages or {}
    inside = [span for span in spans if 0 <= span.start < min(span.end, len(text))]
    edges = {0, len(text)}
    edges.update(cut for cut in (*cuts, *pages) if 0 < cut < len(text))
    opening: dict[int, list[Span]] = {}
    closing: dict[int, list[Span]] = {}
    for span in inside:
        end = min(span.end, len(text))
        edges.update((span.start, end))
        opening.setdefault(span.start, []).append(span)
        closing.setdefault(end, []).append(span)
    return _sweep(text, sorted(edges), opening, closing, pages)


def _sweep(text, edges, opening, closing, pages):
    found = []
    open_spans: Counter[Span] = Counter()  # the same place may be evidence for several parts of one finding
    for start, end in itertools.pairwise(edges):
        open_spans.subtract(closing.get(start, ()))
        begins = opening.get(start, ())
        open_spans.update(begins)
        open_spans = +open_spans
        found.append(
            Segment(
                start,
                end,
                text[start:end],
                tuple(sorted({span.finding for span in open_spans})),
                tuple(dict.fromkeys(span.place for span in begins)),
                any(span.by_hand for span in open_spans),
                pages.get(start),
            )
        )
    return found


def policy_blocks(text: str, outline: dict, spans: Iterable[Span], layout: dict | None = None) -> list[Block]:
    """The text as the blocks of its outline, in reading order. White space between blocks is left out.

    ``outline`` is ``Audit.outline``. A text without one becomes a single block. With ``layout``, which is
    ``PolicyVersion.layout``, segments know where pages begin, what was read with doubt and what stood out.
    """
    layout = layout or {}
    doubtful = [(start, end) for start, end, *_confidence in layout.get("doubtful", ())]
    emphasis = [tuple(span) for span in layout.get("emphasis", ())]
    kinds = _kinds(text, outline)
    starts = [start for start, *_rest in kinds]
    ends = _trimmed_ends(text, starts)
    pieces: list[list[Segment]] = [[] for _ in kinds]
    cuts = [*starts, *ends, *itertools.chain.from_iterable([*doubtful, *emphasis])]
    for segment in segments(text, spans, cuts, page_numbers(text, layout.get("pages", ()))):
        index = bisect_right(starts, segment.start) - 1
        if segment.start < ends[index]:
            looks = {
                "doubtful": _covered(doubtful, segment.start),
                "emphasis": _covered(emphasis, segment.start),
            }
            pieces[index].append(replace(segment, **looks))
    blocks = zip(kinds, pieces, strict=True)
    return [Block(kind, id_, level, label, tuple(held)) for (_at, kind, id_, level, label), held in blocks if held]


def _covered(spans, offset):
    """Whether one of the sorted, separate spans holds this offset."""
    index = bisect_right(spans, offset, key=lambda span: span[0]) - 1
    return index >= 0 and offset < spans[index][1]


def _trimmed_ends(text, starts):
    """Where each block ends when the white space behind it is left out."""
    bounds = itertools.pairwise([*starts, len(text)])
    return [start + len(text[start:end].rstrip()) for start, end in bounds]


def _kinds(text, outline):
    """Where blocks begin and what they are: ``(start, kind, id, level, label)``, sorted, the first one at 0."""
    ids = _ids(outline)
    starts = {0: ("clause", 0, "")}
    for start, _end, label, _section in outline.get("clauses", ()):
        starts[start] = ("clause", 0, label)
    for start, end in outline.get("contents", ()):
        _resume(starts, end, text)
        starts[start] = ("contents", 0, "")
    for start, heading_end, _end, level, number, _title, _parent in outline.get("sections", ()):
        if starts.get(start, ("",))[0] == "contents":
            continue  # a line of the table of contents is never a heading
        if text[heading_end : heading_end + 1] in tuple(RUNS_ON):
            label = starts.get(heading_end, ("", 0, ""))[2]
            starts[start], starts[heading_end] = ("run-in", level, number), ("run-on", 0, label)
            continue
        _resume(starts, heading_end, text)
        starts[start] = ("heading", level, number)
    return [
        (start, kind, ids.get(start, f"text-{start}"), level, label)
        for start, (kind, level, label) in sorted(starts.items())
        if start < max(len(text), 1)
    ]


def _ids(outline):
    """One id per place. A heading that opens a clause goes by the clause's id, so that links to either arrive."""
    ids = {clause[0]: f"clause-{index}" for index, clause in enumerate(outline.get("clauses", ()))}
    for index, section in enumerate(outline.get("sections", ())):
        ids.setdefault(section[0], f"section-{index}")
    return ids


def _resume(starts, end, text):
    """What follows a heading or a contents line inside the same clause is a block again."""
    while end < len(text) and text[end].isspace():
        end += 1
    starts.setdefault(end, ("clause", 0, ""))


def navigation(outline: dict, spans: Sequence[Span]) -> list[NavigationEntry]:
    """The headings in order, each with the findings that cite it or anything below it."""
    ids = _ids(outline)
    ordered = sorted(spans, key=lambda span: span.start)
    places = [span.start for span in ordered]
    sections = outline.get("sections", ())
    topics = outline.get("topics") or [()] * len(sections)  # audits from before they were kept have none
    entries = []
    for (start, _heading_end, end, level, number, title, _parent), about in zip(sections, topics, strict=True):
        entry = NavigationEntry(ids[start], level, f"{number} {title}".strip(), start, end, tuple(about))
        for span in ordered[bisect_left(places, start) : bisect_left(places, end)]:
            entry.findings.add(span.finding)
            entry.topics.add(span.topic)
        entries.append(entry)
    return entries


def block_at(outline: dict, offset: int) -> str:
    """The id of the clause that holds this offset, to link to; the start of the text when there is none."""
    starts = [clause[0] for clause in outline.get("clauses", ())]
    index = bisect_right(starts, offset) - 1
    return f"clause-{index}" if index >= 0 else "text-0"
