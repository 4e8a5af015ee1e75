"""The dates of a text: when it takes effect, when it was changed, which laws it dates; and where they disagree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from .blocks import chinese_number
from .dates import gather_dates
from .factsheet import Sheet
from .passages import Passage, Reading, found, sentence

EFFECTIVE, UPDATED, LAW, OTHER = "effective", "updated", "law", "other"
_NAMES = {"effective_dates": EFFECTIVE, "update_dates": UPDATED, "other_dates": OTHER}
_DATE = re.compile(r"((?:19|20)\d\d)\]?(?:年|[-/.])\[?(\d{1,2})\]?(?:月|[-/.])\[?(\d{1,2})\]?(?!\d)日?")
_CHINESE = re.compile(
    r"([二一][〇零o0一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
_FIRST = re.compile(r"首次|初次|最初|第一版")  # when the first version came into force is history
_DIGITS = str.maketrans("〇零o一二三四五六七八九", "000123456789")


@dataclass(frozen=True, slots=True)
class DateRow:
    """One date; ``day`` is ISO, "" for one that does not exist. ``kind``: "effective", "updated", "law", "other"."""

    day: str
    kind: str
    mention: Passage
    source: Passage


@dataclass(frozen=True, slots=True)
class DateConflict:
    """Dates that do not go together: ``code`` is "effective_differ", "updated_after_effective" or "no_such_day"."""

    code: str
    dates: tuple[DateRow, ...]


def read_dates(page: Reading) -> tuple[DateRow, ...]:
    """Every date of the text in its order, with what it is said to be."""
    sheet = Sheet()
    gather_dates(page.plain, sheet)
    kinds = {place: kind for name, kind in _NAMES.items() for place in sheet.places[name]}
    rows = []
    matches = [*_DATE.finditer(page.text), *_CHINESE.finditer(page.text)]
    for match in sorted(matches, key=lambda match: match.start()):
        mention = found(page, *match.span())
        place = sentence(page, page.index(match.start()))
        if mention is None or place is None:
            continue
        day = _day(match)
        inside = [kind for (start, end), kind in kinds.items() if start <= mention.start and mention.end <= end + 1]
        kind = inside[0] if inside else (LAW if day else OTHER)
        rows.append(DateRow(day, kind, mention, place))
    return tuple(rows)


def date_conflicts(rows: tuple[DateRow, ...]) -> tuple[DateConflict, ...]:
    """Where the dates disagree.

    An update after the day the text takes effect, several effective dates of which none belongs to the latest update,
    and days that no calendar has. An older effective date beside a later one is the first version's and no conflict
    when the later one is not older than the update.
    """
    conflicts = []
    effective = [row for row in rows if row.kind == EFFECTIVE and row.day and not _FIRST.search(row.source.quote)]
    updated = [row for row in rows if row.kind == UPDATED and row.day]
    latest = max((row.day for row in updated), default="")
    in_force = max((row.day for row in effective), default="")
    if len({row.day for row in effective}) > 1 and (not latest or in_force < latest):
        conflicts.append(DateConflict("effective_differ", tuple(effective)))
    elif in_force and latest > in_force:
        pair = [
            next(row for row in updated if row.day == latest),
            next(row for row in effective if row.day == in_force),
        ]
        conflicts.append(DateConflict("updated_after_effective", tuple(pair)))
    conflicts += [DateConflict("no_such_day", (row,)) for row in rows if not row.day]
    return tuple(conflicts)


def _day(match: re.Match) -> str:
    year = int(match[1].translate(_DIGITS))
    try:
        return date(year, chinese_number(match[2]) or 0, chinese_number(match[3]) or 0).isoformat()
    except ValueError:
        return ""
