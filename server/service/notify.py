"""The service face: tell everybody, a room or a user, from any application code.

It only needs a broker, so that it works as well in a process without a single WebSocket (server/remote.py).
"""

from __future__ import annotations

from typing import Any

from ..brokers.base import Broker
from ..core.events import ALL, NOTIFICATION, ROOM_UPDATE, connection_channel, user_channel
from ..core.json_text import dumps
from ..core.offline_queue import Waiting
from ..dialects.base import DialectOptions, check_channel


class Service:
    def __init__(self, broker: Broker, options: DialectOptions) -> None:
        self._broker = broker
        self._options = options

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

    async def tell_connection(self, connection_id: str, name: str, data: Any) -> bool:
        """To one connection, whichever instance holds it; False if there is none with this id.

        `name` is the event that the connection's dialect has a word for (`Event.name`), `data` its payload.
        """
        channel = connection_channel(connection_id)
        return await self._broker.signal(channel, name, dumps(data)) > 0

    async def notify_room(self, room: str, data: Any) -> None:
        """To everybody in the room: `{"type":"room_update","room","data"}`."""
        await self._broker.publish(check_channel(room, self._options), ROOM_UPDATE, dumps(data))
