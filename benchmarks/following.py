"""What a long log costs: replaying it whole, and following it with what is stored."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

from benchmarks.measuring import KIB_IN_A_MB, Row, milliseconds, peak_kib, quickest_calls
from benchmarks.samples import long_log, site_of, write
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State
from canary.core.log.history import replay
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.signed import tally
from canary.core.signed.entry import parse_entry
from canary.core.signed.kinds import verify_ed25519
from canary.core.signed.vkey import VKey
from canary.core.text.times import format_time
from canary.flows.watch.verify import verify_site
from canary.formats.state_json import parse_state, render_state
from tests.simulator import CHECKERS, MemorySource, Publisher

_LONG, _SHORT = 10_000, 100


def following() -> Iterator[Row]:
    """Measures replay, memory, and the cost of one more release on stored state."""
    publisher = long_log(_LONG)
    yield _replaying(publisher)
    yield _memory(publisher)
    yield from _one_more(publisher)
    yield _unchanged(publisher)


def _replaying(publisher: Publisher) -> Row:
    keys = {(signer.key.name, signer.key.key_id): signer.key for signer in publisher.rosters[0].signers}
    signed: list[tuple[VKey, bytes, bytes]] = []
    for entry in map(parse_entry, publisher.entries):
        signed += [(keys[line.name, line.key_id], entry.text, line.signature) for line in entry.signatures]

    def bare() -> None:
        if not all(verify_ed25519(key, text, signature) for key, text, signature in signed):
            raise SystemExit("a signature of the sample is wrong")

    taken = quickest_calls({"bare": bare, "replay": partial(replay, publisher.entries, publisher.gpg)})
    note = f"the bare check of its {len(signed):,} signatures ({milliseconds(taken['bare'])})"
    return Row(f"replaying {_LONG:,} releases with 3 signatures", taken["replay"] / taken["bare"], 1.5, note)


def _memory(publisher: Publisher) -> Row:
    """Measures the peak of a whole `canary verify` of the long log in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(site_of(publisher).files, folder)
        command = [str(Path(sys.executable).with_name("canary")), "verify", name, "--pin", f"sha256:{publisher.pin}"]
        command += ["--at", format_time(publisher.releases[-1].issued)]
        peak = peak_kib(command) / KIB_IN_A_MB
    return Row(f"peak memory of verifying {_LONG:,} releases", peak / 100, 1.0, f"100 MB ({peak:.0f} MB)")


def _one_more(publisher: Publisher) -> Iterator[Row]:
    """Measures a look that brings one new release, on the state of the look before, in a short log and a long one."""
    calls: dict[str, Callable[[], object]] = {}
    for size in (_SHORT, _LONG):
        site, state = site_of(publisher, size), _state(publisher, size - 1)
        calls[f"follow {size}"] = partial(_look, publisher, size, site, state)
        calls[f"hash {size}"] = partial(_hash, publisher.entries[:size])
        calls[f"state {size}"] = partial(_keep, state)
        checks = _signature_checks(calls[f"follow {size}"])
        if checks != len(publisher.rosters[0].signers):
            raise SystemExit(f"{checks} signatures were checked for one new release")
    taken = quickest_calls(calls)
    hashing = taken[f"hash {_LONG}"] - taken[f"hash {_SHORT}"]
    for what, name, bound in (("one new release on stored state", "follow", 2.0), ("its state file", "state", None)):
        growth = taken[f"{name} {_LONG}"] - taken[f"{name} {_SHORT}"]
        note = f"hashing the log ({milliseconds(hashing)}); {milliseconds(taken[f'{name} {_SHORT}'])} at {_SHORT}"
        yield Row(f"{what}: growth from {_SHORT} to {_LONG:,} entries", growth / hashing, bound, note)


def _unchanged(publisher: Publisher) -> Row:
    """Measures a second look, where the first found a timestamp; without one, each look asks for it."""
    publisher.stamp()
    site = site_of(publisher)
    state = _state(publisher, len(publisher.entries))
    site.asked.clear()
    checks = _signature_checks(partial(_look, publisher, len(publisher.entries), site, state))
    asked = ", ".join(f"{each.path}{' if changed' if each.etag else ''}" for each in site.asked)
    note = f"one request ({asked}); {checks} signature checks"
    return Row("an unchanged canary, looked at again", len(site.asked) + checks, 1.0, note)


def _look(publisher: Publisher, entries: int, site: MemorySource, state: State | None) -> Judgement:
    """Looks a day after the last of the first entries was issued."""
    now = parse_entry(publisher.entries[entries - 1]).content.issued + timedelta(days=1)
    question = Question(now=now, pin=publisher.pin, state=state)
    return verify_site(site, question, publisher.gpg, CHECKERS)


def _state(publisher: Publisher, entries: int) -> State:
    """Returns the state after a look at the first entries, as it comes out of a state file."""
    state = _look(publisher, entries, site_of(publisher, entries), None).state
    if state is None:
        raise SystemExit("the sample did not hold")
    return parse_state(render_state(state))


def _keep(state: State) -> State:
    return parse_state(render_state(state))


def _hash(entries: list[bytes]) -> bytes:
    return root_hash(leaf_hash(entry) for entry in entries)


def _signature_checks(call: Callable[[], object]) -> int:
    with patch.object(tally, "verify_ed25519", wraps=verify_ed25519) as counted:
        call()
    return counted.call_count
