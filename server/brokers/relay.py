"""Joins the hub with the broker: every event of the broker reaches every subscriber, in order, once.

One routine, `settle`, brings a channel from whatever state it is in to live. It is called whenever
something may have changed (a subscription, a gap, the broker back, a regular check), looks at what is, and
does what is missing; so no sequence of faults needs a path of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ..core.channel import Channel
from ..core.connection import Connection
from ..core.events import Event, Position
from ..core.hub import Hub
from ..core.messages import Start
from .base import Broker, BrokerUnavailableError, LogGoneError

logger = logging.getLogger("syncbed.relay")

PAGE_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class RelayLimits:
    position_check_ms: int
    resume_events_max: int


class Relay:
    """A `Listener` of the broker."""

    def __init__(self, hub: Hub, broker: Broker, limits: RelayLimits) -> None:
        self._hub = hub
        self._broker = broker
        self._limits = limits
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._joined: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.broker_down: str | None = None
        """Why the broker is out of reach, or None."""

    async def open(self) -> None:
        await self._broker.open(self)
        self._spawn(self._check_positions())

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._broker.close()

    # clients

    async def subscribe(self, connection: Connection, channel: str, start: Start | None) -> None:
        """Subscribe, and wait until what was missed is on its way.

        BrokerUnavailableError: the subscription stands, and comes to life when the broker is back.
        """
        self._hub.subscribe(connection, channel, start)
        await self._settle(channel)

    async def unsubscribe(self, connection: Connection, channel: str) -> None:
        if self._hub.unsubscribe(connection, channel) is not None:
            self._spawn(self._settle(channel))

    def forget(self, connection: Connection) -> None:
        for channel in self._hub.remove(connection):
            self._spawn(self._settle(channel.name))

    # the broker

    def received(self, event: Event) -> None:
        if self._hub.receive(event):
            self._spawn(self._settle(event.channel))

    def connected(self) -> None:
        self.broker_down = None
        for name in list(self._hub.channels):
            self._spawn(self._settle(name))

    def disconnected(self, why: str) -> None:
        self.broker_down = why
        self._joined.clear()
        for channel in self._hub.channels.values():
            channel.lost_broker()

    # private

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except BrokerUnavailableError as error:
            logger.info("will go on when the broker is back: %s", error)
        except Exception:
            logger.exception("unexpected error in the relay")

    async def _settle(self, name: str) -> None:
        async with self._alone(name):
            while not await self._step(name):
                pass

    @asynccontextmanager
    async def _alone(self, name: str) -> AsyncIterator[None]:
        """One at a time per channel; the lock lives as long as somebody wants it."""
        lock, users = self._locks.get(name) or (asyncio.Lock(), 0)
        self._locks[name] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(name)
            if users > 1:
                self._locks[name] = (lock, users - 1)

    async def _step(self, name: str) -> bool:
        """Do the next thing that the channel needs; True if it needed nothing."""
        channel = self._hub.channels.get(name)
        if channel is None:
            if name in self._joined:
                self._joined.discard(name)
                await self._broker.leave(name)
            return True
        if channel.state == "joining":
            position = await self._broker.join(name)
            self._joined.add(name)
            self._hub.joined(channel, position)
            return False
        if channel.state == "behind":
            await self._catch_up(channel)
            return False
        owed = next((c for c, held in channel.held.items() if held.attached_at is not None), None)
        if owed is not None:
            self._hub.release(channel, owed, await self._missed_by(channel, owed))
            return False
        return True

    async def _catch_up(self, channel: Channel) -> None:
        try:
            missed = await self._broker.log(channel.name, channel.position, PAGE_EVENTS)
        except LogGoneError as gone:
            here = gone.position
            if here.epoch != channel.position.epoch:
                # A new epoch: whoever follows positions reads the state anew, but the events of the
                # new epoch are all there, and those who follow none must not lose them.
                here = Position(here.epoch, 0)
            self._hub.resync(channel, here)
            channel.miss()
            return
        if channel.state != "behind":
            return  # the broker went away meanwhile
        if len(missed) == PAGE_EVENTS:
            channel.position = missed[-1].position
            self._hub.hand_out(channel, missed)
        else:
            position = missed[-1].position if missed else channel.position
            self._hub.went_live(channel, channel.catch_up(missed, position))

    async def _missed_by(self, channel: Channel, connection: Connection) -> list[Event] | None:
        held = channel.held[connection]
        if held.start is None or held.start == held.attached_at:
            return []
        try:
            events = await self._broker.log(channel.name, held.start, self._limits.resume_events_max + 1)
        except LogGoneError:
            return None
        # More than the connection's outbox could take at once: reading the state anew is cheaper.
        return events if len(events) <= self._limits.resume_events_max else None

    async def _check_positions(self) -> None:
        """A lost message leaves no trace on a quiet channel, so ask now and then."""
        while True:
            await asyncio.sleep(self._limits.position_check_ms / 1000)
            for name in list(self._hub.channels):
                try:
                    await self._check_position(name)
                except BrokerUnavailableError:
                    break  # the others would not fare better; the next round will tell

    async def _check_position(self, name: str) -> None:
        position = await self._broker.position(name)
        channel = self._hub.channels.get(name)
        if channel is None:
            return
        here = channel.position
        if position.epoch != here.epoch or position.offset > here.offset:
            channel.miss()
        await self._settle(name)
        if channel.state == "live":
            self._hub.tell_position(channel)
