"""Drafts of checklists: started, seen as a whole, their head, and the way from draft to version."""

from collections import Counter

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.studio import DraftHeadForm, DraftStartForm, RequirementAddForm, RetireForm
from ..models import ChecklistDraft, ChecklistVersion
from ..permissions import draft_for, is_approver, is_author, studio_for
from ..services import ServiceError, drafts, publishing
from ..templatetags.checks_tags import in_language
from ..templatetags.studio_tags import problem_words
from .studio_content import LISTS, field_of

SHOWN = ("all", "changed", "problems", "reexamine")


@require_http_methods(["GET", "HEAD", "POST"])
def draft_start(request, pk):
    """A new draft from this version."""
    studio_for(request.user, author=True)
    rows = ChecklistVersion.objects.select_related("checklist").annotate(count=Count("requirements"))
    version = get_object_or_404(rows, pk=pk)
    form = DraftStartForm(request.POST or None, initial={"version": next_name(version)})
    if request.method == "POST" and form.is_valid():
        try:
            draft = drafts.draft_start(by=request.user, checklist=version.checklist, base=version, **form.cleaned_data)
        except ServiceError as error:
            form.add_error("version", error.message)
        else:
            messages.success(request, _("The draft is there. Nothing in it counts before it is published."))
            return redirect("draft_detail", draft.pk)
    context = {"version": version, "form": form}
    return render(request, "checks/studio/draft_start.html", context, status=422 if form.errors else 200)


@require_GET
def draft_detail(request, pk):
    return draft_page(request, draft_for(request.user, pk))


def draft_page(request, draft, *, problem="", reasons=(), status=200, add_form=None, typed=None):
    """The draft as a whole: requirements by domain, what changed, what is wrong, and what can be done with it."""
    rows = list(draft.requirements.select_related("changed_by"))
    present = [row for row in rows if not row.removed]
    found = drafts.draft_problems(draft, [row.content for row in present])
    before = base_contents(draft)
    for row in rows:
        row.change = change_of(row, before)
    counted = Counter(each.code for each in found)
    for row in present:
        row.problems = counted[row.code]
    shown = request.GET.get("show") if request.GET.get("show") in SHOWN else "all"
    query = request.GET.get("q", "").strip()
    listed = [row for row in present if is_shown(row, shown, query.casefold())]
    editable = draft.state == ChecklistDraft.State.DRAFT and is_author(request.user)
    reviews = list(draft.reviews.select_related("by"))
    context = {
        "draft": draft,
        "domains": by_domain(draft, listed),
        "removed": [row for row in rows if row.removed],
        "gone": [code for code in before if code not in {row.code for row in rows}],
        "head_problems": [each for each in found if not each.code],
        "counts": {
            "all": len(present),
            "changed": sum(row.change != "same" for row in present),
            "problems": sum(bool(row.problems) for row in present),
            "reexamine": sum(bool(row.reexamine) for row in present),
        },
        "problem_count": len(found),
        "listed": len(listed),
        "show": shown,
        "q": query,
        "editable": editable,
        "reviews": reviews,
        "sent_back": reviews[-1] if reviews and reviews[-1].kind == "sent_back" else None,
        "digest": drafts.digest_of(drafts.source_from(draft, [row.content for row in present])),
        "author": is_author(request.user),
        "approver": is_approver(request.user),
        "own": request.user.pk in drafts.editors_of(draft),
        "problem": problem,
        "reasons": reasons,
        "typed": typed or {},
        "add_form": add_form or RequirementAddForm(domains=domain_choices(draft)),
    }
    return render(request, "checks/studio/draft_detail.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def draft_head(request, pk):
    """Titles, domains, groups of terms, instruments, what changes and from when."""
    draft = draft_for(request.user, pk, author=True)
    form = DraftHeadForm(request.POST or None, draft=draft)
    stale = None
    if request.method == "POST" and form.is_valid():
        try:
            drafts.head_save(by=request.user, draft=draft, **form.as_saved())
        except drafts.StaleDraft as error:
            stale = error
            form.meet(error.current)
        except ServiceError as error:
            field = "version" if isinstance(error, drafts.VersionRequired | drafts.VersionTaken) else None
            form.add_error(field, error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("draft_detail", pk)
    found = [each for each in drafts.draft_problems(draft) if not each.code]
    context = {"draft": draft, "form": form, "stale": stale, "problems": found}
    status = 409 if stale else 422 if form.errors else 200
    return render(request, "checks/studio/draft_head.html", context, status=status)


@require_POST
def requirement_add(request, pk):
    """A new requirement, behind the last one of its domain; on to its editor."""
    draft = draft_for(request.user, pk, author=True)
    form = RequirementAddForm(request.POST, domains=domain_choices(draft))
    if not form.is_valid():
        return draft_page(request, draft, add_form=form, status=422)
    code, domain = form.cleaned_data["code"], form.cleaned_data["domain"]
    content = drafts.blank_requirement(draft) | {"domain": domain}
    rows = draft.requirements.filter(removed=False).order_by("position")
    after = [row.code for row in rows if row.content.get("domain") == domain]
    try:
        row = drafts.requirement_add(
            by=request.user, draft=draft, code=code, content=content, after=after[-1] if after else None
        )
    except ServiceError as error:
        form.add_error("code", error.message)
        return draft_page(request, draft, add_form=form, status=422)
    return redirect("draft_requirement", pk, row.code)


@require_POST
def requirement_act(request, pk, code, act):
    """Remove, put back, move or tick off one requirement of the list."""
    draft = draft_for(request.user, pk, author=True)
    given = {"by": request.user, "draft": draft, "code": code}
    try:
        if act == "move":
            drafts.requirement_move(**given, position=place(request, draft, code))
        elif act == "remove":
            drafts.requirement_remove(**given)
            messages.success(request, _("%(code)s is removed. It can be put back below the list.") % {"code": code})
        elif act == "restore":
            drafts.requirement_restore(**given)
            messages.success(request, _("%(code)s is back.") % {"code": code})
        else:
            drafts.requirement_reexamined(**given)
            messages.success(request, _("%(code)s is ticked off as examined again.") % {"code": code})
    except ServiceError as error:
        messages.error(request, error.message)
    anchor = f"#row-{code}" if act in ("move", "restore") else ""
    return redirect(list_url(request, pk) + anchor)


@require_POST
def draft_submit(request, pk):
    draft = draft_for(request.user, pk, author=True)
    try:
        publishing.draft_submit(by=request.user, draft=draft)
    except publishing.GateRefused as error:
        return refused(request, draft, error)
    except ServiceError as error:
        return draft_page(request, draft, problem=error.message, status=422)
    messages.success(request, _("The draft is in review. Somebody who wrote nothing in it approves it."))
    return redirect("draft_detail", pk)


@require_POST
def draft_send_back(request, pk):
    draft = draft_for(request.user, pk)
    note = request.POST.get("note", "")
    try:
        publishing.draft_send_back(by=request.user, draft=draft, note=note)
    except ServiceError as error:
        return draft_page(request, draft, problem=error.message, status=422, typed={"note": note})
    messages.success(request, _("The draft is open for its authors again."))
    return redirect("draft_detail", pk)


@require_POST
def draft_approve(request, pk):
    draft = draft_for(request.user, pk, approver=True)
    note = request.POST.get("approval", "")
    try:
        version = publishing.draft_approve(
            by=request.user, draft=draft, digest=request.POST.get("digest", ""), note=note
        )
    except publishing.GateRefused as error:
        return refused(request, draft, error)
    except ServiceError as error:
        return draft_page(request, draft, problem=error.message, status=422, typed={"approval": note})
    messages.success(request, _("Version %(version)s is published.") % {"version": version.version})
    return redirect("checklist_version", version.pk)


@require_POST
def draft_discard(request, pk):
    draft = draft_for(request.user, pk, author=True)
    try:
        drafts.draft_discard(by=request.user, draft=draft)
    except ServiceError as error:
        return draft_page(request, draft, problem=error.message, status=422)
    messages.success(request, _("The draft is discarded. It can still be read."))
    return redirect("checklist_list")


@require_http_methods(["GET", "HEAD", "POST"])
def version_retire(request, pk):
    """Offer a version for no new audit, with the reason why."""
    studio_for(request.user, approver=True)
    version = get_object_or_404(ChecklistVersion.objects.select_related("checklist").defer("source"), pk=pk)
    form = RetireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.version_retire(by=request.user, version=version, **form.cleaned_data)
        except ServiceError as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, _("Version %(version)s is retired.") % {"version": version.version})
            return redirect("checklist_version", pk)
    context = {"version": version, "form": form, "audits": version.audits.count()}
    return render(request, "checks/studio/version_retire.html", context, status=422 if form.errors else 200)


# ---------- context ----------


def refused(request, draft, error):
    """The draft's page with what stands in the way, each linked to its field."""
    reasons = [
        {
            "code": each.code,
            "part": each.problem.path if each.problem else (each.part,) if each.part else (),
            "words": problem_words(each.problem) if each.problem else each.message,
            "url": reason_url(draft, each),
        }
        for each in error.reasons
    ]
    return draft_page(request, draft, problem=error.message, reasons=reasons, status=422)


def reason_url(draft, reason):
    """To the field that is to blame, as near as its page has anchors."""
    if reason.kind == "effect_unseen":
        return reverse("draft_gate", args=[draft.pk])
    if not reason.code:
        return reverse("draft_head", args=[draft.pk]) + ("#id_changelog" if reason.kind == "changelog" else "")
    url = reverse("draft_requirement", args=[draft.pk, reason.code])
    content = draft.requirements.values_list("content", flat=True).get(code=reason.code)
    if reason.problem:
        keys = {name: list(map(str, range(len(content.get(name) or ())))) for name in LISTS}
        return f"{url}#f-{field_of(reason.problem.path, keys)[0]}"
    for name in ("elements", "signals"):
        for key, part in enumerate(content.get(name) or ()):
            if part.get("id") == reason.part:
                return f"{url}#{name}-{key}"
    return f"{url}#s-trigger" if reason.part == "trigger" else url


def base_contents(draft):
    """Code → content of the version that the draft began with."""
    if not draft.base_id:
        return {}
    return dict(draft.base.requirements.order_by("position").values_list("code", "content"))


def change_of(row, before):
    """What happened to the requirement since the base: added, changed or same."""
    if row.code not in before:
        return "added"
    return "same" if row.content == before[row.code] else "changed"


def is_shown(row, shown, query):
    if shown == "changed" and row.change == "same":
        return False
    if shown == "problems" and not row.problems:
        return False
    if shown == "reexamine" and not row.reexamine:
        return False
    content = row.content
    words = [row.code, *(content.get(name) or "" for name in ("title_zh", "title_en", "question_zh", "question_en"))]
    return query in " ".join(map(str, words)).casefold()


def by_domain(draft, rows):
    """``[(id, title, rows)]`` in the order of the head's domains; unknown domains at the end."""
    known = {each["id"]: in_language(each, "title") for each in draft.head.get("domains", ())}
    found = {name: [] for name in known}
    for row in rows:
        found.setdefault(row.content.get("domain") or "", []).append(row)
    for listed in found.values():
        for index, row in enumerate(listed):
            row.above = listed[index - 1].code if index else ""
            row.below = listed[index + 1].code if index + 1 < len(listed) else ""
    return [(name, known.get(name) or name, listed) for name, listed in found.items() if listed]


def domain_choices(draft):
    return [(each["id"], in_language(each, "title")) for each in draft.head.get("domains", ())]


def place(request, draft, code):
    """The place that the moved requirement is to have: that of the one it was put upon; its own when there is none."""
    codes = list(draft.requirements.filter(removed=False).order_by("position", "id").values_list("code", flat=True))
    target = request.POST.get("to", "")
    for wanted in (target, code):
        if wanted in codes:
            return codes.index(wanted) + 1
    return len(codes)


def list_url(request, pk):
    """Back to the list as it was filtered."""
    query = request.POST.get("filter", "").lstrip("?")
    return reverse("draft_detail", args=[pk]) + (f"?{query}" if query else "")


def next_name(version):
    """A name for the next version: this month's, with a number behind it when that is taken."""
    month = f"{timezone.localdate():%Y.%m}"
    taken = set(version.checklist.versions.values_list("version", flat=True))
    taken |= set(version.checklist.drafts.values_list("version", flat=True))
    names = [month, *(f"{month}-{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
