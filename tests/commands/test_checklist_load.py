from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from checks.models import ChecklistVersion

pytestmark = pytest.mark.django_db


def test_publishes_the_shipped_checklist_once():
    out = StringIO()
    call_command("checklist_load", stdout=out)
    call_command("checklist_load", stdout=out)
    version = ChecklistVersion.objects.get()
    assert version.requirements.count() == 80
    assert version.digest[:12] in out.getvalue()


def test_says_what_is_wrong_with_a_directory(tmp_path):
    (tmp_path / "checklist.yaml").write_text("slug: [broken", encoding="utf-8")
    with pytest.raises(CommandError, match=r"checklist\.yaml"):
        call_command("checklist_load", str(tmp_path))
    assert not ChecklistVersion.objects.exists()
