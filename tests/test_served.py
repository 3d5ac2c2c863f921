"""A published site behind the web servers of the README, against the table in `canary.core.documents.serving`."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Final

import pytest

from canary.core.documents.serving import cache_control, content_type
from tests.publisher import Publisher, command

README: Final = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
PATH: Final = f"{os.environ['PATH']}:/usr/sbin"
PATIENCE: Final = 20.0
NGINX: Final = """daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {snippet}
}}
"""
CADDY: Final = "{{\n    admin off\n    auto_https off\n}}\n{snippet}"


def snippet(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(found)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def set_up(server: str, program: str, folder: Path, www: Path, port: int) -> list[str]:
    """Writes the configuration that the README shows, for this folder and this port; returns what starts the server."""
    told = snippet("nginx" if server == "nginx" else "caddyfile").replace("/srv/www", str(www))
    config = folder / "config"
    if server == "nginx":
        told = told.replace("listen 80;", f"listen 127.0.0.1:{port};")
        config.write_text(NGINX.format(folder=folder, snippet=told), "utf-8")
        return [program, "-p", str(folder), "-c", str(config), "-e", "stderr"]
    told = told.replace("http://example.net {", f"http://127.0.0.1:{port} {{\n    bind 127.0.0.1")
    config.write_text(CADDY.format(snippet=told), "utf-8")
    return [program, "run", "--config", str(config), "--adapter", "caddyfile"]


@contextmanager
def serving(server: str, folder: Path, www: Path) -> Iterator[int]:
    program = shutil.which(server, path=PATH)
    if program is None:
        pytest.skip(f"NO SITE WAS LOOKED AT BEHIND {server}: it is not installed (Debian: apt install {server})")
    port = free_port()
    log = folder / "said"
    with log.open("wb") as said:
        started = subprocess.Popen(
            set_up(server, program, folder, www, port),
            stdout=said,
            stderr=said,
            env={**os.environ, "HOME": str(folder)},
        )
    try:
        patience = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert started.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < patience, log.read_text("utf-8")
                time.sleep(0.05)
        yield port
    finally:
        started.terminate()
        started.wait(PATIENCE)


def asked(port: int, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("server", ["nginx", "caddy"])
def test_every_file_is_served_as_the_table_says(server: str, published: Publisher, tmp_path: Path) -> None:
    attached = [tmp_path / f"report.{ending}" for ending in ("pdf", "txt", "html", "svg", "js", "json", "asc")]
    for file in attached:
        file.write_bytes(b"<script>alert(1)</script>")
    published.on("2026-05-02").release(*(word for file in attached for word in ("--attach", file)))
    www, folder = tmp_path / "www", tmp_path / "server"
    folder.mkdir()
    shutil.copytree(published.public, www / "canary")
    # The table tells of these too, and a site without timestamps and OpenPGP keys has none.
    for path in (f"evidence/{'0' * 64}/0.tsr", f"evidence/{'0' * 64}/0.ots", "releases/2/legal.asc"):
        (www / "canary" / path).parent.mkdir(parents=True, exist_ok=True)
        (www / "canary" / path).write_bytes(b"x")
    files = {str(each.relative_to(www / "canary")): each for each in (www / "canary").rglob("*") if each.is_file()}
    with serving(server, folder, www) as port:
        wrong = {}
        for path, file in files.items():
            # Caddy sends whoever asks for an index by name to its folder.
            answer, body = asked(port, f"/canary/{path.removesuffix('index.html')}")
            got = (answer.status, answer.headers["Content-Type"], answer.headers["Cache-Control"], body)
            if got != (200, content_type(path), cache_control(path), file.read_bytes()):
                wrong[path] = got[:3]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert wrong == {}
        assert {"checkpoint", ".well-known/warrant-canary", "releases/2/files/report.html"} <= files.keys()
        tag = asked(port, "/canary/checkpoint")[0].headers["ETag"]
        again, body = asked(port, "/canary/checkpoint", If_None_Match=tag)
        assert (again.status, body) == (304, b"")
        assert asked(port, "/canary/checkpoint", If_None_Match='"another"')[0].status == 200
        missing = asked(port, "/canary/releases/9/text.txt")[0]
        assert (missing.status, "immutable" in (missing.headers["Cache-Control"] or "")) == (404, False)
        ran = command(published.app, "verify", f"http://127.0.0.1:{port}/canary/", "--pin", published.pin)
        assert (ran.code, ran.out.split(":")[0]) == (0, "OK"), ran
