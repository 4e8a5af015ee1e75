"""The queue of the review screen: what is listed, in which groups, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from ..forms import ReviewFilterForm
from ..models.audit import VerdictChoices
from ..selectors import review_findings, review_queue
from ..templatetags.checks_tags import in_language


@dataclass(frozen=True, slots=True)
class Group:
    """One domain: the findings listed, and how far the whole domain is decided, filtered or not."""

    domain: str
    title: str
    rows: list
    decided: int
    total: int


class Queue:
    """All findings of an audit in checklist order, and those of them that the filters let through."""

    def __init__(self, audit, data: Mapping, domains: dict):
        self.audit = audit
        self.findings = review_queue(audit)
        self._titles = {name: in_language(entry, "title") for name, entry in domains.items()}
        used = dict.fromkeys(finding.requirement.domain for finding in self.findings)
        self.form = ReviewFilterForm(data, domains={name: self._titles.get(name, name) for name in used})
        self.chosen = self.form.chosen
        self.rows = self._filtered()
        self.total = len(self.findings)
        self.decided = sum(finding.is_decided for finding in self.findings)
        self._domains = list(used)
        self.groups = [self._group(domain) for domain in used]

    def keep(self, finding):
        """List this finding too, whatever the filters say: what is in focus stays in sight after a reload."""
        if finding not in self.rows:
            self.rows = [row for row in self.findings if row == finding or row in self.rows]
            self.groups = [self._group(domain) for domain in self._domains]

    def _filtered(self):
        if not self.chosen:
            return self.findings
        kept = set(review_findings(self.audit, self.chosen).values_list("pk", flat=True))
        return [finding for finding in self.findings if finding.pk in kept]

    def _group(self, domain):
        members = [finding for finding in self.findings if finding.requirement.domain == domain]
        return Group(
            domain,
            self._titles.get(domain, domain),
            [finding for finding in self.rows if finding.requirement.domain == domain],
            sum(finding.is_decided for finding in members),
            len(members),
        )

    def title(self, domain):
        """The name of a domain in the reader's language."""
        return self._titles.get(domain, domain)

    @property
    def undecided(self):
        return self.total - self.decided

    @property
    def confirmable(self):
        """What is listed, undecided, and has a proposal a person can agree to."""
        return [row for row in self.rows if not row.is_decided and row.proposed_verdict != VerdictChoices.UNDETERMINED]

    @property
    def query(self):
        return urlencode(self.chosen)

    def address(self, finding=None):
        """The screen under these filters, with the finding in focus."""
        values = {"finding": finding.pk, **self.chosen} if finding else self.chosen
        return reverse("audit_review", args=[self.audit.pk]) + (f"?{urlencode(values)}" if values else "")

    def find(self, pk):
        """The finding of this audit with this number (a string from an address will do), or None."""
        return next((finding for finding in self.findings if str(finding.pk) == str(pk)), None)

    def group(self, domain):
        return next(group for group in self.groups if group.domain == domain)

    def opening(self, pk):
        """What to open with: the finding asked for, else the first undecided one, else the first."""
        return self.find(pk) or self.next_undecided() or next(iter(self.rows or self.findings), None)

    def next_undecided(self, after=None):
        """The next undecided finding listed behind this one, then from the top; None when there is none."""
        undecided = [row for row in self.rows if not row.is_decided and (after is None or row.pk != after.pk)]
        behind = [row for row in undecided if after is None or row.position > after.position]
        return next(iter(behind or undecided), None)

    def neighbours(self, finding):
        """The findings listed before and behind this one; None at the ends."""
        before = [row for row in self.rows if row.position < finding.position]
        behind = [row for row in self.rows if row.position > finding.position]
        return before[-1] if before else None, behind[0] if behind else None
