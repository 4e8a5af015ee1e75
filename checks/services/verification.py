"""Is this PDF a report that was issued here, is it as it was issued, and does it still count?

What is told about a report goes no further than what its holder has in hand: whether it stands in the record under the
number it carries, and, to who holds its contents, whether it still counts.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..engine import IntakeError, IntakeReason
from ..engine.printed import MAX_BYTES, read_printed
from ..issued import Standing, standing_of
from ..models import DraftReport, Report
from ..rendering.attached import FILENAME
from ..rendering.checking import Problem, differing_pages, self_check
from ..rendering.pages import page_texts
from ..rendering.pdf import TEMPLATES, render_pdf
from .errors import ServiceError

NUMBER_LENGTH = 40
LARGEST = MAX_BYTES  # of a file that is looked at


class NotReadable(ServiceError):
    """The file cannot be looked at; ``reason`` is the engine's IntakeReason."""

    texts = {
        IntakeReason.TOO_LARGE: _("The file is larger than any report (at most %(megabytes)s MB)."),
        IntakeReason.UNSUPPORTED_TYPE: _("This is no PDF. Choose the file that you received as the report."),
        IntakeReason.NEEDS_PASSWORD: _("The PDF is locked with a password. Reports are issued without one."),
        IntakeReason.ENCRYPTED: _("The PDF is encrypted. Reports are issued without a password."),
    }
    text = _("The PDF is damaged, or made so that it cannot be read safely. No report is issued like that.")

    def __init__(self, error):
        super().__init__(**error.params)
        self.reason = error.reason
        self.text = self.texts.get(error.reason, self.text)


class Outcome(StrEnum):
    GENUINE = "genuine"  # byte for byte what was issued
    RESAVED = "resaved"  # another file with the text and data that were issued
    ALTERED = "altered"  # not what was issued under its number, or not agreeing with itself
    DRAFT = "draft"  # made here, never issued
    CONSISTENT = "consistent"  # without the record: agrees with itself
    UNKNOWN = "unknown"  # no report of this installation


OUTCOMES = {
    Outcome.GENUINE: _("Genuine: this file is, byte for byte, a report issued here."),
    Outcome.RESAVED: _("Text and data are those of a report issued here, but the file is another: it was saved again."),
    Outcome.ALTERED: _("Altered: this is not what was issued."),
    Outcome.DRAFT: _("A draft made here. It was never issued and stands for nothing."),
    Outcome.CONSISTENT: _("The report agrees with itself."),
    Outcome.UNKNOWN: _("Unknown: no report of this content was issued here."),
}
CHECKED = {
    "bytes": _("The bytes of the file"),
    "data": _("The attached data against their own digest"),
    "number": _("The report number on every page"),
    "digest": _("The digest on every page"),
    "quotes": _("Every quote of the data in the text of the pages"),
    "pages": _("The text of every page against what the data give"),
    "record": _("The record of issued reports"),
    "standing": _("Whether the report still counts"),
    "issuer": _("Whether the report was issued by this organisation"),
}
PROBLEMS = {
    "no_data": _("No machine-readable result is attached; only reports of the first version had none."),
    "data_unreadable": _("The attached data cannot be read as a report."),
    "data_changed": _("The attached data were changed: they do not give the digest they state."),
    "data_differ": _("The attached data are not those that were issued."),
    "number_differs": _("The number of the report does not stand on: page %(where)s."),
    "digest_differs": _("The digest of the data does not stand on: page %(where)s."),
    "quotes_differ": _("These quotes of the data do not stand in the text: %(where)s."),
    "pages_differ": _("The text is not what it should be on: page %(where)s."),
    "bytes_differ": _("The bytes are not those that the attached data give: the file was saved again or changed."),
    "too_much": _("The file is made so that checking its quotes would take too long."),
    "template_unknown": _("This version of the program does not know the report's template."),
}
# What only who changed text or data, and not merely saved again, brings about.
HARMLESS = {"no_data", "bytes_differ", "template_unknown"}


@dataclass(slots=True)
class Verified:
    """The answer about one file. ``report`` is for who may see it; ``standing`` is None where nothing is told."""

    outcome: Outcome
    sha256: str
    number: str = ""
    standing: Standing | None = None
    problems: list[Problem] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    report: Report | None = None

    @property
    def is_good(self):
        """Whether it is what it claims to be, as far as was looked; a report that no longer counts is so too."""
        return self.outcome in (Outcome.GENUINE, Outcome.CONSISTENT)

    @property
    def sentence(self):
        return str(OUTCOMES[self.outcome])

    @property
    def standing_sentence(self):
        """Whether it still counts, in words; "" where nothing is told."""
        if self.standing is None:
            return ""
        if self.standing.superseded_by:
            return gettext("It no longer counts: report %(number)s took its place.") % {
                "number": self.standing.superseded_by
            }
        if self.standing.reopened:
            return gettext("It no longer counts: the audit was reopened after it was issued.")
        return gettext("It is current: no later report took its place.")

    @property
    def problem_sentences(self):
        return [problem_sentence(problem) for problem in self.problems]

    @property
    def checked_words(self):
        return [str(CHECKED[name]) for name in self.checked]

    @property
    def unchecked_words(self):
        return [str(CHECKED[name]) for name in self.unchecked]


def report_verify(*, content):
    """Hold a PDF against the record of issued reports; return Verified. Reads only.

    Raises NotReadable for a file that is no PDF, too large, or cannot be read safely.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    reports = Report.objects.select_related("sign_off__audit__engagement")
    if report := reports.filter(pdf_sha256=sha256).first():
        standing = standing_of(report)
        known = ["bytes", "record", *_current(standing)]
        return Verified(Outcome.GENUINE, sha256, report.number, standing, checked=known, report=report)
    if draft := DraftReport.objects.filter(pdf_sha256=sha256).first():
        return Verified(Outcome.DRAFT, sha256, draft.number, checked=["bytes", "record"])
    printed = _printed(content)
    check = self_check(printed.pages, printed.attached)
    number = _number(check.context)
    report = _claimed(reports, number, printed.pages)
    if report is None:
        return Verified(Outcome.UNKNOWN, sha256, number, None, check.problems, check.checked, ["standing"])
    return _compared(report, sha256, printed, check)


def report_verify_offline(*, content):
    """Hold a PDF against itself, without the record: the attached data, the pages, and the pages made again from the
    data. Returns Verified, which says what could not be looked at. Raises NotReadable.

    Making the pages again means working on data that may be anybody's: for a command line, not for a server.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    printed = _printed(content)
    check = self_check(printed.pages, printed.attached)
    unchecked = ["issuer", "standing"]
    if not check.problems:
        unchecked = [*_made_again(content, printed.pages, check), *unchecked]
    if check.context is None:
        outcome = Outcome.UNKNOWN
    elif not check.problems:
        outcome = Outcome.DRAFT if check.context.get("draft") is True else Outcome.CONSISTENT
    else:
        outcome = Outcome.RESAVED if {problem.code for problem in check.problems} <= HARMLESS else Outcome.ALTERED
    return Verified(outcome, sha256, _number(check.context), None, check.problems, check.checked, unchecked)


def problem_sentence(problem):
    """The problem in the language that is active now."""
    if problem.code == "pages_differ" and len(problem.where) > 1:
        return ngettext(
            "The text is not what it should be on %(count)s page: %(where)s.",
            "The text is not what it should be on %(count)s pages: %(where)s.",
            len(problem.where),
        ) % {"count": len(problem.where), "where": _listed(problem.where)}
    return str(PROBLEMS[problem.code]) % {"where": _listed(problem.where)}


def _printed(content):
    try:
        return read_printed(content, attachment=FILENAME)
    except IntakeError as error:
        raise NotReadable(error) from error


def _listed(where):
    shown = gettext(", ").join(where[:12])
    return f"{shown} …" if len(where) > 12 else shown


def _number(context):
    return context["number"][:NUMBER_LENGTH] if context else ""


def _claimed(reports, number, pages):
    """The issued report that the file says it is: by the number in its data, else by one on its first page."""
    numbers = {number} if number else {word.strip("：:，,。()（）") for word in (pages[0] if pages else "").split()}
    return reports.filter(number__in=[word for word in sorted(numbers) if 0 < len(word) <= NUMBER_LENGTH][:500]).first()


def _compared(report, sha256, printed, check):
    """A file that is not the issued one, held against the issued one."""
    with report.pdf.open("rb") as file:
        issued = page_texts(file.read())
    data_agree = check.context is not None and check.context["digests"].get("context") == report.context_digest
    if check.context is not None and not data_agree:
        check.problems.append(Problem("data_differ"))
    check.note("pages", "pages_differ", differing_pages(printed.pages, issued))
    harmless = HARMLESS if report.template == "v1" else HARMLESS - {"no_data"}
    altered = {problem.code for problem in check.problems} - harmless
    # Whether it still counts is told to who has the contents, not to who guesses numbers.
    standing = None if altered else standing_of(report)
    return Verified(
        Outcome.ALTERED if altered else Outcome.RESAVED,
        sha256,
        report.number,
        standing,
        check.problems,
        [*check.checked, *_current(standing)],
        [] if standing else ["standing"],
        report,
    )


def _current(standing):
    """For the list of what was looked at and is in order."""
    return ["standing"] if standing and standing.is_current else []


def _made_again(content, pages, check):
    """Make the report again from its data and compare; returns what could not be compared."""
    if check.context.get("template") not in {*TEMPLATES, "v1"}:
        check.problems.append(Problem("template_unknown"))
        return ["pages", "bytes"]
    try:
        again = render_pdf(check.context)
    except Exception:  # whatever anybody's data do to the templates: they are no report's
        check.problems.append(Problem("data_unreadable"))
        return ["pages", "bytes"]
    if again == content:
        check.checked += ["pages", "bytes"]
        return []
    check.note("pages", "pages_differ", differing_pages(pages, page_texts(again)))
    check.problems.append(Problem("bytes_differ"))
    return []
