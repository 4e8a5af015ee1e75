"""A database as full as a large office's: many audits with all their findings, made in seconds.

One real audit is run through the services; every further one is a copy of its rows, half of them decided.
"""

import hashlib
from types import SimpleNamespace

from django.utils import timezone

from checks.models import Audit, Decision, Engagement, Evidence, Finding, Membership, PolicyDocument, PolicyVersion
from checks.services import analysis, checklist, intake

from .. import factories

PER_ENGAGEMENT = 20
AT_ONCE = 4000  # rows of one INSERT series


def many_audits(count, text):
    """``count`` audits of policies with this text in engagements of twenty, all of one team.

    Returns the team (``lead``, ``auditor``, ``reviewer``, ``viewer``) and ``audits``, the numbers of all audits; every
    second finding of each is decided.
    """
    checklist.checklist_import()
    first = factories.engagement(lead=factories.user("bench_lead"))
    team = factories.team(first)
    version = intake.policy_upload(
        by=team.lead, engagement=first, name="示例政策", content=text.encode(), filename="policy.txt"
    )
    model = analysis.audit_run(by=team.lead, policy_version=version)
    engagements = _engagements(first, team, (count - 1) // PER_ENGAGEMENT)
    versions = _versions(version, engagements)
    audits = _audits(model, [version, *versions], count)
    _findings(model, audits, team.auditor)
    return SimpleNamespace(**vars(team), audits=[model.pk, *(audit.pk for audit in audits)])


def world_again():
    """What ``many_audits`` returned when it filled this database; None for an empty one."""
    first = Engagement.objects.order_by("id").first()
    if first is None:
        return None
    team = {row.role: row.user for row in first.memberships.select_related("user")}
    return SimpleNamespace(**team, audits=list(Audit.objects.order_by("id").values_list("pk", flat=True)))


def _engagements(first, team, count):
    rows = Engagement.objects.bulk_create(
        Engagement(auditee=f"示例公司 {n}", product=f"示例应用 {n}", created_by=team.lead) for n in range(count)
    )
    roles = {team.lead: "lead", team.auditor: "auditor", team.reviewer: "reviewer", team.viewer: "viewer"}
    Membership.objects.bulk_create(
        (Membership(engagement=row, user=user, role=role) for row in rows for user, role in roles.items()),
        batch_size=AT_ONCE,
    )
    return rows


def _versions(version, engagements):
    documents = PolicyDocument.objects.bulk_create(
        PolicyDocument(engagement=row, name=row.product) for row in engagements
    )
    return PolicyVersion.objects.bulk_create(
        PolicyVersion(
            document=document,
            number=1,
            original=version.original.name,
            filename=version.filename,
            media_type=version.media_type,
            encoding=version.encoding,
            size=version.size,
            sha256=hashlib.sha256(str(document.pk).encode()).hexdigest(),
            text=version.text,
            characters=version.characters,
            uploaded_by=version.uploaded_by,
            uploaded_at=version.uploaded_at,
        )
        for document in documents
    )


def _copy(row, **changes):
    """An unsaved row with the same values but for its key and the changes."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "id"}
    return type(row)(**values | changes)


def _audits(model, versions, count):
    rows = []
    for number in range(1, count):
        version = versions[(number // PER_ENGAGEMENT) % len(versions)]
        engagement = version.document.engagement_id
        rows.append(_copy(model, engagement_id=engagement, policy_version_id=version.pk))
    return Audit.objects.bulk_create(rows, batch_size=200)


def _findings(model, audits, auditor):
    originals = list(model.findings.prefetch_related("evidence"))
    decided = {row.pk for row in originals[::2] if row.proposed_verdict != "undetermined"}
    now = timezone.now()

    def decision(finding):
        verdict = finding.proposed_verdict
        return Decision(finding=finding, proposed_verdict=verdict, verdict=verdict, decided_by=auditor, decided_at=now)

    for start in range(0, len(audits), 50):
        copies, evidence, decisions = [], [], []
        for audit in audits[start : start + 50]:
            for original in originals:
                mirror = {"final_verdict": original.proposed_verdict, "revision": 1} if original.pk in decided else {}
                copies.append(_copy(original, audit_id=audit.pk, **mirror))
        Finding.objects.bulk_create(copies, batch_size=AT_ONCE)
        for copy, original in zip(copies, originals * len(audits[start : start + 50]), strict=True):
            evidence += [_copy(piece, finding_id=copy.pk) for piece in original.evidence.all()]
            if original.pk in decided:
                decisions.append(decision(copy))
        Evidence.objects.bulk_create(evidence, batch_size=AT_ONCE)
        Decision.objects.bulk_create(decisions, batch_size=AT_ONCE)
