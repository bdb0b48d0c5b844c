"""Who may come in: how many connections there may be, in all and of one user, on this instance.

Counted before anything is awaited, so that it holds in any race.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from ..core.connection import Close, Connection
from ..core.hub import Hub
from ..errors import AT_CAPACITY, SHUTTING_DOWN, TOO_MANY_CONNECTIONS, ErrorKind

FULL = Close(1013, AT_CAPACITY.text, "`SYNCBED_CONNECTIONS_MAX` is reached")
GOING_AWAY = Close(1001, "server is shutting down", "in the dialects that have an error for it")
USER_FULL = Close(4004, TOO_MANY_CONNECTIONS.text, "`SYNCBED_USER_CONNECTIONS_MAX` is reached")
REPLACED = Close(
    4004, "replaced by a newer connection of the same user", "with `SYNCBED_USER_OVER_LIMIT=close_oldest`"
)

LEFT_REMEMBERED_MAX = 10_000

OverLimit = Literal["refuse", "close_oldest"]
Refusal = tuple[ErrorKind, Close]


class Admission:
    """`admit` puts a connection into the hub, or says why it may not come in and how to close it."""

    def __init__(
        self, hub: Hub, connections_max: int, per_user_max: int = 0, over_limit: OverLimit = "refuse"
    ) -> None:
        """0 is no limit."""
        self._hub = hub
        self._connections_max = connections_max
        self._per_user_max = per_user_max
        self._over_limit = over_limit
        self._left: OrderedDict[str, None] = OrderedDict()
        self.users: dict[str, list[Connection]] = {}
        """The connections of each user, the oldest first."""
        self.draining = False
        """Nobody comes in any more."""

    def admit(self, connection: Connection) -> Refusal | None:
        if self.draining:
            return SHUTTING_DOWN, GOING_AWAY
        if 0 < self._connections_max <= len(self._hub.connections):
            return AT_CAPACITY, FULL
        if connection.user is not None:
            mine = self.users.setdefault(connection.user, [])
            if 0 < self._per_user_max <= len(mine):
                if self._over_limit == "refuse":
                    return TOO_MANY_CONNECTIONS, USER_FULL
                mine.pop(0).close(REPLACED)
            mine.append(connection)
        self._hub.add(connection)
        return None

    def reconsider(self, connection: Connection) -> Refusal | None:
        """What has happened to a connection that was admitted, while its handshake was under way."""
        if self.draining:
            return SHUTTING_DOWN, GOING_AWAY
        if connection.user is not None and connection not in self.users.get(connection.user, ()):
            return TOO_MANY_CONNECTIONS, REPLACED
        return None

    def leave(self, connection: Connection) -> None:
        """Forget it; it may never have been admitted."""
        user = connection.user
        if user is None:
            return
        mine = self.users.get(user, [])
        if connection in mine:
            mine.remove(connection)
            self._left[user] = None
            self._left.move_to_end(user)
            while len(self._left) > LEFT_REMEMBERED_MAX:
                self._left.popitem(last=False)
        if not mine:
            self.users.pop(user, None)

    def was_here(self, user: str) -> bool:
        """Whether a connection of this user has ended here before."""
        return user in self._left
