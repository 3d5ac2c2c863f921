"""What goes through a channel to a person or a program: one alert, or the alerts of one run as a digest.

Everything in it is safe to hand on as it is: no line of it was chosen by a publisher without being escaped for the
place where it stands.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Message(msgspec.Struct, frozen=True):
    """One message.

    Attributes:
        id: 32 hexadecimal digits that stay the same when it comes again: an alert's own id, or made of the ids of all.
        at: when the newest of its alerts was decided (UTC).
        subject: one line of printable characters, at most 150.
        text: the plain text, in lines that end with a line feed.
        html: the same as a whole HTML document that loads nothing.
        event: the same as JSON (UTF-8), for programs.
        exit_code: how bad the worst of it is, as the monitoring plugins count: 0, 1, 2, 3.
    """

    id: str
    at: datetime
    subject: str
    text: str
    html: str
    event: bytes
    exit_code: int
