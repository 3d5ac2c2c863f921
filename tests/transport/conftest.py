"""A stand for each test: the site, the states and the authority are made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
import trustme

from canary.cli.app import App
from tests.loopback import Loopback, answer, says
from tests.outside import wait_for_the_end_of_all_looks
from tests.publisher import Publisher, command, noon
from tests.transport.stand import BASE, CHECKPOINT, MOMENTS, Setting, Stand, served


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    wait_for_the_end_of_all_looks(5)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def site(made: dict[str, Publisher]) -> dict[str, bytes]:
    return served(made["published"])


@pytest.fixture(scope="session")
def newer(made: dict[str, Publisher], tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    publisher = made["published"].copy_to(tmp_path_factory.mktemp("newer") / "publisher")
    return served(publisher.on("2026-02-05").release("--correction"))


@pytest.fixture(scope="session")
def states(
    made: dict[str, Publisher], site: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[Setting, bytes]:
    """Without an entity tag, so that no look is conditional unless it is meant to be."""
    found = {}
    file = tmp_path_factory.mktemp("states") / "state.json"
    with Loopback(dict(site), {CHECKPOINT: says(answer(200, site[CHECKPOINT]))}) as server:
        for setting, code in ((Setting.FRESH, 0), (Setting.STALE, 2)):
            app = App(clock=partial(noon, MOMENTS[setting]))
            ran = command(app, "verify", server.url + BASE, "--pin", made["published"].pin, "--state", file)
            assert ran.code == code, ran
            found[setting] = file.read_bytes()
            assert b'"etag": null' in found[setting]
    return found


@pytest.fixture
def stand(  # noqa: PLR0917  # fixtures are passed by name
    made: dict[str, Publisher],
    site: dict[str, bytes],
    newer: dict[str, bytes],
    states: dict[Setting, bytes],
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stand]:
    with ExitStack() as stack:
        server = stack.enter_context(Loopback(dict(site)))
        yield Stand(site, newer, made["published"].pin, states, tmp_path, stack, monkeypatch, authority, server)
