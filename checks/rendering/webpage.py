"""A report's data as one HTML file: no script, nothing from outside, readable on a phone and printable."""

import base64
import hashlib
from functools import cache

from django.template.loader import get_template, render_to_string
from django.utils import translation

from . import rows
from .opinion import GAPS
from .words import interface_language, printable, said

MEDIA_TYPE = "text/html; charset=utf-8"


def render_page(context: dict) -> bytes:
    """The report that ``context.build_context`` describes → one HTML file, in the report's language.

    Its own content security policy allows its one stylesheet, by its digest, and nothing else.
    """
    language = interface_language(context["language"])
    with translation.override(language):
        style, style_hash = _style()
        verdicts = list(context["summary"]["counts"])
        html = render_to_string(
            "checks/rendering/page/report.html",
            {
                "context": context,
                "lang": "en" if language == "en" else "zh-Hans",
                "style": style,
                "style_hash": style_hash,
                "draft": rows.is_draft(context),
                "facts": rows.subject_rows(context),
                "verdicts": verdicts,
                "results": [
                    (said(domain["title"]), [domain["counts"][verdict] for verdict in verdicts])
                    for domain in context["domains"]
                ],
                "chapters": [
                    {
                        **domain,
                        "findings": [_shown(row) for row in context["findings"] if row["domain"] == domain["id"]],
                    }
                    for domain in context["domains"]
                ],
                "plan": rows.plan_rows(context),
                "plan_heads": rows.plan_heads(),
            },
        )
    return printable(html).encode()


def _shown(finding):
    bases = [rows.legal_basis(basis) for basis in finding["legal_bases"]]
    return {**finding, "bases": bases, "gaps": rows.missing(finding), "is_gap": finding["verdict"] in GAPS}


@cache
def _style():
    style = get_template("checks/rendering/page/page.css").template.source
    return style, f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"
