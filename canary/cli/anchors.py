"""The anchors of a draft at the command line: fetched, taken from files, and shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from canary.cli.session import Session
from canary.cli.talk import say
from canary.core.dating.anchors import check_anchor
from canary.core.documents.release import Anchor, Release
from canary.edges.disk.files import read_file
from canary.errors import MalformedError, RefusedError
from canary.flows.issue.anchoring import describe_anchor, not_used_before, parse_anchor_file
from canary.limits import TEXT_BYTES


def read_anchors(files: Sequence[Path], *, none: bool) -> tuple[Anchor, ...] | None:
    """Returns the anchors that the command line gives; None where they are to be fetched.

    Args:
        files: the files of `--anchor`.
        none: whether there shall be no anchors.

    Raises:
        RefusedError: both.
        WorkspaceError: a file cannot be read.
        MalformedError: a file has something else in it.
    """
    if files and none:
        raise RefusedError("--anchor and --no-anchors contradict each other", hint="Give one of them.")
    if none:
        return ()
    return tuple(anchor for file in files for anchor in _in_file(file)) if files else None


def fetch_anchors(session: Session) -> tuple[Anchor, ...]:
    """Fetches anchors from the sources in `canary.toml`, and says what went wrong; nothing where it names none."""
    relays, chains = session.config.anchors.relays(), session.config.anchors.chains()
    if not relays and not chains:
        return ()
    # Imported here: only what asks the network needs to know how.
    from canary.edges.times.anchor_sources import ask_all, open_chains, open_relays  # noqa: PLC0415
    from canary.flows.issue.anchor_gathering import gather  # noqa: PLC0415

    gathered = gather(open_relays(relays), open_chains(chains, outside=session.workspace.root), ask_all)
    for told in gathered.told:
        say(f"Warning: {told}.")
    fresh = not_used_before(session.history, gathered.anchors)
    for anchor in gathered.anchors:
        if anchor not in fresh:
            say(f"Left out: the newest {anchor.kind} anchor stands in an earlier release already.")
    return fresh


def say_anchors(release: Release) -> None:
    """Prints what each anchor of a release proves and rests on."""
    if not release.anchors:
        say("  It has no anchor: nothing in it proves that it was not made earlier than it says.")
    for anchor in release.anchors:
        say(f"  anchor: {describe_anchor(check_anchor(anchor), release.issued)}")


def _in_file(file: Path) -> tuple[Anchor, ...]:
    try:
        return parse_anchor_file(read_file(file, limit=TEXT_BYTES))
    except MalformedError as error:
        hint = "It holds a line for each anchor, as in a release: a kind, a space and its value."
        raise MalformedError(error.rule, line=error.line, what=str(file), hint=hint) from error
