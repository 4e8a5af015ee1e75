"""One way to turn data into bytes, and bytes into a digest, so that anyone can compute the same digest again."""

import hashlib
import json


def canonical_json(data) -> bytes:
    """JSON with sorted keys, no white space and real characters, as UTF-8.

    Takes what JSON can hold; anything else (a date, a model, NaN) is a TypeError or ValueError: the
    caller decides how such a value is written, never this function.
    """
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def digest(data) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(data)).hexdigest()


def context_digest(context: dict) -> str:
    """The digest of a report's data, leaving out the place where this digest itself is written."""
    digests = {name: value for name, value in context["digests"].items() if name != "context"}
    return digest({**context, "digests": digests})
