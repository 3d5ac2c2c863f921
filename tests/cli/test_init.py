from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from canary.cli.new_config import AUTHORITIES
from canary.core.dating.ots_calendars import DEFAULT_CALENDARS
from canary.edges.disk.workspace import Workspace
from canary.edges.keys.log_keys import make_log_key
from canary.flows.issue.config import parse_config
from tests.publisher import ADD_ALL, Publisher, Ran, done, tree

MINIMUM = (
    *("--id", "example.net/canary", "--organisation", "Example", "--every", "3 months"),
    *("--start", "2026-02-01", "--signer", "legal"),
)


@pytest.fixture
def new(tmp_path: Path) -> Publisher:
    return Publisher(tmp_path / "publisher")


def test_it_writes_a_commented_config_that_reads_back(new: Publisher) -> None:
    ran = new.init("--window", "10 days", "--grace", "20 days")
    assert ran.code == 0
    text = (new.root / "canary.toml").read_text("utf-8")
    config = parse_config(text)
    assert (config.canary.id, config.canary.organisation) == ("example.net/canary", "Example Networks")
    assert (config.signers.names, config.signers.threshold) == (["legal", "security", "director"], 2)
    schedule = config.schedule.schedule()
    assert (schedule.start.isoformat(), schedule.cadence.render()) == ("2026-02-01", "3 months")
    assert (schedule.window.days, schedule.grace.days) == (10, 20)
    keys = [line for line in text.splitlines() if "=" in line and not line.startswith("#")]
    commented = [line for line in text.splitlines() if line.startswith("#")]
    assert len(keys) == 8
    assert len(commented) >= len(keys)


def test_it_makes_the_folders_and_keeps_the_built_site_out_of_version_control(new: Publisher) -> None:
    new.init()
    assert {each.name for each in new.root.iterdir()} == {
        "canary.toml",
        ".gitignore",
        ".gitattributes",
        "statements",
        "keys",
        "log",
    }
    ignored = (new.root / ".gitignore").read_text("utf-8").splitlines()
    assert [line for line in ignored if not line.startswith("#")] == ["/public", "/.public*", "/draft/.*"]


def test_version_control_is_told_to_change_no_line_end(new: Publisher) -> None:
    new.init()
    assert (new.root / ".gitattributes").read_text("utf-8").splitlines()[1:] == ["* -text"]


def test_git_keeps_every_byte_of_a_new_workspace(new: Publisher) -> None:
    new.init()
    (new.root / "log" / "0001.txt").write_bytes(b"text\n")
    git = [
        "git",
        "-C",
        str(new.root),
        "-c",
        "core.autocrlf=true",
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.net",
    ]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    (new.root / "log" / "0001.txt").unlink()
    subprocess.run([*git, "checkout", "--", "log"], check=True, capture_output=True)
    assert (new.root / "log" / "0001.txt").read_bytes() == b"text\n"


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes"])
def test_a_file_for_git_that_is_there_is_left_alone(new: Publisher, name: str) -> None:
    new.root.mkdir(parents=True)
    (new.root / name).write_text("mine\n", "utf-8")
    ran = new.init()
    assert (ran.code, f"Warning: {name} was there already and was left alone" in ran.said) == (0, True)
    assert (new.root / name).read_text("utf-8") == "mine\n"


def test_it_explains_what_it_made_and_that_the_log_key_has_no_authority(new: Publisher) -> None:
    said = new.init().said
    for words in ("canary.toml", "statements/", "keys/", "log/", "without a passphrase", "has no authority"):
        assert words in said
    assert "Next: " in said


def test_the_log_key_lies_outside_the_workspace_and_only_its_owner_can_read_it(new: Publisher) -> None:
    new.init()
    (pem,) = new.private.glob("log+*.pem")
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.private.stat().st_mode) == 0o700
    assert (new.root / "keys" / "log.vkey").read_text("utf-8").startswith("example.net/canary+")
    assert not any(b"PRIVATE" in content for _, content in tree(new.root).values())


@pytest.mark.parametrize("where", ["", "keys", "private/deeper", "../workspace/private"])
def test_a_key_folder_in_the_workspace_is_refused_and_nothing_is_made(new: Publisher, where: str) -> None:
    ran = new.init("--key-dir", new.root / where)
    assert ran.code == 3
    assert "lies in the workspace" in ran.err
    assert "--key-dir" in ran.err
    assert not new.root.exists()


def test_a_link_into_the_workspace_is_no_key_folder_either(new: Publisher) -> None:
    new.root.mkdir(parents=True)
    (new.folder / "elsewhere").symlink_to(new.root)
    ran = new.init("--key-dir", new.folder / "elsewhere")
    assert (ran.code, "lies in the workspace" in ran.err) == (3, True)
    assert not list(new.root.iterdir())


def test_the_default_key_folder_is_the_platforms_own(new: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CANARY_KEY_DIR", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(new.folder / "data"))
    assert new.run("init", new.root, *MINIMUM).code == 0
    assert list((new.folder / "data").rglob("log+*.pem"))


def test_it_never_overwrites(new: Publisher) -> None:
    new.init()
    before = tree(new.folder)
    ran = new.init()
    assert ran.code == 1
    assert "canary.toml is there already" in ran.err
    assert tree(new.folder) == before


@pytest.mark.parametrize(
    ("threshold", "warned"), [("3", True), ("2", False), ("1", False)], ids=["all", "all but one", "one"]
)
def test_it_warns_when_one_lost_key_would_end_the_canary(new: Publisher, threshold: str, *, warned: bool) -> None:
    ran = new.init("--threshold", threshold)
    assert ran.code == 0
    assert ("Warning: all 3 signers must sign every release. One lost key" in ran.said) is warned


_OPEN = "The first window is open already, until 2026-02-14: the first release is due by then."
_OVER = (
    "Warning: the first window, 2026-02-01 to 2026-02-14, is over already, so the first release is overdue from the "
    "beginning. One that is made today would be for the window that opened on {}, and the next one due from {}."
)
_BEGIN_LATER = "To begin with a window that is still to come, change start in canary.toml before roster 1 is signed."


@pytest.mark.parametrize(
    ("today", "told"),
    [
        ("2026-01-31", ""),
        ("2026-02-01", _OPEN),
        ("2026-02-14", _OPEN),
        ("2026-02-15", _OVER.format("2026-02-01", "2026-05-01")),
        ("2026-11-24", _OVER.format("2026-11-01", "2027-02-01")),
    ],
)
def test_a_first_window_that_has_opened_is_told_with_what_that_means(new: Publisher, today: str, told: str) -> None:
    def check(ran: Ran) -> None:
        said = " ".join(ran.out.split()).replace("first window on 2026-02-01", "")
        assert (ran.code, f"{told} {_BEGIN_LATER}" in said, "first window" in said) == (0, bool(told), bool(told))

    check(new.on(today).init())
    for name in new.signers:
        done(new.new_key(name))
    check(new.canary("roster"))


@pytest.mark.parametrize(("today", "code", "said"), [("2026-02-05", 1, "is open"), ("2026-03-01", 2, "stale")])
def test_what_was_told_of_the_first_window_is_what_happens(new: Publisher, today: str, code: int, said: str) -> None:
    new.on(today).begin()
    ran = new.canary("status")
    assert (ran.code, said in ran.out.splitlines()[0]) == (code, True)
    new.release(*ADD_ALL)
    front = (new.public / "canary.txt").read_bytes()
    assert (b"\nperiod: 2026-02-01\n" in front, b"\nnext: 2026-05-01/" in front) == (True, True)


@pytest.mark.parametrize(
    ("signers", "expected"), [("a", 1), ("a b", 2), ("a b c", 2), ("a b c d e", 4)], ids=["1", "2", "3", "5"]
)
def test_the_default_threshold_is_all_but_one_and_at_least_two(new: Publisher, signers: str, expected: int) -> None:
    new.run("init", new.root, *MINIMUM[:-2], "--signer", signers, "--key-dir", new.keys)
    assert parse_config((new.root / "canary.toml").read_text("utf-8")).signers.threshold == expected


@pytest.mark.parametrize("missing", ["--id", "--organisation", "--every", "--start", "--signer"])
def test_without_a_terminal_it_says_which_option_is_missing(new: Publisher, missing: str) -> None:
    place = MINIMUM.index(missing)
    ran = new.run("init", new.root, *MINIMUM[:place], *MINIMUM[place + 2 :], "--key-dir", new.keys)
    assert ran.code == 1
    assert f"{missing} is missing" in ran.err
    assert f"Give it: {missing} " in ran.err
    assert "Traceback" not in ran.err
    assert not new.root.exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--id", "https://example.net/canary", "without https://"),
        ("--id", "Example.net", "a canary id"),
        ("--organisation", " Example", "no blanks around it"),
        ("--organisation", "Two\nlines", "U+000A"),
        ("--organisation", "Zero\u200bwidth", "U+200B"),
        ("--every", "quarterly", "'3 months'"),
        ("--start", "2026-02-31", "2026-11-03"),
        ("--window", "14", "'14 days'"),
        ("--window", "60 days", "open only 89 days apart"),
        ("--grace", "-1 days", "'14 days'"),
        ("--signer", "Legal", "a signer's name"),
        ("--signer", "log", "a signer's name"),
        ("--threshold", "4", "outside 1 to 3"),
        ("--threshold", "0", "outside 1 to 3"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_option(new: Publisher, option: str, value: str, told: str) -> None:
    extra = ("--grace", "60 days") if value == "60 days" else ()
    ran = new.init(option, value, *extra)
    assert ran.code == 3
    assert option in ran.err
    assert told in ran.err
    assert not new.root.exists()


def test_a_name_that_stands_twice_is_refused(new: Publisher) -> None:
    ran = new.init("--signer", "legal")
    assert (ran.code, "a name stands twice" in ran.err) == (3, True)


def test_quotes_in_the_organisations_name_survive_the_config(new: Publisher) -> None:
    assert new.init("--organisation", 'The "Example" \\ Company').code == 0
    assert parse_config((new.root / "canary.toml").read_text("utf-8")).canary.organisation == 'The "Example" \\ Company'


@pytest.mark.parametrize(("every", "usual"), [("3 months", 14), ("1 month", 7), ("1 week", 1)])
def test_the_usual_window_leaves_room_in_a_short_cadence(new: Publisher, every: str, usual: int) -> None:
    assert new.init("--every", every).code == 0
    schedule = parse_config((new.root / "canary.toml").read_text("utf-8")).schedule.schedule()
    assert (schedule.window.days, schedule.grace.days) == (usual, usual)


def test_an_interrupted_init_can_run_again_with_the_same_log_key(new: Publisher) -> None:
    # As it lies on disk when the machine stops between the log key and canary.toml.
    (new.root / "keys").mkdir(parents=True)
    make_log_key(new.root, new.keys, "example.net/canary")
    vkey = (new.root / "keys" / "log.vkey").read_bytes()
    assert new.init().code == 0
    assert (new.root / "keys" / "log.vkey").read_bytes() == vkey
    assert len(list(new.private.glob("log+*.pem"))) == 1


def test_an_init_interrupted_before_the_public_half_was_written_can_run_again(new: Publisher) -> None:
    new.private.mkdir(parents=True, mode=0o700)
    (new.private / "log+new.pem").write_text("half a k", "utf-8")
    assert new.init().code == 0
    (pem,) = new.private.iterdir()
    assert pem.name.startswith("log+")
    assert pem.name != "log+new.pem"


def test_an_init_interrupted_before_the_private_log_key_got_its_name_keeps_that_key(new: Publisher) -> None:
    (new.root / "keys").mkdir(parents=True)
    make_log_key(new.root, new.keys, "example.net/canary")
    (pem,) = new.private.iterdir()
    pem.rename(new.private / "log+new.pem")
    assert new.init().code == 0
    assert list(new.private.iterdir()) == [pem]


def test_what_a_killed_init_left_half_written_is_cleared_away(new: Publisher) -> None:
    new.root.mkdir(parents=True)
    (new.root / ".mine.abcdefgh.part").touch()
    before = tree(new.folder)
    for _ in range(2):  # the first makes the workspace, the second refuses to
        for name in (".gitignore", "canary.toml"):
            (new.root / f".{name}.abcdefgh.part").write_text("half a f", "utf-8")
        new.init()
        assert {path for path in tree(new.folder) if path.endswith(".part")} == {
            path for path in before if path.endswith(".part")
        }


def test_two_inits_at_once_do_not_make_two_log_keys(new: Publisher) -> None:
    new.root.mkdir(parents=True)
    with Workspace(new.root).locked():
        ran = new.init()
    assert (ran.code, "another canary command is at work" in ran.err) == (3, True)
    assert not list(new.root.iterdir())


def test_an_interrupted_init_does_not_go_on_under_another_id(new: Publisher) -> None:
    (new.root / "keys").mkdir(parents=True)
    make_log_key(new.root, new.keys, "example.net/canary")
    ran = new.init("--id", "example.org/canary")
    assert ran.code == 3
    assert "is the log key of example.net/canary, not of example.org/canary" in ran.err
    assert not (new.root / "canary.toml").exists()


def test_a_log_key_whose_private_half_is_elsewhere_is_not_taken_over(new: Publisher) -> None:
    (new.root / "keys").mkdir(parents=True)
    make_log_key(new.root, new.folder / "another machine", "example.net/canary")
    ran = new.init()
    assert ran.code == 3
    assert "the private key of the log is not on this machine" in ran.err


# --- timestamp authorities and calendars ------------------------------------------------------------------------------


def authorities_of(publisher: Publisher) -> list[str]:
    return parse_config((publisher.root / "canary.toml").read_text("utf-8")).timestamps.authorities


def calendars_of(publisher: Publisher) -> list[str]:
    return parse_config((publisher.root / "canary.toml").read_text("utf-8")).timestamps.calendars


def test_the_public_calendars_are_asked_where_what_they_need_is_installed(new: Publisher) -> None:
    ran = done(new.run("init", new.root, *MINIMUM, "--key-dir", new.keys))
    assert calendars_of(new) == list(DEFAULT_CALENDARS)
    assert "pip install" not in (new.root / "canary.toml").read_text("utf-8") + ran.out


@pytest.mark.usefixtures("without_opentimestamps")
def test_without_what_they_need_calendars_are_left_out_and_how_to_get_it_is_said(new: Publisher) -> None:
    ran = done(new.run("init", new.root, *MINIMUM, "--key-dir", new.keys))
    assert calendars_of(new) == []
    assert authorities_of(new) == list(AUTHORITIES)
    path = new.root / "canary.toml"
    text = path.read_text("utf-8")
    for said in (text, ran.out):
        assert "pip install 'warrant-canary[ots]'" in said
    assert "take the '# ' away" in ran.said
    # That is all there is to do.
    before, found, commented = text.partition("# calendars = [\n")
    assert found
    lines = (found + commented).splitlines(keepends=True)
    path.write_text(before + "".join(line.removeprefix("# ") for line in lines), "utf-8")
    assert calendars_of(new) == list(DEFAULT_CALENDARS)


@pytest.mark.usefixtures("without_opentimestamps")
def test_a_calendar_that_is_named_is_written_whatever_is_installed(new: Publisher) -> None:
    url = "https://calendar.example.net"
    ran = done(new.run("init", new.root, *MINIMUM, "--key-dir", new.keys, "--calendar", url))
    assert calendars_of(new) == [url]
    assert "pip install 'warrant-canary[ots]'" in ran.out
    none = Publisher(new.folder / "none")
    ran = done(none.run("init", none.root, *MINIMUM, "--key-dir", none.keys, "--no-timestamps"))
    assert "pip install" not in ran.out


def test_several_public_authorities_are_asked_unless_somebody_says_otherwise(new: Publisher) -> None:
    done(new.run("init", new.root, *MINIMUM, "--key-dir", new.keys))
    assert authorities_of(new) == list(AUTHORITIES)
    assert len(AUTHORITIES) > 2
    assert len({url.split("/")[2].split(".")[-2] for url in AUTHORITIES}) == len(AUTHORITIES)


def test_ones_own_authorities_in_their_place_or_none(new: Publisher, tmp_path: Path) -> None:
    urls = ["https://tsa.example.net/", "http://127.0.0.1:8080/tsa?policy=1"]
    given = [word for url in urls for word in ("--authority", url)]
    given += ["--calendar", "https://calendar.example.net/a"]
    done(new.run("init", new.root, *MINIMUM, "--key-dir", new.keys, *given))
    assert authorities_of(new) == urls
    assert calendars_of(new) == ["https://calendar.example.net/a"]
    none = Publisher(tmp_path / "none")
    done(none.run("init", none.root, *MINIMUM, "--key-dir", none.keys, "--no-timestamps"))
    assert authorities_of(none) == calendars_of(none) == []
    assert "timestamps" not in (none.root / "canary.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["--authority", "tsa.example.net"], 3, "--authority: the address 'tsa.example.net' does not start with http"),
        (["--authority", "http://a.example/", "--authority", "http://a.example/"], 3, "an address stands twice"),
        (["--authority", 'http://a.example/"]'], 3, "has characters that no address has"),
        (["--authority", "http://a.example/", "--no-timestamps"], 1, "--authority and --no-timestamps contradict each"),
        (["--calendar", "https://a.example", "--no-timestamps"], 1, "--calendar and --no-timestamps contradict each"),
        (
            ["--calendar", "http://a.example"],
            3,
            "--calendar: 'http://a.example' cannot be used: http://a.example is not",
        ),
        (
            ["--calendar", "https://a.example", "--calendar", "https://a.example/"],
            3,
            "--calendar: an address stands twice",
        ),
    ],
)
def test_who_cannot_be_asked_is_refused_and_nothing_is_made(
    new: Publisher, given: list[str], code: int, told: str
) -> None:
    ran = new.run("init", new.root, *MINIMUM, "--key-dir", new.keys, *given)
    assert ran.code == code
    assert told in ran.said
    assert not new.root.exists()
