"""Whether content has the shape of a checklist: texts where texts belong, lists where lists do.

The engine's loader says what a checklist means; it may take the shape for granted.
"""

from __future__ import annotations

import math

from .layout import VERDICT_ORDER
from .refusals import Refused, RefusedAll

MOST_REQUIREMENTS = 2000
LONGEST_TEXT = 30_000
_TEXT, _TEXT_OR_NOTHING, _FLAG, _COUNT = "text_expected", "text_or_nothing_expected", "flag_expected", "number_expected"
_LIST, _MAP = "list_expected", "keys_expected"
_TITLES = {"title_zh": 200, "title_en": 200, "code": 60, "domain": 40, "id": 60, "slug": 50, "version": 40, "ref": 100}
_TITLES["instrument"] = 40
_NULLABLE = {"trigger_zh", "trigger_en"}
_FLAGS = {"required", "absent", "headings", "verified"}
_LISTS_OF_TEXT = {"rules", "unless", "match", "no_match", "optional"}


def check_shape(source) -> None:
    """Raises RefusedAll with every place at which ``source`` is not shaped like a checklist's content."""
    check = _Check()
    check.whole(source)
    if check.found:
        raise RefusedAll(check.found)


def check_requirement(entry) -> None:
    """The same for one requirement."""
    check = _Check()
    check.requirement(entry, 1)
    if check.found:
        raise RefusedAll(check.found)


class _Check:
    def __init__(self):
        self.found: list[Refused] = []

    def refuse(self, file: str, where: str, code: str, value=""):
        if len(self.found) < 200:
            self.found.append(Refused(file, where, code, value))

    def whole(self, source):
        if not self.map(source, "checklist", ""):
            return
        for key, value in source.items():
            if key not in ("domains", "instruments", "groups", "requirements"):
                self.text(value, key, "checklist", str(key))
        for part in ("domains", "instruments"):
            for number, entry in enumerate(self.list(source.get(part, []), "checklist", part), 1):
                where = f"{part} {number}"
                if self.map(entry, "checklist", where):
                    self.required(entry, ("id", "title_zh", "title_en"), "checklist", where)
                    for key, value in entry.items():
                        self.text(value, key, "checklist", f"{where} › {key}")
        self.groups(source.get("groups", {}), "checklist")
        entries = self.list(source.get("requirements", []), "checklist", "requirements")
        if len(entries) > MOST_REQUIREMENTS:
            self.refuse("checklist", "requirements", "too_many", str(len(entries)))
            return
        for number, entry in enumerate(entries, 1):
            self.requirement(entry, number)

    def requirement(self, entry, number: int):
        file = str(entry.get("code") or number)[:60] if isinstance(entry, dict) else str(number)
        if not self.map(entry, file, ""):
            return
        for key, value in entry.items():
            if key in ("elements", "signals"):
                for detector in self.list(value, file, key):
                    self.detector(detector, file, key)
            elif key == "trigger":
                if value is not None:
                    self.detector(value, file, key)
            elif key == "legal_basis":
                for place, basis in enumerate(self.list(value, file, key), 1):
                    self.basis(basis, file, f"{key} {place}")
            elif key == "groups":
                self.groups(value, file)
            elif key == "verdict":
                for line in self.list(value, file, key):
                    if self.map(line, file, key):
                        for verdict, condition in line.items():
                            self.text(condition, verdict, file, f"{key} › {verdict}")
            elif key == "scales":
                self.scales(value, file)
            elif key == "confidence":
                self.shares(value, file)
            elif key in ("decide", "decide_en"):
                self.guide(value, file, key)
            else:
                self.text(value, key, file, str(key))

    def detector(self, detector, file: str, part: str):
        if not self.map(detector, file, part):
            return
        where = f"{part} › {detector.get('id', '?')}"[:100]
        for key, value in detector.items():
            place = f"{where} › {key}"
            if key in _LISTS_OF_TEXT:
                self.texts(value, file, place)
            elif key in _FLAGS:
                self.flag(value, file, place)
            elif key == "at_least":
                if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1000:
                    self.refuse(file, place, _COUNT, value)
            elif key == "examples":
                if self.map(value, file, place):
                    for kind, examples in value.items():
                        self.texts(examples, file, f"{place} › {kind}")
            else:
                self.text(value, key, file, place)

    def basis(self, basis, file: str, where: str):
        if not self.map(basis, file, where):
            return
        for key, value in basis.items():
            if key in _FLAGS:
                self.flag(value, file, f"{where} › {key}")
            else:
                self.text(value, key, file, f"{where} › {key}")

    def scales(self, value, file: str):
        if not self.map(value, file, "scales"):
            return
        for scale, change in value.items():
            if not self.map(change, file, f"scales › {scale}"):
                continue
            for key, inner in change.items():
                place = f"scales › {scale} › {key}"
                if key == "optional":
                    self.texts(inner, file, place)
                else:
                    self.text(inner, key, file, place)

    def shares(self, value, file: str):
        if self.map(value, file, "confidence"):
            for verdict, share in value.items():
                number = isinstance(share, (int, float)) and not isinstance(share, bool)
                if not number or not math.isfinite(share):
                    self.refuse(file, f"confidence › {verdict}", _COUNT, share)

    def guide(self, value, file: str, part: str):
        if self.map(value, file, part):
            for verdict, text in value.items():
                if verdict not in VERDICT_ORDER:
                    self.refuse(file, f"{part} › {verdict}", "unknown_verdict", verdict)
                self.text(text, verdict, file, f"{part} › {verdict}")

    def groups(self, value, file: str):
        if self.map(value, file, "groups"):
            for name, words in value.items():
                self.texts(words, file, f"groups › {name}")

    def required(self, entry: dict, keys: tuple[str, ...], file: str, where: str):
        for key in keys:
            if key not in entry:
                self.refuse(file, f"{where} › {key}", "key_missing")

    def map(self, value, file: str, where: str) -> bool:
        good = isinstance(value, dict) and all(isinstance(key, str) for key in value)
        if not good:
            self.refuse(file, where, _MAP, value)
        return good

    def list(self, value, file: str, where: str) -> list:
        if isinstance(value, list):
            return value
        self.refuse(file, where, _LIST, value)
        return []

    def texts(self, value, file: str, where: str):
        for text in self.list(value, file, where):
            self.text(text, "", file, where)

    def text(self, value, key: str, file: str, where: str):
        if value is None and key in _NULLABLE:
            return
        if not isinstance(value, str):
            self.refuse(file, where, _TEXT, value)
        elif len(value) > _TITLES.get(key, LONGEST_TEXT):
            self.refuse(file, where, "too_long", f"{len(value)} > {_TITLES.get(key, LONGEST_TEXT)}")
        elif "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
            self.refuse(file, where, "bad_character", repr(value))

    def flag(self, value, file: str, where: str):
        if not isinstance(value, bool):
            self.refuse(file, where, _FLAG, value)
