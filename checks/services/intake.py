"""Policies come in: the bytes are kept as they were received, beside the text that was read from them."""

import hashlib
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import IntakeError, IntakeReason, document_from_text, read_document
from ..models import Engagement, PolicyDocument, PolicyVersion
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
    """
    _refuse_too_large(content)
    filename = shown_filename(filename)
    read = read_document(content, name=filename)
    return _version_create(by, engagement, name, read, content, filename, document)


def policy_paste(*, by, engagement, name, text, document=None):
    """Keep pasted text as the UTF-8 file ``<name>.txt``; in, out and errors are those of an upload."""
    content = text.encode("utf-8", "replace")
    _refuse_too_large(content)
    title = name or (document.name if document else "")
    filename = shown_filename(f"{title or _('Pasted text')}.txt")
    read = document_from_text(text, name=filename)
    return _version_create(by, engagement, title, read, content, filename, document)


def shown_filename(filename):
    """The sender's name for the file, fit to be shown: no folders, no control characters, not too long."""
    last = PurePath(filename.replace("\\", "/")).name
    return "".join(character for character in last if character.isprintable())[-255:]


def _refuse_too_large(content):
    if len(content) > settings.POLICY_MAX_BYTES:
        raise IntakeError(IntakeReason.TOO_LARGE, megabytes=settings.POLICY_MAX_BYTES // 1024 // 1024)


def _version_create(by, engagement, name, read, content, filename, document):
    version = PolicyVersion(
        original=ContentFile(content, name=filename),
        filename=filename,
        media_type=read.media_type,
        encoding=read.encoding,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        text=read.text,
        characters=len(read.text),
        warnings=list(read.warnings),
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )
    with transaction_with_file(version.original):
        # One at a time: neither two equal files nor two equal numbers can slip in beside each other.
        Engagement.objects.select_for_update().only("pk").get(pk=engagement.pk)
        _refuse_duplicate(engagement, version.sha256)
        version.document = _document(engagement, name or PurePath(filename).stem, document)
        version.number = (version.document.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        version.save()
        detail = {
            "policy": version.document.name,
            "number": version.number,
            "filename": filename,
            "sha256": version.sha256,
            "characters": version.characters,
        }
        activity.record(actor=by, action="policy.uploaded", obj=version, engagement=engagement, detail=detail)
    return version


def _refuse_duplicate(engagement, sha256):
    same = PolicyVersion.objects.select_related("document").filter(document__engagement=engagement, sha256=sha256)
    if version := same.first():
        raise DuplicatePolicy(version)


def _document(engagement, name, document):
    if document is None:
        return PolicyDocument.objects.create(engagement=engagement, name=name[:200])
    document = PolicyDocument.objects.select_for_update().get(pk=document.pk)
    if document.engagement_id != engagement.pk:
        raise ForeignDocument
    return document
