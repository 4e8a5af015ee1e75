"""How the organisation's reports look, are numbered and come to their opinion: settings, their history, a preview."""

import logging
from base64 import b64encode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.reports import HouseStyleForm
from ..models import HouseStyle
from ..permissions import manages_reports
from ..rendering.house import current_house, house_context
from ..rendering.press import NotSet
from ..rendering.sample import sample_pdf
from ..services import ServiceError
from ..services import house as services
from ..services.logos import UPLOAD_BYTES
from ..services.numbering import next_number

logger = logging.getLogger(__name__)
EARLIER = 10  # settings on a page of the history


@require_http_methods(["GET", "POST"])
def house_style(request):
    """The settings as a form, and those before them; ``?again=3`` fills the form with settings No. 3."""
    may_manage(request.user)
    if request.method == "GET":
        return page(request, fresh_form(again(request)))
    form = HouseStyleForm(request.POST, request.FILES)
    if not form.is_valid():
        keep_logo(form)
        return page(request, form, status=422)
    logo = uploaded(form)
    before = current_house().pk
    try:
        saved = services.house_style_save(
            by=request.user, seen=form.cleaned_data["seen"], values=values(form), logo=logo
        )
    except ServiceError as error:
        return refuse(request, form, error)
    messages.success(
        request,
        _("The settings are saved. They apply to reports made from now on.")
        if saved.pk != before
        else _("Nothing was changed."),
    )
    return redirect("house_style")


@require_POST
def house_preview(request):
    """Two pages in the settings of the form, as a PDF; nothing is saved."""
    may_manage(request.user)
    form = HouseStyleForm(request.POST, request.FILES)
    if not form.is_valid():
        keep_logo(form)
        return page(request, form, status=422)
    try:
        style = services.house_style(values=values(form), logo=uploaded(form), old_logo=current_house().logo)
    except ServiceError as error:
        return refuse(request, form, error)
    at = timezone.localtime()
    number = next_number(at.year, house_context(style)["numbering"])
    language = "en" if get_language() == "en" else "zh-hans"
    try:
        made = sample_pdf(style, number=number, at=at, language=language)
    except NotSet:
        logger.exception("The preview of the report settings could not be set.")
        form.add_error(None, _("The preview could not be made. The operator finds the reason in the log."))
        keep_logo(form)
        return page(request, form, status=500)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="preview.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_GET
def house_logo(request, pk):
    """The logo of these settings, as it was made from what was uploaded."""
    may_manage(request.user)
    style = get_object_or_404(HouseStyle, pk=pk)
    if not style.logo:
        raise Http404
    response = HttpResponse(bytes(style.logo), content_type="image/png")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def may_manage(user):
    if not manages_reports(user):
        raise PermissionDenied


def again(request):
    """The earlier settings that are asked for, or None."""
    wanted = request.GET.get("again", "")
    return get_object_or_404(HouseStyle, pk=wanted) if wanted.isdecimal() and len(wanted) < 10 else None


def fresh_form(earlier):
    """The form with the settings that count; with earlier ones when they are to be taken up again."""
    current = current_house()
    shown = earlier or current
    initial = {name: getattr(shown, name) for name in services.FIELDS} | {"seen": current.pk or 0}
    if earlier and bytes(earlier.logo) != bytes(current.logo):
        initial |= {"logo_kept": b64encode(bytes(earlier.logo)).decode(), "logo_remove": not earlier.logo}
    return HouseStyleForm(initial=initial)


def values(form):
    return {name: form.cleaned_data[name] for name in services.FIELDS}


def uploaded(form):
    """The bytes of the logo that is wanted, ``b""`` for none, None for the one that is there."""
    cleaned = form.cleaned_data
    if cleaned["logo_remove"]:
        return b""
    if cleaned["logo_file"]:
        return cleaned["logo_file"].read()
    return cleaned["logo_kept"] or None


def refuse(request, form, error):
    """The form again with what was refused said at its place, and the logo that could be read kept."""
    field = getattr(error, "field", None)
    form.add_error({"logo": "logo_file"}.get(field, field), error.message)
    if field != "logo":
        keep_logo(form)
    if isinstance(error, services.HouseChanged):
        form.data = form.data.copy()
        form.data["seen"] = str(current_house().pk or 0)
    return page(request, form, status=422)


def keep_logo(form):
    """A file field comes back empty: what was chosen goes along in a hidden field, unless no logo could be so large."""
    file = form.files.get("logo_file")
    if file and file.size <= UPLOAD_BYTES:
        file.seek(0)
        form.data = form.data.copy()
        form.data["logo_kept"] = b64encode(file.read()).decode()


def page(request, form, status=200):
    current = current_house()
    rows = Paginator(HouseStyle.objects.select_related("saved_by").defer("logo"), EARLIER)
    shown = rows.get_page(request.GET.get("page"))
    year = timezone.localdate().year
    context = {
        "form": form,
        "current": current if current.pk else None,
        "page": shown,
        "earlier": shown.object_list,
        "next_number": next_number(year, house_context(current)["numbering"]),
        "kept": bool(form["logo_kept"].value()),
        "default_pattern": HouseStyle().number_pattern,
    }
    return render(request, "checks/house/house_style.html", context, status=status)
