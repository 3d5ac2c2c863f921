"""`canary watch add` for canaries in other formats: what is found is told, and nothing is pinned unseen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from canary.core.foreign.pinned import Format
from tests import canarytail_publisher, html_pages
from tests.cli.terminal import _PROGRAM, Terminal
from tests.cli.watch.foreign_place import LOOKED, SENTENCES, TEXT, ForeignPlace, printed_line
from tests.foreign_keys import armored
from tests.gpg_home import GpgHome
from tests.loopback import Loopback, answer, says
from tests.signify_signer import SignifySigner
from tests.watch_desk import WatchDesk

CANARY = "/c/canary.txt"


@pytest.fixture(scope="module")
def home() -> Iterator[GpgHome]:
    with GpgHome() as made:
        yield made


@pytest.fixture(scope="module")
def marek(home: GpgHome) -> str:
    return home.key("Marek <marek@example.org>")


@pytest.fixture(scope="module")
def simon(home: GpgHome) -> str:
    return home.key("Simon <simon@example.org>")


@pytest.fixture
def place(desk: WatchDesk, home: GpgHome) -> ForeignPlace:
    return ForeignPlace(desk, home)


def signers(marek: str, simon: str) -> list[str]:
    return ["--signer", f"marek={marek}", "--signer", f"simon={simon}"]


def grouped(key: str) -> str:
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


# --- what is told, and what is pinned -------------------------------------------------------------------


def test_signers_are_shown_and_the_line_to_run_next_adds_just_that(place: ForeignPlace, marek: str, simon: str) -> None:
    place.detached(CANARY, marek=marek, simon=simon)
    ran = place.add(CANARY, *signers(marek, simon), "--certificate", place.certificate(marek, simon))
    assert (ran.code, place.names()) == (3, [])
    assert "Found: a text with OpenPGP signatures beside it (openpgp-detached)." in ran.said
    for name, key in (("marek", marek), ("simon", simon)):
        assert f"{name}: {grouped(key)}" in ran.said
        assert f"{name.title()} <{name}@example.org>" in ran.said
        assert f"good in canary.txt.sig.{name}, 2026-02-01 00:00 UTC by its own account" in ran.said
    assert "2 of 2 must have signed; 2 of them did" in ran.said
    assert "signed: Any signed text" in ran.said
    assert all(each in ran.said for each in SENTENCES)
    assert "nothing proves it" in ran.said
    ran = place.desk.watch(*printed_line(ran), "--name", "two")
    assert ran.code == 0, ran.said
    assert ran.out.count("\nOK: ") == 1
    row = place.desk.row("two")
    assert (row["other_format"], row["status"]) == ("openpgp-detached", "OK")
    shown = place.desk.json("show", "two")
    assert shown["pinned"]["threshold"] == 2
    assert [each["key"] for each in shown["pinned"]["signers"]] == [marek.lower(), simon.lower()]
    assert [each["words"] for each in shown["pinned"]["statements"]] == SENTENCES
    assert [each["outcome"] for each in shown["edition"]["signatures"]] == ["good", "good"]
    assert [each["name"] for each in shown["editions"]] == ["canary.txt"]


def test_under_its_pin_it_is_followed(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    arguments = ("--certificate", place.certificate(marek), "--trust-first-use", "--name", "one")
    assert place.add(CANARY, *arguments).code == 0
    assert place.desk.watch("run", at="2026-02-04").code == 0
    place.detached(CANARY, TEXT.replace(SENTENCES[1], "That is all."), plain=marek)
    assert place.desk.watch("run", at="2026-02-05").code == 2
    assert place.desk.row("one")["status"] == "WITHDRAWN"
    shown = place.desk.watch("show", "one")
    assert f"{SENTENCES[1]} (no longer there)" in shown.said
    assert f"{SENTENCES[0]} (" not in shown.said


def test_trust_at_first_use_is_said_ever_after(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    ran = place.add(CANARY, "--certificate", place.certificate(marek), "--trust-first-use", "--name", "one")
    assert (ran.code, "The pin was taken from this first look." in ran.said) == (0, True)
    assert "confirmed by nobody" in place.desk.watch("show", "one").said


def test_what_lies_there_by_now_is_not_what_the_pin_says(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    line = printed_line(place.add(CANARY, "--certificate", place.certificate(marek)))
    place.detached(CANARY, TEXT.replace("no gag order", "one gag order"), plain=marek)
    ran = place.desk.watch(*line)
    assert (ran.code, place.names()) == (3, [])
    assert "nothing was added: what would be pinned now is sha256:" in ran.said


def test_the_threshold_and_who_is_required_are_the_persons_to_say(place: ForeignPlace, marek: str, simon: str) -> None:
    place.detached(CANARY, marek=marek, simon=simon)
    given = (*signers(marek, simon), "--certificate", place.certificate(marek, simon))
    ran = place.add(CANARY, *given, "--threshold", "1", "--required", "simon", "--trust-first-use", "--name", "x")
    assert ran.code == 0, ran.said
    assert "1 of 2 must have signed; 2 of them did; simon must be among them" in ran.said
    pinned = place.desk.json("show", "x")["pinned"]
    assert [(each["name"], each["required"]) for each in pinned["signers"]] == [("marek", False), ("simon", True)]


def test_a_signature_that_is_missing_is_told_before_anything_is_pinned(
    place: ForeignPlace, marek: str, simon: str
) -> None:
    place.detached(CANARY, marek=marek)
    ran = place.add(CANARY, *signers(marek, simon), "--certificate", place.certificate(marek, simon))
    assert "has not signed this edition" in ran.said
    assert "1 of 2 must have signed; 1 of them did" in ran.said


def test_a_signer_without_a_certificate_is_named_and_not_pinned(place: ForeignPlace, marek: str, simon: str) -> None:
    place.detached(CANARY, plain=marek)
    place.put(f"{CANARY}.asc", armored(place.home, simon, TEXT.encode()))
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert f"not pinned {grouped(simon)[-19:]}" in ran.said or f"not pinned {grouped(simon)}" in ran.said
    assert "1 of 1 must have signed" in ran.said


def test_the_line_to_run_next_has_everything_that_was_said(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, marek=marek)
    given = ["--certificate", place.certificate(marek), "--signer", f"marek={marek}", "--required", "marek"]
    given += ["--every", "2h", "--tag", "vpn", "--name", "x"]
    line = printed_line(place.add(CANARY, *given))
    assert all(line[line.index(option) + 1] == value for option, value in zip(given[::2], given[1::2], strict=True))
    assert place.desk.watch(*line).code == 0
    row = place.desk.row("x")
    assert (row["every"], row["tags"]) == ("2h", ["vpn"])


def test_a_certificate_beside_the_canary_or_at_an_address_does_too(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    exported = place.home.export(marek, "--armor")
    place.put("/keys/marek.asc", exported)
    at_an_address = place.add(CANARY, "--certificate", f"{place.desk.server.url}/keys/marek.asc")
    assert grouped(marek) in at_an_address.said
    place.put(f"{CANARY}.asc", exported)
    beside = place.add(CANARY)
    assert printed_line(beside)[-1] == printed_line(at_an_address)[-1]


# --- the formats ----------------------------------------------------------------------------------------


def test_clearsigned_text_within_a_page(place: ForeignPlace, marek: str) -> None:
    place.clearsigned("/c/signed", marek)
    block = place.desk.files["/c/signed"].decode()
    place.put("/c/page", f"<!DOCTYPE html><html><body><p>Read this.</p><pre>{block}</pre></body></html>")
    ran = place.add("/c/page", "--certificate", place.certificate(marek), "--trust-first-use", "--name", "page")
    assert (ran.code, place.desk.row("page")["other_format"]) == (0, "openpgp-clearsigned")
    assert "Text stands outside of the signed block, and was not read." in ran.said


@pytest.mark.parametrize("kind", ["detached", "minisign", "embedded"])
def test_signify_and_minisign(place: ForeignPlace, kind: str) -> None:
    signer = SignifySigner.make(7)
    if kind == "embedded":
        place.put(CANARY, signer.embedded(TEXT.encode()))
    else:
        place.put(CANARY, TEXT)
        made = signer.detached if kind == "detached" else signer.minisign
        place.put(f"{CANARY}.{'sig' if kind == 'detached' else 'minisig'}", made(TEXT.encode()))
    ran = place.add(CANARY)
    assert (ran.code, "nobody can be pinned: the keys of key number 0707070707070707" in ran.said) == (3, True)
    key = place.file("key.pub", signer.key_file())
    ran = place.add(CANARY, "--certificate", key, "--trust-first-use", "--name", "s")
    assert "The signatures have no time of their own." in ran.said
    assert "does not count" not in ran.said
    assert place.desk.row("s")["other_format"] == "signify"
    assert place.desk.json("show", "s")["pinned"]["signers"][0]["key"] == signer.public.hex()


def test_a_second_signature_of_one_signer_is_not_said_not_to_count(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    place.put(f"{CANARY}.asc", place.desk.files[f"{CANARY}.sig"])
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert ran.said.count("signature: good in canary.txt.") == 2
    assert "does not count" not in ran.said


def test_canarytail_pins_what_the_document_names(place: ForeignPlace) -> None:
    made = canarytail_publisher.document("author", release="2026-02-01T00:00:00Z", expiry="2026-03-01T00:00:00Z")
    place.put("/c/canary.json", canarytail_publisher.encoded(made))
    ran = place.add("/c/canary.json", "--trust-first-use", "--name", "tail")
    assert ran.code == 0, ran.said
    assert "author must be among them" in ran.said
    assert "Each field is signed by itself, so that old fields can be put beside new ones." in ran.said
    shown = place.desk.json("show", "tail")
    assert shown["pinned"]["profile"] == "canarytail"
    assert [each["id"] for each in shown["pinned"]["statements"]] == list(canarytail_publisher.CODES)


def test_a_page_is_offered_with_its_sentences_and_never_better_than_unknown(place: ForeignPlace) -> None:
    place.put("/report.html", html_pages.page(*map(html_pages.escaped, html_pages.TEXT.split("\n\n"))))
    ran = place.add("/report.html")
    assert ran.code == 3
    assert "Take note: nothing there is signed." in ran.said
    assert "there is no report.html.sig, no report.html.asc" in ran.said
    assert "2026-01-01 to 2026-06-30, from the text" in ran.said
    line = printed_line(ran)
    assert line[line.index("--page") :][:2] == ["--page", "--all-sentences"]
    ran = place.desk.watch(*line, "--name", "report")
    shown = place.desk.json("show", "report")
    assert [each["words"] for each in shown["pinned"]["statements"]] == list(html_pages.SENTENCES)
    assert shown["verdict"]["axes"]["integrity"] == "unknown"
    assert "NOT-SIGNED" in [each["code"] for each in shown["verdict"]["findings"]]


def test_what_looks_like_a_page_is_not_taken_for_one_at_first_use(place: ForeignPlace) -> None:
    place.put(CANARY, TEXT)
    ran = place.add(CANARY, "--trust-first-use")
    assert (ran.code, place.names()) == (3, [])
    assert "nothing was added: nothing there is signed" in ran.said
    assert place.add(CANARY, "--trust-first-use", "--page", "--name", "p").code in {0, 3}
    assert place.names() == ["p"]


def test_chosen_sentences_are_pinned_in_the_order_of_the_page(place: ForeignPlace) -> None:
    place.put(CANARY, TEXT)
    chosen = [word for each in reversed(SENTENCES) for word in ("--sentence", each)]
    line = printed_line(place.add(CANARY, "--page", *chosen))
    assert [line[at + 1] for at, word in enumerate(line) if word == "--sentence"] == SENTENCES


def test_a_profile_that_is_named_decides(place: ForeignPlace, marek: str) -> None:
    text = f"Issued: 2026-02-01\nExpires: 2026-03-01\n\n{TEXT}"
    place.detached(CANARY, text, plain=marek)
    certificate = place.certificate(marek)
    ran = place.add(CANARY, "--certificate", certificate)
    assert "fields: canary.txt with the fields Issued and Expires" in ran.said
    assert "it is stale from 2026-03-02T00:00:00Z" in ran.said
    assert "it could be signed: issued 2026-02-01" in ran.said
    ran = place.add(CANARY, "--certificate", certificate, "--profile", "signed")
    assert "issued 2026-02-01T00:00:00Z, from the signatures' own time" in ran.said
    assert "2026-04-17 to 2026-05-01, from the profile's interval" in ran.said


def test_an_index_leads_to_its_newest_edition(place: ForeignPlace, marek: str, tmp_path: Path) -> None:
    profile = tmp_path / "index.toml"
    profile.write_text(
        '[next]\ninterval = "3 months"\n[statements]\nkind = "pinned"\n'
        '[series]\nkind = "index"\nname = "canary-{year}{month}{day}.txt"\n'
    )
    for day in ("20260101", "20260201"):
        place.detached(f"/c/canary-{day}.txt", plain=marek)
    links = "".join(f'<a href="canary-{day}.txt">x</a>' for day in ("20260201", "20260101"))
    links += '<a href="https://elsewhere.example/canary-20300101.txt">y</a>'
    place.put("/c/", f"<!DOCTYPE html><html><body>{links}</body></html>")
    given = ("--profile", profile, "--certificate", place.certificate(marek), "--trust-first-use", "--name", "i")
    ran = place.add("/c/", *given)
    assert ran.code == 0, ran.said
    assert place.desk.json("show", "i")["edition"]["name"] == "canary-20260201.txt"


def test_a_repository_leads_to_its_newest_edition_and_its_signers(
    place: ForeignPlace, marek: str, tmp_path: Path
) -> None:
    repository, profile = tmp_path / "repository", tmp_path / "git.toml"
    repository.mkdir()
    for number in (8, 9, 10):
        text = TEXT.replace("Example canary", f"Example canary {number}")
        (repository / f"canary-{number}.txt").write_text(text)
        signature = armored(place.home, marek, text.encode())
        (repository / f"canary-{number}.txt.sig.marek").write_bytes(signature)
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "x")):
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *words], cwd=repository, check=True, capture_output=True)
    profile.write_text(
        '[next]\ninterval = "3 months"\n[statements]\nkind = "pinned"\n'
        '[series]\nkind = "git"\nname = "canary-{n}.txt"\n'
    )
    location = f"git+file://{repository}"
    given = ("--certificate", place.certificate(marek), "--trust-first-use", "--name", "g")
    ran = place.desk.watch("add", location, *given)
    assert (ran.code, "names no file of the repository" in ran.said) == (3, True)
    ran = place.desk.watch("add", location, "--profile", profile, *given)
    assert ran.code == 0, ran.said
    shown = place.desk.json("show", "g")
    assert (shown["edition"]["name"], shown["pinned"]["signers"][0]["name"]) == ("canary-10.txt", "marek")


def test_a_file_on_this_machine_is_followed_by_its_whole_path(
    place: ForeignPlace, marek: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, data in (("canary.txt", TEXT.encode()), ("canary.txt.asc", armored(place.home, marek, TEXT.encode()))):
        (tmp_path / path).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    given = ("--certificate", place.certificate(marek), "--trust-first-use", "--name", "here")
    assert place.desk.watch("add", "canary.txt", *given).code == 0
    assert place.desk.row("here")["location"] == str(tmp_path / "canary.txt")


# --- what a server cannot choose ------------------------------------------------------------------------


def test_a_signature_that_cannot_be_fetched_makes_no_page_of_it(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    place.desk.server.faults[f"{CANARY}.sig"] = says(answer(503))
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert (ran.code, place.names()) == (3, [])
    assert "canary.txt.sig could not be looked at (status 503)" in ran.said


def test_a_page_in_the_place_of_what_is_not_there_is_no_signature(place: ForeignPlace, marek: str) -> None:
    place.put(CANARY, TEXT)
    place.put(f"{CANARY}.sig", html_pages.page("Not found, have a look at this instead"))
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert (ran.code, "no signature by the keys that were given was found" in ran.said) == (3, True)
    assert "there is no canary.txt.sig, no canary.txt.asc" in place.add(CANARY).said


def test_what_the_first_look_does_not_bear_out_is_not_trusted(place: ForeignPlace, marek: str, simon: str) -> None:
    place.detached(CANARY, marek=marek)
    given = (*signers(marek, simon), "--certificate", place.certificate(marek, simon), "--threshold", "2")
    ran = place.add(CANARY, *given, "--trust-first-use")
    assert (ran.code, place.names()) == (3, [])
    assert "INVALID: " in ran.out
    assert "nothing was added: no edition was seen there that could be trusted at first use" in ran.said
    ran = place.desk.watch(*printed_line(place.add(CANARY, *given)), "--name", "later")
    assert (ran.code, place.desk.row("later")["status"]) == (2, "INVALID")


def test_with_a_key_given_nothing_unsigned_is_offered(place: ForeignPlace, marek: str) -> None:
    place.put(CANARY, TEXT)
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert (ran.code, "no signature by the keys that were given was found" in ran.said) == (3, True)
    assert "canary watch add" not in ran.out


def test_the_keys_that_were_given_decide_which_format_is_meant(place: ForeignPlace, marek: str) -> None:
    signer = SignifySigner.make(7)
    place.detached(CANARY, plain=marek)
    place.put(f"{CANARY}.minisig", signer.minisign(TEXT.encode()))
    ran = place.add(CANARY, "--certificate", place.file("key.pub", signer.key_file()))
    assert f"({Format.SIGNIFY})" in ran.said
    ran = place.add(CANARY, "--certificate", place.certificate(marek))
    assert f"({Format.DETACHED})" in ran.said


def test_a_wrong_signature_is_not_pinned(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    place.put(CANARY, TEXT.replace("never", "often"))
    ran = place.add(CANARY, "--certificate", place.certificate(marek), "--trust-first-use")
    assert (ran.code, place.names()) == (3, [])
    assert "no signature of canary.txt by a key that would be pinned is right" in ran.said


def test_another_host_is_not_followed_and_is_named(place: ForeignPlace, marek: str) -> None:
    with Loopback({CANARY: TEXT.encode()}) as other:
        place.desk.server.faults[CANARY] = says(answer(302, b"", {"Location": other.url + CANARY}))
        ran = place.add(CANARY, "--page", "--certificate", place.certificate(marek))
        assert ran.code == 3
        ran = place.add(CANARY, "--page")
        assert (ran.code, f"redirects to '{other.url}{CANARY}', which is another host" in ran.said) == (3, True)
        assert other.asked == []


def test_a_native_canary_is_still_a_native_one(place: ForeignPlace) -> None:
    ran = place.desk.add("--pin", f"sha256:{place.desk.sim.pin}", "--name", "acme")
    assert place.desk.row("acme")["other_format"] is None, ran.said
    assert "pinned" not in place.desk.json("show", "acme")


def test_an_address_without_a_native_canary_is_looked_at_for_another(place: ForeignPlace) -> None:
    place.put(CANARY, TEXT)
    ran = place.add(CANARY)
    assert "There is no canary of this project's own at" in ran.said
    assert {each.target for each in place.desk.server.asked} >= {f"{CANARY}/checkpoint", CANARY, f"{CANARY}.asc"}
    asked = len(place.desk.server.asked)
    place.add(CANARY, "--pin", f"sha256:{'0' * 64}", "--name", "native")
    targets = {each.target for each in place.desk.server.asked[asked:]}
    assert targets <= {f"{CANARY}/checkpoint"}, "a pin alone is a native canary's"


def test_where_there_is_nothing_it_says_so(place: ForeignPlace) -> None:
    ran = place.add("/nothing")
    assert (ran.code, place.names()) == (3, [])
    assert "404" in ran.said or "there is nothing" in ran.said


# --- bad input ------------------------------------------------------------------------------------------

KEY = "0" * 40


@pytest.mark.parametrize(
    ("arguments", "says_so"),
    [
        (("--profile", "nobody"), "there is no profile 'nobody'"),
        (("--profile", "/nowhere/x.toml"), "/nowhere/x.toml"),
        (("--signer", "marek"), "--signer: it is NAME=FINGERPRINT"),
        (("--signer", "a/b=" + KEY), "--signer: it is NAME=FINGERPRINT"),
        (("--signer", "a=1234ABCD"), "Short key ids can be forged"),
        (("--signer", f"a={KEY}", "--signer", f"a={'1' * 40}"), "--signer: two signers have the same name"),
        (("--signer", f"a={KEY}", "--signer", f"b={KEY}"), "--signer: two signers have the same key"),
        (("--signer", f"a={KEY}"), "--signer a: its key is not among those that were given or found"),
        (("--threshold", "2"), "--threshold 2: it is a number from 1 to 1"),
        (("--threshold", "0"), "--threshold 0: it is a number from 1 to 1"),
        (("--required", "nobody"), "--required 'nobody': no signer that is pinned is called that"),
        (("--certificate", "/nowhere.asc"), "/nowhere.asc"),
        (("--sentence", "We never were here."), "it does not stand there as a whole sentence"),
        (("--sentence", "has never handed its keys to anyone."), "it does not stand there as a whole sentence"),
        (("--sentence", "x", "--all-sentences"), "--sentence and --all-sentences exclude each other"),
        (("--page", "--threshold", "1"), "--page takes nothing for signed"),
        (("--profile", "omg", "--all-sentences"), "the profile omg finds the statements itself"),
        (("--profile", "omg"), "with the profile omg there is no statement to pin"),
        (("--pin", "1234"), "--pin: "),
    ],
)
def test_bad_input_gets_one_message(place: ForeignPlace, marek: str, arguments: tuple[str, ...], says_so: str) -> None:
    place.detached(CANARY, plain=marek)
    certificate = () if "--page" in arguments else ("--certificate", place.certificate(marek))
    ran = place.add(CANARY, *certificate, "--trust-first-use", *arguments)
    assert (ran.code, says_so in ran.said) == (3, True), ran.said
    assert ran.err.startswith("canary: ")
    assert ran.err.count("What to do: ") <= 1
    assert place.names() == []


def test_a_file_without_a_key_in_it_is_named(place: ForeignPlace, marek: str) -> None:
    place.detached(CANARY, plain=marek)
    for data in (b"", b"hello\n", b"untrusted comment: x\nnot base64\n"):
        file = place.file("junk.asc", data)
        ran = place.add(CANARY, "--certificate", file)
        assert (ran.code, file in ran.err) == (3, True)


def test_what_is_no_text_cannot_be_followed(place: ForeignPlace) -> None:
    place.put("/c/x.bin", b"\0\1\2")
    ran = place.add("/c/x.bin")
    assert (ran.code, "is nothing that can be followed" in ran.said) == (3, True)


# --- at a terminal --------------------------------------------------------------------------------------


def test_at_a_terminal_a_person_chooses_the_sentences(place: ForeignPlace) -> None:
    place.put(CANARY, TEXT)
    at = LOOKED.isoformat()
    config = place.desk.config
    location = f"{place.desk.server.url}{CANARY}"
    terminal = Terminal(sys.executable, "-c", _PROGRAM, at, "watch", "add", location, "--page", "--config", str(config))
    terminal.until("Which of them are to be pinned?")
    terminal.types("3")
    terminal.until("they are numbers from 1 to 2")
    terminal.types("2")
    code, rest = terminal.ends()
    assert code == 3
    assert f"--sentence '{SENTENCES[1]}' --pin sha256:" in rest
    assert SENTENCES[0] not in rest
