"""The accuracy card: what was measured, in words a lawyer can check. Made from real runs only (``make accuracy``)."""

import json
from functools import cache
from pathlib import Path

CHECKLISTS = Path(__file__).parent / "checklists"

VERDICT_NAMES = {
    "compliant": "compliant",
    "partial": "partly compliant",
    "non_compliant": "not compliant",
    "not_applicable": "not applicable",
    "deficiency": "deficient (partly or not compliant)",
}

INTRODUCTION = """# Accuracy card

How often the engine's proposals agree with people who read the same policies with the same decision guides.
Written by `make accuracy GOLD=FOLDER`; not edited by hand.

- Checklist digest `{checklist}`, engine {engine}, law as of {as_of}.
- **Open**: {open_policies} policies the rules were written on. These figures flatter the engine.
- **Held out**: {held_policies} policies kept apart while writing rules. Expect these figures, or a little less, on a
  policy of your own. The disagreements on half of them were read once, to learn what kinds of mistakes there are, and
  their texts may have been seen, unlabelled, among others of a larger corpus.
- The rules were also written on 71 policies that are not counted here. An automated reader labelled them by the same
  guides; on five held-out policies given to it under other names it said the same as their labels in 376 of 400 items.
- Items on which the labellers disagreed do not count. Intervals are 95 % Wilson intervals; findings of one policy are
  not independent, so the true uncertainty is somewhat larger.
"""


def measured_accuracy(digest: str, folder: Path = CHECKLISTS) -> dict | None:
    """What ``make accuracy`` measured on the checklist with this digest; None where nobody measured just that one."""
    return _records(folder).get(digest)


@cache
def _records(folder: Path) -> dict[str, dict]:
    """Every accuracy.json beside a shipped checklist, by the digest it was measured on. Read once per process."""
    records = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/*/accuracy.json"))]
    return {record["checklist"]: record for record in records}


def accuracy_card(record: dict, titles: dict[str, str]) -> str:
    """The card as Markdown, from ``accuracy.json``'s content and each requirement's title."""
    open_, held = record["open"], record["held"]
    lines = [
        INTRODUCTION.format(**record, open_policies=open_["policies"], held_policies=held["policies"]),
        "## Overall\n",
        "| | Open | Held out |",
        "|---|---|---|",
        f"| Items | {open_['items']} | {held['items']} |",
        f"| Agreement | {_interval(open_['agreement'])} | {_interval(held['agreement'])} |",
        f"| Cohen's kappa | {open_['kappa']:.3f} | {held['kappa']:.3f} |",
        f"| Macro-F1 | {open_['macro_f1']:.3f} | {held['macro_f1']:.3f} |",
        f"| Evidence overlaps the labelled evidence | {_interval(open_['evidence_overlap'])} "
        f"| {_interval(held['evidence_overlap'])} |",
        "\n## By verdict (held out)\n",
        "| Verdict | Precision | Recall | F1 | Labelled | Proposed |",
        "|---|---|---|---|---|---|",
    ]
    scores = {**held["verdicts"], "deficiency": held["deficiency"]}
    lines += [
        f"| {VERDICT_NAMES[name]} | {score['precision']:.3f} | {score['recall']:.3f} | {score['f1']:.3f} "
        f"| {score['gold']} | {score['said']} |"
        for name, score in scores.items()
    ]
    lines += [
        "\n## Confidence (held out, each policy by confidences fitted without it)\n",
        "| Stated | Right | Findings |",
        "|---|---|---|",
    ]
    lines += [
        f"| {row['stated']:.2f} | {_interval(row['right'])} | {row['right']['total']} |" for row in held["calibration"]
    ]
    lines += [
        "\n## By requirement, worst held out first\n",
        "| Requirement | | Held out | Open |",
        "|---|---|---|---|",
    ]
    of_open = {row["code"]: row["agreement"] for row in open_["requirements"]}
    lines += [
        f"| {row['code']} | {titles[row['code']]} | {_interval(row['agreement'])} | {_interval(of_open[row['code']])} |"
        for row in held["requirements"]
    ]
    return "\n".join(lines) + "\n"


def _interval(share: dict) -> str:
    return f"{share['share']:.2f} [{share['low']:.2f}, {share['high']:.2f}]"
