"""The table of contents held against the headings of the body."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from .blocks import CHINESE, chinese_number
from .entities import Role, Section
from .factsheet import Page, Place, Sheet
from .tidy import narrow

# What may differ between an entry and its heading without a change of meaning.
_EMPTY = re.compile(
    r"我们|关于|您|你|的|了|用户|个人|本?(?:隐私权?)?(?:保护)?政策(?!的?(?:变更|修订))|本|如何|怎样|及其?|以及|与|和|或|对|[^\w\u4e00-\u9fff]"
)
_LEADING = re.compile(
    r"^[\s*#>·•\-]*(?:第?[\d一二三四五六七八九十]{1,3}(?:部分|[、,，.．:：章节条]|\\?\.)|[（(][\d一二三四五六七八九十]{1,3}[)）])?[\s*#]*"
)
_SPACED = re.compile(r"^[\s*#>·•\-]*第?[\d一二三四五六七八九十]{1,3}\s+(?=[\u4e00-\u9fff])")  # 「一 概述」
_PAGE_NUMBER = re.compile(r"(?<=[\u4e00-\u9fff])[\s.…·]*\d{1,2}\s*$")
_SAME = str.maketrans({"储": "存", "它": "他"})
_APPENDIX = re.compile(r"^(?:附录|附件|附则)")
_ANNOUNCED = re.compile(r"(?:以下|如下|下列)(?:的)?(?:索引|内容|部分|章节|目录)|^\W*目录\W*$|索引(?:阅读|查阅)")
_NO_DIGITS = re.compile(rf"[^{CHINESE}\d]")
MAX_ENTRIES = 30
CHANGED = 0.34  # share of common character pairs from which a heading is the same chapter under another title


@dataclass(frozen=True, slots=True)
class Entry:
    place: Place
    number: int
    title: str
    form: str  # shape of the number


@lru_cache(maxsize=1024)  # titles come again and again: as entries, as headings, as lines
def bare_title(title: str) -> str:
    """A title without number, signs and words that carry no meaning."""
    text = title.lower().rstrip()
    if text[-1:].isdecimal():
        text = _PAGE_NUMBER.sub("", text)
    text = "".join(_SPACED.sub("", text).split())
    for _ in range(2):  # some carry two numbers: 1. 一、
        text = text[_LEADING.match(text).end() :]
    return _EMPTY.sub("", text).translate(_SAME)


def _entries(page: Page) -> list[tuple[int, Entry]]:
    lines = [index for index, role in enumerate(page.roles) if role is Role.CONTENTS] or _announced(page)
    entries = []
    for index in lines:
        sentence = page.outline.sentences[index]
        text = narrow(page.original[sentence.start : sentence.end])
        lead = _LEADING.match(text)
        digits = re.sub(r"[^\d一二三四五六七八九十]", "", lead[0])
        title = bare_title(text)
        if entries and len(title) > 20 and text.endswith(("。", "；")):
            continue  # a sentence that stands behind the contents
        if (title or "政策" in text) and not (entries == [] and _ANNOUNCED.search(text)):
            number = chinese_number(digits) if digits else 0
            form = _form(re.sub(r"[\s*#>·•\-]", "", lead[0]))
            entries.append((sentence.index, Entry((sentence.start, sentence.end), number, title, form)))
    return entries


def _announced(page: Page) -> list[int]:
    """Short lines after an announcement that come again as headings: contents the outline did not take for that."""
    lines = page.lines
    for index, line in enumerate(lines[: len(lines) // 2]):
        announced = bool(_ANNOUNCED.search(line[-30:]))
        if not announced and index > 0 and not _short_lines(page, index):
            continue
        found: list[int] = []
        titles: set[str] = set()
        # A sentence of its own may stand between the announcement and the first entry.
        first = index + (2 if announced and index + 1 < len(lines) and len(lines[index + 1]) > 40 else 1)
        for at in range(first, min(first + MAX_ENTRIES, len(lines))):
            if len(lines[at]) > 40 or (title := _title(page, at)) in titles:
                break
            if title:
                found.append(at)
                titles.add(title)
        found = _numbered(page, found)
        if len(found) < 4:
            continue
        end = page.outline.sentences[found[-1]].end
        later = {bare_title(section.title) for section in page.outline.sections if section.start > end}
        if announced:
            later |= {_title(page, at) for at in range(found[-1] + 1, len(lines)) if len(lines[at]) <= 40}
        if len(titles & later) >= (2 if announced else 0.7 * len(found)):
            return found
    return []


def _title(page: Page, index: int) -> str:
    """The bare title a line would be, as it is written: comparable text has lost the space behind a number."""
    return bare_title(page.original[slice(*page.sentence_span(index))])


def _numbered(page: Page, lines: list[int]) -> list[int]:
    """Without the lines that carry no number, where nearly all do: they stand around the contents."""
    clauses = page.outline.clauses
    numbered = [at for at in lines if clauses[page.outline.sentences[at].clause].number]
    return numbered if len(numbered) >= 0.7 * len(lines) else lines


def _short_lines(page: Page, index: int) -> bool:
    """Whether at least five short lines follow a longer one: contents without an announcement."""
    following = page.lines[index + 1 : index + 6]
    return len(page.lines[index]) > 30 and len(following) == 5 and all(2 <= len(line) <= 24 for line in following)


@lru_cache(maxsize=1024)  # each title is held against all those of the other side
def _pairs(text: str) -> frozenset[str]:
    return frozenset([text[i : i + 2] for i in range(len(text) - 1)] or [text])


def _likeness(a: str, b: str) -> float:
    first, second = _pairs(a), _pairs(b)
    return 2 * len(first & second) / (len(first) + len(second))


def gather_contents(page: Page, sheet: Sheet) -> None:
    """``contents_entries``; how many are missing, changed, in disorder, left out; together ``toc_mismatches``."""
    runs = _runs(page)
    kinds: dict[str, list[Place]] = {"missing": [], "changed": [], "disorder": [], "left_out": []}
    for run, following in zip(runs, [*runs[1:], None], strict=False):
        end = run[-1].place[1]
        stop = following[0].place[0] if following else len(page.original)
        sections = [section for section in page.outline.sections if end <= section.start < stop]
        _compare(page, run, sections, kinds)
        if run is runs[0]:
            kinds["left_out"] += _chapter_around(page, run, sections)
    sheet.count("contents_entries", [entry.place for run in runs for entry in run])
    sheet.places["contents_entries"] = (*_announcement(page, runs), *sheet.places["contents_entries"])
    for kind, places in kinds.items():
        sheet.count(f"toc_{kind}", places)
    changed = len(kinds["changed"]) // 2
    sheet.set("toc_changed", changed)
    everything = [place for places in kinds.values() for place in places]
    sheet.count("toc_mismatches", everything)
    sheet.set("toc_mismatches", len(everything) - changed)


def _announcement(page: Page, runs: list[list[Entry]]) -> list[Place]:
    """The sentence that announces the contents, if there is one."""
    if not runs:
        return []
    first = next(i for i, sentence in enumerate(page.outline.sentences) if sentence.end > runs[0][0].place[0])
    return [page.sentence_span(first - 1)] if first and len(page.lines[first - 1]) < 80 else []


def _runs(page: Page) -> list[list[Entry]]:
    """Tables of contents: entries that stand together. In a numbered one, a line without number is none."""
    runs: list[list[Entry]] = []
    last = None
    for index, entry in _entries(page):
        if last is None or index > last + 3:
            runs.append([])
        runs[-1].append(entry)
        last = index
    for i, run in enumerate(runs):
        if sum(1 for entry in run if entry.number) >= 0.7 * len(run):
            forms = [entry.form for entry in run if entry.number]
            usual = max(sorted(set(forms)), key=forms.count)
            if forms.count(usual) >= 0.7 * len(forms):
                run = [entry for entry in run if entry.form == usual or not entry.number]
            runs[i] = [entry for entry in run if entry.number or _APPENDIX.match(entry.title)]
    return [run for run in runs if run]


def _plain_titles(page: Page, entries: list[Entry], wanted: list[str]) -> set[str]:
    """Titles of short lines of their own behind the contents, whether the outline took them for headings or not."""
    end = entries[-1].place[1]
    ends = {(title[0], title[-1]) for title in wanted if title}
    return {
        _title(page, at)
        for at, line in enumerate(page.lines)
        if len(line) <= 40
        and any(first in line and last in line for first, last in ends)
        and page.outline.sentences[at].start >= end
    }


def _compare(page: Page, entries: list[Entry], sections: list[Section], kinds: dict[str, list[Place]]) -> None:
    titles = [bare_title(section.title) for section in sections]
    top = min((section.level for section in sections), default=1)
    matched: dict[int, int] = {}  # entry → section
    for at, entry in enumerate(entries):
        same = [i for i, title in enumerate(titles) if title == entry.title and i not in matched.values()]
        if same:
            matched[at] = min(same, key=lambda i: (sections[i].level, _value(sections[i]) != entry.number, i))
    unmatched = [entry.title for at, entry in enumerate(entries) if at not in matched]
    plain = _plain_titles(page, entries, unmatched) if unmatched else set()
    for at, entry in enumerate(entries):
        if at in matched or entry.title in plain:
            continue
        free = [i for i in range(len(titles)) if i not in matched.values()]
        scores = {i: _score(entry, sections[i], titles[i], top) for i in free}
        best = max(free, key=lambda i: (scores[i], -i), default=None)
        if best is not None and scores[best] >= CHANGED:
            matched[at] = best
            kinds["changed"] += [entry.place, (sections[best].start, sections[best].heading_end)]
        else:
            kinds["missing"].append(entry.place)
    order = [matched[at] for at in sorted(matched)]
    for before, after in itertools.pairwise(order):
        if after < before:
            kinds["disorder"].append((sections[after].start, sections[after].heading_end))
    kinds["left_out"] += _left_out(sections, set(matched.values()), entries)


def _chapter_around(page: Page, run: list[Entry], sections: list[Section]) -> list[Place]:
    """The chapter that the contents themselves stand in, when it is numbered like the others."""
    forms = [_form(section.number) for section in sections if section.level == 1 and section.number]
    before = [section for section in page.outline.sections if section.start < run[0].place[0] and section.level == 1]
    if len(forms) >= 3 and before and _form(before[-1].number) == forms[0]:
        return [(before[-1].start, before[-1].heading_end)]
    return []


def _value(section: Section) -> int:
    return chinese_number(_NO_DIGITS.sub("", section.number)) if section.number else 0


def _score(entry: Entry, section: Section, title: str, top: int) -> float:
    """How much a heading looks like an entry; the chapter with its number counts as the same under another title."""
    chapter = entry.number > 0 and _value(section) == entry.number and section.level == top
    return _likeness(entry.title, title) + (CHANGED if chapter else 0)


def _left_out(sections: list[Section], taken: set[int], entries: list[Entry]) -> list[Place]:
    """Chapters of the body that the contents do not name: numbered like the others, or an appendix."""
    if not taken:
        return []
    levels = [sections[i].level for i in sorted(taken)]
    level = max(sorted(set(levels)), key=levels.count)
    forms = [_form(sections[i].number) for i in sorted(taken)]
    usual = max(sorted(set(forms)), key=forms.count)
    values = {_value(sections[i]) for i in taken} | {entry.number for entry in entries}
    numbered = [i for i, it in enumerate(sections) if it.level == level and it.number and _form(it.number) == usual]
    more = (
        len(numbered) == len(entries) + 1
    )  # then numbers do not tell: the entries behind the chapter left out have other ones
    first, last = min(taken), max(taken)
    found = []
    for i, section in enumerate(sections):
        if i in taken or section.level != level:
            continue
        like_others = bool(section.number) and _form(section.number) == usual
        before = max((k for k in taken if k < i), default=i)
        shifted = more and _value(sections[before]) == _value(section) - 1
        extra = i == first - 1 or (first < i < last and (shifted or _value(section) not in values))
        if i > last and usual.startswith("一"):  # 「十、其他」 behind nine chapters that the contents name
            extra = i == numbered[-1] and _value(section) == len(entries) + 1 == max(values) + 1
        if (like_others and extra) or (i > last and _APPENDIX.match(section.title)):
            found.append((section.start, section.heading_end))
    return found


def _form(number: str) -> str:
    """The shape of a number: 「一」, 「（0）」, 「0.0」."""
    return re.sub(r"\d+", "0", re.sub(r"[一二三四五六七八九十]+", "一", number))
