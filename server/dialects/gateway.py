"""The `gateway` dialect (seed 002): a client talks to agents, each on a channel, and hears who else does.

What it sends to a channel goes to everybody else there, and to the agent that the application has for it
(`service/handlers.py`). Sending to a channel is how one subscribes to it; `guide` is where everybody begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.connection import Connection, Encoder
from ..core.events import AGENT_MESSAGE, ALL, DIRECT, FAN_OUT, Event, carries_signals, connection_channel
from ..core.json_text import loads
from ..core.messages import (
    Answer,
    Beat,
    Carry,
    Command,
    ErrorReply,
    Heartbeat,
    Outgoing,
    Ping,
    Pong,
    Welcome,
)
from ..errors import (
    AT_CAPACITY,
    INVALID_CHANNEL,
    INVALID_FRAME,
    INVALID_JSON,
    OVERLOADED,
    RATE_LIMITED,
    SHUTTING_DOWN,
    SyncbedError,
)
from .base import DialectOptions, check_channel, json_kind, parse_object
from .tables import Says, Sends, Takes

GUIDE = "guide"
PILLAR = "pillar:"
PILLARS = ("content", "insights", "operations", "business_outcomes")
CHANNELS = (GUIDE, *(PILLAR + name for name in PILLARS))
"""Those that the seed names; any other is as good."""

WELCOME = "Connected to WebSocket Gateway. Ready to receive messages."
REJECTED = "Message rejected: system overloaded"
AT = "2025-11-21T18:30:52.449Z"
SAID = {"channel": GUIDE, "intent": "chat", "payload": {"message": "hi", "conversation_id": "c1"}}

ERRORS: dict[str, Says] = {
    INVALID_JSON.name: Says("Invalid message format", "it is not JSON"),
    INVALID_FRAME.name: Says("Invalid message format", "it is no object, or binary"),
    OVERLOADED.name: Says(REJECTED, "too much waits for this channel already; nothing was done"),
    RATE_LIMITED.name: Says(REJECTED, "or more than `SYNCBED_MESSAGES_PER_S_MAX` messages a second"),
    AT_CAPACITY.name: Says("Server at capacity", "`SYNCBED_CONNECTIONS_MAX` is reached; close 1013 follows"),
    SHUTTING_DOWN.name: Says("Server is shutting down", "close 1001 follows"),
    "": Says("Message processing failed", "anything else"),
}
"""By the name of the error."""

FRAMES: dict[str, Sends] = {
    "system": Sends(
        {"type": "system", "message": WELCOME, "connection_id": "ws_token_1a2b3c4d", "timestamp": AT},
        "comes first; from then on it hears `guide`",
    ),
    FAN_OUT: Sends(
        {
            "connection_id": "ws_token_1a2b3c4d",
            "channel": GUIDE,
            "message": SAID,
            "timestamp": AT,
            "gateway_instance": "ws-gateway-1a2b3c4d",
        },
        "what another client sent to the channel, as it sent it",
    ),
    AGENT_MESSAGE: Sends(
        {"source": "content", "message": {"any": "payload"}, "timestamp": AT},
        "published by an agent of this realm; or what `notify_all(event, data)` tells everybody: "
        "`source` names it",
    ),
    "response": Sends(
        {
            "type": "response",
            "message": "hello",
            "agent_type": "liaison",
            "pillar": "content",
            "conversation_id": "c1",
            "data": {},
            "timestamp": AT,
        },
        "what the channel's agent answers; `guide` has no pillar",
    ),
    "ping": Sends({"type": "ping", "timestamp": AT}, "every 30 s, to be answered"),
    "pong": Sends({"type": "pong", "timestamp": AT}),
    "error": Sends(
        {"type": "error", "message": "Invalid message format", "timestamp": AT},
        "the connection lives unless a close follows",
    ),
}
"""What the server sends, by `type` or by the event's name; besides, what one connection is sent alone."""

MESSAGE_FORMAT = {
    "channel": f"string ({' | '.join(CHANNELS)})",
    "intent": "string (chat | query | command)",
    "payload": {
        "message": "string",
        "conversation_id": "string (optional)",
        "metadata": "object (optional)",
    },
}
"""What a client may send, for its author to read."""

READY_MADE = {FAN_OUT, AGENT_MESSAGE}
"""Events whose payload is the frame: made once, where they were published."""


class GatewayEncoder:
    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def encode(self, message: Outgoing) -> str | None:
        match message:
            case Event():
                return self._event(message)
            case Welcome():
                return self._frame("system", message=WELCOME, connection_id=message.connection_id)
            case Answer():
                return self._reply(message)
            case Beat():
                return self._frame("ping")
            case Pong():
                return self._frame("pong")
            case ErrorReply():
                says = ERRORS.get(message.kind.name, ERRORS[""])
                return self._frame("error", message=says.word)
            case _:
                return None

    def _event(self, event: Event) -> str | None:
        if event.name == DIRECT if carries_signals(event.channel) else event.name in READY_MADE:
            return event.payload
        if event.channel == ALL:
            told = loads(event.payload)
            stamp = self._options.now_iso()
            return FRAMES[AGENT_MESSAGE].text(source=told["event"], message=told["data"], timestamp=stamp)
        return None

    def _reply(self, answer: Answer) -> str:
        """`type` is the channel whose agent answers, `data` what it says: a text, or these members."""
        said = answer.data if isinstance(answer.data, dict) else {"message": answer.data}
        pillar = answer.type.removeprefix(PILLAR) if answer.type.startswith(PILLAR) else None
        return self._frame(
            "response",
            message=said.get("message", ""),
            agent_type="guide" if answer.type == GUIDE else "liaison",
            pillar=pillar,
            conversation_id=said.get("conversation_id"),
            data=said.get("data", {}),
        )

    def _frame(self, type_: str, **members: Any) -> str:
        return FRAMES[type_].text(**members, timestamp=self._options.now_iso())


class GatewayDialect:
    name = "gateway"
    id_prefix = "ws_"
    needs_user = False
    answers_requests = False
    registers = True
    says_goodbye = True

    def __init__(self, options: DialectOptions) -> None:
        self._options = options
        self.encoder: Encoder = GatewayEncoder(options)

    def home(self, connection: Connection) -> str | None:
        return connection_channel(connection.id)

    def greet(self, connection: Connection) -> None:
        connection.send(Welcome(connection.id))

    def decode(self, text: str, connection: Connection) -> list[Command]:
        frame = parse_object(text)
        return [TYPES[kind_of(frame)].parse(self, frame)]

    def _carry(self, frame: dict[str, Any]) -> Command:
        return Carry(check_channel(channel_of(frame), self._options), frame)

    def _pong(self, frame: dict[str, Any]) -> Command:
        return Heartbeat()

    def _heartbeat(self, frame: dict[str, Any]) -> Command:
        return Ping() if frame.get("action") == "ping" else Heartbeat()

    def _ping(self, frame: dict[str, Any]) -> Command:
        return Ping()


def kind_of(frame: dict[str, Any]) -> str:
    """The row of `TYPES` that a frame is of."""
    type_ = frame.get("type")
    if type_ in ("ping", "pong", "heartbeat"):
        return str(type_)
    return "old format" if "agent_type" in frame and not frame.get("channel") else "message"


def channel_of(frame: dict[str, Any]) -> str:
    """Where a message goes: to its channel; in the old format, to its agent."""
    channel = _text(frame, "channel")
    if channel:
        return channel
    pillar = _text(frame, "pillar")
    if pillar and _text(frame, "agent_type") != GUIDE:
        return PILLAR + pillar
    return GUIDE


def _text(frame: dict[str, Any], key: str) -> str:
    """What is missing or null is empty."""
    value = frame.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SyncbedError(INVALID_CHANNEL, f'"{key}" must be a text, not {json_kind(value)}')
    return value


TYPES: dict[str, Takes[Callable[[GatewayDialect, dict[str, Any]], Command]]] = {
    "message": Takes(
        SAID,
        "to everybody else on the channel and to its agent; no answer. From then on one hears the channel. "
        "Without `channel` it is `guide`, and any name is a channel",
        GatewayDialect._carry,
    ),
    "old format": Takes(
        {"agent_type": "liaison", "pillar": "content", "message": "hi"},
        "the same, to `pillar:content`; `guide` if the agent is that, or the pillar is missing",
        GatewayDialect._carry,
    ),
    "pong": Takes({"type": "pong"}, "the answer to a `ping`", GatewayDialect._pong),
    "heartbeat": Takes({"type": "heartbeat", "action": "pong"}, "the same", GatewayDialect._heartbeat),
    "ping": Takes({"type": "ping"}, "→ `pong`", GatewayDialect._ping),
}
"""What a client may send, by `kind_of`."""
