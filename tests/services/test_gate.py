"""What stands in the way of publishing a draft."""

import pytest

from checks.services import analysis, drafts, effects
from checks.services.gate import gate

from .. import factories
from .test_effects import TEXT, author, change, draft
from .test_moving import publish

__all__ = ["author", "draft"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def written(author, draft):
    """The draft with its changelog."""
    return drafts.head_save(by=author, draft=draft, revision=0, changelog="期限改为一年。")


def edit(author, draft, **changes):
    row = draft.requirements.get(code="A-PERIOD")
    content = row.content | {"elements": [row.content["elements"][0] | changes]}
    drafts.requirement_save(by=author, draft=draft, code="A-PERIOD", content=content, revision=row.revision)


def reasons(draft, **stage):
    return [(reason.kind, reason.code, reason.part) for reason in gate(draft, **stage).blocking]


def test_a_draft_without_changes_and_changelog(draft):
    assert reasons(draft) == [("changelog", "", "")]


def test_examples_that_fail_and_rules_that_are_idle(author, written):
    edit(
        author,
        written,
        rules=["保存", "绝无此词"],
        examples={"match": ["我们注销。", "您保存。"], "no_match": ["保存。", "好。"]},
    )
    report = gate(written)
    assert [(reason.kind, reason.params["text"]) for reason in report.blocking] == [
        ("not_found", "我们注销。"),
        ("false_alarm", "保存。"),
        ("idle_rule", "绝无此词"),
    ]
    assert {(reason.code, reason.part) for reason in report.blocking} == {("A-PERIOD", "named")}
    assert not report.open
    assert all(reason.message for reason in report.blocking)


def test_two_examples_each_way_of_what_changes(author, written):
    edit(author, written, examples={"match": ["我们保存。"], "no_match": ["好。", "坏。"]})
    assert reasons(written) == [("few_examples", "A-PERIOD", "named")]


def test_what_does_not_change_is_only_counted(author, written):
    base = written.base
    content = dict(base.source) | {"version": "0"}
    content["requirements"] = [*content["requirements"]]
    first = content["requirements"][0]
    thin = first["elements"][0] | {"examples": {"match": ["手机号码。"], "no_match": ["好。"]}}
    content["requirements"][0] = first | {"elements": [thin]}
    older = publish(content)
    draft = drafts.draft_start(by=author, checklist=older.checklist, base=older, version="9")
    draft = drafts.head_save(by=author, draft=draft, revision=0, changelog="无。")
    report = gate(draft)
    assert (report.open, report.few_examples_elsewhere) == (True, 1)


def test_what_the_loader_cannot_read(author, written):
    edit(author, written, rules=["{没有此组}"])
    report = gate(written)
    (reason,) = report.blocking
    assert (reason.kind, reason.code) == ("problem", "A-PERIOD")
    assert reason.problem is not None


def test_no_rule_goes_live_unseen(author, written):
    factories.policy_version(text=TEXT)
    change(author, written)
    edit(author, written, examples={"match": ["保存一年。", "我们保存一年。"], "no_match": ["好。", "坏。"]})
    assert reasons(written) == []
    assert reasons(written, publishing=True) == [("effect_unseen", "", "")]
    effects.preview_start(by=author, draft=written)
    report = gate(written, publishing=True)
    assert report.open
    assert report.decides == ("A-PERIOD",)


def test_running_audits_are_counted(author, written, team, engagement):
    policy = factories.policy_version(engagement=engagement, text=TEXT)
    analysis.audit_run(by=team.auditor, policy_version=policy, checklist_version=written.base)
    assert gate(written).running_audits == 1
