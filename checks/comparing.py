"""What differs between two checklists: requirement by requirement, field by field, word by word. Plain data only."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

# Chinese is compared sign by sign, everything else word by word.
TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
SHORTEST_SAME = 2  # a lone sign that happens to be in both texts only makes the comparison hard to read
LONGEST = 20_000  # tokens of one text; longer ones are compared line by line
NOT_COMPARED = {"version", "requirements"}  # of the head: the versions' names stand above the comparison


class Piece(NamedTuple):
    """A stretch of text: ``same``, ``added`` or ``removed``."""

    kind: str
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One value that differs; ``path`` leads to it, such as ``("elements", "channel", "rules")``."""

    path: tuple
    kind: str  # added, removed, changed
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class RequirementChange:
    code: str
    entry: dict  # as it is after, or before where it was removed
    kind: str  # added, removed, changed, moved, same
    fields: tuple[FieldChange, ...] = ()


def compare_checklists(before, after):
    """``(head, requirements)``: FieldChanges of the heads, and a RequirementChange for each code, in the new order.

    Both are sources as the engine's loader reads them. Removed requirements stand behind the one they followed.
    """
    head = compare_values(
        {key: value for key, value in before.items() if key not in NOT_COMPARED},
        {key: value for key, value in after.items() if key not in NOT_COMPARED},
    )
    old = {entry["code"]: entry for entry in before.get("requirements", ())}
    new = {entry["code"]: entry for entry in after.get("requirements", ())}
    moved = _moved([code for code in old if code in new], [code for code in new if code in old])
    return head, [_requirement(code, old.get(code), new.get(code), moved) for code in _merged(list(old), list(new))]


def counts_of(changes):
    """How many requirements were added, removed, changed, moved and left the same."""
    return {kind: sum(change.kind == kind for change in changes) for kind in KINDS}


KINDS = ("added", "removed", "changed", "moved", "same")


def compare_values(before, after):
    """The FieldChanges between two values of a checklist; lists of things with an id are compared thing by thing."""
    return tuple(_changes((), before, after))


def compare_texts(before, after):
    """The two texts as one row of Pieces: what is left, and what was removed and added."""
    one, other = _tokens(before), _tokens(after)
    pieces = []
    for act, start, end, into, until in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if act == "equal":
            pieces.append(Piece("same", "".join(one[start:end])))
            continue
        pieces.append(Piece("removed", "".join(one[start:end])))
        pieces.append(Piece("added", "".join(other[into:until])))
    return tuple(piece for piece in _calmed(pieces) if piece.text)


def _requirement(code, old, new, moved):
    if old is None:
        return RequirementChange(code, new, "added", compare_values({}, _without(new, "code")))
    if new is None:
        return RequirementChange(code, old, "removed")
    fields = compare_values(old, new) if old != new else ()
    return RequirementChange(code, new, "changed" if fields else "moved" if code in moved else "same", fields)


def _without(entry, name):
    return {key: value for key, value in entry.items() if key != name}


def _merged(old, new):
    """The new order, with what is only in the old one behind its old neighbour."""
    merged = list(new)
    for index, code in enumerate(old):
        if code not in new:
            before = next((name for name in reversed(old[:index]) if name in merged), None)
            merged.insert(merged.index(before) + 1 if before else 0, code)
    return merged


def _moved(old, new):
    """Codes that stand at another place among those both checklists have."""
    kept = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept.update(old[block.a : block.a + block.size])
    return set(old) - kept


def _changes(path, before, after):
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            yield from _changes((*path, str(key)), before.get(key), after.get(key))
    elif _named(before) and _named(after) and (before or after):
        old, new = ({thing["id"]: thing for thing in things or ()} for things in (before, after))
        for name in dict.fromkeys([*new, *old]):
            yield from _changes((*path, name), old.get(name), new.get(name))
        if list(old) != list(new) and sorted(old) == sorted(new):
            yield _text_change((*path, "order"), "、".join(old), "、".join(new))
    elif isinstance(before or {}, dict) and isinstance(after or {}, dict):
        yield from _changes(path, before or {}, after or {})
    else:
        yield _text_change(path, written(before), written(after))


def _named(value):
    return value is None or (isinstance(value, list) and all(isinstance(each, dict) and "id" in each for each in value))


def _text_change(path, before, after):
    kind = "added" if not before else "removed" if not after else "changed"
    return FieldChange(path, kind, compare_texts(before, after))


def written(value):
    """A value of a checklist as people read it: lists line by line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✕"
    if isinstance(value, dict):
        return "\n".join(f"{key}: {written(each)}" for key, each in value.items())
    if isinstance(value, list):
        if value and all(isinstance(each, dict) and "instrument" in each for each in value):
            return "\n".join(_basis(each) for each in value)
        return "\n".join(written(each) for each in value)
    return str(value)


def _basis(basis):
    parts = [basis.get("instrument"), basis.get("ref"), basis.get("note_zh"), basis.get("note_en")]
    return " ".join(str(part) for part in parts if part) + ("" if basis.get("verified", True) else " ?")


def _tokens(text):
    found = TOKEN.findall(text)
    return found if len(found) <= LONGEST else text.splitlines(keepends=True)


def _calmed(pieces):
    """Equal stretches too short to help, between two changes, are told as changed too; neighbours become one."""
    removed = added = ""
    for index, piece in enumerate(pieces):
        inside = 0 < index < len(pieces) - 1
        if piece.kind == "same" and not (inside and len(piece.text.strip()) < SHORTEST_SAME):
            yield Piece("removed", removed)
            yield Piece("added", added)
            yield piece
            removed = added = ""
            continue
        removed += piece.text if piece.kind != "added" else ""
        added += piece.text if piece.kind != "removed" else ""
    yield Piece("removed", removed)
    yield Piece("added", added)
