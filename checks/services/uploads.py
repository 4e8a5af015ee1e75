"""Checklists out and in: a version or draft as files, and files into a draft, looked at before they count."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..comparing import compare_checklists, counts_of
from ..engine.checklist import digest_of, problems_of
from ..exchange import packages, shape, workbook
from ..exchange.refusals import Refused, RefusedAll
from ..models import Checklist, ChecklistUpload, ChecklistVersion
from . import activity, drafts
from .errors import ServiceError

Format = ChecklistUpload.Format
LARGEST_UPLOAD = 10_000_000
ENDINGS = {"zip": Format.YAML, "xlsx": Format.XLSX, "json": Format.JSON}
MEDIA_TYPES = {
    Format.YAML: ("zip", "application/zip"),
    Format.XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Format.JSON: ("json", "application/json"),
}


class UnknownFormat(ServiceError):
    text = _("This is no checklist file: a ZIP of YAML files, an Excel workbook (.xlsx) or JSON is expected.")


class UploadTooLarge(ServiceError):
    text = _("The file is larger than %(megabytes)s MB. No checklist is that large.")


class FileRefused(ServiceError):
    """The file is not understood; ``refusals`` say where, and ``problems`` what the loader has against it.

    ``located`` are the problems with the sheet and cell they come from, where the file is a workbook.
    """

    text = _("The file was not taken: %(count)s things are wrong with it. Nothing has been changed.")

    def __init__(self, refusals=(), problems=(), places=None):
        super().__init__(count=len(refusals) + len(problems))
        self.refusals, self.problems = list(refusals), list(problems)
        self.located = [(workbook.place_of(places or {}, each.code, each.path), each) for each in problems]


class DigestMissing(ServiceError):
    text = _("The file names no digest, so it cannot prove to be an unchanged copy. Import it as an edited file.")


class DigestDiffers(ServiceError):
    text = _(
        "The file is no unchanged copy: its content has the digest %(found)s, but it says %(claimed)s. "
        "Get the file again, or import it as an edited one."
    )


class OtherChecklist(ServiceError):
    text = _("This file holds the checklist “%(slug)s”, the draft belongs to “%(own)s”.")


class NothingNew(ServiceError):
    text = _("The file says exactly what is here already. There is nothing to import.")


class AlreadyApplied(ServiceError):
    text = _("This file has been imported already.")


class ChangedMeanwhile(ServiceError):
    text = _(
        "The draft has changed since the comparison was made. Upload the file again to see what it would change now."
    )


# ---------- out ----------


def checklist_file(*, source, format):
    """``(bytes, ending, media type)`` of a checklist's content in one of the formats. Raises FileRefused.

    The same content always gives the same ZIP and JSON.
    """
    digest = digest_of(source)
    ending, media_type = MEDIA_TYPES[Format(format)]
    try:
        shape.check_shape(source)
        if format == Format.XLSX:
            made = workbook.write_workbook(source)
        else:
            write = packages.write_zip if format == Format.YAML else packages.write_json
            made = write(source, digest)
    except (Refused, RefusedAll) as error:
        raise FileRefused(_refusals(error)) from error
    return made, ending, media_type


# ---------- in ----------


def upload_read(*, by, filename, content, copy=False, draft=None):
    """Read a file and keep what it says, to be looked at; return the ChecklistUpload. Nothing changes yet.

    ``copy`` demands that the file is exactly what another installation wrote: its digest is checked. With ``draft`` the
    file would fill that draft, else a new one. Raises NotAuthor, NotEditable, UploadTooLarge, UnknownFormat,
    FileRefused, DigestMissing, DigestDiffers, OtherChecklist, NothingNew.
    """
    if not by.has_perm(drafts.AUTHOR):
        raise drafts.NotAuthor
    if draft is not None and draft.state != draft.State.DRAFT:
        raise drafts.NotEditable(state=draft.get_state_display())
    if len(content) > LARGEST_UPLOAD:
        raise UploadTooLarge(megabytes=LARGEST_UPLOAD // 1_000_000)
    format = ENDINGS.get(filename.rpartition(".")[2].lower())
    if format is None:
        raise UnknownFormat
    source, claimed = _read(format, content)
    digest = digest_of(source)
    if copy:
        _prove(digest, claimed)
    checklist = draft.checklist if draft else Checklist.objects.filter(slug=source["slug"]).first()
    if draft and source["slug"] != draft.checklist.slug:
        raise OtherChecklist(slug=source["slug"], own=draft.checklist.slug)
    base = None if draft or checklist is None else _newest(checklist)
    before = _before(draft, base)
    if before is not None and digest == digest_of(before | {"version": source["version"]}):
        raise NothingNew
    return ChecklistUpload.objects.create(
        filename=filename[:255],
        format=format,
        source=source,
        digest=digest,
        verified=bool(claimed) and claimed == digest,
        checklist=checklist,
        base=base,
        draft=draft,
        seen_digest=digest_of(before) if before else "",
        by=by,
        at=timezone.now(),
    )


def upload_comparison(*, upload):
    """``(head changes, requirement changes, counts)`` between what is here and what the file says."""
    before = _before(upload.draft, upload.base) or {"requirements": []}
    head, changes = compare_checklists(before, upload.source)
    return head, changes, counts_of(changes)


@transaction.atomic
def upload_apply(*, by, upload, version=""):
    """Put the file's content into its draft, or into a new one named ``version``, and return the draft.

    Raises NotAuthor, NotEditable, AlreadyApplied, ChangedMeanwhile, VersionRequired and VersionTaken.
    """
    if not by.has_perm(drafts.AUTHOR):
        raise drafts.NotAuthor
    upload = ChecklistUpload.objects.select_for_update().select_related(None).get(pk=upload.pk)
    if upload.applied_to_id:
        raise AlreadyApplied
    if upload.draft_id:
        if digest_of(_before(upload.draft, None)) != upload.seen_digest:
            raise ChangedMeanwhile
        draft = drafts.draft_fill(by=by, draft=upload.draft, source=upload.source)
    else:
        draft = drafts.draft_start(
            by=by,
            checklist=upload.checklist or _new_checklist(upload.source),
            base=upload.base,
            version=version or upload.source["version"],
            source=upload.source,
        )
    upload.applied_to, upload.applied_at = draft, timezone.now()
    upload.save(update_fields=["applied_to", "applied_at"])
    detail = {"filename": upload.filename, "digest": upload.digest, "verified": upload.verified}
    activity.record(actor=by, action="draft.imported", obj=draft, detail=detail)
    return draft


def _read(format, content):
    places = None
    read = {Format.YAML: packages.read_zip, Format.JSON: packages.read_json}
    try:
        if format == Format.XLSX:
            (source, places), claimed = workbook.read_placed(content), ""
        else:
            package = read[format](content)
            source, claimed = package.source, package.digest
        shape.check_shape(source)
    except (Refused, RefusedAll) as error:
        raise FileRefused(_refusals(error)) from error
    if problems := problems_of(source):
        raise FileRefused(problems=problems, places=places)
    return source, claimed


def _refusals(error):
    return error.refusals if isinstance(error, RefusedAll) else [error]


def _prove(digest, claimed):
    if not claimed:
        raise DigestMissing
    if claimed != digest:
        raise DigestDiffers(found=digest[:16] + "…", claimed=claimed[:16] + "…")


def _newest(checklist):
    return ChecklistVersion.objects.filter(checklist=checklist).newest_first().first()


def _before(draft, base):
    """What the file is compared with: the draft as it stands, the version it would be based on, or None."""
    if draft is not None:
        return drafts.draft_source(draft)
    return base.source if base else None


def _new_checklist(source):
    titles = {"title_zh": source["title_zh"], "title_en": source["title_en"]}
    return Checklist.objects.get_or_create(slug=source["slug"], defaults=titles)[0]
