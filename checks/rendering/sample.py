"""A cover and a page of rules with an organisation's settings, of an audit that never was: to look at before saving."""

from .digests import context_digest
from .house import house_context
from .press import print_pdf

CHINESE = {
    "auditee": "青禾示例科技有限公司",
    "product": "示例阅读",
    "policy": "示例阅读隐私政策",
    "team": [{"name": "陈知行", "role": "auditor"}, {"name": "林若水", "role": "reviewer"}],
    "checklist": "隐私政策合规核查表",
}
ENGLISH = {
    "auditee": "Qinghe Sample Technology Co., Ltd.",
    "product": "Sample Reader",
    "policy": "Privacy policy of Sample Reader",
    "team": [{"name": "Chen Zhixing", "role": "auditor"}, {"name": "Lin Ruoshui", "role": "reviewer"}],
    "checklist": "Privacy policy compliance checklist",
}
NO_VIEWS = {name: [] for name in ("matrix", "sdks", "permissions", "recipients", "deadlines", "contradictions")}
POLICY = {
    "version": 3,
    "characters": 12480,
    "bytes": 37200,
    "media_type": "text/plain",
    "encoding": "UTF-8",
    "filename": "",
    "warnings": [],
}
NONE_COUNTED = dict.fromkeys(("compliant", "partial", "non_compliant", "not_applicable", "undetermined"), 0)


def sample_pdf(style, *, number: str, at, language: str) -> bytes:
    """Two pages in these settings, a HouseStyle saved or not, marked as a draft, in "zh-hans" or "en"."""
    return print_pdf(sample_context(style, number=number, at=at, language=language))


def sample_context(style, *, number, at, language):
    words = ENGLISH if language == "en" else CHINESE
    moment = at.isoformat(timespec="seconds")
    title = {"text": words["checklist"], "language": language}
    context = {
        "schema": 2,
        "template": "v2/sample",
        "language": language,
        "draft": True,
        "number": number,
        "created_at": moment,
        "analysed_at": moment,
        "engine": "1",
        "scope": "",
        "outline": [],
        "text": "",
        "views": NO_VIEWS,
        "issued_on": at.date().isoformat(),
        "as_of": at.date().isoformat(),
        "house": house_context(style),
        "auditee": words["auditee"],
        "product": words["product"],
        "processor_scale": "standard",
        "team": words["team"],
        "policy": POLICY | {"name": words["policy"], "received_at": moment},
        "checklist": {"title": title, "slug": "sample", "version": "2026.11"},
        "domains": [{"id": "notice", "title": title, "counts": NONE_COUNTED, "score": 0}],
        "findings": [],
        "observations": [],
        "summary": {
            "gaps": [],
            "counts": NONE_COUNTED,
            "score": 0,
            "opinion": "no_gaps",
            "by_severity": [],
            "overridden": 0,
        },
        "sign_off": {"signed_by": "", "signed_at": "", "statement": "", "deciders": []},
        "digests": {**dict.fromkeys(("policy", "checklist", "result"), "0" * 64), "decisions": ""},
    }
    context["digests"]["context"] = context_digest(context)
    return context
