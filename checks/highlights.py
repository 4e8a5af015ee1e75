"""Policy text + evidence → what the review screen draws. Pure: plain text, numbers and tuples, no HTML.

Nothing is ever retyped: every piece is a slice of the text, and the pieces joined are the text again.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

RUNS_ON = "：:，,；;。、"  # what follows a heading on its own line in one breath


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of evidence: where it stands and what it belongs to."""

    start: int
    end: int
    evidence: int
    finding: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text that lies under the same evidence from its first to its last character."""

    start: int
    end: int
    text: str
    findings: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()  # evidence whose first character stands here: the places one can jump to
    doubtful: bool = False  # OCR was unsure of it
    emphasis: bool = False  # bold or underlined in the original
    page: int | None = None  # the page of the original that begins here


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


@dataclass(slots=True)
class NavigationEntry:
    """One heading of the outline, with how many findings cite something below it."""

    id: str
    level: int
    title: str
    findings: set[int] = field(default_factory=set)

    @property
    def count(self):
        return len(self.findings)


def segments(text: str, spans: Iterable[Span], cuts: Iterable[int] = ()) -> list[Segment]:
    """Cut the text at both ends of every span, and at ``cuts``.

    Spans may overlap, repeat and nest. Those that are empty or reach outside the text are cut to it or dropped.
    """
    inside = [span for span in spans if 0 <= span.start < min(span.end, len(text))]
    edges = {0, len(text)}
    edges.update(cut for cut in cuts if 0 < cut < len(text))
    opening: dict[int, list[Span]] = {}
    closing: dict[int, list[Span]] = {}
    for span in inside:
        end = min(span.end, len(text))
        edges.update((span.start, end))
        opening.setdefault(span.start, []).append(span)
        closing.setdefault(end, []).append(span)
    return _sweep(text, sorted(edges), opening, closing)


def _sweep(text, edges, opening, closing):
    found = []
    open_spans: dict[int, Span] = {}
    for start, end in itertools.pairwise(edges):
        for span in closing.get(start, ()):
            open_spans.pop(span.evidence, None)
        begins = opening.get(start, ())
        open_spans.update((span.evidence, span) for span in begins)
        found.append(
            Segment(
                start,
                end,
                text[start:end],
                tuple(sorted({span.finding for span in open_spans.values()})),
                tuple(span.evidence for span in begins),
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
    pages = layout.get("pages", ())
    kinds = _kinds(text, outline)
    starts = [start for start, *_rest in kinds]
    ends = _trimmed_ends(text, starts)
    pieces: list[list[Segment]] = [[] for _ in kinds]
    cuts = [*starts, *ends, *pages, *itertools.chain.from_iterable([*doubtful, *emphasis])]
    shown = 0
    for segment in segments(text, spans, cuts):
        index = bisect_right(starts, segment.start) - 1
        if segment.start < ends[index]:
            page = bisect_right(pages, segment.start)
            begins = page if page > shown else None
            shown = max(shown, page)
            looks = {
                "doubtful": _covered(doubtful, segment.start),
                "emphasis": _covered(emphasis, segment.start),
                "page": begins,
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
    entries = []
    for start, _heading_end, end, level, number, title, _parent in outline.get("sections", ()):
        entry = NavigationEntry(ids[start], level, f"{number} {title}".strip())
        entry.findings.update(span.finding for span in spans if start <= span.start < end)
        entries.append(entry)
    return entries


def block_at(outline: dict, offset: int) -> str:
    """The id of the clause that holds this offset, to link to; the start of the text when there is none."""
    starts = [clause[0] for clause in outline.get("clauses", ())]
    index = bisect_right(starts, offset) - 1
    return f"clause-{index}" if index >= 0 else "text-0"
