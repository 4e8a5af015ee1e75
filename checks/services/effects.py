"""What a draft would change on the policies that are stored: worked out once for each state of the draft.

All policies count, whoever they belong to; what is kept of them are numbers and offsets. Whoever shows them decides,
by the viewer's corpus, whose names and sentences may be seen.
"""

import logging
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django_tasks import task

from ..accuracy import DEFICIENT, judge, policies
from ..engine import ChecklistError, parse_checklist
from ..engine.checklist import digest_of
from ..engine.effects import difference, only, turns
from ..engine.entities import Scale
from ..models import EffectPreview, PolicyVersion
from .analysis import document_of
from .drafts import draft_digest, draft_source

logger = logging.getLogger(__name__)
State = EffectPreview.State
QUICK_CHARACTERS = 300_000  # of stored policies; so much is worked out within the request
REMEMBERED = 4  # drafts that stay parsed: a page asks several times for the same one
LABELLED_AT_MOST = 400  # labelled policies that are read
_differences: dict = {}
__all__ = ["ChecklistError", "State", "difference_of", "preview_of", "preview_start", "preview_work", "recover"]


def difference_of(draft):
    """``(engine Difference, base or None, draft)``, both parsed; raises the engine's ChecklistError."""
    source = draft_source(draft)
    digest = digest_of(source)
    key = (digest, draft.base.digest if draft.base_id else "")
    if key not in _differences:
        after = parse_checklist(source)
        before = parse_checklist(draft.base.source) if draft.base_id else None
        while len(_differences) >= REMEMBERED:
            _differences.pop(next(iter(_differences)), None)
        _differences[key] = difference(before, after), before, after
    return _differences[key]


def stored_policies():
    """The newest version of every stored policy."""
    newest = PolicyVersion.objects.order_by().values("document").annotate(last=Max("pk")).values("last")
    return PolicyVersion.objects.filter(pk__in=newest).order_by("pk")


def preview_of(draft, digest=None):
    """The latest preview of the draft as it stands now, or None."""
    return draft.previews.filter(digest=digest or draft_digest(draft)).order_by("-id").first()


@transaction.atomic
def preview_start(*, by, draft):
    """Have the effect of the draft as it stands worked out, and return its EffectPreview.

    What is done or under way for the same content is not begun again. A few policies are finished on return; more wait
    for the worker. Raises the engine's ChecklistError for a draft that cannot be read.
    """
    difference_of(draft)
    digest = draft_digest(draft)
    there = preview_of(draft, digest)
    if there and (there.state in (State.DONE, State.QUEUED) or (there.state == State.RUNNING and _alive(there))):
        return there
    rows = stored_policies()
    preview = EffectPreview.objects.create(
        draft=draft, digest=digest, asked_by=by, asked_at=timezone.now(), total=rows.count()
    )
    if not settings.LABELLED and sum(rows.values_list("characters", flat=True)) <= QUICK_CHARACTERS:
        preview_work(preview.pk)
        preview.refresh_from_db()
    else:
        transaction.on_commit(lambda: preview_task.enqueue(preview.pk))
    return preview


@task()
def preview_task(pk):
    """Work a preview out in the background; nothing happens when somebody else has it, or it is done."""
    preview_work(pk)


def recover():
    """Put previews of vanished workers back in line. Returns how many; safe to call at any time."""
    lost = Q(state=State.RUNNING, lease_until__lt=timezone.now())
    back = list(EffectPreview.objects.filter(lost).values_list("pk", flat=True))
    for pk in back:
        preview_task.enqueue(pk)
    return len(back)


def preview_work(pk):
    """Hold draft and base against every stored policy and the labelled ones, and keep what differs."""
    lease = _claim(pk)
    if lease is None:
        return
    preview = EffectPreview.objects.select_related("draft__base", "draft__checklist").get(pk=pk)
    clock = time.perf_counter()
    try:
        if draft_digest(preview.draft) != preview.digest:  # edited in the meantime: nobody will ask for this one
            _finish(lease, state=State.FAILED)
            return
        result = _result(preview, lease)
    except _LeaseLost:
        return
    except Exception:
        logger.exception("The effect of draft %s could not be worked out.", preview.draft_id)
        _finish(lease, state=State.FAILED)
        return
    took = round((time.perf_counter() - clock) * 1000)
    _finish(lease, state=State.DONE, result=result, milliseconds=took, done=preview.total)


class _LeaseLost(Exception):
    pass


def _result(preview, lease):
    found, before, after = difference_of(preview.draft)
    codes = [*found.decides, *found.removed]
    result = {
        "added": list(found.added),
        "removed": list(found.removed),
        "changed": list(found.changed),
        "decides": list(found.decides),
        "policies": preview.total,
        "turns": [],
        "labelled": {},
    }
    if not codes:
        return result
    old, new = only(before, codes) if before else None, only(after, codes)
    noted = time.monotonic()
    for number, version in enumerate(_in_batches(stored_policies().select_related("document__engagement")), start=1):
        scale = Scale(version.document.engagement.processor_scale)
        result["turns"] += [_turn_json(version.pk, turn) for turn in turns(document_of(version), old, new, scale)]
        if time.monotonic() - noted >= 1:
            noted = time.monotonic()
            _hold(lease, done=number)
    result["labelled"] = _labelled(old, new, lease)
    return result


def _in_batches(rows, size=20):
    """The rows, so many read at once and each batch in full: SQLite refuses to note progress while it still reads
    and somebody else has written."""
    pks = list(rows.values_list("pk", flat=True))
    for first in range(0, len(pks), size):
        yield from list(rows.filter(pk__in=pks[first : first + size]))


def _turn_json(pk, turn):
    return {
        "version": pk,
        "code": turn.code,
        "before": turn.before.verdict.value if turn.before else "",
        "after": turn.after.verdict.value if turn.after else "",
        "place_before": _place(turn.piece_before),
        "place_after": _place(turn.piece_after),
    }


def _place(piece):
    return [piece.start, piece.end, piece.element] if piece else None


def _labelled(old, new, lease):
    """Agreement and the scores of deficiencies on labelled policies, before and after, by requirement."""
    if not settings.LABELLED:
        return {}
    sides = {"before": old, "after": new}
    counted: dict = {}
    texts = policies(Path(settings.LABELLED))[:LABELLED_AT_MOST]
    for path in texts:
        for side, checklist in sides.items():
            for row in judge(path, checklist, as_of=timezone.localdate()) if checklist else ():
                counts = counted.setdefault(row.code, {}).setdefault(side, _COUNTED.copy())
                gold, said = row.gold in DEFICIENT, row.proposed in DEFICIENT
                counts["items"] += 1
                counts["agreed"] += row.gold == row.proposed
                counts["gold"] += gold
                counts["said"] += said
                counts["both"] += gold and said
        _hold(lease)
    return {"policies": len(texts), "requirements": counted}


_COUNTED = {"items": 0, "agreed": 0, "gold": 0, "said": 0, "both": 0}


def _alive(preview):
    return bool(preview.lease_until) and preview.lease_until > timezone.now()


def _lease_end():
    return timezone.now() + timedelta(seconds=settings.INTAKE_LEASE)


def _claim(pk):
    """``(preview, token)``, or None when it is not in line."""
    token = uuid4()
    free = Q(state=State.QUEUED) | Q(state=State.RUNNING, lease_until__lt=timezone.now())
    fields = {"state": State.RUNNING, "lease": token, "lease_until": _lease_end()}
    return (pk, token) if EffectPreview.objects.filter(free, pk=pk).update(**fields) else None


def _hold(lease, **fields):
    pk, token = lease
    if not EffectPreview.objects.filter(pk=pk, lease=token).update(lease_until=_lease_end(), **fields):
        raise _LeaseLost


def _finish(lease, **fields):
    pk, token = lease
    EffectPreview.objects.filter(pk=pk, lease=token).update(
        lease=None, lease_until=None, finished_at=timezone.now(), **fields
    )
