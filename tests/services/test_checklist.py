import pytest

from checks.engine import load_shipped, shipped_checklist
from checks.models import ActivityEntry, ChecklistVersion, LegalBasis, Requirement
from checks.services import activity
from checks.services.checklist import checklist_import

pytestmark = pytest.mark.django_db


def test_the_shipped_checklist_is_published_whole():
    loaded = load_shipped()
    version = checklist_import()
    version.refresh_from_db()
    assert (version.checklist.slug, version.version, version.digest) == (loaded.slug, loaded.version, loaded.digest)
    assert version.source == loaded.source
    rows = list(version.requirements.prefetch_related("legal_basis"))
    assert [row.content for row in rows] == loaded.source["requirements"]
    assert [row.code for row in rows] == [requirement.code for requirement in loaded.requirements]
    for row in rows:
        assert [basis.ref for basis in row.legal_basis.all()] == [entry["ref"] for entry in row.content["legal_basis"]]
        assert (row.severity, row.kind, row.domain) == tuple(
            row.content[name] for name in ("severity", "kind", "domain")
        )


def test_unverified_legal_bases_stay_marked():
    version = checklist_import()
    marked = {
        (entry["code"], basis["instrument"], basis["ref"])
        for entry in version.source["requirements"]
        for basis in entry["legal_basis"]
        if not basis.get("verified", True)
    }
    rows = LegalBasis.objects.filter(requirement__version=version, verified=False)
    assert {(row.requirement.code, row.instrument, row.ref) for row in rows.select_related("requirement")} == marked
    assert marked


def test_importing_again_changes_nothing():
    first = checklist_import()
    counts = (Requirement.objects.count(), LegalBasis.objects.count())
    assert checklist_import(path=shipped_checklist()) == first
    assert ChecklistVersion.objects.count() == 1
    assert (Requirement.objects.count(), LegalBasis.objects.count()) == counts


def test_publishing_is_recorded_in_the_installations_chain():
    version = checklist_import()
    checklist_import()
    entry = ActivityEntry.objects.get()
    assert (entry.engagement, entry.action, entry.object_id) == (None, "checklist.published", version.pk)
    assert activity.verify_chain(None)
