"""What one look at a canary, or one moment without a look, leaves in a watcher's memory; stored whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from canary.core.judging.state import State
from canary.core.watching.alerts import Alert, Delivery
from canary.core.watching.watched import Check, Sighting, Transition, Watched

if TYPE_CHECKING:
    from canary.core.foreign.state import ForeignState

Remembered: TypeAlias = "State | ForeignState"
"""The state of a canary: a native one's, or that of one in another format."""


class Recorded(msgspec.Struct, frozen=True):
    """What was found about one canary.

    Attributes:
        watched: the row as it is from now on, made from the one that is stored.
        state: the state to keep; None to leave the one that is kept.
        check: the look, for the history; None where nobody looked.
        sighting: what was seen, where the look failed.
        transition: the change of the standing status, if it changed.
        alerts: what is to be told, each with the channels that it goes to and when.
    """

    watched: Watched
    state: Remembered | None = None
    check: Check | None = None
    sighting: Sighting | None = None
    transition: Transition | None = None
    alerts: tuple[tuple[Alert, tuple[Delivery, ...]], ...] = ()
