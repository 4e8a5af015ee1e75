"""Consistency: contents and body, numbers and references, readability, damaged text, contradictions."""

from __future__ import annotations

import pytest

from checks.engine.facts import extract_facts
from checks.engine.garbled import slips
from checks.engine.outline import build_outline

CHAPTERS = ["我们如何收集您的信息", "我们如何使用您的信息", "我们如何保存您的信息", "您的权利", "如何联系我们"]
NUMBERS = "一二三四五六七八九"


def facts_of(text: str):
    return extract_facts(text, build_outline(text))


def policy(
    entries: list[str], headings: list[str], body: str = "我们依照本章的说明处理您的信息，并接受您的监督。"
) -> str:
    contents = "".join(f"{NUMBERS[i]}、{title}\n" for i, title in enumerate(entries))
    chapters = "".join(f"{NUMBERS[i]}、{title}\n{body}\n" for i, title in enumerate(headings))
    return f"青禾日记隐私政策\n本政策将帮助您了解以下内容：\n{contents}\n{chapters}"


def quoted(text: str, name: str) -> list[str]:
    return [text[start:end] for start, end in facts_of(text).places[name]]


def test_contents_that_fit_have_no_mismatch():
    facts = facts_of(policy(CHAPTERS, CHAPTERS))
    assert facts.metrics["contents_entries"] == 5
    assert facts.metrics["toc_mismatches"] == 0


def test_punctuation_and_particles_are_no_mismatch():
    headings = ["我们如何收集您的个人信息", *CHAPTERS[1:]]
    assert facts_of(policy(CHAPTERS, headings)).metrics["toc_mismatches"] == 0


def test_a_changed_title_counts_once_and_shows_both():
    text = policy(CHAPTERS, [*CHAPTERS[:2], "我们如何保存和保护您的信息", *CHAPTERS[3:]])
    assert facts_of(text).metrics["toc_mismatches"] == 1
    assert quoted(text, "toc_changed") == ["三、我们如何保存您的信息", "三、我们如何保存和保护您的信息"]


def test_a_missing_chapter_and_one_left_out():
    missing = facts_of(policy(CHAPTERS, CHAPTERS[:-1]))
    assert missing.metrics["toc_missing"] == 1
    extra = facts_of(policy(CHAPTERS, CHAPTERS) + "附录 名词解释\n设备信息指设备的型号与版本，我们据此适配页面。\n")
    assert extra.metrics["toc_left_out"] == 1


def test_without_contents_there_is_nothing_to_compare():
    facts = facts_of("我们收集您的手机号码，用于登录。")
    assert facts.metrics["contents_entries"] == 0
    assert facts.metrics["toc_mismatches"] == 0


@pytest.mark.parametrize(
    ("numbers", "errors"),
    [
        ("一 二 三 四", []),
        ("一 二 四 五", ["四"]),
        ("一 二 二 三", ["二"]),
        ("一 二 三 五 六", ["五"]),
    ],
)
def test_gaps_and_repeats_of_chapters(numbers, errors):
    text = "".join(
        f"{number}、第{i}部分内容\n本章说明我们处理信息的目的、方式和范围，请您仔细阅读。\n"
        for i, number in enumerate(numbers.split())
    )
    found = quoted(text, "numbering_errors")
    assert [piece[0] for piece in found] == errors


def test_lists_may_begin_again_below_the_next_chapter():
    text = (
        "一、收集\n1、手机号码用于登录，昵称用于展示。\n2、照片用于发布日记。\n二、使用\n1、我们改进产品的体验。\n2、我们保障账号的安全。\n"
        "三、保存\n（一）保存地点在中国境内。\n（二）保存期限为三十日。\n"
    )
    assert facts_of(text).metrics["numbering_errors"] == 0


def test_an_item_of_the_third_rank_needs_one_of_the_second():
    text = "1、概述\n我们重视隐私。\n2、追踪\n2.1.1 小型文件能认出您。\n2.1.2 像素标签能计数。\n2.2 我们的用途\n2.2.1 记住您。\n"
    assert quoted(text, "numbering_errors") == ["2.1.1 小型文件能认出您"]
    assert quoted(text.replace("2.1.1", "2.1 它们是什么\n2.1.1"), "numbering_errors") == []
    assert quoted("2.1.1 小型文件能认出您。\n2.1.2 像素标签能计数。\n", "numbering_errors") == []


def test_references_lead_to_chapters_without_a_sign_behind_their_number():
    heads = "\n".join(f"# {i} {title}\n正文说明我们怎样处理信息，请您仔细阅读。" for i, title in enumerate(CHAPTERS, 1))
    lists = "\n1. 查询订单。\n2. 更正地址。\n3. 撤回授权。\n4. 注销账号。\n您可以按照本政策第5条的方式联系我们。\n"
    assert facts_of(heads + lists).metrics["reference_errors"] == 0
    assert facts_of(heads + lists.replace("第5条", "第9条")).metrics["reference_errors"] == 1


def test_a_reference_to_a_chapter_that_is_not_there():
    text = policy(CHAPTERS, CHAPTERS) + "您可以按照本政策第九条的方式联系我们。\n"
    assert facts_of(text).metrics["reference_errors"] == 1
    right = policy(CHAPTERS, CHAPTERS) + "您可以按照本政策第五条“如何联系我们”的方式联系我们。\n"
    assert facts_of(right).metrics["reference_errors"] == 0
    wrong_title = policy(CHAPTERS, CHAPTERS) + "您可以按照本政策第四条“如何联系我们”的方式联系我们。\n"
    assert facts_of(wrong_title).metrics["reference_errors"] == 1


def test_articles_of_laws_are_no_references():
    text = policy(CHAPTERS, CHAPTERS) + "依照《个人信息保护法》第十七条，我们告知您以下事项。\n"
    assert facts_of(text).metrics["reference_errors"] == 0


def test_a_wall_of_text_is_measured():
    wall = "我们重视您的隐私，并依照法律处理您的信息，请您放心使用本产品。" * 60
    assert facts_of(wall).metrics["walls_share"] > 90
    assert facts_of("\n".join([wall[:93]] * 20)).metrics["walls_share"] == 0


def test_slips_of_usual_wording_are_found_with_what_was_meant():
    text = "我们不会公开披需您的个人信息，除非征得您的明确同意。"
    at = text.index("需")
    assert (at, at + 1, "露") in slips(text)
    assert slips("我们不会公开披露您的个人信息，除非征得您的明确同意。") == []


def test_a_name_that_comes_again_and_again_is_no_slip():
    text = "当您使用禾喵记账的服务时，禾喵记账会收集您的信息。使用禾喵记账前，请阅读禾喵记账的说明。"
    assert facts_of(text).metrics["slips"] == 0


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("本政策由【请填入公司名称】发布。", "placeholders"),
        ("联系邮箱：XXXXX", "placeholders"),
        ("公司名称：\n注册地址：\n", "blanks"),
        ("我们会与与合作方合作。", "text_errors"),
        ("我们收集您的昵称，，头像。", "doubled_signs"),
        ("我们收集\ufffd您的昵称。", "strange_characters"),
        ("我们收集您的昵称（包括头像、简介。\n其他内容见下。", "loose_brackets"),
    ],
)
def test_damage_is_seen(text, metric):
    assert facts_of(text).metrics[metric] >= 1


def test_sound_text_has_no_damage():
    facts = facts_of("我们会在【15】天内答复。为达到上述目的的必要信息，我们会依法保存（法律另有规定的除外）。")
    assert facts.metrics["text_errors"] == 0
    assert facts.metrics["placeholders"] == 0


def test_a_sentence_that_stands_there_twice():
    sentence = "我们会采取加密、访问控制等合理的措施，保护您的个人信息安全。"
    assert facts_of(sentence * 2).metrics["repeated_sentences"] == 1
    assert facts_of(sentence + "我们会尽快答复您。" * 2).metrics["repeated_sentences"] == 0


def test_sentences_that_take_something_and_say_what_for():
    told = "注册时，我们会收集您的手机号，用于创建账号。\n为了配送商品，我们需要收集您的收货地址。\n"
    bare = "我们会收集您的生日。\n"
    shared = "我们会将您的手机号共享给物流公司。\n"
    assert facts_of(told + shared).metrics["explained"] == 2
    assert facts_of(told + shared).metrics["explained_share"] == 100
    assert facts_of(told + bare + bare).metrics["explained_share"] == 50
    assert facts_of(shared).metrics["explained_share"] == 0


def test_an_empty_purpose_explains_nothing():
    empty = "为了提升使用体验，我们会收集您的生日。\n"
    told_otherwise = "我们会读取设备标识，以防止同一账号被盗用。\n实名时我们会收集您的姓名，进行身份核验。\n"
    refused = "我们不会收集您的通讯录用于营销。\n"
    beside = "为了提升使用体验，我们会收集您的生日，用于改进服务，发放生日礼券。\n"
    bullet = "* 为识别异常登录，我们会收集您的设备标识。\n"
    assert facts_of(empty).metrics["explained"] == 0
    assert facts_of(beside + bullet).metrics["explained"] == 2
    assert facts_of(empty + bullet).metrics["unexplained"] == 1
    assert facts_of(told_otherwise).metrics["explained"] == 2
    assert facts_of(refused + told_otherwise).metrics["explained_share"] == 100


def test_characters_that_sound_or_look_alike():
    assert facts_of("我们为了一下目的使用信息，并会像您告知；您可以撒销同意。").metrics["text_errors"] == 3
    assert facts_of("您可以核对一下信息。您现在在使用本产品。").metrics["text_errors"] == 0


def test_the_same_period_written_twice_is_one():
    same = facts_of("我们将在十五日内答复您的请求。收到您的投诉后，我们会在15天内回复。")
    other = facts_of("我们将在十五日内答复您的请求。收到您的投诉后，我们会在三十日内回复。")
    assert same.metrics["answer_periods"] == 1
    assert other.metrics["answer_periods"] == 2


def test_an_sdk_that_takes_nothing_and_yet_identifiers():
    text = "云雀浏览SDK\n收集信息：无\n使用目的：打开网页，会读取IMEI用于适配。\n"
    assert facts_of(text).metrics["sdk_contradictions"] >= 1


def test_names_of_strangers_and_two_names_for_the_policy():
    stranger = facts_of("我们可能为保护瑞海关联公司的权益而使用信息。")
    two = facts_of("本《隐私条款》是协议的一部分。您同意本《隐私政策》。")
    provider = facts_of("我们收集这些信息，以便为您提供云苗产品和/或服务。")
    assert (stranger.metrics["foreign_names"], stranger.metrics["foreign_providers"]) == (1, 0)
    assert (provider.metrics["foreign_names"], provider.metrics["foreign_providers"]) == (1, 1)
    assert two.metrics["policy_names"] == 2
    assert facts_of("我们可能与我们的关联公司共享信息。").metrics["foreign_names"] == 0


def test_chapters_without_a_mark_behind_their_number_are_those_of_the_contents():
    contents = "".join(f"{i + 1}. {title}\n" for i, title in enumerate(CHAPTERS))
    body = "".join(f"{NUMBERS[i]} {title}\n我们依照本章处理您的信息。\n" for i, title in enumerate(CHAPTERS))
    facts = facts_of(f"青禾日记隐私政策\n本政策将帮助您了解以下内容：\n{contents}\n{body}")
    assert facts.metrics["contents_entries"] == 5
    assert facts.metrics["toc_mismatches"] == 0


def test_a_chapter_that_the_contents_skip_is_left_out_though_numbers_shift():
    text = policy(CHAPTERS, [CHAPTERS[0], "我们如何使用浏览器缓存", *CHAPTERS[1:]])
    assert quoted(text, "toc_left_out") == ["二、我们如何使用浏览器缓存"]


def test_a_list_goes_on_after_another_of_its_style_inside_it():
    text = (
        "一、登录\n1. 拍照时需要权限：\n1. （1）相机；\n2. （2）相册。\n2. 识别时需要照片。\n3. 保存时需要存储空间。\n"
    )
    assert facts_of(text).metrics["numbering_errors"] == 0


def test_a_list_whose_first_item_stands_in_a_paragraph():
    text = (
        "一、共享\n（1）我们会说明目的；\n（2）我们会取得同意。\n"
        "二、例外\n以下情形除外：（1）与国防有关的；\n（2）与公共卫生有关的；\n（3）与审判有关的。\n"
    )
    assert facts_of(text).metrics["numbering_errors"] == 0


def test_a_conclusion_numbered_like_the_cases_before_it():
    cases = "".join(f"（{i}）您请求删除的第{NUMBERS[i]}类资料；\n" for i in range(1, 4))
    text = f"一、删除\n{cases}（4）若我们决定删除，我们会一并告知接收方。\n"
    assert quoted(text, "numbering_errors") == ["（4）若我们决定删除"]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("我们收集这些资料，以便为您提供云苗产品和/或服务。", 1),
        ("本政策由《青禾隐私政策》构成。我们为您提供青禾产品和/或服务。", 0),
        ("我们为您提供相关产品和/或服务。", 0),
        ("您授权或同意云苗记账披露的信息。", 1),
    ],
)
def test_a_strangers_product_in_the_place_of_ones_own(text, count):
    assert facts_of(text).metrics["foreign_names"] == count


@pytest.mark.parametrize(
    ("text", "count"),
    [("我们会在*个工作日内答复您。", 1), ("运营者：{{company}}", 1), ("我们会在**15**个工作日内答复您。", 0)],
)
def test_blanks_that_nobody_filled_in(text, count):
    assert facts_of(text).metrics["placeholders"] == count


def test_another_word_for_the_same_is_no_slip():
    assert not [
        slip for slip in slips("您可以选择权限的开启或者关闭，我们不会与其他公司共享。") if slip[2] in "及和与或"
    ]


def test_what_only_sharing_speaks_of():
    shared = "我们与第三方合作伙伴共享您的生日、性别、手机号。"
    assert facts_of(shared).values["shared_only"] == ["生日", "性别", "手机号"]
    both = facts_of("为完成注册，我们收集您的手机号。" + shared)
    assert both.values["shared_only"] == ["生日", "性别"]


@pytest.mark.parametrize(
    "text",
    [
        "为履行法定的安全义务，我们会结合您的设备标识及合作方共享的信息，综合判断账户风险，并接收设备标识。",
        "如您选择使用分期支付，我们会将您的银行卡号提供给相应的银行，也会共享您的银行卡号。",
        "一、为您提供安全保障\n设备标识、MAC地址。\n",
        "请勿在评论中公开您的身份证号。",
        "姓名、职业、学历等个人基本资料；",
        "接收方的名称或者姓名会告知您。",
    ],
)
def test_items_that_have_a_function_or_are_not_taken(text):
    assert facts_of(f"青禾隐私政策\n{text}").metrics["orphans"] == 0


def test_a_heading_that_names_no_function_explains_nothing():
    assert facts_of("青禾隐私政策\n一、我们如何收集您的信息\n职业、学历。\n").metrics["orphans"] == 2


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("我们会收集您的职业、学历。", 2),
        ("为向您寄送会员礼物，我们收集您的职业、学历。", 0),
        ("一、为您提供搜索功能\n职业、学历。\n", 0),
        ("我们收集您的职业，以便推荐岗位。\n三、我们如何共享您的信息\n为推荐课程，我们向伙伴共享您的学历。\n", 1),
    ],
)
def test_items_without_a_function_where_collection_is_told(text, items):
    assert facts_of(f"青禾隐私政策\n{text}").metrics["unmatched_items"] == items


def test_sensitive_items_that_only_sharing_has_a_function_for():
    shared = "四、我们如何共享您的信息\n为防止欺诈，我们向伙伴共享您的应用列表和通讯录。\n"
    assert facts_of("青禾隐私政策\n" + shared).metrics["unmatched_sensitive"] == 2
    taken = "二、我们如何收集您的信息\n为推荐好友，我们会读取您的通讯录。\n"
    assert facts_of("青禾隐私政策\n" + taken + shared).metrics["unmatched_sensitive"] == 1


def test_column_titles_that_run_together():
    assert facts_of("青禾隐私政策\n服务商名称收集的字段与用途隐私政策\n云雀统计设备型号\n").metrics["glued"] == 1
    assert (
        facts_of("青禾隐私政策\n名称 | 使用目的 | 收集信息 | 隐私政策\n云雀 | 统计 | 型号 | 无\n").metrics["glued"] == 0
    )
