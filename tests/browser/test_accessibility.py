"""axe-core on every screen in both themes, large letters, and readers who want no movement."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from checks.models import Membership
from checks.services import analysis, intake, report

from .steps import GOOD, OLD, decide_rest, sign_in, start_audit
from .test_screens import addresses, overflow

pytestmark = pytest.mark.browser

GRAVE = {"serious", "critical"}


@pytest.fixture
def audits(people, shipped):
    """One in review, one signed."""
    open_audit = start_audit(people, OLD)
    engagement = open_audit.engagement
    version = intake.policy_upload(
        by=people.auditor, engagement=engagement, name="第二份政策", content=GOOD, filename="good.txt"
    )
    signed = analysis.audit_run(by=people.auditor, policy_version=version)
    decide_rest(signed, by=people.auditor)
    report.audit_sign_off(by=people.reviewer, audit=signed)
    assert engagement.memberships.filter(role=Membership.Role.LEAD, user=people.lead).exists()
    return open_audit, signed


EVERYTHING = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def violations(page, rules=EVERYTHING):
    """Every grave violation as one line: rule, what is wrong, where."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options)", {"resultTypes": ["violations"], "runOnly": rules})
    return [
        f"{rule['id']} ({rule['impact']}): {node['target']} {node['html'][:120]}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"][:3]
    ]


@pytest.mark.parametrize("half", [0, 1])  # so that two workers share them
def test_no_screen_has_a_serious_violation(open_context, people, audits, half):
    """Each screen in light, and its colours in dark: nothing else differs there."""
    report.report_issue(by=people.reviewer, audit=audits[1])
    context, _watch = open_context()
    page = sign_in(context.new_page(), people.lead)
    found = {}

    def look(address):
        page.goto(address)
        for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
            page.emulate_media(color_scheme=scheme)
            if grave := violations(page, rules):
                found[address, scheme] = grave

    every = list(dict.fromkeys(address for audit in audits for address in addresses(audit)))
    for address in every[half::2]:
        look(address)
    if half:
        context.clear_cookies()
        look("/accounts/login/")
    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_review_screen_in_its_states(open_context, people, audits, scheme):
    """Choosing a place, several findings, key help, search, outline, a restored draft, and a narrow window."""
    audit, _signed = audits
    context, _watch = open_context(color_scheme=scheme, reduced_motion="reduce")
    page = sign_in(context.new_page(), people.auditor)
    finding = next(row for row in audit.findings.filter(evidence__isnull=True) if (row.searched or {}).get("nearest"))
    page.goto(f"/audits/{audit.pk}/review/?finding={finding.pk}")
    found = {}

    def look(name):
        if grave := violations(page):
            found[name] = grave

    page.keyboard.press("s")
    expect(page.locator("#hand")).to_be_visible()
    look("choosing")
    page.keyboard.press("m")
    look("several findings")
    page.keyboard.press("Escape")
    expect(page.locator("#several")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(1)
    look("evidence by hand")
    page.keyboard.press("?")
    look("key help")
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("o")
    look("outline")
    page.keyboard.press("Escape")
    page.fill("#text-q", "信息")
    page.press("#text-q", "Enter")
    look("search")
    page.fill("#decision-reason", "没有保存。")
    page.reload()
    expect(page.locator(".draft-notice")).to_be_visible()
    look("draft")
    page.set_viewport_size({"width": 390, "height": 800})
    look("narrow")
    assert found == {}


def test_letters_twice_as_large_lose_nothing(open_context, people, audits):
    """200 % zoom of a window of 1280 × 800 is a window of 640 × 400 at twice the density."""
    context, _watch = open_context(viewport={"width": 640, "height": 400}, device_scale_factor=2)
    page = sign_in(context.new_page(), people.lead)
    too_wide = {}
    for address in dict.fromkeys(address for audit in audits for address in addresses(audit)):
        page.goto(address)
        if beyond := overflow(page):
            too_wide[address] = beyond
    assert too_wide == {}
    page.goto(f"/audits/{audits[0].pk}/review/")
    for part in ("#decision [data-save]", "#text-q", "#filter-q"):
        page.locator(part).scroll_into_view_if_needed()
        expect(page.locator(part)).to_be_in_viewport()
    page.keyboard.press("s")
    expect(page.locator("[data-hand=attach]")).to_be_in_viewport()


def test_nothing_moves_for_readers_who_want_no_movement(open_context, people, audits):
    context, watch = open_context(reduced_motion="reduce")
    watch.expected = ("htmx:",)  # quick keys overtake one another's requests
    page = sign_in(context.new_page(), people.auditor)
    page.goto(f"/audits/{audits[0].pk}/review/")
    page.evaluate(
        """() => {
            window.smooth = 0;
            const scroll = Element.prototype.scrollTo;
            Element.prototype.scrollTo = function (options) {
                if (options?.behavior === "smooth") window.smooth += 1;
                return scroll.call(this, options);
            };
        }"""
    )
    for key in "jjejen":
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    assert page.evaluate("window.smooth") == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_focus_is_seen_wherever_it_goes(page, people, audits):
    """Thirty stops of the Tab key through the review screen, each with an outline or something like it."""
    sign_in(page, people.auditor)
    page.goto(f"/audits/{audits[0].pk}/review/")
    unseen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
                const element = document.activeElement;
                const ring = (item) => item && getComputedStyle(item).outlineStyle !== "none" && parseFloat(getComputedStyle(item).outlineWidth) > 0;
                return [element.outerHTML.slice(0, 100), ring(element) || ring(element.closest("label"))];
            }"""
        )
        if not stop[1]:
            unseen.append(stop[0])
    assert unseen == []
