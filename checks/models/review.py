from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .append_only import AppendOnly
from .audit import Audit, Finding, VerdictChoices


class Batch(AppendOnly):
    """Many findings decided in one act, for one reason; taken back in one act, which is a batch of its own."""

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="batches")
    verdict = models.CharField(max_length=20, choices=VerdictChoices, blank=True)  # empty: each as it was proposed
    reason = models.TextField(blank=True)
    count = models.PositiveIntegerField()
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["undoes"], name="a_batch_is_undone_once")]
        verbose_name = _("bulk decision")
        verbose_name_plural = _("bulk decisions")

    def __str__(self):
        return f"{self.audit_id}: {self.count} × {self.verdict or 'as proposed'}"


class Decision(AppendOnly):
    """A person's verdict on a finding. The latest one counts; an empty verdict leaves the finding open again."""

    class Kind(models.TextChoices):
        DECIDED = "decided", _("Decided")
        UNDONE = "undone", _("Taken back")
        REDONE = "redone", _("Restored")
        RESOLVED = "resolved", _("Disagreement resolved")

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DECIDED)
    proposed_verdict = models.CharField(max_length=20, choices=VerdictChoices)  # what the person had before them
    verdict = models.CharField(max_length=20, choices=VerdictChoices, blank=True)
    reason = models.TextField(blank=True)
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="decisions")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["finding", "id"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self):
        return f"{self.finding_id}: {self.verdict or 'withdrawn'}"


def decision_stacks(decisions):
    """Replay a finding's decisions, oldest first: ``(done, undone)``, each with the next to be taken at its end.

    Taking back moves the end of ``done`` to ``undone``, restoring moves it back, and a new decision empties ``undone``.
    """
    done, undone = [], []
    for decision in decisions:
        if decision.kind == Decision.Kind.UNDONE:
            undone += done[-1:]
            done = done[:-1]
        elif decision.kind == Decision.Kind.REDONE:
            done += undone[-1:]
            undone = undone[:-1]
        else:
            done.append(decision)
            undone = []
    return done, undone


class FindingChange(AppendOnly):
    """What people set on a finding beside its verdict. The latest row of a kind counts and is mirrored on Finding."""

    class Kind(models.TextChoices):
        ASSIGNEE = "assignee", _("Assigned to")  # value: the user's number, empty for nobody
        DUE = "due", _("Due date")  # value: ISO date or empty
        DISCUSSION = "discussion", _("For discussion")  # value: "1" or empty
        REMEDIATION = "remediation", _("Remediation")  # value: the text, empty for the checklist's
        SECOND_LOOK = "second_look", _("Second pair of eyes")  # value: Finding.SecondLook or empty

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12, choices=Kind)
    value = models.TextField(blank=True)
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("change of a finding")
        verbose_name_plural = _("changes of findings")

    def __str__(self):
        return f"{self.finding_id}: {self.kind}"


class Handover(AppendOnly):
    """The audit goes to the reviewer, or back to the auditors."""

    class Kind(models.TextChoices):
        HANDED_IN = "handed_in", _("Handed in for review")
        SENT_BACK = "sent_back", _("Sent back")

    audit = models.ForeignKey(Audit, models.PROTECT, related_name="handovers")
    kind = models.CharField(max_length=10, choices=Kind)
    note = models.TextField(blank=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")

    def __str__(self):
        return f"{self.audit_id}: {self.kind}"


class Comment(AppendOnly):
    finding = models.ForeignKey(Finding, models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")

    def __str__(self):
        return self.text[:60]


class CommentState(AppendOnly):
    """A comment was settled, or opened again; the latest row counts, and without one it is open."""

    comment = models.ForeignKey(Comment, models.PROTECT, related_name="states")
    resolved = models.BooleanField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name = _("state of a comment")
        verbose_name_plural = _("states of comments")

    def __str__(self):
        return f"{self.comment_id}: {'resolved' if self.resolved else 'open'}"
