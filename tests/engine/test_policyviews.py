"""The views over a policy: what takes what for what, SDKs, permissions, recipients, periods, dates, contradictions."""

from dataclasses import fields, is_dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine import build_outline
from checks.engine.passages import Passage
from checks.engine.policyviews import PolicyViews, read_policy
from checks.engine.vague import Vague

from .samples import DEMO, POLICIES, policy


def views(text: str) -> PolicyViews:
    return read_policy(text, build_outline(text))


def passages(value):
    """Every passage inside a value, however deep."""
    if isinstance(value, Passage):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from passages(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from passages(part)


def check_offsets(text):
    found = list(passages(views(text)))
    for piece in found:
        assert text[piece.start : piece.end] == piece.quote
        assert piece.quote
    return found


PIECES = (
    "我们会收集您的手机号、", "用于注册。", "为了", "等相关信息", "包括但不限于", "云帆推送 SDK", "SDK名称：", "提供方：",
    "北川云帆科技有限公司", "位置权限", "不会向任何第三方提供", "我们会与合作伙伴共享您的信息，", "十五个工作日内答复您的请求",
    "2026年3月1日", "2026-13-40", "生效日期：", "|", "\t", "\n", "。", "一、", "（二）", "三年", "保存", "儿童", "未满14周岁的",
    "　", "\u200b", "﹕", "名称|目的|信息类型\n", "甲|乙|丙\n", "https://a.example/b", "、", "功能时，", "当您使用",
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=40).map("".join))
def test_every_passage_is_cut_from_the_text(text):
    check_offsets(text)


@pytest.mark.parametrize("path", sorted([*POLICIES.glob("*.txt"), *DEMO.glob("*.txt")]), ids=lambda path: path.stem)
def test_every_passage_of_the_samples_is_cut_from_the_text(path):
    assert check_offsets(path.read_text("utf-8"))


def test_nothing_is_found_in_nothing():
    assert not list(passages(views("")))
    assert not list(passages(views("今天下雨，山上的路很滑。\n")))


# ---------- Function, information, purpose ----------


def test_a_row_says_function_information_and_purpose():
    [row] = views("一、收集\n当您使用语音便签功能时，我们会收集您的录音和手机号码，用于把语音转成文字。\n").matrix
    assert row.function.quote == "语音便签"
    assert [item.name for item in row.items] == ["录音", "手机号"]
    assert row.purpose.quote == "把语音转成文字"
    assert row.purpose_from == "sentence"


def test_a_purpose_may_stand_in_front_and_keeps_its_whole_list():
    [row] = views("为了识别盗号、刷单和异常登录，我们会采集您的设备标识符。\n").matrix
    assert row.purpose.quote == "识别盗号、刷单和异常登录"


def test_a_purpose_in_the_neighbouring_sentence_is_said_to_stand_there():
    [row] = views("1. 注册。我们会收集您的昵称和头像。这些资料用于在社区里展示您。\n").matrix
    assert (row.purpose_from, row.purpose.quote) == ("nearby", "在社区里展示您")


def test_what_people_may_be_interested_in_is_nothing_taken():
    [row] = views("我们会收集您的手机号码，向您推荐您可能感兴趣的商品。\n").matrix
    assert [item.name for item in row.items] == ["手机号"]


def test_a_missing_purpose_is_missing():
    [row] = views("一、收集\n我们会收集您的身份证号码和银行卡号。\n").matrix
    assert row.purpose is None
    assert row.purpose_from == ""
    assert all(item.sensitive for item in row.items)


def test_a_use_that_is_denied_is_no_purpose():
    [row] = views("我们会收集您的手机号码，不会用于广告推荐。\n").matrix
    assert row.purpose is None


@pytest.mark.parametrize(
    "text",
    [
        "我们不会收集您的通讯录。\n",
        "个人敏感信息是指身份证号码、银行卡号等，一旦泄露会造成损害。\n",
        "您可以在设置中查询、更正您的手机号码。\n",
        "我们对您的手机号码加密存储。\n",
        "三、我们如何共享信息\n经您同意，我们把您的手机号码提供给配送公司。\n",
    ],
)
def test_sentences_that_take_nothing_make_no_row(text):
    assert views(text).matrix == ()


def test_a_list_below_its_introduction_belongs_to_it():
    rows = views("一、收集\n为了给您送货，我们会收集以下信息：\n（1）收货地址；\n（2）手机号码；\n").matrix
    assert [[item.name for item in row.items] for row in rows] == [["地址"], ["手机号"]]
    assert {row.purpose.quote for row in rows} == {"给您送货"}


def test_vague_words_are_marked_by_their_kind():
    text = "我们会收集您的手机号码等信息以及其他必要信息，包括但不限于位置信息，用于改善用户体验及其他合法用途。\n"
    [row] = views(text).matrix
    kinds = {(one.kind, one.passage.quote) for one in row.vague}
    assert (Vague.OPEN_LIST, "等") in kinds
    assert (Vague.OPEN_LIST, "包括但不限于") in kinds
    assert (Vague.NAMELESS, "其他必要信息") in kinds
    assert (Vague.CATCH_ALL, "改善用户体验") in kinds
    assert (Vague.CATCH_ALL, "其他合法用途") in kinds


def test_a_closed_list_and_a_grade_are_not_vague():
    [row] = views("我们会收集您的手机号码、邮箱等两项信息和会员等级，用于发货。\n").matrix
    assert row.vague == ()


def test_a_table_gives_one_row_for_each_of_its_lines():
    text = "一、收集\n业务功能|收集的信息|使用目的\n---|---|---\n注册|手机号码、验证码|建立账号\n签到|位置信息|\n"
    rows = views(text).matrix
    assert [row.function.quote for row in rows] == ["注册", "签到"]
    assert rows[0].purpose.quote == "建立账号"
    assert rows[1].purpose is None
    assert [item.name for item in rows[1].items] == ["位置"]


# ---------- SDKs ----------


def test_an_sdk_in_a_labelled_list_with_one_field_missing():
    text = (
        "SDK名称：云帆推送 SDK\n提供方：北川云帆消息技术有限公司\n使用目的：推送订单状态\n收集的信息：OAID、设备型号\n\n"
        "SDK名称：星图地图 SDK；提供方：北川星图地图有限公司；用途：展示地图；收集的信息：位置；隐私政策：https://map.example/privacy\n"
    )
    first, second = views(text).sdks
    assert (first.name.quote, first.missing) == ("云帆推送 SDK", ("link",))
    assert first.data.quote == "OAID、设备型号"
    assert second.missing == ()
    assert second.link.quote == "https://map.example/privacy"


def test_sdks_in_a_table():
    text = "第三方 SDK 目录\nSDK名称\t使用目的\t收集的个人信息类型\t隐私链接\n云帆统计SDK\t统计\t设备标识\thttps://a.example/p\n星图SDK\t\t位置\t\n"
    first, second = views(text).sdks
    assert (first.shape, first.missing) == ("table", ("provider",))
    assert second.missing == ("provider", "purpose", "link")


def test_an_sdk_in_a_sentence():
    [row] = views("为了向您推送提醒，我们接入了云帆推送SDK，该SDK会收集设备型号和Android ID。\n").sdks
    assert row.name.quote == "云帆推送SDK"
    assert row.purpose.quote == "向您推送提醒"
    assert row.data.quote == "设备型号和Android ID"
    assert row.missing == ("provider", "link")


def test_what_is_said_of_the_next_sdk_is_not_said_of_this_one():
    text = "云帆推送SDK会收集设备型号。\n星图地图SDK用于展示地图，会收集位置信息。\n"
    first, second = views(text).sdks
    assert first.purpose is None
    assert second.purpose.quote.startswith("展示地图")


# ---------- Permissions ----------


def test_permissions_with_and_without_a_purpose():
    text = "二、权限\n相机权限：用于扫描条码。\n我们会申请通讯录权限。\n我们不会申请短信权限。\n"
    rows = {row.name: row for row in views(text).permissions}
    assert rows["相机"].purpose.quote == "扫描条码"
    assert (rows["通讯录"].purpose, rows["通讯录"].state) == (None, "asked")
    assert rows["短信"].state == "denied"


def test_the_mention_that_says_what_for_counts():
    text = "您可以关闭位置权限。\n当您查找门店时，我们会申请位置权限，用于找出附近的门店。\n"
    [row] = views(text).permissions
    assert (row.name, row.purpose.quote, row.mentions) == ("位置", "找出附近的门店", 2)


# ---------- Recipients ----------


def test_a_listed_recipient_is_complete():
    text = "接收方：北川信验科技有限公司；联系方式：privacy@xinyan.example；目的：核验是否成年；信息种类：姓名、身份证号码。\n"
    [row] = views(text).recipients
    assert (row.recipient.quote, row.named, row.missing) == ("北川信验科技有限公司", True, ())


def test_a_kind_of_recipient_has_no_name():
    text = "五、共享\n我们会与合作伙伴共享您的浏览记录，用于推荐商品。\n"
    [row] = views(text).recipients
    assert (row.named, row.way, row.missing) == (False, "share", ("name", "contact"))


def test_whom_nothing_is_given_is_no_recipient():
    assert views("我们不会与广告商共享您的个人信息。\n").recipients == ()
    assert views("我们可能从合作伙伴处获得您的个人信息。\n").recipients == ()


# ---------- Periods and dates ----------


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("我们将在十五个工作日内答复您的请求。", "answer", "15工作日"),
        ("订单记录保存三年。", "retention", "3年"),
        ("注销账号后，我们会在 30 日内删除您的信息。", "deletion", "30天"),
        ("停止运营的，我们至少提前三十日通知您。", "notice", "30天"),
        ("未满十四周岁的儿童，请由监护人陪同。", "age", "14岁"),
    ],
)
def test_periods_are_written_alike(text, kind, value):
    [row] = views(text + "\n").deadlines
    assert (row.kind, row.value, row.vague) == (kind, value, False)


def test_vague_periods_are_marked():
    rows = views("我们仅在实现目的所必需的期限内保存您的信息。\n收到您的请求后，我们会尽快答复。\n").deadlines
    assert [(row.kind, row.vague) for row in rows] == [("retention", True), ("answer", True)]
    assert views("我们不会永久保存您的信息。\n").deadlines == ()


def test_dates_say_what_they_are_and_which_do_not_exist():
    text = "更新日期：2026年3月1日\n生效日期：2026年3月16日\n2021年11月1日起施行的《甲乙法》对此有规定。\n本版于2026年2月30日发布。\n"
    seen = views(text)
    assert [(row.day, row.kind) for row in seen.dates] == [
        ("2026-03-01", "updated"),
        ("2026-03-16", "effective"),
        ("2021-11-01", "law"),
        ("", "other"),
    ]
    assert [conflict.code for conflict in seen.date_conflicts] == ["no_such_day"]


def test_an_update_after_the_text_took_effect_is_a_conflict():
    seen = views("生效日期：2026年3月1日\n更新日期：2026年5月9日\n")
    assert [conflict.code for conflict in seen.date_conflicts] == ["updated_after_effective"]
    assert [pair.code for pair in seen.contradictions] == ["dates"]


def test_the_first_version_of_a_text_is_history():
    assert views("本政策于2020年1月1日首次生效。\n更新日期：2026年5月9日\n").date_conflicts == ()


# ---------- Contradictions ----------


def codes(text):
    return [(pair.code, pair.subject) for pair in views(text).contradictions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我们不会向任何第三方提供您的个人信息。\n我们会与合作伙伴共享您的浏览记录。\n", ("sharing", "")),
        ("您的信息全部存储于中国境内。\n我们会将您的信息传输至境外的服务器。\n", ("abroad", "")),
        ("我们不会收集您的通讯录。\n为了推荐好友，我们会读取您的通讯录。\n", ("collecting", "通讯录")),
        ("我们不申请短信权限。\n为自动填写验证码，我们会获取您的短信权限。\n", ("permission", "短信")),
        ("我们将在十五日内答复您的请求。\n收到您的投诉后，我们会在三十日内答复。\n", ("period", "answer")),
        ("订单记录保存三年。\n我们把订单记录保留五年。\n", ("period", "订单")),
        ("儿童是指未满14周岁的人。\n本政策所称儿童，指未满16周岁的儿童。\n", ("age", "age")),
    ],
)
def test_two_places_that_cannot_both_be_true(text, expected):
    assert expected in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "我们不会向任何第三方提供您的个人信息，但取得您同意的除外。\n我们会与合作伙伴共享您的浏览记录。\n",
        "我们不会与第三方共享您的信息。\n但以下情况除外：\n我们会与合作伙伴共享您的浏览记录。\n",
        "您的信息存储于中国境内。\n将来如需向境外提供，我们会取得您的单独同意。\n",
        "未经您同意，我们不会收集您的通讯录。\n您授权后，我们会读取您的通讯录，用于推荐好友。\n",
        "我们将在15天内答复您的请求。\n收到您的投诉后，我们会在十五日内答复。\n",
        "本政策不适用于第三方向您提供的服务。\n我们会与合作伙伴共享您的浏览记录。\n",
        "未满14周岁的儿童，请由监护人陪同。\n未满18周岁的未成年人，请在监护人指导下阅读。\n",
    ],
)
def test_what_has_a_reserve_contradicts_nothing(text):
    assert codes(text) == []


def test_the_demo_shows_something_in_every_view():
    good, old = views(policy("good_2026.txt")), views(policy("old_style.txt"))
    assert {row.missing for row in good.sdks} == {()}
    assert not good.contradictions
    assert any(row.vague for row in old.matrix)
    assert any(not row.purpose for row in old.matrix)
