"""What the review costs the server with 1,000 audits in the database: `make bench` prints it.

    .venv/bin/python -m tests.bench.review [AUDITS] [FOLDER]

Whole requests through Django's test client, every middleware included, against a SQLite file in a temporary folder
(or FOLDER, which is kept and used again) with the settings of an installation. "cpu" is the processor's time alone: the figure to look at on a busy machine.
Queries are counted in a second pass, as counting costs time.
"""

import gzip
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

WANTED_DECISION = 50.0  # milliseconds, 95 of 100 decisions
WANTED_SWAP = 15 * 1024  # bytes


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        prepare(sys.argv[2] if len(sys.argv) > 2 else folder)
        from checks.management.commands.prepare import refresh_statistics
        from tests.bench.many import many_audits, world_again

        text = Path("checks/demo/good_2026.txt").read_text("utf-8")
        started = time.perf_counter()
        world = world_again() or many_audits(count, text)
        refresh_statistics()  # as `manage.py prepare` does whenever the program is started
        audits = len(world.audits)
        print(f"{audits} audits with {audits * 80} findings, ready after {time.perf_counter() - started:.1f} s\n")
        for line in report(measure(world)):
            print(line)


def prepare(folder):
    """A fresh database and plain static files in this folder."""
    os.environ["POLICYAUDIT_DATA"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "policyaudit.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.ALLOWED_HOSTS.append("testserver")
    call_command("migrate", verbosity=0)
    from django.template import engines

    engines["django"].engine.debug = False


BROWSER = {"HTTP_ACCEPT_ENCODING": "gzip"}
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "panel", **BROWSER}


def measure(world, rounds=200):
    """{what: {"times": [ms …], "work": [ms of the processor …], "queries", "bytes": […], "sent": […]}} for what an auditor does all day."""
    from django.test import Client
    from django.urls import reverse

    from checks.models import Finding

    client = Client()
    client.force_login(world.auditor)
    waiting = list(
        Finding.objects.filter(audit__in=world.audits, final_verdict="")
        .exclude(proposed_verdict="undetermined")
        .order_by("position", "audit")
        .values_list("pk", "audit", "revision", "proposed_verdict")[: 2 * rounds + 20]
    )
    some = iter(waiting)

    def decide():
        pk, _audit, revision, verdict = next(some)
        return client.post(reverse("finding_decide", args=[pk]), {"verdict": verdict, "revision": revision}, **HTMX)

    def overrule():
        pk, _audit, revision, verdict = next(some)
        other = "partial" if verdict != "partial" else "non_compliant"
        data = {"verdict": other, "reason": "另一处已经写明。", "revision": revision}
        return client.post(reverse("finding_decide", args=[pk]), data, **HTMX)

    looked = iter([row[0] for row in waiting] * 2)
    audits = iter(world.audits * 10)
    acts = {
        "decision": decide,
        "decision against the proposal": overrule,
        "finding_detail": lambda: client.get(reverse("finding_detail", args=[next(looked)]), **HTMX),
        "audit_review (whole page)": lambda: client.get(reverse("audit_review", args=[next(audits)]), **BROWSER),
        "engagement_list": lambda: client.get(reverse("engagement_list"), **BROWSER),
        "policy_view: matrix": lambda: client.get(reverse("policy_view", args=[next(audits), "matrix"]), **BROWSER),
    }
    return {name: timed(act, rounds if name == "decision" else max(rounds // 4, 5)) for name, act in acts.items()}


def timed(act, rounds):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(3):
        checked(act())
    times, work, sizes, sent = [], [], [], []
    for _ in range(rounds):
        started, busy = time.perf_counter(), time.process_time()
        answer = act()
        times.append((time.perf_counter() - started) * 1000)
        work.append((time.process_time() - busy) * 1000)
        checked(answer)
        sizes.append(len(gzip.decompress(answer.content)))
        sent.append(len(answer.content))
    with CaptureQueriesContext(connection) as queries:
        checked(act())
    return {"times": times, "work": work, "queries": len(queries), "bytes": sizes, "sent": sent}


def checked(answer):
    if answer.status_code != 200:
        raise SystemExit(f"{answer.request['PATH_INFO']} answered {answer.status_code}")
    return answer


def percentile(times, share):
    return statistics.quantiles(times, n=100, method="inclusive")[share - 1]


def report(results):
    """The figures as lines of a table."""
    heads = ("p50 ms", "p95 ms", "cpu p50", "cpu p95", "queries", "bytes", "largest", "sent", "largest")
    yield f"{'':32}" + "".join(f"{head:>9}" for head in heads)
    for name, found in results.items():
        shares = [percentile(found[kind], share) for kind in ("times", "work") for share in (50, 95)]
        sizes = [
            size for kind in ("bytes", "sent") for size in (round(statistics.median(found[kind])), max(found[kind]))
        ]
        numbers = [found["queries"], *sizes]
        yield f"{name:32}" + "".join(f"{share:9.1f}" for share in shares) + "".join(f"{n:9}" for n in numbers)
    decision = results["decision"]
    p95, largest = percentile(decision["times"], 95), max(decision["sent"])
    fast, slow = yardstick()
    yield ""
    yield "bytes: of the answer; sent: compressed, as it goes over the line. Median and largest of each."
    yield f"wanted: 95 of 100 decisions within {WANTED_DECISION:.0f} ms: {'yes' if p95 < WANTED_DECISION else 'NO'}"
    yield f"wanted: at most {WANTED_SWAP} bytes sent for a swap: {'yes' if largest < WANTED_SWAP else 'NO'}"
    yield f"this machine: a fixed piece of work takes {fast:.2f} ms undisturbed, {slow:.2f} ms now (1.4 or more: it is busy)"


def yardstick():
    """How long the same small computation takes: at best, and usually. Far apart, other work disturbs the figures."""

    def work():
        return sum({str(number): number * number for number in range(4000)}.values())

    times = []
    for _ in range(300):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1000)
    return min(times), statistics.mean(times)


if __name__ == "__main__":
    main()
