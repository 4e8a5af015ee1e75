"""Reports in other forms, and engagements as packages, as people get at them."""

import io
import json
import zipfile

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from docx import Document

from checks.models import ChecklistVersion, Engagement, ReportDownload
from checks.rendering.forms import FORMS

from .. import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def as_viewer(client, team):
    client.force_login(team.viewer)
    return client


@pytest.fixture
def issued(signed_audit, team):
    return factories.report(signed_audit, by=team.reviewer, context=factories.report_context(signed_audit))


@pytest.fixture
def importer(client):
    person = factories.user()
    person.user_permissions.add(Permission.objects.get(codename="add_engagementimport"))
    client.force_login(person)
    return person


def package_of(client, engagement):
    response = client.post(reverse("engagement_package", args=[engagement.pk]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def send(client, content, **data):
    file = SimpleUploadedFile("engagement.zip", content, content_type="application/zip")
    return client.post(reverse("engagement_import"), {"file": file, **data})


# ---------- Other forms ----------


def test_the_page_of_a_report_offers_every_form_and_each_download_is_written_down(as_viewer, issued):
    page = as_viewer.get(reverse("report_detail", args=[issued.pk])).content.decode()
    for name, form in FORMS.items():
        address = reverse("report_form", args=[issued.pk, name])
        assert f'href="{address}"' in page
        response = as_viewer.get(address)
        assert response["Content-Type"] == form.media_type
        assert response["Content-Disposition"] == f'attachment; filename="{issued.number}{form.suffix}"'
        assert response["X-Content-Type-Options"] == "nosniff"
    assert list(ReportDownload.objects.order_by("id").values_list("form", flat=True)) == list(FORMS)


def test_a_form_there_is_none_of_is_not_found_and_not_written_down(as_viewer, issued):
    assert as_viewer.get(reverse("report_form", args=[issued.pk, "pptx"])).status_code == 404
    assert not ReportDownload.objects.exists()


def test_a_draft_says_so_in_its_other_forms(as_auditor, audit, team):
    draft = factories.draft_report(audit, by=team.auditor, context=factories.report_context(audit, language="en"))
    page = as_auditor.get(reverse("draft_pages", args=[draft.pk])).content.decode()
    assert reverse("draft_form", args=[draft.pk, "html"]) in page
    html = as_auditor.get(reverse("draft_form", args=[draft.pk, "html"])).content.decode()
    assert "nobody has signed" in html
    assert not ReportDownload.objects.exists()


def test_a_report_of_the_first_template_has_its_policy_with_comments_too(as_viewer, issued, signed_audit, team):
    old = {name: value for name, value in issued.context.items() if name not in ("text", "outline", "house", "draft")}
    report = factories.report(signed_audit, by=team.reviewer, context=old)
    content = as_viewer.get(reverse("report_form", args=[report.pk, "policy"])).content
    text = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)
    assert text == signed_audit.policy_version.text


def test_the_form_is_made_from_what_was_issued_not_from_what_stands_now(as_viewer, issued, signed_audit, team):
    before = as_viewer.get(reverse("report_form", args=[issued.pk, "csv"])).content
    factories.decide(signed_audit.findings.first(), team.auditor, "not_applicable", "后来改了。")
    assert as_viewer.get(reverse("report_form", args=[issued.pk, "csv"])).content == before


# ---------- Packages ----------


def test_the_lead_exports_and_somebody_with_the_permission_imports(as_lead, client, engagement, signed_audit, importer):
    assert (
        reverse("engagement_package", args=[engagement.pk])
        in as_lead.get(reverse("engagement_detail", args=[engagement.pk])).content.decode()
    )
    content = package_of(as_lead, engagement)
    assert zipfile.is_zipfile(io.BytesIO(content))
    client.force_login(importer)
    assert reverse("engagement_import") in client.get(reverse("engagement_list")).content.decode()
    response = send(client, content)
    copy = Engagement.objects.latest("pk")
    assert response["Location"] == reverse("engagement_detail", args=[copy.pk])
    page = client.get(response["Location"]).content.decode()
    assert "cannot sign in" in page
    assert "from a package of" in page
    assert client.get(reverse("engagement_activity", args=[copy.pk])).status_code == 200
    assert client.get(reverse("audit_detail", args=[copy.audits.get().pk])).status_code == 200
    assert client.get(reverse("engagement_detail", args=[engagement.pk])).status_code == 404


def test_a_checklist_that_came_with_an_engagement_is_for_its_members_only(client, engagement, signed_audit, team):
    version = signed_audit.checklist_version
    QuerySet(ChecklistVersion).filter(pk=version.pk).update(imported=True)
    code = version.requirements.first().code
    addresses = [
        reverse("checklist_version", args=[version.pk]),
        reverse("checklist_accuracy", args=[version.pk]),
        reverse("requirement_detail", args=[version.pk, code]),
    ]
    for person, status in ((team.viewer, 200), (team.outsider, 404)):
        client.force_login(person)
        assert [client.get(address).status_code for address in addresses] == [status] * 3
        assert version.version not in client.get(reverse("checklist_list")).content.decode()


def test_who_may_not_import_sees_no_way_to(as_lead):
    assert reverse("engagement_import") not in as_lead.get(reverse("engagement_list")).content.decode()


def test_a_refused_package_says_why_and_leaves_nothing(client, importer):
    response = send(client, b"no zip at all")
    assert response.status_code == 422
    assert "This is no ZIP file" in response.content.decode()
    assert not Engagement.objects.exists()
    assert client.post(reverse("engagement_import"), {}).status_code == 422


def test_no_package_while_an_opinion_is_hidden(as_lead, engagement, audit, team):
    from checks.services import blind

    blind.blind_start(by=team.lead, audit=audit, second=team.auditor)
    as_lead.cookies["django_language"] = "en"
    response = as_lead.post(reverse("engagement_package", args=[engagement.pk]))
    assert response.status_code == 422
    assert "blind second review" in response.content.decode()


def test_an_import_costs_no_more_queries_for_more_rows_of_a_kind(as_lead, client, engagement, signed_audit, importer):
    client.force_login(engagement.created_by)
    small = package_of(client, engagement)
    factories.audit(engagement, signed_audit.policy_version, signed_audit.checklist_version)
    large = package_of(client, engagement)
    client.force_login(importer)
    counts = []
    for content in (small, large):
        with CaptureQueriesContext(connection) as captured:
            assert send(client, content).status_code == 302
        counts.append(len(captured))
    assert counts[1] - counts[0] <= 3


# ---------- Commands ----------


def test_commands_take_an_engagement_out_and_in(engagement, signed_audit, tmp_path, capsys):
    path, lead = tmp_path / "package.zip", engagement.created_by.username
    call_command("engagement_export", engagement.pk, path, by=lead)
    call_command("engagement_import", path, by=lead, match_people=True)
    exported, imported = capsys.readouterr().out.splitlines()
    assert exported.rpartition(" ")[2] == imported.rpartition(" ")[2]
    with pytest.raises(CommandError, match="is there already"):
        call_command("engagement_export", engagement.pk, path, by=lead)
    with pytest.raises(CommandError, match="no engagement"):
        call_command("engagement_export", 999_999, tmp_path / "other.zip", by=lead)
    with pytest.raises(CommandError, match="no open account"):
        call_command("engagement_import", path, by="nobody")
    path.write_bytes(b"broken")
    with pytest.raises(CommandError, match="no ZIP file"):
        call_command("engagement_import", path, by=lead)
    with pytest.raises(CommandError, match="No such file"):
        call_command("engagement_import", tmp_path / "none.zip", by=lead)


def test_the_manifest_names_the_exporter_and_every_part(as_lead, engagement, signed_audit):
    with zipfile.ZipFile(io.BytesIO(package_of(as_lead, engagement))) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(manifest["members"]) == set(archive.namelist()) - {"manifest.json"}
    assert engagement.created_by.username in manifest["exported_by"]
