"""Rows to test with, in plain functions: every one works without arguments and takes what a test cares about.

    team = factories.team(engagement)      # .lead .auditor .reviewer .viewer, and .outsider who belongs to nothing
    audit = factories.audit(engagement)    # six findings, one of them undetermined, evidence cut from POLICY
    factories.decide_all(audit, by=team.auditor); factories.sign_off(audit, by=team.reviewer)

No engine is needed. Policies, companies and requirements are invented.
"""

import hashlib
import io
import itertools
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image
from pypdfium2 import PdfDocument

from checks.engine.checklist import digest_of
from checks.models import (
    Audit,
    Checklist,
    ChecklistVersion,
    Decision,
    DraftReport,
    Engagement,
    Evidence,
    Finding,
    HouseStyle,
    IntakeItem,
    IntakeJob,
    LegalBasis,
    Membership,
    PolicyDocument,
    PolicyVersion,
    Report,
    ReportJob,
    Requirement,
)
from checks.services import drafts

PASSWORD = "correct horse battery staple"

POLICY = """示例阅读隐私政策
一、我们收集的信息
注册时，我们收集您的手机号码，用于创建账号。
为向您推荐图书，我们会使用您的浏览记录。
二、您的权利
您可以在“设置—账号”中查询、更正您的个人信息。
三、联系我们
示例阅读由青禾示例科技有限公司运营，邮箱 privacy@qinghe.example。
"""

# code, domain, kind, severity, Chinese title, English title, what the factory's engine proposes, the quote it found
REQUIREMENTS = (
    ("DEMO-1-IDENTITY", "notice", "disclosure", "critical", "运营者身份", "Who operates it",
     "compliant", "示例阅读由青禾示例科技有限公司运营"),
    ("DEMO-2-PURPOSE", "notice", "disclosure", "critical", "处理目的", "Purposes",
     "partial", "我们收集您的手机号码，用于创建账号"),
    ("DEMO-3-RETENTION", "storage", "disclosure", "major", "保存期限", "Retention period", "non_compliant", ""),
    ("DEMO-4-PROFILING-OFF", "automated_decision", "conditional_disclosure", "critical", "关闭个性化推荐",
     "Switching personalisation off", "non_compliant", "我们会使用您的浏览记录"),
    ("DEMO-5-CHILDREN", "minors", "conditional_disclosure", "minor", "儿童信息", "Children", "not_applicable", ""),
    ("DEMO-6-CONTRADICTION", "clarity", "consistency", "advisory", "前后矛盾", "Contradictions", "undetermined", ""),
)  # fmt: skip
DOMAINS = {
    "notice": ("告知", "Notice"),
    "storage": ("存储", "Storage"),
    "automated_decision": ("自动化决策", "Automated decisions"),
    "minors": ("未成年人", "Minors"),
    "clarity": ("清晰", "Clarity"),
}
_numbers = itertools.count(1)


def user(username=None, **fields):
    """A user who can sign in with PASSWORD."""
    username = username or f"person{next(_numbers)}"
    return get_user_model().objects.create_user(username, password=PASSWORD, **fields)


def checklist_admin(username=None):
    """Somebody with every Django permission on checklists, and a place in no engagement."""
    person = user(username, is_staff=True)
    models = ["checklist", "checklistversion", "requirement", "legalbasis"]
    person.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    return person


def checklist_author(username=None):
    """Somebody who writes checklist drafts, and is in no engagement."""
    return _permitted(user(username), "author_checklist")


def checklist_approver(username=None):
    """Somebody who approves checklist drafts, and is in no engagement."""
    return _permitted(user(username), "approve_checklist")


def _permitted(person, codename):
    person.user_permissions.add(Permission.objects.get(content_type__app_label="checks", codename=codename))
    return person


def sound_version(slug="demo"):
    """The same six requirements, published as the engine reads them; the source of a test's own checklist."""
    from checks.engine import parse_checklist
    from checks.services.checklist import version_publish

    entries = [_entry(*row) | {"verdict": [], "trigger": None} for row in REQUIREMENTS]
    source = _source(slug, f"2026.{next(_numbers)}", entries)
    return version_publish(loaded=parse_checklist(source), by=None)


def draft(by=None, base=None, version=None):
    """A draft made from a published checklist of the six REQUIREMENTS."""
    base = base or checklist_version()
    version = version or f"2027.{next(_numbers)}"
    return drafts.draft_start(by=by or checklist_author(), checklist=base.checklist, base=base, version=version)


def engagement(lead=None, **fields):
    """An engagement with its lead as the only member."""
    number = next(_numbers)
    lead = lead or user()
    fields = {"auditee": f"青禾示例科技 {number}", "product": f"示例阅读 {number}", "created_by": lead} | fields
    created = Engagement.objects.create(**fields)
    member(created, lead, Membership.Role.LEAD)
    return created


new_engagement = engagement  # for functions with a parameter of that name; likewise below


def member(engagement, user, role):
    return Membership.objects.create(engagement=engagement, user=user, role=role)


def team(engagement):
    """A person of every role in the engagement, and an outsider."""
    people = {
        role.value: user() for role in (Membership.Role.AUDITOR, Membership.Role.REVIEWER, Membership.Role.VIEWER)
    }
    for role, person in people.items():
        member(engagement, person, role)
    return SimpleNamespace(lead=engagement.created_by, outsider=user(), **people)


def policy_version(engagement=None, text=POLICY, document=None, **fields):
    """A policy version as intake keeps it, original included."""
    engagement = engagement or (document.engagement if document else new_engagement())
    document = document or PolicyDocument.objects.create(engagement=engagement, name=engagement.product)
    content = text.encode()
    fields = {
        "document": document,
        "number": document.versions.count() + 1,
        "original": ContentFile(content, name="policy.txt"),
        "filename": "policy.txt",
        "media_type": "text/plain",
        "encoding": "utf-8",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "text": text,
        "characters": len(text),
        "uploaded_by": engagement.created_by,
        "uploaded_at": timezone.now(),
    } | fields
    return PolicyVersion.objects.create(**fields)


new_policy_version = policy_version


def checklist_version(slug="demo", version=None):
    """A published checklist of the six REQUIREMENTS; each has two legal bases, one of them unverified."""
    version = version or f"2026.{next(_numbers)}"
    entries = [_entry(*row) for row in REQUIREMENTS]
    source = _source(slug, version, entries)
    titles = {"title_zh": source["title_zh"], "title_en": source["title_en"]}
    checklist, _created = Checklist.objects.get_or_create(slug=slug, defaults=titles)
    published = ChecklistVersion.objects.create(
        checklist=checklist,
        version=version,
        digest=digest_of(source),
        source=source,
        published_at=timezone.now(),
    )
    for position, entry in enumerate(entries, start=1):
        _requirement(published, position, entry)
    return published


new_checklist_version = checklist_version


def audit(engagement=None, policy_version=None, checklist_version=None, **fields):
    """An audit in review: one finding per requirement, as REQUIREMENTS says, nothing decided.

    A policy with another text than POLICY has evidence only for the quotes that stand in it too.
    """
    engagement = engagement or (policy_version.document.engagement if policy_version else new_engagement())
    policy_version = policy_version or new_policy_version(engagement)
    fields = {
        "engagement": engagement,
        "policy_version": policy_version,
        "checklist_version": checklist_version or new_checklist_version(),
        "as_of": timezone.localdate(),
        "processor_scale": engagement.processor_scale,
        "engine_version": "0.0.0",
        "facts": {"processor": "青禾示例科技有限公司"},
        "outline": _outline(policy_version.text),
        "result_digest": hashlib.sha256(policy_version.text.encode()).hexdigest(),
        "started_by": engagement.created_by,
        "started_at": timezone.now(),
        "engine_milliseconds": 12,
    } | fields
    created = Audit.objects.create(**fields)
    proposals = {row[0]: (row[6], row[7]) for row in REQUIREMENTS}
    for requirement in created.checklist_version.requirements.order_by("position"):
        verdict, quote = proposals[requirement.code]
        finding(created, requirement, verdict, quote if quote in policy_version.text else "")
    return created


def finding(audit, requirement, verdict="compliant", quote="", **fields):
    """A finding with this proposal; a quote becomes its evidence and must stand in the policy."""
    fields = {
        "audit": audit,
        "requirement": requirement,
        "position": requirement.position,
        "severity": requirement.severity,
        "proposed_verdict": verdict,
        "confidence": 0.75,
        "rationale_zh": f"《{requirement.title_zh}》的系统判定理由。",
        "rationale_en": f"Why “{requirement.title_en}” was proposed so.",
        "elements": [{"id": "named", "met": verdict == "compliant"}],
        "searched": {} if quote else _searched(audit.policy_version.text),
    } | fields
    created = Finding.objects.create(**fields)
    if quote:
        evidence(created, quote)
    return created


def evidence(finding, quote, **fields):
    start = finding.audit.policy_version.text.index(quote)
    place = {"position": finding.evidence.count() + 1, "start": start, "end": start + len(quote), "quote": quote}
    return Evidence.objects.create(finding=finding, **place | {"clause": "一", "element": "named"} | fields)


def observation(audit, by, quote="我们收集您的手机号码", **changes):
    """An observation beyond the checklist, written through the service; the quote must stand in the policy."""
    from checks.services import observations

    start = audit.policy_version.text.index(quote)
    content = {
        "title": "推荐没有关闭入口",
        "severity": "major",
        "facts": "文本说到推荐，没有说怎样关闭。",
        "basis": "示例法 第一条",
        "remediation": "补充关闭的步骤。",
        "places": [(start, start + len(quote))],
    }
    return observations.observation_write(by=by, audit=audit, **content | changes)


def revise_observation(observation, by, **changes):
    """Its next version: the latest one with ``changes``."""
    from checks.services import observations

    latest = observation.versions.last()
    content = {name: getattr(latest, name) for name in observations.TEMPLATE_CONTENT}
    content["places"] = [(piece["start"], piece["end"]) for piece in latest.places]
    return observations.observation_revise(
        by=by, observation=observation, revision=observation.revision, **content | changes
    )


def withdraw_observation(observation, by, reason="与核查项重复。"):
    from checks.services import observations

    return observations.observation_withdraw(
        by=by, observation=observation, revision=observation.revision, reason=reason
    )


def template(owner, **changes):
    """A template of observations."""
    from checks.services import observations

    return observations.template_save(by=owner, **{"title": "没有写明期限", "severity": "minor"} | changes)


def decide(finding, by, verdict=None, reason=""):
    """A decision as the review service leaves it: the proposal confirmed, or ``verdict`` for ``reason``."""
    verdict = verdict or finding.proposed_verdict
    decision = Decision.objects.create(
        finding=finding,
        proposed_verdict=finding.proposed_verdict,
        verdict=verdict,
        reason=reason,
        decided_by=by,
        decided_at=timezone.now(),
    )
    finding.final_verdict = verdict
    finding.revision += 1
    finding.save(update_fields=["final_verdict", "revision"])
    return decision


def decide_all(audit, by):
    """Every open finding decided: proposals confirmed, what is undetermined called partly compliant with a reason."""
    for row in audit.findings.filter(final_verdict=""):
        if row.proposed_verdict == "undetermined":
            decide(row, by, "partial", "两处说法不一致，但不影响理解。")
        else:
            decide(row, by)


def second_auditor(engagement):
    """Another auditor of the engagement, for a blind second review."""
    person = user()
    member(engagement, person, Membership.Role.AUDITOR)
    return person


def give_opinions(blind, other=()):
    """The second auditor's word on every finding: the proposal (undetermined: partly), but for ``other`` {code: verdict}."""
    from checks.services import blind as services

    other = dict(other)
    for row in blind.audit.findings.select_related("requirement", "audit__engagement"):
        proposed = "partial" if row.proposed_verdict == "undetermined" else row.proposed_verdict
        verdict = other.get(row.requirement.code, proposed)
        reason = "" if verdict == row.proposed_verdict else "第二人另有判断。"
        services.opinion_give(by=blind.second, blind=blind, finding=row, verdict=verdict, reason=reason, revision=0)


def house_style(by, **fields):
    """Settings of the organisation for reports, with a logo of one colour."""
    logo = io.BytesIO()
    Image.new("RGB", (30, 10), "#7a1f3d").save(logo, "PNG")
    fields = {"name_zh": "青禾合规事务所", "logo": logo.getvalue()} | fields
    return HouseStyle.objects.create(saved_by=by, saved_at=timezone.now(), **fields)


def sign_off(audit, by):
    """The audit signed through the service, so the digest is the real one."""
    from checks.services import report

    return report.audit_sign_off(by=by, audit=audit)


def report(audit, by, number=None, **fields):
    """An issued report of a signed audit, with a stand-in for the PDF: three pages that are nearly empty."""
    return Report.objects.create(sign_off=audit.sign_offs.last(), **_made_report(by, number) | fields)


def report_context(audit, number="PA-2026-000001", language="zh-hans"):
    """The data of the audit's report: signed if the audit is, else a draft."""
    from checks.rendering.context import build_context

    return build_context(audit, audit.sign_offs.last(), number=number, language=language, at=timezone.now())


def draft_report(audit, by, number=None, **fields):
    """A draft of the audit's report, with the same stand-in."""
    return DraftReport.objects.create(audit=audit, **_made_report(by, number or f"DRAFT-{next(_numbers):06d}") | fields)


def report_job(audit, by, **fields):
    """A report that was asked for and not begun."""
    now = timezone.now()
    fields = {"template": "v2/standard", "language": "zh-hans", "draft": False} | fields
    return ReportJob.objects.create(audit=audit, asked_by=by, asked_at=now, **{"queued_at": now} | fields)


def _made_report(by, number):
    content = stand_in_pdf()
    return {
        "number": number or f"PA-2026-{next(_numbers):06d}",
        "language": "zh-hans",
        "template": "v1",
        "context": {},
        "context_digest": "0" * 64,
        "pdf": ContentFile(content, name="report.pdf"),
        "pdf_sha256": hashlib.sha256(content).hexdigest(),
        "pages": 3,
        "created_by": by,
        "created_at": timezone.now(),
    }


def stand_in_pdf(pages=3):
    """A PDF of so many blank pages."""
    document = PdfDocument.new()
    for _page in range(pages):
        document.new_page(595, 842)
    content = io.BytesIO()
    document.save(content)
    document.close()
    return content.getvalue()


def intake_item(job=None, content=POLICY, state="queued", **fields):
    """A file on its way in, kept and untouched, in a job of its own unless one is given."""
    content = content.encode() if isinstance(content, str) else content
    job = job or intake_job()
    running = {"lease": uuid4(), "lease_until": timezone.now() + timedelta(minutes=3)} if state == "running" else {}
    fields = {
        "job": job,
        "position": job.items.count() + 1,
        "source": "upload",
        "filename": "policy.txt",
        "original": ContentFile(content, name="policy.txt"),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "state": state,
        "queued_at": timezone.now(),
        **running,
    } | fields
    return IntakeItem.objects.create(**fields)


def intake_job(engagement=None, **fields):
    engagement = engagement or new_engagement()
    fields = {"created_by": engagement.created_by, "created_at": timezone.now()} | fields
    return IntakeJob.objects.create(engagement=engagement, **fields)


def _source(slug, version, entries):
    return {
        "slug": slug,
        "version": version,
        "title_zh": "示例核查表",
        "title_en": "Demo checklist",
        "as_of": "2026-11-01",
        "domains": [{"id": name, "title_zh": zh, "title_en": en} for name, (zh, en) in DOMAINS.items()],
        "instruments": [{"id": "DEMO", "title_zh": "示例法", "title_en": "Demo Act", "in_force": "2021-11-01"}],
        "groups": {},
        "requirements": entries,
    }


def _entry(code, domain, kind, severity, title_zh, title_en, _proposal, _quote):
    conditional = kind == "conditional_disclosure"
    return {
        "code": code,
        "domain": domain,
        "title_zh": title_zh,
        "title_en": title_en,
        "kind": kind,
        "severity": severity,
        "trigger_zh": "政策提到这类处理" if conditional else None,
        "legal_basis": [
            {"instrument": "DEMO", "ref": "第一条", "note_zh": "说明义务", "verified": True},
            {"instrument": "DEMO", "ref": "", "note_zh": "参考做法", "verified": False},
        ],
        "question_zh": f"政策是否写明{title_zh}？",
        "question_en": f"Does the policy state: {title_en}?",
        "trigger": {"rules": []} if conditional else None,
        "elements": [
            {"id": "named", "title_zh": "写明名称", "required": True, "rules": [], "examples": {}},
            {"id": "place", "title_zh": "写明地址", "required": False, "rules": [], "examples": {}},
        ],
        "signals": [],
        "verdict": [],
        "decide": {
            "compliant": "写明了。",
            "partial": "写了一部分。",
            "non_compliant": "没有写。",
            "not_applicable": "不涉及。",
        },
        "remediation_zh": f"补充{title_zh}。",
        "remediation_en": f"Add: {title_en}.",
    }


def _requirement(version, position, entry):
    names = ("code", "domain", "kind", "severity", "title_zh", "title_en")
    requirement = Requirement.objects.create(
        version=version, position=position, content=entry, **{name: entry[name] for name in names}
    )
    for place, basis in enumerate(entry["legal_basis"], start=1):
        LegalBasis.objects.create(requirement=requirement, position=place, **basis)


def _outline(text):
    """Lines that begin with 一、 二、 … are headings, every other line is a clause."""
    sections, clauses, start = [], [], 0
    for line in text.splitlines(keepends=True):
        end = start + len(line.rstrip("\n"))
        number, comma, title = line.rstrip("\n").partition("、")
        if comma and number in "一二三四五六七八九":
            sections.append([start, end, len(text), 1, number, title, None])
            if len(sections) > 1:
                sections[-2][2] = start
        elif end > start:
            label = f"{sections[-1][4]}·{len(clauses)}" if sections else ""
            clauses.append([start, end, label, len(sections) - 1 if sections else None])
        start += len(line)
    return {"sections": sections, "clauses": clauses, "contents": []}


def _searched(text):
    quote = text.strip().splitlines()[-1]
    start = text.index(quote)
    near = {"start": start, "end": start + len(quote), "quote": quote, "clause": "三", "element": "named"}
    return {
        "characters": len(text),
        "sentences": text.count("。"),
        "sections": ["一、我们收集的信息", "二、您的权利"],
        "terms": ["保存期限", "保留时间"],
        "nearest": [near | {"why": "没有写明期限"}],
    }
