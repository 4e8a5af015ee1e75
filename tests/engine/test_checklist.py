import json
import re

import pytest
import yaml

from checks.engine import ChecklistError, load_checklist, load_shipped, parse_checklist
from checks.engine.checklist import problems_of
from checks.engine.examples import check_examples

from .samples import checklist, requirement, source


def broken(change):
    content = source()
    change(content)
    with pytest.raises(ChecklistError) as caught:
        parse_checklist(content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.update(colour="red"), "unknown key “colour”"),
        (lambda s: s["requirements"][0].update(sevrity="major"), "unknown key “sevrity”"),
        (lambda s: s["requirements"][0].pop("decide"), "“decide” is missing"),
        (lambda s: s["requirements"][0].update(domain="nowhere"), "unknown domain"),
        (lambda s: s["requirements"][0].update(severity="huge"), "huge"),
        (lambda s: s["requirements"].append(requirement()), "there twice"),
        (lambda s: s["requirements"][0]["legal_basis"][0].update(instrument="XX"), "unknown instrument"),
        (lambda s: s["requirements"][0]["elements"][0].update(rules=["{无此组}"]), "no group"),
        (lambda s: s["requirements"][0].update(verdict=[{"compliant": "perod"}]), "there is no “perod”"),
        (lambda s: s["requirements"][0]["elements"].append(s["requirements"][0]["elements"][0]), "same id twice"),
        (lambda s: s["requirements"][0].update(confidence={"partial": 2}), "between 0 and 1"),
        (lambda s: s["groups"].update(空=[]), "expected a list of terms"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(change, message):
    assert message in broken(change)


def test_a_checklist_survives_json(tmp_path):
    original = checklist()
    again = parse_checklist(json.loads(json.dumps(original.source, ensure_ascii=False)))
    assert again.digest == original.digest


def test_the_digest_is_of_the_content():
    assert checklist().digest == checklist().digest
    assert checklist(requirement(title_zh="别名")).digest != checklist().digest


def write_directory(folder):
    """The small checklist as files."""
    content = source()
    entries = content.pop("requirements")
    (folder / "TEST-1.yaml").write_text(yaml.dump(entries[0], allow_unicode=True, sort_keys=False), "utf-8")
    content["requirements"] = ["TEST-1"]
    (folder / "checklist.yaml").write_text(yaml.dump(content, allow_unicode=True), "utf-8")


def test_a_directory_is_read_as_one_document(tmp_path):
    write_directory(tmp_path)
    assert load_checklist(tmp_path).digest == checklist().digest
    (tmp_path / "STRAY.yaml").write_text("code: STRAY", "utf-8")
    with pytest.raises(ChecklistError, match="not listed"):
        load_checklist(tmp_path)


@pytest.fixture(scope="module")
def shipped():
    return load_shipped()


def test_the_shipped_checklist_has_all_requirements(shipped):
    assert len(shipped.requirements) == 80
    assert {r.domain for r in shipped.requirements} == {d["id"] for d in shipped.source["domains"]}


def in_english(entry, place=""):
    """Every ``…_zh`` of an entry, and the guide, with what stands beside it in English: (place, Chinese, English)."""
    pairs = []
    for key, value in entry.items():
        where = f"{place} › {key}"
        if key == "decide":
            pairs += [
                (f"{where} › {verdict}", text, entry["decide_en"].get(verdict)) for verdict, text in value.items()
            ]
        elif isinstance(value, dict) and key not in ("groups", "examples"):
            pairs += in_english(value, where)
        elif isinstance(value, list):
            pairs += [pair for part in value if isinstance(part, dict) for pair in in_english(part, where)]
        elif key.endswith("_zh") and value:
            pairs.append((where, value, entry.get(key.removesuffix("_zh") + "_en")))
    return pairs


def test_everything_the_shipped_checklist_says_is_there_in_english(shipped):
    source = {key: value for key, value in shipped.source.items() if key != "requirements"}
    pairs = in_english(source, "checklist")
    for entry in shipped.source["requirements"]:
        pairs += in_english(entry, entry["code"])
    assert len(pairs) > 1200
    assert not [where for where, _chinese, english in pairs if not (english or "").strip()]
    foreign = re.compile(r"[一-鿿]")
    assert not [(where, english) for where, _chinese, english in pairs if foreign.search(english)]
    # A translation that says much less than the Chinese leaves something out: a Chinese sign is about two letters.
    assert not [where for where, chinese, english in pairs if len(chinese) > 40 and len(english) < 1.5 * len(chinese)]


def test_an_english_guide_speaks_of_every_verdict():
    guide = {"compliant": "Stated.", "partial": "In part."}
    assert "is missing" in broken(lambda s: s["requirements"][0].update(decide_en=guide))


ENGLISH = {"compliant": "Stated.", "partial": "One of them.", "non_compliant": "Neither.", "not_applicable": "Never."}
SMALL = {"small": {"note_en": "Less is asked of small ones."}}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"decide_en": {**ENGLISH, "partial": "  "}}, ("decide_en", "partial")),
        ({"decide_en": {**ENGLISH, "partial": 5}}, ("decide_en", "partial")),
        ({"decide_en": {**ENGLISH, "perhaps": "Maybe."}}, ("decide_en",)),
        ({"decide_en": {**ENGLISH, "undetermined": "Unclear."}}, ("decide", "undetermined")),
        ({"decide_en": "Stated."}, ("decide_en",)),
        ({"trigger_en": "Only if it is so."}, ("trigger_zh",)),
        ({"note_zh": " ", "note_en": "A note."}, ("note_zh",)),
        ({"scales": SMALL}, ("scales", "small", "note_zh")),
        ({"scales": {"small": {"severity": "huge"}}}, ("scales", "small", "severity")),
    ],
)
def test_what_is_wrong_with_the_english_is_named_by_its_place(changes, path):
    content = source(requirement(**changes))
    assert [problem.path for problem in problems_of(content)] == [path]
    with pytest.raises(ChecklistError):
        parse_checklist(content)


def test_a_complete_english_guide_is_taken():
    entry = requirement(decide_en=ENGLISH, trigger_zh="如果如此", trigger_en="Only if it is so.")
    entry["scales"] = {"small": {"note_zh": "对小型者要求较少。", **SMALL["small"]}}
    assert problems_of(source(entry)) == []


def test_every_domain_has_requirements_with_rules(shipped):
    assert {r.domain for r in shipped.requirements if r.has_rules} == {r.domain for r in shipped.requirements}


def test_all_examples_of_the_shipped_checklist_hold(shipped):
    assert [str(failure) for failure in check_examples(shipped)] == []


def test_a_failing_example_is_reported():
    element = {
        "id": "period",
        "title_zh": "期限",
        "required": True,
        "rules": ["{保存} ..10 三年", "六个月"],
        "examples": {"match": ["保存三年。", "立即删除。"], "no_match": ["保存多年。", "六个月。"]},
    }
    problems = {(f.problem, f.text) for f in check_examples(checklist(requirement(elements=[element])))}
    assert problems == {("not_found", "立即删除。"), ("false_alarm", "六个月。"), ("idle_rule", "六个月")}
