"""Findings on foreign canaries: their words hold what strangers wrote, and so are one bounded, printable line."""

from __future__ import annotations

from canary.core.judging.findings import Code, Finding
from canary.core.text.printable import printable
from canary.limits import FOREIGN_MESSAGE_CHARACTERS


def told(code: Code, message: str, *, sticky: bool = False) -> Finding:
    """Returns a finding.

    Args:
        code: which fact.
        message: the fact, in one sentence without a full stop; any characters.
        sticky: whether it stays until a person acknowledges it.
    """
    return Finding(code, printable(message, most=FOREIGN_MESSAGE_CHARACTERS), sticky=sticky)
