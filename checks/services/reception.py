"""Handing in: files, an archive, an address or pasted text become a job; what happens to them, people can follow,
cancel, repeat and answer. The bytes are kept before anything is done with them.
"""

import hashlib

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import IntakeError, IntakeReason, document_from_text
from ..engine.intake import media_type_of
from ..models import IntakeItem, IntakeJob, PolicySource, PolicyVersion
from . import activity, background, fetching, intake
from .errors import ServiceError
from .files import new_originals

State = IntakeItem.State
# One file up to this size is read and audited within the request, unless its reader says that it takes long.
QUICK_BYTES = 1024 * 1024


# What the same file will earn again on this installation: another try is not offered for it.
FOR_GOOD = {
    background.DUPLICATE,
    *(IntakeReason.EMPTY, IntakeReason.NO_TEXT, IntakeReason.UNSUPPORTED_TYPE, IntakeReason.UNDECODABLE),
    *(IntakeReason.DAMAGED, IntakeReason.ENCRYPTED, IntakeReason.TOO_LARGE, IntakeReason.TOO_MANY_PAGES),
    *(IntakeReason.TOO_MANY_PIXELS, IntakeReason.TOO_MANY_PARTS, IntakeReason.TOO_DEEP),
    *(IntakeReason.EXPANDS_TOO_FAR, IntakeReason.DECLARES_ENTITIES),
}


class AlreadyAnswered(ServiceError):
    text = _("This was answered or cancelled in the meantime.")


class NothingToRetry(ServiceError):
    text = _("Nothing here can be tried again: it is being worked on, or done.")


class NothingToCancel(ServiceError):
    text = _("Nothing is left to cancel: everything is done.")


class FetchingIsOff(ServiceError):
    text = _("Fetching from web addresses is switched off in this installation.")


def files_receive(*, by, engagement, files, key, name="", document=None):
    """Keep uploaded files and begin with them; return the IntakeJob.

    ``files`` have ``name``, ``size`` and ``read()``. One alone takes ``name``, or becomes the next version of
    ``document``; several are called after their files. ``key`` is the form's: sent twice, it gives the same job.
    A single quick file is finished on return; everything else waits for the worker. Raises DuplicatePolicy for a
    single file that is in the engagement already, and IntakeError for one that is empty or too large.
    """
    if job := _job(engagement, key):
        return job
    alone = len(files) == 1
    items, quick = [], False
    with new_originals() as store:
        for position, file in enumerate(files, 1):
            item = _item(PolicySource.UPLOAD, intake.shown_filename(file.name), position=position)
            try:
                intake.refuse_too_large(file.size)
                content = file.read()
                if not content:
                    raise IntakeError(IntakeReason.EMPTY)
            except IntakeError as error:
                if alone:
                    raise
                item.state, item.reason, item.params = State.FAILED, error.reason.value, error.params
                item.finished_at = timezone.now()
            else:
                _fill(item, content, store)
                if alone:
                    intake.refuse_duplicate(engagement, item.sha256)
                    quick = len(content) <= QUICK_BYTES and media_type_of(content) != background.ARCHIVE
            items.append(item)
        if alone:
            items[0].name, items[0].document = name, document
        return _receive(by, engagement, key, items, quick)


def text_receive(*, by, engagement, text, key, name="", document=None):
    """Keep pasted text and audit it; in and out are those of ``files_receive``.

    Raises IntakeError for what is no text, and DuplicatePolicy.
    """
    if job := _job(engagement, key):
        return job
    content = text.encode("utf-8", "replace")
    intake.refuse_too_large(len(content))
    filename = intake.pasted_filename(name or (document.name if document else ""))
    document_from_text(content.decode(), name=filename)  # says what is wrong before anything is kept
    item = _item(PolicySource.PASTE, filename, name=name or (document.name if document else ""), document=document)
    with new_originals() as store:
        _fill(item, content, store)
        intake.refuse_duplicate(engagement, item.sha256)
        return _receive(by, engagement, key, [item], quick=True)


def address_receive(*, by, engagement, url, key, name="", document=None):
    """Have a web page fetched in the background. Raises FetchingIsOff, and FetchError for what is no web address."""
    if not fetching.is_on():
        raise FetchingIsOff
    fetching.parse(url)
    filename = intake.shown_filename(fetching.filename_of(url))
    item = _item(PolicySource.ADDRESS, filename, url=url, name=name, document=document)
    return _receive(by, engagement, key, [item], quick=False)


def job_cancel(*, by, job):
    """Take everything of the job that is not finished out of the line; what is being worked on stops. Returns how
    many. Raises NothingToCancel."""
    with transaction.atomic():
        unfinished = job.items.filter(state__in=(*IntakeItem.OPEN, State.QUESTION))
        cancelled = unfinished.update(
            state=State.CANCELLED, lease=None, lease_until=None, stage="", finished_at=timezone.now()
        )
        if not cancelled:
            raise NothingToCancel
        _record(by, "intake.cancelled", job, {"count": cancelled})
    return cancelled


def job_retry(*, by, job):
    """Put everything of the job that failed or was cancelled back in line. Returns how many. Raises NothingToRetry."""
    with transaction.atomic():
        stopped = list(_repeatable(job.items).values_list("pk", flat=True))
        _back_in_line(stopped)
        if not stopped:
            raise NothingToRetry
        background.enqueue(*stopped)
        _record(by, "intake.retried", job, {"count": len(stopped)})
    return len(stopped)


def item_retry(*, by, item, password=None):
    """Try one item again: with a password at once (it is kept nowhere), else in its turn. Raises NothingToRetry."""
    with transaction.atomic():
        if not _back_in_line([item.pk], **({**background.new_lease(), "attempts": 1} if password else {})):
            raise NothingToRetry
        if not password:
            background.enqueue(item.pk)
        _record(by, "intake.retried", item.job, {"count": 1, "filename": item.filename})
    if password:
        item.refresh_from_db()
        background.item_work(item.pk, lease=item.lease, password=password)


def item_answer(*, by, item, document=None, audit=True):
    """Answer what was asked about an item: of which policy it is the next version (None: a new one), and whether it
    is audited or only kept. Finished on return. Raises AlreadyAnswered and ForeignDocument."""
    if document is not None and document.engagement_id != item.job.engagement_id:
        raise intake.ForeignDocument
    answer = {
        "document": document,
        "new_policy": document is None,
        "regardless": audit,
        "keep_only": not audit,
        "attempts": 1,
    }
    lease = background.new_lease()
    with transaction.atomic():
        waiting = IntakeItem.objects.filter(pk=item.pk, state=State.QUESTION)
        if not waiting.update(**answer, **lease):
            raise AlreadyAnswered
        detail = {
            "filename": item.filename,
            "policy": document.name if document else "",
            "audit": audit,
            "concerns": item.preflight.get("concerns", []),
        }
        _record(by, "intake.answered", item.job, detail)
    background.item_work(item.pk, lease=lease["lease"], patient=False)


def job_answer(*, by, job):
    """Answer everything at once that only waits for its place: each file becomes the next version of the policy it
    resembles, and is audited in its turn. What raised another concern keeps its question. Returns how many; raises
    AlreadyAnswered when there are none."""
    with transaction.atomic():
        proposed = {item.pk: item.resembles["version"] for item in proposals(job)}
        documents = dict(
            PolicyVersion.objects.filter(
                pk__in=proposed.values(), document__engagement_id=job.engagement_id
            ).values_list("pk", "document_id")
        )
        answered = [pk for pk, version in proposed.items() if version in documents and _file(pk, documents[version])]
        if not answered:
            raise AlreadyAnswered
        background.enqueue(*answered)
        _record(by, "intake.filed", job, {"count": len(answered)})
    return len(answered)


def proposals(job):
    """The files of the job whose only question is whether they are next versions."""
    waiting = job.items.filter(state=State.QUESTION).only("pk", "resembles", "preflight")
    return [item for item in waiting if item.resembles.get("version") and not item.preflight.get("concerns")]


def can_retry(item):
    """Whether another try is offered: the file stopped for a reason that may be gone by then, or was cancelled."""
    stopped = item.state in IntakeItem.STOPPED and item.reason not in FOR_GOOD
    return stopped and bool(item.original or item.url)


def repeatable(job):
    """How many files of the job another try is offered for."""
    return _repeatable(job.items).count()


def _job(engagement, key):
    return IntakeJob.objects.filter(engagement=engagement, key=key).first()


def _item(source, filename, **fields):
    return IntakeItem(**{"position": 1, "source": source, "filename": filename, "queued_at": timezone.now()} | fields)


def _fill(item, content, store):
    item.size, item.sha256 = len(content), hashlib.sha256(content).hexdigest()
    item.original = store(content)


def _receive(by, engagement, key, items, quick):
    """The job with its items; a quick one is worked on before this returns."""
    if quick:
        for field, value in background.new_lease().items():
            setattr(items[0], field, value)
        items[0].attempts = 1
    with transaction.atomic():
        job, created = IntakeJob.objects.get_or_create(
            engagement=engagement, key=key, defaults={"created_by": by, "created_at": timezone.now()}
        )
        if not created:
            return job
        for item in items:
            item.job = job
        items = IntakeItem.objects.bulk_create(items)
        background.enqueue(*(item.pk for item in items if item.state == State.QUEUED))
        if not quick:
            detail = {"count": len(items), "filename": items[0].filename}
            _record(by, "intake.received", job, detail)
    if quick:
        background.item_work(items[0].pk, lease=items[0].lease, patient=False)
    return job


def _repeatable(items):
    """What was stopped and could go differently: there is something to read, and it is not here already."""
    stopped = items.filter(state__in=IntakeItem.STOPPED).exclude(reason__in=[str(reason) for reason in FOR_GOOD])
    return stopped.exclude(original="", url="")


def _back_in_line(pks, **fields):
    fields = {"state": State.QUEUED, "attempts": 0, "queued_at": timezone.now()} | fields
    fields |= {"reason": "", "params": {}, "finished_at": None, "done": 0, "total": 0}
    return _repeatable(IntakeItem.objects.filter(pk__in=pks)).update(**fields)


def _file(item_pk, document_pk):
    fields = {"document_id": document_pk, "state": State.QUEUED, "queued_at": timezone.now(), "attempts": 0}
    return IntakeItem.objects.filter(pk=item_pk, state=State.QUESTION).update(**fields)


def _record(by, action, job, detail):
    activity.record(actor=by, action=action, obj=job, engagement=job.engagement, detail=detail)
