"""Tables in the order in which they come into being; each module imports only earlier ones.

engagement → policy → checklist → audit → evidence → observation → review → second → report, and activity beside
them all.
"""

from .activity import ActivityEntry
from .engagement import Engagement, Membership
from .policy import PolicyDocument, PolicyVersion
from .checklist import Checklist, ChecklistVersion, LegalBasis, Requirement
from .audit import Audit, Evidence, Finding
from .evidence import EvidenceChange
from .observation import Observation, ObservationTemplate, ObservationVersion
from .review import Batch, Comment, CommentState, Decision, FindingChange, Handover
from .second import BlindReview, Comparison, SecondOpinion
from .notification import Notification, Presence
from .report import Report, SignOff

__all__ = [
    "ActivityEntry",
    "Audit",
    "Batch",
    "BlindReview",
    "Checklist",
    "ChecklistVersion",
    "Comment",
    "CommentState",
    "Comparison",
    "Decision",
    "Engagement",
    "Evidence",
    "EvidenceChange",
    "Finding",
    "FindingChange",
    "Handover",
    "LegalBasis",
    "Membership",
    "Notification",
    "Observation",
    "ObservationTemplate",
    "ObservationVersion",
    "PolicyDocument",
    "PolicyVersion",
    "Presence",
    "Report",
    "Requirement",
    "SecondOpinion",
    "SignOff",
]
