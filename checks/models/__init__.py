"""Tables in the order in which they come into being; each module imports only earlier ones.

engagement → policy → checklist → studio → instrument → tailoring → upload → audit → laboratory → intake → evidence →
observation → review → second → house → report → issuing, and activity beside them all.
"""

from .activity import ActivityEntry
from .engagement import Engagement, Membership
from .package import EngagementImport
from .policy import PolicyDocument, PolicySource, PolicyVersion
from .checklist import Checklist, ChecklistVersion, LegalBasis, Requirement
from .studio import ChecklistDraft, DraftReview, RequirementDraft, VersionRetirement
from .instrument import Instrument, InstrumentChange, InstrumentChangeWithdrawal
from .tailoring import TailoredVersion, TailoringChange
from .upload import ChecklistUpload
from .audit import Audit, Evidence, Finding
from .laboratory import AuditMove, CorpusRelease, EffectPreview
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
    "AuditMove",
    "Batch",
    "BlindReview",
    "Checklist",
    "ChecklistDraft",
    "ChecklistUpload",
    "ChecklistVersion",
    "Classification",
    "Comment",
    "CommentState",
    "Comparison",
    "CorpusRelease",
    "Decision",
    "DraftReport",
    "DraftReview",
    "EffectPreview",
    "Engagement",
    "EngagementImport",
    "Evidence",
    "EvidenceChange",
    "Finding",
    "FindingChange",
    "Handover",
    "HouseStyle",
    "Instrument",
    "InstrumentChange",
    "InstrumentChangeWithdrawal",
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
    "RequirementDraft",
    "SecondOpinion",
    "SignOff",
    "TailoredVersion",
    "TailoringChange",
    "VersionRetirement",
]
