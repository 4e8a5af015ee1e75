"""Rows of the views over a policy, made ready for their tables: what is missing, which places, which findings."""

from dataclasses import dataclass, field
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from ..services.reading import policy_views
from ..templatetags.checks_tags import term_word

TABS = {
    "matrix": gettext_lazy("Function, information, purpose"),
    "sdks": gettext_lazy("SDKs"),
    "permissions": gettext_lazy("Device permissions"),
    "recipients": gettext_lazy("Third parties"),
    "periods": gettext_lazy("Periods"),
    "dates": gettext_lazy("Dates"),
    "contradictions": gettext_lazy("Contradictions"),
}
VAGUE_WORDS = {
    "open_list": gettext_lazy("open list: what else?"),
    "nameless": gettext_lazy("does not say which information"),
    "catch_all": gettext_lazy("a purpose that fits everything"),
}
MISSING = {
    "name": gettext_lazy("name"),
    "provider": gettext_lazy("provider"),
    "purpose": gettext_lazy("purpose"),
    "data": gettext_lazy("kinds of information"),
    "link": gettext_lazy("link to its rules"),
    "contact": gettext_lazy("contact"),
}
WAYS = {
    "share": gettext_lazy("shared with"),
    "entrust": gettext_lazy("entrusted to"),
    "sdk": gettext_lazy("by an SDK"),
    "law": gettext_lazy("required by law"),
}
PERIOD_KINDS = {
    "retention": gettext_lazy("keeping"),
    "answer": gettext_lazy("answering"),
    "deletion": gettext_lazy("deleting, closing the account"),
    "notice": gettext_lazy("giving notice"),
    "age": gettext_lazy("age limit"),
}
DATE_KINDS = {
    "effective": gettext_lazy("takes effect"),
    "updated": gettext_lazy("updated"),
    "law": gettext_lazy("date of a law or of something else"),
    "other": gettext_lazy("without a label"),
}
CONTRADICTIONS = {
    "sharing": gettext_lazy("Never given to others – given to others"),
    "abroad": gettext_lazy("Only in the country – abroad"),
    "collecting": gettext_lazy("Not collected – collected: %(subject)s"),
    "permission": gettext_lazy("Not asked for – asked for: %(subject)s"),
    "period": gettext_lazy("Two periods for one thing: %(subject)s"),
    "age": gettext_lazy("Two ages for children"),
    "dates": gettext_lazy("Dates that do not go together"),
}
DATE_CONFLICTS = {
    "effective_differ": gettext_lazy("Several days on which it takes effect"),
    "updated_after_effective": gettext_lazy("Updated after the day it takes effect"),
    "no_such_day": gettext_lazy("No calendar has this day"),
}
# Which requirements a row bears on, whatever their evidence is; those a checklist does not have are left out.
BEARINGS = {
    "matrix": ("PIPL-17-PURPOSE", "PIPL-17-CATEGORIES"),
    "vague": ("PIPL-6-CATCHALL",),
    "no purpose": ("GBT35273-5-2-ORPHAN-DATA",),
    "sensitive": ("PIPL-28-SENSITIVE-MARK", "PIPL-30-NECESSITY-IMPACT"),
    "sdks": ("CAC191-2-SDK-LIST", "CAC191-2-SDK-CONSISTENCY"),
    "permissions": ("CAC191-2-PERMISSIONS",),
    "share": ("PIPL-23-RECIPIENT", "PIPL-23-SEPARATE-CONSENT"),
    "entrust": ("PIPL-21-ENTRUST",),
    "sdk": ("CAC191-2-SDK-LIST",),
    "law": ("PIPL-23-RECIPIENT",),
    "retention": ("PIPL-17-RETENTION",),
    "answer": ("PIPL-50-RESPONSE-TIME",),
    "deletion": ("PIPL-47-DELETE", "GBT35273-8-5-CANCEL"),
    "notice": ("PIPL-17-CHANGE-NOTICE",),
    "age": ("PIPL-31-GUARDIAN-CONSENT",),
    "dates": ("PIPL-17-DATES", "PIPL-74-PREDATES"),
    "contradictions": ("PIPL-17-CONTRADICTION",),
}
QUOTED = 40  # characters of a quote in a proposed title


@dataclass
class Row:
    """One row of a table: the engine's row, what is wrong with it in words, and the beginning of an observation."""

    tab: str
    number: int
    data: object
    places: list
    subject: str  # what the row is about, in few words
    issues: list = field(default_factory=list)
    codes: tuple = ()
    quotes: list = field(default_factory=list)
    bearing: list = field(default_factory=list)  # findings, filled in by whoever shows it

    @property
    def key(self):
        return f"{self.tab}-{self.number}"

    @property
    def title(self):
        """A title for an observation: the issue first, then what it is about."""
        words = _("; ").join(self.issues[:2]) if self.issues else str(TABS[self.tab])
        return (words + pgettext("after a label", ": ") + self.subject)[:200]

    @property
    def facts(self):
        """What was seen, as a beginning: the issues and the quotes."""
        quotes = "".join(f"“{quote}”\n" for quote in self.quotes)
        issues = _("; ").join(self.issues)
        return "\n".join(part for part in (issues, quotes.strip()) if part)


def rows_of(audit, tab):
    """The rows of one view, in the order of the text."""
    views = policy_views(audit)
    found = BUILDERS[tab](views)
    for number, row in enumerate(found):
        row.number = number
    return found


def counts(audit):
    """How many rows each view has, and how many of them have an issue: {tab: (rows, issues)}."""
    rows = {tab: rows_of(audit, tab) for tab in TABS}
    return {tab: (len(found), sum(bool(row.issues) for row in found)) for tab, found in rows.items()}


def find_row(audit, key):
    """The row that "matrix-12" names, None for anything else."""
    tab, _dash, number = key.rpartition("-")
    if tab not in TABS or not number.isdigit():
        return None
    rows = rows_of(audit, tab)
    return rows[int(number)] if int(number) < len(rows) else None


def marked(passage, marks):
    """A quote in pieces: ``(text, mark)``, where mark is what is said of this piece, "" for the rest."""
    inside = sorted((mark.passage.start, mark.passage.end, mark.kind.value) for mark in marks)
    edges, pieces, at = [], [], passage.start
    for start, end, kind in inside:
        if passage.start <= start and end <= passage.end and start >= at:
            edges += [(at, start, ""), (start, end, str(VAGUE_WORDS[kind]))]
            at = end
    edges.append((at, passage.end, ""))
    for start, end, kind in edges:
        if start < end:
            pieces.append((passage.quote[start - passage.start : end - passage.start], kind))
    return pieces


# ---------- One builder for each view ----------


def _row(tab, data, passages, subject, issues=(), codes=()):
    places = list(dict.fromkeys((piece.start, piece.end) for piece in passages))
    quotes = list(dict.fromkeys(piece.quote for piece in passages))
    return Row(tab, 0, data, places, _short(subject), [str(issue) for issue in issues], tuple(codes), quotes=quotes)


def _short(words):
    words = " ".join(str(words).split())
    return words if len(words) <= QUOTED else words[:QUOTED] + "…"


def _matrix(views):
    rows = []
    for data in views.matrix:
        issues, codes = [], list(BEARINGS["matrix"])
        if not data.purpose_from:
            issues.append(_("no purpose"))
            codes += BEARINGS["no purpose"]
        elif data.purpose_from == "function":
            issues.append(_("purpose only implied by the function"))
        if data.vague:
            issues.append(_("vague words"))
            codes += BEARINGS["vague"]
        if any(item.sensitive for item in data.items):
            codes += BEARINGS["sensitive"]
        subject = _("; ").join(term_word(item.name) for item in data.items) or data.source.quote
        row = _row("matrix", data, [data.source], subject, issues, codes)
        row.pieces = marked(data.source, data.vague)
        row.items = [(item, term_word(item.name)) for item in data.items]
        rows.append(row)
    functions = [row.data.function.quote if row.data.function else "" for row in rows]
    for row, repeated in zip(rows, [False, *(one == other for one, other in pairwise(functions))], strict=False):
        row.repeated = repeated
    return rows


def _missing(names):
    return [_("missing: %(what)s") % {"what": _(", ").join(str(MISSING[name]) for name in names)}] if names else []


def _sdks(views):
    rows = []
    for data in views.sdks:
        row = _row("sdks", data, [data.source], data.name.quote, _missing(data.missing), BEARINGS["sdks"])
        row.cells = [(data.provider, "provider"), (data.purpose, "purpose"), (data.data, "data"), (data.link, "link")]
        row.cells = [(cell, MISSING[name]) for cell, name in row.cells]
        rows.append(row)
    return rows


def _permissions(views):
    rows = []
    for data in views.permissions:
        issues = [_("no purpose")] if data.state == "asked" and data.purpose is None else []
        rows.append(_row("permissions", data, [data.source], term_word(data.name), issues, BEARINGS["permissions"]))
    return rows


def _recipients(views):
    rows = []
    for data in views.recipients:
        row = _row("recipients", data, [data.source], data.recipient.quote, _missing(data.missing), BEARINGS[data.way])
        row.way = WAYS[data.way]
        rows.append(row)
    return rows


def _periods(views):
    rows = []
    for data in views.deadlines:
        issues = [_("no definite period")] if data.vague else []
        row = _row("periods", data, [data.source], data.period.quote, issues, BEARINGS[data.kind])
        row.kind = PERIOD_KINDS[data.kind]
        row.subjects = [term_word(name) for name in data.subjects]
        rows.append(row)
    return rows


def _dates(views):
    troubled = {}
    for conflict in views.date_conflicts:
        for date in conflict.dates:
            troubled.setdefault(date.mention.start, []).append(DATE_CONFLICTS[conflict.code])
    rows = []
    for data in views.dates:
        issues = troubled.get(data.mention.start, [])
        row = _row("dates", data, [data.source], data.mention.quote, issues, BEARINGS["dates"])
        row.kind = DATE_KINDS[data.kind]
        rows.append(row)
    return rows


def _contradictions(views):
    rows = []
    for data in views.contradictions:
        subject = PERIOD_KINDS.get(data.subject) or term_word(data.subject)
        label = DATE_CONFLICTS.get(data.subject) if data.code == "dates" else None
        words = label or CONTRADICTIONS[data.code] % {"subject": subject}
        row = _row(
            "contradictions", data, [data.left, data.right], data.left.quote, [words], BEARINGS["contradictions"]
        )
        rows.append(row)
    return rows


BUILDERS = {
    "matrix": _matrix,
    "sdks": _sdks,
    "permissions": _permissions,
    "recipients": _recipients,
    "periods": _periods,
    "dates": _dates,
    "contradictions": _contradictions,
}
