"""The organisation's settings: checked, kept as rows, carried by reports as they were."""

import pytest

from checks.models import ActivityEntry, HouseStyle, Report
from checks.models.append_only import FrozenRow
from checks.rendering.digests import digest
from checks.rendering.house import current_house, house_context
from checks.services import house as services
from checks.services import report as reports
from checks.services.numbering import PatternWithoutYear

from .. import factories
from .test_logos import picture

pytestmark = pytest.mark.django_db


def values(**changed):
    return {name: getattr(HouseStyle(), name) for name in services.FIELDS} | changed


def save(seen=0, logo=None, **changed):
    return services.house_style_save(by=factories.user(), seen=seen, values=values(**changed), logo=logo)


def test_without_settings_reports_are_plain():
    house = house_context()
    assert (house["version"], house["logo"], house["organisation"]) == (0, "", {"zh": "", "en": ""})
    assert house["numbering"] == {"code": "PA", "pattern": "{ORG}-{YYYY}-{NNNNNN}"}


def test_saved_settings_are_what_reports_carry():
    style = save(name_zh="  青禾合规事务所 ", accent="#7A1F3D", classification="strict", logo=picture())
    house = house_context()
    assert house["version"] == style.pk
    assert house["organisation"]["zh"] == "青禾合规事务所"
    assert house["accent"] == "#7a1f3d"
    assert house["classification"] == {"code": "strict", "zh": "严格保密", "en": "Strictly confidential"}
    assert house["logo"].startswith("data:image/png;base64,")
    assert house["digest"] == digest({name: value for name, value in house.items() if name != "digest"})


def test_each_change_is_a_row_and_an_entry_and_no_row_ever_changes():
    first = save(name_zh="青禾", logo=picture())
    second = save(first.pk, name_zh="青禾事务所")
    assert [row.pk for row in HouseStyle.objects.all()] == [second.pk, first.pk]
    assert bytes(second.logo) == bytes(HouseStyle.objects.get(pk=first.pk).logo) != b""
    entries = ActivityEntry.objects.filter(action="house.saved").order_by("id")
    assert [entry.detail["changed"] for entry in entries] == [["name_zh", "logo"], ["name_zh"]]
    first.name_zh = "别的名字"
    with pytest.raises(FrozenRow):
        first.save()


def test_what_is_as_it_was_is_not_saved_again():
    first = save(name_zh="青禾")
    assert save(first.pk, name_zh="青禾").pk == first.pk
    assert HouseStyle.objects.count() == ActivityEntry.objects.filter(action="house.saved").count() == 1


def test_the_logo_can_be_taken_away():
    first = save(logo=picture())
    assert bytes(save(first.pk, logo=b"").logo) == b""
    assert house_context()["logo"] == ""


def test_who_saved_second_is_told():
    first = save(name_zh="青禾")
    with pytest.raises(services.HouseChanged):
        save(0, name_zh="别的名字")
    assert current_house() == first


@pytest.mark.parametrize(
    ("colour", "refusal"),
    [
        ("red", services.ColourRefused),
        ("#12345", services.ColourRefused),
        ("#1f4e79;}", services.ColourRefused),
        ("#ffff00", services.ColourTooPale),
        ("#808080", services.ColourTooPale),
        ("#ff0000", services.ColourTooPale),
        ("#00875a", None),
        ("#7a1f3d", None),
        ("#1f4e79", None),
    ],
)
def test_a_colour_must_be_legible_on_paper(colour, refusal):
    if refusal is None:
        services.check_colour(colour)
        return
    with pytest.raises(refusal) as caught:
        services.check_colour(colour)
    assert caught.value.field == "accent"


def test_a_colour_that_is_dark_enough_may_be_too_pale_in_grey():
    pale = [
        colour
        for colour in (f"#{red:02x}{green:02x}{blue:02x}" for red in range(0, 256, 15) for green in range(0, 256, 15)
                       for blue in range(0, 256, 15))
        if refused(colour) is services.ColourTooPaleInGrey
    ]  # fmt: skip
    assert pale
    assert refused(pale[0]).text


def refused(colour):
    try:
        services.check_colour(colour)
    except services.ColourRefused as error:
        return type(error)
    return None


def test_a_refused_change_leaves_nothing_behind():
    with pytest.raises(PatternWithoutYear):
        save(number_pattern="{ORG}-{NNNN}")
    assert not HouseStyle.objects.exists()


def test_a_report_keeps_the_settings_it_was_made_with(audit, team):
    style = save(
        name_zh="青禾合规事务所", number_code="QH", number_pattern="{ORG}〔{YYYY}〕{NNNN}号", grave_from_critical=3
    )
    factories.decide_all(audit, by=team.auditor)
    factories.sign_off(audit, by=team.reviewer)
    issued = reports.report_issue(by=team.reviewer, audit=audit)
    assert issued.number == f"QH〔{issued.created_at.year}〕0001号"
    save(style.pk, name_zh="别的事务所")
    kept = Report.objects.get(pk=issued.pk).context
    assert kept["house"]["version"] == style.pk
    assert kept["house"]["organisation"]["zh"] == "青禾合规事务所"
    assert kept["summary"]["opinion"] == "deficiencies"
    again = reports.report_issue(by=team.reviewer, audit=audit)
    assert (again.number[:3], again.context["house"]["organisation"]["zh"]) == ("PA-", "别的事务所")
