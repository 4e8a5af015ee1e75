"""People who work on one audit at once, in real browsers: conflict, bulk decision, blind review, keys of a reviewer."""

import pytest
from playwright.sync_api import expect

from checks.models import Decision, Finding, Membership, Presence
from checks.services import analysis, blind, engagements

from .. import factories
from .steps import OLD, decide_rest, settled, sign_in, start_audit, wait_until

pytestmark = pytest.mark.browser


@pytest.fixture
def audit(people, shipped):
    return start_audit(people, OLD)


def review(page, audit, query=""):
    page.goto(f"/audits/{audit.pk}/review/{query}")
    return page


def focused(page):
    return int(page.get_attribute("#panel", "data-finding"))


def test_two_people_write_the_same_remediation(open_context, people, audit):
    """The second one sees what the first wrote, keeps their own words, and may then replace it."""
    pages = []
    for user in (people.auditor, people.lead):
        context, watch = open_context()
        watch.expected = ("409",)
        page = review(sign_in(context.new_page(), user), audit, "?verdict=non_compliant")
        page.click("details[data-keep=remediation] > summary")
        pages.append(page)
    fast, slow = pages
    slow.fill("#remediation-text", "写明保存两年，到期删除。")
    fast.fill("#remediation-text", "写明保存三年，到期删除。")
    fast.click(".remediation-form button")
    expect(fast.locator("details[data-keep=remediation] .tag")).to_be_visible()
    slow.click(".remediation-form button")
    notice = slow.locator(".stale")
    expect(notice).to_contain_text("写明保存三年")
    expect(notice).to_contain_text(people.auditor.first_name)
    expect(slow.locator("#remediation-text")).to_have_value("写明保存两年，到期删除。")
    slow.click(".remediation-form button")
    expect(slow.locator(".stale")).to_have_count(0)
    assert Finding.objects.get(pk=focused(slow)).remediation == "写明保存两年，到期删除。"


def test_somebody_else_at_the_same_finding_is_shown(open_context, people, audit):
    lead, auditor = (sign_in(open_context()[0].new_page(), user) for user in (people.lead, people.auditor))
    review(lead, audit, "?verdict=non_compliant")
    # A page says where it is a moment after it was opened, and asks again only after twenty seconds.
    wait_until(lead, lambda: Presence.objects.filter(user=people.lead).exists())
    review(auditor, audit, "?verdict=non_compliant")
    expect(auditor.locator("#presence")).to_contain_text(people.lead.first_name)
    expect(auditor.locator("#panel")).to_be_visible()


def test_many_are_decided_after_a_look_and_taken_back_as_one(page, people, audit):
    count = audit.findings.filter(proposed_verdict="non_compliant").count()
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    page.click(".bulk > summary")
    page.select_option(".bulk select[name=verdict]", "partial")
    page.fill(".bulk textarea", "附件另有说明，按部分合规处理。")
    page.click("[data-batch]")
    expect(page.locator("tbody tr")).to_have_count(count)
    assert not Decision.objects.exists()
    page.click("[data-save]")
    page.wait_for_url("**/review/**")
    expect(page.locator("#progress progress")).to_have_attribute("value", str(count))
    assert set(Decision.objects.values_list("verdict", "reason")) == {("partial", "附件另有说明，按部分合规处理。")}
    page.click(".bulk-undo button")
    expect(page.locator("#progress progress")).to_have_attribute("value", "0")
    assert not audit.findings.exclude(final_verdict="").exists()


def test_u_leads_back_to_what_was_decided_last(page, people, audit):
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    first = focused(page)
    page.keyboard.press("c")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(first))
    settled(page)
    page.keyboard.press("u")
    expect(page.locator("#panel")).to_have_attribute("data-finding", str(first))
    expect(page.locator("#progress progress")).to_have_attribute("value", "0")
    settled(page)
    page.keyboard.press("U")
    expect(page.locator("#progress progress")).to_have_attribute("value", "1")


def test_an_often_given_reason_is_one_key(page, people, audit):
    finding = audit.findings.filter(proposed_verdict="non_compliant").first()
    earlier = analysis.audit_run(by=people.auditor, policy_version=audit.policy_version)
    twin = earlier.findings.get(requirement=finding.requirement)
    factories.decide(twin, people.auditor, "partial", "文本其他位置已经写明。")
    review(sign_in(page, people.auditor), audit, f"?finding={finding.pk}")
    page.keyboard.press("2")
    page.keyboard.press("5")
    expect(page.locator("#decision-reason")).to_have_value("文本其他位置已经写明。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#progress progress")).to_have_attribute("value", "1")
    assert finding.decisions.get().reason == "文本其他位置已经写明。"


def test_a_reviewer_works_by_keys(page, people, audit):
    decide_rest(audit, by=people.auditor)
    review(sign_in(page, people.reviewer), audit, "?mark=not_agreed")
    first = focused(page)
    page.keyboard.press("v")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(first))
    settled(page)
    second = focused(page)
    page.keyboard.press("b")
    page.keyboard.type("证据在哪一条？")
    page.click("[data-send-back]")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(second))
    looks = dict(audit.findings.exclude(second_look="").values_list("pk", "second_look"))
    assert looks == {first: "agreed", second: "sent_back"}


def test_a_blind_second_review_to_the_last_difference(open_context, people, audit):
    """Asked by the lead, decided unseen, compared, settled: the third verdict counts."""
    second = factories.user("second", first_name="孙第二")
    engagements.member_set(by=people.lead, engagement=audit.engagement, user=second, role=Membership.Role.AUDITOR)
    lead = sign_in(open_context()[0].new_page(), people.lead)
    lead.goto(f"/audits/{audit.pk}/")
    lead.select_option("#blind-second", label="孙第二")
    lead.click("section:has(#blind) form button")
    expect(lead.locator("section:has(#blind)")).to_contain_text("孙第二")

    decide_rest(audit, by=people.auditor)  # the first auditor is done, the second knows nothing of it
    page = sign_in(open_context()[0].new_page(), second)
    page.goto(f"/audits/{audit.pk}/review/")
    page.wait_for_url("**/second/**")
    expect(page.locator("#progress progress")).to_have_attribute("value", "0")
    expect(page.locator("#panel .comment-form")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.locator("#progress progress")).to_have_attribute("value", "1")

    running = audit.blind_reviews.get()
    given = set(running.opinions.values_list("finding", flat=True))
    rest = audit.findings.exclude(pk__in=given).select_related("requirement", "audit__engagement")
    for number, finding in enumerate(rest):
        proposed = "partial" if finding.proposed_verdict == "undetermined" else finding.proposed_verdict
        verdict = ("compliant" if proposed != "compliant" else "partial") if number == 0 else proposed
        blind.opinion_give(
            by=second, blind=running, finding=finding, verdict=verdict, reason="通读全文后判断。", revision=0
        )
    page.reload()
    page.click("#hand-in button")
    page.wait_for_url("**/comparison/")
    expect(page.locator(".difference")).to_have_count(1)
    page.locator(".difference label:has(input[value=not_applicable])").click()
    page.fill(".difference textarea", "两人都没有看到定义一节，此项不适用。")
    page.click(".difference button")
    expect(page.locator(".difference")).to_have_count(0)
    decision = Decision.objects.get(kind="resolved")
    assert (decision.verdict, decision.decided_by) == ("not_applicable", second)
    assert decision.finding.final_verdict == "not_applicable"
    lead.reload()
    lead.goto(f"/audits/{audit.pk}/comparison/")
    expect(lead.locator("#settled")).to_be_visible()
