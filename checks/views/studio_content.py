"""A requirement of a draft as a form, and back: nothing is lost on the way, however wrong it is.

Every list has a key per row (``elements-3-title_zh``); the order of the hidden ``elements`` values is the order of the
rows, and a row whose ``gone`` is ticked is left out. What is wrong is the loader's to say, by paths that ``field_of``
turns back into names of fields.
"""

import re

from ..models.audit import VerdictChoices
from ..models.engagement import ProcessorScale

TEXTS = ("code", "domain", "title_zh", "title_en", "kind", "severity")
LANGUAGES = ("zh", "en")
PAIRS = ("question", "trigger", "note", "remediation")  # long texts in Chinese and English
DECIDED = [verdict for verdict in VerdictChoices.values if verdict != VerdictChoices.UNDETERMINED]
GUIDES = ("decide", "decide_en")
SCALES = ProcessorScale.values
LISTS = ("legal_basis", "elements", "signals")
DETECTOR_TEXTS = ("id", "title_zh", "title_en", "fact", "places")
DETECTOR_LINES = ("rules", "unless")
EXAMPLES = ("match", "no_match")
FLAGS = ("required", "absent", "headings")
BLANK_LINE = re.compile(r"\n[ \t　]*\n\s*")
LARGEST = 400_000  # characters of one requirement; the longest shipped one has a tenth


# ---------- content → form ----------


def form_of(content):
    """The values of the form's fields, as the templates show them."""
    trigger = content.get("trigger") or {}
    return {
        **{name: content.get(name) or "" for name in TEXTS},
        **{f"{name}_{language}": content.get(f"{name}_{language}") or "" for name in PAIRS for language in LANGUAGES},
        "legal_basis": [_basis_row(key, basis) for key, basis in enumerate(content.get("legal_basis") or ())],
        "trigger": _detector_row("trigger", trigger),
        "elements": _detector_rows("elements", content),
        "signals": _detector_rows("signals", content),
        "groups": group_lines(content.get("groups")),
        "verdict": verdict_lines(content.get("verdict")),
        "decide": [(verdict, *(_guide(content, part).get(verdict, "") for part in GUIDES)) for verdict in DECIDED],
        "scales": [_scale_row(scale, (content.get("scales") or {}).get(scale) or {}) for scale in SCALES],
    }


def group_lines(groups):
    return "\n".join(f"{name}: {' | '.join(map(str, words))}" for name, words in (groups or {}).items())


def verdict_lines(lines):
    pairs = [next(iter(line.items())) for line in lines or () if isinstance(line, dict) and line]
    return "\n".join(f"{verdict}: {condition}" if condition != "" else str(verdict) for verdict, condition in pairs)


def _guide(content, part):
    return content.get(part) or {}


def _basis_row(key, basis):
    return {
        "key": key,
        "prefix": f"legal_basis-{key}",
        **{name: basis.get(name) or "" for name in ("instrument", "ref", "note_zh", "note_en")},
        "verified": basis.get("verified", bool(basis)),  # nobody has compared a new one yet
    }


def _detector_rows(name, content):
    return [_detector_row(f"{name}-{key}", part) | {"key": key} for key, part in enumerate(content.get(name) or ())]


def _detector_row(prefix, part):
    examples = part.get("examples") or {}
    return {
        "prefix": prefix,
        **{name: part.get(name) or "" for name in DETECTOR_TEXTS},
        **{name: "\n".join(map(str, part.get(name) or ())) for name in DETECTOR_LINES},
        **{name: "\n\n".join(map(str, examples.get(name) or ())) for name in EXAMPLES},
        **{name: bool(part.get(name)) for name in FLAGS},
        "at_least": part.get("at_least") or 1,
        "rules_count": len(part.get("rules") or ()),
    }


def _scale_row(scale, change):
    return {
        "scale": scale,
        "severity": change.get("severity") or "",
        "optional": " ".join(change.get("optional") or ()),
        "note_zh": change.get("note_zh") or "",
        "note_en": change.get("note_en") or "",
    }


# ---------- form → content ----------


def content_from(posted, before):
    """The content that the posted form says, in the order in which the shipped files are written.

    ``before`` is the requirement's content so far: what the form does not show (the measured confidence) is kept.
    """
    text = lambda name: _text(posted, name)  # noqa: E731
    found = {name: text(name).strip() for name in TEXTS}
    optional = {
        "trigger_zh": text("trigger_zh"),
        "trigger_en": text("trigger_en"),
        "trigger": _detector(posted, "trigger", is_trigger=True),
        "note_zh": text("note_zh"),
        "note_en": text("note_en"),
        "groups": groups_from(text("groups")),
        "signals": _detectors(posted, "signals"),
        "verdict": verdicts_from(text("verdict")),
        "scales": _scales(posted),
        "confidence": before.get("confidence"),
        "decide_en": _guide_from(posted, "decide_en"),
    }
    content = {
        **found,
        "trigger_zh": optional["trigger_zh"],
        "trigger_en": optional["trigger_en"],
        "legal_basis": [_basis(posted, f"legal_basis-{key}") for key in keys_of(posted, "legal_basis")],
        "question_zh": text("question_zh"),
        "question_en": text("question_en"),
        "note_zh": optional["note_zh"],
        "note_en": optional["note_en"],
        "groups": optional["groups"],
        "trigger": optional["trigger"],
        "elements": _detectors(posted, "elements"),
        "signals": optional["signals"],
        "verdict": optional["verdict"],
        "scales": optional["scales"],
        "confidence": optional["confidence"],
        "decide": _guide_from(posted, "decide"),
        "decide_en": optional["decide_en"],
        "remediation_zh": text("remediation_zh"),
        "remediation_en": text("remediation_en"),
    }
    empty_before = {name for name in optional if name in before and not before[name]}
    kept = {name: before[name] if name in empty_before and not value else value for name, value in content.items()}
    return {name: value for name, value in kept.items() if name not in optional or value or name in empty_before}


def keys_of(posted, name):
    """The keys of the rows of a list, in their order, without those that are to go."""
    keys = [key for key in dict.fromkeys(posted.getlist(name)) if key.isascii() and key.isdigit()]
    return [key for key in keys if not posted.get(f"{name}-{key}-gone")]


def groups_from(text):
    """``name: word | word`` line by line."""
    groups = {}
    for line in _lines(text):
        name, _sign, words = line.replace("：", ":", 1).partition(":")
        groups[name.strip()] = [word for each in words.split("|") if (word := each.strip())]
    return groups


def verdicts_from(text):
    """``verdict: condition`` line by line."""
    pairs = [line.replace("：", ":", 1).partition(":") for line in _lines(text)]
    return [{name.strip(): condition.strip()} for name, _sign, condition in pairs]


def paragraphs(text):
    """Examples stand apart by an empty line; one example may have several lines."""
    return [part for each in BLANK_LINE.split(text) if (part := each.strip())]


def _text(posted, name):
    return posted.get(name, "").replace("\r\n", "\n").strip()


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def _basis(posted, prefix):
    basis = {name: _text(posted, f"{prefix}-{name}") for name in ("instrument", "ref", "note_zh")}
    if english := _text(posted, f"{prefix}-note_en"):
        basis["note_en"] = english
    if not posted.get(f"{prefix}-verified"):
        basis["verified"] = False
    return basis


def _detectors(posted, name):
    return [_detector(posted, f"{name}-{key}", required=name == "elements") for key in keys_of(posted, name)]


def _detector(posted, prefix, *, required=False, is_trigger=False):
    text = {name: _text(posted, f"{prefix}-{name}") for name in (*DETECTOR_TEXTS, *DETECTOR_LINES, *EXAMPLES)}
    ticked = {name: bool(posted.get(f"{prefix}-{name}")) for name in FLAGS}
    at_least = _text(posted, f"{prefix}-at_least") or "1"
    examples = {name: paragraphs(text[name]) for name in EXAMPLES}
    found = {
        "id": text["id"],
        "title_zh": text["title_zh"],
        "title_en": text["title_en"],
        "required": ticked["required"],
        "headings": ticked["headings"],
        "at_least": int(at_least) if at_least.isascii() and at_least.isdigit() else at_least,
        "absent": ticked["absent"],
        "fact": text["fact"],
        "places": text["places"],
        "rules": _lines(text["rules"]),
        "unless": _lines(text["unless"]),
        "examples": {name: said for name, said in examples.items() if said},
    }
    if is_trigger:
        del found["id"], found["title_zh"], found["title_en"], found["required"]
    kept = {"id", "title_zh"} | ({"required"} if required else set())
    return {
        name: value for name, value in found.items() if name in kept or (value and (name, value) != ("at_least", 1))
    }


def _guide_from(posted, part):
    return {verdict: said for verdict in DECIDED if (said := _text(posted, f"{part}-{verdict}"))}


def _scales(posted):
    scales = {}
    for scale in SCALES:
        change = {
            "severity": _text(posted, f"scales-{scale}-severity"),
            "optional": _text(posted, f"scales-{scale}-optional").split(),
            "note_zh": _text(posted, f"scales-{scale}-note_zh"),
            "note_en": _text(posted, f"scales-{scale}-note_en"),
        }
        if said := {name: value for name, value in change.items() if value}:
            scales[scale] = said
    return scales


# ---------- problems → fields ----------


def field_of(path, keys=None):
    """The name of the field that shows the value at this path, and the number of the line in it (from 0) or None.

    ``keys`` are the keys of the rows, by list, in the order of the content; without them a row's key is its number.
    """
    path = tuple(path)
    if not path:
        return "", None
    head, rest = path[0], path[1:]
    if head in LISTS and rest:
        known = keys[head] if keys else ()
        key = known[rest[0]] if rest[0] < len(known) else rest[0]
        return _inside(f"{head}-{key}", rest[1:])
    if head == "trigger":
        return _inside("trigger", rest)
    if head == "verdict":
        return "verdict", rest[0] if rest else None
    if head == "scales" and rest:
        return "-".join(["scales", *map(str, rest[:2])]) if len(rest) > 1 else f"scales-{rest[0]}-severity", None
    if head in GUIDES and rest and rest[0] in DECIDED:
        return f"{head}-{rest[0]}", None
    return head, None


def _inside(prefix, rest):
    if not rest:
        return prefix, None
    if rest[0] in DETECTOR_LINES:
        return f"{prefix}-{rest[0]}", rest[1] if len(rest) > 1 else None
    if rest[0] == "examples":
        return f"{prefix}-match", None
    return f"{prefix}-{rest[0]}", None
