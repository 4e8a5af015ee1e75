import logging
import os
import signal
import threading
import time

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connection
from django_tasks.signals import task_started

from checks.services import background, effects, issuing

logger = logging.getLogger(__name__)

DATABASE = "django_tasks_db.DatabaseBackend"
KEPT_DAYS = 7  # how long finished tasks are listed; what became of the files is kept elsewhere, for ever
TIME_TO_STOP = 10  # seconds for the task at hand; what is cut off is taken up again


class Command(BaseCommand):
    help = "Work on what was put in line: scans, archives, reports. Runs until it is stopped; safe to kill at any time."
    requires_system_checks = []  # they load every view

    def add_arguments(self, parser):
        parser.add_argument("--batch", action="store_true", help="stop when nothing is left to do")
        parser.add_argument("--beside", type=int, metavar="PID", help="stop when this process is gone")

    def handle(self, *, batch, beside, **options):
        recover()
        # Daemons: they must never keep a worker alive that was told to stop.
        ended = threading.Event()
        threading.Thread(target=_recover_regularly, args=(ended,), daemon=True).start()
        if beside:
            threading.Thread(target=_stop_after, args=(beside,), daemon=True).start()
        try:
            self.work(batch)
        finally:
            ended.set()

    def work(self, batch):
        if settings.TASKS["default"]["BACKEND"] == DATABASE:
            call_command("prune_db_task_results", min_age_days=KEPT_DAYS, verbosity=0)
            call_command("db_worker", interval=0.5, batch=batch, reload=False, startup_delay=False, verbosity=0)
        else:
            # Not RQ's usual worker, which forks for each task: whatever lock of SQLite the recovering thread holds at
            # that moment stays shut in the child for ever, and the task hangs.
            task_started.connect(_fresh_connections)
            classes = {"worker_class": "rq.SimpleWorker", "job_class": "django_tasks_rq.Job"}
            call_command("rqworker", "default", burst=batch, verbosity=0, **classes)


def recover():
    """What vanished workers left behind, back in line."""
    background.recover()
    effects.recover()
    issuing.recover()


def _recover_regularly(ended):
    while not ended.wait(settings.INTAKE_LEASE / 3):
        try:
            recover()
        except Exception:  # the database or the queue is away or busy: the next round comes, whatever it was
            logger.warning("recovering failed and is tried again", exc_info=True)
        finally:
            connection.close()


def _fresh_connections(**_signal):
    """A database that went away between two tasks is asked anew; the worker of the other engine does so by itself."""
    close_old_connections()


def _stop_after(pid):
    while _is_there(pid):
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(TIME_TO_STOP)
    os.kill(os.getpid(), signal.SIGKILL)


def _is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
