import json
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from checks.accuracy import is_held_out, judge, measure, policies
from checks.accuracy_card import accuracy_card
from checks.calibration import cross_validated
from checks.engine import ENGINE_VERSION, load_checklist, shipped_checklist


class Command(BaseCommand):
    help = "Hold the engine's verdicts against a folder of labelled policies (NAME.txt + NAME.gold.json)."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--checklist", type=Path, help="directory of a checklist version; default: the shipped one")
        parser.add_argument("--as-of", type=date.fromisoformat, default=date.today())
        parser.add_argument(
            "--part",
            choices=["all", "open", "held"],
            default="all",
            help="open: those rules are written on; held: the sixth kept apart",
        )
        parser.add_argument("--json", action="store_true", help="for machines")
        parser.add_argument(
            "--card", action="store_true", help="write docs/accuracy.md and the checklist's accuracy.json"
        )
        parser.add_argument("--errors", metavar="CODE", help="show the sentences behind each disagreement on CODE")

    def handle(self, *, folder, checklist, as_of, part, errors, **options):
        found = policies(folder, part)
        if not found:
            raise CommandError(f"No labelled policies (NAME.txt with NAME.gold.json) in {folder}.")
        directory = checklist or shipped_checklist()
        loaded = load_checklist(directory)
        rows = [row for path in found for row in judge(path, loaded, as_of=as_of)]
        if options["card"]:
            self.write_card(rows, directory, loaded, as_of)
        elif errors:
            self.show_errors([row for row in rows if row.code == errors])
        elif options["json"]:
            self.stdout.write(json.dumps(measure(rows), ensure_ascii=False, indent=1))
        else:
            self.show(measure(rows))

    def write_card(self, rows, directory, loaded, as_of):
        measured = {
            "open": measure(row for row in rows if not is_held_out(row.policy)),
            "held": measure(row for row in rows if is_held_out(row.policy)),
        }
        measured["held"]["calibration"] = cross_validated(rows)
        record = {"checklist": loaded.digest, "engine": ENGINE_VERSION, "as_of": as_of.isoformat(), **measured}
        (directory / "accuracy.json").write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
        titles = {requirement.code: requirement.title_zh for requirement in loaded.requirements}
        card = settings.BASE_DIR / "docs" / "accuracy.md"
        card.write_text(accuracy_card(record, titles), "utf-8")
        self.stdout.write(f"wrote {card.name} and accuracy.json")

    def show(self, result):
        write = self.stdout.write
        agreement = result["agreement"]
        write(f"{result['policies']} policies, {result['items']} items")
        write(f"agreement        {agreement['share']:.3f}  [{agreement['low']:.3f}, {agreement['high']:.3f}]")
        write(f"Cohen's kappa    {result['kappa']:.3f}")
        write(f"macro-F1         {result['macro_f1']:.3f}")
        scores = {**result["verdicts"], "deficiency": result["deficiency"]}
        for name, score in scores.items():
            write(
                f"{name:<16} P {score['precision']:.3f}  R {score['recall']:.3f}  F1 {score['f1']:.3f}"
                f"  ({score['gold']} labelled, {score['said']} said)"
            )
        overlap = result["evidence_overlap"]
        write(f"evidence overlap {overlap['share']:.3f}  ({overlap['total']} agreeing findings with evidence)")
        write("\nrequirements, worst first")
        for row in result["requirements"]:
            errors = ", ".join(f"{what} {count}" for what, count in row["errors"].items())
            agreement = row["agreement"]
            write(f"{agreement['share']:.2f} {agreement['good']:>3}/{agreement['total']:<3} {row['code']:<30} {errors}")
        write("\nconfidence: stated, right, findings")
        for row in result["calibration"]:
            write(f"{row['stated']:.2f}  {row['right']['share']:.2f}  {row['right']['total']}")

    def show_errors(self, rows):
        wrong = [row for row in rows if row.gold != row.proposed]
        self.stdout.write(f"{len(rows) - len(wrong)} of {len(rows)} agree")
        for row in wrong:
            self.stdout.write(f"\n{row.policy}: labelled {row.gold} ({row.why}), proposed {row.proposed}")
            self.stdout.write(f"  {row.rationale}")
            for quote in row.gold_quotes:
                self.stdout.write(f"  labelled  {quote}")
            for quote in row.quotes:
                self.stdout.write(f"  found     {quote[:160]}")
