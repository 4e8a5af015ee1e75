"""The plain data of a report → PDF bytes. Knows no database, no network and no clock: same data, same bytes.

Reports issued with the first version of the templates are HTML set by WeasyPrint, here; ``press`` sets all later ones.
"""

import gc
import re
from contextlib import contextmanager

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from .press import print_pdf
from .typesetting import typeset

# What can be made today, by the name that ``context["template"]`` has.
TEMPLATES = {
    "v2/standard": _("Standard report"),
    "v2/executive": _("Executive summary"),
    "v2/regulator": _("Report for the regulator"),
    "v2/papers": _("Working papers"),
}


class RefusedFetch(FatalURLFetchingError):
    """The report tried to load something from outside; it carries everything it needs in itself."""


class NoFetching(URLFetcher):
    """Refuses every address, local files included."""

    def fetch(self, url, headers=None):
        raise RefusedFetch(f"The report may not load {url[:200]!r}.")


def render_pdf(context: dict) -> bytes:
    """The report that ``context.build_context`` describes, in the language and template version it names.

    Raises RefusedFetch when a template asks for anything outside itself.
    """
    if context["template"] != "v1":
        return print_pdf(context)
    with _collector_paused():
        document = HTML(string=render_html(context), url_fetcher=NoFetching())
        return document.write_pdf(pdf_identifier=context["digests"]["context"][:32].encode(), pdf_tags=True)


def render_html(context: dict) -> str:
    """The HTML that a report of the first version is printed from: for tests and for looking at."""
    with translation.override(context["language"]):
        html = render_to_string(f"checks/rendering/{context['template']}/report.html", _with_views(context))
    return typeset(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", html))


# Control characters and the like in a damaged policy: shown as what they are.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@contextmanager
def _collector_paused():
    """Layout builds a million small objects and drops none; looking for garbage meanwhile costs a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _with_views(context: dict) -> dict:
    """The context plus the same findings arranged the way the pages go through them."""
    by_code = {finding["code"]: finding for finding in context["findings"]}
    gaps = [by_code[code] for code in context["summary"]["gaps"]]
    return {
        **context,
        "gaps": gaps,
        "gravest": gaps[:5],
        "chapters": [
            {**domain, "findings": [item for item in context["findings"] if item["domain"] == domain["id"]]}
            for domain in context["domains"]
        ],
        "bars": _bars(context["domains"]),
        "unverified": any(not basis["verified"] for item in context["findings"] for basis in item["legal_bases"]),
    }


BAR_STEP = 12  # distance from one bar to the next, in the drawing's units
BAR_LENGTH = 270
BAR_PARTS = ("compliant", "partial", "non_compliant")


def _bars(domains: list[dict]) -> dict:
    """Where each bar of the score chart goes; the template only draws."""
    rows = [{**domain, "top": BAR_STEP * row, "base": BAR_STEP * row + 7} for row, domain in enumerate(domains)]
    for row in rows:
        row["applicable"] = sum(row["counts"][part] for part in BAR_PARTS)
        row["parts"] = _bar_parts(row["counts"], row["applicable"])
    return {"rows": rows, "height": BAR_STEP * len(rows), "length": BAR_LENGTH}


def _bar_parts(counts: dict, total: int) -> list[dict]:
    parts, left = [], 0.0
    for name in BAR_PARTS:
        if counts[name]:
            width = round(BAR_LENGTH * counts[name] / total, 2)
            parts.append({"verdict": name, "left": round(left, 2), "width": width})
            left += width
    return parts
