"""The screen of the organisation's settings for reports: who may see it, what it says, what it never loses."""

import base64

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import HouseStyle
from checks.rendering.house import current_house
from checks.services import house as services

from .. import factories
from ..services.test_logos import SVG, picture

pytestmark = pytest.mark.django_db
URL = "/settings/reports/"


def manager(**fields):
    person = factories.user(is_staff=True, **fields)
    person.user_permissions.add(Permission.objects.get(codename="manage_reports"))
    return person


@pytest.fixture
def as_manager(client):
    client.force_login(manager())
    return client


def filled(**changed):
    return {name: getattr(HouseStyle(), name) for name in services.FIELDS} | {"seen": 0} | changed


def upload(content, name="logo.png", kind="image/png"):
    return SimpleUploadedFile(name, content, kind)


@pytest.mark.parametrize("staff", [True, False])
def test_neither_staff_nor_the_permission_alone_opens_it(client, staff):
    person = factories.user(is_staff=staff)
    if not staff:
        person.user_permissions.add(Permission.objects.get(codename="manage_reports"))
    client.force_login(person)
    for url in (URL, reverse("house_logo", args=[1])):
        assert client.get(url).status_code == 403
    for url in (URL, reverse("house_preview")):
        assert client.post(url, filled()).status_code == 403
    assert not HouseStyle.objects.exists()
    assert URL not in client.get("/").content.decode()


def test_who_may_finds_it_in_their_menu(as_manager):
    assert f'href="{URL}"' in as_manager.get("/").content.decode()


def test_before_anything_is_set_it_says_so(as_manager):
    page = as_manager.get(URL).content.decode()
    assert "尚未设置" in page
    assert "PA-" in page


def test_settings_are_saved_and_shown(as_manager):
    response = as_manager.post(URL, filled(name_zh="青禾合规事务所", logo_file=upload(picture())), follow=True)
    page = response.content.decode()
    style = current_house()
    assert "设置已保存" in page
    assert "青禾合规事务所" in page
    assert "现行" in page
    logo = as_manager.get(reverse("house_logo", args=[style.pk]))
    assert (logo["Content-Type"], logo.content) == ("image/png", bytes(style.logo))
    assert logo["X-Content-Type-Options"] == "nosniff"


def test_saving_what_is_there_changes_nothing(as_manager):
    as_manager.post(URL, filled(name_zh="青禾"))
    again = filled(name_zh="青禾", seen=current_house().pk)
    assert "没有任何改动" in as_manager.post(URL, again, follow=True).content.decode()
    assert HouseStyle.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"accent": "#ffee00"}, "太浅"),
        ({"number_pattern": "{ORG}-{NNNN}"}, "年份"),
        ({"number_code": "a b"}, "代号为"),
        ({"grave_from_critical": 4}, "3"),
        ({"deficient_from_major": 0}, "1"),
        ({"classification": "secret"}, "secret"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(as_manager, changed, said):
    sent = filled(name_zh="青禾合规事务所", disclaimer_zh="仅供委托人使用。", **changed)
    response = as_manager.post(URL, sent | {"logo_file": upload(picture())})
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "青禾合规事务所" in page
    assert "仅供委托人使用。" in page
    kept = response.context["form"]["logo_kept"].value()
    assert base64.b64decode(kept) == picture()
    assert not HouseStyle.objects.exists()
    mended = filled(name_zh="青禾合规事务所", logo_kept=kept)
    assert as_manager.post(URL, mended).status_code == 302
    assert bytes(current_house().logo)


@pytest.mark.parametrize("content", [SVG, b"GIF89a", b"<html>", picture(kind="WEBP")])
def test_a_hostile_logo_is_refused_whatever_it_calls_itself(as_manager, content):
    response = as_manager.post(URL, filled(logo_file=upload(content)))
    assert response.status_code == 422
    assert "PNG 或 JPEG" in response.content.decode()
    smuggled = filled(logo_kept=base64.b64encode(content).decode())
    assert as_manager.post(URL, smuggled).status_code == 422
    assert as_manager.post(URL, filled(logo_kept="no base64")).status_code == 302
    assert not bytes(current_house().logo)


def test_who_saves_second_is_told_and_can_save_then(as_manager):
    as_manager.post(URL, filled(name_zh="先存的"))
    late = as_manager.post(URL, filled(name_zh="后存的"))
    assert late.status_code == 422
    assert "其间已有他人保存了别的设置" in late.content.decode()
    assert current_house().name_zh == "先存的"
    then = filled(name_zh="后存的", seen=late.context["form"]["seen"].value())
    assert as_manager.post(URL, then).status_code == 302
    assert current_house().name_zh == "后存的"


def test_earlier_settings_can_be_taken_up_again(as_manager):
    as_manager.post(URL, filled(name_zh="旧名", logo_file=upload(picture())))
    old = current_house()
    as_manager.post(URL, filled(name_zh="新名", seen=old.pk, logo_remove="on"))
    assert not bytes(current_house().logo)
    response = as_manager.get(URL, {"again": old.pk})
    form = response.context["form"]
    assert form["name_zh"].value() == "旧名"
    sent = {name: form[name].value() for name in (*services.FIELDS, "seen", "logo_kept")}
    as_manager.post(URL, sent)
    assert (current_house().name_zh, bytes(current_house().logo)) == ("旧名", bytes(old.logo))
    assert as_manager.get(URL, {"again": 999}).status_code == 404
    assert as_manager.get(URL, {"again": "x"}).status_code == 200


def test_the_preview_is_a_pdf_and_saves_nothing(as_manager):
    response = as_manager.post(reverse("house_preview"), filled(name_zh="青禾合规事务所", number_code="QH", logo_file=upload(picture())))  # fmt: skip
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert not HouseStyle.objects.exists()
    wrong = as_manager.post(reverse("house_preview"), filled(accent="#ffee00"))
    assert wrong.status_code == 422
    assert "太浅" in wrong.content.decode()


def test_more_settings_cost_no_more_queries(as_manager):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert as_manager.get(URL).status_code == 200
        return len(captured)

    as_manager.post(URL, filled(name_zh="第一"))
    few = queries()
    for number in range(12):
        as_manager.post(URL, filled(name_zh=f"第 {number}", seen=current_house().pk))
    assert queries() <= few + 1  # nobody is asked for twice
    assert len(as_manager.get(URL).context["earlier"]) == 10


def test_a_preview_that_cannot_be_set_says_so_and_loses_nothing(as_manager):
    """Settings are checked before they are set; a logo that went bad in the database is the one case left."""
    factories.house_style(factories.user(), logo=b"\x89PNG broken")
    response = as_manager.post(reverse("house_preview"), filled(name_zh="青禾合规事务所"))
    assert response.status_code == 500
    assert "预览未能生成" in response.content.decode()
    assert "青禾合规事务所" in response.content.decode()
