import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from checks.engine.normal import normalise
from checks.engine.outline import build_outline
from checks.engine.topics import SIZE, TOPICS, WEIGHTS, features

FOLDS = 5
REGULARISATION = 3e-5
AGREED = 0.4  # share of copies that must carry a topic, the cut that serves the copies best


class Document:
    """Lines of one labelled policy with the heading above each."""

    def __init__(self, path: Path):
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
        self.lines = [normalise(row["text"]).text for row in rows]
        self.labels = np.array([[topic in row["topics"] for topic in TOPICS] for row in rows], dtype=np.float32)
        self.important = np.array([row["important"] for row in rows])  # the lines whose topics were judged with care
        text = "\n".join(row["text"].replace("\n", " ") for row in rows)
        outline = build_outline(text)
        self.headings, at, section = [], 0, 0
        for row in rows:
            while section < len(outline.sections) and outline.sections[section].start < at:
                section += 1
            self.headings.append(normalise(outline.sections[section - 1].title).text if section else "")
            at += len(row["text"]) + 1


class Command(BaseCommand):
    help = "Train the topics of sentences from labelled policies (docN.jsonl with text and topics); see docs/topics.md."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path)
        parser.add_argument("--save", action="store_true", help="train on everything and write the shipped weights")

    def handle(self, *, folder, save, **options):
        documents = [Document(path) for path in sorted(folder.glob("*.jsonl"))]
        if len(documents) < FOLDS:
            raise CommandError(f"At least {FOLDS} documents (*.jsonl) are needed in {folder}.")
        matrices = [_matrix(document)[document.important] for document in documents]
        labels_of = [document.labels[document.important] for document in documents]
        held_scores, held_labels = [], []
        for fold in range(FOLDS):
            chosen = [i for i in range(len(documents)) if i % FOLDS != fold]
            weights, bias = _train([matrices[i] for i in chosen], [labels_of[i] for i in chosen])
            left_out = range(fold, len(documents), FOLDS)
            held_scores.append(np.concatenate([matrices[i] @ weights + bias for i in left_out]))
            held_labels.append(np.concatenate([labels_of[i] for i in left_out]))
            self.stdout.write(f"fold {fold + 1} of {FOLDS} trained")
        said = []
        for fold in range(FOLDS):
            rest = [i for i in range(FOLDS) if i != fold]
            cut = _thresholds(
                np.concatenate([held_scores[i] for i in rest]), np.concatenate([held_labels[i] for i in rest])
            )
            said.append(held_scores[fold] > cut)
        scores, labels = np.concatenate(held_scores), np.concatenate(held_labels)
        threshold = _thresholds(scores, labels)
        self.report(np.concatenate(said), labels > 0)
        self.report_repeated(documents)
        if save:
            weights, bias = _train(matrices, labels_of)
            scale = np.abs(weights).max(axis=0) / 127
            np.savez_compressed(
                WEIGHTS,
                weights=np.round(weights / scale).astype(np.int8),
                scale=scale.astype(np.float32),
                bias=bias.astype(np.float32),
                threshold=threshold.astype(np.float32),
            )
            self.stdout.write(f"wrote {WEIGHTS.name}, {WEIGHTS.stat().st_size} bytes")

    def report(self, said, gold):
        self.stdout.write("important lines, by document, five folds; thresholds chosen on the other folds")
        f1s = []
        for t, topic in enumerate(TOPICS):
            f1s.append(_f1(said[:, t], gold[:, t]))
            self.stdout.write(f"{topic:<18} F1 {f1s[-1]:.3f}  ({int(gold[:, t].sum())} lines)")
        self.stdout.write(f"micro F1 {_f1(said.ravel(), gold.ravel()):.3f}  macro F1 {np.mean(f1s):.3f}")

    def report_repeated(self, documents):
        """How far the labels themselves agree: a line's label told from the same line in other documents."""
        seen = defaultdict(list)
        for number, document in enumerate(documents):
            for at in np.flatnonzero(document.important):
                seen[document.lines[at]].append((number, document.labels[at]))
        said, gold = [], []
        for rows in seen.values():
            if len({number for number, _ in rows}) < 3:
                continue
            for number, labels in rows:
                said.append(np.mean([other for place, other in rows if place != number], axis=0) > AGREED)
                gold.append(labels > 0)
        if not gold:
            return
        said, gold = np.array(said), np.array(gold)
        macro = np.mean([_f1(said[:, t], gold[:, t]) for t in range(len(TOPICS))])
        self.stdout.write(
            f"{len(gold)} lines that stand in three documents or more, told from their other copies: "
            f"micro F1 {_f1(said.ravel(), gold.ravel()):.3f}  macro F1 {macro:.3f}"
        )


def _thresholds(scores, labels):
    return np.array([_best_threshold(scores[:, t], labels[:, t]) for t in range(len(TOPICS))])


def _matrix(document: Document):
    from scipy.sparse import csr_matrix

    blocks = features(document.lines, document.headings)
    rows, columns, values = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return csr_matrix((values.astype(np.float32), (rows, columns)), shape=(len(document.lines), SIZE))


def _train(matrices, labels):
    """One-vs-rest logistic regression with L2, all topics at once by L-BFGS."""
    from scipy.optimize import minimize
    from scipy.sparse import vstack

    x, y = vstack(matrices).tocsr(), np.concatenate(labels)
    transposed = x.T.tocsr()
    topics = y.shape[1]

    def loss(flat):
        weights, bias = flat[:-topics].reshape(SIZE, topics), flat[-topics:]
        score = x @ weights.astype(np.float32) + bias.astype(np.float32)
        error = 1 / (1 + np.exp(-np.clip(score, -30, 30))) - y
        value = (np.logaddexp(0, score) - y * score).sum() / len(y) + REGULARISATION / 2 * (weights**2).sum()
        gradient = transposed @ error.astype(np.float32) / len(y) + REGULARISATION * weights
        return float(value), np.concatenate([gradient.ravel(), error.mean(axis=0)]).astype(np.float64)

    start = np.zeros(SIZE * topics + topics)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60, "maxcor": 6}).x
    return found[:-topics].reshape(SIZE, topics), found[-topics:]


def _f1(said, gold) -> float:
    return float(2 * (said & gold).sum() / max(1, said.sum() + gold.sum()))


def _best_threshold(scores, labels) -> float:
    candidates = np.quantile(scores, np.linspace(0.4, 0.999, 120))
    return float(max(candidates, key=lambda cut: _f1(scores > cut, labels > 0)))
