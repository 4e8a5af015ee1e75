"""Whether wording is affirmed, negated or excepted: 会共享, 不会共享, 未经同意不会共享."""

from __future__ import annotations

import re

# A negation counts for what follows it in the same comma-free stretch, this many characters away at most.
NEGATION_REACH = 14
NEGATION = re.compile(
    r"不(?!仅|断|限于|限定|同|时|定期|论|少于|超过|晚于|早于|可避免|可抗|可或缺|便|良|当|法|足|过|光|单|管|满|等|妨|利|影响|安全|实|完整|准确|一致)"
    r"|未(?!成年|来|满|必|成功|能)|无需|无须|毋须|没有|并无|从不|禁止|避免|勿|非经"
)
NEGATING = re.compile(r"[不未无毋没禁避勿非]")  # every negation has one of these
EXCEPTION = re.compile(
    r"除非|除外|除(?:了)?[^,.;:]{1,40}外|另有(?:规定|约定)|但(?:是)?(?:在)?(?:以下|下列)|仅在|只在|只有"
    r"|未(?:经|获|取得|征得|得到)[^,.;]{0,20}(?:同意|授权|许可)|如(?:未|无)[^,.;]{0,12}(?:同意|授权)|(?:事先|另行|再次)(?:征得|取得)"
)
STRETCH_END = re.compile(r"[,.;:!?]|但是?|而是|并且?会")


def polarity(sentence: str, at: int) -> str:
    """Whether what stands at ``at`` of a comparable sentence is affirmed, negated, or negated with an exception.

    不会共享 is negated; 未经同意不会共享, 除…外不会共享 and 不会共享，除非… are excepted: they happen after all.
    """
    before = sentence[max(0, at - NEGATION_REACH) : at]
    end = 0
    for match in STRETCH_END.finditer(before):
        end = match.end()
    if not NEGATION.search(before, end):
        return "affirmed"
    return "excepted" if EXCEPTION.search(sentence) else "negated"


def in_quotes(sentence: str, at: int) -> bool:
    """Whether what stands at ``at`` of a comparable sentence is inside quotation marks or the name of a document."""
    before = sentence[:at]
    return before.count('"') % 2 == 1 or before.count("《") > before.count("》")
