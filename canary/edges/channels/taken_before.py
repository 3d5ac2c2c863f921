"""Who has taken a message that others did not take, so that sending it again reaches only the others."""

from __future__ import annotations

_MESSAGES = 1_000
"""Messages that are remembered, the newest ones."""


class TakenBefore:
    """Remembers it for as long as the process runs; one that starts later sends to everybody again."""

    def __init__(self) -> None:
        self._taken: dict[str, frozenset[str]] = {}

    def by(self, message_id: str) -> frozenset[str]:
        """Returns who has taken a message."""
        return self._taken.get(message_id, frozenset())

    def add(self, message_id: str, who: str) -> None:
        """Notes that somebody has taken a message."""
        self._taken[message_id] = self._taken.pop(message_id, frozenset()) | {who}
        if len(self._taken) > _MESSAGES:
            del self._taken[next(iter(self._taken))]

    def forget(self, message_id: str) -> None:
        """Forgets a message that everybody has taken."""
        self._taken.pop(message_id, None)
