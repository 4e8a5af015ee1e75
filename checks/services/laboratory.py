"""The rule laboratory over stored policies: rules in the making against the corpus of one person.

Texts of policy versions never change, so what was made ready of them stays in memory, up to a limit; so does what the
lines of rules hit in them.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from ..engine.conditions import ConditionError, parse_condition
from ..engine.laboratory import (
    KINDS,
    Corpus,
    Hit,
    LineError,
    Prepared,
    Search,
    compare,
    idle_rules,
    prepare,
    tally,
    try_examples,
)
from ..engine.synonyms import suggest
from ..engine.whynot import why_not
from ..models import PolicyVersion
from .drafts import requirement_save
from .errors import ServiceError

CHARACTERS = 8_000_000  # of texts kept ready in this process
CORPORA = 4  # selections of texts whose hits are remembered
AT_ONCE = 1.5  # seconds of making texts ready in one request; the rest comes with the next
LONGEST_SENTENCE = 5_000  # characters that "why not" reads


class NoSuchElement(ServiceError):
    text = _("There is no element or signal %(part)s in %(code)s.")


class EmptyExample(ServiceError):
    text = _("Choose or write a sentence first.")


class ExampleThere(ServiceError):
    text = _("This sentence is an example of this element already.")


class SentenceTooLong(ServiceError):
    text = _("Paste a sentence or a few lines, not a whole policy (at most %(longest)s characters).")


@dataclass(frozen=True)
class Element:
    """What the laboratory needs to know of an element, a signal or a trigger."""

    rules: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    at_least: int = 1
    headings: bool = False
    fact: str = ""
    match: tuple[str, ...] = ()
    no_match: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry):
        """From an entry of a checklist's source, however unfinished it is."""
        examples = entry.get("examples") or {}
        return cls(
            lines_of(entry.get("rules")),
            lines_of(entry.get("unless")),
            entry.get("at_least") if isinstance(entry.get("at_least"), int) else 1,
            bool(entry.get("headings")),
            str(entry.get("fact") or ""),
            lines_of(examples.get("match") if isinstance(examples, dict) else ()),
            lines_of(examples.get("no_match") if isinstance(examples, dict) else ()),
        )

    def search(self, groups):
        """Compiled; raises the engine's LineError."""
        return Search(
            self.rules,
            groups,
            unless=self.unless,
            at_least=self.at_least,
            headings=self.headings,
            fact=self.condition,
        )

    @property
    def readable_fact(self):
        """The fact as written, if it can be read."""
        return self.fact if self.condition else ""

    @property
    def condition(self):
        """The fact as a condition; ``None`` without one, or while it cannot be read: the editor says what is wrong."""
        try:
            return parse_condition(self.fact, frozenset()) if self.fact else None
        except ConditionError:
            return None


def lines_of(lines):
    """Lines without blanks around them; what is empty or no text is left out."""
    return tuple(line.strip() for line in lines or () if isinstance(line, str) and line.strip())


def parts_of(content):
    """The trigger, elements and signals of a requirement's content: ``[(id, entry)]``."""
    trigger = content.get("trigger")
    found = [("trigger", {"title_zh": content.get("trigger_zh") or ""} | trigger)] if isinstance(trigger, dict) else []
    entries = [*(content.get("elements") or ()), *(content.get("signals") or ())]
    return found + [(str(entry.get("id", "")), entry) for entry in entries if isinstance(entry, dict)]


def part_of(content, part):
    """The entry with this id; raises NoSuchElement."""
    for name, entry in parts_of(content):
        if name == part:
            return entry
    raise NoSuchElement(part=part, code=content.get("code", ""))


def groups_of(head, content):
    """The term groups that a requirement's rules may name; what is no list of terms is left out."""
    named = {**(head.get("groups") or {}), **(content.get("groups") or {})}
    return {name: words for name, words in named.items() if isinstance(words, list) and lines_of(words)}


class _Shelf:
    """Texts made ready, the latest used last; and the corpora made of them."""

    def __init__(self):
        self.lock = threading.Lock()
        self.texts: OrderedDict[tuple, Prepared] = OrderedDict()  # by number and hash of the file
        self.corpora: OrderedDict[tuple, Corpus] = OrderedDict()

    def corpus(self, pks, seconds=0.0):
        """``(versions, Corpus)`` of those policy versions that are ready after so many seconds, in the order given."""
        until = time.monotonic() + seconds
        known = dict(PolicyVersion.objects.filter(pk__in=pks).values_list("pk", "sha256"))
        names = [(pk, known[pk]) for pk in pks if pk in known]
        for name in names:
            if name not in self.texts:
                if time.monotonic() > until:
                    break
                self.put(name, prepare(PolicyVersion.objects.values_list("text", flat=True).get(pk=name[0])))
        with self.lock:
            key = tuple(name for name in names if name in self.texts)
            for name in key:
                self.texts.move_to_end(name)
            if key not in self.corpora:
                self.corpora[key] = Corpus([self.texts[name] for name in key])
            self.corpora.move_to_end(key)
            while len(self.corpora) > CORPORA:
                self.corpora.popitem(last=False)
            return tuple(pk for pk, _sha256 in key), self.corpora[key]

    def put(self, name, text):
        with self.lock:
            self.texts[name] = text
            size = sum(len(each.original) for each in self.texts.values())
            while size > CHARACTERS and len(self.texts) > 1:
                size -= len(self.texts.popitem(last=False)[1].original)


_shelf = _Shelf()


@dataclass
class Line:
    """One sentence of the corpus as the laboratory shows it: ``kind`` is new, lost or same."""

    version: int  # of the policy
    kind: str
    start: int
    end: int
    pieces: tuple  # (text, whether a rule matched it)
    rules: tuple[int, ...]


@dataclass
class Trial:
    """What rules hit in the corpus. ``error`` is the line that cannot be read; then there is nothing else."""

    error: LineError | None = None
    counts: dict = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    lines: list = field(default_factory=list)
    shown: int = 0  # sentences of the chosen kinds
    read: int = 0  # policies looked at
    waiting: int = 0  # policies not made ready yet
    milliseconds: int = 0


def rules_try(*, pks, now, before, groups, groups_before=None, kinds=KINDS, first=0, most=50, seconds=AT_ONCE):
    """Hold an element's rules (``now``) against policy versions, beside those of another version (``before``).

    ``pks`` are the policy versions, chosen by the caller from the person's corpus. Of the sentences of ``kinds``,
    ``most`` come back, beginning with number ``first``. Texts that are not ready after ``seconds`` are left waiting.
    """
    there, corpus = _shelf.corpus(pks, seconds)
    trial = Trial(read=len(there), waiting=len(pks) - len(there))
    clock = time.perf_counter()
    try:
        search = now.search(groups)
    except LineError as error:
        trial.error = error
        return trial
    try:
        old = before.search(groups if groups_before is None else groups_before)
    except LineError:  # a published element can be read; this one was never published
        old = Element().search({})
    with _shelf.lock:
        mine, theirs = corpus.found(search), corpus.found(old)
    trial.counts = tally(mine, theirs)
    changes = compare(mine, theirs, kinds)
    trial.shown = len(changes)
    for text, index, kind in changes[first : first + most]:
        (hit,) = (old if kind == "lost" else search).hits_in(corpus.texts[text], 1 << index)
        trial.lines.append(_line(there[text], corpus.texts[text].original, kind, hit))
    trial.milliseconds = round((time.perf_counter() - clock) * 1000)
    return trial


def _line(version, text, kind, hit: Hit):
    return Line(version, kind, hit.start, hit.end, pieces(text, hit.start, hit.end, hit.marks), hit.rules)


def pieces(text, start, end, marks):
    """A stretch of a text cut where marks begin and end: ``(text, marked)``."""
    found, at = [], start
    for begin, stop in marks:
        begin, stop = max(begin, at), min(stop, end)
        if begin < stop:
            found += [(text[at:begin], False), (text[begin:stop], True)]
            at = stop
    found.append((text[at:end], False))
    return tuple(piece for piece in found if piece[0])


@dataclass(frozen=True)
class Tried:
    """The examples of an element under its rules: their results, the rules no example needs."""

    results: tuple = ()
    idle: tuple[int, ...] = ()

    @property
    def failing(self):
        return [each for each in self.results if not each.passes]

    @property
    def passing(self):
        return [each for each in self.results if each.passes]


def examples_try(element, groups):
    """Hold an element's own examples against its rules; nothing for rules that cannot be read."""
    try:
        search = element.search(groups)
    except LineError:
        return Tried()
    results = try_examples(search, element.match, element.no_match)
    return Tried(results, idle_rules(search, results))


def sentence_ask(element, groups, sentence):
    """Why the rules do not hit a pasted text: the engine's Answers, sentence by sentence.

    Raises SentenceTooLong, and the engine's LineError for a rule that cannot be read.
    """
    if len(sentence) > LONGEST_SENTENCE:
        raise SentenceTooLong(longest=LONGEST_SENTENCE)
    return why_not(element.search(groups), prepare(sentence))


def rules_behind(element, groups, places):
    """Which rules hit what auditors kept and took away: ``[(rule, kept, taken)]`` in the order of the rules.

    ``places`` are ``(policy version, start, end, taken)``. Rules that cannot be read give nothing.
    """
    try:
        search = element.search(groups)
    except LineError:
        return []
    kept, taken = [0] * len(search.rules), [0] * len(search.rules)
    there, corpus = _shelf.corpus(sorted({place[0] for place in places}), AT_ONCE)
    number = {pk: index for index, pk in enumerate(there)}
    with _shelf.lock:
        lines = corpus.lines(search.rules)
    for pk, start, end, away in places:
        if pk not in number:
            continue
        text = corpus.texts[number[pk]]
        bits = text.bits_between(start, end)
        for rule, line in enumerate(lines):
            if line.get(number[pk], 0) & bits:
                (taken if away else kept)[rule] += 1
    return list(zip(element.rules, kept, taken, strict=True))


def words_suggest(pks, words, limit=12):
    """Words that stand where these stand in the policies: ``[(Suggestion, policy version, its sentence)]``."""
    there, corpus = _shelf.corpus(pks, AT_ONCE)
    found = suggest(words, corpus.texts, limit=limit)
    return [(each, there[each.text], corpus.texts[each.text].original[each.start : each.end]) for each in found]


def example_add(*, by, draft, code, part, kind, sentence, revision):
    """Add a sentence to the ``match`` or ``no_match`` examples of an element of a draft, and return its row.

    Raises EmptyExample, ExampleThere, SentenceTooLong, NoSuchElement and what ``requirement_save`` raises.
    """
    sentence = sentence.strip()
    if not sentence or kind not in ("match", "no_match"):
        raise EmptyExample
    if len(sentence) > LONGEST_SENTENCE:
        raise SentenceTooLong(longest=LONGEST_SENTENCE)

    def change(entry):
        examples = {**(entry.get("examples") or {})}
        if sentence in [*(examples.get("match") or ()), *(examples.get("no_match") or ())]:
            raise ExampleThere
        examples[kind] = [*(examples.get(kind) or ()), sentence]
        return entry | {"examples": examples}

    return _part_save(by, draft, code, part, revision, change)


def rules_keep(*, by, draft, code, part, rules, unless, at_least, headings, revision):
    """Write what was tried into the element of the draft and return its row. Raises as ``requirement_save``.

    Lines that cannot be read are kept too: a draft may be unfinished, and says so.
    """

    def change(entry):
        changed = entry | {"rules": list(lines_of(rules))}
        if lines_of(unless) or "unless" in entry:
            changed["unless"] = list(lines_of(unless))
        for name, value, usual in (("at_least", at_least, 1), ("headings", headings, False)):
            if value != usual or name in entry:
                changed[name] = value
        return changed

    return _part_save(by, draft, code, part, revision, change)


def _part_save(by, draft, code, part, revision, change):
    row = draft.requirements.filter(code=code).first()
    content = row.content if row else {}
    part_of(content, part)
    if part == "trigger":
        changed = content | {"trigger": change(content["trigger"])}
    else:
        changed = content | {
            name: [change(entry) if entry.get("id") == part else entry for entry in content[name]]
            for name in ("elements", "signals")
            if content.get(name)
        }
    return requirement_save(by=by, draft=draft, code=code, content=changed, revision=revision)
