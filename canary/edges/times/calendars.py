"""OpenTimestamps calendars, asked over HTTP: `POST /digest` for a promise, `GET /timestamp/…` for what became of it.

That is the calendars' whole interface (the reference server's `otsserver/rpc.py` and the reference client's
`opentimestamps/calendar.py`). An address that stands in a proof decides nothing: only calendars on the list are
connected to, under the spelling that the list has, so that no proof can have this machine connect anywhere.
"""

from __future__ import annotations

import http
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol
from urllib.parse import urlsplit

from canary.core.dating.ots_calendars import CalendarAnswer, Promise, checked_calendars
from canary.errors import BadAnswerError, FetchError, NotAskedError
from canary.limits import CALENDAR_BYTES, CALENDAR_SECONDS, CALENDARS, COMMITMENT_BYTES

_HEADERS = {"Accept": "application/vnd.opentimestamps.v1", "Content-Type": "application/x-www-form-urlencoded"}
_SHOWN_CHARACTERS = 80


class Request(Protocol):
    """The port to the one way in which web services are asked (`canary.edges.web.web_request.request`)."""

    def __call__(
        self,
        url: str,
        *,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        limit: int,
        seconds: float,
    ) -> tuple[int, bytes]:
        """Sends one request and returns the status and the body; raises FetchError where nothing came back."""


class CalendarClient:
    """A `canary.core.dating.ots_calendars.Calendars` over HTTP. All calendars are asked at once.

    A calendar that fails once is left alone from then on: whoever asks for many entries waits for it a single time.

    Args:
        request: how web services are asked; it bounds each answer in bytes and time.
        calendars: the list: addresses of calendars.
        seconds: what asking may take altogether, counted from the first question.
        each: what one answer may take.

    Raises:
        MalformedError: an address is none that a calendar can have, or stands twice, or there are too many.
    """

    def __init__(
        self, request: Request, calendars: Sequence[str], *, seconds: float, each: float = CALENDAR_SECONDS
    ) -> None:
        self._request = request
        self._calendars = checked_calendars(calendars)
        self._seconds = seconds
        self._each = each
        self._ends: float | None = None
        self._failed: dict[str, FetchError] = {}

    def submit(self, commitment: bytes) -> tuple[CalendarAnswer, ...]:
        """Asks every calendar on the list for a promise; see `canary.core.dating.ots_calendars.Calendars`."""
        return self._all([Promise(calendar, commitment) for calendar in self._calendars], self._submitted)

    def fetch(self, promises: Sequence[Promise]) -> tuple[CalendarAnswer, ...]:
        """Asks what became of promises; see `canary.core.dating.ots_calendars.Calendars`."""
        return self._all(promises, self._fetched)

    def left(self) -> float:
        """Returns the seconds that are left, counted from the first call; 0 or less when none are."""
        if self._ends is None:
            self._ends = time.monotonic() + self._seconds
        return self._ends - time.monotonic()

    def _all(self, promises: Sequence[Promise], ask: Callable[[Promise], CalendarAnswer]) -> tuple[CalendarAnswer, ...]:
        self.left()  # from here on the time runs, for whoever is asked last too
        if not promises:
            return ()
        with ThreadPoolExecutor(min(len(promises), CALENDARS), thread_name_prefix="canary-calendar") as pool:
            return tuple(pool.map(ask, promises))

    def _submitted(self, promise: Promise) -> CalendarAnswer:
        return self._asked(promise, f"{promise.calendar}/digest", promise.commitment)

    def _fetched(self, promise: Promise) -> CalendarAnswer:
        calendar = promise.calendar.rstrip("/")
        if calendar not in self._calendars:
            return _not_asked(promise, "is not on the list of calendars")
        if len(promise.commitment) > COMMITMENT_BYTES:
            return _not_asked(promise, "is said to have promised something that no calendar commits to")
        return self._asked(promise, f"{calendar}/timestamp/{promise.commitment.hex()}", None)

    def _asked(self, promise: Promise, url: str, body: bytes | None) -> CalendarAnswer:
        calendar = promise.calendar.rstrip("/")
        if calendar in self._failed:
            return CalendarAnswer(promise, None, self._failed[calendar])
        left = min(self._each, self.left())
        if left <= 0:
            return _not_asked(promise, f"was not asked: the {self._seconds:g} s for calendars were over")
        try:
            status, answer = self._request(
                url,
                method="GET" if body is None else "POST",
                body=body,
                headers=_HEADERS,
                limit=CALENDAR_BYTES,
                seconds=left,
            )
            if status == http.HTTPStatus.OK:
                return CalendarAnswer(promise, answer)
            if status == http.HTTPStatus.NOT_FOUND and body is None:
                return CalendarAnswer(promise, None)
            fault: FetchError = BadAnswerError(f"{_host(promise)} answered with status {status}")
        except FetchError as error:
            fault = error
        self._failed[calendar] = fault
        return CalendarAnswer(promise, None, fault)


def _not_asked(promise: Promise, why: str) -> CalendarAnswer:
    return CalendarAnswer(promise, None, NotAskedError(f"{_host(promise)} {why}"))


def _host(promise: Promise) -> str:
    """Returns what a calendar is called in messages; its address may come from a file."""
    return (urlsplit(promise.calendar).netloc or promise.calendar)[:_SHOWN_CHARACTERS]
