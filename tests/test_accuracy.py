import json
from collections import Counter
from datetime import date

import pytest

from checks.accuracy import judge, kappa, measure, places, policies, share

from .engine.samples import checklist


def test_quotes_are_found_white_space_aside():
    text = "我们 收集\n信息。我们收集信息。"
    assert [text[a:b] for a, b in places(text, "我们收集信息")] == ["我们 收集\n信息", "我们收集信息"]
    assert places(text, "没有") == []


def test_kappa_of_known_tables():
    assert kappa(Counter({("a", "a"): 20, ("b", "b"): 15, ("a", "b"): 5, ("b", "a"): 10})) == pytest.approx(0.4)
    assert kappa(Counter({("a", "a"): 3, ("b", "b"): 2})) == 1
    assert kappa(Counter()) == 0


def test_wilson_interval():
    result = share(8, 10)
    assert result["low"] == pytest.approx(0.4902, abs=1e-4)
    assert result["high"] == pytest.approx(0.9433, abs=1e-4)


def labelled(folder, name, text, verdict, evidence):
    (folder / f"{name}.txt").write_text(text, "utf-8")
    label = {"verdicts": {"TEST-1": {"verdict": verdict, "evidence": evidence, "why": ""}}}
    (folder / f"{name}.gold.json").write_text(json.dumps(label), "utf-8")


def test_a_folder_of_labelled_policies_is_measured(tmp_path):
    labelled(tmp_path, "one", "日志保存六个月。到期删除。", "compliant", ["保存六个月"])
    labelled(tmp_path, "two", "日志保存六个月。", "non_compliant", [])
    labelled(tmp_path, "three", "没有。", "disputed", [])
    (tmp_path / "unlabelled.txt").write_text("x")
    rows = [row for path in policies(tmp_path) for row in judge(path, checklist(), as_of=date(2026, 1, 1))]
    result = measure(rows)
    assert result["policies"] == 2
    assert result["agreement"]["share"] == 0.5
    assert result["evidence_overlap"]["share"] == 1
    assert result["deficiency"]["f1"] == 1
    assert result["requirements"][0]["errors"] == {"non_compliant → partial": 1}
    assert {p.stem for p in policies(tmp_path, "open")} | {p.stem for p in policies(tmp_path, "held")} == {
        "one",
        "two",
        "three",
    }
