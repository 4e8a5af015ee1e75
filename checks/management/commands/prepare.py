import hashlib
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection

from checks.demo.people import USERNAMES, accounts_text


class Command(BaseCommand):
    help = "Bring this installation up to date: tables, the shipped checklist, static files. Safe to repeat."
    requires_system_checks = []  # they load every view, which takes longer than all the rest

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="make the demo if nobody has an account yet")

    def handle(self, *, demo, **options):
        call_command("migrate", interactive=False, verbosity=0)
        call_command("checklist_load", verbosity=0)
        refresh_statistics()
        collect_static_files()
        if demo:
            self._demo()

    def _demo(self):
        users = get_user_model().objects
        if not users.exists():
            self.stdout.write("Making the demo team and its audits (once) …")
            call_command("seed", stdout=self.stdout)
        elif users.filter(username__in=USERNAMES).exists():
            self.stdout.write(accounts_text())


def refresh_statistics():
    """Let SQLite look at a sample of each table, to choose the right index; PostgreSQL does so by itself."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=1000")
            cursor.execute("ANALYZE")


def collect_static_files():
    """Compressing takes seconds, so it is done only when a file has changed since the last time."""
    stamp, now = Path(settings.STATIC_ROOT) / ".collected", static_sources()
    if stamp.exists() and stamp.read_text() == now:
        return
    with redirect_stdout(StringIO()):  # WhiteNoise reports every file
        # Cleared first: by itself it passes over a file changed within the same second.
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(now)


def static_sources():
    """A hash of which static files there are, and of how they look from outside."""
    found = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            found.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return found.hexdigest()
