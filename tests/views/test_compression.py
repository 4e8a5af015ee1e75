"""Pages travel compressed, downloads as they are."""

import gzip

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_page_is_compressed_for_a_browser_that_takes_it(as_auditor, audit):
    plain = as_auditor.get(reverse("audit_review", args=[audit.pk]))
    packed = as_auditor.get(reverse("audit_review", args=[audit.pk]), headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert len(packed.content) < len(gzip.decompress(packed.content)) / 2


def test_a_download_keeps_its_length(as_auditor, audit):
    export = as_auditor.get(reverse("audit_export", args=[audit.pk]), headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in export.headers
    assert export.json()["schema"] == 1
