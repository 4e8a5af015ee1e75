"""The stylesheet's promises that can be computed: contrast in both themes, and one dark theme, written twice."""

import re

import pytest
from django.conf import settings

CSS = (settings.BASE_DIR / "static" / "policyaudit.css").read_text("utf-8")
VERDICTS = ("compliant", "partial", "non-compliant", "not-applicable", "undetermined")
TEXT = 4.5  # WCAG AA
EDGE = 3.0  # controls and focus
PAIRS = [
    *[(verdict, ground, TEXT) for verdict in VERDICTS for ground in (f"{verdict}-wash", "paper", "sheet")],
    *[(ink, ground, TEXT) for ink in ("ink", "ink-soft", "accent") for ground in ("paper", "sheet", "shade")],
    ("accent", "accent-wash", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("ink", "mark", TEXT),
    ("ink", "mark-strong", TEXT),
    *[("line-strong", ground, EDGE) for ground in ("paper", "sheet")],
    *[("focus", ground, EDGE) for ground in ("paper", "sheet", "shade")],
]


def tokens(selector):
    block = re.search(re.escape(selector) + r" \{(.*?)\n\s*\}", CSS, re.S)[1]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour):
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
def test_everything_can_be_read(selector):
    colours = tokens(selector)
    poor = {
        (ink, ground): round(contrast(colours[ink], colours[ground]), 2)
        for ink, ground, needed in PAIRS
        if contrast(colours[ink], colours[ground]) < needed
    }
    assert not poor


def test_dark_by_choice_is_dark_by_system():
    assert tokens(':root[data-theme="dark"]') == tokens(':root[data-theme="auto"]')
    assert set(tokens(':root[data-theme="dark"]')) == set(tokens(":root"))


def test_nothing_comes_from_elsewhere():
    assert not re.search(r"@import|url\(", CSS)
