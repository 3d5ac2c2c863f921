"""Has gpg check foreign OpenPGP signatures; implements `canary.formats.foreign.openpgp_checks.ForeignVerifier`.

The steps for each question:

1. `gpg --verify` runs in the private home of the pinned certificates, as of the last second that OpenPGP can state. So
   the answer hangs on no clock, and a key that never expires needs this one call.
2. A detached signature must not bring a text of its own (gpg would check that one), and a cleartext block must bring
   exactly one; otherwise every signature in it is BAD.
3. What has expired by then is checked once more as of its own time, and that outcome stands. From when on its key
   counts as expired is told beside it.
4. What gpg will not take because it is dated before its key was made is checked once more with that rule put aside, to
   tell a right one (OUTSIDE_TIME) from a wrong one (BAD).
5. What this gpg lacks an algorithm for is UNCHECKED if the pinned key needs it, and BAD if only the signature claims
   it: nobody without the key can turn BAD into UNCHECKED.
6. What is good over a weak digest is WEAK_DIGEST.

All questions of one call share a bound in time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from types import TracebackType
from typing import Self

from canary import limits
from canary.core.signed.outcome import Outcome
from canary.edges.openpgp.foreign_home import LAST_MOMENT, Home, Homes, certificates_in
from canary.edges.openpgp.foreign_status import Reported, reported, weakened
from canary.edges.openpgp.gpg import Answer as Said
from canary.edges.openpgp.gpg import Gpg, laid_down
from canary.edges.openpgp.openpgp_packets import STRONG_DIGESTS
from canary.edges.openpgp.status_words import KEY_NOT_YET_THERE, NO_PUBLIC_KEY
from canary.errors import GpgError, MalformedError
from canary.formats.foreign.openpgp_blocks import Kind, split_blocks
from canary.formats.foreign.openpgp_checks import Answer, Check, Question

_KEYS_BEFORE_THEIR_TIME_ARE_MISSING = (2, 3)
"""The gpg from which on a key that was made after a signature is not found."""

_KEY_ID_DIGITS = 16
"""The end of a fingerprint: ERRSIG may name no more of a key."""


class ForeignGpg:
    """Checks foreign OpenPGP signatures with gpg.

    It may be used from several threads. It keeps a private home for each of the last sets of certificates; close it
    afterwards.

    Args:
        program: gpg's name, looked for on PATH when it is first needed, or its path.
        seconds: how long one call of gpg may take.
    """

    def __init__(self, program: str = "gpg", *, seconds: float = limits.FOREIGN_GPG_SECONDS) -> None:
        self._start: Callable[[], Gpg] = lambda: Gpg(program, seconds=seconds)
        self._lock = threading.Lock()
        self._gpg: Gpg | None = None
        self._homes = Homes()

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        """Checks signatures, as the port says. Never raises for any bytes."""
        if not questions:
            return ()
        try:
            gpg = self._started()
            with self._homes.holding(gpg, certificates) as home:
                until = monotonic() + limits.FOREIGN_SECONDS
                return tuple(_answered(gpg, home, each, until) for each in questions)
        except GpgError as error:
            return tuple(_unchecked(error.what) for _ in questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        """Returns the certificates in a file, as the port says."""
        if len(data) > limits.FOREIGN_KEYRING_BYTES:
            raise MalformedError(
                f"they take more than {limits.FOREIGN_KEYRING_BYTES} bytes", what="OpenPGP certificates"
            )
        armored = [each.data for each in split_blocks(data).of(Kind.CERTIFICATE)]
        if armored:
            return certificates_in(self._started(), b"\n".join(armored) + b"\n")
        # Every packet begins with a byte above 0x7F, and no text in ASCII does.
        return certificates_in(self._started(), data) if data[:1] > b"\x7f" else {}

    def close(self) -> None:
        """Removes the private homes."""
        self._homes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> Gpg:
        with self._lock:
            self._gpg = self._gpg or self._start()
            return self._gpg


class _Verifying:
    """One question, put to gpg once for each set of options: a thousand signatures of one second need one call more."""

    def __init__(self, gpg: Gpg, home: Home, question: Question, file: str, until: float) -> None:
        self.gpg = gpg
        self.home = home
        self._until = until
        self._said: dict[tuple[str, ...], Said] = {}
        if question.text is None:
            self._command = ["--output=-", "--verify"]
            self._data = question.signature
        else:
            self._command = ["--verify", "--", file, "-"]
            self._data = question.text

    def __call__(self, *options: str) -> Said:
        if options not in self._said:
            if monotonic() >= self._until:
                raise GpgError("the time for this canary's signatures is over")
            # The log goes nowhere: standard output is for the text, and status lines stay alone on standard error.
            call = ["--logger-file=/dev/null", *options, *self._command]
            self._said[options] = self.gpg.run(call, home=self.home.path, data=self._data)
        return self._said[options]


def _answered(gpg: Gpg, home: Home, question: Question, until: float) -> Answer:
    try:
        if question.text is None:
            return _asked(_Verifying(gpg, home, question, "", until), is_block=True)
        with laid_down(question.signature, home=home.path) as file:
            return _asked(_Verifying(gpg, home, question, file, until), is_block=False)
    except GpgError as error:
        return _unchecked(error.what)


def _asked(verify: _Verifying, *, is_block: bool) -> Answer:
    # 1.
    said = verify(LAST_MOMENT)
    first = reported(said)[: limits.FOREIGN_SIGNATURES + 1]
    # 2.
    texts = len(said.all("PLAINTEXT"))
    if texts != int(is_block):
        why = "it is not exactly one signed text" if is_block else "it is no detached signature"
        return Answer(tuple(Check(Outcome.BAD, _primary(each, verify), each.signed_at, None, why) for each in first))
    checks = tuple(_checked(verify, place, each) for place, each in enumerate(first))
    return Answer(checks, said.output if is_block else None)


def _checked(verify: _Verifying, place: int, first: Reported) -> Check:
    outcome, detail = first.outcome, first.detail
    valid_until = None
    # 3.
    if outcome is Outcome.EXPIRED_KEY:
        key = verify.home.keys.get(first.key)
        ends = [key.expires if key else None, first.signature_expires]
        valid_until = min((each for each in ends if each is not None), default=None)
        then = _again(verify, place, first, f"--faked-system-time={first.created}!")
        outcome, detail = then or (outcome, detail)
    # 4.
    elif _may_be_early(verify, first):
        if _again(verify, place, first, LAST_MOMENT, "--ignore-time-conflict") is not None:
            outcome, detail = Outcome.OUTSIDE_TIME, "it is dated before its key was made"
    # 5.
    elif first.beyond_this_gpg:
        key = verify.home.keys.get(first.key)
        if key is None:
            outcome, detail = Outcome.NO_KEY, "it is by a key that is not pinned"
        elif key.algorithm == first.algorithm and first.digest in STRONG_DIGESTS:
            outcome, detail = Outcome.UNCHECKED, f"this gpg cannot check signatures of its kind (code {first.reason})"
    # 6.
    outcome, detail = weakened(outcome, detail, first.digest)
    return Check(outcome, _primary(first, verify), first.signed_at, valid_until, detail)


def _again(verify: _Verifying, place: int, first: Reported, *options: str) -> tuple[Outcome, str] | None:
    """Asks gpg once more, with other options; None where the same signature is not right then."""
    then = reported(verify(*options))
    if place >= len(then) or not then[place].outcome.is_right:
        return None
    same = (then[place].key[-_KEY_ID_DIGITS:], then[place].created) == (first.key[-_KEY_ID_DIGITS:], first.created)
    return (then[place].outcome, then[place].detail) if same else None


def _may_be_early(verify: _Verifying, first: Reported) -> bool:
    missing_means_early = verify.gpg.version >= _KEYS_BEFORE_THEIR_TIME_ARE_MISSING
    return first.reason in KEY_NOT_YET_THERE and (first.reason != NO_PUBLIC_KEY or missing_means_early)


def _primary(first: Reported, verify: _Verifying) -> str:
    """Returns the primary key's fingerprint where the certificates have the key, and the key's own name otherwise."""
    if first.primary:
        return first.primary
    known = verify.home.keys.get(first.key) if first.outcome is not Outcome.NO_KEY else None
    return known.primary if known else first.key


def _unchecked(why: str) -> Answer:
    return Answer((Check(Outcome.UNCHECKED, detail=why),))
