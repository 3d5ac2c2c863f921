"""Signs with a person's OpenPGP key, in that person's own keyring, through gpg and its agent.

The signature is what `canary.edges.openpgp.openpgp_verifier` takes: one detached version 4 packet, class 0x00, SHA-256.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from canary import limits
from canary.edges.openpgp import openpgp_packets
from canary.edges.openpgp.gpg import Answer, Gpg, private_home, terminal
from canary.edges.openpgp.openpgp_certificates import at_second
from canary.errors import GpgError, MalformedError, SigningError

PINENTRY_SECONDS = 600.0
"""Seconds that a person has to answer pinentry, or to find the token and touch it."""

SHA256 = 8
"""SHA-256's number in OpenPGP (RFC 9580, section 9.5)."""

_ERROR_CODE = 0xFFFF
"""The part of a number of libgpg-error that is the code; the rest names the program that it comes from."""

_SYSTEM_ERROR = 0x8000
"""Codes from here on are errors of the operating system, such as pinentry's when it has no terminal."""

_REFUSALS = {
    11: ("the passphrase of {key} is wrong", "Try again; nothing was signed."),
    17: ("gpg has no secret key for {key}", "gpg --list-secret-keys shows what it has; is a token plugged in?"),
    54: (
        "{key} cannot sign: it has expired, is revoked, or has no part that signs",
        "gpg --list-secret-keys shows which; gpg --quick-set-expire gives an expired key a new date.",
    ),
    62: ("nobody gave the passphrase of {key} in time", "Try again; nothing was signed."),
    77: ("gpg-agent could not be started to sign with {key}", "On Debian and Ubuntu, install gpg-agent."),
    85: (
        "gpg could not ask for the passphrase of {key}",
        "Run this in a terminal, and install a pinentry (on Debian and Ubuntu: pinentry-curses).",
    ),
    177: ("no passphrase was given for {key}", "Try again; nothing was signed."),
    99: ("signing with {key} was cancelled", "Nothing was signed."),
}
"""What libgpg-error's codes for a failed signature mean to a person, and what to do."""

_NO_PINENTRY = 85


class GpgSigner:
    """Signs with an OpenPGP key.

    Args:
        name: the key's name.
        fingerprint: the primary key's fingerprint, 20 bytes; gpg signs with the newest subkey that may sign.
        home: the GnuPG home; None for the person's own.
        passphrase: asked for the passphrase; None to leave the asking to gpg's own pinentry.
        faked_time: sign as of the given time and not of now, for demonstrations and tests: such a signature proves
            nothing about when it was made.
        program: gpg's name, looked for on PATH, or its path.
    """

    def __init__(
        self,
        name: str,
        fingerprint: bytes,
        *,
        home: Path | None,
        passphrase: Callable[[], str] | None,
        faked_time: bool = False,
        program: str = "gpg",
    ) -> None:
        self._name = name
        self._fingerprint = fingerprint.hex().upper()
        self._home = home
        self._passphrase = passphrase
        self._faked_time = faked_time
        self._program = program

    @property
    def name(self) -> str:
        """The key's name."""
        return self._name

    def sign(self, text: bytes, *, at: datetime) -> bytes:
        """Signs `text`.

        Args:
            text: the bytes to sign.
            at: the time that the signature states, if this signer fakes the time; otherwise it states now.

        Returns:
            One signature packet.

        Raises:
            SigningError: gpg is missing, has no such secret key, or could not or would not use it.
        """
        options = [f"--local-user={self._fingerprint}", "--digest-algo=SHA256", "--no-armor", "--no-textmode"]
        if self._faked_time:
            options.append(f"--faked-system-time={at_second(at)}!")
        data = text
        if self._passphrase is not None:
            options += ["--pinentry-mode=loopback", "--passphrase-fd=0"]
            # Through the pipe and never as an argument, which every user of the machine could read. python-gnupg
            # is not told of it either: it is the first line of what gpg reads.
            data = _one_line(self._passphrase()) + b"\n" + text
        try:
            gpg = Gpg(self._program, seconds=self._seconds(), environment=_environment())
            answer = gpg.run_in_keyring([*options, "--detach-sign"], home=self._home, data=data)
            if not answer.output:
                raise self._refusal(answer)
            self._check(gpg, answer.output)
        except GpgError as error:
            raise SigningError(error.what, hint=error.hint) from error
        return answer.output

    def _seconds(self) -> float:
        return PINENTRY_SECONDS if self._passphrase is None else limits.GPG_SECONDS

    def _check(self, gpg: Gpg, signature: bytes) -> None:
        """Holds what gpg made to what the verifier takes: better now than when everyone reads it."""
        with private_home() as home:
            try:
                packet = openpgp_packets.one_signature(gpg, home=Path(home), data=signature)
            except MalformedError as error:
                raise SigningError(f"gpg made a signature that cannot be used: {error.rule}") from error
        if packet.digest != SHA256:
            raise SigningError("gpg made a signature that is not over SHA-256")

    def _refusal(self, answer: Answer) -> SigningError:
        """Says in plain words why gpg made no signature, from its status lines (GnuPG's doc/DETAILS)."""
        numbers = [arguments[1] for _, arguments in answer.all("FAILURE") if arguments[:1] == ("sign",)]
        code = int(numbers[0]) & _ERROR_CODE if numbers and numbers[0].isdecimal() else 0
        if code >= _SYSTEM_ERROR and answer.all("PINENTRY_LAUNCHED"):
            code = _NO_PINENTRY
        key = f"the key {self._fingerprint}"
        if code in _REFUSALS:
            what, hint = _REFUSALS[code]
            return SigningError(what.format(key=key), hint=hint)
        return SigningError(f"gpg did not sign with {key}: {answer.last_words() or 'it gave no reason'}")


def _one_line(passphrase: str) -> bytes:
    """Returns a passphrase as gpg reads it: the rest of a second line would be signed along with the text."""
    if any(character in passphrase for character in "\n\r\0"):
        raise SigningError("the passphrase has a line break in it", hint="Give it as one line.")
    return passphrase.encode(errors="surrogateescape")


def _environment() -> dict[str, str]:
    """Tells gpg-agent which terminal to ask in: gpg itself has its input from a pipe, and cannot."""
    where = terminal()
    return {**os.environ, **({} if where is None else {"GPG_TTY": where})}
