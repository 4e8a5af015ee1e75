"""Templates of observations: a person's own and those shared with everybody; only the owner changes one."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..forms.observations import ObservationTemplateForm
from ..permissions import Action, observation_for, template_for
from ..selectors.review import observation_templates
from ..services import observations as services


@require_GET
def template_list(request):
    return render(request, "checks/observations/template_list.html", {"templates": observation_templates(request.user)})


@require_http_methods(["GET", "HEAD", "POST"])
def template_create(request):
    return form(request, None, lambda data: services.template_save(by=request.user, **data))


@require_http_methods(["GET", "HEAD", "POST"])
def template_edit(request, pk):
    template = template_for(request.user, pk)
    return form(request, template, lambda data: services.template_change(by=request.user, template=template, **data))


@require_POST
def template_delete(request, pk):
    services.template_delete(by=request.user, template=template_for(request.user, pk))
    messages.success(request, _("The template is deleted."))
    return redirect("observation_templates")


@require_POST
def template_from_observation(request, pk):
    """The text of an observation as a template of the person who asks."""
    observation = observation_for(request.user, pk, Action.DECIDE)
    current = observation.versions.last()
    content = {name: getattr(current, name) for name in services.TEMPLATE_CONTENT}
    services.template_save(by=request.user, shared="shared" in request.POST, **content)
    messages.success(request, _("The template is saved: new observations can start from it."))
    return redirect("observation_detail", pk)


def form(request, template, save):
    names = (*services.TEMPLATE_CONTENT, "shared")
    initial = {name: getattr(template, name) for name in names} if template else None
    bound = ObservationTemplateForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and bound.is_valid():
        save(bound.cleaned_data)
        messages.success(request, _("The template is saved: new observations can start from it."))
        return redirect("observation_templates")
    context = {"form": bound, "template": template}
    return render(request, "checks/observations/template_form.html", context, status=422 if bound.errors else 200)
