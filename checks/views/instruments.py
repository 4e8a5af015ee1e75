"""The register of legal instruments, and the way from a change of law to a draft."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.studio import DraftStartForm, InstrumentForm, LawChangeForm, ReasonForm
from ..models import ChecklistDraft, ChecklistVersion, Instrument, InstrumentChange
from ..permissions import is_author, studio_for
from ..services import ServiceError, drafts
from ..services import instruments as services
from .studio import next_name


@require_GET
def instrument_list(request):
    studio_for(request.user)
    rows = list(services.instruments())
    for row in rows:
        row.standing = services.standing_changes(row)
    context = {"instruments": rows, "author": is_author(request.user)}
    return render(request, "checks/instruments/instrument_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def instrument_create(request):
    studio_for(request.user, author=True)
    form = InstrumentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            instrument = services.instrument_add(by=request.user, **form.cleaned_data)
        except services.TitleRequired as error:
            form.add_error("title_zh", error.message)
        except ServiceError as error:
            form.add_error("key", error.message)
        else:
            messages.success(request, _("%(key)s is in the register.") % {"key": instrument.key})
            return redirect("instrument_detail", instrument.pk)
    return render(
        request, "checks/instruments/instrument_form.html", {"form": form}, status=422 if form.errors else 200
    )


@require_GET
def instrument_detail(request, pk):
    """One instrument: what happened to it, and what cites it in the version new audits use."""
    studio_for(request.user)
    instrument = get_object_or_404(services.instruments(), pk=pk)
    version = ChecklistVersion.objects.applying().select_related("checklist").newest_first().first()
    citations = services.citing_version(version=version, instrument=instrument) if version else []
    context = {
        "instrument": instrument,
        "changes": list(instrument.changes.all())[::-1],
        "standing": services.standing_changes(instrument),
        "version": version,
        "citations": citations,
        "author": is_author(request.user),
    }
    return render(request, "checks/instruments/instrument_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def law_change_create(request):
    """What happened to which instrument; ``look`` shows what cites it, before anything is recorded."""
    studio_for(request.user, author=True)
    chosen = instrument_asked(request)
    sent = request.method == "POST" and "choose" not in request.POST
    initial = {"instrument": chosen, "kind": request.GET.get("kind") or InstrumentChange.Kind.AMENDED.value}
    data = request.POST if request.method == "POST" else None
    form = LawChangeForm(data if sent else None, instrument=chosen, initial=initial | kept(request))
    versions, looked = [], False
    if sent and form.is_valid():
        given = form.cleaned_data
        if "look" in request.POST:
            looked = True
            versions = citing(given["instrument"], given["articles"])
        else:
            try:
                change = services.instrument_change(by=request.user, **given)
            except services.ReplacedByItself as error:
                form.add_error("replaced_by", error.message)
            except ServiceError as error:
                form.add_error("instrument", error.message)
            else:
                messages.success(request, _("The change is recorded, and what cites it is marked."))
                return redirect("law_change", change.pk)
    context = {"form": form, "instrument": chosen, "versions": versions, "looked": looked}
    status = 422 if sent and form.errors else 200
    return render(request, "checks/instruments/law_change_form.html", context, status=status)


def kept(request):
    """What was typed before another instrument was chosen."""
    names = ("kind", "effective", "articles", "note", "replaced_by")
    return {name: request.POST[name] for name in names if request.POST.get(name)}


def instrument_asked(request):
    number = request.POST.get("instrument") or request.GET.get("instrument") or ""
    if not number.isdecimal() or len(number) > 12:
        return None
    return Instrument.objects.filter(pk=int(number)).first()


@require_GET
def law_change(request, pk):
    """A recorded change: what cites it in each checklist and draft, and a draft to work on it."""
    studio_for(request.user)
    return law_page(request, change_or_404(pk))


def law_page(request, change, *, forms=None, status=200):
    forms = forms or {}
    versions = citing(change.instrument, change.articles)
    for row in versions:
        row["form"] = forms.get(row["version"].pk) or start_form(row["version"])
    marked = []
    for draft in ChecklistDraft.objects.filter(state__in=["draft", "in_review"]).select_related("checklist"):
        left = [row for row in draft.requirements.all() if services.mark_of(change) in row.reexamine]
        citations = services.citing_draft(
            rows=draft.requirements.filter(removed=False), instrument=change.instrument, articles=change.articles
        )
        if citations:
            marked.append({"draft": draft, "left": left, "total": len({row.code for row in citations})})
    context = {
        "change": change,
        "withdrawal": getattr(change, "withdrawal", None),
        "versions": versions,
        "drafts": marked,
        "author": is_author(request.user),
    }
    return render(request, "checks/instruments/law_change.html", context, status=status)


def start_form(version, data=None):
    return DraftStartForm(
        data, initial={"version": next_name(version)}, prefix=f"v{version.pk}", auto_id=f"v{version.pk}-%s"
    )


@require_POST
def law_draft(request, pk, version_pk):
    """A draft in which everything that cites the changed instrument is marked for re-examination."""
    studio_for(request.user, author=True)
    change = change_or_404(pk)
    version = get_object_or_404(ChecklistVersion.objects.select_related("checklist"), pk=version_pk)
    form = start_form(version, request.POST)
    if form.is_valid():
        try:
            draft = drafts.draft_start(by=request.user, checklist=version.checklist, base=version, **form.cleaned_data)
        except ServiceError as error:
            form.add_error("version", error.message)
        else:
            count = draft.requirements.exclude(reexamine="").count()
            messages.success(request, _("The draft is there; %(count)s requirements are marked.") % {"count": count})
            return redirect(f"{draft_url(draft)}?show=reexamine")
    return law_page(request, change, forms={version.pk: form}, status=422)


def draft_url(draft):
    return redirect("draft_detail", draft.pk).url


@require_POST
def law_change_withdraw(request, pk):
    studio_for(request.user, author=True)
    change = change_or_404(pk)
    form = ReasonForm(request.POST)
    try:
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        services.change_withdraw(by=request.user, change=change, reason=reason)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The change no longer counts; its marks are gone."))
    return redirect("law_change", change.pk)


def change_or_404(pk):
    rows = InstrumentChange.objects.select_related("instrument", "replaced_by", "recorded_by", "withdrawal__by")
    change = rows.filter(pk=pk).first()
    if change is None:
        raise Http404
    return change


def citing(instrument, articles):
    """Of each checklist the newest version that applies, with what of it cites the instrument there."""
    found = {}
    for version in ChecklistVersion.objects.applying().select_related("checklist").newest_first().defer("source"):
        found.setdefault(version.checklist_id, version)
    return [
        {
            "version": version,
            "citations": services.citing_version(version=version, instrument=instrument, articles=articles),
        }
        for version in found.values()
    ]
