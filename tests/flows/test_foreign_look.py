"""One look at a canary in another format: what is asked for, and what the answers make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.foreign.judge import ForeignJudgement
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.pinned import Format, Pinned, PinnedStatement
from canary.core.foreign.reader import FormatReader
from canary.core.foreign.state import ForeignState
from canary.core.judging.findings import Code, Status
from canary.core.judging.observation import Gone, NotACanary, Unreachable
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.flows.watch.foreign import look_foreign, verify_foreign
from canary.formats.foreign.openpgp_checks import Answer, Question
from canary.formats.foreign.readers import reader_of
from canary.library import open_foreign
from canary.limits import FOREIGN_STEPS, FOREIGN_TEXT_BYTES
from tests.foreign_keys import armored, signer
from tests.foreign_series import FIXED, INDEXED, NUMBERED, STATEMENTS, ForeignSeries, SignifySeal, Unasked
from tests.gpg_home import GpgHome
from tests.loopback import Asked, Loopback, answer, drip, endless, redirects, says

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
PAGE = b"<!DOCTYPE html><html><body><p>Our shop</p></body></html>"


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback({}) as running:
        yield running


class Watch:
    """Looks at one address again and again, and keeps what a watcher would keep."""

    def __init__(self, server: Loopback, series: ForeignSeries, path: str) -> None:
        self.server = server
        self.series = series
        self.url = f"{server.url}/{path}"
        self.now = NOW
        self.state: ForeignState | None = None
        self.reader: FormatReader = series.reader()
        self.seconds = 10.0

    def look(self) -> ForeignObservation:
        with open_foreign(self.url, seconds=self.seconds, allow_http=False, ca_file=None) as (source, path):
            return look_foreign(source, path, self.series.question(self.now, self.state), self.reader)

    def verify(self) -> ForeignJudgement:
        with open_foreign(self.url, seconds=self.seconds, allow_http=False, ca_file=None) as (source, path):
            judgement = verify_foreign(source, path, self.series.question(self.now, self.state), self.reader)
        self.state = judgement.state
        return judgement

    def status(self) -> Status:
        return self.verify().verdict.status

    def seen(self) -> SeenEditions:
        seen = self.look()
        assert isinstance(seen, SeenEditions), seen
        return seen

    def asked(self) -> list[str]:
        asked = [each.target for each in self.server.asked]
        self.server.asked.clear()
        return asked


def serve(server: Loopback, files: Mapping[str, bytes], folder: str = "/") -> None:
    assert isinstance(server.files, dict)
    server.files.update({f"{folder}{name}": body for name, body in files.items()})


def names(seen: SeenEditions) -> list[str]:
    return [each.name for each in seen.editions]


@pytest.fixture
def fixed(server: Loopback) -> Watch:
    series = ForeignSeries(SignifySeal())
    serve(server, series.edition(1, "2026-01-05", name="canary.txt"), "/about/")
    return Watch(server, series, "about/canary.txt")


@pytest.fixture
def numbered(server: Loopback) -> Watch:
    series = ForeignSeries(SignifySeal(), NUMBERED)
    serve(server, series.edition(1, "2026-01-05"), "/c/")
    return Watch(server, series, "c/canary-001-2026.txt")


# --- fixed ----------------------------------------------------------------------------------------------


def test_an_edition_comes_with_what_lies_beside_it(fixed: Watch) -> None:
    seen = fixed.seen()
    assert names(seen) == ["canary.txt"]
    assert seen.serves == "canary.txt"
    assert seen.beyond == ""
    assert len(seen.editions[0].signers()) == 1
    there = {each.path for each in seen.files if each.sha256}
    assert there == {"about/canary.txt", "about/canary.txt.sig"}
    asked = [target.removeprefix("/") for target in fixed.asked()]
    assert asked == [each.path for each in seen.files]
    assert set(asked) > there


def test_what_is_unchanged_is_asked_for_conditionally_and_read_by_nobody(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    fixed.asked()
    seen = fixed.seen()
    assert seen.editions == ()
    assert seen.serves == "canary.txt"
    assert fixed.state
    assert seen.files == fixed.state.files
    assert all("if-none-match" in each.headers for each in fixed.server.asked[:2])
    assert fixed.status() is Status.OK


def test_another_signature_over_the_same_text_brings_the_edition_whole(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    text = fixed.series.text(1, "2026-01-05")
    serve(fixed.server, {"canary.txt.sig": SignifySeal(2).sign(text, NOW)}, "/about/")
    assert names(fixed.seen()) == ["canary.txt"]
    verdict = fixed.verify().verdict
    assert verdict.edition, "what was accepted stays"
    assert verdict.status is not Status.OK


def test_the_next_edition_takes_its_place(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    fixed.now += timedelta(days=30)
    serve(fixed.server, fixed.series.edition(2, "2026-02-04", STATEMENTS[:1], name="canary.txt"), "/about/")
    assert fixed.status() is Status.WITHDRAWN


@pytest.mark.parametrize("status", [404, 410, 451])
def test_an_edition_that_is_not_there_is_missing(fixed: Watch, status: int) -> None:
    assert fixed.status() is Status.OK
    fixed.server.faults["/about/canary.txt"] = says(answer(status))
    assert isinstance(fixed.look(), Gone)
    assert fixed.status() is Status.MISSING


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
@pytest.mark.parametrize("file", ["canary.txt", "canary.txt.sig"])
def test_what_cannot_be_fetched_is_no_missing_signature(fixed: Watch, file: str, status: int) -> None:
    assert fixed.status() is Status.OK
    fixed.server.faults[f"/about/{file}"] = says(answer(status))
    seen = fixed.look()
    assert isinstance(seen, Unreachable)
    assert f"answered {status} when asked for about/{file}" in seen.detail
    assert fixed.status() is Status.UNREACHABLE


@pytest.mark.parametrize("body", [None, PAGE], ids=["404", "a page"])
def test_a_signature_that_is_not_there_is_missing(fixed: Watch, body: bytes | None) -> None:
    assert fixed.status() is Status.OK
    fixed.server.faults["/about/canary.txt.sig"] = says(answer(404 if body is None else 200, body or b""))
    seen = fixed.seen()
    assert names(seen) == ["canary.txt"]
    assert seen.editions[0].signatures == ()
    verdict = fixed.verify().verdict
    assert Code.BAD_SIGNATURE not in {each.code for each in verdict.findings}
    assert verdict.status is Status.UNREACHABLE, "for a day it is taken for one that is still to come"
    fixed.now += timedelta(days=2)
    assert fixed.status() is Status.INVALID
    del fixed.server.faults["/about/canary.txt.sig"]
    assert fixed.status() is Status.OK


def test_a_host_s_own_page_in_the_place_of_a_text_is_no_canary(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    serve(fixed.server, {"canary.txt": PAGE}, "/about/")
    assert isinstance(fixed.look(), NotACanary)
    assert fixed.status() is Status.UNREACHABLE
    assert fixed.state
    assert fixed.state.sticky == ()


@pytest.mark.parametrize("file", ["canary.txt", "canary.txt.sig"])
def test_a_slow_or_endless_host_is_unreachable(fixed: Watch, file: str) -> None:
    assert fixed.status() is Status.OK
    kept = fixed.state
    fixed.seconds = 0.5
    fixed.server.faults[f"/about/{file}"] = drip(answer(200, b"never seen"), every=0.1)
    assert isinstance(fixed.look(), Unreachable)
    fixed.seconds = 10
    head = answer(200, b"", {"Transfer-Encoding": "chunked"})
    fixed.server.faults[f"/about/{file}"] = endless(head, b"10000\r\n" + b"a" * 0x10000 + b"\r\n")
    seen = fixed.look()
    assert isinstance(seen, Unreachable)
    assert str(FOREIGN_TEXT_BYTES) in seen.detail
    assert fixed.state == kept


def test_a_redirect_elsewhere_is_not_followed_and_one_on_the_host_is(fixed: Watch) -> None:
    with Loopback({"/canary.txt": fixed.series.text(1, "2026-01-05")}) as other:
        fixed.server.faults["/about/canary.txt"] = redirects(f"{other.url}/canary.txt")
        seen = fixed.look()
        assert isinstance(seen, Unreachable)
        assert "redirects elsewhere" in seen.detail
        assert other.asked == []
    serve(fixed.server, fixed.series.edition(1, "2026-01-05", name="moved.txt"))
    fixed.server.faults["/about/canary.txt"] = redirects("/moved.txt")
    fixed.server.faults["/about/canary.txt.sig"] = redirects("/moved.txt.sig")
    assert names(fixed.seen()) == ["canary.txt"]
    assert fixed.status() is Status.OK


def test_a_doubtful_look_is_followed_by_one_past_every_cache(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    fixed.now += timedelta(days=40)
    fixed.asked()
    assert fixed.status() is Status.OVERDUE
    fresh = [each for each in fixed.server.asked if each.headers.get("cache-control") == "no-cache"]
    assert [each.target for each in fresh][:1] == ["/about/canary.txt"]
    assert not any("if-none-match" in each.headers for each in fresh)
    assert len(fresh) * 2 == len(fixed.server.asked)


def test_what_a_cache_held_back_comes_with_the_second_look(fixed: Watch) -> None:
    assert fixed.status() is Status.OK
    fixed.now += timedelta(days=40)
    old, new = (fixed.series.edition(n, day, name="canary.txt") for n, day in ((1, "2026-01-05"), (2, "2026-02-10")))
    for name in old:
        fixed.server.services[f"/about/{name}"] = cached(old[name], new[name])
    assert fixed.status() is Status.OK


def test_a_part_of_a_page_that_a_cache_held_back_is_no_withdrawal(server: Loopback) -> None:
    series = ForeignSeries(SignifySeal())
    words = ("We have never handed over a key.", "We have never changed a log.")
    pinned = tuple(PinnedStatement(f"s{number}", each) for number, each in enumerate(words, 1))
    profile = FIXED.replace('kind = "numbered"\nbegins = ["Statements"]\nends = ["End"]', 'kind = "pinned"')
    series.pinned = Pinned(Format.PAGE, "tests", profile, (), 0, pinned)
    watch = Watch(server, series, "report")
    watch.reader = reader_of(Format.PAGE, Unasked())
    whole, cut, changed = (
        f"<p>{each}".encode() for each in ("<p>".join(words), words[0], f"We have ever handed over a key.<p>{words[1]}")
    )
    serve(server, {"report": whole})
    assert watch.status() is Status.OK
    for held in (cut, changed):
        server.services["/report"] = cached(held, whole)
        assert watch.status() is Status.OK
    server.services["/report"] = cached(cut, cut)
    assert watch.status() is Status.WITHDRAWN


def cached(old: bytes, new: bytes) -> Callable[[Asked], bytes]:
    """Answers as a cache that keeps the old one, unless it is asked past."""
    return lambda asked: answer(200, new if asked.headers.get("cache-control") == "no-cache" else old)


def test_a_file_in_a_folder_is_looked_at_too(tmp_path: Path) -> None:
    series = ForeignSeries(SignifySeal())
    for name, body in series.edition(1, "2026-01-05", name="canary.txt").items():
        (tmp_path / name).write_bytes(body)
    with open_foreign(str(tmp_path / "canary.txt"), seconds=1, allow_http=False, ca_file=None) as (source, path):
        seen = look_foreign(source, path, series.question(NOW), series.reader())
    assert isinstance(seen, SeenEditions)
    assert names(seen) == ["canary.txt"]


def test_a_page_at_a_folder_s_address_is_asked_for_as_it_is(server: Loopback) -> None:
    series = ForeignSeries(SignifySeal())
    series.pinned = Pinned(Format.PAGE, "tests", FIXED, (), 0, (PinnedStatement("s1", "Our shop"),))
    for path in ("", "trust/", "a%20page%C3%A9/"):
        serve(server, {path: PAGE})
        watch = Watch(server, series, path)
        watch.reader = reader_of(Format.PAGE, Unasked())
        assert names(watch.seen()) == ["index"]
        assert watch.asked() == [f"/{path}"]


class CountingGpg:
    """Counts what gpg is asked."""

    def __init__(self, gpg: ForeignGpg) -> None:
        self._gpg = gpg
        self.asked = 0

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        self.asked += len(questions)
        return self._gpg.check(certificates, questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        return self._gpg.certificates_in(data)


def test_unchanged_bytes_run_no_gpg(server: Loopback) -> None:
    with GpgHome() as home, ForeignGpg() as gpg:
        key = home.key("legal <legal@example.org>")
        pinned_signer = signer(gpg, home, key, "legal")
        series = ForeignSeries(SignifySeal())
        series.pinned = replace(series.pinned, format=Format.DETACHED, signers=(pinned_signer,))
        for etags in (True, False):
            text = series.text(1, "2026-01-05", note=f"{etags}")
            serve(server, {"canary.txt": text, "canary.txt.sig.legal": armored(home, key, text, at=NOW)})
            watch = Watch(server, series, "canary.txt")
            counting = CountingGpg(gpg)
            watch.reader = reader_of(Format.DETACHED, counting)
            if not etags:
                for name in ("canary.txt", "canary.txt.sig.legal"):
                    server.faults[f"/{name}"] = says(answer(200, server.files[f"/{name}"]))  # type: ignore[index]
            assert watch.status() is Status.OK
            assert counting.asked == 1
            for _ in range(5):
                assert watch.status() is Status.OK
            assert counting.asked == 1


# --- template -------------------------------------------------------------------------------------------


def test_the_next_number_is_tried_for_this_year_and_the_next(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    asked = [each for each in numbered.asked() if ".sig" not in each and "minisig" not in each]
    assert asked == [
        "/c/canary-001-2026.txt",
        *(f"/c/canary-00{number}-{year}.txt" for number in (2, 3) for year in (2026, 2027)),
    ]
    assert numbered.status() is Status.OK, "that none of them is there is ordinary"


def test_several_editions_are_taken_in_one_look(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    for number, day in ((2, "2026-02-05"), (3, "2026-12-30"), (4, "2027-01-02")):
        serve(numbered.server, numbered.series.edition(number, day), "/c/")
    numbered.now = datetime(2027, 1, 3, tzinfo=UTC)
    seen = numbered.seen()
    assert names(seen) == ["canary-002-2026.txt", "canary-003-2026.txt", "canary-004-2027.txt"]
    assert seen.serves == "canary-004-2027.txt"
    assert numbered.status() is Status.OK
    assert numbered.seen().editions == ()


def test_steps_are_bounded(numbered: Watch) -> None:
    for number in range(2, FOREIGN_STEPS + 5):
        serve(numbered.server, numbered.series.edition(number, "2026-01-05"), "/c/")
    seen = numbered.seen()
    assert len(seen.editions) == FOREIGN_STEPS + 1
    numbered.verify()
    assert names(numbered.seen())[-1] == f"canary-{FOREIGN_STEPS + 4:03}-2026.txt"


def test_a_number_that_was_left_out_is_a_gap(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    serve(numbered.server, numbered.series.edition(3, "2026-01-06"), "/c/")
    judgement = numbered.verify()
    assert Code.EDITION_GAP in {each.code for each in judgement.verdict.findings}
    assert judgement.verdict.status is Status.CHANGED


def test_a_host_that_answers_everything_has_no_next_edition(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    for number in (2, 3):
        for year in (2026, 2027):
            numbered.server.faults[f"/c/canary-00{number}-{year}.txt"] = says(answer(200, PAGE))
    seen = numbered.seen()
    assert (names(seen), seen.serves, seen.beyond) == ([], "canary-001-2026.txt", "")
    assert numbered.status() is Status.OK


def test_a_next_edition_that_cannot_be_fetched_is_said(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    numbered.server.faults["/c/canary-002-2026.txt"] = says(answer(503))
    seen = numbered.seen()
    assert seen.serves == "canary-001-2026.txt"
    assert "answered 503 when asked for c/canary-002-2026.txt" in seen.beyond
    assert numbered.status() is Status.UNREACHABLE


def test_an_old_edition_that_is_taken_down_matters_only_without_a_newer_one(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    numbered.server.faults["/c/canary-001-2026.txt"] = says(answer(404))
    assert isinstance(numbered.look(), Gone)
    serve(numbered.server, numbered.series.edition(2, "2026-01-06"), "/c/")
    assert names(numbered.seen()) == ["canary-002-2026.txt"]
    assert numbered.status() is Status.OK


def test_an_edit_of_the_newest_edition_is_seen(numbered: Watch) -> None:
    assert numbered.status() is Status.OK
    serve(numbered.server, numbered.series.edition(1, "2026-01-05", note="One more thing.\n"), "/c/")
    verdict = numbered.verify().verdict
    assert Code.EDITED in {each.code for each in verdict.findings}
    assert numbered.status() is Status.CHANGED


# --- index ----------------------------------------------------------------------------------------------


@pytest.fixture
def indexed(server: Loopback) -> Watch:
    series = ForeignSeries(SignifySeal(), INDEXED)
    serve(server, series.edition(1, "2026-01-05"), "/c/2026/")
    watch = Watch(server, series, "c/")
    link(watch, "2026/canary-001-2026.txt")
    return watch


def link(watch: Watch, *links: str) -> None:
    anchors = "".join(f'<li><a href="{each}">an edition</a>' for each in links)
    serve(watch.server, {"c/": f"<!doctype html><title>Canaries</title><ul>{anchors}</ul>".encode()})


def test_the_newest_link_of_an_index_is_the_edition(indexed: Watch) -> None:
    assert indexed.status() is Status.OK
    serve(indexed.server, indexed.series.edition(2, "2026-01-06"), "/elsewhere/")
    other = "https://other.example/canary-009-2026.txt"
    absolute = f"{indexed.server.url}/elsewhere/canary-002-2026.txt"
    for newer in ("/elsewhere/canary-002-2026.txt", "../elsewhere/canary-002-2026.txt", absolute):
        link(indexed, "2026/canary-001-2026.txt", other, "//[", newer, "?canary-003-2026.txt")
        seen = indexed.seen()
        assert names(seen) == ["canary-002-2026.txt"]
        assert seen.serves == "canary-002-2026.txt"
    assert indexed.status() is Status.OK
    indexed.asked()
    assert indexed.seen().editions == ()
    assert indexed.asked()[:2] == ["/c/", "/elsewhere/canary-002-2026.txt"]


@pytest.mark.parametrize(
    "link_of",
    [
        "https://{}/c/canary-002-2026.txt",
        "//elsewhere.example/canary-002-2026.txt",
        "http://elsewhere.example@{}:1/canary-002-2026.txt",
        "http://{}.example/canary-002-2026.txt",
        "http://{}:x/canary-002-2026.txt",
        "http://{}/c/../c/canary-002-2026.txt",
        "/c/canary-002-2026.txt?x",
        "javascript:canary-002-2026.txt",
    ],
)
def test_a_link_that_leads_elsewhere_or_nowhere_is_no_edition(indexed: Watch, link_of: str) -> None:
    assert indexed.status() is Status.OK
    serve(indexed.server, indexed.series.edition(2, "2026-01-06"), "/c/")
    link(indexed, "2026/canary-001-2026.txt", link_of.format(indexed.server.url.removeprefix("http://")))
    seen = indexed.seen()
    assert (seen.serves, seen.beyond) == ("canary-001-2026.txt", "")


def test_an_index_names_its_own_host_in_any_spelling(indexed: Watch) -> None:
    assert indexed.status() is Status.OK
    serve(indexed.server, indexed.series.edition(2, "2026-01-06"), "/c/")
    port = indexed.server.url.rpartition(":")[2]
    with open_foreign(f"http://localhost:{port}/c/", seconds=9, allow_http=False, ca_file=None) as (source, path):
        link(indexed, f"HTTP://LOCALHOST:{port}/c/canary-002-2026.txt")
        seen = look_foreign(source, path, indexed.series.question(indexed.now), indexed.reader)
    assert isinstance(seen, SeenEditions)
    assert names(seen) == ["canary-002-2026.txt"]


def test_an_index_in_a_folder_leads_to_editions_in_it_and_never_out_of_it(tmp_path: Path) -> None:
    series = ForeignSeries(SignifySeal(), INDEXED)
    folder = tmp_path / "c"
    for number, place in ((1, folder), (2, folder / "2026"), (3, tmp_path)):
        place.mkdir(exist_ok=True)
        for name, body in series.edition(number, f"2026-01-0{number + 1}").items():
            (place / name).write_bytes(body)
    links = ["canary-001-2026.txt", "2026/canary-002-2026.txt", "../canary-003-2026.txt", "//h/canary-004-2026.txt"]
    anchors = "".join(f'<a href="{each}">an edition</a>' for each in links[:2])
    (folder / "index.html").write_text(f"<!doctype html>{anchors}")

    def look() -> ForeignObservation:
        with open_foreign(str(folder / "index.html"), seconds=1, allow_http=False, ca_file=None) as (source, path):
            return look_foreign(source, path, series.question(NOW), series.reader())

    seen = look()
    assert isinstance(seen, SeenEditions)
    assert names(seen) == ["canary-002-2026.txt"]
    (folder / "index.html").write_text(f'<!doctype html><a href="{links[2]}">x</a><a href="{links[3]}">x</a>')
    assert isinstance(look(), Gone)


def test_editions_between_two_looks_are_all_taken(indexed: Watch) -> None:
    assert indexed.status() is Status.OK
    for number in (2, 3, 4):
        serve(indexed.server, indexed.series.edition(number, "2026-01-06"), "/c/")
    link(indexed, *(f"/c/canary-00{number}-2026.txt" for number in (4, 3, 2)))
    assert names(indexed.seen()) == [f"canary-00{number}-2026.txt" for number in (2, 3, 4)]


def test_an_index_that_links_to_none_is_no_canary(indexed: Watch) -> None:
    link(indexed, "2026/about.html")
    assert isinstance(indexed.look(), NotACanary)
    indexed.server.faults["/c/"] = says(answer(404))
    assert isinstance(indexed.look(), Gone)
    indexed.server.faults["/c/"] = says(answer(502))
    assert isinstance(indexed.look(), Unreachable)


def test_a_link_to_an_edition_that_cannot_be_had_is_said(indexed: Watch) -> None:
    assert indexed.status() is Status.OK
    link(indexed, "2026/canary-001-2026.txt", "2026/canary-002-2026.txt")
    seen = indexed.seen()
    assert seen.serves == "canary-001-2026.txt"
    assert "answers that there is no c/2026/canary-002-2026.txt" in seen.beyond


def test_an_index_that_goes_back_serves_an_old_copy(indexed: Watch) -> None:
    assert indexed.status() is Status.OK
    serve(indexed.server, indexed.series.edition(2, "2026-01-06"), "/c/2026/")
    link(indexed, "2026/canary-002-2026.txt")
    assert indexed.status() is Status.OK
    link(indexed, "2026/canary-001-2026.txt")
    assert Code.STALE_COPY in {each.code for each in indexed.verify().verdict.findings}
    indexed.now += timedelta(days=2)
    assert Code.ROLLBACK in {each.code for each in indexed.verify().verdict.findings}
