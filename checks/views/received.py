"""What was handed in and what became of it: progress, results, questions, and another try."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from ..forms.intake import AnswerForm, PasswordRetryForm
from ..permissions import Action, can, engagement_for, intake_item_for, intake_job_for
from ..selectors.intake import intake_items, intake_progress, policy_versions_named, same_files_elsewhere
from ..selectors.intake import intake_jobs as job_rows
from ..services import ServiceError
from ..services import reception as services

JOBS_A_PAGE = 25
FILES_A_PAGE = 50


@require_GET
def intake_jobs(request, pk):
    """Everything that was ever handed in for the engagement, newest first."""
    engagement = engagement_for(request.user, pk)
    page = Paginator(job_rows(engagement), JOBS_A_PAGE).get_page(request.GET.get("page"))
    context = {"engagement": engagement, "page": page, "can_upload": can(request.user, engagement, Action.UPLOAD)}
    return render(request, "checks/intake/intake_jobs.html", context)


@require_GET
def intake_job(request, pk):
    """One job. While it is under way the page asks for its progress, and for the list when that has changed."""
    job = intake_job_for(request.user, pk)
    progress = intake_progress(job)
    current = progress["current"].pk if progress["current"] else 0
    context = {
        "job": job,
        "engagement": job.engagement,
        "progress": progress,
        "seen": f"{progress['closed']}-{current}",  # when this changes, the list below does
        "stopped": progress["failed"] + progress["cancelled"],
        "proposals": len(services.proposals(job)) if progress["question"] > 1 else 0,
        "repeatable": 0 if progress["open"] else services.repeatable(job),
        "can_upload": can(request.user, job.engagement, Action.UPLOAD),
    }
    if request.htmx and request.GET.get("seen") == context["seen"]:
        return render(request, "checks/intake/intake_job.html#progress", context)
    page = Paginator(intake_items(job), FILES_A_PAGE).get_page(request.GET.get("page"))
    context |= {"page": page, "items": items_with_places(request.user, job, page.object_list)}
    return render(request, f"checks/intake/intake_job.html{'#update' if request.htmx else ''}", context)


def items_with_places(user, job, items):
    """The files with what they are said to be the same as or alike: two queries, however many files."""
    named = [item.resembles.get("version") for item in items] + [item.params.get("version") for item in items]
    versions = policy_versions_named(job.engagement, [pk for pk in named if pk])
    elsewhere = same_files_elsewhere(user, job.engagement, [item.sha256 for item in items])
    for item in items:
        item.alike = versions.get(item.resembles.get("version"))
        item.same = versions.get(item.params.get("version"))
        item.elsewhere = elsewhere.get(item.sha256, ())
        item.can_retry = services.can_retry(item)
    return items


@require_POST
def job_cancel(request, pk):
    job = intake_job_for(request.user, pk, Action.UPLOAD)
    try:
        count = services.job_cancel(by=request.user, job=job)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        words = ngettext("%(count)s file was cancelled.", "%(count)s files were cancelled.", count)
        messages.success(request, words % {"count": count})
    return redirect("intake_job", job.pk)


@require_POST
def job_retry(request, pk):
    job = intake_job_for(request.user, pk, Action.UPLOAD)
    try:
        services.job_retry(by=request.user, job=job)
    except ServiceError as error:
        messages.error(request, error.message)
    return redirect("intake_job", job.pk)


@require_POST
def job_answer(request, pk):
    """File everything as the next version of what it resembles."""
    job = intake_job_for(request.user, pk, Action.UPLOAD)
    try:
        count = services.job_answer(by=request.user, job=job)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        words = ngettext("%(count)s file is filed and audited.", "%(count)s files are filed and audited.", count)
        messages.success(request, words % {"count": count})
    return redirect("intake_job", job.pk)


@require_POST
def item_retry(request, pk):
    item = intake_item_for(request.user, pk, Action.UPLOAD)
    form = PasswordRetryForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("A password of this length cannot be right."))
        return redirect("intake_job", item.job_id)
    try:
        services.item_retry(by=request.user, item=item, password=form.cleaned_data["password"] or None)
    except ServiceError as error:
        messages.error(request, error.message)
    return redirect("intake_job", item.job_id)


@require_POST
def item_answer(request, pk):
    item = intake_item_for(request.user, pk, Action.UPLOAD)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose what is to be done with the file."))
        return redirect("intake_job", item.job_id)
    chosen, document = form.cleaned_data["document"], item.document
    if chosen and chosen != "new":
        document = item.job.engagement.policies.filter(pk=chosen).first() if chosen.isdecimal() else None
        if document is None:
            raise Http404
    try:
        services.item_answer(by=request.user, item=item, document=document, audit=form.cleaned_data["audit"])
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("intake_job", item.job_id)
    item.refresh_from_db(fields=["audit", "policy_version", "state"])
    if item.job.items.count() > 1 or not item.policy_version_id:
        return redirect("intake_job", item.job_id)
    if item.audit_id:
        messages.success(request, _("The policy was received and audited. Go through the findings now."))
        return redirect("audit_review", item.audit_id)
    return redirect("policy_version", item.policy_version_id)


@require_GET
def item_original(request, pk):
    """The bytes as they were received. Somebody else wrote them: a browser must save them, never show them."""
    item = intake_item_for(request.user, pk)
    if not item.original:
        raise Http404
    return download(item.original, item.filename)


def download(file, filename):
    """A stored file for saving, and for nothing else."""
    response = FileResponse(
        file.open("rb"), as_attachment=True, filename=filename, content_type="application/octet-stream"
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
