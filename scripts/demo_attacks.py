"""What can happen to a canary, done to copies of the demo's own, and what a watcher is told each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from canary.core.documents.layout import FRONT
from canary.core.signed.note import Note, parse_note
from scripts.demo_publisher import NEWEST_SIGNERS, DemoError
from scripts.demo_scene import Scene
from scripts.demo_server import serving

_WORD, _OTHER_WORD = b"anyone outside the company.", b"anyone outside the country."
"""An edit of the statement on encryption keys; as long as the word before, so that nothing else has to change."""

_WITHDRAWN = "content-feeds"
_MORNING = timedelta(hours=9)
_DAY = timedelta(days=1)


def show_attacks(scene: Scene) -> None:
    """Shows every attack.

    Raises:
        DemoError: a watcher was told something else than expected.
    """
    _edited(scene)
    _withdrawn(scene)
    _older_copy(scene)
    _forked(scene)
    _signature_missing(scene)
    _too_late(scene)
    _deleted(scene)
    _host_gone(scene)


def edit_site(site: Path) -> int:
    """Edits a word in every file of a site that holds it; returns how many those are.

    Raises:
        DemoError: the newest release has no such word.
    """
    edited = [path for path in site.rglob("*") if path.is_file() and _edit(path)]
    if site / FRONT not in edited:
        raise DemoError(f"the newest release does not say {_WORD.decode()!r}; choose another word to edit")
    return len(edited)


def _edited(scene: Scene) -> None:
    site = scene.site("edited")
    files = edit_site(site)
    done = f"""A word is edited on the site. Where the company spoke of "{_WORD.decode()}", it now says
        "{_OTHER_WORD.decode()}", in all {files} files that hold the sentence."""
    with serving(site) as url:
        scene.watcher.look("edited", url, done)
    scene.rebuild_log(site, [entry.replace(_WORD, _OTHER_WORD) for entry in scene.publisher.entries()])
    done = """The same edit, by somebody who has also stolen the key of the web site's log and puts the log in order
        again. That key has no authority: the signatures of the people do not fit the words any more."""
    with serving(site) as url:
        scene.watcher.look("edited with the log key", url, done)


def _edit(path: Path) -> bool:
    data = path.read_bytes()
    path.write_bytes(data.replace(_WORD, _OTHER_WORD))
    return _WORD in data


def _withdrawn(scene: Scene) -> None:
    later = scene.publisher.copy(scene.folder / "withdrawn")
    day = scene.next_morning()
    later.release(["legal", "security"], "--without", _WITHDRAWN, at=day)
    done = f"""A statement is withdrawn. Three months on, the next release comes in time and properly signed, and
        without the statement {_WITHDRAWN}. Nobody has to say why, and no tool guesses."""
    with serving(later.workspace / "public") as url:
        scene.watcher.look("withdrawn", url, done, state=scene.remembered("withdrawn"), at=day + _DAY)


def _older_copy(scene: Scene) -> None:
    state = scene.remembered("older")
    with serving(scene.older.workspace / "public") as url:
        done = """An older copy is served to somebody who has seen the newer one: three months old, and every signature
            on it is good. It may be a server that lags behind."""
        scene.watcher.look("older copy", url, done, state=state)
        done = "A day later the older copy is still there. No honest server lags that long."
        scene.watcher.look("older copy for a day", url, done, state=state, at=datetime.now(UTC) + _DAY + _MORNING)


def _forked(scene: Scene) -> None:
    other = scene.older.copy(scene.folder / "forked")
    # What the company tells one half of the world, and not the other.
    other.release(NEWEST_SIGNERS, "--without", _WITHDRAWN, at=None)
    state = scene.remembered("forked")
    done = f"""The log is forked. The same people have signed a second newest release, without {_WITHDRAWN}, and show
        it to some watchers only. Whoever has seen the other one holds both, and the two together are proof."""
    with serving(other.workspace / "public") as url:
        scene.watcher.look("forked", url, done, state=state)
    done = "The first version is put back. The proof does not go away: it stays until a person has acknowledged it."
    with serving(scene.publisher.workspace / "public") as url:
        scene.watcher.look("forked and put back", url, done, state=state)


def _signature_missing(scene: Scene) -> None:
    *before, newest = scene.publisher.entries()
    note = parse_note(newest)
    site = scene.site("unsigned")
    scene.rebuild_log(site, [*before, Note(note.text, note.signatures[:1]).render()])
    done = "A signature is missing: the newest release comes with one, and the roster asks for two."
    with serving(site) as url:
        scene.watcher.look("signature missing", url, done)


def _too_late(scene: Scene) -> None:
    newest = scene.publisher.newest_release()
    if newest.next is None or newest.expires is None:
        raise DemoError("the newest release says that it is the last")
    state = scene.remembered("expired")
    with serving(scene.publisher.workspace / "public") as url:
        done = f"""The next release does not come. Its window ended on {newest.next.last}; from then on it is late, and
            the days of grace run."""
        scene.watcher.look("late", url, done, state=state, at=newest.next.over + _MORNING)
        done = "The canary expires. Nobody touched the site, and every signature on it is still good."
        scene.watcher.look("expired", url, done, state=state, at=newest.expires + _MORNING)
    done = "It expires with the host gone as well: cutting the watchers off does not keep a canary alive."
    scene.watcher.look("expired and host gone", url, done, state=state, at=newest.expires + _MORNING + _MORNING)


def _deleted(scene: Scene) -> None:
    empty = scene.folder / "deleted"
    empty.mkdir()
    done = "The canary is deleted. The host answers, and says that there is no such thing (404)."
    with serving(empty) as url:
        scene.watcher.look("deleted", url, done, state=scene.remembered("deleted"))


def _host_gone(scene: Scene) -> None:
    with serving(scene.publisher.workspace / "public") as url:
        pass
    done = """The host is gone: nothing answers at all. That may be a cable or a strike of lightning, so it is a warning
        and no alarm; what was seen before is still fresh."""
    scene.watcher.look("host gone", url, done, state=scene.remembered("gone"))
