"""A whole engagement as one file: take it out, take it in."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..forms.reports import PackageForm
from ..permissions import Action, engagement_for, require_import
from ..services import ServiceError
from ..services import package as services


@require_http_methods(["GET", "POST"])
def engagement_package(request, pk):
    """What a package holds and, when asked for, the package."""
    engagement = engagement_for(request.user, pk, Action.MANAGE)
    context = {"engagement": engagement}
    if request.method == "GET":
        return render(request, "checks/engagements/engagement_package.html", context)
    try:
        file, manifest = services.engagement_export(by=request.user, engagement=engagement)
    except ServiceError as error:
        context["problem"] = error.message
        return render(request, "checks/engagements/engagement_package.html", context, status=422)
    name = f"engagement-{engagement.pk}-{manifest['content'][:8]}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@require_http_methods(["GET", "POST"])
def engagement_import(request):
    """The form for a package; a package that is refused says why and leaves nothing behind."""
    require_import(request.user)
    form = PackageForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            engagement = services.engagement_import(
                by=request.user, source=form.cleaned_data["file"], match_people=form.cleaned_data["match_people"]
            )
        except ServiceError as error:
            form.add_error("file", error.message)
        else:
            messages.success(request, _("The engagement was imported, and its record verified. You are its lead."))
            return redirect("engagement_detail", engagement.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "checks/engagements/engagement_import.html", {"form": form}, status=status)
