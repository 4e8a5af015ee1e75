"""Published checklists, to be read by everybody who signs in."""

import re
from itertools import groupby

from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from ..models import Checklist, ChecklistDraft, ChecklistVersion, Requirement
from ..permissions import checklist_version_for, is_approver, is_author, sees_drafts
from ..services.instruments import flags_of

GROUP_IN_RULE = re.compile(r"[{｛]([^}｝]+)[}｝]")


@require_GET
def checklist_list(request):
    """Every checklist with its versions, and for authors and approvers with its drafts."""
    versions = ChecklistVersion.objects.defer("source").annotate(requirement_count=Count("requirements"))
    versions = versions.select_related("retirement", "published_by", "approved_by").newest_first()
    drafts = ChecklistDraft.objects.filter(state__in=["draft", "in_review"]).select_related("author").defer("head")
    wanted = [Prefetch("versions", versions)]
    studio = sees_drafts(request.user)
    if studio:
        wanted.append(Prefetch("drafts", drafts, to_attr="open_drafts"))
    here = Q(versions__in=ChecklistVersion.objects.all()) | Q(drafts__in=drafts if studio else [])
    checklists = list(Checklist.objects.filter(here).distinct().prefetch_related(*wanted))
    current = ChecklistVersion.objects.applying().newest_first().values_list("pk", flat=True).first()
    today = timezone.localdate()
    for checklist in checklists:
        for version in checklist.versions.all():
            version.standing = standing(version, today)
            version.current = version.pk == current
    context = {"checklists": checklists, "author": is_author(request.user), "studio": studio}
    return render(request, "checks/checklist/checklist_list.html", context)


@require_GET
def checklist_version(request, pk):
    version = checklist_version_for(request.user, pk)
    version.standing = standing(version, timezone.localdate())
    requirements = version.requirements.defer("content").prefetch_related("legal_basis")
    flags = flags_of(version=version)
    for requirement in requirements:
        requirement.flags = flags.get(requirement.code, ())
    context = {
        "version": version,
        "tailored": version.mine,
        "flagged": len(flags),
        "requirements": requirements,
        "domains": [(domain, list(rows)) for domain, rows in groupby(requirements, key=lambda row: row.domain)],
        # Nothing is drafted from what belongs to an engagement alone, compared with it or retired.
        "author": is_author(request.user) and not version.private,
        "approver": is_approver(request.user) and not version.private,
        "earlier": not version.private
        and version.checklist.versions.filter(pk__lt=version.pk).order_by("-pk").only("pk", "version").first(),
    }
    return render(request, "checks/checklist/checklist_version.html", context)


@require_GET
def requirement_detail(request, pk, code):
    version = checklist_version_for(request.user, pk)
    rows = Requirement.objects.prefetch_related("legal_basis")
    requirement = get_object_or_404(rows, version_id=pk, code=code)
    requirement.version = version
    others = list(requirement.version.requirements.only("code", "version", "position", "title_zh", "title_en"))
    here = others.index(requirement)
    context = {
        "requirement": requirement,
        "version": version,
        "flags": flags_of(version=version).get(code, ()),
        "studio": sees_drafts(request.user),
        "groups": groups_named_in(requirement),
        "ruled": any(entry.get("rules") or entry.get("fact") for entry in detectors_of(requirement)),
        "before": others[here - 1] if here else None,
        "after": others[here + 1] if here + 1 < len(others) else None,
    }
    return render(request, "checks/checklist/requirement_detail.html", context)


def standing(version, today):
    """``(state, words)`` of a version: published, retired, or waiting for the day from which it applies."""
    if hasattr(version, "retirement"):
        return "retired", _("Retired")
    if version.applies_from and version.applies_from > today:
        return "waiting", _("Not in effect yet")
    return "published", pgettext("state of a checklist", "Published")


def groups_named_in(requirement):
    """The groups of terms that the requirement's rules name, ``{name: terms}``: without them a rule says little."""
    content = requirement.content
    groups = {**requirement.version.source.get("groups", {}), **content.get("groups", {})}
    detectors = detectors_of(requirement)
    lines = [line for detector in detectors for line in (*detector.get("rules", ()), *detector.get("unless", ()))]
    names = dict.fromkeys(name.strip() for line in lines for name in GROUP_IN_RULE.findall(line))
    return {name: groups[name] for name in names if name in groups}


def detectors_of(requirement):
    """Everything the requirement's rules look for: its trigger, elements and signals."""
    content = requirement.content
    return [content.get("trigger") or {}, *content.get("elements", ()), *content.get("signals", ())]
