import pytest

from checks.engine import load_shipped
from checks.models import ActivityEntry, Instrument, LegalBasis
from checks.services import checklist, drafts, instruments

from .. import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def author():
    return factories.checklist_author()


@pytest.fixture
def version():
    return factories.checklist_version()


@pytest.fixture
def demo(author):
    return instruments.instrument_add(by=author, key="DEMO", title_zh="示例法", title_en="Demo Act", kind="law")


def amend(by, instrument, articles=(), **fields):
    fields = {"kind": "amended", "effective": "2027-01-01", "note": "告知义务改了。"} | fields
    fields["effective"] = __import__("datetime").date.fromisoformat(fields["effective"])
    return instruments.instrument_change(by=by, instrument=instrument, articles=articles, **fields)


def test_the_shipped_checklist_fills_the_register_and_only_once():
    checklist.checklist_import()
    source = load_shipped().source
    assert set(Instrument.objects.values_list("key", flat=True)) == {row["id"] for row in source["instruments"]}
    cited = set(LegalBasis.objects.filter(instrument="PIPL").exclude(ref="").values_list("ref", flat=True))
    pipl = Instrument.objects.get(key="PIPL")
    assert set(pipl.articles) == cited
    assert pipl.articles.index("第四十五条第一款") > pipl.articles.index("第十五条")
    assert pipl.kind == "law"
    assert Instrument.objects.get(key="CAC191").kind == "guidance"
    checklist.checklist_import()
    assert Instrument.objects.count() == len(source["instruments"])


def test_what_people_wrote_in_the_register_stays(author, version):
    mine = instruments.instrument_add(by=author, key="DEMO", title_zh="示例法（我的写法）")
    instruments.instruments_register(source=version.source)
    mine.refresh_from_db()
    assert (mine.title_zh, mine.articles) == ("示例法（我的写法）", ["第一条"])


def test_places_are_offered_as_one_looks_for_them():
    assert instruments.in_order(["第十七条", "第四条", "第十七条第二款", "第一百零二条"]) == [
        "第四条", "第十七条", "第十七条第二款", "第一百零二条",
    ]  # fmt: skip
    assert instruments.in_order(["5.10", "5.4", "5.4"]) == ["5.4", "5.10"]


@pytest.mark.parametrize(
    ("ref", "articles", "answer"),
    [
        ("第十七条第一款第(二)项", ["第十七条"], True),
        ("第十七条", ["第十七条第一款"], True),  # whoever cites the whole article is concerned by a part
        ("第十七条之一", ["第十七条"], False),
        ("第十条", ["第十七条"], False),
        ("5.4", ["5.40"], False),
        ("5.4 c)", ["5.4"], True),
        ("第二十一条、第二十二条", ["第二十二条"], True),
        ("", ["第十七条"], True),
        ("第十七条", [], True),
    ],
)
def test_whether_a_place_is_concerned(ref, articles, answer):
    assert instruments.cites(ref, articles) is answer


def test_an_amendment_flags_what_cites_it_in_versions_and_open_drafts(author, version, demo):
    draft = drafts.draft_start(by=author, checklist=version.checklist, base=version, version="next")
    assert instruments.flags_of(version=version) == {}
    change = amend(author, demo, ["第一条"])
    flags = instruments.flags_of(version=version)
    assert list(flags) == [entry["code"] for entry in version.source["requirements"]]
    assert flags["DEMO-1-IDENTITY"] == [change]
    rows = list(draft.requirements.all())
    assert all("告知义务改了。" in row.reexamine and "2027-01-01" in row.reexamine for row in rows)
    entry = ActivityEntry.objects.filter(action="instrument.amended").get()
    assert entry.detail["drafts"] == ["next"]


def test_a_draft_begun_later_bears_the_marks_and_a_version_of_it_only_what_was_not_ticked_off(author, version, demo):
    amend(author, demo, ["第一条"])
    draft = drafts.draft_start(by=author, checklist=version.checklist, base=version, version="next")
    codes = [row.code for row in draft.requirements.all()]
    for code in codes[1:]:
        drafts.requirement_reexamined(by=author, draft=draft, code=code)
    published = factories.checklist_version(slug=version.checklist.slug)
    type(draft).objects.filter(pk=draft.pk).update(published_version=published)
    assert list(instruments.flags_of(version=published)) == codes[:1]


def test_an_article_nobody_cites_flags_nothing_but_what_cites_the_whole(author, version, demo):
    LegalBasis.objects.all()
    amend(author, demo, ["第九条"])  # each requirement also cites the Act as a whole
    assert len(instruments.flags_of(version=version)) == 6
    other = instruments.instrument_add(by=author, key="OTHER", title_zh="别的法")
    before = instruments.flags_of(version=version)
    amend(author, other)
    assert instruments.flags_of(version=version) == before


def test_a_change_recorded_by_mistake_is_withdrawn_and_its_marks_go(author, version, demo):
    draft = drafts.draft_start(by=author, checklist=version.checklist, base=version, version="next")
    kept, gone = amend(author, demo, ["第一条"]), amend(author, demo, note="记错了。")
    instruments.change_withdraw(by=author, change=gone, reason="看错了日期。")
    assert set(map(tuple, instruments.flags_of(version=version).values())) == {(kept,)}
    assert "记错了" not in draft.requirements.first().reexamine
    assert "告知义务" in draft.requirements.first().reexamine
    with pytest.raises(instruments.AlreadyWithdrawn):
        instruments.change_withdraw(by=author, change=gone, reason="再来一次。")


def test_a_repealed_instrument_is_offered_as_such_and_repealed_once(author, demo):
    new = instruments.instrument_add(by=author, key="DEMO2", title_zh="新示例法")
    amend(author, demo, kind="repealed", replaced_by=new)
    with pytest.raises(instruments.AlreadyRepealed):
        amend(author, demo, kind="repealed")
    states = {choice["key"]: choice["state"] for choice in instruments.instrument_choices()}
    assert states == {"DEMO": "repealed", "DEMO2": ""}


def test_refusals(author, demo):
    stranger = factories.user()
    with pytest.raises(instruments.NotInstrumentAuthor):
        instruments.instrument_add(by=stranger, key="NEW", title_zh="新")
    with pytest.raises(instruments.NotInstrumentAuthor):
        amend(stranger, demo)
    for key in ("", "pipl", "PI PL", "1A"):
        with pytest.raises(instruments.NotAKey):
            instruments.instrument_add(by=author, key=key, title_zh="新")
    with pytest.raises(instruments.KeyTaken):
        instruments.instrument_add(by=author, key="DEMO", title_zh="新")
    with pytest.raises(instruments.TitleRequired):
        instruments.instrument_add(by=author, key="NEW", title_zh=" ")
    with pytest.raises(instruments.NoteRequired):
        amend(author, demo, note=" ")
    with pytest.raises(instruments.ReplacedByItself):
        amend(author, demo, kind="repealed", replaced_by=demo)


def test_flags_cost_the_same_however_many_requirements(author, version, demo, django_assert_max_num_queries):
    for _ in range(3):
        amend(author, demo)
    with django_assert_max_num_queries(3):
        instruments.flags_of(version=version)
