"""Where an answer of HTTP begins and ends: the standard library's own reading, held to the standard and bounded."""

from __future__ import annotations

import http.client

_STATUSES = 20
"""Answers in the place of one, the interim ones included: honest servers send one or two."""

_TRAILERS, _TRAILER_BYTES = 100, 65_536
"""Lines behind a body in chunks, and bytes in each: as many as the standard library takes of headers."""


def header(raw: http.client.HTTPResponse, name: str) -> str | None:
    """Returns a header of an answer, its lines joined (RFC 9110, section 5.3); None where there is none."""
    lines = raw.headers.get_all(name)
    return None if lines is None else ", ".join(map(_unfolded, lines))


def headers_of(raw: http.client.HTTPResponse) -> list[tuple[str, str]]:
    """Returns every header line of an answer."""
    return [(name, _unfolded(value)) for name, value in raw.headers.items()]


def _unfolded(value: str) -> str:
    """Returns a header's value on one line (RFC 9112, section 5.2)."""
    return " ".join(part.strip() for part in value.split("\n")) if "\n" in value else value


class FinalResponse(http.client.HTTPResponse):
    """An answer without the interim ones before it, which any client must expect (RFC 9110, section 15.2).

    The standard library skips 100 (Continue) alone, and would take 103 (Early Hints) for the answer. It reads as many
    as come, and as many trailers; and it makes something of lengths that cannot be (RFC 9112, section 6.3).
    """

    _statuses = 0

    def begin(self) -> None:
        """Reads status and headers; 101 is final, because another protocol follows it."""
        super().begin()
        while self.status in range(102, 200):
            self.headers = None  # type: ignore[assignment]  # which is how the base class knows that it has read none
            super().begin()
        self._check_framing()

    def _check_framing(self) -> None:
        coding = (header(self, "Transfer-Encoding") or "identity").lower()
        if coding not in ("identity", "chunked"):
            raise ValueError("a coding that was not asked for")
        lines = header(self, "Content-Length")
        if lines is None:
            return
        lengths = {each.strip() for each in lines.split(",")}
        first = lengths.pop()
        if lengths or not (first.isascii() and first.isdecimal()):
            raise ValueError("no length, or more than one")
        if self.chunked:
            # Two ends are one too many for another answer to follow (RFC 9112, section 6.3).
            self.will_close = True
        elif self.length is None:
            self.length = int(first)  # the same, several times

    def _read_status(self) -> tuple[str, int, str]:
        self._statuses += 1
        if self._statuses > _STATUSES:
            raise http.client.HTTPException("too many interim answers")
        found: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        return found

    def _read_and_discard_trailer(self) -> None:
        for _ in range(_TRAILERS):
            line = self.fp.readline(_TRAILER_BYTES + 1)
            if len(line) > _TRAILER_BYTES:
                raise http.client.LineTooLong("trailer")
            if line in (b"\r\n", b"\n", b""):
                return
        raise http.client.HTTPException("too many trailers")
