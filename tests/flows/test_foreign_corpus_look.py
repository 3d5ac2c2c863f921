"""Qubes' real series served by a host, and from a repository: it is followed to its end, and then costs no gpg."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.core.foreign.judge import ForeignJudgement, ForeignQuestion
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner
from canary.core.foreign.state import ForeignState
from canary.core.judging.findings import Code, Status
from canary.edges.disk.foreign_profiles import read_profile
from canary.edges.openpgp.foreign_gpg import ForeignGpg
from canary.flows.watch.foreign import verify_foreign
from canary.formats.foreign.openpgp_checks import Answer, Question
from canary.formats.foreign.pinned_json import pin_of
from canary.formats.foreign.readers import reader_of
from canary.formats.settings.foreign_profile import parse_profile
from canary.library import open_foreign
from tests.foreign_corpus import CORPUS, NOT_HERE, rows
from tests.git_repository import GitRepository
from tests.loopback import Loopback

QUBES = CORPUS / "qubes"
FIRST, LAST = "canary-001-2015.txt", "canary-025-2020.txt"
NOW = datetime(2020, 12, 20, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)


class Counting:
    """Counts what gpg is asked."""

    def __init__(self, gpg: ForeignGpg) -> None:
        self._gpg = gpg
        self.asked = 0

    def check(self, certificates: Sequence[bytes], questions: Sequence[Question]) -> tuple[Answer, ...]:
        self.asked += len(questions)
        return self._gpg.check(certificates, questions)

    def certificates_in(self, data: bytes) -> Mapping[str, bytes]:
        return self._gpg.certificates_in(data)


@pytest.fixture(scope="module")
def gpg() -> Iterator[Counting]:
    with ForeignGpg() as made:
        yield Counting(made)


def pinned(gpg: Counting, profile: str) -> Pinned:
    certificates: dict[str, bytes] = {}
    for folder in ("security-team", "core-devs"):
        for path in sorted((QUBES / "keys" / folder).rglob("*.asc")):
            certificates |= gpg.certificates_in(path.read_bytes())
    signers = sorted({(row["signer"], row["primary_fpr"].lower()) for row in rows("qubes/signatures.tsv")})
    return Pinned(
        format=Format.DETACHED,
        profile="qubes",
        profile_text=profile,
        signers=tuple(PinnedSigner(name, key, certificates[key]) for name, key in signers),
        threshold=1,
        statements=(),
    )


def look(
    location: str, of: Pinned, gpg: Counting, state: ForeignState | None, kept: Path | None = None
) -> ForeignJudgement:
    profile = parse_profile(of.profile_text.encode(), what="qubes")
    question = ForeignQuestion(NOW, of, pin_of(of), first_use=False, profile=profile, state=state)
    with open_foreign(location, seconds=60, allow_http=False, ca_file=None, repositories=kept) as (source, path):
        return verify_foreign(source, path, question, reader_of(of.format, gpg))


def test_a_host_s_series_is_followed_from_its_first_edition_to_its_last(gpg: Counting) -> None:
    of = pinned(gpg, read_profile("qubes").decode())
    with Loopback(QUBES / "canaries") as server:
        first = look(f"{server.url}/{FIRST}", of, gpg, None)
        assert first.state
        assert first.state.newest
        assert first.state.newest.name == LAST
        assert [each.number for each in first.state.editions] == list(range(1, 26))
        assert not {Code.EDITED, Code.EDITION_GAP, Code.BAD_SIGNATURE} & {each.code for each in first.verdict.findings}
        asked = gpg.asked
        again = look(f"{server.url}/{FIRST}", of, gpg, first.state)
        assert gpg.asked == asked
        assert again.verdict.edition == first.verdict.edition
        assert again.verdict.status is first.verdict.status


def test_a_repository_is_taken_in_as_far_back_as_it_holds(gpg: Counting, tmp_path: Path) -> None:
    """One text was edited after a signer had signed it, and a later edit of any is seen."""
    text = read_profile("qubes").decode().replace('kind = "template"', 'kind = "git"\nfolder = "canaries"')
    of = pinned(gpg, text)
    repository = GitRepository(tmp_path / "theirs")
    files = {each.name: each.read_bytes() for each in (QUBES / "canaries").iterdir() if each.is_file()}
    repository.commit(files, "canaries")
    place = f"git+{repository.url}"
    first = look(place, of, gpg, None, tmp_path / "kept")
    assert first.state
    assert first.state.newest
    assert first.state.newest.name == LAST
    assert len(first.state.editions) > 1
    asked = gpg.asked
    again = look(place, of, gpg, first.state, tmp_path / "kept")
    assert gpg.asked == asked
    assert again.verdict.status is first.verdict.status
    old = first.state.editions[0].name
    repository.commit({f"{old}": files[old] + b"\nOne more thing.\n"}, "canaries")
    edited = look(place, of, gpg, again.state, tmp_path / "kept")
    assert edited.verdict.status is Status.INVALID
    assert Code.BAD_SIGNATURE in {each.code for each in edited.verdict.findings}
    assert gpg.asked > asked
