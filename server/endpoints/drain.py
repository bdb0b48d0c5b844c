"""The end, in order: nobody comes in any more, who is here is told and closed, and it takes only so long."""

from __future__ import annotations

import asyncio

from ..core.connection import Connection
from ..core.hub import Hub
from ..core.messages import ErrorReply
from ..errors import SHUTTING_DOWN
from ..guard.admission import GOING_AWAY, Admission


class Drain:
    """Only connections whose dialect has a word for it are told; the ASGI server closes the others (1012)."""

    def __init__(self, hub: Hub, admission: Admission) -> None:
        self._hub = hub
        self._admission = admission
        self._waiting: set[Connection] = set()
        self._empty = asyncio.Event()

    async def run(self, s_max: float) -> None:
        self._admission.draining = True
        goodbye = ErrorReply(SHUTTING_DOWN, SHUTTING_DOWN.text)
        for connection in list(self._hub.connections.values()):
            if connection.says_goodbye and connection.state == "open":
                self._waiting.add(connection)
                connection.send(goodbye)
                connection.close(GOING_AWAY)
        if not self._waiting:
            return
        try:
            async with asyncio.timeout(s_max):
                await self._empty.wait()
        except TimeoutError:
            return  # who does not read is cut off by what comes next

    def gone(self, connection: Connection) -> None:
        self._waiting.discard(connection)
        if not self._waiting:
            self._empty.set()
