import pytest
from django.http import QueryDict

from checks.engine import load_shipped
from checks.views import studio_content
from checks.views.studio_content import LISTS, content_from, field_of, form_of

SHIPPED = load_shipped().source["requirements"]


def posted(content):
    """What a browser sends of the form, line ends and all."""
    data = QueryDict(mutable=True)
    form = form_of(content)
    crlf = lambda text: str(text).replace("\n", "\r\n")  # noqa: E731
    for name, value in form.items():
        if isinstance(value, str):
            data[name] = crlf(value)
    for name in LISTS:
        for row in form[name]:
            data.appendlist(name, str(row["key"]))
            _row(data, row, crlf)
    _row(data, form["trigger"], crlf)
    for verdict, chinese, english in form["decide"]:
        data[f"decide-{verdict}"], data[f"decide_en-{verdict}"] = crlf(chinese), crlf(english)
    for row in form["scales"]:
        for name in ("severity", "optional", "note_zh", "note_en"):
            data[f"scales-{row['scale']}-{name}"] = crlf(row[name])
    return data


def _row(data, row, crlf):
    for name, value in row.items():
        if name in ("key", "prefix", "rules_count") or value is False:
            continue
        data[f"{row['prefix']}-{name}"] = "on" if value is True else crlf(value)


@pytest.mark.parametrize("content", SHIPPED, ids=lambda content: content["code"])
def test_every_shipped_requirement_comes_back_from_its_form(content):
    back = content_from(posted(content), content)
    assert back == content
    assert list(back) == list(content)


def test_rows_follow_their_keys_and_leave_when_they_are_to_go():
    content = SHIPPED[0]
    data = posted(content)
    keys = data.getlist("elements")
    data.setlist("elements", list(reversed(keys)))
    data[f"elements-{keys[0]}-gone"] = "on"
    left = content_from(data, content)["elements"]
    assert [part["id"] for part in left] == [part["id"] for part in reversed(content["elements"][1:])]


def test_what_cannot_be_read_is_kept_as_it_was_typed():
    data = posted(SHIPPED[0])
    data["verdict"] = "vielleicht\r\ncompliant：a & b"
    data["groups"] = "ohne Wörter\n位置： 地点 | 位置 |"
    content = content_from(data, {})
    assert content["verdict"] == [{"vielleicht": ""}, {"compliant": "a & b"}]
    assert content["groups"] == {"ohne Wörter": [], "位置": ["地点", "位置"]}
    form = form_of(content)
    assert form["verdict"] == "vielleicht\ncompliant: a & b"
    assert form["groups"] == "ohne Wörter: \n位置: 地点 | 位置"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("title_zh",), ("title_zh", None)),
        (("elements", 1, "rules", 2), ("elements-7-rules", 2)),
        (("elements", 0), ("elements-4", None)),
        (("legal_basis", 0, "instrument"), ("legal_basis-0-instrument", None)),
        (("trigger", "unless", 0), ("trigger-unless", 0)),
        (("verdict", 3), ("verdict", 3)),
        (("groups", "位置"), ("groups", None)),
        (("scales", "small"), ("scales-small-severity", None)),
        (("scales", "small", "note_zh"), ("scales-small-note_zh", None)),
        (("decide", "partial"), ("decide-partial", None)),
        (("decide_en", "partial"), ("decide_en-partial", None)),
        (("decide_en", "perhaps"), ("decide_en", None)),
        (("trigger_zh",), ("trigger_zh", None)),
    ],
)
def test_paths_lead_to_fields(path, field):
    assert field_of(path, {"elements": ["4", "7"], "legal_basis": ["0"], "signals": []}) == field


def test_examples_of_several_lines_stand_apart_by_an_empty_line():
    assert studio_content.paragraphs("一、标题\n内容\n\n 第二 \n　\n\n第三") == ["一、标题\n内容", "第二", "第三"]


def test_a_new_legal_basis_is_not_verified_until_somebody_says_so():
    assert form_of({"legal_basis": [{}]})["legal_basis"][0]["verified"] is False
    kept = {"instrument": "PIPL", "ref": "第一条", "note_zh": "适用范围"}
    assert form_of({"legal_basis": [kept]})["legal_basis"][0]["verified"] is True
