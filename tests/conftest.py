"""What every test may take for granted: files go to a directory of their own, pages need no collected static files."""

import fcntl
import gc
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management.commands import flush
from django.core.management.sql import sql_flush
from django.db import connection, transaction
from django.db.backends.signals import connection_created
from django.test import override_settings
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from checks.models.freezing import freeze_statements, thaw_statements

from . import factories

HERE = Path(__file__).parent

# How fast the machine is says nothing of the program: no deadline, no complaint about slow drawing of examples.
settings.register_profile("policyaudit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("policyaudit")

# Looking for garbage among all that is imported, over and over, took up to a seventh of the time.
gc.set_threshold(20_000, 10, 10)


def pytest_collection_finish():
    gc.freeze()


# What takes longest begins first, so that no process is left with it when the others are done. Everything else, in the
# order of its names, fills the gaps at the end.
LONG = (
    "test_killed_processes.py", "browser/test_accessibility.py", "browser/test_studio.py", "browser/test_journey.py",
    "browser/test_review_speed.py", "browser/test_screens.py", "browser/test_t", "browser/",
    "test_access.py", "rendering/", "test_blindness.py", "services/test_verification.py", "bench/",
    "services/test_package.py", "test_deployment.py", "engine/test_readers.py", "services/", "exchange/", "commands/",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place_of(item.path.relative_to(HERE).as_posix()))


def place_of(name):
    return next((place for place, piece in enumerate(LONG) if name.startswith(piece)), len(LONG))


# What waits most of its time: for a browser, for workers that are killed.
WAITING = ("tests/test_killed_processes.py", "tests/browser/")


class OneWaits(LoadFileScheduling):
    """One process has the files that wait, the others those that compute, so that no core is ever without work.

    Who has none of its own left takes what there is.
    """

    def _assign_work_unit(self, node):
        waits = node is self.nodes[0]
        own = next((file for file in self.workqueue if file.startswith(WAITING) == waits), None)
        if own:
            self.workqueue.move_to_end(own, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return OneWaits(config, log) if config.getoption("dist") == "loadfile" else None


def _forget_safety(connection, **_signal):
    """The machine may well lose its power in the middle of a test."""
    if connection.vendor == "sqlite":
        connection.connection.execute("PRAGMA synchronous = OFF")


connection_created.connect(_forget_safety)


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
def empty_database(tmp_path_factory):
    """A database file with every table and no row of a test, to be copied: to migrate takes many seconds.

    Whoever needs it first makes it, for all test processes.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    file = folder / "db.sqlite3"
    with open(folder / "migrating", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            with tempfile.TemporaryDirectory(dir=folder) as making:
                environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
                environment["POLICYAUDIT_DATA"] = making
                command = [sys.executable, "manage.py", "migrate", "-v", "0", "--skip-checks"]
                subprocess.run(command, cwd=django_settings.BASE_DIR, env=environment, check=True)
                os.replace(f"{making}/db.sqlite3", file)
    return file


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """SQLite on disk, as in every installation: the threads of a server in a test have connections of their own.

    In memory they would share that of the test, and be part of one another's transactions.
    """
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        name = tmp_path_factory.mktemp("database") / "db.sqlite3"
        shutil.copy(request.getfixturevalue("empty_database"), name)
        database["TEST"] = database.get("TEST", {}) | {"NAME": str(name)}


@pytest.fixture(scope="session")
def django_db_keepdb():
    """The copy has its tables already."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session", autouse=True)
def _flushing_thaws():
    """Tests with transactions of their own are cleaned up by emptying all tables, which SQLite takes for deleting."""

    def flush_thawed(style, connection, **options):
        vendor = connection.vendor if connection.vendor == "sqlite" else ""
        return [*thaw_statements(vendor), *sql_flush(style, connection, **options), *freeze_statements(vendor)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", flush_thawed)
        yield


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """Rows that a fixture of the module makes in it stand for all its tests; every test takes back what it does itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


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
