"""What goes through a channel to a person or a program: one alert, or the alerts of one run as a digest.

Everything in it is safe to hand on as it is: no line of it was chosen by a publisher without being escaped for the
place where it stands.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class Program(msgspec.Struct, frozen=True):
    """How this program is called on the machine that watches.

    Attributes:
        name: its name, or its path.
        options: what stands at the end of each of its command lines there.
    """

    name: str = "canary"
    options: tuple[str, ...] = ()

    def words(self, *arguments: str) -> tuple[str, ...]:
        """Returns a command line as a list of arguments."""
        return self.name, *arguments, *self.options


CANARY = Program()
"""The program where it is on the path, with everything in its usual place."""


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
