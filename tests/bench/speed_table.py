"""The table of `make bench`: what each part of an audit costs, beside jieba on the same text in the same run.

``python -m tests.bench.speed_table [FOLDER]`` measures the texts shipped here and, if a folder is named, policies (``*.txt``)
from it. Times are of the processor, not of the clock, and the best of several rounds in which all parts take turns, so
that a busy machine slows them all alike.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import jieba

from checks.engine import (
    analyse,
    build_outline,
    document_from_text,
    load_checklist,
    read_document,
    shipped_checklist,
)
from checks.engine.checklist import Checklist
from checks.engine.facts import extract_facts
from checks.engine.matching import Matcher, Text
from checks.engine.normal import NormalText
from checks.engine.rules import Followed, Terms, anchors

ROOT = Path(__file__).resolve().parent.parent.parent
SHIPPED = ("checks/demo/good_2026.txt", "checks/demo/old_style.txt", "tests/policies/single_line.txt")
PARTS = ("jieba", "decode and outline", "facts", "topics", "matching", "whole audit")
AS_OF = date(2026, 11, 1)
LENGTH = 10_000  # characters that times are given for
MOST = 12  # policies taken from a folder
_CHILD = """
import json, resource, sys, time
from datetime import date
begun = time.process_time()
from checks.engine import analyse, document_from_text, load_checklist, shipped_checklist
imported = time.process_time()
checklist = load_checklist(shipped_checklist())
checklist.matcher
ready = time.process_time()
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
idle = peak()
document = document_from_text(sys.stdin.read(), name="x")
analyse(document, checklist, as_of=date(2026, 11, 1))
print(json.dumps({"import": imported - begun, "checklist": ready - imported, "idle": idle, "peak": peak()}))
"""


def best_of(parts: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The least processor time of each part, in seconds; the parts take turns."""
    best = dict.fromkeys(parts, float("inf"))
    for _ in range(rounds):
        for name, part in parts.items():
            begun = time.process_time()
            part()
            best[name] = min(best[name], time.process_time() - begun)
    return best


def cost_of_parts(text: str, checklist: Checklist, rounds: int) -> dict[str, float]:
    """Seconds for each of PARTS on one text."""
    content = text.encode()
    document = document_from_text(text, name="x")
    outline = build_outline(text)
    ready = Text(text, outline)
    normal = NormalText(ready.normal, ready.origin)
    metrics = extract_facts(text, outline, normal).metrics
    work = (
        lambda: jieba.lcut(text),
        lambda: build_outline(read_document(content, name="x").text),
        lambda: extract_facts(text, outline, normal),
        lambda: Text(text, outline).topics,
        lambda: match(checklist.matcher, text, outline, metrics),
        lambda: analyse(document, checklist, as_of=AS_OF),
    )
    return best_of(dict(zip(PARTS, work, strict=True)), rounds)


def match(matcher: Matcher, text: str, outline, metrics: dict[str, float] | None = None) -> int:
    """Ask every rule that can hold where it does; how many sentences that gives together."""
    reading = matcher.read(Text(text, outline), metrics)
    return sum(reading.rule(number).bit_count() for number in reading.holding)


def ten_times_the_rules(checklist: Checklist) -> Matcher:
    """Nine further rules for each, alike but about things a text does not speak of."""

    def elsewhere(terms: frozenset[str], copy: int) -> Terms:
        return Terms(tuple(sorted(f"{term}{copy}号乙" for term in terms)))

    strangers = [
        Followed(elsewhere(anchors(rule), copy), elsewhere(anchors(rule), copy), 8)
        for copy in range(9)
        for rule in checklist.rules
    ]
    return Matcher.compile([*checklist.rules, *strangers])


def growth(checklist: Checklist, text: str, rounds: int) -> dict[str, float]:
    """How many times as much a text ten times as long costs, and matching with ten times as many rules."""
    outline, many = build_outline(text), ten_times_the_rules(checklist)
    document, long = (document_from_text(text * times, name="x") for times in (1, 10))
    best = best_of(
        {
            "text": lambda: analyse(document, checklist, as_of=AS_OF),
            "long text": lambda: analyse(long, checklist, as_of=AS_OF),
            "rules": lambda: match(checklist.matcher, text, outline),
            "many rules": lambda: match(many, text, outline),
        },
        rounds,
    )
    return {"text": best["long text"] / best["text"], "rules": best["many rules"] / best["rules"]}


def fresh_process(text: str) -> dict[str, float]:
    """Seconds to import the engine and to load the checklist, and megabytes before and after an audit of a text."""
    child = subprocess.run(
        [sys.executable, "-c", _CHILD], cwd=ROOT, input=text, capture_output=True, text=True, check=True
    )
    return json.loads(child.stdout)


def policies(folder: Path) -> list[str]:
    """At most MOST texts of a folder, from all over its list."""
    files = sorted(folder.glob("*.txt"))
    return [file.read_text("utf-8") for file in files[:: -(-len(files) // MOST) or 1]]


def table(sets: dict[str, list[str]], checklist: Checklist, rounds: int) -> list[str]:
    """Lines: a row for each set of texts, milliseconds for LENGTH characters of them."""
    lines = [
        f"{'ms per 10,000 characters':34}" + "".join(f"{name:>{len(name) + 3}}" for name in PARTS) + "   audit : jieba"
    ]
    for name, texts in sets.items():
        costs = [cost_of_parts(text, checklist, rounds) for text in texts]
        scale = 1000 * LENGTH / sum(map(len, texts))
        row = {part: scale * sum(cost[part] for cost in costs) for part in PARTS}
        cells = "".join(f"{row[part]:>{len(part) + 3}.1f}" for part in PARTS)
        lines.append(f"{name:34}{cells}{row['whole audit'] / row['jieba']:>16.2f}")
    return lines


def report(folder: Path | None, rounds: int) -> list[str]:
    """All lines of `make bench`'s table."""
    checklist = load_checklist(shipped_checklist())
    jieba.lcut("")  # loads the dictionary, which is not what is measured
    sets = {f"{Path(name).name} (shipped)": [_filled((ROOT / name).read_text("utf-8"))] for name in SHIPPED}
    if folder and (texts := policies(folder)):
        sets[f"{len(texts)} policies of {folder.name}"] = texts
    text = _filled((ROOT / SHIPPED[0]).read_text("utf-8"))
    fresh, grown = fresh_process(text * 10), growth(checklist, text, rounds)
    return [
        *table(sets, checklist, rounds),
        "",
        f"start of a fresh process   import {fresh['import'] * 1000:.0f} ms, checklist {fresh['checklist'] * 1000:.0f} ms",
        f"memory                     {fresh['idle']:.0f} MB with the checklist, {fresh['peak']:.0f} MB after 100,000 characters",
        f"ten times the text         {grown['text']:.1f} times the time (at most 11 wanted)",
        f"ten times the rules        {grown['rules']:.2f} times the time of matching (at most 1.5 wanted)",
    ]


def _filled(text: str) -> str:
    return (text * (LENGTH // len(text) + 1))[:LENGTH]


def main() -> None:
    jieba.setLogLevel("ERROR")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of policies as *.txt")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.folder and not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is not a folder")
    print("\n".join(report(arguments.folder, arguments.rounds)))


if __name__ == "__main__":
    main()
