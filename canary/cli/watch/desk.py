"""What every command of `canary watch` begins with: the configuration, and the memory that it names."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from msgspec.structs import replace

from canary.cli.app import App
from canary.core.dating.evidence import Checkers
from canary.core.judging.fetched import shown
from canary.core.watching.message import Program
from canary.core.watching.summary import Summary
from canary.core.watching.watch_settings import WatchSettings
from canary.core.watching.watched import Watched
from canary.edges.disk.watch_config_file import read_watch_config
from canary.edges.memory.watch_store import SqliteWatchStore, open_watch_store
from canary.errors import CanaryError
from canary.library import evidence_checkers

ADD = "canary watch add LOCATION --pin sha256:…"


@dataclasses.dataclass(frozen=True)
class Desk:
    """One command at work on one list.

    Attributes:
        app: the outside world.
        settings: the configuration.
        store: the memory.
        config: the configuration's file, as it was named; None for the usual one.
    """

    app: App
    settings: WatchSettings
    store: SqliteWatchStore
    config: Path | None

    def find(self, name: str) -> Watched:
        """Returns one canary of the list.

        Raises:
            CanaryError: there is none of that name.
        """
        found = self.store.find(name)
        if found is None:
            raise CanaryError(
                f"no canary in {self.settings.memory} is called {shown(name)}",
                hint=f"See what there is: {self.typed('canary watch list')}.",
            )
        return found

    def with_seconds(self, seconds: float) -> Desk:
        """Returns the same with another bound on each look."""
        return dataclasses.replace(self, settings=replace(self.settings, seconds=seconds))

    def listed(self, tags: Sequence[str]) -> list[Summary]:
        """Returns the list in short, by name; with tags only what is filed under one of them.

        Raises:
            CanaryError: there is nothing in it.
        """
        self.check_list(tags)
        return self.store.summaries(tags=tags)

    def check_list(self, tags: Sequence[str]) -> None:
        """Checks that there is something in the list; with tags that something is filed under one of them.

        Raises:
            CanaryError: there is nothing.
        """
        if not self.store.is_empty(tags=tags):
            return
        if tags and not self.store.is_empty():
            raise CanaryError(
                f"nothing in the list in {self.settings.memory} is filed under {' or '.join(map(shown, tags))}",
                hint=f"See the tags: {self.typed('canary watch list')}.",
            )
        raise CanaryError(f"the list in {self.settings.memory} is empty", hint=f"Begin with: {self.typed(ADD)}")

    def checkers(self, proxy: str | None) -> Checkers:
        """Returns the ports that check evidence in one look.

        Args:
            proxy: the proxy that the look goes through.

        Raises:
            CanaryError: the configuration names something that cannot be used.
        """
        # Whoever is asked about blocks is asked within the time of the look; all else is the same for every look.
        return self._checkers(proxy) if self.settings.bitcoin_sources else self._shared_checkers

    @cached_property
    def _shared_checkers(self) -> Checkers:
        return self._checkers(None)

    def _checkers(self, proxy: str | None) -> Checkers:
        # Imported here: most watchers ask nobody.
        from canary.core.dating.anchor_source import parse_chain_place  # noqa: PLC0415

        settings = self.settings
        return evidence_checkers(
            [Path(each) for each in settings.tsa_roots],
            Path(settings.bitcoin_headers) if settings.bitcoin_headers else None,
            [parse_chain_place(each) for each in settings.bitcoin_sources],
            seconds=settings.seconds,
            proxy=proxy,
        )

    def block_time(self, hash_: str) -> datetime | None:
        """Returns when a block was mined, by the watcher's own headers; None where they do not have it."""
        return self._block_times(hash_)

    @cached_property
    def _block_times(self) -> Callable[[str], datetime | None]:
        # Imported here: few watchers have headers, and few canaries quote blocks.
        from canary.edges.times.header_files import block_times  # noqa: PLC0415

        if not self.settings.bitcoin_headers:
            return lambda _: None
        try:
            return block_times(Path(self.settings.bitcoin_headers))
        except CanaryError:
            # What is quoted is told as not checked, which is so; whoever reads timestamps by these files says why.
            return lambda _: None

    @property
    def program(self) -> Program:
        """How this program is to be called here."""
        return Program(options=() if self.config is None else ("--config", str(self.config.absolute())))

    def typed(self, command: str) -> str:
        """Returns a command of `canary watch` as it is to be typed here."""
        import shlex  # noqa: PLC0415  # only for what is printed

        return command if self.config is None else f"{command} --config {shlex.quote(str(self.config))}"


@contextlib.contextmanager
def open_desk(app: App, config: Path | None, *, make: bool = False) -> Iterator[Desk]:
    """Opens the memory that the configuration names.

    Args:
        app: the outside world.
        config: the configuration's file; None for the usual one, which need not be there.
        make: whether to begin a memory where there is none.

    Raises:
        CanaryError: the configuration cannot be read.
        StoreError: the memory cannot be opened, or there is none.
    """
    settings = read_watch_config(config)
    with open_watch_store(Path(settings.memory), make=make) as store:
        yield Desk(app, settings, store, config)
