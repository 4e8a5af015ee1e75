"""axe-core on every screen in both themes, large letters, and readers who want no movement."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from checks.models import Membership
from checks.services import analysis, intake, report

from .steps import GOOD, OLD, decide_rest, followed, settled, sign_in, start_audit
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


ALL_BUT_CONTRAST = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast": {"enabled": False}},
}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
LINKS = {"runOnly": {"type": "rule", "values": ["link-in-text-block"]}}

# Contrast takes nearly all of axe's time, and for eighty rows alike it gives one answer eighty times. It comes from the
# colours of the text and of what it is painted on, and from the letters' size and weight, all the way up the page:
# one stands for those that share all of it. What leaves the flow may lie on anything, and is looked at for itself.
UNLIKE = """() => {
    const labels = new Set([...document.querySelectorAll("[aria-labelledby]")].flatMap((element) =>
        element.getAttribute("aria-labelledby").split(" ")));
    const known = new Map();
    const painted = (element) => {
        if (known.has(element)) return known.get(element);
        const style = getComputedStyle(element);
        const own = [
            "color", "backgroundColor", "backgroundImage", "opacity", "fontSize", "fontWeight", "textShadow", "filter",
            "mixBlendMode", "visibility", "contentVisibility", "overflow", "clipPath", "transform",
        ].map((name) => style[name]);
        own.push(style.display === "none", element.offsetWidth > 0, element.offsetHeight > 0, element.open);
        own.push(element.matches(":disabled, [aria-disabled=true]"));
        for (const piece of ["::before", "::after"]) own.push(getComputedStyle(element, piece).content !== "none");
        if (!["static", "relative"].includes(style.position)) own.push(`apart ${known.size}`);
        const whole = `${element.parentElement ? painted(element.parentElement) : ""}/${own}`;
        known.set(element, whole);
        return whole;
    };
    const unlike = new Map();
    for (const element of document.querySelectorAll("body *")) {
        const written = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
            .map((node) => node.data).join("").trim();
        if (!written && !element.matches("input, select, textarea")) continue;
        const own = [painted(element), element.control?.disabled, labels.has(element.id), written.length > 1];
        if (!unlike.has(own.join())) unlike.set(own.join(), element);
    }
    return [...unlike.values()];
}"""
LOOK = f"""async ([others, contrast]) => {{
    const {{ violations }} = await axe.run({{ ...others, resultTypes: ["violations"] }});
    const include = ({UNLIKE})();
    const read = include.length ? await axe.run({{ include }}, {{ ...contrast, resultTypes: ["violations"] }}) : {{ violations: [] }};
    return [...violations, ...read.violations];
}}"""


def violations(page):
    """Every grave violation in either theme as one line: theme, rule, what is wrong, where.

    Nothing but colours differs between the themes, so the other rules are asked once.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    found = []
    for theme, others in (("light", ALL_BUT_CONTRAST), ("dark", LINKS)):
        page.emulate_media(color_scheme=theme)
        found += [(theme, rule) for rule in page.evaluate(LOOK, [others, CONTRAST])]
    return [
        f"{theme}: {rule['id']} ({rule['impact']}): {node['target']} {node['html'][:120]}"
        for theme, rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"][:3]
    ]


def test_no_screen_has_a_serious_violation(open_context, people, audits):
    """Each screen in light, and its colours in dark: nothing else differs there."""
    report.report_issue(by=people.reviewer, audit=audits[1])
    context, _watch = open_context()
    page = sign_in(context.new_page(), people.lead)
    found = {}

    def look(address):
        page.goto(address)
        if grave := violations(page):
            found[address] = grave

    for address in dict.fromkeys(address for audit in audits for address in addresses(audit)):
        look(address)
    context.clear_cookies()
    look("/accounts/login/")
    assert found == {}


def test_the_review_screen_in_its_states(open_context, people, audits):
    """Choosing a place, several findings, key help, search, outline, a restored draft, and a narrow window."""
    audit, _signed = audits
    context, _watch = open_context(reduced_motion="reduce")
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
            window.scrolls = window.smooth = 0;
            const scroll = Element.prototype.scrollTo;
            Element.prototype.scrollTo = function (options) {
                window.scrolls += 1;
                if (options?.behavior === "smooth") window.smooth += 1;
                return scroll.call(this, options);
            };
        }"""
    )
    for key in "jjejen":
        page.keyboard.press(key)
        settled(page)
        followed(page)
    assert page.evaluate("window.scrolls") > 0
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
