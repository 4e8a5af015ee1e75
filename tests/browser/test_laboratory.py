"""A rule that raised a false alarm in an audit is repaired; until then publishing is refused, and says why."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from checks.services import analysis, corpus, drafts, evidence, review

from .. import factories
from ..services.test_moving import publish, source
from .steps import sign_in

pytestmark = pytest.mark.browser
POLICY = "一、信息\n我们收集您的手机号码。\n您可以保存图片到相册。\n您可以注销账号。\n"
ALARM = "您可以保存图片到相册。"


def picture(page, name):
    """Kept where STUDIO_PICTURES names a folder."""
    if folder := os.environ.get("STUDIO_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def draft(people):
    """A draft of the checklist whose rule called a sentence about pictures a period; an auditor said it is none."""
    base = publish(source("1"))
    engagement = factories.engagement()
    policy = factories.policy_version(engagement=engagement, text=POLICY)
    audit = analysis.audit_run(by=people.auditor, policy_version=policy, checklist_version=base)
    finding = audit.findings.select_related("requirement").get(requirement__code="A-PERIOD")
    review.finding_decide(
        by=people.auditor, finding=finding, verdict="non_compliant", reason="保存的是图片。", revision=0
    )
    piece = finding.evidence.get()
    evidence.evidence_remove(by=people.auditor, finding=finding, place=(piece.start, piece.end), revision=0)
    corpus.corpus_release(by=people.lead, policy_version=policy)
    author = factories.checklist_author("anna")
    draft = drafts.draft_start(by=author, checklist=base.checklist, base=base, version="2")
    return drafts.head_save(by=author, draft=draft, revision=0, changelog="图片的保存不是保存期限。")


def test_a_rule_is_repaired_from_a_false_alarm(open_context, draft):
    context, watch = open_context()
    watch.expected = ("422",)  # the refused publish
    page = sign_in(context.new_page(), draft.author)
    page.goto(f"/checklists/{draft.base_id}/health/")
    page.locator("tbody th a").first.click()
    expect(page.locator("h1")).to_have_text("保存")
    page.get_by_role("link", name="带着有争议的句子进入规则实验室").click()
    disputed = page.locator("section", has=page.locator("#lab-disputed"))
    expect(disputed).to_contain_text(ALARM)
    disputed.get_by_role("button", name="加为不应命中").click()
    expect(page.locator("#lab-results")).to_contain_text("误报")
    picture(page, "laboratory-false-alarm")

    page.goto(f"/studio/drafts/{draft.pk}/")
    page.get_by_role("button", name="提交").click()
    summary = page.locator(".error-summary")
    expect(summary).to_contain_text("A-PERIOD")
    expect(summary).to_contain_text(ALARM)
    picture(page, "refused-publish")
    page.get_by_role("link", name="发布前检查").click()
    page.locator(".gate-reasons").get_by_role("link", name="在规则实验室中打开").first.click()

    rules = page.locator("#lab-rules")
    rules.fill("保存 & !图片")
    expect(page.locator("#lab-results .hit-lost").first).to_contain_text("减少 1")
    expect(page.locator("#lab-results")).not_to_contain_text("误报")
    page.fill("#lab-sentence", ALARM)
    expect(page.locator(".lab-reasons")).to_contain_text("句中有不得出现的“图片”")
    rules.press("End")
    rules.type(" & ")
    expect(page.locator(".lab-error")).to_contain_text("第 1 行")
    rules.fill("保存 & !图片")
    picture(page, "laboratory-repaired")
    page.get_by_role("button", name="写入草稿").click()
    expect(page.locator("#messages")).to_contain_text("规则已写入草稿")

    page.goto(f"/studio/drafts/{draft.pk}/gate/")
    expect(page.locator(".notice-good")).to_be_visible()
    page.get_by_role("button", name="测算影响").click()
    expect(page.locator("#effect")).to_contain_text("有 1 项判定改变")
    expect(page.locator(".gate-turns")).to_contain_text(ALARM)
    picture(page, "gate-effect")
    page.goto(f"/studio/drafts/{draft.pk}/")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("main")).to_contain_text("复核中")


def test_a_trial_that_is_due_does_not_write(open_context, draft):
    """The rules are written once by whoever types and presses the button before the trial has begun."""
    context, _watch = open_context()
    page = sign_in(context.new_page(), draft.author)
    written = []

    def slowly(route):
        written.append(route.request.url)
        page.wait_for_timeout(600)  # longer than a trial waits
        route.continue_()

    page.route("**/laboratory/rules/", slowly)
    page.goto(f"/studio/drafts/{draft.pk}/laboratory/?code=A-PERIOD&part=named")
    page.fill("#lab-rules", "保存 & !图片")
    page.get_by_role("button", name="写入草稿").click()
    expect(page.locator("#messages")).to_contain_text("规则已写入草稿")
    assert len(written) == 1
