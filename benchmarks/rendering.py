"""What a site costs to render as its log grows, and what one more release costs to publish."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks.measuring import Row, milliseconds, quickest_calls
from canary.core.log.history import History, replay
from canary.edges.publishing.site_folder import PUBLIC, laid_out_site
from tests.simulator import Publisher
from tests.site_scenes import long_log, render

_SHORT, _LONG = 50, 200
_STATEMENTS = 20
_LOG = "tile/"


def rendering() -> Iterator[Row]:
    """Measures the whole site of a short log and of a long one, and the files that one more release writes."""
    publisher = long_log(_LONG, _STATEMENTS)
    histories = {size: replay(publisher.entries[: size + 1], publisher.gpg) for size in (_SHORT, _LONG - 1, _LONG)}
    calls = {f"{size}": partial(render, publisher, histories[size]) for size in (_SHORT, _LONG)}
    taken = quickest_calls(calls, rounds=3)
    each = {size: taken[f"{size}"] / size for size in (_SHORT, _LONG)}
    note = f"each of {_SHORT} ({milliseconds(each[_SHORT])}; all {_LONG}: {milliseconds(taken[f'{_LONG}'])})"
    what = f"rendering {_LONG} releases of {_STATEMENTS} statements, each release"
    yield Row(what, each[_LONG] / each[_SHORT], 1.25, note)
    yield from _one_more(publisher, histories)


def _one_more(publisher: Publisher, histories: Mapping[int, History]) -> Iterator[Row]:
    before, after = (render(publisher, histories[size]) for size in (_LONG - 1, _LONG))
    changed = sum(len(data) for path, data in after.items() if before.get(path) != data)
    written = _written(before, after)
    note = f"the bytes of the files that it changes ({changed / 1000:,.0f} kB of {_total(after) / 1000:,.0f} kB)"
    yield Row(f"bytes written to publish release {_LONG}", written / changed, 3.0, note)
    pages = {path: data for path, data in after.items() if not path.startswith(_LOG)}
    new = sum(len(data) for path, data in pages.items() if path not in before)
    rewritten = sum(len(data) for path, data in pages.items() if path in before and before[path] != data)
    note = f"its own files, the log's tiles aside ({new / 1000:,.0f} kB)"
    yield Row(f"files of {_LONG - 1} releases that one more rewrites, in bytes", rewritten / new, None, note)


def _written(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> int:
    """Returns the bytes of the files that a folder with one site got to hold another."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        with laid_out_site(root, before) as show:
            show()
        old = (root / PUBLIC).resolve()
        with laid_out_site(root, after):
            (new,) = [folder for folder in old.parent.iterdir() if folder != old]
            files = [path.stat() for path in new.rglob("*") if path.is_file()]
        if len(files) != len(after):
            raise SystemExit("the site was not laid out whole")
        # What is taken over from the site before is one file under two names.
        return sum(file.st_size for file in files if file.st_nlink == 1)


def _total(files: Mapping[str, bytes]) -> int:
    return sum(len(data) for data in files.values())
