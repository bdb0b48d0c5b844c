"""The post office of seed 002: the four things that HTTP and MCP ask of a gateway, and who may come in.

One plain object an instance. Each of the four answers is a JSON object with `success`. SyncbedError if what
was asked makes no sense, BrokerUnavailableError and IndefiniteError as everywhere.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlsplit

from ..brokers.base import Broker, BrokerUnavailableError, IndefiniteError, LogGoneError
from ..brokers.lanes import Lanes, Status
from ..core.connection import Close, Connection
from ..core.events import AGENT_MESSAGE, FAN_OUT, Position, gateway_channel
from ..core.json_text import loads
from ..dialects.base import DialectOptions, check_channel
from ..dialects.gateway import CHANNELS, FRAMES, GUIDE, MESSAGE_FORMAT, REJECTED
from ..errors import TOKEN_REFUSED, SyncbedError
from ..registry.base import Counts
from ..registry.presence import Presence
from ..registry.sessions import Sessions
from .notify import Service

logger = logging.getLogger("syncbed.gateway")

PATH = "/ws/gateway"
ANONYMOUS = "anonymous"
TOKEN_CHARS_MAX = 200
MESSAGES_MAX = 1000
COUNTS_S_MAX = 1

NOT_REGISTERED = Close(
    4000, "registration failed", "`gateway`: the registry is out of reach", "registration_failed"
)
NO_SESSION = Close(
    4000,
    "registration failed: no such session",
    "with `SYNCBED_GATEWAY_SESSIONS`, or a token that is too long",
    "no_session",
)
REFUSED_ORIGIN = Close(
    4003,
    "this origin may not talk to this server",
    "`gateway`; in the others it is a 403",
    "origin_refused",
)
USER_FULL = Close(
    4004, "connection limit exceeded", "`SYNCBED_GATEWAY_USER_CONNECTIONS_MAX` is reached", "user_full"
)
FULL = Close(4005, "server at capacity", "`SYNCBED_GATEWAY_CONNECTIONS_MAX` is reached", "gateway_full")
STALE = Close(1008, "stale: no answer to a ping", "for `SYNCBED_GATEWAY_IDLE_S_MAX` seconds", "stale")
SESSION_ENDED = Close(
    1008, "the session has ended", "with `SYNCBED_GATEWAY_SESSIONS`, at the next beat", "session_ended"
)
CLOSES = {"taken": NOT_REGISTERED, "user_full": USER_FULL, "full": FULL}
"""By what the registry says."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who asks to come in: the label stands for the token where others can see it."""

    token: str | None
    label: str


class Gateway:
    def __init__(
        self,
        broker: Broker,
        lanes: Lanes,
        presence: Presence,
        service: Service,
        sessions: Sessions | None,
        options: DialectOptions,
        uptime_s: Callable[[], float],
    ) -> None:
        """Without `sessions` nobody's token is looked at: it is a name, as in the original."""
        self.presence = presence
        self.lanes = lanes
        self._broker = broker
        self._service = service
        self._sessions = sessions
        self._options = options
        self._uptime_s = uptime_s
        self._counting = asyncio.Lock()
        self._counted: Counts | None = None
        self._counted_s = 0.0
        self._tokens: dict[Connection, str] = {}
        """By which session each came in, where sessions are asked for."""

    def start(self) -> None:
        self.presence.start(self._look_at_sessions)

    async def stop(self, last_try_s: float) -> None:
        """What waits for the broker has so long to get there."""
        await self.lanes.end(last_try_s)
        await self.presence.stop()

    # who comes in

    def guest(self, token: str | None) -> Guest:
        """A token that opens a session is a secret, and the id of a connection is told to others."""
        if not token or token == ANONYMOUS:
            return Guest(None, ANONYMOUS)
        shown = token if self._sessions is None else _digest(token)
        return Guest(token, shown)

    async def enter(self, connection: Connection, guest: Guest) -> Close | None:
        """Register the connection, or say how to close it."""
        if guest.token is not None and len(guest.token) > TOKEN_CHARS_MAX:
            return NO_SESSION
        user_id = ""
        try:
            if self._sessions is not None:
                session = None if guest.token is None else await self._sessions.find(guest.token)
                if session is None:
                    return NO_SESSION
                user_id = session.user_id
            label = "" if guest.token is None else guest.label
            admitted = await self.presence.enter(connection, label, user_id, GUIDE, self._options.now_ms())
        except (BrokerUnavailableError, IndefiniteError) as error:
            logger.info("%s cannot be registered: %s", connection.id, error)
            return NOT_REGISTERED
        if self._sessions is not None and guest.token is not None and admitted == "admitted":
            self._tokens[connection] = guest.token
        return CLOSES.get(admitted)

    async def check_visitor(self, token: str | None) -> None:
        """Whoever comes over HTTP hears and says what a connection does: with sessions, who has one."""
        if self._sessions is None:
            return
        if not token or len(token) > TOKEN_CHARS_MAX or await self._sessions.find(token) is None:
            raise SyncbedError(
                TOKEN_REFUSED,
                "this gateway asks for a session: ?session_token=TOKEN, or Authorization: Bearer TOKEN",
            )

    async def _look_at_sessions(self) -> None:
        if self._sessions is None:
            return
        self._tokens = {each: token for each, token in self._tokens.items() if each in self.presence}
        ended = await self._sessions.ended(list(set(self._tokens.values())))
        for connection, token in self._tokens.items():
            if token in ended:
                connection.close(SESSION_ENDED)

    # what clients say

    async def carry(self, connection: Connection, channel: str, message: dict[str, Any]) -> Status:
        """To everybody else on the channel, wherever they are."""
        told = FRAMES[FAN_OUT].text(
            connection_id=connection.id,
            channel=channel,
            message=message,
            timestamp=self._options.now_iso(),
            gateway_instance=self.presence.instance_id,
        )
        return await self.lanes.publish(channel, FAN_OUT, told, connection.id)

    # the post office

    def endpoint(self, base_url: str, session_token: str | None = None) -> dict[str, Any]:
        """Where to connect, and what to say. `base_url` is this server's: `http://localhost:8000`."""
        parts = urlsplit(base_url)
        scheme = "wss" if parts.scheme in ("https", "wss") else "ws"
        query = f"?session_token={quote(session_token, safe='')}" if session_token else ""
        return {
            "success": True,
            "websocket_url": f"{scheme}://{parts.netloc}{PATH}{query}",
            "channels": list(CHANNELS),
            "message_format": MESSAGE_FORMAT,
        }

    async def publish(self, channel: str, message: Any, realm: str) -> dict[str, Any]:
        """To everybody on the channel: `{"source","message","timestamp"}`."""
        check_channel(channel, self._options)
        stamp = self._options.now_iso()
        told = FRAMES[AGENT_MESSAGE].text(source=realm, message=message, timestamp=stamp)
        status = await self.lanes.publish(channel, AGENT_MESSAGE, told)
        answer = {
            "success": status in ("published", "queued"),
            "status": status,
            "channel": named(channel),
        }
        errors = {"rejected": REJECTED, "error": "the answer was lost: it may have been published"}
        return answer | ({"error": errors[status]} if status in errors else {})

    async def subscribe(
        self, channel: str, after: tuple[str, int] | None = None, limit: int = MESSAGES_MAX
    ) -> dict[str, Any]:
        """A subscription of one who asks instead of being told.

        The first answer says where the channel stands, `epoch` and `offset`; called again with these as
        `after`, it gives the messages since, and where it stands then. Not `recovered`: some are lost.
        """
        check_channel(channel, self._options)
        answer = {"success": True, "status": "subscribed", "channel": named(channel)}
        if after is None:
            position = await self._broker.position(gateway_channel(channel))
            return answer | _place(position) | {"recovered": True, "messages": []}
        try:
            events = await self._broker.log(gateway_channel(channel), Position(*after), limit)
        except LogGoneError as gone:
            return answer | _place(gone.position) | {"recovered": False, "messages": []}
        position = events[-1].position if events else Position(*after)
        messages = [loads(event.payload) for event in events]
        return answer | _place(position) | {"recovered": True, "messages": messages}

    async def send(self, connection_id: str, message: dict[str, Any]) -> dict[str, Any]:
        """To one connection, whichever instance holds it; the frame is `message`, as it is."""
        told = await self._service.tell_connection(connection_id, message)
        answer = {"success": told, "connection_id": connection_id}
        return answer | ({} if told else {"error": "client not found"})

    # what is asked about it

    async def health(self, *, names: bool) -> dict[str, Any]:
        """For whoever asks, as often as they like: counts are a second old at most.

        Without `names` a digest stands for each of `per_user`.
        """
        async with self._counting:
            if self._counted is None or time.monotonic() >= self._counted_s + COUNTS_S_MAX:
                self._counted = await self.presence.registry.counts()
                self._counted_s = time.monotonic()
            counts = self._counted
        if not names:
            digests = {_digest(name): count for name, count in counts.per_user.items()}
            counts = replace(counts, per_user=digests)
        return {
            "status": "ready",
            "instance_id": self.presence.instance_id,
            "connections": counts.told(),
            "circuits": self.lanes.standing(),
            "uptime_seconds": round(self._uptime_s(), 3),
        }

    async def connection(self, connection_id: str) -> dict[str, Any] | None:
        entry = await self.presence.registry.entry(connection_id)
        return None if entry is None else entry.told()

    async def members(self, channel: str) -> list[str]:
        return await self.presence.registry.members(channel)

    async def counts(self) -> dict[str, Any]:
        return (await self.presence.registry.counts()).told()


def named(channel: str) -> str:
    """A channel as the original calls it."""
    return f"websocket:{channel}"


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "replace")).hexdigest()[:16]


def _place(position: Position) -> dict[str, Any]:
    return {"epoch": position.epoch, "offset": position.offset}
