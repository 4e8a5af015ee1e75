"""The views over a policy as screens get them."""

import pytest

from checks.services.reading import policy_views

from .. import factories

pytestmark = pytest.mark.django_db


def test_rows_come_from_the_audits_own_text():
    version = factories.policy_version(text="一、收集\n我们会收集您的手机号码，用于注册。\n")
    seen = policy_views(factories.audit(policy_version=version))
    [row] = seen.matrix
    assert version.text[row.source.start : row.source.end] == row.source.quote
    assert policy_views(factories.audit(policy_version=version)) is seen
