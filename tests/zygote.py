"""A process that has everything imported and forks workers and servers on demand, so that tests can kill many.

Run as ``python -m tests.zygote`` with POLICYAUDIT_DATA of its own. Each line on standard input is a command; each
answer is one line of JSON on standard output.

    prepare              tables, the shipped checklist, a lead with an engagement
    receive N            N files as one job, for the worker
    worker               fork a worker                                          → its pid
    server FIRST N       fork a process that posts N uploads, one by one        → its pid
    wait PID             until that process is gone
    reports              a signed audit, and every kind of report of it asked for, and a draft
    made                 what has become of the reports
    forget               everything that waits in Redis is gone, as after its crash
    counts               what there is in the database
"""

import contextlib
import hashlib
import io
import json
import os
import sys
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyaudit.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.models import Count  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from checks import urls  # noqa: E402, F401  everything the forks will need
from checks.models import (  # noqa: E402
    ActivityEntry,
    Audit,
    DraftReport,
    Engagement,
    IntakeItem,
    PolicyVersion,
    Report,
    ReportJob,
)
from checks.services import activity, analysis, issuing, reception  # noqa: E402

from . import factories  # noqa: E402

# Different texts, so that none is a duplicate and none resembles another.
SUBJECTS = (
    *("天气", "地图", "阅读", "记账", "相机", "健身", "外卖", "打车", "音乐", "词典"),
    *("翻译", "日历", "钱包", "邮箱", "直播", "漫画", "电台", "菜谱", "养花", "钓鱼"),
)


def policy(number):
    subject = SUBJECTS[number % len(SUBJECTS)] + "一二三四五六七八九十"[number // len(SUBJECTS)]
    lines = [f"{subject}隐私政策"]
    for clause in range(60):
        lines.append(
            f"{clause + 1}. {subject}收集您的{subject}第{number * 977 + clause}号信息，用于第{clause * 31}项功能。"
        )
    return "\n".join(lines).encode()


def prepare():
    call_command("migrate", verbosity=0)
    call_command("checklist_load", verbosity=0)
    engagement = factories.engagement(factories.user("lead"))
    # Parsed once here, the checklist and the pages are there in every fork: kills hit the work, not its preparation.
    analysis.audit_propose(by=engagement.created_by, policy_version=factories.policy_version(factories.engagement()))
    Client().get("/accounts/login/")
    return {"engagement": engagement.pk}


def the_engagement():
    return Engagement.objects.select_related("created_by").get(created_by__username="lead")


def receive(count):
    engagement = the_engagement()
    files = [SimpleUploadedFile(f"worker-{number}.txt", policy(number)) for number in range(int(count))]
    job = reception.files_receive(by=engagement.created_by, engagement=engagement, files=files, key=uuid.uuid4())
    return {"job": job.pk}


def fork(work):
    connections.close_all()  # no connection may be used on both sides
    pid = os.fork()
    if pid:
        return {"pid": pid}
    status = 1
    try:
        devnull = os.open(os.devnull, os.O_RDWR)
        os.dup2(devnull, 0)
        os.dup2(devnull, 1)
        work()
        status = 0
    finally:
        os._exit(status)


def serve(first, count):
    client = Client()
    engagement = the_engagement()
    client.force_login(engagement.created_by)
    for number in range(first, first + count):
        file = SimpleUploadedFile(f"server-{number}.txt", policy(number))
        client.post(
            f"/engagements/{engagement.pk}/upload/", {"name": f"政策{number}", "file": file, "key": uuid.uuid4()}
        )


def counts():
    items = IntakeItem.objects.filter(archive=None)
    audits = Audit.objects.annotate(n=Count("findings"))
    versions = PolicyVersion.objects.filter(document__engagement=the_engagement())
    return {
        "items": items.count(),
        "states": dict(items.order_by().values_list("state").annotate(n=Count("pk"))),
        "reasons": list(items.exclude(reason="").values_list("reason", flat=True)),
        "versions": versions.count(),
        "files_with_a_version": versions.values("filename").distinct().count(),
        "audits": audits.count(),
        "audited_versions": audits.values("policy_version").distinct().count(),
        "findings_per_audit": sorted(set(audits.values_list("n", flat=True))),
        "audits_recorded": ActivityEntry.objects.filter(action="audit.run").count(),
        "versions_recorded": ActivityEntry.objects.filter(action="policy.uploaded").count(),
        "taken_up_again": items.filter(attempts__gt=1).count(),
        "chain_holds": activity.verify_chain(the_engagement()),
        "originals_there": all(version.original.storage.exists(version.original.name) for version in versions),
    }


def reports():
    engagement = the_engagement()
    people = factories.team(engagement)
    audit = factories.audit(engagement)
    factories.decide_all(audit, by=people.auditor)
    factories.sign_off(audit, by=people.reviewer)
    for template in ("v2/standard", "v2/executive", "v2/papers"):
        for draft in (False, True):
            wanted = {"template": template, "language": "zh-hans", "draft": draft}
            issuing.report_request(by=people.reviewer, audit=audit, key=uuid.uuid4(), **wanted)
    return {"jobs": ReportJob.objects.count()}


def made():
    kept = [*Report.objects.all(), *DraftReport.objects.all()]
    folder = settings.MEDIA_ROOT / "reports"
    return {
        "states": dict(ReportJob.objects.order_by().values_list("state").annotate(n=Count("pk"))),
        "reasons": list(ReportJob.objects.exclude(reason="").values_list("reason", flat=True)),
        "reports": Report.objects.values("template").distinct().count(),
        "rows": [Report.objects.count(), DraftReport.objects.count()],
        "recorded": ActivityEntry.objects.filter(action__in=("report.issued", "report.drafted")).count(),
        "taken_up_again": ReportJob.objects.filter(attempts__gt=1).count(),
        "files_as_recorded": all(hashlib.sha256(row.pdf.read()).hexdigest() == row.pdf_sha256 for row in kept),
        "files": sum(path.suffix == ".pdf" for path in folder.rglob("*")) if folder.exists() else 0,
        "chain_holds": activity.verify_chain(the_engagement()),
    }


def forget():
    import django_rq

    connection = django_rq.get_connection()
    connection.flushall()
    return {"tasks": len(django_rq.get_queue("default"))}


def answer(command, *arguments):
    if command == "worker":
        return fork(lambda: call_command("worker"))
    if command == "server":
        first, count = map(int, arguments)
        return fork(lambda: serve(first, count))
    if command == "wait":
        with contextlib.suppress(ChildProcessError):
            os.waitpid(int(arguments[0]), 0)
        return {}
    commands = {"prepare": prepare, "receive": receive, "forget": forget, "counts": counts}
    return (commands | {"reports": reports, "made": made})[command](*arguments)


def main():
    setup_test_environment(debug=False)
    out = os.fdopen(os.dup(1), "w")
    sys.stdout = io.StringIO()
    for line in sys.stdin:
        print(json.dumps(answer(*line.split())), file=out, flush=True)
    connections.close_all()


if __name__ == "__main__":
    main()
