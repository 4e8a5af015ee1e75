"""What every test may take for granted: files go to a directory of their own, pages need no collected static files."""

import pytest
from django.core.management.commands import flush
from django.core.management.sql import sql_flush
from django.db.backends.signals import connection_created
from django.test import override_settings
from hypothesis import HealthCheck, settings

from checks.models.freezing import freeze_statements, thaw_statements

from . import factories

# How fast the machine is says nothing of the program: no deadline, no complaint about slow drawing of examples.
settings.register_profile("policyaudit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("policyaudit")


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
