"""The service face: tell everybody, a room or a user, from any application code.

It only needs a broker, so that it works as well in a process without a single WebSocket (server/remote.py).
"""

from __future__ import annotations

from typing import Any

from ..brokers.base import Broker
from ..core.events import EVERYBODY
from ..core.json_text import dumps
from ..dialects.base import DialectOptions, check_channel
from ..dialects.rooms import NOTIFICATION, ROOM_UPDATE


class Service:
    def __init__(self, broker: Broker, options: DialectOptions) -> None:
        self._broker = broker
        self._options = options

    async def notify_all(self, event: str, data: Any) -> None:
        """To everybody: `{"type":"notification","data":{"event","data"}}`."""
        await self._broker.publish(EVERYBODY, NOTIFICATION, dumps({"event": event, "data": data}))

    async def notify_room(self, room: str, data: Any) -> None:
        """To everybody in the room: `{"type":"room_update","room","data"}`."""
        await self._broker.publish(check_channel(room, self._options), ROOM_UPDATE, dumps(data))
