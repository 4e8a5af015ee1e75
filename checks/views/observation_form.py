"""The desk at which an observation is written: its form, its places, and the small buttons that change nothing yet."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..forms.observations import ObservationForm, PlacesField
from ..services.observations import find_quote

SMALL_BUTTONS = ("find", "take", "drop", "choose")  # find words, take a place, drop one, pick a legal basis
CLAUSE_SHOWN = 28  # characters of a clause in the list of clauses


class Desk:
    """The form of one observation while it is being written.

    ``data`` is what was posted, if anything. Buttons that only move things about are done here, at once; whether the
    form is to be saved says ``is_saving``. ``candidates`` are places of words that stand in the text more than once.
    """

    def __init__(self, audit, data, *, initial=None, revising=False):
        self.audit = audit
        self.text = audit.policy_version.text
        self.posted = data is not None
        self.stale, self.problem = False, ""
        self.candidates = []
        self._lost = ""
        initial = dict(initial or {})
        self.pairs = initial.pop("places", [])
        if self.posted:
            data = data.copy()
            self._saving = not any(button in data for button in SMALL_BUTTONS)
            self.pairs = self.read_places(data.get("places", ""), len(self.text))
            self._move_about(data)
            data["places"] = PlacesField.write(self.pairs)
        else:
            self._saving = False
            initial["places"] = PlacesField.write(self.pairs)
        arguments = {"clauses": clauses(audit), "revising": revising}
        self.form = ObservationForm(data, initial=initial, **arguments)
        if self.posted and not self._saving:
            self._unbind_errors()
        elif self.posted and (self._lost or self.candidates) and self.form.errors is not None:  # checks the form first
            self.form.add_error("words", self._lost or self.ambiguous)

    @staticmethod
    def read_places(value, length):
        """The places of an address or a hidden field that lie inside the text; nonsense is ignored."""
        try:
            return [pair for pair in PlacesField.read(value) if pair[1] <= length]
        except ValueError:
            return []

    def is_saving(self):
        return self._saving

    @property
    def refused(self):
        """Whether the form was posted to be saved and comes back."""
        return self.posted and self._saving

    @property
    def ambiguous(self):
        count = len(self.candidates)
        text = ngettext(
            "These words stand in the text in %(count)s place. Choose it.",
            "These words stand in the text in %(count)s places. Choose one or more of them.",
            count,
        )
        return text % {"count": count}

    def data(self):
        """What the service gets of a valid form."""
        names = ("title", "severity", "facts", "basis", "remediation", "note", "revision")
        cleaned = self.form.cleaned_data
        data = {name: cleaned[name] for name in names if name in self.form.fields}
        if "note" not in self.form.fields:
            data.pop("revision")
        elif data["revision"] is None:
            data["revision"] = -1  # a form without it is out of date
        return {**data, "places": self.pairs}

    def meet(self, revision):
        """Somebody was faster: what was typed stays, and the next save is about what there is now."""
        self.form.data = self.form.data.copy()
        self.form.data["revision"] = revision

    @property
    def places(self):
        return [self.place(*pair) for pair in self.pairs]

    def place(self, start, end):
        around = 24
        return {
            "key": f"{start}-{end}",
            "start": start,
            "end": end,
            "quote": self.text[start:end],
            "before": self.text[max(0, start - around) : start].replace("\n", " "),
            "after": self.text[end : end + around].replace("\n", " "),
            "clause": clause_at(self.audit, start),
        }

    def _move_about(self, data):
        if "drop" in data:
            self.pairs = [pair for pair in self.pairs if f"{pair[0]}-{pair[1]}" != data["drop"]]
        if "take" in data:
            self._add(self.read_places(data["take"], len(self.text)))
            data["words"] = ""
        if "choose" in data and data.get("pick", "").strip():
            lines = [*data.get("basis", "").splitlines(), data["pick"].strip()]
            data["basis"] = "\n".join(dict.fromkeys(line for line in lines if line.strip()))
            data["pick"] = ""
        elif self._saving and data.get("pick", "").strip():
            lines = [*data.get("basis", "").splitlines(), data["pick"].strip()]
            data["basis"], data["pick"] = "\n".join(dict.fromkeys(line for line in lines if line.strip())), ""
        if "find" in data or self._saving:
            self._find(data)

    def _find(self, data):
        if chosen := self.read_places(data.get("clause", ""), len(self.text)):
            self._add(chosen)
            data["clause"] = ""
        words = data.get("words", "")
        if not words.strip():
            return
        found = [pair for pair in find_quote(self.text, words) if pair not in self.pairs]
        if len(found) == 1:
            self._add(found)
            data["words"] = ""
        elif found:
            self.candidates = [self.place(*pair) for pair in found[:20]]
        elif find_quote(self.text, words):
            data["words"] = ""  # chosen already
        else:
            self._lost = _("These words do not stand in the text like this. Copy them from the policy.")

    def _add(self, pairs):
        self.pairs = sorted({*self.pairs, *pairs})

    def _unbind_errors(self):
        """A small button is no attempt to save: only what concerns it is said."""
        self.form.full_clean()
        self.form.errors.clear()
        if self._lost:
            self.form.add_error("words", self._lost)


def clause_at(audit, offset):
    before = [clause for clause in audit.outline.get("clauses", ()) if clause[0] <= offset]
    return before[-1][2] if before else ""


def clauses(audit):
    """The clauses of the policy for a list to choose from: ("12-40", "二（一） 我们收集…")."""
    text = audit.policy_version.text
    rows = []
    for start, end, label, _section in audit.outline.get("clauses", ()):
        words = " ".join(text[start:end].split())
        short = words if len(words) <= CLAUSE_SHOWN else words[:CLAUSE_SHOWN] + "…"
        rows.append((f"{start}-{end}", f"{label} · {short}" if label else short))
    return rows
