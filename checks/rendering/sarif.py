"""Results of the command line as SARIF 2.1.0, the format in which build servers take findings of any tool.

Only gaps become results, because servers show each result as something to mend. What could not be determined is a
notification of the run: a build should neither fail for it nor be silent about it.
"""

import hashlib
from bisect import bisect_right
from urllib.parse import quote

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"
LEVELS = {"critical": "error", "major": "error", "minor": "warning", "advisory": "note"}
GAPS = ("partial", "non_compliant")
PLAIN = "text/plain"


class SarifLog:
    """One run over many files. ``add`` each analysis, ``fail`` each file that could not be read, then ``finish``."""

    def __init__(self, checklist: dict, *, digest: str, engine: str):
        """``checklist`` is the checklist's source as the engine's loader reads it, ``digest`` its digest."""
        self.rules = [_rule(entry) for entry in checklist["requirements"]]
        self.positions = {entry["code"]: position for position, entry in enumerate(checklist["requirements"])}
        self.checklist, self.digest, self.engine = checklist, digest, engine
        self.artifacts, self.results, self.notes = [], [], []
        self.complete = True

    def add(self, place: str, *, text: str, media_type: str, result: dict):
        """A file that was audited: where it is, its text, and the result in the command line's JSON."""
        index = self._artifact(place, media_type, result["policy"]["sha256"])
        lines = _Lines(text) if media_type == PLAIN else None
        for finding in result["findings"]:
            if finding["verdict"] in GAPS:
                self.results.append(self._result(finding, index, lines))
            elif finding["verdict"] == "undetermined":
                message = f"{finding['code']}: {finding['rationale']}"
                self.notes.append(self._note(index, message, "note", rule=finding["code"]))

    def fail(self, place: str, reason: str):
        """A file that could not be read, and why."""
        self.complete = False
        self.notes.append(self._note(self._artifact(place), reason, "error"))

    def finish(self) -> dict:
        """The whole log as plain data."""
        checklist = {name: self.checklist[name] for name in ("slug", "version")} | {"digest": self.digest}
        driver = {
            "name": "PolicyAudit",
            "semanticVersion": self.engine,
            "rules": self.rules,
            "properties": {"checklist": checklist},
        }
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": self.complete, "toolExecutionNotifications": self.notes}],
            "artifacts": self.artifacts,
            "results": self.results,
        }
        return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}

    def _artifact(self, place, media_type="", sha256=""):
        artifact = {"location": {"uri": quote(place.replace("\\", "/"))}}
        if media_type:
            artifact |= {"mimeType": media_type, "hashes": {"sha-256": sha256}}
        self.artifacts.append(artifact)
        return len(self.artifacts) - 1

    def _note(self, index, text, level, rule=""):
        note = {
            "level": level,
            "message": {"text": text},
            "locations": [{"physicalLocation": {"artifactLocation": self._location(index)}}],
        }
        return note | {"associatedRule": {"id": rule, "index": self.positions[rule]}} if rule else note

    def _location(self, index):
        return {"uri": self.artifacts[index]["location"]["uri"], "index": index}

    def _result(self, finding, index, lines):
        pieces = finding["evidence"]
        near = (finding["searched"] or {}).get("nearest", [])
        places = [self._place(piece, index, lines) for piece in pieces] or [
            {"physicalLocation": {"artifactLocation": self._location(index)}}
        ]
        result = {
            "ruleId": finding["code"],
            "ruleIndex": self.positions[finding["code"]],
            "kind": "fail",
            "level": LEVELS[finding["severity"]],
            "message": {"text": finding["rationale"]},
            "locations": places[:1],
            "partialFingerprints": {"finding/v1": _fingerprint(finding)},
            "properties": {"verdict": finding["verdict"], "severity": finding["severity"],
                           "confidence": finding["confidence"]},
        }  # fmt: skip
        related = places[1:] + [
            self._place(piece, index, lines) | {"message": {"text": piece.get("why") or piece["quote"]}}
            for piece in near
        ]
        if related:
            result["relatedLocations"] = [place | {"id": number} for number, place in enumerate(related, 1)]
        return result

    def _place(self, piece, index, lines):
        """A piece of the policy. Lines exist only in plain text; elsewhere clause and page say where it is."""
        physical = {"artifactLocation": self._location(index)}
        if lines:
            physical["region"] = {**lines.region(piece["start"], piece["end"]), "snippet": {"text": piece["quote"]}}
        place = {"physicalLocation": physical}
        if piece["clause"]:
            place["logicalLocations"] = [{"fullyQualifiedName": piece["clause"], "kind": "clause"}]
        place["properties"] = {"start": piece["start"], "end": piece["end"], "quote": piece["quote"]}
        if "page" in piece:
            place["properties"]["page"] = piece["page"]
        return place


class _Lines:
    """Lines and columns, from 1, of the characters of a text."""

    def __init__(self, text):
        self.starts = [0, *(position + 1 for position, character in enumerate(text) if character == "\n")]

    def region(self, start, end):
        first, last = (bisect_right(self.starts, position) - 1 for position in (start, end))
        return {
            "startLine": first + 1,
            "startColumn": start - self.starts[first] + 1,
            "endLine": last + 1,
            "endColumn": end - self.starts[last] + 1,
            "charOffset": start,
            "charLength": end - start,
        }


def _rule(entry):
    return {
        "id": entry["code"],
        "shortDescription": {"text": entry["title_zh"]},
        "fullDescription": {"text": entry.get("question_zh") or entry["title_zh"]},
        "help": {"text": entry.get("remediation_zh") or entry["title_zh"]},
        "defaultConfiguration": {"level": LEVELS[entry["severity"]]},
        "properties": {"tags": [entry["domain"], entry["kind"]], "title_en": entry.get("title_en", "")},
    }


def _fingerprint(finding):
    """What a finding is recognised by in the next version of the policy: its requirement and the words it rests on."""
    words = [finding["code"], finding["verdict"], *("".join(piece["quote"].split()) for piece in finding["evidence"])]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()
