"""Comparable text: the same words look the same, however they were typed, and every character knows where it came from.

White space and invisible characters are dropped, full-width forms become half-width, letters lower case, and
punctuation has one shape; so have traditional characters and a few that OCR confuses. Each remaining character maps to
exactly one character of the original.
"""

from __future__ import annotations

import sys
import unicodedata
from array import array
from dataclasses import dataclass
from functools import cache

import numpy as np

INVISIBLE = {"\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"}
_DROPPED = sys.maxunicode + 1  # stands for a character that comparable text goes without
PUNCTUATION = str.maketrans(
    "，。；：！？（）【】［］“”‘’「」『』、．∶﹔﹕－—–／＆｜",
    ',.;:!?()[][]""\'\'"""",.:;:---/&|',
)
# What scanners, typists and styles mix up: folding text and terms alike makes 帐户 and 账户, 你 and 您 equal.
LOOKALIKES = str.maketrans("帐己末亨曰干你", "账已未享日于您")
# Traditional characters, one for one; words that differ (資訊 for 信息) are up to the rules.
TRADITIONAL = str.maketrans(
    "個們為與於這來時會對過說開關長門問間聞應當發現實際體點擊證據號碼電話語訊訪許設計記錄認識課調談請論諾謝議"
    "護譯讀變讓財責貨費資賬賣購贈質賴車軍軟較載輔輕輸轉辦農違連進遠運還邊達遞選遲適遺鄉鄰釋鉤鍵鎖鎮鏈鐘鐵銀銷"
    "錯鍋閃閉閱陸陽陰隊階隨險隱雙雜離難雲靈靜響頁頂項順須預頒頓頗領頭頻題額顏願類顧顯風飛飲飯養餘館馬駐駕驗驚"
    "髮鬆魚鳥麗黃黨齊齒龍龜協單參叢國圍園圖團塊壓壞壯聲壽夾奪奮婦媽嬰學孫寧寶審寫寬專導將尋屬層島帶帳帥幣幫幹"
    "幾庫廁廂廣廢廳彈強彙彥後徑從復徵恆恥悅惡慣慶憂懷態憑憲憶懇懲戰戲戶拋挾捨掃採換揚損搖搶擁擇擋擔擴擺攔攜攝"
    "數斷晉曆曉術機殺條東業極構槍標樣樹橋檔檢權歐歡歲歷歸殘殼毀氣決沒沖況淚淨淺減測湯溝溫滅滿漁漢漸潔潛澤濟濃"
    "濕灣災無煉煙熱燈營爭爺牆狀獨獲獸環產畝畢畫異療癒盡監盤盧眾睜確礎礙祕禍禦禮稅種稱穩窮競筆築簡簽籃籤糧紀約"
    "紅紋納紐純紙級紛細終組結絕給統經綁維網緊緒線緣編緩緻縣縮總績織繞繪繳繼續罰罷職聯聰肅脅脈腦腳臉臟臨舉舊艦"
    "艱藝節藥蘇處虛補裝裡製複規視覽親觀覺觸訂訓託討訴診詞試詳誇誌誤誰諮講謹讚豐負貢貧貪貴買貸貿賀賓賞賠賢賦趕"
    "跡躍軌輛輪轄週遊遷鄭醫針釣鈔鈴錢鍊陣陳顆驅驟鬧齡裏啟衛衝嚴嘗嘆嚮囑寢壘牽牠牀畱穫綜緝縱纖罵羅羈聖聽",
    "个们为与于这来时会对过说开关长门问间闻应当发现实际体点击证据号码电话语讯访许设计记录认识课调谈请论诺谢议"
    "护译读变让财责货费资账卖购赠质赖车军软较载辅轻输转办农违连进远运还边达递选迟适遗乡邻释钩键锁镇链钟铁银销"
    "错锅闪闭阅陆阳阴队阶随险隐双杂离难云灵静响页顶项顺须预颁顿颇领头频题额颜愿类顾显风飞饮饭养余馆马驻驾验惊"
    "发松鱼鸟丽黄党齐齿龙龟协单参丛国围园图团块压坏壮声寿夹夺奋妇妈婴学孙宁宝审写宽专导将寻属层岛带帐帅币帮干"
    "几库厕厢广废厅弹强汇彦后径从复征恒耻悦恶惯庆忧怀态凭宪忆恳惩战戏户抛挟舍扫采换扬损摇抢拥择挡担扩摆拦携摄"
    "数断晋历晓术机杀条东业极构枪标样树桥档检权欧欢岁历归残壳毁气决没冲况泪净浅减测汤沟温灭满渔汉渐洁潜泽济浓"
    "湿湾灾无炼烟热灯营争爷墙状独获兽环产亩毕画异疗愈尽监盘卢众睁确础碍秘祸御礼税种称稳穷竞笔筑简签篮签粮纪约"
    "红纹纳纽纯纸级纷细终组结绝给统经绑维网紧绪线缘编缓致县缩总绩织绕绘缴继续罚罢职联聪肃胁脉脑脚脸脏临举旧舰"
    "艰艺节药苏处虚补装里制复规视览亲观觉触订训托讨诉诊词试详夸志误谁咨讲谨赞丰负贡贫贪贵买贷贸贺宾赏赔贤赋赶"
    "迹跃轨辆轮辖周游迁郑医针钓钞铃钱链阵陈颗驱骤闹龄里启卫冲严尝叹向嘱寝垒牵它床留获综缉纵纤骂罗羁圣听",
)


@cache
def _table() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in [*range(0x4E00), *range(0xF900, 0x10000)]:  # the gap: ordinary characters, which stay as they are
        char = chr(code)
        if char.isspace() or char in INVISIBLE:
            table[code] = None
            continue
        folded = unicodedata.normalize("NFKC", char).lower()
        if len(folded) == 1 and folded != char:
            table[code] = folded
    for code, char in (PUNCTUATION | TRADITIONAL | LOOKALIKES).items():
        table[code] = chr(LOOKALIKES.get(char, char))
    return table


@cache
def _codes() -> np.ndarray:
    """``_table`` by code point, for whole texts: a look-up in an array costs a fraction of one in a dict."""
    codes = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for code, char in _table().items():
        codes[code] = _DROPPED if char is None else ord(char)
    return codes


@dataclass(frozen=True, slots=True)
class NormalText:
    """``text`` is for comparing; ``origin[i]`` is where its character ``i`` stands in the original."""

    text: str
    origin: array[int]  # which NumPy reads without a copy, and which gives plain numbers one by one

    def bounds(self, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Where stretches of the original stand in ``text``: all edges looked up at once, and in C."""
        edges = [edge for span in spans for edge in span]
        found = np.searchsorted(np.frombuffer(self.origin, dtype=np.int64), edges).tolist()
        return list(zip(found[::2], found[1::2], strict=True))


def normalise(original: str) -> NormalText:
    """Comparable form of a text with the map back; ``len(origin) == len(text)`` and origin rises strictly."""
    codes = _codes()[np.frombuffer(original.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)]
    kept = (codes != _DROPPED).nonzero()[0]
    text = codes[kept].tobytes().decode("utf-32-le", "surrogatepass")
    return NormalText(text, array("q", kept.astype(np.int64).tobytes()))


def normal_term(term: str) -> str:
    """A term as it is looked for in comparable text."""
    return term.translate(_table())
