"""Foreign canaries made by real gpg, for tests: keys to pin, and what they sign."""

from __future__ import annotations

from datetime import datetime

from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from tests.gpg_home import SIGNED, GpgHome


def signer(gpg: ForeignGpg, home: GpgHome, fingerprint: str, name: str = "") -> PinnedSigner:
    """Returns a key as it is pinned."""
    found = gpg.certificates_in(home.export(fingerprint))
    return PinnedSigner(name, fingerprint.lower(), found[fingerprint.lower()])


def pinned(format_: Format, *signers: PinnedSigner) -> Pinned:
    return Pinned(format=format_, profile="", profile_text="", signers=signers, threshold=1, statements=())


def armored(home: GpgHome, key: str, text: bytes, *options: str, at: datetime = SIGNED) -> bytes:
    """Returns a detached signature in ASCII armor."""
    return home.run(f"--local-user={key}", *options, "--armor", "--detach-sign", at=at, data=text)


def clearsigned(home: GpgHome, key: str, text: bytes, *options: str, at: datetime = SIGNED) -> bytes:
    """Returns clearsigned text."""
    return home.run(f"--local-user={key}", *options, "--clearsign", at=at, data=text)
