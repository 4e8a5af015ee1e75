"""The policy's text in the browser: offsets, evidence by hand with pointer and keys, search, outline."""

import re

import pytest
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from checks.highlights import Span, policy_blocks
from checks.models import EvidenceChange
from checks.standing import standing_evidence

from .steps import OLD, settled, sign_in, start_audit

pytestmark = pytest.mark.browser

ASTRAL = "我们😀收集𠮷野家的👨‍👩‍👧信息，ＡＢＣ与abc。"


@pytest.fixture
def audit(people, shipped):
    return start_audit(people, OLD)


@pytest.fixture
def at_review(page, people, audit):
    """A function that opens the review of the audit, signed in as auditor, at the finding."""
    sign_in(page, people.auditor)

    def open_at(finding=None):
        page.goto(f"/audits/{audit.pk}/review/" + (f"?finding={finding.pk}" if finding else ""))
        return page

    return open_at


def quotes(finding):
    return [piece.quote for piece in standing_evidence(type(finding).objects.get(pk=finding.pk))]


def without_evidence(audit):
    """A finding that has no evidence, but nearest sentences."""
    findings = audit.findings.filter(evidence__isnull=True)
    return next(finding for finding in findings if (finding.searched or {}).get("nearest"))


# ---------- Offsets ----------

# What policies are made of, and what breaks counting: astral characters, joiners, carriage returns, what HTML escapes.
pieces = st.sampled_from(
    [
        "我们",
        "收集",
        "😀",
        "𠮷",
        "👨‍👩‍👧",
        "é",
        "<b>",
        "&amp;",
        "\r\n",
        "\r",
        "\n",
        "\n\n",
        " ",
        "\t",
        "\u3000",
        "。",
        "；",
        "a",
        '"',
        "﷽",
    ]
)
texts = st.lists(pieces, min_size=1, max_size=40).map("".join).filter(str.strip)

SELECT = """([html, picks]) => {
    const text = document.querySelector(".policy-text");
    text.innerHTML = html;
    document.dispatchEvent(new CustomEvent("htmx:oobAfterSwap"));
    const nodes = [];
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.parentElement.closest("[data-start]")) nodes.push(walker.currentNode);
    const halves = (node, at) => at > 0 && at < node.data.length && /[\\udc00-\\udfff]/.test(node.data[at]);
    const point = (share) => {
        const node = nodes[Math.floor(share[0] * nodes.length)];
        let at = Math.floor(share[1] * (node.data.length + 1));
        if (halves(node, at)) at -= 1;
        return [node, at];
    };
    return picks.map(([from, to]) => {
        const selection = getSelection();
        selection.setBaseAndExtent(...point(from), ...point(to));
        const range = selection.getRangeAt(0);
        const place = policyaudit.places.offsetsOf(range);
        const again = place && policyaudit.places.offsetsOf(policyaudit.places.rangeOf(place.start, place.end));
        const within = place && policyaudit.places.blockAt(place.start) === policyaudit.places.blockAt(place.end - 1);
        return { selected: range.toString(), place, within, again, quote: place && policyaudit.places.quote(place.start, place.end) };
    });
}"""

share = st.floats(0, 0.999)
point = st.tuples(share, share)


def flat(text):
    return "".join(text.split())


def test_offsets_of_any_selection_are_those_of_the_text(at_review):
    page = at_review()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        texts,
        st.lists(st.tuples(st.integers(0, 80), st.integers(1, 20)), max_size=6),
        st.lists(st.integers(0, 80), max_size=4, unique=True),
        st.lists(st.tuples(point, point), min_size=1, max_size=12),
    )
    def every_selection(text, evidence, clauses, picks):
        outline = {"clauses": [[start, start + 1, "", None] for start in sorted(clauses) if start < len(text)]}
        spans = [Span(start, start + length, number) for number, (start, length) in enumerate(evidence)]
        html = render_to_string("checks/review/blocks.html", {"blocks": policy_blocks(text, outline, spans)})
        for found in page.evaluate(SELECT, [html, picks]):
            place = found["place"]
            if place is None:
                assert not flat(found["selected"])
                continue
            cut = text[place["start"] : place["end"]]
            assert flat(cut) == flat(found["selected"])
            assert flat(cut) == flat(found["quote"])
            if found["within"]:  # then to the very character; between blocks, white space is in the text alone
                assert cut == found["quote"]
                assert cut in found["selected"]
            assert found["again"] == place

    every_selection()


def test_astral_characters_count_once(at_review):
    page = at_review()
    html = render_to_string("checks/review/blocks.html", {"blocks": policy_blocks(ASTRAL, {}, [])})
    place = page.evaluate(
        """html => {
            document.querySelector(".policy-text").innerHTML = html;
            document.dispatchEvent(new CustomEvent("htmx:oobAfterSwap"));
            const node = document.querySelector(".policy-text [data-start]").firstChild;
            const range = document.createRange();
            range.setStart(node, node.data.indexOf("𠮷"));
            range.setEnd(node, node.data.indexOf("信息"));
            return policyaudit.places.offsetsOf(range);
        }""",
        html,
    )
    assert ASTRAL[place["start"] : place["end"]] == "𠮷野家的👨‍👩‍👧"


# ---------- Evidence by hand ----------


def drag(page, quote):
    """Select these words in the text as with the mouse; they must stand within one line."""
    box = page.evaluate(
        """async quote => {
            const walker = document.createTreeWalker(document.querySelector(".policy-text"), NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
                const at = walker.currentNode.data.indexOf(quote);
                if (at === -1) continue;
                const range = document.createRange();
                range.setStart(walker.currentNode, at);
                range.setEnd(walker.currentNode, at + quote.length);
                // The page scrolls by itself a moment after it came, and what is scrolled to is laid out only then.
                const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                for (let steady = 0, before = NaN; steady < 4; ) {
                    if (!steady) walker.currentNode.parentElement.scrollIntoView({ block: "center" });
                    await frame();
                    const { top } = range.getBoundingClientRect();
                    steady = top === before ? steady + 1 : 0;
                    before = top;
                }
                const { left, right, top, height } = range.getBoundingClientRect();
                return { left, right, middle: top + height / 2 };
            }
        }""",
        quote,
    )
    page.mouse.move(box["left"] + 1, box["middle"])
    page.mouse.down()
    page.mouse.move(box["right"] - 1, box["middle"], steps=3)
    page.mouse.up()


def test_selected_with_the_mouse_and_attached_to_an_element(at_review, people, audit):
    finding = next(row for row in audit.findings.filter(evidence__isnull=True) if row.elements)
    page = at_review(finding)
    drag(page, "最近更新")
    expect(page.locator("#hand")).to_be_visible()
    expect(page.locator("#hand-quote")).to_have_text("最近更新")
    page.select_option("#hand-element", finding.elements[0]["id"])
    page.click("[data-hand=attach]")
    expect(page.locator("#hand")).to_be_hidden()
    expect(page.locator("mark.evidence.on.by-hand")).to_have_text("最近更新")
    change = finding.evidence_changes.get()
    assert (change.quote, change.element) == ("最近更新", finding.elements[0]["id"])
    assert audit.policy_version.text[change.start : change.end] == "最近更新"
    expect(page.locator("#panel .tag-hand").first).to_be_visible()
    expect(page.locator("#panel .quotes").first).to_contain_text(people.auditor.first_name)


def test_attached_moved_removed_and_taken_back_by_keys_alone(at_review, audit):
    finding = without_evidence(audit)
    page = at_review(finding)
    page.keyboard.press("s")
    expect(page.locator("#hand")).to_be_visible()
    page.keyboard.press("ArrowDown")
    one = page.text_content("#hand-quote")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("#hand-quote")).not_to_have_text(one)
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#hand-quote")).to_have_text(one)
    page.keyboard.press("Enter")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(1)
    (quote,) = quotes(finding)
    assert flat(quote) == flat(one)
    page.keyboard.press("e")
    page.keyboard.press("g")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#hand")).to_be_hidden()
    assert quotes(finding) == [quote[:-1].rstrip()]
    page.keyboard.press("x")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(0)
    assert quotes(finding) == []
    settled(page)
    page.keyboard.press("z")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(1)
    assert quotes(finding) == [quote[:-1].rstrip()]


# What flashes is gone after a moment, on a slow machine before one can ask for it.
KEEP_FLASHED = """() => {
    const set = CSS.highlights.set;
    CSS.highlights.set = function (name, painted) {
        if (name === "flash") window.flashed = [...painted].map((range) => range.toString()).join("");
        return set.call(this, name, painted);
    };
}"""


def test_the_nearest_sentence_flashes_at_its_place_and_counts_after_all_by_one_key(at_review, audit):
    finding = without_evidence(audit)
    near = finding.searched["nearest"][0]
    page = at_review(finding)
    page.evaluate(KEEP_FLASHED)
    page.keyboard.press("e")
    assert flat(page.evaluate("window.flashed")) == flat(near["quote"])
    page.keyboard.press("y")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(1)
    assert quotes(finding) == [near["quote"]]


def test_one_sentence_for_several_findings(at_review, audit):
    first, second, third = audit.findings.order_by("position")[:3]
    page = at_review(first)
    drag(page, "最近更新")
    expect(page.locator("#hand")).to_be_visible()
    page.keyboard.press("m")
    for other in (second, third):
        page.check(f"#several-list input[value='{other.pk}']")
    page.click("#several [data-attach-several]")
    expect(page.locator("#panel .quotes .by-hand")).to_have_count(1)
    assert all("最近更新" in quotes(finding) for finding in (first, second, third))
    assert EvidenceChange.objects.values("act").distinct().count() == 1


def test_a_viewer_cannot_choose(page, people, audit):
    sign_in(page, people.viewer)
    page.goto(f"/audits/{audit.pk}/review/")
    page.keyboard.press("s")
    drag(page, "最近更新")
    page.wait_for_timeout(300)
    expect(page.locator("#hand")).to_have_count(0)


# ---------- Search ----------


def test_search_counts_goes_round_and_leaves(at_review):
    page = at_review()
    page.keyboard.press("f")
    page.keyboard.type("手机")
    expect(page.locator("#text-found")).to_have_text(re.compile(r"^0/\d+$"))
    total = int(page.text_content("#text-found").split("/")[1])
    assert total == page.evaluate("policyaudit.places.blocks().map(b => b.text).join('\\n').split('手机').length - 1")
    page.keyboard.press("Enter")
    first = int(page.text_content("#text-found").split("/")[0])
    page.keyboard.press("Tab")
    page.keyboard.press("n")
    expect(page.locator("#text-found")).to_have_text(f"{first % total + 1}/{total}")
    page.keyboard.press("N")
    expect(page.locator("#text-found")).to_have_text(f"{first}/{total}")
    now = "[...CSS.highlights.get('search-now')].map(range => range.toString()).join('')"
    assert page.evaluate(now) == "手机"
    page.keyboard.press("Escape")
    expect(page.locator("#text-q")).to_have_value("")
    assert page.evaluate("CSS.highlights.has('search')") is False


@pytest.mark.parametrize("words", ["imei", "ＩＭＥＩ", "I M E I"])
def test_search_does_not_mind_width_case_and_gaps(at_review, words):
    page = at_review()
    page.fill("#text-q", words)
    page.press("#text-q", "Enter")
    expect(page.locator("#text-found")).to_have_text(re.compile(r"^[1-9]\d*/[1-9]\d*$"))
    assert page.evaluate("[...CSS.highlights.get('search-now')].map(range => range.toString()).join('')") == "IMEI"


def test_what_is_not_there_is_said(at_review):
    page = at_review()
    page.fill("#text-q", "没有这样的话")
    expect(page.locator("#text-found")).to_have_text("无结果")


# ---------- Outline ----------


def test_the_outline_is_walked_by_keys_and_marks_the_section_one_reads(at_review, audit):
    page = at_review(audit.findings.filter(evidence__isnull=True).first())
    page.keyboard.press("o")
    links = page.locator("[data-outline] a")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.activeElement.textContent.trim()")
    assert chosen in links.all_text_contents()
    page.keyboard.press("Enter")
    expect(page.locator("[data-here]")).to_have_text(chosen)
    expect(page.locator("[data-outline] a[aria-current]")).to_have_text(chosen)
    expect(page.locator("[data-outline]")).not_to_have_attribute("open", "")
