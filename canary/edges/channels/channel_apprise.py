"""A channel to whatever apprise knows: chats, pagers, push services. apprise is the extra `alerts`.

Its URLs hold tokens: no message shows any part of one, and what apprise and the libraries below it log goes nowhere.
apprise does not say why something was not sent, so every failure is temporary. An address that has taken a message does
not get it again from this process when another has not.
"""

from __future__ import annotations

import logging
import time
from types import ModuleType

from canary.core.watching.message import Message
from canary.core.watching.watch_settings import Apprise
from canary.edges.channels.secrets import kept_for_later, read_lines
from canary.edges.channels.taken_before import TakenBefore
from canary.edges.web.timed_work import in_time
from canary.errors import DeliveryError


class AppriseChannel:
    """Sends to each of the URLs.

    Args:
        apprise: where the URLs are read from.
        seconds: what one message may take, to all of them.
    """

    def __init__(self, apprise: Apprise, *, seconds: float) -> None:
        self._urls = apprise.urls
        self._seconds = seconds
        self._taken = TakenBefore()

    def send(self, message: Message) -> None:
        """Sends the subject and the plain text.

        Raises:
            DeliveryError: not every address took it, for now.
        """
        with kept_for_later():
            lines = read_lines(self._urls)
        apprise = _apprise()
        limit = _Limit(self._seconds)
        try:
            failed = in_time(limit, lambda: self._failed(apprise, message, lines, limit))
        except TimeoutError:
            what = f"apprise did not send within {round(self._seconds, 1):g} s"
            raise DeliveryError(what, temporary=True) from None
        if failed:
            numbers = ", ".join(str(number) for number in failed)
            raise DeliveryError(
                f"apprise could not send to {len(failed)} of {len(lines)} addresses (lines: {numbers})",
                hint="Try the address with apprise's own command; it says more.",
                temporary=True,
            )
        self._taken.forget(message.id)

    def _failed(
        self, apprise: ModuleType, message: Message, lines: tuple[tuple[int, str], ...], limit: _Limit
    ) -> list[int]:
        """Sends, and returns the lines whose addresses did not take it."""
        # One after the other: apprise's own threads would be waited for at the end of the program.
        asset = apprise.AppriseAsset(async_mode=False)
        failed = []
        for number, url in lines:
            limit.left()
            if url in self._taken.by(message.id):
                continue
            service = apprise.Apprise(asset=asset)
            if service.add(url) and service.notify(message.text, title=message.subject, body_format="text"):
                self._taken.add(message.id, url)
            else:
                failed.append(number)
        return failed


class _Limit:
    """What is late is left behind on its thread, since nobody can cut apprise's connections; nothing new is begun."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._over = False

    def left(self) -> float:
        left = self._ends - time.monotonic()
        if self._over or left <= 0:
            raise TimeoutError
        return left

    def cut(self) -> None:
        self._over = True


def _apprise() -> ModuleType:
    """Returns the library, silent."""
    try:
        import apprise  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as error:
        raise DeliveryError(
            "apprise is not installed",
            hint="Run: pip install 'warrant-canary[alerts]'. What waits is sent then.",
            temporary=True,
        ) from error
    logging.getLogger("apprise").propagate = False
    # Without a handler anywhere, Python prints what any library below apprise logs as a warning, addresses and all.
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
    return apprise
