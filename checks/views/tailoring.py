"""What one engagement asks otherwise than the published checklist."""

from itertools import groupby

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..forms.studio import OwnRequirementForm, ReasonForm, TailoringForm
from ..models import ChecklistVersion, TailoringChange
from ..permissions import Action, can, engagement_for, tailoring_change_for
from ..services import ServiceError, analysis, tailoring
from ..templatetags.checks_tags import in_language, severity_word
from ..templatetags.studio_tags import path_words, problem_words

FIELD_OF = {"rules": "rules", "unless": "unless", "examples": "match", "legal_basis": "instrument"}
EXAMPLE_FIELD = {"not_found": "match", "false_alarm": "no_match"}


@require_http_methods(["GET", "HEAD", "POST"])
def engagement_tailoring(request, pk):
    """The changes that stand, those taken back, and the form for another one."""
    action = Action.MANAGE if request.method == "POST" else Action.VIEW
    engagement = engagement_for(request.user, pk, action)
    version = asked_version(request)
    changes = tailoring.standing(engagement, version) if version else []
    form = TailoringForm(request.POST or None, requirements=choices(version, changes) if version else [])
    if request.method == "POST" and version and form.is_valid():
        try:
            make(request.user, engagement, version, form.cleaned_data)
        except ServiceError as error:
            form.add_error("code", error.message)
        else:
            messages.success(request, _("Noted. Audits that begin from now on run on it; those that ran stay."))
            return redirect(request.get_full_path())
    return tailoring_page(request, engagement, version, changes, form)


def tailoring_page(request, engagement, version, changes, form):
    rows = TailoringChange.objects.filter(engagement=engagement).select_related("made_by", "revokes", "checklist")
    effective = set(tailoring.effective_changes(version.source, changes)) if version else set()
    for change in changes:
        change.idle = change not in effective
    context = {
        "engagement": engagement,
        "version": version,
        "versions": ChecklistVersion.objects.applying().select_related("checklist").defer("source").newest_first(),
        "changes": changes,
        "taken_back": rows.filter(kind=TailoringChange.Kind.REVOKED).order_by("-id"),
        "counts": counts(version, effective) if version else None,
        "form": form,
        "can_manage": can(request.user, engagement, Action.MANAGE),
    }
    status = 422 if form.errors else 200
    return render(request, "checks/tailoring/tailoring.html", context, status=status)


def make(by, engagement, version, given):
    act = {"by": by, "engagement": engagement, "version": version, "code": given["code"], "reason": given["reason"]}
    if given["what"] == "off":
        return tailoring.requirement_switch_off(**act)
    return tailoring.severity_raise(**act, severity=given["what"])


@require_http_methods(["GET", "HEAD", "POST"])
def own_requirement(request, pk):
    """A requirement that only this engagement asks."""
    engagement = engagement_for(request.user, pk, Action.MANAGE)
    version = asked_version(request)
    if version is None:
        raise Http404
    source = version.source
    form = OwnRequirementForm(
        request.POST or None,
        domains=[(entry["id"], in_language(entry, "title")) for entry in source["domains"]],
        instruments=[(entry["id"], in_language(entry, "title")) for entry in source["instruments"]],
    )
    if request.method == "POST" and form.is_valid():
        try:
            change = tailoring.own_requirement_add(
                by=request.user,
                engagement=engagement,
                version=version,
                content=form.content,
                reason=form.cleaned_data["reason"],
            )
        except tailoring.OwnRequirementRefused as refused:
            say_what_is_wrong(form, refused)
        except ServiceError as error:
            form.add_error("reason", error.message)
        else:
            messages.success(
                request, _("%(code)s was added. Audits that begin from now on ask it.") % {"code": change.code}
            )
            return redirect("engagement_tailoring", engagement.pk)
    context = {"engagement": engagement, "version": version, "form": form}
    status = 422 if form.errors else 200
    return render(request, "checks/tailoring/own_requirement.html", context, status=status)


def say_what_is_wrong(form, refused):
    """Each problem beside its field, with the line it is about."""
    for problem in refused.problems:
        name = next((FIELD_OF[part] for part in problem.path if part in FIELD_OF), None)
        line = ""
        if name in ("rules", "unless") and isinstance(problem.path[-1], int):
            line = form.cleaned_data[name][problem.path[-1]] if problem.path[-1] < len(form.cleaned_data[name]) else ""
        said = problem_words(problem)
        if not name:
            said = f"{path_words(problem.path)}: {said}"
        form.add_error(name, f"{line} — {said}" if line else said)
    for failure in refused.failures:
        words = {
            "not_found": _("No rule finds this sentence: %(text)s"),
            "false_alarm": _("A rule finds this sentence: %(text)s"),
        }
        form.add_error(EXAMPLE_FIELD[failure.problem], words[failure.problem] % {"text": failure.text})


@require_POST
def tailoring_take_back(request, pk):
    change = tailoring_change_for(request.user, pk, Action.MANAGE)
    form = ReasonForm(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        tailoring.change_take_back(by=request.user, change=change, reason=reason)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Taken back. Audits that begin from now on ask it as the checklist does."))
    return redirect("engagement_tailoring", change.engagement_id)


def asked_version(request):
    """The version the page is about: the one asked for, else the one new audits use; None while there is none."""
    rows = ChecklistVersion.objects.applying().select_related("checklist")
    asked = request.GET.get("version", "")
    if asked:
        version = rows.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 12 else None
        if version is None:
            raise Http404
        return version
    try:
        return analysis.latest_checklist_version()
    except analysis.NoChecklist:
        return None


def choices(version, changes):
    """Requirements that are not changed yet, by domain, with their severity."""
    changed = {change.code for change in changes}
    titles = {entry["id"]: in_language(entry, "title") for entry in version.source["domains"]}
    entries = [entry for entry in version.source["requirements"] if entry["code"] not in changed]
    return [
        (
            titles.get(domain, domain),
            [
                (entry["code"], f"{in_language(entry, 'title')} · {entry['code']} · {severity_word(entry['severity'])}")
                for entry in rows
            ],
        )
        for domain, rows in groupby(entries, key=lambda entry: entry["domain"])
    ]


def counts(version, effective):
    """How many requirements there are in the version, off, graver, own, and asked in the end."""
    total = len(version.source["requirements"])
    of_kind = {kind: sum(change.kind == kind for change in effective) for kind in ("off", "severity", "own")}
    return {"total": total, **of_kind, "asked": total - of_kind["off"] + of_kind["own"]}
