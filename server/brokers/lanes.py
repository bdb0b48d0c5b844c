"""Publishes through a circuit a channel: what the broker cannot take now waits in order, or is refused.

published   the broker has it
queued      it waits, behind what waits already, and is published when the broker takes it
rejected    too much waits already, on this channel or on all together; nothing was done
error       the broker's answer was lost: it may have happened, so it is not sent again
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Literal

from ..clock import Clock
from ..core.circuit import CircuitRules, Lane
from ..core.events import gateway_channel
from ..telemetry.spans import resumed, traceparent
from .base import Broker, BrokerUnavailableError, IndefiniteError

logger = logging.getLogger("syncbed.lanes")

LANES_MAX = 1000
"""Channels with which something is wrong at a time: their names are the clients' to choose."""

TOLD_MAX = 20
"""Channels that a warning names."""

Status = Literal["published", "queued", "rejected", "error"]
Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], asyncio.Task[None]]


@dataclass(frozen=True, slots=True)
class _Message:
    name: str
    payload: str
    sender: str
    trace: str
    """Of who published it: what waits is published by somebody else."""

    @property
    def bytes(self) -> int:
        """Of memory."""
        return sys.getsizeof(self.payload)


class Lanes:
    """`spawn` runs a coroutine function in the background until the server ends."""

    def __init__(
        self, broker: Broker, rules: CircuitRules, clock: Clock, spawn: Spawn, bytes_max: int
    ) -> None:
        """`bytes_max`: what waits on all channels together."""
        self._broker = broker
        self._rules = rules
        self._clock = clock
        self._spawn = spawn
        self._lanes: dict[str, Lane[_Message]] = {}
        self._draining: dict[str, asyncio.Task[None]] = {}
        self._bytes = 0
        self._bytes_max = bytes_max
        self._ending = asyncio.Event()

    def standing(self) -> dict[str, dict[str, Any]]:
        """`{channel: {"state", "waiting"}}` of every channel with which something was wrong lately."""
        return {
            channel: {"state": lane.circuit.state, "waiting": len(lane.waiting)}
            for channel, lane in self._lanes.items()
        }

    async def end(self, within_s: float) -> None:
        """What waits is tried once more, in order and at once; what is left of it is lost, and told of."""
        self._ending.set()
        if self._draining:
            await asyncio.wait(self._draining.values(), timeout=within_s)
        left = {channel: len(lane.waiting) for channel, lane in self._lanes.items() if lane.waiting}
        if left:
            told = ", ".join(f"{channel!r} {count}" for channel, count in Counter(left).most_common(TOLD_MAX))
            more = f" and {len(left) - TOLD_MAX} more channels" if len(left) > TOLD_MAX else ""
            logger.warning("%d messages are lost with this instance: %s%s", sum(left.values()), told, more)

    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Status:
        lane = self._lane(channel)
        if lane is None:
            return "rejected"
        message = _Message(name, payload, sender, traceparent())
        try:
            offer = lane.offer(message, self._clock.now_s(), room=self._has_room(message))
            if offer == "try":
                status = await self._try_first(lane, channel, message)
            else:
                status = offer
            if status == "queued":
                self._bytes += message.bytes
                self._drain_soon(channel)
            return status
        finally:
            self._forget_if_pristine(channel)

    def _has_room(self, message: _Message) -> bool:
        return self._bytes + message.bytes <= self._bytes_max

    def _lane(self, channel: str) -> Lane[_Message] | None:
        lane = self._lanes.get(channel)
        if lane is None:
            if len(self._lanes) >= LANES_MAX:
                idle = next((name for name in self._lanes if self._is_idle(name)), None)
                if idle is None:
                    return None
                del self._lanes[idle]
            lane = self._lanes[channel] = Lane(self._rules)
        return lane

    async def _try_first(self, lane: Lane[_Message], channel: str, message: _Message) -> Status:
        try:
            await self._try(lane, channel, message)
        except BrokerUnavailableError:
            kept = lane.keep(message, room=self._has_room(message))
            return "queued" if kept == "queued" else "rejected"
        except IndefiniteError as error:
            logger.warning("a message on %r may be lost: %s", channel, error)
            return "error"
        return "published"

    async def _try(self, lane: Lane[_Message], channel: str, message: _Message) -> None:
        try:
            with resumed(message.trace):
                place = gateway_channel(channel)
                await self._broker.publish(place, message.name, message.payload, message.sender)
        except BaseException:
            lane.failed(self._clock.now_s())
            raise
        lane.succeeded()

    def _drain_soon(self, channel: str) -> None:
        if channel not in self._draining:
            self._draining[channel] = self._spawn(lambda: self._drain(channel))

    async def _drain(self, channel: str) -> None:
        lane = self._lanes[channel]
        try:
            while lane.waiting:
                wait_s = lane.circuit.wait_s(self._clock.now_s())
                if wait_s > 0 and not self._ending.is_set():
                    await self._wait(wait_s, channel)
                    continue
                try:
                    await self._try(lane, channel, lane.retry())
                except BrokerUnavailableError:
                    if self._ending.is_set():
                        return
                    continue
                except IndefiniteError as error:
                    logger.warning("a message on %r may be lost: %s", channel, error)
                self._bytes -= lane.waiting.popleft().bytes
                await asyncio.sleep(0)
        finally:
            self._draining.pop(channel, None)
            self._forget_if_pristine(channel)

    async def _wait(self, seconds: float, channel: str) -> None:
        """Until then, or until this instance ends."""
        loop = asyncio.get_running_loop()
        waits = [
            loop.create_task(self._clock.sleep(seconds, f"circuit of {channel}")),
            loop.create_task(self._ending.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _is_idle(self, channel: str) -> bool:
        return not self._lanes[channel].busy and channel not in self._draining

    def _forget_if_pristine(self, channel: str) -> None:
        """A lane that remembers nothing is not kept."""
        lane = self._lanes.get(channel)
        if lane is not None and lane.pristine and channel not in self._draining:
            del self._lanes[channel]
