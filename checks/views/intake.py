"""Policies coming in: upload, reading what was received, the original file."""

from uuid import uuid4

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ..corpora import is_released
from ..forms.intake import AuditRunForm, PolicyForm
from ..highlights import navigation, policy_blocks
from ..models import Audit, IntakeItem
from ..permissions import Action, can, engagement_for, policy_version_for
from ..selectors.intake import same_files_elsewhere
from ..services import ServiceError, fetching, reception
from ..services import intake as services
from ..templatetags.intake_tags import reason_words
from .received import download


@require_http_methods(["GET", "POST"])
def policy_upload(request, pk):
    engagement = engagement_for(request.user, pk, Action.UPLOAD)
    form = PolicyForm(
        request.POST or None,
        request.FILES or None,
        engagement=engagement,
        initial={"name": engagement.product, "document": request.GET.get("policy"), "key": uuid4()},
    )
    if request.method == "POST" and form.is_valid():
        job = receive(request, engagement, form)
        if job:
            return where_it_went(request, job)
    context = {"engagement": engagement, "form": form}
    return render(request, "checks/intake/policy_upload.html", context, status=422 if form.errors else 200)


def receive(request, engagement, form):
    """The job that takes what was handed in; else None, and the form says at the right field what is wrong."""
    typed = form.cleaned_data
    given = {
        "by": request.user,
        "engagement": engagement,
        "key": typed["key"] or uuid4(),
        "name": typed["name"],
        "document": typed["document"],
    }
    source = next(name for name in ("file", "url", "text") if typed.get(name))
    try:
        if source == "text":
            return reception.text_receive(**given, text=typed["text"])
        if source == "url":
            return reception.address_receive(**given, url=typed["url"])
        return reception.files_receive(**given, files=typed["file"])
    except services.DuplicatePolicy as error:
        form.add_error(source, duplicate_message(error))
    except (services.IntakeError, fetching.FetchError) as error:
        form.add_error(source, reason_words(str(error.reason), error.params))
    except ServiceError as error:
        form.add_error(source, error.message)
    return None


def duplicate_message(error):
    return format_html(
        '{} <a href="{}">{}</a>',
        _("Exactly this text is already here:"),
        reverse("policy_version", args=[error.version.pk]),
        str(error.version),
    )


def where_it_went(request, job):
    """To the findings when the one file is audited, to the policy when it is only kept; else to the job, which says
    what is going on."""
    items = list(job.items.defer("reading")[:2])
    if len(items) > 1 or items[0].state != IntakeItem.State.DONE or not items[0].policy_version_id:
        return redirect("intake_job", job.pk)
    item = items[0]
    if item.audit_id:
        messages.success(request, _("The policy was received and audited. Go through the findings now."))
        return redirect("audit_review", item.audit_id)
    messages.error(request, reason_words(item.reason, item.params))
    return redirect("policy_version", item.policy_version_id)


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
        "blocks": policy_blocks(version.text, outline, (), version.layout),
        "pages": len(version.layout.get("pages", ())),
        "elsewhere": same_files_elsewhere(request.user, engagement, [version.sha256]).get(version.sha256, ()),
        "navigation": navigation(outline, ()),
        "versions": version.document.versions.defer("text").order_by("-number"),
        "can_upload": can(request.user, engagement, Action.UPLOAD),
        "can_manage": can(request.user, engagement, Action.MANAGE),
        "in_corpus": is_released(version),
        "audit_form": AuditRunForm(initial={"as_of": timezone.localdate()}),
    }
    return render(request, "checks/intake/policy_version.html", context)


@require_GET
def policy_original(request, pk):
    """The bytes as they were received. Somebody else wrote them: a browser must save them, never show them."""
    version = policy_version_for(request.user, pk)
    return download(version.original, version.filename)
