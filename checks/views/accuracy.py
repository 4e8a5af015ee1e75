"""How often the engine is right: the accuracy card of a checklist version, or that it has none."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from ..accuracy_card import measured_accuracy
from ..models import ChecklistVersion
from ..models.audit import VerdictChoices
from ..permissions import checklist_version_for

DEFICIENT = "deficiency"


@require_GET
def accuracy(request):
    """The card of the version published last; without any, the list of checklists says how one comes in."""
    version = ChecklistVersion.objects.applying().newest_first().only("pk").first()
    return redirect("checklist_accuracy", version.pk) if version else redirect("checklist_list")


@require_GET
def checklist_accuracy(request, pk):
    """Figures measured on exactly this version, the worst requirements first."""
    version = checklist_version_for(request.user, pk)
    record = measured_accuracy(version.digest)
    context = {"version": version, "record": record}
    if record:
        context |= card(record, version)
    else:
        others = ChecklistVersion.objects.defer("source").select_related("checklist").newest_first()
        context["measured"] = next((other for other in others if measured_accuracy(other.digest)), None)
    return render(request, "checks/checklist/accuracy.html", context)


def card(record, version):
    """The record as rows of tables; requirements with their titles."""
    open_, held = record["open"], record["held"]
    of_open = {row["code"]: row["agreement"] for row in open_["requirements"]}
    entries = {row.code: row for row in version.requirements.defer("content")}
    return {
        "held": held,
        "open": open_,
        "verdicts": [
            *((verdict, held["verdicts"][verdict]) for verdict in VerdictChoices.values if verdict in held["verdicts"]),
            (DEFICIENT, held["deficiency"]),
        ],
        "calibration": held["calibration"],
        "requirements": [
            {"entry": entries[row["code"]], "held": row["agreement"], "open": of_open.get(row["code"])}
            for row in held["requirements"]
            if row["code"] in entries
        ],
    }
