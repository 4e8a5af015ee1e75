import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.rendering.typesetting import typeset


def shown(html):
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<p>第3条</p>", '<p>第<span class="ba">3</span>条</p>'),
        ("<p>使用SDK。</p>", '<p>使用<span class="b">SDK</span>。</p>'),
        ("<p>GB/T 35273规范</p>", '<p><span class="a">GB/T 35273</span>规范</p>'),
        ("<p>甲&amp;B乙</p>", '<p>甲<span class="ba">&amp;B</span>乙</p>'),
        ("<p>（甲）。</p>", '<p>（甲<span class="sq">）</span>。</p>'),
        ("<p>（《甲》）</p>", '<p>（<span class="sq">《</span>甲<span class="sq">》</span>）</p>'),
        ("<p>only Latin (3)</p>", "<p>only Latin (3)</p>"),
        ("<style>.第3条 { }</style>", "<style>.第3条 { }</style>"),
        ("<svg><text>第3条</text></svg>", "<svg><text>第3条</text></svg>"),
        ('<p title="第3条">无</p>', '<p title="第3条">无</p>'),
    ],
)
def test_spacing_and_squeezing(html, wanted):
    assert typeset(html) == wanted


@given(st.text(alphabet="甲乙第条（）《》“”，。；：aZ3 %/.\n&<>'\""))
def test_no_character_is_added_lost_or_moved(text):
    from django.utils.html import escape

    assert shown(typeset(f"<p>{escape(text)}</p>")) == text
