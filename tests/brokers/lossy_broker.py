"""A broker that breaks on demand, and a clock that stands still: what the relay has to live with.

The memory broker underneath is the real one. What is added is what a network and a restart do: messages
that never arrive, calls that fail, answers that take a while, data that is gone.
"""

from __future__ import annotations

import asyncio

from server.brokers.base import BrokerLimits, BrokerUnavailableError, Listener
from server.brokers.memory import MemoryBroker
from server.core.events import Event, Position

TURNS_A_WAY = 5
"""Of the event loop: room for something to happen while a call is under way."""
LIMITS = BrokerLimits(history_events_max=6, mutations_remembered_max=10, mutations_remembered_s=60)


class LossyBroker(MemoryBroker):
    def __init__(self, limits: BrokerLimits = LIMITS) -> None:
        super().__init__(limits, "e1")
        self.up = True
        self.deaf = False
        self._hears: Listener | None = None
        self._epochs = 1

    async def open(self, listener: Listener) -> None:
        self._hears = listener
        await super().open(self)  # what it delivers comes through us

    # what a test does to it

    def lose_connection(self) -> None:
        if self.up and self._hears is not None:
            self.up = False
            self._joined.clear()
            self._hears.disconnected("lost on purpose")

    def connect(self) -> None:
        if not self.up and self._hears is not None:
            self.up = True
            self._hears.connected()

    def blink(self) -> None:
        """Away and back before anybody could look."""
        self.lose_connection()
        self.connect()

    def lose_data(self) -> None:
        self._epochs += 1
        self._epoch = f"e{self._epochs}"
        self._logs.clear()

    @property
    def joined(self) -> set[str]:
        return self._joined

    async def look(self, channel: str) -> Position:
        """Where the channel stands, however unreachable: another instance may know."""
        return await super().position(channel)

    # the listener of the memory broker

    def received(self, event: Event) -> None:
        if self.up and not self.deaf and self._hears is not None:
            self._hears.received(event)

    def connected(self) -> None:
        if self._hears is not None:
            self._hears.connected()

    def disconnected(self, why: str) -> None:
        """The memory broker is never away: we are."""

    # calls that take a while, and may fail before they arrive or on their way back

    async def join(self, channel: str) -> Position:
        await self._reach()
        self._joined.add(channel)
        await self._reach()
        return await super().position(channel)

    async def position(self, channel: str) -> Position:
        await self._reach()
        position = await super().position(channel)
        await self._reach()
        return position

    async def log(self, channel: str, after: Position | None, limit: int) -> list[Event]:
        await self._reach()
        try:
            return await super().log(channel, after, limit)
        finally:
            await self._reach()

    async def leave(self, channel: str) -> None:
        await self._reach()
        await super().leave(channel)

    async def _reach(self) -> None:
        for _ in range(TURNS_A_WAY):
            await asyncio.sleep(0)
        if not self.up:
            raise BrokerUnavailableError("down on purpose")


class StillLoop(asyncio.SelectorEventLoop):
    """Its clock moves only when a test says so."""

    now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def turn(self, times: int) -> None:
        async def turns() -> None:
            for _ in range(times):
                await asyncio.sleep(0)

        self.run_until_complete(turns())

    def stop_for_good(self) -> None:
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        self.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self.close()
