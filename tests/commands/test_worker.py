"""The worker as operators start it, and `make run`'s way of having one beside the server."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.core.management import call_command
from django_tasks_db.models import DBTaskResult

from checks.models import IntakeItem
from checks.services import background

from .. import factories


@pytest.mark.django_db(transaction=True)
def test_a_batch_is_worked_off_and_the_worker_ends():
    factories.checklist_version()
    item = factories.intake_item()
    background.enqueue(item.pk)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)}
    try:
        call_command("worker", batch=True)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    item.refresh_from_db()
    assert item.state == IntakeItem.State.DONE
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_it_goes_when_the_server_beside_it_is_gone(tmp_path, empty_database):
    shutil.copy(empty_database, tmp_path)
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    environment["POLICYAUDIT_DATA"] = str(tmp_path)
    manage = [sys.executable, "manage.py"]
    server = subprocess.Popen(["sleep", "600"])
    worker = subprocess.Popen([*manage, "worker", "--beside", str(server.pid)], cwd=settings.BASE_DIR, env=environment)
    try:
        time.sleep(2)
        assert worker.poll() is None
        server.kill()
        server.wait()
        worker.wait(timeout=120)
    finally:
        worker.kill()
        server.kill()
