"""Drafts of checklists: everything that changes one, up to handing it over (``publishing``).

A draft's content has the exact shape of ``ChecklistVersion.source``: the head, and its requirements in their order.
Whoever saves says which revision was seen; who comes second is told, and nothing of theirs is thrown away.
"""

import json
from copy import deepcopy
from datetime import timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine.checklist import REQUIREMENT_CODE, digest_of, problems_of
from ..models import ActivityEntry, ChecklistDraft, ChecklistVersion, Instrument, RequirementDraft
from . import activity
from .errors import ServiceError
from .instruments import reasons_for
from .tailoring import TAILORED_NAME

AUTHOR, APPROVER = "checks.author_checklist", "checks.approve_checklist"
ONE_SITTING = timedelta(minutes=10)  # what one person saves again and again in this time is one act
LONGEST_VERSION = 40
LONGEST_CODE = 60


class NotAuthor(ServiceError):
    text = _("Only a checklist author can change drafts.")


class NotEditable(ServiceError):
    text = _("This draft is not open for editing: %(state)s.")


class VersionRequired(ServiceError):
    text = _("Give the version a name of at most %(longest)s characters, without spaces.")


class VersionTaken(ServiceError):
    text = _("There is a version or an open draft named %(version)s already.")


class VersionReserved(ServiceError):
    text = _("Names that end like %(version)s, in a plus sign and numbers, are kept for versions of one engagement.")


class NotACode(ServiceError):
    text = _("A code consists of capital letters, digits and hyphens, such as PIPL-17-NAME.")


class CodeTaken(ServiceError):
    text = _("The code %(code)s is used in this draft already.")


class CodeFixed(ServiceError):
    text = _("%(code)s has been published under this code and keeps it.")


class NoSuchRequirement(ServiceError):
    text = _("There is no requirement %(code)s in this draft.")


class StaleDraft(ServiceError):
    """Somebody saved in the meantime; ``current`` is the row as it stands now."""

    text = _("%(name)s changed this in the meantime. Compare, then save again; what you typed is kept.")

    def __init__(self, current, name):
        super().__init__(name=name)
        self.current = current


# ---------- reading ----------


def draft_source(draft):
    """The whole checklist as the engine's loader reads it: head and requirements in order, without what is removed."""
    rows = draft.requirements.filter(removed=False).order_by("position", "id")
    return source_from(draft, [row.content for row in rows])


def source_from(draft, contents):
    """The same from the contents of the requirements that are at hand already: no query but for the checklist."""
    head = dict(draft.head) | {"slug": draft.checklist.slug, "version": draft.version}
    head.pop("requirements", None)
    return head | {"requirements": contents}


def draft_problems(draft, contents=None):
    """What the loader has against the draft: a list of Problem (code, path, message, position), empty when sound.

    ``contents`` of its requirements save a query where they are at hand. What was found is remembered.
    """
    source = source_from(draft, contents) if contents is not None else draft_source(draft)
    entries = source.pop("requirements")
    head = json.dumps(source, sort_keys=True)
    found = [problem for entry in entries for problem in _problems_in(head, json.dumps(entry, sort_keys=True))]
    return list({repr(problem): problem for problem in [*_problems_in(head, ""), *found]}.values())


def requirement_problems(draft, content):
    """The same for one requirement that may not have been saved yet, without what is wrong with the head."""
    source = source_from(draft, [])
    source.pop("requirements")
    found = _problems_in(json.dumps(source, sort_keys=True), json.dumps(content, sort_keys=True))
    return [problem for problem in found if problem.code]


@lru_cache(maxsize=1024)
def _problems_in(head, entry):
    """Per requirement, so that a change of one is a reading of one."""
    return problems_of(json.loads(head) | {"requirements": [json.loads(entry)] if entry else []})


def draft_digest(draft):
    """The digest that the version would have if the draft were published as it stands."""
    return digest_of(draft_source(draft))


def editors_of(draft):
    """The ids of everybody who made or changed this draft; none of them can approve it."""
    acts = ActivityEntry.objects.filter(object_type="checklistdraft", object_id=draft.pk, action__startswith="draft.")
    return {draft.author_id, *acts.exclude(actor=None).order_by().values_list("actor", flat=True).distinct()}


# ---------- the draft as a whole ----------


@transaction.atomic
def draft_start(*, by, checklist, base, version, source=None):
    """Start a draft of the checklist and return it: with the content of ``base``, or of ``source`` where it is given.

    ``base`` may be None for a checklist that has no version yet. Raises NotAuthor, VersionRequired and VersionTaken.
    """
    _author(by)
    version = _version_name(checklist, version)
    content = deepcopy(source if source is not None else base.source if base else _blank(checklist))
    entries = content.pop("requirements", [])
    draft = ChecklistDraft.objects.create(
        checklist=checklist, base=base, version=version, head=content, author=by, created_at=timezone.now()
    )
    law = reasons_for(version=base) if base else {}  # changes of law nobody has looked at yet
    RequirementDraft.objects.bulk_create(
        RequirementDraft(
            draft=draft, position=position, code=entry["code"], content=entry, reexamine=law.get(entry["code"], "")
        )
        for position, entry in enumerate(entries, start=1)
    )
    _record(by, draft, "draft.started", base=base.version if base else "")
    return draft


@transaction.atomic
def draft_fill(*, by, draft, source):
    """Give the draft the content of ``source`` (an import): head, requirements and order. Returns the draft.

    Requirements that ``source`` has not are removed, which can be undone. Raises NotAuthor and NotEditable.
    """
    draft = _open(by, draft)
    content = deepcopy(source)
    entries = content.pop("requirements", [])
    rows = {row.code: row for row in draft.requirements.all()}
    made = []
    for position, entry in enumerate(entries, start=1):
        row = rows.pop(entry["code"], None) or RequirementDraft(draft=draft, code=entry["code"])
        if row.content != entry or row.removed:
            _stamp(row, by)
        row.position, row.content, row.removed = position, entry, False
        made.append(row)
    for position, row in enumerate(rows.values(), start=len(entries) + 1):
        if not row.removed:
            _stamp(row, by)
        row.position, row.removed = position, True
        made.append(row)
    RequirementDraft.objects.bulk_create([row for row in made if row.pk is None])
    fields = ["position", "content", "revision", "changed_by", "changed_at", "removed"]
    RequirementDraft.objects.bulk_update([row for row in made if row.pk], fields)
    draft.head = content
    draft.revision += 1
    draft.save(update_fields=["head", "revision"])
    _record(by, draft, "draft.filled", requirements=len(entries))
    return draft


@transaction.atomic
def head_save(*, by, draft, revision, head=None, changelog=None, applies_from=..., version=None):
    """Change the head (titles, domains, groups …), the changelog, the date or the name; what is left out stays.

    Raises NotAuthor, NotEditable, StaleDraft, VersionRequired and VersionTaken. Returns the draft.
    """
    draft = _open(by, draft)
    if draft.revision != revision:
        raise StaleDraft(draft, _last_editor(draft))
    before = (draft.head, draft.changelog, draft.applies_from, draft.version)
    if head is not None:
        draft.head = head
    if changelog is not None:
        draft.changelog = changelog.replace("\r\n", "\n").strip()
    if applies_from is not ...:
        draft.applies_from = applies_from
    if version is not None and version.strip() != draft.version:
        draft.version = _version_name(draft.checklist, version)
    if (draft.head, draft.changelog, draft.applies_from, draft.version) == before:
        return draft
    draft.revision += 1
    draft.save(update_fields=["head", "changelog", "applies_from", "version", "revision"])
    _record(by, draft, "draft.head_saved")
    return draft


@transaction.atomic
def draft_discard(*, by, draft):
    """Give the draft up; it stays to be read. Raises NotAuthor and NotEditable."""
    draft = _open(by, draft)
    draft.state = ChecklistDraft.State.DISCARDED
    draft.save(update_fields=["state"])
    _record(by, draft, "draft.discarded")
    return draft


# ---------- its requirements ----------


@transaction.atomic
def requirement_save(*, by, draft, code, content, revision):
    """Give the requirement this content and return its row; ``revision`` is the one the person saw.

    ``content`` need not be sound: what is wrong with it stands in ``draft_problems``. A code that was never published
    may change with it. Raises NotAuthor, NotEditable, NoSuchRequirement, StaleDraft, NotACode, CodeTaken, CodeFixed.
    """
    draft = _open(by, draft)
    row = _requirement(draft, code)
    if row.revision != revision:
        raise StaleDraft(row, row.changed_by.get_full_name() or row.changed_by.username if row.changed_by else "")
    if row.content == content:
        return row
    wanted = content.get("code", code)
    if wanted != code:
        _rename(draft, row, wanted)
    row.content = content | {"code": wanted}
    _stamp(row, by)
    row.save(update_fields=["code", "content", "revision", "changed_by", "changed_at"])
    _name_instruments(draft, row.content)
    _record(by, draft, "draft.requirement_saved", code=row.code)
    return row


@transaction.atomic
def requirement_add(*, by, draft, code, content=None, after=None):
    """Add a requirement at the end, or after the one with the code ``after``, and return its row.

    Without ``content`` it starts empty. Raises NotAuthor, NotEditable, NotACode, CodeTaken and NoSuchRequirement.
    """
    draft = _open(by, draft)
    code = _new_code(draft, code)
    last = draft.requirements.aggregate(last=Max("position"))["last"] or 0
    entry = {**(content if content is not None else blank_requirement(draft)), "code": code}
    row = RequirementDraft(draft=draft, code=code, content=entry, position=last + 1)
    if after:
        row.position = _requirement(draft, after).position + 1
        draft.requirements.filter(position__gte=row.position).update(position=F("position") + 1)
    _stamp(row, by)
    row.save()
    _record(by, draft, "draft.requirement_added", code=code)
    return row


@transaction.atomic
def requirement_remove(*, by, draft, code):
    """Take the requirement out of the draft; ``requirement_restore`` puts it back. Raises as requirement_save."""
    return _removed(by, draft, code, True, "draft.requirement_removed")


@transaction.atomic
def requirement_restore(*, by, draft, code):
    """Put a removed requirement back where it stood. Raises as requirement_save."""
    return _removed(by, draft, code, False, "draft.requirement_restored")


@transaction.atomic
def requirement_move(*, by, draft, code, position):
    """Let the requirement stand at this place, from 1, among those that are not removed. Raises as requirement_save."""
    draft = _open(by, draft)
    row = _requirement(draft, code)
    rows = list(draft.requirements.filter(removed=False).order_by("position", "id"))
    before = [each.pk for each in rows]
    rows = [each for each in rows if each.pk != row.pk]
    rows.insert(max(0, min(position - 1, len(rows))), row)
    if [each.pk for each in rows] == before:
        return row
    removed = list(draft.requirements.filter(removed=True).order_by("position", "id"))
    _number([*rows, *removed])
    _record(by, draft, "draft.requirement_moved", code=code)
    return row


@transaction.atomic
def requirements_mark(*, by, draft, codes, why):
    """Mark requirements for re-examination with the reason why. Returns how many; raises NotAuthor and NotEditable."""
    draft = _open(by, draft)
    marked = draft.requirements.filter(code__in=codes).update(reexamine=why)
    _record(by, draft, "draft.requirements_marked", codes=sorted(codes), why=why)
    return marked


@transaction.atomic
def requirement_reexamined(*, by, draft, code):
    """Note that the requirement was looked at again and stands as it is now. Raises as requirement_save."""
    draft = _open(by, draft)
    row = _requirement(draft, code)
    why, row.reexamine = row.reexamine, ""
    row.save(update_fields=["reexamine"])
    _record(by, draft, "draft.requirement_reexamined", code=code, why=why)
    return row


def blank_requirement(draft):
    """What a new requirement starts from: every key the loader asks for, nothing said."""
    domains = draft.head.get("domains") or [{"id": ""}]
    return {
        "code": "",
        "domain": domains[0]["id"],
        "title_zh": "",
        "title_en": "",
        "kind": "disclosure",
        "severity": "major",
        "legal_basis": [],
        "question_zh": "",
        "question_en": "",
        "elements": [],
        "decide": {},
        "remediation_zh": "",
        "remediation_en": "",
    }


def _blank(checklist):
    return {
        "slug": checklist.slug,
        "version": "",
        "title_zh": checklist.title_zh,
        "title_en": checklist.title_en,
        "domains": [],
        "instruments": [],
        "groups": {},
    }


def _author(by):
    if not by.has_perm(AUTHOR):
        raise NotAuthor


def _open(by, draft):
    """The draft as it stands under its lock, if this person may change it now."""
    _author(by)
    draft = ChecklistDraft.objects.select_for_update().get(pk=draft.pk)
    if draft.state != ChecklistDraft.State.DRAFT:
        raise NotEditable(state=draft.get_state_display())
    return draft


def _version_name(checklist, version):
    version = version.strip()
    if not version or len(version) > LONGEST_VERSION or any(sign.isspace() or sign in "/\\" for sign in version):
        raise VersionRequired(longest=LONGEST_VERSION)
    open_states = [ChecklistDraft.State.DRAFT, ChecklistDraft.State.IN_REVIEW]
    if (
        ChecklistVersion.objects.filter(checklist=checklist, version=version).exists()
        or ChecklistDraft.objects.filter(checklist=checklist, version=version, state__in=open_states).exists()
    ):
        raise VersionTaken(version=version)
    if TAILORED_NAME.search(version):
        raise VersionReserved(version=version)
    return version


def _requirement(draft, code):
    row = draft.requirements.select_related("changed_by").filter(code=code).first()
    if row is None:
        raise NoSuchRequirement(code=code)
    return row


def _name_instruments(draft, content):
    """An instrument that was picked from the register and is new to the checklist is named in its head."""
    used = {basis.get("instrument") for basis in content.get("legal_basis") or () if isinstance(basis, dict)}
    missing = used - {each["id"] for each in draft.head.get("instruments", ())}
    found = Instrument.objects.filter(key__in=missing).order_by("key") if missing else ()
    entries = [
        {"id": row.key, "title_zh": row.title_zh, "title_en": row.title_en}
        | ({"in_force": row.in_force.isoformat()} if row.in_force else {})
        for row in found
    ]
    if entries:
        draft.head = draft.head | {"instruments": [*draft.head.get("instruments", ()), *entries]}
        draft.revision += 1
        draft.save(update_fields=["head", "revision"])


def _rename(draft, row, code):
    if draft.base_id and draft.base.requirements.filter(code=row.code).exists():
        raise CodeFixed(code=row.code)
    row.code = _new_code(draft, code)


def _new_code(draft, code):
    code = code.strip()
    if not REQUIREMENT_CODE.fullmatch(code) or len(code) > LONGEST_CODE:
        raise NotACode
    if draft.requirements.filter(code=code).exists():
        raise CodeTaken(code=code)
    return code


def _removed(by, draft, code, removed, action):
    draft = _open(by, draft)
    row = _requirement(draft, code)
    if row.removed != removed:
        row.removed = removed
        row.save(update_fields=["removed"])
        _record(by, draft, action, code=code)
    return row


def _number(rows):
    for position, row in enumerate(rows, start=1):
        row.position = position
    RequirementDraft.objects.bulk_update(rows, ["position"])


def _stamp(row, by):
    row.revision += 1
    row.changed_by, row.changed_at = by, timezone.now()


def _last_editor(draft):
    last = _acts(draft).select_related("actor").filter(action__startswith="draft.").first()
    return last.actor.get_full_name() or last.actor.username if last and last.actor else ""


def _acts(draft):
    return ActivityEntry.objects.filter(object_type="checklistdraft", object_id=draft.pk).order_by("-id")


def _record(by, draft, action, **detail):
    """One entry for one act; saving the same thing again within one sitting is the same act."""
    if action in ("draft.requirement_saved", "draft.head_saved"):
        last = _acts(draft).first()
        same = last and (last.actor_id, last.action, last.detail.get("code")) == (by.pk, action, detail.get("code"))
        if same and timezone.now() - last.at < ONE_SITTING:
            return
    detail = {"checklist": draft.checklist.slug, "version": draft.version, **detail}
    activity.record(actor=by, action=action, obj=draft, detail=detail)
