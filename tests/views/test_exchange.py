"""Checklists as files, the register of instruments, changes of law and tailoring: what the screens say and do."""

import io
import json
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from checks.models import ChecklistUpload, Instrument, TailoringChange
from checks.services import analysis, instruments, tailoring

from .. import factories

pytestmark = pytest.mark.django_db


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def author():
    return factories.checklist_author()


@pytest.fixture
def studio(author):
    return signed_in(author)


@pytest.fixture
def version():
    return factories.sound_version()


def page_of(response):
    return response.content.decode()


def in_english(client):
    client.post(reverse("set_language"), {"language": "en"})
    return client


@pytest.mark.parametrize(("format", "ending"), [("yaml", "zip"), ("xlsx", "xlsx"), ("json", "json")])
def test_everybody_signed_in_can_take_a_published_version_along(version, format, ending):
    response = signed_in(factories.user()).get(reverse("version_export", args=[version.pk, format]))
    assert response["Content-Disposition"] == f'attachment; filename="demo-{version.version}.{ending}"'
    if format == "yaml":
        assert len(zipfile.ZipFile(io.BytesIO(response.content)).namelist()) == 8
    if format == "json":
        assert json.loads(response.content)["digest"] == version.digest
    assert signed_in(factories.user()).get(reverse("version_export", args=[version.pk, "exe"])).status_code == 404


def test_a_file_is_read_compared_and_taken_into_the_draft(studio, author, version):
    draft = factories.draft(author, version)
    source = json.loads(studio.get(reverse("draft_export", args=[draft.pk, "json"])).content)
    source["checklist"]["requirements"][0]["title_zh"] = "改过的标题"
    file = SimpleUploadedFile("edited.json", json.dumps(source).encode())
    response = studio.post(f"{reverse('upload_create')}?draft={draft.pk}", {"file": file, "copy": "0"})
    upload = ChecklistUpload.objects.get()
    assert response.url == reverse("upload_detail", args=[upload.pk])
    shown = page_of(studio.get(response.url))
    assert "DEMO-1-IDENTITY" in shown
    assert "DEMO-2-PURPOSE" not in shown
    assert studio.post(response.url).url == reverse("draft_detail", args=[draft.pk])
    assert draft.requirements.first().content["title_zh"] == "改过的标题"
    assert reverse("draft_detail", args=[draft.pk]) in page_of(studio.get(response.url))


def test_a_file_that_is_not_understood_changes_nothing_and_says_where(studio, version):
    file = SimpleUploadedFile("a.zip", b"PK no")
    response = studio.post(reverse("upload_create"), {"file": file, "copy": "0"})
    assert response.status_code == 422
    assert "ZIP" in page_of(response)
    assert not ChecklistUpload.objects.exists()
    response = studio.post(reverse("upload_create"), {"copy": "0"})
    assert response.status_code == 422


def test_from_a_change_of_law_to_a_draft_with_marks(studio, author, version):
    instrument = Instrument.objects.get(key="DEMO")
    address = reverse("law_change_create")
    given = {
        "instrument": instrument.pk,
        "kind": "amended",
        "effective": "2027-01-01",
        "refs": ["第一条"],
        "note": "改了。",
    }
    looked = studio.post(address, given | {"look": "1"})
    assert "DEMO-1-IDENTITY" in page_of(looked)
    assert not instrument.changes.exists()
    response = studio.post(address, given | {"record": "1"})
    change = instrument.changes.get()
    assert (response.url, change.articles) == (reverse("law_change", args=[change.pk]), ["第一条"])
    start = {f"v{version.pk}-version": "next"}
    response = studio.post(reverse("law_draft", args=[change.pk, version.pk]), start)
    assert response.url.endswith("?show=reexamine")
    assert "改了。" in page_of(studio.get(response.url))
    assert (
        studio.post(reverse("law_draft", args=[change.pk, version.pk]), start).status_code == 422
    )  # the name is taken


def test_choosing_an_instrument_offers_its_articles_and_keeps_what_was_typed(studio, version):
    instrument = Instrument.objects.get(key="DEMO")
    given = {"instrument": instrument.pk, "note": "写了一半", "kind": "repealed", "choose": "1"}
    shown = page_of(studio.post(reverse("law_change_create"), given))
    assert 'value="第一条"' in shown
    assert "写了一半" in shown


def test_a_flag_stands_on_the_list_and_on_the_requirement(studio, author, version):
    place = reverse("checklist_version", args=[version.pk])
    assert 'tag-warning">法律已变动' not in page_of(studio.get(place))
    instruments.instrument_change(
        by=author,
        instrument=Instrument.objects.get(key="DEMO"),
        kind="amended",
        effective=version.published_at.date(),
        note="第一条有新的说明义务。",
    )
    assert "法律已变动" in page_of(studio.get(place))
    detail = reverse("requirement_detail", args=[version.pk, "DEMO-1-IDENTITY"])
    assert "第一条有新的说明义务。" in page_of(studio.get(detail))


def test_the_register_in_both_languages(studio, version):
    assert "示例法" in page_of(studio.get(reverse("instrument_list")))
    assert "Demo Act" in page_of(in_english(studio).get(reverse("instrument_list")))
    instrument = Instrument.objects.get(key="DEMO")
    assert "DEMO-6-CONTRADICTION" in page_of(studio.get(reverse("instrument_detail", args=[instrument.pk])))
    wrong = studio.post(reverse("instrument_create"), {"key": "demo", "title_zh": "法", "kind": "law"})
    assert wrong.status_code == 422
    assert "An abbreviation consists of capital letters" in page_of(wrong)


def test_the_register_costs_the_same_however_long_it_is(studio, author, version, django_assert_max_num_queries):
    for number in range(5):
        instruments.instrument_add(by=author, key=f"LAW{number}", title_zh="法")
    with django_assert_max_num_queries(9):
        studio.get(reverse("instrument_list"))


# ---------- Tailoring ----------


@pytest.fixture
def lead(engagement):
    return signed_in(engagement.created_by)


def test_a_lead_switches_off_raises_and_takes_back(lead, engagement, version):
    address = reverse("engagement_tailoring", args=[engagement.pk])
    assert "DEMO-3-RETENTION" in page_of(lead.get(address))
    lead.post(address, {"code": "DEMO-1-IDENTITY", "what": "off", "reason": "无运营者。"})
    lead.post(address, {"code": "DEMO-3-RETENTION", "what": "critical", "reason": "曾被处罚。"})
    shown = page_of(lead.get(address))
    assert "无运营者。" in shown
    assert "曾被处罚。" in shown
    refused = lead.post(address, {"code": "DEMO-2-PURPOSE", "what": "minor", "reason": "想降低。"})
    assert refused.status_code == 422
    assert "想降低。" in page_of(refused)
    change = TailoringChange.objects.get(code="DEMO-1-IDENTITY")
    lead.post(reverse("tailoring_take_back", args=[change.pk]), {"reason": "还是要看。"})
    assert [row.code for row in tailoring.standing(engagement, version)] == ["DEMO-3-RETENTION"]
    assert "还是要看。" in page_of(lead.get(address))


def test_an_own_requirement_says_what_is_wrong_beside_its_field(lead, engagement, version):
    address = reverse("own_requirement", args=[engagement.pk])
    given = {"title": "客服时间", "question": "是否写明？", "domain": "notice", "severity": "minor", "compliant": "写明。",
             "non_compliant": "未写明。", "remediation": "补充。", "reason": "委托方要求。", "expected": "present"}  # fmt: skip
    wrong = lead.post(address, given | {"rules": "客服 & 时间\n[客服"})
    assert wrong.status_code == 422
    assert "[客服 —" in wrong.context["form"].errors["rules"][0]
    wrong = lead.post(address, given | {"rules": "客服 & 时间", "match": "没有。"})
    assert "没有。" in wrong.context["form"].errors["match"][0]
    lead.post(address, given | {"rules": "客服 & 时间", "match": "客服的工作时间是九点。", "no_match": "联系客服。"})
    change = TailoringChange.objects.get()
    assert change.content["elements"][0]["rules"] == ["客服 & 时间"]


def test_members_read_the_tailored_version_and_nobody_else_learns_of_it(team, engagement, version):
    tailoring.requirement_switch_off(
        by=team.lead, engagement=engagement, version=version, code="DEMO-1-IDENTITY", reason="无运营者。"
    )
    policy = factories.policy_version(engagement)
    made = analysis.audit_run(by=team.lead, policy_version=policy).checklist_version
    places = [
        reverse("checklist_version", args=[made.pk]),
        reverse("requirement_detail", args=[made.pk, "DEMO-2-PURPOSE"]),
        reverse("checklist_accuracy", args=[made.pk]),
        reverse("version_export", args=[made.pk, "json"]),
    ]
    for place in places:
        assert signed_in(team.viewer).get(place).status_code == 200, place
        for stranger in (team.outsider, factories.checklist_author(), factories.user(is_superuser=True)):
            assert signed_in(stranger).get(place).status_code == 404, place
    assert made.version not in page_of(signed_in(team.viewer).get(reverse("checklist_list")))
    assert "无运营者。" not in page_of(signed_in(team.viewer).get(places[0]))
    for place in ("draft_start", "version_retire"):
        person = factories.checklist_author() if place == "draft_start" else factories.checklist_approver()
        assert signed_in(person).get(reverse(place, args=[made.pk])).status_code == 404


def test_the_tailoring_page_costs_the_same_however_much_is_tailored(
    lead, engagement, version, django_assert_max_num_queries
):
    for entry in version.source["requirements"][:4]:
        tailoring.requirement_switch_off(
            by=engagement.created_by, engagement=engagement, version=version, code=entry["code"], reason="无。"
        )
    with django_assert_max_num_queries(12):
        lead.get(reverse("engagement_tailoring", args=[engagement.pk]))
