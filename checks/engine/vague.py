"""Words that leave open what they should name: open lists, things without a name, purposes that fit everything."""

from __future__ import annotations

import re
from enum import StrEnum

from .factsheet import Page, Place


class Vague(StrEnum):
    OPEN_LIST = "open_list"  # 等、例如、包括但不限于: the list goes on, nobody says how
    NAMELESS = "nameless"  # 相关信息、其他必要信息: something is taken, nobody says what
    CATCH_ALL = "catch_all"  # 改善体验、其他合法用途: a purpose that fits everything


_WORDS = {
    Vague.OPEN_LIST: r"(?:包括|包含|含)(?:但不限于|但不仅限于|且不限于)|例如|比如|诸如|譬如"
    # 等 at the end of a list, not 等级, 等待, 等同, 平等, and not a closed list such as 等三项
    r"|(?<=[\u4e00-\u9fffa-z0-9)\"])(?<![平同相高中初优对何均])等(?![级待同于候价额效值分位身])"
    r"(?!(?:上述|以上)?[一二两三四五六七八九十\d]+(?:项|种|类|个|方面))",
    Vague.NAMELESS: r"(?:其他|其它|某些|部分|一些|有关的?|相关的?|必要的?|所需的?|适当的?)"
    r"(?:(?:必要|相关|有关|所需|个人|用户|身份|的)*)(?:信息|数据|资料|内容)"
    r"(?!(?:安全|保护|主体|处理者|控制者|系统|技术|网络|服务|清单|发布|来源|存储|推送|展示))",
    Vague.CATCH_ALL: r"(?:其他|其它)(?:合法|合理|正当|相关|类似|必要)?(?:的)?(?:目的|用途|情形|用处)"
    r"|(?:改善|改进|提升|优化|提高)(?:我们的?|您的|用户的?|产品|服务|和|与|及|、)*"
    r"(?:用户|使用|服务|产品)?(?:体验|服务(?:质量|水平)?|产品)"
    r"|(?:更好|更优质|更完善|更优|优质)(?:地|的)?(?:为您|向您)?(?:提供)?(?:的)?(?:服务|体验|产品)",
}
_PATTERN = re.compile("|".join(f"(?P<{kind.value}>{words})" for kind, words in _WORDS.items()))


def find_vague(page: Page, start: int, end: int) -> list[tuple[Vague, Place]]:
    """Vague words between two offsets of the flat text: what each is and where it stands in the flat text."""
    return [(Vague(match.lastgroup), match.span()) for match in _PATTERN.finditer(page.text, start, end)]
