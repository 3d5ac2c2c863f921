"""What stands on paper, and that nothing in a text can be more than text there."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from canary.core.text.strict import digest, encode_base64, sha256
from canary.flows.issue.printing import paper_of_draft
from canary.flows.issue.quorum import open_board
from canary.flows.site.pages import paper_page_of
from canary.flows.site.paper import Paper, PaperSigner, paper_of_entry
from tests.publisher import CANARY, Desk, line_of, no_openpgp, noon, vkey_of, wordings

HOSTILE = '</pre><script>alert(1)</script><img src="https://example.org/x"> & "quotes\' {{ 7 * 7 }} {% raw %}'


class Page(HTMLParser):
    """The elements of a page, and the text of some of them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.by_id: dict[str, str] = {}
        self.rows: list[list[str]] = []
        self._inside: list[str] = []
        self._id = ""
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._inside.append(tag)
        self._id = dict(attrs).get("id") or ""
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert tag
        self._id = ""

    def handle_data(self, data: str) -> None:
        if self._id:
            self.by_id[self._id] = self.by_id.get(self._id, "") + data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def draft(*signed: str) -> tuple[Desk, Paper]:
    desk = Desk().begin()
    text = desk.draft(noon("2026-02-03")).render()
    board = open_board(desk.history, text, {name: line_of(name, text) for name in signed}, no_openpgp)
    return desk, paper_of_draft(desk.history, board)


def test_the_paper_of_a_draft() -> None:
    desk, paper = draft("security")
    assert (paper.title, paper.draft, paper.organisation) == ("Release 1, a draft", True, "Example Networks")
    assert paper.text.encode() == desk.draft(noon("2026-02-03")).render()
    assert paper.text_sha256 == digest(paper.text.encode())
    assert paper.facts == (
        ("Canary", CANARY),
        ("Place in the log", "entry 2"),
        ("Pin (SHA-256 of roster 1)", f"sha256:{desk.history.admitted[0].entry.text_hash}"),
        ("Dated", "3 February 2026, 12:00 UTC"),
        ("For the window that opened on", "1 February 2026"),
        ("The next one is due", "1 to 14 May 2026"),
        ("Without one it is stale from", "29 May 2026, 00:00 UTC"),
    )
    assert [(each.name, each.state) for each in paper.signers] == [
        ("legal", "has not signed"),
        ("security", "signed"),
        ("director", "has not signed"),
    ]
    assert paper.signers[0].identity == vkey_of(f"{CANARY}/legal").render()
    assert paper.file == "draft/text.txt"


def test_the_page_holds_the_exact_text_and_its_hash() -> None:
    _, paper = draft()
    page = Page(paper_page_of(paper))
    assert page.by_id["signed-text"] == paper.text
    assert page.by_id["text-sha256"] == digest(paper.text.encode())


def test_the_page_has_a_line_to_sign_on_for_each_signer() -> None:
    _, paper = draft("legal")
    rows = [[cell.strip() for cell in row] for row in Page(paper_page_of(paper)).rows]
    assert rows[-3:] == [["legal", "", ""], ["security", "", ""], ["director", "", ""]]
    assert ["legal", f"Ed25519{vkey_of(f'{CANARY}/legal').render()}", "signed"] in rows


def test_a_published_release_and_a_roster() -> None:
    desk = Desk().begin().release(noon("2026-02-03"))
    roster, release = (paper_of_entry(desk.history, each) for each in desk.history.admitted)
    assert (roster.title, roster.file, release.title, release.file) == (
        "Roster 1",
        "rosters/1/text.txt",
        "Release 1",
        "releases/1/text.txt",
    )
    assert not roster.draft
    assert [each.state for each in roster.signers] == ["signed"] * 3
    assert [each.state for each in release.signers] == ["signed", "signed", "did not sign"]
    assert release.text.encode() == desk.history.admitted[1].entry.text
    assert b"This is a draft" not in paper_page_of(release)
    assert b"This is a draft" in paper_page_of(draft()[1])


def test_a_later_roster_is_signed_by_old_keys_and_new_ones() -> None:
    desk = Desk("legal", "security").begin()
    desk.people("security", "auditor", threshold=1)
    desk.sign(desk.roster(noon("2026-02-10")), "legal", "security", "auditor")
    paper = paper_of_entry(desk.history, desk.history.admitted[1])
    assert [each.name for each in paper.signers] == ["legal", "security", "auditor"]


def test_roster_1_as_a_draft_has_no_pin_yet() -> None:
    desk = Desk()
    text = desk.roster(noon("2026-01-20")).render()
    paper = paper_of_draft(desk.history, open_board(desk.history, text, {}, no_openpgp))
    assert (paper.title, paper.organisation) == ("Roster 1, a draft", "Example Networks")
    assert [label for label, _ in paper.facts] == ["Canary", "Place in the log", "Dated"]


def test_the_last_release_has_no_next() -> None:
    desk = Desk().begin().release(noon("2026-02-03"))
    text = desk.draft(noon("2026-05-02"), final=True).render()
    paper = paper_of_draft(desk.history, open_board(desk.history, text, {}, no_openpgp))
    assert paper.facts[-1] == ("The next one is due", "never: this is the last release")


# --- strangers' words -----------------------------------------------------------------------------------


def test_whatever_stands_in_a_text_is_text_on_the_page() -> None:
    desk = Desk().begin()
    desk.wordings = wordings(hostile=HOSTILE)
    text = desk.draft(noon("2026-02-03")).render()
    paper = paper_of_draft(desk.history, open_board(desk.history, text, {}, no_openpgp))
    page = Page(paper_page_of(paper))
    assert HOSTILE in page.by_id["signed-text"]
    assert {"script", "img", "link", "iframe", "a", "form"} & set(page.tags) == set()


@pytest.mark.parametrize("field", ["title", "organisation", "text", "file", "signed"])
def test_every_field_is_escaped(field: str) -> None:
    values = {"title": "t", "organisation": "o", "text": "x\n", "file": "f", "signed": "s"} | {field: HOSTILE}
    signer = PaperSigner(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    paper = Paper(draft=True, facts=((HOSTILE, HOSTILE),), text_sha256="0" * 64, signers=(signer,), **values)
    data = paper_page_of(paper)
    page, plain = Page(data), Page(paper_page_of(draft()[1]))
    assert set(page.tags) <= set(plain.tags)
    assert b"49" not in data.split(b"</style>")[1]
    assert data.count(b"<script") == 0


def test_the_page_loads_and_runs_nothing() -> None:
    data = paper_page_of(draft()[1])
    page = Page(data)
    assert {name for name, _ in page.attributes} & {"src", "href", "onclick", "onload", "style", "action"} == set()
    style = data.split(b"<style>")[1].split(b"</style>")[0]
    assert not re.search(rb"url\(|@import", style)
    allowed = f"style-src 'sha256-{encode_base64(sha256(style))}'; img-src 'self'"
    policy = f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"
    assert ("content", policy) in page.attributes


def test_one_text_makes_one_page() -> None:
    assert paper_page_of(draft("legal")[1]) == paper_page_of(draft("legal")[1])
    assert paper_page_of(draft("legal")[1]) != paper_page_of(draft("security")[1])
