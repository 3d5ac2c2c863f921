"""A canary in a repository: each edition as it comes, and later edits of old ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from canary.core.foreign.judge import ForeignJudgement
from canary.core.foreign.observation import ForeignObservation, SeenEditions
from canary.core.foreign.state import ForeignState
from canary.core.judging.findings import Code, Status
from canary.core.judging.observation import Gone, Unreachable
from canary.flows.watch.foreign import look_foreign, verify_foreign
from canary.library import open_foreign
from tests.foreign_series import IN_GIT, STATEMENTS, ForeignSeries, SignifySeal
from tests.git_repository import GitRepository

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAYS = ("2026-01-05", "2026-02-05", "2026-03-05", "2026-03-09")


class Watch:
    """Looks at one repository again and again."""

    def __init__(self, folder: Path) -> None:
        self.kept = folder / "kept"
        self.series = ForeignSeries(SignifySeal(), IN_GIT)
        self.repository = GitRepository(folder / "theirs")
        self.state: ForeignState | None = None
        self.now = NOW

    def publish(self, *numbers: int, note: str = "", seal: SignifySeal | None = None) -> None:
        series = ForeignSeries(seal or SignifySeal())
        for number in numbers:
            self.repository.commit(dict(series.edition(number, DAYS[number - 1], note=note)), "canaries")

    def look(self) -> ForeignObservation:
        return self._looked(verify=False)[0]

    def verify(self) -> ForeignJudgement:
        judgement = self._looked(verify=True)[1]
        assert judgement is not None
        self.state = judgement.state
        return judgement

    def _looked(self, *, verify: bool) -> tuple[ForeignObservation, ForeignJudgement | None]:
        place = f"git+{self.repository.url}"
        question, reader = self.series.question(self.now, self.state), self.series.reader()
        with open_foreign(place, seconds=20, allow_http=False, ca_file=None, repositories=self.kept) as (source, path):
            assert path == ""
            judgement = verify_foreign(source, path, question, reader) if verify else None
            return look_foreign(source, path, question, reader), judgement

    def names(self) -> list[str]:
        seen = self.look()
        assert isinstance(seen, SeenEditions), seen
        return [each.name for each in seen.editions]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    made = Watch(tmp_path)
    made.publish(1, 2, 3)
    return made


def codes(judgement: ForeignJudgement) -> set[Code]:
    return {each.code for each in judgement.verdict.findings}


def test_the_first_look_takes_in_what_was_signed_before(watch: Watch) -> None:
    assert watch.names() == ["canary-001-2026.txt", "canary-002-2026.txt", "canary-003-2026.txt"]
    judgement = watch.verify()
    assert judgement.verdict.edition
    assert judgement.verdict.edition.name == "canary-003-2026.txt"
    assert watch.state
    assert len(watch.state.editions) == 3
    assert watch.names() == []


def test_the_first_look_ends_where_others_signed(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.publish(1, seal=SignifySeal(2))
    watch.publish(2, 3)
    assert watch.names() == ["canary-002-2026.txt", "canary-003-2026.txt"]
    assert watch.verify().verdict.status is Status.OK


def test_the_first_look_ends_where_one_is_missing(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.publish(1, 3)
    assert watch.names() == ["canary-003-2026.txt"]


def test_a_new_edition_is_taken_in(watch: Watch) -> None:
    watch.verify()
    watch.publish(4)
    assert watch.names() == ["canary-004-2026.txt"]
    assert watch.verify().verdict.status is Status.OK


@pytest.mark.parametrize("number", [1, 3])
def test_a_later_edit_of_an_old_text_is_seen(watch: Watch, number: int) -> None:
    assert watch.verify().verdict.status is Status.OK
    watch.publish(number, note="And one thing more.\n")
    assert watch.names() == [f"canary-00{number}-2026.txt"]
    judgement = watch.verify()
    assert Code.EDITED in codes(judgement)
    assert judgement.verdict.status is Status.CHANGED
    assert judgement.verdict.edition
    assert judgement.verdict.edition.name == "canary-003-2026.txt"
    assert watch.names() == [], "it is told, and not read again"
    assert watch.verify().verdict.status is Status.CHANGED, "it stays until somebody has read it"


def test_another_signature_over_an_old_text_changes_nothing_of_it(watch: Watch) -> None:
    watch.verify()
    text = watch.series.text(1, DAYS[0])
    watch.repository.commit({"canary-001-2026.txt.minisig": SignifySeal(2).sign(text, NOW)}, "canaries")
    assert watch.names() == ["canary-001-2026.txt"]
    assert watch.verify().verdict.status is Status.OK
    assert watch.names() == []


def test_editions_that_go_away_are_an_old_copy(watch: Watch) -> None:
    watch.verify()
    watch.repository.commit({"canary-003-2026.txt": None, "canary-003-2026.txt.sig": None}, "canaries")
    assert Code.STALE_COPY in codes(watch.verify())
    watch.now += timedelta(days=2)
    assert Code.ROLLBACK in codes(watch.verify())


def test_a_repository_without_any_or_that_is_gone(watch: Watch) -> None:
    watch.verify()
    for number in (1, 2, 3):
        watch.repository.commit(dict.fromkeys(watch.series.edition(number, DAYS[number - 1])), "canaries")
    assert isinstance(watch.look(), Unreachable | Gone)
    watch.repository.commit({"README": b"moved\n"})
    assert isinstance(watch.look(), Gone)
    assert watch.verify().verdict.status is Status.MISSING
    watch.repository.folder.rename(watch.repository.folder.with_name("moved"))
    assert isinstance(watch.look(), Unreachable)


def test_a_withdrawn_statement_is_found(watch: Watch) -> None:
    watch.verify()
    series = ForeignSeries(SignifySeal())
    watch.repository.commit(dict(series.edition(4, DAYS[3], STATEMENTS[1:])), "canaries")
    assert Code.WITHDRAWN in codes(watch.verify())
