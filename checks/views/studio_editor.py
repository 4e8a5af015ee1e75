"""One requirement of a draft on one screen. What is typed is saved as it is; what is wrong with it stands beside it."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ..comparing import compare_values
from ..models import ChecklistDraft
from ..models.checklist import KindChoices, SeverityChoices
from ..models.engagement import person_name
from ..permissions import draft_for, is_author
from ..services import ServiceError, drafts
from ..services.instruments import instrument_choices
from ..templatetags.checks_tags import in_language
from ..templatetags.studio_tags import problem_words
from .studio import domain_choices
from .studio_content import LARGEST, LISTS, content_from, field_of, form_of, keys_of, verdict_lines

BLANK_ROWS = {
    "legal_basis": {"instrument": "", "ref": "", "note_zh": ""},
    "elements": {"id": "", "title_zh": "", "required": True},
    "signals": {"id": "", "title_zh": ""},
}


@require_http_methods(["GET", "HEAD", "POST"])
def draft_requirement(request, pk, code):
    """The editor. A POST saves: from HTMX a moment after typing, from the browser by the button."""
    draft = draft_for(request.user, pk, author=request.method == "POST")
    row = draft.requirements.select_related("changed_by").filter(code=code).first()
    if row is None:
        raise Http404
    if request.method != "POST":
        return editor_page(request, draft, row, row.content)
    if sum(map(len, request.POST.values())) > LARGEST:
        messages.error(request, _("This is more than a requirement can hold. Nothing was saved."))
        return redirect("draft_requirement", pk, code)
    return save(request, draft, row)


def save(request, draft, row):
    posted = request.POST
    content = content_from(posted, row.content)
    act = posted.get("act", "")
    content = changed_by(act, content, keys_of(posted, act.partition("-")[0]))
    try:
        saved = drafts.requirement_save(
            by=request.user, draft=draft, code=row.code, content=content, revision=revision(posted)
        )
    except drafts.StaleDraft as error:
        return conflict(request, draft, error, content)
    except ServiceError as error:
        field = "code" if isinstance(error, drafts.NotACode | drafts.CodeTaken | drafts.CodeFixed) else ""
        return refusal(request, draft, row, content, error.message, field)
    draft.refresh_from_db(fields=["head"])  # an instrument that was picked may be new to it
    url = reverse("draft_requirement", args=[draft.pk, saved.code])
    if act:
        name = act.partition("-")[0]
        last = len(content.get(name, ())) - 1
        return redirect(f"{url}#{name}-{last}" if act.endswith("-add") else f"{url}#{name}")
    if not request.htmx:
        messages.success(request, _("Saved."))
        return redirect(url)
    response = render(request, "checks/studio/saved.html", answer(request, draft, saved, content))
    if saved.code != row.code:
        response["HX-Replace-Url"] = url
    return response


def conflict(request, draft, error, content):
    """Somebody saved first: what they changed, and the choice between theirs and mine. Nothing typed is lost."""
    context = {
        "who": error.current.changed_by,
        "when": error.current.changed_at,
        "theirs": error.current.revision,
        "changes": compare_values(error.current.content, content),
        "message": error.message,
    }
    if request.htmx:
        return render(request, "checks/studio/conflict.html", context | {"oob": True}, status=409)
    return editor_page(request, draft, error.current, content, conflict=context, status=409)


def refusal(request, draft, row, content, message, field):
    if request.htmx:
        context = answer(request, draft, row, content, extra={field: message}) | {"problem": message}
        return render(request, "checks/studio/saved.html", context, status=422)
    return editor_page(request, draft, row, content, problem=message, extra={field: message}, status=422)


def editor_page(request, draft, row, content, *, conflict=None, problem="", extra=None, status=200):
    keys = {name: [str(key) for key in range(len(content.get(name) or ()))] for name in LISTS}
    codes = list(draft.requirements.filter(removed=False).order_by("position", "id").values_list("code", flat=True))
    here = codes.index(row.code) if row.code in codes else None
    published = bool(draft.base_id) and draft.base.requirements.filter(code=row.code).exists()
    problems = drafts.requirement_problems(draft, content)
    register = instrument_choices()
    context = {
        "draft": draft,
        "row": row,
        "form": form_of(content),
        "keys": keys,
        "editable": draft.state == ChecklistDraft.State.DRAFT and is_author(request.user) and not row.removed,
        "published": published,
        "domains": domain_choices(draft),
        "kinds": KindChoices.choices,
        "severities": SeverityChoices.choices,
        "instruments": instruments_of(draft, content, register),
        "references": references_of(register),
        "group_names": sorted({**draft.head.get("groups", {}), **(content.get("groups") or {})}),
        "messages_of": messages_by_field(problems, content, keys, extra),
        "problem_count": len(problems),
        "conflict": conflict,
        "problem": problem,
        "before": codes[here - 1] if here else None,
        "after": codes[here + 1] if here is not None and here + 1 < len(codes) else None,
    }
    return render(request, "checks/studio/requirement_edit.html", context, status=status)


def answer(request, draft, row, content, extra=None):
    """What HTMX puts into the page after saving: the revision, how it stands, and a message beside each wrong field."""
    keys = {name: keys_of(request.POST, name) for name in LISTS}
    problems = drafts.requirement_problems(draft, content)
    found = messages_by_field(problems, content, keys, extra)
    fields = [name for name in request.POST.getlist("slots") if name]
    return {
        "row": row,
        "who": person_name(request.user),
        "problem_count": len(problems),
        "slots": [(name, found.get(name, ())) for name in dict.fromkeys([*fields, *found])],
    }


def messages_by_field(problems, content, keys, extra=None):
    """Field → what is wrong with it: the words, and the line with its wrong character where a line is to blame."""
    found = {}
    for problem in problems:
        field, line = field_of(problem.path, keys)
        found.setdefault(field, []).append(message_of(problem, line, content))
    for field, message in (extra or {}).items():
        found.setdefault(field, []).append({"words": message, "line": None, "start": None})
    return found


def message_of(problem, line, content):
    message = {"words": problem_words(problem), "line": None if line is None else line + 1, "start": None}
    if problem.position is None:
        return message
    text = written_at(content, problem.path)
    start = problem.position
    if problem.path[0] == "verdict":  # the condition stands behind the verdict's name in its line
        full = verdict_lines(content["verdict"][line : line + 1])
        start += len(full) - len(text)
        text = full
    return message | {
        "start": start,
        "before": text[:start],
        "wrong": text[start : start + 1] or "␣",
        "rest": text[start + 1 :],
    }


def written_at(content, path):
    value = content
    for part in path:
        value = value[part]
    if isinstance(value, dict):
        value = next(iter(value.values()))
    return str(value)


def changed_by(act, content, keys):
    """The content after a button that changes a list: ``elements-add``, ``elements-2-up``, ``elements-2-down``.

    ``keys`` are those of the list's rows in the form, in their order.
    """
    name, _dash, rest = act.partition("-")
    if name not in LISTS:
        return content
    rows = list(content.get(name) or ())
    if rest == "add":
        rows.append(dict(BLANK_ROWS[name]))
    else:
        place, _dash, way = rest.partition("-")
        index = keys.index(place) if place in keys else -1
        other = index + (1 if way == "down" else -1)
        if 0 <= index < len(rows) and 0 <= other < len(rows):
            rows[index], rows[other] = rows[other], rows[index]
    return content | {name: rows}


def revision(posted):
    """The revision that was seen; ``over`` is the newer one that the person chose to write over."""
    value = posted.get("over") or posted.get("revision", "")
    return int(value) if value.isascii() and value.isdigit() else -1


def instruments_of(draft, content, register):
    """The instruments to choose from, ``[(id, words)]``: the register's, then those that only this checklist knows."""
    words = {row["key"]: in_language(row, "title") for row in register}
    for row in register:
        if row["state"]:
            state = _("repealed") if row["state"] == "repealed" else _("amended")
            words[row["key"]] += f" · {state}"
    for entry in draft.head.get("instruments", ()):
        words.setdefault(entry["id"], in_language(entry, "title"))
    for basis in content.get("legal_basis") or ():
        words.setdefault(basis.get("instrument") or "", basis.get("instrument"))
    return [(key, said) for key, said in words.items() if key]


def references_of(register):
    """Articles to pick from, with the instrument they stand in: ``[(id, article)]``."""
    return [(row["key"], article) for row in register for article in row["articles"]]
