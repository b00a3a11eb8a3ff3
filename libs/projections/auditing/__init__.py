"""Audit: histories folded afresh beside the live rows. It finds a wrong row before a user does, and says since when."""

from libs.projections.auditing.auditor import Auditor, Report
from libs.projections.auditing.drift import Drift, EventRef, Found
from libs.projections.auditing.repairing import Repaired, repair

__all__ = ["Auditor", "Drift", "EventRef", "Found", "Repaired", "Report", "repair"]
