import hashlib
from datetime import date

import pytest
from django.conf import settings

from checks.engine import IntakeError, IntakeReason
from checks.models import ActivityEntry, PolicyDocument, PolicyVersion
from checks.services import intake as services

from .. import factories

pytestmark = pytest.mark.django_db


def upload(engagement, content, filename="policy.txt", name="示例阅读", **fields):
    return services.policy_upload(
        by=engagement.created_by, engagement=engagement, name=name, content=content, filename=filename, **fields
    )


def paste(engagement, text=factories.POLICY, name="示例阅读", **fields):
    return services.policy_paste(by=engagement.created_by, engagement=engagement, name=name, text=text, **fields)


def stored_files():
    return {path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}


def test_an_upload_keeps_the_bytes_and_the_text_read_from_them(engagement):
    content = factories.POLICY.encode("gb18030")
    version = PolicyVersion.objects.get(pk=upload(engagement, content).pk)
    assert version.original.read() == content
    assert version.sha256 == hashlib.sha256(content).hexdigest()
    assert (version.size, version.encoding) == (len(content), "gb18030")
    assert version.text == factories.POLICY
    assert version.characters == len(factories.POLICY)
    assert (version.document.name, version.number, version.filename) == ("示例阅读", 1, "policy.txt")
    assert version.uploaded_by == engagement.created_by


def test_an_upload_is_recorded_once_with_its_hash(engagement):
    version = upload(engagement, factories.POLICY.encode())
    entry = ActivityEntry.objects.get(engagement=engagement)
    assert (entry.action, entry.object_id) == ("policy.uploaded", version.pk)
    assert entry.detail["sha256"] == version.sha256


def test_a_web_page_is_kept_as_sent_and_read_as_text(engagement):
    page = (
        "<!doctype html><html><body><h1>隐私政策</h1><script>x()</script><p>我们收集<b>手机</b>号码。</p></body></html>"
    )
    version = upload(engagement, page.encode(), filename="policy.html")
    assert version.media_type == "text/html"
    assert version.original.read() == page.encode()
    assert "我们收集手机号码。" in version.text
    assert "script" not in version.text


def test_a_paste_is_kept_as_the_file_it_would_have_been(engagement):
    version = paste(engagement)
    content = factories.POLICY.encode()
    assert version.original.read() == content
    assert version.sha256 == hashlib.sha256(content).hexdigest()
    assert (version.filename, version.text) == ("示例阅读.txt", factories.POLICY)


def test_a_next_version_counts_on_within_its_policy(engagement):
    first = paste(engagement)
    second = paste(engagement, factories.POLICY + "四、更新\n", document=first.document)
    other = paste(engagement, "一、另一份政策。", name="另一份")
    assert [second.number, other.number] == [2, 1]
    assert second.document == first.document
    assert PolicyDocument.objects.filter(engagement=engagement).count() == 2


def test_a_paste_without_a_name_takes_the_policys(engagement):
    first = paste(engagement)
    second = paste(engagement, factories.POLICY + "四、更新\n", name="", document=first.document)
    assert second.filename == "示例阅读.txt"


def test_an_upload_without_a_name_is_called_after_its_file(engagement):
    assert upload(engagement, factories.POLICY.encode(), filename="2026版.txt", name="").document.name == "2026版"


def test_the_same_bytes_are_taken_once_in_an_engagement(engagement):
    first, files = paste(engagement), stored_files()
    with pytest.raises(services.DuplicatePolicy) as refusal:
        upload(engagement, factories.POLICY.encode(), name="又一次")
    assert refusal.value.version == first
    assert "示例阅读" in refusal.value.message
    assert PolicyDocument.objects.filter(engagement=engagement).count() == 1
    assert stored_files() == files


def test_another_engagement_may_have_the_same_policy_and_is_not_told(engagement):
    paste(engagement)
    assert paste(factories.engagement()).number == 1


def test_a_policy_of_another_engagement_gets_no_version_from_here(engagement):
    foreign, files = factories.policy_version().document, stored_files()
    with pytest.raises(services.ForeignDocument):
        paste(engagement, "一、我们收集您的信息。", document=foreign)
    assert foreign.versions.count() == 1
    assert stored_files() == files


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", IntakeReason.EMPTY),
        (b"\x7fELF\x02\x01\x01\0\0", IntakeReason.UNSUPPORTED_TYPE),
        (b"<!doctype html><html><body><script>1</script></body></html>", IntakeReason.NO_TEXT),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_and_leaves_nothing(engagement, content, reason):
    files = stored_files()
    with pytest.raises(IntakeError) as refusal:
        upload(engagement, content)
    assert refusal.value.reason == reason
    assert not PolicyDocument.objects.exists()
    assert not ActivityEntry.objects.exists()
    assert stored_files() == files


def test_the_size_limit_is_the_installations(engagement, settings):
    settings.POLICY_MAX_BYTES = 20
    for act in (lambda: upload(engagement, factories.POLICY.encode()), lambda: paste(engagement)):
        with pytest.raises(IntakeError) as refusal:
            act()
        assert refusal.value.reason == IntakeReason.TOO_LARGE


def test_a_file_does_not_outlive_a_failed_transaction(engagement):
    """The activity entry comes after the file; a detail that cannot be recorded takes the file along."""
    files = stored_files()
    unsaved = factories.user()
    version_by_nobody = type(unsaved)(pk=None)
    with pytest.raises(ValueError, match="unsaved"):
        services.policy_paste(by=version_by_nobody, engagement=engagement, name="x", text="一、政策。")
    assert stored_files() == files
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\wang\\政策.txt", "政策.txt"),
        ("a\r\nb\x00.txt", "ab.txt"),
        ("长" * 300 + ".txt", "长" * 251 + ".txt"),
    ],
)
def test_the_senders_file_name_is_only_shown(sent, shown):
    assert services.shown_filename(sent) == shown


def test_dates_come_from_the_upload(engagement):
    assert paste(engagement).uploaded_at.date() >= date(2026, 1, 1)
