"""What a report costs: seconds cold and warm, pages, megabytes, memory; `make bench` prints it.

    .venv/bin/python -m tests.bench.report

The data are those of a real audit of the demo's policy by the shipped checklist, with quotes added until there are 300 of
them, and again with ten times as many and a text ten times as long. "cold" is a new interpreter from its start to the
finished file, Django and the data included; "warm" is the quickest of three in a running server; "cpu" is the processor's
time of one of them, the figure to look at on a busy machine; "memory" is the most that setting the pages held at once,
all of which is given back when they are done.
"""

import copy
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WANTED_SECONDS = 3.0
WANTED_MEGABYTES = 1.5
QUOTES = 300
TEMPLATES = ("v2/standard", "v2/executive", "v2/regulator", "v2/papers")
COLD = """
import json, sys
import django; django.setup()
from checks.rendering.pdf import render_pdf
sys.stdout.buffer.write(render_pdf(json.load(open(sys.argv[1]))))
"""


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "policyaudit.settings"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["POLICYAUDIT_DATA"] = folder
        import django

        django.setup()
        context = report_data()
        findings, quotes = len(context["findings"]), quotes_of(context)
        print(f"A report of {findings} findings and {quotes} quotes, {len(context['text'])} characters of policy\n")
        print(HEAD)
        for template in TEMPLATES:
            print(line(measured(context | {"template": template}, folder)))
        larger = times_ten(context)
        print(f"\nThe same with {quotes_of(larger)} quotes, {len(larger['text'])} characters of policy\n")
        print(HEAD)
        print(line(measured(larger, folder, rounds=1)))
        print(f"\nWanted of the standard report: under {WANTED_SECONDS} s warm, under {WANTED_MEGABYTES} MB.")


def report_data() -> dict:
    """The demo's first audit, run by the engine in a database of its own, with quotes added up to ``QUOTES``."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from checks.rendering.context import build_context
    from checks.services import analysis, checklist, intake
    from checks.services.reading import policy_views

    from .. import factories

    checklist.checklist_import()
    engagement = factories.engagement()
    team = factories.team(engagement)
    text = Path("checks/demo/old_style.txt").read_text("utf-8")
    version = intake.policy_upload(
        by=team.lead, engagement=engagement, name="示例政策", content=text.encode(), filename="policy.txt"
    )
    audit = analysis.audit_run(by=team.lead, policy_version=version)
    factories.decide_all(audit, by=team.auditor)
    sign_off = factories.sign_off(audit, by=team.reviewer)
    context = build_context(audit, sign_off, language="zh-hans", number="PA-2026-000001", views=policy_views(audit))
    with_quotes(context, QUOTES)
    return context


def with_quotes(context, wanted):
    """Add sentences of the policy as quotes, in turn to every finding, until there are that many."""
    text = context["text"]
    ends = [index + 1 for index, character in enumerate(text) if character == "。"]
    places = list(zip([0, *ends], ends, strict=False))
    number, at = quotes_of(context), 0
    while number < wanted:
        start, end = places[at % len(places)]
        finding = context["findings"][at % len(context["findings"])]
        number, at = number + 1, at + 1
        quote = {
            "start": start,
            "end": end,
            "quote": text[start:end],
            "clause": "",
            "elements": [],
            "number": f"E{number}",
        }
        finding["evidence"].append(quote)


def times_ten(context) -> dict:
    larger = copy.deepcopy(context)
    larger["text"] = larger["text"] * 10
    with_quotes(larger, 10 * QUOTES)
    return larger


def quotes_of(context) -> int:
    return sum(len(finding["evidence"]) for finding in context["findings"])


HEAD = f"{'template':<14}{'cold s':>8}{'warm s':>8}{'cpu s':>8}{'pages':>7}{'MB':>7}{'memory MB':>11}"


def measured(context, folder, rounds=3) -> dict:
    from checks.rendering.pages import page_count
    from checks.rendering.pdf import render_pdf

    path = Path(folder) / "context.json"
    path.write_text(json.dumps(context), "utf-8")
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", COLD, path], capture_output=True, check=True)
    cold = time.perf_counter() - started
    warm, cpu = [], []
    for _ in range(rounds):
        started, spent = time.perf_counter(), processor()
        made = render_pdf(context)
        warm.append(time.perf_counter() - started)
        cpu.append(processor() - spent)
    return {
        "template": context["template"],
        "cold": cold,
        "warm": min(warm),
        "cpu": min(cpu),
        "pages": page_count(made),
        "bytes": len(made),
        "memory": typesetter_memory(context),
    }


def processor() -> float:
    """Seconds of the processor spent so far by this process and by those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def typesetter_memory(context) -> float:
    """Megabytes at the most in the process that sets the pages, asked of an interpreter that starts no other."""
    program = (
        "import json, resource, sys\n"
        "from checks.rendering.press import print_pdf\n"
        "print_pdf(json.load(open(sys.argv[1])))\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(context, file)
        file.flush()
        done = subprocess.run([sys.executable, "-c", program, file.name], capture_output=True, check=True, text=True)
    return int(done.stdout) / 1024


def line(row) -> str:
    return (
        f"{row['template']:<14}{row['cold']:>8.1f}{row['warm']:>8.1f}{row['cpu']:>8.1f}{row['pages']:>7}"
        f"{row['bytes'] / 1e6:>7.2f}{row['memory']:>11.0f}"
    )


if __name__ == "__main__":
    main()
