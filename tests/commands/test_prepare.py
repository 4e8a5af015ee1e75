"""What `make run` does before it serves: everything the first time, nothing to the user's data later."""

from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import override_settings

from checks.models import ChecklistVersion, Engagement

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_static_root(tmp_path):
    with override_settings(STATIC_ROOT=tmp_path / "static"):
        yield


def prepare(*arguments):
    out = StringIO()
    call_command("prepare", *arguments, stdout=out)
    return out.getvalue()


def test_loads_the_checklist_and_collects_static_files(tmp_path):
    assert prepare() == ""
    assert ChecklistVersion.objects.count() == 1
    assert (tmp_path / "static" / "policyaudit.css").exists()
    assert not get_user_model().objects.exists()


def test_collects_again_only_what_changed(tmp_path, settings):
    source = tmp_path / "source"
    source.mkdir()
    (source / "page.css").write_text("a {}")
    settings.STATICFILES_DIRS = [source]
    collected = tmp_path / "static" / "page.css"
    prepare()
    collected.write_text("touched")  # would be replaced if it were collected again
    prepare()
    assert collected.read_text() == "touched"
    (source / "page.css").write_text("a {} b {}")
    prepare()
    assert collected.read_text() == "a {} b {}"


def test_makes_the_demo_once_and_does_not_bring_back_what_the_user_changed():
    assert "lin" in prepare("--demo")
    assert Engagement.objects.count() == 2
    get_user_model().objects.filter(username="wu").update(is_active=False)
    Engagement.objects.update(auditee="另一家公司")
    assert "lin" in prepare("--demo")
    assert Engagement.objects.count() == 2
    assert not get_user_model().objects.get(username="wu").is_active


def test_makes_no_demo_where_somebody_has_an_account():
    factories.user("somebody")
    assert prepare("--demo") == ""
    assert get_user_model().objects.count() == 1
