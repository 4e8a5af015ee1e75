"""What a text says in facts, laid out for a reader. The facts themselves are the engine's."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..highlights import block_at
from ..templatetags.checks_tags import term_word

# What the engine reads out of a text. A name that is not here is shown as it is.
FACT_LABELS = {
    "processors": gettext_lazy("Processors"),
    "other_companies": gettext_lazy("Other companies named"),
    "product_names": gettext_lazy("Products"),
    "emails": gettext_lazy("E-mail addresses"),
    "phones": gettext_lazy("Telephone numbers"),
    "phone_numbers": gettext_lazy("Telephone numbers checked"),
    "addresses": gettext_lazy("Postal addresses"),
    "urls": gettext_lazy("Web addresses"),
    "effective_dates": gettext_lazy("In force from"),
    "update_dates": gettext_lazy("Updated on"),
    "other_dates": gettext_lazy("Other dates"),
    "retention_periods": gettext_lazy("Retention periods"),
    "answer_periods": gettext_lazy("Periods for an answer"),
    "ages": gettext_lazy("Ages"),
    "information_items": gettext_lazy("Information named"),
    "sensitive_items": gettext_lazy("Sensitive information named"),
    "sensitive_orphans": gettext_lazy("Sensitive information without a purpose beside it"),
    "other_orphans": gettext_lazy("Other information without a purpose beside it"),
    "shared_only": gettext_lazy("Information that only sharing and SDKs speak of"),
    "permissions": gettext_lazy("Device permissions"),
    "permission_uses": gettext_lazy("Device permissions"),
    "third_parties": gettext_lazy("Third parties by kind"),
    "storage_places": gettext_lazy("Where information is kept or sent"),
    "sdks": gettext_lazy("SDKs"),
    "company": gettext_lazy("provider"),  # audits kept before the columns were read
    "provider": gettext_lazy("provider"),
    "purpose": gettext_lazy("purpose"),
    "data": gettext_lazy("kinds of information"),
    "link": gettext_lazy("link to its rules"),
    "valid": gettext_lazy("could be a real number"),
}
# Many short words each: in one line, not one below the other.
IN_ONE_LINE = {
    "retention_periods",
    "answer_periods",
    "ages",
    "information_items",
    "sensitive_items",
    "sensitive_orphans",
    "other_orphans",
    "shared_only",
    "permissions",
}
# A name → the fact that says the same in more detail; beside it the plainer one is left out.
SAID_BY = {"phones": "phone_numbers", "permissions": "permission_uses", "sensitive_items": "information_items"}


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fact. ``kind`` says how its ``values`` are laid out: see audit_detail.html."""

    label: str
    kind: str
    values: list


def fact_sheet(facts, outline):
    """``{"rows": [Row, …], "sdks": [{name, provider, purpose, data, link}, …]}`` of the facts kept with an audit."""
    sdks = facts.get("sdks") or []
    in_columns = all(isinstance(sdk, dict) and "provider" in sdk for sdk in sdks)
    left_out = {name for name, fuller in SAID_BY.items() if facts.get(fuller)} | ({"sdks"} if in_columns else set())
    rows = []
    for name, value in facts.items():
        if name in left_out or not value:
            continue
        if name in _LAYOUTS and isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            kind, lay_out = _LAYOUTS[name]
            entries = [lay_out(entry, outline) for entry in value]
            rows.append(
                Row(fact_label(name), kind, _one_for_each_quote(entries) if name == "third_parties" else entries)
            )
        elif name == "information_items":
            sensitive = set(facts.get("sensitive_items") or ())
            entries = [{"text": term_word(item), "sensitive": item in sensitive} for item in value]
            rows.append(Row(fact_label(name), "items", entries))
        else:
            rows += [Row(label, "list", values) for label, values in fact_rows({name: value})]
    return {"rows": rows, "sdks": sdks if in_columns else []}


def _place(entry, outline):
    """Where an entry stands in the text, to link to; empty for a text whose clauses are not known."""
    return block_at(outline, entry["start"]) if outline and "start" in entry else ""


def _one_for_each_quote(entries):
    """Parties that one sentence names stand above it together."""
    told = {}
    for entry in entries:
        if entry["quote"] in told:
            told[entry["quote"]]["text"] += _(", ") + entry["text"]
        else:
            told[entry["quote"]] = entry
    return list(told.values())


def _third_party(entry, outline):
    return {"text": term_word(entry["kind"]), "quote": entry["quote"], "place": _place(entry, outline)}


def _storage_place(entry, outline):
    return {
        "text": term_word(entry["place"]),
        "note": STATED.get(entry["stated"], ""),
        "abroad": entry["abroad"] and entry["stated"] != "no",
        "quote": entry["quote"],
        "place": _place(entry, outline),
    }


def _permission_use(entry, outline):
    return {"text": term_word(entry["permission"]), "purpose": entry["purpose"], "place": _place(entry, outline)}


def _phone_number(entry, outline):
    return {"text": entry["number"], "valid": entry["valid"]}


STATED = {"no": gettext_lazy("denied"), "if": gettext_lazy("under conditions")}
_LAYOUTS = {
    "third_parties": ("quotes", _third_party),
    "storage_places": ("quotes", _storage_place),
    "permission_uses": ("uses", _permission_use),
    "phone_numbers": ("phones", _phone_number),
}


def fact_rows(facts):
    """Facts as ``(label, [value, …])``, whatever their shape; those without a value are left out."""
    rows = []
    for name, value in facts.items():
        values = fact_values(value)
        if values and name in IN_ONE_LINE:
            values = [_(", ").join(term_word(word) for word in values)]
        if values:
            rows.append((fact_label(name), values))
    return rows


def fact_label(name):
    return FACT_LABELS.get(name, name.replace("_", " "))


def fact_values(value):
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [text for part in value for text in fact_values(part)]
    if isinstance(value, dict):
        return [" · ".join(told)] if (told := fact_parts(value)) else []
    return [str(value)]


def fact_parts(entry):
    """What an entry with several parts says; offsets are for the program, yes and no for a reader are ✓ and ✕."""
    told = []
    for name, part in entry.items():
        if isinstance(part, bool):
            told.append(f"{'✓' if part else '✕'} {fact_label(name)}")
        elif name not in ("start", "end") and (values := fact_values(part)):
            told.append(", ".join(values))
    return told
