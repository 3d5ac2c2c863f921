"""What is said of a draft before it is signed: what watchers will see, and that it is too old or overtaken."""

from __future__ import annotations

from tests.publisher import ADD_ALL, Publisher, done, tree

# --- what watchers will see -----------------------------------------------------------------------------


def seen(publisher: Publisher) -> str:
    """Returns the status that watchers with a pin see of what is drafted, once it is published."""
    return publisher.signed("legal", "security").verify().out.partition(":")[0]


def test_an_end_that_takes_something_back_is_never_promised_to_be_retired(published: Publisher) -> None:
    published.on("2026-05-02").release("--without", "taps")
    told = [
        done(published.on("2026-08-02").canary("draft", "--final")).said,
        done(published.sign("legal")).said,
    ]
    done(published.canary("unsign", "--as", "legal"))
    for said in told:
        assert "changed: WITHDRAWN: the statement taps is gone from release 3" in said
        assert "Watchers will see WITHDRAWN, and not RETIRED. That cannot be undone." in said
        assert "see RETIRED" not in said
    assert seen(published) == "WITHDRAWN"


def test_an_end_two_periods_after_a_withdrawal_is_promised_to_be_retired(published: Publisher) -> None:
    published.on("2026-05-02").release("--without", "taps")
    published.on("2026-08-02").release()
    assert "Watchers will see RETIRED." in done(published.on("2026-11-02").canary("draft", "--final")).said
    assert seen(published) == "RETIRED"


def test_an_end_in_other_words_is_a_withdrawal(published: Publisher) -> None:
    published.write_statement("taps", "Nobody that we know of has installed equipment in our network.", version=2)
    said = done(published.on("2026-05-02").canary("draft", "--final")).said
    assert "changed: WITHDRAWN: release 2, the last one, does not affirm taps@v1 as it stood" in said
    assert "changed: REWORDED: the statement taps was reworded" in said
    assert "Watchers will see WITHDRAWN, and not RETIRED." in said
    assert seen(published) == "WITHDRAWN"


def test_a_correction_is_told_as_those_see_it_who_know_the_period_before(published: Publisher) -> None:
    published.on("2026-05-02").release("--without", "taps")
    said = done(published.on("2026-05-03").canary("draft", "--correction")).said
    assert "changed: WITHDRAWN: the statement taps is gone" in said
    assert "Watchers will see WITHDRAWN." in said
    assert seen(published) == "WITHDRAWN"


def test_changes_of_the_roster_are_told_with_the_release_that_shows_them(published: Publisher) -> None:
    published.edit_config(("threshold = 2", "threshold = 3"))
    published.on("2026-02-10").rotate(by=("legal", "security", "director"))
    said = done(published.on("2026-05-02").canary("draft")).said
    assert "changed: THRESHOLD-CHANGED: the threshold went from 2 to 3 of 3" in said
    assert "Watchers will see CHANGED." in said


# --- drafts that are too old, overtaken, or published ---------------------------------------------------


def test_a_draft_for_a_window_that_is_over_is_told(drafted: Publisher) -> None:
    told = "This draft is of 2026-02-03, for a window that is over: it opened on 2026-02-01"
    assert told not in done(drafted.on("2026-04-30").sign("legal")).said
    ran = done(drafted.on("2026-05-02").sign("security"))
    assert f"Warning: {told}" in ran.said
    assert "Make a new one with canary draft --replace." in ran.said
    ran = drafted.canary("draft", *ADD_ALL)
    assert (ran.code, told in ran.said) == (1, True)
    before = tree(drafted.folder)
    ran = drafted.on("2026-05-29").sign("director")
    assert (ran.code, told in ran.said, "It would be EXPIRED at once" in ran.said) == (2, True, True)
    assert tree(drafted.folder) == before


def test_a_draft_that_a_colleague_overtook_says_what_to_do(drafted: Publisher) -> None:
    text = drafted.draft_file.read_bytes()
    drafted.signed("legal", "security")
    drafted.draft_file.parent.mkdir(exist_ok=True)
    done(drafted.on("2026-05-02").canary("draft"))
    drafted.draft_file.write_bytes(text.replace(b"keys v1", b"keys v3"))
    for arguments in (("sign", "--as", "legal"), ("unsign", "--as", "legal")):
        ran = drafted.canary(*arguments)
        assert ran.code == 2
        assert "draft/text.txt: entry 3: it calls itself entry 2" in ran.said
        assert "The log has moved on since this draft was made: make a new one with canary draft --replace" in ran.said
    assert drafted.canary("draft", "--replace").code == 0


def test_a_draft_that_is_in_the_log_already_is_not_replaced(drafted: Publisher) -> None:
    text = drafted.draft_file.read_bytes()
    drafted.signed("legal", "security")
    drafted.draft_file.parent.mkdir(exist_ok=True)
    drafted.draft_file.write_bytes(text)
    before = tree(drafted.folder)
    for arguments in (
        ("draft", "--replace"),
        ("draft", "--replace", "--correction"),
        ("draft",),
        ("roster", "--replace"),
    ):
        ran = drafted.canary(*arguments)
        assert (ran.code, "the last draft is not quite published yet" in ran.said) == (1, True)
        assert "Run 'canary publish' once more." in ran.said
    assert tree(drafted.folder) == before
