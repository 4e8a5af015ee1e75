"""Published checklists: the document as a whole, and frozen copies of its entries for joins and lists."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from ..engine import load_checklist, load_shipped, parse_checklist
from ..models import Checklist, ChecklistVersion, LegalBasis, Requirement
from . import activity


@transaction.atomic
def checklist_import(*, path=None):
    """Publish the checklist at ``path`` (the shipped one by default) and return its ChecklistVersion.

    Importing the same content again returns the version that is there. Raises the engine's ChecklistError.
    """
    loaded = load_checklist(path) if path else load_shipped()
    if version := ChecklistVersion.objects.filter(digest=loaded.digest).first():
        if not version.imported:
            return version
        _adopt(version)
    else:
        version = _keep(loaded)
    Checklist.objects.filter(pk=version.checklist_id).update(title_zh=loaded.title_zh, title_en=loaded.title_en)
    detail = {"checklist": loaded.slug, "version": loaded.version, "digest": loaded.digest}
    activity.record(actor=None, action="checklist.published", obj=version, detail=detail)
    return version


@transaction.atomic
def checklist_receive(*, source):
    """Keep a checklist that came with a package and return its ChecklistVersion; the one that is here if it is known.

    Audits that were run against it need it; nobody published it here, so no new audit is run against it. Raises the
    engine's ChecklistError when ``source`` is no checklist.
    """
    loaded = parse_checklist(source)
    return ChecklistVersion.objects.filter(digest=loaded.digest).first() or _keep(loaded, imported=True)


def _adopt(version):
    """Publish what had come with a package: its content stays, what changes is that it counts from now on."""
    QuerySet(ChecklistVersion).filter(pk=version.pk).update(imported=False, published_at=timezone.now())
    version.refresh_from_db()


def _keep(loaded, *, imported=False):
    """The checklist's rows; the titles of a checklist that is here stay as they are."""
    titles = {"title_zh": loaded.title_zh, "title_en": loaded.title_en}
    checklist, _created = Checklist.objects.get_or_create(slug=loaded.slug, defaults=titles)
    version = ChecklistVersion.objects.create(
        checklist=checklist,
        version=loaded.version,
        digest=loaded.digest,
        source=loaded.source,
        published_at=timezone.now(),
        imported=imported,
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
