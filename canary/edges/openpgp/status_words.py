"""What gpg's status lines and error codes mean, wherever signatures are checked (GnuPG's doc/DETAILS; libgpg-error)."""

from __future__ import annotations

from typing import Final

from canary.core.signed.outcome import Outcome

VERDICTS: Final = ("GOODSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "BADSIG", "ERRSIG")
"""The status lines that end a check: gpg writes exactly one of them for each signature."""

OUTCOMES: Final = {
    "GOODSIG": (Outcome.GOOD, ""),
    "EXPSIG": (Outcome.EXPIRED_KEY, "the signature says that it has expired"),
    "EXPKEYSIG": (Outcome.EXPIRED_KEY, "the key had expired when it signed"),
    "REVKEYSIG": (Outcome.REVOKED_KEY, "the certificate carries a revocation of the key"),
}
"""What a verdict that comes with VALIDSIG means."""

NO_PUBLIC_KEY: Final = 9
"""GPG_ERR_NO_PUBKEY of libgpg-error."""

KEY_NOT_YET_THERE: Final = frozenset({6, 39, NO_PUBLIC_KEY})
"""What gpg says, among other things, of a key that was made after the signature: GPG_ERR_BAD_PUBKEY (gpg 2.2),
GPG_ERR_TIME_CONFLICT (of a subkey), and GPG_ERR_NO_PUBKEY (gpg 2.4)."""

CANNOT: Final = frozenset({4, 5, 60, 69, 84, 149, 188})
"""Codes of libgpg-error for an algorithm, digest or curve that this gpg does not have, or will not use."""

VALIDSIG_FIELDS: Final = 10
"""Words of a VALIDSIG line, as gpg 2.2 and 2.4 write it for version 4 keys."""
