from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from checks.engine import ChecklistError
from checks.services import checklist


class Command(BaseCommand):
    help = "Publish the shipped checklist, or the one in DIRECTORY. Loading the same content again changes nothing."

    def add_arguments(self, parser):
        parser.add_argument("directory", nargs="?", type=Path, help="a checklist version: checklist.yaml and the rest")

    def handle(self, *, directory, verbosity, **options):
        try:
            version = checklist.checklist_import(path=directory)
        except ChecklistError as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"{version}: {version.requirements.count()} requirements, digest {version.digest[:12]}")
