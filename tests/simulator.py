"""A whole publisher in memory: any history, honest or hostile, in two lines.

    sim = Publisher(threshold=2)
    sim.roster(), sim.release(), sim.release(without=["taps"], signed_by=("legal",))
    assert sim.verdict(noon("2025-05-03")).verdict.status is Status.INVALID

Every key follows from a name, so every byte is the same on every run. The site is put together here, from
`canary.core.log.tiles` and `canary.core.log.checkpoint` and not by the renderer, and served through the real port
`canary.core.judging.fetched.Source`. OpenPGP signatures are made and checked by `PretendGpg`; real ones are tested
elsewhere.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import takewhile
from types import ModuleType
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from canary.core.dating.evidence import TSR, CheckedEvidence, EvidenceOutcome
from canary.core.documents.layout import CHECKPOINT, FRONT, attachment_path, evidence_folder
from canary.core.documents.release import Anchor, Attachment, Release, Statement
from canary.core.documents.roster import Roster, RosterSigner
from canary.core.documents.schedule import Cadence, Schedule, parse_cadence
from canary.core.judging.fetched import Fetched, segments
from canary.core.judging.question import Judgement, Question
from canary.core.judging.state import State
from canary.core.log.checkpoint import Checkpoint
from canary.core.log.merkle import leaf_hash, root_hash
from canary.core.log.tiles import log_files
from canary.core.signed.entry import parse_entry
from canary.core.signed.kinds import Kind, ed25519_vkey, openpgp_vkey
from canary.core.signed.note import Note, SignatureLine, parse_note
from canary.core.signed.outcome import OpenPGPCheck, Outcome
from canary.core.signed.vkey import VKey
from canary.core.text.names import key_name
from canary.core.text.strict import digest
from canary.core.text.times import midnight
from canary.errors import CanaryError, FetchError
from canary.flows.watch.verify import verify_site
from scripts.public_values import CARRIED_ROUND

CANARY: Final = "example.net/canary"
OWN_PIN: Final = "the pin of the simulated canary"
STATEMENTS: Final = (
    Statement("keys", 1, "Example Networks has never handed its encryption keys to anyone."),
    Statement("taps", 1, "Nobody but Example Networks has ever installed equipment in its network."),
    Statement("gag", 1, "Example Networks has never been forbidden to speak about a demand for data."),
)

Edit = Callable[[str], str]
"""Changes a text before it is signed, so that what is signed is the changed one."""

Tamper = Callable[[bytes, tuple[SignatureLine, ...]], tuple[SignatureLine, ...]]
"""Changes the signature lines of a text."""


def noon(day: str) -> datetime:
    """Returns noon, UTC, on a day like `2025-02-03`."""
    return midnight(date.fromisoformat(day)) + timedelta(hours=12)


@cache
def private_key(seed: str) -> Ed25519PrivateKey:
    """Returns the Ed25519 key that follows from `seed`."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"warrant-canary test key {seed}".encode()).digest())


@cache
def public_key(seed: str) -> bytes:
    """Returns the raw public half of `private_key(seed)`."""
    return private_key(seed).public_key().public_bytes_raw()


# --- signature lines, tampered with ---------------------------------------------------------------------


def spoiled(name: str) -> Tamper:
    """Flips a bit in the signature of `name`."""

    def tamper(_: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        return tuple(
            replace(line, signature=bytes([line.signature[0] ^ 1]) + line.signature[1:]) if _is_of(line, name) else line
            for line in lines
        )

    return tamper


def by_another_key(name: str, seed: str = "mallory") -> Tamper:
    """Signs in the name, and under the key id, of `name` with another key."""

    def tamper(text: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        return tuple(
            replace(line, signature=private_key(seed).sign(text)) if _is_of(line, name) else line for line in lines
        )

    return tamper


def with_stranger(name: str = "stranger", *, canary: str = CANARY) -> Tamper:
    """Puts a right signature by a key that no roster knows in front."""

    def tamper(text: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        key = ed25519_vkey(key_name(canary, name), public_key("stranger"))
        return (SignatureLine(key.name, key.key_id, private_key("stranger").sign(text)), *lines)

    return tamper


def repeated(name: str, times: int = 2) -> Tamper:
    """Repeats the line of `name`, each time but the first with a wrong signature."""

    def tamper(text: bytes, lines: tuple[SignatureLine, ...]) -> tuple[SignatureLine, ...]:
        return lines + spoiled(name)(text, tuple(line for line in lines if _is_of(line, name)) * (times - 1))

    return tamper


def _is_of(line: SignatureLine, name: str) -> bool:
    return line.name.rpartition("/")[2] == name


# --- OpenPGP, pretended ---------------------------------------------------------------------------------


@dataclass
class PretendGpg:
    """Makes and checks pretended OpenPGP signatures; the port `OpenPGPVerifier`.

    Attributes:
        missing: answer that nothing could be checked, as where gpg is not installed.
        makes: what the signatures that are made from now on will come to.
        late: how long after `issued` they are made.
        calls: how many signatures were checked.
    """

    missing: bool = False
    makes: Outcome = Outcome.GOOD
    late: timedelta = timedelta(0)
    calls: int = 0
    _made: dict[bytes, tuple[bytes, bytes, OpenPGPCheck]] = field(default_factory=dict)

    def sign(self, fingerprint: bytes, text: bytes, at: datetime) -> bytes:
        """Returns a pretended signature packet."""
        signed_at = at + self.late
        made = f"{self.makes} {signed_at.isoformat()}".encode()
        signature = b"\x88" + hashlib.sha512(fingerprint + made + text).digest()
        self._made[signature] = fingerprint, text, OpenPGPCheck(self.makes, signed_at)
        return signature

    def __call__(self, *, certificate: bytes, fingerprint: bytes, text: bytes, signature: bytes) -> OpenPGPCheck:
        """Checks a pretended signature."""
        self.calls += 1
        if self.missing or not certificate:
            return OpenPGPCheck(Outcome.UNCHECKED, detail="gpg is not installed")
        made_by, made_over, check = self._made.get(signature, (fingerprint, b"", OpenPGPCheck(Outcome.BAD)))
        if made_by != fingerprint:
            return OpenPGPCheck(Outcome.NO_KEY)
        return check if made_over == text else OpenPGPCheck(Outcome.BAD)


def check_pretended_token(name: str, data: bytes, entry: bytes) -> CheckedEvidence:
    """Checks what `Publisher.stamp` puts beside an entry; the port `EvidenceChecker`."""
    outcome, moment, over, by = data.decode().split(" ")
    found = EvidenceOutcome[outcome] if over == digest(entry) else EvidenceOutcome.BAD
    when = datetime.fromisoformat(moment)
    bound = when if found is EvidenceOutcome.PROVED else None
    return CheckedEvidence(name, digest(data), found, when, bound, f"{by} Authority", "as it was told to")


CHECKERS: Final = {TSR: check_pretended_token}


def pretend_certificate(name: str) -> tuple[bytes, bytes]:
    """Returns the fingerprint and the certificate of a pretended OpenPGP key."""
    certificate = f"the pretended certificate of {name}".encode()
    return hashlib.sha256(certificate).digest()[:20], certificate


# --- the site -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """A request that a `MemorySource` got."""

    path: str
    etag: str | None
    fresh: bool


@dataclass
class MemorySource:
    """A site in memory, behind the port `Source`.

    Attributes:
        files: the site.
        cached: what a cache on the way serves to requests that are not fresh; None: there is no cache.
        answers: paths that answer something else than their file: a status, or an error.
        fresh_answers: the same, for requests that are to pass every cache.
        down: where the site as a whole cannot be reached, the error that is raised.
        tags: paths whose entity tag is another than the one that follows from their file.
        asked: the requests, in order.
    """

    files: dict[str, bytes]
    cached: dict[str, bytes] | None = None
    answers: dict[str, int | FetchError] = field(default_factory=dict)
    fresh_answers: dict[str, int | FetchError] = field(default_factory=dict)
    down: FetchError | None = None
    tags: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def describe(self) -> str:
        """Returns the location in words."""
        return "the simulated site"

    def get(self, path: str, *, limit: int, etag: str | None = None, fresh: bool = False) -> Fetched:
        """Answers one request."""
        segments(path)
        self.asked.append(Asked(path, etag, fresh))
        answer = self.down or self.answers.get(path) or (self.fresh_answers.get(path) if fresh else None)
        if isinstance(answer, FetchError):
            raise answer
        if answer is not None:
            return Fetched(answer, b"", None)
        body = (self.files if fresh or self.cached is None else self.cached).get(path)
        if body is None:
            return Fetched(404, b"", None)
        if len(body) > limit:
            raise FetchError(f"{path} is larger than {limit} bytes")
        own = self.tags.get(path, f'"{digest(body)}"')
        return Fetched(304, b"", own) if etag == own else Fetched(200, body, own)


# --- the publisher --------------------------------------------------------------------------------------


@dataclass
class Written:
    """A log, and what its publisher has to remember of it.

    Attributes:
        entries: the entries.
        rosters: the rosters among them that parse.
        releases: the releases among them that parse.
        log_seeds: what the log key followed from after each entry.
        text_hash: SHA-256 of the last text.
        issued: when the last text that parses was issued.
        words: the words of every statement and version.
    """

    entries: list[bytes] = field(default_factory=list)
    rosters: list[Roster] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    log_seeds: list[str] = field(default_factory=list)
    text_hash: str | None = None
    issued: datetime | None = None
    words: dict[tuple[str, int], str] = field(default_factory=dict)

    def append(self, entry: bytes, log_seed: str) -> None:
        """Appends any bytes as an entry."""
        self.entries.append(entry)
        self.log_seeds.append(log_seed)
        try:
            self.text_hash = digest(parse_note(entry).text)
            content = parse_entry(entry).content
        except CanaryError:
            return
        self.issued = content.issued
        if isinstance(content, Roster):
            self.rosters.append(content)
        else:
            self.releases.append(content)
            self.words.update({(each.id, each.version): each.words for each in content.statements})


class Publisher:
    """A publisher with all its keys.

    Attributes:
        gpg: the port to OpenPGP, for signing and checking.
        certificates: who signs with OpenPGP: fingerprint and certificate, by short name.
        seeds: whose Ed25519 key follows from another word than the name.
    """

    def __init__(
        self,
        signers: Sequence[str] = ("legal", "security", "director"),
        *,
        threshold: int = 2,
        cadence: str = "3 months",
        start: date = date(2025, 2, 1),
        window: int = 14,
        grace: int = 14,
        anchor_age: int | None = None,
        openpgp: Iterable[str] = (),
        canary: str = CANARY,
        organisation: str = "Example Networks",
    ) -> None:
        self.gpg = PretendGpg()
        self.certificates = {name: pretend_certificate(name) for name in openpgp}
        self.seeds: dict[str, str] = {}
        self._canary = canary
        self._organisation = organisation
        self._first_signers = tuple(signers)
        self._first_threshold = threshold
        self._first_schedule = Schedule(start, parse_cadence(cadence), timedelta(days=window), timedelta(days=grace))
        self._first_anchor_age = None if anchor_age is None else timedelta(days=anchor_age)
        self._log_seed = "log"
        self._attached: dict[str, bytes] = {}
        self._written = Written()

    @property
    def entries(self) -> list[bytes]:
        """The log."""
        return self._written.entries

    @property
    def rosters(self) -> list[Roster]:
        """The rosters in the log that parse."""
        return self._written.rosters

    @property
    def releases(self) -> list[Release]:
        """The releases in the log that parse."""
        return self._written.releases

    @property
    def pin(self) -> str:
        """SHA-256 of roster 1's text."""
        return parse_entry(self.entries[0]).text_hash

    @property
    def beside(self) -> Mapping[str, bytes]:
        """What lies beside the log, by path: attachments and evidence."""
        return self._attached

    def roster(
        self,
        *,
        at: datetime | None = None,
        add: Iterable[str] = (),
        remove: Iterable[str] = (),
        replacing: Mapping[str, str] | None = None,
        threshold: int | None = None,
        start: date | None = None,
        cadence: str | Cadence | None = None,
        window: int | None = None,
        grace: int | None = None,
        anchor_age: timedelta | None = None,
        witnesses: tuple[VKey, ...] | None = None,
        new_log_key: bool = False,
        signed_by: Iterable[str] | None = None,
        edit: Edit | None = None,
        tamper: Tamper | None = None,
    ) -> bytes:
        """Appends a roster: the first one, or one that differs from the newest one as told.

        Args:
            at: `issued`.
            add: signers that join.
            remove: signers that leave.
            replacing: signers whose place another one takes.
            threshold: the new threshold.
            start: of the new grid; as `cadence`, `window` and `grace`.
            cadence: how often a release is due.
            window: in days.
            grace: in days.
            anchor_age: the new one.
            witnesses: the new ones.
            new_log_key: whether another key signs checkpoints from now on.
            signed_by: who signs; by default everyone in the old and the new roster.
            edit: a change to the text before it is signed.
            tamper: a change to the signature lines.

        Returns:
            The entry.
        """
        old = self.rosters[-1] if self.rosters else self._roster_0()
        if new_log_key:
            self._log_seed += "'"
        places = {**{name: name for name in self._names(old)}, **(replacing or {})}
        names = [places[name] for name in self._names(old) if name not in set(remove)] + list(add)
        schedule = Schedule(
            start or old.schedule.start,
            parse_cadence(cadence) if isinstance(cadence, str) else cadence or old.schedule.cadence,
            old.schedule.window if window is None else timedelta(days=window),
            old.schedule.grace if grace is None else timedelta(days=grace),
        )
        roster = replace(
            old,
            entry=len(self.entries) + 1,
            previous=self._written.text_hash,
            number=len(self.rosters) + 1,
            issued=at or self._after_last() or midnight(schedule.start) - timedelta(days=10),
            threshold=threshold or old.threshold,
            signers=tuple(self._signer(name) for name in names),
            log=ed25519_vkey(self._canary, public_key(self._log_seed)),
            schedule=schedule,
            anchor_age=anchor_age or old.anchor_age,
            witnesses=old.witnesses if witnesses is None else witnesses,
        )
        everyone = {signer.key: signer for signer in (*old.signers, *roster.signers)}
        return self._sign(roster, everyone.values(), signed_by, edit, tamper)

    def release(
        self,
        *,
        at: datetime | None = None,
        correction: bool = False,
        without: Iterable[str] = (),
        reword: Mapping[str, str] | None = None,
        add: Mapping[str, str] | None = None,
        statements: tuple[Statement, ...] | None = None,
        final: bool = False,
        anchors: tuple[Anchor, ...] = (),
        attachments: Mapping[str, bytes] | None = None,
        announcements: str | None = None,
        covers: tuple[date, date] | None = None,
        signed_by: Iterable[str] | None = None,
        edit: Edit | None = None,
        tamper: Tamper | None = None,
    ) -> bytes:
        """Appends a release: with the statements of the newest one, or the first ones, changed as told.

        Args:
            at: `issued`; by default noon on the second day of the next window.
            correction: issued a day after the newest entry instead.
            without: ids of statements that are left out.
            reword: new words of statements, under their next version.
            add: words of statements that are new or back; a wording that once stood keeps its version.
            statements: these and no others, as they are.
            final: whether it is the last one.
            anchors: its anchors.
            attachments: files beside it.
            announcements: free text.
            covers: what an attached report covers.
            signed_by: who signs; by default everyone in the newest roster.
            edit: a change to the text before it is signed.
            tamper: a change to the signature lines.

        Returns:
            The entry.
        """
        roster = self.rosters[-1]
        issued = at or (None if correction else self._next_window()) or self._after_last() or noon("1970-01-02")
        period = roster.schedule.newest_opened(issued.date()) or roster.schedule.start
        following = roster.schedule.following(period)
        number = len(self.releases) + 1
        files = dict(attachments or {})
        self._attached.update({attachment_path(number, name): body for name, body in files.items()})
        release = Release(
            canary=self._canary,
            entry=len(self.entries) + 1,
            previous=self._written.text_hash,
            number=number,
            period=period,
            issued=issued,
            next=None if final else following,
            expires=None if final else roster.schedule.expiry(following),
            statements=statements or self._statements(set(without), reword or {}, add or {}),
            covers=covers,
            anchors=anchors,
            attachments=tuple(Attachment(name, digest(body), len(body)) for name, body in files.items()),
            announcements=announcements,
        )
        return self._sign(release, roster.signers, signed_by, edit, tamper)

    def stamp(
        self,
        outcome: EvidenceOutcome = EvidenceOutcome.PROVED,
        *,
        after: timedelta = timedelta(minutes=5),
        name: str = "0.tsr",
        by: str = "Pretended",
    ) -> None:
        """Puts a pretended timestamp of `by`, one word, beside the newest entry, of so long after it was issued."""
        entry = self.entries[-1]
        moment = parse_entry(entry).content.issued + after
        self.put_evidence(name, f"{outcome.name} {moment.isoformat()} {digest(entry)} {by}".encode())

    def put_evidence(self, name: str, data: bytes) -> None:
        """Puts any bytes as a file of evidence beside the newest entry."""
        self._attached[f"{evidence_folder(digest(self.entries[-1]))}/{name}"] = data

    def append_raw(self, entry: bytes) -> bytes:
        """Appends any bytes as an entry."""
        self._written.append(entry, self._log_seed)
        return entry

    def sign_text(self, text: bytes, names: Iterable[str], *, at: datetime) -> bytes:
        """Returns a note of any text, signed by signers of any name, without appending it."""
        return Note(text, tuple(self._line(self._signer(name), text, at) for name in names)).render()

    def fork_at(self, entries: int) -> Publisher:
        """Returns another publisher with the same keys and the first `entries` entries."""
        other = copy.copy(self)
        other.rewind(entries)
        return other

    def rewind(self, entries: int) -> None:
        """Forgets every entry but the first `entries`."""
        before, self._written = self._written, Written()
        self.certificates, self.seeds, self._attached = dict(self.certificates), dict(self.seeds), dict(self._attached)
        self._log_seed = before.log_seeds[entries - 1]
        for entry, seed in zip(before.entries[:entries], before.log_seeds[:entries], strict=True):
            self._written.append(entry, seed)

    def checkpoint(
        self,
        size: int | None = None,
        *,
        root: bytes | None = None,
        origin: str | None = None,
        signed_by: str | None = None,
    ) -> bytes:
        """Returns the checkpoint of the first `size` entries.

        Args:
            size: how many entries it counts; all by default.
            root: another root.
            origin: another origin.
            signed_by: what the key that signs it follows from; by default the log key of the newest roster.
        """
        size = len(self.entries) if size is None else size
        leaves = [leaf_hash(entry) for entry in self.entries[:size]]
        text = Checkpoint(origin or self._canary, size, root_hash(leaves) if root is None else root).render()
        seed = signed_by or (self._written.log_seeds[size - 1] if size else self._log_seed)
        key = ed25519_vkey(self._canary, public_key(seed))
        return Note(text, (SignatureLine(key.name, key.key_id, private_key(seed).sign(text)),)).render()

    def site(self, size: int | None = None) -> MemorySource:
        """Returns the site, as it is or as it was when the log had `size` entries."""
        entries = self.entries[:size]
        leaves = [leaf_hash(entry) for entry in entries]
        files = log_files(entries, leaves, sizes=range(1, len(entries) + 1))
        files[CHECKPOINT] = self.checkpoint(len(entries))
        files.update(self._attached)
        for entry in entries:
            if entry.startswith(b"warrant-canary/release/"):
                files[FRONT] = entry
        return MemorySource(files)

    def verdict(
        self,
        now: datetime,
        *,
        state: State | None = None,
        pin: str | None = OWN_PIN,
        trust_first_use: bool = False,
        as_of_now: bool = True,
        site: MemorySource | None = None,
    ) -> Judgement:
        """Returns what a watcher finds at `now`."""
        question = Question(
            now=now,
            pin=self.pin if pin == OWN_PIN else pin,
            trust_first_use=trust_first_use,
            state=state,
            as_of_now=as_of_now,
        )
        return verify_site(self.site() if site is None else site, question, self.gpg, CHECKERS)

    def watched(self, now: datetime) -> State:
        """Returns the state of a watcher who looked at `now`, with the pin."""
        state = self.verdict(now).state
        if state is None:
            raise LookupError("nothing held that could be stored")
        return state

    def _roster_0(self) -> Roster:
        """Returns what roster 1 is made from."""
        return Roster(
            canary=self._canary,
            entry=0,
            previous=None,
            number=0,
            issued=datetime(1970, 1, 1, tzinfo=UTC),
            organisation=self._organisation,
            threshold=self._first_threshold,
            signers=tuple(self._signer(name) for name in self._first_signers),
            log=ed25519_vkey(self._canary, public_key(self._log_seed)),
            schedule=self._first_schedule,
            anchor_age=self._first_anchor_age,
        )

    def _signer(self, name: str) -> RosterSigner:
        if name in self.certificates:
            fingerprint, certificate = self.certificates[name]
            key = openpgp_vkey(key_name(self._canary, name), fingerprint)
            return RosterSigner(name, key, Kind.OPENPGP, certificate)
        key = ed25519_vkey(key_name(self._canary, name), public_key(self.seeds.get(name, name)))
        return RosterSigner(name, key, Kind.ED25519)

    def _line(self, signer: RosterSigner, text: bytes, issued: datetime) -> SignatureLine:
        if signer.kind is Kind.OPENPGP:
            signature = self.gpg.sign(signer.key.data[-20:], text, issued)
        else:
            signature = self._private_half(signer).sign(text)
        return SignatureLine(signer.key.name, signer.key.key_id, signature)

    def _private_half(self, signer: RosterSigner) -> Ed25519PrivateKey:
        """Returns the key of a signer of any roster: by the name, or by the seed that the name has now."""
        seeds = (signer.name, self.seeds.get(signer.name, signer.name))
        return private_key(next(seed for seed in seeds if signer.key.data[1:] == public_key(seed)))

    def _sign(
        self,
        content: Roster | Release,
        signers: Iterable[RosterSigner],
        signed_by: Iterable[str] | None,
        edit: Edit | None,
        tamper: Tamper | None,
    ) -> bytes:
        text = content.render()
        if edit:
            text = edit(text.decode()).encode()
        chosen = None if signed_by is None else set(signed_by)
        lines = tuple(
            self._line(signer, text, content.issued) for signer in signers if chosen is None or signer.name in chosen
        )
        return self.append_raw(Note(text, tamper(text, lines) if tamper else lines).render())

    def _statements(
        self, without: set[str], reword: Mapping[str, str], add: Mapping[str, str]
    ) -> tuple[Statement, ...]:
        current = self.releases[-1].statements if self.releases else STATEMENTS
        kept = [
            Statement(each.id, self._version(each.id) + 1, reword[each.id]) if each.id in reword else each
            for each in current
            if each.id not in without
        ]
        added = [Statement(name, self._version_of(name, words), words) for name, words in add.items()]
        return (*kept, *added)

    def _version(self, name: str) -> int:
        return max((version for known, version in self._written.words if known == name), default=0)

    def _version_of(self, name: str, words: str) -> int:
        version = self._version(name)
        return version if self._written.words.get((name, version)) == words else version + 1

    def _names(self, roster: Roster) -> list[str]:
        return [signer.name for signer in roster.signers]

    def _after_last(self) -> datetime | None:
        return self._written.issued + timedelta(days=1) if self._written.issued else None

    def _next_window(self) -> datetime | None:
        schedule = self.rosters[-1].schedule
        following = self.releases[-1].next if self.releases else None
        opens = schedule.start if following is None else following.opens
        window = midnight(opens) + timedelta(hours=36)
        return max(window, self._written.issued) if self._written.issued else window


# --- the worked examples of the specifications ----------------------------------------------------------

EXAMPLE_FINGERPRINT: Final = bytes.fromhex("cd904c01f16072082fc9429cb5491a1ebfb98d99")
EXAMPLE_CERTIFICATE: Final = base64.b64decode(
    "mDMEam3DoBYJKwYBBAHaRw8BAQdA0HZ8krDj/DcXi76WHrjz/yIMFrVUWWvvaCESaeAuDFa0FHNlY3VyaXR5QGV4YW1wbGUubmV0iJAEExYIADgW"
    "IQTNkEwB8WByCC/JQpy1SRoev7mNmQUCam3DoAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIXgAAKCRC1SRoev7mNmcVmAP9Het0ZecQXsy0K5Jab"
    "TVYNZzYKkJHe5SQttyNhXiLH2QD+PDG+G9T+1BSgT2jqo4mtHjfJ3LmD85LcblCOM/lVGgU="
)
"""A real one, made by GnuPG 2.2 with `--quick-generate-key security@example.net ed25519 sign never`."""

EXAMPLE_ANCHOR: Final = CARRIED_ROUND
"""The drand quicknet round of 2026-08-31T18:45:15Z, as the League of Entropy published it."""

EXAMPLE_BLOCK: Final = Anchor(
    "bitcoin",
    "800000 00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad172101000000000000000000"
    "55087fab0c8f3f89f8bcfd4df26c504d81b0a88e04907161838c0c53001af09135edbd64943805175e955e06",
)
"""Block 800,000 of the Bitcoin chain, of 2023-07-24T03:17:09Z."""


def example_publisher() -> Publisher:
    """Returns the publisher whose first two texts are the examples in `canary.core.documents.roster` and `.release`."""
    sim = Publisher(("legal", "security"), start=date(2026, 9, 1), anchor_age=3)
    sim.certificates["security"] = EXAMPLE_FINGERPRINT, EXAMPLE_CERTIFICATE
    sim.roster(at=datetime(2026, 8, 20, 10, tzinfo=UTC))
    sim.release(
        at=datetime(2026, 9, 2, 14, 30, tzinfo=UTC),
        covers=(date(2026, 4, 1), date(2026, 6, 30)),
        anchors=(EXAMPLE_ANCHOR,),
        attachments={"report.pdf": b"The report of the example.\n"},
        statements=(
            Statement(
                "encryption-keys",
                2,
                "Example Networks has never handed its encryption or authentication keys, or its\n"
                "customers' keys, to anyone.",
            ),
            Statement("network-taps", 1, "Nobody but Example Networks has ever installed equipment in its network."),
        ),
        announcements="Free text, optional, last, and not a statement.\n\nA blank line parts two paragraphs.",
    )
    return sim


def worked_example(module: ModuleType, first_line: str) -> bytes:
    """Returns the example in a module's docstring that begins with `first_line`, without its indentation."""
    lines = (module.__doc__ or "").split("\n")
    start = next(i for i, line in enumerate(lines) if line == f"    {first_line}")
    example = list(takewhile(lambda line: not line or line.startswith("    "), lines[start:]))
    return ("\n".join(line[4:] for line in example).rstrip("\n") + "\n").encode()
