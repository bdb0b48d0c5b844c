"""Test mode: counts what this server has received and sent, and what it is still doing.

With these numbers a test bed says exactly when a server has nothing left to do: everything that was sent
to it has been received, every handler waits for the next message, everything that works in the background
sleeps, and nothing waits to be written. Outside test mode none of this is in the way of anything.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..brokers.base import BrokerUnavailableError
from ..clock import HeldClock
from ..core.events import carries_signals
from .instance import Instance
from .transport import Transport, transport_of

IDLE_TURNS_MAX = 10_000


@dataclass(slots=True, eq=False)
class CountedSocket:
    received: int = 0
    sent: int = 0
    parked: bool = False
    """Its handler has done all it had to do, and waits for the next message."""


class Activity:
    """What is going on. The numbers of a socket are forgotten with it: the other side forgets them too."""

    def __init__(self, clock: HeldClock) -> None:
        self.clock = clock
        self.sockets: set[CountedSocket] = set()
        self.requests = 0

    def busy(self, instance: Instance) -> int:
        """How many things are being done that do not sleep."""
        handlers = sum(not socket.parked for socket in self.sockets)
        outboxes = sum(bool(connection.outbox.frames) for connection in instance.hub.connections.values())
        return handlers + self.requests + instance.relay.tasks - self.clock.sleeping + outboxes

    async def idle(self, instance: Instance) -> None:
        """Let the event loop turn until nothing is being done, or what is done waits for somebody else."""
        for _ in range(IDLE_TURNS_MAX):
            await asyncio.sleep(0)
            if self.busy(instance) == 0:
                return

    async def counters(self, instance: Instance) -> dict[str, Any]:
        await asyncio.sleep(0)  # writes that were put off to the end of this turn
        unheard = await unheard_events(instance)
        return {
            "sockets": len(self.sockets),
            "received": sum(socket.received for socket in self.sockets),
            "sent": sum(socket.sent for socket in self.sockets),
            "requests": self.requests,
            "sleeping": self.clock.sleeping,
            "busy": self.busy(instance),
            "unheard": unheard,
            "frozen": self.clock.frozen,
            "timers": self.timers(),
        }

    def timers(self) -> list[dict[str, Any]]:
        """What waits for time to pass, the first due first."""
        now_s = self.clock.now_s()
        return [
            {"name": sleeper.name, "in_ms": round((sleeper.due_s - now_s) * 1000, 3)}
            for sleeper in self.clock.sleepers()
        ]


async def unheard_events(instance: Instance) -> int:
    """Events that the broker has and this instance has not handed out, on the channels that it follows."""
    unheard = 0
    for name, channel in list(instance.hub.channels.items()):
        if carries_signals(name):
            continue  # they are handed out as they come, and kept nowhere
        try:
            there = await instance.broker.position(name)
        except BrokerUnavailableError:
            return 0  # whatever it is, it will not come
        here = channel.position
        unheard += max(0, there.offset - here.offset) if there.epoch == here.epoch else 1
    return unheard


class Counting:
    """Outermost of the middleware: it sees every message, and what the others make of it."""

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http" and not scope["path"].startswith("/test/"):
            self._activity.requests += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._activity.requests -= 1
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = CountedSocket()
        self._activity.sockets.add(socket)
        transport = transport_of(scope)
        if transport is not None:
            count_frames(transport, socket)

        async def receive_counted() -> Message:
            socket.parked = True
            message = await receive()
            socket.parked = False
            if message["type"] == "websocket.receive":
                socket.received += 1
            return message

        async def send_counted(message: Message) -> None:
            if message["type"] == "websocket.send":
                socket.sent += 1
            await send(message)

        try:
            await self._app(scope, receive_counted, send_counted)
        finally:
            self._activity.sockets.discard(socket)


def count_frames(transport: Transport, socket: CountedSocket) -> None:
    """From here on the frames of every write to this transport count as sent."""
    write = transport.write

    def write_counted(data: bytes) -> None:
        socket.sent += frames_in(data)
        write(data)

    transport.write = write_counted  # type: ignore[method-assign]


def frames_in(data: bytes) -> int:
    """How many WebSocket frames these are: whole ones, as a server writes them (RFC 6455, 5.2)."""
    count = at = 0
    while at < len(data):
        length, head = data[at + 1] & 0x7F, 2
        if length >= 126:
            head = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + head], "big")
        at += head + length
        count += 1
    return count
