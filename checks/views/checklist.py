"""Published checklists, to be read by everybody who signs in."""

import re
from itertools import groupby

from django.db.models import Count, Prefetch
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ..models import Checklist, ChecklistVersion, Requirement
from ..permissions import checklists_for

GROUP_IN_RULE = re.compile(r"[{｛]([^}｝]+)[}｝]")


@require_GET
def checklist_list(request):
    published = ChecklistVersion.objects.filter(imported=False)
    versions = published.defer("source").annotate(requirement_count=Count("requirements"))
    checklists = Checklist.objects.filter(versions__in=published).distinct()
    checklists = checklists.prefetch_related(Prefetch("versions", versions.order_by("-published_at", "-id")))
    return render(request, "checks/checklist/checklist_list.html", {"checklists": checklists})


@require_GET
def checklist_version(request, pk):
    version = get_object_or_404(checklists_for(request.user).select_related("checklist"), pk=pk)
    requirements = version.requirements.defer("content").prefetch_related("legal_basis")
    context = {
        "version": version,
        "requirements": requirements,
        "domains": [(domain, list(rows)) for domain, rows in groupby(requirements, key=lambda row: row.domain)],
    }
    return render(request, "checks/checklist/checklist_version.html", context)


@require_GET
def requirement_detail(request, pk, code):
    rows = Requirement.objects.select_related("version__checklist").prefetch_related("legal_basis")
    requirement = get_object_or_404(rows, version__in=checklists_for(request.user).filter(pk=pk), code=code)
    others = list(requirement.version.requirements.only("code", "version", "position", "title_zh", "title_en"))
    here = others.index(requirement)
    context = {
        "requirement": requirement,
        "version": requirement.version,
        "groups": groups_named_in(requirement),
        "ruled": any(entry.get("rules") or entry.get("fact") for entry in detectors_of(requirement)),
        "before": others[here - 1] if here else None,
        "after": others[here + 1] if here + 1 < len(others) else None,
    }
    return render(request, "checks/checklist/requirement_detail.html", context)


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
