"""Which rows belong to an engagement, and how each is written so that it means the same in another database.

A row refers to another by its number in that table's file, from 1; to a person by the number in ``people``; to a
checklist version by its digest, to a checklist by its name and to a requirement by its code. Numbers of one database
never leave it, except those that signatures and the record were made over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models

from ..models import (
    ActivityEntry,
    Audit,
    AuditMove,
    Batch,
    BlindReview,
    Checklist,
    ChecklistVersion,
    Comment,
    CommentState,
    Comparison,
    Decision,
    Engagement,
    Evidence,
    EvidenceChange,
    Finding,
    FindingChange,
    Handover,
    IntakeItem,
    IntakeJob,
    Membership,
    Observation,
    ObservationVersion,
    PolicyDocument,
    PolicyVersion,
    Report,
    ReportDownload,
    Requirement,
    SecondOpinion,
    SignOff,
    TailoredVersion,
    TailoringChange,
)
from .archive import BadPackage

PEOPLE, CHECKLISTS, ACTIVITY = "people", "checklists", "activity"
REPORT_NUMBER = re.compile(r"[\w.\-\[\]〔〕（）]+")  # it becomes part of file names
ASSIGNEE = FindingChange.Kind.ASSIGNEE


@dataclass(frozen=True)
class Table:
    """A model, the way from it to its engagement, and what is left out because it means nothing elsewhere."""

    name: str
    model: type[models.Model]
    path: str
    without: frozenset[str] = field(default_factory=frozenset)

    def fields(self):
        return [row for row in self.model._meta.concrete_fields if not row.primary_key and row.name not in self.without]

    def of(self, engagement):
        """The engagement's rows in the order in which they came into being."""
        return self.model._default_manager.filter(**{self.path: engagement.pk}).order_by("pk")


# In the order in which they are read: each refers only to tables before it, or to rows before its own.
TABLES = (
    Table("engagement", Engagement, "pk"),
    Table("memberships", Membership, "engagement"),
    Table("tailoring_changes", TailoringChange, "engagement"),
    Table("tailored_versions", TailoredVersion, "engagement"),
    Table("policies", PolicyDocument, "engagement"),
    Table("policy_versions", PolicyVersion, "document__engagement"),
    Table("audits", Audit, "engagement"),
    Table("audit_moves", AuditMove, "old__engagement"),
    Table("findings", Finding, "audit__engagement"),
    Table("evidence", Evidence, "finding__audit__engagement"),
    Table("intake_jobs", IntakeJob, "engagement"),
    Table("intake_items", IntakeItem, "job__engagement", frozenset({"lease", "lease_until"})),
    Table("evidence_changes", EvidenceChange, "finding__audit__engagement"),
    Table("observations", Observation, "audit__engagement"),
    Table("observation_versions", ObservationVersion, "observation__audit__engagement"),
    Table("batches", Batch, "audit__engagement"),
    Table("decisions", Decision, "finding__audit__engagement"),
    Table("finding_changes", FindingChange, "finding__audit__engagement"),
    Table("handovers", Handover, "audit__engagement"),
    Table("comments", Comment, "finding__audit__engagement"),
    Table("comment_states", CommentState, "comment__finding__audit__engagement"),
    Table("blind_reviews", BlindReview, "audit__engagement"),
    Table("second_opinions", SecondOpinion, "blind_review__audit__engagement"),
    Table("comparisons", Comparison, "blind_review__audit__engagement"),
    Table("sign_offs", SignOff, "audit__engagement"),
    Table("reports", Report, "sign_off__audit__engagement"),
    Table("report_downloads", ReportDownload, "report__sign_off__audit__engagement"),
    Table(ACTIVITY, ActivityEntry, "engagement", frozenset({"origin", "object_id"})),
)
NAMES = (PEOPLE, CHECKLISTS, *(table.name for table in TABLES))
BY_MODEL = {table.model: table.name for table in TABLES}
BY_TYPE = {table.model._meta.model_name: table.name for table in TABLES}

# Belongs to an engagement and stays behind: how people work here, not what was found; and whom a lead lets read a
# policy for the sake of rules, which is said to the authors of this installation and to no others.
LEFT_BEHIND = {"notification", "presence", "reportjob", "draftreport", "engagementimport", "corpusrelease"}


class Outgoing:
    """Rows of one engagement → plain data. ``numbers[table][pk]`` is each row's number in its file."""

    def __init__(self, engagement, origin, add_file: Callable[[bytes], str]):
        """``origin`` is the engagement's EngagementImport, None where it was begun here."""
        self.engagement, self.origin, self.add_file = engagement, origin, add_file
        self.numbers: dict[str, dict[int, int]] = {}
        self.checklists: dict[int, ChecklistVersion] = {}
        self.slugs: dict[int, str] = {}
        self.codes: dict[int, str] = {}
        self.people: dict[int, int] = {}

    def rows(self, table: Table) -> list[dict]:
        numbers = self.numbers.setdefault(table.name, {})
        rows = list(table.of(self.engagement))
        numbers.update({row.pk: number for number, row in enumerate(rows, 1)})
        return [self._row(table, row) for row in rows]

    def people_rows(self) -> list[dict]:
        """Everybody whom the rows name, as they were called where they acted; no address, no password."""
        known = self.origin.people if self.origin else {}
        users = get_user_model().objects.in_bulk(list(self.people))
        rows = []
        for pk in self.people:
            names = known.get(str(pk)) or {
                name: getattr(users[pk], name) for name in ("username", "first_name", "last_name")
            }
            rows.append({**names, "number": self._signed_as("user", pk)})
        return rows

    def checklist_rows(self) -> list[dict]:
        versions = sorted(self.checklists.values(), key=lambda version: version.digest)
        return [{"digest": version.digest, "source": version.source} for version in versions]

    def _row(self, table, row):
        told = {column.name: self._value(row, column) for column in table.fields()}
        if table.model is Audit:
            told["number"] = self._signed_as("audit", row.pk)
        elif table.model is Report:
            told["number"] = self._signed_as("report", row.pk, row.number)
        elif table.model is FindingChange and row.kind == ASSIGNEE and row.value:
            told["value"] = str(self._person(int(row.value)))
        elif table.model is TailoredVersion:
            numbers = self.numbers["tailoring_changes"]
            told["changes"] = [numbers[pk] for pk in row.changes.order_by("pk").values_list("pk", flat=True)]
        elif table.model is IntakeItem:
            told["params"], told["resembles"] = self._version_in(row.params), self._version_in(row.resembles)
        elif table.model is ActivityEntry:
            told["object"] = self.numbers.get(BY_TYPE.get(row.object_type), {}).get(row.object_id)
            told["hashed"] = row.origin or [row.engagement_id, row.actor_id, row.object_id]
        return told

    def _value(self, row, column):
        value = column.value_from_object(row)
        if isinstance(column, models.FileField):
            return self._file(value)
        if value is None:
            return None
        if isinstance(column, models.ForeignKey):
            return self._reference(row, column, value)
        if isinstance(column, models.DateTimeField | models.DateField):
            return value.isoformat()
        if isinstance(column, models.UUIDField):
            return str(value)
        return value

    def _reference(self, row, column, pk):
        model = column.related_model
        if model is get_user_model():
            return self._person(pk)
        if model is ChecklistVersion:
            version = self.checklists.get(pk) or ChecklistVersion.everywhere.get(pk=pk)
            self.checklists[pk] = version
            return version.digest
        if model is Checklist:
            if pk not in self.slugs:
                self.slugs[pk] = Checklist.objects.get(pk=pk).slug
            return self.slugs[pk]
        if model is Requirement:
            if pk not in self.codes:
                version = Requirement.objects.filter(pk=pk).values("version")
                self.codes |= dict(Requirement.objects.filter(version__in=version).values_list("pk", "code"))
            return self.codes[pk]
        return self.numbers[BY_MODEL[model]][pk]

    def _person(self, pk):
        return self.people.setdefault(pk, len(self.people) + 1)

    def _signed_as(self, kind, pk, own=None):
        """The number that signatures and the record know this row by."""
        own = pk if own is None else own
        if self.origin is None:
            return own
        return self.origin.numbers[kind].get(str(pk), own if kind == "report" else f"here:{pk}")

    def _file(self, stored):
        if not stored:
            return ""
        with stored.open("rb") as source:
            return self.add_file(source.read())

    def _version_in(self, told):
        """What names a policy version by its number here names it by its number in the package."""
        if "version" not in told:
            return told
        return {**told, "version": self.numbers["policy_versions"].get(told["version"])}


class Incoming:
    """Plain data → rows. ``made[table][number - 1]`` is the row made of each; BadPackage for what cannot be one."""

    def __init__(self, *, people: list, checklists: dict, read_file: Callable[[str], bytes]):
        """``people`` are users in the order of the package, ``checklists`` ChecklistVersions by digest."""
        self.people, self.checklists, self.read_file = people, checklists, read_file
        self.made: dict[str, list] = {}
        self.requirements: dict[tuple[int, str], Requirement] = {}
        self.stored: list[tuple] = []  # (storage, name) of each file that was written, for taking it back

    def take(self, table: Table, rows: list[dict]) -> list:
        """Make the rows of one table and keep them."""
        made = self.made.setdefault(table.name, [])
        refers_to_itself = any(column.related_model is table.model for column in table.fields() if column.is_relation)
        if refers_to_itself:
            for told in rows:  # one by one: a row may refer to one before it
                row = self._row(table, told)
                self._keep_files(table, row)
                row.save(force_insert=True)
                made.append(row)
        else:
            for told in rows:
                made.append(self._row(table, told))
                self._keep_files(table, made[-1])
            table.model._default_manager.bulk_create(made, batch_size=500)
        if table.model is TailoredVersion:
            for row in made:
                row.changes.set(row.told_changes)
        self._set_times(table, made, rows)
        return made

    def _row(self, table, told):
        expected = {column.name for column in table.fields()} | EXTRA.get(table.model, set())
        if set(told) != expected:
            raise BadPackage("rows", table=table.name)
        row = table.model()
        for column in table.fields():
            try:
                self._set(row, column, told[column.name], told)
            except (ValidationError, ValueError, TypeError, LookupError, OverflowError, RecursionError):
                raise BadPackage("value", table=table.name, field=column.name) from None
        try:
            self._extra(row, told)
        except (ValueError, TypeError, LookupError):
            raise BadPackage(
                "value", table=table.name, field=", ".join(sorted(EXTRA.get(table.model, {"references"})))
            ) from None
        return row

    def _set(self, row, column, value, told):
        if isinstance(column, models.FileField):
            # Kept as bytes until the row is saved; then the storage gives it a name of its own.
            setattr(row, column.name, ContentFile(self.read_file(value), name="file") if value else "")
            return
        if isinstance(column, models.ForeignKey):
            setattr(row, column.name, None if value is None else self._referred(row, column, value, told))
            if value is None and not column.null:
                raise ValueError(column.name)
            return
        value = column.to_python(value)
        if value is None and not column.null:
            raise ValueError(column.name)
        if isinstance(column, models.DateTimeField) and value is not None and value.tzinfo is None:
            raise ValueError(column.name)
        if isinstance(column, models.JSONField):
            setattr(row, column.name, value)
            return
        if value not in column.empty_values:
            column.validate(value, row)
        elif not column.blank and value == "" and column.choices:
            raise ValueError(column.name)
        if value is not None:
            column.run_validators(value)
        setattr(row, column.name, value)

    def _referred(self, row, column, value, told):
        model = column.related_model
        if model is get_user_model():
            return _numbered(self.people, value)
        if model is ChecklistVersion:
            return self.checklists[value]
        if model is Checklist:
            return _checklist(value)
        if model is Requirement:
            version = _numbered(self.made["audits"], told["audit"]).checklist_version
            if (version.pk, value) not in self.requirements:
                self.requirements |= {(version.pk, entry.code): entry for entry in version.requirements.all()}
            return self.requirements[version.pk, value]
        return _numbered(self.made[BY_MODEL[model]], value)

    def _extra(self, row, told):
        if isinstance(row, Report):
            if not REPORT_NUMBER.fullmatch(row.number):
                raise ValueError("number")
            row.number = imported_number(self.made["engagement"][0], row.number)
        elif isinstance(row, FindingChange) and row.kind == ASSIGNEE and row.value:
            row.value = str(_numbered(self.people, int(row.value)).pk)
        elif isinstance(row, TailoredVersion):
            if not isinstance(told["changes"], list):
                raise ValueError("changes")
            row.told_changes = [_numbered(self.made["tailoring_changes"], number) for number in told["changes"]]
        elif isinstance(row, IntakeItem):
            row.params, row.resembles = self._version_in(row.params), self._version_in(row.resembles)
        elif isinstance(row, ActivityEntry):
            made = self.made.get(BY_TYPE.get(row.object_type), ())
            row.object_id = 0 if told["object"] is None else _numbered(made, told["object"]).pk
            if not isinstance(told["hashed"], list) or len(told["hashed"]) != 3:
                raise ValueError("hashed")
            row.origin = told["hashed"]

    def _version_in(self, told):
        if not isinstance(told, dict):
            raise ValueError("version")
        if told.get("version") is None:
            return told
        return {**told, "version": _numbered(self.made["policy_versions"], told["version"]).pk}

    def _keep_files(self, table, row):
        """Each file is stored under a new name, and remembered so that it can be taken back."""
        for column in table.fields():
            if isinstance(column, models.FileField) and (stored := getattr(row, column.name)):
                stored.save(stored.name, stored.file, save=False)
                self.stored.append((stored.storage, stored.name))

    def _set_times(self, table, made, rows):
        """A time that a model sets by itself is set back to what it was."""
        for column in table.fields():
            if getattr(column, "auto_now_add", False):
                for row, told in zip(made, rows, strict=True):
                    when = column.to_python(told[column.name])
                    table.model._default_manager.filter(pk=row.pk).update(**{column.name: when})
                    setattr(row, column.name, when)


def imported_number(engagement, number: str) -> str:
    """An imported report's number here: the series of this installation may have given the same one."""
    return f"I{engagement.pk}-{number}"


EXTRA = {Audit: {"number"}, ActivityEntry: {"object", "hashed"}, TailoredVersion: {"changes"}}


def _checklist(slug):
    """The checklist of this name. It is made where no version of it came along: tailored, but never audited."""
    if not isinstance(slug, str):
        raise ValueError("slug")
    known = Checklist.objects.filter(slug=slug).first()
    if known is None:
        known = Checklist(slug=slug, title_zh=slug, title_en=slug)
        known.full_clean()
        known.save()
    return known


def _numbered(rows, number):
    """The row with this number in its file; LookupError for what is none."""
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= len(rows):
        raise LookupError(number)
    return rows[number - 1]
