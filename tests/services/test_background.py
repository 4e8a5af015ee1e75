"""One item's way: read, asked about, kept, audited; and what happens when its worker is gone."""

import io
import time
import zipfile
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from checks.engine.kinds import Concern
from checks.models import Audit, IntakeItem, PolicyVersion
from checks.services import analysis, background, reception

from .. import factories

pytestmark = pytest.mark.django_db
State = IntakeItem.State
NEXT = factories.POLICY.replace("手机号码", "手机号码和昵称") + "四、更新\n本政策更新时，我们会通知您。\n"
AGREEMENT = "示例阅读用户协议\n" + "\n".join(
    f"{number}、您不得利用本服务发布违法内容；违反本协议的，我们有权终止服务并要求赔偿损失，争议由法院管辖。"
    for number in range(1, 30)
)


@pytest.fixture(autouse=True)
def checklist(db):
    return factories.checklist_version()


@pytest.fixture
def job(engagement):
    return factories.intake_job(engagement)


def worked(item):
    background.item_work(item.pk)
    item.refresh_from_db()
    return item


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_policy_in_line_ends_as_an_audit(job):
    item = worked(factories.intake_item(job, filename="示例.txt"))
    assert (item.state, item.lease, item.attempts) == (State.DONE, None, 1)
    version = item.policy_version
    assert (version.document.name, version.number, version.source) == ("示例", 1, "upload")
    assert version.original.name == item.original.name, "the bytes are kept once"
    assert version.preflight["kind"] == "privacy_policy"
    assert item.audit.policy_version == version
    assert item.audit.findings.count() == 6


def test_only_what_is_in_line_is_worked_on(job):
    for state in (State.DONE, State.FAILED, State.CANCELLED, State.QUESTION, State.RUNNING):
        item = factories.intake_item(job, state=state)
        background.item_work(item.pk)
        item.refresh_from_db()
        assert item.state == state
    assert not PolicyVersion.objects.exists()


def test_what_cannot_be_read_keeps_its_file_and_says_why(job):
    item = worked(factories.intake_item(job, content=b"<html><body><script>1</script></body></html>"))
    assert (item.state, item.reason) == (State.FAILED, "no_text")
    assert item.original.read().startswith(b"<html>")


def test_a_missing_original_is_said(job):
    item = factories.intake_item(job)
    item.original.storage.delete(item.original.name)
    assert worked(item).reason == background.MISSING


def test_the_same_file_a_second_time_leads_to_the_first(job):
    first = worked(factories.intake_item(job))
    second = worked(factories.intake_item(job))
    assert (second.state, second.reason) == (State.FAILED, background.DUPLICATE)
    assert second.params == {"version": first.policy_version_id}
    assert Audit.objects.count() == 1


class TestQuestions:
    def test_a_user_agreement_is_asked_about_and_not_audited(self, job):
        item = worked(factories.intake_item(job, content=AGREEMENT))
        assert item.state == State.QUESTION
        assert item.preflight["concerns"] == [Concern.USER_AGREEMENT]
        assert item.reading["text"] == AGREEMENT
        assert not PolicyVersion.objects.exists()

    def test_it_is_audited_when_the_auditor_says_so(self, job):
        item = worked(factories.intake_item(job, content=AGREEMENT))
        reception.item_answer(by=job.created_by, item=item)
        item.refresh_from_db()
        assert (item.state, item.reading) == (State.DONE, None)
        assert item.audit is not None
        assert item.policy_version.preflight["concerns"] == [Concern.USER_AGREEMENT]

    def test_or_only_kept(self, job):
        item = worked(factories.intake_item(job, content=AGREEMENT))
        reception.item_answer(by=job.created_by, item=item, audit=False)
        item.refresh_from_db()
        assert (item.state, item.audit) == (State.DONE, None)
        assert item.policy_version is not None

    def test_a_new_version_of_a_policy_that_is_here_is_recognised(self, engagement, job):
        here = worked(factories.intake_item(factories.intake_job(engagement))).policy_version
        item = worked(factories.intake_item(job, content=NEXT))
        assert item.state == State.QUESTION
        assert item.resembles["version"] == here.pk
        assert (item.resembles["added"], item.resembles["removed"], item.resembles["changed"]) == (2, 0, 1)
        reception.item_answer(by=job.created_by, item=item, document=here.document)
        item.refresh_from_db()
        assert (item.policy_version.document, item.policy_version.number) == (here.document, 2)
        assert item.audit is not None

    def test_the_auditor_may_call_it_another_policy(self, engagement, job):
        here = worked(factories.intake_item(factories.intake_job(engagement))).policy_version
        item = worked(factories.intake_item(job, content=NEXT, name="另一个"))
        reception.item_answer(by=job.created_by, item=item)
        item.refresh_from_db()
        assert item.policy_version.document != here.document
        assert item.policy_version.document.name == "另一个"

    def test_who_named_the_policy_is_not_asked(self, engagement, job):
        here = worked(factories.intake_item(factories.intake_job(engagement))).policy_version
        item = worked(factories.intake_item(job, content=NEXT, document=here.document))
        assert (item.state, item.policy_version.number) == (State.DONE, 2)

    def test_files_of_one_batch_are_siblings(self, job):
        worked(factories.intake_item(job))
        assert worked(factories.intake_item(job, content=NEXT)).state == State.DONE

    def test_policies_of_other_engagements_are_not_compared(self, job):
        factories.policy_version()
        assert worked(factories.intake_item(job, content=NEXT)).state == State.DONE

    def test_two_answers_at_once_count_once(self, job):
        item = worked(factories.intake_item(job, content=AGREEMENT))
        reception.item_answer(by=job.created_by, item=item)
        with pytest.raises(reception.AlreadyAnswered):
            reception.item_answer(by=job.created_by, item=item)
        assert Audit.objects.count() == 1


class TestArchives:
    def test_every_file_becomes_an_item_and_a_bad_one_stops_nobody(self, job, django_capture_on_commit_callbacks):
        content = zipped(
            {"甲/政策.txt": factories.POLICY, "../../bad.bin": b"\x7fELF\x02\x01\x01\0\0", "empty.txt": ""}
        )
        with django_capture_on_commit_callbacks(execute=True):
            archive = worked(factories.intake_item(job, content=content, filename="all.zip"))
        assert (archive.state, archive.total) == (State.DONE, 3)
        for item in archive.members.all():
            background.item_work(item.pk)
        found = {item.filename: (item.state, item.reason) for item in archive.members.all()}
        assert found == {
            "政策.txt": (State.DONE, ""),
            "bad.bin": (State.FAILED, "unsupported_type"),
            "empty.txt": (State.FAILED, "empty"),
        }
        assert PolicyVersion.objects.get().source == "archive"
        waiting = archive.members.exclude(reason="empty").count()
        assert DBTaskResult.objects.count() >= waiting - 1, "the worker was told of them"

    def test_nothing_leaves_the_media_folder(self, job):
        before = set(settings.MEDIA_ROOT.parent.iterdir())
        worked(
            factories.intake_item(job, content=zipped({"../../../escape.txt": factories.POLICY, "/etc/x.txt": "文"}))
        )
        assert set(settings.MEDIA_ROOT.parent.iterdir()) == before

    def test_an_archive_is_unpacked_once(self, job):
        content = zipped({"a.txt": factories.POLICY})
        archive = worked(factories.intake_item(job, content=content, filename="all.zip"))
        IntakeItem.objects.filter(pk=archive.pk).update(state=State.QUEUED)
        assert worked(archive).state == State.DONE
        assert archive.members.count() == 1


class TestLeases:
    def test_who_lost_the_lease_finishes_nothing(self, job):
        item = factories.intake_item(job, state="running")
        stale = item.lease
        IntakeItem.objects.filter(pk=item.pk).update(lease=factories.uuid4())
        background.item_work(item.pk, lease=stale)
        item.refresh_from_db()
        assert item.state == State.RUNNING
        assert not PolicyVersion.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_an_audit_that_takes_longer_than_the_lease_keeps_it(self, job, settings, monkeypatch):
        """Otherwise it would be begun again each time it is nearly done, for ever on a machine that is too slow."""
        settings.INTAKE_LEASE = 0.6
        item = factories.intake_item(job)
        propose, seen = analysis.audit_propose, []

        def propose_slowly(**arguments):
            def until():
                return IntakeItem.objects.get(pk=item.pk).lease_until

            begun, end = until(), time.monotonic() + 20
            # On a busy machine the renewing from beside comes late; it comes nevertheless.
            while (timezone.now() < begun + timedelta(seconds=0.1) or until() <= begun) and time.monotonic() < end:
                time.sleep(0.05)
            seen.append(until() - begun)
            return propose(**arguments)

        monkeypatch.setattr(analysis, "audit_propose", propose_slowly)
        assert worked(item).state == State.DONE
        assert (item.attempts, item.lease) == (1, None)
        assert [renewed > timedelta(0) for renewed in seen] == [True]

    def test_cancelling_stops_the_work(self, job):
        item = factories.intake_item(job, state="running")
        lease = item.lease
        reception.job_cancel(by=job.created_by, job=job)
        background.item_work(item.pk, lease=lease)
        item.refresh_from_db()
        assert item.state == State.CANCELLED
        assert not PolicyVersion.objects.exists()

    def test_an_expired_lease_puts_the_item_back_in_line(self, job, django_capture_on_commit_callbacks):
        past = timezone.now() - timedelta(seconds=1)
        gone = factories.intake_item(job, state="running", lease_until=past, attempts=1)
        alive = factories.intake_item(job, content="一、另一份。", state="running")
        with django_capture_on_commit_callbacks(execute=True):
            assert background.recover() == 1
        gone.refresh_from_db()
        alive.refresh_from_db()
        assert (gone.state, gone.lease) == (State.QUEUED, None)
        assert alive.state == State.RUNNING
        assert DBTaskResult.objects.get().args_kwargs["args"] == [gone.pk]
        assert worked(gone).state == State.DONE

    def test_what_takes_its_worker_down_again_and_again_is_given_up(self, job, settings):
        past = timezone.now() - timedelta(seconds=1)
        item = factories.intake_item(job, state="running", lease_until=past, attempts=settings.INTAKE_ATTEMPTS)
        background.recover()
        item.refresh_from_db()
        assert (item.state, item.reason, item.lease) == (State.FAILED, background.GIVEN_UP, None)

    def test_what_was_never_picked_up_is_handed_over_again(self, job, settings):
        waiting = timezone.now() - timedelta(seconds=settings.INTAKE_LEASE + 1)
        factories.intake_item(job, queued_at=waiting)
        factories.intake_item(job, content="一、刚刚到。")
        assert background.recover() == 1
        assert background.recover() == 0, "not again before its time"

    def test_a_policy_that_was_kept_before_the_worker_died_is_only_audited(self, job):
        item = worked(factories.intake_item(job))
        version = item.policy_version
        IntakeItem.objects.filter(pk=item.pk).update(state=State.QUEUED, audit=None)
        assert worked(item).policy_version == version
        assert PolicyVersion.objects.count() == 1


def test_what_takes_long_goes_to_the_worker(job, django_capture_on_commit_callbacks, tmp_path):
    """A picture needs text recognition: in a request it is put in line instead."""
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (800, 300), "white").save(picture, "PNG")
    item = factories.intake_item(job, content=picture.getvalue(), state="running")
    with django_capture_on_commit_callbacks(execute=True):
        background.item_work(item.pk, lease=item.lease, patient=False)
    item.refresh_from_db()
    assert item.state in (State.QUEUED, State.FAILED)
    if item.state == State.FAILED:
        assert item.reason == "ocr_missing"
    else:
        assert DBTaskResult.objects.get().args_kwargs["args"] == [item.pk]
