"""The machine-readable result that travels inside a report's PDF: the very data that the pages were made from."""

import json

from .digests import canonical_json, context_digest

FILENAME = "result.json"


def attached_json(context: dict) -> bytes:
    """What is attached as ``result.json``: the report's whole context, canonical, its own digest included.

    Anyone can compute ``digests.context`` again: the SHA-256 of the same JSON without that one entry.
    """
    return canonical_json(context)


def read_attached(content: bytes) -> dict:
    """The context from an attachment; ValueError for what is no report's data. The content is anybody's."""
    try:
        data = json.loads(content)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not JSON") from error
    if (
        not isinstance(data, dict)
        or not isinstance(data.get("digests"), dict)
        or not isinstance(data.get("number"), str)
    ):
        raise ValueError("no report")
    return data


def digest_agrees(context: dict) -> bool:
    """Whether the digest that the data states is the digest of the data."""
    return context["digests"].get("context") == context_digest(context)
