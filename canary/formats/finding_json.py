"""A finding as every JSON document has it: `code`, `axis`, `severity`, `message`, `advice`, `entry`, `sticky`."""

from __future__ import annotations

from typing import Any

from canary.core.judging.findings import Finding


def finding_document(finding: Finding) -> dict[str, Any]:
    """Returns a finding in the order of its keys; `entry` is a number or None."""
    return {
        "code": finding.code.spelling,
        "axis": finding.code.axis.value,
        "severity": finding.severity.value,
        "message": finding.told,
        "advice": finding.advice,
        "entry": finding.entry,
        "sticky": finding.sticky,
    }
