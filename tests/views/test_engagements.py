from datetime import timedelta
from html import unescape
from pathlib import Path
from re import findall

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from checks.models import Audit, Engagement
from checks.services import batches
from checks.services import engagements as services
from checks.services import report as report_services
from checks.services import review as review_services
from checks.templatetags.activity_tags import SENTENCES

from .. import factories

pytestmark = pytest.mark.django_db
TYPED = {
    "auditee": "云舟示例出行",
    "product": "云舟",
    "scope": "只看文本",
    "processor_scale": "million",
    "due_date": "2027-01-31",
}


@pytest.fixture
def lead(engagement):
    return engagement.created_by


@pytest.fixture
def browser(client, lead):
    client.force_login(lead)
    return client


def text_of(response):
    return unescape(response.content.decode())


def queries_of(browser, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert browser.get(url).status_code == 200
    return len(captured)


class TestList:
    def test_the_first_visit_says_what_to_do(self, client):
        client.force_login(factories.user())
        page = text_of(client.get("/"))
        assert "尚无审计项目" in page
        assert f'href="{reverse("engagement_create")}"' in page

    def test_a_row_says_whose_what_my_role_and_how_far(self, browser, engagement, lead):
        audit = factories.audit(engagement)
        factories.decide(audit.findings.first(), by=lead)
        page = text_of(browser.get("/"))
        for expected in (engagement.auditee, engagement.product, "项目负责人", "已复核 1 / 6"):
            assert expected in page
        assert '<progress max="6" value="1"' in page

    def test_other_peoples_engagements_are_not_there(self, browser):
        other = factories.engagement(auditee="旁人示例公司")
        assert other.auditee not in text_of(browser.get("/"))

    def test_what_is_late_is_marked_unless_it_is_finished(self, browser, engagement, lead):
        engagement.due_date = timezone.localdate() - timedelta(days=1)
        engagement.save()
        assert "已逾期" in text_of(browser.get("/"))
        factories.audit(engagement, status=Audit.Status.SIGNED)
        assert "已逾期" not in text_of(browser.get("/"))

    def test_due_today_is_not_late(self, browser, engagement):
        engagement.due_date = timezone.localdate()
        engagement.save()
        assert "已逾期" not in text_of(browser.get("/"))

    def test_twenty_five_on_a_page(self, browser, lead):
        for number in range(26):
            factories.engagement(lead, auditee=f"示例公司甲{number}")
        first, second = text_of(browser.get("/")), text_of(browser.get("/?page=2"))
        assert (first.count('scope="row"'), second.count('scope="row"')) == (25, 2)
        assert "第 1 页，共 2 页" in first
        assert 'href="?page=2"' in first

    def test_ten_rows_cost_as_many_queries_as_one(self, browser, engagement, lead):
        factories.audit(engagement)
        one = queries_of(browser, "/")
        for _number in range(9):
            factories.audit(factories.engagement(lead))
        assert queries_of(browser, "/") == one


class TestForm:
    def test_creating_makes_one_the_lead_and_leads_to_the_engagement(self, browser, lead):
        response = browser.post(reverse("engagement_create"), TYPED)
        created = Engagement.objects.get(auditee=TYPED["auditee"])
        assert response.url == reverse("engagement_detail", args=[created.pk])
        assert (
            created.role_of(lead) == "lead" if hasattr(created, "role_of") else created.memberships.get().user == lead
        )
        assert (created.product, created.processor_scale, str(created.due_date)) == ("云舟", "million", "2027-01-31")

    def test_mistakes_are_listed_with_links_and_nothing_typed_is_lost(self, browser):
        response = browser.post(reverse("engagement_create"), TYPED | {"auditee": "", "due_date": "morgen"})
        page = text_of(response)
        assert response.status_code == 422
        assert '<a href="#id_auditee">' in page
        assert '<a href="#id_due_date">' in page
        assert 'value="云舟"' in page
        assert "只看文本" in page
        assert not Engagement.objects.filter(product="云舟").exists()

    def test_editing_keeps_and_records_what_was_changed(self, browser, engagement):
        url = reverse("engagement_edit", args=[engagement.pk])
        assert f'value="{engagement.auditee}"' in text_of(browser.get(url))
        assert browser.post(url, TYPED).url == reverse("engagement_detail", args=[engagement.pk])
        engagement.refresh_from_db()
        assert engagement.auditee == TYPED["auditee"]
        assert engagement.activity.get().detail["changed"]["processor_scale"] == ["standard", "million"]

    def test_a_refused_edit_still_names_the_engagement_as_it_is(self, browser, engagement):
        url = reverse("engagement_edit", args=[engagement.pk])
        page = text_of(browser.post(url, TYPED | {"product": ""}))
        assert engagement.auditee in page
        engagement.refresh_from_db()
        assert engagement.auditee != TYPED["auditee"]


class TestDetail:
    def page(self, browser, engagement):
        return text_of(browser.get(reverse("engagement_detail", args=[engagement.pk])))

    def test_without_a_policy_it_says_to_upload_one(self, browser, engagement):
        page = self.page(browser, engagement)
        assert "尚无隐私政策" in page
        assert reverse("policy_upload", args=[engagement.pk]) in page

    def test_a_viewer_is_not_offered_what_he_may_not_do(self, client, engagement, team):
        factories.policy_version(engagement)
        client.force_login(team.viewer)
        page = self.page(client, engagement)
        assert reverse("policy_upload", args=[engagement.pk]) not in page
        assert reverse("engagement_edit", args=[engagement.pk]) not in page
        assert "/audit/" not in page

    def test_the_next_step_follows_the_state(self, browser, engagement, team, lead):
        version = factories.policy_version(engagement)
        assert "运行审计" in self.page(browser, engagement)
        audit = factories.audit(engagement, version)
        assert "开始复核" in self.page(browser, engagement)
        factories.decide(audit.findings.first(), by=team.auditor)
        assert "继续复核" in self.page(browser, engagement)
        factories.decide_all(audit, by=team.auditor)
        signing = self.page(browser, engagement)
        assert reverse("audit_report", args=[audit.pk]) in signing
        assert "签发" in signing
        factories.sign_off(audit, by=team.reviewer)
        assert "已签发" in self.page(browser, engagement)

    def test_a_lead_without_team_is_told_that_two_people_are_needed(self, browser, engagement):
        hint = "至少需要两人"
        assert hint in self.page(browser, engagement)
        factories.team(engagement)
        assert hint not in self.page(browser, engagement)

    def test_more_policies_cost_no_more_queries(self, browser, engagement):
        url = reverse("engagement_detail", args=[engagement.pk])
        factories.audit(engagement)
        one = queries_of(browser, url)
        for number in range(3):
            factories.audit(
                engagement, factories.policy_version(engagement, text=f"另一份 {number}\n{factories.POLICY}")
            )
        assert queries_of(browser, url) == one

    def test_names_are_never_taken_for_markup(self, browser, engagement):
        factories.policy_version(engagement, filename="<img src=x>.txt")
        response = browser.get(reverse("engagement_detail", args=[engagement.pk]))
        assert b"<img src=x>" not in response.content


class TestTeam:
    def url(self, engagement):
        return reverse("engagement_team", args=[engagement.pk])

    def test_somebody_is_added_by_the_exact_name(self, browser, engagement):
        person = factories.user("gu", first_name="启明", last_name="顾")
        response = browser.post(self.url(engagement), {"username": "gu", "role": "reviewer"}, follow=True)
        assert "顾启明 现为复核人" in text_of(response)
        assert engagement.memberships.get(user=person).role == "reviewer"

    @pytest.mark.parametrize("name", ["nobody", "GU", "g"])
    def test_every_other_name_gets_the_same_help(self, browser, engagement, name):
        factories.user("gu")
        response = browser.post(self.url(engagement), {"username": name, "role": "reviewer"})
        assert response.status_code == 422
        assert "没有与该用户名完全一致的可用账号" in text_of(response)
        assert f'value="{name}"' in text_of(response)
        assert engagement.memberships.count() == 1

    def test_a_closed_account_is_no_account(self, browser, engagement):
        factories.user("gu", is_active=False)
        browser.post(self.url(engagement), {"username": "gu", "role": "reviewer"})
        assert engagement.memberships.count() == 1

    def test_the_role_of_a_member_can_be_changed(self, browser, engagement, team):
        browser.post(self.url(engagement), {"username": team.viewer.username, "role": "auditor"})
        assert engagement.memberships.get(user=team.viewer).role == "auditor"

    def test_the_only_lead_keeps_the_role_and_is_told_why(self, browser, engagement, lead):
        response = browser.post(self.url(engagement), {"username": lead.username, "role": "viewer"})
        assert "审计项目须有一名负责人" in text_of(response)
        assert engagement.memberships.get(user=lead).role == "lead"

    def test_a_member_can_be_removed(self, browser, engagement, team):
        url = reverse("member_remove", args=[engagement.pk, team.viewer.pk])
        assert browser.post(url).url == self.url(engagement)
        assert not engagement.memberships.filter(user=team.viewer).exists()
        assert browser.post(url).status_code == 404

    def test_the_only_lead_cannot_be_removed(self, browser, engagement, lead):
        response = browser.post(reverse("member_remove", args=[engagement.pk, lead.pk]), follow=True)
        assert "审计项目须有一名负责人" in text_of(response)
        assert engagement.memberships.filter(user=lead).exists()

    def test_who_leaves_goes_home(self, browser, engagement, lead, team):
        services.member_set(by=lead, engagement=engagement, user=team.auditor, role="lead")
        assert browser.post(reverse("member_remove", args=[engagement.pk, lead.pk])).url == "/"

    def test_who_may_not_manage_sees_no_forms_for_it(self, client, engagement, team):
        client.force_login(team.auditor)
        page = text_of(client.get(self.url(engagement)))
        assert "移除" not in page
        assert 'name="role"' not in page


class TestActivity:
    def page(self, browser, engagement, number=1):
        return text_of(browser.get(reverse("engagement_activity", args=[engagement.pk]) + f"?page={number}"))

    def test_nothing_yet(self, browser, engagement):
        assert "尚无操作记录" in self.page(browser, engagement)

    def test_members_are_called_by_name(self, browser, engagement, lead, team):
        team.viewer.last_name = "吴念"
        team.viewer.save()
        services.member_set(by=lead, engagement=engagement, user=team.viewer, role="auditor")
        assert "吴念 设为审计员" in self.page(browser, engagement)

    def test_acts_become_sentences(self, browser, engagement, audit, lead, team):
        name = lead.username
        services.engagement_update(by=lead, engagement=engagement, processor_scale="large", due_date=None)
        services.member_set(by=lead, engagement=engagement, user=team.viewer, role="auditor")
        services.member_remove(by=lead, engagement=engagement, user=team.viewer)
        first, second, third, *_rest = audit.findings.select_related("requirement", "audit__engagement")
        review_services.finding_decide(by=lead, finding=first, verdict="compliant", reason="", revision=0)
        review_services.finding_decide(by=lead, finding=second, verdict="compliant", reason="写全了", revision=0)
        review_services.decision_undo(by=lead, finding=second, revision=1)
        review_services.comment_add(by=lead, finding=third, text="看")
        batches.batch_decide(by=lead, audit=audit, revisions={third.pk: 0})
        factories.decide_all(audit, by=lead)
        report_services.audit_sign_off(by=team.reviewer, audit=audit, warnings_seen=True)  # a comment is open
        report_services.audit_reopen(by=team.reviewer, audit=audit, reason="漏看")
        page = self.page(browser, engagement)
        for sentence in (
            f"{name} 修改了审计项目：处理者规模 一般 → 大型。",
            f"{name} 将 {team.viewer.username} 设为审计员。",
            f"{name} 将 {team.viewer.username}（审计员）移出项目组。",
            f"{name} 对 DEMO-1-IDENTITY 作出复核结论：合规。",
            f"{name} 将 DEMO-2-PURPOSE 由“部分合规”改判为“合规”。理由：写全了",
            f"{name} 撤回了对 DEMO-2-PURPOSE 的复核结论，现为：待复核。",
            f"{name} 对 DEMO-3-RETENTION 作了批注。",
            f"{name} 确认了 1 项审计发现的系统判定。",
            f"{team.reviewer.username} 签发了审计。",
            f"{team.reviewer.username} 重新打开了审计。原因：漏看",
        ):
            assert sentence in page

    def test_it_is_paginated(self, browser, engagement, lead):
        for number in range(51):
            services.engagement_update(by=lead, engagement=engagement, product=f"产品{number}")
        newest = "产品49 → 产品50"
        assert newest in self.page(browser, engagement)
        assert newest not in self.page(browser, engagement, 2)

    def test_every_act_the_services_record_has_a_sentence(self):
        folder = Path(services.__file__).parent
        code = "".join(file.read_text("utf-8") for file in folder.glob("*.py"))
        acts = set(findall(r'(?:action=|_record\(by, )"([a-z_.]+)"', code))
        assert len(acts) > 10
        assert acts <= set(SENTENCES)
