"""Observations beyond the checklist: written, revised, withdrawn and restored; every state is a version that stays."""

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..engine.normal import normalise
from ..models import Audit, Observation, ObservationTemplate, ObservationVersion
from ..models.checklist import SeverityChoices
from ..standing import clause_label
from . import activity
from .errors import ServiceError
from .locks import lock_open_audit

LONGEST = 5000  # characters of one place; what is longer points at nothing
MOST_PLACES = 20
CONTENT = ("title", "severity", "basis", "facts", "remediation", "places")
TEMPLATE_CONTENT = ("title", "severity", "basis", "facts", "remediation")


class StaleObservation(ServiceError):
    text = _("Somebody else has changed this observation in the meantime. Compare, then save again.")


class TitleRequired(ServiceError):
    text = _("Give the observation a title.")


class FactsRequired(ServiceError):
    text = _("Say what you observed.")


class NotASeverity(ServiceError):
    text = _("Choose a severity.")


class PlaceRequired(ServiceError):
    text = _("Tie the observation to at least one place in the policy. For something missing: where it should stand.")


class NotInPolicy(ServiceError):
    text = _("A place must lie inside the policy's text and have at most %(longest)s characters.")


class TooManyPlaces(ServiceError):
    text = _("An observation has at most %(most)s places.")


class NothingChanged(ServiceError):
    text = _("Nothing was changed.")


class WithdrawReasonRequired(ServiceError):
    text = _("Say why the observation is withdrawn.")


class IsWithdrawn(ServiceError):
    text = _("This observation has been withdrawn. Restore it first.")


class IsNotWithdrawn(ServiceError):
    text = _("This observation is not withdrawn.")


@transaction.atomic
def observation_write(*, by, audit, title, severity, facts, places, basis="", remediation=""):
    """Add an observation to the audit and return it; its first version holds what is given.

    ``places`` are (start, end) in the policy's text; their quotes are cut from it. Raises AuditSigned, TitleRequired,
    FactsRequired, NotASeverity, PlaceRequired, NotInPolicy and TooManyPlaces.
    """
    audit = _open_audit(audit.pk)
    content = _content(audit, title, severity, basis, facts, remediation, places)
    last = audit.observations.aggregate(last=Max("number"))["last"] or 0
    observation = Observation.objects.create(audit=audit, number=last + 1)
    return _keep(by, observation, "observation.written", **content)


@transaction.atomic
def observation_revise(*, by, observation, revision, title, severity, facts, places, basis="", remediation="", note=""):
    """Give the observation a new version and return it. ``revision`` is the one the person saw.

    Raises AuditSigned, StaleObservation, IsWithdrawn, NothingChanged, and what observation_write raises.
    """
    observation, latest = _fresh(observation, revision)
    if observation.withdrawn:
        raise IsWithdrawn
    content = _content(observation.audit, title, severity, basis, facts, remediation, places)
    if all(getattr(latest, name) == value for name, value in content.items()):
        raise NothingChanged
    return _keep(by, observation, "observation.revised", **content, note=note.strip())


@transaction.atomic
def observation_withdraw(*, by, observation, revision, reason):
    """Take the observation out of the audit; it stays in the history and can be restored. Returns it.

    Raises AuditSigned, StaleObservation, IsWithdrawn and WithdrawReasonRequired.
    """
    observation, latest = _fresh(observation, revision)
    if observation.withdrawn:
        raise IsWithdrawn
    if not reason.strip():
        raise WithdrawReasonRequired
    return _keep(by, observation, "observation.withdrawn", **_same(latest), note=reason.strip(), withdrawn=True)


@transaction.atomic
def observation_restore(*, by, observation, revision):
    """Let a withdrawn observation count again, as it was. Returns it.

    Raises AuditSigned, StaleObservation and IsNotWithdrawn.
    """
    observation, latest = _fresh(observation, revision)
    if not observation.withdrawn:
        raise IsNotWithdrawn
    return _keep(by, observation, "observation.restored", **_same(latest))


@transaction.atomic
def template_save(*, by, title, severity, basis="", facts="", remediation="", shared=False):
    """Keep the text of an observation as a template of this person and return it; ``shared`` shows it to everybody.

    Raises TitleRequired and NotASeverity.
    """
    template = ObservationTemplate(owner=by, shared=shared)
    return _template_keep(by, template, "template.saved", title, severity, basis, facts, remediation)


@transaction.atomic
def template_change(*, by, template, title, severity, basis="", facts="", remediation="", shared=False):
    """Change a template; observations made from it stay as they are. Raises TitleRequired and NotASeverity."""
    template.shared = shared
    return _template_keep(by, template, "template.changed", title, severity, basis, facts, remediation)


@transaction.atomic
def template_delete(*, by, template):
    """Delete a template; observations made from it stay."""
    activity.record(actor=by, action="template.deleted", obj=template, detail={"title": template.title})
    template.delete()


def find_quote(text, words):
    """Where the words stand in the text, as (start, end): every place, white space and width of characters apart."""
    wanted = normalise(words).text
    if not wanted:
        return []
    normal = normalise(text)
    places, at = [], normal.text.find(wanted)
    while at >= 0:
        places.append((normal.origin[at], normal.origin[at + len(wanted) - 1] + 1))
        at = normal.text.find(wanted, at + len(wanted))
    return places


def _open_audit(pk):
    lock_open_audit(pk)
    return Audit.objects.select_related("policy_version", "engagement").get(pk=pk)


def _fresh(observation, revision):
    """The observation and its latest version as they stand under the lock of its audit."""
    audit = _open_audit(observation.audit_id)
    observation = Observation.objects.select_for_update().get(pk=observation.pk)
    observation.audit = audit
    if observation.revision != revision:
        raise StaleObservation
    return observation, observation.versions.last()


def _content(audit, title, severity, basis, facts, remediation, places):
    content = _text(title, severity, basis, facts, remediation)
    if not content["facts"]:
        raise FactsRequired
    return content | {"places": _places(audit, places)}


def _text(title, severity, basis, facts, remediation):
    if not title.strip():
        raise TitleRequired
    if severity not in SeverityChoices.values:
        raise NotASeverity
    lines = [line.strip() for line in basis.splitlines() if line.strip()]
    return {
        "title": title.strip(),
        "severity": str(severity),
        "basis": "\n".join(dict.fromkeys(lines)),
        "facts": _unix(facts),
        "remediation": _unix(remediation),
    }


def _unix(text):
    """Browsers send line ends as CRLF."""
    return text.replace("\r\n", "\n").strip()


def _places(audit, places):
    text = audit.policy_version.text
    wanted = sorted({_trimmed(text, *place) for place in places})
    if not wanted:
        raise PlaceRequired
    if len(wanted) > MOST_PLACES:
        raise TooManyPlaces(most=MOST_PLACES)
    return [
        {"start": start, "end": end, "quote": text[start:end], "clause": clause_label(audit.outline, start)}
        for start, end in wanted
    ]


def _trimmed(text, start, end):
    if not 0 <= start < end <= len(text) or end - start > LONGEST:
        raise NotInPolicy(longest=LONGEST)
    quote = text[start:end]
    start += len(quote) - len(quote.lstrip())
    if not quote.strip():
        raise NotInPolicy(longest=LONGEST)
    return start, start + len(quote.strip())


def _same(version):
    return {name: getattr(version, name) for name in CONTENT}


def _keep(by, observation, action, *, note="", withdrawn=False, **content):
    observation.revision += 1
    observation.withdrawn = withdrawn
    observation.save(update_fields=["revision", "withdrawn"])
    ObservationVersion.objects.create(
        observation=observation,
        number=observation.revision,
        withdrawn=withdrawn,
        note=note,
        written_by=by,
        written_at=timezone.now(),
        **content,
    )
    audit = observation.audit
    detail = {"audit": audit.pk, "number": observation.number, "title": content["title"], "reason": note}
    activity.record(actor=by, action=action, obj=observation, engagement=audit.engagement, detail=detail)
    return observation


def _template_keep(by, template, action, title, severity, basis, facts, remediation):
    for name, value in _text(title, severity, basis, facts, remediation).items():
        setattr(template, name, value)
    template.changed_at = timezone.now()
    template.save()
    activity.record(actor=by, action=action, obj=template, detail={"title": template.title, "shared": template.shared})
    return template
