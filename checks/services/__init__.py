"""What people do here: one act is one function, one transaction and one activity entry.

The modules follow the stages: engagements, intake, analysis, review, report; checklist for what audits are run
against; activity for the record all of them keep. Whether a person *may* act is decided before, in permissions.py.
"""

from .errors import ServiceError

__all__ = ["ServiceError"]
