import hashlib
import json
from datetime import date

import pytest

from checks.rendering.digests import canonical_json, digest


def test_canonical_json_is_what_the_report_says_it_is():
    assert canonical_json({"b": [1, None], "a": "政策"}) == '{"a":"政策","b":[1,null]}'.encode()


def test_the_order_of_keys_does_not_matter_and_the_order_of_lists_does():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


def test_the_digest_can_be_computed_with_the_standard_library_alone():
    data = {"z": "九", "a": {"y": 1.5}}
    written = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert digest(data) == hashlib.sha256(written.encode("utf-8")).hexdigest()


@pytest.mark.parametrize("value", [float("nan"), date(2026, 11, 25), {1, 2}])
def test_what_json_cannot_hold_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        digest({"value": value})
