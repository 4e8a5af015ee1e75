"""Is this PDF a report of ours? For anybody who can sign in, and about no more than the file in their hands."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ..forms.reports import VerifyForm
from ..permissions import sees_report
from ..services import ServiceError
from ..services import verification as services


@require_http_methods(["GET", "POST"])
def report_verify(request):
    """The form and, after a file was sent, the answer. The file is not kept."""
    form = VerifyForm(request.POST, request.FILES) if request.method == "POST" else VerifyForm()
    context = {"form": form, "largest": services.LARGEST}
    if request.method == "GET" or not form.is_valid():
        return render(
            request, "checks/report/report_verify.html", context, status=200 if request.method == "GET" else 422
        )
    file = form.cleaned_data["file"]
    context["filename"] = file.name
    try:
        context["verified"] = verified = services.report_verify(content=file.read(services.LARGEST + 1))
    except ServiceError as error:
        return render(request, "checks/report/report_verify.html", context | {"problem": error.message}, status=422)
    context["mine"] = verified.report if verified.report and sees_report(request.user, verified.report) else None
    return render(request, "checks/report/report_verify.html", context)
