"""What a report says otherwise than the one before it, from plain data."""

from checks.rendering.changes import report_changes


def title(text):
    return {"text": text, "language": "zh-hans"}


def finding(code, verdict="compliant", *quotes):
    return {"code": code, "title": title(code), "verdict": verdict, "evidence": [{"quote": quote} for quote in quotes]}


def observation(name, facts="没有写。"):
    content = {"severity": "minor", "facts": facts, "remediation": "", "legal_basis": [], "evidence": []}
    return {"number": 1, "title": name, **content}


def context(findings=(), observations=(), **other):
    return {
        "number": "PA-2026-000001",
        "issued_on": "2026-11-01",
        "created_at": "2026-11-01T09:00:00+08:00",
        "policy": {"version": 1},
        "checklist": {"version": "2026.11"},
        "as_of": "2026-11-01",
        "summary": {"opinion": "improvable", "score": 80},
        "digests": {"policy": "a"},
        "findings": list(findings),
        "observations": list(observations),
        **other,
    }


def test_nothing_changed_is_nothing():
    same = context([finding("A", "partial", "甲")], [observation("乙")])
    changes = report_changes(same, same)
    assert changes["count"] == 0
    assert (changes["since"]["number"], changes["policy"], changes["verdicts"]) == ("PA-2026-000001", None, [])


def test_verdicts_and_requirements():
    changes = report_changes(
        context([finding("A"), finding("B"), finding("C")]),
        context([finding("A", "partial"), finding("B"), finding("D")]),
    )
    assert changes["verdicts"] == [{"code": "A", "title": title("A"), "before": "compliant", "after": "partial"}]
    assert [row["code"] for row in changes["requirements"]["new"]] == ["D"]
    assert [row["code"] for row in changes["requirements"]["dropped"]] == ["C"]
    assert changes["count"] == 3


def test_evidence_is_compared_by_what_is_quoted_and_not_by_where_it_stands():
    before, after = finding("A", "partial", "甲", "乙"), finding("A", "partial", "丙", "甲")
    after["evidence"][1]["start"] = 700
    (change,) = report_changes(context([before]), context([after]))["evidence"]
    assert (change["new"], change["dropped"]) == (["丙"], ["乙"])


def test_observations():
    changes = report_changes(
        context([], [observation("甲"), observation("乙")]),
        context([], [observation("乙", "写了一半。"), observation("丙")]),
    )["observations"]
    assert {name: [row["title"] for row in rows] for name, rows in changes.items()} == {
        "new": ["丙"],
        "dropped": ["甲"],
        "changed": ["乙"],
    }


def test_versions_and_the_opinion():
    after = context(policy={"version": 2}, digests={"policy": "b"}, checklist={"version": "2026.12"})
    after["summary"] = {"opinion": "no_gaps", "score": 100}
    changes = report_changes(context(), after)
    assert changes["policy"] == {"before": 1, "after": 2}
    assert changes["checklist"] == {"before": "2026.11", "after": "2026.12"}
    assert changes["opinion"] == {"before": "improvable", "after": "no_gaps"}
    assert changes["count"] == 3
