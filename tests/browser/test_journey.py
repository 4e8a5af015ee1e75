"""The main job from end to end, as three people do it in their browsers: from an empty list to the PDF in hand."""

import hashlib
import re

import pytest
from playwright.sync_api import expect

from checks.models import Audit, Engagement, Report, SignOff
from checks.models.audit import VerdictChoices
from checks.services import activity

from .pdfs import ReadPdf, flat
from .steps import GOOD, decide_rest, sign_in_by_form

pytestmark = pytest.mark.browser

MAKING_A_PDF = 120_000  # milliseconds, on a busy machine
REASON = "写了大部分内容，但第十章的电话渠道没有写明。"


@pytest.fixture
def at_work(open_context, people):
    """A function that seats one of the people at a browser of their own, signed in."""

    def seat(role):
        context, watch = open_context()
        page = sign_in_by_form(context.new_page(), getattr(people, role))
        page.watch = watch
        return page

    return seat


def create_engagement(page):
    page.goto("/")
    page.locator("main a[href='/engagements/new/']").first.click()
    page.fill("[name=auditee]", "海州拾谷数字科技有限公司")
    page.fill("[name=product]", "拾谷到家")
    page.fill("[name=scope]", "只审计政策文本")
    page.select_option("[name=processor_scale]", "million")
    page.locator("main form .button").first.click()
    page.wait_for_url(re.compile(r"/engagements/\d+/$"))
    return Engagement.objects.get()


def add_member(page, engagement, user, role):
    page.goto(f"/engagements/{engagement.pk}/team/")
    page.fill("#id_username", user.get_username())
    page.select_option("#id_role", role)
    page.locator("form:has(#id_username) .button").click()
    expect(page.locator("main table")).to_contain_text(user.first_name)


def upload(page, engagement):
    page.goto("/")
    page.get_by_role("link", name=engagement.auditee).click()
    page.locator(f"main a[href='/engagements/{engagement.pk}/upload/']").first.click()
    page.fill("[name=name]", "拾谷到家隐私政策")
    page.set_input_files("[name=file]", {"name": "隐私政策.txt", "mimeType": "text/plain", "buffer": GOOD})
    page.locator("main form .button").first.click()
    page.wait_for_url("**/audits/*/review/**")
    return Audit.objects.get()


def override_one(page, audit):
    """Decide the focused finding otherwise than proposed, with REASON; return the finding."""
    finding = audit.findings.filter(proposed_verdict=VerdictChoices.COMPLIANT).first()
    page.goto(f"/audits/{audit.pk}/review/?finding={finding.pk}")
    page.check("#decision input[value=partial]", force=True)
    page.fill("#decision [name=reason]", REASON)
    page.click("[data-save]")
    expect(page.locator("#progress progress")).to_have_attribute("value", "1")
    return finding


def confirm_all_listed(page, audit):
    page.goto(f"/audits/{audit.pk}/review/?state=undecided")
    page.locator("details.bulk summary").click()
    page.locator("details.bulk form button").click()
    page.wait_for_url("**/batch/**")
    page.locator("[data-save]").click()  # what would change was shown; now it is done
    page.wait_for_url("**/review/**")


def test_from_an_empty_list_to_the_pdf(at_work, people, shipped):
    lead, auditor = at_work("lead"), at_work("auditor")
    engagement = create_engagement(lead)
    add_member(lead, engagement, people.auditor, "auditor")
    add_member(lead, engagement, people.reviewer, "reviewer")

    audit = upload(auditor, engagement)
    assert audit.policy_version.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert audit.findings.count() == 80
    overridden = override_one(auditor, audit)
    confirm_all_listed(auditor, audit)
    open_ones = audit.findings.filter(final_verdict="")
    assert set(open_ones.values_list("proposed_verdict", flat=True)) <= {VerdictChoices.UNDETERMINED}

    reviewer = at_work("reviewer")
    reviewer.goto(f"/audits/{audit.pk}/report/")
    if open_ones.exists():  # what the program could not tell stands in the way
        expect(reviewer.locator("form[action$='/sign-off/'] button")).to_be_disabled()
    last = open_ones.first() or overridden
    decide_rest(audit, by=people.auditor)

    refuse_the_lead_who_decided(lead, audit, last)
    sign(reviewer, audit)
    content = issue_and_download(reviewer, audit)
    read_back(content, audit, overridden)
    assert activity.verify_chain(engagement)


def refuse_the_lead_who_decided(page, audit, finding):
    """The lead may do everything, but decides one finding and so cannot sign any more."""
    page.watch.expected = ("422",)
    page.goto(f"/audits/{audit.pk}/review/?finding={finding.pk}")
    page.check("#decision input[value=partial]", force=True)
    page.fill("#decision [name=reason]", REASON)
    page.click("[data-save]")
    expect(page.locator("#panel .notice[role=status]")).to_be_visible()
    page.goto(f"/audits/{audit.pk}/report/")
    button = page.locator("form[action$='/sign-off/'] button")
    expect(button).to_be_disabled()
    button.evaluate("button => button.disabled = false")  # the server must refuse as well
    button.click()
    expect(page.locator("main [role=alert]")).to_be_visible()
    assert not SignOff.objects.exists()
    audit.refresh_from_db()
    assert audit.status == Audit.Status.REVIEW


def sign(page, audit):
    page.goto(f"/audits/{audit.pk}/report/")
    page.fill("[name=statement]", "已复核，同意签发。")
    if page.locator("[name=warnings_seen]").count():
        page.check("[name=warnings_seen]")
    page.locator("form[action$='/sign-off/'] button").click()
    expect(page.locator("form[action$='/reports/'] button")).to_be_visible()
    assert SignOff.objects.get().signed_by.username == "reviewer"


def issue_and_download(page, audit):
    """No worker runs here: the page waits a while, then makes the report itself and goes to it."""
    page.locator("form[action$='/reports/'] button").click()
    expect(page.locator("h1", has_text="PA-")).to_be_visible(timeout=MAKING_A_PDF)
    report = Report.objects.get()
    leaf_through(page, report)
    with page.expect_download() as coming:
        page.click("a[href$='/download/']")
    assert coming.value.suggested_filename == f"{report.number}.pdf"
    content = coming.value.path().read_bytes()
    assert hashlib.sha256(content).hexdigest() == report.pdf_sha256
    assert report.sign_off.audit == audit
    verify(page, report, content)
    return content


def leaf_through(page, report):
    page.click(f"a[href='/reports/{report.pk}/pages/']")
    page.wait_for_url("**/pages/")  # loaded, and with it the script that knows the keys
    picture = page.locator("img.leaf")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**?page=2")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**?page=1")
    page.fill("#page-number", "3")
    page.keyboard.press("Enter")
    page.wait_for_url("**?page=3")
    assert picture.evaluate("async leaf => (await leaf.decode(), leaf.naturalWidth)") == 1240
    page.click(".leaf-text summary")
    expect(page.locator(".leaf-text .typed")).to_contain_text(report.context_digest)


def verify(page, report, content):
    """Whoever holds the file learns that it is genuine; with one byte changed it is not."""
    changed = bytearray(content)
    changed[len(content) // 2] ^= 1
    for buffer, genuine in ((content, True), (bytes(changed), False)):
        answer = page.locator("main [role=status], main [role=alert]")
        page.click("footer a[href='/verify/']")
        expect(answer).to_have_count(0)  # the empty form, not the last answer with its own
        page.watch.expected = ("422",)  # the changed byte may have made it unreadable
        page.set_input_files("[name=file]", {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": buffer})
        page.click("main form button")
        expect(answer).to_contain_text("报告.pdf")
        page.wait_for_load_state()
        assert ("真实" in answer.inner_text()) is genuine
        assert (report.number in answer.inner_text()) or not genuine


def read_back(content, audit, overridden):
    pdf = ReadPdf(content)
    report = Report.objects.get()
    assert pdf.pages == report.pages >= 10
    text = pdf.text
    for words in (report.number, audit.engagement.auditee, audit.engagement.product, REASON, "已复核,同意签发。"):
        assert flat(words) in text
    for digest in (audit.policy_version.sha256, report.sign_off.decisions_digest, audit.checklist_version.digest):
        assert digest in text
    assert {code for code in audit.findings.values_list("requirement__code", flat=True) if code not in text} == set()
    assert overridden.requirement.title_zh in text
    quotes = [piece.quote for finding in audit.findings.all() for piece in finding.evidence.all()]
    short = [flat(quote) for quote in quotes if len(quote) <= 60]
    assert len(short) >= 3
    # A quote may be parted by the end of a page, with the running title in between; most are not.
    missing = [quote for quote in short if quote not in text]
    assert len(missing) <= len(short) // 10, missing
    fonts = pdf.fonts()
    assert fonts
    assert [name for name, embedded in fonts.items() if not embedded] == []
