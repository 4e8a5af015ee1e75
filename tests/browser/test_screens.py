"""What holds for every screen: language, theme, narrow windows, hostile files, no outside."""

import pytest
from playwright.sync_api import expect

from checks.models import Audit, PolicyVersion, Report
from checks.services import report
from checks.views.policy_rows import TABS

from .steps import GOOD, decide_rest, sign_in, start_audit, wait_until

pytestmark = pytest.mark.browser

HOSTILE_NAME = '<img src=x onerror="document.title=1">.txt'
HOSTILE_TEXT = """<script>document.title = "pwned"</script>隐私政策
一、<b onmouseover="alert(1)">收集</b>的信息
我们收集您的手机号码<img src="http://outside.example/pixel.png">，用于注册。{{ 7|add:7 }} {% now "Y" %}
二、联系我们
"><svg onload=alert(2)>邮箱 privacy@shili.example。
"""


@pytest.fixture
def signed(people, shipped):
    audit = start_audit(people, GOOD)
    decide_rest(audit, by=people.auditor)
    report.audit_sign_off(by=people.reviewer, audit=audit)
    report.report_issue(by=people.reviewer, audit=audit)
    return audit


def addresses(audit):
    """Every screen that shows something, with data on it."""
    engagement, version = audit.engagement_id, audit.policy_version_id
    checklist = audit.checklist_version_id
    issued = Report.objects.filter(sign_off__audit=audit).values_list("pk", flat=True)
    return [
        "/",
        "/engagements/new/",
        f"/engagements/{engagement}/",
        f"/engagements/{engagement}/edit/",
        f"/engagements/{engagement}/team/",
        f"/engagements/{engagement}/activity/",
        f"/engagements/{engagement}/upload/",
        f"/policies/{version}/",
        f"/audits/{audit.pk}/",
        f"/audits/{audit.pk}/review/",
        f"/audits/{audit.pk}/report/",
        *(f"/reports/{pk}/{part}" for pk in issued for part in ("", "pages/")),
        f"/engagements/{engagement}/reports/",
        "/verify/",
        f"/audits/{audit.pk}/observations/",
        *(f"/audits/{audit.pk}/policy-views/{tab}/" for tab in TABS),
        "/observation-templates/",
        "/checklists/",
        f"/checklists/{checklist}/",
        f"/checklists/{checklist}/PIPL-17-RETENTION/",
        "/accounts/password/",
    ]


def overflow(page):
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


# Whether the brightness of what the page is painted on, 0 (black) to 255 (white), lies between these two. The colours
# come with the stylesheet, which may still be on its way when the page's first element is there.
PAINTED = """([least, most]) => {
    const colour = document.body && getComputedStyle(document.body).backgroundColor;
    if (!colour || colour === "rgba(0, 0, 0, 0)") return false;
    const canvas = document.createElement("canvas").getContext("2d");
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
    const brightness = (red + green + blue) / 3;
    return least < brightness && brightness < most;
}"""


def wait_for_light(page):
    page.wait_for_function(PAINTED, arg=[200, 256])


def wait_for_dark(page):
    page.wait_for_function(PAINTED, arg=[-1, 60])


def test_no_screen_scrolls_sideways_in_a_narrow_window(open_context, people, signed):
    """Also walks every screen under watch: no complaint, nothing from outside (checked by the fixture)."""
    context, _watch = open_context(viewport={"width": 390, "height": 800})
    page = sign_in(context.new_page(), people.lead)
    open_audit = Audit.objects.exclude(pk=signed.pk).first() or signed
    page.goto("/")
    too_wide = {}
    for language in ("en", "zh-hans"):
        page.evaluate("value => document.querySelector(`[name=language][value=${value}]`).click()", language)
        page.wait_for_function("language => document.documentElement.lang === language", arg=language)
        for address in dict.fromkeys(addresses(signed) + addresses(open_audit)):
            answer = page.goto(address)
            assert answer.status == 200, address
            if beyond := overflow(page):
                too_wide[address, language] = beyond
    assert too_wide == {}


def test_language_switch_stays(page, people, shipped):
    sign_in(page, people.lead)
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")
    page.click("[name=language][value=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_have_text("Engagements")
    page.goto("/checklists/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click("[name=language][value=zh-hans]")
    expect(page.locator("html")).to_have_attribute("lang", "zh-hans")


def test_theme_switch_stays_and_auto_follows_the_system(open_context, people):
    context, _watch = open_context(color_scheme="light")
    page = sign_in(context.new_page(), people.lead)
    page.goto("/")
    wait_for_light(page)
    page.click("[name=theme][value=dark]")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    wait_for_dark(page)
    page.goto("/engagements/new/")
    wait_for_dark(page)
    page.click("[name=theme][value=auto]")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
    wait_for_light(page)
    page.emulate_media(color_scheme="dark")
    wait_for_dark(page)


def test_a_hostile_file_is_only_text(page, people, shipped):
    engagement = start_audit(people, GOOD).engagement
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    sign_in(page, people.lead)
    page.goto(f"/engagements/{engagement.pk}/upload/")
    page.fill("[name=name]", HOSTILE_NAME)
    page.set_input_files(
        "[name=file]", {"name": HOSTILE_NAME, "mimeType": "text/plain", "buffer": HOSTILE_TEXT.encode()}
    )
    page.locator("main form .button").first.click()
    page.wait_for_url("**/audits/*/review/**")
    version = PolicyVersion.objects.get(text__contains="pwned")
    audit = Audit.objects.get(policy_version=version)
    for address in addresses(audit):
        page.goto(address)
        assert page.locator("main script, main img, main svg[onload], main b[onmouseover]").count() == 0, address
        assert "pwned" not in page.title()
        assert page.title() != "1"
    page.goto(f"/policies/{version.pk}/")
    shown = page.text_content("main")
    assert '<script>document.title = "pwned"</script>' in shown
    assert '{{ 7|add:7 }} {% now "Y" %}' in shown
    assert HOSTILE_NAME.split("/")[-1] in shown
    assert dialogs == []


def test_the_watch_itself_notices_an_outside_request_and_a_blocked_script(page, people):
    """The fixture's promise is worth something only if it sees both."""
    sign_in(page, people.lead)
    page.goto("/")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://outside.example/pixel.png'}))")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    wait_until(page, lambda: len(page.watch.complaints) >= 2)
    assert any("Content Security Policy" in text for text in page.watch.complaints)
    assert page.watch.foreign or any("outside.example" in text for text in page.watch.complaints)
    page.watch.complaints.clear()
    page.watch.foreign.clear()
