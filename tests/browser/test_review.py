"""The review screen in a real browser: HTMX, keys, evidence in the text; and the same without any script."""

import re

import pytest
from playwright.sync_api import expect

from checks.models import Decision

from .steps import OLD, Held, settled, sign_in, start_audit

pytestmark = pytest.mark.browser

FINDING = re.compile(r"/findings/\d+/\?")


@pytest.fixture
def audit(people, shipped):
    return start_audit(people, OLD)


def review(page, audit, query=""):
    page.goto(f"/audits/{audit.pk}/review/{query}")
    return page


def focused(page):
    return int(page.get_attribute("#panel", "data-finding"))


def wait_for_decisions(page, count):
    expect(page.locator("#progress progress")).to_have_attribute("value", str(count))
    settled(page)


def other_verdict(finding):
    return "partial" if finding.proposed_verdict != "partial" else "non_compliant"


def test_evidence_of_the_chosen_finding_is_marked_in_the_text(page, people, audit):
    finding = audit.findings.filter(evidence__isnull=False).distinct().last()
    review(sign_in(page, people.auditor), audit)
    page.click(f".queue-row[data-finding='{finding.pk}']")
    expect(page.locator("#panel")).to_have_attribute("data-finding", str(finding.pk))
    expect(page.locator("mark.evidence.on").first).to_be_in_viewport()
    marked = "".join(page.locator("mark.evidence.on").all_text_contents())
    for piece in finding.evidence.all():
        assert piece.quote in page.text_content("#policy") or piece.quote.splitlines()[0] in marked
    expect(page).to_have_url(re.compile(rf"finding={finding.pk}\b"))


def test_confirm_and_override_by_mouse(page, people, audit):
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    first = audit.findings.get(pk=focused(page))
    page.click("[data-confirm]")
    wait_for_decisions(page, 1)
    second = audit.findings.get(pk=focused(page))
    assert second != first
    page.check(f"#decision input[value={other_verdict(second)}]", force=True)
    page.fill("#decision [name=reason]", "文本其他位置已经写明。")
    page.click("[data-save]")
    wait_for_decisions(page, 2)
    confirmed, overridden = Decision.objects.order_by("id")
    assert (confirmed.finding, confirmed.verdict) == (first, first.proposed_verdict)
    assert (overridden.finding, overridden.verdict) == (second, other_verdict(second))
    assert overridden.reason == "文本其他位置已经写明。"
    assert overridden.decided_by == people.auditor


def test_an_override_without_a_reason_is_refused_and_keeps_what_was_chosen(page, people, audit):
    page.watch.expected = ("422",)
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    finding = audit.findings.get(pk=focused(page))
    page.check(f"#decision input[value={other_verdict(finding)}]", force=True)
    page.click("[data-save]")
    expect(page.locator("#decision-reason_error")).to_be_visible()
    expect(page.locator(f"#decision input[value={other_verdict(finding)}]")).to_be_checked()
    assert not Decision.objects.exists()


def test_a_whole_stretch_by_keyboard(page, people, audit):
    """Confirm, override with a reason, undo, move: no pointer."""
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    first = focused(page)
    page.keyboard.press("c")
    wait_for_decisions(page, 1)
    second = audit.findings.get(pk=focused(page))
    key = page.get_attribute(f"#decision input[value={other_verdict(second)}]", "data-key")
    page.keyboard.press(key)
    page.keyboard.press("Enter")  # wants a reason first
    expect(page.locator("#decision [name=reason]")).to_be_focused()
    page.keyboard.type("j 与 c 在这里只是字母。")
    page.keyboard.press("Control+Enter")
    wait_for_decisions(page, 2)
    assert Decision.objects.last().reason == "j 与 c 在这里只是字母。"
    page.keyboard.press("k")
    expect(page.locator("#panel")).to_have_attribute("data-finding", str(second.pk))
    settled(page)
    page.keyboard.press("u")
    wait_for_decisions(page, 1)
    assert not audit.findings.get(pk=second.pk).is_decided
    page.keyboard.press("k")
    expect(page.locator("#panel")).to_have_attribute("data-finding", str(first))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_keys_pressed_faster_than_the_server_answers_decide_nothing_twice(page, people, audit):
    review(sign_in(page, people.auditor), audit)
    for _ in range(12):
        page.keyboard.press("c")
    settled(page)
    decided = list(Decision.objects.values_list("finding", flat=True))
    assert decided
    assert len(decided) == len(set(decided))
    wait_for_decisions(page, len(decided))


def test_a_key_decides_nothing_while_another_finding_is_on_its_way(page, people, audit):
    held = Held(page, FINDING)
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    first = focused(page)
    page.keyboard.press("j")
    held.wait()
    page.keyboard.press("c")
    held.let_go()
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(first))
    second = focused(page)
    page.keyboard.press("c")
    wait_for_decisions(page, 1)
    assert Decision.objects.get().finding_id == second


def test_a_finding_that_was_asked_for_comes_although_a_decision_was_answered_first(page, people, audit):
    held = Held(page, FINDING)
    review(sign_in(page, people.auditor), audit, "?verdict=non_compliant")
    rows = page.locator(".queue-row").evaluate_all("rows => rows.map(row => row.dataset.finding)")
    assert rows[0] == str(focused(page))
    page.click(f".queue-row[data-finding='{rows[3]}']")
    held.wait()
    page.click("[data-confirm]")
    expect(page.locator("#panel")).to_have_attribute("data-finding", rows[1])
    held.let_go()
    expect(page.locator("#panel")).to_have_attribute("data-finding", rows[3])
    assert str(Decision.objects.get().finding_id) == rows[0]


def test_the_skip_link_is_the_first_stop(page, people, audit):
    review(sign_in(page, people.auditor), audit)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    expect(page.locator(".skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_two_people_at_once(open_context, people, audit):
    """The slower one is told, and nothing of theirs is lost."""
    pages = []
    for user in (people.auditor, people.lead):
        context, watch = open_context()
        watch.expected = ("409",)
        pages.append(review(sign_in(context.new_page(), user), audit, "?verdict=non_compliant"))
    fast, slow = pages
    finding = audit.findings.get(pk=focused(fast))
    assert focused(slow) == finding.pk
    fast.click("[data-confirm]")
    wait_for_decisions(fast, 1)
    slow.check(f"#decision input[value={other_verdict(finding)}]", force=True)
    slow.fill("#decision [name=reason]", "我看到的是另一回事。")
    slow.click("[data-save]")
    expect(slow.locator("#panel [role=alert]").first).to_contain_text(people.auditor.first_name)
    expect(slow.locator("#decision [name=reason]")).to_have_value("我看到的是另一回事。")
    assert Decision.objects.count() == 1


def test_everything_works_without_script(open_context, people, audit):
    context, _watch = open_context(java_script_enabled=False)
    page = review(sign_in(context.new_page(), people.auditor), audit, "?verdict=non_compliant")
    finding = audit.findings.get(pk=focused(page))
    page.click("[data-confirm]")
    expect(page.locator("#progress progress")).to_have_attribute("value", "1")
    expect(page).not_to_have_url(re.compile(rf"finding={finding.pk}\b"))
    assert Decision.objects.get().finding == finding
    following = audit.findings.get(pk=focused(page))
    assert following != finding
    page.fill("#decision [name=reason]", "已经核对。")
    page.locator(f"label:has(input[value={other_verdict(following)}])").click()
    page.click("[data-save]")
    expect(page.locator("#progress progress")).to_have_attribute("value", "2")
    assert Decision.objects.last().verdict == other_verdict(following)


def test_a_viewer_reads_and_finds_no_way_to_decide(page, people, audit):
    review(sign_in(page, people.viewer), audit)
    expect(page.locator("#panel")).to_be_visible()
    expect(page.locator("#decision")).to_have_count(0)
    page.keyboard.press("c")
    page.keyboard.press("j")
    expect(page.locator("#panel")).not_to_have_attribute("data-finding", str(audit.findings.first().pk))
    assert not Decision.objects.exists()
