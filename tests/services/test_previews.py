import io

import pytest
from django.conf import settings
from PIL import Image

from checks.services import previews

from .. import factories

pytestmark = pytest.mark.django_db


def test_a_page_is_drawn_once_and_kept_beside_the_pdf(signed_audit, team):
    report = factories.report(signed_audit, team.reviewer)
    with previews.page_picture_file(made=report, number=2) as file:
        content = file.read()
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.width) == ("PNG", 1240)
    kept = settings.MEDIA_ROOT / report.pdf.name.removesuffix(".pdf") / "2.png"
    assert kept.read_bytes() == content
    kept.write_bytes(b"kept")
    with previews.page_picture_file(made=report, number=2) as file:
        assert file.read() == b"kept"


@pytest.mark.parametrize("number", [0, 4, 99])
def test_there_are_only_the_pages_there_are(signed_audit, team, number):
    with pytest.raises(IndexError):
        previews.page_picture_file(made=factories.report(signed_audit, team.reviewer), number=number)


def test_the_text_of_a_blank_page_is_empty(signed_audit, team):
    assert previews.text_of_page(made=factories.report(signed_audit, team.reviewer), number=1) == ""
