"""The engine's door: bytes in, findings out. Pure functions: same input, same output, on any machine."""

from .checklist import ChecklistError, load_checklist, load_shipped, parse_checklist, shipped_checklist
from .findings import ENGINE_VERSION, analyse, to_json
from .intake import IntakeError, IntakeReason, document_from_text, read_document
from .outline import build_outline
from .topics import section_topics

__all__ = [
    "ENGINE_VERSION",
    "ChecklistError",
    "IntakeError",
    "IntakeReason",
    "analyse",
    "build_outline",
    "document_from_text",
    "load_checklist",
    "load_shipped",
    "parse_checklist",
    "read_document",
    "section_topics",
    "shipped_checklist",
    "to_json",
]
