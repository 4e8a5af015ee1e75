"""The rule laboratory and the effect of a draft, timed: ``python -m tests.bench.laboratory FOLDER [--texts 130]``.

Reads up to so many ``*.txt`` below the folder, makes them ready, and holds rules of the shipped checklist against all
of them as an author who edits one element does; then a draft with three changed requirements is held against them.
Nothing of the texts is printed or kept.
"""

import argparse
import copy
import statistics
import time
from pathlib import Path

from checks.engine import document_from_text, load_checklist, parse_checklist, shipped_checklist
from checks.engine.effects import difference, only, turns
from checks.engine.entities import Scale
from checks.engine.laboratory import Corpus, Search, compare, prepare
from checks.engine.synonyms import suggest


def milliseconds(work):
    """Processor time: the machine may be doing other things too."""
    clock = time.process_time()
    work()
    return (time.process_time() - clock) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--texts", type=int, default=130)
    parser.add_argument("--tries", type=int, default=60, help="rules and elements that are timed")
    asked = parser.parse_args()
    texts = [path.read_text("utf-8", "replace") for path in sorted(asked.folder.rglob("*.txt"))[: asked.texts]]
    prepared = []
    ready = milliseconds(lambda: prepared.extend(map(prepare, texts)))
    print(f"{len(texts)} texts, {sum(map(len, texts)):,} characters; made ready once in {ready:.0f} ms")
    checklist = load_checklist(shipped_checklist())
    lines, elements = [], []
    for requirement in checklist.requirements:
        groups = {**checklist.source["groups"], **requirement.content.get("groups", {})}
        for detector in (*requirement.elements, *requirement.signals):
            if detector.rules:
                elements.append((groups, detector))
                lines += [(groups, rule.text) for rule in detector.rules]

    def fresh():  # nothing remembered, as after a line was edited
        return Corpus(prepared)

    def line_search(corpus, groups, line):
        corpus.found(Search([line], groups))

    def element_search(corpus, groups, detector):
        rules, unless = ([rule.text for rule in rules] for rules in (detector.rules, detector.unless))
        now = Search(rules, groups, unless=unless)
        before = Search(rules[1:] or rules, groups, unless=unless)
        compare(corpus.found(now), corpus.found(before))

    def edited_line(corpus, groups, detector):
        rules, unless = ([rule.text for rule in rules] for rules in (detector.rules, detector.unless))
        before = Search(rules, groups, unless=unless)
        corpus.found(before)
        rules[0] = f"({rules[0]}) & !石头"
        return lambda: compare(corpus.found(Search(rules, groups, unless=unless)), corpus.found(before))

    some = elements[:: max(1, len(elements) // asked.tries)]
    for case in some:  # what is learned of a text when first asked for stays with it: topics, details
        element_search(fresh(), *case)
    for title, works in (
        (
            "one rule",
            [lambda case=case: line_search(fresh(), *case) for case in lines[:: max(1, len(lines) // asked.tries)]],
        ),
        ("an element opened, all its rules", [lambda case=case: element_search(fresh(), *case) for case in some]),
        ("one line of an element edited, compared", [edited_line(fresh(), *case) for case in some]),
    ):
        corpora = milliseconds(fresh)
        times = sorted(milliseconds(work) for work in works)
        if "edited" not in title:
            times = [max(0.0, each - corpora) for each in times]
        slow = times[int(len(times) * 0.95)]
        print(f"{title}: {len(times)} tried; median {statistics.median(times):.0f} ms, 95 % {slow:.0f} ms")
    edited = copy.deepcopy(checklist.source)
    for entry in edited["requirements"][:3]:
        for part in entry["elements"]:
            part["rules"] = part.get("rules", [])[1:]
    after = parse_checklist(edited)
    codes = difference(checklist, after).decides
    before, after = only(checklist, codes), only(after, codes)
    documents = [document_from_text(text, name="policy") for text in texts]
    turned = []

    def effect():
        for document in documents:
            turned.extend(turns(document, before, after, Scale.STANDARD))

    print(f"effect of {len(codes)} changed requirements: {milliseconds(effect):.0f} ms, {len(turned)} verdicts turn")
    print(f"suggestions: {milliseconds(lambda: suggest(['保存', '存储'], prepared)):.0f} ms")


if __name__ == "__main__":
    main()
