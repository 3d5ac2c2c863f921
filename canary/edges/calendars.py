"""OpenTimestamps calendars, asked over HTTP: `POST /digest` for a promise, `GET /timestamp/…` for what became of it.

That is the calendars' whole interface (the reference server's `otsserver/rpc.py` and the reference client's
`opentimestamps/calendar.py`). An address that stands in a proof decides nothing: only calendars on the list are
connected to, under the spelling that the list has, so that no proof can have this machine connect anywhere.
"""

from __future__ import annotations

import http
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from canary.core.origin import origin
from canary.core.ots_calendars import CalendarAnswer, Promise
from canary.errors import CanaryError, FetchError
from canary.limits import CALENDAR_BYTES, CALENDAR_SECONDS, CALENDARS, COMMITMENT_BYTES

_HEADERS = {"Accept": "application/vnd.opentimestamps.v1", "Content-Type": "application/x-www-form-urlencoded"}


class Request(Protocol):
    """The port to the one way in which web services are asked (`canary.edges.web_request.request`)."""

    def __call__(
        self,
        url: str,
        *,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        limit: int,
        seconds: float,
        allow_http: bool,
    ) -> tuple[int, bytes]:
        """Sends one request and returns the status and the body; raises FetchError where nothing came back."""


class CalendarClient:
    """A `canary.core.ots_calendars.Calendars` over HTTP.

    Args:
        request: how web services are asked; it bounds each answer in bytes and time.
        calendars: the list: addresses of calendars, one to ten.
        seconds: what one call to this class may take, all calendars together.
        allow_http: accept http:// for any host; whoever is on the way can then change every byte.

    Raises:
        CanaryError: an address is none that a calendar can have, or stands twice, or there are too many.
    """

    def __init__(
        self,
        request: Request,
        calendars: Sequence[str],
        *,
        seconds: float = CALENDAR_SECONDS,
        allow_http: bool = False,
    ) -> None:
        self._request = request
        self._calendars = checked_calendars(calendars)
        self._seconds = seconds
        self._allow_http = allow_http

    def submit(self, commitment: bytes) -> tuple[CalendarAnswer, ...]:
        """Asks every calendar on the list for a promise; see `canary.core.ots_calendars.Calendars`.

        Raises:
            CanaryError: an address cannot be asked at all (http:// where it is not allowed).
        """
        asked = [Promise(calendar, commitment) for calendar in self._calendars]
        return tuple(
            self._ask(promise, f"{promise.calendar}/digest", commitment, left) for promise, left in self._shared(asked)
        )

    def fetch(self, promises: Sequence[Promise]) -> tuple[CalendarAnswer, ...]:
        """Asks what became of promises; see `canary.core.ots_calendars.Calendars`.

        Raises:
            CanaryError: see `submit`.
        """
        faults = {promise: self._not_followed(promise) for promise in promises}
        answers = [CalendarAnswer(promise, None, fault) for promise, fault in faults.items() if fault]
        followed = [promise for promise, fault in faults.items() if not fault]
        for promise, left in self._shared(followed):
            url = f"{promise.calendar.rstrip('/')}/timestamp/{promise.commitment.hex()}"
            answers.append(self._ask(promise, url, None, left))
        return tuple(answers)

    def _not_followed(self, promise: Promise) -> str:
        """Returns why a promise is not followed, without a full stop; empty where it is."""
        if promise.calendar.rstrip("/") not in self._calendars:
            return "is not on the list of calendars"
        if len(promise.commitment) > COMMITMENT_BYTES:
            return "is said to have promised something that no calendar commits to"
        return ""

    def _shared(self, asked: Sequence[Promise]) -> Iterator[tuple[Promise, float]]:
        """Yields each with the seconds it may take: an equal share, so that a silent one leaves time for the rest."""
        ends = time.monotonic() + self._seconds
        for position, promise in enumerate(asked):
            yield promise, (ends - time.monotonic()) / (len(asked) - position)

    def _ask(self, promise: Promise, url: str, body: bytes | None, seconds: float) -> CalendarAnswer:
        if seconds <= 0:
            return CalendarAnswer(promise, None, f"was not asked, because {self._seconds:g} s were over")
        try:
            status, answer = self._request(
                url,
                method="GET" if body is None else "POST",
                body=body,
                headers=_HEADERS,
                limit=CALENDAR_BYTES,
                seconds=seconds,
                allow_http=self._allow_http,
            )
        except FetchError as error:
            return CalendarAnswer(promise, None, f"could not be asked ({error.what})")
        if status == http.HTTPStatus.OK:
            return CalendarAnswer(promise, answer)
        if status == http.HTTPStatus.NOT_FOUND and body is None:
            return CalendarAnswer(promise, None, "has no block for it yet")
        return CalendarAnswer(promise, None, f"answered with status {status}")


def checked_calendars(calendars: Sequence[str]) -> tuple[str, ...]:
    """Returns a list of calendars, each without the slash at its end.

    Raises:
        CanaryError: an address is none that a calendar can have, or stands twice, or there are none or too many.
    """
    if not 1 <= len(calendars) <= CALENDARS:
        raise CanaryError(
            f"{len(calendars)} calendars are listed", hint=f"List 1 to {CALENDARS} of them; three are enough."
        )
    for calendar in calendars:
        try:
            origin(calendar)
            problem = "holds a query or a fragment" if {"?", "#"} & set(calendar) else ""
        except ValueError as error:
            problem = str(error)
        if problem:
            raise CanaryError(
                f"The address of a calendar {problem}",
                hint="It looks like https://alice.btc.calendar.opentimestamps.org.",
            )
    plain = tuple(calendar.rstrip("/") for calendar in calendars)
    if len(set(plain)) != len(plain):
        raise CanaryError("A calendar is listed twice", hint="One promise of each is all that it can give.")
    return plain
