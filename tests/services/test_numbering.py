"""Report numbers: what a pattern may be, and that a series goes on without repeating itself."""

import pytest

from checks.models import Report
from checks.services import numbering
from checks.services.numbering import next_number

from .. import factories

PLAIN = {"code": "PA", "pattern": "{ORG}-{YYYY}-{NNNNNN}"}


@pytest.mark.parametrize(
    ("code", "pattern", "refusal"),
    [
        ("PA", "{ORG}-{YYYY}", numbering.PatternWithoutNumber),
        ("PA", "{YYYY}{NNN}{NNN}", numbering.PatternWithoutNumber),
        ("PA", "{YYYY}-{NN}", numbering.PatternWithoutNumber),
        ("PA", "{ORG}-{NNNN}", numbering.PatternWithoutYear),
        ("PA", "{YYYY}-{YY}-{NNNN}", numbering.PatternWithoutYear),
        ("PA", "{ORG}/{YYYY}/{NNNN}", numbering.PatternStrange),
        ("PA", "{YYYY} {NNNN}", numbering.PatternStrange),
        ("PA", "{ORG}{ORG}{YYYY}{NNNN}", numbering.PatternStrange),
        ("PA", "{PROJECT}-{YYYY}-{NNNN}", numbering.PatternStrange),
        ("PA", "..\\{YYYY}{NNNN}", numbering.PatternStrange),
        ("青禾", "{ORG}" + "审" * 60 + "〔{YYYY}〕{NNNNNN}号", numbering.PatternTooLong),
        ("P A", "{ORG}-{YYYY}-{NNNN}", numbering.CodeRefused),
        ("", "{ORG}-{YYYY}-{NNNN}", numbering.CodeRefused),
        ("{NNN}", "{ORG}-{YYYY}-{NNNN}", numbering.CodeRefused),
    ],
)
def test_what_makes_no_numbers_is_refused_by_name(code, pattern, refusal):
    with pytest.raises(refusal) as caught:
        numbering.check_numbering(code, pattern)
    assert caught.value.message
    assert caught.value.field in ("number_code", "number_pattern")


@pytest.mark.parametrize("pattern", ["{ORG}-{YYYY}-{NNNNNN}", "{ORG}审〔{YYYY}〕{NNNN}号", "{YY}.{NNN}_{ORG}"])
def test_usual_patterns_are_fine(pattern):
    numbering.check_numbering("QH", pattern)


@pytest.mark.django_db
class TestSeries:
    def issued(self, engagement, *numbers):
        """Reports with these numbers and nothing else of their own."""
        audit = factories.audit(engagement)
        person = factories.user()
        factories.decide_all(audit, by=person)
        template = factories.report(factories.sign_off(audit, by=factories.user()).audit, by=person)
        rows = []
        for number in numbers:
            row = Report.objects.get(pk=template.pk)
            row.pk, row.number = None, number
            rows.append(row)
        Report.objects.bulk_create(rows)

    def test_the_first_of_a_year_is_number_one(self):
        assert next_number(2026, PLAIN) == "PA-2026-000001"

    def test_it_goes_on_after_the_highest_of_its_own_year_and_scheme(self, engagement):
        self.issued(
            engagement, "PA-2031-000009", "PA-2031-000010", "PA-2030-000044", "QH-2031-000100", "PA-2031-X-000500"
        )
        assert next_number(2031, PLAIN) == "PA-2031-000011"
        assert next_number(2030, PLAIN) == "PA-2030-000045"
        assert next_number(2031, PLAIN | {"code": "QH"}) == "QH-2031-000101"

    def test_a_full_series_gets_another_digit(self, engagement):
        pattern = {"code": "QH", "pattern": "{ORG}审〔{YYYY}〕{NNN}号"}
        self.issued(engagement, "QH审〔2031〕999号")
        assert next_number(2031, pattern) == "QH审〔2031〕1000号"
        self.issued(engagement, "QH审〔2031〕1000号")
        assert next_number(2031, pattern) == "QH审〔2031〕1001号"
