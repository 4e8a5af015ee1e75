import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.models import ActivityEntry, Evidence, EvidenceChange
from checks.models.append_only import FrozenRow
from checks.rendering.context import build_context
from checks.rendering.export import audit_to_json
from checks.selectors.review import evidence_places
from checks.selectors.signing import audit_state
from checks.services import activity, evidence, report
from checks.services.locks import AuditSigned
from checks.standing import Piece, element_is_met, standing, standing_evidence

from .. import factories

pytestmark = pytest.mark.django_db

QUOTE = "邮箱 privacy@qinghe.example"


@pytest.fixture
def finding(audit):
    """The one about storage: not compliant, no evidence, a nearest sentence."""
    return audit.findings.get(requirement__code="DEMO-3-RETENTION")


@pytest.fixture
def found(audit):
    """One for which the engine has evidence for the element "named"."""
    return audit.findings.get(requirement__code="DEMO-2-PURPOSE")


def place(finding, quote=QUOTE):
    start = finding.audit.policy_version.text.index(quote)
    return start, start + len(quote)


def revision(finding):
    last = finding.evidence_changes.last()
    return last.pk if last else 0


def attach(finding, by, quote=QUOTE, **more):
    start, end = place(finding, quote)
    return evidence.evidence_attach(by=by, finding=finding, start=start, end=end, revision=revision(finding), **more)


def now(finding):
    """(quote, element, added by) of the evidence that counts now."""
    fresh = type(finding).objects.get(pk=finding.pk)
    return [(piece.quote, piece.element, piece.added_by) for piece in standing_evidence(fresh)]


# ---------- Acts ----------


def test_a_place_becomes_evidence_cut_from_the_text(finding, team):
    attach(finding, team.auditor, element="named")
    assert now(finding) == [(QUOTE, "named", team.auditor)]
    change = finding.evidence_changes.get()
    assert finding.audit.policy_version.text[change.start : change.end] == change.quote == QUOTE
    assert change.clause.startswith("三")


def test_white_space_at_the_ends_is_left_out(audit, finding, team):
    text = audit.policy_version.text
    start = text.index("\n二、您的权利")
    evidence.evidence_attach(by=team.auditor, finding=finding, start=start, end=start + 7, revision=0)
    assert now(finding) == [("二、您的权利"[:6], "", team.auditor)]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 4), (-3, 4), (0, 10**6)])
def test_a_place_outside_the_text_is_refused(finding, team, start, end):
    with pytest.raises(evidence.NotInText):
        evidence.evidence_attach(by=team.auditor, finding=finding, start=start, end=end, revision=0)


def test_white_space_alone_is_no_evidence(finding, team):
    start = finding.audit.policy_version.text.index("\n")
    with pytest.raises(evidence.NotInText):
        evidence.evidence_attach(by=team.auditor, finding=finding, start=start, end=start + 1, revision=0)


def test_a_whole_policy_is_no_evidence(engagement, team):
    version = factories.policy_version(engagement, text=factories.POLICY + "很长的一句话" * 1000)
    finding = factories.audit(engagement, version).findings.first()
    with pytest.raises(evidence.TooLong):
        evidence.evidence_attach(by=team.auditor, finding=finding, start=0, end=6000, revision=0)


def test_an_element_the_requirement_does_not_have_is_refused(finding, team):
    with pytest.raises(evidence.UnknownElement):
        attach(finding, team.auditor, element="nothing")


def test_the_same_place_twice_is_refused_but_for_another_part(finding, team):
    attach(finding, team.auditor, element="named")
    with pytest.raises(evidence.EvidenceAlready):
        attach(finding, team.auditor, element="named")
    attach(finding, team.auditor, element="place")
    assert [element for _quote, element, _by in now(finding)] == ["named", "place"]


def test_one_place_for_several_findings_is_one_act_with_one_entry(audit, finding, team):
    others = list(audit.findings.exclude(pk=finding.pk)[:2])
    before = ActivityEntry.objects.count()
    changes = attach(finding, team.auditor, element="named", also=[other.pk for other in others])
    assert {change.finding_id for change in changes} == {finding.pk, *(other.pk for other in others)}
    assert len({change.act for change in changes}) == 1
    assert ActivityEntry.objects.count() == before + 1
    assert activity.verify_chain(audit.engagement)
    assert all((QUOTE, "", team.auditor) in now(other) for other in others)


def test_findings_of_another_audit_are_refused(finding, team):
    stranger = factories.audit().findings.first()
    with pytest.raises(evidence.UnknownFinding):
        attach(finding, team.auditor, also=[stranger.pk])
    assert not EvidenceChange.objects.exists()


def test_removing_leaves_the_engines_row(found, team):
    piece = found.evidence.get()
    evidence.evidence_remove(by=team.auditor, finding=found, place=(piece.start, piece.end), revision=0)
    assert now(found) == []
    assert Evidence.objects.get(pk=piece.pk).quote == piece.quote


def test_what_was_removed_and_attached_again_is_the_engines(found, team):
    piece = found.evidence.get()
    evidence.evidence_remove(by=team.auditor, finding=found, place=(piece.start, piece.end), revision=0)
    attach(found, team.auditor, piece.quote, element="named")
    assert now(found) == [(piece.quote, "named", None)]


def test_moving_keeps_what_it_is_evidence_for(found, team):
    piece = found.evidence.get()
    old = (piece.start, piece.end)
    evidence.evidence_move(by=team.auditor, finding=found, old=old, start=piece.start, end=piece.end - 3, revision=0)
    assert now(found) == [(piece.quote[:-3], "named", team.auditor)]


def test_what_is_no_evidence_cannot_be_moved_or_removed(found, team):
    with pytest.raises(evidence.NotEvidence):
        evidence.evidence_remove(by=team.auditor, finding=found, place=(0, 2), revision=0)
    with pytest.raises(evidence.NotEvidence):
        evidence.evidence_move(by=team.auditor, finding=found, old=(0, 2), start=0, end=3, revision=0)


def test_undo_and_undo_again(found, team):
    piece = found.evidence.get()
    evidence.evidence_move(
        by=team.auditor, finding=found, old=(piece.start, piece.end), start=piece.start, end=piece.end - 3, revision=0
    )
    moved = now(found)
    evidence.evidence_undo(by=team.lead, finding=found, revision=revision(found))
    assert now(found) == [(piece.quote, "named", None)]
    evidence.evidence_undo(by=team.lead, finding=found, revision=revision(found))
    assert now(found) == moved  # as whose it was, not as that of whoever brought it back


def test_undo_takes_the_whole_act_back_but_not_what_was_changed_since(audit, finding, found, team):
    third = audit.findings.last()
    attach(finding, team.auditor, also=[found.pk, third.pk])
    attach(third, team.lead, "示例阅读")
    evidence.evidence_undo(by=team.auditor, finding=finding, revision=revision(finding))
    assert now(finding) == []
    assert QUOTE not in [quote for quote, *_rest in now(found)]
    assert QUOTE in [quote for quote, *_rest in now(third)]


def test_nothing_to_take_back(finding, team):
    with pytest.raises(evidence.NoEvidenceAct):
        evidence.evidence_undo(by=team.auditor, finding=finding, revision=0)


def test_the_slower_of_two_is_told(finding, team):
    attach(finding, team.lead)
    start, end = place(finding, "示例阅读")
    with pytest.raises(evidence.StaleEvidence):
        evidence.evidence_attach(by=team.auditor, finding=finding, start=start, end=end, revision=0)


def test_a_signed_audit_takes_no_evidence(signed_audit, team):
    finding = signed_audit.findings.get(requirement__code="DEMO-3-RETENTION")
    with pytest.raises(AuditSigned):
        attach(finding, team.auditor)
    with pytest.raises(AuditSigned):
        evidence.evidence_undo(by=team.auditor, finding=finding, revision=0)


def test_changes_are_history(finding, team):
    (change,) = attach(finding, team.auditor)
    with pytest.raises(FrozenRow):
        change.save()
    with pytest.raises(FrozenRow):
        EvidenceChange.objects.all().delete()


# ---------- Where it counts ----------


def test_the_text_is_marked_by_what_counts_now(audit, finding, found, team):
    piece = found.evidence.get()
    attach(finding, team.auditor)
    evidence.evidence_remove(by=team.auditor, finding=found, place=(piece.start, piece.end), revision=0)
    places = evidence_places(audit)
    assert (*place(finding), finding.pk, True) in places
    assert all(row[2] != found.pk for row in places)


def test_places_cost_two_queries(audit, finding, team, django_assert_num_queries):
    attach(finding, team.auditor, also=list(audit.findings.values_list("pk", flat=True)))
    with django_assert_num_queries(2):
        evidence_places(audit)


def test_a_signature_covers_the_evidence(audit, finding, team):
    factories.decide_all(audit, by=team.auditor)
    before = audit_state(audit)
    assert all("evidence_changes" not in row for row in before["findings"])  # old signatures stay valid
    attach(finding, team.auditor)
    assert audit_state(audit) != before
    factories.sign_off(audit, by=team.reviewer)
    assert report.report_issue(by=team.reviewer, audit=audit).context["summary"]["quotes"] == 4


def test_the_report_quotes_what_counts_and_names_who_added_it(audit, finding, found, team):
    piece = found.evidence.get()
    attach(finding, team.auditor, element="named")
    evidence.evidence_remove(by=team.auditor, finding=found, place=(piece.start, piece.end), revision=0)
    factories.decide_all(audit, by=team.auditor)
    sign_off = factories.sign_off(audit, by=team.reviewer)
    rows = {row["code"]: row for row in build_context(audit, sign_off, language="zh-hans", number="X")["findings"]}
    added = rows["DEMO-3-RETENTION"]
    assert [(row["quote"], row["added_by"]) for row in added["evidence"]] == [(QUOTE, team.auditor.get_username())]
    assert [element["met"] for element in added["elements"]] == [True]
    assert rows["DEMO-2-PURPOSE"]["evidence"] == []
    assert "added_by" not in rows["DEMO-1-IDENTITY"]["evidence"][0]


def test_the_export_keeps_both_apart(audit, finding, found, team):
    piece = found.evidence.get()
    attach(finding, team.auditor, element="named")
    evidence.evidence_remove(by=team.auditor, finding=found, place=(piece.start, piece.end), revision=0)
    data = audit_to_json(audit)
    rows = {row["code"]: row for row in data["findings"]}
    assert [row["quote"] for row in rows["DEMO-2-PURPOSE"]["evidence"]] == [piece.quote]
    assert rows["DEMO-2-PURPOSE"]["standing_evidence"] == []
    assert rows["DEMO-3-RETENTION"]["evidence"] == []
    assert rows["DEMO-3-RETENTION"]["standing_evidence"][0]["added_by"] == team.auditor.username
    assert [(row["code"], row["change"]) for row in data["evidence_changes"]] == [
        ("DEMO-2-PURPOSE", "removed"),
        ("DEMO-3-RETENTION", "added"),
    ]


# ---------- What counts now, as a rule ----------


class Row:
    def __init__(self, start, element, kind=None, changed_by=None):
        self.start, self.end, self.element, self.kind, self.changed_by = start, start + 1, element, kind, changed_by
        self.quote, self.clause = "字", ""


keys = st.tuples(st.integers(0, 3), st.sampled_from(["", "a"]))
acts = st.tuples(keys, st.sampled_from(["added", "removed"]), st.integers(1, 3))


@given(st.lists(keys, unique=True), st.lists(acts, max_size=12))
def test_what_counts_is_found_and_added_without_what_was_removed(found, changes):
    rows = [Row(*key) for key in found]
    pieces = standing(rows, [Row(*key, kind, by) for key, kind, by in changes])
    expected = {(start, start + 1, element) for start, element in found}
    for (start, element), kind, _by in changes:
        (expected.add if kind == "added" else expected.discard)((start, start + 1, element))
    assert {piece.key for piece in pieces} == expected
    assert len(pieces) == len(expected)


def test_an_element_is_met_by_what_counts_now():
    found, added = [Row(0, "a")], [Piece(1, 2, "字", "", "a", 7)]
    assert element_is_met({"id": "a", "met": False}, [], added)
    assert not element_is_met({"id": "a", "met": True}, found, [])
    assert element_is_met({"id": "a", "met": True}, [], [])  # met by something else than a place
    assert not element_is_met({"id": "a", "met": False}, found, [])


def test_places_speak_against_an_element_that_must_not_be_there():
    found, standing_piece, added = [Row(0, "a")], [Piece(0, 1, "字", "", "a", None)], [Piece(1, 2, "字", "", "a", 7)]
    assert not element_is_met({"id": "a", "met": False}, found, standing_piece, absent=True)
    assert element_is_met({"id": "a", "met": False}, found, [], absent=True)  # all taken away
    assert not element_is_met({"id": "a", "met": True}, [], added, absent=True)
    assert element_is_met({"id": "a", "met": True}, [], [], absent=True)
    assert not element_is_met({"id": "a", "met": False}, [], [], absent=True)  # a fact without a place
