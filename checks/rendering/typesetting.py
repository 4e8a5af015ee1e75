"""Chinese typesetting that WeasyPrint does not do itself: space between Chinese and Latin, squeezed punctuation.

It works on finished HTML and only wraps pieces of text in ``<span>``s that the stylesheet knows. The characters
stay exactly as they were, so text copied out of the PDF is the text that was put in.
"""

import re

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_OPENING = "（《〈「『【〔“‘"
_CLOSING = "）》〉」』】〕”’，。、；："
_LATIN = r"(?:[0-9A-Za-z%+#@/.:_-]|&#?\w+;)"  # an entity is one character and is never cut

_NODES = re.compile(r"<(style|title|svg)\b.*?</\1>|<[^>]*>|[^<]+", re.DOTALL)
_PIECES = re.compile(
    # A run of Latin text; single spaces inside belong to it.
    rf"(?P<latin>{_LATIN}+(?: {_LATIN}+)*)"
    # A closing mark before another mark, or an opening mark after one: half of its square is empty.
    rf"|[{_CLOSING}](?=[{_OPENING}{_CLOSING}])|(?<=[{_OPENING}])[{_OPENING}]"
)
_IS_HAN = re.compile(rf"[{_HAN}]")
_HAS_HAN = re.compile(rf"[{_HAN}{_OPENING}{_CLOSING}]")


def typeset(html: str) -> str:
    """The same HTML, with spacing classes around Latin runs and squeezed marks in its text."""
    return _NODES.sub(lambda node: _typeset_text(node.group()), html)


def _typeset_text(text: str) -> str:
    if text[0] == "<" or not _HAS_HAN.search(text):
        return text
    return _PIECES.sub(_wrap, text)


def _wrap(piece: re.Match) -> str:
    if piece["latin"] is None:
        return f'<span class="sq">{piece.group()}</span>'
    before = piece.start() and _IS_HAN.match(piece.string, piece.start() - 1)
    after = _IS_HAN.match(piece.string, piece.end())
    if not (before or after):
        return piece.group()
    name = ("b" if before else "") + ("a" if after else "")
    return f'<span class="{name}">{piece.group()}</span>'
