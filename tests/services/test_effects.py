"""What a draft changes on stored and labelled policies."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from checks.models import EffectPreview
from checks.services import drafts, effects

from .. import factories
from .test_moving import publish, source

pytestmark = pytest.mark.django_db

TEXT = "一、信息\n我们收集您的手机号码。\n信息保存六个月。\n"


@pytest.fixture
def author():
    return factories.checklist_author()


@pytest.fixture
def draft(author):
    """The requirement on periods asks for a year now; the stored policy says six months."""
    base = publish(source("1"))
    return drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2")


def change(author, draft, code="A-PERIOD", rule="保存 ..2 一年"):
    row = draft.requirements.get(code=code)
    element = row.content["elements"][0] | {"rules": [rule]}
    content = row.content | {"elements": [element]}
    drafts.requirement_save(by=author, draft=draft, code=code, content=content, revision=row.revision)


def test_verdicts_that_turn_are_told_with_their_sentence(author, draft):
    policy = factories.policy_version(text=TEXT)
    factories.policy_version(text="一、信息\n信息保存一年。\n")
    change(author, draft)
    preview = effects.preview_start(by=author, draft=draft)
    assert (preview.state, preview.result["policies"]) == ("done", 2)
    (turn,) = preview.result["turns"]
    assert (turn["version"], turn["code"], turn["before"], turn["after"]) == (
        policy.pk,
        "A-PERIOD",
        "compliant",
        "non_compliant",
    )
    start, end, element = turn["place_before"]
    assert (TEXT[start:end], element) == ("信息保存六个月。", "named")
    assert turn["place_after"] is None


def test_only_what_decides_is_worked_out(author, draft):
    factories.policy_version(text=TEXT)
    row = draft.requirements.get(code="A-PHONE")
    content = row.content | {"remediation_zh": "另一种说法。"}
    drafts.requirement_save(by=author, draft=draft, code="A-PHONE", content=content, revision=0)
    found, _before, _after = effects.difference_of(draft)
    assert (found.changed, found.decides) == (("A-PHONE",), ())
    assert effects.preview_start(by=author, draft=draft).result["turns"] == []


def test_a_note_for_a_scale_decides_nothing(author, draft):
    row = draft.requirements.get(code="A-PHONE")
    content = row.content | {"scales": {"small": {"note_zh": "要求较少。", "note_en": "Less is asked."}}}
    drafts.requirement_save(by=author, draft=draft, code="A-PHONE", content=content, revision=0)
    found, _before, _after = effects.difference_of(draft)
    assert (found.changed, found.decides) == (("A-PHONE",), ())
    content["scales"]["small"]["optional"] = ["named"]
    drafts.requirement_save(by=author, draft=draft, code="A-PHONE", content=content, revision=1)
    found, _before, _after = effects.difference_of(draft)
    assert found.decides == ("A-PHONE",)


def test_new_and_removed_requirements_turn_too(author, draft):
    factories.policy_version(text=TEXT)
    drafts.requirement_remove(by=author, draft=draft, code="A-PERIOD")
    entry = draft.requirements.get(code="A-PHONE").content
    drafts.requirement_add(by=author, draft=draft, code="A-MORE", content=entry)
    turned = effects.preview_start(by=author, draft=draft).result["turns"]
    assert [(turn["code"], turn["before"], turn["after"]) for turn in turned] == [
        ("A-MORE", "", "compliant"),
        ("A-PERIOD", "compliant", ""),
    ]


def test_a_changed_group_changes_who_names_it(author):
    content = source("1") | {"groups": {"期限": ["保存"]}}
    content["requirements"][1]["elements"][0]["rules"] = ["{期限}"]
    base = publish(content)
    draft = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2")
    drafts.head_save(by=author, draft=draft, revision=0, head=draft.head | {"groups": {"期限": ["一年"]}})
    draft.refresh_from_db()
    found, _before, _after = effects.difference_of(draft)
    assert found.decides == ("A-PERIOD",)


def test_the_same_content_is_worked_out_once(author, draft):
    factories.policy_version(text=TEXT)
    change(author, draft)
    first = effects.preview_start(by=author, draft=draft)
    assert effects.preview_start(by=author, draft=draft) == first
    change(author, draft, rule="保存 ..2 半年")
    assert effects.preview_of(draft) is None
    assert effects.preview_start(by=author, draft=draft) != first


def test_more_policies_wait_for_the_worker(author, draft, monkeypatch):
    monkeypatch.setattr(effects, "QUICK_CHARACTERS", 10)
    factories.policy_version(text=TEXT)
    change(author, draft)
    preview = effects.preview_start(by=author, draft=draft)
    assert preview.state == "queued"
    effects.preview_work(preview.pk)
    preview.refresh_from_db()
    assert (preview.state, preview.done) == ("done", 1)


def test_a_vanished_worker_is_replaced(author, draft):
    late = timezone.now() - timedelta(seconds=1)
    preview = EffectPreview.objects.create(
        draft=draft,
        digest=drafts.draft_digest(draft),
        asked_by=author,
        asked_at=late,
        state="running",
        lease_until=late,
    )
    assert effects.recover() == 1
    effects.preview_work(preview.pk)
    preview.refresh_from_db()
    assert preview.state == "done"


def test_what_was_edited_meanwhile_is_given_up(author, draft):
    preview = EffectPreview.objects.create(
        draft=draft, digest="0" * 64, asked_by=author, asked_at=timezone.now(), state="queued"
    )
    effects.preview_work(preview.pk)
    preview.refresh_from_db()
    assert preview.state == "failed"


def test_labelled_policies_give_precision_and_recall(author, draft, settings, tmp_path):
    settings.LABELLED = str(tmp_path)
    (tmp_path / "one.txt").write_text(TEXT, "utf-8")
    labels = {"A-PERIOD": {"verdict": "non_compliant", "evidence": []}}
    (tmp_path / "one.gold.json").write_text(json.dumps({"verdicts": labels}), "utf-8")
    change(author, draft)
    preview = effects.preview_start(by=author, draft=draft)
    effects.preview_work(preview.pk)
    preview.refresh_from_db()
    assert preview.result["labelled"] == {
        "policies": 1,
        "requirements": {
            "A-PERIOD": {
                "before": {"items": 1, "agreed": 0, "gold": 1, "said": 0, "both": 0},
                "after": {"items": 1, "agreed": 1, "gold": 1, "said": 1, "both": 1},
            }
        },
    }


def test_stored_policies_are_read_in_full_batches():
    """SQLite refuses to note progress while rows are still read and somebody else has written meanwhile."""
    made = [factories.policy_version(text=TEXT).pk for _number in range(5)]
    with CaptureQueriesContext(connection) as asked:
        rows = effects._in_batches(effects.stored_policies(), size=2)
        assert next(rows).pk == made[0]
        begun = len(asked)
        assert [row.pk for row in rows] == made[1:]
    assert (begun, len(asked)) == (2, 4)
