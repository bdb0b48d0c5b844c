"""One WebSocket, whatever its dialect: accept, carry out commands in order, clean up after any end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ..brokers.base import BrokerUnavailableError
from ..core.connection import Close, Connection
from ..core.messages import Command, ErrorReply, Ping, Pong, Subscribe, Unsubscribe
from ..dialects.base import Dialect
from ..errors import (
    AT_CAPACITY,
    BROKER_UNAVAILABLE,
    INTERNAL,
    INVALID_FRAME,
    RATE_LIMITED,
    UPGRADE_REQUIRED,
    SyncbedError,
)
from ..guard.rate import Rate
from .answers import JsonAnswer
from .instance import Instance, instance_of
from .transport import transport_of
from .writer import Writer

logger = logging.getLogger("syncbed.websocket")

FULL = Close(1013, AT_CAPACITY.text)

Endpoint = Callable[[WebSocket], Coroutine[Any, Any, None]]


def endpoint(dialect_name: str) -> Endpoint:
    """The endpoint of a path; a subprotocol that is a dialect's name picks that dialect on any path."""

    async def websocket_endpoint(websocket: WebSocket) -> None:
        await converse(websocket, instance_of(websocket), dialect_name)

    return websocket_endpoint


async def converse(websocket: WebSocket, instance: Instance, dialect_name: str) -> None:
    """Serve one WebSocket until it ends."""
    offered = [name for name in websocket.scope.get("subprotocols", []) if name in instance.dialects]
    subprotocol = offered[0] if offered else None
    await _Conversation(websocket, instance, instance.dialects[subprotocol or dialect_name]).run(subprotocol)


async def upgrade_required(request: Request) -> Response:
    error = SyncbedError(UPGRADE_REQUIRED, f"{request.url.path} speaks WebSocket: open it with ws://")
    return JsonAnswer({"error": error.body()}, 426, {"Upgrade": "websocket", "Connection": "Upgrade"})


class _Conversation:
    def __init__(self, websocket: WebSocket, instance: Instance, dialect: Dialect) -> None:
        self._websocket = websocket
        self._instance = instance
        self._dialect = dialect
        self._rate = Rate(instance.settings.messages_per_s_max, instance.now_s())
        self._writer = Writer(websocket)
        client_id = websocket.query_params.get("client_id")
        self._connection = Connection(
            instance.new_id(), dialect.encoder, instance.outbox_limits, self._writer.wake, client_id
        )

    async def run(self, subprotocol: str | None) -> None:
        connection, hub, faults = self._connection, self._instance.hub, self._instance.faults
        client_id, transport = connection.client_id, transport_of(self._websocket.scope)
        full = len(hub.connections) >= self._instance.settings.connections_max
        if not full:
            hub.add(connection)
        abort = transport.abort if transport is not None else None
        if client_id is not None and abort is not None:
            faults.opened(client_id, abort)
        try:
            await self._websocket.accept(subprotocol)
            connection.step("accept")
            if full:
                connection.send(ErrorReply(AT_CAPACITY, AT_CAPACITY.text))
                connection.close(FULL)
            else:
                self._dialect.greet(connection)
            await self._listen()
        finally:
            connection.step("lose")
            self._writer.stop()
            self._instance.relay.forget(connection)
            if client_id is not None and abort is not None:
                faults.closed(client_id, abort)

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._connection.state == "open":
                await self._take(message.get("text"))

    async def _take(self, text: str | None) -> None:
        """Carry out one frame. Whatever is wrong with it is answered, and the connection lives."""
        try:
            if not self._rate.take(self._instance.now_s()):
                raise SyncbedError(RATE_LIMITED)
            if text is None:
                raise SyncbedError(INVALID_FRAME, "frames are JSON text; this one was binary")
            await self._carry_out(self._dialect.decode(text, self._connection))
        except SyncbedError as error:
            self._connection.send(ErrorReply(error.kind, error.message))
        except BrokerUnavailableError:
            reply = "the data store cannot be reached; the subscription starts when it is back"
            self._connection.send(ErrorReply(BROKER_UNAVAILABLE, reply))
        except Exception:
            logger.exception("unexpected error in a frame")
            self._connection.send(ErrorReply(INTERNAL, INTERNAL.text))

    async def _carry_out(self, commands: list[Command]) -> None:
        """All of them are registered before any of them waits for the broker, which may be away."""
        relay, connection = self._instance.relay, self._connection
        subscribed: list[str] = []
        try:
            for command in commands:
                match command:
                    case Subscribe():
                        relay.subscribe(connection, command.channel, command.start)
                        subscribed.append(command.channel)
                    case Unsubscribe():
                        relay.unsubscribe(connection, command.channel)
                    case Ping():
                        connection.send(Pong())
        finally:
            await relay.settle(subscribed)
