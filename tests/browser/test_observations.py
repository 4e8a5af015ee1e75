"""From words in the text, and from a row of a view, to an observation that the review screen lists."""

import re

import pytest
from playwright.sync_api import expect

from checks.models import Observation

from .steps import OLD, sign_in, start_audit

pytestmark = pytest.mark.browser


def test_a_sentence_chosen_by_keys_becomes_an_observation(page, people, shipped):
    audit = start_audit(people, OLD)
    sign_in(page, people.auditor)
    page.goto(f"/audits/{audit.pk}/review/")
    page.keyboard.press("s")
    expect(page.locator("#hand")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("w")
    page.wait_for_url(re.compile(r"/observations/new/\?place=\d+-\d+$"))
    start, end = map(int, page.url.rpartition("=")[2].split("-"))
    quote = audit.policy_version.text[start:end]
    expect(page.locator(".places blockquote")).to_have_text(quote)
    page.fill("[name=title]", "同意的方式没有写清")
    page.fill("[name=facts]", "没有写明怎样表示同意。")
    page.keyboard.press("Tab")
    page.locator("[name=title]").press("Enter")  # Enter saves; it presses no small button
    page.wait_for_url(re.compile(r"/observations/\d+/$"))
    version = Observation.objects.get().versions.get()
    assert [piece["quote"] for piece in version.places] == [quote]
    page.goto(f"/audits/{audit.pk}/review/")
    expect(page.locator(".review-observations")).to_contain_text("同意的方式没有写清")
    page.click(".review-observations li a")
    page.click(".observation .quotes a")
    page.wait_for_url(re.compile(rf"/audits/{audit.pk}/review/#"))


def test_a_row_of_a_view_becomes_an_observation_without_script(open_context, people, shipped):
    audit = start_audit(people, OLD)
    context, _watch = open_context(java_script_enabled=False)
    page = sign_in(context.new_page(), people.auditor)
    page.goto(f"/audits/{audit.pk}/policy-views/matrix/?only=issues")
    page.locator(".row-acts a").first.click()
    page.fill("[name=words]", "兴趣爱好")
    page.click("[name=find]")
    expect(page.locator(".places ol blockquote")).to_have_count(2)
    page.select_option("[name=severity]", "critical")
    page.click("[name=save]")
    page.wait_for_url(re.compile(r"/observations/\d+/$"))
    assert len(Observation.objects.get().versions.get().places) == 2


def test_what_was_typed_into_the_form_survives_a_reload_until_it_is_saved(page, people, shipped):
    audit = start_audit(people, OLD)
    sign_in(page, people.auditor)
    address = f"/audits/{audit.pk}/observations/new/?place=10-20"
    page.goto(address)
    page.locator("[name=facts]").press_sequentially("写到一半")
    page.goto("/")
    page.goto(address)
    expect(page.locator("[name=facts]")).to_have_value("写到一半")
    expect(page.locator(".draft-notice")).to_be_visible()
    page.fill("[name=title]", "标题")
    page.click("[name=save]")
    page.wait_for_url(re.compile(r"/observations/\d+/$"))
    page.goto(address)
    expect(page.locator("[name=facts]")).to_have_value("")
    expect(page.locator(".draft-notice")).to_have_count(0)
