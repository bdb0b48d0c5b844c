"""One WebSocket, whatever its dialect: accept, carry out commands in order, clean up after any end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from ..brokers.base import BrokerUnavailableError, IndefiniteError
from ..core.connection import Close, Connection
from ..core.events import ALL, gateway_channel
from ..core.heartbeat import HeartbeatRules
from ..core.messages import Answered, Command, ErrorReply, Heartbeat
from ..dialects.base import Dialect
from ..dialects.gateway import GUIDE
from ..errors import (
    BROKER_UNAVAILABLE,
    FRAME_TOO_LARGE,
    INDEFINITE,
    INTERNAL,
    INVALID_FRAME,
    RATE_LIMITED,
    UPGRADE_REQUIRED,
    ErrorKind,
    SyncbedError,
)
from ..guard.rate import Rate
from ..guard.tokens import Identity
from ..service.gateway import STALE, Guest
from ..telemetry.spans import failed
from . import rpc
from .answers import JsonAnswer
from .commands import carry_out
from .doors import Door, credentials
from .instance import Instance, instance_of
from .transport import transport_of
from .user_state import tell_state
from .vitals import Vitals
from .writer import Writer

logger = logging.getLogger("syncbed.websocket")

TRY_AGAIN = Close(1013, "try again later", "the data store is away, and there is no state without it")
TOO_LARGE = Close(
    1009,
    FRAME_TOO_LARGE.text,
    "a frame has more than `SYNCBED_FRAME_BYTES_MAX` (`mq`: `_MQ_FRAME_BYTES_MAX`)",
)

Endpoint = Callable[[WebSocket], Coroutine[Any, Any, None]]


def endpoint(dialect_name: str, door: Door = "state") -> Endpoint:
    """The endpoint of a path; a subprotocol that is a dialect's name picks that dialect on any path."""

    async def websocket_endpoint(websocket: WebSocket) -> None:
        await converse(websocket, instance_of(websocket), dialect_name, door)

    return websocket_endpoint


async def converse(websocket: WebSocket, instance: Instance, dialect_name: str, door: Door = "state") -> None:
    """Serve one WebSocket until it ends; where the dialect wants a user, only with a valid token."""
    offered = [name for name in websocket.scope.get("subprotocols", []) if name in instance.dialects]
    subprotocol = offered[0] if offered else None
    dialect = instance.dialects[subprotocol or dialect_name]
    if dialect.registers:
        guest = instance.gateway.guest(websocket.query_params.get("session_token"))
        await _Conversation(websocket, instance, dialect, None, guest=guest).run(subprotocol)
        return
    if not dialect.needs_user:
        await _Conversation(websocket, instance, dialect, None).run(subprotocol)
        return
    shown = credentials(websocket, door)
    try:
        identity = instance.tokens.verify(shown.token, instance.now_ms() / 1000)
    except SyncbedError as error:
        instance.metrics.error(error.kind.name)
        await websocket.send_denial_response(JsonAnswer({"error": error.body()}, error.kind.status))
        return
    conversation = _Conversation(websocket, instance, dialect, identity, shown.method)
    await conversation.run(subprotocol or shown.subprotocol)


async def upgrade_required(request: Request) -> Response:
    error = SyncbedError(UPGRADE_REQUIRED, f"{request.url.path} speaks WebSocket: open it with ws://")
    return JsonAnswer({"error": error.body()}, 426, {"Upgrade": "websocket", "Connection": "Upgrade"})


def guest_id(instance: Instance, guest: Guest) -> str:
    """As the original makes it: eight digits are few, so that one that is taken here is not taken again."""
    while (id_ := f"ws_{guest.label}_{instance.new_id()[:8]}") in instance.hub.connections:
        pass
    return id_


class _Conversation:
    def __init__(
        self,
        websocket: WebSocket,
        instance: Instance,
        dialect: Dialect,
        identity: Identity | None,
        auth_method: str = "",
        guest: Guest | None = None,
    ) -> None:
        self._websocket = websocket
        self._instance = instance
        self._dialect = dialect
        self._frame_bytes_max = instance.settings.frame_bytes_of(dialect.name)
        self._rate = Rate(instance.settings.messages_per_s_max, instance.now_s())
        self._writer = Writer(websocket, instance.metrics.sent, instance.settings.write_s_max)
        client_id = websocket.query_params.get("client_id")
        self._guest = guest
        self._connection = Connection(
            dialect.id_prefix + instance.new_id() if guest is None else guest_id(instance, guest),
            dialect.encoder,
            instance.outbox_limits,
            self._writer.wake,
            client_id,
        )
        self._connection.says_goodbye = dialect.says_goodbye
        self._identity = identity
        self._minute: Rate | None = None
        if identity is not None:
            self._connection.user, self._connection.auth_method = identity.user, auth_method
            if instance.settings.state_messages_per_min_max:
                self._minute = Rate(instance.settings.state_messages_per_min_max, instance.now_s(), 60)
        self._watch: asyncio.Task[None] | None = None
        self._since_s = instance.now_s()
        self._span = instance.spans.connection(self._connection.id, dialect.name, websocket.url.path)

    async def run(self, subprotocol: str | None) -> None:
        connection, instance = self._connection, self._instance
        client_id, transport = connection.client_id, transport_of(self._websocket.scope)
        returns = connection.user is not None and instance.admission.was_here(connection.user)
        refused = instance.admission.admit(connection)
        abort = connection.abort = transport.abort if transport is not None else None
        if client_id is not None and abort is not None:
            instance.faults.opened(client_id, abort)
        try:
            await self._websocket.accept(subprotocol)
            connection.step("accept")
            instance.metrics.opened()
            refused = refused or instance.admission.reconsider(connection)
            if refused is None:
                await self._begin(returns=returns)
            else:
                kind, close = refused
                self._tell(kind, kind.text)
                connection.close(close)
            await self._listen()
        finally:
            connection.step("lose")
            self._writer.stop()
            instance.admission.leave(connection)
            if connection in instance.vitals:
                del instance.vitals[connection]
            if self._watch is not None:
                self._watch.cancel()
            instance.relay.forget(connection)
            if connection in instance.gateway.presence:
                instance.relay.spawn(lambda: instance.gateway.presence.leave(connection))
            if self._dialect.answers_requests and connection.home is not None:
                rpc.gone(instance, connection)
            instance.drain.gone(connection)
            if connection.closing is not None and connection.closing.error:
                instance.metrics.error(connection.closing.error)
            instance.metrics.ended(instance.now_s() - self._since_s)
            if client_id is not None and abort is not None:
                instance.faults.closed(client_id, abort)
            if self._span is not None:
                self._span.end()

    async def _begin(self, *, returns: bool) -> None:
        """Whoever has read the first frame hears everything from then on: it is written when that is so."""
        connection = self._connection
        if self._guest is not None and not await self._register(self._guest):
            return
        connection.cork()
        self._dialect.greet(connection)
        connection.home = self._dialect.home(connection)
        try:
            await self._stand(connection.home, returns=returns)
        except (BrokerUnavailableError, IndefiniteError) as error:
            logger.info("what goes to all will be heard when the broker is back: %s", error)
            if self._identity is not None:  # a client of the state, without one: better that it tries again
                self._tell(BROKER_UNAVAILABLE, "the data store cannot be reached")
                connection.close(TRY_AGAIN)
        finally:
            connection.uncork()

    async def _stand(self, home: str | None, *, returns: bool) -> None:
        """In the system channels, the dialect's own and that of all, and where everybody begins."""
        channels = [ALL] if home is None else [home, ALL]
        if home is not None and self._identity is not None:
            await self._begin_as(self._identity, home, returns=returns)
            channels = [ALL]
        if self._guest is not None:
            channels.append(gateway_channel(GUIDE))
        for channel in channels:
            self._instance.relay.subscribe(self._connection, channel, None)
        await self._instance.relay.settle(channels)

    async def _begin_as(self, identity: Identity, home: str, *, returns: bool) -> None:
        """The state first, then every event after it, then what waited while the user was away."""
        connection, instance = self._connection, self._instance
        settings = instance.settings
        rules = HeartbeatRules(
            settings.heartbeat_s, settings.heartbeat_timeout_s, settings.heartbeats_missed_max
        )
        token_s = identity.expires_at_s - instance.now_ms() / 1000
        warning_s = settings.token_warning_s
        vitals = Vitals(connection, rules, instance.clock, token_s=token_s, warning_s=warning_s)
        instance.vitals[connection] = vitals
        position = await tell_state(instance, connection, "resync" if returns else "snapshot")
        instance.relay.subscribe(connection, home, position)
        await instance.relay.settle([home])
        await instance.broker.flush(home, instance.now_ms())
        self._watch = instance.relay.spawn(vitals.run)

    async def _register(self, guest: Guest) -> bool:
        """Enter it in the registry that all instances share, or close it."""
        connection, instance, settings = self._connection, self._instance, self._instance.settings
        close = await instance.gateway.enter(connection, guest)
        if close is not None:
            connection.close(close)
            return False
        rules = HeartbeatRules(settings.gateway_ping_s, settings.gateway_idle_s_max, missed_max=1)
        vitals = Vitals(connection, rules, instance.clock, silent=STALE, answers_only=True)
        instance.vitals[connection] = vitals
        self._watch = instance.relay.spawn(vitals.run)
        return True

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._connection.state == "open":
                text: str | None = message.get("text")
                if self._span is None:
                    await self._take(text)
                else:
                    with self._instance.spans.message(self._span, self._connection.id, len(text or "")):
                        await self._take(text)

    async def _take(self, text: str | None) -> None:
        """Carry out one frame. Whatever is wrong with it is answered, and the connection lives."""
        metrics, began_s = self._instance.metrics, time.perf_counter()
        metrics.received(len(text or ""))
        try:
            if not self._rate.take(self._instance.now_s()):
                raise SyncbedError(RATE_LIMITED)
            if text is not None and self._is_too_large(text):
                self._connection.close(TOO_LARGE)
                return
            if text is None:
                raise SyncbedError(INVALID_FRAME, "frames are JSON text; this one was binary")
            self._connection.heard_ms = self._instance.now_ms()
            vitals = self._instance.vitals.get(self._connection)
            if vitals is not None:
                vitals.heard()
            commands = self._decode(text)
            await carry_out(self._instance, self._connection, commands)
        except SyncbedError as error:
            logger.info("a frame of %s was refused: %s", self._connection.id, error.message)
            self._tell(error.kind, error.message, self._asked(text) if error.kind is RATE_LIMITED else [])
        except BrokerUnavailableError:
            reply = "the data store cannot be reached; subscriptions start when it is back"
            self._tell(BROKER_UNAVAILABLE, reply)
        except IndefiniteError:
            self._tell(INDEFINITE, INDEFINITE.text)
        except Exception:
            logger.exception("unexpected error in a frame")
            self._tell(INTERNAL, INTERNAL.text)
        metrics.carried_out(time.perf_counter() - began_s)

    def _is_too_large(self, text: str) -> bool:
        """uvicorn has refused what is too large for every dialect."""
        most = self._frame_bytes_max
        return len(text) > most or (len(text) * 4 > most and len(text.encode()) > most)

    def _decode(self, text: str) -> list[Command]:
        """Whatever it says counts for the rate of a minute, except that the client lives."""
        commands: list[Command] = []
        try:
            commands = self._dialect.decode(text, self._connection)
        finally:
            rate = None if commands == [Heartbeat()] else self._minute
            if rate is not None and not rate.take(self._instance.now_s()):
                most = self._instance.settings.state_messages_per_min_max
                raise SyncbedError(RATE_LIMITED, f"Rate limit exceeded: {most} messages a minute")
        return commands

    def _asked(self, text: str | None) -> list[str]:
        """The requests in a frame that is not looked at: who made them waits for just these answers."""
        if text is None or not self._dialect.answers_requests or self._is_too_large(text):
            return []
        return rpc.correlations(self._dialect, self._connection, text)

    def _tell(self, kind: ErrorKind, text: str, asked: Sequence[str] = ()) -> None:
        self._instance.metrics.error(kind.name)
        if self._span is not None:
            failed(kind.name)
        for correlation in asked:
            self._connection.send(Answered(correlation, None, text))
        if not asked:
            self._connection.send(ErrorReply(kind, text))
