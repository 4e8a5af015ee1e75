"""Texts and small checklists that engine tests are about."""

from pathlib import Path

from checks.engine import parse_checklist

POLICIES = Path(__file__).resolve().parent.parent / "policies"
DEMO = Path(__file__).resolve().parents[2] / "checks" / "demo"


def policy(name: str) -> str:
    folder = DEMO if (DEMO / name).exists() else POLICIES
    return (folder / name).read_text("utf-8")


def requirement(code="TEST-1", **changes) -> dict:
    """A requirement with one element that looks for 保存 followed by a period; ``changes`` replace its keys."""
    return {
        "code": code,
        "domain": "storage",
        "title_zh": "保存期限",
        "title_en": "Retention",
        "kind": "disclosure",
        "severity": "major",
        "legal_basis": [{"instrument": "LAW", "ref": "第一条", "note_zh": "说明期限"}],
        "question_zh": "写明期限了吗？",
        "question_en": "Is a period stated?",
        "elements": [
            {"id": "period", "title_zh": "期限", "required": True, "rules": ["{保存} ..10 [六个月|三年]"]},
            {"id": "expiry", "title_zh": "到期处理", "required": True, "rules": ["肯定({删除})"]},
        ],
        "decide": {"compliant": "有", "partial": "缺一", "non_compliant": "无", "not_applicable": "无"},
        "remediation_zh": "写明期限。",
        "remediation_en": "State the period.",
        **changes,
    }


def source(*requirements: dict, **changes) -> dict:
    """The content of a small checklist."""
    return {
        "slug": "test",
        "version": "1",
        "title_zh": "测试",
        "title_en": "Test",
        "domains": [{"id": "storage", "title_zh": "存储", "title_en": "Storage"}],
        "instruments": [{"id": "LAW", "title_zh": "某法", "title_en": "A law", "in_force": "2021-11-01"}],
        "groups": {"保存": ["保存", "存储", "保留"], "删除": ["删除", "清除"], "同意": ["同意", "授权"]},
        "requirements": list(requirements) or [requirement()],
        **changes,
    }


def checklist(*requirements: dict, **changes):
    return parse_checklist(source(*requirements, **changes))
