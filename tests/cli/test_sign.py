"""`canary sign` in the form for scripts, `unsign` and `merge`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.publisher import ADD_ALL, STATEMENTS, Publisher, done, text_hash, tree

AFFIRMED = [word for name in STATEMENTS for word in ("--affirm", f"{name}@v1")]
MISSING = "not every statement of the draft is affirmed; nothing was signed, and nothing was written down"


def draft_hash(publisher: Publisher) -> str:
    return text_hash(publisher.draft_file.read_bytes())


def refused(publisher: Publisher, *arguments: object, code: int = 1, name: str = "legal") -> str:
    """Returns what is said of a signature that is refused, once it is known that nothing was changed."""
    before = tree(publisher.folder)
    ran = publisher.sign_with(name, *arguments)
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


# --- the form for scripts -------------------------------------------------------------------------------


def test_a_script_affirms_every_statement_and_names_the_text(drafted: Publisher) -> None:
    ran = drafted.sign_with("legal", *AFFIRMED, "--text", draft_hash(drafted))
    assert ran.code == 0
    assert "1 of 3 signed (legal), 2 needed; missing: security, director" in ran.said
    assert ran.out.splitlines()[-1].startswith("Next: ")
    assert (drafted.root / "draft" / "legal.sig").read_text("utf-8").startswith("— example.net/canary/legal ")


@pytest.mark.parametrize("left_out", list(STATEMENTS))
def test_one_affirmation_too_few_signs_nothing_and_names_nothing(drafted: Publisher, left_out: str) -> None:
    given = [word for name in STATEMENTS if name != left_out for word in ("--affirm", f"{name}@v1")]
    said = refused(drafted, *given, "--text", draft_hash(drafted))
    assert MISSING in said
    assert "for each of its 3 statements" in said
    assert left_out not in said


def test_naming_the_text_alone_affirms_nothing(drafted: Publisher) -> None:
    assert MISSING in refused(drafted, "--text", draft_hash(drafted))


def test_affirming_without_naming_the_text_is_refused(drafted: Publisher) -> None:
    assert "Add --text sha256:…" in refused(drafted, *AFFIRMED)


def test_another_texts_hash_is_refused(drafted: Publisher) -> None:
    said = refused(drafted, *AFFIRMED, "--text", f"sha256:{'0' * 64}")
    assert f"the open draft is {draft_hash(drafted)}, not the text that --text names" in said


@pytest.mark.parametrize("value", ["0" * 64, "sha256:0", "SHA256:" + "0" * 64])
def test_a_hash_that_is_none_is_refused(drafted: Publisher, value: str) -> None:
    assert "--text: a hash is written as sha256:" in refused(drafted, *AFFIRMED, "--text", value, code=3)


@pytest.mark.parametrize("label", ["keys@v2", "nothing@v1", "keys", "all", "*"])
def test_an_affirmation_of_something_else_is_refused(drafted: Publisher, label: str) -> None:
    said = refused(drafted, *AFFIRMED, "--affirm", label, "--text", draft_hash(drafted))
    assert f"--affirm {label}: the draft has no such statement" in said


def test_no_fixed_crontab_line_signs_the_next_draft(published: Publisher) -> None:
    first = (published.public / "releases" / "1" / "text.txt").read_bytes()
    done(published.on("2026-05-02").canary("draft"))
    assert "not the text that --text names" in refused(published, *AFFIRMED, "--text", text_hash(first))


def test_there_is_no_option_that_affirms_everything(drafted: Publisher) -> None:
    ran = drafted.run("sign", "--help")
    assert ran.code == 0
    assert not any(word in ran.out.lower() for word in ("--yes", "--all", "--force", "--no-input"))
    for option in ("--yes", "--all", "--force", "-y"):
        assert drafted.sign_with("legal", option).code == 3


# --- keys -----------------------------------------------------------------------------------------------


def everything(publisher: Publisher) -> list[object]:
    return [*AFFIRMED, "--text", draft_hash(publisher)]


def test_somebody_elses_private_key_signs_nothing(drafted: Publisher) -> None:
    (drafted.private / "security.pem").replace(drafted.private / "legal.pem")
    said = refused(drafted, *everything(drafted), code=3)
    assert "is not the one that the roster has for legal" in said


def test_a_private_key_that_is_elsewhere_is_named_with_what_to_do(drafted: Publisher) -> None:
    (drafted.private / "legal.pem").unlink()
    said = refused(drafted, *everything(drafted), code=3)
    assert "the private key of legal is not on this machine" in said
    assert "--key-dir" in said


def test_a_private_key_that_others_can_read_is_refused(drafted: Publisher) -> None:
    (drafted.private / "legal.pem").chmod(0o644)
    assert "chmod 600" in refused(drafted, *everything(drafted), code=3)


def test_who_is_no_signer_is_told_who_is(drafted: Publisher) -> None:
    said = refused(drafted, *everything(drafted), name="board")
    assert "board is no signer of this draft" in said
    assert "Its signers are: legal, security, director." in said


def test_signing_twice_is_refused(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    said = refused(drafted, *everything(drafted))
    assert "legal has signed this draft already" in said
    assert "canary unsign --as legal" in said


def test_without_a_draft_there_is_nothing_to_sign(published: Publisher) -> None:
    assert "no draft is open" in refused(published, *AFFIRMED)


# --- unsign ---------------------------------------------------------------------------------------------


def test_a_signature_can_be_taken_back_before_publishing(drafted: Publisher) -> None:
    before = tree(drafted.folder)
    done(drafted.sign("legal"))
    ran = done(drafted.canary("unsign", "--as", "legal"))
    assert "0 of 3 signed, 2 needed" in ran.said
    assert ran.out.splitlines()[-1].startswith("Next: ")
    assert tree(drafted.folder) == before
    assert drafted.sign("legal").code == 0


@pytest.mark.parametrize(
    ("name", "told"), [("legal", "legal has not signed this draft"), ("board", "board is no signer of this draft")]
)
def test_what_was_not_signed_cannot_be_taken_back(drafted: Publisher, name: str, told: str) -> None:
    ran = drafted.canary("unsign", "--as", name)
    assert (ran.code, told in ran.err) == (1, True)


def test_a_published_signature_cannot_be_taken_back(published: Publisher) -> None:
    before = tree(published.folder)
    assert published.canary("unsign", "--as", "legal").code == 1
    assert tree(published.folder) == before


# --- a draft that was edited after somebody signed it ---------------------------------------------------


def edited(publisher: Publisher) -> None:
    text, statement, _ = publisher.draft_file.read_text("utf-8").partition("\n[tell v1]\n")
    assert statement
    publisher.draft_file.write_text(text, "utf-8")


def test_a_draft_edited_after_one_signed_is_noticed_everywhere(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    edited(drafted)
    status = drafted.canary("status").said
    assert "legal: bad" in status
    assert "canary unsign --as legal: that signature is not over this draft" in status
    before = tree(drafted.folder)
    ran = drafted.publish()
    assert ran.code == 2
    assert "the signature of legal is not over this draft" in ran.err
    assert "Find out who changed what" in ran.err
    assert tree(drafted.folder) == before


def test_enough_other_signatures_do_not_make_a_bad_one_pass(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    edited(drafted)
    done(drafted.sign("security"))
    done(drafted.sign("director"))
    ran = drafted.publish()
    assert (ran.code, "the signature of legal is not over this draft" in ran.err) == (2, True)
    done(drafted.canary("unsign", "--as", "legal"))
    assert drafted.publish().code == 0
    assert drafted.verify().code == 0


def test_whoever_signs_an_edited_draft_is_told_whose_signature_it_broke(drafted: Publisher) -> None:
    done(drafted.sign("legal"))
    edited(drafted)
    ran = done(drafted.sign("security"))
    assert "Warning: the signature of legal is not over this draft" in ran.said
    assert ran.out.splitlines()[-1] == "Next: canary unsign --as legal: that signature is not over this draft"


# --- merge ----------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(drafted: Publisher, tmp_path: Path) -> Publisher:
    """The same draft on another machine."""
    return drafted.copy_to(tmp_path / "elsewhere")


def refused_merge(publisher: Publisher, *files: Path, code: int = 1) -> str:
    before = tree(publisher.folder)
    ran = publisher.canary("merge", *files)
    assert ran.code == code, ran
    assert tree(publisher.folder) == before
    return ran.said


def test_signatures_made_on_other_machines_are_taken_in(drafted: Publisher, elsewhere: Publisher) -> None:
    for name in ("security", "legal"):
        done(elsewhere.sign(name))
    ran = done(drafted.canary("merge", elsewhere.signature_file("security"), elsewhere.signature_file("legal")))
    assert "Taken in: the signatures of security, legal." in ran.said
    assert ran.out.endswith("\nNext: canary publish\n")
    assert drafted.publish().code == 0
    assert drafted.verify().code == 0


def test_a_file_may_hold_many_lines_and_have_any_name(drafted: Publisher, elsewhere: Publisher, tmp_path: Path) -> None:
    for name in ("security", "legal"):
        done(elsewhere.sign(name))
    together = tmp_path / "from the mail.txt"
    together.write_bytes(b"".join(elsewhere.signature_file(name).read_bytes() for name in ("security", "legal")))
    done(drafted.canary("merge", together))
    for name in ("security", "legal"):
        assert drafted.signature_file(name).read_bytes() == elsewhere.signature_file(name).read_bytes()


def test_all_are_taken_in_or_none(drafted: Publisher, elsewhere: Publisher) -> None:
    done(elsewhere.sign("security"))
    done(elsewhere.canary("draft", "--replace", "--add", "keys"))
    other = elsewhere.copy_to(elsewhere.folder.with_name("third"))
    done(other.sign("legal"))
    done(drafted.sign("director"))
    good = drafted.folder / "director.sig"
    good.write_bytes(drafted.signature_file("director").read_bytes())
    done(drafted.canary("unsign", "--as", "director"))
    said = refused_merge(drafted, good, other.signature_file("legal"))
    assert "the signature of legal does not count: bad; nothing was taken in" in said
    assert "compare the hash that 'canary status' shows" in said


def test_a_signature_over_another_draft_is_refused(drafted: Publisher, elsewhere: Publisher) -> None:
    done(elsewhere.canary("draft", "--replace", "--add", "keys"))
    done(elsewhere.sign("legal"))
    assert "does not count: bad" in refused_merge(drafted, elsewhere.signature_file("legal"))


def test_a_key_that_is_in_no_roster_is_refused(drafted: Publisher, tmp_path: Path) -> None:
    stranger = Publisher(tmp_path / "stranger").begin().on("2026-02-03")
    done(stranger.canary("draft", *ADD_ALL))
    done(stranger.sign("legal"))
    assert "the key example.net/canary/legal is no signer of this draft" in refused_merge(
        drafted, stranger.signature_file("legal")
    )


def test_what_was_taken_in_already_may_come_again(drafted: Publisher, elsewhere: Publisher) -> None:
    done(elsewhere.sign("legal"))
    done(drafted.canary("merge", elsewhere.signature_file("legal")))
    before = tree(drafted.folder)
    done(drafted.canary("merge", elsewhere.signature_file("legal")))
    assert tree(drafted.folder) == before


def test_a_signature_of_somebody_who_may_not_sign_is_told(drafted: Publisher, elsewhere: Publisher) -> None:
    done(elsewhere.sign("security"))
    drafted.signature_file("board").write_bytes(elsewhere.signature_file("security").read_bytes())
    ran = drafted.canary("status")
    assert (ran.code, "draft/board.sig: board is no signer of this draft" in ran.said) == (1, True)
