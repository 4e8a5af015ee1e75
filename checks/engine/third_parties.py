"""Third parties that are named by what they are, not by a company's name: affiliates, advertisers, couriers, courts."""

from __future__ import annotations

import re

from .factsheet import Lexicon, Page, Place, Sheet

# Kind, as it is shown → how texts call it.
KINDS = {
    "关联公司": "关联公司 关联方 关联企业 关联实体 附属公司 子公司 母公司 集团成员",
    "广告合作伙伴": (
        "广告合作伙伴 广告商 广告主 广告服务商 广告平台 广告联盟 广告合作方 广告类合作伙伴 媒体平台 推广合作方"
    ),
    "统计分析服务商": (
        "统计分析服务商 数据分析服务商 分析服务商 分析服务类 统计服务商 数据分析合作伙伴 分析类的授权合作伙伴"
    ),
    "支付机构": "支付机构 支付公司 支付服务商 支付服务提供商 支付平台 支付服务机构 支付渠道 支付合作伙伴",
    "物流公司": "物流公司 快递公司 配送公司 物流服务商 物流服务提供商 配送服务商 物流配送 快递员 骑手 配送员 承运商",
    "金融机构": "商业银行 金融机构 保险公司 贷款机构 发卡银行 开户银行 合作银行 消费金融公司",
    "征信与风控机构": "征信机构 征信系统 信用机构 反欺诈机构 风控服务商 信用评估机构",
    "电信运营商": "电信运营商 通信运营商 移动运营商 基础电信企业 运营商网络",
    "身份认证机构": "实名认证机构 身份认证机构 身份验证机构 认证服务商 身份核验机构 实名认证系统 实名认证平台",
    "商家与卖家": "商家 卖家 商户 店铺经营者 平台内经营者 第三方商家",
    "供应商与服务商": (
        "供应商 服务提供商 服务供应商 技术服务商 外包商 外包服务商 受托方 受委托方 技术支持方 云服务商 云服务提供商"
    ),
    "短信与客服服务商": "短信服务商 短信平台 客服外包 呼叫中心 客服服务商 短信服务提供商",
    "地图与出行服务商": "地图服务商 地图服务提供商 承运人 航空公司 酒店 司机 旅行社 票务代理",
    "医疗机构": "医疗机构 医院 药房 药店 体检机构",
    "教育机构": "教育机构 培训机构 学校",
    "司法与行政机关": (
        "司法机关 行政机关 政府部门 执法机关 政府机关 监管部门 主管部门 公安机关 法院 检察机关 监管机构 "
        "行政部门 执法部门"
    ),
    "收购方与受让方": "收购方 受让方 继受方 继任者 新的持有人 资产受让",
    "学术与研究机构": "学术研究机构 研究机构 科研机构 统计机构",
    "律师与审计师": "律师 会计师 审计师 专业顾问 法律顾问 审计机构",
    "手机厂商": "手机厂商 终端厂商 设备制造商 手机制造商 设备厂商 终端制造商",
    "应用开发者": "小程序开发者 应用开发者 第三方开发者 开放平台开发者 游戏开发商",
}
_GIVEN = re.compile(
    r"共享|提供给|提供您|披露|转让|委托|传输|传送|发送|同步|分享|告知|转移|转交|移交|交由|提交|(?:向|给|与).{0,40}提供"
)
_NEVER = re.compile(r"(?:不会|不得|绝不|从不|并不|不向|不与|未经|禁止|没有)")
_UNLESS = re.compile(r"除非|除了?|但|以下情况|例外|可能|必要时|同意后")
LONGEST_QUOTE = 160
REACH = 60  # characters between a party and the word for giving

_PARTIES = Lexicon({name: words.split() for name, words in KINDS.items()})


def gather_third_parties(page: Page, sheet: Sheet) -> None:
    """``third_parties``: each kind once, with the first sentence that gives it something."""
    found: dict[str, dict] = {}
    places: list[Place] = []
    given: dict[int, bool] = {}
    for kind, start, end in _PARTIES.find(page.text):
        if kind in found:
            continue
        index = page.index(start)
        if index not in given:
            given[index] = page.is_body(index) and _gives(page.lines[index])
        if given[index] and _GIVEN.search(page.before(start, REACH) + "\n" + page.after(end, REACH)):
            place = page.quote(start, end, LONGEST_QUOTE)
            found[kind] = {"kind": kind, "quote": page.original[slice(*place)], "start": place[0], "end": place[1]}
            places.append(place)
    sheet.put("third_parties", list(found.values()), places)


def _gives(line: str) -> bool:
    return bool(_GIVEN.search(line)) and not (_NEVER.search(line) and not _UNLESS.search(line))
