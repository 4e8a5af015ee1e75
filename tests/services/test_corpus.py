"""The rule corpus: what an author may read in the laboratory, and who lets them."""

import pytest

from checks.corpora import corpus_for
from checks.models import ActivityEntry
from checks.models.append_only import FrozenRow
from checks.services import corpus

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy(engagement):
    return factories.policy_version(engagement=engagement)


@pytest.fixture
def author():
    return factories.checklist_author()


def test_an_author_reads_released_policies_and_own_engagements_only(author, policy, team):
    other = factories.policy_version()
    own = factories.policy_version()
    factories.member(own.document.engagement, author, "viewer")
    assert list(corpus_for(author)) == [own]
    corpus.corpus_release(by=team.lead, policy_version=policy)
    assert set(corpus_for(author)) == {own, policy}
    corpus.corpus_withdraw(by=team.lead, policy_version=policy)
    assert set(corpus_for(author)) == {own}
    assert other not in corpus_for(factories.user())


def test_releases_are_history_and_acts_of_the_engagement(policy, team):
    row = corpus.corpus_release(by=team.lead, policy_version=policy)
    with pytest.raises(corpus.AlreadyReleased):
        corpus.corpus_release(by=team.lead, policy_version=policy)
    corpus.corpus_withdraw(by=team.lead, policy_version=policy)
    with pytest.raises(corpus.NotReleased):
        corpus.corpus_withdraw(by=team.lead, policy_version=policy)
    with pytest.raises(FrozenRow):
        row.save()
    acts = ActivityEntry.objects.filter(engagement=policy.document.engagement, action__startswith="corpus.")
    assert [act.action for act in acts.order_by("id")] == ["corpus.released", "corpus.withdrawn"]
