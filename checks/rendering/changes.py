"""What a new report says otherwise than the one it takes the place of: from the data of both, nothing else."""


def report_changes(before: dict, after: dict) -> dict:
    """The differences of two reports' contexts, JSON-safe, titles in the language of ``after``.

    ``since`` {"number", "issued_on", "signed_at"}; ``policy``, ``checklist``, ``as_of``, ``opinion``, ``score``:
    {"before", "after"} or None where nothing changed; ``verdicts`` [{"code", "title", "before", "after"}];
    ``requirements`` {"new", "dropped"}: [{"code", "title"}]; ``evidence`` [{"code", "title", "new": [quote],
    "dropped": [quote]}]; ``observations`` {"new", "dropped", "changed"}: [{"number", "title"}]; ``count``, how many
    differences there are, 0 for none.
    """
    old, new = ({finding["code"]: finding for finding in context["findings"]} for context in (before, after))
    both = [code for code in new if code in old]
    changes = {
        "since": {
            "number": before["number"],
            "issued_on": before["issued_on"],
            "signed_at": before["created_at"],
        },
        "policy": _policy(before, after),
        "checklist": _pair(before["checklist"]["version"], after["checklist"]["version"]),
        "as_of": _pair(before["as_of"], after["as_of"]),
        "opinion": _pair(before["summary"]["opinion"], after["summary"]["opinion"]),
        "score": _pair(before["summary"]["score"], after["summary"]["score"]),
        "verdicts": [
            {**_named(new[code]), "before": old[code]["verdict"], "after": new[code]["verdict"]}
            for code in both
            if old[code]["verdict"] != new[code]["verdict"]
        ],
        "requirements": {
            "new": [_named(new[code]) for code in new if code not in old],
            "dropped": [_named(old[code]) for code in old if code not in new],
        },
        "evidence": [change for code in both if (change := _evidence(old[code], new[code]))],
        "observations": _observations(before["observations"], after["observations"]),
    }
    changes["count"] = _count(changes)
    return changes


def _pair(before, after) -> dict | None:
    return {"before": before, "after": after} if before != after else None


def _policy(before: dict, after: dict) -> dict | None:
    if before["digests"]["policy"] == after["digests"]["policy"]:
        return None
    return {"before": before["policy"]["version"], "after": after["policy"]["version"]}


def _named(finding: dict) -> dict:
    return {"code": finding["code"], "title": finding["title"]}


def _evidence(before: dict, after: dict) -> dict | None:
    old, new = ([piece["quote"] for piece in finding["evidence"]] for finding in (before, after))
    added, dropped = [quote for quote in new if quote not in old], [quote for quote in old if quote not in new]
    return {**_named(after), "new": added, "dropped": dropped} if added or dropped else None


def _observations(before: list[dict], after: list[dict]) -> dict:
    """Observations are numbered within an audit: in another audit the same title is the same observation."""
    old, new = ({row["title"]: row for row in rows} for rows in (before, after))
    return {
        "new": [_titled(row) for title, row in new.items() if title not in old],
        "dropped": [_titled(row) for title, row in old.items() if title not in new],
        "changed": [_titled(row) for title, row in new.items() if title in old and _said(row) != _said(old[title])],
    }


def _titled(row: dict) -> dict:
    return {"number": row["number"], "title": row["title"]}


def _said(row: dict) -> tuple:
    content = tuple(row[name] for name in ("severity", "facts", "remediation"))
    return (*content, tuple(row["legal_basis"]), tuple(piece["quote"] for piece in row["evidence"]))


def _count(changes: dict) -> int:
    single = sum(changes[name] is not None for name in ("policy", "checklist", "as_of", "opinion"))
    lists = [changes["verdicts"], changes["evidence"], *changes["requirements"].values()]
    return single + sum(map(len, [*lists, *changes["observations"].values()]))
