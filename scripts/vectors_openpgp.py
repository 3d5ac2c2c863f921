"""Vectors with OpenPGP signers, and what they are made of.

gpg's signatures may differ from run to run and from version to version, so they are recorded: certificates and
signatures lie in `scripts/vectors_openpgp.tsv`, each behind its name and what it is over.

    python scripts/vectors_openpgp.py

makes new keys with gpg, throws their private halves away, and writes that file anew; then run `make_vectors.py`.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent
# As a program this file has only its own folder to import from.
sys.path.insert(0, str(ROOT))

from canary.core.text.strict import digest  # noqa: E402
from scripts.vectors_format import Case, Vector, expect, look_vector  # noqa: E402
from scripts.vectors_scene import GAG, KEYS, MARCH, OK_1, OK_2, look  # noqa: E402
from tests.simulator import PretendGpg, Publisher, noon  # noqa: E402

RECORD = ROOT / "scripts" / "vectors_openpgp.tsv"
SIGNER = "security"
WEAK = "SHA-1"
STRANGER = "another key"
OTHER_KIND = "a key of another algorithm"


class Signer(Protocol):
    """Who has the keys: gpg, or the record of what it made."""

    def certificate(self) -> tuple[bytes, bytes]:
        """Returns the signer's fingerprint and certificate; its key expires on 2025-04-01."""

    def sign(self, how: str, text: bytes, at: datetime) -> bytes:
        """Returns a signature packet.

        Args:
            how: `good`, over SHA-1, by another key, or by one of another algorithm.
            text: what is signed.
            at: when.
        """


class _Bridge(PretendGpg):
    """Has the simulator's OpenPGP signatures made by a `Signer`."""

    def __init__(self, signer: Signer) -> None:
        super().__init__()
        self._signer = signer
        self.how = "good"

    def sign(self, fingerprint: bytes, text: bytes, at: datetime) -> bytes:
        """Returns a signature packet."""
        del fingerprint
        signature = self._signer.sign(self.how.removesuffix(" twice"), text, at + self.late)
        return signature * 2 if self.how.endswith("twice") else signature


def openpgp_vectors(signer: Signer | None = None) -> Iterator[Vector]:
    """Returns the vectors with OpenPGP signers, from the record unless somebody can sign."""
    yield look_vector("look/openpgp", "a signer with an OpenPGP key", _cases(signer or Recorded.read()))


def _cases(signer: Signer) -> Iterator[Case]:
    told = expect("OK", "NOT-COUNTED 2", release=OK_1)
    rejected = expect("INVALID", "BAD-SIGNATURE 2")
    day = timedelta(days=1)
    for name, about, how, late, expected in (
        ("good", "a good signature", "good", timedelta(0), expect("OK", release=OK_1)),
        ("weak", "one over SHA-1 is told and not counted", WEAK, timedelta(0), told),
        ("other-key", "so is one by another OpenPGP key", STRANGER, timedelta(0), told),
        (
            "other-algorithm",
            "one of an algorithm that no key in the certificate has is bad",
            OTHER_KIND,
            timedelta(0),
            rejected,
        ),
        ("a-day-before", "it may be made a day before issued", "good", -day, expect("OK", release=OK_1)),
        ("earlier", "and no earlier", "good", -day - timedelta(seconds=1), told),
        ("key-expired", "one made when the key had expired", "good", timedelta(days=58), told),
        ("two-packets", "two packets are no signature", "good twice", timedelta(0), rejected),
    ):
        sim, gpg = _publisher(signer)
        gpg.how, gpg.late = how, late
        sim.release(statements=(KEYS, GAG))
        yield Case(name, about, sim.pin, (look(sim, MARCH, expected),))
    sim, gpg = _publisher(signer)
    gpg.how = WEAK
    sim.release(statements=(KEYS, GAG), signed_by=("legal", SIGNER))
    below = expect("INVALID", "BELOW-THRESHOLD 2")
    yield Case("below-threshold", "what does not count leaves too few", sim.pin, (look(sim, MARCH, below),))
    yield from _other_cases(signer)


def _other_cases(signer: Signer) -> Iterator[Case]:
    sim, gpg = _publisher(signer)
    gpg.late = timedelta(seconds=1)
    sim.release(statements=(KEYS, GAG))
    spoiled = sim.fork_at(1)
    spoiled.append_raw(sim.entries[1].replace(b"No key was", b"No key is.", 1))
    bad = expect("INVALID", "BAD-SIGNATURE 2")
    yield Case("bad", "a signature over another text", sim.pin, (look(spoiled, MARCH, bad),))
    unknown = expect("UNKNOWN", "NOT-CHECKED 1")
    unavailable = look(sim, MARCH, unknown, "without-openpgp")
    yield Case(
        "not-checked", "whoever cannot check OpenPGP knows nothing, and nothing is invalid", sim.pin, (unavailable,)
    )
    gpg.late = timedelta(0)
    sim.release(signed_by=("legal", "director"))
    first = look(sim, MARCH, expect("OK", release=OK_1), size=2)
    kept = look(sim, "2025-05-10", expect("OK", release=OK_2), "without-openpgp")
    decides = sim.fork_at(2)
    decides.release(correction=True, signed_by=("legal", SIGNER))
    unchecked = expect("UNKNOWN", "NOT-CHECKED 3", release=OK_1)
    second = look(decides, "2025-03-11", unchecked, "without-openpgp", front=decides.entries[1])
    third = look(decides, "2025-03-12", expect("OK", release=OK_2))
    yield Case(
        "not-checked-later", "what could not be checked is checked at the next look", sim.pin, (first, second, third)
    )
    over = decides.checkpoint(signed_by="stranger")
    nobody = expect("INVALID", "CHECKPOINT-UNSIGNED", release=OK_1)
    unsigned = look(decides, "2025-03-11", nobody, "without-openpgp", checkpoint=over)
    about = "and is not worth a word where the log key did not sign"
    yield Case("not-checked-unsigned", about, sim.pin, (first, unsigned))
    about = "what was checked once is not checked again, and a release that needs no OpenPGP is judged without it"
    yield Case("checked-before", about, sim.pin, (first, kept))


def _publisher(signer: Signer) -> tuple[Publisher, _Bridge]:
    sim, gpg = Publisher(("legal", SIGNER, "director")), _Bridge(signer)
    sim.gpg = gpg
    sim.certificates[SIGNER] = signer.certificate()
    sim.roster()
    return sim, gpg


class Recorded:
    """What gpg made once."""

    def __init__(self, rows: dict[str, bytes]) -> None:
        self._rows = rows

    @classmethod
    def read(cls) -> Recorded:
        """Reads the record."""
        rows = (line.split("\t") for line in RECORD.read_text("ascii").splitlines())
        return cls({name: base64.b64decode(data) for name, data in rows})

    def certificate(self) -> tuple[bytes, bytes]:
        """Returns the signer's fingerprint and certificate."""
        return self._rows["fingerprint"], self._rows["certificate"]

    def sign(self, how: str, text: bytes, at: datetime) -> bytes:
        """Returns a signature that was recorded."""
        name = _name(how, text, at)
        if name not in self._rows:
            raise LookupError(f"{RECORD} has no signature for {name}: run python scripts/vectors_openpgp.py")
        return self._rows[name]


class Recording:
    """Signs with gpg, and records it."""

    def __init__(self) -> None:
        # Imported here: whoever reads the record needs no gpg.
        from canary.edges.openpgp.openpgp_certificates import inspect_certificate  # noqa: PLC0415
        from tests.gpg_home import GpgHome  # noqa: PLC0415

        self._home = GpgHome()
        made = noon("2025-01-01")
        options = {"algorithm": "rsa2048", "expires": "20250401T000000", "at": made}
        self._key = self._home.key("security <security@example.net>", **options)  # type: ignore[arg-type]  # as it takes them
        self._others = {
            STRANGER: self._home.key("stranger <stranger@example.net>", algorithm="rsa2048", at=made),
            OTHER_KIND: self._home.key("other <other@example.net>", at=made),
        }
        inspected = inspect_certificate(self._home.export(self._key), at=made)
        # gpg signs with no key that has expired; the certificate above is from before this, and keeps its expiry.
        self._home.extend(self._key, "20300101T000000", at=made + timedelta(hours=1))
        self.rows = {"fingerprint": inspected.fingerprint, "certificate": inspected.binary}

    def certificate(self) -> tuple[bytes, bytes]:
        """Returns the signer's fingerprint and certificate."""
        return self.rows["fingerprint"], self.rows["certificate"]

    def sign(self, how: str, text: bytes, at: datetime) -> bytes:
        """Returns a signature, made with gpg as of `at`."""
        name = _name(how, text, at)
        if name not in self.rows:
            key = self._others.get(how, self._key)
            self.rows[name] = self._home.sign(key, text, *(("--digest-algo=SHA1",) if how == WEAK else ()), at=at)
        return self.rows[name]

    def write(self) -> None:
        """Writes the record, and forgets the keys."""
        self._home.close()
        rows = (f"{name}\t{base64.b64encode(data).decode()}\n" for name, data in self.rows.items())
        RECORD.write_text("".join(rows), "ascii")


def _name(how: str, text: bytes, at: datetime) -> str:
    return f"{how} {at:%Y-%m-%dT%H:%M:%SZ} {digest(text)}"


if __name__ == "__main__":
    recording = Recording()
    for vector in openpgp_vectors(recording):
        vector.render()
    recording.write()
