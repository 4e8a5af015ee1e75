"""The demo: six people, one audit that is signed and has its report, and one that is half decided.

Everything happens through the services, as if the people had done it on the screens.
"""

from datetime import timedelta
from pathlib import Path

import yaml
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from checks.demo.people import PEOPLE, USERNAMES, accounts_text, demo_password
from checks.models import Engagement, Membership
from checks.models.audit import VerdictChoices
from checks.services import analysis, batches, checklist, engagements, intake, report, review

FILES = Path(settings.BASE_DIR) / "checks" / "demo"
CHECKLIST_MODELS = ["checklist", "checklistversion", "requirement", "legalbasis"]

FINISHED = {
    "auditee": "海州拾谷数字科技有限公司",
    "product": "拾谷到家",
    "scope": "手机应用、小程序与网站共用的隐私政策（2026 年 3 月版）",
    "processor_scale": "million",
}
OPEN = {
    "auditee": "临川乐佰汇网络科技有限公司",
    "product": "乐逛街",
    "scope": "网站公布的《隐私声明》，只审计文本",
    "processor_scale": "standard",
}


class Command(BaseCommand):
    help = "Add the demo team and its audits. Repeating it adds nothing that is there already."

    def add_arguments(self, parser):
        parser.add_argument("--force", action="store_true", help="also beside users who are not of the demo")

    def handle(self, *, force, **options):
        if not force and get_user_model().objects.exclude(username__in=USERNAMES).exists():
            raise CommandError(
                "There are users who are not of the demo. Its accounts have a password everybody knows, so they do not "
                "belong into a real installation. If you want them all the same: manage.py seed --force"
            )
        with transaction.atomic():
            team = {person.username: _account(person) for person in PEOPLE}
            checklist.checklist_import()
            _once(team, FINISHED, "good_2026", _finish)
            _once(team, OPEN, "old_style", _leave_open)
        self.stdout.write(accounts_text())


def _account(person):
    user, created = get_user_model().objects.get_or_create(
        username=person.username,
        defaults={"first_name": person.name, "email": f"{person.username}@policyaudit.example"},
    )
    if created:
        user.set_password(demo_password())
        user.is_staff = person.role is None
        user.save()
        if person.may:
            own = Q(content_type__app_label="checks", codename__in=person.may)
            user.user_permissions.set(Permission.objects.filter(own | Q(content_type__model__in=CHECKLIST_MODELS)))
    return user


def _once(team, fields, sample, decide):
    """The engagement with its audit, unless the demo's lead has one for this auditee already."""
    lead, auditor = team["lin"], team["chen"]
    if Engagement.objects.filter(auditee=fields["auditee"], created_by=lead).exists():
        return
    due = timezone.localdate() + timedelta(days=21)
    engagement = engagements.engagement_create(by=lead, due_date=due, **fields)
    for person in PEOPLE:
        if person.role not in (None, Membership.Role.LEAD):
            engagements.member_set(by=lead, engagement=engagement, user=team[person.username], role=person.role)
    version = intake.policy_upload(
        by=auditor,
        engagement=engagement,
        name=f"{fields['product']}隐私政策",
        content=(FILES / f"{sample}.txt").read_bytes(),
        filename=f"{fields['product']}隐私政策.txt",
    )
    audit = analysis.audit_run(by=auditor, policy_version=version)
    decide(team, audit, yaml.safe_load((FILES / f"{sample}.decisions.yaml").read_text(encoding="utf-8")))


def _finish(team, audit, judgements):
    _decide(team["chen"], audit, judgements)
    finding = audit.findings.get(requirement__code="PIPL-24-MARKETING")
    review.comment_add(by=team["lin"], finding=finding, text="已电话告知对方法务，下个版本补上电话营销的拒绝方式。")
    review.comment_add(by=team["zhou"], finding=finding, text="同意。整改后请附新版本的段落。")
    report.audit_sign_off(
        by=team["zhou"],
        audit=audit,
        statement="已复核全部核查项及其证据，同意签发。本次审计只针对政策文本。",
        warnings_seen=True,
    )
    report.report_issue(by=team["zhou"], audit=audit)


def _leave_open(team, audit, judgements):
    _decide(team["chen"], audit, judgements)
    finding = audit.findings.get(requirement__code="PIPL-24-OPT-OUT")
    review.comment_add(by=team["lin"], finding=finding, text="请再确认应用内有没有关闭推荐的开关，政策里没有写。")


def _decide(auditor, audit, judgements):
    """Confirm where the program proposes what the auditor thinks, override with the auditor's reason elsewhere."""
    findings = list(audit.findings.select_related("requirement").filter(requirement__code__in=judgements))
    agreed = [finding.pk for finding in findings if judgements[_code(finding)][0] == finding.proposed_verdict]
    revisions = {finding.pk: finding.revision for finding in findings if finding.pk in agreed}
    batches.batch_decide(by=auditor, audit=audit, revisions=revisions)
    for finding in findings:
        if finding.pk not in agreed:
            verdict, reason = judgements[_code(finding)]
            review.finding_decide(
                by=auditor,
                finding=finding,
                verdict=VerdictChoices(verdict),
                reason=reason,
                revision=finding.revision,
            )


def _code(finding):
    return finding.requirement.code
