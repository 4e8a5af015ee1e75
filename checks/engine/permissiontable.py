"""The device permissions a text speaks of, each with the sentence that says what for, or without one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .factsheet import Lexicon, Page
from .items import PERMISSIONS
from .passages import Passage, found, heading_of, passage, sentence
from .purposes import find_purpose
from .tables import Table


@dataclass(frozen=True, slots=True)
class PermissionRow:
    """One permission. ``state``: "asked", or "denied" when the text says it is not asked for.

    ``purpose`` is None when no sentence that names the permission says what for; ``source`` is the sentence that says
    most; ``mentions`` counts all of them.
    """

    name: str
    mention: Passage
    purpose: Passage | None
    state: str
    source: Passage
    mentions: int


# In a section about permissions a permission is named by its bare name.
_BARE = {
    "位置": "位置信息 地理位置 定位",
    "相机": "相机 摄像头",
    "麦克风": "麦克风 录音",
    "相册": "相册 照片",
    "存储": "存储 sd卡",
    "通讯录": "通讯录 联系人",
    "电话": "电话状态 手机状态 电话",
    "短信": "短信",
    "日历": "日历",
    "蓝牙": "蓝牙",
    "通知": "通知",
    "应用列表": "应用列表 软件列表",
    "剪贴板": "剪贴板 剪切板",
    "传感器": "传感器 陀螺仪",
    "身体活动": "身体活动 运动与健身 健身运动",
    "悬浮窗": "悬浮窗",
    "自启动": "自启动",
}
_WORDS = {
    "剪贴板": "剪贴板权限 剪切板权限 访问您的剪切板 访问您的剪贴板 读取剪贴板 读取您的剪切板",
    "传感器": "传感器权限",
    "悬浮窗": "悬浮窗权限",
    "自启动": "自启动权限 关联启动",
}
_NAMED = Lexicon({name: words.split() for name, words in (PERMISSIONS | _WORDS).items()})
_LISTED = Lexicon({name: words.split() for name, words in _BARE.items()})
_ASKED = re.compile(r"权限|授权|申请|开启|调用|访问|获取|读取|允许|打开|使用您的|启用|请求|用于")
_DENIED = re.compile(
    r"(?:不会?|从不|绝不|未|没有|无需)(?:主动|再|向您)*(?:申请|获取|读取|访问|调用|要求|使用)[^,.;]{0,40}权限|(?:不会?|从不|未)(?:主动)?(?:申请|获取|读取|访问)[^,.;]{0,12}$"
)
_OTHER = re.compile(
    r"sdk|第三方|合作方|关闭|撤回|取消(?:该|授权)|不会影响|客服电话|联系电话|电话号码|短信验证码|发送短信|拨打"
)


def read_permissions(page: Page, tables: list[Table]) -> tuple[PermissionRow, ...]:
    """One row for each permission, in the order in which the text first speaks of them."""
    mentions: dict[str, list[tuple[int, int, int, bool]]] = {}
    for name, start, end in _NAMED.find(page.text):
        index = page.index(start)
        if page.is_body(index) and _counts(page, index):
            mentions.setdefault(name, []).append((index, start, end, _denied(page, index, start)))
    for index in range(len(page.lines)):
        if page.is_body(index) and "权限" in heading_of(page, index):
            _bare(page, index, mentions)
    rows = {name: _row(page, name, held) for name, held in mentions.items()}
    for row in (row for table in tables if "permission" in table.columns for row in _table_rows(page, table)):
        known = rows.get(row.name)
        rows[row.name] = row if known is None or known.purpose is None else known
    return tuple(sorted((row for row in rows.values() if row), key=lambda row: row.mention.start))


def _counts(page: Page, index: int) -> bool:
    line = page.lines[index]
    return bool(_ASKED.search(line)) and ("权限" in line or not _OTHER.search(line))


def _bare(page: Page, index: int, mentions: dict) -> None:
    """A line of a list of permissions begins with the name of one."""
    start = page.starts[index]
    for name, at, end in _LISTED.find(page.lines[index][:20]):
        held = mentions.setdefault(name, [])
        if not any(place[0] == index for place in held):
            held.append((index, start + at, start + end, _denied(page, index, start + at)))


def _denied(page: Page, index: int, offset: int) -> bool:
    clause = re.split(r"[;.]", page.before(offset, 60))[-1]
    return bool(_DENIED.search(clause + page.after(offset, 40).split(",")[0])) or bool(
        re.search(r"(?:不会?|从不|绝不|没有)(?:主动)?(?:申请|获取|读取|访问)[^,.;]{0,30}$", clause)
    )


def _row(page: Page, name: str, held: list) -> PermissionRow | None:
    asked = [place for place in held if not place[3]] or held
    best = None
    for index, start, end, denied in asked:
        purpose = find_purpose(page, index, start)
        if best is None or (purpose and best[3] is None):
            best = (index, start, end, purpose, denied)
    index, start, end, purpose, denied = best
    mention, source = found(page, start, end), sentence(page, index)
    if mention is None or source is None:
        return None
    shown = found(page, *purpose) if purpose and not denied else None
    return PermissionRow(name, mention, shown, "denied" if denied else "asked", source, len(held))


def _table_rows(page: Page, table: Table) -> list[PermissionRow]:
    rows = []
    for cells in table.rows:
        held = {}
        for column, cell in zip(table.columns, cells, strict=True):
            if cell:
                held.setdefault(column, cell)
        mention = passage(page, held["permission"]) if "permission" in held else None
        why = held.get("purpose") or held.get("function")
        whole = [cell for cell in cells if cell]
        if mention is None or len(mention.quote) > 40:
            continue
        names = [name for name, _s, _e in _LISTED.find(mention.quote.lower())]
        source = passage(page, (whole[0][0], whole[-1][1]))
        purpose = passage(page, why) if why and why != held["permission"] else None
        rows.append(PermissionRow(names[0] if names else mention.quote, mention, purpose, "asked", source, 1))
    return rows
