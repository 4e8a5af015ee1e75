"""Signs of Symbol and Wingdings: bullets and boxes that have no character of their own in the file."""

from __future__ import annotations

SYMBOLS = {
    0xF06C: "●",
    0xF06E: "■",
    0xF06F: "□",
    0xF071: "□",
    0xF075: "◆",
    0xF076: "◆",
    0xF0A7: "▪",
    0xF0A8: "□",
    0xF0B7: "•",
    0xF052: "☑",
    0xF0D8: "➢",
    0xF0E0: "→",
    0xF0FC: "✓",
    0xF0FE: "☑",
}


def symbol(code: int) -> str:
    """The sign as a character; an empty box for one that is not known, "" for what is no sign of these fonts."""
    return SYMBOLS.get(code) or ("□" if 0xF020 <= code <= 0xF0FF else "")
