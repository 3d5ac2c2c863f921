"""The vectors of `tests/vectors` get the verdict in their headers, through the real readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from canary.core.documents.hint import HEADER as HINT_HEADER
from canary.core.documents.hint import parse_hint
from canary.core.documents.layout import CHECKPOINT, FRONT
from canary.core.documents.roster import Roster
from canary.core.documents.schedule import Schedule, parse_cadence, parse_days
from canary.core.judging.fetched import Fetched, Source
from canary.core.judging.findings import Axis
from canary.core.judging.question import Question
from canary.core.judging.state import State
from canary.core.judging.verdict import Verdict
from canary.core.log.checkpoint import log_verifiers, parse_signed_checkpoint
from canary.core.log.merkle import leaf_hash
from canary.core.log.tiles import log_files
from canary.core.signed.entry import NewerFormatError, parse_entry, parse_text
from canary.core.signed.note import parse_note, verify_note
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.core.signed.vkey import parse_vkey
from canary.core.text.strict import parse_hash
from canary.core.text.times import format_date_range, format_time, parse_date, parse_time
from canary.edges.openpgp.openpgp_verifier import GpgVerifier
from canary.errors import FetchError, MalformedError
from canary.flows.watch.single import verify_entry
from canary.flows.watch.verify import verify_site
from tests.simulator import MemorySource
from tests.vector_files import Fields, VectorFile, everything


def vectors(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", everything(kind), ids=lambda vector: vector.name)


@vectors("note")
def test_notes(vector: VectorFile) -> None:
    verifiers = log_verifiers(parse_vkey(key) for key in vector.fields.all("key"))
    if vector.fields.has("result"):
        with pytest.raises(MalformedError):
            verify_note(parse_note(vector.blocks["note"]), verifiers)
        return
    verified = verify_note(parse_note(vector.blocks["note"]), verifiers)
    assert " ".join(sorted(verified) or ["nobody"]) == vector.fields.one("verified")


@vectors("checkpoint")
def test_checkpoints(vector: VectorFile) -> None:
    assert _signed(vector) == vector.fields.one("result")


def _signed(vector: VectorFile) -> str:
    try:
        signed = parse_signed_checkpoint(vector.blocks["checkpoint"])
    except MalformedError:
        return "rejected"
    try:
        return "signed" if signed.signed_by(parse_vkey(vector.fields.one("key"))) else "unsigned"
    except MalformedError:
        return "unsigned"


@vectors("text")
def test_texts(vector: VectorFile) -> None:
    data = vector.blocks["text"]
    assert _kind(data, entry=False) == vector.fields.one("result")


@vectors("entry")
def test_entries(vector: VectorFile) -> None:
    assert _kind(vector.blocks["entry"], entry=True) == vector.fields.one("result")


def _kind(data: bytes, *, entry: bool) -> str:
    try:
        if data.startswith(HINT_HEADER.rpartition("/")[0].encode()):
            parse_hint(data)
            return "hint"
        content = parse_entry(data).content if entry else parse_text(data)
    except NewerFormatError:
        return "newer-format"
    except MalformedError:
        return "malformed"
    return "roster" if isinstance(content, Roster) else "release"


@vectors("schedule")
def test_schedules(vector: VectorFile) -> None:
    fields = vector.fields
    schedule = Schedule(
        start=parse_date(fields.one("start")),
        cadence=parse_cadence(fields.one("cadence")),
        window=parse_days(fields.one("window")),
        grace=parse_days(fields.one("grace")),
    )
    if fields.one("result") == "refused":
        with pytest.raises(MalformedError):
            schedule.check()
        return
    schedule.check()
    for row in fields.all("issued"):
        issued, *dates = row.split(" ")
        assert _dates(schedule, issued) == dates


def _dates(schedule: Schedule, issued: str) -> list[str]:
    period = schedule.newest_opened(parse_time(issued).date())
    if period is None:
        return ["none"] * 3
    window = schedule.following(period)
    days = format_date_range((window.opens, window.last))
    return [period.isoformat(), days, format_time(schedule.expiry(window))]


@vectors("files")
def test_files(vector: VectorFile, gpg: GpgVerifier) -> None:
    for case in vector.parts():
        pin = case.one("pin")
        verdict = verify_entry(
            vector.blocks[case.one("entry")],
            vector.blocks[case.one("roster")],
            pin=None if pin == "none" else parse_hash(pin),
            now=parse_time(case.one("now")),
            verifier=gpg,
        )
        assert (case.one("case"), *told(verdict)) == (case.one("case"), *stated(case))


# --- looks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("conditional", [True, False], ids=["conditional", "unconditional"])
@vectors("looks")
def test_looks(vector: VectorFile, *, conditional: bool, gpg: GpgVerifier) -> None:
    for case in vector.cases():
        state: State | None = None
        pin = case.fields.one("pin")
        for look in case.looks:
            pin = look.one("pin", pin)
            options = look.all("option")
            verifier = without_openpgp if "without-openpgp" in options else gpg
            site = served(look, vector.blocks, conditional=conditional)
            judgement = verify_site(site, asked(look, pin, state), verifier)
            where = f"{case.fields.one('case')}, {look.one('look')}"
            assert (where, *told(judgement.verdict)) == (where, *stated(look))
            if "as-of" not in options:
                state = judgement.state


def asked(look: Fields, pin: str, state: State | None) -> Question:
    now, options = parse_time(look.one("look")), look.all("option")
    if state is not None and "trust-clock" in options:
        state = state.trust_clock(now)
    if state is not None and "acknowledge" in options:
        state = state.acknowledge()
    return Question(
        now=now,
        pin=None if pin == "none" else parse_hash(pin),
        trust_first_use="first-use" in options,
        state=state,
        as_of_now="as-of" not in options,
    )


def served(look: Fields, blocks: dict[str, bytes], *, conditional: bool) -> Source:
    """Returns the site that a look is served."""
    files: dict[str, bytes] = {}
    answers: dict[str, int | FetchError] = {}

    def put(path: str, answer: str) -> None:
        if answer in blocks:
            files[path] = blocks[answer]
        else:
            answers[path] = int(answer)

    checkpoint = look.one("checkpoint")
    if checkpoint == "unreachable":
        return MemorySource({}, down=FetchError("the host does not answer"))
    put(CHECKPOINT, checkpoint)
    if look.has("entries"):
        entries = [blocks[name] for name in look.one("entries").split()]
        leaves = [leaf_hash(entry) for entry in entries]
        files.update(log_files(entries, leaves, sizes=[len(entries)]))
        put(FRONT, look.one("canary.txt"))
    for attachment in look.all("attachment"):
        put(*attachment.split(" "))
    source = MemorySource(files, answers=answers)
    return source if conditional else WithoutTags(source)


@dataclass(frozen=True)
class WithoutTags:
    """A site that knows no conditional requests."""

    site: Source

    def describe(self) -> str:
        return self.site.describe()

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        del etag
        return replace(self.site.get(path, limit=limit, fresh=fresh), etag=None)


def stated(look: Fields) -> Iterator[tuple[str, str]]:
    """Returns what a vector says that a look comes to."""
    for name in ("status", "exit", "axes", "release"):
        yield name, look.one(name)
    yield from (("finding", each) for each in look.all("finding"))


def told(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Returns what a verdict says, as a vector states it."""
    yield "status", verdict.status.value
    yield "exit", str(verdict.exit_code)
    yield "axes", " ".join(verdict.axes[axis].value for axis in Axis)
    yield "release", "none" if verdict.subject is None else str(verdict.subject.release)
    rows = sorted((each.code.spelling, each.entry or 0, each.severity.value) for each in verdict.findings)
    yield from (("finding", f"{code} {entry or '-'} {severity}") for code, entry, severity in rows)


def without_openpgp(*, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
    del certificate, fingerprint, text, signature
    return OpenPGPCheck(Outcome.UNCHECKED)


@pytest.fixture(scope="module")
def gpg() -> Iterator[GpgVerifier]:
    with GpgVerifier() as verifier:
        yield verifier
