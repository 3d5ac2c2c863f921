"""`canary print`: the open draft, or what is published, as a page for paper."""

from __future__ import annotations

from pathlib import Path

from canary.cli.app import App
from canary.cli.session import Session, open_session
from canary.cli.talk import say, say_next
from canary.core.documents.release import Release
from canary.core.log.admitted import Admitted
from canary.core.text.strict import hash_field
from canary.edges.disk.files import write_file
from canary.errors import CanaryError, RefusedError
from canary.flows.issue.printing import paper_of_draft
from canary.flows.site.pages import paper_page_of
from canary.flows.site.paper import Paper, paper_of_entry

_HTML = (".html", ".htm")
_PDF = ".pdf"


def print_paper(app: App, *, file: Path, release: int | None, roster: int | None, workspace: Path) -> None:
    """Does what `canary print` says."""
    if file.suffix.lower() not in (*_HTML, _PDF):
        raise CanaryError(
            f"{file} ends with neither .html nor .pdf", hint="Name a file that does: the ending says what it becomes."
        )
    if release is not None and roster is not None:
        raise CanaryError("--release and --roster are two papers", hint="Give one of them, or none for the open draft.")
    with open_session(app, workspace, changes=False) as session:
        paper = _paper(session, release, roster)
    data = paper_page_of(paper)
    if file.suffix.lower() == _PDF:
        from canary.edges.publishing.pdf import pdf_of  # noqa: PLC0415  # where it is asked for

        data = pdf_of(data)
    write_file(file, data, replace=False)
    say(f"{paper.title} is in {file}. The SHA-256 of its text: {hash_field(paper.text_sha256)}")
    say_next(f"print {file}" + (", and have it signed on paper" if paper.draft else " and file it"))


def _paper(session: Session, release: int | None, roster: int | None) -> Paper:
    history = session.history
    for number, kind in ((release, "release"), (roster, "roster")):
        if number is not None:
            return paper_of_entry(history, _entry(session, number, is_release=kind == "release"))
    board = session.board()
    if board is None:
        raise RefusedError("no draft is open", hint="To print what is published, name it: --release N, or --roster N.")
    return paper_of_draft(history, board)


def _entry(session: Session, number: int, *, is_release: bool) -> Admitted:
    kind = "release" if is_release else "roster"
    found = {
        each.entry.content.number: each
        for each in session.history.admitted
        if isinstance(each.entry.content, Release) is is_release
    }
    if number not in found:
        there = f"The newest is {max(found)}." if found else f"There is no {kind} yet."
        raise CanaryError(f"{kind} {number} is not in the log", hint=there)
    return found[number]
