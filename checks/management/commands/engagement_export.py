import shutil
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from checks.models import Engagement
from checks.services import ServiceError
from checks.services import package as services

from ._people import person


class Command(BaseCommand):
    help = "Write an engagement into a package (ZIP): everything that belongs to it, with a manifest and digests."

    def add_arguments(self, parser):
        parser.add_argument("number", type=int, help="of the engagement, as in its address")
        parser.add_argument("file", type=Path, help="the package to write; must not be there yet")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who exports it; stands in the record")

    def handle(self, *, number, file, by, **options):
        engagement = Engagement.objects.filter(pk=number).first()
        if engagement is None:
            raise CommandError(f"There is no engagement {number}.")
        user = person(by)
        try:
            with file.open("xb") as target:
                source, manifest = services.engagement_export(by=user, engagement=engagement)
                with source:
                    shutil.copyfileobj(source, target)
        except FileExistsError as error:
            raise CommandError(f"{file} is there already.") from error
        except ServiceError as error:
            file.unlink()
            raise CommandError(error.message) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stdout.write(f"{file}  {len(manifest['members'])} parts  content {manifest['content']}")
