"""What the engine speaks of: frozen values, no behaviour beyond small look-ups.

All offsets are character offsets into ``Document.text``, half open: ``text[start:end]``. What an audit makes many
of is a named tuple: as frozen as the others, and made in a quarter of the time.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    COMPLIANT = "compliant"
    PARTIAL = "partial"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"


class Severity(StrEnum):
    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"
    ADVISORY = "advisory"


class Kind(StrEnum):
    DISCLOSURE = "disclosure"
    CONDITIONAL_DISCLOSURE = "conditional_disclosure"
    PROHIBITION = "prohibition"
    CONSISTENCY = "consistency"


class Scale(StrEnum):
    """How many people's information the processor handles; chosen by the auditor."""

    SMALL = "small"
    STANDARD = "standard"
    MILLION = "million"
    LARGE = "large"


class Role(StrEnum):
    """What a sentence is in the document."""

    BODY = "body"
    HEADING = "heading"
    CONTENTS = "contents"  # a line of a table of contents: navigation, never evidence


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the characters of a text stood in the file, and how they looked. All tuples are sorted."""

    pages: tuple[int, ...] = ()  # where page 1, 2, … begin in the text; empty where the format has no pages
    emphasis: tuple[tuple[int, int], ...] = ()  # bold or underlined: start, end
    doubtful: tuple[tuple[int, int, int], ...] = ()  # words OCR was unsure of: start, end, confidence in per cent
    # From this start on, up to the next entry: PDF and pictures (start, page, left, top, right, bottom in thousandths
    # of the page), HTML (start, offset in the decoded source), Word (start, number of the paragraph, from 1).
    # Empty: the text is the decoded file, character for character.
    places: tuple[tuple[int, ...], ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The page, from 1, on which this character stood; None where the format has no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    def to_json(self) -> dict[str, list]:
        """Plain lists, fit to be stored; ``Layout.from_json`` reads them."""
        spans = {name: [list(span) for span in getattr(self, name)] for name in ("emphasis", "doubtful", "places")}
        return {"pages": list(self.pages), **spans}

    @classmethod
    def from_json(cls, stored: dict[str, list]) -> Layout:
        spans = {name: tuple(map(tuple, stored.get(name, ()))) for name in ("emphasis", "doubtful", "places")}
        return cls(tuple(stored.get("pages", ())), **spans)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as a person would read it.

    ``text`` is the decoded text, or the reading text of a format that is more than text; ``sha256`` is of the bytes
    received. ``warnings`` are codes of what was noticed while reading, e.g. ``replaced_characters``; ``counts`` says
    how many, for those that can be counted.
    """

    name: str
    sha256: str
    text: str
    media_type: str
    encoding: str
    warnings: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    layout: Layout = Layout()


class Section(NamedTuple):
    """A heading and what stands below it, up to the next heading of its level or higher."""

    index: int
    start: int  # start of the heading
    heading_end: int
    end: int
    level: int  # 1 is the highest
    number: str  # "一", "（二）", "3", "" when the heading has none
    title: str
    parent: int | None


class Clause(NamedTuple):
    """Smallest unit we cite: a numbered item or a paragraph."""

    index: int
    start: int
    end: int
    label: str  # where it stands, e.g. "三（二）4"
    section: int | None
    number: str  # its own number, "" when it has none
    sentences: tuple[int, int]  # first and one past the last sentence index


class Sentence(NamedTuple):
    index: int
    start: int
    end: int
    clause: int
    role: Role


@dataclass(frozen=True, slots=True)
class Outline:
    sections: tuple[Section, ...]
    clauses: tuple[Clause, ...]
    sentences: tuple[Sentence, ...]

    def clause_at(self, offset: int) -> Clause | None:
        """The clause that holds this character offset, or the nearest one before it."""
        position = bisect_right(self.clauses, offset, key=lambda clause: clause.start) - 1
        return self.clauses[position] if position >= 0 else None


class Evidence(NamedTuple):
    """An exact piece of the text that speaks for a finding."""

    start: int
    end: int
    quote: str
    clause: str  # label of the clause it stands in
    element: str  # id of the element, signal or "trigger" it was found for


class ElementResult(NamedTuple):
    id: str
    met: bool


class NearMiss(NamedTuple):
    """A sentence that came close, and why it did not count."""

    start: int
    end: int
    quote: str
    clause: str
    element: str
    why: str


class Searched(NamedTuple):
    """Proof that we looked: how much was read, for what, and what came closest."""

    characters: int = 0
    sentences: int = 0
    sections: tuple[str, ...] = ()  # headings of the sections read
    terms: tuple[str, ...] = ()  # term groups and literal terms tried
    nearest: tuple[NearMiss, ...] = ()


class Finding(NamedTuple):
    """The proposed answer to one requirement."""

    code: str
    verdict: Verdict
    severity: Severity
    confidence: float  # 0..1
    rationale: str  # Chinese
    rationale_en: str
    elements: tuple[ElementResult, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    searched: Searched | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """All findings on one document, in the order of the checklist."""

    document: Document
    outline: Outline
    findings: tuple[Finding, ...]
    facts: dict = field(default_factory=dict)  # JSON-safe
    engine: str = ""
    checklist_slug: str = ""
    checklist_version: str = ""
    checklist_digest: str = ""
    digest: str = ""  # SHA-256 over everything above that is not the document's name
