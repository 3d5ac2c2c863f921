"""The canaries of others that lie beside the project, and what is known of them; no gpg is run."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

from canary.core.foreign.edition import Edition, Signed
from canary.core.foreign.profile import Profile
from canary.core.foreign.read import Read
from canary.core.foreign.reading import read_edition
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.edges.disk.foreign_profiles import read_profile
from canary.formats.settings.foreign_profile import parse_profile

CORPUS = Path(__file__).parents[2] / "shared" / "data" / "canaries"
NOT_HERE = f"the canaries of others are not at {CORPUS}"


STORJ_PROFILE = """
dates = "month-first"
[issued]
text = ["As of {date}, Storj Labs Inc. has never"]
[next]
interval = "1 month"
[statements]
kind = "sentences"
sentences = [
    "As of {date}, Storj Labs Inc. has never received a National Security Letter, {words}request for user information.",
]
[[freshness]]
kind = "news"
quoting = "blocks"
begins = ["seek to let"]
"""
"""Storj's own profile, which does not ship."""


def profile(name: str) -> Profile:
    """Returns a profile that ships."""
    return parse_profile(read_profile(name), what=name)


def rows(path: str) -> list[dict[str, str]]:
    """Returns the rows of a table of the corpus."""
    with (CORPUS / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def text(path: str) -> str:
    """Returns a text of the corpus, or what is inside of its clearsigned frame."""
    whole = (CORPUS / path).read_text(encoding="utf-8")
    _, frame, rest = whole.partition("-----BEGIN PGP SIGNED MESSAGE-----\n")
    if not frame:
        return whole
    inside = rest.partition("\n\n")[2].partition("-----BEGIN PGP SIGNATURE-----")[0]
    return "\n".join(each.removeprefix("- ") for each in inside.split("\n"))


def edition(path: str, *signed_at: datetime) -> Edition:
    """Returns an edition of the corpus, with a good signature of another signer for each time."""
    words = text(path)
    signatures = tuple(Signed(f"signer {n}", "", Outcome.GOOD, time) for n, time in enumerate(signed_at))
    return Edition(Path(path).name, digest(words.encode()), words, signatures)


def read(name: str, path: str, *signed_at: datetime) -> Read:
    """Returns what a profile that ships reads in an edition of the corpus."""
    return read_edition(edition(path, *signed_at), profile(name))


def signed_at(path: str) -> datetime:
    """Returns when gpg says that a file was signed."""
    ended = path.split("/", 1)[1]
    (time,) = {
        each["sig_time"] for each in rows("gpg-results.tsv") if each["file"].endswith(ended) and each["sig_time"]
    }
    return datetime.fromtimestamp(int(time), UTC)
