"""Web pages: the text a reader sees, in order, with the page's furniture left out and counted."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

from .encodings import declared_encoding, decode
from .extract import Extract, Writer
from .refusals import IntakeError, IntakeReason
from .text import line_notices

BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    }
)  # fmt: skip
_SKIPPED = frozenset(
    {
        "button",
        "canvas",
        "embed",
        "head",
        "iframe",
        "math",
        "noscript",
        "object",
        "script",
        "select",
        "style",
        "svg",
        "template",
    }
)  # fmt: skip
_STRONG = frozenset({"b", "strong", "u"})
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|!|$)", re.I
)
_STRONG_STYLE = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)|text-decoration[\w-]*\s*:[^;]*underline", re.I)
_PLAIN_STYLE = re.compile(r"font-weight\s*:\s*(?:normal|[1-4]00)", re.I)
_NO_MARKERS = re.compile(r"list-style(?:-type)?\s*:[^;]*none", re.I)
_COOKIE = re.compile(r"cookie|consent|gdpr|privacy-?(?:banner|popup|tip)", re.I)
_CHROME = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|breadcrumbs?|sidebar|topbar|toolbar|share|copyright)(?:$|[\s_-])", re.I
)
_FOOTER = re.compile(r"(?:^|[\s_-])(?:page-?|site-?|global-?)?(?:footer|foot)(?:$|[\s_-])", re.I)
_ROLES = {
    "navigation": "navigation_left_out",
    "menu": "navigation_left_out",
    "menubar": "navigation_left_out",
    "search": "navigation_left_out",
    "banner": "navigation_left_out",
    "contentinfo": "footer_left_out",
    "alertdialog": "cookie_banner_left_out",
}
_NUMBERED = re.compile(
    r"\s*(?:第?[一二三四五六七八九十百]+[、.．章节条款]|[（(][^）)]{1,4}[）)]|\d{1,3}[、.．)）]|[①-⑳])"
)
_SELECTOR = re.compile(r"(?:[a-z][\w-]*)?(?:[.#][A-Za-z_][\w-]*)+$", re.I)
# Up to their end tag these hold text, not elements; all but the last two are not shown either.
_RAW_TEXT = ("script", "style", "noscript", "iframe", "xmp", "noembed", "noframes", "template", "svg", "head", "select",
             "button", "textarea", "title")  # fmt: skip
_RAW_START = re.compile(rf"<(?:({'|'.join(_RAW_TEXT)})\b|!--)", re.I)
_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)[\s/>]")
_CLOSED_BY_ITSELF = frozenset(
    b"p li dt dd option tr td th thead tbody tfoot br hr img input meta link col area base wbr source".split()
)
_FORMATTING = frozenset(b"a b big code em font i nobr s small strike strong tt u".split())
_SHAPELESS = frozenset(_RAW_TEXT) - {"template", "svg", "head", "select", "button"}
_UNSEEN = frozenset(_RAW_TEXT) - {"textarea", "title", "xmp"}
MAX_DEPTH, MAX_TAGS = 1000, 300_000
STYLE = 1000  # characters of an attribute that are looked at
CELL = 600  # characters; what is longer is a page laid out as a table
COOKIE_BANNER = 1500
LEAST_LEFT = 0.35  # share of the page that must remain, else its furniture was its content


def shape(content: bytes) -> tuple[int, int]:
    """How many tags a page has and how deep they nest at most, estimated without parsing.

    Parsers of HTML take quadratic time and memory for pages that leave thousands of elements open.
    """
    depth = deepest = tags = unclosed = 0
    for found in _TAG.finditer(_without_raw_text(content)):
        tags += 1
        if found[2].lower() in _CLOSED_BY_ITSELF:
            continue
        depth = max(0, depth - 1) if found[1] else depth + 1
        deepest = max(deepest, depth)
        if found[2].lower() in _FORMATTING:
            # Each paragraph repeats those left open: they weigh more.
            unclosed = max(0, unclosed - 1) if found[1] else unclosed + 1
            deepest = max(deepest, 5 * unclosed)
    return tags, deepest


def _without_raw_text(content: bytes) -> bytes:
    """The page without comments and the contents of scripts and their like; in one pass, however it is built."""
    text = content.decode("latin-1")
    kept, at = [], 0
    for start, end, _ in _raw_regions(text, _SHAPELESS):
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]]).encode("latin-1")


def _raw_regions(text: str, names: frozenset[str]):
    """(start, end, name) of each comment and of each element that holds only text, its tags included."""
    at = 0
    while found := _RAW_START.search(text, at):
        name = (found[1] or "").lower()
        if name and name not in names:
            at = found.end()
            continue
        if name:
            close = re.compile(f"</{name}\\b[^>]{{0,200}}>?", re.I).search(text, found.end())
            end = close.end() if close else len(text)
        else:
            close = text.find("-->", found.end())
            end = close + 3 if close >= 0 else len(text)
        yield found.start(), end, name
        at = end


def _without_markup(source: str) -> str:
    """The source with everything a reader does not see blanked out; lengths stay."""
    kept, at = [], 0
    for start, end, _ in _raw_regions(source, _UNSEEN):
        kept += [_without_tags(source[at:start]), "\0" * (end - start)]
        at = end
    return "".join([*kept, _without_tags(source[at:])])


def _without_tags(text: str) -> str:
    kept, at = [], 0
    while (start := text.find("<", at)) >= 0:
        end = text.find(">", start)
        if end < 0:
            break
        kept += [text[at:start], "\0" * (end + 1 - start)]
        at = end + 1
    return "".join([*kept, text[at:]])


def read_html(content: bytes) -> Extract:
    """Decode a page and read it. Raises IntakeError for one that no person could have written."""
    tags, depth = shape(content)
    if depth > MAX_DEPTH:
        raise IntakeError(IntakeReason.TOO_DEEP, limit=MAX_DEPTH)
    if tags > MAX_TAGS:
        raise IntakeError(IntakeReason.TOO_MANY_PARTS, parts=tags, limit=MAX_TAGS)
    source, encoding, notices = decode(content, declared_encoding(content))
    notices |= {code: count for code, count in line_notices(source).items() if code != "mixed_line_ends"}
    return extract_html(source, encoding, notices)


def extract_html(source: str, encoding: str, notices: dict[str, int] | None = None) -> Extract:
    """The reading text of a page: a line per block element, cells of a row separated by tabs.

    Nothing is fetched, nothing executed.
    """
    source = source.replace("\0", "\ufffd")
    tree = LexborHTMLParser(source)
    root = tree.body or tree.root
    if root is None:
        return Extract("", "text/html", encoding, dict(notices or {}))
    walk = _Walk(tree, source, furniture=True)
    walk.read(root)
    if (walk.left_out and len(walk.writer.parts) < 2) or walk.written < LEAST_LEFT * (walk.written + walk.left_out):
        walk = _Walk(tree, source, furniture=False)
        walk.read(root)
    extract = walk.writer.extract("text/html", encoding)
    if len(extract.text) < 500:
        pictures = len(root.css("img, canvas"))
        if pictures:
            extract.notices["pictures_not_read"] = pictures
    extract.notices = {**(notices or {}), **extract.notices}
    return extract


class _Walk:
    """One pass over the tree, with a stack of our own: pages nest deeper than Python calls may."""

    def __init__(self, tree: LexborHTMLParser, source: str, *, furniture: bool):
        self.writer = Writer()
        self.source = _Source(source)
        self.hidden = _hidden_by_stylesheet(tree)
        self.leave_furniture_out = furniture
        self.written = self.left_out = 0
        self.budget = 20 * len(source) + 100_000
        self.strong = 0
        self.cell = 0  # > 0: inside a cell, where blocks are separated by spaces
        self.main = 0
        self.counters: list[int | None] = []
        self.space = False  # white space is due before the next character
        self.fresh = True  # nothing on this line yet
        self.tabs = 0  # cells that ended since the last character

    def read(self, root) -> None:
        stack: list[tuple] = [(root, None)]
        while stack:
            node, leave = stack.pop()
            if leave is not None:
                self.leave(node, leave)
                continue
            tag = node.tag
            if tag == "-text":
                self.text(node.text_content or "", pre=False)
                continue
            if tag in _SKIPPED or tag[0] in "-!":
                if tag == "iframe" and (node.attributes or {}).get("src"):
                    self.writer.notice("frame_left_out")
                continue
            attributes = node.attributes or {}
            code = self.reason_to_skip(node, tag, attributes)
            if code:
                length = len("".join((node.text() or "").split()))  # each character once: nothing below is visited
                if length:
                    self.writer.notice(code)
                    if code != "hidden_text_left_out":
                        self.left_out += length
                continue
            stack.append((node, self.enter(node, tag, attributes)))
            child = node.last_child
            while child is not None:
                stack.append((child, None))
                child = child.prev

    # What is left out

    def text_of(self, node) -> str:
        """All text below a node; "" once this was asked so often that the page must be built to make us slow."""
        if self.budget <= 0:
            return ""
        text = node.text() or ""
        self.budget -= len(text) + 200
        return text

    def reason_to_skip(self, node, tag: str, attributes: dict) -> str:
        if "hidden" in attributes or _HIDDEN.search(_style(attributes)) or node.mem_id in self.hidden:
            return "hidden_text_left_out"
        if not self.leave_furniture_out or self.budget <= 0 or tag in ("body", "html", "main", "article"):
            return ""
        role = (attributes.get("role") or "").lower()
        if role in _ROLES:
            return _ROLES[role]
        if tag == "nav":
            return "navigation_left_out" if not _in_page_links(node) else ""
        if tag == "footer" and not self.main:
            return "footer_left_out"
        if tag not in ("div", "section", "ul", "ol", "header", "aside", "p", "dialog", "form"):
            return ""
        names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"[:STYLE]
        if _COOKIE.search(names) and (node.css_first("button, input, a") is not None):
            text = self.text_of(node)
            about = "cookie" in (text + names).lower()
            if about and len(text) < COOKIE_BANNER and node.css_first("h1, h2, h3, table") is None:
                return "cookie_banner_left_out"
        if self.main:
            return ""
        if _FOOTER.search(names) and len(self.text_of(node)) < COOKIE_BANNER:
            return "footer_left_out"
        if self.links_elsewhere(node, 0.6 if _CHROME.search(names) else 0.8):
            return "navigation_left_out"
        return ""

    def links_elsewhere(self, node, share: float) -> bool:
        """A short block of at least three short links to other pages and little else."""
        text = self.text_of(node)
        if len(text) >= COOKIE_BANNER or not text.strip():
            return False
        links = [len("".join((link.text() or "").split())) for link in node.css("a")]
        named = [length for length in links if length]
        if len(named) < 3 or sum(named) > 16 * len(named) or _in_page_links(node):
            return False
        return sum(named) >= share * len(re.sub(r"[\s|·/>»-]+", "", text))

    # Elements

    def enter(self, node, tag: str, attributes: dict) -> tuple:
        style = _style(attributes)
        strong = tag in _STRONG or bool(style and _STRONG_STYLE.search(style))
        plain = self.strong if style and _PLAIN_STYLE.search(style) else 0
        self.strong += strong - plain
        main = tag in ("main", "article")
        self.main += main
        cell = counter = False
        if tag in ("td", "th"):
            cell = self.cell > 0 or self.is_cell(node)
            self.cell += cell
        if tag in ("ol", "ul"):
            counter = True
            numbered = tag == "ol" and not _NO_MARKERS.search(style)
            self.counters.append(_integer(attributes.get("start"), 1) if numbered else None)
        if tag in BLOCKS:
            self.block()
        if tag == "li":
            self.marker(node, attributes)
        return (tag, strong - plain, main, cell, counter)

    def is_cell(self, node) -> bool:
        """A cell of data: short, beside others, and without what only pages have."""
        if not any(_is_cell_tag(other) for other in (_next(node), _before(node))):
            return False
        text = self.text_of(node)
        return self.budget > 0 and len(text) <= CELL and node.css_first("h1, h2, h3, h4, ol, ul") is None

    def leave(self, node, state: tuple) -> None:
        tag, strong, main, cell, counter = state
        self.strong -= strong
        self.main -= main
        self.cell -= cell
        if counter:
            self.counters.pop()
        if tag in ("td", "th"):
            self.tabs += 1
        elif tag == "tr" and self.cell:
            self.writer.line_end()  # a row of a table inside a cell
            self.fresh = True
            self.tabs = 0
        elif tag == "tr":
            self.tabs = 0
            self.block()
        elif tag in BLOCKS:
            self.block()

    def block(self) -> None:
        if self.cell:
            self.space = True
            return
        self.tabs = 0
        self.space = False
        self.writer.line_end()
        self.fresh = True

    def marker(self, node, attributes: dict) -> None:
        """The number a browser shows before an item, unless the item brings its own."""
        if not self.counters or self.counters[-1] is None:
            return
        number = _integer(attributes.get("value"), self.counters[-1])
        self.counters[-1] = number + 1
        text = self.text_of(node)[:40]
        if text.strip() and not _NUMBERED.match(text) and not _NO_MARKERS.search(_style(attributes)):
            kind = (node.parent.attributes or {}).get("type") if node.parent else None
            self.put(f"{_ordinal(number, kind)}. ")

    def text(self, text: str, *, pre: bool) -> None:
        words = text.split(None)
        if not words:
            self.space = self.space or bool(text)
            return
        place = self.source.find(words[0], words)
        if text[0].isspace() and text[0] != "\u3000":
            self.space = True
        shown = re.sub(r"[ \t\r\n\f\xa0]+", " ", text).strip(" ")
        if not shown:
            self.space = True
            return
        self.put(shown, place)
        self.space = text[-1] in " \t\r\n\f\xa0"

    def put(self, text: str, place: tuple[int, ...] = ()) -> None:
        if self.tabs and not self.fresh:
            self.writer.add("\t" * self.tabs)
        elif self.space and not self.fresh:
            self.writer.add(" ")
        self.tabs, self.space, self.fresh = 0, False, False
        self.written += len(text)
        self.writer.add(text, strong=self.strong > 0, place=place)


def _style(attributes: dict) -> str:
    return (attributes.get("style") or "")[:STYLE]


class _Source:
    """Finds where text stood in the source. Markup is blanked out, so that nothing is found inside a tag."""

    def __init__(self, source: str):
        self.masked = _without_markup(source)
        self.cursor = 0

    def find(self, first: str, words: list[str]) -> tuple[int, ...]:
        at = self.masked.find(first, self.cursor, self.cursor + 50_000)
        if at < 0:  # written with entities, or moved by the parser
            return ()
        self.cursor = at + len(first)
        return (at,)


def _hidden_by_stylesheet(tree: LexborHTMLParser) -> set[int]:
    """Elements that the page's own style sheet hides by a plain selector; rules for media do not count."""
    found: set[int] = set()
    selectors: list[str] = []
    for style in tree.css("style"):
        text = re.sub(r"/\*.*?\*/", "", style.text() or "", flags=re.S)[:500_000]
        for rule in _without_at_rules(text).split("}"):
            names, _, declarations = rule.partition("{")
            if re.search(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", declarations, re.I):
                selectors += [s for s in map(str.strip, names.split(",")) if len(s) < 200 and _SELECTOR.match(s)]
    for selector in selectors[:200]:
        try:
            found.update(node.mem_id for node in tree.css(selector))
        except Exception:  # noqa: S112 – a selector the parser does not know hides nothing here
            continue
    return found


def _without_at_rules(css: str) -> str:
    """The style sheet without @media and other blocks that hold rules for some readers only."""
    kept, depth, skipping, start = [], 0, False, 0
    for found in re.finditer(r"@[\w-]+|[{};]", css):
        sign = found[0]
        if sign[0] == "@" and depth == 0 and not skipping:
            kept.append(css[start : found.start()])
            skipping = True
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth = max(0, depth - 1)
            if depth == 0 and skipping:
                skipping, start = False, found.end()
        elif sign == ";" and depth == 0 and skipping:
            skipping, start = False, found.end()
    if not skipping:
        kept.append(css[start:])
    return "".join(kept)


def _is_cell_tag(node) -> bool:
    return node is not None and node.tag in ("td", "th")


def _next(node):
    """The next element beside this one."""
    node = node.next
    while node is not None and node.tag[0] == "-":
        node = node.next
    return node


def _before(node):
    node = node.prev
    while node is not None and node.tag[0] == "-":
        node = node.prev
    return node


def _in_page_links(node) -> bool:
    """A table of contents: most of its links lead to places on this page."""
    links = node.css("a")
    addresses = [(link.attributes or {}).get("href") or "" for link in links]
    inside = sum(address.startswith("#") and len(address) > 1 for address in addresses)
    return inside > len(links) / 2


def _integer(value: str | None, default: int) -> int:
    try:
        return max(-99_999, min(99_999, int(value or default)))
    except ValueError:
        return default


def _ordinal(number: int, kind: str | None) -> str:
    if kind in ("a", "A") and 1 <= number <= 26:
        return chr(ord(kind) + number - 1)
    if kind in ("i", "I") and 1 <= number < 40:
        roman = "x" * (number // 10) + ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[number % 10]
        return roman if kind == "i" else roman.upper()
    return str(number)


__all__ = ["extract_html", "read_html"]
