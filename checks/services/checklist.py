"""Published checklists: the document as a whole, and frozen copies of its entries for joins and lists."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ..engine import load_checklist, load_shipped, parse_checklist
from ..models import Checklist, ChecklistVersion, LegalBasis, Requirement
from . import activity
from .instruments import instruments_register


@transaction.atomic
def checklist_import(*, path=None):
    """Publish the checklist in directory ``path`` (the shipped one by default) and return its ChecklistVersion.

    Importing the same content again returns the version that is there. Raises the engine's ChecklistError.
    """
    loaded = load_checklist(path) if path else load_shipped()
    version = ChecklistVersion.everywhere.filter(digest=loaded.digest).first()
    if version is None or version.imported:
        return version_publish(loaded=loaded, by=None)
    instruments_register(source=loaded.source)  # an installation from before there was a register
    return version


@transaction.atomic
def version_publish(*, loaded, by, **fields):
    """Freeze a checklist that the engine has loaded as a ChecklistVersion with its rows, and return it.

    ``fields`` are further ones of the version: changelog, applies_from, published_by, approved_by. The same content may
    be here already, because it came with a package: it then counts from now on.
    """
    titles = {"title_zh": loaded.title_zh, "title_en": loaded.title_en}
    checklist, _created = Checklist.objects.update_or_create(slug=loaded.slug, defaults=titles)
    fields["published_at"] = timezone.now()
    version = ChecklistVersion.everywhere.filter(digest=loaded.digest, imported=True).first()
    if version:
        _adopt(version, fields)
    else:
        version = version_keep(loaded=loaded, checklist=checklist, **fields)
    instruments_register(source=loaded.source)
    detail = {"checklist": loaded.slug, "version": loaded.version, "digest": loaded.digest}
    activity.record(actor=by, action="checklist.published", obj=version, detail=detail)
    return version


@transaction.atomic
def checklist_receive(*, source, base=None):
    """Keep a checklist that came with a package and return its ChecklistVersion; the one that is here if it is known.

    Audits that were run against it need it; nobody published it here, so no new audit is run against it. The titles of
    a checklist that is here stay as they are. ``base`` is the version it was tailored from, if it was: it counts as
    published with it. Raises the engine's ChecklistError when ``source`` is no checklist.
    """
    loaded = parse_checklist(source)
    if version := ChecklistVersion.everywhere.filter(digest=loaded.digest).first():
        return version
    titles = {"title_zh": loaded.title_zh, "title_en": loaded.title_en}
    checklist, _created = Checklist.objects.get_or_create(slug=loaded.slug, defaults=titles)
    fields = {"published_at": base.published_at if base else timezone.now(), "imported": True}
    return version_keep(loaded=loaded, checklist=checklist, **fields)


def _adopt(version, fields):
    """Publish what had come with a package: its content stays, and the database keeps it so (see models/freezing)."""
    QuerySet(ChecklistVersion).filter(pk=version.pk).update(imported=False, **fields)
    version.refresh_from_db()


def version_keep(*, loaded, **fields):
    """Write a loaded checklist's version, requirements and legal bases, and return the ChecklistVersion."""
    version = ChecklistVersion.everywhere.create(
        version=loaded.version, digest=loaded.digest, source=loaded.source, **fields
    )
    entries = loaded.source["requirements"]
    requirements = Requirement.objects.bulk_create(
        _requirement(version, position, entry) for position, entry in enumerate(entries, start=1)
    )
    LegalBasis.objects.bulk_create(
        _legal_basis(requirement, position, basis)
        for requirement in requirements
        for position, basis in enumerate(requirement.content["legal_basis"], start=1)
    )
    return version


def _requirement(version, position, entry):
    return Requirement(
        version=version,
        position=position,
        code=entry["code"],
        domain=entry["domain"],
        kind=entry["kind"],
        severity=entry["severity"],
        title_zh=entry["title_zh"],
        title_en=entry["title_en"],
        content=entry,
    )


def _legal_basis(requirement, position, basis):
    return LegalBasis(
        requirement=requirement,
        position=position,
        instrument=basis["instrument"],
        ref=basis.get("ref") or "",
        note_zh=basis["note_zh"],
        note_en=basis.get("note_en") or "",
        verified=basis.get("verified", True),
    )
