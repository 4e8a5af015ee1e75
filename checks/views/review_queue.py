"""The queue of the review screen: what is listed, in which order and groups, and what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from ..forms.review import ReviewFilterForm
from ..models import Finding
from ..models.audit import VerdictChoices
from ..models.checklist import SeverityChoices
from ..selectors.review import evidence_places, finding_numbers_mentioning, review_queue
from ..teamwork import decisions_of, latest_batch, open_comment_counts, seconds_per_decision
from ..templatetags.checks_tags import in_language

DOUBT, SEVERITY, CLAUSE, DOMAIN = "doubt", "severity", "clause", "domain"
ORDERS = (DOMAIN, DOUBT, SEVERITY, CLAUSE)
DEFAULT_ORDER = DOMAIN


@dataclass(frozen=True, slots=True)
class Group:
    """Findings listed under one heading, and how far all of that heading are decided, filtered or not."""

    key: str
    title: str
    rows: list
    decided: int
    total: int


class Queue:
    """All findings of an audit in the order of work, and those of them that the filters let through.

    ``screen``, ``detail`` and ``decide`` name the addresses of the screen, of one finding on it, and of deciding it.
    ``findings``: the audit's findings where they are not what the database says, as for the second auditor of a blind
    review.
    """

    screen = "audit_review"
    detail = "finding_detail"
    decide = "finding_decide"
    is_blind = False  # whether what others decided and did is left out

    def __init__(self, audit, data: Mapping, domains: dict, *, user, order=DEFAULT_ORDER, findings=None):
        self.audit = audit
        self.user = user
        self._titles = {name: in_language(entry, "title") for name, entry in domains.items()}
        findings = review_queue(audit) if findings is None else findings
        used = dict.fromkeys(finding.requirement.domain for finding in findings)
        given = {name: data.get(name, "") for name in ReviewFilterForm.base_fields}
        if given["order"] not in ORDERS:
            given["order"] = order
        self.form = ReviewFilterForm(given, domains={name: self.title(name) for name in used})
        self.chosen = self.form.chosen
        self.order = self.chosen.pop("order")
        self.findings = self._in_order(findings)
        self._places = {finding.pk: place for place, finding in enumerate(self.findings)}
        self.rows = self._filtered()
        self.total = len(self.findings)
        self.decided = sum(finding.is_decided for finding in self.findings)
        self._regroup()

    # ---------- Order and filters ----------

    def _in_order(self, findings):
        """The findings in the order of work, each with ``group``, the key of the heading it stands under."""
        if self.order == DOUBT:
            # What the program could not tell has no confidence worth the name.
            findings = sorted(findings, key=lambda row: (row.confidence if _told(row) else -1, row.position))
            keys = {row.pk: DOUBT for row in findings}
        elif self.order == SEVERITY:
            rank = {value: number for number, value in enumerate(SeverityChoices.values)}
            findings = sorted(findings, key=lambda row: (rank[row.severity], row.position))
            keys = {row.pk: row.severity for row in findings}
        elif self.order == CLAUSE:
            starts = {}
            for start, _end, pk, _by_hand in evidence_places(self.audit, by_people=not self.is_blind):
                starts.setdefault(pk, start)
            findings = sorted(findings, key=lambda row: (row.pk not in starts, starts.get(row.pk, 0), row.position))
            keys = {row.pk: "found" if row.pk in starts else "missing" for row in findings}
        else:
            first = {row.requirement.domain: row.position for row in reversed(findings)}
            findings = sorted(findings, key=lambda row: (first[row.requirement.domain], row.position))
            keys = {row.pk: row.requirement.domain for row in findings}
        for row in findings:
            row.group = keys[row.pk]
        return findings

    def _filtered(self):
        wanted = self.chosen
        rows = self.findings
        if "q" in wanted:
            kept = finding_numbers_mentioning(self.audit, wanted["q"])
            rows = [row for row in rows if row.pk in kept]
        if "verdict" in wanted:
            rows = [row for row in rows if row.verdict == wanted["verdict"]]
        if "severity" in wanted:
            rows = [row for row in rows if row.severity == wanted["severity"]]
        if "domain" in wanted:
            rows = [row for row in rows if row.requirement.domain == wanted["domain"]]
        if "state" in wanted:
            rows = [row for row in rows if _is_in_state(row, wanted["state"])]
        if "mark" in wanted:
            marked = self._marked(wanted["mark"])
            rows = [row for row in rows if marked(row)]
        return rows

    def _marked(self, mark):
        """Whether a finding carries the mark: a function of the finding."""
        if mark == "comments":
            counts = open_comment_counts(self.audit)
            return lambda row: row.pk in counts
        today = timezone.localdate()
        return {
            "mine": lambda row: row.assignee_id == self.user.pk,
            "unassigned": lambda row: row.assignee_id is None,
            "discussion": lambda row: row.in_discussion,
            "overdue": lambda row: bool(row.due_date and row.due_date < today and not row.is_decided),
            "sent_back": lambda row: row.second_look == Finding.SecondLook.SENT_BACK,
            "answered": lambda row: row.second_look == Finding.SecondLook.ANSWERED,
            "agreed": lambda row: row.second_look == Finding.SecondLook.AGREED,
            "not_agreed": lambda row: row.is_decided and row.second_look != Finding.SecondLook.AGREED,
        }[mark]

    def keep(self, finding):
        """List this finding too, whatever the filters say: what is in focus stays in sight after a reload."""
        if finding not in self.rows:
            self.rows = [row for row in self.findings if row == finding or row in self.rows]
            self._regroup()

    def _regroup(self):
        members, listed = {}, {}
        for row in self.findings:
            members.setdefault(row.group, []).append(row)
        for row in self.rows:
            listed.setdefault(row.group, []).append(row)
        self.groups = [
            Group(key, self._heading(key), listed.get(key, []), sum(row.is_decided for row in rows), len(rows))
            for key, rows in members.items()
        ]

    def _heading(self, key):
        if self.order == DOMAIN:
            return self.title(key)
        if self.order == SEVERITY:
            return str(SeverityChoices(key).label)
        return {
            DOUBT: _("The least certain first"),
            "found": _("In the order of the text"),
            "missing": _("Without evidence in the text"),
        }[key]

    def title(self, domain):
        """What the checklist calls the domain."""
        return self._titles.get(domain, domain)

    # ---------- What a screen asks ----------

    @property
    def undecided(self):
        return self.total - self.decided

    @property
    def numbers(self):
        """Which findings are listed, as a form sends them."""
        return ",".join(str(row.pk) for row in self.rows)

    @property
    def bulk_may_change(self):
        """Whether deciding one finding may change what is said of deciding many: how many are listed, or whether
        something is left of a bulk decision to take back.
        """
        return bool(self.chosen) or any(row.batch_id for row in self._decisions)

    @property
    def deciding(self):
        """What is listed and not decided yet, for deciding many at once."""
        return [row for row in self.rows if not row.is_decided]

    @cached_property
    def _decisions(self):
        return decisions_of(self.audit)

    @cached_property
    def batch(self):
        """The latest bulk decision of which something can be taken back."""
        return latest_batch(self._decisions)

    @cached_property
    def pace(self):
        """How many seconds the reader takes for a finding here; None when that cannot be said yet."""
        return seconds_per_decision(self._decisions, self.user)

    @property
    def tallies(self):
        """The verdicts that were decided, each with how many: what is not decided counts nowhere."""
        decided = [row.final_verdict for row in self.findings if row.is_decided]
        return [(verdict, decided.count(verdict)) for verdict in VerdictChoices.values if verdict in decided]

    @property
    def query(self):
        """Filters and order, as they stand in an address."""
        return urlencode(self._values)

    @property
    def _values(self):
        return {**self.chosen, **({"order": self.order} if self.order != DEFAULT_ORDER else {})}

    def address(self, finding=None):
        """The screen under these filters, with the finding in focus."""
        values = {"finding": finding.pk, **self._values} if finding else self._values
        return reverse(self.screen, args=[self.audit.pk]) + (f"?{urlencode(values)}" if values else "")

    def find(self, pk):
        """The finding of this audit with this number (a string from an address will do), or None."""
        return next((finding for finding in self.findings if str(finding.pk) == str(pk)), None)

    def group_of(self, finding):
        return next(group for group in self.groups if group.key == finding.group)

    def opening(self, pk, last=None):
        """What to open with: the finding asked for, else where the reader stopped, else the first undecided one.

        Where they stopped is the finding they looked at last, or the next undecided one when that is decided by now.
        """
        if asked := self.find(pk):
            return asked
        stopped = self.find(last) if last else None
        if stopped and stopped in self.rows and not stopped.is_decided:
            return stopped
        return self.next_undecided(stopped) or next(iter(self.rows or self.findings), None)

    def next_undecided(self, after=None):
        """The next undecided finding listed behind this one, then from the top; None when there is none."""
        undecided = [row for row in self.rows if not row.is_decided and (after is None or row.pk != after.pk)]
        behind = [row for row in undecided if after is None or self.place(row) > self.place(after)]
        return next(iter(behind or undecided), None)

    def next_unseen(self, after):
        """The next decided finding behind this one that no reviewer has looked at, then from the top, or None."""
        looked = {Finding.SecondLook.AGREED, Finding.SecondLook.SENT_BACK}
        unseen = [row for row in self.rows if row.is_decided and row.second_look not in looked and row.pk != after.pk]
        behind = [row for row in unseen if self.place(row) > self.place(after)]
        return next(iter(behind or unseen), None)

    def neighbours(self, finding):
        """The findings listed before and behind this one; None at the ends."""
        here = self.place(finding)
        before = [row for row in self.rows if self.place(row) < here]
        behind = [row for row in self.rows if self.place(row) > here]
        return before[-1] if before else None, behind[0] if behind else None

    def place(self, finding):
        """Where the finding stands among all of them, from 0."""
        return self._places[finding.pk]


def _told(finding):
    return finding.proposed_verdict != VerdictChoices.UNDETERMINED


def _is_in_state(finding, state):
    return {
        "undecided": not finding.is_decided,
        "decided": finding.is_decided,
        "confirmed": finding.final_verdict == finding.proposed_verdict,
        "overridden": finding.is_decided and finding.final_verdict != finding.proposed_verdict,
    }[state]
