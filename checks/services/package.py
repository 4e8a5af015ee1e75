"""A whole engagement as one file: taken out by its lead, taken in by somebody who may, the record unbroken."""

import hashlib
import re
import tempfile
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import ENGINE_VERSION, ChecklistError
from ..models import BlindReview, Engagement, EngagementImport, IntakeItem, Membership
from ..models.engagement import person_name
from ..packing import archive
from ..packing.archive import BadPackage, PackageReader, PackageWriter
from ..packing.tables import ACTIVITY, CHECKLISTS, NAMES, PEOPLE, TABLES, Incoming, Outgoing
from ..rendering.digests import context_digest
from . import activity, engagements
from .checklist import checklist_receive
from .errors import ServiceError
from .tailoring import is_sound_change, is_sound_version

IN_MEMORY = 16 * 1024 * 1024  # a larger package is written to a temporary file
REASONS = {
    "no_zip": _("This is no ZIP file, or it is damaged."),
    "no_manifest": _("This ZIP file is no package of an engagement: its manifest is missing or damaged."),
    "schema": _("This package was made by another version of the program (schema %(schema)s)."),
    "members": _("The package does not hold what its manifest says: %(name)s."),
    "unknown_member": _("The package holds something that does not belong there: %(name)s."),
    "twice": _("The package holds something twice: %(name)s."),
    "digest": _("The package was changed after it was made: the digest of %(name)s is wrong."),
    "damaged": _("A part of the package cannot be read: %(name)s."),
    "too_large": _("A part of the package is larger than is read here: %(name)s."),
    "too_many": _("The package has more than %(limit)s parts."),
    "rows": _("A table of the package is not as it should be: %(table)s."),
    "value": _("A value in the package is not as it should be: %(table)s, %(field)s."),
    "file_missing": _("A file is missing from the package: %(name)s."),
    "checklist": _("A checklist of the package is not one, or is another than its digest says."),
    "quote": _("A quote in the package is not in the text it is said to be from: %(table)s."),
    "original": _("An original or report in the package has another digest than its row says: %(table)s."),
    "verdict": _("A verdict in the package is not the one that was decided last."),
    "tailoring": _("The tailoring in the package does not fit its checklist: %(name)s."),
    "chain": _("The record in the package is broken: entries were changed, taken out or put in."),
    "database": _("The rows of the package do not fit together."),
}


class PackageRefused(ServiceError):
    """The package is not taken; nothing of it was kept. ``reason`` says why, by name."""

    def __init__(self, reason, **params):
        super().__init__(**params)
        self.reason = reason

    @property
    def message(self):
        return str(REASONS[self.reason]) % self.params


class StillWorking(ServiceError):
    text = _("Files of this engagement are still being worked on. Wait until they are done, or cancel them.")


class BlindRunning(ServiceError):
    text = _("A blind second review is running. A package would show both opinions; finish the review or give it up.")


@transaction.atomic
def engagement_export(*, by, engagement):
    """The engagement as a package: ``(file, manifest)``, the file open at its beginning; the act is recorded after it.

    The same engagement gives the same content digest, whoever exports it and however often: what exporting itself
    adds to the record is in the next package only. Raises StillWorking and BlindRunning.
    """
    Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
    if IntakeItem.objects.filter(job__engagement=engagement, state__in=IntakeItem.OPEN).exists():
        raise StillWorking
    if BlindReview.objects.running().filter(audit__engagement=engagement).exists():
        raise BlindRunning
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (handed to the caller)
    writer = PackageWriter(target)
    rows = Outgoing(engagement, EngagementImport.objects.filter(engagement=engagement).first(), writer.add_file)
    for table in TABLES:
        writer.add_rows(table.name, rows.rows(table))
    writer.add_rows(PEOPLE, rows.people_rows())
    writer.add_rows(CHECKLISTS, rows.checklist_rows())
    manifest = writer.finish(
        program=f"PolicyAudit {ENGINE_VERSION}",
        exported_by=f"{person_name(by)} ({by.get_username()})",
        exported_at=timezone.now().isoformat(),
    )
    detail = {"content": manifest["content"], "members": len(manifest["members"])}
    activity.record(actor=by, action="engagement.exported", obj=engagement, engagement=engagement, detail=detail)
    target.seek(0)
    return target, manifest


def engagement_import(*, by, source, match_people=False):
    """Make an engagement of a package and return it; ``by`` becomes its lead.

    ``source`` is a binary file. People are kept by name as accounts that nobody can sign in to; with ``match_people``
    whoever has the same user name here is taken for the same person and has their role again. Raises PackageRefused:
    then nothing of the package was kept, neither rows nor files.
    """
    sha256 = _digest(source)
    stored = []
    try:
        package = PackageReader(source, NAMES)
        with transaction.atomic():
            return _take(by, package, sha256, match_people, stored)
    except BadPackage as error:
        _remove(stored)
        raise PackageRefused(error.reason, **error.params) from error
    except DatabaseError as error:
        _remove(stored)
        raise PackageRefused("database") from error
    except BaseException:
        _remove(stored)
        raise


def _take(by, package, sha256, match_people, stored):
    people, called = _people(package.rows(PEOPLE), sha256, match_people)
    told = {table.name: package.rows(table.name) for table in TABLES}
    checklists = _checklists(package.rows(CHECKLISTS), told["tailored_versions"])
    rows = Incoming(people=people, checklists=checklists, read_file=package.file)
    rows.stored = stored
    if len(told["engagement"]) != 1:
        raise BadPackage("rows", table="engagement")
    for table in TABLES:
        rows.take(table, told[table.name])
    [engagement] = rows.made["engagement"]
    _check(rows.made)
    origin = EngagementImport.objects.create(
        engagement=engagement,
        package_sha256=sha256,
        content_digest=package.manifest["content"],
        chain_digest=activity.imported_digest(rows.made[ACTIVITY]),
        exported_by=str(package.manifest.get("exported_by", ""))[:300],
        exported_at=_when(package.manifest.get("exported_at")),
        numbers={
            "user": {str(person.pk): row["number"] for person, row in zip(people, called, strict=True)},
            "audit": _numbers(rows.made["audits"], told["audits"]),
            "report": _numbers(rows.made["reports"], told["reports"]),
        },
        people={
            str(person.pk): {name: row[name] for name in ("username", "first_name", "last_name")}
            for person, row in zip(people, called, strict=True)
        },
        imported_by=by,
        imported_at=timezone.now(),
    )
    if not activity.verify_chain(engagement):
        raise BadPackage("chain")
    # In the installation's record: the engagement's own stays as it came, so that it can be held against the package.
    detail = {
        "engagement": engagement.pk,
        "package": sha256,
        "content": origin.content_digest,
        "chain": origin.chain_digest,
        "exported_by": origin.exported_by,
    }
    activity.record(actor=by, action="engagement.imported", obj=engagement, detail=detail)
    engagements.member_set(by=by, engagement=engagement, user=by, role=Membership.Role.LEAD)
    return engagement


def _people(rows, sha256, match_people):
    """``(users, rows)``: everybody the package names, as a user here."""
    users = get_user_model().objects
    people = []
    for row in rows:
        if set(row) != {"username", "first_name", "last_name", "number"} or not all(
            isinstance(row[name], str) and len(row[name]) <= limit
            for name, limit in (("username", 150), ("first_name", 150), ("last_name", 150))
        ):
            raise BadPackage("rows", table=PEOPLE)
        known = users.filter(username=row["username"], is_active=True).first() if match_people else None
        people.append(known or _stranger(users, row, sha256))
    if len({person.pk for person in people}) != len(people):
        raise BadPackage("rows", table=PEOPLE)
    return people, rows


def _stranger(users, row, sha256):
    """An account for the name alone: it cannot be signed in to, and belongs to this one import."""
    base = re.sub(r"[^\w.+-]", "_", row["username"])[:100] or "person"
    number = 1
    while users.filter(username=(username := f"{base}@{sha256[:8]}.{number}")).exists():
        number += 1
    names = {name: row[name] for name in ("first_name", "last_name")}
    return users.create_user(username, is_active=False, **names)  # without a password: none will ever do


def _checklists(rows, tailored):
    """Versions by digest; those that others were tailored from first."""
    versions = {}
    try:
        bases = {row["version"]: row["base"] for row in tailored}
        rows = sorted(rows, key=lambda row: row["digest"] in bases)
    except (TypeError, LookupError):
        raise BadPackage("checklist") from None
    for row in rows:
        try:
            digest, source = row["digest"], row["source"]
            version = checklist_receive(source=source, base=versions.get(bases.get(digest)))
        except (ChecklistError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            raise BadPackage("checklist") from None
        if version.digest != digest:
            raise BadPackage("checklist")
        versions[digest] = version
    return versions


def _check(made):
    """What the program relies on everywhere: quotes are cut from texts, digests those of files, verdicts decided."""
    for version in made["policy_versions"]:
        if version.characters != len(version.text) or not _same(version.original, version.sha256):
            raise BadPackage("original", table="policy_versions")
    for report in made["reports"]:
        told = report.context.get("digests") and context_digest(report.context)
        if not _same(report.pdf, report.pdf_sha256) or (told and told != report.context_digest):
            raise BadPackage("original", table="reports")
    for name in ("evidence", "evidence_changes"):
        for piece in made[name]:
            _check_quote(piece.finding.audit, piece.start, piece.end, piece.quote, name)
    for version in made["observation_versions"]:
        for place in version.places:
            if not isinstance(place, dict):
                raise BadPackage("value", table="observation_versions", field="places")
            audit = version.observation.audit
            _check_quote(audit, place.get("start"), place.get("end"), place.get("quote"), "observation_versions")
    _check_tailoring(made)
    for move in made["audit_moves"]:  # the new audit was begun after the old one: nothing leads round in a circle
        old, new = move.old, move.new
        if old.pk >= new.pk or old.policy_version_id != new.policy_version_id:
            raise BadPackage("value", table="audit_moves", field="new")
    latest = {decision.finding_id: decision.verdict for decision in made["decisions"]}
    if any(finding.final_verdict != latest.get(finding.pk, "") for finding in made["findings"]):
        raise BadPackage("verdict")


def _check_tailoring(made):
    """What was tailored decides what is asked and stands in reports: it has to be what the program makes of it."""
    versions = {row.base for row in made["tailored_versions"]} | {audit.checklist_version for audit in made["audits"]}
    for change in made["tailoring_changes"]:
        own = [version.source for version in versions if version.checklist_id == change.checklist_id]
        if not is_sound_change(change, own):
            raise BadPackage("tailoring", name=change.code)
    for row in made["tailored_versions"]:
        if not is_sound_version(row, row.told_changes):
            raise BadPackage("tailoring", name=row.version.version)


def _check_quote(audit, start, end, quote, table):
    text = audit.policy_version.text
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(text)):
        raise BadPackage("quote", table=table)
    if text[start:end] != quote:
        raise BadPackage("quote", table=table)


def _same(stored, sha256):
    with stored.open("rb") as source:
        return _digest(source) == sha256


def _numbers(rows, told):
    return {str(row.pk): entry["number"] for row, entry in zip(rows, told, strict=True)}


def _when(value):
    try:
        when = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadPackage("no_manifest") from None
    return when if when.tzinfo else when.replace(tzinfo=timezone.get_current_timezone())


def _digest(source):
    source.seek(0)
    found = hashlib.file_digest(source, "sha256").hexdigest()
    source.seek(0)
    return found


def _remove(stored):
    for storage, name in stored:
        storage.delete(name)


MAX_PACKAGE = archive.MAX_PACKAGE
