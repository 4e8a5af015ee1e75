"""Observations on screen: written with exact places, revised without losing what was typed, withdrawn, restored."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import Observation, ObservationTemplate

from .. import factories

pytestmark = pytest.mark.django_db

QUOTE = "我们会使用您的浏览记录"


@pytest.fixture
def start(audit):
    return audit.policy_version.text.index(QUOTE)


def url(name, *args):
    return reverse(name, args=args)


def content(start, **changes):
    data = {
        "title": "推荐没有关闭入口",
        "severity": "major",
        "facts": "文本说到推荐，\r\n没有说怎样关闭。",
        "basis": "示例法 第一条",
        "remediation": "补充关闭的步骤。",
        "places": f"{start}-{start + len(QUOTE)}",
        "save": "1",
    }
    return data | changes


def test_writing_one(as_auditor, audit, start):
    response = as_auditor.post(url("observation_create", audit.pk), content(start))
    observation = audit.observations.get()
    assert response.url == url("observation_detail", observation.pk)
    version = observation.versions.get()
    assert [piece["quote"] for piece in version.places] == [QUOTE]
    assert version.facts == "文本说到推荐，\n没有说怎样关闭。"
    page = as_auditor.get(response.url).content.decode()
    assert QUOTE in page
    assert "推荐没有关闭入口" in page


def test_words_are_looked_up_and_ambiguous_ones_are_shown_to_choose_from(as_auditor, audit):
    address = url("observation_create", audit.pk)
    found = as_auditor.post(address, {"words": "用于 创建账号", "title": "甲", "find": "1"})
    text = audit.policy_version.text
    at = text.index("用于创建账号")
    assert f'name="places" value="{at}-{at + 6}"' in found.content.decode()
    assert 'value="甲"' in found.content.decode()
    assert found.status_code == 200
    several = as_auditor.post(address, {"words": "我们", "find": "1"})
    desk = several.context["desk"]
    assert len(desk.candidates) == text.count("我们")
    assert all(text[place["start"] : place["end"]] == "我们" for place in desk.candidates)
    taken = as_auditor.post(address, {"take": desk.candidates[1]["key"], "words": "我们"})
    assert [place["key"] for place in taken.context["desk"].places] == [desk.candidates[1]["key"]]
    dropped = as_auditor.post(address, {"places": desk.candidates[1]["key"], "drop": desk.candidates[1]["key"]})
    assert dropped.context["desk"].places == []


def test_words_that_are_not_there_are_refused_and_kept(as_auditor, audit, start):
    response = as_auditor.post(url("observation_create", audit.pk), content(start, words="文本里没有这一句"))
    assert response.status_code == 422
    assert "words" in response.context["form"].errors
    assert "文本里没有这一句" in response.content.decode()
    assert not Observation.objects.exists()


def test_a_whole_clause_and_a_legal_basis_are_picked_from_lists(as_auditor, audit):
    address = url("observation_create", audit.pk)
    clause = as_auditor.get(address).context["form"].fields["clause"].choices[2][0]
    response = as_auditor.post(address, {"clause": clause, "find": "1"})
    assert [place["key"] for place in response.context["desk"].places] == [clause]
    response = as_auditor.post(address, {"pick": "示例法 第一条", "basis": "内部规定", "choose": "1"})
    assert response.context["form"]["basis"].value() == "内部规定\n示例法 第一条"
    assert "示例法 第一条" in response.context["bases"]


@pytest.mark.parametrize("field", ["title", "facts", "places"])
def test_what_is_missing_is_said_beside_its_field(as_auditor, audit, start, field):
    response = as_auditor.post(url("observation_create", audit.pk), content(start) | {field: ""})
    assert response.status_code == 422
    assert response.context["form"].errors["words" if field == "places" else field]
    assert not Observation.objects.exists()


@pytest.mark.parametrize("places", ["abc", "9-3", "1-2-3", "0-999999", "-5-3"])
def test_nonsense_for_places_is_no_error_of_the_server(as_auditor, audit, start, places):
    response = as_auditor.post(url("observation_create", audit.pk), content(start, places=places))
    assert response.status_code == 422
    assert as_auditor.get(url("observation_create", audit.pk) + f"?place={places}").status_code == 200


def test_beginning_with_a_place_and_a_template(as_auditor, audit, team, start):
    template = factories.template(team.auditor, title="没有关闭入口", facts="没有写关闭方法。")
    response = as_auditor.get(
        url("observation_create", audit.pk) + f"?place={start}-{start + len(QUOTE)}&template={template.pk}"
    )
    assert response.context["form"]["title"].value() == "没有关闭入口"
    assert [place["quote"] for place in response.context["desk"].places] == [QUOTE]


def test_the_template_of_somebody_else_is_no_beginning(as_auditor, audit, team):
    template = factories.template(team.lead)
    response = as_auditor.get(url("observation_create", audit.pk) + f"?template={template.pk}")
    assert response.context["form"]["title"].value() is None


def test_editing_adds_a_version_and_the_history_shows_what_changed(as_auditor, audit, team, start):
    observation = factories.observation(audit, by=team.lead)
    data = content(start, severity="critical", revision=1, note="重新评估。")
    assert as_auditor.post(url("observation_edit", observation.pk), data).status_code == 302
    page = as_auditor.get(url("observation_detail", observation.pk))
    newest, first = page.context["history"]
    assert (newest["kind"], first["kind"]) == ("revised", "written")
    assert {str(label) for label, *_ in newest["changes"]} == {"严重程度", "事实", "位置"}
    assert "重新评估。" in page.content.decode()


def test_the_slower_of_two_sees_both_texts_and_saves_then(as_auditor, audit, team, start):
    observation = factories.observation(audit, by=team.auditor)
    factories.revise_observation(observation, by=team.lead, title="负责人改过的标题")
    data = content(start, title="我的标题", revision=1)
    response = as_auditor.post(url("observation_edit", observation.pk), data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "负责人改过的标题" in page
    assert response.context["form"]["title"].value() == "我的标题"
    assert 'name="revision" value="2"' in page
    assert as_auditor.post(url("observation_edit", observation.pk), data | {"revision": 2}).status_code == 302
    assert [version.title for version in observation.versions.all()] == [
        "推荐没有关闭入口", "负责人改过的标题", "我的标题",
    ]  # fmt: skip


def test_withdrawing_needs_a_reason_and_can_be_taken_back(as_auditor, audit, team):
    observation = factories.observation(audit, by=team.auditor)
    withdraw = url("observation_withdraw", observation.pk)
    assert as_auditor.post(withdraw, {"revision": 1, "reason": ""}).status_code == 422
    assert as_auditor.post(withdraw, {"revision": 7, "reason": "重复。"}).status_code == 409
    assert as_auditor.post(withdraw, {"revision": 1, "reason": "重复。"}).status_code == 302
    listed = as_auditor.get(url("observation_list", audit.pk))
    assert listed.context["observations"] == []
    assert [row.pk for row in listed.context["withdrawn"]] == [observation.pk]
    assert as_auditor.post(url("observation_restore", observation.pk), {"revision": 2}).status_code == 302
    assert as_auditor.post(url("observation_restore", observation.pk), {}).status_code == 409
    assert len(as_auditor.get(url("observation_list", audit.pk)).context["observations"]) == 1


def test_nothing_is_offered_and_nothing_taken_after_signing(as_auditor, audit, team, start):
    observation = factories.observation(audit, by=team.auditor)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    for name, place in (("observation_list", audit.pk), ("observation_detail", observation.pk)):
        page = as_auditor.get(url(name, place)).content.decode()
        assert url("observation_create", audit.pk) not in page
        assert url("observation_edit", observation.pk) not in page
    response = as_auditor.post(url("observation_create", audit.pk), content(start))
    assert response.status_code == 422
    assert "签发" in response.content.decode()
    assert audit.observations.count() == 1


def test_the_number_of_queries_does_not_grow_with_observations(as_auditor, audit, team):
    def queries(name, *args):
        with CaptureQueriesContext(connection) as captured:
            assert as_auditor.get(url(name, *args)).status_code == 200
        return len(captured)

    first = factories.observation(audit, by=team.auditor)
    factories.template(team.auditor)
    pages = [
        ("observation_list", audit.pk),
        ("observation_detail", first.pk),
        ("observation_create", audit.pk),
        ("observation_templates",),
    ]
    [queries(*page) for page in pages]  # what is remembered for the life of the process is read now
    before = [queries(*page) for page in pages]
    for _ in range(4):
        factories.observation(audit, by=team.lead)
        factories.template(team.lead, shared=True)
    assert [queries(*page) for page in pages] == before
    assert max(before) <= 9


# ---------- Templates ----------


def test_an_observation_is_kept_as_a_template_without_its_places(as_auditor, audit, team):
    observation = factories.observation(audit, by=team.lead)
    as_auditor.post(url("template_from_observation", observation.pk), {"shared": "on"})
    template = ObservationTemplate.objects.get()
    assert (template.owner, template.shared, template.title) == (team.auditor, True, "推荐没有关闭入口")


def test_a_template_is_changed_and_deleted_by_its_owner_alone(as_auditor, as_lead, team):
    template = factories.template(team.auditor, shared=True)
    data = {"title": "新的标题", "severity": "minor"}
    assert as_lead.post(url("template_edit", template.pk), data).status_code == 404
    assert as_lead.post(url("template_delete", template.pk)).status_code == 404
    assert "新的标题" not in as_lead.get(url("observation_templates")).content.decode()
    assert as_auditor.post(url("template_edit", template.pk), data).status_code == 302
    assert "新的标题" not in as_lead.get(url("observation_templates")).content.decode()  # no longer shared
    assert as_auditor.post(url("template_delete", template.pk)).status_code == 302
    assert not ObservationTemplate.objects.exists()


def test_a_template_needs_a_title(as_auditor):
    response = as_auditor.post(url("template_create"), {"severity": "minor", "facts": "留着。"})
    assert response.status_code == 422
    assert "留着。" in response.content.decode()
