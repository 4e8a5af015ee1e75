"""YAML ⇄ Checklist. A checklist version is a document: one file for the whole, one for each requirement.

Unknown keys are errors that name the file and the place. The digest is over the content, not the files' layout.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path

import yaml

from .conditions import Condition, ConditionError, parse_condition
from .entities import Kind, Scale, Severity, Verdict
from .matching import Matcher
from .rules import Node, RuleError, looked_for, needed, parse_rule, shared

_SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both are safe; the first is ten times as fast
SHIPPED = Path(__file__).resolve().parent.parent / "checklists"

_CHECKLIST_KEYS = {
    "slug",
    "version",
    "title_zh",
    "title_en",
    "as_of",
    "domains",
    "instruments",
    "groups",
    "requirements",
}
_REQUIRED = {
    "code",
    "domain",
    "title_zh",
    "title_en",
    "kind",
    "severity",
    "legal_basis",
    "question_zh",
    "question_en",
    "elements",
    "decide",
    "remediation_zh",
    "remediation_en",
}
_OPTIONAL = {
    "trigger_zh",
    "trigger_en",
    "trigger",
    "signals",
    "verdict",
    "groups",
    "scales",
    "note_zh",
    "note_en",
    "decide_en",
    "confidence",
}
_DETECTOR_KEYS = {
    "id",
    "title_zh",
    "title_en",
    "required",
    "rules",
    "at_least",
    "fact",
    "places",
    "examples",
    "unless",
    "absent",
    "headings",
}
_BASIS_KEYS = {"instrument", "ref", "note_zh", "note_en", "verified"}
_SCALE_KEYS = {"severity", "optional", "note_zh", "note_en"}


class ChecklistError(ValueError):
    """A checklist that cannot be read: ``file`` (or code), ``where`` in it, and what is wrong."""

    def __init__(self, file: str, where: str, message: str):
        self.file, self.where, self.message = file, where, message
        super().__init__(f"{file}: {where}: {message}")


@dataclass(frozen=True)
class Rule:
    """How we look for something: the line as written, its tree, its number in the matcher, and what it needs.

    ``looked_for`` says that in words; ``needed`` are the smallest parts that must all be there.
    """

    text: str
    node: Node
    number: int
    looked_for: tuple[str, ...]
    needed: tuple[Node, ...]


@dataclass(frozen=True)
class Detector:
    """Something to be found by rules or by a fact: an element, a signal or the trigger of a requirement.

    It is found when at least ``at_least`` different rules hold somewhere, or when the fact's condition holds.
    Sentences for which one of the ``unless`` rules holds do not count. With ``absent`` it is met when nothing is
    found; with ``headings`` a heading counts like a sentence.
    """

    id: str
    title_zh: str
    title_en: str
    required: bool
    rules: tuple[Rule, ...]
    unless: tuple[Rule, ...]
    at_least: int
    absent: bool
    headings: bool
    fact: Condition | None
    places: str  # name of the places in the facts that are evidence for the fact
    match: tuple[str, ...]
    no_match: tuple[str, ...]

    @property
    def decides(self) -> bool:
        return bool(self.rules) or self.fact is not None

    @cached_property
    def named(self) -> dict[str, str]:
        """Language → the title as it stands inside a sentence."""
        return {"zh": self.title_zh.rstrip("。"), "en": self.title_en.rstrip(".") or self.id.replace("_", " ")}

    @cached_property
    def looked_for(self) -> tuple[str, ...]:
        """What all rules together look for, each word once."""
        return tuple(dict.fromkeys(word for rule in self.rules for word in rule.looked_for))


@dataclass(frozen=True)
class VerdictRule:
    verdict: Verdict
    text: str
    condition: Condition


@dataclass(frozen=True)
class ScaleRule:
    """What changes for processors of one scale."""

    severity: Severity | None
    optional: frozenset[str]


@dataclass(frozen=True)
class Requirement:
    """What the law asks, and how to find out whether a text does it."""

    code: str
    domain: str
    title_zh: str
    title_en: str
    kind: Kind
    severity: Severity
    trigger: Detector | None
    elements: tuple[Detector, ...]
    signals: tuple[Detector, ...]
    verdicts: tuple[VerdictRule, ...]
    scales: dict[Scale, ScaleRule]
    confidence: dict[Verdict, float]  # how often each proposal was right when it was measured; see calibration
    content: dict  # the entry as read

    @cached_property
    def has_rules(self) -> bool:
        return any(detector.decides for detector in (*self.elements, *self.signals))

    @property
    def detectors(self) -> tuple[Detector, ...]:
        return (*((self.trigger,) if self.trigger else ()), *self.elements, *self.signals)


@dataclass(frozen=True)
class Checklist:
    slug: str
    version: str
    title_zh: str
    title_en: str
    digest: str
    source: dict
    requirements: tuple[Requirement, ...]
    rules: tuple[Node, ...]

    @cached_property
    def matcher(self) -> Matcher:
        return Matcher.compile(list(self.rules))


class _Loader:
    def __init__(self, source: dict):
        self.source = source
        self.rules: list[Node] = []
        self.pool: dict[Node, Node] = {}
        self.groups: dict[str, tuple[str, ...]] = {}

    def load(self) -> Checklist:
        source = self.source
        _keys(source, _CHECKLIST_KEYS, _CHECKLIST_KEYS - {"as_of"}, "checklist.yaml", "top level")
        for name, words in source["groups"].items():
            self.groups[name] = _words(words, "checklist.yaml", f"groups › {name}")
        domains = {domain["id"] for domain in source["domains"]}
        instruments = {instrument["id"] for instrument in source["instruments"]}
        requirements = []
        seen = set()
        for entry in source["requirements"]:
            requirement = self.requirement(entry)
            if requirement.code in seen:
                raise ChecklistError(requirement.code, "code", "this code is there twice")
            if requirement.domain not in domains:
                raise ChecklistError(requirement.code, "domain", f"unknown domain “{requirement.domain}”")
            for basis in entry["legal_basis"]:
                if basis["instrument"] not in instruments:
                    raise ChecklistError(requirement.code, "legal_basis", f"unknown instrument {basis['instrument']}")
            seen.add(requirement.code)
            requirements.append(requirement)
        return Checklist(
            source["slug"],
            str(source["version"]),
            source["title_zh"],
            source["title_en"],
            digest_of(source),
            source,
            tuple(requirements),
            tuple(self.rules),
        )

    def requirement(self, entry: dict) -> Requirement:
        code = entry.get("code", "?") if isinstance(entry, dict) else "?"
        _keys(entry, _REQUIRED | _OPTIONAL, _REQUIRED, code, "top level")
        for basis in entry["legal_basis"]:
            _keys(basis, _BASIS_KEYS, {"instrument", "ref", "note_zh"}, code, "legal_basis")
        local = {name: _words(words, code, f"groups › {name}") for name, words in entry.get("groups", {}).items()}
        groups = {**self.groups, **local}
        self.guide_in_english(entry, code)
        trigger = None
        if entry.get("trigger"):
            titles = {"title_zh": entry.get("trigger_zh") or "", "title_en": entry.get("trigger_en") or ""}
            trigger = self.detector({"id": "trigger", **titles, **entry["trigger"]}, code, groups)
        elements = tuple(self.detector(element, code, groups) for element in entry["elements"])
        signals = tuple(self.detector(signal, code, groups) for signal in entry.get("signals", []))
        ids = [detector.id for detector in (*elements, *signals)]
        if len(set(ids)) < len(ids):
            raise ChecklistError(code, "elements, signals", "the same id twice")
        verdicts = self.verdicts(entry, code, frozenset([*ids, "trigger"]))
        scales = {}
        for scale, change in entry.get("scales", {}).items():
            _keys(change, _SCALE_KEYS, set(), code, f"scales › {scale}")
            severity = Severity(change["severity"]) if "severity" in change else None
            scales[Scale(scale)] = ScaleRule(severity, frozenset(change.get("optional", [])))
        try:
            kind, severity = Kind(entry["kind"]), Severity(entry["severity"])
        except ValueError as error:
            raise ChecklistError(code, "kind, severity", str(error)) from error
        return Requirement(
            code,
            entry["domain"],
            entry["title_zh"],
            entry["title_en"],
            kind,
            severity,
            trigger,
            elements,
            signals,
            verdicts,
            scales,
            self.confidence(entry, code),
            entry,
        )

    def guide_in_english(self, entry: dict, code: str) -> None:
        """The English guide, where there is one, speaks of the same verdicts as the Chinese one."""
        if guide := entry.get("decide_en"):
            _keys(guide, set(entry["decide"]), set(entry["decide"]), code, "decide_en")

    def confidence(self, entry: dict, code: str) -> dict[Verdict, float]:
        stated = entry.get("confidence", {})
        _keys(stated, set(Verdict), set(), code, "confidence")
        if not all(isinstance(share, (int, float)) and 0 <= share <= 1 for share in stated.values()):
            raise ChecklistError(code, "confidence", "expected shares between 0 and 1")
        return {Verdict(name): float(share) for name, share in stated.items()}

    def detector(self, entry: dict, code: str, groups: dict) -> Detector:
        where = str(entry.get("id", "?"))
        _keys(entry, _DETECTOR_KEYS, {"id", "title_zh"}, code, where)
        rules = tuple(self.rule(text, code, where, groups) for text in entry.get("rules", []))
        unless = tuple(self.rule(text, code, where, groups) for text in entry.get("unless", []))
        fact = None
        if "fact" in entry:
            fact = _condition(entry["fact"], frozenset(), code, f"{where} › fact")
        examples = entry.get("examples", {})
        _keys(examples, {"match", "no_match"}, set(), code, f"{where} › examples")
        return Detector(
            entry["id"],
            entry["title_zh"],
            entry.get("title_en", ""),
            bool(entry.get("required", False)),
            rules,
            unless,
            int(entry.get("at_least", 1)),
            bool(entry.get("absent", False)),
            bool(entry.get("headings", False)),
            fact,
            entry.get("places", ""),
            tuple(examples.get("match", [])),
            tuple(examples.get("no_match", [])),
        )

    def rule(self, text: str, code: str, where: str, groups: dict) -> Rule:
        if not isinstance(text, str):
            raise ChecklistError(code, where, f"a rule is one line of text, not {text!r} (quote it)")
        try:
            node = shared(parse_rule(text, groups), self.pool)
        except RuleError as error:
            raise ChecklistError(code, f"{where} › {text}", str(error)) from error
        self.rules.append(node)
        return Rule(text, node, len(self.rules) - 1, looked_for(node), needed(node))

    def verdicts(self, entry: dict, code: str, known: frozenset[str]) -> tuple[VerdictRule, ...]:
        found = []
        for line in entry.get("verdict", []):
            if not isinstance(line, dict) or len(line) != 1:
                raise ChecklistError(code, "verdict", f"each line is “verdict: condition”, not {line!r}")
            ((name, text),) = line.items()
            try:
                verdict = Verdict(name)
            except ValueError as error:
                raise ChecklistError(code, "verdict", str(error)) from error
            found.append(VerdictRule(verdict, str(text), _condition(str(text), known, code, f"verdict › {name}")))
        return tuple(found)


def _keys(entry, allowed: set[str], needed: set[str], file: str, where: str):
    if not isinstance(entry, dict):
        raise ChecklistError(file, where, f"expected keys and values, not {entry!r}")
    if unknown := set(entry) - allowed:
        raise ChecklistError(file, where, f"unknown key “{sorted(unknown)[0]}”; known are {', '.join(sorted(allowed))}")
    if missing := needed - set(entry):
        raise ChecklistError(file, where, f"the key “{sorted(missing)[0]}” is missing")


def _words(words, file: str, where: str) -> tuple[str, ...]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ChecklistError(file, where, "expected a list of terms (quote those that YAML takes for something else)")
    return tuple(words)


def _condition(text: str, known: frozenset[str], code: str, where: str) -> Condition:
    try:
        return parse_condition(text, known)
    except ConditionError as error:
        raise ChecklistError(code, f"{where} › {text}", str(error)) from error


def digest_of(source: dict) -> str:
    """SHA-256 of a checklist's content in canonical JSON."""
    return hashlib.sha256(
        json.dumps(source, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def parse_checklist(source: dict) -> Checklist:
    """A checklist from its content (as ``Checklist.source`` gives it). Raises ChecklistError."""
    return _Loader(source).load()


def load_checklist(path: Path) -> Checklist:
    """A checklist from its directory: ``checklist.yaml`` and one ``CODE.yaml`` for each code named there.

    Raises ChecklistError for what cannot be read and for files that are not named in ``checklist.yaml``.
    """
    source = _read(path / "checklist.yaml")
    codes = source.get("requirements", [])
    strangers = {file.stem for file in path.glob("*.yaml")} - set(codes) - {"checklist"}
    if strangers:
        raise ChecklistError("checklist.yaml", "requirements", f"{sorted(strangers)[0]}.yaml is not listed")
    return parse_checklist({**source, "requirements": [_read(path / f"{code}.yaml") for code in codes]})


def _read(file: Path) -> dict:
    try:
        loaded = yaml.load(file.read_text("utf-8"), Loader=_SAFE)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ChecklistError(file.name, "file", str(error)) from error
    if not isinstance(loaded, dict):
        raise ChecklistError(file.name, "file", "expected keys and values")
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in loaded.items()}


def shipped_checklist() -> Path:
    """The directory of the newest shipped checklist version."""
    return max((path.parent for path in SHIPPED.glob("*/*/checklist.yaml")), key=lambda path: path.name)


@cache
def load_shipped() -> Checklist:
    """The newest shipped checklist. Its files do not change while the program runs, so they are read once."""
    return load_checklist(shipped_checklist())
