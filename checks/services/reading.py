"""What the views over a policy show: the engine reads the text again when it is looked at, and remembers a few."""

from functools import lru_cache

from ..engine import build_outline
from ..engine.policyviews import read_policy


def policy_views(audit):
    """The rows of every view over the audit's policy, as engine.policyviews.PolicyViews. Reads only.

    The text of a policy version never changes, so what was read of the last few stays in memory.
    """
    return _read(audit.policy_version.text)


@lru_cache(maxsize=8)
def _read(text):
    return read_policy(text, build_outline(text))
