from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from canary.core.documents.release import Attachment, Release
from canary.core.documents.roster import Roster
from canary.core.judging.findings import Code, Status
from canary.core.log.checkpoint import parse_signed_checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.signed.note import SignatureLine
from canary.core.text.strict import digest
from canary.errors import FetchError, IntegrityError, RefusedError, SigningError, WorkspaceError
from canary.flows.issue.publishing import Published, RenderedSite, SignLog, publish
from canary.flows.issue.quorum import open_board
from tests.publisher import CANARY, FOUNDED, Desk, line_of, no_openpgp, noon, private_of, vkey_of


@dataclass
class Drawer:
    """The port to the publisher's folder, in memory; notes what is done in which order."""

    frozen: bytes | None = None
    log: list[bytes] = field(default_factory=list)
    attachments: dict[str, bytes] = field(default_factory=dict)
    site: Mapping[str, bytes] | None = None
    steps: list[str] = field(default_factory=list)
    full: str = ""
    """The step at which the disk is full."""

    def _step(self, name: str) -> None:
        if name == self.full:
            raise WorkspaceError("the disk is full")
        self.steps.append(name)

    def frozen_entry(self) -> bytes | None:
        return self.frozen

    def freeze_entry(self, data: bytes) -> None:
        self._step("freeze")
        self.frozen = data

    def drop_frozen_entry(self) -> None:
        self._step("drop")
        self.frozen = None

    def append_frozen_entry(self, number: int) -> None:
        self._step("append")
        assert self.frozen is not None
        assert number == len(self.log) + 1
        self.log.append(self.frozen)
        self.frozen = None

    def remove_draft(self) -> None:
        self._step("remove draft")

    def attachment(self, sha256: str) -> bytes:
        return self.attachments[sha256]

    def evidence(self, entry_sha256: str) -> Sequence[tuple[str, bytes]]:
        known = bool(self.log) and entry_sha256 == digest(self.log[0])
        return [("0.tsr", b"a timestamp")] if known else []

    def published(self, path: str) -> bytes | None:
        return None if self.site is None else self.site.get(path)

    def check_site_place(self) -> None:
        pass

    @contextmanager
    def laid_out_site(self, files: Mapping[str, bytes]) -> Iterator[Callable[[], None]]:
        self._step("lay out")

        def show() -> None:
            self._step("swap")
            self.site = dict(files)

        yield show


def sign_log(text: bytes, roster: Roster, before: Roster | None) -> list[SignatureLine]:
    del before
    return [SignatureLine(CANARY, roster.log.key_id, private_of(CANARY).sign(text))]


@dataclass
class Office:
    """A desk with its drawer."""

    desk: Desk
    drawer: Drawer
    sign_log: SignLog = sign_log

    def publish(self, draft: Roster | Release | None, *names: str, at: str = "2026-02-03", **odd: bytes) -> Published:
        board = None
        if draft is not None:
            text = draft.render()
            lines = {name: line_of(name, text) for name in names}
            lines |= {name: line_of(name, signed) for name, signed in odd.items()}
            board = open_board(self.desk.history, text, lines, no_openpgp)
        done = publish(self.drawer, self.desk.history, board, self.sign_log, no_openpgp, now=noon(at))
        self.desk.history = self.desk.history.copy()
        for data in self.drawer.log[len(self.desk.history.admitted) :]:
            self.desk.history.append(data, no_openpgp)
        return done


@pytest.fixture
def office() -> Office:
    made = Office(Desk(), Drawer())
    made.publish(made.desk.roster(FOUNDED), "legal", "security", "director", at="2026-01-20")
    made.drawer.steps.clear()
    return made


def test_the_final_bytes_are_written_before_anything_is_signed_over_them(office: Office) -> None:
    def watched(text: bytes, roster: Roster, before: Roster | None) -> list[SignatureLine]:
        office.drawer.steps.append("sign checkpoint")
        return sign_log(text, roster, before)

    office.sign_log = watched
    done = office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    assert office.drawer.steps == ["freeze", "sign checkpoint", "lay out", "append", "swap", "remove draft"]
    assert (done.appended, done.verdict.status, done.missed) == (True, Status.OK, None)
    assert done.entry.data == office.drawer.log[1]


def test_the_checkpoint_is_over_the_whole_log(office: Office) -> None:
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    assert office.drawer.site is not None
    signed = parse_signed_checkpoint(office.drawer.site["checkpoint"])
    assert (signed.checkpoint.origin, signed.checkpoint.size) == (CANARY, 2)
    assert signed.checkpoint.root == root_hash(leaf_hash(entry) for entry in office.drawer.log)
    assert signed.signed_by(vkey_of(CANARY))


def test_evidence_that_lies_beside_the_log_is_published(office: Office) -> None:
    office.publish(None)
    assert office.drawer.site is not None
    assert office.drawer.site[f"evidence/{digest(office.drawer.log[0])}/0.tsr"] == b"a timestamp"


@pytest.mark.parametrize("names", [(), ("legal",)])
def test_below_the_threshold_nothing_is_written(office: Office, names: tuple[str, ...]) -> None:
    with pytest.raises(RefusedError, match="not enough have signed") as caught:
        office.publish(office.desk.draft(noon("2026-02-03")), *names)
    assert "Still to sign: " in caught.value.hint
    assert caught.value.exit_code == 1
    assert office.drawer.steps == []


def test_a_signature_over_other_words_stops_it_though_enough_are_left(office: Office) -> None:
    with pytest.raises(IntegrityError, match="the signature of director is not over this draft") as caught:
        office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security", director=b"other words\n")
    assert caught.value.exit_code == 2
    assert office.drawer.steps == []


def test_without_a_log_and_a_draft_there_is_nothing_to_publish() -> None:
    with pytest.raises(RefusedError, match="nothing to publish yet"):
        Office(Desk(), Drawer()).publish(None)


def test_publishing_again_writes_the_same_site_and_no_entry(office: Office) -> None:
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    site, log = office.drawer.site, list(office.drawer.log)
    office.drawer.steps.clear()
    done = office.publish(None)
    assert (done.appended, office.drawer.site, office.drawer.log) == (False, site, log)
    assert office.drawer.steps == ["lay out", "swap", "remove draft"]


# --- what was interrupted -------------------------------------------------------------------------------


def test_frozen_bytes_of_the_same_signatures_are_used_again(office: Office) -> None:
    draft = office.desk.draft(noon("2026-02-03"))
    text = draft.render()
    lines = {name: line_of(name, text) for name in ("legal", "security")}
    office.drawer.frozen = open_board(office.desk.history, text, lines, no_openpgp).entry()
    frozen = office.drawer.frozen
    office.publish(draft, "legal", "security")
    assert office.drawer.log[1] == frozen
    assert office.drawer.steps == ["lay out", "append", "swap", "remove draft"]


def test_frozen_bytes_without_a_signature_that_came_later_are_made_anew(office: Office) -> None:
    draft = office.desk.draft(noon("2026-02-03"))
    text = draft.render()
    lines = {name: line_of(name, text) for name in ("legal", "security")}
    office.drawer.frozen = open_board(office.desk.history, text, lines, no_openpgp).entry()
    office.publish(draft, "legal", "security", "director")
    assert office.drawer.log[1].count("\n— ".encode()) == 3
    assert office.drawer.steps == ["drop", "freeze", "lay out", "append", "swap", "remove draft"]


@pytest.mark.parametrize("rest", [b"", b"half an ent", b"of another draft"])
def test_frozen_bytes_of_another_draft_or_half_of_them_are_dropped(office: Office, rest: bytes) -> None:
    if rest == b"of another draft":
        other = office.desk.draft(noon("2026-02-03"), add=("keys",)).render()
        lines = {name: line_of(name, other) for name in ("legal", "security")}
        rest = open_board(office.desk.history, other, lines, no_openpgp).entry()
    office.drawer.frozen = rest
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    assert office.drawer.steps[:2] == ["drop", "freeze"]


@pytest.mark.parametrize("full", ["freeze", "lay out", "append", "swap", "remove draft"])
def test_wherever_it_stops_one_more_run_finishes_with_one_entry(office: Office, full: str) -> None:
    draft = office.desk.draft(noon("2026-02-03"))
    old = office.drawer.site
    office.drawer.full = full
    with pytest.raises(WorkspaceError, match="the disk is full"):
        office.publish(draft, "legal", "security")
    assert (office.drawer.site == old) is (full != "remove draft")
    office.drawer.full = ""
    for data in office.drawer.log[1:]:
        office.desk.history.append(data, no_openpgp)
    appended = len(office.drawer.log) == 2
    office.publish(None if appended else draft, *(() if appended else ("legal", "security")))
    assert len(office.drawer.log) == 2
    assert office.drawer.frozen is None
    assert office.drawer.site is not None
    assert office.drawer.site["canary.txt"] == office.drawer.log[1]


# --- what watchers would refuse -------------------------------------------------------------------------


def test_what_watchers_would_refuse_leaves_everything_as_it_was(office: Office) -> None:
    site = office.drawer.site
    with pytest.raises(IntegrityError, match=r"watchers would not accept this: .*yet to come"):
        office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security", at="2026-02-02")
    assert office.drawer.steps == ["freeze", "drop"]
    assert (office.drawer.site, len(office.drawer.log), office.drawer.frozen) == (site, 1, None)


def test_a_checkpoint_that_the_rosters_log_key_did_not_sign_is_not_published(office: Office) -> None:
    def other(text: bytes, roster: Roster, before: Roster | None) -> list[SignatureLine]:
        del roster, before
        return [line_of("legal", text)]

    office.sign_log = other
    with pytest.raises(IntegrityError, match="watchers would not accept this"):
        office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    assert (len(office.drawer.log), office.drawer.frozen) == (1, None)


def test_a_log_key_that_cannot_sign_leaves_the_draft_as_it_was(office: Office) -> None:
    def broken(*_: object) -> list[SignatureLine]:
        raise SigningError("no key")

    office.sign_log = broken
    with pytest.raises(SigningError, match="no key"):
        office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    assert (len(office.drawer.log), office.drawer.frozen) == (1, None)


def test_a_lost_or_changed_attachment_is_not_published(office: Office) -> None:
    report = Attachment("report.pdf", digest(b"%PDF"), 4)
    office.drawer.attachments[report.sha256] = b"%PDX"
    draft = office.desk.draft(noon("2026-02-03"), attachments=[report])
    with pytest.raises(IntegrityError, match="is not the file that was signed"):
        office.publish(draft, "legal", "security")
    assert (len(office.drawer.log), office.drawer.frozen) == (1, None)
    office.drawer.attachments[report.sha256] = b"%PDF"
    office.publish(draft, "legal", "security")
    assert office.drawer.site is not None
    assert office.drawer.site["releases/1/files/report.pdf"] == b"%PDF"


def test_a_log_that_does_not_begin_with_what_was_published_is_refused(office: Office) -> None:
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    other = Office(Desk(), Drawer(site=office.drawer.site))
    with pytest.raises(IntegrityError, match="log/ no longer holds the 2 entries that were published"):
        other.publish(other.desk.roster(noon("2026-01-21")), "legal", "security", "director")
    assert other.drawer.steps == []


def test_a_published_checkpoint_that_is_none_does_not_stop_it(office: Office) -> None:
    assert office.drawer.site is not None
    office.drawer.site = {**office.drawer.site, "checkpoint": b"<html>"}
    assert office.publish(None).verdict.status is Status.UNKNOWN


# --- what watchers are told -----------------------------------------------------------------------------


def test_a_withdrawal_is_published_and_named(office: Office) -> None:
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    done = office.publish(
        office.desk.draft(noon("2026-05-03"), without=("taps",)), "legal", "security", at="2026-05-03"
    )
    assert done.verdict.status is Status.WITHDRAWN
    assert [finding.code for finding in done.notices] == [Code.WITHDRAWN]
    assert done.missed is None


@pytest.mark.parametrize(
    ("drafted", "published", "late"),
    [
        ("2026-05-14", "2026-05-14", False),
        ("2026-05-14", "2026-05-15", True),
        ("2026-05-15", "2026-05-15", True),
        ("2026-08-03", "2026-08-03", True),
    ],
)
def test_a_late_release_is_published_and_named(office: Office, drafted: str, published: str, *, late: bool) -> None:
    office.publish(office.desk.draft(noon("2026-02-20")), "legal", "security", at="2026-02-20")
    done = office.publish(office.desk.draft(noon(drafted)), "legal", "security", at=published)
    assert done.verdict.status is Status.OK
    assert (done.missed is not None) is late
    if done.missed is not None:
        assert done.missed.last.isoformat() == "2026-05-14"


def test_a_correction_is_not_late_and_neither_is_a_roster(office: Office) -> None:
    office.publish(office.desk.draft(noon("2026-02-03")), "legal", "security")
    done = office.publish(office.desk.draft(noon("2026-04-03"), correction=True), "legal", "security", at="2026-04-03")
    assert done.missed is None
    office.desk.people("legal", "security", threshold=2)
    done = office.publish(office.desk.roster(noon("2026-06-03")), "legal", "security", at="2026-06-03")
    assert done.missed is None


# --- the rendered site as a source ----------------------------------------------------------------------


def test_the_rendered_site_answers_as_a_server_would() -> None:
    site = RenderedSite({"checkpoint": b"12345"})
    assert (site.get("checkpoint", limit=5).status, site.get("checkpoint", limit=5).body) == (200, b"12345")
    assert site.get("nothing", limit=5).status == 404
    with pytest.raises(FetchError, match="checkpoint has more than 4 bytes"):
        site.get("checkpoint", limit=4)
    assert site.describe() == "the rendered site"
