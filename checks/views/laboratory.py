"""The rule laboratory: rules in the making, held against examples, policies and pasted sentences at once."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ..corpora import MOST, corpus_for, is_released
from ..field_health import disputed_sentences
from ..models import ChecklistDraft, ChecklistVersion, PolicyVersion
from ..permissions import Action, draft_for, is_author, policy_version_for, studio_for
from ..services import ServiceError, corpus, drafts
from ..services import laboratory as services
from ..services.laboratory import Element, LineError

PER_PAGE = 40
BESIDE = 12  # sentences shown beside the editor
KINDS = ("new", "lost", "same")


class Bench:
    """What lies on the bench: a draft or a version, one requirement of it, one element, and what was typed."""

    def __init__(self, request, *, draft=None, version=None):
        self.request, self.draft, self.version = request, draft, version
        self.given = request.POST if request.method == "POST" else request.GET
        self.head = draft.head if draft else {"groups": version.source.get("groups") or {}}
        self.rows = self._rows()
        self.code = self.given.get("code") or next(iter(self.rows), "")
        if self.code not in self.rows:
            raise Http404
        self.content = self.rows[self.code][0]
        self.parts = services.parts_of(self.content)
        names = [name for name, _entry in self.parts]
        asked = self.given.get("part", "")
        # A part that was just added in the editor is not stored yet, but its rules can be tried.
        self.part = asked if asked in names or (asked and "rules" in self.given) else next(iter(names), "")
        self.groups = services.groups_of(self.head, self.content)
        self.problem = ""
        self.done = ""
        self.stored = Element.of(dict(self.parts).get(self.part, {}))
        self.element = self._typed() if "rules" in self.given else self.stored

    def _rows(self):
        """Code → (content, revision, title) of the requirements that are there."""
        if self.draft:
            rows = self.draft.requirements.filter(removed=False).order_by("position", "id")
            return {row.code: (row.content, row.revision) for row in rows}
        return {entry["code"]: (entry, 0) for entry in self.version.source["requirements"]}

    def _typed(self):
        lines = {name: services.lines_of(self.given.get(name, "").splitlines()) for name in ("rules", "unless")}
        at_least = self.given.get("at_least", "")
        return replace(
            self.stored,
            **lines,
            at_least=max(1, int(at_least)) if at_least.isascii() and at_least.isdigit() else 1,
            headings=bool(self.given.get("headings")),
        )

    @property
    def published(self):
        """``(Element, groups)`` of the published version that is compared with."""
        base = self.draft.base if self.draft else self.version
        if base is None:
            return Element(), {}
        entry = base.requirements.filter(code=self.code).values_list("content", flat=True).first()
        if entry is None:
            return Element(), {}
        groups = services.groups_of({"groups": self.base_groups(base)}, entry)
        return Element.of(dict(services.parts_of(entry)).get(self.part, {})), groups

    def base_groups(self, base):
        found = ChecklistVersion.objects.filter(pk=base.pk).values_list("source__groups", flat=True).first()
        return found or {}

    @property
    def beside(self):
        """Whether the results stand beside the editor, where nothing can be added to."""
        return bool(self.given.get("beside"))

    @property
    def editable(self):
        open_ = self.draft is not None and self.draft.state == ChecklistDraft.State.DRAFT
        return open_ and is_author(self.request.user)

    @property
    def checklist(self):
        return (self.draft or self.version).checklist

    def kinds(self):
        chosen = [kind for kind in self.given.getlist("kind") if kind in KINDS]
        return chosen or list(KINDS)

    def policies(self):
        """The person's corpus, and of it what was chosen to be looked at: all that fit, or one."""
        if not hasattr(self, "_policies"):
            rows = list(corpus_for(self.request.user)[:MOST])
            chosen = self.given.get("policy", "")
            wanted = [row for row in rows if str(row.pk) == chosen]
            fitting, size = [], 0
            for row in rows:
                size += row.characters
                if size <= services.CHARACTERS * 0.9:
                    fitting.append(row)
            self._policies = rows, (wanted or fitting), (chosen if wanted else "")
        return self._policies

    def url(self, **query):
        name, pk = ("draft_laboratory", self.draft.pk) if self.draft else ("version_laboratory", self.version.pk)
        return reverse(name, args=[pk], query={"code": self.code, "part": self.part, **query})

    def context(self):
        every, chosen, policy = self.policies()
        kinds, page = self.kinds(), _number(self.given.get("page"))
        element, groups = self.published
        trial = services.rules_try(
            pks=[row.pk for row in chosen],
            now=self.element,
            before=element,
            groups=self.groups,
            groups_before=groups,
            kinds=kinds,
            first=(page - 1) * PER_PAGE,
            most=BESIDE if self.beside else PER_PAGE,
        )
        named = {row.pk: row for row in every}
        for line in trial.lines:
            line.policy = named[line.version]
        sentence = self.given.get("sentence", "")
        asked, answers = self.ask(sentence)
        return {
            "bench": self,
            "draft": self.draft,
            "version": self.version,
            "checklist": self.checklist,
            "code": self.code,
            "title": self.content,
            "revision": self.rows[self.code][1],
            "codes": [(code, content) for code, (content, _revision) in self.rows.items()],
            "parts": self.parts,
            "part": self.part,
            "element": self.element,
            "changed": self.element != self.stored,
            "typed": {
                name: self.given.get(name, "\n".join(getattr(self.element, name))) for name in ("rules", "unless")
            },
            "group_names": sorted(self.groups),
            "policies": every,
            "policy": policy,
            "kinds": kinds,
            "trial": trial,
            "page": page,
            "more": not self.beside and trial.shown > page * PER_PAGE,
            "examples": services.examples_try(self.element, self.groups),
            "sentence": sentence,
            "answers": answers,
            "asked": asked,
            "suggested": self.suggested([row.pk for row in chosen]),
            "suggest": self.given.get("suggest", ""),
            "disputed": self.disputed(every),
            "editable": self.editable and not self.beside,
            "beside": self.beside,
            "problem": self.problem,
            "done": self.done,
            "here": self.url(),
        }

    def ask(self, sentence):
        """``(text, answers)`` of the pasted sentence."""
        if not sentence.strip():
            return "", ()
        try:
            return sentence, services.sentence_ask(self.element, self.groups, sentence)
        except LineError:
            return "", ()  # the line is shown with its error already
        except ServiceError as error:
            self.problem = self.problem or error.message
            return "", ()

    def suggested(self, pks):
        """``None`` when nobody asked, else what stands where the words stand."""
        asked = self.given.get("suggest", "").strip()
        if not asked:
            return None
        words = self.groups.get(asked.strip("{}｛｝")) or [
            word for word in asked.replace("｜", "|").split("|") if word.strip()
        ]
        return services.words_suggest(pks, [word.strip("[]［］ ") for word in words])

    def disputed(self, every):
        return disputed_sentences(self.checklist, self.code, self.part, [row.pk for row in every])

    def answer(self, status=200):
        """The page, or for HTMX the results."""
        template = "checks/studio/laboratory.html"
        if self.request.htmx:
            # HTMX leaves the page as it is for errors; what is wrong stands in the results.
            return render(self.request, "checks/studio/laboratory_results.html", self.context())
        return render(self.request, template, self.context(), status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def draft_laboratory(request, pk):
    """Try an element's rules. POST reads only: what is typed is held against everything and kept nowhere."""
    return Bench(request, draft=draft_for(request.user, pk)).answer()


@require_http_methods(["GET", "HEAD", "POST"])
def version_laboratory(request, pk):
    """The same on a published version, whose rules can be tried but not changed."""
    studio_for(request.user)
    version = get_object_or_404(ChecklistVersion.objects.select_related("checklist"), pk=pk)
    return Bench(request, version=version).answer()


@require_POST
def laboratory_example(request, pk):
    """Add a sentence to the examples in one act; what is typed in the rules stays typed."""
    draft = draft_for(request.user, pk, author=True)
    bench = Bench(request, draft=draft)
    kind, _colon, place = request.POST.get("add", "").partition(":")
    try:
        row = services.example_add(
            by=request.user,
            draft=draft,
            code=bench.code,
            part=bench.part,
            kind=kind,
            sentence=sentence_at(request, place),
            revision=bench.rows[bench.code][1],
        )
    except ServiceError as error:
        bench.problem = error.message
        return bench.answer(422)
    typed, done = bench.element, example_words(kind)
    bench = Bench(request, draft=draft)
    bench.element = replace(typed, match=bench.stored.match, no_match=bench.stored.no_match)
    bench.done = done
    bench.rows[row.code] = (row.content, row.revision)
    return bench.answer()


@require_POST
def laboratory_rules(request, pk):
    """Write the lines that were tried into the draft."""
    draft = draft_for(request.user, pk, author=True)
    bench = Bench(request, draft=draft)
    try:
        services.rules_keep(
            by=request.user,
            draft=draft,
            code=bench.code,
            part=bench.part,
            rules=bench.element.rules,
            unless=bench.element.unless,
            at_least=bench.element.at_least,
            headings=bench.element.headings,
            revision=_number(request.POST.get("revision"), default=-1),
        )
    except drafts.StaleDraft as error:
        bench.problem = error.message
        return bench.answer(409)
    except ServiceError as error:
        bench.problem = error.message
        return bench.answer(422)
    messages.success(request, _("The rules are in the draft."))
    return redirect(bench.url())


@require_POST
def policy_corpus(request, pk):
    """The lead releases a policy version to the rule corpus, or withdraws it."""
    version = policy_version_for(request.user, pk, Action.MANAGE)
    act = corpus.corpus_withdraw if request.POST.get("act") == "withdraw" else corpus.corpus_release
    try:
        act(by=request.user, policy_version=version)
    except ServiceError as error:
        messages.error(request, error.message)
    else:
        released = is_released(version)
        messages.success(
            request,
            _("Checklist authors may read this text in the rule laboratory now.")
            if released
            else _("The text is out of the rule corpus. Examples that were taken from it stay."),
        )
    return redirect(reverse("policy_version", args=[pk]) + "#corpus")


def sentence_at(request, place):
    """The sentence to be added: cut from a policy of the person's corpus, or as it was pasted."""
    if not place:
        return request.POST.get("sentence", "")
    numbers = [_number(part, default=-1) for part in place.split(":")]
    if len(numbers) != 3:
        raise services.EmptyExample
    version, start, end = numbers
    if not corpus_for(request.user).filter(pk=version).exists():
        raise PermissionDenied
    text = PolicyVersion.objects.values_list("text", flat=True).get(pk=version)
    return text[start:end] if 0 <= start < end else ""


def example_words(kind):
    return _("Added to what must be found.") if kind == "match" else _("Added to what must not be found.")


def _number(text, default=1):
    return int(text) if text and text.isascii() and text.isdigit() else default
