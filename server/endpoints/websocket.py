"""One WebSocket, whatever its dialect: accept, carry out commands in order, clean up after any end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ..brokers.base import BrokerUnavailableError, IndefiniteError
from ..core.connection import Connection
from ..core.messages import ErrorReply
from ..dialects.base import Dialect
from ..errors import (
    BROKER_UNAVAILABLE,
    INDEFINITE,
    INTERNAL,
    INVALID_FRAME,
    RATE_LIMITED,
    UPGRADE_REQUIRED,
    ErrorKind,
    SyncbedError,
)
from ..guard.rate import Rate
from .answers import JsonAnswer
from .commands import carry_out
from .instance import Instance, instance_of
from .transport import transport_of
from .writer import Writer

logger = logging.getLogger("syncbed.websocket")

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
        self._writer = Writer(websocket, instance.metrics.sent, instance.settings.write_s_max)
        client_id = websocket.query_params.get("client_id")
        self._connection = Connection(
            instance.new_id(), dialect.encoder, instance.outbox_limits, self._writer.wake, client_id
        )
        self._connection.says_goodbye = dialect.says_goodbye
        self._since_s = instance.now_s()

    async def run(self, subprotocol: str | None) -> None:
        connection, instance = self._connection, self._instance
        client_id, transport = connection.client_id, transport_of(self._websocket.scope)
        refused = instance.admission.admit(connection)
        abort = transport.abort if transport is not None else None
        if client_id is not None and abort is not None:
            instance.faults.opened(client_id, abort)
        try:
            await self._websocket.accept(subprotocol)
            connection.step("accept")
            refused = refused or instance.admission.closed  # the end may have begun meanwhile
            if refused is None:
                await self._begin()
            else:
                kind, close = refused
                self._tell(kind, kind.text)
                connection.close(close)
            await self._listen()
        finally:
            connection.step("lose")
            self._writer.stop()
            instance.relay.forget(connection)
            instance.drain.gone(connection)
            instance.metrics.ended(instance.now_s() - self._since_s)
            if client_id is not None and abort is not None:
                instance.faults.closed(client_id, abort)

    async def _begin(self) -> None:
        connection, relay = self._connection, self._instance.relay
        self._dialect.greet(connection)
        connection.home = self._dialect.home(connection)
        if connection.home is not None:
            relay.subscribe(connection, connection.home, None)
            try:
                await relay.settle([connection.home])
            except BrokerUnavailableError as error:
                logger.info("what goes to all will be heard when the broker is back: %s", error)

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._connection.state == "open":
                await self._take(message.get("text"))

    async def _take(self, text: str | None) -> None:
        """Carry out one frame. Whatever is wrong with it is answered, and the connection lives."""
        metrics, began_s = self._instance.metrics, time.perf_counter()
        metrics.received(len(text or ""))
        try:
            if not self._rate.take(self._instance.now_s()):
                raise SyncbedError(RATE_LIMITED)
            if text is None:
                raise SyncbedError(INVALID_FRAME, "frames are JSON text; this one was binary")
            commands = self._dialect.decode(text, self._connection)
            await carry_out(self._instance, self._connection, commands)
        except SyncbedError as error:
            self._tell(error.kind, error.message)
        except BrokerUnavailableError:
            reply = "the data store cannot be reached; subscriptions start when it is back"
            self._tell(BROKER_UNAVAILABLE, reply)
        except IndefiniteError:
            self._tell(INDEFINITE, INDEFINITE.text)
        except Exception:
            logger.exception("unexpected error in a frame")
            self._tell(INTERNAL, INTERNAL.text)
        metrics.carried_out(time.perf_counter() - began_s)

    def _tell(self, kind: ErrorKind, text: str) -> None:
        self._instance.metrics.error(kind.name)
        self._connection.send(ErrorReply(kind, text))
