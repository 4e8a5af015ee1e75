"""The work on files that were handed in: read, looked at, kept as a policy version, audited. In a request or a worker.

Each item is worked on by whoever holds its lease. A lease that ran out means that the worker is gone, and ``recover``
puts the item back in line. What is written, is written in a transaction that first renews the lease: a worker that
lost it can finish nothing, so nothing is done twice; what has not been committed is simply done again.
"""

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils import timezone
from django_tasks import task

from ..engine import IntakeError, IntakeReason, document_from_text, read_document
from ..engine.entities import Document, Layout
from ..engine.intake import archive_members, media_type_of
from ..engine.kinds import recognise
from ..engine.likeness import ALIKE, difference, likeness, sketch, titles_agree
from ..models import IntakeItem, PolicySource, PolicyVersion
from . import analysis, fetching, intake, leases
from .errors import ServiceError
from .files import new_originals
from .leases import LeaseLost

logger = logging.getLogger(__name__)
State, Stage = IntakeItem.State, IntakeItem.Stage
ARCHIVE = "application/zip"
# Reasons of ours beside those of the engine and of fetching.
DUPLICATE, UNEXPECTED, GIVEN_UP, NO_CHECKLIST, MISSING = (
    "duplicate",
    "unexpected",
    "given_up",
    "no_checklist",
    "original_missing",
)
PROGRESS_EVERY = timedelta(seconds=1)  # how often progress is written down, at most


@task()
def item_task(item_pk):
    """Work on one item in the background; nothing happens when it is not in line (any more)."""
    item_work(item_pk)


def enqueue(*item_pks):
    """Hand items that are in line to the worker, once the running transaction is committed."""
    for pk in item_pks:
        transaction.on_commit(lambda pk=pk: item_task.enqueue(pk))


def new_lease():
    """The fields of an item that somebody begins to work on now."""
    return leases.new_lease(State.RUNNING)


def item_work(item_pk, *, lease=None, patient=True, password=None):
    """Bring one item as far as it goes: to an audit, a question, or a named reason why not.

    Without ``lease`` the item must be in line. With ``patient=False`` (in a request) what takes long is put in line
    instead. ``password`` opens an encrypted file and is kept nowhere. Never raises for a file, however bad.
    """
    lease = Lease(item_pk, lease) if lease else _claim(item_pk)
    if lease is None:
        return
    try:
        with leases.renewed(lease):  # an audit reports no progress, and may take longer than the lease
            _Work(lease, patient, password).run()
    except LeaseLost:
        logger.info("Item %s was taken over or cancelled.", item_pk)


class Lease(leases.Lease):
    """The right to work on an item."""

    def __init__(self, item_pk, token):
        super().__init__(IntakeItem, item_pk, token)
        self.noted_at = timezone.now() - PROGRESS_EVERY

    def note(self, done, total):
        """Write progress down, not more often than anybody looks."""
        now = timezone.now()
        if now - self.noted_at >= PROGRESS_EVERY or done == total:
            self.noted_at = now
            self.hold(done=done, total=total)

    def give_up(self, state, **fields):
        """The end of the work, in this state."""
        finished = {} if state == State.QUEUED else {"finished_at": timezone.now()}
        self.hold(state=state, lease=None, lease_until=None, stage="", **finished, **fields)


class _Work:
    """One item under a lease."""

    def __init__(self, lease, patient, password):
        self.lease, self.patient, self.password = lease, patient, password
        rows = IntakeItem.objects.select_related("job__engagement", "job__created_by", "document", "policy_version")
        self.item = rows.get(pk=lease.pk)
        self.engagement, self.by = self.item.job.engagement, self.item.job.created_by

    def run(self):
        try:
            self.steps()
        except (LeaseLost, OperationalError, InterfaceError):
            raise  # a database that is away for a moment: the lease runs out and the item gets its turn again
        except IntakeError as error:
            self.refuse(error)
        except intake.DuplicatePolicy as error:
            self.lease.give_up(State.FAILED, reason=DUPLICATE, params={"version": error.version.pk}, reading=None)
        except fetching.FetchError as error:
            self.lease.give_up(State.FAILED, reason=error.reason.value, params=error.params)
        except FileNotFoundError:
            self.lease.give_up(State.FAILED, reason=MISSING)
        except Exception:
            logger.exception("Item %s could not be worked on.", self.item.pk)
            self.lease.give_up(State.FAILED, reason=UNEXPECTED)

    def steps(self):
        item = self.item
        if not item.original:
            self.fetch()
        if item.policy_version is None:
            if not item.reading:
                intake.refuse_duplicate(self.engagement, item.sha256)
            content = None if item.reading else self.content()
            if content is not None and item.source != PolicySource.PASTE and media_type_of(content) == ARCHIVE:
                self.unpack(content)
                return
            read = self.read(content)
            if self.asks(read):
                return
            self.keep(read)
        self.audit()

    def refuse(self, error):
        if error.reason == IntakeReason.NEEDS_TIME:
            with transaction.atomic():
                self.lease.give_up(State.QUEUED, queued_at=timezone.now(), attempts=0)
                enqueue(self.item.pk)
            return
        self.lease.give_up(State.FAILED, reason=error.reason.value, params=error.params)

    # The steps

    def fetch(self):
        self.lease.hold(stage=Stage.FETCHING)
        page = fetching.fetch(self.item.url, limit=settings.POLICY_MAX_BYTES)
        with new_originals() as store:
            fields = {
                "original": store(page.content),
                "size": len(page.content),
                "sha256": hashlib.sha256(page.content).hexdigest(),
                "url": page.url,
            }
            self.lease.hold(**fields)
        for name, value in fields.items():
            setattr(self.item, name, value)

    def content(self):
        with self.item.original.open("rb") as file:
            return file.read()

    def unpack(self, content):
        """The archive's files become items of their own, all of them at once."""
        if self.item.archive_id:  # each level would multiply: the archive in it is kept, for who wants to unpack it
            raise IntakeError(IntakeReason.TOO_DEEP, limit=1)
        if there := self.item.members.count():
            self.lease.give_up(State.DONE, done=there, total=there)
            return
        self.lease.hold(stage=Stage.UNPACKING)
        members = []
        with new_originals() as store:
            for position, (filename, member) in enumerate(archive_members(content), 1):
                members.append(self.member(position, filename, member, store))
                self.lease.note(position, 0)
            if not members:
                raise IntakeError(IntakeReason.EMPTY)
            with transaction.atomic():
                self.lease.hold()
                created = IntakeItem.objects.bulk_create(members)
                self.lease.give_up(State.DONE, done=len(created), total=len(created))
                enqueue(*(item.pk for item in created if item.state == State.QUEUED))

    def member(self, position, filename, member, store):
        item = IntakeItem(
            job=self.item.job,
            archive=self.item,
            position=position,
            source=PolicySource.ARCHIVE,
            filename=intake.shown_filename(filename),
            queued_at=timezone.now(),
        )
        if isinstance(member, IntakeError):
            item.state, item.reason, item.params = State.FAILED, member.reason.value, member.params
            item.finished_at = timezone.now()
        else:
            item.size, item.sha256 = len(member), hashlib.sha256(member).hexdigest()
            item.original = store(member)
        return item

    def read(self, content):
        item = self.item
        if item.reading:
            return _restored(item.reading)
        self.lease.hold(stage=Stage.READING, done=0, total=0)
        if item.source == PolicySource.PASTE:
            return document_from_text(content.decode(), name=item.filename)
        return read_document(
            content, name=item.filename, password=self.password, patient=self.patient, progress=self.lease.note
        )

    def asks(self, read):
        """Whether a person has to answer first; then the item waits with what was read."""
        item = self.item
        preflight = recognise(read.text)
        doubts = preflight.concerns and not item.regardless and not item.keep_only
        resembles = {} if item.document_id or item.new_policy else self.resembling(read.text)
        if not doubts and not resembles:
            return False
        self.lease.give_up(
            State.QUESTION,
            reading=_kept(read),
            preflight=intake.preflight_as_json(preflight),
            resembles=resembles,
        )
        return True

    def resembling(self, text):
        """The policy version here that this may be a new version of, with how much of it and what differs.

        Files that came in together are siblings, not versions of each other.
        """
        here = PolicyVersion.objects.filter(document__engagement=self.engagement).exclude(
            intake_item__job=self.item.job
        )
        mine = sketch(text)
        found = []
        for pk, theirs in here.values_list("pk", "sketch"):
            if (share := likeness(mine, theirs or sketch(here.get(pk=pk).text))) >= ALIKE:
                found.append((share, pk))
        for share, pk in sorted(found, reverse=True):
            version = here.get(pk=pk)
            if titles_agree(version.text, text):
                told = difference(version.text, text)
                counted = {"added": told.added, "removed": told.removed, "changed": told.changed}
                return {"version": pk, "share": round(share, 2), **counted}
        return {}

    def keep(self, read):
        item = self.item
        version = intake.version_of(
            read=read,
            by=self.by,
            filename=item.filename,
            original=item.original.name,
            size=item.size,
            sha256=item.sha256,
            source=item.source,
            url=item.url,
        )
        with transaction.atomic():
            self.lease.hold()
            intake.version_keep(
                version=version, engagement=self.engagement, name=item.policy_name, document=item.document
            )
            self.lease.hold(
                policy_version=version, reading=None, stage=Stage.AUDITING, done=0, total=0, preflight=version.preflight
            )
        item.policy_version = version

    def audit(self):
        if self.item.keep_only:
            self.lease.give_up(State.DONE)
            return
        version = PolicyVersion.objects.select_related("document__engagement").get(pk=self.item.policy_version_id)
        try:
            audit, proposals = analysis.audit_propose(by=self.by, policy_version=version)
        except ServiceError:  # the policy is kept; an audit can be run on it later
            self.lease.give_up(State.DONE, reason=NO_CHECKLIST)
            return
        with transaction.atomic():
            self.lease.hold()
            analysis.audit_keep(audit=audit, proposals=proposals)
            self.lease.give_up(State.DONE, audit=audit, reason="", params={})


def recover():
    """Put back in line what a vanished worker left behind, and hand over again what was never picked up.

    Returns how many items. Safe to call at any time, from any number of processes.
    """
    now = timezone.now()
    expired = IntakeItem.objects.filter(state=State.RUNNING, lease_until__lt=now)
    gone = {"lease": None, "lease_until": None, "stage": ""}
    expired.filter(attempts__gte=settings.INTAKE_ATTEMPTS).update(
        state=State.FAILED, reason=GIVEN_UP, finished_at=now, **gone
    )
    back = []
    for pk, token in expired.values_list("pk", "lease"):
        mine = IntakeItem.objects.filter(pk=pk, lease=token, lease_until__lt=now)
        if mine.update(state=State.QUEUED, queued_at=now, **gone):
            back.append(pk)
    if not IntakeItem.objects.filter(state=State.RUNNING).exists():
        overdue = now - timedelta(seconds=settings.INTAKE_LEASE)
        lost = list(IntakeItem.objects.filter(state=State.QUEUED, queued_at__lt=overdue).values_list("pk", flat=True))
        IntakeItem.objects.filter(pk__in=lost, state=State.QUEUED).update(queued_at=now)
        back += lost
    enqueue(*back)
    return len(back)


def _claim(item_pk):
    """The lease of an item that is in line, or None."""
    fields = new_lease()
    mine = IntakeItem.objects.filter(pk=item_pk, state=State.QUEUED)
    claimed = mine.update(attempts=F("attempts") + 1, reason="", params={}, finished_at=None, **fields)
    return Lease(item_pk, fields["lease"]) if claimed else None


def _kept(read):
    """What was read, as JSON: reading a hundred scanned pages again only because of a question would take minutes."""
    return {
        "name": read.name,
        "sha256": read.sha256,
        "text": read.text,
        "media_type": read.media_type,
        "encoding": read.encoding,
        "warnings": list(read.warnings),
        "counts": dict(read.counts),
        "layout": read.layout.to_json(),
    }


def _restored(kept):
    fields = dict(kept)
    fields["warnings"] = tuple(fields["warnings"])
    fields["layout"] = Layout.from_json(fields["layout"])
    return Document(**fields)
