"""Tables in the order in which they come into being; each module imports only earlier ones.

engagement → policy → checklist → audit → review → report, and activity beside them all.
"""

from .activity import ActivityEntry
from .engagement import Engagement, Membership
from .policy import PolicyDocument, PolicyVersion
from .checklist import Checklist, ChecklistVersion, LegalBasis, Requirement
from .audit import Audit, Evidence, Finding
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
    "LegalBasis",
    "Membership",
    "PolicyDocument",
    "PolicyVersion",
    "Report",
    "Requirement",
    "SignOff",
]
