"""A passage: a stretch of the policy that a view quotes, cut from the text and never typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .entities import Outline
from .factsheet import Page, Place
from .normal import normalise

_COMMA = re.compile(",")


@dataclass(frozen=True, slots=True)
class Passage:
    """``text[start:end] == quote``; ``clause`` is the label of the clause it stands in, "" when there is none."""

    start: int
    end: int
    quote: str
    clause: str


class Reading(Page):
    """A page in which 、 stays what it is, as comparable text makes it a comma: a list is one thought, not several.

    ``plain`` is the page as gatherers of facts expect it.
    """

    def __init__(self, original: str, outline: Outline):
        normal = normalise(original)
        self.plain = Page(original, outline, normal)
        super().__init__(original, outline, normal)
        commas = [match.start() for match in _COMMA.finditer(self.text)]
        letters = list(self.text)
        for at in commas:
            if original[self.span(at, at + 1)[0]] == "、":
                letters[at] = "、"
        self.text = "".join(letters)
        self.lines = self.text.split("\n") if self.lines else []


def passage(page: Page, place: Place) -> Passage | None:
    """The stretch of the original at ``place`` without white space around it; None when nothing is left of it."""
    start, end = place
    quote = page.original[start:end]
    start += len(quote) - len(quote.lstrip())
    quote = quote.strip()
    if not quote:
        return None
    clause = page.outline.clause_at(start)
    return Passage(start, start + len(quote), quote, clause.label if clause else "")


def found(page: Page, start: int, end: int) -> Passage | None:
    """A stretch of the flat text as a passage; None for an empty one."""
    return passage(page, page.span(start, end)) if start < end else None


def sentence(page: Page, index: int) -> Passage | None:
    """A whole sentence as a passage."""
    return passage(page, page.sentence_span(index))


def heading_of(page: Page, index: int) -> str:
    """The titles of the sections a sentence stands in, innermost last, as one string."""
    titles: list[str] = []
    number = page.outline.clauses[page.outline.sentences[index].clause].section
    while number is not None:
        section = page.outline.sections[number]
        titles.insert(0, section.title)
        number = section.parent
    return " ".join(titles)


def section_of(page: Page, index: int) -> int | None:
    """The number of the innermost section a sentence stands in."""
    return page.outline.clauses[page.outline.sentences[index].clause].section
