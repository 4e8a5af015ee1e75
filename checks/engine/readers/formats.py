"""Media type → reader. Loaded by the child as well: each reader is imported when its format comes."""

from __future__ import annotations

from . import sniffing
from .extract import Extract
from .refusals import IntakeError, IntakeReason


def read(media_type: str, content: bytes, *, progress, **options) -> Extract:
    """Read one file of a known type: a policy, or a PDF that is said to be a report of this program."""
    if media_type == sniffing.REPORT:
        from .report import read_report

        return read_report(content, media_type=media_type, **options)
    return read_policy(media_type, content, progress=progress, **options)


def read_policy(
    media_type: str, content: bytes, *, progress, password: str | None, patient: bool, tools: dict
) -> Extract:
    """Read one file of a known type. ``tools`` says where Tesseract and LibreOffice are, "" for what is missing."""
    if media_type == sniffing.HTML:
        from .html import read_html

        return read_html(content)
    if media_type == sniffing.MHT:
        from .mht import read_mht

        return read_mht(content)
    if media_type == sniffing.DOCX:
        from .docx import read_docx

        return read_docx(content)
    if media_type == sniffing.PDF:
        from .pdf import read_pdf

        return read_pdf(content, password=password, patient=patient, tesseract=tools["tesseract"], progress=progress)
    if media_type in sniffing.PICTURE_TYPES:
        from .pictures import read_picture

        return read_picture(content, media_type, tesseract=tools["tesseract"], progress=progress)
    if media_type in sniffing.CONVERTED:
        from .office import read_office

        return read_office(content, media_type, tools["soffice"])
    raise IntakeError(IntakeReason.UNSUPPORTED_TYPE, media_type=media_type)
