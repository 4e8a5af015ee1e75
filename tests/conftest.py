"""What every test may take for granted: files go to a directory of their own, pages need no collected static files."""

import gc
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from django.conf import settings as django_settings
from django.core.management.commands import flush
from django.core.management.sql import sql_flush
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import override_settings
from hypothesis import HealthCheck, settings

from checks.models.freezing import freeze_statements, thaw_statements

from . import factories

# How fast the machine is says nothing of the program: no deadline, no complaint about slow drawing of examples.
settings.register_profile("policyaudit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("policyaudit")

# Looking for garbage among all that is imported, over and over, took up to a seventh of the time.
gc.set_threshold(20_000, 10, 10)


def pytest_collection_finish():
    gc.freeze()


def _read_while_others_write(connection, **_signal):
    """The tests' database is in memory; there SQLite refuses a reader at once while another thread writes, and no
    timeout helps. On disk, as in every installation, readers and a writer go side by side.
    """
    if connection.vendor == "sqlite":
        connection.connection.execute("PRAGMA read_uncommitted = 1")


connection_created.connect(_read_while_others_write)


@pytest.fixture(scope="session", autouse=True)
def _test_settings(tmp_path_factory):
    plain = {
        "MEDIA_ROOT": tmp_path_factory.mktemp("media"),
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],  # fast; no test is about hashing
    }
    with override_settings(**plain):
        yield


@pytest.fixture(scope="session")
def _database_file(tmp_path_factory):
    return tmp_path_factory.mktemp("database") / "db.sqlite3"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, _database_file):
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with closing(sqlite3.connect(_database_file)) as file:
                connection.connection.backup(file)


@pytest.fixture(scope="session")
def empty_database(django_db_setup, _database_file):
    """A database file with every table and no row of a test, to be copied for processes that have one of their own.

    To migrate takes many seconds; it was done for the tests' database already, unless that is on PostgreSQL.
    """
    if not _database_file.exists():
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment["POLICYAUDIT_DATA"] = str(_database_file.parent)
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True)
    return _database_file


@pytest.fixture(scope="session", autouse=True)
def _flushing_thaws():
    """Tests with transactions of their own are cleaned up by emptying all tables, which SQLite takes for deleting."""

    def flush_thawed(style, connection, **options):
        vendor = connection.vendor if connection.vendor == "sqlite" else ""
        return [*thaw_statements(vendor), *sql_flush(style, connection, **options), *freeze_statements(vendor)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", flush_thawed)
        yield


@pytest.fixture
def engagement(db):
    return factories.engagement()


@pytest.fixture
def team(engagement):
    """A person of every role in ``engagement``, and an outsider."""
    return factories.team(engagement)


@pytest.fixture
def audit(engagement):
    """An audit of ``engagement`` with six findings, nothing decided."""
    return factories.audit(engagement)


@pytest.fixture
def signed_audit(audit, team):
    """The audit decided by the auditor and signed off by the reviewer."""
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    return audit
