"""Alerts as a message: one in full, or several as a digest, the worst first.

A message says which canary, what changed, what was checked and since when, what that means and does not mean, and what
to run next. It states facts and never their reason. What comes from strangers (names, addresses, statements) stands in
it as text and nothing else: a subject is one printable line, the plain text has no control characters, the HTML has no
element but the template's own. However much there is to tell, it is bounded in characters and in number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from canary.core.text.printable import printable
from canary.core.text.strict import digest
from canary.core.watching.alerts import Alert
from canary.core.watching.message import CANARY, Message, Program
from canary.flows.watch.message_event import event_of
from canary.flows.watch.message_text import text_of
from canary.flows.watch.message_view import AlertView, DigestView, view_alert, view_digest, worst_first
from canary.limits import SUBJECT_CHARACTERS

_COMMAND_CHARACTERS = 4_096
"""As long as a path can be."""


def message_of(alerts: Sequence[Alert], *, now: datetime, program: Program = CANARY) -> Message:
    """Returns the message that tells alerts.

    Args:
        alerts: at least one. Several become a digest.
        now: the watcher's clock, aware; it says for how long something has been so.
        program: how this program is called there.
    """
    # Imported here: most runs of a watcher have nothing to tell.
    from canary.flows.watch.message_html import html_of  # noqa: PLC0415

    told, program = worst_first(alerts), _printable(program)
    view: AlertView | DigestView
    if len(told) == 1:
        view = view_alert(told[0], now=now, program=program)
    else:
        view = view_digest(told, now=now, program=program)
    subject = printable(view.headline, most=SUBJECT_CHARACTERS)
    message_id = _id_of(told)
    return Message(
        id=message_id,
        at=max(each.at for each in told),
        subject=subject,
        text=text_of(view),
        html=html_of(view),
        event=event_of(told, id=message_id, subject=subject, program=program),
        exit_code=told[0].exit_code,
    )


def _printable(program: Program) -> Program:
    """Returns how this program is called, fit to be shown."""
    options = tuple(printable(each, most=_COMMAND_CHARACTERS) for each in program.options)
    return Program(printable(program.name, most=_COMMAND_CHARACTERS), options)


def _id_of(alerts: Sequence[Alert]) -> str:
    if len(alerts) == 1:
        return alerts[0].id
    return digest("\n".join(sorted(each.id for each in alerts)).encode())[: len(alerts[0].id)]
