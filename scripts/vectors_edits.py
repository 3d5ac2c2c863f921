"""The texts that the vectors of the grammars begin with, and the changes that are made to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from canary.core.documents.release import Anchor, Statement
from canary.core.log.cosignature import ED25519_COSIGNATURE_TYPE
from canary.core.signed.note import parse_note
from canary.core.signed.vkey import VKey
from tests.simulator import EXAMPLE_CERTIFICATE, EXAMPLE_FINGERPRINT, Publisher, public_key

ROSTER = "roster"
RELEASE = "release"
HINT = "hint"
MALFORMED = "malformed"
NEWER = "newer-format"

WITNESS = VKey.make("witness.example/w1", ED25519_COSIGNATURE_TYPE + public_key("witness"))
REPORT = b"A report.\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a text, and what comes of it.

    Attributes:
        name: of the vector.
        about: what it shows.
        old: what is replaced, once; it stands in the text.
        new: what it is replaced by.
        result: what the text is then.
    """

    name: str
    about: str
    old: str
    new: str
    result: str = MALFORMED


def _publisher() -> Publisher:
    sim = Publisher(("legal", "security"), anchor_age=3)
    sim.roster(witnesses=(WITNESS,))
    return sim


def roster_text() -> str:
    """Returns a roster that the edits are made to."""
    return parse_note(_publisher().entries[0]).text.decode()


def openpgp_roster_text() -> str:
    """Returns one with an OpenPGP signer."""
    sim = Publisher(("legal", "security"))
    sim.certificates["security"] = EXAMPLE_FINGERPRINT, EXAMPLE_CERTIFICATE
    return parse_note(sim.roster()).text.decode()


def release_text() -> str:
    """Returns a release with every kind of line."""
    sim = _publisher()
    entry = sim.release(
        covers=(date(2025, 1, 1), date(2025, 1, 31)),
        anchors=(Anchor("bitcoin", "880000 00"),),
        attachments={"report.pdf": REPORT, "Data_1.csv": REPORT},
        statements=(Statement("keys", 1, "No key was ever handed over."), Statement("taps", 1, "Nobody listens in.")),
        announcements="Free text.\n\nA second paragraph.",
    )
    return parse_note(entry).text.decode()
