"""Observations beyond the checklist: versions stay, two people do not overwrite each other, signatures cover them."""

import pytest

from checks.models import ActivityEntry, ObservationTemplate, ObservationVersion
from checks.models.append_only import FrozenRow
from checks.rendering.digests import digest
from checks.selectors.review import audit_observations, observation_templates
from checks.selectors.signing import audit_state
from checks.services import observations as services
from checks.services import report
from checks.services.locks import AuditSigned

from .. import factories

pytestmark = pytest.mark.django_db

QUOTE = "我们会使用您的浏览记录"


def place(audit, quote=QUOTE):
    start = audit.policy_version.text.index(quote)
    return start, start + len(quote)


def write(audit, by, **changes):
    content = {
        "title": "推荐没有关闭入口",
        "severity": "major",
        "facts": "文本说到推荐，没有说怎样关闭。",
        "places": [place(audit)],
        "basis": "示例法 第一条",
        "remediation": "补充关闭的步骤。",
    }
    return services.observation_write(by=by, audit=audit, **content | changes)


def revise(observation, by, revision=None, **changes):
    latest = observation.versions.last()
    content = {name: getattr(latest, name) for name in services.TEMPLATE_CONTENT}
    content["places"] = [(piece["start"], piece["end"]) for piece in latest.places]
    revision = observation.revision if revision is None else revision
    return services.observation_revise(by=by, observation=observation, revision=revision, **content | changes)


def test_an_observation_is_its_first_version(audit, team):
    observation = write(audit, team.auditor)
    version = observation.versions.get()
    start, end = place(audit)
    assert (observation.number, observation.revision, observation.withdrawn) == (1, 1, False)
    assert version.places == [{"start": start, "end": end, "quote": QUOTE, "clause": "一·2"}]
    assert (version.written_by, version.basis) == (team.auditor, "示例法 第一条")
    entry = ActivityEntry.objects.last()
    assert (entry.action, entry.engagement, entry.detail["title"]) == (
        "observation.written", audit.engagement, "推荐没有关闭入口",
    )  # fmt: skip


def test_quotes_are_cut_from_the_text_without_white_space_around_them(audit, team):
    start, end = place(audit)
    version = write(audit, team.auditor, places=[(start, end), (end - 4, end + 2)]).versions.get()
    text = audit.policy_version.text
    for piece in version.places:
        assert text[piece["start"] : piece["end"]] == piece["quote"] == piece["quote"].strip()


def test_numbers_count_within_the_audit(audit, team):
    other = factories.audit(audit.engagement, audit.policy_version, audit.checklist_version)
    assert [write(audit, team.auditor).number for _ in range(2)] == [1, 2]
    assert write(other, team.auditor).number == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"title": "  "}, services.TitleRequired),
        ({"facts": ""}, services.FactsRequired),
        ({"severity": "huge"}, services.NotASeverity),
        ({"places": []}, services.PlaceRequired),
        ({"places": [(5, 5)]}, services.NotInPolicy),
        ({"places": [(0, 10**6)]}, services.NotInPolicy),
        ({"places": [(n, n + 2) for n in range(10, 60, 2)]}, services.TooManyPlaces),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_kept(audit, team, changes, error):
    with pytest.raises(error):
        write(audit, team.auditor, **changes)
    assert not audit.observations.exists()
    assert not ActivityEntry.objects.filter(action__startswith="observation").exists()


def test_a_revision_adds_a_version_and_keeps_the_first(audit, team):
    observation = write(audit, team.auditor)
    observation = revise(observation, team.lead, severity="critical", note="影响所有用户。")
    first, second = observation.versions.all()
    assert (first.severity, second.severity, second.note) == ("major", "critical", "影响所有用户。")
    assert (second.written_by, observation.revision) == (team.lead, 2)
    with pytest.raises(FrozenRow):
        first.save()


def test_the_slower_of_two_is_told(audit, team):
    observation = write(audit, team.auditor)
    revise(observation, team.lead, severity="critical")
    with pytest.raises(services.StaleObservation):
        revise(observation, team.auditor, revision=1, severity="minor")
    assert ObservationVersion.objects.count() == 2


def test_a_revision_that_changes_nothing_is_no_version(audit, team):
    observation = write(audit, team.auditor)
    with pytest.raises(services.NothingChanged):
        revise(observation, team.auditor)


def test_withdrawn_and_restored(audit, team):
    observation = write(audit, team.auditor)
    with pytest.raises(services.WithdrawReasonRequired):
        services.observation_withdraw(by=team.auditor, observation=observation, revision=1, reason=" ")
    observation = services.observation_withdraw(by=team.auditor, observation=observation, revision=1, reason="重复了。")
    assert audit_observations(audit) == []
    assert audit_observations(audit, withdrawn=True) == [observation]
    with pytest.raises(services.IsWithdrawn):
        revise(observation, team.auditor, severity="minor")
    with pytest.raises(services.IsWithdrawn):
        services.observation_withdraw(by=team.auditor, observation=observation, revision=2, reason="再来一次。")
    observation = services.observation_restore(by=team.lead, observation=observation, revision=2)
    [row] = audit_observations(audit)
    assert (row.current.title, row.current.written_by, len(row.history)) == ("推荐没有关闭入口", team.lead, 3)
    with pytest.raises(services.IsNotWithdrawn):
        services.observation_restore(by=team.lead, observation=observation, revision=3)


def test_nothing_is_written_after_signing(audit, team):
    observation = write(audit, team.auditor)
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    acts = [
        lambda: write(audit, team.auditor),
        lambda: revise(observation, team.auditor, severity="minor"),
        lambda: services.observation_withdraw(by=team.auditor, observation=observation, revision=1, reason="不对。"),
        lambda: services.observation_restore(by=team.auditor, observation=observation, revision=1),
    ]
    for act in acts:
        with pytest.raises(AuditSigned):
            act()
    assert ObservationVersion.objects.count() == 1


def test_a_signature_covers_observations_and_audits_without_any_keep_theirs(audit, team):
    before = audit_state(audit)
    assert "observations" not in before
    observation = write(audit, team.auditor)
    after = audit_state(audit)
    assert digest(after) != digest(before)
    revise(observation, team.auditor, severity="minor")
    assert digest(audit_state(audit)) != digest(after)


def test_who_wrote_what_counts_cannot_sign(audit, team):
    """Four eyes hold for observations too; a lead may both write and sign."""
    factories.decide_all(audit, by=team.auditor)
    write(audit, team.lead)
    with pytest.raises(report.SignerObserved):
        factories.sign_off(audit, by=team.lead)
    factories.sign_off(audit, by=team.reviewer)


# ---------- Places by their words ----------


def test_words_are_found_wherever_they_stand():
    text = "一、我们收集　信息。\n二、我们收集信息。"
    found = services.find_quote(text, "我们收集信息")
    assert [text[start:end] for start, end in found] == ["我们收集　信息", "我们收集信息"]
    assert services.find_quote(text, "不在这里") == []
    assert services.find_quote(text, "  ") == []


# ---------- Templates ----------


def test_a_template_is_its_owners_until_it_is_shared(team):
    template = services.template_save(by=team.auditor, title="没有关闭入口", severity="major", facts="没有写。")
    assert observation_templates(team.auditor) == [template]
    assert observation_templates(team.lead) == []
    services.template_change(by=team.auditor, template=template, title="没有关闭入口", severity="minor", shared=True)
    [seen] = observation_templates(team.lead)
    assert (seen.severity, seen.facts) == ("minor", "")


def test_deleting_a_template_leaves_what_was_made_from_it(audit, team):
    template = services.template_save(by=team.auditor, title="没有关闭入口", severity="major")
    observation = write(audit, team.auditor, title=template.title)
    services.template_delete(by=team.auditor, template=template)
    assert not ObservationTemplate.objects.exists()
    assert observation.versions.get().title == "没有关闭入口"
    assert [entry.action for entry in ActivityEntry.objects.filter(engagement=None).order_by("id")] == [
        "template.saved",
        "template.deleted",
    ]


@pytest.mark.parametrize("changes", [{"title": ""}, {"severity": "huge"}])
def test_a_template_needs_a_title_and_a_severity(team, changes):
    with pytest.raises(services.ServiceError):
        services.template_save(by=team.auditor, **{"title": "甲", "severity": "major"} | changes)
