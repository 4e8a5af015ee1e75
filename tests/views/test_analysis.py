"""Running an audit, its overview, and its data as JSON."""

import json
import re
from datetime import date

import pytest
from django.urls import reverse
from django.utils import translation

from checks.engine import build_outline
from checks.engine.facts import extract_facts
from checks.models import Audit
from checks.services import checklist
from checks.views.fact_sheet import FACT_LABELS, fact_rows, fact_sheet

from .. import factories

pytestmark = pytest.mark.usefixtures("english")


def overview(client, audit):
    return client.get(reverse("audit_detail", args=[audit.pk])).content.decode()


def words(markup):
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


# ---------- Running ----------


def test_an_audit_runs_at_once_and_opens(as_auditor, engagement):
    checklist.checklist_import()
    version = factories.policy_version(engagement)
    response = as_auditor.post(reverse("audit_run", args=[version.pk]), {"as_of": "2026-03-01"})
    audit = Audit.objects.get(policy_version=version)
    assert response["Location"] == reverse("audit_detail", args=[audit.pk])
    assert audit.as_of == date(2026, 3, 1)
    assert audit.findings.count() == audit.checklist_version.requirements.count() > 0


def test_a_date_that_is_none_runs_nothing(as_auditor, engagement):
    version = factories.policy_version(engagement)
    response = as_auditor.post(reverse("audit_run", args=[version.pk]), {"as_of": "soon"}, follow=True)
    assert "This is not a date." in response.content.decode()
    assert not Audit.objects.exists()


def test_without_a_checklist_the_reason_is_said(as_auditor, engagement):
    version = factories.policy_version(engagement)
    response = as_auditor.post(reverse("audit_run", args=[version.pk]), follow=True)
    assert "There is no published checklist yet." in response.content.decode()


# ---------- Overview ----------


def test_the_overview_scores_each_domain(as_auditor, audit):
    page = overview(as_auditor, audit)
    # notice: compliant and partly compliant → (1 + ½) / 2
    assert re.search(
        r'domain=notice">Notice</a>.*?class="bar-score" width="75".*?<td class="number">75</td>', page, re.S
    )
    # minors: not applicable only → no score, no bar
    minors = re.search(r'domain=minors">Children|domain=minors">Minors</a>(.*?)</tr>', page, re.S).group(1)
    assert "<svg" not in minors
    assert "—" in minors
    assert "partly compliant ½" in page


def test_the_bars_carry_no_style_attribute(as_auditor, audit):
    page = overview(as_auditor, audit)
    assert "<svg" in page
    assert " style=" not in page


def test_every_count_leads_to_the_findings_it_counts(as_auditor, audit):
    page = overview(as_auditor, audit)
    links = set(re.findall(r'href="([^"]*/review/\?[^"]*)"[^>]*>(\d+)</a>', page))
    assert len(links) > 8
    for address, number in links:
        response = as_auditor.get(address.replace("&amp;", "&"))
        assert len(response.context["queue"].rows) == int(number), address


def test_what_is_left_to_do_is_counted_until_nothing_is_left(as_auditor, audit, team):
    page = words(overview(as_auditor, audit))
    assert "Undecided findings 6" in page
    assert "Undetermined: a person has to look 1" in page
    assert "Critical and not compliant 1" in page
    assert "Start the review" in page
    factories.decide_all(audit, by=team.auditor)
    page = words(overview(as_auditor, audit))
    assert "Undecided findings ✓ 0" in page
    assert "Go on to the report" in page


def test_a_signed_audit_says_who_signed(as_auditor, signed_audit, team):
    page = overview(as_auditor, signed_audit)
    assert f"Signed off by {team.reviewer.get_username()}" in page
    assert "Start the review" not in page


def test_who_may_not_decide_is_not_asked_to(client, audit, team):
    client.force_login(team.viewer)
    page = overview(client, audit)
    assert "Start the review" not in page
    assert "Look at the findings" in page


def test_every_fact_the_engine_reads_has_a_label():
    text = "一、信息\n我们收集您的手机号码。"
    assert extract_facts(text, build_outline(text)).values.keys() <= FACT_LABELS.keys()


def test_facts_are_told_and_escaped(as_auditor, engagement):
    audit = factories.audit(engagement, facts={"emails": ["<b>@example.org"], "unheard_of": 3, "phones": []})
    page = overview(as_auditor, audit)
    assert "&lt;b&gt;@example.org" in page
    assert "unheard of" in page
    assert "Telephone numbers" not in page


@pytest.mark.parametrize(
    ("facts", "values"),
    [
        ({"a": "x"}, ["x"]),
        ({"a": ["x", "y"]}, ["x", "y"]),
        ({"a": None}, None),
        ({"a": []}, None),
        ({"a": {}}, None),
        ({"a": 0}, ["0"]),
        ({"a": [{"name": "Push", "party": "Acme", "start": 4, "end": 9}]}, ["Push · Acme"]),
        ({"a": {"name": "Push", "purpose": True, "odd_one": False}}, ["Push · ✓ purpose · ✕ odd one"]),
        ({"a": {"from": "2026-01-01", "items": ["p", "q"], "none": None}}, ["2026-01-01 · p, q"]),
    ],
)
def test_facts_of_any_shape_become_lists(facts, values):
    with translation.override("en"):
        rows = fact_rows(facts)
    assert rows == ([("a", values)] if values else [])


def test_short_words_stand_in_one_line_as_people_write_them():
    facts = {"information_items": ["位置", "ip", "wifi"], "urls": ["a.example", "b.example"]}
    with translation.override("zh-hans"):
        rows = {str(label): values for label, values in fact_rows(facts)}
    assert rows == {"文中列明的个人信息": ["位置、IP、Wi-Fi"], "网址": ["a.example", "b.example"]}


def test_facts_with_a_sentence_show_it_and_lead_to_it(as_auditor, engagement):
    place = {"place": "境外", "abroad": True, "stated": "no", "quote": "我们不会向境外提供<i>。", "start": 3, "end": 12}
    facts = {
        "storage_places": [place, {**place, "stated": "yes", "quote": "存放于境外。"}],
        "third_parties": [{"kind": "物流公司", "quote": "提供给物流公司。", "start": 20, "end": 28}],
        "permissions": ["相机"],
        "permission_uses": [
            {"permission": "相机", "purpose": "扫码", "start": 30, "end": 32},
            {"permission": "日历", "purpose": "", "start": 40, "end": 42},
        ],
        "phones": [],
        "phone_numbers": [{"number": "12800138000", "valid": False}],
        "information_items": ["昵称头像", "银行卡"],
        "sensitive_items": ["银行卡"],
    }
    audit = factories.audit(engagement, facts=facts, outline={"clauses": [[0, 18, "一", None], [19, 60, "二", None]]})
    page = overview(as_auditor, audit)
    assert "我们不会向境外提供&lt;i&gt;。" in page
    said = words(page)
    assert "outside the territory of China denied" in said
    assert "outside the territory of China abroad" in said
    assert "calendar no purpose found beside it" in said
    assert "12800138000 cannot be a real number" in said
    assert "bank card sensitive" in said
    assert f'{reverse("policy_version", args=[audit.policy_version_id])}#clause-1"' in page


def test_sdks_stand_in_a_table_of_their_own(as_auditor, engagement):
    sdk = {"name": "云雀推送SDK", "provider": "", "purpose": "推送", "data": "设备型号", "link": "https://a.example/p"}
    page = words(overview(as_auditor, factories.audit(engagement, facts={"sdks": [sdk]})))
    assert "云雀推送SDK — nothing found 推送 设备型号 https://a.example/p" in page


def test_audits_from_before_the_columns_of_sdks_can_be_read(as_auditor, engagement):
    facts = {"sdks": [{"name": "云雀SDK", "company": False, "purpose": True, "data": True, "link": False}]}
    page = words(overview(as_auditor, factories.audit(engagement, facts=facts)))
    assert "云雀SDK · ✕ provider · ✓ purpose" in page


def test_a_text_that_says_nothing_is_told_so(as_auditor, engagement):
    assert fact_sheet({}, {}) == {"rows": [], "sdks": []}
    assert "No names, contacts or dates were found" in overview(as_auditor, factories.audit(engagement, facts={}))


def test_the_overview_costs_the_same_for_any_number_of_findings(as_auditor, audit, django_assert_num_queries):
    overview(as_auditor, audit)
    with django_assert_num_queries(11):
        overview(as_auditor, audit)


# ---------- Export ----------


def test_the_export_is_the_documented_json_with_decisions(as_auditor, audit, team):
    finding = audit.findings.get(requirement__code="DEMO-2-PURPOSE")
    factories.decide(finding, by=team.auditor, verdict="compliant", reason="Read again.")
    response = as_auditor.get(reverse("audit_export", args=[audit.pk]))
    data = json.loads(response.content)
    assert response["Content-Disposition"].startswith("attachment")
    assert data["schema"] == 1
    assert data["digest"] == audit.result_digest
    assert len(data["findings"]) == 6
    for row in data["findings"]:
        for piece in row["evidence"]:
            assert audit.policy_version.text[piece["start"] : piece["end"]] == piece["quote"]
    assert [(row["code"], row["verdict"], row["reason"]) for row in data["decisions"]] == [
        ("DEMO-2-PURPOSE", "compliant", "Read again.")
    ]
