"""Audits of the live tables: from the command line, and slowly in the background."""

from qiao.audit.findings import Finding, Findings

__all__ = ["Finding", "Findings"]
