"""How many connections there may be. Counted before anything is awaited, so that it holds in any race."""

from __future__ import annotations

from ..core.connection import Close, Connection
from ..core.hub import Hub
from ..errors import AT_CAPACITY, SHUTTING_DOWN, ErrorKind

FULL = Close(1013, AT_CAPACITY.text)
GOING_AWAY = Close(1001, "server is shutting down")


class Admission:
    """`admit` puts a connection into the hub, or says why it may not come in and how to close it."""

    def __init__(self, hub: Hub, connections_max: int) -> None:
        self._hub = hub
        self._connections_max = connections_max
        self.draining = False
        """Nobody comes in any more."""

    @property
    def closed(self) -> tuple[ErrorKind, Close] | None:
        return (SHUTTING_DOWN, GOING_AWAY) if self.draining else None

    def admit(self, connection: Connection) -> tuple[ErrorKind, Close] | None:
        if self.closed is not None:
            return self.closed
        if 0 < self._connections_max <= len(self._hub.connections):
            return AT_CAPACITY, FULL
        self._hub.add(connection)
        return None
