"""Published checklists: the document as a whole, and frozen copies of its entries for joins and lists."""

from django.db import transaction
from django.utils import timezone

from ..engine import load_checklist, shipped_checklist
from ..models import Checklist, ChecklistVersion, LegalBasis, Requirement
from . import activity
from .instruments import instruments_register


@transaction.atomic
def checklist_import(*, path=None):
    """Publish the checklist at ``path`` (the shipped one by default) and return its ChecklistVersion.

    Importing the same content again returns the version that is there. Raises the engine's ChecklistError.
    """
    loaded = load_checklist(path or shipped_checklist())
    if version := ChecklistVersion.objects.filter(digest=loaded.digest).first():
        instruments_register(source=loaded.source)  # an installation from before there was a register
        return version
    return version_publish(loaded=loaded, by=None)


@transaction.atomic
def version_publish(*, loaded, by, **fields):
    """Freeze a checklist that the engine has loaded as a ChecklistVersion with its rows, and return it.

    ``fields`` are further ones of the version: changelog, applies_from, published_by, approved_by.
    """
    titles = {"title_zh": loaded.title_zh, "title_en": loaded.title_en}
    checklist, _created = Checklist.objects.update_or_create(slug=loaded.slug, defaults=titles)
    version = version_keep(loaded=loaded, checklist=checklist, published_at=timezone.now(), **fields)
    instruments_register(source=loaded.source)
    detail = {"checklist": loaded.slug, "version": loaded.version, "digest": loaded.digest}
    activity.record(actor=by, action="checklist.published", obj=version, detail=detail)
    return version


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
