"""Checklists as files: a version or draft out, and files in, looked at before they go into a draft."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from ..forms.studio import DraftStartForm, UploadForm
from ..models import ChecklistUpload
from ..permissions import checklist_version_for, draft_for, studio_for, upload_for
from ..services import ServiceError, drafts, uploads

SHOWN_REFUSALS = 100


@require_GET
def version_export(request, pk, format):
    """A published version as a file, for everybody who may read it."""
    return as_file(request, checklist_version_for(request.user, pk).source, format, back=("checklist_version", pk))


@require_GET
def draft_export(request, pk, format):
    draft = draft_for(request.user, pk)
    return as_file(request, drafts.draft_source(draft), format, back=("draft_detail", pk))


def as_file(request, source, format, *, back):
    if format not in ChecklistUpload.Format.values:
        raise Http404
    try:
        content, ending, media_type = uploads.checklist_file(source=source, format=format)
    except uploads.FileRefused as refused:
        first = refused.refusals[0]
        text = _("This checklist cannot be written as such a file yet: %(file)s %(where)s.")
        messages.error(request, text % {"file": first.file, "where": first.where})
        return redirect(*back)
    response = HttpResponse(content, content_type=media_type)
    name = f"{source['slug']}-{source['version']}.{ending}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def upload_create(request):
    """Hand in a file; what it would change is shown next."""
    studio_for(request.user, author=True)
    number = request.GET.get("draft", "")
    draft = draft_for(request.user, int(number), author=True) if number.isdecimal() and len(number) < 12 else None
    sent = request.method == "POST"
    form = UploadForm(request.POST if sent else None, request.FILES if sent else None)
    refused = None
    if sent and form.is_valid():
        try:
            upload = read(request.user, form.cleaned_data, draft)
        except uploads.FileRefused as error:
            refused = error
            form.add_error("file", error.message)
        except ServiceError as error:
            form.add_error("file", error.message)
        else:
            return redirect("upload_detail", upload.pk)
    context = {"form": form, "draft": draft, "refused": refused, "shown": SHOWN_REFUSALS}
    return render(request, "checks/exchange/upload.html", context, status=422 if form.errors else 200)


def read(by, given, draft):
    file = given["file"]
    if file.size > uploads.LARGEST_UPLOAD:
        raise uploads.UploadTooLarge(megabytes=uploads.LARGEST_UPLOAD // 1_000_000)
    return uploads.upload_read(by=by, filename=file.name, content=file.read(), copy=given["copy"], draft=draft)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_detail(request, pk):
    """What the file would change; sent, it goes into its draft."""
    upload = upload_for(request.user, pk)
    form = DraftStartForm(request.POST or None, initial={"version": upload.source["version"]})
    problem = ""
    if request.method == "POST" and (upload.draft_id or form.is_valid()):
        try:
            version = "" if upload.draft_id else form.cleaned_data["version"]
            draft = uploads.upload_apply(by=request.user, upload=upload, version=version)
        except (drafts.VersionRequired, drafts.VersionTaken) as error:
            form.add_error("version", error.message)
        except ServiceError as error:
            problem = error.message
        else:
            messages.success(request, _("The file is in the draft. Nothing in it counts before it is published."))
            return redirect("draft_detail", draft.pk)
    head, changes, counts = uploads.upload_comparison(upload=upload)
    context = {
        "upload": upload,
        "form": form,
        "problem": problem,
        "head": head,
        "changes": [change for change in changes if change.kind != "same"],
        "counts": counts,
    }
    failed = problem or (request.method == "POST" and form.errors)
    return render(request, "checks/exchange/upload_detail.html", context, status=422 if failed else 200)
