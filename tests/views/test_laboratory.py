"""The rule laboratory, the gate, field health and moves as a browser asks for them; and the walls between engagements."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import CorpusRelease
from checks.services import analysis, corpus, drafts, effects, evidence, review

from .. import factories
from ..services.test_moving import publish, source

pytestmark = pytest.mark.django_db
SECRET = "您可以保存图片到相册。"
POLICY = f"一、信息\n我们收集您的手机号码。\n{SECRET}\n您可以注销账号。\n"


@pytest.fixture
def author(client):
    person = factories.checklist_author("anna")
    client.force_login(person)
    return person


@pytest.fixture
def base():
    return publish(source("1"))


@pytest.fixture
def draft(author, base):
    draft = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2")
    return drafts.head_save(by=author, draft=draft, revision=0, changelog="说明。")


@pytest.fixture
def policy(engagement):
    return factories.policy_version(engagement=engagement, text=POLICY)


@pytest.fixture
def disputed(policy, team, base):
    """The auditor took the sentence on pictures away, overruled the verdict and said why."""
    audit = analysis.audit_run(by=team.auditor, policy_version=policy, checklist_version=base)
    finding = audit.findings.select_related("requirement").get(requirement__code="A-PERIOD")
    review.finding_decide(
        by=team.auditor, finding=finding, verdict="non_compliant", reason="图片不是期限。", revision=0
    )
    piece = finding.evidence.get()
    evidence.evidence_remove(by=team.auditor, finding=finding, place=(piece.start, piece.end), revision=0)
    return audit


def text_of(response, status=200):
    assert response.status_code == status
    return unescape(response.content.decode())


def try_rules(client, draft, **given):
    data = {"code": "A-PERIOD", "part": "named", "rules": "保存", "at_least": "1"} | given
    return client.post(reverse("draft_laboratory", args=[draft.pk]), data, headers={"HX-Request": "true"})


def test_an_author_sees_no_sentence_of_a_policy_that_is_not_released(client, author, draft, policy, team, disputed):
    pages = [
        reverse("draft_laboratory", args=[draft.pk], query={"code": "A-PERIOD"}),
        reverse("version_laboratory", args=[draft.base_id], query={"code": "A-PERIOD"}),
        reverse("requirement_health", args=[draft.base_id, "A-PERIOD"]),
        reverse("draft_gate", args=[draft.pk]),
    ]
    for page in pages:
        said = text_of(client.get(page))
        assert SECRET not in said
        assert policy.document.engagement.auditee not in said
        assert "图片不是期限" not in said
    corpus.corpus_release(by=team.lead, policy_version=policy)
    assert SECRET in text_of(client.get(pages[0]))
    corpus.corpus_withdraw(by=team.lead, policy_version=policy)
    assert SECRET not in text_of(client.get(pages[0]))


def test_a_policy_that_is_not_released_gives_no_example(client, author, draft, policy, team):
    start = POLICY.index(SECRET)
    place = f"match:{policy.pk}:{start}:{start + len(SECRET)}"
    address = reverse("laboratory_example", args=[draft.pk])
    data = {"code": "A-PERIOD", "part": "named", "rules": "保存", "add": place}
    assert client.post(address, data).status_code == 403
    corpus.corpus_release(by=team.lead, policy_version=policy)
    said = text_of(client.post(address, data | {"rules": "保存 & 图片"}))
    assert "保存 & 图片" in said  # what was typed stays typed
    examples = draft.requirements.get(code="A-PERIOD").content["elements"][0]["examples"]
    assert SECRET in examples["match"]
    text_of(client.post(address, data), 422)  # it is there already


def test_rules_are_tried_while_they_are_typed(client, english, author, draft, policy, team):
    corpus.corpus_release(by=team.lead, policy_version=policy)
    said = text_of(try_rules(client, draft, rules="注销"))
    assert "<html" not in said
    assert "您可以<mark>注销</mark>账号。" in said
    assert "new 1" in said
    assert "lost 1" in said
    only = text_of(try_rules(client, draft, rules="注销", kind="lost"))
    assert "<mark>注销</mark>" not in only


def test_a_line_that_cannot_be_read_points_at_its_character(client, english, author, draft):
    said = text_of(try_rules(client, draft, rules="保存\n{没有此组}"))
    assert "line 2, character 2" in said


def test_why_not_answers_in_both_languages(client, author, draft):
    asked = {"rules": "保存 ..3 六个月", "sentence": "保存您的信息六个月。"}
    assert "规则最多允许 3 字" in text_of(try_rules(client, draft, **asked))
    client.cookies["django_language"] = "en"
    assert "the rule allows 3 at most" in text_of(try_rules(client, draft, **asked))


def test_what_is_typed_is_shown_as_text(client, author, draft):
    said = try_rules(client, draft, rules="保存", sentence="<script>alert(1)</script>。").content.decode()
    assert "<script>" not in said


def test_rules_go_into_the_draft_and_others_are_told_of(client, author, draft):
    address = reverse("laboratory_rules", args=[draft.pk])
    data = {"code": "A-PERIOD", "part": "named", "rules": "保存 & !图片", "revision": "0", "at_least": "1"}
    assert client.post(address, data).status_code == 302
    assert draft.requirements.get(code="A-PERIOD").content["elements"][0]["rules"] == ["保存 & !图片"]
    assert "保存 & 期限" in text_of(client.post(address, data | {"rules": "保存 & 期限"}), 409)


def test_the_laboratory_asks_the_same_number_of_queries_for_many_policies(client, author, draft, engagement, team):
    def count():
        address = reverse("draft_laboratory", args=[draft.pk], query={"code": "A-PERIOD"})
        client.get(address)  # makes the texts ready
        with CaptureQueriesContext(
            connection,
        ) as queries:
            text_of(client.get(address))
        return len(queries)

    for number in range(2):
        version = factories.policy_version(engagement=engagement, text=f"{POLICY}{number}")
        corpus.corpus_release(by=team.lead, policy_version=version)
    few = count()
    for number in range(2, 6):
        version = factories.policy_version(engagement=engagement, text=f"{POLICY}{number}")
        corpus.corpus_release(by=team.lead, policy_version=version)
    assert count() == few


# ---------- gate ----------


def test_the_gate_names_and_links_what_stands_in_the_way(client, author, draft):
    row = draft.requirements.get(code="A-PERIOD")
    element = row.content["elements"][0]
    examples = {"match": ["我们注销。"], "no_match": ["好。", "坏。"]}
    content = row.content | {"elements": [element | {"examples": examples}]}
    drafts.requirement_save(by=author, draft=draft, code="A-PERIOD", content=content, revision=0)
    said = text_of(client.get(reverse("draft_gate", args=[draft.pk])))
    assert "我们注销。" in said
    assert reverse("draft_requirement", args=[draft.pk, "A-PERIOD"]) in said
    assert reverse("draft_laboratory", args=[draft.pk]) + "?code=A-PERIOD&part=named" in said


def test_effects_show_sentences_of_readable_policies_only(client, english, author, draft, policy, team):
    row = draft.requirements.get(code="A-PERIOD")
    content = row.content | {"elements": [row.content["elements"][0] | {"rules": ["保存 & !图片"]}]}
    drafts.requirement_save(by=author, draft=draft, code="A-PERIOD", content=content, revision=0)
    assert client.post(reverse("draft_preview", args=[draft.pk])).status_code == 302
    assert effects.preview_of(draft).state == "done"
    address = reverse("draft_gate", args=[draft.pk])
    said = text_of(client.get(address))
    assert "1 verdict comes out otherwise" in said
    assert "1 more verdict turns in a policy that you may not read" in said
    assert SECRET not in said
    corpus.corpus_release(by=team.lead, policy_version=policy)
    assert SECRET in text_of(client.get(address))


def test_a_draft_that_cannot_be_read_has_no_effect_yet(client, english, author, draft):
    row = draft.requirements.get(code="A-PERIOD")
    content = row.content | {"elements": [row.content["elements"][0] | {"rules": ["{"]}]}
    drafts.requirement_save(by=author, draft=draft, code="A-PERIOD", content=content, revision=0)
    response = client.post(reverse("draft_preview", args=[draft.pk]), follow=True)
    assert "cannot be read yet" in text_of(response)


# ---------- field health ----------


def test_field_health_counts_all_and_names_none(client, english, author, draft, disputed):
    said = text_of(client.get(reverse("checklist_health", args=[draft.base_id])))
    assert "1 audit" in said
    assert said.index("A-PERIOD") < said.index("A-PHONE")  # the sickest first
    detail = reverse("requirement_health", args=[draft.base_id, "A-PERIOD"])
    said = text_of(client.get(detail))
    assert "1 more reason stands in an engagement you are no member of" in said
    factories.member(disputed.engagement, author, "viewer")
    said = text_of(client.get(detail))
    assert "图片不是期限。" in said
    assert SECRET in text_of(client.get(reverse("draft_laboratory", args=[draft.pk]) + "?code=A-PERIOD"))


# ---------- moving, releasing ----------


def test_field_health_leads_into_the_open_draft_whatever_it_began_with(client, english, author, base, disputed):
    newer = publish(source("1.5"))
    draft = drafts.draft_start(by=author, checklist=newer.checklist, base=newer, version="2")
    said = text_of(client.get(reverse("requirement_health", args=[base.pk, "A-PERIOD"])))
    assert reverse("draft_laboratory", args=[draft.pk]) in said
    drafts.requirement_remove(by=author, draft=draft, code="A-PERIOD")
    said = text_of(client.get(reverse("requirement_health", args=[base.pk, "A-PERIOD"])))
    assert reverse("version_laboratory", args=[base.pk]) in said


def test_an_element_that_is_found_by_a_fact_says_so(client, english, author, draft):
    row = draft.requirements.get(code="A-PERIOD")
    assert "This element is also found by a fact" not in text_of(try_rules(client, draft))
    [named, *others] = row.content["elements"]
    with_fact = row.content | {"elements": [named | {"fact": "fact.emails > 0"}, *others]}
    drafts.requirement_save(by=author, draft=draft, code="A-PERIOD", content=with_fact, revision=row.revision)
    said = text_of(try_rules(client, draft))
    assert "This element is also found by a fact" in said
    assert "fact.emails > 0" in said


def test_what_fails_stands_before_what_passes(client, english, author, draft):
    said = text_of(try_rules(client, draft, rules="手机"))
    assert said.index("must be found") < said.index('class="lab-passing"')


def test_an_audit_is_offered_to_move_and_moves(client, english, team, disputed):
    newer = publish(source("2") | {"title_zh": "新核查表"})
    client.force_login(team.auditor)
    said = text_of(client.get(reverse("audit_detail", args=[disputed.pk])))
    assert "Version 2 of this checklist is published." in said
    address = reverse("audit_move", args=[disputed.pk])
    assert "Decisions that go along" in text_of(client.get(address))
    said = text_of(client.post(address, {"version": newer.pk}, follow=True))
    assert "1 decision went along" in said
    assert "Carry on there" in text_of(client.get(reverse("audit_detail", args=[disputed.pk])))
    assert "There is nothing to move to" in text_of(client.get(address))


def test_only_the_lead_releases_a_policy(client, english, team, policy):
    address = reverse("policy_corpus", args=[policy.pk])
    page = reverse("policy_version", args=[policy.pk])
    client.force_login(team.auditor)
    assert client.post(address, {"act": "release"}).status_code == 403
    assert "Release it to the rule corpus" not in text_of(client.get(page))
    client.force_login(team.lead)
    client.post(address, {"act": "release"})
    assert "Withdraw it from the rule corpus" in text_of(client.get(page))
    client.post(address, {"act": "withdraw"})
    assert [row.kind for row in CorpusRelease.objects.order_by("id")] == ["released", "withdrawn"]
