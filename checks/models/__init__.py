"""Tables in the order in which they come into being; each module imports only earlier ones.

engagement → policy → checklist → audit → intake → review → report, and activity beside them all.
"""

from .activity import ActivityEntry
from .engagement import Engagement, Membership
from .policy import PolicyDocument, PolicySource, PolicyVersion
from .checklist import Checklist, ChecklistVersion, LegalBasis, Requirement
from .audit import Audit, Evidence, Finding
from .intake import IntakeItem, IntakeJob
from .review import Comment, Decision
from .report import Report, SignOff

__all__ = [
    "ActivityEntry",
    "Audit",
    "Checklist",
    "ChecklistVersion",
    "Comment",
    "Decision",
    "Engagement",
    "Evidence",
    "Finding",
    "IntakeItem",
    "IntakeJob",
    "LegalBasis",
    "Membership",
    "PolicyDocument",
    "PolicySource",
    "PolicyVersion",
    "Report",
    "Requirement",
    "SignOff",
]
