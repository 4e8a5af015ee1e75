"""What a text says in numbers and names: contacts, dates, parties. Shown to people and asked about by conditions.

Each module below gathers one kind of fact into the same sheet; all of them read the text once or look up few places
in it, so the cost is linear in the text.
"""

from __future__ import annotations

from .contacts import gather_contacts
from .contents import gather_contents
from .dates import gather_dates
from .entities import Outline
from .factsheet import Facts, Page, Place, Places, Sheet
from .garbled import gather_garbled
from .items import gather_items
from .normal import NormalText
from .numbering import gather_numbering
from .parties import gather_parties
from .periods import gather_periods
from .readability import gather_readability
from .sdks import gather_sdks
from .storage import gather_storage
from .third_parties import gather_third_parties

GATHERERS = (
    gather_parties,
    gather_contacts,  # after the parties: domains are held against their names
    gather_dates,
    gather_periods,
    gather_contents,
    gather_numbering,
    gather_readability,
    gather_sdks,
    gather_items,
    gather_third_parties,
    gather_storage,
    gather_garbled,
)


def extract_facts(
    text: str, outline: Outline, normal: NormalText | None = None, bounds: list[Place] | None = None
) -> Facts:
    """All facts of a text; offsets point into it. The order of everything in the result is that of the text.

    ``normal`` is the comparable form of the same text and ``bounds`` where its sentences stand in it, where the caller
    has them already.
    """
    page = Page(text, outline, normal, bounds)
    sheet = Sheet()
    for gather in GATHERERS:
        gather(page, sheet)
    return sheet.facts()


__all__ = ["Facts", "Places", "extract_facts"]
