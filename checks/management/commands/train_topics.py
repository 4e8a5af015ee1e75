import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from checks.engine.normal import normalise
from checks.engine.outline import build_outline
from checks.engine.topics import SIZE, TOPICS, WEIGHTS, features, titles_above

FOLDS = 5
COST = 0.6  # of an error, against large weights
PRESENT = 1.3  # times that where a label is there and not found: rare topics are missed more often than invented
ROUNDS = 6  # over all lines; more change nothing
FIRST_ROUNDS = 4  # of the first training, that tells which features count
TRUST = 0.4  # how far it is followed: power of the length of a feature's weights
LEAST = 0.05  # share of the features that are taken to be as long as the longest of them
AGREED = 0.5  # share of copies that must carry a topic, the cut that serves the copies best


class Document:
    """Lines of one labelled policy with the heading above each."""

    def __init__(self, path: Path):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        self.lines = [normalise(row["text"]).text for row in rows]
        self.labels = np.array([[topic in row["topics"] for topic in TOPICS] for row in rows], dtype=bool)
        self.important = np.array([row["important"] for row in rows], dtype=bool)
        text = "\n".join(row["text"].replace("\n", " ") for row in rows)
        outline = build_outline(text)
        titles, above = titles_above(outline)
        self.headings, self.chapters, at, section = [], [], 0, 0
        for row in rows:
            while section < len(outline.sections) and outline.sections[section].start < at:
                section += 1
            self.headings.append(titles[section - 1] if section else "")
            self.chapters.append(above[section - 1] if section else "")
            at += len(row["text"]) + 1
        self.labelled = np.flatnonzero(self.labels.any(axis=1))
        self.rows = _rows(self.lines, self.headings, self.chapters)


class Command(BaseCommand):
    help = "Train the topics of sentences from labelled policies (docN.jsonl with text and topics); see docs/topics.md."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--save", action="store_true", help="train on everything and write the shipped weights")

    def handle(self, *, folder, save, **options):
        paths = sorted(folder.glob("*.jsonl"))
        if len(paths) < FOLDS:
            raise CommandError(f"At least {FOLDS} documents (*.jsonl) are needed in {folder}.")
        documents = [Document(path) for path in paths]
        scores = [np.zeros(0)] * len(documents)
        for fold in range(FOLDS):
            weights, scale, bias = _train([document for i, document in enumerate(documents) if i % FOLDS != fold])
            for i in range(fold, len(documents), FOLDS):
                scores[i] = np.array([v @ weights[c] for c, v in documents[i].rows]) * scale + bias
            self.stdout.write(f"fold {fold + 1} of {FOLDS} trained")
        self.report(documents, scores)
        if save:
            weights, scale, bias = _train(documents)
            np.savez_compressed(WEIGHTS, weights=weights, scale=scale, bias=bias)
            self.stdout.write(f"wrote {WEIGHTS.name}, {WEIGHTS.stat().st_size} bytes")

    def report(self, documents, scores):
        """F1 by document, of scores above 0 and of the same with the highest of each line, over three sets of lines."""
        gold = np.concatenate([document.labels for document in documents])
        important = np.concatenate([document.important for document in documents])
        scores = np.concatenate(scores)
        above = scores > 0
        highest = above | (np.arange(len(TOPICS)) == scores.argmax(axis=1)[:, None])
        labelled = gold.any(axis=1)
        for t, topic in enumerate(TOPICS):
            found = _f1(highest[labelled, t], gold[labelled, t])
            self.stdout.write(f"{topic:<18} F1 {found:.3f}  ({int(gold[labelled, t].sum())} lines)")
        self.stdout.write("                                         above 0        and the highest")
        for name, chosen in (
            ("lines with a topic", labelled),
            ("important lines", important),
            ("all lines", labelled >= 0),
        ):
            figures = ("{:.3f} / {:.3f}".format(*_micro_macro(said[chosen], gold[chosen])) for said in (above, highest))
            self.stdout.write(f"{name:<20} {int(chosen.sum()):>6}  micro / macro {'   '.join(figures)}")
        self.report_repeated(documents, highest)

    def report_repeated(self, documents, said):
        """How far the labels themselves agree: a line's label told from the same line in other documents."""
        seen, at = defaultdict(list), 0
        for number, document in enumerate(documents):
            for line in document.labelled:
                seen[document.lines[line]].append((number, document.labels[line], said[at + line]))
            at += len(document.lines)
        told, by_model, gold = [], [], []
        for rows in seen.values():
            if len({number for number, *_ in rows}) < 3:
                continue
            for number, labels, model in rows:
                told.append(np.mean([other for place, other, _ in rows if place != number], axis=0) > AGREED)
                by_model.append(model)
                gold.append(labels)
        if gold:
            self.stdout.write(
                f"{len(gold)} lines that stand in three documents or more: told from their other copies "
                "micro / macro %.3f / %.3f, by the model %.3f / %.3f"
                % (*_micro_macro(np.array(told), np.array(gold)), *_micro_macro(np.array(by_model), np.array(gold)))
            )


def _rows(lines, headings, chapters):
    """Features of each line: its columns, each once and rising, and their values."""
    blocks = features(lines, headings, chapters)
    rows, columns, values = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    places, inverse = np.unique(rows.astype(np.int64) * SIZE + columns, return_inverse=True)
    summed = np.bincount(inverse, weights=values).astype(np.float32)
    starts = np.searchsorted(places, np.arange(len(lines) + 1) * SIZE)
    return [(places[first:last] % SIZE, summed[first:last]) for first, last in pairwise(starts)]


def _train(documents):
    """Weights in eight bits, their scale and the bias by topic, trained on the lines that have a topic.

    Features are made small that stand in many lines, and then those that a first training gave little weight; so are
    the weights that come out, and the features can stay as they are when a sentence is scored.
    """
    rows = [document.rows[line] for document in documents for line in document.labelled]
    signs = np.concatenate([document.labels[document.labelled] for document in documents]) * np.float32(2) - 1
    columns = np.concatenate([columns for columns, _ in rows])
    squares = np.bincount(columns, np.concatenate([values for _, values in rows]) ** 2, minlength=SIZE)
    lines = np.bincount(columns, minlength=SIZE)
    rare = _levelled(np.sqrt(np.log((1 + len(rows)) / (1 + lines)) + 0.3), squares)
    first, _ = _descend(_scaled(rows, rare), signs, FIRST_ROUNDS)
    told = np.linalg.norm(first / np.linalg.norm(first, axis=0), axis=1)
    least = np.quantile(told[told > 0], LEAST)
    factors = _levelled(rare * np.maximum(told, least) ** TRUST, squares)
    weights, bias = _descend(_scaled(rows, factors), signs, ROUNDS)
    weights *= factors[:, None]
    scale = np.abs(weights).max(axis=0) / 127
    return np.round(weights / scale).astype(np.int8), scale, bias


def _levelled(factors, squares):
    """Factors of the features that leave the lines as long as they are, on the average."""
    return (factors * np.sqrt(squares.sum() / (squares * factors**2).sum())).astype(np.float32)


def _scaled(rows, factors):
    return [(columns, values * factors[columns]) for columns, values in rows]


def _descend(rows, signs, rounds):
    """Weights and biases of linear support vector machines with squared hinge, a topic against the rest.

    All topics at once by dual coordinate descent (Hsieh et al. 2008). The bias is the weight of one more feature that
    is 1 in every line.
    """
    slack = np.where(signs > 0, 0.5 / (COST * PRESENT), 0.5 / COST).astype(np.float32)
    curvature = np.array([values @ values + 1 for _, values in rows], dtype=np.float32)[:, None] + slack
    weights, bias = np.zeros((SIZE, len(TOPICS)), np.float32), np.zeros(len(TOPICS), np.float32)
    duals = np.zeros_like(signs)
    random = np.random.default_rng(0)
    for _ in range(rounds):
        for row in random.permutation(len(rows)):
            columns, values = rows[row]
            here = weights[columns]
            gradient = signs[row] * (values @ here + bias) - 1 + slack[row] * duals[row]
            changed = np.maximum(duals[row] - gradient / curvature[row], 0)
            step = (changed - duals[row]) * signs[row]
            duals[row] = changed
            weights[columns] = here + values[:, None] * step
            bias += step
    return weights, bias


def _micro_macro(said, gold) -> tuple[float, float]:
    return _f1(said, gold), float(np.mean([_f1(said[:, t], gold[:, t]) for t in range(len(TOPICS))]))


def _f1(said, gold) -> float:
    return float(2 * (said & gold).sum() / max(1, said.sum() + gold.sum()))
