"""Facts: contacts, parties, dates, periods, SDKs and items, with places that lead back to the text."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.engine.contacts import phone_problem
from checks.engine.facts import Facts, extract_facts
from checks.engine.outline import build_outline
from checks.engine.pinyin import spells, syllable

POLICY = """青禾日记隐私政策
更新日期：2024年3月1日
生效日期：2024年3月8日
本应用由杭州青禾云帆网络科技有限公司（以下简称“我们”）开发并运营。
一、我们如何收集和使用您的个人信息
为了帮助您注册账号，我们会收集您的手机号码和昵称。当您发布日记时，我们需要相册权限以便您上传照片。
为了向您推送提醒，我们接入了云雀推送SDK，该SDK会收集设备型号和Android ID，用于发送通知。
二、我们如何保存您的个人信息
我们在境内保存您的信息，自您注销账号之日起保存三十日。
三、如何联系我们
您可以发送邮件至 privacy@qinghe-demo.cn，或拨打客服热线400-800-1234。我们将在十五个工作日内答复您的请求。
注册地址：浙江省杭州市西湖区文一路88号3幢501室
"""


def facts_of(text: str) -> Facts:
    return extract_facts(text, build_outline(text))


def test_a_policy_says_who_where_and_when():
    facts = facts_of(POLICY)
    assert facts.values["processors"] == ["杭州青禾云帆网络科技有限公司"]
    assert "青禾日记" in facts.values["product_names"]
    assert facts.values["emails"] == ["privacy@qinghe-demo.cn"]
    assert facts.values["phones"] == ["400-800-1234"]
    assert facts.values["update_dates"] == ["2024-03-01"]
    assert facts.values["effective_dates"] == ["2024-03-08"]
    assert facts.metrics["version_date"] == 20240301
    assert any("文一路88号" in address for address in facts.values["addresses"])
    assert facts.values["answer_periods"] == ["15个工作日"]
    assert facts.values["retention_periods"] == ["30天"]
    assert [sdk["name"] for sdk in facts.values["sdks"]] == ["云雀推送SDK"]
    assert {"手机号", "昵称头像", "相册"} <= set(facts.values["information_items"])
    assert "相册" in facts.values["permissions"]


def test_values_are_plain_and_the_same_each_time():
    first, second = facts_of(POLICY), facts_of(POLICY)
    assert json.dumps(first.values, ensure_ascii=False) == json.dumps(second.values, ensure_ascii=False)
    assert first.metrics == second.metrics


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("：", ":").replace("（", "(").replace("）", ")"),
        lambda text: text.replace("有限公司", "有限\u3000公司").replace("更新日期", "更新 日期"),
        lambda text: text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}),
        lambda text: text.replace("\n", "\r\n"),
    ],
)
def test_the_way_of_typing_does_not_matter(change):
    facts = facts_of(change(POLICY))
    assert facts.metrics["processors"] == 1
    assert facts.metrics["version_date"] == 20240301
    assert facts.metrics["phones"] == 1


@pytest.mark.parametrize(
    ("digits", "fine"),
    [
        ("13800138000", True),
        ("138001380001", False),
        ("12800138000", False),
        ("4008001234", True),
        ("400800123", False),
        ("01066001234", True),
        ("057187654321", True),
        ("00001234567", False),
        ("95555", True),
        ("10106088", True),
        ("02095575", True),
    ],
)
def test_phone_numbers_that_can_be_called(digits, fine):
    assert (phone_problem(digits) == "") is fine


def test_a_mobile_number_with_twelve_digits_is_marked():
    facts = facts_of("客服电话：138001380001。")
    assert facts.metrics["bad_phones"] == 1
    assert facts.values["phone_numbers"] == [{"number": "138001380001", "valid": False}]


def test_an_area_code_behind_the_country_code_has_no_zero():
    assert facts_of("客服电话：+86(10)66001234。").metrics["bad_phones"] == 0
    assert facts_of("客服电话：+86(10)660012345678。").metrics["bad_phones"] == 1


def test_an_address_cut_at_the_end_of_its_line_is_whole():
    facts = facts_of("一、联系\n请发邮件到客服邮箱kefu@qinghe-\nyun.com。")
    assert facts.values["emails"] == ["kefu@qinghe-yun.com"]
    assert facts.metrics["bad_emails"] == 0


@pytest.mark.parametrize(
    "text", ["客服QQ：1234567890", "邮编：310000", "京ICP备13800138号", "统一社会信用代码：913300001234567"]
)
def test_other_numbers_are_no_phone_numbers(text):
    assert facts_of(text).metrics["phone_numbers"] == 0


def test_third_parties_are_not_the_processor():
    facts = facts_of("推送服务供应商：由上海某推信息技术有限公司提供推送技术服务。\n青禾日记重视您的隐私。")
    assert facts.values["processors"] == []
    assert facts.values["other_companies"] == ["上海某推信息技术有限公司"]


def test_a_date_of_a_law_is_no_date_of_the_policy():
    facts = facts_of("我们遵守2021年11月1日起施行的个人信息保护法。")
    assert facts.metrics["version_date"] == 0


def test_an_update_after_the_effective_date_is_seen():
    facts = facts_of("生效日期：2024年3月1日\n更新日期：2024年3月8日\n")
    assert facts.metrics["update_after_effective"] == 1


@pytest.mark.parametrize(
    ("text", "updated", "effective"),
    [
        ("2024年5月6日更新 2024年6月7日生效", "2024-05-06", "2024-06-07"),
        ("更新日期：2024年5月6日 生效日期：2024年6月7日", "2024-05-06", "2024-06-07"),
        ("2024年5月6日版本\n本政策自2024年6月7日起施行。", "2024-05-06", "2024-06-07"),
        ("发布日期：2024年5月6日\n上线时间：2024年6月7日", "2024-05-06", "2024-06-07"),
        ("本政策于2024年5月6日更新并生效。", "2024-05-06", "2024-05-06"),
        ("（2024年5月6日修订及实施）", "2024-05-06", "2024-05-06"),
    ],
)
def test_the_word_behind_a_date_says_what_it_is(text, updated, effective):
    facts = facts_of(text)
    assert facts.values["update_dates"] == [updated]
    assert facts.values["effective_dates"] == [effective]


def test_mail_domains_are_held_against_names():
    own = facts_of("杭州青禾云帆网络科技有限公司（以下简称“我们”）尊重您的隐私。邮箱：kefu@qinghe.com")
    foreign = facts_of("杭州青禾云帆网络科技有限公司（以下简称“我们”）尊重您的隐私。邮箱：kefu@zzqpx.com")
    free = facts_of("邮箱：qinghe@163.com")
    assert own.metrics["strange_domains"] == 0
    assert foreign.metrics["strange_domains"] == 1
    assert free.metrics["free_mail"] == 1


def test_a_well_known_companys_mail_is_no_strangers():
    assert facts_of("本政策由格力电器股份有限公司发布，邮箱 kf@gree.com。").metrics["strange_domains"] == 0
    often = "您可以用抖音账号登录。" * 5
    assert facts_of(often + "邮箱：kf@bytedance.com").metrics["strange_domains"] == 0
    assert facts_of("青禾隐私政策\n您可以用抖音账号登录。邮箱：kf@bytedance.com").metrics["strange_domains"] == 1


def test_a_mail_address_whose_domain_has_no_name_is_bad():
    assert facts_of("请发邮件至 kefu@.com 联系我们。").metrics["bad_emails"] == 1
    assert facts_of("请发邮件至 kefu@qinghe-demo.com 联系我们。").metrics["bad_emails"] == 0


def test_an_extension_is_no_part_of_the_telephone_number():
    facts = facts_of("客服电话：010-66001234-801")
    assert facts.metrics["bad_phones"] == 0
    assert facts.values["phones"] == ["010-66001234-801"]


def test_spelling_of_characters():
    assert syllable("中") == "zhong"
    assert syllable("Q") == "q"
    assert syllable("㐀") == ""
    assert spells("青禾云帆", "qinghe-demo")
    assert spells("青禾云帆网络", "qhyf")
    assert spells("上海二三四五", "2345")
    assert spells("青禾云帆网络", "qinghyf")
    assert spells("青翯云帆", "qingheyunfan-corp")
    assert spells("禾睿科技", "heruike")
    assert not spells("禾睿科技", "heduoduo")
    assert not spells("青禾云帆", "zzqpx")


def test_an_item_is_orphaned_only_without_a_purpose():
    alone = facts_of("我们可能与合作方共享您的生日、通讯录。")
    explained = facts_of("为了向您发送祝福，我们收集您的生日。我们可能与合作方共享您的生日。")
    assert alone.values["other_orphans"] == ["生日"]
    assert alone.values["sensitive_orphans"] == ["通讯录"]
    assert explained.metrics["other_orphans"] == 0


def test_sdks_of_a_labelled_list_have_their_fields():
    text = (
        "SDK名称：云雀统计SDK\n公司名称：北京云雀数据有限公司\n使用目的：统计使用情况\n收集信息：设备型号、Android ID\n"
        "隐私政策：https://www.yunque-demo.cn/privacy\n"
    )
    assert facts_of(text).values["sdks"] == [
        {
            "name": "云雀统计SDK",
            "provider": "北京云雀数据有限公司",
            "purpose": "统计使用情况",
            "data": "设备型号、Android ID",
            "link": "https://www.yunque-demo.cn/privacy",
        }
    ]


TABLE = """四、第三方SDK目录
SDK名称	第三方公司	使用目的	收集的信息	隐私政策链接
云雀推送SDK	北京云雀数据有限公司	消息推送	设备型号、网络状态	https://www.yunque-demo.cn/p
山岚地图SDK	上海山岚图业有限公司	展示附近门店	位置信息	www.shanlan-demo.cn/rules
"""


def test_sdks_of_a_table_have_what_their_row_says():
    first, second = facts_of(TABLE).values["sdks"]
    assert first == {
        "name": "云雀推送SDK",
        "provider": "北京云雀数据有限公司",
        "purpose": "消息推送",
        "data": "设备型号、网络状态",
        "link": "https://www.yunque-demo.cn/p",
    }
    assert (second["purpose"], second["data"]) == ("展示附近门店", "位置信息")


def test_a_table_without_heads_is_read_by_what_its_cells_look_like():
    (sdk,) = facts_of("云雀推送SDK｜向您推送提醒｜设备型号、IMEI｜北京云雀数据有限公司\n").values["sdks"]
    assert (sdk["purpose"], sdk["data"], sdk["provider"]) == ("向您推送提醒", "设备型号、IMEI", "北京云雀数据有限公司")


def test_sdks_of_running_text_have_what_their_sentence_says():
    text = "为了及时提醒您写日记，我们接入了云雀推送SDK，该SDK会收集您的设备型号和Android ID，用于发送通知。"
    (sdk,) = facts_of(text).values["sdks"]
    assert sdk["name"] == "云雀推送SDK"
    assert sdk["purpose"] == "及时提醒您写日记"
    assert sdk["data"] == "设备型号和Android ID"
    assert (sdk["provider"], sdk["link"]) == ("", "")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("具体情况请参见SDK运营方的说明。我们收集设备信息，用于推送。", []),
        ("您需要授权云雀推送SDK读取设备信息，用于推送。", ["云雀推送SDK"]),
        ("第三方SDK“云雀、山岚”用于统计，需要获取您的IMEI权限。", ["云雀", "山岚"]),
        ("3 云雀推送SDK用于推送，收集设备信息。", ["云雀推送SDK"]),
    ],
)
def test_names_of_sdks_hold_nothing_of_the_sentence(text, names):
    assert [sdk["name"] for sdk in facts_of(text).values["sdks"]] == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("我们在境内收集的信息存储于中华人民共和国境内。", [("境内", False, "yes")]),
        ("我们不会将您的信息传输至境外。", [("境外", True, "no")]),
        ("如需向境外提供您的信息，我们会征得您的单独同意。", [("境外", True, "if")]),
        ("您的信息保存在位于新加坡的服务器上。", [("新加坡", True, "yes")]),
        ("您的数据存储在贵阳数据中心。", [("贵阳", False, "yes")]),
        ("本政策所称境内，不含香港、澳门；信息存放在境内。", [("境内", False, "yes")]),
        ("贵阳云帆网络有限公司保存您的信息。", []),
        ("我们是依法在中国境内设立的公司。", []),
    ],
)
def test_where_information_is_kept(text, said):
    found = facts_of(text).values["storage_places"]
    assert [(place["place"], place["abroad"], place["stated"]) for place in found] == said
    for place in found:
        assert text[place["start"] : place["end"]] == place["quote"]


def test_third_parties_without_a_name_are_found_by_what_they_are():
    text = (
        "我们会将收货地址提供给物流公司，以便送货。\n"
        "您的信息可能会与我们的关联公司共享。\n"
        "我们不会向广告商提供您的信息。\n"
        "您可以在商家页面查看评价。\n"
    )
    found = facts_of(text).values["third_parties"]
    assert [party["kind"] for party in found] == ["物流公司", "关联公司"]
    assert found[1]["quote"] == "您的信息可能会与我们的关联公司共享。"


@pytest.mark.parametrize(
    ("text", "permission", "purpose"),
    [
        ("我们申请相机权限，用于扫描二维码。", "相机", "扫描二维码"),
        ("为了向您展示附近门店，我们会申请位置权限。", "位置", "向您展示附近门店"),
        ("当您使用语音输入功能时，需要开启麦克风权限。", "麦克风", "语音输入"),
        ("权限\t用途\t说明\n相机\t拍摄照片上传头像\t可关闭\n", "相机", "拍摄照片上传头像"),
        ("应用会申请日历权限。", "日历", ""),
        ("我们不会申请通讯录权限，以保护您的隐私。", "通讯录", ""),
    ],
)
def test_permissions_have_the_purpose_beside_them(text, permission, purpose):
    uses = {use["permission"]: use["purpose"] for use in facts_of(text).values["permission_uses"]}
    assert uses[permission] == purpose


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("地址：云州市青山区云帆路3号，您还可以发送邮件。", ["云州市青山区云帆路3号"]),
        ("我们位于云州市青山区云帆路3号2楼您还可以随时访问https://a.example。", ["云州市青山区云帆路3号2楼"]),
        ("云帆公司（注册地为云州市青山区云帆路3号2层）提供服务。", ["云州市青山区云帆路3号2层"]),
        ("您可以按“我的-地址”的路径对留存的地址信息增加号码。", []),
    ],
)
def test_addresses_end_where_they_end(text, addresses):
    assert facts_of(text).values["addresses"] == addresses


def test_roles_and_things_with_a_short_name_are_no_products():
    text = "青禾日记隐私政策\n为您付款的机构（以下简称“支付机构”）。小图片（简称“像素标签”）。见《Cookies政策》。"
    assert facts_of(text).values["product_names"] == ["青禾日记"]


def test_a_company_behind_a_link_is_a_third_party_without_the_link():
    text = "SDK目录\n云雀推送SDK 推送 https://www.yunque-demo.cn/privacy北京云雀数据有限公司\n"
    facts = facts_of(text)
    assert facts.values["processors"] == []
    assert facts.values["other_companies"] == ["北京云雀数据有限公司"]


def test_ages_and_periods_are_written_alike():
    facts = facts_of(
        "未满十四周岁的儿童须有监护人同意。您若不满14岁，请停止使用。\n"
        "日志保存六个月，您可查看已保存的近三个月的订单。我们会在三十个自然日内答复您的申请。电话：（400-800-1234）。"
    )
    assert facts.values["ages"] == ["14周岁"]
    assert facts.values["retention_periods"] == ["6个月"]
    assert facts.values["answer_periods"] == ["30天"]
    assert facts.values["phones"] == ["400-800-1234"]


def test_an_answer_is_promised_without_saying_to_whom():
    assert facts_of("我们将于二十日内作出回复。").values["answer_periods"] == ["20天"]
    assert facts_of("监管部门应当在二十日内作出回复。").values["answer_periods"] == []


PIECES = st.sampled_from(
    [
        *POLICY.splitlines(keepends=True),
        "联系电话：138001380001",
        "【注：示例】",
        "与与",
        "目录\n一、总则\n二、附则\n三、联系\n",
        "①",
        "\u3000",
        "\n",
        "（",
        "2. 2. ",
        "第九条",
        "SDK",
        "@",
        "a@b.cn",
        "2023年13月40日",
        "\U0001f600",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25))
def test_every_place_cuts_a_piece_of_the_text(pieces):
    text = "".join(pieces)
    facts = facts_of(text)
    for name, places in facts.places.items():
        for start, end in places:
            assert 0 <= start < end <= len(text), name
            assert text[start:end].strip(), name
    for name in ("third_parties", "storage_places"):
        for entry in facts.values[name]:
            assert text[entry["start"] : entry["end"]] == entry["quote"]
    json.dumps(facts.values)


@pytest.mark.parametrize("text", [POLICY * 20, "我们收集您的手机号、身份证号、位置信息" * 700])
def test_time_grows_with_the_text_and_not_faster(text):
    outlines = [(text, build_outline(text)), (text * 4, build_outline(text * 4))]

    def best(item):
        times = []
        for _ in range(3):
            start = time.process_time()
            extract_facts(*item)
            times.append(time.process_time() - start)
        return min(times)

    best(outlines[0])
    assert best(outlines[1]) < best(outlines[0]) * 4 * 2.5


@pytest.mark.parametrize(
    ("text", "typos"),
    [
        ("系统处于维护状态时，服务会暂停。", 0),
        ("我们正在在线客服页面公布结果。", 0),
        ("您可致电中信总行或微信总部。", 0),
        ("请说明一下情况，我门店会登记。", 0),
        ("头像您可随时更换。", 0),
        ("我门会像您提供服务。", 2),
        ("您可以以同一账号登录，也可在手机和使用说明里查看。", 0),
        ("跟据约定，账号即为您设制的代号。", 2),
        ("奖品和以及积分会通过通过站内信发放，监护人需知。", 3),
    ],
)
def test_a_sound_phrase_that_holds_a_slip_is_none(text, typos):
    assert extract_facts(text, build_outline(text)).metrics["typos"] == typos


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [
        ("账户注销后，我们会根据的要求删除订单。", 1),
        ("本声明适用于的各项功能。您可通过,我们即会回复。", 2),
        ("请通过链接：通过电话：", 2),
        ("本声明适用于我们的功能，我们会根据您的要求删除订单，您可以通过客服电话：12345 联系。", 0),
    ],
)
def test_sentences_that_lack_the_word_they_turn_on(text, unfinished):
    assert extract_facts(text, build_outline(text)).metrics["unfinished"] == unfinished


@pytest.mark.parametrize("blank", ["邮箱：（此处填写公司邮箱）", "电话：待补充", "联系电话：13xxxxxxxxx"])
def test_a_contact_nobody_filled_in(blank):
    assert facts_of(f"青禾隐私政策\n{blank}\n").metrics["contact_placeholders"] == 1


def test_more_free_mail_and_initials_of_the_whole_name():
    by = "青禾日记隐私政策\n本应用由杭州青禾网络科技有限公司运营。\n邮箱："
    assert facts_of(by + "qinghe@vip.sina.com").metrics["free_mail"] == 1
    assert facts_of(by + "kefu@qhwl.cn").metrics["strange_domains"] == 0
    assert facts_of(by + "kefu@bluewhale.cn").metrics["strange_domains"] == 1


def test_one_sdk_listed_twice_in_lines_that_run_on():
    entry = "SDK名称：云雀推送SDK\n信息类型：设备信息、网络信息、位置信息、应用列表信息以及您的设备所处的环境\n"
    other = "SDK名称：星河统计SDK\n信息类型：设备信息、网络信息、操作系统版本、崩溃日志、启动次数与使用时长\n"
    company = "所属公司：云雀信息技术有限公司\n使用目的：向您的设备推送您订阅的消息，并统计送达的次数\n"
    listed = "青禾隐私政策\n一、第三方SDK目录\n" + entry + company + other + company
    assert facts_of(listed).metrics["sdk_repeated"] == 0
    assert (
        facts_of(listed + other.replace("星河统计", "山岚地图") + company + entry + company).metrics["sdk_repeated"]
        == 1
    )


@pytest.mark.parametrize("mail", ["kefu@@qinghe.cn", "kefu@qinghe.con", "kefuqinghe.com", "kefu@.cn"])
def test_a_mail_address_that_cannot_work(mail):
    assert facts_of(f"青禾隐私政策\n联系邮箱：{mail}\n").metrics["bad_emails"] == 1


@pytest.mark.parametrize("mail", ["kefu@qinghe.com", "www.qinghe.com", "mail.qinghe.com/kefu"])
def test_a_mail_address_or_site_that_may_work(mail):
    assert facts_of(f"青禾隐私政策\n联系邮箱：{mail}\n").metrics["bad_emails"] == 0


def test_thousands_of_sdks_in_one_line_cost_no_more_than_their_length():
    began = time.thread_time()
    assert facts_of("sdk名称:甲信息:" * 5000 + "用途。").metrics["sdks_named"] >= 1
    assert time.thread_time() - began < 5  # each entry reading the whole line took eight seconds


@pytest.mark.parametrize(
    ("text", "effective", "updated", "plain"),
    [
        ("本声明更新于2023年7月31号，即日生效。", 1, 1, 0),
        ("（本声明于2023年8月2日更新发布并同时生效）", 1, 1, 0),
        ("2023年7月1日修订，自次月起生效。", 0, 1, 0),
        ("青禾隐私政策\n我们尊重您。\n2023年6月\n", 0, 0, 1),
        ("青禾自2019年6月开始运营。", 0, 0, 0),
    ],
)
def test_a_date_in_force_at_once_and_a_month_as_signature(text, effective, updated, plain):
    metrics = extract_facts(text, build_outline(text)).metrics
    assert (metrics["effective_dates"], metrics["update_dates"], metrics["other_dates"]) == (effective, updated, plain)


def test_items_with_the_number_of_another_chapter():
    def text(second: str) -> str:
        chapters = [("一", "1"), ("二", second), ("三", "3"), ("四", "4")]
        items = "\n".join(f"{{0}}.{at} 我们按照约定处理订单信息。" for at in (1, 2))
        return (
            "青禾隐私政策\n" + "\n".join(f"{name}、第{name}类事项\n" + items.format(no) for name, no in chapters) + "\n"
        )

    assert facts_of(text("2")).metrics["numbering_errors"] == 0
    assert facts_of(text("3")).metrics["numbering_errors"] >= 1
    assert facts_of(text("2") + "(C)2019-2023 青禾软件有限公司\n").metrics["numbering_errors"] == 0


def test_a_mail_address_whose_sign_is_spelt_out():
    assert facts_of("联系邮箱：kefu(at)qinghe.cn").metrics["bad_emails"] == 1
    assert facts_of("联系邮箱：kefu@qinghe.cn，look(at)me").metrics["bad_emails"] == 0


def test_a_domain_that_holds_the_letters_of_the_name():
    by = "LUX看图隐私政策\n本应用由杭州青禾网络科技有限公司运营。\n邮箱："
    assert facts_of(by + "kefu@kuailux.cn").metrics["strange_domains"] == 0
    assert facts_of(by + "kefu@365lux.cn").metrics["strange_domains"] == 0
    assert facts_of(by + "kefu@bluewhale.cn").metrics["strange_domains"] == 1
