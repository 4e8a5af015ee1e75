"""The audited policy as a Word file with the auditors' proposals as comments, each at the place it is about.

The policy's text stands there as it was read, line for line; nothing is put into it but the anchors of the comments.
"""

from bisect import bisect_right
from datetime import datetime
from itertools import pairwise, takewhile

from django.utils import translation
from django.utils.translation import gettext as _

from . import rows, wordfile
from .opinion import gravest_first
from .word import organisation, page_words
from .words import interface_language, printable, printable_data, said, word

MEDIA_TYPE = wordfile.MEDIA_TYPE
MAX_LEVEL = 3
HEADING_LENGTH = 40  # characters


def render_markup(context: dict, text: str, sections: list[dict]) -> bytes:
    """The policy's text → DOCX with a comment per gap and per observation.

    ``sections`` are its headings, ``[{"start", "level", …}]``. A comment stands at the finding's first quoted place;
    where something is missing, at the sentence that comes closest, else at the end of the text. ``context`` and
    ``text`` belong together: the offsets of the one count characters of the other.
    """
    context, text = printable_data(context), printable(text)
    with translation.override(interface_language(context["language"])):
        document = wordfile.new_document(
            title=f"{context['policy']['name']} v{context['policy']['version']}",
            author=organisation(context),
            created=datetime.fromisoformat(context["created_at"]).replace(tzinfo=None),
        )
        document.styles["Normal"].paragraph_format.space_after = 0  # empty lines of the text keep paragraphs apart
        head = (
            f"{context['auditee']} · {context['policy']['name']} v{context['policy']['version']} · {context['number']}"
        )
        wordfile.add_running(document, rows.with_draft_mark(context, head), page_words())
        notes = [*_finding_notes(context, text), *_observation_notes(context, text)]
        runs = _write(document, text, {row["start"]: row["level"] for row in sections}, [note[0] for note in notes])
        for (start, end), author, comment in notes:
            covered = _runs_between(runs, start, end)
            if covered:
                document.add_comment(covered, text=comment, author=author, initials=author[:2])
        return wordfile.save(document)


def _finding_notes(context, text):
    for finding in gravest_first(context["findings"]):
        place, others = _anchor(finding, text)
        lines = [
            f"【{word(finding['verdict'])} · {word(finding['severity'])}】{said(finding['title'])} ({finding['code']})",
            rows.labelled(_("Legal basis"), rows.joined(rows.legal_basis(basis) for basis in finding["legal_bases"])),
        ]
        if gaps := rows.missing(finding):
            lines.append(rows.labelled(_("What is missing"), rows.joined(gaps)))
        if finding["reason"]:
            lines.append(rows.labelled(_("Reason"), finding["reason"]))
        lines.append(rows.labelled(_("Proposed wording or measure"), said(finding["remediation"])))
        if not finding["evidence"]:
            near = finding["searched"]["nearest"]
            lines.append(
                _("The passage closest to it stands here.") if near else _("The policy says nothing about it.")
            )
        elif others:
            lines.append(
                rows.labelled(
                    _("See also"), rows.joined(rows.where(piece).strip() or piece["number"] for piece in others)
                )
            )
        yield place, finding["decided_by"] or organisation(context), "\n".join(lines)


def _observation_notes(context, text):
    for row in context["observations"]:
        places = row["evidence"]
        lines = [f"【{word(row['severity'])}】O{row['number']} {row['title']}", row["facts"]]
        if row["legal_basis"]:
            lines.append(rows.labelled(_("Legal basis"), rows.joined(row["legal_basis"])))
        if row["remediation"]:
            lines.append(rows.labelled(_("Proposed wording or measure"), row["remediation"]))
        place = (places[0]["start"], places[0]["end"]) if places else _last_line(text)
        yield place, row["written_by"], "\n".join(lines)


def _anchor(finding, text):
    """Where the comment goes, and the other quoted places it is about."""
    if finding["evidence"]:
        first, *others = finding["evidence"]
        return (first["start"], first["end"]), others
    if near := finding["searched"]["nearest"]:
        return (near[0]["start"], near[0]["end"]), []
    return _last_line(text), []


def _last_line(text):
    """The last line that says something: where a missing chapter would be added."""
    end = len(text.rstrip())
    return text.rfind("\n", 0, end) + 1, end


def _write(document, text, levels, places):
    """The text, a paragraph per line, a run per piece between two ends of places; [(start, end, run)] in order."""
    cuts = sorted({edge for place in places for edge in place})
    runs, start = [], 0
    for line in text.split("\n"):
        end = start + len(line)
        level = levels.get(start + len(line) - len(line.lstrip()))
        style = f"Heading{min(level, MAX_LEVEL)}" if level and _is_heading(line.strip()) else ""
        paragraph = wordfile.add_paragraph(document, style=style)
        inner = cuts[bisect_right(cuts, start) : bisect_right(cuts, end - 1)]
        for left, right in pairwise([start, *inner, end]):
            if left < right:
                runs.append((left, right, paragraph.add_run(text[left:right])))
        start = end + 1
    return runs


def _is_heading(line):
    """A numbered paragraph begins a section too; only a short line without a sentence is set as a heading."""
    return 0 < len(line) <= HEADING_LENGTH and not line.endswith(("。", "；", "：", ";", ":", "."))


def _runs_between(runs, start, end):
    """The runs a place covers; they begin and end where places do."""
    first = bisect_right(runs, start, key=lambda run: run[1])
    return [run for _left, _right, run in takewhile(lambda run: run[0] < end, runs[first:])]
