"""Report numbers: one scheme for the whole installation, one series a year, no number twice.

A pattern such as ``{ORG}-{YYYY}-{NNNNNN}`` is filled with the organisation's code, the year (``{YYYY}`` or ``{YY}``)
and a running number of at least as many digits as there are N.
"""

import re

from django.utils.translation import gettext_lazy as _

from ..models import Report
from .errors import ServiceError

LONGEST = Report._meta.get_field("number").max_length
RUNNING = re.compile(r"\{(N{3,8})\}")
YEAR = re.compile(r"\{YYYY\}|\{YY\}")
CODE = re.compile(r"[A-Za-z0-9\u4e00-\u9fff]{1,12}")
# Numbers are file names too: no space, no slash, nothing that means something to a shell.
LITERAL = re.compile(r"[A-Za-z0-9\u4e00-\u9fff._\-\[\]〔〕（）]*")


class PatternRefused(ServiceError):
    field = "number_pattern"
    text = _("This is no pattern for report numbers.")


class PatternWithoutNumber(PatternRefused):
    text = _("The pattern needs the running number exactly once: {NNNNNN}, with 3 to 8 N.")


class PatternWithoutYear(PatternRefused):
    text = _("The pattern needs the year exactly once: {YYYY} or {YY}. The running number begins anew each year.")


class PatternStrange(PatternRefused):
    text = _("Besides {ORG}, the year and {NNNNNN}, a pattern has only letters, digits, - . _ and [ ] 〔 〕 （ ）.")


class PatternTooLong(PatternRefused):
    text = _("Numbers of this pattern would be longer than %(count)s characters.")


class CodeRefused(ServiceError):
    field = "number_code"
    text = _("The code is 1 to 12 letters, digits or Chinese characters.")


def check_numbering(code, pattern):
    """Raise a PatternRefused or CodeRefused when no numbers can be made of these."""
    if not CODE.fullmatch(code):
        raise CodeRefused
    if len(RUNNING.findall(pattern)) != 1:
        raise PatternWithoutNumber
    if len(YEAR.findall(pattern)) != 1:
        raise PatternWithoutYear
    rest = RUNNING.sub("", YEAR.sub("", pattern))
    if not LITERAL.fullmatch(rest.replace("{ORG}", "", 1)):
        raise PatternStrange
    if len("".join(_around(code, pattern, 2000))) + 8 > LONGEST:
        raise PatternTooLong(count=LONGEST)


def next_number(year, numbering):
    """The next free number of the year, such as PA-2026-000012; ``numbering`` is ``house_context()["numbering"]``."""
    before, after = _around(numbering["code"], numbering["pattern"], year)
    digits = len(RUNNING.search(numbering["pattern"])[1])
    same = rf"^{re.escape(before)}[0-9]{{{digits},}}{re.escape(after)}$"
    taken = Report.objects.filter(number__regex=same).values_list("number", flat=True)
    last = max((int(number[len(before) : len(number) - len(after)]) for number in taken), default=0)
    return f"{before}{last + 1:0{digits}d}{after}"


def _around(code, pattern, year):
    """What stands before and after the running number."""
    filled = pattern.replace("{ORG}", code).replace("{YYYY}", f"{year:04d}").replace("{YY}", f"{year % 100:02d}")
    before, _digits, after = RUNNING.split(filled)
    return before, after
