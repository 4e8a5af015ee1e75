"""Verdicts that do not go together: what one requirement calls present, another cannot call absent.

The tables name requirements of the shipped checklist by their codes; what a checklist does not have is passed over.
"""

from ..models.audit import VerdictChoices

NOT_APPLICABLE = VerdictChoices.NOT_APPLICABLE.value
PRESENT = frozenset({VerdictChoices.COMPLIANT.value, VerdictChoices.PARTIAL.value, VerdictChoices.NON_COMPLIANT.value})

# Asked under the same condition: either all of them apply or none does.
TOGETHER = (
    ("PIPL-28-SENSITIVE-MARK", "PIPL-29-SEPARATE-CONSENT", "PIPL-30-NECESSITY-IMPACT"),
    ("PIPL-31-CHILD-RULES", "MINORS-34-GUARDIAN-RIGHTS"),
    ("PIPL-23-RECIPIENT", "PIPL-23-SEPARATE-CONSENT"),
    ("GBT35273-8-5-CANCEL", "GBT35273-8-5-CANCEL-BARRIERS"),
)
SENSITIVE, MINORS, SHARING, _ACCOUNTS = TOGETHER

# Where the first one has one of these verdicts, the others apply.
IMPLIES = (
    ("FACE-5-BIOMETRIC", PRESENT, SENSITIVE),
    ("PIPL-31-CHILD-RULES", PRESENT, ("PIPL-31-GUARDIAN-CONSENT",)),
    ("PIPL-24-OPT-OUT", PRESENT, ("PIPL-24-TRANSPARENCY",)),
    ("CAC191-2-SDK-CONSISTENCY", PRESENT, ("CAC191-2-SDK-LIST",)),
    ("PIPL-17-IDENTITY", frozenset({VerdictChoices.COMPLIANT.value}), ("PIPL-17-CONTACT-VALID",)),
    # An impact assessment is due for each of these.
    *(
        (code, PRESENT, ("PIPL-55-PIA",))
        for code in (*SENSITIVE, *SHARING, "PIPL-24-TRANSPARENCY", "PIPL-21-ENTRUST", "PIPL-39-NOTICE")
    ),
)


def contradictions(verdicts):
    """From ``{code: the verdict decided}``, undecided ones left out or empty: ``{code: [code, …]}``.

    Each key was decided not applicable although the verdicts on the codes of its list say that it applies.
    """
    found = {}
    for group in TOGETHER:
        present = [code for code in group if verdicts.get(code) in PRESENT]
        for code in group:
            if verdicts.get(code) == NOT_APPLICABLE and present:
                found[code] = present
    for code, saying, others in IMPLIES:
        if verdicts.get(code) not in saying:
            continue
        for other in others:
            if verdicts.get(other) == NOT_APPLICABLE and code not in found.setdefault(other, []):
                found[other].append(code)
    return {code: others for code, others in found.items() if others}
