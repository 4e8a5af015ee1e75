"""An audit: one policy version against one checklist version. What the engine proposes is kept as it was proposed."""

import time
from functools import lru_cache

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine import ENGINE_VERSION, analyse, parse_checklist, section_topics
from ..engine.entities import Document, Layout, Role, Scale
from ..engine.findings import searched_json
from ..models import Audit, ChecklistVersion, Evidence, Finding
from . import activity
from .errors import ServiceError
from .tailoring import version_for


class NoChecklist(ServiceError):
    text = _("There is no published checklist yet. An administrator has to import one first.")


def audit_run(*, by, policy_version, as_of=None, checklist_version=None):
    """Audit the policy version and return the Audit with one Finding per requirement, evidence included.

    ``as_of`` (today by default) is the day whose law counts; ``checklist_version`` defaults to
    ``latest_checklist_version()``.
    Raises NoChecklist. The engine works before the transaction begins, so it keeps no lock.
    """
    audit, proposals = audit_propose(
        by=by, policy_version=policy_version, as_of=as_of, checklist_version=checklist_version
    )
    audit_keep(audit=audit, proposals=proposals)
    return audit


def audit_propose(*, by, policy_version, as_of=None, checklist_version=None):
    """Let the engine work: an unsaved Audit and the engine's findings, for ``audit_keep``. Raises NoChecklist."""
    engagement = policy_version.document.engagement
    version = version_for(engagement=engagement, version=checklist_version or latest_checklist_version())
    as_of = as_of or timezone.localdate()
    checklist = _checklist(version.digest)
    started_at, clock = timezone.now(), time.perf_counter()
    analysis = analyse(document_of(policy_version), checklist, as_of=as_of, scale=Scale(engagement.processor_scale))
    audit = Audit(
        engagement=engagement,
        policy_version=policy_version,
        checklist_version=version,
        as_of=as_of,
        processor_scale=engagement.processor_scale,
        engine_version=ENGINE_VERSION,
        facts=analysis.facts,
        outline=outline_as_json(policy_version.text, analysis.outline),
        result_digest=analysis.digest,
        started_by=by,
        started_at=started_at,
        engine_milliseconds=round((time.perf_counter() - clock) * 1000),
    )
    return audit, analysis.findings


def latest_checklist_version():
    """The version for audits that begin today: published last, not retired, in effect; raises NoChecklist."""
    version = ChecklistVersion.objects.applying().select_related("checklist").newest_first().first()
    if version is None:
        raise NoChecklist
    return version


def outline_as_json(text, outline):
    """The outline as lists of offsets, small enough to be kept with the audit; Audit.outline describes its use.

    ``sections``: [start, heading_end, end, level, number, title, parent]; ``clauses``: [start, end, label, section];
    ``contents``: [start, end] of every line of a table of contents; ``topics``: of each section, what it is about.
    """
    return {
        "sections": [
            [
                section.start,
                section.heading_end,
                section.end,
                section.level,
                section.number,
                section.title,
                section.parent,
            ]
            for section in outline.sections
        ],
        "clauses": [[clause.start, clause.end, clause.label, clause.section] for clause in outline.clauses],
        "contents": [
            [sentence.start, sentence.end] for sentence in outline.sentences if sentence.role is Role.CONTENTS
        ],
        "topics": [list(topics) for topics in section_topics(text, outline)],
    }


def document_of(policy_version):
    """The policy version as the engine takes it."""
    return Document(
        name=policy_version.filename,
        sha256=policy_version.sha256,
        text=policy_version.text,
        media_type=policy_version.media_type,
        encoding=policy_version.encoding,
        warnings=tuple(policy_version.warnings),
        counts=policy_version.counts,
        layout=Layout.from_json(policy_version.layout),
    )


@lru_cache(maxsize=8)
def _checklist(digest):
    """Published versions are frozen, so each is parsed once per process."""
    return parse_checklist(ChecklistVersion.everywhere.get(digest=digest).source)


@transaction.atomic
def audit_keep(*, audit, proposals):
    """Save a proposed audit with a finding per requirement and its evidence, all of it or nothing."""
    audit.save()
    requirements = dict(audit.checklist_version.requirements.values_list("code", "pk"))
    findings = Finding.objects.bulk_create(
        _finding(audit, position, requirements[proposal.code], proposal)
        for position, proposal in enumerate(proposals, start=1)
    )
    text = audit.policy_version.text
    Evidence.objects.bulk_create(
        _evidence(finding, position, piece, text)
        for finding, proposal in zip(findings, proposals, strict=True)
        for position, piece in enumerate(proposal.evidence, start=1)
    )
    detail = {
        "policy_version": audit.policy_version_id,
        "checklist": audit.checklist_version.digest,
        "as_of": audit.as_of.isoformat(),
        "result_digest": audit.result_digest,
    }
    activity.record(actor=audit.started_by, action="audit.run", obj=audit, engagement=audit.engagement, detail=detail)


def _finding(audit, position, requirement_pk, proposal):
    return Finding(
        audit=audit,
        requirement_id=requirement_pk,
        position=position,
        severity=proposal.severity.value,
        proposed_verdict=proposal.verdict.value,
        confidence=proposal.confidence,
        rationale_zh=proposal.rationale,
        rationale_en=proposal.rationale_en,
        elements=[element._asdict() for element in proposal.elements],
        searched=searched_json(proposal.searched),
    )


def _evidence(finding, position, piece, text):
    """The quote is cut from the text that is kept, never taken over: what is shown is what is there."""
    return Evidence(
        finding=finding,
        position=position,
        start=piece.start,
        end=piece.end,
        quote=text[piece.start : piece.end],
        clause=piece.clause[:200],
        element=piece.element,
    )
