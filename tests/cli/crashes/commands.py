"""The commands that are killed, each on a publisher who has come as far as it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from unittest import mock

from canary.core.documents.schedule import Window
from canary.edges.disk.reminded_file import write_reminded
from canary.formats.reminded_json import Reminded
from tests import ots_proofs as ots
from tests.publisher import ADD_ALL, CANARY, SIGNERS, Publisher, Ran, done

Step = Callable[[Publisher], object]

CALENDAR = "https://calendar.example"


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        stage: what it begins from: a stage of `tests.cli.conftest.made`, or `openpgp`.
        prepare: what is done before it.
        run: runs it; it is also what a person does after it was killed.
        refusal: what it says when it is run again after it was done; empty where it does the same again.
        between: what `canary status` may also say where the command takes several steps, each whole in itself.
        makes_keys: whether it makes private keys, which are others each time.
    """

    stage: str
    prepare: Step
    run: Callable[[Publisher], Ran]
    refusal: str = ""
    between: str = ""
    makes_keys: bool = False


def _roster(publisher: Publisher) -> None:
    done(publisher.canary("roster"))
    for name in publisher.signers:
        done(publisher.sign(name))


def _release(publisher: Publisher, *wishes: object) -> None:
    done(publisher.on("2026-05-02").canary("draft", *wishes))
    for name in publisher.signers[: publisher.threshold]:
        done(publisher.sign(name))


def _report(publisher: Publisher) -> str:
    path = publisher.folder / "report.pdf"
    if not path.exists():
        path.write_bytes(b"%PDF-1.7 a report\n" * 50)
    return str(path)


def _mailed(publisher: Publisher) -> None:
    """Signatures that two signers made on machines of their own."""
    for name in ("legal", "director"):
        done(publisher.sign(name))
        publisher.signature_file(name).rename(publisher.folder / f"{name}.sig")


def _signed_draft_with_report(publisher: Publisher) -> None:
    _release(publisher, "--attach", _report(publisher))
    (publisher.folder / "report.pdf").write_bytes(b"%PDF-1.7 another report\n" * 50)


def _watch(publisher: Publisher, *options: object) -> Ran:
    return publisher.run("verify", publisher.public, "--state", publisher.folder / "state.json", *options)


def _first_look(publisher: Publisher) -> Ran:
    return _watch(publisher, "--pin", publisher.pin)


def _news(publisher: Publisher) -> None:
    """A watcher has seen release 1; release 2, which leaves a statement out, is published since then."""
    assert _first_look(publisher).code == 0
    publisher.on("2026-05-02").release("--without", "taps")


def _alarm(publisher: Publisher) -> None:
    _news(publisher)
    assert _watch(publisher).code == 2


def _calendar(url: str, *, method: str, body: bytes | None, block: bool, **_: object) -> tuple[int, bytes]:
    """Answers as an OpenTimestamps calendar does that promises, and tells the way to a block if it has one."""
    if method == "POST":
        assert body is not None
        return 200, ots.append(b"salt") + ots.promise(CALENDAR)
    return (200, ots.way(bytes.fromhex(url.rpartition("/")[2]), 900).tree) if block else (404, b"")


def _asking(publisher: Publisher, *arguments: object, block: bool = False) -> Ran:
    """Runs a command that asks a calendar, without the calendar, and with the same nonce each time."""
    with (
        mock.patch("canary.edges.web.web_request.request", partial(_calendar, block=block)),
        mock.patch("secrets.token_bytes", bytes),
    ):
        return publisher.canary(*arguments)


def _timestamp(publisher: Publisher, *, block: bool = False) -> Ran:
    return _asking(publisher, "timestamp", block=block)


def _with_calendar(publisher: Publisher) -> None:
    publisher.asks(calendars=[CALENDAR])


def _promised(publisher: Publisher) -> None:
    _with_calendar(publisher)
    done(_timestamp(publisher))


def _release_with_calendar(publisher: Publisher) -> None:
    _release(publisher)
    _with_calendar(publisher)


def _web_root(publisher: Publisher) -> None:
    (publisher.folder / "www").mkdir()


def _publish_to(publisher: Publisher) -> Ran:
    return publisher.canary("publish", "--key-dir", publisher.keys, "--to", publisher.folder / "www")


def _release_after_an_upload(publisher: Publisher) -> None:
    _web_root(publisher)
    done(_publish_to(publisher))
    publisher.on("2026-05-02").release()


def _reminding(publisher: Publisher) -> None:
    """One signer is still to be told; each is written down by itself."""
    publisher.root.joinpath("remind.toml").write_text("[command]\nrun = ['/bin/cat']\n", "utf-8")
    done_before = Reminded(CANARY, Window(date(2026, 5, 1), date(2026, 5, 14)), dict.fromkeys(SIGNERS[1:], "7 days"))
    write_reminded(publisher.folder / "reminded.json", done_before)
    publisher.on("2026-05-07")


def _remind(publisher: Publisher) -> Ran:
    return publisher.canary("remind", "--state", publisher.folder / "reminded.json")


def _nothing(publisher: Publisher) -> None:
    del publisher


COMMANDS = {
    "publish roster 1": Command("prepared", _roster, Publisher.publish),
    "publish a release": Command("published", _release, Publisher.publish),
    "publish a release with a report": Command(
        "drafted",
        lambda publisher: (
            done(publisher.canary("draft", "--replace", *ADD_ALL, "--attach", _report(publisher))),
            [done(publisher.sign(name)) for name in ("legal", "security")],
        ),
        Publisher.publish,
    ),
    "publish with OpenPGP": Command(
        "openpgp", lambda publisher: [done(publisher.sign(name)) for name in publisher.signers], Publisher.publish
    ),
    "publish with a promise": Command(
        "published",
        _release_with_calendar,
        lambda publisher: _asking(publisher, "publish", "--key-dir", publisher.keys),
    ),
    "publish --to": Command("published", _release_after_an_upload, _publish_to),
    "remind": Command("published", _reminding, _remind),
    "timestamp, a promise": Command("published", _with_calendar, _timestamp),
    "timestamp, a block": Command("published", _promised, partial(_timestamp, block=True)),
    "sign": Command("drafted", _nothing, lambda publisher: publisher.sign("legal"), "has signed this draft already"),
    "sign with OpenPGP": Command(
        "openpgp", _nothing, lambda publisher: publisher.sign("legal"), "has signed this draft already"
    ),
    "merge": Command(
        "drafted",
        _mailed,
        lambda publisher: publisher.canary(
            "merge", *(publisher.folder / f"{each}.sig" for each in ("legal", "director"))
        ),
        between=r"1 of these, .*: canary sign --as \w+, canary sign --as \w+",
    ),
    "unsign": Command(
        "drafted",
        lambda publisher: done(publisher.sign("legal")),
        lambda publisher: publisher.canary("unsign", "--as", "legal"),
        "has not signed this draft",
    ),
    "roster": Command("prepared", _nothing, lambda publisher: publisher.canary("roster"), "a draft is open already"),
    "draft": Command(
        "published",
        lambda publisher: (_report(publisher), publisher.on("2026-05-02")),
        lambda publisher: publisher.canary("draft", "--attach", _report(publisher)),
        "a draft is open already",
    ),
    "draft --replace": Command(
        "published",
        _signed_draft_with_report,
        lambda publisher: publisher.canary("draft", "--replace", "--attach", _report(publisher), "--without", "taps"),
        between=r"(1|2) of these, .*: canary sign --as legal, .*canary sign --as director",
    ),
    "init": Command("empty", Publisher.settle, Publisher.init, "is there already", makes_keys=True),
    "key new": Command(
        "prepared",
        lambda publisher: publisher.edit_config(('"director"]', '"director", "board"]')),
        lambda publisher: publisher.new_key("board"),
        "has a key already",
        makes_keys=True,
    ),
    "key log": Command(
        "rostered",
        _nothing,
        lambda publisher: publisher.canary("key", "log", "--key-dir", publisher.keys),
        makes_keys=True,
    ),
    "verify --state, first": Command("published", _nothing, _first_look),
    "verify --state, with news": Command("published", _news, _watch),
    "verify --state --ack": Command("published", _alarm, lambda publisher: _watch(publisher, "--ack")),
}
"""Each command by its name."""
