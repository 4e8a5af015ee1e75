"""Steps that several journeys share."""

import time
from pathlib import Path

from django.conf import settings
from django.test import Client

from checks.models import Membership
from checks.services import analysis, batches, engagements, intake, review

from .. import factories

ROOT = Path(__file__).resolve().parents[2]
GOOD = (ROOT / "checks/demo/good_2026.txt").read_bytes()
OLD = (ROOT / "checks/demo/old_style.txt").read_bytes()


def start_audit(people, content, filename="policy.txt"):
    """An engagement with the whole team and an audit of this policy, made by the services."""
    engagement = engagements.engagement_create(by=people.lead, auditee="示例科技有限公司", product="示例应用")
    for role in (Membership.Role.AUDITOR, Membership.Role.REVIEWER, Membership.Role.VIEWER):
        engagements.member_set(by=people.lead, engagement=engagement, user=getattr(people, role.value), role=role)
    version = intake.policy_upload(
        by=people.auditor, engagement=engagement, name="示例应用隐私政策", content=content, filename=filename
    )
    return analysis.audit_run(by=people.auditor, policy_version=version)


def decide_rest(audit, by):
    """Confirm every open proposal; where the program could not tell, decide with a reason."""
    told = audit.findings.filter(final_verdict="").exclude(proposed_verdict="undetermined")
    if revisions := dict(told.values_list("pk", "revision")):
        batches.batch_decide(by=by, audit=audit, revisions=revisions)
    for finding in audit.findings.filter(final_verdict=""):
        review.finding_decide(
            by=by, finding=finding, verdict="partial", reason="通读全文后人工判断。", revision=finding.revision
        )


def sign_in(page, user):
    """Give the page's browser a session of this person, without the way through the form; the page stays where it is."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": page.context.server}])
    return page


def sign_in_by_form(page, user):
    """The same as people do it; it ends at the list of engagements."""
    page.goto("/accounts/login/")
    page.fill("[name=username]", user.get_username())
    page.fill("[name=password]", factories.PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    return page


def settled(page):
    """Wait until the last answer stands in the page: a key pressed before is not heard."""
    page.wait_for_function("() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    page.wait_for_timeout(50)


def followed(page):
    """Wait until what is shown a frame later has come too: list and text scroll when the panel is painted."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")


class Held:
    """Requests to such addresses, but those that open a page, wait until they are let go, as on a server that is slow just now.

    To be made before the page is opened: a busy renderer hears of a new route later than of the next key.
    """

    def __init__(self, page, pattern):
        self.page, self.routes, self.holds = page, [], True
        page.route(pattern, self.take)

    def take(self, route):
        opens = route.request.is_navigation_request() and route.request.method == "GET"
        if self.holds and not opens:
            self.routes.append(route)
        else:
            route.continue_()

    def wait(self):
        """Until the first of them has begun."""
        wait_until(self.page, lambda: self.routes)

    def let_go(self):
        """Those that wait go on, and later ones are held no more."""
        self.wait()
        self.holds = False
        for route in self.routes:
            route.continue_()


def wait_until(page, holds, seconds=60):
    """Let the browser go on until this function answers with something true."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came about"
        page.wait_for_timeout(20)
