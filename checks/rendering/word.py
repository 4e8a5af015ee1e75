"""A report's data as a Word file that the auditee's lawyers can work on: headings, styles, tables, a contents field."""

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _
from docx.enum.text import WD_BREAK

from . import rows, wordfile
from .opinion import GAPS
from .words import day, interface_language, marked, moment, printable_data, said, word

MEDIA_TYPE = wordfile.MEDIA_TYPE
GRAVEST = 5


def render_word(context: dict) -> bytes:
    """The report that ``context.build_context`` describes → DOCX, in the report's language."""
    context = printable_data(context)
    with translation.override(interface_language(context["language"])):
        title = _("Privacy policy compliance audit report")
        document = wordfile.new_document(
            title=f"{title} {context['number']}",
            author=organisation(context),
            created=datetime.fromisoformat(context["created_at"]).replace(tzinfo=None),
        )
        wordfile.add_running(document, _running_head(context), page_words())
        _cover(document, context)
        _summary(document, context)
        _findings(document, context)
        if context["observations"]:
            _observations(document, context)
        _plan(document, context)
        _signatures(document, context)
        return wordfile.save(document)


def organisation(context: dict) -> str:
    """Who audited, as the house calls itself; the program's name where nothing was set."""
    names = context.get("house", {}).get("organisation", {})
    suffixes = ("en", "zh") if context["language"] == "en" else ("zh", "en")
    return next((names[suffix] for suffix in suffixes if names.get(suffix)), "PolicyAudit")


def page_words() -> tuple[str, str, str]:
    """The words before, between and after the page and the number of pages."""
    before, _page, rest = _("Page {page} of {pages}").partition("{page}")
    between, _pages, after = rest.partition("{pages}")
    return before, between, after


def _running_head(context):
    name = f"{context['auditee']} · {context['product']} · {context['number']}"
    return rows.with_draft_mark(context, name)


def _cover(document, context):
    wordfile.add_paragraph(document, _("Privacy policy compliance audit report"), "Title")
    wordfile.add_paragraph(document, f"{context['auditee']} · {context['product']}", "Subtitle")
    if rows.is_draft(context):
        document.add_paragraph().add_run(_("Draft: nobody has signed what stands here.")).bold = True
    wordfile.add_facts(document, rows.subject_rows(context))
    wordfile.add_paragraph(
        document,
        _("This file is for working with. What counts is the PDF report; its number and digests stand above."),
        "Caption",
    )
    wordfile.add_paragraph(document, _("Contents"), "Subtitle").paragraph_format.page_break_before = True
    wordfile.add_contents(document, _chapters(context))
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _chapters(context):
    """What stands in headings of the first level, in their order."""
    beyond = [_("Observations beyond the checklist")] if context["observations"] else []
    domains = [said(domain["title"]).replace("\n", " ") for domain in context["domains"]]
    return [_("Summary"), *domains, *beyond, _("Remediation plan"), _("Signature")]


def _summary(document, context):
    wordfile.add_heading(document, _("Summary"), 1)
    summary = context["summary"]
    opinion = rows.labelled(_("Overall opinion"), word(summary["opinion"]))
    document.add_paragraph().add_run(opinion).bold = True
    if context["scope"]:
        document.add_paragraph(rows.labelled(_("Scope"), context["scope"]))
    verdicts = list(summary["counts"])
    wordfile.add_table(
        document,
        [_("Domain"), *(marked(verdict) for verdict in verdicts)],
        [
            *([said(row["title"]), *(row["counts"][verdict] for verdict in verdicts)] for row in context["domains"]),
            [_("Total"), *(summary["counts"][verdict] for verdict in verdicts)],
        ],
        [4.0, *[12.0 / len(verdicts)] * len(verdicts)],
    )
    by_code = {finding["code"]: finding for finding in context["findings"]}
    gravest = [by_code[code] for code in summary["gaps"][:GRAVEST]]
    if gravest:
        wordfile.add_heading(document, _("The gravest gaps"), 2)
    for finding in gravest:
        _bullet(document, f"{said(finding['title'])} ({word(finding['severity'])}, {word(finding['verdict'])})")


def _findings(document, context):
    for domain in context["domains"]:
        wordfile.add_heading(document, said(domain["title"]).replace("\n", " "), 1)
        for finding in context["findings"]:
            if finding["domain"] == domain["id"]:
                _finding(document, finding)


def _finding(document, finding):
    wordfile.add_heading(document, f"{finding['position']}  {said(finding['title'])}", 2)
    facts = [
        [_("Verdict"), f"{marked(finding['verdict'])} · {word(finding['severity'])} · {finding['code']}"],
        [_("Legal basis"), "\n".join(rows.legal_basis(basis) for basis in finding["legal_bases"])],
        [_("Question"), said(finding["question"])],
    ]
    if gaps := rows.missing(finding):
        facts.append([_("What is missing"), "\n".join(gaps)])
    if finding.get("owner") or finding.get("due"):
        facts.append([_("Owner and due date"), f"{finding.get('owner') or '—'} · {day(finding.get('due', '')) or '—'}"])
    wordfile.add_facts(document, facts)
    _labelled(document, _("Rationale"), said(finding["rationale"]))
    if finding["reason"]:
        _labelled(document, _("Reason"), f"{finding['reason']} ({finding['decided_by']}, {day(finding['decided_at'])})")
    _quotes(document, finding["evidence"], _("Evidence"))
    if not finding["evidence"] and finding["searched"]["nearest"]:
        _quotes(document, finding["searched"]["nearest"], _("Closest passages, which do not suffice"))
    if finding["verdict"] in GAPS:
        _labelled(document, _("Remediation"), said(finding["remediation"]))


def _quotes(document, pieces, label):
    if pieces:
        wordfile.add_heading(document, label, 3)
    for piece in pieces:
        paragraph = wordfile.add_paragraph(document, style="Quote")
        paragraph.add_run(f"{piece.get('number', '')} {rows.where(piece)}".lstrip()).bold = True
        paragraph.add_run(piece["quote"])


def _labelled(document, label, text):
    wordfile.add_heading(document, label, 3)
    for line in text.splitlines():
        if line.strip():
            document.add_paragraph(line)


def _bullet(document, text):
    wordfile.add_paragraph(document, text, "ListBullet")


def _observations(document, context):
    wordfile.add_heading(document, _("Observations beyond the checklist"), 1)
    for row in context["observations"]:
        wordfile.add_heading(document, f"O{row['number']}  {row['title']}", 2)
        facts = [[_("Severity"), word(row["severity"])], [_("Legal basis"), "\n".join(row["legal_basis"]) or "—"]]
        wordfile.add_facts(document, facts)
        _labelled(document, _("Facts"), row["facts"])
        _quotes(document, row["evidence"], _("Evidence"))
        if row["remediation"]:
            _labelled(document, _("Remediation"), row["remediation"])


def _plan(document, context):
    wordfile.add_heading(document, _("Remediation plan"), 1)
    content = [
        [
            number,
            f"{title}\n{code}",
            f"{severity}\n{verdict}".strip(),
            action,
            owner,
            due,
        ]
        for number, code, title, severity, verdict, action, _bases, owner, due in rows.plan_rows(context)
    ]
    if not content:
        document.add_paragraph(_("Nothing has to be remedied."))
        return
    heads = [
        "#", _("What is to be remedied"), _("Severity"), _("Remediation"), _("Owner"), _("Due date"),
    ]  # fmt: skip
    wordfile.add_table(document, heads, content, [1.0, 4.2, 2.2, 5.2, 1.7, 1.7])


def _signatures(document, context):
    wordfile.add_heading(document, _("Signature"), 1)
    signed = context["sign_off"]
    if not signed["signed_by"]:
        document.add_paragraph(_("Not signed: this is a draft."))
    else:
        facts = [
            [_("Signed off by"), signed["signed_by"]],
            [_("Signed off at"), moment(signed["signed_at"])],
            [_("Decided by"), "\n".join(f"{row['name']} ({row['findings']})" for row in signed["deciders"])],
        ]
        if signed["statement"]:
            facts.append([_("Statement"), signed["statement"]])
        wordfile.add_facts(document, facts)
