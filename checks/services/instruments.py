"""The register of legal instruments, and what a change of law means for the requirements that cite one.

A requirement is flagged when an instrument it cites was amended or repealed after the requirement was last looked at:
in a version, after the version was published; in a draft, until an author ticks it off.
"""

import re
from collections import defaultdict
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import (
    ChecklistDraft,
    Instrument,
    InstrumentChange,
    InstrumentChangeWithdrawal,
    LegalBasis,
    RequirementDraft,
)
from . import activity
from .errors import ServiceError

AUTHOR = "checks.author_checklist"
KEY = re.compile(r"[A-Z][A-Z0-9]{1,39}")
_BETWEEN = re.compile(r"[、，,；;\s]+|以及|和|及")
_KINDS = (
    ("条例", Instrument.Kind.REGULATION),
    ("规定", Instrument.Kind.RULE),
    ("办法", Instrument.Kind.RULE),
    ("方法", Instrument.Kind.GUIDANCE),
    ("指南", Instrument.Kind.GUIDANCE),
    ("规范", Instrument.Kind.STANDARD),
    ("法", Instrument.Kind.LAW),
)


class NotInstrumentAuthor(ServiceError):
    text = gettext_lazy("Only a checklist author can change the register of instruments.")


class NotAKey(ServiceError):
    text = gettext_lazy("An abbreviation consists of capital letters and digits, such as PIPL or GBT35273.")


class KeyTaken(ServiceError):
    text = gettext_lazy("%(key)s is in the register already.")


class TitleRequired(ServiceError):
    text = gettext_lazy("Give the instrument its title.")


class NoteRequired(ServiceError):
    text = gettext_lazy("Say in a sentence what the change is about.")


class ReplacedByItself(ServiceError):
    text = gettext_lazy("An instrument cannot be replaced by itself.")


class AlreadyRepealed(ServiceError):
    text = gettext_lazy("%(key)s is repealed already, from %(day)s.")


class AlreadyWithdrawn(ServiceError):
    text = gettext_lazy("This change has been withdrawn already.")


class WithdrawReasonRequired(ServiceError):
    text = gettext_lazy("Say why the change is withdrawn.")


class Citation(NamedTuple):
    """One place where a requirement cites an instrument."""

    code: str
    ref: str
    title_zh: str
    title_en: str


# ---------- what is in the register ----------


@transaction.atomic
def instruments_register(*, source):
    """Take the instruments a checklist names, and the places in them it cites, into the register.

    What is there keeps its titles; only new instruments and new places are added. Returns how many are new.
    """
    cited = defaultdict(dict)
    for entry in source.get("requirements", ()):
        for basis in entry.get("legal_basis", ()):
            if basis.get("ref"):
                cited[basis["instrument"]][basis["ref"]] = True
    there = {row.key: row for row in Instrument.objects.filter(key__in=[row["id"] for row in source["instruments"]])}
    new = []
    for entry in source["instruments"]:
        refs = list(cited[entry["id"]])
        row = there.get(entry["id"])
        if row is None:
            new.append(_from_checklist(entry, refs))
        elif more := [ref for ref in refs if ref not in row.articles]:
            row.articles = in_order([*row.articles, *more])
            row.save(update_fields=["articles"])
    Instrument.objects.bulk_create(new)
    return len(new)


def _from_checklist(entry, refs):
    title = entry["title_zh"]
    return Instrument(
        key=entry["id"],
        title_zh=title,
        title_en=entry["title_en"],
        kind=kind_of(title),
        in_force=entry.get("in_force") or None,
        articles=in_order(refs),
        added_at=timezone.now(),
    )


def kind_of(title):
    """What kind of instrument a Chinese title names, by its last words."""
    plain = re.sub(r"（[^（）]*）", "", title).strip()
    if plain.startswith("GB"):
        return Instrument.Kind.STANDARD
    return next((kind for ending, kind in _KINDS if plain.endswith(ending)), Instrument.Kind.OTHER)


def in_order(refs):
    """Places in an instrument as one would look for them: 第四条 before 第十七条, 5.4 before 5.10."""
    return sorted(dict.fromkeys(refs), key=_place)


def _place(ref):
    numbers = re.findall(r"\d+|[〇零一二三四五六七八九十百]+", ref)
    return [int(number) if number.isdecimal() else _chinese_number(number) for number in numbers] or [0], ref


def _chinese_number(text):
    total, unit = 0, 0
    for sign in text:
        if sign in "十百":
            total, unit = total + (unit or 1) * (10 if sign == "十" else 100), 0
        else:
            unit = "零一二三四五六七八九".find(sign.replace("〇", "零"))
    return total + unit


def instrument_choices():
    """For a picker of legal bases: ``[{"key", "title_zh", "title_en", "in_force", "state", "articles"}]``.

    ``state`` is "" or what happened last and counts: "amended" or "repealed". Any other place may be typed as well.
    """
    return [
        {
            "key": row.key,
            "title_zh": row.title_zh,
            "title_en": row.title_en,
            "in_force": row.in_force.isoformat() if row.in_force else "",
            "state": changes[-1].kind if (changes := standing_changes(row)) else "",
            "articles": row.articles,
        }
        for row in instruments()
    ]


def instrument_entry(*, key):
    """The instrument as a checklist's ``instruments`` name it; None for one that is not in the register."""
    row = Instrument.objects.filter(key=key).first()
    if row is None:
        return None
    day = {"in_force": row.in_force.isoformat()} if row.in_force else {}
    return {"id": row.key, "title_zh": row.title_zh, "title_en": row.title_en, **day}


def instruments():
    """Every instrument with its changes at hand: two queries."""
    return Instrument.objects.prefetch_related("changes__withdrawal", "changes__replaced_by", "changes__recorded_by")


def standing_changes(instrument):
    """Its changes that were not withdrawn, in the order in which they were recorded."""
    return [change for change in instrument.changes.all() if not hasattr(change, "withdrawal")]


# ---------- acts ----------


@transaction.atomic
def instrument_add(*, by, key, title_zh, title_en="", issuer="", kind=Instrument.Kind.OTHER, in_force=None):
    """Put an instrument into the register and return it.

    Raises NotInstrumentAuthor, NotAKey, KeyTaken, TitleRequired.
    """
    _author(by)
    key, title_zh = key.strip(), title_zh.strip()
    if not KEY.fullmatch(key):
        raise NotAKey
    if not title_zh:
        raise TitleRequired
    if Instrument.objects.filter(key=key).exists():
        raise KeyTaken(key=key)
    row = Instrument.objects.create(
        key=key,
        title_zh=title_zh,
        title_en=title_en.strip() or title_zh,
        issuer=issuer.strip(),
        kind=kind,
        in_force=in_force,
        added_by=by,
        added_at=timezone.now(),
    )
    _record(by, row, "instrument.added")
    return row


@transaction.atomic
def instrument_change(*, by, instrument, kind, effective, note, articles=(), replaced_by=None):
    """Record that the instrument is amended or repealed from ``effective`` on, and return the InstrumentChange.

    ``articles`` are the places concerned, none means all of it. Requirements of open drafts that cite them are marked
    for re-examination. Raises NotInstrumentAuthor, NoteRequired, AlreadyRepealed, ReplacedByItself.
    """
    _author(by)
    Instrument.objects.select_for_update().get(pk=instrument.pk)
    if not note.strip():
        raise NoteRequired
    if replaced_by is not None and replaced_by.pk == instrument.pk:
        raise ReplacedByItself
    repealed = InstrumentChange.objects.filter(instrument=instrument, kind=InstrumentChange.Kind.REPEALED)
    if over := repealed.filter(withdrawal=None).first():
        raise AlreadyRepealed(key=instrument.key, day=over.effective.isoformat())
    change = InstrumentChange.objects.create(
        instrument=instrument,
        kind=kind,
        effective=effective,
        articles=in_order(article.strip() for article in articles if article.strip()),
        note=note.strip(),
        replaced_by=replaced_by,
        recorded_by=by,
        recorded_at=timezone.now(),
    )
    marked = _mark_drafts(change)
    _record(by, instrument, f"instrument.{kind}", change=change.pk, effective=effective.isoformat(),
            articles=change.articles, note=change.note, drafts=marked)  # fmt: skip
    return change


@transaction.atomic
def change_withdraw(*, by, change, reason):
    """Take a change back that was recorded by mistake; marks it left in drafts go. Returns the withdrawal.

    Raises NotInstrumentAuthor, WithdrawReasonRequired and AlreadyWithdrawn.
    """
    _author(by)
    Instrument.objects.select_for_update().get(pk=change.instrument_id)
    if not reason.strip():
        raise WithdrawReasonRequired
    if InstrumentChangeWithdrawal.objects.filter(change=change).exists():
        raise AlreadyWithdrawn
    withdrawal = InstrumentChangeWithdrawal.objects.create(
        change=change, reason=reason.strip(), by=by, at=timezone.now()
    )
    open_drafts = RequirementDraft.objects.filter(draft__state__in=_OPEN)
    for row in open_drafts.filter(reexamine__contains=mark_of(change)):
        row.reexamine = "\n".join(line for line in row.reexamine.splitlines() if mark_of(change) not in line)
        row.save(update_fields=["reexamine"])
    _record(by, change.instrument, "instrument.withdrawn", change=change.pk, reason=withdrawal.reason)
    return withdrawal


# ---------- what a change concerns ----------


def cites(ref, articles):
    """Whether a legal basis at ``ref`` is concerned by a change of ``articles`` (none: of the whole instrument).

    A basis without a place cites all of it. A place contains its parts: 第十七条 concerns 第十七条第一款, but not
    第十七条之一.
    """
    if not articles or not ref.strip():
        return True
    places = [place for place in _BETWEEN.split(ref) if place]
    return any(_inside(place, article) or _inside(article, place) for place in places for article in articles)


def _inside(place, article):
    article = article.strip()
    if not place.startswith(article):
        return False
    rest = place[len(article) :]
    return not rest or not (rest[0] in "之" or (rest[0].isdecimal() and article[-1:].isdecimal()))


def citing_version(*, version, instrument, articles=()):
    """The Citations of the instrument in a published version, in its order."""
    rows = LegalBasis.objects.filter(requirement__version=version, instrument=instrument.key)
    rows = (
        rows.select_related("requirement").defer("requirement__content").order_by("requirement__position", "position")
    )
    return [
        Citation(row.requirement.code, row.ref, row.requirement.title_zh, row.requirement.title_en)
        for row in rows
        if cites(row.ref, articles)
    ]


def citing_draft(*, rows, instrument, articles=()):
    """The same for RequirementDraft rows."""
    return [
        Citation(row.code, basis.get("ref") or "", row.content.get("title_zh", ""), row.content.get("title_en", ""))
        for row in rows
        for basis in _bases(row.content)
        if basis.get("instrument") == instrument.key and cites(basis.get("ref") or "", articles)
    ]


def flags_of(*, version):
    """Requirement code → the changes of law it has not been examined for since, oldest first: three queries at most.

    Changes recorded before the version was published count as examined, unless its draft still bore the mark; so do
    they for a shipped version that states the law as of a later day.
    """
    changes = InstrumentChange.objects.filter(withdrawal=None).select_related("instrument", "replaced_by")
    changes = list(changes.order_by("id"))
    if not changes:
        return {}
    draft = ChecklistDraft.objects.filter(published_version=version).first()
    left = {}
    if draft:
        left = dict(draft.requirements.exclude(reexamine="").values_list("code", "reexamine"))
    bases = LegalBasis.objects.filter(
        requirement__version=version, instrument__in={change.instrument.key for change in changes}
    )
    found = defaultdict(list)
    for code, key, ref in bases.order_by("requirement__position").values_list("requirement__code", "instrument", "ref"):
        for change in changes:
            concerned = change.instrument.key == key and cites(ref, change.articles)
            if concerned and not _examined(change, version, draft, left.get(code, "")) and change not in found[code]:
                found[code].append(change)
    return {code: sorted(those, key=lambda change: change.pk) for code, those in found.items() if those}


def _examined(change, version, draft, left):
    if change.recorded_at > version.published_at:
        return False
    if draft:
        return mark_of(change) not in left
    return str(version.source.get("as_of") or "") >= change.effective.isoformat()


def reasons_for(*, version):
    """Requirement code → why it must be looked at again, as a draft of this version keeps it."""
    return {code: "\n".join(map(reason_for, changes)) for code, changes in flags_of(version=version).items()}


def reason_for(change):
    """One line for people, ending in the number by which a withdrawal finds it again."""
    words = {
        InstrumentChange.Kind.AMENDED: _("%(title)s %(articles)s amended from %(day)s: %(note)s"),
        InstrumentChange.Kind.REPEALED: _("%(title)s %(articles)s repealed from %(day)s: %(note)s"),
    }
    said = words[change.kind] % {
        "title": change.instrument.title_zh,
        "articles": "、".join(change.articles),
        "day": date_format(change.effective, "Y-m-d"),
        "note": " ".join(change.note.split()),
    }
    return f"{re.sub(' +', ' ', said)} {mark_of(change)}"


def mark_of(change):
    """What a mark in a draft ends in, so that it can be found again."""
    return f"[#{change.pk}]"


_OPEN = (ChecklistDraft.State.DRAFT, ChecklistDraft.State.IN_REVIEW)


def _mark_drafts(change):
    """Mark what cites it in every open draft; the versions' names of the drafts in which something was marked."""
    rows = RequirementDraft.objects.filter(draft__state__in=_OPEN).select_related("draft")
    marked, names = [], {}
    for row in rows:
        if citing_draft(rows=[row], instrument=change.instrument, articles=change.articles):
            row.reexamine = "\n".join(filter(None, [row.reexamine, reason_for(change)]))
            names[row.draft.version] = True
            marked.append(row)
    RequirementDraft.objects.bulk_update(marked, ["reexamine"])
    return list(names)


def _bases(content):
    bases = content.get("legal_basis") if isinstance(content, dict) else None
    return [basis for basis in bases if isinstance(basis, dict)] if isinstance(bases, list) else []


def _author(by):
    if not by.has_perm(AUTHOR):
        raise NotInstrumentAuthor


def _record(by, instrument, action, **detail):
    activity.record(actor=by, action=action, obj=instrument, detail={"key": instrument.key, **detail})
