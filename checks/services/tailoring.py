"""What one engagement asks otherwise than the published checklist: switched off, graver, or of its own.

Changes are rows. An audit that begins runs on a version made of the published one and the changes that stand; it is
frozen like any other and belongs to the engagement alone, so that findings, review and report know nothing special.
"""

import re
from copy import deepcopy

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import parse_checklist
from ..engine.checklist import problems_of
from ..engine.entities import Severity
from ..engine.examples import check_examples
from ..models import ChecklistVersion, Engagement, TailoredVersion, TailoringChange
from . import activity
from .checklist import version_keep
from .errors import ServiceError

Kind = TailoringChange.Kind
GRAVITY = [severity.value for severity in (Severity.ADVISORY, Severity.MINOR, Severity.MAJOR, Severity.CRITICAL)]
OWN = "OWN-"
OWN_CODE = re.compile(r"OWN-[0-9]{1,6}")
TAILORED_NAME = re.compile(r"\+[0-9]+\.[0-9]+$")
LONGEST_VERSION = 40


class TailoringReasonRequired(ServiceError):
    text = _("Say why this engagement departs from the checklist: the reason stands in the report.")


class NotInChecklist(ServiceError):
    text = _("There is no requirement %(code)s in this checklist.")


class AlreadyChanged(ServiceError):
    text = _("%(code)s is changed for this engagement already. Take that back first.")


class NotGraver(ServiceError):
    text = _("The severity can only be raised. This requirement is graver already, or just as grave.")


class NothingLeft(ServiceError):
    text = _("Something must be left to audit: this is the last requirement.")


class AlreadyTakenBack(ServiceError):
    text = _("This change has been taken back already.")


class OwnRequirementRefused(ServiceError):
    """The loader or the examples have something against an own requirement; ``problems`` is a list of sentences."""

    text = _("The requirement cannot be used yet: %(count)s things are wrong with it.")

    def __init__(self, problems, failures=()):
        super().__init__(count=len(problems) + len(failures))
        self.problems, self.failures = problems, failures


# ---------- acts ----------


@transaction.atomic
def requirement_switch_off(*, by, engagement, version, code, reason):
    """Let audits of the engagement leave a requirement out, and return the TailoringChange.

    Raises TailoringReasonRequired, NotInChecklist, AlreadyChanged, NothingLeft.
    """
    entry = _checked(engagement, version, code, reason)
    off = {change.code for change in standing(engagement, version) if change.kind == Kind.OFF}
    if not {row["code"] for row in version.source["requirements"]} - off - {code}:
        raise NothingLeft
    return _keep(by, engagement, version, Kind.OFF, entry, reason)


@transaction.atomic
def severity_raise(*, by, engagement, version, code, severity, reason):
    """Let a requirement weigh more in this engagement, and return the TailoringChange.

    Raises TailoringReasonRequired, NotInChecklist, AlreadyChanged, NotGraver.
    """
    entry = _checked(engagement, version, code, reason)
    if severity not in GRAVITY or GRAVITY.index(severity) <= GRAVITY.index(entry["severity"]):
        raise NotGraver
    more = {"severity": severity, "severity_before": entry["severity"]}
    return _keep(by, engagement, version, Kind.SEVERITY, entry, reason, **more)


@transaction.atomic
def own_requirement_add(*, by, engagement, version, content, reason):
    """Add a requirement of the engagement's own, and return the TailoringChange; its code is given here.

    ``content`` is an entry as the loader reads it, without a code. Without rules the engine will leave it to people.
    Raises TailoringReasonRequired and OwnRequirementRefused.
    """
    _lock(engagement)
    if not reason.strip():
        raise TailoringReasonRequired
    entry = {"code": next_code(engagement), **content}
    source = {**version.source, "requirements": [entry]}
    if problems := problems_of(source):
        raise OwnRequirementRefused(problems)
    checklist = parse_checklist(source)
    failures = [each for each in check_examples(checklist) if each.problem in ("not_found", "false_alarm")]
    if failures:
        raise OwnRequirementRefused([], failures)
    return _keep(by, engagement, version, Kind.OWN, entry, reason, content=entry, severity=entry["severity"])


@transaction.atomic
def change_take_back(*, by, change, reason):
    """Let the requirement stand again as the checklist has it, and return the row that says so.

    Audits that ran keep what they ran with. Raises TailoringReasonRequired and AlreadyTakenBack.
    """
    _lock(change.engagement)
    if not reason.strip():
        raise TailoringReasonRequired
    if change.kind == Kind.REVOKED or TailoringChange.objects.filter(revokes=change).exists():
        raise AlreadyTakenBack
    row = TailoringChange.objects.create(
        engagement=change.engagement,
        checklist=change.checklist,
        kind=Kind.REVOKED,
        code=change.code,
        title_zh=change.title_zh,
        title_en=change.title_en,
        reason=reason.strip(),
        revokes=change,
        made_by=by,
        made_at=timezone.now(),
    )
    _record(by, row)
    return row


# ---------- what comes from elsewhere ----------


def is_sound_change(change, sources):
    """Whether the program could have made this change; ``sources`` are contents of versions of its checklist."""
    revokes = change.revokes
    if change.kind == Kind.REVOKED:
        return revokes is not None and revokes.kind != Kind.REVOKED and _of(revokes) == _of(change)
    if revokes is not None or (change.severity == "") != (change.kind == Kind.OFF):
        return False
    if change.kind != Kind.OWN:
        return change.content == {}
    entry = change.content
    if not isinstance(entry, dict) or not OWN_CODE.fullmatch(change.code) or entry.get("code") != change.code:
        return False
    if not sources:  # tailored, never audited, and the checklist is not here: no audit can run on it either
        return isinstance(entry.get("domain"), str)
    return any(not problems_of({**source, "requirements": [entry]}) for source in sources)


def is_sound_version(tailored, changes):
    """Whether the version is what these changes make of its base, and is nobody else's published one."""
    version, base = tailored.version, tailored.base
    suffix = TAILORED_NAME.search(version.version)
    if suffix is None or version.version != _name(base, suffix.group()):
        return False
    if any(change.kind == Kind.REVOKED for change in changes):
        return False
    if {base.checklist_id, *(change.checklist_id for change in changes)} != {version.checklist_id}:
        return False
    shared = not version.imported and not version.tailored.exclude(pk=tailored.pk).exists()
    if shared or not changes or is_tailored(base):
        return False
    return tailored_source(base.source, changes) | {"version": version.version} == version.source


def _of(change):
    return change.checklist_id, change.code


# ---------- what comes of it ----------


def standing(engagement, version):
    """The changes that count for audits of the engagement on this checklist, oldest first."""
    rows = TailoringChange.objects.filter(engagement=engagement, checklist=version.checklist_id)
    return list(rows.exclude(kind=Kind.REVOKED).filter(revoked_by=None).select_related("made_by").order_by("id"))


def effective_changes(source, changes):
    """Those of the changes that this content has something to change for: a newer version may have dropped a code."""
    entries = {entry["code"]: entry for entry in source["requirements"]}
    return [
        change
        for change in changes
        if (change.kind == Kind.OWN and change.code not in entries)
        or (change.kind == Kind.OFF and change.code in entries)
        or (change.kind == Kind.SEVERITY and _graver(change.severity, entries.get(change.code)))
    ]


def tailored_source(source, changes):
    """The content with the changes made: requirements left out, graver ones, own ones behind those of their domain."""
    off = {change.code for change in changes if change.kind == Kind.OFF}
    graver = {change.code: change.severity for change in changes if change.kind == Kind.SEVERITY}
    entries = [deepcopy(entry) for entry in source["requirements"] if entry["code"] not in off]
    for entry in entries:
        if severity := graver.get(entry["code"]):
            entry["severity"] = severity
            for scale in entry.get("scales", {}).values():
                if "severity" in scale and GRAVITY.index(scale["severity"]) < GRAVITY.index(severity):
                    scale["severity"] = severity
    for change in changes:
        if change.kind == Kind.OWN:
            entries.insert(_behind_its_domain(entries, change.content["domain"]), deepcopy(change.content))
    return {**source, "requirements": entries}


def _behind_its_domain(entries, domain):
    """The place behind the last requirement of the domain; the end where there is none."""
    return max((at for at, entry in enumerate(entries, 1) if entry["domain"] == domain), default=len(entries))


@transaction.atomic
def version_for(*, engagement, version):
    """The version that audits of the engagement run on when they ask for ``version``: itself, or a tailored one.

    The same changes on the same version give the same tailored version; it is made when it is first needed.
    """
    if is_tailored(version):
        return version
    changes = effective_changes(version.source, standing(engagement, version))
    if not changes:
        return version
    _lock(engagement)
    wanted = {change.pk for change in changes}
    mine = TailoredVersion.objects.filter(engagement=engagement, base=version)
    for row in mine.annotate(count=Count("changes")).filter(count=len(wanted)).prefetch_related("changes"):
        if {change.pk for change in row.changes.all()} == wanted:
            return ChecklistVersion.everywhere.select_related("checklist").get(pk=row.version_id)
    made = version_keep(
        loaded=_named(engagement, version, tailored_source(version.source, changes), mine.count() + 1),
        checklist=version.checklist,
        published_at=version.published_at,
        changelog=version.changelog,
        applies_from=version.applies_from,
        published_by=version.published_by,
        approved_by=version.approved_by,
    )
    row = TailoredVersion.objects.create(version=made, base=version, engagement=engagement)
    row.changes.set(changes)
    return made


def _named(engagement, version, source, number):
    """The content as the engine loads it, under the first name with which it is not here yet.

    An engagement that came from elsewhere may have brought the very same content under this engagement's name.
    """
    while True:
        loaded = parse_checklist(source | {"version": _name(version, f"+{engagement.pk}.{number}")})
        if not ChecklistVersion.everywhere.filter(digest=loaded.digest).exists():
            return loaded
        number += 1


def _name(base, suffix):
    return base.version[: LONGEST_VERSION - len(suffix)] + suffix


def is_tailored(version):
    """Whether the version was made for one engagement."""
    return TailoredVersion.objects.filter(version=version).exists()


def next_code(engagement):
    """The next free code of an own requirement, such as OWN-2; codes of those taken back are not given again."""
    codes = TailoringChange.objects.filter(engagement=engagement, kind=Kind.OWN).values_list("code", flat=True)
    return f"{OWN}{max([int(re.sub('[^0-9]', '', code) or 0) for code in codes], default=0) + 1}"


def _graver(severity, entry):
    return entry is not None and GRAVITY.index(severity) > GRAVITY.index(entry["severity"])


def _checked(engagement, version, code, reason):
    _lock(engagement)
    if not reason.strip():
        raise TailoringReasonRequired
    entry = next((entry for entry in version.source["requirements"] if entry["code"] == code), None)
    if entry is None:
        raise NotInChecklist(code=code)
    if any(change.code == code for change in standing(engagement, version)):
        raise AlreadyChanged(code=code)
    return entry


def _keep(by, engagement, version, kind, entry, reason, **fields):
    change = TailoringChange.objects.create(
        engagement=engagement,
        checklist=version.checklist,
        kind=kind,
        code=entry["code"],
        title_zh=entry["title_zh"],
        title_en=entry["title_en"],
        reason=reason.strip(),
        made_by=by,
        made_at=timezone.now(),
        **fields,
    )
    _record(by, change)
    return change


def _record(by, change):
    detail = {"code": change.code, "reason": change.reason, "severity": change.severity}
    if change.revokes_id:
        detail["revokes"] = change.revokes_id
    action = f"tailoring.{change.kind}"
    activity.record(actor=by, action=action, obj=change, engagement=change.engagement, detail=detail)


def _lock(engagement):
    Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
