import json
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from checks.services.verification import LARGEST, NotReadable, report_verify, report_verify_offline


class Command(BaseCommand):
    help = (
        "Say whether a PDF is a report that was issued here, unaltered, and still current. "
        "Ends with 0 for a genuine report (offline: one that agrees with itself), else with 1."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--offline", action="store_true", help="without the database: the file against itself")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *, file, offline, **options):
        with translation.override("en"):
            self.verify(file, offline, as_json if options["json"] else told)

    def verify(self, file, offline, written):
        try:
            with file.open("rb") as source:
                content = source.read(LARGEST + 1)
            verified = (report_verify_offline if offline else report_verify)(content=content)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except NotReadable as error:
            raise CommandError(f"{file}: {error.message} ({error.reason.value})") from error
        self.stdout.write(written(verified))
        if not verified.is_good:
            sys.exit(1)


def as_json(verified):
    """The answer as JSON; docs/verification.md says what stands in it."""
    standing = verified.standing
    data = {
        "outcome": verified.outcome.value,
        "sha256": verified.sha256,
        "number": verified.number or None,
        "current": standing.is_current if standing else None,
        "superseded_by": (standing.superseded_by or None) if standing else None,
        "reopened": standing.reopened if standing else None,
        "problems": [{"code": problem.code, "where": list(problem.where)} for problem in verified.problems],
        "checked": verified.checked,
        "unchecked": verified.unchecked,
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def told(verified):
    lines = [verified.sentence]
    if verified.number:
        lines.append(f"  number    {verified.number}")
    lines.append(f"  SHA-256   {verified.sha256}")
    if verified.standing_sentence:
        lines.append(f"  {verified.standing_sentence}")
    lines += [f"  ✕ {sentence}" for sentence in verified.problem_sentences]
    lines += [f"  ✓ {words}" for words in verified.checked_words]
    lines += [f"  – not checked: {words}" for words in verified.unchecked_words]
    return "\n".join(lines)
