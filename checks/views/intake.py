"""Policies coming in: upload, reading what was received, the original file."""

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from ..forms import AuditRunForm, PolicyForm
from ..highlights import navigation, policy_blocks
from ..models import Audit
from ..permissions import Action, can, engagement_for, policy_version_for
from ..services import ServiceError
from ..services import analysis as analysis_services
from ..services import intake as services

# By the value of engine.entities.IntakeReason. Each says what is wrong and what to do about it.
INTAKE_WORDS = {
    "empty": gettext_lazy("There is no text in it. Check that the right file was chosen, or paste the text."),
    "too_large": gettext_lazy(
        "It is larger than %(limit)s. A policy rarely is: check that this is the right file, or paste the text."
    ),
    "unsupported_type": gettext_lazy(
        "This kind of file cannot be read. Plain text (.txt) and web pages (.html) can; from anything else, "
        "copy the text and paste it."
    ),
    "undecodable": gettext_lazy(
        "The characters could not be decoded. Save the file as UTF-8 or GB18030 and upload it again, or paste the text."
    ),
    "no_text": gettext_lazy(
        "The file could be opened but holds no readable text. It may load its text by script or be made of images: "
        "open it, copy the text and paste it."
    ),
}


@require_http_methods(["GET", "POST"])
def policy_upload(request, pk):
    engagement = engagement_for(request.user, pk, Action.UPLOAD)
    form = PolicyForm(
        request.POST or None,
        request.FILES or None,
        engagement=engagement,
        initial={"name": engagement.product, "document": request.GET.get("policy")},
    )
    if request.method == "POST" and form.is_valid():
        version = receive(request, engagement, form)
        if version:
            return audit_at_once(request, version)
    context = {"engagement": engagement, "form": form}
    return render(request, "checks/intake/policy_upload.html", context, status=422 if form.errors else 200)


def receive(request, engagement, form):
    """The stored version; else None, and the form says at the right field what is wrong and what to do."""
    typed = form.cleaned_data
    given = {"by": request.user, "engagement": engagement, "name": typed["name"], "document": typed["document"]}
    source = "file" if typed["file"] else "text"
    try:
        if source == "text":
            return services.policy_paste(**given, text=typed["text"])
        if typed["file"].size > settings.POLICY_MAX_BYTES:  # before it is read into memory
            raise services.IntakeError(services.IntakeReason.TOO_LARGE)
        return services.policy_upload(**given, content=typed["file"].read(), filename=typed["file"].name)
    except services.DuplicatePolicy as error:
        form.add_error(source, duplicate_message(error))
    except services.IntakeError as error:
        form.add_error(source, intake_message(error))
    except ServiceError as error:
        form.add_error(source, error.message)
    return None


def intake_message(error):
    words = INTAKE_WORDS.get(str(error.reason), gettext_lazy("It could not be read."))
    return str(words) % {"limit": filesizeformat(settings.POLICY_MAX_BYTES)}


def duplicate_message(error):
    return format_html(
        '{} <a href="{}">{}</a>',
        _("Exactly this text is already here:"),
        reverse("policy_version", args=[error.version.pk]),
        str(error.version),
    )


def audit_at_once(request, version):
    """Run the audit and go to its findings. When it cannot run, the policy is kept and the page says why."""
    try:
        audit = analysis_services.audit_run(by=request.user, policy_version=version)
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("policy_version", version.pk)
    messages.success(request, _("The policy was received and audited. Go through the findings now."))
    return redirect("audit_review", audit.pk)


@require_GET
def policy_version(request, pk):
    version = policy_version_for(request.user, pk)
    engagement = version.document.engagement
    audits = list(
        Audit.objects.filter(policy_version=version).select_related("checklist_version__checklist", "started_by")
    )
    outline = audits[0].outline if audits else {}
    context = {
        "version": version,
        "engagement": engagement,
        "audits": audits,
        "blocks": policy_blocks(version.text, outline, ()),
        "navigation": navigation(outline, ()),
        "versions": version.document.versions.defer("text").order_by("-number"),
        "can_upload": can(request.user, engagement, Action.UPLOAD),
        "audit_form": AuditRunForm(initial={"as_of": timezone.localdate()}),
    }
    return render(request, "checks/intake/policy_version.html", context)


@require_GET
def policy_original(request, pk):
    """The bytes as they were received. Somebody else wrote them: a browser must save them, never show them."""
    version = policy_version_for(request.user, pk)
    response = FileResponse(
        version.original.open("rb"),
        as_attachment=True,
        filename=version.filename,
        content_type="application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
