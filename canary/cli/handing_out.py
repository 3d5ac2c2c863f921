"""What follows on publishing: the site is copied to where it is served from, looked at from outside, and receipted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
from msgspec.structs import replace

from canary.cli.looking import Reach
from canary.cli.session import Session
from canary.cli.talk import say
from canary.core.judging.question import Judgement, Question
from canary.core.judging.verdict import Verdict
from canary.core.log.history import History
from canary.core.log.merkle import leaf_hash, root_hash
from canary.edges.disk.checked_file import usual_checked_file
from canary.edges.disk.receipts import Receipts
from canary.edges.memory.state_file import held, read_state, write_state
from canary.edges.publishing.built_site import BuiltSite
from canary.edges.publishing.upload_folder import UploadFolder
from canary.errors import CanaryError
from canary.flows.issue.receipt import Event, receipt
from canary.flows.issue.uploading import Place, upload
from canary.library import look_and_judge

_WORST_FIRST = (2, 3, 1, 0)


class Seen(NamedTuple):
    """What a watcher sees at an address.

    Attributes:
        verdict: the verdict.
        entries: how many entries of the log it shows.
        whole: whether it shows the whole log that is published, and nothing else.
    """

    verdict: Verdict
    entries: int
    whole: bool

    @property
    def exit_code(self) -> int:
        """The verdict's, and at least 1 where it is not what was published."""
        return self.verdict.exit_code if self.whole else worst([self.verdict.exit_code, 1])


class HandingOut:
    """The log that is published, on its way out.

    Args:
        session: the workspace.
        history: the log.
        clock: returns now, aware.
    """

    def __init__(self, session: Session, history: History, clock: Callable[[], datetime]) -> None:
        self._root = session.workspace.root
        self._history = history
        self._clock = clock
        self._receipts = Receipts(self._root)
        self._canary = session.config.canary.id

    @property
    def receipt_name(self) -> str:
        """Where the receipt lies in the workspace."""
        return self._receipts.name(len(self._history.admitted))

    def appended(self) -> None:
        """Notes that this run put the newest entry into the log."""
        self._note(f"entry {len(self._history.admitted)} was put into the log")

    def copy(self, place: Place) -> None:
        """Copies the site to a place, and says what was done.

        Raises:
            CanaryError: something else lies there, or it cannot be read or written.
        """
        site = BuiltSite(self._root)
        entries = [admitted.entry.data for admitted in self._history.admitted]
        done = upload(site.paths(), site.read, self._canary, entries, place)
        self._note(f"the site was copied to {place.describe()}")
        files = "1 file" if len(done.written) == 1 else f"{len(done.written)} files"
        say(f"{place.describe()}: {files} written, {done.unchanged} left as they were.")

    def check(self, url: str, state_file: Path | None, reach: Reach) -> Seen:
        """Looks from outside, as a watcher does who has the pin and remembers the last look; says what was seen.

        Raises:
            CanaryError: the address cannot be looked at by any means, or the state cannot be read or written.
        """
        path = state_file or usual_checked_file(self._canary, url)
        question = Question(now=self._clock(), pin=self._pin)
        look = partial(
            look_and_judge,
            url,
            seconds=reach.timeout,
            allow_http=reach.allow_http,
            ca_file=reach.ca_file,
            proxy=reach.proxy,
            checkers=reach.checkers(),
        )
        with held(path, seconds=reach.timeout):
            state = read_state(path)
            if state is not None and state.pin != self._pin:
                raise CanaryError(
                    f"{path} remembers looks at another canary, {state.canary}",
                    hint="Name a state file of its own for each canary and address.",
                )
            judgement = look(question=replace(question, state=state))
            if judgement.state is not None:
                write_state(path, judgement.state)
        seen = self._seen(judgement)
        self._tell(url, seen)
        return seen

    @property
    def _pin(self) -> str:
        return self._history.admitted[0].entry.text_hash

    def _seen(self, judgement: Judgement) -> Seen:
        shown = judgement.verdict.log_size
        ours = [admitted.entry.data for admitted in self._history.admitted]
        there = [admitted.data for admitted in judgement.judged.history.admitted]
        return Seen(judgement.verdict, shown, shown == len(ours) and there == ours)

    def _tell(self, url: str, seen: Seen) -> None:
        verdict, ours = seen.verdict, len(self._history.admitted)
        word = verdict.status.value
        if seen.whole:
            told = f"with entry {ours} as the newest"
        elif seen.entries < ours:
            told = f"with {seen.entries} of {ours} entries"
        else:
            told = "with another log than the one here"
        self._note(f"seen at {url}: {word}, {told}")
        say(f"{url}: a watcher sees {word}, {told}.")
        for finding in verdict.deciding() if verdict.exit_code else ():
            say(f"  {finding.code.spelling}: {finding.message}")
        if seen.entries < ours:
            say("  A cache on the way may hold the older site: look again in some minutes. Otherwise upload public/.")

    def _note(self, words: str) -> None:
        number = len(self._history.admitted)
        newest = self._history.admitted[-1]
        root = root_hash([leaf_hash(admitted.entry.data) for admitted in self._history.admitted])
        events = [Event(self._clock(), words)]
        text = receipt(newest, root, self._pin, self._receipts.read(number), events)
        self._receipts.write(number, text)


def open_place(named: str, workspace: Path) -> Place:
    """Returns the place that a site is to be copied to.

    Args:
        named: a folder, or the address of a bucket.
        workspace: the workspace, which it lies outside of.

    Raises:
        CanaryError: there is none that could be used.
    """
    if "://" in named:
        from canary.edges.publishing.upload_bucket import UploadBucket  # noqa: PLC0415  # most publishers have none

        return UploadBucket(named)
    return UploadFolder(Path(named), workspace)


def worst(codes: Sequence[int]) -> int:
    """Returns the worst of some exit codes, as the monitoring plugins count: 2, then 3, then 1, then 0."""
    return min(codes, key=_WORST_FIRST.index, default=0)


def tell_failure(error: CanaryError) -> int:
    """Tells a failure that does not end the command at once. Returns its exit code."""
    click.echo(f"canary: {error.what}", err=True)
    if error.hint:
        click.echo(f"What to do: {error.hint}", err=True)
    return error.exit_code
