from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from checks.accuracy import judge, policies
from checks.calibration import confidences, write_confidences
from checks.engine import load_checklist, shipped_checklist


class Command(BaseCommand):
    help = "Measure how often each proposal is right on labelled policies and write it into the checklist's files."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--checklist", type=Path, help="directory of a checklist version; default: the shipped one")
        parser.add_argument("--as-of", type=date.fromisoformat, default=date.today())

    def handle(self, *, folder, checklist, as_of, **options):
        directory = checklist or shipped_checklist()
        loaded = load_checklist(directory)
        rows = [row for path in policies(folder) for row in judge(path, loaded, as_of=as_of)]
        if not rows:
            raise CommandError(f"No labelled policies (NAME.txt with NAME.gold.json) in {folder}.")
        changed = write_confidences(directory, confidences(rows))
        self.stdout.write(f"{len(rows)} judgements, {changed} files changed")
