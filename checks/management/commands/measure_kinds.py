import itertools
import json
import random
from collections import Counter
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from checks.engine.kinds import Concern, DocumentKind, figures_of, kind_of, recognise
from checks.engine.likeness import ALIKE, likeness, sketch

KINDS = [kind.value for kind in DocumentKind]
SHARES = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
CHAPTERS = (300, 400, 500, 600, 700, 800, 900, 1000, 1200)
CUT_AT = (0.3, 0.9)  # between these shares of a text it is cut to see whether that is noticed


class Command(BaseCommand):
    help = "Hold what kind a text is said to be against labelled documents: FOLDER/kinds.jsonl and FOLDER/corpus/."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder, **options):
        try:
            rows = [json.loads(line) for line in (folder / "kinds.jsonl").read_text("utf-8").splitlines()]
            texts = [(folder / "corpus" / row["file"]).read_text("utf-8") for row in rows]
        except (OSError, ValueError) as error:
            raise CommandError(f"{folder} holds no labelled kinds: {error}") from error
        # A truncated policy is a policy; that it is truncated is a concern beside its kind.
        labels = [row["kind"] if row["kind"] in KINDS else DocumentKind.PRIVACY_POLICY.value for row in rows]
        found = [recognise(text) for text in texts]
        self.confusion("All documents, the limits as they are", labels, [preflight.kind.value for preflight in found])
        self.concerns(rows, found)
        self.held_out(texts, labels)
        self.cut(texts, labels)

    def confusion(self, title, labels, answers):
        self.stdout.write(f"\n{title}\n{'labelled / said':<16}" + "".join(f"{kind:>16}" for kind in KINDS))
        counts = Counter(zip(labels, answers, strict=True))
        for label in dict.fromkeys(sorted(labels, key=KINDS.index)):
            self.stdout.write(f"{label:<16}" + "".join(f"{counts[label, kind]:>16}" for kind in KINDS))
        for kind in dict.fromkeys(sorted(labels, key=KINDS.index)):
            right = counts[kind, kind]
            said = sum(counts[label, kind] for label in KINDS)
            there = labels.count(kind)
            self.stdout.write(f"  {kind}: precision {right}/{said}, recall {right}/{there}")
        self.stdout.write(f"  right: {sum(map(str.__eq__, labels, answers))}/{len(labels)}")

    def concerns(self, rows, found):
        self.stdout.write("\nConcerns by labelled kind")
        counts = Counter((c.value, row["kind"]) for row, p in zip(rows, found, strict=True) for c in p.concerns)
        for (concern, kind), count in sorted(counts.items()):
            self.stdout.write(f"  {concern} in {kind}: {count}")

    def held_out(self, texts, labels):
        """The limits chosen on one half and tried on the other; texts of one template stay in one half."""
        halves = self.halves(texts)
        figures = [figures_of(text) for text in texts]
        answers = [""] * len(texts)
        for half in (0, 1):
            learn = [index for index in range(len(texts)) if halves[index] != half]
            limits = max(
                itertools.product(SHARES, SHARES, CHAPTERS),
                key=lambda chosen: sum(self.answer(figures[index], chosen) == labels[index] for index in learn),
            )
            self.stdout.write(f"\nChosen without half {half + 1}: shares {limits[0]}, {limits[1]}, chapter {limits[2]}")
            for index in range(len(texts)):
                if halves[index] == half:
                    answers[index] = self.answer(figures[index], limits)
        self.confusion("Each half with the limits chosen on the other", labels, answers)

    def answer(self, figures, limits):
        share, titled, chapter = limits
        return kind_of(figures, policy_share=share, titled_share=titled, chapter=chapter).value

    def halves(self, texts):
        """0 or 1 for each text, the same for all that resemble each other."""
        group = list(range(len(texts)))

        def head(index):
            while group[index] != index:
                index = group[index]
            return index

        sketches = [sketch(text) for text in texts]
        for one, other in itertools.combinations(range(len(texts)), 2):
            if head(one) != head(other) and likeness(sketches[one], sketches[other]) >= ALIKE:
                group[head(other)] = head(one)
        heads = sorted({head(index) for index in range(len(texts))})
        random.Random(7).shuffle(heads)  # noqa: S311
        self.stdout.write(f"\n{len(texts)} documents in {len(heads)} groups of one template")
        return [heads.index(head(index)) % 2 for index in range(len(texts))]

    def cut(self, texts, labels):
        """Whole policies cut at a random character: how many of the cuts are noticed."""
        chance = random.Random(7)  # noqa: S311
        whole = [text for text, label in zip(texts, labels, strict=True) if label == DocumentKind.PRIVACY_POLICY]
        cut = [text[: int(len(text) * chance.uniform(*CUT_AT))] for text in whole]
        noticed = sum(Concern.TRUNCATED in recognise(text).concerns for text in cut)
        alarms = sum(Concern.TRUNCATED in recognise(text).concerns for text in whole)
        self.stdout.write(
            f"\nCut at a random character: noticed {noticed}/{len(cut)}; of the whole ones {alarms} said to be"
        )
