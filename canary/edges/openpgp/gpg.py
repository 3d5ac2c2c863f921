"""The gpg program, bounded: the one module that imports python-gnupg.

Everything that asks gpg goes through `Gpg.run`, which answers with gpg's standard output and its status lines, and
with nothing else: gpg's exit code and python-gnupg's `valid` are not evidence. With gpg 2.2 a revoked key, an
expired key, SHA-1 and a signature dated 2030 all came back with exit code 0 or "good".

python-gnupg mixes gpg's status lines with its log on one stream, and cuts that stream where Python thinks that a
line ends, at U+0085 too. So a user id of "Å[GNUPG:] VALIDSIG …" (its UTF-8 ends in the byte 0x85, read as Latin-1)
makes a status line of its own. Here a status line begins after a byte 0x0A or at the start, with `[GNUPG:] `, and
ends before the next byte 0x0A.

Bytes from outside can make gpg work for ever (a few hundred bytes of nested compressed packets unfold without
end), so each call is bounded in time and in what it may answer.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import gnupg
import msgspec

from canary import limits
from canary.errors import GpgError

gnupg.logger.disabled = True
"""Off for good: it tells of exit codes, which mean nothing here, and no passphrase may ever come near a log."""

OLDEST = (2, 2)
"""The oldest gpg that knows all the options used here."""

INSTALL_HINT = "Install GnuPG 2.2 or newer; on Debian and Ubuntu the package is called gnupg."

OUTPUT_BYTES = 4 * 1024 * 1024
"""Bytes that gpg may write on each of its streams in one call; an honest listing takes a few thousand."""

_ROOM = "Make room in the folder for temporary files, or name another in the environment (TMPDIR)."

_STUCK = "Run 'gpg --version' and 'gpgconf --kill all' by hand; if gpg does not answer there either, reinstall GnuPG."

STATUS_PREFIX = b"[GNUPG:] "

PRIVATE_OPTIONS = (
    "--no-autostart",  # nothing here needs a secret key, so no agent is left behind in a temporary home
    "--disable-dirmngr",
    "--no-auto-key-retrieve",
    "--no-auto-key-locate",
    "--no-auto-check-trustdb",
    "--no-random-seed-file",
    "--no-allow-non-selfsigned-uid",  # Debian's gpg 2.4 takes keys without a self-signature unless it is told
    "--trust-model=always",  # trust comes from the roster's pin, never from a web of trust
)
"""Options of every call in a home of our own: no network, no agent, no file but the keyring."""


class Answer(msgspec.Struct, frozen=True):
    """What gpg answered to one call.

    Attributes:
        output: its standard output.
        status: its status lines in order, each a keyword and its arguments.
        log: its log, for people; bytes from outside can be quoted in it, so nothing is concluded from it.
    """

    output: bytes
    status: tuple[tuple[str, tuple[str, ...]], ...]
    log: str = ""

    def all(self, *keywords: str) -> list[tuple[str, tuple[str, ...]]]:
        """Returns the status lines with one of `keywords`, in order."""
        return [line for line in self.status if line[0] in keywords]

    def last_words(self) -> str:
        """Returns the last line of the log, to be shown to a person; empty when there is none."""
        lines = [line for line in self.log.split("\n") if line]
        return lines[-1].removeprefix("gpg: ") if lines else ""


class Stopper(Protocol):
    """Ends a running gpg, and remembers why."""

    def __call__(self, why: str) -> None:
        """Ends it."""


class _Result(msgspec.Struct):
    """What python-gnupg fills while gpg runs; it sets any attribute it likes on the one it makes itself."""

    data: bytes = b""
    errors: bytes = b""
    stderr: str = ""
    returncode: int | None = None
    fault: str = ""
    stop: Stopper | None = None


class _BoundedGPG(gnupg.GPG):  # type: ignore[misc]  # python-gnupg ships no types
    """python-gnupg, with a bound on the time and on the answer of each call, and with streams kept as bytes."""

    def __init__(self, *, program: str, seconds: float, environment: Mapping[str, str] | None) -> None:
        self.seconds = seconds  # first: the base class already starts gpg, to ask for its version
        self._stopped = ""
        try:
            # --no-options: neither a user's gpg.conf nor a fresh ~/.gnupg may come of it.
            super().__init__(gpgbinary=program, options=["--no-options"], env=environment)
        except ValueError as error:
            raise ValueError(self._stopped or "it does not answer as gpg does") from error

    def _collect_output(self, process: Any, result: Any, writer: Any = None, stdin: Any = None) -> Any:  # noqa: ANN401  # untyped upstream
        """Runs `process` to its end, or stops it after the time that it has."""
        result.fault = ""

        def stop(why: str) -> None:
            result.fault = self._stopped = result.fault or why
            process.kill()

        result.stop = stop
        timer = threading.Timer(self.seconds, stop, [f"gpg did not answer within {self.seconds:g} seconds"])
        timer.daemon = True
        timer.start()
        try:
            return super()._collect_output(process, result, writer, stdin)
        finally:
            timer.cancel()
            timer.join()
            if process.poll() is None:  # an interrupt (Ctrl-C) came while gpg was running
                process.kill()
                process.wait()
            # python-gnupg leaves them open where closing gpg's input collides with the thread that writes to it.
            process.stdout.close()
            process.stderr.close()

    def _read_data(
        self,
        stream: IO[bytes],
        result: Any,  # noqa: ANN401  # untyped upstream
        on_data: Callable[[bytes], object] | None = None,
        buffer_size: int = 1024,
    ) -> None:
        """Reads gpg's standard output."""
        del on_data, buffer_size
        result.data = _read_bounded(stream, result.stop)

    def _read_response(self, stream: Any, result: Any) -> None:  # noqa: ANN401  # untyped upstream
        """Reads gpg's standard error from below the decoding reader, which would cut lines at U+0085."""
        result.errors = _read_bounded(stream.stream, result.stop)
        result.stderr = ""


class Gpg:
    """The gpg program.

    Args:
        program: its name, looked for on PATH, or its path.
        seconds: how long one call may take.
        environment: its environment; None for this process's own.

    Raises:
        GpgError: there is no gpg, or it is too old, or it cannot be run.
    """

    def __init__(
        self,
        program: str = "gpg",
        *,
        seconds: float = limits.GPG_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        path = shutil.which(program)
        if path is None:
            raise GpgError(f"gpg 2.2 or newer is needed, and there is no {program} here", hint=INSTALL_HINT)
        try:
            self._gpg = _BoundedGPG(program=path, seconds=seconds, environment=environment)
        except (OSError, ValueError) as error:
            # python-gnupg makes an OSError of its own, without a number, of one that came from the system.
            why = (error.strerror or "it is no program") if isinstance(error, OSError) else error
            raise GpgError(f"{path} could not be run: {why}", hint=INSTALL_HINT) from error
        version = self._gpg.version
        if version is None or version < OLDEST:
            found = "one that does not tell its version" if version is None else ".".join(map(str, version))
            raise GpgError(f"gpg 2.2 or newer is needed, and {path} is {found}", hint=INSTALL_HINT)
        self.version: tuple[int, ...] = version

    def run(self, arguments: Sequence[str], *, home: Path, data: bytes = b"") -> Answer:
        """Runs gpg in a private home.

        Args:
            arguments: options and one command.
            home: the home, made by `private_home`.
            data: gpg's standard input.

        Raises:
            GpgError: gpg could not be run, took too long, or answered with too much.
        """
        return self._run([*PRIVATE_OPTIONS, f"--homedir={home}", *arguments], data)

    def run_in_keyring(self, arguments: Sequence[str], *, home: Path | None, data: bytes = b"") -> Answer:
        """Runs gpg in a person's keyring: to sign, and to export; never to verify.

        Args:
            arguments: options and one command.
            home: the GnuPG home; None for the person's own (GNUPGHOME, else ~/.gnupg).
            data: gpg's standard input.

        Raises:
            GpgError: gpg could not be run, took too long, or answered with too much.
        """
        where = [] if home is None else [f"--homedir={home}"]
        return self._run(["--disable-dirmngr", *where, *arguments], data)

    def _run(self, arguments: list[str], data: bytes) -> Answer:
        result = _Result()
        try:
            self._gpg._handle_io(arguments, io.BytesIO(data), result, binary=True)  # noqa: SLF001  # its one entry for any command
        except (BrokenPipeError, ValueError):
            # gpg had seen enough before it had read everything, and the thread that writes to it found the pipe
            # closed; its status lines say what it found.
            pass
        except OSError as error:
            raise GpgError(f"gpg could not be run: {error.strerror or error}", hint=INSTALL_HINT) from error
        if result.fault:
            raise GpgError(result.fault, hint=_STUCK)
        if result.returncode is None:
            raise GpgError("gpg could not be run", hint=INSTALL_HINT)
        status, log = _split(result.errors)
        return Answer(output=result.data, status=status, log=log)


def private_home() -> tempfile.TemporaryDirectory[str]:
    """Makes a home for gpg that holds nothing and that only this user can enter; close it with `cleanup`.

    Raises:
        GpgError: there is no room for it.
    """
    # tempfile makes it with mode 0700. A home for each certificate, and not --keyring: gpg 2.4 ignores --keyring
    # when it is set up to use keyboxd, and then answers from the person's own keys.
    try:
        return tempfile.TemporaryDirectory(prefix="canary-gpg-")
    except OSError as error:
        raise GpgError(f"a temporary folder for gpg could not be made: {error.strerror}", hint=_ROOM) from error


@contextlib.contextmanager
def laid_down(data: bytes, *, home: Path) -> Iterator[str]:
    """Lays `data` down in a file in a private home, for a call of gpg that reads two things; yields its path.

    Raises:
        GpgError: there is no room for it.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=home) as file:
            file.write(data)
            file.flush()
            yield file.name
    except OSError as error:
        raise GpgError(f"a temporary file for gpg could not be written: {error.strerror}", hint=_ROOM) from error


def terminal() -> str | None:
    """Returns the path of the terminal that this process runs in, so that pinentry can ask there; None without."""
    for descriptor in (0, 1, 2):
        try:
            return os.ttyname(descriptor)
        except OSError:
            continue
    return None


def _read_bounded(stream: IO[bytes], stop: Stopper) -> bytes:
    chunks = []
    size = 0
    while chunk := stream.read(65_536):
        size += len(chunk)
        if size <= OUTPUT_BYTES:
            chunks.append(chunk)
        else:
            stop(f"gpg answered with more than {OUTPUT_BYTES} bytes")  # and read on to the end, so that it ends
    return b"".join(chunks)


def _split(errors: bytes) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], str]:
    status = []
    log = []
    for line in errors.split(b"\n"):  # never splitlines: see the top of this module
        if line.startswith(STATUS_PREFIX):
            keyword, *arguments = line.removeprefix(STATUS_PREFIX).decode(errors="backslashreplace").split(" ")
            status.append((keyword, tuple(arguments)))
        else:
            log.append(line.decode(errors="backslashreplace"))
    return tuple(status), "\n".join(log)
