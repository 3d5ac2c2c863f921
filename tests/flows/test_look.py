from __future__ import annotations

import pytest

from canary.core.layout import CHECKPOINT, FRONT, attachment_path
from canary.core.observation import (
    AttachmentState,
    Gone,
    Incomplete,
    NotACanary,
    Observation,
    Seen,
    SeenAttachment,
    Unchanged,
    Unreachable,
)
from canary.core.strict import digest
from canary.core.tiles import bundle_path
from canary.errors import FetchError
from canary.flows.watch.look import look
from canary.limits import CHECKPOINT_BYTES
from tests.simulator import MemorySource, Publisher, noon

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


def states(observation: Observation) -> dict[str, AttachmentState]:
    return {each.name: each.state for each in seen(observation).attachments}


# --- what is asked for ----------------------------------------------------------------------------------


def test_a_look_brings_the_checkpoint_the_entries_the_front_and_the_attachments() -> None:
    sim = begun()
    site = sim.site()
    found = seen(look(site))
    assert found == Seen(
        checkpoint=sim.checkpoint(),
        etag=f'"{digest(sim.checkpoint())}"',
        entries=tuple(sim.entries),
        front=sim.entries[1],
        attachments=tuple(SeenAttachment(name, digest(body), AttachmentState.INTACT) for name, body in FILES.items()),
    )
    assert [asked.path for asked in site.asked] == [
        CHECKPOINT,
        BUNDLE,
        FRONT,
        attachment_path(1, "report.pdf"),
        attachment_path(1, "table.csv"),
    ]


def test_the_checkpoint_that_is_known_is_the_only_request(site: MemorySource) -> None:
    known = seen(look(site)).etag
    site.asked.clear()
    assert look(site, etag=known) == Unchanged()
    assert [(asked.path, asked.etag) for asked in site.asked] == [(CHECKPOINT, known)]


def test_another_checkpoint_than_the_known_one_is_read_with_all_that_lies_beside_it(site: MemorySource) -> None:
    assert seen(look(site, etag='"another"')).entries
    assert [asked.etag for asked in site.asked] == ['"another"', None, None, None, None]


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


def test_no_attachment_that_was_found_intact_is_fetched_again(site: MemorySource) -> None:
    assert states(look(site, intact={digest(b"the report")})) == {"table.csv": AttachmentState.INTACT}


def test_only_the_attachments_of_the_newest_release_are_fetched() -> None:
    sim = begun()
    sim.release(attachments={"report.pdf": b"the second report"})
    site = sim.site()
    assert seen(look(site)).attachments == (
        SeenAttachment("report.pdf", digest(b"the second report"), AttachmentState.INTACT),
    )
    assert attachment_path(2, "report.pdf") in {asked.path for asked in site.asked}


# --- what is not there ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_checkpoint_that_the_host_says_is_not_there_is_gone(site: MemorySource, status: int) -> None:
    site.answers[CHECKPOINT] = status
    assert look(site) == Gone(f"the simulated site answers that there is no checkpoint ({status})")


@pytest.mark.parametrize("path", [CHECKPOINT, BUNDLE, FRONT, attachment_path(1, "report.pdf")])
@pytest.mark.parametrize("status", [204, 301, 304, 401, 403, 407, 429, 500, 503])
def test_any_other_answer_is_unreachable(site: MemorySource, path: str, status: int) -> None:
    site.answers[path] = status
    assert look(site) == Unreachable(f"the simulated site answered {status} when asked for {path}")


@pytest.mark.parametrize("path", [CHECKPOINT, BUNDLE, FRONT])
def test_a_fetch_that_fails_is_unreachable_and_says_why(site: MemorySource, path: str) -> None:
    site.answers[path] = FetchError("the network is down")
    assert look(site) == Unreachable("the network is down")


@pytest.mark.parametrize("status", [404, 410, 451])
def test_a_checkpoint_without_its_entries_is_between_two_uploads(site: MemorySource, status: int) -> None:
    site.answers[BUNDLE] = status
    assert look(site) == Incomplete(f"the simulated site has a checkpoint and no {BUNDLE}")


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
def test_a_bundle_that_is_none_is_seen_without_entries(site: MemorySource, body: bytes) -> None:
    site.files[BUNDLE] = body
    found = seen(look(site))
    assert (found.entries, found.front, found.attachments) == (None, None, ())
    assert "entry bundle" in found.detail


# --- attachments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"the report", AttachmentState.INTACT),
        (b"the repor", AttachmentState.CHANGED),
        (b"the report.", AttachmentState.CHANGED),
        (b"THE REPORT", AttachmentState.CHANGED),
        (b"", AttachmentState.CHANGED),
    ],
)
def test_an_attachment_is_compared_with_its_size_and_hash(
    site: MemorySource, body: bytes, state: AttachmentState
) -> None:
    site.files[attachment_path(1, "report.pdf")] = body
    assert states(look(site)) == {"report.pdf": state, "table.csv": AttachmentState.INTACT}


@pytest.mark.parametrize("answer", [404, 410, 451, FetchError("the connection broke")])
def test_an_attachment_that_cannot_be_had_does_not_hide_the_log(site: MemorySource, answer: int | FetchError) -> None:
    site.answers[attachment_path(1, "report.pdf")] = answer
    assert states(look(site)) == {"report.pdf": AttachmentState.GONE, "table.csv": AttachmentState.INTACT}


def test_a_hostile_log_names_no_attachment_and_breaks_no_look() -> None:
    sim = begun()
    sim.append_raw(b"junk")
    sim.append_raw(b"warrant-canary/release/v2\n")
    assert set(states(look(sim.site()))) == {"report.pdf", "table.csv"}
    only_junk = Publisher()
    only_junk.roster(at=noon("2025-01-01"))
    assert seen(look(only_junk.site())).attachments == ()
