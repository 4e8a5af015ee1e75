"""Tables in the order in which they come into being; each module imports only earlier ones.

engagement → policy → checklist → audit → intake → evidence → observation → review → second → house → report → issuing,
and activity beside them all.
"""

from .activity import ActivityEntry
from .engagement import Engagement, Membership
from .package import EngagementImport
from .policy import PolicyDocument, PolicySource, PolicyVersion
from .checklist import Checklist, ChecklistVersion, LegalBasis, Requirement
from .audit import Audit, Evidence, Finding
from .intake import IntakeItem, IntakeJob
from .evidence import EvidenceChange
from .observation import Observation, ObservationTemplate, ObservationVersion
from .review import Batch, Comment, CommentState, Decision, FindingChange, Handover
from .second import BlindReview, Comparison, SecondOpinion
from .notification import Notification, Presence
from .house import Classification, HouseStyle
from .report import DraftReport, MadeReport, Report, SignOff
from .issuing import ReportDownload, ReportJob

__all__ = [
    "ActivityEntry",
    "Audit",
    "Batch",
    "BlindReview",
    "Checklist",
    "ChecklistVersion",
    "Classification",
    "Comment",
    "CommentState",
    "Comparison",
    "Decision",
    "DraftReport",
    "Engagement",
    "EngagementImport",
    "Evidence",
    "EvidenceChange",
    "Finding",
    "FindingChange",
    "Handover",
    "HouseStyle",
    "IntakeItem",
    "IntakeJob",
    "LegalBasis",
    "MadeReport",
    "Membership",
    "Notification",
    "Observation",
    "ObservationTemplate",
    "ObservationVersion",
    "PolicyDocument",
    "PolicySource",
    "PolicyVersion",
    "Presence",
    "Report",
    "ReportDownload",
    "ReportJob",
    "Requirement",
    "SecondOpinion",
    "SignOff",
]
