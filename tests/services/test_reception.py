import io
import uuid
from unittest import mock

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django_tasks_db.models import DBTaskResult

from checks.engine import IntakeError
from checks.models import ActivityEntry, IntakeItem, IntakeJob, PolicyVersion
from checks.services import background, fetching, intake, reception

from .. import factories
from .test_background import zipped

pytestmark = pytest.mark.django_db
State = IntakeItem.State


@pytest.fixture(autouse=True)
def checklist(db):
    return factories.checklist_version()


def file(content=factories.POLICY, name="policy.txt"):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def hand_in(engagement, *files, key=None, **fields):
    return reception.files_receive(
        by=engagement.created_by, engagement=engagement, files=files, key=key or uuid.uuid4(), **fields
    )


def stored_files():
    return {path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()}


def acts(engagement):
    return list(ActivityEntry.objects.filter(engagement=engagement).order_by("id").values_list("action", flat=True))


def test_one_quick_file_is_audited_on_return(engagement):
    item = hand_in(engagement, file(), name="示例政策").items.get()
    assert (item.state, item.policy_version.document.name) == (State.DONE, "示例政策")
    assert item.audit is not None
    assert acts(engagement) == ["policy.uploaded", "audit.run"]
    assert not DBTaskResult.objects.exists()


def test_several_files_wait_for_the_worker_under_their_own_names(engagement, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = hand_in(engagement, file(name="甲.txt"), file("一、乙收集信息。", "乙.txt"), name="不用")
    assert [(item.filename, item.state, item.name) for item in job.items.all()] == [
        ("甲.txt", State.QUEUED, ""),
        ("乙.txt", State.QUEUED, ""),
    ]
    assert DBTaskResult.objects.count() == 2
    assert acts(engagement) == ["intake.received"]


def test_an_archive_and_a_large_file_wait_too(engagement, monkeypatch):
    assert hand_in(engagement, file(zipped({"a.txt": "文"}), "all.zip")).items.get().state == State.QUEUED
    monkeypatch.setattr(reception, "QUICK_BYTES", 10)
    assert hand_in(engagement, file()).items.get().state == State.QUEUED


def test_the_same_form_twice_is_one_job(engagement):
    key = uuid.uuid4()
    first = hand_in(engagement, file(), key=key)
    files = stored_files()
    assert hand_in(engagement, file(), key=key) == first
    assert IntakeJob.objects.count() == PolicyVersion.objects.count() == 1
    assert stored_files() == files


def test_the_key_of_a_form_means_nothing_in_another_engagement(engagement):
    key = uuid.uuid4()
    assert hand_in(engagement, file(), key=key) != hand_in(factories.engagement(), file(), key=key)


def test_bad_files_among_good_ones_are_rows_with_a_reason(engagement, settings):
    settings.POLICY_MAX_BYTES = 1000
    job = hand_in(engagement, file(), file("", "empty.txt"), file("长" * 1000, "long.txt"))
    assert [(item.state, item.reason) for item in job.items.all()] == [
        (State.QUEUED, ""),
        (State.FAILED, "empty"),
        (State.FAILED, "too_large"),
    ]


@pytest.mark.parametrize("content", ["", "长" * 500])
def test_one_bad_file_alone_is_refused_and_leaves_nothing(engagement, settings, content):
    settings.POLICY_MAX_BYTES = 1000
    files = stored_files()
    with pytest.raises(IntakeError):
        hand_in(engagement, file(content))
    assert not IntakeJob.objects.exists()
    assert stored_files() == files


def test_a_single_file_that_is_here_already_is_refused_at_once(engagement):
    hand_in(engagement, file())
    files = stored_files()
    with pytest.raises(intake.DuplicatePolicy):
        hand_in(engagement, file(name="again.txt"))
    assert stored_files() == files


def test_files_do_not_outlive_a_failed_transaction(engagement):
    files = stored_files()
    with mock.patch.object(IntakeItem.objects, "bulk_create", side_effect=RuntimeError), pytest.raises(RuntimeError):
        hand_in(engagement, file())
    assert stored_files() == files
    assert not IntakeJob.objects.exists()


def test_pasted_text_is_audited_and_known_as_pasted(engagement):
    job = reception.text_receive(
        by=engagement.created_by, engagement=engagement, text=factories.POLICY, key=uuid.uuid4(), name="粘贴的"
    )
    item = job.items.get()
    assert (item.state, item.policy_version.source, item.policy_version.text) == ("done", "paste", factories.POLICY)


def test_pasted_markup_stays_text(engagement):
    text = f"<html><body><p>{factories.POLICY}</p></body></html>"
    job = reception.text_receive(by=engagement.created_by, engagement=engagement, text=text, key=uuid.uuid4(), name="x")
    assert job.items.get().policy_version.text == text


def test_fetching_is_off_unless_switched_on(engagement, settings):
    given = {"by": engagement.created_by, "engagement": engagement, "key": uuid.uuid4()}
    with pytest.raises(reception.FetchingIsOff):
        reception.address_receive(**given, url="https://example.com/privacy")
    settings.POLICY_URL_FETCH = True
    with pytest.raises(fetching.FetchError):
        reception.address_receive(**given, url="file:///etc/passwd")
    item = reception.address_receive(**given, url="https://example.com/privacy.html?x=1").items.get()
    assert (item.state, item.filename, item.source) == (State.QUEUED, "privacy.html", "address")


class TestCancelAndRetry:
    def test_what_is_not_finished_is_cancelled_and_can_be_tried_again(
        self, engagement, django_capture_on_commit_callbacks
    ):
        job = hand_in(engagement, file(), file("一、乙收集信息。", "乙.txt"))
        assert reception.job_cancel(by=engagement.created_by, job=job) == 2
        with pytest.raises(reception.NothingToCancel):
            reception.job_cancel(by=engagement.created_by, job=job)
        with django_capture_on_commit_callbacks(execute=True):
            assert reception.job_retry(by=engagement.created_by, job=job) == 2
        assert set(job.items.values_list("state", flat=True)) == {State.QUEUED}
        assert DBTaskResult.objects.count() == 2
        assert acts(engagement) == ["intake.received", "intake.cancelled", "intake.retried"]

    def test_what_failed_is_tried_again_from_the_kept_file(self, engagement):
        job = factories.intake_job(engagement)
        item = factories.intake_item(job, state="failed", reason="ocr_missing", params={"pages": 3}, attempts=4)
        reception.item_retry(by=engagement.created_by, item=item)
        item.refresh_from_db()
        assert (item.state, item.reason, item.params, item.attempts) == (State.QUEUED, "", {}, 0)
        background.item_work(item.pk)
        item.refresh_from_db()
        assert item.state == State.DONE

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "done"},
            {"state": "running"},
            {"state": "failed", "reason": "duplicate"},
            {"state": "failed", "reason": "too_large", "original": ""},
        ],
    )
    def test_what_cannot_go_differently_is_not_tried_again(self, engagement, fields):
        item = factories.intake_item(factories.intake_job(engagement), **fields)
        assert not reception.can_retry(item)
        with pytest.raises(reception.NothingToRetry):
            reception.item_retry(by=engagement.created_by, item=item)

    def test_a_password_opens_the_file_and_is_kept_nowhere(self, engagement):
        item = factories.intake_item(
            factories.intake_job(engagement), content=locked_pdf("geheim-4711"), state="failed", reason="needs_password"
        )
        reception.item_retry(by=engagement.created_by, item=item, password="wrong")
        item.refresh_from_db()
        assert (item.state, item.reason) == (State.FAILED, "wrong_password")
        reception.item_retry(by=engagement.created_by, item=item, password="geheim-4711")
        item.refresh_from_db()
        assert (item.state, item.reason) == (State.DONE, "")
        assert "我们收集您的手机号码" in item.policy_version.text
        assert item.policy_version.layout["pages"]
        rows = [*IntakeItem.objects.values(), *ActivityEntry.objects.values(), *PolicyVersion.objects.values()]
        assert "geheim-4711" not in repr(rows)


def test_proposals_of_a_batch_are_answered_at_once(engagement, django_capture_on_commit_callbacks):
    here, other = (factories.policy_version(engagement, text=text) for text in ("一、甲收集信息。", "一、乙收集信息。"))
    job = factories.intake_job(engagement)
    waiting = [
        factories.intake_item(
            job, content=f"一、新{number}收集信息。", state="question", resembles={"version": version.pk}
        )
        for number, version in enumerate((here, other))
    ]
    doubtful = factories.intake_item(
        job,
        content="x",
        state="question",
        resembles={"version": here.pk},
        preflight={"concerns": ["user_agreement"]},
    )
    foreign = factories.policy_version()
    strange = factories.intake_item(job, content="y", state="question", resembles={"version": foreign.pk})
    with django_capture_on_commit_callbacks(execute=True):
        assert reception.job_answer(by=engagement.created_by, job=job) == 2
    for item in waiting:
        background.item_work(item.pk)
    assert [version.number for version in (*here.document.versions.all(), *other.document.versions.all())] == [
        1,
        2,
        1,
        2,
    ]
    for item in (doubtful, strange):
        item.refresh_from_db()
        assert item.state == State.QUESTION
    with pytest.raises(reception.AlreadyAnswered):
        reception.job_answer(by=engagement.created_by, job=job)


def test_a_policy_of_another_engagement_is_no_answer(engagement):
    item = factories.intake_item(factories.intake_job(engagement), state="question")
    with pytest.raises(intake.ForeignDocument):
        reception.item_answer(by=engagement.created_by, item=item, document=factories.policy_version().document)
    item.refresh_from_db()
    assert item.state == State.QUESTION


def locked_pdf(password):
    """A PDF of one page, locked with this password."""
    from pypdf import PdfReader, PdfWriter
    from weasyprint import HTML

    lines = "".join(f"<p>{line}</p>" for line in factories.POLICY.splitlines())
    writer = PdfWriter(PdfReader(io.BytesIO(HTML(string=lines).write_pdf())))
    writer.encrypt(password, algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    return locked.getvalue()
