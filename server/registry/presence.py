"""What the registry is to say of this instance's connections, said again and again.

Each of a connection's steps is told at once. Whatever goes wrong with that, the next beat puts right: it says
all that stands here, and what it does not say is forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..brokers.base import BrokerUnavailableError, IndefiniteError
from ..core.connection import Connection
from ..core.events import gateway_name
from .base import Admitted, Entry, Registry

logger = logging.getLogger("syncbed.presence")

AWAY = (BrokerUnavailableError, IndefiniteError)


@dataclass(slots=True)
class _Here:
    connection: Connection
    session_token: str
    user_id: str
    channel: str
    connected_at: str
    admitted: bool = False


class Presence:
    def __init__(
        self, registry: Registry, instance_id: str, beat_s: float, iso_time: Callable[[int], str]
    ) -> None:
        """`iso_time` writes milliseconds since 1970. The beat is in real time: leases are."""
        self.registry = registry
        self.instance_id = instance_id
        self._beat_s = beat_s
        self._iso_time = iso_time
        self._here: dict[str, _Here] = {}
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, connection: Connection) -> bool:
        return connection.id in self._here

    def __len__(self) -> int:
        return len(self._here)

    def start(self, and_then: Callable[[], Awaitable[None]]) -> None:
        """`and_then` is called after each beat that arrived."""
        self._task = asyncio.create_task(self._beat(and_then), name="presence")

    async def stop(self) -> None:
        """An orderly end: nothing of this instance is left in the registry, if it can be reached."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._here.clear()
        try:
            await self.renew()
        except AWAY as error:
            logger.info("the registry is out of reach; the lease will end by itself: %s", error)
        await self.registry.close()

    async def enter(
        self, connection: Connection, session_token: str, user_id: str, channel: str, now_ms: int
    ) -> Admitted:
        """If the registry's answer is lost, the next beat forgets what it may have written."""
        connection.heard_ms = connection.answered_ms = now_ms
        here = _Here(connection, session_token, user_id, channel, self._iso_time(now_ms))
        self._here[connection.id] = here
        try:
            admitted = await self.registry.admit(self._entry(here))
            here.admitted = admitted == "admitted"
        finally:
            if not here.admitted:
                del self._here[connection.id]
        return admitted

    async def switch(self, connection: Connection, channel: str) -> None:
        """It uses this channel now; the registry may be away."""
        here = self._here.get(connection.id)
        if here is None:
            return
        if here.channel == channel:
            return
        here.channel = channel
        try:
            await self.registry.switch(connection.id, channel)
        except AWAY as error:
            logger.info("the registry hears of it with the next beat: %s", error)

    async def leave(self, connection: Connection) -> None:
        if self._here.pop(connection.id, None) is None:
            return
        try:
            await self.registry.remove(connection.id)
        except AWAY as error:
            logger.info("the registry hears of it with the next beat: %s", error)

    async def renew(self) -> None:
        standing = [self._entry(here) for here in self._here.values() if here.admitted]
        arriving = [id_ for id_, here in self._here.items() if not here.admitted]
        await self.registry.renew(self.instance_id, standing, arriving)

    async def _beat(self, and_then: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await self.renew()
                await and_then()
            except AWAY as error:
                logger.info("no beat: %s", error)
            except Exception:
                logger.exception("unexpected error in a beat")
            await asyncio.sleep(self._beat_s)

    def _entry(self, here: _Here) -> Entry:
        connection = here.connection
        heard = {name for channel in connection.channels if (name := gateway_name(channel)) is not None}
        return Entry(
            connection_id=connection.id,
            session_token=here.session_token,
            gateway_instance_id=self.instance_id,
            channel=here.channel,
            channels=tuple(sorted(heard | {here.channel})),
            connected_at=here.connected_at,
            last_activity=self._iso_time(connection.heard_ms),
            last_heartbeat=self._iso_time(connection.answered_ms),
            user_id=here.user_id,
        )
