"""Which issued report counts now: it can be taken back by reopening the audit, or its place be taken by a later one.

A later one is about the same policy and the same checklist, about at least as new a version of the policy, and signed
later; or about the same signature, with the same template and in the same language.
"""

from dataclasses import dataclass

from django.db.models import F, OuterRef, Subquery

from .models import Audit, Report, SignOff

DOCUMENT = "sign_off__audit__policy_version__document"


@dataclass(frozen=True, slots=True)
class Standing:
    """``superseded_by`` is the number of the report that took the place; ``reopened``: the audit was opened again."""

    superseded_by: str = ""
    reopened: bool = False

    @property
    def is_current(self):
        return not (self.superseded_by or self.reopened)


def standings(reports):
    """{pk: Standing} of these reports: one query, however many there are."""
    asked = {report.pk for report in reports}
    rows = _placed(Report.objects.filter(pk__in=asked).values(DOCUMENT))
    return {row["pk"]: _standing(row, rows) for row in rows if row["pk"] in asked}


def standing_of(report):
    """The Standing of one report."""
    return standings([report])[report.pk]


def previous_report(sign_off):
    """The report whose place a report about this signature takes, or None for the first one: two queries."""
    audit = Audit.objects.select_related("policy_version", "checklist_version").get(pk=sign_off.audit_id)
    mine = {"version": audit.policy_version.number, "signed": sign_off.pk}
    earlier = [
        row
        for row in _placed([audit.policy_version.document_id])
        if row["checklist"] == audit.checklist_version.checklist_id and _place(row) < _place(mine)
    ]
    latest = max(earlier, key=lambda row: (_place(row), row["pk"]), default=None)
    return Report.objects.get(pk=latest["pk"]) if latest else None


def _placed(documents):
    """What decides between the reports about these policies."""
    last = SignOff.objects.filter(audit=OuterRef("sign_off__audit")).order_by("-id").values("pk")[:1]
    return list(
        Report.objects.filter(**{f"{DOCUMENT}__in": documents}).values(
            "pk",
            "number",
            "template",
            "language",
            policy=F(DOCUMENT),
            checklist=F("sign_off__audit__checklist_version__checklist"),
            version=F("sign_off__audit__policy_version__number"),
            signed=F("sign_off"),
            status=F("sign_off__audit__status"),
            last_signed=Subquery(last),
        )
    )


def _standing(row, rows):
    later = [other for other in rows if _same_subject(row, other) and _replaces(other, row)]
    newest = max(later, key=lambda other: (_place(other), other["pk"]), default=None)
    reopened = row["status"] != Audit.Status.SIGNED or row["signed"] != row["last_signed"]
    return Standing(newest["number"] if newest else "", reopened)


def _same_subject(row, other):
    return all(row[name] == other[name] for name in ("policy", "checklist"))


def _replaces(other, row):
    if _place(other) == _place(row):
        return other["pk"] > row["pk"] and all(other[name] == row[name] for name in ("template", "language"))
    return _place(other) > _place(row)


def _place(row):
    return row["version"], row["signed"]
