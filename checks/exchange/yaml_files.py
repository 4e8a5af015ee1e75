"""Content ⇄ the files a checklist is shipped as: ``checklist.yaml`` and one ``CODE.yaml`` for each requirement.

Written as the shipped ones are: rules and conditions in quotes, terms and figures on one line, long texts unfolded.
"""

from __future__ import annotations

import re
from datetime import date

import yaml

from .layout import CHECKLIST_ORDER, ordered_requirement, ordered_source
from .refusals import Refused

HEAD = "checklist.yaml"
LARGEST_FILE = 2_000_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # both are safe; the first is ten times as fast
_STRANGE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")  # YAML takes some for line breaks
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")


class _Quoted(str):
    """A rule or a condition: always in quotes, so that nobody has to know when YAML needs them."""


class _Flow(list):
    """A list on one line."""


class _FlowMap(dict):
    """Keys and values on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data):
        return True


def _quoted(dumper, value):
    style = "'" if '"' in value and not _STRANGE.search(value) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style=style)


def _text(dumper, value):
    style = '"' if _STRANGE.search(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Quoted, _quoted)
_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Flow, lambda dumper, value: dumper.represent_sequence("tag:yaml.org,2002:seq", value, True))
_Dumper.add_representer(_FlowMap, lambda dumper, value: dumper.represent_mapping("tag:yaml.org,2002:map", value, True))


def write_files(source: dict) -> dict[str, str]:
    """File name → text, ``checklist.yaml`` first. The same content always gives the same files."""
    source = ordered_source(source)
    head = {key: source[key] for key in CHECKLIST_ORDER if key in source}
    head["groups"] = _groups(head.get("groups", {}))
    head["requirements"] = [entry["code"] for entry in source["requirements"]]
    files = {HEAD: _dump(head)}
    for entry in source["requirements"]:
        files[f"{entry['code']}.yaml"] = write_requirement(entry)
    return files


def write_requirement(entry: dict) -> str:
    """One requirement as the text of its file."""
    entry = ordered_requirement(entry)
    if "groups" in entry:
        entry["groups"] = _groups(entry["groups"])
    if "confidence" in entry:
        entry["confidence"] = _FlowMap(entry["confidence"])
    if entry.get("trigger"):
        entry["trigger"] = _detector(entry["trigger"])
    for part in ("elements", "signals"):
        if part in entry:
            entry[part] = [_detector(detector) for detector in entry[part]]
    if isinstance(entry.get("verdict"), list):
        entry["verdict"] = [
            {verdict: _condition(condition) for verdict, condition in line.items()} for line in entry["verdict"]
        ]
    return _dump(entry)


def read_files(files: dict[str, bytes]) -> dict:
    """The content of ``{name: bytes}``. Raises Refused, which names the file and the line.

    Aliases are refused: a few lines of them make more text than any memory holds.
    """
    head = _read(files, HEAD)
    codes = head.get("requirements")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise Refused(HEAD, "requirements", "codes_expected")
    for code in codes:
        if not _CODE.fullmatch(code):
            raise Refused(HEAD, "requirements", "bad_code", value=code)
    if strangers := sorted(set(files) - {HEAD} - {f"{code}.yaml" for code in codes}):
        raise Refused(strangers[0], "", "file_not_listed")
    return {**head, "requirements": [_read(files, f"{code}.yaml", code) for code in codes]}


def _read(files: dict[str, bytes], name: str, code: str = "") -> dict:
    content = files.get(name)
    if content is None:
        raise Refused(name, "", "file_missing")
    if len(content) > LARGEST_FILE:
        raise Refused(name, "", "file_too_large")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(name, "", "not_utf8") from error
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.AliasEvent):
                raise Refused(name, _line(event.start_mark), "yaml_alias")
        loaded = yaml.load(text, Loader=_LOADER)  # noqa: S506
    except Refused:
        raise
    except RecursionError as error:
        raise Refused(name, "", "too_deep") from error
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Refused(name, _line(mark), "not_yaml", value=getattr(error, "problem", "") or str(error)) from error
    if not isinstance(loaded, dict):
        raise Refused(name, "", "keys_expected")
    if code and loaded.get("code") != code:
        raise Refused(name, "code", "code_is_not_file", value=str(loaded.get("code")))
    return _plain(loaded)


def _line(mark) -> str:
    return f"{mark.line + 1}:{mark.column + 1}" if mark else ""


def _plain(value):
    """Without what JSON does not know: a day that YAML read as one is written out again."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def _groups(groups: dict) -> dict:
    return {name: _Flow(words) for name, words in groups.items()}


def _condition(text):
    return text if text == "otherwise" else _Quoted(text)


def _detector(detector: dict) -> dict:
    found = dict(detector)
    for part in ("rules", "unless"):
        if part in found:
            found[part] = [_Quoted(line) for line in found[part]]
    if "fact" in found:
        found["fact"] = _Quoted(found["fact"])
    return found


def _dump(content: dict) -> str:
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=float("inf"))
