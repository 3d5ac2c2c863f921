"""What a hostile host serves in the place of an edition: one finding or two, and what is stored stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from msgspec.structs import replace

from canary.core.foreign.judge import ForeignQuestion
from canary.core.foreign.pinned import Format, Pinned
from canary.core.judging.findings import Code, Status
from canary.core.judging.verdict import Verdict
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.flows.watch.foreign import verify_foreign
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.pinned_json import pin_of
from canary.formats.foreign.readers import reader_of
from canary.formats.settings.foreign_profile import parse_profile
from canary.library import open_foreign
from tests.canarytail_publisher import document, encoded
from tests.foreign_keys import clearsigned, signer
from tests.foreign_series import FIXED, ForeignSeries, SignifySeal
from tests.gpg_home import GpgHome
from tests.loopback import Loopback
from tests.simulator import noon

NOW = noon("2026-02-03")
SERIES = ForeignSeries(SignifySeal(), FIXED)
"""An honest edition's text is of the same words for each format."""

BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\n"


@pytest.fixture(scope="module")
def gpg() -> Iterator[ForeignGpg]:
    with ForeignGpg() as running:
        yield running


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


def judged(pinned: Pinned, honest: Mapping[str, bytes], served: Mapping[str, bytes], gpg: ForeignGpg) -> Verdict:
    """Looks at an honest edition and then at what is served in its place; returns what that came to."""
    profile = parse_profile(pinned.profile_text.encode(), what="tests")
    question = ForeignQuestion(NOW, pinned, pin_of(pinned), first_use=False, profile=profile)
    reader = reader_of(pinned.format, gpg)
    with Loopback({f"/{name}": body for name, body in honest.items()}) as server:
        url = f"{server.url}/canary.txt"
        with open_foreign(url, seconds=20, allow_http=False, ca_file=None) as (source, path):
            first = verify_foreign(source, path, question, reader)
        assert first.verdict.edition is not None
        assert first.verdict.status is not Status.INVALID
        server.files = {f"/{name}": body for name, body in {**honest, **served}.items()}
        later = replace(question, now=NOW + timedelta(hours=6), state=first.state)
        with open_foreign(url, seconds=20, allow_http=False, ca_file=None) as (source, path):
            second = verify_foreign(source, path, later, reader)
    assert second.state is not None
    assert first.state is not None
    assert second.state.newest == first.state.newest
    return second.verdict


def is_one_finding(verdict: Verdict) -> None:
    """It says nothing of the canary; or its signature is wrong, and then too few have signed."""
    codes = [each.code for each in verdict.deciding()]
    assert len(codes) == len(set(codes)), verdict.deciding()
    if verdict.status is Status.UNREACHABLE:
        assert len(codes) == 1
        assert codes[0] in (Code.UNREACHABLE, Code.NOT_A_CANARY, Code.INCONSISTENT)
    else:
        assert verdict.status is Status.INVALID
        assert set(codes) <= {Code.BAD_SIGNATURE, Code.BELOW_THRESHOLD}


def signify(number: int) -> bytes:
    return SERIES.seal.sign(b"text %d" % number, NOW)


@pytest.mark.parametrize(
    "served",
    [
        {"canary.txt.sig": signify(1) + b"x" * 1_000_000},
        {"canary.txt.sig": signify(1) * 1_000},
        {"canary.txt": b"untrusted comment: x\n" * 10_000},
    ],
)
def test_signify(served: dict[str, bytes], gpg: ForeignGpg) -> None:
    honest = SERIES.edition(1, "2026-02-01", name="canary.txt")
    verdict = judged(SERIES.pinned, honest, served, gpg)
    is_one_finding(verdict)


TAIL = document("author")


@pytest.mark.parametrize(
    "body",
    [
        encoded(TAIL).replace(b'"domain":', b'"domain": "other.example", "domain":', 1),
        encoded(TAIL).replace(b'"min_signers": 1', b'"min_signers": NaN', 1),
        encoded(TAIL).replace(b'"mirrors": null', b'"mirrors": ' + b"[" * 50_000 + b"]" * 50_000, 1),
        b'{"canary":' * 20_000,
        b"x" * 2_000_000,
    ],
)
def test_canarytail(body: bytes, gpg: ForeignGpg) -> None:
    honest = {"canary.txt": encoded(TAIL)}
    found = CanaryTailReader().identify("canary.txt", honest)
    assert found is not None
    profile = '[next]\ninterval = "3 months"\n[statements]\nkind = "codes"\nfield = "codes"\n'
    pinned = Pinned(found.format, "tests", profile, found.signers, found.threshold, (), found.panic_key)
    is_one_finding(judged(pinned, honest, {"canary.txt": body}, gpg))


@pytest.mark.parametrize("case", ["nested", "two", "forged", "outside"])
def test_clearsigned(case: str, gpg: ForeignGpg, home: GpgHome) -> None:
    key, other = home.key(f"legal <{case}@example.org>"), home.key(f"mallory <{case}@example.org>")
    text = SERIES.text(1, "2026-02-01")
    honest = clearsigned(home, key, text)
    pinned = replace(SERIES.pinned, format=Format.CLEARSIGNED, signers=(signer(gpg, home, key, "legal"),))
    forged = clearsigned(home, other, b"We have handed over everything.\n")
    body = {
        "nested": BEGIN * 25_000,
        "two": b"<!doctype html><!--\n" + forged + b"-->" + honest,
        "forged": b'<!doctype html><div style="display:none">\n' + forged + b"</div>",
        "outside": b"<!doctype html><p>" + BEGIN.strip() + b"</p>" * 10_000,
    }[case]
    verdict = judged(pinned, {"canary.txt": honest}, {"canary.txt": body}, gpg)
    is_one_finding(verdict)
