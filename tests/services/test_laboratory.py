"""The rule laboratory over stored policies, and what goes from it into a draft."""

import pytest

from checks.services import drafts, laboratory
from checks.services.laboratory import Element, LineError

from .. import factories

pytestmark = pytest.mark.django_db

TEXT = "一、信息\n我们收集您的手机号码。\n我们不会收集您的通讯录。\n信息保存六个月。\n"
GROUPS = {"收集": ["收集", "获取"]}


@pytest.fixture
def policy(engagement):
    return factories.policy_version(engagement=engagement, text=TEXT)


@pytest.fixture
def author():
    return factories.checklist_author()


def run(policy, now, before=(), **more):
    return laboratory.rules_try(
        pks=[policy.pk], now=Element(tuple(now)), before=Element(tuple(before)), groups=GROUPS, **more
    )


def test_new_lost_and_same_sentences(policy):
    trial = run(policy, ["肯定({收集})", "保存"], ["{收集}"])
    assert trial.counts == {"new": 1, "lost": 1, "same": 1}
    assert [(line.kind, TEXT[line.start : line.end]) for line in trial.lines] == [
        ("same", "我们收集您的手机号码。"),
        ("lost", "我们不会收集您的通讯录。"),
        ("new", "信息保存六个月。"),
    ]
    assert trial.lines[0].pieces == (("我们", False), ("收集", True), ("您的手机号码。", False))
    assert [line.kind for line in run(policy, ["保存"], ["{收集}"], kinds=["new"]).lines] == ["new"]


def test_a_line_that_cannot_be_read_is_told(policy):
    trial = run(policy, ["收集", "{没有此组}"])
    assert (trial.error.part, trial.error.line) == ("rules", 1)
    assert trial.lines == []


def test_texts_that_are_not_ready_wait_for_the_next_time(engagement):
    policies = [factories.policy_version(engagement=engagement, text=f"{TEXT}第{n}份。") for n in range(3)]
    pks = [row.pk for row in policies]
    given = {"pks": pks, "now": Element(("收集",)), "before": Element(), "groups": {}}
    trial = laboratory.rules_try(**given, seconds=-1)
    assert trial.waiting >= 1
    done = laboratory.rules_try(**given, seconds=60)
    assert (done.waiting, done.read, done.counts["new"]) == (0, 3, 6)


def test_why_not(policy):
    (answer,) = laboratory.sentence_ask(Element(("肯定({收集})",)), GROUPS, "我们不会收集您的位置。")
    assert answer.rules[0].reasons[0].code == "not_affirmed"
    with pytest.raises(laboratory.SentenceTooLong):
        laboratory.sentence_ask(Element(("收集",)), {}, "长" * 6000)
    with pytest.raises(LineError):
        laboratory.sentence_ask(Element(("{",)), {}, "我们收集。")


def test_suggestions_come_with_a_sentence(engagement):
    lines = [f"我们会{verb}您的{what}信息。" for what in ("位置", "设备", "订单") for verb in ("保存", "储存")]
    lines += [f"系统将{verb}相关{what}日志。" for what in ("登录", "操作") for verb in ("保存", "储存")]
    policy = factories.policy_version(engagement=engagement, text="\n".join(lines))
    ((found, pk, quote),) = laboratory.words_suggest([policy.pk], ["保存"])
    assert (found.word, pk) == ("储存", policy.pk)
    assert "储存" in quote


def test_which_rules_stand_behind_kept_and_removed_evidence(policy):
    start = TEXT.index("我们收集")
    other = TEXT.index("我们不会")
    places = [(policy.pk, start, start + 11, False), (policy.pk, other, other + 12, True)]
    found = laboratory.rules_behind(Element(("{收集}", "通讯录", "绝无此词")), GROUPS, places)
    assert found == [("{收集}", 1, 1), ("通讯录", 0, 1), ("绝无此词", 0, 0)]


# ---------- into the draft ----------


def test_a_sentence_becomes_an_example(author):
    draft = factories.draft(author)
    given = {"by": author, "draft": draft, "code": "DEMO-1-IDENTITY", "part": "named"}
    row = laboratory.example_add(**given, kind="match", sentence=" 我们是青禾公司。 ", revision=0)
    row = laboratory.example_add(**given, kind="no_match", sentence="天气很好。", revision=row.revision)
    examples = laboratory.part_of(row.content, "named")["examples"]
    assert examples == {"match": ["我们是青禾公司。"], "no_match": ["天气很好。"]}
    with pytest.raises(laboratory.ExampleThere):
        laboratory.example_add(**given, kind="no_match", sentence="我们是青禾公司。", revision=row.revision)
    with pytest.raises(laboratory.EmptyExample):
        laboratory.example_add(**given, kind="match", sentence="  ", revision=row.revision)
    with pytest.raises(laboratory.NoSuchElement):
        laboratory.example_add(**given | {"part": "nowhere"}, kind="match", sentence="一句。", revision=row.revision)
    with pytest.raises(drafts.StaleDraft):
        laboratory.example_add(**given, kind="match", sentence="另一句。", revision=0)


def test_rules_go_into_the_draft(author):
    draft = factories.draft(author)
    row = laboratory.rules_keep(
        by=author,
        draft=draft,
        code="DEMO-1-IDENTITY",
        part="named",
        rules=["我们", " "],
        unless=["天气"],
        at_least=2,
        headings=False,
        revision=0,
    )
    entry = laboratory.part_of(row.content, "named")
    assert (entry["rules"], entry["unless"], entry["at_least"]) == (["我们"], ["天气"], 2)
    assert "headings" not in entry
