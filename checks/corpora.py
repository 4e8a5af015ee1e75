"""The texts that rules may be tried on: a person's own, and what the leads of engagements released to all authors."""

from django.db.models import OuterRef, Q, Subquery

from .models import CorpusRelease, PolicyVersion

MOST = 300  # policies that rules are tried on at once; the newest ones


def released(rows=None):
    """Policy versions that are released to the rule corpus now."""
    latest = CorpusRelease.objects.filter(policy_version=OuterRef("pk")).order_by("-id").values("kind")[:1]
    rows = PolicyVersion.objects.all() if rows is None else rows
    return rows.annotate(_release=Subquery(latest)).filter(_release=CorpusRelease.Kind.RELEASED)


def corpus_for(user):
    """The policy versions whose sentences this person may see in the laboratory: released, or of own engagements.

    Newest first, without texts and layouts. A superuser has no more than anybody else.
    """
    mine = Q(document__engagement__memberships__user=user)
    shown = Q(pk__in=released().values("pk")) | Q(pk__in=PolicyVersion.objects.filter(mine).values("pk"))
    rows = PolicyVersion.objects.filter(shown).select_related("document__engagement")
    return rows.defer("text", "layout", "sketch").order_by("-uploaded_at", "-pk")


def is_released(policy_version):
    """Whether authors may read this policy version in the laboratory."""
    last = policy_version.corpus_releases.order_by("-id").first()
    return bool(last) and last.kind == CorpusRelease.Kind.RELEASED


def own_engagements(user):
    """The numbers of the engagements this person is a member of."""
    return set(user.memberships.values_list("engagement", flat=True))
