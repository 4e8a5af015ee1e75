"""All findings of a policy decided by keys alone, as an auditor does it: no pointer, no other screen in between.

`pytest -s` shows the seconds; they depend on the machine and on what else it does.
"""

import time

import pytest

from .steps import OLD, sign_in, start_audit

pytestmark = pytest.mark.browser


def focused(page):
    return int(page.get_attribute("#panel", "data-finding"))


def test_every_finding_of_a_policy_by_keys_alone(page, people, shipped):
    audit = start_audit(people, OLD)
    proposals = dict(audit.findings.values_list("pk", "proposed_verdict"))
    # What the program could not tell, and every tenth finding against the proposal, get a verdict and a reason.
    otherwise = {pk for number, pk in enumerate(proposals) if number % 10 == 9} | {
        pk for pk, verdict in proposals.items() if verdict == "undetermined"
    }
    sign_in(page, people.auditor)
    page.goto(f"/audits/{audit.pk}/review/")
    pointer = []
    page.expose_function("pointed", lambda: pointer.append(1))
    page.evaluate("addEventListener('pointerdown', () => window.pointed(), true)")
    started = time.perf_counter()
    for number in range(1, len(proposals) + 1):
        pk = focused(page)
        if pk in otherwise:
            verdict = "non_compliant" if proposals[pk] != "non_compliant" else "partial"
            page.keyboard.press(page.get_attribute(f"#decision input[value={verdict}]", "data-key"))
            page.keyboard.press("r")
            page.keyboard.type("通读全文后人工判断。")
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("c")
        page.wait_for_function(
            "([count, last]) => Number(document.querySelector('#progress progress').value) === count"
            " && (last || Number(document.querySelector('#panel').dataset.finding) !== window.before)"
            " && !document.querySelector('.htmx-request')",
            arg=[number, number == len(proposals)],
        )
        page.evaluate("window.before = Number(document.querySelector('#panel').dataset.finding)")
    seconds = time.perf_counter() - started
    print(
        f"\n{len(proposals)} findings decided by keys in {seconds:.1f} s, {len(otherwise)} of them with a typed reason"
    )
    findings = list(audit.findings.all())
    assert all(finding.is_decided for finding in findings)
    assert {finding.pk for finding in findings if finding.final_verdict != proposals[finding.pk]} == otherwise
    assert not pointer
