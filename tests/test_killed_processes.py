"""Workers and servers are killed with SIGKILL at random moments. Nothing is half-written, nothing is done twice.

See zygote.py for how the processes come about. They use a database file of their own, as in a real installation.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings

WORKER_FILES, SERVER_FILES = 14, 8
KILLS = 24
LEASE = 1.0  # seconds
LATEST = 150  # seconds until everything must be done once the killing has ended


class Zygote:
    def __init__(self, data, **environment):
        inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        inherited |= {"POLICYAUDIT_DATA": str(data), "INTAKE_LEASE": str(LEASE), "INTAKE_ATTEMPTS": "1000"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote"],
            cwd=settings.BASE_DIR,
            env=inherited | {"SECRET_KEY": "for tests", "LOG_LEVEL": "CRITICAL", "DEBUG": "1"} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)
        self.ask("wait", pid)


@pytest.fixture
def zygote(tmp_path, empty_database):
    started = []
    shutil.copy(empty_database, tmp_path)

    def start(**environment):
        started.append(Zygote(tmp_path, **environment))
        return started[-1]

    yield start
    for zygote in started:
        zygote.process.stdin.close()
        zygote.process.wait()


def time_to_the_first_audit(zygote):
    """How long a worker takes from its birth to its first audit, so that the kills fall before, into and behind one."""
    begun = time.monotonic()
    worker = zygote.ask("worker")["pid"]
    while not zygote.ask("counts")["audits"] and time.monotonic() < begun + LATEST:
        time.sleep(0.02)
    elapsed = time.monotonic() - begun
    zygote.kill(worker)
    return elapsed


def finish(zygote):
    """A worker that nobody kills, until nothing is left to do."""
    worker = zygote.ask("worker")["pid"]
    end = time.monotonic() + LATEST
    while time.monotonic() < end:
        counts = zygote.ask("counts")
        if not {"queued", "running"} & set(counts["states"]):
            break
        time.sleep(0.3)
    zygote.kill(worker)
    return counts


def assert_everything_was_done_once(counts, files):
    assert counts["states"] == {"done": files}, counts
    for name in ("items", "versions", "files_with_a_version", "audits", "audited_versions"):
        assert counts[name] == files, counts
    assert counts["audits_recorded"] == counts["versions_recorded"] == files, counts
    assert len(counts["findings_per_audit"]) == 1, "an audit is whole or not there"
    assert counts["chain_holds"]
    assert counts["originals_there"]


def test_killed_workers_and_servers_leave_every_audit_done_once(zygote, capsys):
    chance = random.Random(20261125)  # noqa: S311
    zygote = zygote()
    zygote.ask("prepare")
    zygote.ask("receive", WORKER_FILES)
    moment = time_to_the_first_audit(zygote)
    kills = {"worker": 0, "server": 0}
    posted = WORKER_FILES
    while sum(kills.values()) < KILLS:
        if sum(kills.values()) % 3 == 2 and posted < WORKER_FILES + SERVER_FILES:
            kind, pid = "server", zygote.ask("server", posted, 1)["pid"]
            posted += 1
        else:
            kind, pid = "worker", zygote.ask("worker")["pid"]
        time.sleep(chance.uniform(0.02, 1.5 * moment))
        zygote.kill(pid)
        kills[kind] += 1
    before = zygote.ask("counts")
    after = finish(zygote)
    with capsys.disabled():
        print(f"\nkilled {kills}; before the last worker {before['states']}; after it {after}")
    # A server killed before it had written anything down received nothing: its sender saw no answer.
    received = after["items"]
    assert WORKER_FILES <= received <= posted
    assert_everything_was_done_once(after, received)


# ---------- Reports ----------


def test_killed_workers_leave_every_report_made_once(zygote, capsys):
    chance = random.Random(20261126)  # noqa: S311
    zygote = zygote()
    zygote.ask("prepare")
    jobs = zygote.ask("reports")["jobs"]
    for _kill in range(6):
        worker = zygote.ask("worker")["pid"]
        time.sleep(chance.uniform(0.3, 4))
        zygote.kill(worker)
    before = zygote.ask("made")
    worker = zygote.ask("worker")["pid"]
    end = time.monotonic() + LATEST
    while time.monotonic() < end and {"queued", "making"} & set((after := zygote.ask("made"))["states"]):
        time.sleep(0.3)
    zygote.kill(worker)
    with capsys.disabled():
        print(f"\nbefore the last worker {before}; after it {after}")
    assert after["states"] == {"ready": jobs}, after
    assert after["rows"] == [after["reports"], jobs - after["reports"]] == [3, 3], after
    assert after["recorded"] == jobs
    assert after["files_as_recorded"]
    assert after["chain_holds"]


# ---------- The same on Redis or Valkey ----------

SERVER = shutil.which("valkey-server") or shutil.which("redis-server")


@pytest.fixture
def redis_url(tmp_path):
    """A server of our own that keeps nothing."""
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    for _attempt in range(5):  # another program may take the free port before the server has it
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([SERVER, "--port", str(port), *options], stdout=subprocess.DEVNULL)
        if answers(server, port):
            break
    yield f"redis://127.0.0.1:{port}/0"
    server.kill()
    server.wait()


def answers(server, port):
    """Whether it is this server that listens there; waits until it does or is gone."""
    end = time.monotonic() + LATEST
    while server.poll() is None and time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(0.1)  # if somebody else answered there, the server goes
                return server.poll() is None
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not SERVER, reason="neither valkey-server nor redis-server is installed")
def test_the_same_work_on_redis_survives_a_killed_worker_and_a_lost_queue(zygote, redis_url, capsys):
    zygote = zygote(REDIS_URL=redis_url)
    zygote.ask("prepare")
    zygote.ask("receive", 6)
    for seconds in (0.4, 0.8):
        worker = zygote.ask("worker")["pid"]
        time.sleep(seconds)
        zygote.kill(worker)
    assert zygote.ask("forget") == {"tasks": 0}, "a queue that forgets everything costs time, not files"
    after = finish(zygote)
    with capsys.disabled():
        print(f"\non {SERVER}: {after}")
    assert_everything_was_done_once(after, 6)
