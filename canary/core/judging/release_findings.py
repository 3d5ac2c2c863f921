"""What is told of the newest release besides its words: signatures that do not count, and what was not checked."""

from __future__ import annotations

from canary.core.documents.release import Release
from canary.core.judging.findings import Code, Finding
from canary.core.judging.observation import AttachmentState, SeenAttachment
from canary.core.log.admitted import Admitted


def attachment_finding(seen: SeenAttachment) -> Finding:
    """Returns what is told of an attachment that is not intact."""
    if seen.state is AttachmentState.CHANGED:
        return Finding(Code.ATTACHMENT_CHANGED, f"the attachment {seen.name} is not the one that was signed")
    if seen.state is AttachmentState.GONE:
        return Finding(Code.ATTACHMENT_MISSING, f"the attachment {seen.name} is not there")
    return Finding(Code.ATTACHMENT_MISSING, f"the attachment {seen.name} could not be read: {seen.detail}")


def not_checked_yet(newest: Admitted, release: Release) -> list[Finding]:
    """Returns what nobody checked: witnesses are not asked for yet, and that is said."""
    findings: list[Finding] = []
    if newest.roster.witness_quorum:
        message = f"this version does not check that {newest.roster.witness_quorum} witnesses cosigned the log"
        findings.append(Finding(Code.WITNESSES_NOT_CHECKED, message, release.entry))
    return findings


def uncounted(newest: Admitted, release: Release) -> list[Finding]:
    """Returns the signatures of known signers that do not count."""
    return [
        Finding(
            Code.NOT_COUNTED,
            f"the signature of {each.name} does not count: {each.outcome}"
            + (f" ({each.detail})" if each.detail else ""),
            release.entry,
        )
        for each in newest.tally.uncounted
    ]
