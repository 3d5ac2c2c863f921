"""The dead man's switch: somebody else is told that the watcher still runs, and notices when that stops.

A monitor of its own (healthchecks and its like) gives out an address for each job, and raises the alarm when it has not
been asked for in time. Whoever has the address can pretend that the watcher runs, so it is kept as a secret.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from canary.edges.web.web_notice import tell
from canary.errors import CanaryError, FetchError


def ping(url: str, *, seconds: float, ca_file: Path | None = None) -> None:
    """Asks for the address (GET), and returns once it was answered with a status from 200 to 299.

    Args:
        url: the address; http:// only for this very machine.
        seconds: what all of it may take.
        ca_file: certificates (PEM) to trust instead of certifi's.

    Raises:
        FetchError: the address is none that can be used, no answer came, or another one. No message shows more of the
            address than its host.
    """
    try:
        status = tell(url, what="the ping", seconds=seconds, ca_file=ca_file)
    except FetchError:
        raise
    except CanaryError as error:
        raise FetchError(error.what, hint=error.hint) from error
    if status not in range(200, 300):
        hint = "Compare the address with the one that the monitor shows."
        raise FetchError(f"The ping was not taken: {urlsplit(url).netloc} answered with status {status}", hint=hint)
