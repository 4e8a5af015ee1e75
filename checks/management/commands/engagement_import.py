from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from checks.services import ServiceError
from checks.services import package as services

from ._people import person


class Command(BaseCommand):
    help = (
        "Make an engagement of a package. Every digest and the record are checked; what is wrong is not taken at all."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="a package written by engagement_export")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who imports it and becomes its lead")
        parser.add_argument(
            "--match-people", action="store_true", help="people with the same user name here are the same people"
        )

    def handle(self, *, file, by, match_people, **options):
        user = person(by)
        try:
            with file.open("rb") as source:
                engagement = services.engagement_import(by=user, source=source, match_people=match_people)
        except ServiceError as error:
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"engagement {engagement.pk}  {engagement}  content {engagement.origin.content_digest}")
