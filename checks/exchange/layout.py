"""The order of keys in a checklist's files. A database may forget in which order they were written."""

from __future__ import annotations

CHECKLIST_ORDER = (
    "slug", "version", "title_zh", "title_en", "as_of", "domains", "instruments", "groups", "requirements",
)  # fmt: skip
REQUIREMENT_ORDER = (
    "code", "domain", "title_zh", "title_en", "kind", "severity", "trigger_zh", "trigger_en", "legal_basis",
    "question_zh", "question_en", "groups", "trigger", "elements", "signals", "verdict", "scales", "confidence",
    "decide", "decide_en", "remediation_zh", "remediation_en", "note_zh", "note_en",
)  # fmt: skip
DETECTOR_ORDER = (
    "id", "title_zh", "title_en", "required", "absent", "at_least", "headings", "fact", "places", "rules", "unless",
    "examples",
)  # fmt: skip
BASIS_ORDER = ("instrument", "ref", "note_zh", "note_en", "verified")
SCALE_ORDER = ("severity", "optional", "note_zh", "note_en")
TITLE_ORDER = ("id", "title_zh", "title_en", "in_force")
VERDICT_ORDER = ("compliant", "partial", "non_compliant", "not_applicable", "undetermined")
EXAMPLE_ORDER = ("match", "no_match")


def ordered_source(source: dict) -> dict:
    """The same content with its keys in the order of the shipped files; unknown keys come last."""
    found = in_order(source, CHECKLIST_ORDER)
    for part in ("domains", "instruments"):
        found[part] = [in_order(entry, TITLE_ORDER) for entry in found.get(part, [])]
    found["requirements"] = [ordered_requirement(entry) for entry in found.get("requirements", [])]
    return found


def ordered_requirement(entry: dict) -> dict:
    """One requirement in that order, down to its elements and examples."""
    found = in_order(entry, REQUIREMENT_ORDER)
    if isinstance(found.get("legal_basis"), list):
        found["legal_basis"] = [in_order(basis, BASIS_ORDER) for basis in found["legal_basis"]]
    if found.get("trigger"):
        found["trigger"] = ordered_detector(found["trigger"])
    for part in ("elements", "signals"):
        if isinstance(found.get(part), list):
            found[part] = [ordered_detector(detector) for detector in found[part]]
    for part in ("confidence", "decide", "decide_en"):
        if isinstance(found.get(part), dict):
            found[part] = in_order(found[part], VERDICT_ORDER)
    if isinstance(found.get("scales"), dict):
        found["scales"] = {name: in_order(change, SCALE_ORDER) for name, change in found["scales"].items()}
    return found


def ordered_detector(detector: dict) -> dict:
    found = in_order(detector, DETECTOR_ORDER)
    if isinstance(found.get("examples"), dict):
        found["examples"] = in_order(found["examples"], EXAMPLE_ORDER)
    return found


def in_order(entry: dict, order: tuple[str, ...]) -> dict:
    """The entry's keys in this order, those it does not name behind them by the alphabet."""
    places = {key: number for number, key in enumerate(order)}
    return {key: entry[key] for key in sorted(entry, key=lambda key: (places.get(key, len(order)), key))}
