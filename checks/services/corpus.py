"""The rule corpus: the lead of an engagement lets checklist authors read a policy, and can end it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..corpora import is_released
from ..models import CorpusRelease, PolicyVersion
from . import activity
from .errors import ServiceError


class AlreadyReleased(ServiceError):
    text = _("This policy is in the rule corpus already.")


class NotReleased(ServiceError):
    text = _("This policy is not in the rule corpus.")


@transaction.atomic
def corpus_release(*, by, policy_version):
    """Let every checklist author read this policy version in the rule laboratory. Returns the CorpusRelease.

    Raises AlreadyReleased.
    """
    return _keep(by, policy_version, CorpusRelease.Kind.RELEASED, AlreadyReleased)


@transaction.atomic
def corpus_withdraw(*, by, policy_version):
    """Take the policy version out of the rule corpus; examples that were taken from it stay. Raises NotReleased."""
    return _keep(by, policy_version, CorpusRelease.Kind.WITHDRAWN, NotReleased)


def _keep(by, policy_version, kind, refusal):
    PolicyVersion.objects.select_for_update().only("pk").get(pk=policy_version.pk)
    if is_released(policy_version) == (kind == CorpusRelease.Kind.RELEASED):
        raise refusal
    row = CorpusRelease.objects.create(policy_version=policy_version, kind=kind, by=by, at=timezone.now())
    engagement = policy_version.document.engagement
    detail = {"policy_version": policy_version.pk, "name": str(policy_version)}
    activity.record(actor=by, action=f"corpus.{kind}", obj=policy_version, engagement=engagement, detail=detail)
    return row
