"""Does a report agree with itself? Its pages against the data attached to it; knows no database."""

import unicodedata
from dataclasses import dataclass, field

from .attached import digest_agrees, read_attached
from .glyphs import printable

SHOWN_DIGITS = 12  # of the digest at the foot of each page, at least
MOST_UNFOUND = 50  # quotes; who has changed more need not be told each
MOST_WORK = 5_000_000_000  # characters compared: a file made to keep this busy is not looked at further
PAGES_OF_A_QUOTE = 4
WITHOUT_QUOTES = {"v2/executive"}  # templates that do not print every quote of the data


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not agree; ``where`` are the pages or numbers it is about."""

    code: str  # no_data, data_unreadable, data_changed, number_differs, digest_differs, quotes_differ, pages_differ, …
    where: tuple[str, ...] = ()


@dataclass(slots=True)
class SelfCheck:
    """``context`` is the attached data, None where there is none; ``checked`` names what was looked at and agrees."""

    context: dict | None = None
    problems: list[Problem] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)

    def note(self, name: str, code: str, where=()) -> None:
        """What was looked at under this name: a problem where there are places, else in order."""
        if where:
            self.problems.append(Problem(code, tuple(map(str, where))))
        else:
            self.checked.append(name)


def self_check(pages, attached: str | None) -> SelfCheck:
    """Hold the texts of the pages against the attached data, and the data against its own digest.

    The data may be anybody's: whatever stands in it, this says what does not agree and raises nothing.
    """
    check = SelfCheck()
    if attached is None:
        check.problems.append(Problem("no_data"))
        return check
    try:
        context = read_attached(attached.encode())
        quotes = _quotes(context)
        stated = str(context["digests"].get("context", ""))
        agrees = digest_agrees(context)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        check.problems.append(Problem("data_unreadable"))
        return check
    check.context = context
    check.note("data", "data_changed", () if agrees else (stated[:SHOWN_DIGITS],))
    flat_pages = [flat(page) for page in pages]
    check.note("number", "number_differs", _pages_without(flat_pages, flat(context["number"])))
    check.note("digest", "digest_differs", _pages_without(flat_pages, stated[:SHOWN_DIGITS] or "-"))
    if context.get("template") in WITHOUT_QUOTES:
        return check
    if len(quotes) * sum(map(len, flat_pages)) > MOST_WORK:
        check.problems.append(Problem("too_much"))
    else:
        check.note("quotes", "quotes_differ", _unfound(quotes, flat_pages))
    return check


def differing_pages(pages, others) -> tuple[int, ...]:
    """The numbers of the pages whose texts differ, pages that only one of both has included."""
    ours, theirs = [flat(page) for page in pages], [flat(page) for page in others]
    longest = max(len(ours), len(theirs))
    return tuple(number for number in range(1, longest + 1) if ours[number - 1 : number] != theirs[number - 1 : number])


def flat(text: str) -> str:
    """The text as it can be compared however its lines were broken: one form of each character, no white space."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C")


def _quotes(context: dict) -> list[tuple[str, str]]:
    """(number, quote) of all evidence that the data state."""
    rows = [*context.get("findings", ()), *context.get("observations", ())]
    return [(str(piece["number"]), flat(printable(str(piece["quote"])))) for row in rows for piece in row["evidence"]]


def _pages_without(flat_pages: list[str], words: str) -> list[int]:
    return [number for number, page in enumerate(flat_pages, 1) if words not in page]


def _unfound(quotes: list[tuple[str, str]], flat_pages: list[str]) -> list[str]:
    whole = "\n".join(flat_pages)
    unfound = []
    for number, quote in quotes:
        if quote not in whole and not _goes_on(quote, flat_pages):
            unfound.append(number)
            if len(unfound) == MOST_UNFOUND:
                break
    return unfound


def _goes_on(quote: str, flat_pages: list[str]) -> bool:
    """Whether the quote stands on pages that follow each other, parted by their feet and heads."""
    return any(_begins(quote, flat_pages[number : number + PAGES_OF_A_QUOTE]) for number in range(len(flat_pages) - 1))


def _begins(quote: str, flat_pages: list[str]) -> bool:
    """Whether a beginning of the quote stands on the first of these pages and the rest of it on the next ones."""
    if len(flat_pages) < 2:
        return False
    page, following = flat_pages[:2]
    low, high = 0, len(quote)
    while low < high:  # the longest beginning that stands here
        middle = (low + high + 1) // 2
        low, high = (middle, high) if quote[:middle] in page else (low, middle - 1)
    # A character or two more may stand here by chance.
    return any(
        quote[length:] in following or _begins(quote[length:], flat_pages[1:])
        for length in range(low, max(0, low - 3), -1)
    )
