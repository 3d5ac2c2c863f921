"""Findings: single checked facts, each with a code, an axis and a severity; and the one status they add up to.

A code never says more than what was checked. `Code` is the whole table: what a code means, what it does to
the verdict, and what a person should do about it. Design section 6 is the source of every row.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, IntEnum, StrEnum

import msgspec


class Axis(StrEnum):
    """What a finding is about."""

    INTEGRITY = "integrity"
    FRESHNESS = "freshness"
    STATEMENTS = "statements"
    TIME = "time"


class Severity(StrEnum):
    """How much a finding, or a whole axis, matters."""

    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    ALARM = "alarm"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """The one word of a verdict."""

    UNKNOWN = "UNKNOWN"
    INVALID = "INVALID"
    WITHDRAWN = "WITHDRAWN"
    RETIRED = "RETIRED"
    EXPIRED = "EXPIRED"
    MISSING = "MISSING"
    OVERDUE = "OVERDUE"
    CHANGED = "CHANGED"
    UNREACHABLE = "UNREACHABLE"
    DUE = "DUE"
    OK = "OK"


class Cause(IntEnum):
    """The rows of the table of statuses, in their order: the first that applies decides."""

    NOT_JUDGED = 0
    INVALID = 1
    WITHDRAWN = 2
    RETIRED = 3
    EXPIRED = 4
    UNDECIDED = 5
    MISSING = 6
    OVERDUE = 7
    CHANGED = 8
    UNREACHABLE = 9
    DUE = 10
    FINE = 11

    @property
    def status(self) -> Status:
        """The status of this row."""
        return _STATUS_OF.get(self) or Status[self.name]


_STATUS_OF = {
    Cause.NOT_JUDGED: Status.UNKNOWN,
    Cause.UNDECIDED: Status.UNKNOWN,
    Cause.FINE: Status.OK,
}

EXIT_CODES = {
    Status.OK: 0,
    Status.DUE: 0,
    Status.RETIRED: 0,
    Status.OVERDUE: 1,
    Status.CHANGED: 1,
    Status.UNREACHABLE: 1,
    Status.INVALID: 2,
    Status.WITHDRAWN: 2,
    Status.EXPIRED: 2,
    Status.MISSING: 2,
    Status.UNKNOWN: 3,
}
"""Exit codes, the monitoring plugins': 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""

_ASK_PUBLISHER = "Ask the publisher over another channel before relying on this canary."
_LOOK_AGAIN = "Look again later; if it stays, ask whoever runs the site."
_READ_BOTH = "Read both texts; once you have judged them, acknowledge with --ack."
_NONE = ""


class Code(Enum):
    """Every code: (its spelling, axis, severity, the status it causes if any, advice)."""

    NO_PIN = ("NO-PIN", Axis.INTEGRITY, Severity.UNKNOWN, Cause.NOT_JUDGED, _NONE)
    WOULD_BE = ("WOULD-BE", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    NEVER_FETCHED = (
        "NEVER-FETCHED",
        Axis.INTEGRITY,
        Severity.UNKNOWN,
        Cause.NOT_JUDGED,
        "Check the address and your network, then look again.",
    )
    NO_RELEASE = (
        "NO-RELEASE",
        Axis.STATEMENTS,
        Severity.UNKNOWN,
        Cause.NOT_JUDGED,
        "The canary has signers and has said nothing yet; look again after its first window.",
    )
    TRUSTED_FIRST_USE = (
        "TRUSTED-FIRST-USE",
        Axis.INTEGRITY,
        Severity.NOTICE,
        None,
        "Confirm the pin over another channel; until then the first look is trusted.",
    )

    PIN_MISMATCH = ("PIN-MISMATCH", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    MALFORMED = ("MALFORMED", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    OTHER_CANARY = ("OTHER-CANARY", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    CHAIN_BROKEN = ("CHAIN-BROKEN", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    NUMBER_GAP = ("NUMBER-GAP", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    BELOW_THRESHOLD = ("BELOW-THRESHOLD", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    BAD_SIGNATURE = ("BAD-SIGNATURE", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    BAD_ROTATION = ("BAD-ROTATION", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    BAD_SCHEDULE = ("BAD-SCHEDULE", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    ISSUED_BACKWARDS = ("ISSUED-BACKWARDS", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    FUTURE_ISSUED = (
        "FUTURE-ISSUED",
        Axis.INTEGRITY,
        Severity.ALARM,
        Cause.INVALID,
        "Check this machine's clock; if it is right, ask the publisher.",
    )
    AFTER_FINAL = ("AFTER-FINAL", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    FORGED = ("FORGED", Axis.STATEMENTS, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    VERSION_DOWN = ("VERSION-DOWN", Axis.STATEMENTS, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    ROOT_MISMATCH = ("ROOT-MISMATCH", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    CHECKPOINT_UNSIGNED = ("CHECKPOINT-UNSIGNED", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    NOT_IN_LOG = ("NOT-IN-LOG", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    ATTACHMENT_CHANGED = ("ATTACHMENT-CHANGED", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    LOG_FORK = ("LOG-FORK", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    TEXT_FORK = ("TEXT-FORK", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    ROLLBACK = ("ROLLBACK", Axis.INTEGRITY, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)

    WITHDRAWN = ("WITHDRAWN", Axis.STATEMENTS, Severity.ALARM, Cause.WITHDRAWN, _ASK_PUBLISHER)
    REWORDED = ("REWORDED", Axis.STATEMENTS, Severity.WARNING, Cause.CHANGED, _READ_BOTH)
    REINSTATED = ("REINSTATED", Axis.STATEMENTS, Severity.WARNING, Cause.CHANGED, _READ_BOTH)
    ADDED = ("ADDED", Axis.STATEMENTS, Severity.NOTICE, None, _NONE)
    SIGNERS_CHANGED = (
        "SIGNERS-CHANGED",
        Axis.INTEGRITY,
        Severity.WARNING,
        Cause.CHANGED,
        "The old signers signed this change; if it was not announced, ask the publisher, then --ack.",
    )
    THRESHOLD_CHANGED = (
        "THRESHOLD-CHANGED",
        Axis.INTEGRITY,
        Severity.WARNING,
        Cause.CHANGED,
        "The old signers signed this change; if it was not announced, ask the publisher, then --ack.",
    )
    SCHEDULE_LENGTHENED = (
        "SCHEDULE-LENGTHENED",
        Axis.FRESHNESS,
        Severity.WARNING,
        Cause.CHANGED,
        "Releases will come less often, or later; if that was not announced, ask the publisher, then --ack.",
    )
    ANCHOR_RULE_CHANGED = (
        "ANCHOR-RULE-CHANGED",
        Axis.TIME,
        Severity.WARNING,
        Cause.CHANGED,
        "If the change was not announced, ask the publisher, then --ack.",
    )

    RETIRED = (
        "RETIRED",
        Axis.FRESHNESS,
        Severity.NOTICE,
        Cause.RETIRED,
        "Nothing more will come from this canary; stop watching it when you like.",
    )
    EXPIRED = (
        "EXPIRED",
        Axis.FRESHNESS,
        Severity.ALARM,
        Cause.EXPIRED,
        "Do not rely on its statements any more; ask the publisher why nothing came.",
    )
    OVERDUE = (
        "OVERDUE",
        Axis.FRESHNESS,
        Severity.WARNING,
        Cause.OVERDUE,
        "The release is late; it still counts until it expires. Look again daily.",
    )
    DUE = ("DUE", Axis.FRESHNESS, Severity.OK, Cause.DUE, _NONE)
    CLOCK_BACKWARDS = (
        "CLOCK-BACKWARDS",
        Axis.FRESHNESS,
        Severity.UNKNOWN,
        Cause.UNDECIDED,
        "Set this machine's clock; if the earlier time was the wrong one, run once with --trust-clock.",
    )

    NEWER_FORMAT = (
        "NEWER-FORMAT",
        Axis.INTEGRITY,
        Severity.UNKNOWN,
        Cause.UNDECIDED,
        "Install a newer version of warrant-canary and look again.",
    )
    NOT_CHECKED = (
        "NOT-CHECKED",
        Axis.INTEGRITY,
        Severity.UNKNOWN,
        Cause.UNDECIDED,
        "Mend what could not be checked (often: install gpg) and look again.",
    )
    MISSING = (
        "MISSING",
        Axis.FRESHNESS,
        Severity.ALARM,
        Cause.MISSING,
        "The host answers, and says that the canary is not there. This was one try; look again within the hour.",
    )
    UNREACHABLE = (
        "UNREACHABLE",
        Axis.FRESHNESS,
        Severity.WARNING,
        Cause.UNREACHABLE,
        "This says nothing about the canary. This was one try; look again later.",
    )
    NOT_A_CANARY = ("NOT-A-CANARY", Axis.FRESHNESS, Severity.WARNING, Cause.UNREACHABLE, _LOOK_AGAIN)
    INCONSISTENT = ("INCONSISTENT", Axis.FRESHNESS, Severity.WARNING, Cause.UNREACHABLE, _LOOK_AGAIN)
    STALE_COPY = ("STALE-COPY", Axis.INTEGRITY, Severity.WARNING, Cause.UNREACHABLE, _LOOK_AGAIN)
    ATTACHMENT_MISSING = ("ATTACHMENT-MISSING", Axis.INTEGRITY, Severity.WARNING, Cause.UNREACHABLE, _LOOK_AGAIN)

    NOT_COUNTED = ("NOT-COUNTED", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    SINGLE_FILE = (
        "SINGLE-FILE",
        Axis.INTEGRITY,
        Severity.NOTICE,
        None,
        "One file cannot show that nothing came after it; verify the site to know.",
    )
    WITNESSES_NOT_CHECKED = ("WITNESSES-NOT-CHECKED", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    ANCHOR_CLAIM = ("ANCHOR-CLAIM", Axis.TIME, Severity.NOTICE, None, _NONE)
    BAD_ANCHOR = (
        "BAD-ANCHOR",
        Axis.TIME,
        Severity.WARNING,
        None,
        "It proves nothing; whoever signed this did not look, or hoped that nobody would.",
    )
    STALE_ANCHOR = (
        "STALE-ANCHOR",
        Axis.TIME,
        Severity.WARNING,
        None,
        "It proves nothing about how recently this was signed; ask the publisher for a fresh one.",
    )
    ANCHOR_RULE_BROKEN = ("ANCHOR-RULE-BROKEN", Axis.TIME, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    ANCHOR_RULE_UNPROVED = (
        "ANCHOR-RULE-UNPROVED",
        Axis.TIME,
        Severity.WARNING,
        None,
        "Install a newer version of warrant-canary and look again; until then nothing shows that it is recent.",
    )
    ISSUED_OUTSIDE = ("ISSUED-OUTSIDE", Axis.TIME, Severity.ALARM, Cause.INVALID, _ASK_PUBLISHER)
    TIMES_CONTRADICT = (
        "TIMES-CONTRADICT",
        Axis.TIME,
        Severity.WARNING,
        None,
        "One of the two is false: look at both with 'canary explain'.",
    )
    SIGNATURE_OUTSIDE = ("SIGNATURE-OUTSIDE", Axis.TIME, Severity.NOTICE, None, _NONE)
    PROVED_LATE = (
        "PROVED-LATE",
        Axis.TIME,
        Severity.WARNING,
        None,
        "Ask the publisher why it was stamped so late.",
    )
    EVIDENCE_AHEAD = (
        "EVIDENCE-AHEAD",
        Axis.TIME,
        Severity.WARNING,
        None,
        "Check this machine's clock; if it is right, that authority is wrong.",
    )
    CLOCK_BEHIND = (
        "CLOCK-BEHIND",
        Axis.FRESHNESS,
        Severity.UNKNOWN,
        Cause.UNDECIDED,
        "Set this machine's clock: with it a stale canary looks fresh.",
    )
    SIGNED_BETWEEN = ("SIGNED-BETWEEN", Axis.TIME, Severity.OK, None, _NONE)
    EVIDENCE_REJECTED = ("EVIDENCE-REJECTED", Axis.TIME, Severity.NOTICE, None, _NONE)
    EVIDENCE_CLAIM = (
        "EVIDENCE-CLAIM",
        Axis.TIME,
        Severity.NOTICE,
        None,
        "To trust this authority, give its root with --tsa-root.",
    )
    EVIDENCE_PENDING = ("EVIDENCE-PENDING", Axis.TIME, Severity.NOTICE, None, "Look again in a day or two.")
    EVIDENCE_NOT_CHECKED = ("EVIDENCE-NOT-CHECKED", Axis.TIME, Severity.NOTICE, None, _NONE)
    NO_LOWER_BOUND = ("NO-LOWER-BOUND", Axis.TIME, Severity.NOTICE, None, _NONE)
    NO_UPPER_BOUND = ("NO-UPPER-BOUND", Axis.TIME, Severity.NOTICE, None, _NONE)

    PANIC = (
        "PANIC",
        Axis.INTEGRITY,
        Severity.ALARM,
        Cause.WITHDRAWN,
        "By its own rules this canary is dead; ask the publisher over another channel.",
    )
    SPLICED = (
        "SPLICED",
        Axis.INTEGRITY,
        Severity.ALARM,
        Cause.INVALID,
        "Ask the publisher over another channel; if the document is an honest one, add the canary anew.",
    )
    EDITED = ("EDITED", Axis.INTEGRITY, Severity.WARNING, Cause.CHANGED, _READ_BOTH)
    EDITION_GAP = (
        "EDITION-GAP",
        Axis.INTEGRITY,
        Severity.WARNING,
        Cause.CHANGED,
        "Look for the editions that are missing, and ask the publisher; then acknowledge with --ack.",
    )
    OTHER_KEYS = (
        "OTHER-KEYS",
        Axis.INTEGRITY,
        Severity.WARNING,
        None,
        "What is pinned counts. If the publisher announced new keys, add the canary anew with them.",
    )
    OTHER_TEXT = (
        "OTHER-TEXT",
        Axis.INTEGRITY,
        Severity.WARNING,
        None,
        "Read both texts: only what enough signers signed counts.",
    )
    NOT_SIGNED = (
        "NOT-SIGNED",
        Axis.INTEGRITY,
        Severity.UNKNOWN,
        None,
        "Whoever controls the page, or the way to it, can write anything there; this cannot be mended here.",
    )
    FIELDS_NOT_BOUND = ("FIELDS-NOT-BOUND", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    NO_SEQUENCE = ("NO-SEQUENCE", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    NO_SIGNED_TIME = ("NO-SIGNED-TIME", Axis.TIME, Severity.NOTICE, None, _NONE)
    WEAK_DIGEST = ("WEAK-DIGEST", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    KEY_EXPIRED = (
        "KEY-EXPIRED",
        Axis.INTEGRITY,
        Severity.NOTICE,
        None,
        "It may have been prolonged since: compare the publisher's certificate of today with the pinned one.",
    )
    FORMAT_REMARK = ("FORMAT-REMARK", Axis.INTEGRITY, Severity.NOTICE, None, _NONE)
    NOT_READ = (
        "NOT-READ",
        Axis.FRESHNESS,
        Severity.NOTICE,
        None,
        "Read the text yourself; a profile of your own can say where it stands.",
    )
    SCHEDULE_ASSUMED = ("SCHEDULE-ASSUMED", Axis.FRESHNESS, Severity.NOTICE, None, _NONE)
    NO_SCHEDULE = (
        "NO-SCHEDULE",
        Axis.FRESHNESS,
        Severity.UNKNOWN,
        None,
        "It will never be told as late; look at its date yourself, or give it a profile that finds one.",
    )
    STALE_QUOTE = (
        "STALE-QUOTE",
        Axis.TIME,
        Severity.WARNING,
        None,
        "It proves nothing about how recently this was signed; ask the publisher for a fresh one.",
    )
    QUOTE_CLAIM = ("QUOTE-CLAIM", Axis.TIME, Severity.NOTICE, None, _NONE)

    def __init__(self, spelling: str, axis: Axis, severity: Severity, cause: Cause | None, advice: str) -> None:
        self.spelling = spelling
        self.axis = axis
        self.severity = severity
        self.cause = cause
        self.advice = advice


_OF_CHANGES = {Cause.WITHDRAWN, Cause.CHANGED}


class Finding(msgspec.Struct, frozen=True):
    """One checked fact.

    Attributes:
        code: which fact.
        message: the fact, for people, in one sentence.
        entry: the log entry it is about, counted from 1; None where it is about none.
        sticky: whether it stays until a person acknowledges it: valid signatures prove it.
        remark: whether it is only told, and weighs nothing (a change before the one that is compared with).
        found: when it was found, if that was at an earlier look.
    """

    code: Code
    message: str
    entry: int | None = None
    sticky: bool = False
    remark: bool = False
    found: datetime | None = None

    @property
    def key(self) -> tuple[Code, int | None, str]:
        """What makes two findings the same: of a change also its words, since one entry can change much."""
        return self.code, self.entry, self.message if self.code.cause in _OF_CHANGES else ""

    @property
    def told(self) -> str:
        """The message, with the day it was found on if that was at an earlier look."""
        return self.message if self.found is None else f"{self.message} (found {self.found:%Y-%m-%d})"

    @property
    def severity(self) -> Severity:
        """How much it matters here."""
        return Severity.NOTICE if self.remark else self.code.severity

    @property
    def advice(self) -> str:
        """What a person should do about it here; empty where there is nothing to do."""
        return "" if self.remark else self.code.advice

    @property
    def cause(self) -> Cause | None:
        """The status it causes here, if any."""
        return None if self.remark else self.code.cause
