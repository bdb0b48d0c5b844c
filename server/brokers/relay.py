"""Joins the hub with the broker: every event of the broker reaches every subscriber, in order, once.

One routine, `settle`, brings a channel from whatever state it is in to live. It is called whenever
something may have changed (a subscription, a gap, the broker back, a regular check), looks at what is, and
does what is missing; so no sequence of faults needs a path of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from ..clock import Clock, wall_clock_ms
from ..core.channel import Channel, HeldSubscription
from ..core.connection import Connection
from ..core.events import (
    NOTIFICATION,
    Event,
    Position,
    carries_signals,
    is_for_one,
    is_user_channel,
)
from ..core.hub import Hub
from ..core.messages import Start
from ..core.offline_queue import Waiting
from .base import Broker, BrokerUnavailableError, LogGoneError, signal_of

logger = logging.getLogger("syncbed.relay")

PAGE_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class RelayLimits:
    position_check_ms: int
    resume_events_max: int
    resume_bytes_max: int
    """Of payload. What a resume sends must fit into an outbox at once, or no resume would ever end."""


class Relay:
    """A `Listener` of the broker."""

    def __init__(self, hub: Hub, broker: Broker, limits: RelayLimits, clock: Clock | None = None) -> None:
        self.hub = hub
        self.broker = broker
        self._limits = limits
        self._clock = clock or Clock()
        self._now_ms = wall_clock_ms(self._clock)
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        self._joined: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._losses = 0
        self._opening = asyncio.Lock()
        self._open = False
        self.broker_down: str | None = "not connected yet"
        """Why the broker is out of reach, or None."""

    async def open(self) -> None:
        """Once: who comes second waits for the first."""
        async with self._opening:
            if not self._open:
                await self.broker.open(self)
                self._open = True
                self.spawn(self._check_positions)

    @property
    def joined(self) -> int:
        """How many channels the broker delivers to us."""
        return len(self._joined)

    @property
    def tasks(self) -> int:
        """How many things go on in the background, the position check among them."""
        return len(self._tasks)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.broker.close()

    # clients

    def subscribe(self, connection: Connection, channel: str, start: Start | None) -> None:
        """To be followed by `settle`."""
        self.hub.subscribe(connection, channel, start)

    async def settle(self, channels: Iterable[str]) -> None:
        """Wait until these channels are live, and what their subscribers missed is on its way.

        BrokerUnavailableError: the subscriptions stand, and come to life when the broker is back.
        """
        for channel in channels:
            await self._settle(channel)

    def unsubscribe(self, connection: Connection, channel: str) -> None:
        if self.hub.unsubscribe(connection, channel) is not None:
            self.spawn(self._settle, channel)

    async def signal(self, channel: str, name: str, payload: str, sender: str = "") -> int:
        """`Broker.signal`. Who stands here and nowhere else is told without the broker, which may be away."""
        if is_for_one(channel) and channel in self.hub.channels:
            self.hub.receive(signal_of(channel, name, payload, sender))
            return 1
        return await self.broker.signal(channel, name, payload, sender)

    def forget(self, connection: Connection) -> None:
        for channel in self.hub.remove(connection):
            self.spawn(self._settle, channel.name)

    # the broker

    def received(self, event: Event) -> None:
        if (
            event.name == NOTIFICATION
            and is_user_channel(event.channel)
            and event.channel not in self.hub.channels
        ):
            self.spawn(lambda: self._let_wait(event))
            return
        if self.hub.receive(event):
            self.spawn(self._settle, event.channel)

    def connected(self) -> None:
        self.broker_down = None
        for name in list(self.hub.channels):
            self.spawn(self._settle, name)

    def disconnected(self, why: str) -> None:
        self.broker_down = why
        self._losses += 1
        self._joined.clear()
        for channel in self.hub.channels.values():
            channel.lost_broker()

    # private

    def spawn(self, work: Callable[..., Coroutine[Any, Any, None]], *args: str) -> asyncio.Task[None]:
        """Run in the background until `close`. Sleep on the clock only: a test counts who does not."""
        task = asyncio.get_running_loop().create_task(self._quietly(work, *args))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _quietly(self, work: Callable[..., Coroutine[Any, Any, None]], *args: str) -> None:
        try:
            await work(*args)
        except BrokerUnavailableError as error:
            logger.info("will go on when the broker is back: %s", error)
        except Exception:
            logger.exception("unexpected error in the relay")

    async def _let_wait(self, event: Event) -> None:
        """The last listener here went while the event was on its way: it goes to the next one."""
        await self._settle(event.channel)
        waiting = Waiting(event.name, event.payload, event.sender, False, self._now_ms(), event.trace)
        await self.broker.deliver(event.channel, waiting, again=True)

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
        channel = self.hub.channels.get(name)
        if channel is None:
            if name in self._joined:
                self._joined.discard(name)
                await self.broker.leave(name)
            return True
        if channel.state == "joining":
            losses = self._losses
            position = await self.broker.join(name)
            if losses == self._losses:  # else it was joined on a connection that is gone: once more
                self._joined.add(name)
                self.hub.joined(channel, position)
            return False
        if channel.state == "behind":
            await self._catch_up(channel)
            return False
        for connection, held in channel.held.items():
            if held.attached_at is not None:
                await self._resume(channel, connection, held)
                return False
        return True

    async def _catch_up(self, channel: Channel) -> None:
        missed: list[Event] | Position
        try:
            missed = await self.broker.log(channel.name, channel.position, PAGE_EVENTS)
        except LogGoneError as gone:
            missed = gone.position
        if channel.state != "behind":
            return  # the broker went away meanwhile
        if isinstance(missed, Position):
            here = missed
            if here.epoch != channel.position.epoch:
                # A new epoch: whoever follows positions reads the state anew, but the events of the
                # new epoch are all there, and those who follow none must not lose them.
                here = Position(here.epoch, 0)
            self.hub.resync(channel, here)
            channel.miss()
            return
        self.hub.advance(channel, missed)
        if len(missed) < PAGE_EVENTS:
            self.hub.go_live(channel)

    async def _resume(self, channel: Channel, connection: Connection, held: HeldSubscription) -> None:
        start = held.start
        if start is None or start == held.attached_at:
            missed: list[Event] | None = []
        else:
            missed = await self._missed_since(channel, start)
        if start is not None and missed is not None and channel.is_behind(start):
            # The client has heard more than we have, from another instance or with a snapshot: were it
            # let go now, it would hear those events again.
            channel.miss()
        else:
            self.hub.release(channel, connection, held, missed)

    async def _missed_since(self, channel: Channel, start: Position) -> list[Event] | None:
        """None if the log does not have it all, or if it is so much that reading anew is cheaper."""
        events_max, bytes_max = self._limits.resume_events_max, self._limits.resume_bytes_max
        try:
            events = await self.broker.log(channel.name, start, events_max + 1)
        except LogGoneError:
            return None
        fits = len(events) <= events_max and sum(len(event.payload) for event in events) <= bytes_max
        return events if fits else None

    async def _check_positions(self) -> None:
        """A lost message leaves no trace on a quiet channel, so ask now and then."""
        while True:
            await self._clock.sleep(self._limits.position_check_ms / 1000, "position check")
            for name in list(self.hub.channels):
                try:
                    await self._check_position(name)
                except BrokerUnavailableError:
                    break  # the others would not fare better; the next round will tell

    async def _check_position(self, name: str) -> None:
        if carries_signals(name):
            await self._settle(name)  # it may still have to be joined; there is nothing to be behind of
            return
        position = await self.broker.position(name)
        channel = self.hub.channels.get(name)
        if channel is None:
            return
        if channel.is_behind(position):
            channel.miss()
        await self._settle(name)
        if channel.state == "live":
            self.hub.tell_position(channel)
