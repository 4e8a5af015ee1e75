"""The views over the policy on screen: rows with their places, what is missing, what they bear on, what becomes of them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from checks.models import EvidenceChange
from checks.views.policy_rows import TABS

from .. import factories

pytestmark = pytest.mark.django_db

TEXT = """示例阅读隐私政策
更新日期：2026年5月9日
生效日期：2026年3月1日
一、我们收集的信息
注册时，我们收集您的手机号码，用于创建账号。
我们会收集您的身份证号码等信息。
为向您推荐图书，我们会使用您的浏览记录。
相机权限：用于扫描条码。
我们会申请通讯录权限。
二、共享
我们不会向任何第三方提供您的个人信息。
我们会与合作伙伴共享您的浏览记录，用于推荐图书。
SDK名称：云帆推送 SDK；使用目的：推送提醒
三、联系我们
我们将在十五日内答复您的请求，并在必要期限内保存您的信息。
示例阅读由青禾示例科技有限公司运营，邮箱 privacy@qinghe.example。
"""


@pytest.fixture
def seen(engagement):
    return factories.audit(policy_version=factories.policy_version(engagement, text=TEXT))


def view(client, audit, tab, query=""):
    return client.get(reverse("policy_view", args=[audit.pk, tab]) + query)


@pytest.mark.parametrize("tab", TABS)
def test_every_view_shows_rows_cut_from_the_text(as_auditor, seen, tab):
    response = view(as_auditor, seen, tab)
    rows = response.context["rows"].object_list
    assert rows
    for row in rows:
        assert [TEXT[start:end] for start, end in row.places] == row.quotes
        assert f'id="row-{row.number}"' in response.content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_an_empty_view_says_what_was_looked_for(as_auditor, engagement, tab):
    empty = factories.audit(policy_version=factories.policy_version(engagement, text="今天下雨，山上的路很滑。\n"))
    response = view(as_auditor, empty, tab)
    assert response.status_code == 200
    assert "查找过，没有找到" in response.content.decode()


def test_what_is_missing_or_vague_is_marked(as_auditor, seen):
    rows = {row.subject: row for row in view(as_auditor, seen, "matrix").context["rows"]}
    assert rows["手机号"].issues == []
    assert rows["身份证"].issues == ["未写目的", "含糊用语"]
    assert ("等", "列举没有写完：还有什么？") in rows["身份证"].pieces
    [sdk] = view(as_auditor, seen, "sdks").context["rows"]
    assert sdk.issues == ["缺少：提供方、信息种类、隐私规则链接"]
    permissions = {row.subject: row.issues for row in view(as_auditor, seen, "permissions").context["rows"]}
    assert permissions == {"相机": [], "通讯录": ["未写目的"]}
    [pair] = [row for row in view(as_auditor, seen, "contradictions").context["rows"] if row.data.code == "sharing"]
    assert len(pair.places) == 2


def test_only_rows_with_an_issue(as_auditor, seen):
    every, some = (view(as_auditor, seen, "permissions", query) for query in ("", "?only=issues"))
    assert len(every.context["rows"]) == 2
    assert [row.subject for row in some.context["rows"]] == ["通讯录"]


def test_a_row_bears_on_the_findings_whose_evidence_it_holds(as_auditor, seen):
    row = next(row for row in view(as_auditor, seen, "matrix").context["rows"] if row.subject == "手机号")
    assert [(one["finding"].requirement.code, one["cites"]) for one in row.bearing] == [("DEMO-2-PURPOSE", True)]


def test_unknown_views_and_rows_are_not_there(as_auditor, seen):
    assert view(as_auditor, seen, "weather").status_code == 404
    for tab, number in (("matrix", 999), ("weather", 0)):
        assert as_auditor.get(reverse("policy_view_row", args=[seen.pk, tab, number])).status_code == 404
    assert as_auditor.get(reverse("policy_views", args=[seen.pk])).url == reverse(
        "policy_view", args=[seen.pk, "matrix"]
    )


def test_a_row_becomes_evidence_of_several_findings(as_auditor, seen):
    row = next(row for row in view(as_auditor, seen, "matrix").context["rows"] if row.subject == "身份证")
    address = reverse("policy_view_row", args=[seen.pk, "matrix", row.number])
    chosen = list(seen.findings.values_list("pk", flat=True)[2:4])
    assert as_auditor.get(address).status_code == 200
    assert as_auditor.post(address, {"finding": chosen}).status_code == 302
    changes = EvidenceChange.objects.all()
    assert {change.finding_id for change in changes} == set(chosen)
    assert {(change.start, change.end) for change in changes} == set(row.places)
    again = as_auditor.post(address, {"finding": chosen})
    assert again.status_code == 422
    none = as_auditor.post(address, {})
    assert "请至少选择一项" in none.content.decode()


def test_either_side_of_a_contradiction_can_be_the_evidence(as_auditor, seen):
    rows = view(as_auditor, seen, "contradictions").context["rows"]
    row = next(row for row in rows if row.data.code == "sharing")
    start, end = row.places[1]
    address = reverse("policy_view_row", args=[seen.pk, "contradictions", row.number])
    as_auditor.post(address, {"finding": seen.findings.last().pk, "place": f"{start}-{end}"})
    change = EvidenceChange.objects.get()
    assert (change.start, change.end) == (start, end)


def test_a_row_becomes_an_observation(as_auditor, seen):
    row = next(row for row in view(as_auditor, seen, "matrix").context["rows"] if row.subject == "身份证")
    response = as_auditor.get(reverse("observation_create", args=[seen.pk]) + f"?from={row.key}")
    form = response.context["form"]
    assert form["title"].value() == "未写目的；含糊用语：身份证"
    assert "身份证号码" in form["facts"].value()
    assert [(place["start"], place["end"]) for place in response.context["desk"].places] == row.places


def test_nothing_can_be_used_after_signing(as_auditor, seen, team):
    factories.decide_all(seen, by=team.auditor)
    factories.sign_off(seen, by=team.reviewer)
    page = view(as_auditor, seen, "matrix").content.decode()
    assert reverse("observation_create", args=[seen.pk]) not in page
    address = reverse("policy_view_row", args=[seen.pk, "matrix", 0])
    assert as_auditor.post(address, {"finding": seen.findings.first().pk}).status_code == 422
    assert not EvidenceChange.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_text(as_auditor, engagement, seen):
    def queries(audit):
        with CaptureQueriesContext(connection) as captured:
            assert view(as_auditor, audit, "matrix").status_code == 200
        return len(captured)

    longer = factories.audit(policy_version=factories.policy_version(engagement, text=TEXT * 5))
    for audit in (seen, longer):
        queries(audit)  # the requirements of a checklist are read once
    assert queries(seen) == queries(longer) <= 7
    assert len(view(as_auditor, longer, "matrix").context["rows"]) > 10


def test_the_engines_own_words_are_english_in_english(as_auditor, seen):
    as_auditor.post(reverse("set_language"), {"language": "en"})
    permissions = view(as_auditor, seen, "permissions").content.decode()
    assert "camera" in permissions
    assert "contacts" in permissions
    assert "browsing and search records" in view(as_auditor, seen, "matrix").content.decode()
