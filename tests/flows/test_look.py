from __future__ import annotations

import pytest

from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path
from canary.core.judging.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    Unchanged,
    Unreachable,
)
from canary.core.log.tiles import bundle_path
from canary.core.text.strict import digest
from canary.errors import FetchError
from canary.flows.watch.look import look, look_at_attachments
from canary.limits import CHECKPOINT_BYTES, ENTRY_BYTES
from tests.simulator import MemorySource, Publisher

FILES = {"report.pdf": b"the report", "table.csv": b"a,b\n"}
BUNDLE = bundle_path(0, 2)


def begun() -> Publisher:
    sim = Publisher()
    sim.roster(), sim.release(attachments=FILES)
    return sim


@pytest.fixture
def site() -> MemorySource:
    return begun().site()


def seen(observation: Observation) -> Seen:
    assert isinstance(observation, Seen)
    return observation


def attachments(sim: Publisher, site: MemorySource, intact: tuple[str, ...] = ()) -> dict[str, AttachmentState]:
    """Looks for what lies beside the newest release."""
    found = look_at_attachments(site, sim.releases[-1], intact=intact)
    return {each.name: each.state for each in found}


# --- what is asked for ----------------------------------------------------------------------------------


def test_a_look_brings_the_checkpoint_the_entries_and_the_front() -> None:
    sim = begun()
    site = sim.site()
    assert look(site) == Seen(
        checkpoint=sim.checkpoint(),
        etag=f'"{digest(sim.checkpoint())}"',
        entries=tuple(sim.entries),
        front=sim.entries[1],
    )
    assert [asked.path for asked in site.asked] == [CHECKPOINT, BUNDLE, FRONT]


def test_the_checkpoint_that_is_known_is_the_only_request(site: MemorySource) -> None:
    known = seen(look(site)).etag
    site.asked.clear()
    assert look(site, etag=known) == Unchanged()
    assert [(asked.path, asked.etag) for asked in site.asked] == [(CHECKPOINT, known)]


def test_another_checkpoint_than_the_known_one_is_read_with_all_that_lies_beside_it(site: MemorySource) -> None:
    assert seen(look(site, etag='"another"')).entries
    assert [asked.etag for asked in site.asked] == ['"another"', None, None]


def test_a_fresh_look_passes_every_cache(site: MemorySource) -> None:
    site.cached = {}
    assert isinstance(look(site), Gone)
    site.asked.clear()
    assert seen(look(site, fresh=True)).entries
    assert {asked.fresh for asked in site.asked} == {True}


def test_a_log_of_more_than_one_bundle_is_fetched_whole() -> None:
    sim = Publisher()
    sim.roster(), sim.release()
    for n in range(300):
        sim.append_raw(f"entry {n}\n".encode())
    site = sim.site()
    assert seen(look(site)).entries == tuple(sim.entries)
    paths = [asked.path for asked in site.asked]
    assert paths[1:3] == ["tile/entries/000", "tile/entries/001.p/46"]


def test_the_largest_entry_is_fetched() -> None:
    sim = Publisher()
    sim.append_raw(b"x" * ENTRY_BYTES)
    assert seen(look(sim.site())).entries == (b"x" * ENTRY_BYTES,)


# --- what is not there ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_checkpoint_that_the_host_says_is_not_there_is_gone(site: MemorySource, status: int) -> None:
    site.answers[CHECKPOINT] = status
    assert look(site) == Gone(f"the simulated site answers that there is no canary: no checkpoint ({status})")


@pytest.mark.parametrize("path", [CHECKPOINT, BUNDLE])
@pytest.mark.parametrize("status", [204, 301, 304, 401, 403, 407, 429, 500, 503])
def test_any_other_answer_is_unreachable(site: MemorySource, path: str, status: int) -> None:
    site.answers[path] = status
    assert look(site) == Unreachable(f"the simulated site answered {status} when asked for {path}")


@pytest.mark.parametrize("path", [CHECKPOINT, BUNDLE])
def test_a_fetch_that_fails_is_unreachable_and_says_why(site: MemorySource, path: str) -> None:
    site.answers[path] = FetchError("the network is down")
    assert look(site) == Unreachable("the network is down")


def test_a_checkpoint_without_its_entries_is_between_two_uploads() -> None:
    sim = begun()
    site = sim.site()
    site.answers[BUNDLE] = 404
    detail = f"the simulated site has a checkpoint and no {BUNDLE}"
    assert look(site) == Incomplete(sim.checkpoint(), detail)


@pytest.mark.parametrize("status", [410, 451])
def test_entries_that_the_host_says_are_gone_for_good_are_gone(site: MemorySource, status: int) -> None:
    site.answers[BUNDLE] = status
    assert look(site) == Gone(f"the simulated site answers that {BUNDLE} is gone ({status})")


@pytest.mark.parametrize("answer", [403, 500, FetchError("the network is down")])
def test_a_front_that_cannot_be_read_does_not_hide_the_log(site: MemorySource, answer: int | FetchError) -> None:
    site.answers[FRONT] = answer
    found = seen(look(site))
    assert (len(found.entries), found.front) == (2, None)
    assert found.front_fault


def test_a_front_that_is_not_there_is_none(site: MemorySource) -> None:
    del site.files[FRONT]
    assert seen(look(site)).front is None


@pytest.mark.parametrize("body", [b"", b"<html>\n", b"\xff\xfe", b"example.net/canary\n2\nAAAA\n"])
def test_a_body_that_is_no_checkpoint_is_no_canary_and_nothing_more_is_fetched(site: MemorySource, body: bytes) -> None:
    site.files[CHECKPOINT] = body
    assert isinstance(look(site), NotACanary)
    assert len(site.asked) == 1


def test_a_checkpoint_over_its_limit_is_unreachable(site: MemorySource) -> None:
    site.files[CHECKPOINT] = b"x" * (CHECKPOINT_BYTES + 1)
    assert isinstance(look(site), Unreachable)


@pytest.mark.parametrize("body", [b"", b"\x00\x01", b"<html>", b"\x00\x00" * 3])
def test_a_bundle_that_is_none_is_between_two_uploads_or_junk(site: MemorySource, body: bytes) -> None:
    site.files[BUNDLE] = body
    found = look(site)
    assert isinstance(found, Incomplete)
    assert f"the simulated site serves no entries as {BUNDLE}: " in found.detail


# --- attachments ----------------------------------------------------------------------------------------


def test_every_attachment_of_the_release_is_looked_for() -> None:
    sim = begun()
    site = sim.site()
    assert attachments(sim, site) == dict.fromkeys(FILES, AttachmentState.INTACT)
    assert [asked.path for asked in site.asked] == [attachment_path(1, name) for name in FILES]


def test_no_attachment_that_was_found_intact_is_fetched_again() -> None:
    sim = begun()
    assert attachments(sim, sim.site(), (digest(b"the report"),)) == {"table.csv": AttachmentState.INTACT}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"the report", AttachmentState.INTACT),
        (b"the repor", AttachmentState.CHANGED),
        (b"the report" * 1000, AttachmentState.CHANGED),
        (b"THE REPORT", AttachmentState.CHANGED),
        (b"", AttachmentState.CHANGED),
        (b" <!DOCTYPE html><p>Not found", AttachmentState.GONE),
    ],
)
def test_an_attachment_is_compared_with_its_size_and_hash(body: bytes, state: AttachmentState) -> None:
    sim = begun()
    site = sim.site()
    site.files[attachment_path(1, "report.pdf")] = body
    assert attachments(sim, site) == {"report.pdf": state, "table.csv": AttachmentState.INTACT}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (404, AttachmentState.GONE),
        (410, AttachmentState.GONE),
        (500, AttachmentState.UNREADABLE),
        (FetchError("the connection broke"), AttachmentState.UNREADABLE),
    ],
)
def test_an_attachment_that_is_gone_and_one_that_cannot_be_read_are_told_apart(
    answer: int | FetchError, state: AttachmentState
) -> None:
    sim = begun()
    site = sim.site()
    site.answers[attachment_path(1, "report.pdf")] = answer
    assert attachments(sim, site) == {"report.pdf": state, "table.csv": AttachmentState.INTACT}
