"""Policies come in: the bytes are kept as they were received, beside the text that was read from them."""

import hashlib
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import IntakeError, IntakeReason, document_from_text, read_document
from ..engine.kinds import recognise
from ..engine.likeness import sketch
from ..models import Engagement, PolicyDocument, PolicySource, PolicyVersion
from . import activity
from .errors import ServiceError
from .files import transaction_with_file


class DuplicatePolicy(ServiceError):
    """The same bytes are in this engagement already; ``version`` is where."""

    text = _("This very file is here already: %(policy)s, version %(number)s.")

    def __init__(self, version):
        super().__init__(policy=version.document.name, number=version.number)
        self.version = version


class ForeignDocument(ServiceError):
    text = _("This policy belongs to another engagement.")


def policy_upload(*, by, engagement, name, content, filename, document=None):
    """Keep an uploaded file and what it says; return the new PolicyVersion.

    With ``document`` it becomes that policy's next version, else the first version of a new policy called ``name``
    (the file's name when empty). Raises the engine's IntakeError for what cannot be read, and DuplicatePolicy.
    Keeps nothing of what it refuses: what people hand in at a screen goes through ``reception``.
    """
    refuse_too_large(len(content))
    filename = shown_filename(filename)
    read = read_document(content, name=filename)
    return _keep_with_file(by, engagement, name, read, content, filename, document, PolicySource.UPLOAD)


def policy_paste(*, by, engagement, name, text, document=None):
    """Keep pasted text as the UTF-8 file ``<name>.txt``; in, out and errors are those of an upload."""
    content = text.encode("utf-8", "replace")
    refuse_too_large(len(content))
    title = name or (document.name if document else "")
    filename = pasted_filename(title)
    read = document_from_text(text, name=filename)
    return _keep_with_file(by, engagement, title, read, content, filename, document, PolicySource.PASTE)


def version_of(*, read, by, filename, original, size, sha256, source, url=""):
    """What was read (an engine Document) as an unsaved PolicyVersion; ``version_keep`` gives it its place."""
    return PolicyVersion(
        original=original,
        filename=filename,
        media_type=read.media_type,
        encoding=read.encoding,
        size=size,
        sha256=sha256,
        text=read.text,
        characters=len(read.text),
        warnings=list(read.warnings),
        counts=dict(read.counts),
        layout=read.layout.to_json(),
        preflight=preflight_as_json(recognise(read.text)),
        sketch=sketch(read.text),
        source=source,
        url=url,
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )


@transaction.atomic
def version_keep(*, version, engagement, name, document=None):
    """Save an unsaved version as the next one of ``document``, or as the first of a new policy called ``name``.

    Raises DuplicatePolicy and ForeignDocument. One at a time in an engagement: neither two equal files nor two equal
    numbers can slip in beside each other.
    """
    Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
    refuse_duplicate(engagement, version.sha256)
    version.document = _document(engagement, name or PurePath(version.filename).stem, document)
    version.number = (version.document.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version.save()
    detail = {
        "policy": version.document.name,
        "number": version.number,
        "filename": version.filename,
        "sha256": version.sha256,
        "characters": version.characters,
    }
    activity.record(
        actor=version.uploaded_by, action="policy.uploaded", obj=version, engagement=engagement, detail=detail
    )
    return version


def preflight_as_json(preflight):
    """An engine Preflight as it is kept: ``kind``, ``language``, ``concerns`` and ``figures``."""
    return {
        "kind": preflight.kind.value,
        "language": preflight.language,
        "concerns": [concern.value for concern in preflight.concerns],
        "figures": preflight.figures,
    }


def pasted_filename(title):
    """The name of the file that pasted text is kept as."""
    return shown_filename(f"{title or _('Pasted text')}.txt")


def shown_filename(filename):
    """The sender's name for the file, fit to be shown: no folders, no control characters, not too long."""
    last = PurePath(filename.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[-255:]


def refuse_too_large(size):
    """Raise IntakeError for more bytes than this installation accepts."""
    if size > settings.POLICY_MAX_BYTES:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=settings.POLICY_MAX_BYTES // 1024 // 1024)


def refuse_duplicate(engagement, sha256):
    """Raise DuplicatePolicy when a file with this hash is in the engagement."""
    same = PolicyVersion.objects.select_related("document").filter(document__engagement=engagement, sha256=sha256)
    if version := same.defer("text").first():
        raise DuplicatePolicy(version)


def _keep_with_file(by, engagement, name, read, content, filename, document, source):
    original = ContentFile(content, name=filename)
    sha256 = hashlib.sha256(content).hexdigest()
    version = version_of(
        read=read, by=by, filename=filename, original=original, size=len(content), sha256=sha256, source=source
    )
    with transaction_with_file(version.original):
        return version_keep(version=version, engagement=engagement, name=name, document=document)


def _document(engagement, name, document):
    if document is None:
        return PolicyDocument.objects.create(engagement=engagement, name=name[:200])
    document = PolicyDocument.objects.select_for_update().get(pk=document.pk)
    if document.engagement_id != engagement.pk:
        raise ForeignDocument
    return document
