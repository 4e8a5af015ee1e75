"""What was typed survives a reload, a session that ended and a request that failed, and leaves with its person."""

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from checks.models import Comment, Decision

from .. import factories
from .steps import OLD, sign_in, sign_in_by_form, start_audit

pytestmark = pytest.mark.browser

TYPED = "写到一半的理由😀，还没有保存。"


@pytest.fixture
def audit(people, shipped):
    return start_audit(people, OLD)


@pytest.fixture
def finding(audit):
    return audit.findings.filter(proposed_verdict="non_compliant").first()


def open_finding(page, audit, finding):
    page.goto(f"/audits/{audit.pk}/review/?finding={finding.pk}")
    return page


def write_reason(page, text=TYPED):
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.type(text)


def drafts(page):
    return page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('draft:'))")


def test_a_reload_brings_it_back_with_a_notice_and_it_can_be_discarded(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    page.reload()
    expect(page.locator("#decision .draft-notice")).to_be_visible()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)
    expect(page.locator("#decision input[value=partial]")).to_be_checked()
    page.click("#decision .draft-notice button")
    expect(page.locator("#decision-reason")).to_have_value("")
    expect(page.locator("#decision input[value=non_compliant]")).to_be_checked()
    page.reload()
    expect(page.locator("#decision .draft-notice")).to_have_count(0)


def test_it_waits_where_it_was_typed_while_one_looks_at_another_finding(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(finding.pk))
    expect(page.locator("#decision-reason")).to_have_value("")
    page.keyboard.press("k")
    expect(page.locator("#panel")).to_have_attribute("data-finding", str(finding.pk))
    expect(page.locator("#decision-reason")).to_have_value(TYPED)


def test_what_is_saved_is_no_draft_any_more(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(finding.pk))
    assert Decision.objects.get().reason == TYPED
    assert drafts(page) == []


def test_a_comment_is_kept_too(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    page.locator("details[data-keep=comments] summary").click()
    page.fill("#comment-text", "请复核这一条。")
    page.reload()
    expect(page.locator("#comment-text")).to_have_value("请复核这一条。")
    expect(page.locator("#comment-text")).to_be_visible()
    page.locator(".comment-form button[type=submit]").click()
    expect(page.locator(".comments li")).to_have_count(1)
    assert Comment.objects.get().text == "请复核这一条。"
    assert drafts(page) == []


def test_a_request_that_failed_loses_nothing(page, people, audit, finding):
    page.watch.expected = ("net::ERR_FAILED", "htmx:", "Failed to load resource")
    page.route("**/decide/", lambda route: route.abort())
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#messages .message-error")).to_be_visible()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)
    page.unroute("**/decide/")
    page.reload()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)


def test_after_the_session_ended_one_signs_in_elsewhere_and_goes_on(page, people, audit, finding):
    """In the same window of the finding, without a reload: the answer of the sign-in page wipes nothing out."""
    page.watch.expected = ("403",)
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#messages .message-error")).to_be_visible()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)
    sign_in_by_form(page.context.new_page(), people.auditor).close()
    page.bring_to_front()
    page.click("[data-save]")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(finding.pk))
    assert Decision.objects.get().reason == TYPED


def test_signing_out_leaves_nothing_behind(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    assert len(drafts(page)) == 1
    page.keyboard.press("Escape")
    page.locator(".menu summary").click()
    page.locator("[data-signs-out] button").click()
    page.wait_for_url("**/accounts/login/**")
    assert drafts(page) == []


def test_another_person_at_the_same_browser_finds_nothing(page, people, audit, finding):
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    Session.objects.all().delete()
    sign_in_by_form(page, people.lead)
    open_finding(page, audit, finding)
    expect(page.locator("#decision-reason")).to_have_value("")
    assert drafts(page) == []


def test_what_somebody_else_decided_meanwhile_does_not_swallow_it(page, people, audit, finding):
    page.watch.expected = ("409",)
    open_finding(sign_in(page, people.auditor), audit, finding)
    write_reason(page)
    factories.decide(finding, by=people.lead)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#panel [role=alert]").first).to_be_visible()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)
    page.reload()
    expect(page.locator("#decision-reason")).to_have_value(TYPED)
    expect(page.locator("#decision .draft-notice")).to_be_visible()
