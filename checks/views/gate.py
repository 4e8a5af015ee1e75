"""What stands in the way of a draft and what it would change; field health; audits that go over to a new version."""

from collections import defaultdict

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..corpora import corpus_for, own_engagements
from ..field_health import element_health, override_reasons, places_of, requirement_health
from ..models import ChecklistVersion, Finding, PolicyVersion
from ..permissions import Action, audit_for, draft_for, studio_for
from ..services import ServiceError, effects, moving
from ..services import laboratory as lab
from ..services.gate import gate, running_audits
from ..templatetags.studio_tags import path_words, problem_words
from .studio_content import field_of

PER_PAGE = 50


@require_GET
def draft_gate(request, pk):
    """The gate report of a draft: reasons, with links to their fields, and effects."""
    draft = draft_for(request.user, pk)
    report = gate(draft, publishing=draft.state == draft.State.IN_REVIEW)
    contents = dict(draft.requirements.values_list("code", "content"))
    context = {
        "draft": draft,
        "report": report,
        "reasons": reason_rows(draft, report.blocking),
        "preview": report.preview,
        "contents": contents,
        "audits": list(running_audits(draft).filter(engagement__in=own_engagements(request.user))[:PER_PAGE]),
    }
    if report.preview and report.preview.state == effects.State.DONE:
        context |= effect_rows(request, report.preview, contents)
    template = "checks/studio/gate_effect.html" if request.htmx else "checks/studio/gate.html"
    return render(request, template, context)


@require_POST
def draft_preview(request, pk):
    """Have the effect on stored policies worked out."""
    draft = draft_for(request.user, pk)
    try:
        effects.preview_start(by=request.user, draft=draft)
    except effects.ChecklistError:
        messages.error(request, _("The draft cannot be read yet. Mend what stands in the way first."))
    return redirect(reverse("draft_gate", args=[pk]) + "#effect")


def reason_rows(draft, reasons):
    """``[{code, part, words, url}]`` of what stands in the way, each linked to its field."""
    rows = []
    for reason in reasons:
        problem = reason.problem
        rows.append(
            {
                "code": reason.code,
                "part": path_words(problem.path) if problem else reason.part,
                "words": problem_words(problem) if problem else reason.message,
                "url": reason_url(draft, reason),
                "lab": laboratory_url(draft, reason),
            }
        )
    return rows


def reason_url(draft, reason):
    if reason.kind == "effect_unseen":
        return reverse("draft_gate", args=[draft.pk]) + "#effect"
    if not reason.code:
        return reverse("draft_head", args=[draft.pk]) + ("#id_changelog" if reason.kind == "changelog" else "")
    editor = reverse("draft_requirement", args=[draft.pk, reason.code])
    return f"{editor}#problem-{field_of(reason.problem.path)[0]}" if reason.problem else editor


def laboratory_url(draft, reason):
    """Where a failing example or an idle rule can be mended."""
    if reason.problem or not reason.part or not reason.code:
        return ""
    return reverse("draft_laboratory", args=[draft.pk], query={"code": reason.code, "part": reason.part})


def effect_rows(request, preview, contents):
    """The verdicts that turn, by requirement; names and sentences only of policies this person may read."""
    turned = preview.result["turns"]
    tally = defaultdict(lambda: defaultdict(int))
    for turn in turned:
        tally[turn["code"]][turn["before"], turn["after"]] += 1
    pks = {turn["version"] for turn in turned}
    readable = set(corpus_for(request.user).filter(pk__in=pks).values_list("pk", flat=True))
    page = Paginator([turn for turn in turned if turn["version"] in readable], PER_PAGE)
    page = page.get_page(request.GET.get("page"))
    wanted = {turn["version"] for turn in page.object_list}
    versions = PolicyVersion.objects.select_related("document__engagement").defer("layout").in_bulk(wanted)
    rows = [
        turn
        | {
            "policy": versions[turn["version"]],
            "quote_before": quote(versions[turn["version"]], turn["place_before"]),
            "quote_after": quote(versions[turn["version"]], turn["place_after"]),
        }
        for turn in page.object_list
    ]
    return {
        "tally": [
            {
                "code": code,
                "content": contents.get(code, {}),
                "turns": [
                    {"before": before, "after": after, "count": count} for (before, after), count in each.items()
                ],
            }
            for code, each in sorted(tally.items())
        ],
        "turned": len(turned),
        "hidden": sum(turn["version"] not in readable for turn in turned),
        "page": page,
        "turns": rows,
        "labelled": labelled_rows(preview.result["labelled"]),
    }


def quote(version, place):
    return version.text[place[0] : place[1]] if place else ""


def labelled_rows(labelled):
    """Precision, recall and agreement on labelled policies, before and after."""
    rows = []
    for code, sides in sorted(labelled.get("requirements", {}).items()):
        before, after = scores(sides.get("before")), scores(sides.get("after"))
        rows.append({"code": code, "before": before, "after": after})
    return {"policies": labelled.get("policies", 0), "rows": rows} if rows else None


def scores(counts):
    if not counts:
        return None
    return {
        "precision": counts["both"] / counts["said"] if counts["said"] else None,
        "recall": counts["both"] / counts["gold"] if counts["gold"] else None,
        "agreement": counts["agreed"] / counts["items"] if counts["items"] else None,
        "items": counts["items"],
    }


@require_GET
def checklist_health(request, pk):
    """How a version does in the field, the sickest requirement first: numbers of all audits."""
    studio_for(request.user)
    version = get_object_or_404(ChecklistVersion.objects.defer("source").select_related("checklist"), pk=pk)
    rows = requirement_health(version)
    entries = {row.code: row for row in version.requirements.defer("content")}
    for row in rows:
        row.entry = entries[row.code]
    seen = [row for row in rows if row.findings]
    context = {
        "version": version,
        "page": Paginator(seen, PER_PAGE).get_page(request.GET.get("page")),
        "unseen": len(rows) - len(seen),
        "audits": Finding.objects.filter(audit__checklist_version=version, audit__moved_to=None)
        .values("audit")
        .distinct()
        .count(),
    }
    return render(request, "checks/studio/health.html", context)


@require_GET
def requirement_health_detail(request, pk, code):
    """One requirement in the field: its elements and rules, and why auditors decided otherwise."""
    studio_for(request.user)
    version = get_object_or_404(ChecklistVersion.objects.select_related("checklist"), pk=pk)
    requirement = get_object_or_404(version.requirements, code=code)
    health = next(row for row in requirement_health(version) if row.code == code)
    groups = lab.groups_of(version.source, requirement.content)
    entries = dict(lab.parts_of(requirement.content))
    parts = element_health(version, code)
    for row in parts:
        row.entry = entries.get(row.part, {})
        row.rules = lab.rules_behind(lab.Element.of(row.entry), groups, places_of(version, code, row.part))
    own = own_engagements(request.user)
    reasons = override_reasons(version, code, own)
    hidden = sum(health.overridden.values()) - len(reasons)
    draft = open_draft_with(version.checklist, code)
    context = {
        "version": version,
        "requirement": requirement,
        "health": health,
        "parts": parts,
        "reasons": reasons,
        "hidden": max(0, hidden),
        "draft": draft,
    }
    return render(request, "checks/studio/health_requirement.html", context)


def open_draft_with(checklist, code):
    """The newest draft that is open for editing and has this requirement, whatever version it began with; or None."""
    drafts = checklist.drafts.filter(state="draft", requirements__code=code, requirements__removed=False)
    return drafts.order_by("-id").first()


@require_http_methods(["GET", "HEAD", "POST"])
def audit_move(request, pk):
    """Stay on the audit's version or move over to a newer one: what would go along, and the act itself."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    offers = list(moving.move_offers(audit))
    given = request.POST if request.method == "POST" else request.GET
    wanted = [offer for offer in offers if str(offer.pk) == given.get("version")]
    version = (wanted or offers or [None])[0]
    problem, told = "", None
    if request.method == "POST" and wanted:
        try:
            new = moving.audit_move(by=request.user, audit=audit, version=version)
        except ServiceError as error:
            problem = error.message
        else:
            move = new.moved_from
            words = _(
                "The audit runs on version %(version)s now: %(carried)s decisions went along, %(reopened)s are open."
            )
            counts = {"version": version.version, "carried": move.carried, "reopened": move.reopened}
            messages.success(request, words % counts)
            return redirect("audit_detail", new.pk)
    if version:
        try:
            told = moving.move_preview(by=request.user, audit=audit, version=version)
        except ServiceError as error:
            problem = problem or error.message
    context = {
        "audit": audit,
        "engagement": audit.engagement,
        "offers": offers,
        "version": version,
        "told": told,
        "problem": problem,
    }
    return render(request, "checks/analysis/audit_move.html", context, status=422 if problem else 200)
