"""What a reader hands over: the text, and beside it everything that points into the text."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field

DOUBTFUL_BELOW = 70  # per cent; Tesseract's words below are wrong more often than one in ten


@dataclass(slots=True)
class Extract:
    """All offsets count characters of ``text``; spans are half open, sorted and do not overlap."""

    text: str
    media_type: str
    encoding: str = ""
    notices: dict[str, int] = field(default_factory=dict)  # code → how many, in the order noticed
    pages: list[int] = field(default_factory=list)
    emphasis: list[list[int]] = field(default_factory=list)
    doubtful: list[list[int]] = field(default_factory=list)
    places: list[list[int]] = field(default_factory=list)
    attached: str | None = None  # what travels inside a report

    def to_json(self) -> dict:
        return asdict(self)


class Writer:
    """Puts a text together piece by piece and remembers where each piece came from."""

    def __init__(self):
        self.parts: list[str] = []
        self.length = 0
        self.notices: Counter[str] = Counter()
        self.pages: list[int] = []
        self.emphasis: list[list[int]] = []
        self.doubtful: list[list[int]] = []
        self.places: list[list[int]] = []

    @property
    def last(self) -> str:
        """The last character written, "" at the beginning."""
        return self.parts[-1][-1] if self.parts else ""

    def add(self, text: str, *, strong: bool = False, sure: int = 100, place: tuple[int, ...] = ()) -> None:
        """Write a piece; ``sure`` is a reader's confidence in per cent, ``place`` where the piece stood."""
        if not text:
            return
        start, end = self.length, self.length + len(text)
        if place and not (self.places and self.places[-1][1:] == list(place)):
            self.places.append([start, *place])
        if strong and text.strip():
            if self.emphasis and self.emphasis[-1][1] == start:
                self.emphasis[-1][1] = end
            else:
                self.emphasis.append([start, end])
        if sure < DOUBTFUL_BELOW:
            self.doubtful.append([start, end, max(0, sure)])
        self.parts.append(text)
        self.length = end

    def line_end(self) -> None:
        """End the line unless nothing stands in it yet."""
        if self.length and self.last != "\n":
            self.add("\n")

    def page(self) -> None:
        """What follows stands on the next page."""
        self.pages.append(self.length)

    def notice(self, code: str, count: int = 1) -> None:
        if count:
            self.notices[code] += count

    def extract(self, media_type: str, encoding: str = "") -> Extract:
        text = "".join(self.parts)
        kept = len(text.rstrip("\n \t"))
        return Extract(
            text[:kept],
            media_type,
            encoding,
            dict(self.notices),
            [min(start, kept) for start in self.pages],
            _within(self.emphasis, kept),
            _within(self.doubtful, kept),
            [place for place in self.places if place[0] < kept],
        )


def _within(spans: list[list[int]], length: int) -> list[list[int]]:
    return [[start, min(end, length), *rest] for start, end, *rest in spans if start < length]
