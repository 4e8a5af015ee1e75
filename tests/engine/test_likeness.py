from hypothesis import given
from hypothesis import strategies as st

from checks.engine.likeness import ALIKE, Difference, difference, likeness, sketch, title, titles_agree

from .test_kinds import AGREEMENT, POLICY

TEXTS = st.text(alphabet="隐私政策信息收集您我们，。\n ab1", max_size=300)


def alike(one, other):
    return likeness(sketch(one), sketch(other))


def test_a_new_version_is_alike_and_another_document_is_not():
    assert alike(POLICY, POLICY.replace("十五日", "十个工作日") + "\n五、更新\n更新时我们会通知您。") > ALIKE
    assert alike(POLICY, AGREEMENT) < 0.1


def test_the_estimate_is_near_the_truth():
    words = [f"第{number}项信息用于功能{number * 7}。" for number in range(400)]
    half = "".join(words[:300]), "".join(words[100:])
    assert abs(alike(*half) - 0.5) < 0.12


def test_what_differs_is_counted_line_by_line():
    older = "标题\n一\n二\n三\n"
    assert difference(older, older) == Difference(0, 0, 0)
    assert difference(older, "标题\n一\n\n二改\n三\n四\n五") == Difference(added=2, removed=0, changed=1)
    assert difference(older, "标题\n三") == Difference(added=0, removed=2, changed=0)


def test_titles_without_version_and_date_must_not_contradict():
    assert (
        title("# 《云雀天气隐私政策》v2.1\n正文") == title("云雀天气隐私政策（2026年版）\n正文") == "云雀天气隐私政策"
    )
    assert titles_agree("云雀天气隐私政策\n", "云雀天气隐私政策2026年11月\n")
    assert not titles_agree("云雀天气隐私政策\n", "云雀地图隐私政策\n")
    assert titles_agree("没有标题的正文", "云雀地图隐私政策\n")


@given(TEXTS)
def test_a_text_is_wholly_like_itself(text):
    assert alike(text, text) == (1.0 if sketch(text) else 0.0)


@given(TEXTS, TEXTS)
def test_likeness_goes_both_ways(one, other):
    assert 0 <= alike(one, other) == alike(other, one) <= 1
