"""`canary print`: files for paper."""

from __future__ import annotations

import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import pytest

from canary.edges.publishing.pdf import pdf_of
from tests.loopback import Loopback
from tests.publisher import Publisher, done, text_hash, tree


def without_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)


def needs_engine() -> None:
    try:
        pdf_of(b"<p>x</p>")
    except Exception as error:  # noqa: BLE001  # whatever it is, no paper can be made here
        pytest.skip(f"no print engine here, so no PDF was looked at: {error}")


def test_the_open_draft_as_html(drafted: Publisher, tmp_path: Path) -> None:
    done(drafted.sign("legal"))
    before, file = tree(drafted.root), tmp_path / "draft.html"
    ran = done(drafted.canary("print", file))
    text = drafted.draft_file.read_bytes()
    page = file.read_text("utf-8")
    assert escape(text.decode(), quote=False) in page.replace("&#39;", "'").replace("&#34;", '"')
    assert "<h1>Release 1, a draft</h1>" in page
    assert f"The SHA-256 of its text: {text_hash(text)}" in ran.said
    assert ran.out.endswith(f"\nNext: print {file}, and have it signed on paper\n")
    assert tree(drafted.root) == before


@pytest.mark.parametrize(("option", "folder"), [("--release", "releases"), ("--roster", "rosters")])
def test_what_is_published(option: str, folder: str, published: Publisher, tmp_path: Path) -> None:
    ran = done(published.canary("print", tmp_path / "it.html", option, 1))
    text = (published.public / folder / "1/text.txt").read_bytes()
    assert f"The SHA-256 of its text: {text_hash(text)}" in ran.said
    assert ran.out.endswith("it.html and file it\n")


def test_a_pdf_holds_the_hash_and_the_words(published: Publisher, tmp_path: Path) -> None:
    needs_engine()
    file = tmp_path / "release.pdf"
    ran = done(published.canary("print", file, "--release", 1))
    assert (ran.err, file.read_bytes()[:5]) == ("", b"%PDF-")
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here, so the words of the PDF were not read")
    told = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True).stdout
    text = (published.public / "releases/1/text.txt").read_bytes()
    assert told.count(text_hash(text).removeprefix("sha256:")) >= 1
    assert "Nobody but Example Networks has ever installed equipment in its network." in told
    assert "page 1 of " in told


def test_the_engine_asks_nobody_for_anything(tmp_path: Path) -> None:
    needs_engine()
    secret = tmp_path / "secret.svg"
    secret.write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>hush</text></svg>")
    with Loopback({"/x.png": b"", "/x.css": b""}) as server:
        made = pdf_of(
            f'<link rel=stylesheet href="{server.url}/x.css"><img src="{server.url}/x.png">'
            f'<img src="file://{secret}"><style>@import "{server.url}/x.css";</style><p>all the same</p>'.encode()
        )
        assert server.asked == []
    assert made.startswith(b"%PDF-")


def test_without_an_engine_it_says_what_then(
    published: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_pdf(monkeypatch)
    ran = published.canary("print", tmp_path / "release.pdf", "--release", 1)
    assert (ran.code, list(tmp_path.glob("*.pdf"))) == (3, [])
    assert "pip install 'warrant-canary[pdf]'" in ran.said
    assert "or write an .html file and print it from a browser" in ran.said


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("a.txt",), 3, "a.txt ends with neither .html nor .pdf"),
        (("a",), 3, "a ends with neither .html nor .pdf"),
        (("a.html",), 1, "no draft is open What to do: To print what is published, name it"),
        (("a.html", "--release", 2), 3, "release 2 is not in the log What to do: The newest is 1."),
        (("a.html", "--roster", 7), 3, "roster 7 is not in the log"),
        (("a.html", "--roster", 1, "--release", 1), 3, "--release and --roster are two papers"),
        (("a.html", "--release", 0), 3, "0 is not in the range"),
        ((), 3, "Missing argument 'FILE'"),
    ],
)
def test_what_cannot_be_printed(
    arguments: tuple[object, ...], code: int, told: str, published: Publisher, tmp_path: Path
) -> None:
    file = [tmp_path / str(arguments[0])] if arguments else []
    ran = published.canary("print", *file, *arguments[1:])
    assert (ran.code, told in ran.said) == (code, True), ran
    assert not list(tmp_path.glob("a*"))


def test_a_release_before_the_first(rostered: Publisher, tmp_path: Path) -> None:
    ran = rostered.canary("print", tmp_path / "a.html", "--release", 1)
    assert (ran.code, "There is no release yet." in ran.said) == (3, True)


def test_a_file_that_is_there_is_not_overwritten(published: Publisher, tmp_path: Path) -> None:
    file = tmp_path / "signed.html"
    file.write_text("scanned")
    ran = published.canary("print", file, "--release", 1)
    assert (ran.code, file.read_text()) == (3, "scanned")
    assert "is there already" in ran.err


def test_a_broken_draft_is_not_printed(drafted: Publisher, tmp_path: Path) -> None:
    drafted.draft_file.write_bytes(drafted.draft_file.read_bytes() + b" \n")
    ran = drafted.canary("print", tmp_path / "a.html")
    assert (ran.code, list(tmp_path.glob("a*"))) == (3, [])
