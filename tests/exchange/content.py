"""Checklist content for round trips: invented, and Hypothesis strategies for all shapes of it."""

from hypothesis import strategies as st

# What spreadsheets and YAML are known to change: signs of formulas, numbers, days, blanks, controls, long dashes.
AWKWARD = ["=1+1", "+86", "-定制", "@", "", " x ", "null", "yes", "2026-11-01", "1e5", "6.10", "\\", '\\"', "_x000D_",
           "a\r\nb", "第一行\n第二行", "#N/A", "'", "\u2028", "\x85", "\t", "‰", "🀄", "- a: b", "{a: [b]}", "|", "%", "0x1f", "~"]  # fmt: skip
texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
)
names = st.text(st.characters(categories=["Lu", "Ll", "Nd", "Lo"]), min_size=1, max_size=8)
verdicts = st.sampled_from(["compliant", "partial", "non_compliant", "not_applicable"])
flags = st.booleans()
lists = st.lists(texts, max_size=3)


def optional(**fields):
    return st.fixed_dictionaries({}, optional=fields)


_detector = {
    "title_zh": texts,
    "title_en": texts,
    "required": flags,
    "absent": flags,
    "headings": flags,
    "at_least": st.integers(1, 5),
    "fact": texts,
    "places": texts,
    "rules": lists,
    "unless": lists,
    "examples": optional(match=lists, no_match=lists),
}


def detectors(part):
    one = st.fixed_dictionaries({"id": names}, optional=_detector)
    return st.lists(one, max_size=2, unique_by=lambda detector: detector["id"])


requirements = st.fixed_dictionaries(
    {
        "code": st.from_regex(r"[A-Z]{1,4}-[0-9]{1,3}", fullmatch=True),
        "domain": texts,
        "legal_basis": st.lists(
            st.fixed_dictionaries(
                {"instrument": texts}, optional={"ref": texts, "note_zh": texts, "note_en": texts, "verified": flags}
            ),
            max_size=2,
        ),
        "elements": detectors("element"),
        "decide": optional(compliant=texts, partial=texts),
    },
    optional={
        "title_zh": texts,
        "title_en": texts,
        "kind": texts,
        "severity": texts,
        "trigger_zh": st.one_of(st.none(), texts),
        "trigger_en": st.one_of(st.none(), texts),
        "question_zh": texts,
        "groups": st.dictionaries(names, st.lists(texts, max_size=3), max_size=2),
        "trigger": st.one_of(st.none(), optional(**_detector)),
        "signals": detectors("signal"),
        "verdict": st.lists(st.dictionaries(verdicts, texts, min_size=1, max_size=1), max_size=2),
        "scales": st.dictionaries(
            st.sampled_from(["small", "million"]),
            optional(severity=texts, optional=lists, note_zh=texts, note_en=texts),
            max_size=2,
        ),
        "confidence": st.dictionaries(verdicts, st.one_of(st.floats(0, 1), st.integers(0, 1)), max_size=3),
        "decide_en": optional(compliant=texts, undetermined=texts),
        "remediation_zh": texts,
        "note_zh": texts,
        "note_en": texts,
    },
)
titles = st.lists(st.fixed_dictionaries({"id": texts, "title_zh": texts, "title_en": texts}), max_size=2)
sources = st.fixed_dictionaries(
    {
        "slug": texts,
        "version": texts,
        "title_zh": texts,
        "title_en": texts,
        "domains": titles,
        "instruments": titles,
        "groups": st.dictionaries(names, st.lists(texts, max_size=3), max_size=2),
        "requirements": st.lists(requirements, max_size=3, unique_by=lambda entry: entry["code"].lower()),
    },
    optional={"as_of": texts},
)
