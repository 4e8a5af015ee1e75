"""Rows the database itself keeps from being changed or deleted, whoever asks: triggers on SQLite and PostgreSQL.

SQLite drops a table's triggers when a migration rebuilds it; ``freeze`` it again after such a migration.
tests/test_models.py finds out.
"""

FROZEN_TABLES = ("checks_checklistversion", "checks_requirement", "checks_legalbasis")
# What may change: a version that came with a package is published one day, and counts from then on.
FROZEN_COLUMNS = {"checks_checklistversion": " OF id, checklist_id, version, digest, source"}

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION checks_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are frozen', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def freeze_statements(vendor, tables=FROZEN_TABLES):
    """The SQL that lets no row of the tables be changed or deleted; empty for other databases."""
    if vendor == "postgresql":
        made = [
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE{FROZEN_COLUMNS.get(table, '')} OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION checks_refuse_change()"
            for table in tables
        ]
        return [_POSTGRESQL_FUNCTION, *thaw_statements(vendor, tables), *made]
    if vendor == "sqlite":
        made = [
            f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()}{columns} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are frozen'); END"
            for table in tables
            for act, columns in (("update", FROZEN_COLUMNS.get(table, "")), ("delete", ""))
        ]
        return [*thaw_statements(vendor, tables), *made]
    return []


def thaw_statements(vendor, tables=FROZEN_TABLES):
    """The SQL that takes the triggers away again."""
    if vendor == "postgresql":
        return [f"DROP TRIGGER IF EXISTS {table}_frozen ON {table}" for table in tables]
    if vendor == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {table}_no_{act}" for table in tables for act in ("update", "delete")]
    return []


def freeze(apps, schema_editor):
    """For ``migrations.RunPython``: freeze the tables of published checklists."""
    for statement in freeze_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)  # no placeholders: a % is a %


def thaw(apps, schema_editor):
    """The way back."""
    for statement in thaw_statements(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)  # no placeholders: a % is a %
