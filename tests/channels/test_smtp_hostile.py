"""Mail servers that no library would be, and whoever sits between: scripted answers on a raw connection."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from canary.core.watching.watch_settings import Secret, Security, Smtp
from canary.edges.channels.channel_smtp import SmtpChannel
from tests.channels.sending import LONG, MESSAGE, SHORT, failure, told
from tests.loopback import Fault, Loopback, Wire, drip, endless, says

PASSWORD = "correct horse battery"
HELLO = b"220 mail.example.net\r\n"


def script(*answers: bytes) -> Fault:
    """Says each answer in turn, the first one unasked and the others after a line, then waits for the client to go."""

    def fault(wire: Wire) -> None:
        stream = wire.sock.makefile("rb")
        with stream:
            wire.send(answers[0])
            for answer in answers[1:]:
                stream.readline()
                wire.send(answer)
            while stream.readline():
                pass

    return fault


def channel_to(
    server: Loopback, security: Security = Security.NONE, *, seconds: float = LONG, **more: object
) -> SmtpChannel:
    smtp = Smtp("127.0.0.1", server.port, security, "canary@example.org", ("ops@example.net",), **more)  # type: ignore[arg-type]
    return SmtpChannel(smtp, seconds=seconds)


@pytest.mark.parametrize(
    "fault",
    [
        lambda wire: wire.hang(),
        drip(b"220-" + b"x" * 10**5),
        script(HELLO),
        script(HELLO, b"250-"),
        script(HELLO, b"250 mail", b"250 OK\r\n", b"250 OK\r\n"),
    ],
)
def test_the_time_is_bounded(fault: Fault) -> None:
    with Loopback(on_connect=fault) as server:
        began = time.monotonic()
        error = failure(channel_to(server, seconds=SHORT))
        assert time.monotonic() - began < LONG
    assert error.temporary
    assert "did not take the e-mail within 0.6 s" in error.what


@pytest.mark.parametrize(
    "fault",
    [
        endless(b"", b"220-and more\r\n" * 100),
        endless(b"220 ", b"x" * 16_384),
        endless(HELLO, b"250-AUTH PLAIN\r\n" * 100),
    ],
)
def test_the_answers_are_bounded(fault: Fault) -> None:
    tracemalloc.start()
    try:
        with Loopback(on_connect=fault) as server:
            error = failure(channel_to(server))
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert error.temporary
    assert "answers are too long" in error.what


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (says(b""), "closed the connection"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "answered -1"),
        (says(b"\xff\xfe\r\n"), "answered -1"),
        (says(HELLO), "closed the connection"),
        (script(b"554 5.7.1 \x1b[2J You\r\n"), r"answered 554 '5.7.1 \x1b[2J You'"),
    ],
)
def test_what_is_no_mail_server_is_told(fault: Fault, words: str) -> None:
    with Loopback(on_connect=fault) as server:
        error = failure(channel_to(server))
    assert words in error.what
    assert error.what.isascii()
    assert error.what.isprintable()
    assert error.temporary is ("554" not in words)


OFFER = b"250-mail.example.net\r\n250 STARTTLS\r\n"


@pytest.mark.parametrize(
    "answers",
    [
        (b"554 Go away\r\n",),
        (HELLO, b"550 Go away\r\n", b"550 Go away\r\n"),
        (HELLO, OFFER, b"501 Go away\r\n"),
        (HELLO, OFFER, b"220 Go on\r\n"),
        (HELLO, OFFER, b"220 Go on\r\n250 OK\r\n235 OK\r\n"),
    ],
)
def test_nothing_that_is_said_before_tls_is_for_good(answers: Sequence[bytes]) -> None:
    with Loopback(on_connect=script(*answers)) as server:
        error = failure(channel_to(server, Security.STARTTLS, seconds=SHORT))
    assert error.temporary


def _capturing(answers: Sequence[bytes], lines: list[bytes]) -> Fault:
    def fault(wire: Wire) -> None:
        with wire.sock.makefile("rb") as stream:
            wire.send(answers[0])
            for answer in answers[1:]:
                lines.append(stream.readline())
                wire.send(answer)
            lines.extend(stream)

    return fault


def test_a_password_is_not_sent_before_tls(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    lines: list[bytes] = []
    fault = _capturing([HELLO, b"250-mail.example.net\r\n250 AUTH PLAIN LOGIN\r\n"], lines)
    with Loopback(on_connect=fault) as server:
        secret = Secret(file=str(tmp_path / "password"))
        failure(channel_to(server, Security.STARTTLS, user="canary", password=secret))
    assert lines == [b"ehlo [127.0.0.1]\r\n"]


@pytest.mark.parametrize(
    "answers",
    [
        [HELLO, b"250-x\r\n250 AUTH PLAIN\r\n", b"535 You said correct horse battery\r\n"],
        [HELLO, b"250-x\r\n250 AUTH LOGIN\r\n", b"334 !!\r\n", b"334 !!\r\n", b"334 correct horse battery\r\n"],
        [HELLO, b"250-x\r\n250 AUTH CRAM-MD5\r\n", b"334 PDEyMz4=\r\n", b"454 correct horse battery\r\n"],
        [HELLO, b"250-x\r\n250 AUTH X-OURS\r\n"],
    ],
)
def test_a_server_that_repeats_the_password_is_not_quoted(answers: list[bytes], tmp_path: Path) -> None:
    (tmp_path / "password").write_text(PASSWORD, "utf-8")
    with Loopback(on_connect=script(*answers)) as server:
        secret = Secret(file=str(tmp_path / "password"))
        error = failure(channel_to(server, user="canary", password=secret, seconds=1.5))
    assert PASSWORD not in told(error)
    assert error.temporary is (b"535" not in b"".join(answers))


def test_this_machines_name_is_not_told_nor_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> str:
        raise AssertionError

    monkeypatch.setattr("socket.getfqdn", asked)
    lines: list[bytes] = []
    with Loopback(on_connect=_capturing([HELLO, b"421 Not now\r\n", b"421 Not now\r\n"], lines)) as server:
        failure(channel_to(server))
    assert lines[0] == b"ehlo [127.0.0.1]\r\n"


def test_the_answer_to_the_last_word_is_not_waited_for() -> None:
    def patient(wire: Wire) -> None:
        with wire.sock.makefile("rb") as stream:
            for answer in (HELLO, b"250 x\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 Go on\r\n"):
                if answer is not HELLO:
                    stream.readline()
                wire.send(answer)
            while stream.readline() != b".\r\n":
                pass
            wire.send(b"250 OK\r\n")
            wire.hang()

    with Loopback(on_connect=patient) as server:
        channel_to(server).send(MESSAGE)
