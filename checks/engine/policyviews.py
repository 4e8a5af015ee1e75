"""Everything the views over a policy show, read in one go: the text and its outline in, rows with offsets out."""

from __future__ import annotations

from dataclasses import dataclass

from .contradictions import Contradiction, read_contradictions
from .deadlines import DeadlineRow, read_deadlines
from .entities import Outline
from .matrix import MatrixRow, read_matrix
from .passages import Reading
from .permissiontable import PermissionRow, read_permissions
from .recipients import RecipientRow, read_recipients
from .sdktable import SdkRow, read_sdks
from .tables import read_tables
from .timeline import DateConflict, DateRow, date_conflicts, read_dates


@dataclass(frozen=True, slots=True)
class PolicyViews:
    """Rows of every view in the order of the text. For every passage in them ``text[start:end] == quote``."""

    matrix: tuple[MatrixRow, ...]
    sdks: tuple[SdkRow, ...]
    permissions: tuple[PermissionRow, ...]
    recipients: tuple[RecipientRow, ...]
    deadlines: tuple[DeadlineRow, ...]
    dates: tuple[DateRow, ...]
    date_conflicts: tuple[DateConflict, ...]
    contradictions: tuple[Contradiction, ...]


def read_policy(text: str, outline: Outline) -> PolicyViews:
    """All views of a text. Same text, same rows; the cost is linear in the text."""
    page = Reading(text, outline)
    tables = read_tables(text)
    matrix = read_matrix(page, tables)
    permissions = read_permissions(page, tables)
    deadlines = read_deadlines(page)
    dates = read_dates(page)
    conflicts = date_conflicts(dates)
    sdks = read_sdks(page, tables)
    return PolicyViews(
        matrix=matrix,
        sdks=sdks,
        permissions=permissions,
        recipients=read_recipients(page, sdks),
        deadlines=deadlines,
        dates=dates,
        date_conflicts=conflicts,
        contradictions=read_contradictions(
            page, matrix=matrix, permissions=permissions, deadlines=deadlines, dates=conflicts
        ),
    )
