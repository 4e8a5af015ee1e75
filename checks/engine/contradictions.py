"""Places that cannot both be true: what one sentence denies another one states, and periods told twice differently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .deadlines import AGE, ANSWER, RETENTION, DeadlineRow
from .factsheet import Lexicon
from .items import ITEMS
from .matrix import MatrixRow
from .passages import Passage, Reading, sentence
from .permissiontable import PermissionRow
from .timeline import DateConflict


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two places side by side. ``code``: "sharing", "abroad", "collecting", "permission", "period", "age" or "dates".

    ``subject`` is what both are about, for codes that compare one thing: an item, a permission, a kind of period.
    """

    code: str
    subject: str
    left: Passage
    right: Passage


_ITEMS = Lexicon({name: words.split() for name, words in ITEMS.items()})
_SHARE = r"(?:共享|分享|提供|披露|转让|出租|透露|公开)"
_NEVER_SHARED = re.compile(
    rf"(?:不会?|绝不|从不|不得|决不)(?:主动|以任何(?:方式|形式)|再)*(?:将|把|向|与|对)?[^,.;]{{0,24}}?(?:任何)?(?:第三方|其他(?:公司|组织|个人|主体)|他人|外界|任何(?:公司|组织|机构|单位|人))[^,.;]{{0,30}}?{_SHARE}"
    rf"|(?:不会?|绝不|从不|不得|决不)(?:主动)?(?:向|与)?[^,.;]{{0,10}}{_SHARE}(?:给)?(?:任何)?(?:第三方|他人|其他(?:公司|组织|个人))"
)
_SHARED = re.compile(
    r"(?:(?:会|将|可能|需要?|须|可以(?:直接)?)(?:会|将)?(?:与|向|把|将)[^.;]{0,50}?(?:第三方|关联(?:公司|方)|合作(?:伙伴|方)|广告(?:商|主)|供应商|服务商)[^.;]{0,24}?(?:共享|分享|提供(?![^,.;]{0,4}服务)|披露|传输|发送))"
    r"|(?:共享|提供|披露|传输|发送)给[^,.;]{0,16}?(?:第三方|关联(?:公司|方)|合作(?:伙伴|方)|广告(?:商|主)|供应商|服务商)"
)
_LIMITED = re.compile(
    r"除(?!了)|但|未经|同意|授权|另有|例外|以下|下列|无关|非法|任意|随意|情形|情况|范围|必要|目的以外|其他用途|法律|依法|适用|责任|承担"
)
_CONTINUED = re.compile(r"^\W{0,3}(?:但|除|以下|下列|不过|然而|如(?:果|需)|在(?:以下|下列))")
_IF_EVER = re.compile(r"如需|如果|若|将来|未来|确需|如因|倘若|目前|除非|可能需要|届时")
_NOT_ABROAD = re.compile(
    r"(?:不会?|未|从不|没有|不涉及)[^,.;]{0,16}(?:境外|跨境|出境|海外)|(?:仅|只|全部|均|都)[^,.;]{0,12}(?:存储|保存|存放)(?:在|于)[^,.;]{0,16}境内"
)
_ABROAD = re.compile(
    r"(?:会|将|可能|需要?)[^,.;]{0,30}(?:传输|转移|提供|存储|传送|发送)(?:至|到|给|在|于)?[^,.;]{0,12}(?:境外|海外|国外|其他国家)|(?:境外|海外|国外)(?:的)?(?:服务器|接收方|关联公司)[^,.;]{0,20}(?:存储|处理|接收|访问)"
)
_NOT_COLLECTED = re.compile(
    r"(?:不会?|从不|绝不|并不|不再|没有)(?:主动|以任何方式|向您)*(?:收集|采集|读取|获取|访问)(?:您的?|用户的?|或|和|、|收集|采集|读取|获取|保存|存储|任何|的)*([^,.;]{2,40})"
)
_ONLY_THEN = re.compile(
    r"除|但|未经|同意|授权|拒绝|不(?:提供|开启|使用|同意)|关闭|如果|若|如您|当您|时|后台|其他|超出|无关|额外|强制|原始|明文|期间|之前|以外|密码|上传|仅|只"
)


def read_contradictions(
    page: Reading,
    *,
    matrix: Iterable[MatrixRow] = (),
    permissions: Iterable[PermissionRow] = (),
    deadlines: Iterable[DeadlineRow] = (),
    dates: Iterable[DateConflict] = (),
) -> tuple[Contradiction, ...]:
    """Pairs in the order in which their first place stands in the text; each pair of places once.

    Only what is said without reserve counts as denied: a sentence with an exception, a condition or a consent does not.
    """
    pairs = [
        *_statements(page, "sharing", _NEVER_SHARED, _SHARED),
        *_statements(page, "abroad", _NOT_ABROAD, _ABROAD),
        *_collecting(page, tuple(matrix)),
        *_permissions(page, tuple(permissions)),
        *_periods(tuple(deadlines)),
        *_dates(dates),
    ]
    unique = {(pair.code, pair.left.start, pair.right.start): pair for pair in pairs if pair.left != pair.right}
    return tuple(sorted(unique.values(), key=lambda pair: (min(pair.left.start, pair.right.start), pair.code)))


def _statements(page: Reading, code: str, denial: re.Pattern, statement: re.Pattern) -> list[Contradiction]:
    """Every denial without reserve beside the first sentence that states the contrary."""
    stated = [place for index in _told(page, statement) if (place := sentence(page, index))]
    if not stated:
        return []
    denied = [index for index in _told(page, denial) if not _reserved(page, index)]
    return [Contradiction(code, "", place, stated[0]) for index in denied if (place := sentence(page, index))]


def _told(page: Reading, pattern: re.Pattern) -> list[int]:
    indices = []
    for match in pattern.finditer(page.text):
        index = page.index(match.start())
        before = re.split(r"[,.;]", page.before(match.start(), 20))[-1]
        if page.is_body(index) and "\n" not in match[0] and not re.search(r"不(?:会|得)?$|不会", before):
            whole = page.lines[index]
            if pattern in (_SHARED, _ABROAD) and (_NEVER.search(whole) or _IF_EVER.search(whole)):
                continue
            indices.append(index)
    return list(dict.fromkeys(indices))


_NEVER = re.compile(rf"(?:不会?|绝不|从不|不得|禁止|未经)[^,.;]{{0,30}}(?:{_SHARE}|境外|出售)")


def _reserved(page: Reading, index: int) -> bool:
    line = page.lines[index]
    following = page.lines[index + 1] if index + 1 < len(page.lines) else ""
    return bool(_LIMITED.search(line) or _CONTINUED.match(following) or line.endswith(":") or _IF_EVER.search(line))


def _collecting(page: Reading, matrix: tuple[MatrixRow, ...]) -> list[Contradiction]:
    """「我们不会收集您的通讯录」 beside a row that takes it."""
    pairs = []
    for match in _NOT_COLLECTED.finditer(page.text):
        index = page.index(match.start())
        stretch = re.split(r"[.;\n]", page.before(match.start(), 30))[-1] + match[0]
        if (
            not page.is_body(index)
            or _ONLY_THEN.search(stretch)
            or _CONTINUED.match(page.after(match.end(), 8).lstrip(","))
        ):
            continue
        left = sentence(page, index)
        for name, start, _end in _ITEMS.find(match[1]):
            taken = _taken(name, matrix, left)
            if left and taken and start < 24:
                pairs.append(Contradiction("collecting", name, left, taken))
    return pairs


def _taken(name: str, matrix: tuple[MatrixRow, ...], left: Passage | None) -> Passage | None:
    rows = (row.source for row in matrix if any(item.name == name for item in row.items))
    return next((source for source in rows if left is None or source.start != left.start), None)


def _permissions(page: Reading, permissions: tuple[PermissionRow, ...]) -> list[Contradiction]:
    """「我们不申请通讯录、短信的权限」 beside a permission that is asked for."""
    pairs = []
    for match in _NOT_ASKED.finditer(page.text):
        index = page.index(match.start())
        left = sentence(page, index)
        if not page.is_body(index) or left is None or _ONLY_THEN.search(page.before(match.start(), 24)):
            continue
        for row in permissions:
            named = row.name in match[1] or row.mention.quote in match[1]
            if named and row.state == "asked" and row.source.start != left.start:
                pairs.append(Contradiction("permission", row.name, left, row.source))
    return pairs


_NOT_ASKED = re.compile(r"(?:不会?|从不|绝不|没有|未)(?:主动|向您)*(?:申请|调用|索取|要求)([^,.;]{2,60}?)(?:的)?权限")


def _periods(deadlines: tuple[DeadlineRow, ...]) -> list[Contradiction]:
    """The same thing within two different periods: answers, and keeping the same kind of information."""
    pairs = []
    answers = [row for row in deadlines if row.kind == ANSWER and row.value]
    pairs += _different("period", ANSWER, answers)
    for subject in dict.fromkeys(subject for row in deadlines for subject in row.subjects):
        kept = [row for row in deadlines if row.kind == RETENTION and row.value and row.subjects == (subject,)]
        pairs += _different("period", subject, kept)
    children = [row for row in deadlines if row.kind == AGE and re.search(r"儿童", row.source.quote)]
    defined = [
        row
        for row in children
        if re.search(r"儿童(?:是指|指|[（(])|(?:未满|不满|以下)[^，。]{0,8}儿童", row.source.quote)
    ]
    return pairs + _different("age", AGE, defined)


def _different(code: str, subject: str, rows: list[DeadlineRow]) -> list[Contradiction]:
    """The first row beside each later one, elsewhere, that says another value; once for each value."""
    pairs, seen = [], set()
    for row in rows[1:]:
        first = rows[0]
        if row.value != first.value and row.value not in seen and row.source.start != first.source.start:
            seen.add(row.value)
            pairs.append(Contradiction(code, subject, first.source, row.source))
    return pairs


def _dates(conflicts: Iterable[DateConflict]) -> list[Contradiction]:
    pairs = []
    for conflict in conflicts:
        different = {row.day: row for row in reversed(conflict.dates)}
        if len(different) >= 2:
            first, second, *_rest = sorted(different.values(), key=lambda row: row.mention.start)
            pairs.append(Contradiction("dates", conflict.code, first.source, second.source))
    return pairs
