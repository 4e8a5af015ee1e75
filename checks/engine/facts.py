"""What a text says in numbers and names: contacts, dates, parties. Shown to people and asked about by conditions.

Each module below gathers one kind of fact into the same sheet; all of them read the text once or look up few places
in it, so the cost is linear in the text.
"""

from __future__ import annotations

from .dates import gather_dates
from .entities import Outline
from .factsheet import Facts, Page, Places, Sheet

GATHERERS = (gather_dates,)


def extract_facts(text: str, outline: Outline) -> Facts:
    """All facts of a text; offsets point into it. The order of everything in the result is that of the text."""
    page = Page(text, outline)
    sheet = Sheet()
    for gather in GATHERERS:
        gather(page, sheet)
    return sheet.facts()


__all__ = ["Facts", "Places", "extract_facts"]
