"""Real canaries replayed to a watcher in order, with the clock moved along; gpg's findings are those of the tables."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from canary.core.foreign.edition import Edition, Signed
from canary.core.foreign.pinned import Format, Pinned, PinnedSigner, PinnedStatement
from canary.core.foreign.proposals import propose_sentences
from canary.core.foreign.reading import read_edition
from canary.core.judging.findings import Axis, Code, Severity, Status
from canary.core.judging.verdict import Verdict
from canary.core.signed.outcome import Outcome
from canary.core.text.strict import digest
from canary.edges.disk.foreign_profiles import read_profile
from canary.formats.foreign.canarytail import CanaryTailReader
from canary.formats.foreign.page import PageReader
from tests.foreign_corpus import CORPUS, NOT_HERE, profile, rows, text
from tests.foreign_watch import DAY, Watch, codes

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=NOT_HERE)

SHA1 = "2"
GRACE = timedelta(days=14)
PAGE = "pages/cloudflare-transparency-h1-2021.txt"


# --- Qubes ----------------------------------------------------------------------------------------------


def qubes_edition(name: str) -> Edition:
    words = text(f"qubes/canaries/{name}")
    signatures = tuple(
        Signed(
            each["signer"],
            each["primary_fpr"].lower(),
            Outcome.WEAK_DIGEST if each["hash_algo"] == SHA1 else Outcome.GOOD,
            datetime.fromtimestamp(int(each["sig_time"]), UTC),
            file=f"{name}.sig.{each['signer']}",
        )
        for each in rows("qubes/signatures.tsv")
        if each["file"] == name
    )
    return Edition(name, digest(words.encode()), words, signatures)


def qubes_pinned(first: Edition) -> Pinned:
    keys = {each["signer"]: each["primary_fpr"].lower() for each in rows("qubes/signatures.tsv")}
    return Pinned(
        Format.DETACHED,
        "qubes",
        read_profile("qubes").decode(),
        tuple(PinnedSigner(name, key) for name, key in keys.items()),
        2,
        read_edition(first, profile("qubes")).statements,
    )


def midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)


def expected(row: dict[str, str], now: datetime) -> Status:
    """The status that the table's window asks for, the table's newest edition being that row's."""
    last = midnight(row["next_window_end"]) + DAY
    if now >= last + GRACE:
        return Status.EXPIRED
    if now >= last:
        return Status.OVERDUE
    return Status.DUE if now >= midnight(row["next_window_start"]) else Status.OK


def test_the_canaries_of_qubes_are_ok_due_and_overdue_exactly_where_their_dates_say() -> None:
    table = rows("qubes/dates.tsv")
    editions = {row["file"]: qubes_edition(row["file"]) for row in table}
    arrived = {
        name: max(each.signed_at for each in edition.signatures if each.signed_at) for name, edition in editions.items()
    }
    watch = Watch(qubes_pinned(editions[table[0]["file"]]))
    seen: list[tuple[str, Status]] = []
    changed: dict[str, list[Code]] = {}
    for row, following in zip(table, [*table[1:], None], strict=True):
        watch.now = arrived[row["file"]]
        verdict = watch.look(editions[row["file"]], serves=row["file"])
        assert verdict.edition is not None
        assert verdict.edition.name == row["file"]
        if verdict.status is Status.CHANGED:
            changed[row["file"]] = [each for each in codes(verdict) if each not in (Code.DUE, Code.OVERDUE)]
            watch.acknowledge()
        until = arrived[following["file"]] if following else midnight(row["next_window_end"]) + GRACE + 2 * DAY
        while watch.now < until:
            status = watch.look(serves=row["file"]).status
            assert status is expected(row, watch.now)
            if seen[-1:] != [(row["file"], status)]:
                seen.append((row["file"], status))
            watch.now += timedelta(hours=12)
    assert changed == {"canary-006-2016.txt": [Code.REWORDED] * 3}
    late = [name for name, status in seen if status is Status.OVERDUE]
    signed_late = [
        row["file"]
        for row, following in pairwise(table)
        if arrived[following["file"]] >= midnight(row["next_window_end"]) + DAY + timedelta(hours=12)
    ]
    assert set(signed_late) < set(late)
    assert [name for name, status in seen if status is Status.EXPIRED] == [table[-1]["file"]]


def test_the_canaries_of_qubes_in_one_look_come_to_the_same() -> None:
    table = rows("qubes/dates.tsv")
    editions = [qubes_edition(row["file"]) for row in table]
    watch = Watch(qubes_pinned(editions[0]), now=datetime(2021, 1, 10, tzinfo=UTC))
    verdict = watch.look(*editions, serves=editions[-1].name)
    assert (verdict.status, codes(verdict)) == (Status.CHANGED, [Code.REWORDED] * 3)
    assert watch.state is not None
    assert [each.name for each in watch.state.editions] == [row["file"] for row in table]


def test_an_edited_canary_of_qubes_and_a_gap_are_told() -> None:
    names = ["canary-023-2020.txt", "canary-024-2020.txt", "canary-025-2020.txt"]
    first, second, third = map(qubes_edition, names)
    watch = Watch(qubes_pinned(first), now=datetime(2021, 1, 10, tzinfo=UTC))
    assert Code.EDITION_GAP in codes(watch.look(first, third, serves=third.name))
    watch.acknowledge()
    other = replace(first, text=first.text.replace("compromised", "compromised yet"))
    assert other != first
    verdict = watch.look(other, second, serves=third.name)
    assert codes(verdict) == [Code.EDITED]


# --- CanaryTail -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted((CORPUS / "canarytail").glob("*.expect.json")), ids=lambda path: path.name.partition(".")[0]
)
def test_canarytail_comes_to_what_its_own_program_says(path: Path) -> None:
    said = json.loads(path.read_text())
    data = path.with_name(path.name.replace(".expect", "")).read_bytes()
    found = CanaryTailReader().identify("canary.json", {"canary.json": data})
    assert found is not None
    # What the publisher affirmed before: every code that the profile knows.
    statements = tuple(PinnedStatement(*each) for each in profile("canarytail").statements.meanings)
    of = Pinned(
        Format.CANARYTAIL,
        "canarytail",
        read_profile("canarytail").decode(),
        found.signers,
        min(found.threshold, len(found.signers)),
        statements,
        found.panic_key,
    )
    watch = Watch(of, now=datetime(2026, 11, 23, tzinfo=UTC))
    # More signers than there are cannot be pinned; whoever judges is asked all the same.
    watch.pinned = replace(of, threshold=found.threshold)
    verdict = watch.look(CanaryTailReader().read("canary.json", {"canary.json": data}, watch.pinned))
    assert (verdict.edition is not None) is said["signature_validation_ok"]
    if not said["signature_validation_ok"]:
        assert (verdict.status, codes(verdict)) == (Status.INVALID, [Code.BELOW_THRESHOLD])
        return
    gone = [each.message.split()[2] for each in verdict.findings if each.code is Code.WITHDRAWN]
    assert sorted(gone) == sorted(said["missing_codes"])
    assert (Code.EXPIRED in codes(verdict)) is said["expired_at_2026_11_23"]
    assert Code.FIELDS_NOT_BOUND in codes(verdict, weighing=False)
    if not gone and not said["expired_at_2026_11_23"]:
        assert verdict.status in (Status.OK, Status.DUE)


# --- a transparency report ------------------------------------------------------------------------------


def report_watch() -> tuple[Watch, str]:
    words = (CORPUS / PAGE).read_text(encoding="utf-8")
    chosen = tuple(PinnedStatement(f"s{n}", each.words) for n, each in enumerate(propose_sentences(words), 1))
    of = Pinned(Format.PAGE, "page", read_profile("page").decode(), (), 0, chosen)
    return Watch(of, now=datetime(2021, 10, 1, tzinfo=UTC)), words


def report(words: str) -> Edition:
    return PageReader().read("report.txt", {"report.txt": words.encode()}, report_watch()[0].pinned)


def look_at(words: str) -> Verdict:
    watch, before = report_watch()
    assert watch.look(report(before)).status is Status.OK
    return watch.look(report(words))


def test_the_report_is_fresh_until_its_next_one_is_late() -> None:
    watch, words = report_watch()
    verdict = watch.look(report(words))
    assert (verdict.status, verdict.axes[Axis.INTEGRITY]) == (Status.OK, Severity.UNKNOWN)
    assert len(watch.pinned.statements) > 6
    # The first half of 2021, half a year, three months for writing it, and a month of grace.
    for day, status in (
        ("2021-12-31", Status.OK),
        ("2022-01-01", Status.DUE),
        ("2022-03-31", Status.DUE),
        ("2022-04-01", Status.OVERDUE),
        ("2022-04-30", Status.OVERDUE),
        ("2022-05-01", Status.EXPIRED),
    ):
        watch.now = midnight(day)
        assert watch.look().status is status


@pytest.mark.parametrize("place", range(9))
def test_a_sentence_of_the_report_that_is_gone_or_reworded_is_told(place: int) -> None:
    watch, words = report_watch()
    sentence = watch.pinned.statements[place].words
    assert words.count(sentence) == 1
    gone = look_at(words.replace(sentence, ""))
    assert (gone.status, [each.message for each in gone.deciding()]) == (
        Status.WITHDRAWN,
        [f"the statement s{place + 1} is gone; it said: {sentence}"],
    )
    first, second, third, *rest = sentence.split()
    reworded = look_at(words.replace(sentence, " ".join([first, second, *rest])))
    assert (reworded.status, codes(reworded)[:1]) == (Status.CHANGED, [Code.REWORDED])
    assert f"[-{third}-]" in reworded.deciding()[0].message


def test_damaged_characters_elsewhere_on_the_report_alter_nothing() -> None:
    _, words = report_watch()
    verdict = look_at(words + "\n\nLa libert\u00c3\u00a9 de ne pas \u00eatre lu.\n")
    assert (verdict.status, codes(verdict)) == (Status.OK, [Code.NOT_SIGNED])
    assert Code.FORMAT_REMARK in codes(verdict, weighing=False)
