"""Observations beyond the checklist: their list, one with its history, and the form that writes and revises them."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.observations import WithdrawForm
from ..highlights import block_at
from ..models import Audit
from ..models.checklist import LegalBasis, SeverityChoices
from ..permissions import Action, audit_for, can, observation_for
from ..selectors.review import audit_observations, checklist_titles, observation_templates
from ..services import ServiceError
from ..services import observations as services
from ..templatetags.checks_tags import in_language
from .observation_form import Desk
from .policy_rows import find_row

DRAFT_SAVED = "observation_draft_saved"  # in the session: the draft the next page lets go
FIELD_OF = {
    services.TitleRequired: "title",
    services.NotASeverity: "severity",
    services.FactsRequired: "facts",
    services.PlaceRequired: "words",
    services.NotInPolicy: "words",
    services.TooManyPlaces: "words",
}


@require_GET
def observation_list(request, pk):
    """All observations of the audit, those withdrawn at the end."""
    audit = audit_for(request.user, pk)
    rows = audit_observations(audit, withdrawn=True)
    context = {
        **frame(request, audit),
        "observations": [shown(audit, row) for row in rows if not row.withdrawn],
        "withdrawn": [shown(audit, row) for row in rows if row.withdrawn],
    }
    return render(request, "checks/observations/observation_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def observation_create(request, pk):
    """The form for a new one. ``?place=12-40`` and ``?from=TAB-ROW`` begin with a place, ``?template=`` with a text."""
    audit = audit_for(request.user, pk, Action.DECIDE)
    desk = Desk(audit, posted(request), initial=beginning(request, audit))
    if request.method == "POST" and desk.is_saving():
        observation = act(desk, lambda data: services.observation_write(by=request.user, audit=audit, **data))
        if observation:
            request.session[DRAFT_SAVED] = draft_name(request, audit)
            messages.success(request, _("Observation %(number)s is saved.") % {"number": observation.number})
            return redirect("observation_detail", observation.pk)
    return form_page(request, audit, desk)


@require_http_methods(["GET", "HEAD", "POST"])
def observation_edit(request, pk):
    """The form for a new version; who was slower sees what changed and keeps what was typed."""
    observation = observation_for(request.user, pk, Action.DECIDE)
    audit = observation.audit
    current = audit_version(observation)
    initial = {name: getattr(current, name) for name in services.TEMPLATE_CONTENT}
    initial |= {"places": [(piece["start"], piece["end"]) for piece in current.places]}
    initial |= {"revision": observation.revision}
    desk = Desk(audit, posted(request), initial=initial, revising=True)
    if request.method == "POST" and desk.is_saving():
        revised = act(desk, lambda data: services.observation_revise(by=request.user, observation=observation, **data))
        if revised:
            request.session[DRAFT_SAVED] = draft_name(request, audit, observation)
            messages.success(request, _("Observation %(number)s is saved.") % {"number": revised.number})
            return redirect("observation_detail", pk)
        if desk.stale:
            desk.meet(observation.revision)
    return form_page(request, audit, desk, observation=observation, current=current)


@require_GET
def observation_detail(request, pk):
    return detail_page(request, observation_for(request.user, pk))


@require_POST
def observation_withdraw(request, pk):
    observation = observation_for(request.user, pk, Action.DECIDE)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return detail_page(request, observation, withdraw_form=form, status=422)
    try:
        services.observation_withdraw(by=request.user, observation=observation, **form.cleaned_data)
    except ServiceError as error:
        status = 409 if isinstance(error, services.StaleObservation) else 422
        return detail_page(request, observation, withdraw_form=form, problem=error.message, status=status)
    messages.success(request, _("The observation is withdrawn. It stays in the history and can be restored."))
    return redirect("observation_detail", pk)


@require_POST
def observation_restore(request, pk):
    observation = observation_for(request.user, pk, Action.DECIDE)
    try:
        revision = int(request.POST.get("revision", ""))
    except ValueError:
        revision = -1
    try:
        services.observation_restore(by=request.user, observation=observation, revision=revision)
    except ServiceError as error:
        status = 409 if isinstance(error, services.StaleObservation) else 422
        return detail_page(request, observation, problem=error.message, status=status)
    messages.success(request, _("The observation counts again."))
    return redirect("observation_detail", pk)


# ---------- Context ----------


def act(desk, service):
    """What the service returns; None when it refused, with the reason on the form."""
    if not desk.form.is_valid():
        return None
    try:
        return service(desk.data())
    except services.StaleObservation as error:
        desk.stale = True
        desk.problem = error.message
    except ServiceError as error:
        field = FIELD_OF.get(type(error))
        if field:
            desk.form.add_error(field, error.message)
        else:
            desk.problem = error.message
    return None


def beginning(request, audit):
    """What a new observation begins with: a place chosen in the text, a row of a view, a template."""
    initial = {}
    if template := chosen_template(request):
        initial = {name: getattr(template, name) for name in services.TEMPLATE_CONTENT}
    row = find_row(audit, request.GET.get("from", ""))
    if row:
        initial = {"title": row.title, "facts": row.facts, **initial, "places": row.places}
    if places := request.GET.get("place"):
        initial["places"] = Desk.read_places(places, len(audit.policy_version.text))
    return initial


def draft_name(request, audit, observation=None):
    """Under which name the browser keeps what is typed until it is saved."""
    if observation:
        return f"observation:{observation.pk}"
    return f"observation:new-{audit.pk}-{request.GET.get('from') or request.GET.get('place', '')}"


def posted(request):
    return request.POST if request.method == "POST" else None


def chosen_template(request):
    wanted = request.GET.get("template", "")
    return next((row for row in observation_templates(request.user) if str(row.pk) == wanted), None)


def frame(request, audit):
    signed = audit.status == Audit.Status.SIGNED
    return {
        "audit": audit,
        "signed": signed,
        "may_write": not signed and can(request.user, audit.engagement, Action.DECIDE),
    }


def shown(audit, observation):
    """An observation with links from its places into the text."""
    review = reverse("audit_review", args=[audit.pk])
    observation.linked = [
        {**piece, "address": f"{review}#{block_at(audit.outline, piece['start'])}"}
        for piece in observation.current.places
    ]
    return observation


def audit_version(observation):
    return observation.versions.select_related("written_by").last()


def form_page(request, audit, desk, observation=None, current=None):
    status = 409 if desk.stale else (422 if desk.refused else 200)
    context = {
        **frame(request, audit),
        "desk": desk,
        "form": desk.form,
        "observation": observation,
        "current": current,
        "draft": draft_name(request, audit, observation),
        "templates": observation_templates(request.user) if observation is None else [],
        "chosen_template": request.GET.get("template", ""),
        "bases": legal_bases(audit),
        "meanwhile": meanwhile(desk, current) if desk.stale else [],
    }
    return render(request, "checks/observations/observation_form.html", context, status=status)


def meanwhile(desk, current):
    """What the version that counts says otherwise than what was typed: ``(label, theirs, typed)``."""
    typed = {name: desk.form.data.get(name, "").replace("\r\n", "\n").strip() for name in services.TEMPLATE_CONTENT}
    typed["severity"] = dict(SeverityChoices.choices).get(typed["severity"], typed["severity"])
    typed["places"] = "\n".join(place["quote"] for place in desk.places)
    return [
        (label, said(current, name), typed[name])
        for name, label in LABELS.items()
        if said(current, name) != typed[name]
    ]


def legal_bases(audit):
    """Every article the checklist rests on, most used first: one query."""
    titles = checklist_titles(audit.checklist_version)["instruments"]
    rows = LegalBasis.objects.filter(requirement__version=audit.checklist_version_id)
    counted = rows.values_list("instrument", "ref").annotate(n=Count("pk")).order_by("-n", "instrument", "ref")
    named = (f"{in_language(titles.get(code), 'title') or code} {ref}".strip() for code, ref, _n in counted)
    return list(dict.fromkeys([*named, *(in_language(entry, "title") for entry in titles.values())]))


def detail_page(request, observation, status=200, problem="", withdraw_form=None):
    audit = observation.audit
    [row] = [one for one in audit_observations(audit, withdrawn=True) if one.pk == observation.pk]
    context = {
        **frame(request, audit),
        "observation": shown(audit, row),
        "current": row.current,
        "history": history(row.history),
        "draft_saved": request.session.pop(DRAFT_SAVED, ""),
        "may_keep": can(request.user, audit.engagement, Action.DECIDE),
        "problem": problem,
        "withdraw_form": withdraw_form or WithdrawForm(initial={"revision": row.revision}),
    }
    return render(request, "checks/observations/observation_detail.html", context, status=status)


LABELS = {
    "title": gettext_lazy("Title"),
    "severity": gettext_lazy("Severity"),
    "basis": gettext_lazy("Legal basis"),
    "facts": gettext_lazy("Facts"),
    "remediation": gettext_lazy("Remediation"),
    "places": gettext_lazy("Places"),
}


def history(versions):
    """The versions, newest first, each with what it changed: ``(label, before, after)``."""
    told = []
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        changes = [
            (label, said(before, name), said(version, name))
            for name, label in LABELS.items()
            if before and getattr(before, name) != getattr(version, name)
        ]
        told.append({"version": version, "changes": changes, "kind": kind_of(version, before)})
    return told


def kind_of(version, before):
    if before is None:
        return "written"
    if version.withdrawn != before.withdrawn:
        return "withdrawn" if version.withdrawn else "restored"
    return "revised"


def said(version, name):
    """What a field of a version says, in words."""
    if name == "severity":
        return version.get_severity_display()
    if name == "places":
        return "\n".join(piece["quote"] for piece in version.places)
    return getattr(version, name)
