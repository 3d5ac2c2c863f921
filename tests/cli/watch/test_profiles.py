"""`canary watch profile test`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from canary.cli.app import App
from tests.publisher import Ran, command

TEXT = """Words in front

-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256

I am in control of my PGP key.
I will update this canary within 14 days.
Today is 2026-03-02.
- -- \x1b[31mred

{hash}
-----BEGIN PGP SIGNATURE-----

iQIz
-----END PGP SIGNATURE-----
""".replace("{hash}", "0" * 12 + "a" * 52)

MINE = """
about = "Mine"
[issued]
text = ["Issued {date}."]
[next]
text = ["Next in the {window}."]
interval = "1 month"
[statements]
kind = "list"
[series]
kind = "template"
name = "c-{n}-{year}.txt"
"""


def profile_test(*arguments: object) -> Ran:
    return command(App(clock=lambda: datetime(2026, 3, 3, tzinfo=UTC)), "watch", "profile", "test", *arguments)


def test_what_was_read_is_shown_with_where_it_was_read_and_that_nothing_was_verified(tmp_path: Path) -> None:
    file = tmp_path / "canary.txt"
    file.write_text(TEXT)
    ran = profile_test("omg", file)
    assert (ran.code, ran.err) == (0, "")
    assert "inside of its signed block" in ran.out
    assert "issued       2026-03-02 12:00 UTC, from the text\n" in ran.out
    assert "next         2026-03-13 to 2026-03-16, from the text\n" in ran.out
    assert "statement s2  I will update this canary within 14 days.\n" in ran.out
    assert f"quote bitcoin  {'0' * 12}" in ran.out
    assert "Nothing was verified" in ran.out
    assert "not found" not in ran.out


def test_what_is_missing_is_shown_and_told_by_the_exit_code(tmp_path: Path) -> None:
    file = tmp_path / "canary.txt"
    file.write_text(TEXT.replace("Today is", "It is").replace("I am in control", "I was once in control"))
    ran = profile_test("omg", file)
    assert ran.code == 1
    assert "not found    the date of issue: the text does not give it as the profile says" in ran.out
    assert "Next: mend omg" in ran.out


def test_a_profile_of_ones_own_over_several_files(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE)
    files = [tmp_path / f"c-{number}-2026.txt" for number in (1, 2)]
    for file in files:
        file.write_text("Issued March 2, 2026. Next in the first week of May 2026.\n\n* We \x1b[31mare\u202e free.\n")
    ran = profile_test(mine, *files)
    assert ran.code == 0
    assert ran.out.startswith("Mine\n")
    assert ran.out.count("next         2026-05-01 to 2026-05-07, from the text\n") == 2
    assert "then         one of c-3-2026.txt, c-3-2027.txt\n" in ran.out
    assert "statement s1  We \\u001b[31mare free.\n" in ran.out
    assert "\x1b" not in ran.out


def test_a_page_without_any_date_says_so(tmp_path: Path) -> None:
    file = tmp_path / "page.txt"
    file.write_text("We have never done it.\n\n\u00a9 2026")
    ran = profile_test("page", file)
    assert ran.code == 1
    assert "issued       not found" in ran.out
    assert "next         not found" in ran.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("quebs", "canary.txt"), "there is no profile 'quebs'"),
        (("omg",), "Missing argument 'FILE...'"),
        (("omg", "none.txt"), "none.txt"),
        (("none.toml", "canary.txt"), "none.toml"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_message(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "canary.txt").write_text(TEXT)
    ran = profile_test(*arguments)
    assert ran.code == 3
    assert told in ran.err


def test_a_fault_of_a_profile_names_its_line(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(MINE.replace("{date}", "{dat}"))
    ran = profile_test(mine, mine)
    assert ran.code == 3
    assert f"{mine}, line 4: issued.text: there is no {{dat}}" in ran.err
