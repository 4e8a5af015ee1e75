"""YAML ⇄ Checklist. A checklist version is a document: one file for the whole, one for each requirement.

Unknown keys are errors that name the file and the place. The digest is over the content, not the files' layout.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import yaml

from .conditions import Condition, ConditionError, parse_condition
from .entities import ElementResult, Kind, Scale, Severity, Verdict
from .matching import Matcher
from .nearmisses import Needs
from .rules import Node, RuleError, looked_for, parse_rule, shared

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


_NAME = re.compile(r"[a-z][a-z0-9_]*")
REQUIREMENT_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
# What is looked up in tables has a place of limited length there.
_LONGEST = {"code": 60, "domain": 40, "title_zh": 200, "title_en": 200, "instrument": 40, "ref": 100}
_NO_CHINESE = "there is English here without the Chinese it translates"
_TEXTS = ("code", "title_zh", "title_en", "question_zh", "question_en", "remediation_zh", "remediation_en")


class ChecklistError(ValueError):
    """A checklist that cannot be read: ``file`` (or code), ``where`` in it, and what is wrong.

    ``text`` and ``params`` are the message and what stands in it; ``path`` leads to the value, such as
    ``("elements", 0, "rules", 2)``, and ``position`` is the character in it, where one is to blame.
    """

    def __init__(self, file: str, where: str, text: str, *, path: tuple = (), position: int | None = None, **params):
        self.file, self.where, self.text, self.params = file, where, text, params
        self.path, self.position = path, position
        self.message = text % params if params else text
        super().__init__(f"{file}: {where}: {self.message}")


class Problem(NamedTuple):
    """What the loader has against one value of a checklist; ``code`` is empty for the checklist as a whole."""

    code: str
    path: tuple
    message: str
    position: int | None
    text: str
    params: dict


@dataclass(frozen=True)
class Rule:
    """How we look for something: the line as written, its tree, its number in the matcher, and what that looks for."""

    text: str
    node: Node
    number: int
    looked_for: tuple[str, ...]


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
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the rules: side by side in memory, for most rules of most texts are only passed over."""
        return tuple(rule.number for rule in self.rules)

    @cached_property
    def excluded(self) -> tuple[int, ...]:
        """The numbers of the ``unless`` rules."""
        return tuple(rule.number for rule in self.unless)

    @cached_property
    def nodes(self) -> frozenset[int]:
        """The identities of the rules' trees."""
        return frozenset(id(rule.node) for rule in self.rules)

    @cached_property
    def answers(self) -> tuple[ElementResult, ElementResult]:
        """What a finding says of an element that is not met, and of one that is."""
        return ElementResult(self.id, False), ElementResult(self.id, True)

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

    @cached_property
    def looked_at(self) -> tuple[Detector, ...]:
        """What is looked for where the requirement applies."""
        return (*self.elements, *self.signals)

    @cached_property
    def required(self) -> tuple[Detector, ...]:
        return tuple(element for element in self.elements if element.required)

    def looked_for(self, ids: tuple[str, ...]) -> tuple[str, ...]:
        """What some detectors look for, each word once. The same few are missing in most texts: told once for each."""
        words = self._looked_for.get(ids)
        if words is None:
            found = (detector.looked_for for detector in self.detectors if detector.id in ids)
            words = self._looked_for[ids] = tuple(dict.fromkeys(chain.from_iterable(found)))
        return words

    @cached_property
    def _looked_for(self) -> dict[tuple[str, ...], tuple[str, ...]]:
        return {}

    @cached_property
    def when_nothing_is_found(self) -> dict[str, bool]:
        """Id of each detector → whether it is met if nothing is found."""
        return {detector.id: detector.absent for detector in self.detectors}


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

    @cached_property
    def detector_of(self) -> dict[int, int]:
        """Number of a rule that something is found by → the identity of its detector."""
        detectors = (detector for requirement in self.requirements for detector in requirement.detectors)
        return {number: id(detector) for detector in detectors for number in detector.numbers}

    @cached_property
    def needs(self) -> Needs:
        """What near misses are told by."""
        detectors = (detector for requirement in self.requirements for detector in requirement.detectors)
        return Needs.of(self.matcher, (number for detector in detectors for number in detector.numbers))


class _Loader:
    """Reads a checklist. What is wrong is raised at once, or noted in ``problems`` where that is a list."""

    def __init__(self, source: dict, problems: list[Problem] | None = None):
        self.source, self.problems = source, problems
        self.rules: list[Node] = []
        self.pool: dict[Node, Node] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        self.path: tuple = ()
        self.code = "checklist.yaml"

    @contextmanager
    def at(self, *path):
        """What is read inside stands at this path below the present one."""
        before, self.path = self.path, self.path + path
        try:
            yield
        except ChecklistError as error:
            error.path = error.path or self.path
            self.note(error)
        except (
            AttributeError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # a value of another shape than its key promises
            where = " › ".join(map(str, self.path)) or "top level"
            self.note(ChecklistError(self.code, where, "this is not written as it should be", path=self.path), error)
        finally:
            self.path = before

    def note(self, error: ChecklistError, cause: Exception | None = None):
        if self.problems is None:
            raise error from cause or error.__cause__
        code = "" if error.file == "checklist.yaml" else error.file
        self.problems.append(Problem(code, error.path, error.message, error.position, error.text, error.params))

    def load(self) -> Checklist:
        source = self.source
        self.keys(source, _CHECKLIST_KEYS, _CHECKLIST_KEYS - {"as_of"}, "checklist.yaml", "top level")
        for name in ("title_zh", "title_en"):
            self.text(source, name, "checklist.yaml")
        for name, words in source["groups"].items():
            with self.at("groups", name):
                self.groups[name] = _words(words, "checklist.yaml", f"groups › {name}")
        domains = {domain["id"] for domain in source["domains"]}
        instruments = {instrument["id"] for instrument in source["instruments"]}
        requirements = []
        seen = set()
        for entry in source["requirements"]:
            self.code = str(entry.get("code", "?")) if isinstance(entry, dict) else "?"
            with self.at():
                requirement = self.requirement(entry)
                code = requirement.code
                with self.at("code"):
                    if code in seen:
                        raise ChecklistError(code, "code", "this code is there twice")
                with self.at("domain"):
                    if requirement.domain not in domains:
                        raise ChecklistError(code, "domain", "unknown domain “%(name)s”", name=requirement.domain)
                for index, basis in enumerate(entry["legal_basis"]):
                    with self.at("legal_basis", index, "instrument"):
                        if basis.get("instrument") not in instruments:
                            name = basis.get("instrument")
                            raise ChecklistError(code, "legal_basis", "unknown instrument %(name)s", name=name)
                seen.add(code)
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
        self.keys(entry, _REQUIRED | _OPTIONAL, _REQUIRED, code, "top level")
        for name in _TEXTS:
            self.text(entry, name, code)
        for index, basis in enumerate(entry["legal_basis"]):
            with self.at("legal_basis", index):
                self.keys(basis, _BASIS_KEYS, {"instrument", "ref", "note_zh"}, code, "legal_basis")
                with self.at("ref"):
                    self.short(basis, "ref", code)
        groups = dict(self.groups)
        for name, words in entry.get("groups", {}).items():
            with self.at("groups", name):
                groups[name] = _words(words, code, f"groups › {name}")
        self.guide_in_english(entry, code)
        for name in ("trigger", "note"):
            self.translated(entry, name, code)
        trigger = None
        if entry.get("trigger"):
            with self.at("trigger"):
                titles = {"title_zh": entry.get("trigger_zh") or "", "title_en": entry.get("trigger_en") or ""}
                trigger = self.detector({"id": "trigger", **titles, **entry["trigger"]}, code, groups)
        elements = self.detectors(entry, "elements", code, groups)
        signals = self.detectors(entry, "signals", code, groups)
        self.unique_ids(entry, code)
        ids = [detector.id for detector in (*elements, *signals)]
        verdicts = self.verdicts(entry, code, frozenset([*ids, "trigger"]))
        scales = {}
        for scale, change in entry.get("scales", {}).items():
            with self.at("scales", scale):
                scales[self.one_of(Scale, scale, code, f"scales › {scale}")] = self.scale(change, code, scale)
        kind, severity = Kind.DISCLOSURE, Severity.MAJOR
        with self.at("kind"):
            kind = self.one_of(Kind, entry["kind"], code, "kind")
        with self.at("severity"):
            severity = self.one_of(Severity, entry["severity"], code, "severity")
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
        chinese, english = entry["decide"], entry.get("decide_en")
        if not english:
            return
        with self.at("decide_en"):
            self.keys(english, {*Verdict, *chinese}, set(), code, "decide_en")
            for verdict in chinese:
                with self.at(verdict):
                    if verdict not in english:
                        raise ChecklistError(code, "decide_en", "the key “%(key)s” is missing", key=verdict)
            for verdict in english:
                self.text(english, verdict, code)
                with self.at(verdict):
                    if verdict not in chinese:
                        raise ChecklistError(code, "decide", _NO_CHINESE, path=("decide", verdict))

    def translated(self, entry: dict, name: str, code: str, where: str = "") -> None:
        """Readers see the English in the place of the Chinese: alone, nobody would ever see it."""
        with self.at(f"{name}_zh"):
            if entry.get(f"{name}_en") and not str(entry.get(f"{name}_zh") or "").strip():
                raise ChecklistError(code, where or f"{name}_zh", _NO_CHINESE)

    def scale(self, change: dict, code: str, scale: str) -> ScaleRule:
        where = f"scales › {scale}"
        self.keys(change, _SCALE_KEYS, set(), code, where)
        self.translated(change, "note", code, where)
        severity = None
        if "severity" in change:
            with self.at("severity"):
                severity = self.one_of(Severity, change["severity"], code, where)
        return ScaleRule(severity, frozenset(change.get("optional", [])))

    def detectors(self, entry: dict, name: str, code: str, groups: dict) -> tuple[Detector, ...]:
        found = []
        for index, detector in enumerate(entry.get(name, [])):
            with self.at(name, index):
                found.append(self.detector(detector, code, groups))
        return tuple(found)

    def unique_ids(self, entry: dict, code: str):
        seen = set()
        for name in ("elements", "signals"):
            for index, detector in enumerate(entry.get(name, [])):
                with self.at(name, index, "id"):
                    if detector.get("id") in seen:
                        raise ChecklistError(code, "elements, signals", "the same id twice")
                    seen.add(detector.get("id"))

    def confidence(self, entry: dict, code: str) -> dict[Verdict, float]:
        stated = entry.get("confidence", {})
        with self.at("confidence"):
            self.keys(stated, set(Verdict), set(), code, "confidence")
            if not all(isinstance(share, (int, float)) and 0 <= share <= 1 for share in stated.values()):
                raise ChecklistError(code, "confidence", "expected shares between 0 and 1")
            return {Verdict(name): float(share) for name, share in stated.items()}
        return {}

    def detector(self, entry: dict, code: str, groups: dict) -> Detector:
        where = str(entry.get("id", "?")) if isinstance(entry, dict) else "?"
        self.keys(entry, _DETECTOR_KEYS, {"id", "title_zh"}, code, where)
        if where != "trigger":
            for name in ("id", "title_zh"):
                self.text(entry, name, code)
        with self.at("id"):
            if not _NAME.fullmatch(entry["id"]):
                raise ChecklistError(code, where, "an id consists of small letters, digits and _")
        rules = self.lines(entry, "rules", code, where, groups)
        unless = self.lines(entry, "unless", code, where, groups)
        fact = None
        if "fact" in entry:
            with self.at("fact"):
                fact = _condition(entry["fact"], frozenset(), code, f"{where} › fact")
        at_least = 1
        with self.at("at_least"):
            at_least = int(entry.get("at_least", 1))
        examples = entry.get("examples", {})
        with self.at("examples"):
            self.keys(examples, {"match", "no_match"}, set(), code, f"{where} › examples")
        return Detector(
            entry["id"],
            entry["title_zh"],
            entry.get("title_en", ""),
            bool(entry.get("required", False)),
            rules,
            unless,
            at_least,
            bool(entry.get("absent", False)),
            bool(entry.get("headings", False)),
            fact,
            entry.get("places", ""),
            tuple(examples.get("match", [])),
            tuple(examples.get("no_match", [])),
        )

    def lines(self, entry: dict, name: str, code: str, where: str, groups: dict) -> tuple[Rule, ...]:
        found = []
        for index, text in enumerate(entry.get(name, [])):
            with self.at(name, index):
                found.append(self.rule(text, code, where, groups))
        return tuple(found)

    def rule(self, text: str, code: str, where: str, groups: dict) -> Rule:
        if not isinstance(text, str):
            raise ChecklistError(code, where, "a rule is one line of text, not %(value)r (quote it)", value=text)
        try:
            node = shared(parse_rule(text, groups), self.pool)
        except RuleError as error:
            raise _unread(error, code, f"{where} › {text}") from error
        self.rules.append(node)
        return Rule(text, node, len(self.rules) - 1, looked_for(node))

    def verdicts(self, entry: dict, code: str, known: frozenset[str]) -> tuple[VerdictRule, ...]:
        found = []
        for index, line in enumerate(entry.get("verdict", [])):
            with self.at("verdict", index):
                found.append(self.verdict(line, code, known))
        return tuple(found)

    def verdict(self, line: dict, code: str, known: frozenset[str]) -> VerdictRule:
        if not isinstance(line, dict) or len(line) != 1:
            raise ChecklistError(code, "verdict", "each line is “verdict: condition”, not %(value)r", value=line)
        ((name, text),) = line.items()
        verdict = self.one_of(Verdict, name, code, "verdict")
        return VerdictRule(verdict, str(text), _condition(str(text), known, code, f"verdict › {name}"))

    def one_of(self, enumeration, value, code: str, where: str):
        try:
            return enumeration(value)
        except ValueError as error:
            known = ", ".join(enumeration)
            text = "“%(value)s” is none of %(known)s"
            raise ChecklistError(code, where, text, value=value, known=known) from error

    def text(self, entry: dict, name: str, code: str):
        with self.at(name):
            if not isinstance(entry[name], str):
                raise ChecklistError(code, name, "expected text, not %(value)r (quote it)", value=entry[name])
            if not entry[name].strip():
                raise ChecklistError(code, name, "this must not be empty")
            self.short(entry, name, code)

    def short(self, entry: dict, name: str, code: str):
        most = _LONGEST.get(name)
        if most and len(str(entry.get(name) or "")) > most:
            raise ChecklistError(code, name, "this has more than %(most)s characters", most=most)

    def keys(self, entry, allowed: set[str], needed: set[str], file: str, where: str):
        if not isinstance(entry, dict):
            raise ChecklistError(file, where, "expected keys and values, not %(value)r", value=entry)
        if unknown := set(entry) - allowed:
            known = ", ".join(sorted(allowed))
            text = "unknown key “%(key)s”; known are %(known)s"
            raise ChecklistError(file, where, text, key=sorted(unknown)[0], known=known)
        if missing := sorted(needed - set(entry)):
            key = missing[0]
            raise ChecklistError(file, where, "the key “%(key)s” is missing", path=(*self.path, key), key=key)


def _words(words, file: str, where: str) -> tuple[str, ...]:
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise ChecklistError(file, where, "expected a list of terms (quote those that YAML takes for something else)")
    return tuple(words)


def _condition(text: str, known: frozenset[str], code: str, where: str) -> Condition:
    try:
        return parse_condition(text, known)
    except ConditionError as error:
        raise _unread(error, code, f"{where} › {text}") from error


def _unread(error: RuleError | ConditionError, code: str, where: str) -> ChecklistError:
    text = "at character %(character)s: expected %(expected)s"
    character = error.position + 1
    return ChecklistError(code, where, text, position=error.position, character=character, expected=error.expected)


def digest_of(source: dict) -> str:
    """SHA-256 of a checklist's content in canonical JSON."""
    return hashlib.sha256(
        json.dumps(source, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def parse_checklist(source: dict) -> Checklist:
    """A checklist from its content (as ``Checklist.source`` gives it). Raises ChecklistError."""
    return _Loader(source).load()


def problems_of(source: dict) -> list[Problem]:
    """Everything that ``parse_checklist`` has against this content, in the order of reading; empty when sound."""
    problems: list[Problem] = []
    loader = _Loader(source, problems)
    with loader.at():
        loader.load()
    return problems


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
