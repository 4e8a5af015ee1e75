"""Two versions or drafts of a checklist side by side: what differs, requirement by requirement and word by word."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from ..comparing import compare_checklists, counts_of
from ..models import Checklist, ChecklistVersion
from ..permissions import draft_for, sees_drafts
from ..services import drafts
from ..templatetags.checks_tags import in_language


@require_GET
def checklist_compare(request, pk):
    """``?before=v12&after=d3``: v is a version, d a draft; without them the two newest versions."""
    checklist = get_object_or_404(Checklist, pk=pk)
    choices = choices_of(request.user, checklist)
    after = chosen(request.GET.get("after"), choices, 0)
    before = chosen(request.GET.get("before"), choices, 1)
    context = {"checklist": checklist, "choices": choices, "before": before, "after": after}
    if before and after:
        one, other = (source_of(request.user, checklist, each) for each in (before, after))
        head, changes = compare_checklists(one, other)
        context |= {
            "head": head,
            "counts": counts_of(changes),
            "changes": changes if request.GET.get("all") else [each for each in changes if each.kind != "same"],
            "everything": bool(request.GET.get("all")),
            "titles": [in_language(source, "title") for source in (one, other)],
        }
    return render(request, "checks/studio/compare.html", context)


def choices_of(user, checklist):
    """What can be compared: ``[(name, words, is draft)]``, drafts first where there are any for this person."""
    versions = checklist.versions.only("version", "published_at", "checklist").newest_first()
    rows = [(f"v{each.pk}", each.version, False) for each in versions]
    if not sees_drafts(user):
        return rows
    open_ones = checklist.drafts.filter(state__in=["draft", "in_review"]).only("version", "checklist")
    return [*((f"d{each.pk}", each.version, True) for each in open_ones), *rows]


def chosen(name, choices, place):
    names = [each[0] for each in choices]
    if name is not None and name not in names:
        raise Http404
    return name or (names[place] if place < len(names) else None)


def source_of(user, checklist, name):
    if name.startswith("d"):
        return drafts.draft_source(draft_for(user, int(name[1:])))
    return get_object_or_404(ChecklistVersion.objects.only("source"), pk=int(name[1:]), checklist=checklist).source
