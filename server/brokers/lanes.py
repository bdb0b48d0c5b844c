"""Publishes through a circuit a channel: what the broker cannot take now waits in order, or is refused.

published   the broker has it
queued      it waits, behind what waits already, and is published when the broker takes it
rejected    too much waits already; nothing was done
error       the broker's answer was lost: it may have happened, so it is not sent again
"""

from __future__ import annotations

import asyncio
import logging
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

Status = Literal["published", "queued", "rejected", "error"]
Spawn = Callable[[Callable[[], Coroutine[Any, Any, None]]], object]


@dataclass(frozen=True, slots=True)
class _Message:
    name: str
    payload: str
    sender: str
    trace: str
    """Of who published it: what waits is published by somebody else."""


class Lanes:
    """`spawn` runs a coroutine function in the background until the server ends."""

    def __init__(self, broker: Broker, rules: CircuitRules, clock: Clock, spawn: Spawn) -> None:
        self._broker = broker
        self._rules = rules
        self._clock = clock
        self._spawn = spawn
        self._lanes: dict[str, Lane[_Message]] = {}
        self._draining: set[str] = set()

    def standing(self) -> dict[str, dict[str, Any]]:
        """`{channel: {"state", "waiting"}}` of every channel with which something was wrong lately."""
        return {
            channel: {"state": lane.circuit.state, "waiting": len(lane.waiting)}
            for channel, lane in self._lanes.items()
        }

    async def publish(self, channel: str, name: str, payload: str, sender: str = "") -> Status:
        lane = self._lane(channel)
        if lane is None:
            return "rejected"
        message = _Message(name, payload, sender, traceparent())
        try:
            offer = lane.offer(message, self._clock.now_s())
            if offer == "try":
                status = await self._try_first(lane, channel, message)
            else:
                status = offer
            if status == "queued":
                self._drain_soon(channel)
            return status
        finally:
            self._forget_if_pristine(channel)

    def _lane(self, channel: str) -> Lane[_Message] | None:
        lane = self._lanes.get(channel)
        if lane is None:
            if len(self._lanes) >= LANES_MAX:
                idle = next((name for name, each in self._lanes.items() if not each.busy), None)
                if idle is None:
                    return None
                del self._lanes[idle]
            lane = self._lanes[channel] = Lane(self._rules)
        return lane

    async def _try_first(self, lane: Lane[_Message], channel: str, message: _Message) -> Status:
        try:
            await self._try(lane, channel, message)
        except BrokerUnavailableError:
            kept = lane.keep(message)
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
            self._draining.add(channel)
            self._spawn(lambda: self._drain(channel))

    async def _drain(self, channel: str) -> None:
        lane = self._lanes[channel]
        try:
            while lane.waiting:
                wait_s = lane.circuit.wait_s(self._clock.now_s())
                if wait_s > 0:
                    await self._clock.sleep(wait_s, f"circuit of {channel}")
                    continue
                try:
                    await self._try(lane, channel, lane.retry())
                except BrokerUnavailableError:
                    continue
                except IndefiniteError as error:
                    logger.warning("a message on %r may be lost: %s", channel, error)
                lane.waiting.popleft()
                await asyncio.sleep(0)
        finally:
            self._draining.discard(channel)
            self._forget_if_pristine(channel)

    def _forget_if_pristine(self, channel: str) -> None:
        """A lane that remembers nothing is not kept."""
        lane = self._lanes.get(channel)
        if lane is not None and lane.pristine and channel not in self._draining:
            del self._lanes[channel]
