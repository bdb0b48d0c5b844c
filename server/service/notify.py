"""The service face: tell everybody, a room, a user or a client, and ask a client, from any application code.

It needs no WebSocket, so that it works as well in a process without a single one (server/remote.py).
"""

from __future__ import annotations

from typing import Any

from ..brokers.relay import Relay
from ..core.events import ALL, DIRECT, NOTIFICATION, ROOM_UPDATE, connection_channel, user_channel
from ..core.json_text import dumps
from ..core.offline_queue import Waiting
from ..dialects.base import DialectOptions, check_channel
from .calls import TIMEOUT_MS, Calls


class Service:
    def __init__(self, relay: Relay, options: DialectOptions, calls: Calls) -> None:
        self._relay = relay
        self._broker = relay.broker
        self._options = options
        self._calls = calls

    async def notify_all(self, event: str, data: Any) -> None:
        """To every connection, in the words of its dialect: docs/protocol.md."""
        await self._broker.publish(ALL, NOTIFICATION, dumps({"event": event, "data": data}))

    async def notify_user(self, user: str, event: str, data: Any, *, priority: bool = False) -> bool:
        """To every connection of the user; if there is none, it waits for the next. True if it was told now.

        What has priority is heard before the rest of what waits. `{"type":"notification","payload":…}`.
        """
        payload = dumps({"event": event, "data": data})
        message = Waiting(NOTIFICATION, payload, "", priority, self._options.now_ms())
        return (await self._broker.deliver(user_channel(user), message)).delivered > 0

    async def tell_connection(self, connection_id: str, frame: Any) -> bool:
        """This frame, as it is, to one connection (`gateway`), whichever instance holds it.

        False if there is none with this id, or it speaks another dialect.
        """
        return await self._relay.signal(connection_channel(connection_id), DIRECT, dumps(frame)) > 0

    async def request_to_client(
        self, client_id: str, topic: str, body: Any, timeout_ms: int = TIMEOUT_MS
    ) -> Any:
        """Ask one client (`mq`), whichever instance holds it, and return the body of its answer.

        `client_id` is its broker client id; `timeout_ms` is for all of it. A RequestError of service/calls.py
        says why there is no answer: client not found, request timed out, connection lost, or the client's
        own error. BrokerUnavailableError: it is not connected here, and nobody else could be asked.
        """
        return await self._calls.request(client_id, topic, body, timeout_ms)

    async def notify_room(self, room: str, data: Any) -> None:
        """To everybody in the room: `{"type":"room_update","room","data"}`."""
        await self._broker.publish(check_channel(room, self._options), ROOM_UPDATE, dumps(data))
