"""Checks native OpenPGP signatures with gpg: one detached packet, one pinned certificate, at its own time.

The steps, in this order; each can end the check:

1. Before gpg sees it: the signature is at most 1,024 bytes long, and begins with the header of one signature packet
   that spans it (old or new format, with a length of one or two bytes).
2. `gpg --list-packets` shows one version 4 signature packet, class 0x00, over the whole length, with the data of a
   signature in it. Its public-key algorithm, its creation time T and its digest are read here, from the part of
   the packet that is signed. The digest is SHA-256, -384 or -512, or a weak one (MD5, SHA-1, RIPEMD-160, SHA-224).
   What breaks 1 or 2 is BAD.
3. The certificate, and no other, is imported into a private home, which is kept for the next signature. It is one
   version 4 public key with its user ids, subkeys and signatures, and nothing else; its primary fingerprint is the
   pinned one. Otherwise the outcome is NO_KEY.
4. The public-key algorithm of step 2 is that of a key in the certificate that signs; otherwise BAD.
5. `gpg --verify` runs as of T, so that the answer is the same for everyone, for ever.
6. Its status lines give the outcome. There is exactly one verdict among them: with a VALIDSIG that names the pinned
   primary fingerprint, T and the digest of step 2, GOODSIG is GOOD, EXPSIG and EXPKEYSIG (the signature or the key had
   expired at T) are EXPIRED_KEY, and REVKEYSIG (the certificate carries a revocation, of whatever date) is REVOKED_KEY.
   BADSIG is BAD. ERRSIG is NO_KEY where the certificate has no such key, and BAD otherwise, if it is not UNCHECKED.
7. A signature dated before its key existed is checked once more, with that rule put aside, to tell a right one
   (OUTSIDE_TIME) from a wrong one (BAD).
8. What is right over a weak digest is WEAK_DIGEST.

UNCHECKED says something of the gpg here, and never of the packet alone, so that nobody without the key can turn
BAD into it: gpg is missing, too old, too slow or cannot be understood; or it does not know what the certificate's
own keys need; or it has been told to refuse a strong digest (libgcrypt's FIPS mode, for one). Whatever gpg says of a
packet that claims an algorithm or a digest from elsewhere, steps 2 and 4 have called it BAD before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from canary import limits
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.core.text.strict import sha256
from canary.edges.openpgp import openpgp_packets
from canary.edges.openpgp.gpg import Answer, Gpg, laid_down, private_home
from canary.edges.openpgp.openpgp_certificates import import_certificate, signing_algorithms
from canary.edges.openpgp.openpgp_packets import WEAK_DIGESTS, SignaturePacket
from canary.edges.openpgp.status_words import (
    CANNOT,
    KEY_NOT_YET_THERE,
    NO_PUBLIC_KEY,
    OUTCOMES,
    VALIDSIG_FIELDS,
    VERDICTS,
)
from canary.errors import GpgError, MalformedError


class GpgVerifier:
    """Checks OpenPGP signatures with gpg; implements `canary.core.signed.outcome.OpenPGPVerifier`.

    It may be used from several threads. It keeps a private home for each certificate it has seen, so make one for
    each look at a canary and close it afterwards.

    Args:
        program: gpg's name, looked for on PATH when it is first needed, or its path.
        seconds: how long one call of gpg may take.
    """

    def __init__(self, program: str = "gpg", *, seconds: float = limits.GPG_SECONDS) -> None:
        self._start: Callable[[], Gpg] = lambda: Gpg(program, seconds=seconds)
        self._lock = threading.Lock()
        self._program: _Program | None = None
        self._homes: dict[bytes, _Home] = {}

    def __call__(self, *, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
        """Checks one native signature, as the port says. Never raises for any bytes."""
        try:
            # 1.
            openpgp_packets.guard_signature(signature)
            # 2.
            gpg, empty = self._started()
            packet = openpgp_packets.one_signature(gpg, home=empty, data=signature)
        except MalformedError as error:
            return OpenPGPCheck(Outcome.BAD, detail=error.rule)
        except GpgError as error:
            return OpenPGPCheck(Outcome.UNCHECKED, detail=error.what)
        try:
            # 3.
            home = self._home(gpg, certificate)
            if home.fault is not None:
                return OpenPGPCheck(home.fault[0], packet.signed_at, home.fault[1])
            if home.fingerprint != fingerprint:
                return OpenPGPCheck(Outcome.NO_KEY, packet.signed_at, "the certificate is of another key")
            # 4.
            if packet.algorithm not in home.algorithms:
                detail = (
                    f"its public-key algorithm ({packet.algorithm}) is that of no key that signs in the certificate"
                )
                return OpenPGPCheck(Outcome.BAD, packet.signed_at, detail)
            # 5 to 8.
            outcome, detail = _checked(gpg, home.path, fingerprint, packet, text=text, signature=signature)
        except GpgError as error:
            outcome, detail = Outcome.UNCHECKED, error.what
        return OpenPGPCheck(outcome, packet.signed_at, detail)

    def close(self) -> None:
        """Removes the private homes."""
        with self._lock:
            for home in self._homes.values():
                home.directory.cleanup()
            self._homes.clear()
            if self._program is not None:
                self._program.empty.cleanup()
            self._program = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> tuple[Gpg, Path]:
        """Returns gpg and an empty home to list packets in; a gpg that is missing is looked for only once."""
        with self._lock:
            program = self._program = self._program or _Program(self._start)
        if program.gpg is None:
            raise GpgError(program.fault)
        return program.gpg, Path(program.empty.name)

    def _home(self, gpg: Gpg, certificate: bytes) -> _Home:
        key = sha256(certificate)
        with self._lock:
            home = self._homes.get(key)
            if home is None:
                home = self._homes[key] = _Home(gpg, certificate)
        return home


class _Program:
    """gpg with an empty home, or the reason why there is none."""

    def __init__(self, start: Callable[[], Gpg]) -> None:
        self.gpg: Gpg | None = None
        self.fault = ""
        self.empty = private_home()
        try:
            self.gpg = start()
        except GpgError as error:
            self.fault = error.what


class _Home:
    """A private home that holds one certificate, or the reason why it does not: gpg is asked only once."""

    def __init__(self, gpg: Gpg, certificate: bytes) -> None:
        self.directory = private_home()
        self.path = Path(self.directory.name)
        self.fingerprint = b""
        self.algorithms: frozenset[int] = frozenset()
        self.fault: tuple[Outcome, str] | None = None
        try:
            openpgp_packets.guard_certificate(certificate)
            self.fingerprint = import_certificate(gpg, home=self.path, data=certificate)
            self.algorithms = signing_algorithms(gpg, home=self.path)
        except MalformedError as error:
            self.fault = Outcome.NO_KEY, f"the certificate cannot be used: {error.rule}"
        except GpgError as error:
            self.fault = Outcome.UNCHECKED, error.what


def _checked(
    gpg: Gpg, home: Path, fingerprint: bytes, packet: SignaturePacket, *, text: bytes, signature: bytes
) -> tuple[Outcome, str]:
    """Steps 5 to 8."""
    with laid_down(signature, home=home) as file:

        def verify(*options: str) -> Answer:
            # --logger-fd=1: the log goes to standard output, which is not read, and status lines stay alone.
            moment = f"--faked-system-time={packet.created}!"
            return gpg.run(["--logger-fd=1", moment, *options, "--verify", "--", file, "-"], home=home, data=text)

        # 5, 6.
        answer = verify()
        outcome, detail = _outcome(answer, fingerprint, packet)
        # 7.
        if _reason(answer) in KEY_NOT_YET_THERE:
            outcome, detail = _outcome(verify("--ignore-time-conflict"), fingerprint, packet)
            if outcome is Outcome.GOOD:
                outcome, detail = Outcome.OUTSIDE_TIME, "it is dated before its key was made"
    # 8.
    weak = WEAK_DIGESTS.get(packet.digest)
    if weak is None or outcome in {Outcome.BAD, Outcome.NO_KEY}:
        return outcome, detail
    if outcome is Outcome.UNCHECKED and _reason(answer) not in CANNOT:
        return outcome, detail
    # Right, or over a digest that this gpg will not even check: MD5 for every gpg of today.
    return Outcome.WEAK_DIGEST, f"its digest is {weak}"


def _outcome(answer: Answer, fingerprint: bytes, packet: SignaturePacket) -> tuple[Outcome, str]:
    verdicts = answer.all(*VERDICTS)
    valid = answer.all("VALIDSIG")
    if not verdicts:
        return Outcome.UNCHECKED, "gpg came to no verdict"
    if len(verdicts) != 1 or len(valid) > 1 or len(answer.all("NEWSIG")) > 1:
        return Outcome.BAD, "gpg speaks of more than one signature"
    keyword = verdicts[0][0]
    if keyword == "ERRSIG":
        return _unverified(_reason(answer))
    if keyword == "BADSIG":
        return Outcome.BAD, "it does not fit the text"
    if not valid:
        return Outcome.UNCHECKED, f"gpg says {keyword} without VALIDSIG"
    return _matched(valid[0][1], fingerprint, packet) or OUTCOMES[keyword]


def _matched(valid: tuple[str, ...], fingerprint: bytes, packet: SignaturePacket) -> tuple[Outcome, str] | None:
    """Compares VALIDSIG with what must be; None when it fits.

    Its arguments (GnuPG's doc/DETAILS): the signing key's fingerprint, the day, the time, the expiry, the version,
    a reserved one, the key's algorithm, the digest, the class, the primary key's fingerprint.
    """
    if len(valid) != VALIDSIG_FIELDS:
        return Outcome.UNCHECKED, "gpg's VALIDSIG line cannot be read"
    if valid[9] != fingerprint.hex().upper():
        return Outcome.NO_KEY, "it is by another key"
    if (valid[2], valid[4], valid[7], valid[8]) != (str(packet.created), "4", str(packet.digest), "00"):
        return Outcome.BAD, "gpg checked another signature than it listed"
    return None


def _reason(answer: Answer) -> int | None:
    """Returns the code of libgpg-error in the ERRSIG line: its sixth argument."""
    for _, arguments in answer.all("ERRSIG"):
        if len(arguments) > 5 and arguments[5].isdecimal():  # noqa: PLR2004  # the sixth
            return int(arguments[5])
    return None


def _unverified(reason: int | None) -> tuple[Outcome, str]:
    if reason is None:
        return Outcome.UNCHECKED, "gpg's ERRSIG line cannot be read"
    if reason == NO_PUBLIC_KEY:
        return Outcome.NO_KEY, "it is by another key"
    if reason in CANNOT:
        return Outcome.UNCHECKED, f"this gpg cannot check signatures of its kind (code {reason})"
    return Outcome.BAD, f"gpg cannot take it for a signature of this key (code {reason})"
