"""What kind of document a text is. All texts are invented here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.engine.kinds import Concern, DocumentKind, blank_places, broken_off, recognise, sections_missing

POLICY = "\n".join(
    [
        "云雀天气隐私政策",
        "本政策帮助您了解以下内容：",
        "一、我们收集哪些信息",
        "二、我们如何共享信息",
        "三、您的权利",
        "四、联系我们",
        "一、我们收集哪些信息",
        "为推送天气预报，我们会收集您的位置信息和设备信息。",
        "登录时，我们收集您的手机号，用于创建账户。",
        "二、我们如何共享信息",
        "未经您同意，我们不会与第三方共享您的个人信息；统计所用的数据经过去标识处理。",
        "三、您的权利",
        "您可以查询、更正个人信息，也可以在“设置”中注销账户、撤回授权。",
        "未满十四周岁的儿童，请由监护人陪同阅读本政策。",
        "四、联系我们",
        "对个人信息保护有疑问，请致信 privacy@yunque.example，我们会在十五日内答复。",
    ]
)
AGREEMENT = "云雀天气用户协议\n" + "\n".join(
    f"{number}. {sentence}"
    for number, sentence in enumerate(
        [
            "接受本协议后，您即可使用云雀天气的各项服务。",
            "您不得利用本服务发布淫秽、赌博等违法内容，否则我们有权封号。",
            "本软件的著作权、商标等知识产权归云雀公司所有。",
            "因不可抗力造成服务中断的，我们不承担责任。",
            "您违反本协议造成损失的，应当赔偿。",
            "会员费用一经支付不予退款，虚拟道具不得转让。",
            "我们尊重您的隐私，详见另行公布的隐私政策。",
            "本协议的争议由公司所在地法院管辖。",
        ]
        * 3,
        start=1,
    )
)
CHAPTER = "\n".join(
    f"{number}. 我们收集您的设备信息、位置信息和手机号，加密存储，未经您同意不向第三方共享您的个人信息。"
    for number in range(1, 21)
)
COOKIES = "Cookie 使用说明\n" + "\n".join(
    f"{number}. 我们使用 Cookie 记住您的第 {number} 项设置；您可以在浏览器中清除 Cookie。" for number in range(1, 12)
)
NEWS = "云雀队主场取胜\n" + "\n".join(
    f"第 {number} 分钟，主队连续传切后由前锋推射破门，看台上一片欢呼，客队随后两度换人。" for number in range(1, 20)
)


@pytest.mark.parametrize(
    ("text", "kind", "concerns"),
    [
        (POLICY, DocumentKind.PRIVACY_POLICY, ()),
        ("我们收集您的手机号码。\n您可以联系我们注销账号。", DocumentKind.PRIVACY_POLICY, ()),
        (AGREEMENT, DocumentKind.USER_AGREEMENT, (Concern.USER_AGREEMENT,)),
        (AGREEMENT + "\n隐私条款\n" + CHAPTER, DocumentKind.COMBINED, ()),
        (COOKIES, DocumentKind.COOKIE_NOTICE, (Concern.COOKIE_NOTICE,)),
        (NEWS, DocumentKind.OTHER, (Concern.OTHER,)),
        ("Privacy Policy\nWe collect your phone number. " * 20, DocumentKind.PRIVACY_POLICY, (Concern.NOT_CHINESE,)),
        ("Terms\nYou must not reverse engineer. " * 20, DocumentKind.OTHER, (Concern.NOT_CHINESE,)),
    ],
)
def test_kinds_and_what_a_person_should_know(text, kind, concerns):
    found = recognise(text)
    assert (found.kind, found.concerns) == (kind, concerns)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (POLICY, "zh-Hans"),
        ("隱私權政策\n我們會收集您的個人資料與裝置資訊，並對資料加密。", "zh-Hant"),
        ("Privacy Policy: we collect data.", "en"),
        ("我们收集您的信息，用于账户登录。We collect information about you.", "mixed"),
        ("Политика конфиденциальности: мы собираем данные.", "other"),
    ],
)
def test_the_language(text, language):
    assert recognise(text).language == language


class TestBlankTemplates:
    @pytest.mark.parametrize(
        "blank",
        [
            "【】",
            "【 】",
            "【公司名称】",
            "[公司全称]",
            "【请填写联系电话】",
            "【插入链接】",
            "XXX",
            "xx",
            "____",
            "某某公司",
        ],
    )
    def test_blanks(self, blank):
        text = f"本政策由{blank}制定。"
        assert [text[start:end] for start, end in blank_places(text)] == [blank]

    @pytest.mark.parametrize(
        "text",
        [
            "【联系方式】",
            "【特别提示】请仔细阅读。",
            "【您的权利】\n您可以查询。",
            "请点击【我的】-【收货地址】-【联系方式】修改。",
            "手机号 138xxxx1234 会被遮盖。",
            "请致信 service@xx.example。",
            "**重要**\n________\n一、总则",
            "XXL 号的衣服",
        ],
    )
    def test_what_only_looks_like_one(self, text):
        assert blank_places(text) == []

    def test_one_blank_is_a_slip_and_several_are_a_template(self):
        filled = POLICY.replace("云雀天气", "【公司名称】", 1)
        assert Concern.BLANK_TEMPLATE not in recognise(filled).concerns
        template = filled.replace("位置信息", "XXX", 1).replace("十五日", "____日", 1)
        assert Concern.BLANK_TEMPLATE in recognise(template).concerns


class TestTruncated:
    @pytest.mark.parametrize(
        "end", ["我们会收集您的位置信息和", "未经您同意，", "我们不会与第三方共享您的个人信息，除非我们事先征得您的"]
    )
    def test_a_text_that_stops_in_mid_sentence(self, end):
        assert broken_off(POLICY * 2 + "\n" + end)

    def test_a_page_that_wants_to_be_unfolded(self):
        assert broken_off(POLICY + "\n点击查看全文")

    @pytest.mark.parametrize(
        "end",
        [
            "",
            "云雀天气科技有限公司",
            "2026年11月1日",
            "联系地址：海州市云雀路8号",
            "privacy@yunque.example",
            "© 2026 All Rights Reserved",
            "我们会在十五日内答复。",
            "----",
        ],
    )
    def test_usual_last_lines(self, end):
        assert not broken_off(POLICY + "\n" + end)

    def test_sections_that_were_promised_and_do_not_follow(self):
        assert not sections_missing(POLICY)
        assert sections_missing(POLICY[: POLICY.rindex("三、您的权利")])

    def test_steps_in_a_list_are_no_contents(self):
        steps = "注销时请按以下内容操作：\n1. 打开设置\n2. 选择账户\n3. 点击注销\n4. 输入验证码\n随后您的账户即告注销。"
        assert not sections_missing(POLICY + "\n" + steps) or "四、联系我们" not in POLICY


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=400))
def test_any_text_is_recognised_as_something(text):
    found = recognise(text)
    assert found.kind in DocumentKind
    assert all(0 <= start < end <= len(text) for start, end in blank_places(text))
